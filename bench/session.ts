import { compileAside } from '../src/compile-aside.ts';
import type { Session } from '../src/run/session.ts';

/** A session like the entry file's, whose output goes nowhere. */
export function benchSession(env: Session['env'], cwd: string): Session {
  return {
    env,
    cwd,
    clock: {
      now: () => Date.now(),
      sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    },
    randomId: () => '0'.repeat(32),
    signal: new AbortController().signal,
    version: 'bench',
    host: 'bench',
    pid: process.pid,
    user: 'bench',
    isProcessAlive: () => true,
    style: { color: false, columns: 120 },
    isInteractive: false,
    say: () => {},
    confirm: async () => false,
    compileAside: (files) => compileAside(new URL(import.meta.url), files),
    waiting: (_what, work) => work,
  };
}
