import { CancelledError, ServiceError, UserError } from '../errors.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { escapeInvisible } from '../printable.ts';
import { renderAnswer, renderCsv } from '../render/answer.ts';
import { renderFailure } from '../render/failure.ts';
import { openBackend } from '../run/open-backend.ts';
import { type CommandResult, type CommonOptions, nowOf, type Session } from '../run/session.ts';
import { answeredCall, answerTool, type Envelope, failedCall } from '../tools/call.ts';
import { createToolContext } from '../tools/context.ts';
import { ToolRefusal } from '../tools/refusal.ts';
import { findTool } from '../tools/registry.ts';
import type { Tool } from '../tools/tool.ts';
import { type FlagValue, inputOfFlags, readArgument } from '../tools/twin-input.ts';
import { inTwinWords } from '../tools/twin-words.ts';
import type { Twin, TwinFormat } from '../tools/twins.ts';

export interface AskOptions extends Omit<CommonOptions, 'format'> {
  readonly format: TwinFormat;
  readonly twin: Twin;
  /** Flags and arguments of the twin, by the parser's names. */
  readonly given: Readonly<Record<string, FlagValue>>;
}

/**
 * What a tool answers, on the command line: JSON is the very answer that agents get; text and CSV hold all rows.
 *
 * @throws UserError, ServiceError, CancelledError where no JSON was asked for
 */
export async function runAsk({ twin, given, format, ...rest }: AskOptions, session: Session): Promise<CommandResult> {
  const tool = findTool(twin.tool);
  if (tool === undefined) throw new Error(`no tool is called ${twin.tool}`);
  const options: CommonOptions = { ...rest, format: format === 'json' ? 'json' : 'text' };
  try {
    const open = await openBackend(options, session);
    try {
      const input = inputOfFlags(twin, given, nowOf(session).getTime());
      const context = createToolContext(open, options, session, 'person');
      const data = await answerAsking(twin, input as Record<string, unknown>, session, (said) =>
        session.waiting('asking the control plane', answerTool(tool, said, context, { isWhole: format !== 'json' })),
      );
      const exit = tool.isDenied?.(data) === true ? exitCodes.invalid : exitCodes.ok;
      return { exit, output: write(tool, data, format, session) };
    } finally {
      await open.close();
    }
  } catch (error) {
    if (format !== 'json') throw error instanceof ToolRefusal ? inTwinWords(error) : error;
    session.say(renderFailure(error, 'text').message);
    return { exit: exitOf(error), output: writeEnvelope(failedCall(error, session.env)) };
  }
}

/** What is missing is asked for, where somebody is there to say it. */
async function answerAsking<T>(
  twin: Twin,
  input: Record<string, unknown>,
  session: Session,
  answer: (input: object) => Promise<T>,
): Promise<T> {
  const asked = new Set<string>();
  for (;;) {
    try {
      return await answer(input);
    } catch (error) {
      const missing = error instanceof ToolRefusal ? error.details.missing : undefined;
      if (!(error instanceof ToolRefusal) || typeof missing !== 'string') throw error;
      // Who gives no answer, or one that is none, is told as everywhere else.
      if (!session.isInteractive || session.ask === undefined || asked.has(missing)) throw error;
      asked.add(missing);
      const { message, hint } = inTwinWords(error);
      const said = await session.ask(
        `${escapeInvisible(`${message}.${hint === undefined ? '' : ` ${hint}`}`)}\n${missing}: `,
      );
      if (said === '') throw error;
      const argument = twin.arguments?.find((one) => one.input === missing);
      const flag = twin.flags.find((one) => one.input === missing);
      input[missing] =
        argument !== undefined ? readArgument(argument, said) : flag?.as === 'list' ? said.split(',') : said;
    }
  }
}

function write(tool: Tool, data: Parameters<Tool['show']>[0], format: TwinFormat, session: Session): string {
  if (format === 'json') return writeEnvelope(answeredCall(data));
  const blocks = tool.show(data);
  if (format === 'csv') return renderCsv(blocks) ?? '';
  const notes = data.notes.map((text) => ({ text }));
  return renderAnswer([...blocks, ...notes], session.style);
}

/** On one line, as agents get it. */
export function writeEnvelope(envelope: Envelope): string {
  return `${JSON.stringify(envelope)}\n`;
}

function exitOf(error: unknown): ExitCode {
  if (error instanceof UserError) return exitCodes[error.exit];
  return error instanceof ServiceError || error instanceof CancelledError ? exitCodes.unreachable : exitCodes.invalid;
}
