/** What guards are given, and what an objection is before anything lifts it. */

import type { RecordedEntry } from '../plan/applied-record.ts';
import type { Plan, RecordStep } from '../plan/types.ts';
import type { Word, WordNumber } from '../plan/words.ts';
import type { Review } from '../resources/review-settings.ts';

/** Whether the checkout contains the commit that was applied last; `unknown` refuses too. Null: there is nothing to rewind. */
export type Rewind = {
  readonly commit: string;
  readonly answer: 'no' | 'unknown';
  /** It is there, further on: the checkout is of a branch that others have not been merged into. */
  readonly isBehind?: boolean;
} | null;

/** The record judges from another place than the files say; `isPure`: nothing else in them differs from the last apply. */
export interface RecordMoved {
  /** `environment production → prod, …` */
  readonly what: string;
  readonly isPure: boolean;
}

/** Protection that the record itself does not speak of: by the files that it comes from, or by older ones. */
export type ProtectedBy = (
  entry: Pick<RecordedEntry, 'kind' | 'name' | 'viaStar' | 'commit'>,
  place: { readonly id: string | null; readonly slug: string | null },
) => boolean;

export interface GuardInput {
  readonly plan: Plan;
  readonly steps: readonly RecordStep[];
  /** `review:` in force, see settingsInForce. */
  readonly settings: Review;
  readonly rewind: Rewind;
  /** Null, or missing: it has not. */
  readonly moved?: RecordMoved | null | undefined;
  readonly isProtected?: ProtectedBy | undefined;
  readonly allowances: readonly Word[];
  /**
   * Digests of reviewed plans of which this one holds a part at most: what was allowed for the whole is allowed for the
   * part.
   */
  readonly reviewed?: readonly string[];
  /** The ceilings of groups are taken for used up: every rise below them is counted. */
  readonly countsAll?: true;
}

/** Limits of one workspace (or of the organisation), and what the plan does to them. */
export interface Tally {
  /** Slug; null for the organisation. */
  readonly workspace: string | null;
  recorded: number;
  desired: number;
  /** Limits that stay when the plan is done. */
  left: number;
  deletes: number;
  updates: number;
}

export interface Judging extends GuardInput {
  readonly tallies: readonly Tally[];
}

/** A row of the table of guards. */
export interface Guard<Setting> {
  /** For `tollgate rules` and docs/guards.md. */
  readonly objectsTo: string;
  /** What holds where `review.guards` says nothing of it, or what is always so. */
  readonly usually: string;
  /** False: no word does. */
  readonly liftable: boolean;
  /** Whether it has to know what the plan does to people and money: nothing to say where that was not looked at. Missing: never. */
  readonly needsImpact?: (plan: Plan) => boolean;
  /** Null: no objection. A guard that is switched off is not asked. */
  judge(input: Judging, setting: Setting): Objection | null;
}

export interface Objection {
  /** A count; of `spend-up` percent of committed spend, rounded up, or `unbounded`. */
  readonly count: WordNumber;
  readonly details: readonly string[];
  /** Whatever the settings say: it stops nobody. */
  readonly warns?: true;
  /** Id of the first change it is about. */
  readonly first?: string | undefined;
}

/** Places for violations hold little; what they are about has every line elsewhere. */
const mostDetails = 20;

export function shortenDetails(details: readonly string[]): readonly string[] {
  if (details.length <= mostDetails) return details;
  return [...details.slice(0, mostDetails), `and ${details.length - mostDetails} more`];
}
