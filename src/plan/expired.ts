import type { LiveObject } from '../live/live.ts';
import { hasExpired } from '../live/row-state.ts';
import type { Fields } from '../resources/types.ts';

/** Whether a change ends what still works: the date that it sets is over. */
export function expiresAtOnce(object: LiveObject, { expires }: Fields, moved: readonly string[], now: Date): boolean {
  if (!moved.includes('expires') || typeof expires !== 'string' || hasExpired(object, now.getTime())) return false;
  return Date.parse(expires) <= now.getTime();
}

/** Of objects that share a name: what has expired yields to what took its place, and stands for itself where nothing did. */
export function yieldExpired(objects: readonly LiveObject[], now: Date): readonly LiveObject[] {
  if (objects.length < 2) return objects;
  const rest = objects.filter((object) => !hasExpired(object, now.getTime()));
  return rest.length === 0 ? objects : rest;
}
