/** What was read of consumption for a plan's budgets; plain data, so that everything after it is a function of values. */

import type { Known } from '../consumption/ask.ts';
import type { ReportedCounter } from '../consumption/counters.ts';
import type { ReadPace } from '../consumption/pace.ts';
import type { WireKey, WireUsagePolicy } from '../resources/wire.ts';

export interface ReadUse {
  /** ISO date-time at which it was read. */
  readonly asOf: string;
  readonly source: 'service' | 'analytics';
  readonly counters: readonly ReportedCounter[];
}

export interface BudgetUsage {
  readonly use: Known<ReadUse>;
  readonly pace: Known<ReadPace>;
}

/** Lists of a workspace that the plan itself did not need. */
export interface WorkspaceLists {
  readonly policies?: Known<readonly WireUsagePolicy[]>;
  readonly keys?: Known<readonly WireKey[]>;
}

export interface Usage {
  /** ISO date-time at which reading began. */
  readonly asOf: string;
  /** By BudgetMove.id. */
  readonly budgets: ReadonlyMap<string, BudgetUsage>;
  /** By workspace id. */
  readonly lists: ReadonlyMap<string, WorkspaceLists>;
}
