/** One git command: how it is started, what it may answer and how long it may take, and what it said when it failed. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { CancelledError, UserError } from '../errors.ts';
import { escapeInvisible } from '../printable.ts';
import { createAnswerParser, type GitObject, type ReadObjects } from './git-objects.ts';

export interface RunOptions {
  /** Milliseconds for one git command; default 60,000. */
  readonly timeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Bytes that one command may answer; default 128 MiB, some fifty thousand policies. */
  readonly mostBytes?: number | undefined;
}

export interface GitResult {
  /** Null when it was killed, after a time-out. */
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface Git {
  /** Runs git with these arguments, and this on its standard input. A failing command is a result, not an error. */
  (args: readonly string[], input?: string): Promise<GitResult>;
  /** By one process, however often it is asked: a process costs more than all that it reads. */
  readonly readObjects: ReadObjects;
  /** Ends that process; the next question starts another. */
  readonly rest: () => Promise<void>;
}

/**
 * On the command line, which no configuration overrides.
 *
 * | what | why |
 * |---|---|
 * | no maintenance | in the background of a folder that is about to go |
 * | no hooks, no file system monitor, no `ext::` | programs that a folder names: tollgate is run inside checkouts of what strangers propose |
 * | bare repositories only by name | files of a commit can form one, and its configuration would be believed by who runs below it |
 */
const settings = [
  'gc.auto=0',
  'maintenance.auto=false',
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'safe.bareRepository=explicit',
  'protocol.ext.allow=never',
].flatMap((setting) => ['-c', setting]);

const mebibyte = 1024 * 1024;
const longest = 60_000;
const mostAnswered = 128 * mebibyte;

export function createGit(directory: string, env: NodeJS.ProcessEnv, options: RunOptions): Git {
  const start = (args: readonly string[]): ChildProcessWithoutNullStreams =>
    // A process group of its own: a transport helper that hangs must go with git, and no terminal is there to ask at.
    spawn('git', [...settings, ...args], { cwd: directory, env, detached: process.platform !== 'win32' });
  const run = (args: readonly string[], input?: string) => runOnce(() => start(args), args, input, directory, options);
  const { readObjects, rest } = createObjectReader(() => start(['cat-file', '--batch']), directory, options);
  return Object.assign(run, { readObjects, rest });
}

function runOnce(
  start: () => ChildProcessWithoutNullStreams,
  args: readonly string[],
  input: string | undefined,
  directory: string,
  { timeout = longest, mostBytes = mostAnswered, signal }: RunOptions,
): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(new CancelledError('cancelled'));
    const child = start();
    const stdout: Buffer[] = [];
    let killed = false;
    let answered = 0;
    const stop = (): void => {
      killed = true;
      kill(child);
    };
    const timer = setTimeout(stop, timeout);
    signal?.addEventListener('abort', stop, { once: true });
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    };
    child.stdout.on('data', (chunk: Buffer) => {
      answered += chunk.length;
      if (answered <= mostBytes) stdout.push(chunk);
      else if (!killed) stop();
    });
    const words = collectWords(child);
    // A command that ends without reading all of its input is judged by its exit code.
    child.stdin.on('error', () => undefined);
    child.on('error', (cause) => {
      settle();
      reject(cannotRun(directory, cause));
    });
    child.on('close', (code) => {
      settle();
      if (signal?.aborted) return reject(new CancelledError('cancelled'));
      if (answered > mostBytes) return reject(tooMuch(args[0] ?? '', mostBytes));
      resolve({
        code: killed ? null : code,
        stdout: Buffer.concat(stdout),
        stderr: killed ? `${noAnswer(timeout)}\n${words()}` : words(),
      });
    });
    child.stdin.end(input ?? '');
  });
}

/** After so long without a question the process goes; it holds nothing up meanwhile. Milliseconds. */
const restAfter = 10_000;

interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly closed: Promise<void>;
  readonly words: () => string;
}

interface Asked {
  readonly names: readonly string[];
  readonly resolve: (objects: readonly (GitObject | null)[]) => void;
  readonly reject: (error: Error) => void;
}

/** One question after the other. */
function createObjectReader(
  start: () => ChildProcessWithoutNullStreams,
  directory: string,
  { timeout = longest, mostBytes = mostAnswered, signal }: RunOptions,
): Pick<Git, 'readObjects' | 'rest'> {
  let running: Running | null = null;
  let last: Promise<unknown> = Promise.resolve();
  let resting: NodeJS.Timeout | undefined;

  function open(): Running {
    if (running !== null) return running;
    const child = start();
    child.stdin.on('error', () => undefined);
    const closed = new Promise<void>((resolve) => {
      for (const event of ['close', 'error']) {
        child.once(event, () => {
          if (running?.child === child) running = null;
          resolve();
        });
      }
    });
    running = { child, closed, words: collectWords(child) };
    return running;
  }

  function ask({ names, resolve, reject }: Asked): void {
    if (signal?.aborted) {
      reject(new CancelledError('cancelled'));
      return;
    }
    clearTimeout(resting);
    const { child, words } = open();
    const parser = createAnswerParser(names.length);
    let answered = 0;
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
      child.stdout.off('data', take);
      child.off('close', fail);
      child.off('error', refuse);
    };
    const stop = (why: Error): void => {
      settle();
      running = null;
      kill(child);
      reject(why);
    };
    const cancel = (): void => stop(new CancelledError('cancelled'));
    const timer = setTimeout(() => stop(cannotRead(noAnswer(timeout))), timeout);
    const take = (chunk: Buffer): void => {
      answered += chunk.length;
      if (answered > mostBytes) stop(tooMuch('cat-file', mostBytes));
      else if (parser.take(chunk)) finish();
    };
    const finish = (): void => {
      settle();
      hold(child, false);
      resting = setTimeout(() => void rest(), restAfter);
      resting.unref();
      resolve(parser.objects);
    };
    const fail = (code: number | null): void => {
      settle();
      reject(cannotRead(describeFailure({ code, stdout: Buffer.alloc(0), stderr: words() })));
    };
    const refuse = (cause: Error): void => {
      settle();
      reject(cannotRun(directory, cause));
    };
    signal?.addEventListener('abort', cancel, { once: true });
    child.stdout.on('data', take);
    child.on('close', fail);
    child.on('error', refuse);
    hold(child, true);
    child.stdin.write(`${names.join('\n')}\n`);
  }

  async function rest(): Promise<void> {
    clearTimeout(resting);
    if (running === null) return;
    const { child, closed } = running;
    running = null;
    hold(child, true);
    child.stdin.end();
    await closed;
  }

  return {
    rest,
    async readObjects(names) {
      // A line is a name.
      const asked = names.filter((name) => !name.includes('\n'));
      if (asked.length === 0) return names.map(() => null);
      const answer = last.then(
        () => new Promise<readonly (GitObject | null)[]>((resolve, reject) => ask({ names: asked, resolve, reject })),
      );
      last = answer.catch(() => undefined);
      const objects = (await answer)[Symbol.iterator]();
      return names.map((name) => (name.includes('\n') ? null : (objects.next().value ?? null)));
    },
  };
}

/** Whether this process waits for it before it ends. */
function hold(child: ChildProcessWithoutNullStreams, isHeld: boolean): void {
  for (const handle of [child, ...child.stdio]) {
    if (handle !== child && !(handle instanceof Socket)) continue;
    if (isHeld) handle.ref();
    else handle.unref();
  }
}

/** What it has said on its standard error. */
function collectWords(child: ChildProcessWithoutNullStreams): () => string {
  const pieces: Buffer[] = [];
  let said = 0;
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.length;
    if (said <= mebibyte) pieces.push(chunk);
  });
  return () => Buffer.concat(pieces).toString('utf8');
}

function kill(child: ChildProcessWithoutNullStreams): void {
  killGroup(child.pid, 'SIGTERM');
  // SIGTERM lets git remove its lock files; what does not heed it is not waited for.
  setTimeout(() => {
    killGroup(child.pid, 'SIGKILL');
    child.stdout.destroy();
    child.stderr.destroy();
  }, 500).unref();
}

function cannotRun(directory: string, cause: Error): UserError {
  return new UserError(`Git cannot be run in ${directory}`, {
    hint: 'Is git installed, and the folder there?',
    cause,
  });
}

function cannotRead(why: string): UserError {
  return new UserError(`Git cannot read what is in the repository: ${why}`, {
    hint: 'Ask `git fsck` there: a clone that was cut short is made anew.',
  });
}

function noAnswer(timeout: number): string {
  return `no answer within ${timeout / 1000} s`;
}

function tooMuch(command: string, mostBytes: number): UserError {
  return new UserError(
    `git ${command} gave more than ${mostBytes / mebibyte} MiB: no record and no policy files are so large`,
    {
      hint: 'Somebody put large files beside them: take those out of the record with `tollgate record rebuild`, or out of the policies directory.',
    },
  );
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch {
    // Gone already.
  }
}

/** Git's own words on one line, without credentials of URLs and control characters, at most 300 characters. */
export function describeFailure(result: GitResult): string {
  const rejected = takeStart(result.stdout.toString('utf8', 0, longestWords))
    .split('\n')
    .filter((line) => line.startsWith('!'));
  const lines = [...takeStart(result.stderr).split('\n'), ...rejected]
    .map((line) => escapeInvisible(line.replace(/\s+/g, ' ').trim()))
    .filter((line) => line !== '' && !line.startsWith('hint:') && !line.startsWith('To '));
  const text = lines.join('; ').replace(/(\w:\/\/)[^/@\s]+@/g, '$1***@');
  if (text === '') return `git ended with ${result.code}`;
  return text.length > 300 ? `${text.slice(0, 299)}…` : text;
}

/** Characters of what git said that are looked at. */
const longestWords = 10_000;

/** Up to a blank: half of an address might end before the sign by which a password in it is known. */
function takeStart(text: string): string {
  if (text.length < longestWords) return text;
  const start = text.slice(0, longestWords);
  return start.slice(0, Math.max(start.lastIndexOf(' '), start.lastIndexOf('\n'), 0));
}
