/** Drift that is back after every apply: somebody else holds the other value to be the right one. */

import { isSame } from '../resources/canonical.ts';
import type { AppliedRecord, RecordedOutcome } from './applied-record.ts';
import { changeId } from './make-change.ts';
import type { Change, PlanNote } from './types.ts';

/** @param changes that put back what moved live, or would: also those of what is left */
export function returningDriftNotes(changes: readonly Change[], record: AppliedRecord | null): PlanNote[] {
  const last = new Map((record?.outcomes ?? []).map((outcome) => [changeId(outcome), outcome]));
  return changes.flatMap((change): PlanNote[] => {
    const outcome = last.get(change.id);
    const hasDrifted = change.cause === 'drifted' || change.cause === 'both';
    if (!hasDrifted || outcome === undefined || !isBackTo(change, outcome)) return [];
    const { id, key, source } = change;
    const message = `${id}: live is again as it was before the last apply; something else that sets it too (another tollgate, Terraform, a script) looks like the reason, and each undoes the other`;
    return [{ code: 'drift-returns', severity: 'warning', workspace: key.workspace, message, source }];
  });
}

/** What moved is what the last apply moved, and is as that found it. What it made new may have been deleted by anybody's hand. */
function isBackTo({ before, fieldChanges }: Change, { status, before: found, after: left }: RecordedOutcome): boolean {
  if (status !== 'applied' || left === null || before === null || found === null) return false;
  return (
    fieldChanges.some(({ field }) => (found[field] ?? null) !== null) &&
    fieldChanges.every(
      ({ field }) =>
        isSame(before[field] ?? null, found[field] ?? null) && !isSame(found[field] ?? null, left[field] ?? null),
    )
  );
}
