/** Keys and providers that stop working soon. Pure. */

import type { ExpiringThing } from './read-limits.ts';
import { dayMilliseconds } from './windows.ts';

export interface ExpiringSoon extends Omit<ExpiringThing, 'expiresAt'> {
  /** Milliseconds since the epoch, later than now. */
  readonly at: number;
}

/** From now on; what ends later is not said. */
export const expiryDays = 14;

/** Both in milliseconds since the epoch. */
export function isExpiring(at: number, now: number): boolean {
  return at > now && at <= now + expiryDays * dayMilliseconds;
}

/** The next first. */
export function listExpiring(expiries: readonly ExpiringThing[], now: number): ExpiringSoon[] {
  return expiries
    .map(({ expiresAt, ...rest }) => ({ ...rest, at: Date.parse(expiresAt) }))
    .filter(({ at }) => isExpiring(at, now))
    .sort((a, b) => a.at - b.at || (a.name + a.id < b.name + b.id ? -1 : 1));
}
