/** What is live of the things that conditions name, and how many calls met them: plain data, for rules. */

import type { Known } from '../consumption/ask.ts';

/** By the key of a condition; what is not there was not asked for. */
export interface ConditionNames {
  readonly virtual_key?: Known<readonly string[]>;
  /** Names of the vendors of its providers. */
  readonly provider?: Known<readonly string[]>;
  readonly config?: Known<readonly string[]>;
  /** Ids. */
  readonly api_key?: Known<readonly string[]>;
}

export interface ConditionFacts {
  /** By workspace id, of those in which a policy with conditions is looked at: one that the plan changes, or a live one. */
  readonly names: ReadonlyMap<string, ConditionNames>;
  /** By id of the change, or of what is live: calls of the last days that its conditions let in, and those of its workspace. */
  readonly matched: ReadonlyMap<string, Known<{ readonly atMost: number; readonly ofWorkspace: number }>>;
  /** Limits whose calls were not asked for, as there are too many. */
  readonly uncounted: number;
}

export const noConditions: ConditionFacts = { names: new Map(), matched: new Map(), uncounted: 0 };
