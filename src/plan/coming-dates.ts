/** Dates of `until:` that are still to come: of the last apply, and once a plan is carried out. */

import type { Dates } from '../impact/dates.ts';
import { keyOfStep } from './next-record.ts';
import type { Change, RecordStep } from './types.ts';
import { pendingDate } from './until.ts';

/** @param changes those that are carried out: what is not is as it was recorded */
export function comingDates(steps: readonly RecordStep[], changes: readonly Change[], today: string): Dates {
  const active = new Set(changes.map(({ id }) => id));
  const entries = steps.flatMap((step) => {
    const { workspaceId, changeId, previous, next } = step;
    const isDone = changeId === null || active.has(changeId);
    const before = pendingDate(previous) ?? null;
    const after = isDone ? (pendingDate(next) ?? null) : before;
    const key = keyOfStep(step);
    if (key === null || (before === null && after === null)) return [];
    const liveId = step.liveId ?? previous?.id ?? null;
    return [{ key, workspaceId, liveId, change: isDone ? changeId : null, before, after }];
  });
  return { today, entries };
}
