/** How many limits a plan takes away and changes, by workspace. */

import type { RecordedEntry } from '../plan/applied-record.ts';
import type { Change, RecordStep } from '../plan/types.ts';
import { pendingDate } from '../plan/until.ts';
import { isLimitField } from '../resources/fields.ts';
import { isPolicyKind } from '../resources/registry.ts';
import type { GuardInput, Tally } from './input.ts';

export function tallyWorkspaces({ plan, steps }: GuardInput): readonly Tally[] {
  const tallies = new Map<string | null, Tally>();
  const tallyOf = (workspace: string | null): Tally => {
    const tally = tallies.get(workspace) ?? { workspace, recorded: 0, desired: 0, left: 0, deletes: 0, updates: 0 };
    tallies.set(workspace, tally);
    return tally;
  };
  const active = new Set(plan.changes.map(({ id }) => id));
  for (const step of steps) {
    const tally = tallyOf(step.workspaceSlug);
    const before = countLimits(step.previous);
    const after = countLimits(step.next);
    tally.recorded += before;
    tally.desired += after;
    const isDone = step.changeId === null || active.has(step.changeId);
    // What a date ends is no limit that stays.
    tally.left += isDone ? after - countEnds(step.next) : before;
    if (isDone) tally.deletes += countNewEnds(step);
  }
  for (const change of plan.changes) {
    const tally = tallyOf(change.key.workspace);
    tally.deletes += countDeletes(change);
    tally.updates += countUpdates(change);
  }
  return [...tallies.values()];
}

/** A policy is one limit; an attachment point has as many as it has budgets and rates. */
function countLimits(entry: Pick<RecordedEntry, 'kind' | 'fields'> | null): number {
  if (entry === null) return 0;
  const { fields } = entry;
  return isPolicyKind(entry.kind)
    ? 1
    : Object.entries(fields).filter(([field, value]) => isLimitField(field) && value !== null).length;
}

/** Limits that `until:` takes away on a day that is still to come. */
function countEnds(entry: Pick<RecordedEntry, 'kind' | 'until'> | null): number {
  const later = pendingDate(entry)?.later;
  if (later === undefined || entry === null) return 0;
  if (later === 'none') return 1;
  return isPolicyKind(entry.kind)
    ? 0
    : Object.entries(later).filter(([field, value]) => isLimitField(field) && value === null).length;
}

/** Of what was there without an end: it is taken away, on another day. What comes for a while takes nothing away. */
function countNewEnds({ previous, next }: RecordStep): number {
  return Math.min(countLimits(previous), Math.max(0, countEnds(next) - countEnds(previous)));
}

/** Policies deleted plus budgets or rates cleared. */
export function countDeletes({ action, after, fieldChanges, key }: Change): number {
  if (isPolicyKind(key.kind)) return action === 'delete' && after === null ? 1 : 0;
  return fieldChanges.filter(({ field, before, after: now }) => isLimitField(field) && before != null && now === null)
    .length;
}

/** Limits whose value changes; a replacement is one. A name, a description or an alert limits nobody. */
export function countUpdates({ action, direction, fieldChanges, key }: Change): number {
  if (isPolicyKind(key.kind)) return action === 'replace' || (action === 'update' && direction !== 'neutral') ? 1 : 0;
  return fieldChanges.filter(({ field, before, after }) => isLimitField(field) && before != null && after != null)
    .length;
}

/** Something that is live would be live no more. */
export function takesAway({ action, after, fieldChanges }: Change): boolean {
  if (action === 'delete' || after === null) return true;
  return fieldChanges.some(({ field, before, after: now }) => isLimitField(field) && before != null && now === null);
}
