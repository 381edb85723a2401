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
    if (!isGuarding(change)) continue;
    const place = change.key.workspace ?? '';
    const list = guarding.get(place);
    if (list === undefined) guarding.set(place, [change]);
    else list.push(change);
  }
  // One list for a whole stage of a workspace: a list a change would be the square of what changes there.
  const lists = new Map<string, readonly string[]>();
  const idsBefore = (place: string, stage: Stage): readonly string[] => {
    const known = lists.get(`${stage}${place}`);
    if (known !== undefined) return known;
    const before = (guarding.get(place) ?? []).filter((other) => stageOf(other) < stage);
    const ids = before.map(({ id }) => id);
    lists.set(`${stage}${place}`, ids);
    return ids;
  };
  return sorted.map((change) => {
    const stage = stageOf(change);
    return stage === 0 ? change : { ...change, dependsOn: idsBefore(change.key.workspace ?? '', stage) };
  });
}

/** Changes that others wait for. What is neutral (a name, a recipient) holds nobody up. */
function isGuarding(change: Change): boolean {
  return change.action === 'create' || change.direction === 'tighten' || change.direction === 'rescope';
}
