/** Key names in a policy's conditions → ids, which is what the gateway compares (docs/service-notes.md#condition-values). */

import type { LiveObject } from '../live/live.ts';
import type { Condition, Match } from '../resources/types.ts';
import { isUuid } from './written-id.ts';

type Side = 'any' | 'except';

export interface KeyNames {
  /** Live keys of a name, without those that yield to another. */
  readonly named: (name: string) => readonly LiveObject[];
  readonly isLive: (id: string) => boolean;
  /** The match as it was recorded, with ids. */
  readonly recorded: Match | undefined;
}

export interface ResolvedMatch {
  readonly match: Match;
  /** Names of keys that were there when the policy was applied; their ids stay in the match. */
  readonly gone: readonly string[];
  /** Names that no live key has and that cannot be one of the recorded ids either. */
  readonly unknown: readonly string[];
  readonly ambiguous: readonly { readonly name: string; readonly ids: readonly string[] }[];
  /** Names of several live keys, one of which the match is recorded with: that one is meant still. */
  readonly namesakes: readonly { readonly name: string; readonly id: string; readonly others: readonly string[] }[];
}

export function hasKeyNames(match: Match | undefined): match is readonly Condition[] {
  return match !== undefined && match !== 'all' && match.some(({ key }) => key === 'api_key');
}

/**
 * Each name by itself: a key that is gone takes nothing from the others. Files say names and the record has ids, so that of a
 * name without a key only this is known: it may be one of the recorded ids without a key. Those stay, as a key that is gone
 * matches no call. More such names than such ids, and one of them was never there.
 */
export function resolveMatch(match: readonly Condition[], { named, isLive, recorded }: KeyNames): ResolvedMatch {
  const gone = new Set<string>();
  const unknown = new Set<string>();
  const ambiguous = new Map<string, readonly string[]>();
  const namesakes = new Map<string, { readonly id: string; readonly others: readonly string[] }>();
  const resolveSide = (names: readonly string[], side: Side): string[] => {
    const missing: string[] = [];
    const known = recordedKeys(recorded, side);
    const ids = names.flatMap((name) => {
      if (isUuid(name)) return [name.toLowerCase()];
      const found = named(name).map(({ id }) => id);
      if (found.length === 0) missing.push(name);
      if (found.length <= 1) return found;
      const [id, ...more] = found.filter((one) => known.includes(one));
      if (id === undefined || more.length > 0) {
        ambiguous.set(name, found);
        return [];
      }
      namesakes.set(name, { id, others: found.filter((other) => other !== id) });
      return [id];
    });
    if (missing.length === 0) return sortedSet(ids);
    const kept = known.filter((id) => !isLive(id) && !ids.includes(id));
    for (const name of missing) (missing.length > kept.length ? unknown : gone).add(name);
    return sortedSet([...ids, ...kept]);
  };
  const resolved = match.map((condition): Condition => {
    if (condition.key !== 'api_key') return condition;
    const { key, any, except } = condition;
    return { key, any: any === '*' ? '*' : resolveSide(any, 'any'), except: resolveSide(except, 'except') };
  });
  return {
    match: resolved,
    gone: [...gone],
    unknown: [...unknown],
    ambiguous: [...ambiguous].map(([name, ids]) => ({ name, ids })),
    namesakes: [...namesakes].map(([name, found]) => ({ name, ...found })),
  };
}

function recordedKeys(match: Match | undefined, side: Side): readonly string[] {
  if (match === undefined || match === 'all') return [];
  return match.flatMap((condition) => {
    const ids = condition.key === 'api_key' ? condition[side] : [];
    return ids === '*' ? [] : ids;
  });
}

function sortedSet(ids: readonly string[]): string[] {
  return [...new Set(ids)].sort();
}
