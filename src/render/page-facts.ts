/** What a page about spend is made of, beyond a status. */

import type { Committed } from '../impact/committed.ts';
import type { AppliedRecord, RecordedApply } from '../plan/applied-record.ts';
import type { StatusFacts } from './status-facts.ts';

/** An apply of the last days, with what the record says of its outcomes. */
export interface RecentApply {
  readonly apply: RecordedApply;
  /** Null: that version cannot be read. */
  readonly record: AppliedRecord | null;
}

export type RecentChanges =
  | {
      readonly known: true;
      /** Milliseconds since the epoch. */
      readonly since: number;
      /** Newest first. */
      readonly applies: readonly RecentApply[];
      /** Why there may be others; null: these are all. */
      readonly cut: string | null;
    }
  | { readonly known: false; readonly why: string };

export interface PageFacts {
  readonly status: StatusFacts;
  /** Null: there are no files that name it. */
  readonly environment: string | null;
  /** By slug; a workspace that is missing has no owner in the files. */
  readonly owners: ReadonlyMap<string, string>;
  /** By slug. */
  readonly committed: ReadonlyMap<string, Committed>;
  readonly changes: RecentChanges;
}
