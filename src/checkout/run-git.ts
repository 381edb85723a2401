/** Git in a folder: one command after the other, and the lasting reader of objects. */

import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { CancelledError } from '../errors.ts';
import {
  cannotRun,
  collectWords,
  type GitResult,
  killGit,
  longest,
  mostAnswered,
  noAnswer,
  type RunOptions,
  startGit,
  tooMuch,
} from './git-child.ts';
import { createObjectReader, type ObjectReader } from './object-reader.ts';

export interface Git extends ObjectReader {
  /** Runs git with these arguments, and this on its standard input. A failing command is a result, not an error. */
  (args: readonly string[], input?: string): Promise<GitResult>;
}

export function createGit(directory: string, env: NodeJS.ProcessEnv, options: RunOptions): Git {
  const start = (args: readonly string[]) => startGit(args, directory, env);
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
      killGit(child);
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
