/**
 * What has to be in force before what, within a workspace. Most gives last, so that whatever fails on the way leaves traffic
 * bound by no less than before or after:
 *
 * | stage | changes |
 * |---|---|
 * | 0 | creates, updates that only tighten or bind more traffic, and what is neutral |
 * | 1 | updates that tighten one field and loosen another |
 * | 2 | replacements: all new ones are in force before stage 3; the old ones go after stage 4 |
 * | 3 | a match that moves, which may bind what an old policy or another match gives up |
 * | 4 | a match that gets narrower, where another field tightens |
 * | 5 | updates that clear one limit while they tighten another |
 * | 6 | loosenings, a match that only gets narrower |
 * | 7 | deletes, and updates that clear a limit |
 *
 * Every change depends on every change of the stages before its own: it is not begun while one of them is not in force, be it
 * failed, stale, unapproved, withheld or skipped. What is neutral (a name, a recipient) holds up only what takes a limit away.
 * A replacement depends on stages 3 and 4 as well, which depend on it: new policy, matches, old policy.
 *
 * An object is written whole, so that a change of stage 4 or 5 cannot be split. It comes after everything that may bind in place
 * of what it gives up, and before the loosenings, which may rely on what it tightens; without a loosening the old, stricter value
 * stays, and nothing is lost. Two matches that move onto the traffic of each other cannot both be first.
 */

import { compareText } from '../diagnostics.ts';
import { isBudget, isPartOfBudget, isPartOfLimit } from '../resources/fields.ts';
import { covers } from '../resources/match.ts';
import { kindOrder } from '../resources/registry.ts';
import type { Budget, Match } from '../resources/types.ts';
import type { Change, FieldChange } from './types.ts';

export type Stage = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** `within`: stages that run while what this one takes away is still there. */
export const stages: readonly { readonly stage: Stage; readonly within: readonly Stage[] }[] = [
  { stage: 0, within: [] },
  { stage: 1, within: [] },
  { stage: 2, within: [3, 4] },
  { stage: 5, within: [] },
  { stage: 6, within: [] },
  { stage: 7, within: [] },
];

export function stageOf(change: Pick<Change, 'action' | 'direction' | 'fieldChanges'>): Stage {
  const { action, direction, fieldChanges } = change;
  if (action === 'create') return 0;
  if (action === 'replace') return 2;
  if (action === 'delete') return 7;
  const scope = scopeMoveOf(change);
  const takes = direction === 'tighten' || scope === 'wider' || fieldChanges.some(tightensField);
  if (fieldChanges.some(clearsLimit)) return takes ? 5 : 7;
  if (scope === 'moved') return 3;
  if (scope === 'narrower') return takes ? 4 : 6;
  if (direction === 'loosen') return takes ? 1 : 6;
  return 0;
}

/** What becomes of the traffic that a change binds. */
function scopeMoveOf({ direction, fieldChanges }: Pick<Change, 'direction' | 'fieldChanges'>): ScopeMove {
  const match = fieldChanges.find(({ field }) => field === 'match');
  if (match === undefined) return direction === 'rescope' ? 'moved' : 'same';
  const [before, after] = [match.before as Match, match.after as Match];
  const [isWider, isNarrower] = [covers(after, before), covers(before, after)];
  if (isWider) return isNarrower ? 'same' : 'wider';
  return isNarrower ? 'narrower' : 'moved';
}

type ScopeMove = 'same' | 'wider' | 'narrower' | 'moved';

/** A limit that bound is gone; dollars that become tokens leave the dollars unbound. */
function clearsLimit({ field, before, after, direction }: FieldChange): boolean {
  if (direction !== 'loosen' || before === undefined || before === null) return false;
  if (after === undefined || after === null) return isPartOfLimit(field) || field === 'expires';
  return isPartOfBudget(field) && (before as Budget).unit !== (after as Budget).unit;
}

/** Also a budget of which one part loosens, such as `$5,000 monthly → $100 weekly`, and one of another unit. */
function tightensField({ field, before, after, direction }: FieldChange): boolean {
  if (direction === 'tighten') return true;
  if (direction !== 'loosen' || !isBudget(field) || !before || !after) return false;
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
    const place = places.get(workspaceKeyOf(change));
    if (place === undefined) places.set(workspaceKeyOf(change), [change]);
    else place.push(change);
  }
  // One list for a whole stage of a workspace: a list a change would be the square of what changes there.
  const lists = new Map<string, readonly string[]>();
  const idsBefore = (place: string, stage: Stage): readonly string[] => {
    const known = lists.get(`${stage}${place}`);
    if (known !== undefined) return known;
    const takesAway = stage === 5 || stage === 7;
    const within = stages.find((one) => one.stage === stage)?.within ?? [];
    const before = (places.get(place) ?? []).filter(
      (other) => stageIn(other) < stage || within.includes(stageIn(other)),
    );
    const ids = before.filter((other) => takesAway || !isNeutral(other)).map(({ id }) => id);
    lists.set(`${stage}${place}`, ids);
    return ids;
  };
  return sorted.map((change) => ({ ...change, dependsOn: idsBefore(workspaceKeyOf(change), stageIn(change)) }));
}

function isNeutral({ action, direction }: Change): boolean {
  return action === 'update' && direction === 'neutral';
}

/** The workspace by its id: what the record knows under an old slug belongs to it as well. Empty: the organisation. */
export function workspaceKeyOf({ workspaceId, key }: Pick<Change, 'workspaceId' | 'key'>): string {
  return workspaceId ?? key.workspace ?? '';
}
