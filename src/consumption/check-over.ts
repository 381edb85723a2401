/** Whether anything is over a percent of its limit, for programs that ask for one answer. Pure. */

import { isOver, type LimitStatus } from './limit-status.ts';

export interface OverCheck {
  /** Whole percent, as it is shown: to the nearest, and 100 only once the limit is reached. */
  readonly percent: number;
  /** Limits at it or above, and those that are used up. */
  readonly over: number;
  /** Limits of which it is not known whether they are: of some counter the use is unknown, or it is not believed. */
  readonly unknown: number;
  /** Lists and rows that were not read: how many limits they hold is unknown. */
  readonly unread: number;
  /** What is over for sure comes before what may be; what may be is never under. */
  readonly verdict: 'over' | 'unknown' | 'under';
}

/**
 * @param percent undefined: what is used up
 * @param doubted limits whose counter stands at nothing although calls were made
 */
export function checkOver(
  limits: readonly LimitStatus[],
  percent: number | undefined,
  { unread, doubted }: { readonly unread: number; readonly doubted: number },
): OverCheck {
  const least = percent ?? 100;
  const over = limits.filter((limit) => isOver(limit, least)).length;
  const unknown = limits.filter((limit) => limit.state === 'unknown' && !isOver(limit, least)).length + doubted;
  const verdict = over > 0 ? 'over' : unknown + unread > 0 ? 'unknown' : 'under';
  return { percent: least, over, unknown, unread, verdict };
}
