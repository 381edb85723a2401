/** Looking things up in live state, for rules. */

import type { Live, LiveObject, LiveWorkspace } from '../plan/types.ts';
import type { WireKey } from '../resources/wire.ts';
import type { LiveFacts } from './types.ts';

/** By workspace and kind, made once a plan: rules ask for every entry. */
const objectsByPlace = new WeakMap<Live, Map<string, LiveObject[]>>();

export function objectsIn(
  { live }: LiveFacts,
  kind: LiveObject['kind'],
  workspace: LiveWorkspace,
): readonly LiveObject[] {
  let places = objectsByPlace.get(live);
  if (places === undefined) {
    places = new Map();
    for (const object of live.objects) {
      const place = `${object.workspaceId}/${object.kind}`;
      const others = places.get(place);
      if (others === undefined) places.set(place, [object]);
      else others.push(object);
    }
    objectsByPlace.set(live, places);
  }
  return places.get(`${workspace.id}/${kind}`) ?? [];
}

export function isRead({ live }: LiveFacts, kind: LiveObject['kind'], workspace: LiveWorkspace): boolean {
  return live.read.has(`${workspace.id}/${kind}`);
}

/** Whether one of these lists was asked for, and is not known whole: nothing follows from what is not in it. */
export function isUnseen(
  { live }: Pick<LiveFacts, 'live'>,
  kinds: readonly LiveObject['kind'][],
  { id }: LiveWorkspace,
): boolean {
  return kinds.some((kind) => live.unseen?.has(`${id}/${kind}`) === true);
}

const workspacesByRef = new WeakMap<Live, ReadonlyMap<string, LiveWorkspace>>();

/** The live workspace of a reference in the files: a slug or an id. */
export function workspaceOf({ live }: Pick<LiveFacts, 'live'>, ref: string): LiveWorkspace | undefined {
  const known = workspacesByRef.get(live);
  const places = live.workspaces.flatMap((place) => [[place.slug, place] as const, [place.id, place] as const]);
  const byRef = known ?? new Map(places);
  if (known === undefined) workspacesByRef.set(live, byRef);
  return byRef.get(ref) ?? byRef.get(ref.toLowerCase());
}

export function keyOf(object: LiveObject): WireKey {
  return object.row as unknown as WireKey;
}

export function isEnded(object: LiveObject, now: number): boolean {
  const { status, expires_at: end } = keyOf(object);
  return status === 'expired' || (typeof end === 'string' && Date.parse(end) <= now);
}

/** `key "a"`, `3 keys ("a", "b" …)` */
export function listKeys(objects: readonly LiveObject[]): string {
  const names = objects.map(({ name, id }) => `"${name ?? id}"`).sort();
  if (names.length === 1) return `key ${names[0]}`;
  return `${names.length} keys (${names.slice(0, 5).join(', ')}${names.length > 5 ? ' …' : ''})`;
}
