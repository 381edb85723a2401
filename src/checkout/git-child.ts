/** A process of Git: how it is started and ended, what it may answer and how long it may take, and what it said when it failed. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { UserError } from '../errors.ts';
import { escapeInvisible } from '../printable.ts';

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
export const longest = 60_000;
export const mostAnswered = 128 * mebibyte;

export function startGit(
  args: readonly string[],
  directory: string,
  env: NodeJS.ProcessEnv,
): ChildProcessWithoutNullStreams {
  // A process group of its own: a transport helper that hangs must go with git, and no terminal is there to ask at.
  return spawn('git', [...settings, ...args], { cwd: directory, env, detached: process.platform !== 'win32' });
}

/** What it has said on its standard error. */
export function collectWords(child: ChildProcessWithoutNullStreams): () => string {
  const pieces: Buffer[] = [];
  let said = 0;
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.length;
    if (said <= mebibyte) pieces.push(chunk);
  });
  return () => Buffer.concat(pieces).toString('utf8');
}

export function killGit(child: ChildProcessWithoutNullStreams): void {
  killGroup(child.pid, 'SIGTERM');
  // SIGTERM lets git remove its lock files; what does not heed it is not waited for.
  setTimeout(() => {
    killGroup(child.pid, 'SIGKILL');
    child.stdout.destroy();
    child.stderr.destroy();
  }, 500).unref();
}

export function cannotRun(directory: string, cause: Error): UserError {
  return new UserError(`Git cannot be run in ${directory}`, {
    hint: 'Is git installed, and the folder there?',
    cause,
  });
}

export function noAnswer(timeout: number): string {
  return `no answer within ${timeout / 1000} s`;
}

export function tooMuch(command: string, mostBytes: number): UserError {
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
