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
  /** `review.drift: leave`: what moved live alone is shown and left. */
  readonly leaveDrift?: boolean;
}

/** What remains when a run carries out some changes only. */
export function narrowPlan(plan: Plan, changes: readonly Change[], recordLines: readonly RecordLine[]): Plan {
  return { ...plan, changes, recordLines, digest: digestPlan({ ...plan, changes, recordLines }) };
}

/** Withheld changes keep their ids in `dependsOn`, so that what relies on them is skipped. */
export function filterPlan(plan: Plan, filter: PlanFilter): Plan {
  const isLeft = ({ cause }: Change): boolean => filter.leaveDrift === true && cause === 'drifted';
  const passes = (change: Change): boolean =>
    allows[filter.mode](change) && isSelected(change.key, filter) && !isLeft(change);
  const withheld = plan.changes.filter((change) => !passes(change));
  // Drift is left on purpose: what was edited does not wait for it, or it would wait for ever.
  const left = new Set(withheld.filter(isLeft).map(({ id }) => id));
  // A whole stage shares one list (order.ts), and goes on sharing it.
  const shortened = new Map<readonly string[], readonly string[]>();
  const withoutLeft = (ids: readonly string[]): readonly string[] => {
    const list = shortened.get(ids) ?? ids.filter((id) => !left.has(id));
    shortened.set(ids, list);
    return list;
  };
  const changes = plan.changes
    .filter(passes)
    .map((change) => (left.size === 0 ? change : { ...change, dependsOn: withoutLeft(change.dependsOn) }));
  const recordLines = plan.recordLines.filter(({ key }) => key === null || isSelected(key, filter));
  return {
    ...plan,
    mode: filter.mode,
    changes,
    withheld: [...plan.withheld, ...withheld],
    leftOut: new Set(withheld.filter(({ key }) => !isSelected(key, filter)).map(({ id }) => id)),
    recordLines,
    digest: digestPlan({ ...plan, changes, recordLines }),
  };
}

/** `usage-policy/monthly-spend` in any workspace, or `usage-policy/<workspace>/monthly-spend` in one. */
export function isSelected(key: ResourceKey, { only, workspaces }: Pick<PlanFilter, 'only' | 'workspaces'>): boolean {
  if (workspaces.length > 0 && !workspaces.includes(key.workspace ?? '')) return false;
  return only.length === 0 || only.some((text) => text === changeId(key) || text === `${key.kind}/${key.name}`);
}
