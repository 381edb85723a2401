/** How long a claim is believed: by what it says of itself, and by the service's own time. Pure. */

import type { Claim } from './applied-record.ts';

/** How long a claim holds if its run vanishes without a trace. Nobody writes a longer one, so no longer one is believed. */
export const leaseMilliseconds = 60 * 60 * 1000;

/** Servers of one service may differ by so much. A start that lies further ahead was read from no service. */
const tolerated = 5 * 60 * 1000;

export type Lease = Pick<Claim, 'startedAt' | 'renewedAt' | 'leaseUntil'>;

/** Milliseconds since the epoch; NaN where the claim's dates are none. */
export function leaseEndOf({ startedAt, renewedAt, leaseUntil }: Lease): number {
  return Math.min(Date.parse(leaseUntil), Date.parse(renewedAt ?? startedAt) + leaseMilliseconds);
}

/**
 * A claim is a file that somebody may have written by hand: what cannot be a lease of ours must not keep everybody out for good.
 *
 * @param now by the clock that the claim's dates were read from: the service's
 */
export function isLeaseOver(lease: Lease, now: number): boolean {
  const isBelievable = Date.parse(lease.renewedAt ?? lease.startedAt) <= now + tolerated;
  return !isBelievable || !(now < leaseEndOf(lease));
}
