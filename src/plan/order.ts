/**
 * What has to be in force before what, within a workspace:
 *
 *     creates and tightenings ──▶ rescopings ──▶ loosenings ──▶ deletes
 *       (and what is neutral)     (a narrower limit may leave traffic to a new one)
 *
 * Every rescoping, loosening and delete depends on every create and tightening of its workspace, and every loosening and
 * delete on every rescoping, so that traffic is never unlimited because half of a plan failed.
 */

import { compareText } from '../diagnostics.ts';
import { kindOrder } from '../resources/registry.ts';
import type { Change } from './types.ts';

type Stage = 0 | 1 | 2 | 3;

export function stageOf(change: Pick<Change, 'action' | 'direction'>): Stage {
  if (change.action === 'delete') return 3;
  if (change.direction === 'loosen') return 2;
  if (change.direction === 'rescope') return 1;
  return 0;
}

/** Sorted for showing and running, with `dependsOn` filled in. */
export function orderChanges(changes: readonly Change[]): Change[] {
  const sorted = [...changes].sort(
    (a, b) =>
      compareText(a.key.workspace ?? '', b.key.workspace ?? '') ||
      stageOf(a) - stageOf(b) ||
      kindOrder(a.key.kind) - kindOrder(b.key.kind) ||
      compareText(a.key.name, b.key.name) ||
      compareText(a.id, b.id),
  );
  const guarding = new Map<string, Change[]>();
  for (const change of sorted) {
    const place = change.key.workspace ?? '';
    if (isGuarding(change)) guarding.set(place, [...(guarding.get(place) ?? []), change]);
  }
  return sorted.map((change) => {
    const stage = stageOf(change);
    if (stage === 0) return change;
    const before = (guarding.get(change.key.workspace ?? '') ?? []).filter((other) => stageOf(other) < stage);
    return { ...change, dependsOn: before.map(({ id }) => id) };
  });
}

/** Changes that others wait for. What is neutral (a name, a recipient) holds nobody up. */
function isGuarding(change: Change): boolean {
  return change.action === 'create' || change.direction === 'tighten' || change.direction === 'rescope';
}
