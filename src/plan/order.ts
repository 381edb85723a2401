/**
 * What has to be in force before what, within a workspace. Most gives last, so that whatever fails on the way leaves traffic
 * bound by no less than before or after:
 *
 * | stage | changes |
 * |---|---|
 * | 0 | creates, updates that only tighten, and what is neutral |
 * | 1 | updates that tighten one field and loosen or rescope another |
 * | 2 | rescopings: a narrower limit leaves traffic to others, which have to be there |
 * | 3 | replacements: all new ones are in force before the first old one goes |
 * | 4 | updates that clear one limit while they tighten another |
 * | 5 | loosenings |
 * | 6 | deletes, and updates that clear a limit |
 *
 * Every change depends on every change of the stages before its own: it is not begun while one of them is not in force, be it
 * failed, stale, unapproved, withheld or skipped. What is neutral (a name, a recipient) holds up only what takes a limit away.
 *
 * An object is written whole, so that a change of stage 4 cannot be split. It comes after everything that may bind in place of
 * what it clears, and before the loosenings, which may rely on what it tightens; without a loosening the old, stricter value
 * stays, and nothing is lost.
 */

import { compareText } from '../diagnostics.ts';
import { isBudgetField, isRateField } from '../resources/kind.ts';
import { kindOrder } from '../resources/registry.ts';
import type { Budget } from '../resources/types.ts';
import type { Change, FieldChange } from './types.ts';

export const stages = [0, 1, 2, 3, 4, 5, 6] as const;
export type Stage = (typeof stages)[number];

export function stageOf(change: Pick<Change, 'action' | 'direction' | 'fieldChanges'>): Stage {
  const { action, direction, fieldChanges } = change;
  if (action === 'create') return 0;
  if (action === 'replace') return 3;
  if (action === 'delete') return 6;
  const tightens = direction === 'tighten' || fieldChanges.some(tightensField);
  if (fieldChanges.some(clearsLimit)) return tightens ? 4 : 6;
  if (direction === 'neutral' || direction === 'tighten') return 0;
  if (tightens) return 1;
  return direction === 'rescope' ? 2 : 5;
}

/** A limit that bound is gone; dollars that become tokens leave the dollars unbound. */
function clearsLimit({ field, before, after, direction }: FieldChange): boolean {
  if (direction !== 'loosen' || before === undefined || before === null) return false;
  if (after === undefined || after === null) return isBudgetField(field) || isRateField(field) || field === 'expires';
  return isBudgetField(field) && (before as Budget).unit !== (after as Budget).unit;
}

/** Also a budget of which one part loosens, such as `$5,000 monthly → $100 weekly`, and one of another unit. */
function tightensField({ field, before, after, direction }: FieldChange): boolean {
  if (direction === 'tighten') return true;
  if (direction !== 'loosen' || !/^budget(\[|$)/.test(field) || !before || !after) return false;
  const [from, to] = [before as Budget, after as Budget];
  return from.unit !== to.unit || to.amount < from.amount;
}

/** Sorted for showing and running, with `dependsOn` filled in. */
export function orderChanges(changes: readonly Change[]): Change[] {
  const staged = new Map(changes.map((change) => [change, stageOf(change)]));
  const stageIn = (change: Change): Stage => staged.get(change) ?? 0;
  const sorted = [...changes].sort(
    (a, b) =>
      compareText(a.key.workspace ?? '', b.key.workspace ?? '') ||
      stageIn(a) - stageIn(b) ||
      kindOrder(a.key.kind) - kindOrder(b.key.kind) ||
      compareText(a.key.name, b.key.name) ||
      compareText(a.id, b.id),
  );
  const places = new Map<string, Change[]>();
  for (const change of sorted) {
    const place = places.get(placeOf(change));
    if (place === undefined) places.set(placeOf(change), [change]);
    else place.push(change);
  }
  // One list for a whole stage of a workspace: a list a change would be the square of what changes there.
  const lists = new Map<string, readonly string[]>();
  const idsBefore = (place: string, stage: Stage): readonly string[] => {
    const known = lists.get(`${stage}${place}`);
    if (known !== undefined) return known;
    const takesAway = stage === 4 || stage === 6;
    const before = (places.get(place) ?? []).filter((other) => stageIn(other) < stage);
    const ids = before.filter((other) => takesAway || !isNeutral(other)).map(({ id }) => id);
    lists.set(`${stage}${place}`, ids);
    return ids;
  };
  return sorted.map((change) => ({ ...change, dependsOn: idsBefore(placeOf(change), stageIn(change)) }));
}

function isNeutral({ action, direction }: Change): boolean {
  return action === 'update' && direction === 'neutral';
}

/** The workspace by its id: what the record knows under an old slug belongs to it as well. Empty: the organisation. */
export function placeOf({ workspaceId, key }: Pick<Change, 'workspaceId' | 'key'>): string {
  return workspaceId ?? key.workspace ?? '';
}
