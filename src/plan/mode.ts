/** Modes and filters: what of a finished plan a run may do. The rest is shown as withheld and stays owed. */

import type { ResourceKey } from '../resources/types.ts';
import { digestPlan } from './build-plan.ts';
import { changeId } from './make-change.ts';
import type { Change, Mode, Plan, PlanNote, RecordLine } from './types.ts';

const allows: Readonly<Record<Mode, (change: Change) => boolean>> = {
  sync: () => true,
  // A replacement ends with a new policy in place of the old one, so it is an update to whoever reads it.
  'upsert-only': (change) => change.action !== 'delete',
};

export interface PlanFilter {
  readonly mode: Mode;
  /** `KIND/KEY` as written on the command line; empty: everything. */
  readonly only: readonly string[];
  /** Workspace slugs; empty: all. */
  readonly workspaces: readonly string[];
}

/** What remains when a run carries out some changes only. */
export function narrowPlan(plan: Plan, changes: readonly Change[], recordLines: readonly RecordLine[]): Plan {
  return { ...plan, changes, recordLines, digest: digestPlan({ ...plan, changes, recordLines }) };
}

/** Withheld changes keep their ids in `dependsOn`, so that what relies on them is skipped. */
export function filterPlan(plan: Plan, filter: PlanFilter): Plan {
  const passes = (change: Change): boolean => allows[filter.mode](change) && isSelected(change.key, filter);
  const withheld = plan.changes.filter((change) => !passes(change));
  const changes = plan.changes.filter(passes);
  const allWithheld = [...plan.withheld, ...withheld];
  const recordLines = plan.recordLines.filter(({ key }) => key === null || isSelected(key, filter));
  return {
    ...plan,
    mode: filter.mode,
    changes,
    withheld: allWithheld,
    unmanaged: plan.unmanaged.filter(({ workspace }) => isInWorkspaces(workspace, filter)),
    left: plan.left.filter(({ change }) => isSelected(change.key, filter)),
    leftOut: new Set(allWithheld.filter(({ key }) => !isSelected(key, filter)).map(({ id }) => id)),
    recordLines,
    notes: [...plan.notes, ...waitingNotes(changes, allWithheld)],
    digest: digestPlan({ ...plan, changes, recordLines }),
  };
}

/** What cannot be done because something is held back that has to be in force before it: it would be skipped, run after run. */
function waitingNotes(changes: readonly Change[], withheld: readonly Change[]): PlanNote[] {
  const held = new Set(withheld.map(({ id }) => id));
  return changes.flatMap(({ id, key, source, dependsOn }): PlanNote[] => {
    const [first, ...others] = dependsOn.filter((other) => held.has(other));
    if (first === undefined) return [];
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    const message = `${id} waits for ${first}${more}, which this run holds back: it will be skipped`;
    return [{ code: 'waits-for-withheld', severity: 'warning', workspace: key.workspace, message, source }];
  });
}

/** `usage-policy/monthly-spend` in any workspace, or `usage-policy/<workspace>/monthly-spend` in one. */
export function isSelected(key: ResourceKey, { only, workspaces }: Pick<PlanFilter, 'only' | 'workspaces'>): boolean {
  if (!isInWorkspaces(key.workspace, { workspaces })) return false;
  return only.length === 0 || only.some((text) => text === changeId(key) || text === `${key.kind}/${key.name}`);
}

function isInWorkspaces(workspace: string | null, { workspaces }: Pick<PlanFilter, 'workspaces'>): boolean {
  return workspaces.length === 0 || workspaces.includes(workspace ?? '');
}
