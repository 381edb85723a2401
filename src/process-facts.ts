/** What the two entry files tell a session of this process alike: the machine, the time, and which tollgate this is. */

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import packageJson from '../package.json' with { type: 'json' };
import { systemTiming } from './client/timing.ts';
import { isProcessAlive, readProcessSpace, readProcessStart } from './process-space.ts';
import type { Session } from './run/session.ts';

type ProcessFacts = Pick<
  Session,
  'clock' | 'randomId' | 'signal' | 'version' | 'host' | 'pid' | 'processSpace' | 'processStart' | 'isProcessAlive'
>;

/** @param signal ends the run, and its pauses with it */
export function readProcessFacts(signal: AbortSignal): ProcessFacts {
  return {
    clock: {
      now: () => Date.now(),
      monotonic: () => performance.now(),
      sleep: (milliseconds) => systemTiming.sleep(milliseconds, signal),
    },
    randomId: () => randomBytes(16).toString('hex'),
    signal,
    version: packageJson.version,
    host: hostname(),
    pid: process.pid,
    processSpace: readProcessSpace(),
    processStart: readProcessStart(process.pid),
    isProcessAlive,
  };
}
