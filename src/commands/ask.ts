import { CancelledError, ServiceError, UserError } from '../errors.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { renderAnswer, renderCsv } from '../render/answer.ts';
import { renderFailure } from '../render/failure.ts';
import { openBackend } from '../run/open-backend.ts';
import { type CommandResult, type CommonOptions, nowOf, type Session } from '../run/session.ts';
import { answerTool, type Envelope, failedCall } from '../tools/call.ts';
import { createToolContext } from '../tools/context.ts';
import { findTool } from '../tools/registry.ts';
import type { Tool } from '../tools/tool.ts';
import { type FlagValue, inputOfFlags } from '../tools/twin-input.ts';
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
      const answering = answerTool(tool, input, context, { isWhole: format !== 'json' });
      const data = await session.waiting('asking the control plane', answering);
      return { exit: exitCodes.ok, output: write(tool, data, format, session) };
    } finally {
      await open.close();
    }
  } catch (error) {
    if (format !== 'json') throw error;
    session.say(renderFailure(error, 'text').message);
    return { exit: exitOf(error), output: writeEnvelope(failedCall(error, session.env)) };
  }
}

function write(tool: Tool, data: Parameters<Tool['show']>[0], format: TwinFormat, session: Session): string {
  if (format === 'json') return writeEnvelope({ ok: true, data });
  const blocks = tool.show(data);
  if (format === 'csv') return renderCsv(blocks) ?? '';
  const notes = data.notes.map((text) => ({ text }));
  return renderAnswer([...blocks, ...notes], session.style);
}

/** On one line, as agents get it. */
function writeEnvelope(envelope: Envelope): string {
  return `${JSON.stringify(envelope)}\n`;
}

function exitOf(error: unknown): ExitCode {
  if (error instanceof UserError) return exitCodes[error.exit];
  return error instanceof ServiceError || error instanceof CancelledError ? exitCodes.unreachable : exitCodes.invalid;
}
