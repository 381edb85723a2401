#!/usr/bin/env node
// Every start waits for what is imported here: what a command needs is loaded with the command (docs/performance.md).
import { CommanderError } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { CancelledError, ServiceError, UserError } from './errors.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { buildProgram } from './program.ts';
import type { CommandResult, Format } from './run/session.ts';
import type { GlobalFlags } from './start-command.ts';

const cancellation = new AbortController();

/** What has become of this process, which is one. */
const ending: {
  /** The signal that ended the run, as shells number it. */
  by: 129 | 130 | 143 | null;
  /** Why output could not be written. */
  printProblem: string | null;
} = { by: null, printProblem: null };

/**
 * The first signal lets requests under way end and outcomes be recorded; a second one ends the process at once. Not so when the
 * terminal is gone: the shell and the kernel both tell, so a second one is not impatience and ends nothing.
 */
const signals = { SIGHUP: exitCodes.hungUp, SIGINT: exitCodes.interrupted, SIGTERM: exitCodes.terminated } as const;
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => cancelBy(signal));
}

function interrupt(): void {
  ending.by ??= signals.SIGINT;
  cancellation.abort();
}

function cancelBy(signal: keyof typeof signals): void {
  const isSecond = cancellation.signal.aborted;
  if (isSecond && signal !== 'SIGHUP') process.exit(signals[signal]);
  if (isSecond) return;
  ending.by = signals[signal];
  cancellation.abort();
  if (signal !== 'SIGHUP' && process.stderr.isTTY === true) {
    process.stderr.write('\nCancelling: waiting for requests under way. Once more ends the process at once.\n');
  }
}

/**
 * A reader that has seen enough (`| head`), or a terminal that is gone, is not a failure of ours and ends nothing but the printing.
 * Nor does any other failure end an apply in the middle: it is said at the end.
 */
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', ({ code }: NodeJS.ErrnoException) => {
    const isReaderGone = code === 'EPIPE' || code === 'EIO' || code === 'ERR_STREAM_DESTROYED';
    if (stream === process.stdout && !isReaderGone) ending.printProblem ??= code ?? 'unknown';
  });
}

async function main(): Promise<ExitCode> {
  let result: CommandResult | undefined;
  let format: Format = 'text';
  let globals: Pick<GlobalFlags, 'color'> = { color: true };
  const program = buildProgram(packageJson.version, async (flags, command) => {
    format = flags.format;
    globals = flags;
    const { buildSession } = await import('./this-process.ts');
    const worker = new URL('compile-worker.js', import.meta.url);
    result = await command(buildSession(flags, { signal: cancellation.signal, interrupt }, worker));
  });
  try {
    await program.parseAsync(process.argv);
    if (result === undefined) return exitCodes.ok;
    await writeOut(format === 'text' ? await guard(result.output, globals) : result.output);
    return result.exit;
  } catch (error) {
    return fail(error, format, globals);
  }
}

async function guard(text: string, globals: Pick<GlobalFlags, 'color'>): Promise<string> {
  const { guardScreen } = await import('./this-process.ts');
  return guardScreen(text, globals);
}

/** The one catch: three families of failure, told apart (errors.ts). */
async function fail(error: unknown, format: Format, globals: Pick<GlobalFlags, 'color'>): Promise<ExitCode> {
  // Commander has printed its help or its complaint already.
  if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok;
  // Loaded when something fails: it knows plans.
  const { renderFailure, renderUsageError } = await import('./render/failure.ts');
  if (error instanceof CommanderError) {
    if (asksForJson(process.argv)) await writeOut(renderUsageError(error.message));
    return exitCodes.invalid;
  }
  const failure = renderFailure(error, format);
  process.stderr.write(await guard(failure.message, globals));
  if (failure.output !== '') await writeOut(failure.output);
  return exitOfFailure(error);
}

/** Known before the line is understood: a program that reads JSON gets it of a wrong line as well. */
function asksForJson(argv: readonly string[]): boolean {
  return argv.some((word, index) => word === '--format=json' || (word === 'json' && argv[index - 1] === '--format'));
}

function exitOfFailure(error: unknown): ExitCode {
  // Whatever the signal broke off: nothing had been written.
  if (error instanceof CancelledError && ending.by !== null) return ending.by;
  if (error instanceof UserError) return exitCodes[error.exit];
  if (error instanceof ServiceError || error instanceof CancelledError) return exitCodes.unreachable;
  return exitCodes.invalid;
}

/** What was to be handed on and could not be is a failure too, said once the work is done; a worse one stands. */
async function judgeOutput(exit: ExitCode): Promise<ExitCode> {
  await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
  if (ending.printProblem === null) return exit;
  process.stderr.write(`error: the output could not be written (${ending.printProblem})\n`);
  return exit === exitCodes.ok ? exitCodes.invalid : exit;
}

/** JSON has to be complete before the process ends, also through a slow pipe. */
function writeOut(text: string): Promise<void> {
  return new Promise((resolve) => {
    if (text === '') resolve();
    else process.stdout.write(text, () => resolve());
  });
}

/** The bundle's entry waits for it (scripts/entry.js): scripts whose translation is kept know no top-level `await`. */
export const exitCode: Promise<ExitCode> = main().then(judgeOutput);
