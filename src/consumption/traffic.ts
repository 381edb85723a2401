/** What a workspace called over the days before a plan: plain data, for rules. */

import type { Exact } from '../exact.ts';

/** Days before a plan that its traffic is read for. */
export const trafficDays = 30;

export interface ModelTraffic {
  /** As analytics name it. */
  readonly model: string;
  readonly requests: number;
  /** Requests that failed; null: not said. */
  readonly errors: number | null;
  /** Null: not said. */
  readonly tokens: Exact | null;
  /** US cents; null: not said. */
  readonly cost: Exact | null;
}

export interface Traffic {
  /** The models with most calls; null: not read. */
  readonly models: readonly ModelTraffic[] | null;
  /** Ids of the keys that made a call; null: not read, or too many to be read whole. */
  readonly keys: ReadonlySet<string> | null;
}
