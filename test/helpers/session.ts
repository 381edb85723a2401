import { hostname } from 'node:os';
import { CancelledError } from '../../src/errors.ts';
import { createGitHub } from '../../src/github/octokit.ts';
import { readProcessSpace } from '../../src/process-space.ts';
import type { Session } from '../../src/run/session.ts';

export interface TestSession extends Session {
  /** Everything said on stderr so far. */
  readonly said: () => string;
  /** Cancels the run, as SIGINT does. */
  readonly cancel: () => void;
}

export interface TestSessionOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Milliseconds since the epoch at which the clock starts; it moves only by sleeping, or with the clock that is given. Default 2026-11-20 12:00 UTC. */
  readonly now?: number | (() => number);
  readonly pid?: number;
  readonly isProcessAlive?: (pid: number) => boolean;
  readonly host?: string;
  /** Default: the one that the tests run in, as for a bundle that they start. */
  readonly processSpace?: string | null;
  /** What is said to a question; a function may do something meanwhile. Default: no. */
  readonly answer?: boolean | ((question: string) => boolean | Promise<boolean>);
  readonly isInteractive?: boolean;
  readonly columns?: number;
  readonly compileAside?: Session['compileAside'];
  readonly recordToken?: string;
}

export const testNow = Date.UTC(2026, 10, 20, 12);

/** A session made of values. Sleeping moves its clock and takes no time. */
export function testSession(options: TestSessionOptions = {}): TestSession {
  const controller = new AbortController();
  const { now: given = testNow } = options;
  let now = typeof given === 'number' ? given : 0;
  const start = typeof given === 'number' ? () => 0 : given;
  let ids = 0;
  const said: string[] = [];
  return {
    env: options.env ?? {},
    cwd: options.cwd ?? process.cwd(),
    clock: {
      now: () => start() + now,
      sleep: async (milliseconds) => {
        if (controller.signal.aborted) throw new CancelledError('cancelled');
        now += milliseconds;
      },
    },
    randomId: () => (ids++).toString(16).padStart(32, '0'),
    signal: controller.signal,
    version: '0.0.0-test',
    host: options.host ?? hostname(),
    pid: options.pid ?? 4242,
    processSpace: options.processSpace === undefined ? readProcessSpace() : options.processSpace,
    user: 'platform-engineer',
    isProcessAlive: options.isProcessAlive ?? (() => true),
    style: { color: false, columns: options.columns ?? 160 },
    isInteractive: options.isInteractive ?? false,
    say: (text) => void said.push(text),
    confirm: async (question) => {
      said.push(`${question}\n`);
      const { answer = false } = options;
      return typeof answer === 'function' ? answer(question) : answer;
    },
    compileAside: options.compileAside,
    recordToken: options.recordToken,
    openGitHub: async (place) =>
      createGitHub({ ...place, login: '', userAgent: 'test', retryAfterBaseValue: 1, timeout: 5_000 }),
    waiting: (_what, work) => work,
    said: () => said.join(''),
    cancel: () => controller.abort(),
  };
}
