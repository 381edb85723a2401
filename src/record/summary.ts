/** What the history shows of a version of the record: who did what, without the entries. */

import type { z } from 'zod';
import { type AppliedRecord, appliedRecordSchema } from '../plan/applied-record.ts';

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

export function summarizeRecord(record: AppliedRecord): RecordSummary {
  // Strips what it does not name.
  return summarySchema.parse(record);
}
