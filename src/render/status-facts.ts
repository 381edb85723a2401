/** What a status is made of: read, judged, and not yet said. */

import type { OverCheck } from '../consumption/check-over.ts';
import type { ExpiringSoon } from '../consumption/expiring.ts';
import type { GroupSpend } from '../consumption/group-spend.ts';
import type { LimitStatus } from '../consumption/limit-status.ts';
import type { UnreadBudgets } from '../consumption/read-limits.ts';
import type { TrendReport } from '../consumption/trends.ts';
import type { CommittedSum } from '../impact/committed.ts';
import type { UndeclaredWorkspaces } from '../impact/undeclared.ts';
import type { ToldBy } from '../resources/told-by.ts';
import type { Kind } from '../resources/types.ts';
import type { Names } from './describe-change.ts';

/** With the most that its workspaces can spend in 30 days by their limits. */
export interface StatusGroup extends GroupSpend {
  readonly committed: CommittedSum;
}

export interface StatusLimit extends LimitStatus {
  /** The policy files name it; null: there are none to ask. */
  readonly declared: boolean | null;
  /** Who is told of its alert, as the files say it; null: it has none. */
  readonly told: ToldBy | null;
  /** What the files say of a day on which it is another one; absent: nothing. */
  readonly until?: StatusUntil | undefined;
}

export interface StatusUntil {
  /** `2026-12-15`. */
  readonly date: string;
  /** In words: `$500`. */
  readonly later: string;
  /** The day has come, and what holds since is not live. */
  readonly isOwed: boolean;
}

export interface StatusGap {
  readonly kind: Kind;
  readonly workspace: string | null;
  readonly why: string;
}

/** What was found of one live limit; its message names conditions, so that it may name keys and people. */
export interface NobodyLimit {
  readonly kind: Kind;
  readonly workspace: string | null;
  readonly id: string;
  readonly name: string;
  /** The rule that says so. */
  readonly rule: string;
  readonly message: string;
}

/** Live limits that may limit nobody. */
export interface StatusNobody {
  readonly limits: readonly NobodyLimit[];
  /** Of these it is not known. */
  readonly unknown: readonly NobodyLimit[];
  /** Limits whose calls were not asked for, as there are too many. */
  readonly uncounted: number;
}

/** What was read and judged, before anybody says it. */
export interface StatusFacts {
  /** Null: not looked at. */
  readonly nobody: StatusNobody | null;
  /** Workspaces without a file; null: not looked at. */
  readonly undeclared: UndeclaredWorkspaces | null;
  /** Whether the service counts limits of keys, where that can be doubted. */
  readonly keyLimits: string | null;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly workspaces: readonly { readonly slug: string; readonly name: string }[];
  /** Sorted: exhausted first, then by percent. */
  readonly limits: readonly StatusLimit[];
  /** The percent that was asked for; null: all are shown. */
  readonly over: number | null;
  /** What the exit code says, over all that was read; null: nobody asked for it. */
  readonly check: OverCheck | null;
  /** Left out by it: below the percent, and of unknown use. */
  readonly below: number;
  readonly belowUnknown: number;
  /** Within `expiryDays`, the next first. */
  readonly expiring: readonly ExpiringSoon[];
  readonly expiryDays: number;
  readonly gaps: readonly StatusGap[];
  /** Lists and rows of budgets that were not read: what they hold is in no number. */
  readonly unread: readonly UnreadBudgets[];
  /** Why the pace of the last 7 days is missing, where it is. */
  readonly paceGaps: readonly string[];
  /** The number that contradicts the service's own verdict; null: none does. */
  readonly unitMistake: string | null;
  /** Null: not asked for. */
  readonly trends: TrendReport | null;
  /** Of all workspaces, each once; empty: the files have none, or only some workspaces were asked for. */
  readonly groups: readonly StatusGroup[];
  readonly names: Names;
  /** The files name channels by which tollgate tells alerts. */
  readonly hasChannels: boolean;
  /** Names of keys and users are not shown, only how many there are. */
  readonly counts: boolean;
}
