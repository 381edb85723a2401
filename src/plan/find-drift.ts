/** What moved live since the last apply, and what is still owed to Git: a reading of a plan the other way round. */

import { pickFields } from '../resources/fields.ts';
import { compareFields } from './field-changes.ts';
import { directionOfDrift } from './leave-drift.ts';
import { isSelected } from './mode.ts';
import type { Change, Direction, FieldChange, LeftDrift, Plan, PlanNote, RecordStep } from './types.ts';

/** A recorded resource whose live fields moved. */
export interface Drift {
  /** The change that would put it back. */
  readonly change: Change;
  /** Recorded fields that moved: `before` as recorded, `after` as live now (null where it is gone). */
  readonly fieldChanges: readonly FieldChange[];
  /** What happened to those whom the limit binds. */
  readonly direction: Direction;
  /** The live object itself was deleted. */
  readonly deleted: boolean;
  /** The next apply leaves it as it is. */
  readonly left: boolean;
}

export interface DriftReport {
  /** Loosenings first: a limit removed by hand is an open bill. */
  readonly drifts: readonly Drift[];
  /** Changes that Git asks for and that are not applied. */
  readonly owed: readonly Change[];
  /** Recorded attachment points that no longer exist. */
  readonly gone: readonly PlanNote[];
  /** Live limits beside those of the last apply that it would not have left there: twins of declared policies, and what is back. */
  readonly beside: readonly PlanNote[];
}

/**
 * What a mode or a setting holds back has drifted all the same; other workspaces than those asked for (slugs; empty: all) are
 * somebody else's question.
 */
export function findDrift(plan: Plan, steps: readonly RecordStep[], workspaces: readonly string[] = []): DriftReport {
  const recordedOf = new Map(steps.flatMap((step) => (step.changeId === null ? [] : [[step.changeId, step.previous]])));
  const all = [...plan.changes, ...plan.withheld].filter(({ key }) => isSelected(key, { only: [], workspaces }));
  const left = plan.left.filter(({ change }) => isSelected(change.key, { only: [], workspaces }));
  const leftFields = new Map(left.map(({ change }) => [change.id, change.fieldChanges.map(({ field }) => field)]));
  const drifts = all.flatMap((change): Drift[] => {
    if (change.cause !== 'drifted' && change.cause !== 'both') return [];
    const recorded = recordedOf.get(change.id)?.fields ?? {};
    const deleted = change.before === null;
    if (deleted) return [{ change, fieldChanges: [], direction: 'loosen', deleted, left: false }];
    const apart = leftFields.get(change.id) ?? [];
    const live = pickFields(change.before ?? {}, (field) => !apart.includes(field));
    const known = pickFields(recorded, (field) => live[field] !== undefined);
    const now = pickFields(live, (field) => field in recorded);
    const fieldChanges = compareFields(known, now);
    const direction = directionOfDrift(change.key.kind, recorded, live, fieldChanges);
    return [{ change, fieldChanges, direction, deleted, left: false }];
  });
  const notesOf = (...codes: readonly string[]): PlanNote[] =>
    plan.notes.filter(
      ({ code, workspace }) =>
        codes.includes(code) && (workspaces.length === 0 || workspaces.includes(workspace ?? '')),
    );
  const rank: Readonly<Record<Direction, number>> = { loosen: 0, rescope: 1, tighten: 2, neutral: 3 };
  return {
    drifts: [...drifts, ...left.map(toDrift)].sort((a, b) => rank[a.direction] - rank[b.direction]),
    owed: all.filter(({ cause }) => cause !== 'drifted'),
    gone: notesOf('gone', 'workspace-gone'),
    beside: notesOf('twin', 'back'),
  };
}

/** What moved is the way back of the change that would put it back. */
export function toDrift({ change, direction }: LeftDrift): Drift {
  const { before, after } = change;
  const deleted = before === null;
  return { change, fieldChanges: deleted ? [] : compareFields(after ?? {}, before), direction, deleted, left: true };
}
