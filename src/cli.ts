#!/usr/bin/env node
import { randomBytes } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { CommanderError } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { createBlanker, secretsOf } from './blank-secrets.ts';
import { findCiRun } from './checkout/ci-run.ts';
import { systemTiming } from './client/timing.ts';
import { answerCompilation, compileAside } from './compile-aside.ts';
import { CancelledError, ServiceError, UserError } from './errors.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { keepHeapSmall } from './heap.ts';
import { isProcessAlive, readProcessSpace, readProcessStart } from './process-space.ts';
import { buildProgram, type GlobalFlags } from './program.ts';
import { proxiesOf } from './proxies.ts';
import { renderFailure, renderUsageError } from './render/failure.ts';
import { renderForScreen } from './render/log-text.ts';
import type { CommandResult, Format, Session } from './run/session.ts';

const cancellation = new AbortController();

/** The signal that ended the run, as shells number it. */
let endedBy: 129 | 130 | 143 | null = null;

/**
 * The first signal lets requests under way end and outcomes be recorded; a second one ends the process at once. Not so when the
 * terminal is gone: the shell and the kernel both tell, so a second one is no impatience and ends nothing.
 */
const signals = { SIGHUP: exitCodes.hungUp, SIGINT: exitCodes.interrupted, SIGTERM: exitCodes.terminated } as const;
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => cancelBy(signal));
}

function cancelBy(signal: keyof typeof signals): void {
  const isSecond = cancellation.signal.aborted;
  if (isSecond && signal !== 'SIGHUP') process.exit(signals[signal]);
  if (isSecond) return;
  endedBy = signals[signal];
  cancellation.abort();
  if (signal !== 'SIGHUP' && process.stderr.isTTY === true) {
    process.stderr.write('\nCancelling: waiting for requests under way. Once more ends the process at once.\n');
  }
}

/**
 * A reader that has seen enough (`| head`), or a terminal that is gone, is no failure of ours and ends nothing but the printing.
 * Nor does any other failure end an apply in the middle: it is told at the end.
 */
let printProblem: string | null = null;
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', ({ code }: NodeJS.ErrnoException) => {
    const isReaderGone = code === 'EPIPE' || code === 'EIO' || code === 'ERR_STREAM_DESTROYED';
    if (stream === process.stdout && !isReaderGone) printProblem ??= code ?? 'unknown';
  });
}

function buildSession(flags: GlobalFlags): Session {
  const isTerminal = process.stdin.isTTY === true && process.stderr.isTTY === true;
  return {
    env: process.env,
    cwd: readCwd(),
    clock: {
      now: () => Date.now(),
      monotonic: () => performance.now(),
      sleep: (milliseconds) => systemTiming.sleep(milliseconds, cancellation.signal),
    },
    randomId: () => randomBytes(16).toString('hex'),
    signal: cancellation.signal,
    version: packageJson.version,
    host: hostname(),
    pid: process.pid,
    processSpace: readProcessSpace(),
    processStart: readProcessStart(process.pid),
    user: readUser(),
    isProcessAlive,
    style: { color: wantsColor(flags), columns: columnsOf(process.stdout) },
    isInteractive: isTerminal,
    say: (text) => void process.stderr.write(guardScreen(text, flags)),
    confirm,
    // Loaded when it is asked for: nobody else waits for it.
    openGitHub: async (place) => {
      const { createGitHub } = await import('./github/octokit.ts');
      const pace = { retryAfterBaseValue: 1_000, timeout: 10_000, proxies: proxiesOf(process.env) };
      return createGitHub({ ...place, ...pace, login: '', userAgent: `tollgate/${packageJson.version}` });
    },
    checkouts: new Map(),
    compileAside: (files) => compileAside(new URL(import.meta.url), files),
    waiting: (what, work) => (process.stderr.isTTY === true && !flags.quiet ? showWaiting(what, work) : work),
  };
}

/** A pipe is never wrapped: who reads it cuts or searches lines. */
function columnsOf({ isTTY, columns }: NodeJS.WriteStream): number {
  if (isTTY !== true) return Number.POSITIVE_INFINITY;
  return columns || Number(process.env.COLUMNS) || 80;
}

/** `--no-color` and NO_COLOR switch off, FORCE_COLOR switches on; otherwise a terminal decides. */
function wantsColor({ color }: Pick<GlobalFlags, 'color'>): boolean {
  const { NO_COLOR: none, FORCE_COLOR: force } = process.env;
  if (!color || (none !== undefined && none !== '')) return false;
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false';
  return process.stdout.isTTY === true && process.env.TERM !== 'dumb';
}

/** Secrets as well: the one place that all text for people passes through. */
function guardScreen(text: string, flags: Pick<GlobalFlags, 'color'>): string {
  const blank = createBlanker(...secretsOf(process.env).filter((secret) => secret.length >= 8));
  return renderForScreen(blank(text), {
    color: wantsColor(flags),
    isWorkflow: findCiRun(process.env)?.system === 'github',
  });
}

function readCwd(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new UserError('the folder that this runs in is gone', { hint: 'Change into one that is there.', cause });
  }
}

function readUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a user id that has no name.
    return 'unknown';
  }
}

async function confirm(question: string): Promise<boolean> {
  const { createInterface } = await import('node:readline/promises');
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  // The end of input answers nothing; the terminal hands Ctrl-C to the reader instead of sending a signal.
  const ended = new Promise<string>((resolve) => reader.once('close', () => resolve('')));
  reader.once('SIGINT', () => {
    endedBy ??= signals.SIGINT;
    cancellation.abort();
  });
  try {
    const answered = reader.question(`${question} (yes/no) `, { signal: cancellation.signal });
    const answer = await Promise.race([answered, ended]);
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    if (!cancellation.signal.aborted) throw error;
    process.stderr.write('\n');
    throw new CancelledError('cancelled', { cause: error });
  } finally {
    reader.close();
  }
}

/** A spinner after the first second: short waits leave no trace. */
async function showWaiting<T>(what: string, work: Promise<T>): Promise<T> {
  let stop = (): void => {};
  const timer = setTimeout(() => {
    void import('ora').then(({ default: ora }) => {
      const spinner = ora({ text: what, stream: process.stderr }).start();
      stop = () => spinner.stop();
    });
  }, 1_000);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
    stop();
  }
}

async function main(): Promise<ExitCode> {
  let result: CommandResult | undefined;
  let format: Format = 'text';
  let globals: Pick<GlobalFlags, 'color'> = { color: true };
  const program = buildProgram(packageJson.version, async (flags, command) => {
    format = flags.format;
    globals = flags;
    result = await command(buildSession(flags));
  });
  try {
    await program.parseAsync(process.argv);
    if (result === undefined) return exitCodes.ok;
    await writeOut(format === 'text' ? guardScreen(result.output, globals) : result.output);
    return result.exit;
  } catch (error) {
    return fail(error, format, globals);
  }
}

/** The one catch: three families of failure, told apart (errors.ts). */
async function fail(error: unknown, format: Format, globals: Pick<GlobalFlags, 'color'>): Promise<ExitCode> {
  // Commander has printed its help or its complaint already.
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return exitCodes.ok;
    if (asksForJson(process.argv)) await writeOut(renderUsageError(error.message));
    return exitCodes.invalid;
  }
  const failure = renderFailure(error, format);
  process.stderr.write(guardScreen(failure.message, globals));
  if (failure.output !== '') await writeOut(failure.output);
  return exitOfFailure(error);
}

/** Known before the line is understood: a program that reads JSON gets it of a wrong line as well. */
function asksForJson(argv: readonly string[]): boolean {
  return argv.some((word, index) => word === '--format=json' || (word === 'json' && argv[index - 1] === '--format'));
}

function exitOfFailure(error: unknown): ExitCode {
  // Whatever the signal broke off: nothing had been written.
  if (error instanceof CancelledError && endedBy !== null) return endedBy;
  if (error instanceof UserError) return exitCodes[error.exit];
  if (error instanceof ServiceError || error instanceof CancelledError) return exitCodes.unreachable;
  return exitCodes.invalid;
}

/** What was to be handed on and could not be is a failure too, told once the work is done; a worse one stands. */
async function judgeOutput(exit: ExitCode): Promise<ExitCode> {
  await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
  if (printProblem === null) return exit;
  process.stderr.write(`error: the output could not be written (${printProblem})\n`);
  return exit === exitCodes.ok ? exitCodes.invalid : exit;
}

/** JSON has to be complete before the process ends, also through a slow pipe. */
function writeOut(text: string): Promise<void> {
  return new Promise((resolve) => {
    if (text === '') resolve();
    else process.stdout.write(text, () => resolve());
  });
}

keepHeapSmall();
if (!(await answerCompilation())) process.exitCode = await judgeOutput(await main());
