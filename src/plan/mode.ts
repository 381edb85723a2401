/** Modes and filters: what of a finished plan a run may do. The rest is shown as withheld and stays owed. */

import type { ResourceKey } from '../resources/types.ts';
import { digestPlan } from './build-plan.ts';
import { changeId } from './make-change.ts';
import type { Change, Mode, Plan, RecordLine } from './types.ts';

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
  const recordLines = plan.recordLines.filter(({ key }) => key === null || isSelected(key, filter));
  return {
    ...plan,
    mode: filter.mode,
    changes,
    withheld: [...plan.withheld, ...withheld],
    unmanaged: plan.unmanaged.filter(({ workspace }) => isInWorkspaces(workspace, filter)),
    left: plan.left.filter(({ change }) => isSelected(change.key, filter)),
    leftOut: new Set(withheld.filter(({ key }) => !isSelected(key, filter)).map(({ id }) => id)),
    recordLines,
    digest: digestPlan({ ...plan, changes, recordLines }),
  };
}

/** `usage-policy/monthly-spend` in any workspace, or `usage-policy/<workspace>/monthly-spend` in one. */
export function isSelected(key: ResourceKey, { only, workspaces }: Pick<PlanFilter, 'only' | 'workspaces'>): boolean {
  if (!isInWorkspaces(key.workspace, { workspaces })) return false;
  return only.length === 0 || only.some((text) => text === changeId(key) || text === `${key.kind}/${key.name}`);
}

function isInWorkspaces(workspace: string | null, { workspaces }: Pick<PlanFilter, 'workspaces'>): boolean {
  return workspaces.length === 0 || workspaces.includes(workspace ?? '');
}
