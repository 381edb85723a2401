import type { Fields } from '../resources/types.ts';
import type { LiveObject } from './types.ts';

/** A key or provider whose time is over: no call gets through it, and the service may refuse every write to it. */
export function hasExpired({ row }: LiveObject, now: Date): boolean {
  const { status, expires_at: expires } = row;
  return status === 'expired' || (typeof expires === 'string' && Date.parse(expires) <= now.getTime());
}

/** Whether a change ends what still works: the date that it sets is over. */
export function expiresAtOnce(object: LiveObject, { expires }: Fields, moved: readonly string[], now: Date): boolean {
  if (!moved.includes('expires') || typeof expires !== 'string' || hasExpired(object, now)) return false;
  return Date.parse(expires) <= now.getTime();
}

/** Of objects that share a name: what has expired yields to what took its place, and stands for itself where nothing did. */
export function yieldExpired(objects: readonly LiveObject[], now: Date): readonly LiveObject[] {
  if (objects.length < 2) return objects;
  const rest = objects.filter((object) => !hasExpired(object, now));
  return rest.length === 0 ? objects : rest;
}
