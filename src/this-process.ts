/** What a command gets of the process that it runs in; loaded once there is one to run. */

import { userInfo } from 'node:os';
import { addAbortSignal } from 'node:stream';
import type { Ora } from 'ora';
import packageJson from '../package.json' with { type: 'json' };
import { createBlanker, secretsOf } from './blank-secrets.ts';
import { findCiRun } from './checkout/ci-run.ts';
import { compileAside } from './compile-aside.ts';
import { CancelledError, UserError } from './errors.ts';
import { openKeptFiles } from './kept-files.ts';
import { readProcessFacts } from './process-facts.ts';
import { renderForScreen } from './render/log-text.ts';
import type { Session } from './run/session.ts';
import type { GlobalFlags } from './start-command.ts';
import { setEngineFlags } from './v8-flags.ts';

declare const TOLLGATE_BUILD: string | undefined;

export interface Interruption {
  readonly signal: AbortSignal;
  /** What Ctrl-C does while a question is asked. */
  readonly interrupt: () => void;
}

/** @param worker the bundled file that compiles policy files in a thread of its own */
export function buildSession(flags: GlobalFlags, { signal, interrupt }: Interruption, worker: URL): Session {
  setEngineFlags();
  const isTerminal = process.stdin.isTTY === true && process.stderr.isTTY === true;
  return {
    ...readProcessFacts(signal),
    env: process.env,
    cwd: readCwd(),
    user: readUser(),
    style: { color: wantsColor(flags), columns: columnsOf(process.stdout) },
    isInteractive: isTerminal,
    say: (text) => void process.stderr.write(guardScreen(text, flags)),
    confirm: async (question) =>
      /^y(es)?$/i.test(await askPerson(guardScreen(`${question} (yes/no) `, flags), signal, interrupt)),
    ask: (question) => askPerson(guardScreen(question, flags), signal, interrupt),
    readInput: () => readStdin(signal),
    // Loaded when it is asked for: nobody else waits for it.
    openGitHub: async (place) => {
      const [{ createGitHub }, { proxiesOf }] = await Promise.all([
        import('./github/octokit.ts'),
        import('./proxies.ts'),
      ]);
      const pace = { retryAfterBaseValue: 1_000, timeout: 10_000, proxies: proxiesOf(process.env) };
      return createGitHub({
        ...place,
        teamsToken: place.token,
        ...pace,
        login: '',
        userAgent: `tollgate/${packageJson.version}`,
      });
    },
    openNotes: async (place, iid) => {
      const [{ openNotes }, { systemTiming }, { proxiesOf }] = await Promise.all([
        import('./gitlab/notes.ts'),
        import('./client/timing.ts'),
        import('./proxies.ts'),
      ]);
      const userAgent = `tollgate/${packageJson.version}`;
      return openNotes({ ...place, timing: systemTiming, proxies: proxiesOf(process.env), userAgent, signal }, iid);
    },
    checkouts: new Map(),
    keptFiles: openKeptFiles(process.env, readBuild()),
    compileAside: (files) => compileAside(worker, files),
    waiting: process.stderr.isTTY === true && !flags.quiet ? createWaiting() : (_what, work) => work,
  };
}

/** The bundle says what it was made of (scripts/build.mjs); without it nobody can tell one state of the code from another. */
function readBuild(): string | undefined {
  return typeof TOLLGATE_BUILD === 'undefined' ? undefined : TOLLGATE_BUILD;
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

async function askPerson(question: string, signal: AbortSignal, interrupt: () => void): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  // The end of input answers nothing; the terminal hands Ctrl-C to the reader instead of sending a signal.
  const ended = new Promise<string>((resolve) => reader.once('close', () => resolve('')));
  reader.once('SIGINT', interrupt);
  try {
    const answered = reader.question(question, { signal });
    return (await Promise.race([answered, ended])).trim();
  } catch (error) {
    if (!signal.aborted) throw error;
    process.stderr.write('\n');
    throw new CancelledError('cancelled', { cause: error });
  } finally {
    reader.close();
  }
}

async function readStdin(signal: AbortSignal): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  try {
    for await (const part of addAbortSignal(signal, process.stdin)) parts.push(part as Buffer);
  } catch (cause) {
    if (signal.aborted) throw new CancelledError('cancelled', { cause });
    throw new UserError('cannot read what comes on stdin', { cause });
  }
  return Buffer.concat(parts);
}

/**
 * One spinner for all that is waited for, with the words of what began last: several would write over one another. After a second, as
 * short waits leave no trace.
 */
function createWaiting(): Session['waiting'] {
  const waits = new Set<{ readonly what: string }>();
  let loading: Promise<Ora> | null = null;
  const show = async (): Promise<void> => {
    if (waits.size === 0 && loading === null) return;
    loading ??= import('ora').then(({ default: ora }) => ora({ stream: process.stderr }));
    const spinner = await loading;
    const last = [...waits].at(-1);
    if (last === undefined) spinner.stop();
    else spinner.start(last.what);
  };
  return async (what, work) => {
    const wait = { what };
    const timer = setTimeout(() => {
      waits.add(wait);
      void show();
    }, 1_000);
    try {
      return await work;
    } finally {
      clearTimeout(timer);
      if (waits.delete(wait)) await show();
    }
  };
}

/** Secrets as well: the one place that all text for people passes through. */
export function guardScreen(text: string, flags: Pick<GlobalFlags, 'color'>): string {
  const blank = createBlanker(...secretsOf(process.env).filter((secret) => secret.length >= 8));
  return renderForScreen(blank(text), {
    color: wantsColor(flags),
    isWorkflow: findCiRun(process.env)?.system === 'github',
  });
}
