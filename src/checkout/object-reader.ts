/** The process of Git that reads objects for as long as it is asked. */

import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { Socket } from 'node:net';
import { CancelledError, UserError } from '../errors.ts';
import {
  cannotRun,
  collectWords,
  describeFailure,
  killGit,
  longest,
  mostAnswered,
  noAnswer,
  type RunOptions,
  tooMuch,
} from './git-child.ts';
import { createAnswerParser, type GitObject, type ReadObjects } from './git-objects.ts';

export interface ObjectReader {
  /** By one process, however often it is asked: a process costs more than all that it reads. */
  readonly readObjects: ReadObjects;
  /** Ends that process; the next question starts another. */
  readonly rest: () => Promise<void>;
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
export function createObjectReader(
  start: () => ChildProcessWithoutNullStreams,
  directory: string,
  { timeout = longest, mostBytes = mostAnswered, signal }: RunOptions,
): ObjectReader {
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
      killGit(child);
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

function cannotRead(why: string): UserError {
  return new UserError(`Git cannot read what is in the repository: ${why}`, {
    hint: 'Ask `git fsck` there: a clone that was cut short is made anew.',
  });
}
