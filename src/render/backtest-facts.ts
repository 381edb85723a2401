/** What limits would have done to calls that were made: the value that every format of `backtest` is a projection of. */

import type { Exact } from '../exact.ts';
import type { Limit } from '../resources/limit.ts';

export interface BacktestFacts {
  readonly rows: BacktestRows;
  /** What is beside what; null: one set of limits alone. */
  readonly sides: { readonly before: string; readonly after: string } | null;
  /** Calls that at least one limit refuses, each once. */
  readonly together: Sides<StoppedOf>;
  /** In the order of workspace and name. */
  readonly limits: readonly LimitEffect[];
  /** What cannot be replayed over these rows, by name. */
  readonly refusals: readonly BacktestRefusal[];
  /** Nobody is named, only counted. */
  readonly counts: boolean;
}

export interface Sides<T> {
  /** Null: it has nothing there, or there is no such side. */
  readonly before: T | null;
  readonly after: T | null;
}

export interface BacktestRefusal {
  readonly workspace: string | null;
  readonly name: string;
  readonly said: string;
  readonly why: string;
}

export interface BacktestRows {
  readonly count: number;
  readonly files: number;
  /** Milliseconds since the epoch; null: there is none. */
  readonly oldest: number | null;
  readonly newest: number | null;
  /** US cents; null: no row says what it cost, and no sum of theirs is known. */
  readonly money: Exact | null;
  /** That at least one limit is consulted for. */
  readonly inScope: number;
  readonly failed: number;
  /** By the gateway, then. */
  readonly refused: number;
  readonly cacheHits: number;
  readonly cacheUnknown: number;
  readonly costUnknown: number;
  readonly tokensUnknown: number;
  readonly duplicates: number;
  readonly malformed: number;
  /** What rows and files do not say, in sentences. */
  readonly said: readonly string[];
  /** By column that a limit goes by: rows that say nothing of it. */
  readonly silent: Readonly<Record<string, number>>;
}

export interface Stopped {
  readonly calls: number;
  /** What they cost then: US cents. Null: there are some, and none of them says it. */
  readonly money: Exact | null;
  /** Of the calls, how many failed anyway. */
  readonly failed: number;
  /** Different users among the callers; null: rows do not say who calls. */
  readonly people: number | null;
}

/** Beside what they are some of. */
export interface StoppedOf extends Stopped {
  /** Calls that at least one limit is consulted for. */
  readonly checked: number;
  /** What those cost; null: none of them says it. */
  readonly checkedMoney: Exact | null;
}

export interface LimitEffect extends Sides<Effect> {
  readonly workspace: string | null;
  readonly name: string;
}

export interface Effect {
  readonly limit: Limit;
  /** `$20 monthly per metadata._user`. */
  readonly said: string;
  /** Calls that it is consulted for. */
  readonly checked: number;
  /** What those cost; null: none of them says it. */
  readonly checkedMoney: Exact | null;
  readonly stopped: Stopped;
  readonly counters: number;
  readonly blocked: number;
  readonly first: { readonly who: string; readonly at: number } | null;
  /** Null: it has no alert. */
  readonly alert: { readonly counters: number; readonly first: number | null } | null;
  /** Refused so soon after a budget ran out that a gateway may not have heard of it yet. */
  readonly late: { readonly calls: number; readonly money: Exact | null };
  /** Days on which something was refused. */
  readonly days: readonly { readonly day: number; readonly calls: number; readonly money: Exact | null }[];
  /** Those who lose most, at most 20. */
  readonly who: readonly BlockedCounter[];
  /** In its unit, if it were the only limit. Null: no call is checked. */
  readonly smallest: { readonly nobody: number; readonly percent: number } | null;
  /** Share of the checked calls that a limit of this amount refuses alone. */
  readonly curve: readonly { readonly amount: number; readonly refused: number }[];
  /** Rows begin within a window of it: what was used before then is not known (milliseconds). Null: they begin with one. */
  readonly cutAt: number | null;
  /** Why it is not exact. */
  readonly doubts: readonly string[];
}

export interface BlockedCounter {
  readonly who: string;
  readonly since: number;
  readonly days: number;
  readonly calls: number;
  readonly money: Exact | null;
  /** Null: never, or it has no alert. */
  readonly alertAt: number | null;
}
