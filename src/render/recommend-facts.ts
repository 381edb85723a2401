/** Limits that the calls of a while would have fitted into: what every format of `recommend` is a projection of. */

import type { Exact } from '../exact.ts';
import type { Limit } from '../resources/limit.ts';

export interface RecommendFacts {
  readonly rows: { readonly count: number; readonly oldest: number | null; readonly newest: number | null };
  /** What is recommended, whatever its amount. */
  readonly limit: Limit;
  /** In the order of the workspaces. */
  readonly limits: readonly Recommendation[];
  /** Why the amounts are not exact, or not of whole windows. */
  readonly doubts: readonly string[];
  /** Why some are missing, and what the figures do not cover. */
  readonly notes: readonly string[];
}

export interface Recommendation {
  readonly workspace: string;
  /** The smallest that stops nobody, in the unit; the least that a limit may be where less would do. */
  readonly nobody: number;
  /** The smallest that refuses at most one call of a hundred. */
  readonly percent: number;
  /** Of the two: the least that a budget may be stands in its place. */
  readonly isLeast: boolean;
  readonly calls: number;
  readonly counters: number;
  /** Spent by the calls: US cents. Null: none of them says what it cost. */
  readonly money: Exact | null;
  /** In the files, of the same unit, reset and grouping. */
  readonly current: { readonly name: string; readonly amount: number; readonly refused: number } | null;
  readonly state: 'no limit' | 'too wide' | 'fits' | 'stops calls';
  /** Other limits of the files that were in force meanwhile. */
  readonly others: number;
}
