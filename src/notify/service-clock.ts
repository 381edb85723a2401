/** What time it is by the service's clock, which alone decides windows, claims and how long something is remembered. Pure. */

import type { Clock } from '../clock.ts';

/**
 * A machine may be days ahead: by its own clock it would tell everything in a window that has not begun. Between answers the time goes
 * on by this machine's steady clock, as sending takes longer than asking.
 *
 * @param serviceNow of the latest answer; null: the service did not say
 * @returns whole milliseconds since the epoch, as dates and exact numbers are made of it: the steady clock counts parts of one. This
 *   machine's clock while the service says nothing
 */
export function createServiceClock(clock: Clock, serviceNow: () => number | null): () => number {
  const steady = (): number => clock.monotonic?.() ?? clock.now();
  let heard: { readonly said: number; readonly at: number } | null = null;
  return () => {
    const said = serviceNow();
    if (said === null) return clock.now();
    if (heard?.said !== said) heard = { said, at: steady() };
    return said + Math.max(0, Math.floor(steady() - heard.at));
  };
}
