/** Apart from request.ts: the entry file needs a clock at every start, and no HTTP client. */

import { CancelledError } from '../errors.ts';
import type { Timing } from './retry.ts';

/** The real clock, dice and alarm. */
export const systemTiming: Timing = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(new CancelledError('cancelled'));
      const stop = (): void => {
        clearTimeout(timer);
        reject(new CancelledError('cancelled'));
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop);
        resolve();
      }, ms);
      signal?.addEventListener('abort', stop, { once: true });
    }),
};
