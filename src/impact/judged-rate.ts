/** A changed rate, held against the calls of the last days. Plain data. */

import type { Between } from '../consumption/rate-bounds.ts';
import type { Refused } from '../consumption/read-rate.ts';
import type { RateLimit } from '../resources/limit.ts';

export interface JudgedRate {
  /** As it will be; as it is, when it goes. */
  readonly limit: RateLimit;
  readonly before: RateLimit | null;
  readonly after: RateLimit | null;
  readonly demand: RateFacts | { readonly unknown: string };
}

export interface RateFacts {
  /** ISO; whole days and whole windows. */
  readonly since: string;
  /** Length of a point of analytics, in milliseconds; null: it does not show. */
  readonly step: number | null;
  /** Value of the counter that was used most; null: there is one counter, it is not known, or nobody is to be named. */
  readonly busiest: string | null;
  /** Of one window, of the counter that was used most. */
  readonly peak: Between;
  /** Calls that each would have refused by itself; null: there is no such rate, or analytics do not tell. */
  readonly refusedBefore: Refused | null;
  readonly refusedAfter: Refused | null;
}
