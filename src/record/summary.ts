/** What the history shows of a version of the record: who did what, without the entries. */

import type { z } from 'zod';
import { type AppliedRecord, appliedRecordSchema } from '../plan/applied-record.ts';
import type { RecordHistory, StoredRecord } from './store.ts';

export const summarySchema = appliedRecordSchema.pick({
  tool: true,
  environment: true,
  commit: true,
  dirty: true,
  appliedBy: true,
  appliedAt: true,
  run: true,
  way: true,
  unreviewed: true,
  lifts: true,
  digest: true,
  outcomes: true,
  claim: true,
});

export type RecordSummary = z.infer<typeof summarySchema>;

function summarizeRecord(record: AppliedRecord): RecordSummary {
  // Strips what it does not name.
  return summarySchema.parse(record);
}

/** The history of a store that holds nothing but the latest record. */
export function historyOf(stored: StoredRecord | null): RecordHistory {
  const versions =
    stored === null ? [] : [{ token: stored.token, summary: summarizeRecord(stored.record), problem: null }];
  return { versions, isComplete: true, keepsPast: false };
}
