/** From when to when rows are known, and whether that is whole windows of a limit: a part of a month is not shown as a month. */

import { dayMilliseconds, dayOf, levelOf, startOfDay, windowStart } from '../consumption/windows.ts';
import type { SourceFacts } from '../logs/row-batch.ts';
import { isBudgetLimit, type Limit, timed } from '../resources/limit.ts';
import { secondsOfWindow } from '../resources/rate-windows.ts';

/** Milliseconds since the epoch; `to` is the first that is not in it. */
export interface Covered {
  readonly from: number;
  readonly to: number;
}

/** The days of the oldest and the newest row, and what is between; of these no more than was asked for. Null: there is no row. */
export function coveredBy({ oldest, newest, asked }: Pick<SourceFacts, 'oldest' | 'newest' | 'asked'>): Covered | null {
  if (oldest === null || newest === null) return null;
  const [first, end] = [startOfDay(oldest), startOfDay(newest) + dayMilliseconds];
  return { from: Math.max(asked.from ?? first, first), to: Math.min(asked.to ?? end, end) };
}

/** When rows begin within a window of the limit, so that what was used before is not known; null: with a window. */
export function cutOf(limit: Limit, starting: string | null, { from }: Covered): number | null {
  return beginOf(limit, starting, from) < from ? from : null;
}

/**
 * What to say where the first or the last window is not whole.
 *
 * @param starting ISO date from which N days are counted
 * @param windowOf the end of the window of an instant
 */
export function describeCuts(
  limit: Limit,
  starting: string | null,
  { from, to }: Covered,
  windowOf: (time: number) => number,
): readonly string[] {
  // In the order of time: the function goes forwards alone.
  const [firstEnd, lastEnd] = [windowOf(from), windowOf(to - 1)];
  if (firstEnd === Number.POSITIVE_INFINITY)
    return ['What was used before the oldest row is not known: a lower bound.'];
  const [begin, lastBegin] = [beginOf(limit, starting, from), beginOf(limit, starting, to - 1)];
  const isWhole = (begin < from ? firstEnd : from) < (lastEnd > to ? lastBegin : to);
  const whole = isWhole ? '' : ' No window is whole.';
  const cuts = [
    ...(begin < from
      ? [
          `Rows begin on ${sayInstant(from)}, within a window that began on ${sayInstant(begin)}: what was used before is not in it.`,
        ]
      : []),
    ...(lastEnd > to
      ? [
          `Rows end on ${sayInstant(to)}, within a window that goes on until ${sayInstant(lastEnd)}: what is used after is not in it.`,
        ]
      : []),
  ];
  return cuts.map((cut, index) => (index === cuts.length - 1 ? `${cut}${whole}` : cut));
}

function beginOf(limit: Limit, starting: string | null, at: number): number {
  if (!isBudgetLimit(limit)) {
    const length = secondsOfWindow[limit.window] * 1000;
    return Math.floor(at / length) * length;
  }
  const start = windowStart({ reset: timed(limit).reset, level: levelOf(limit.kind), now: at, starting });
  return typeof start === 'number' ? start : Number.NEGATIVE_INFINITY;
}

/** `2026-10-10`, where it is the begin of a day. */
function sayInstant(at: number): string {
  const text = new Date(at).toISOString();
  return at === startOfDay(at) ? dayOf(at) : `${text.slice(0, 10)} ${text.slice(11, 19)} UTC`;
}
