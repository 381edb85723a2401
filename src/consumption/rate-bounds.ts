/**
 * What points of analytics tell of a rate: between which numbers the peak of its window lies, and how many calls it would have refused.
 * Points longer than its window do not show single windows, so that all that follows from them is a bound. Pure.
 */

import { formatWhole } from '../resources/amounts.ts';
import type { RateLimit } from '../resources/limit.ts';
import { secondsOfWindow } from '../resources/rate-windows.ts';
import { dayMilliseconds } from './windows.ts';

/** What was counted from `at` until the next point. */
export interface DemandPoint {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** At most so much counted: all calls, those that came from a cache too. */
  readonly atMost: number;
  /** At least so much counted. */
  readonly atLeast: number;
}

export interface Demand {
  /** In the order of time. */
  readonly points: readonly DemandPoint[];
  /** Milliseconds since the epoch, the end within. */
  readonly from: number;
  readonly to: number;
}

/** Null: points cannot tell. */
export interface Between {
  readonly atLeast: number;
  readonly atMost: number | null;
}

/** `12`, `at most 12`, `at least 4`, `4 to 12`, with what is counted; null: nothing bounds it. */
export function describeBetween({ atLeast, atMost }: Between, format: (count: number) => string): string | null {
  if (atMost === null) return atLeast === 0 ? null : `at least ${format(atLeast)}`;
  if (atLeast === atMost) return format(atMost);
  return atLeast === 0 ? `at most ${format(atMost)}` : `${formatWhole(atLeast)} to ${format(atMost)}`;
}

type Windowed = Pick<RateLimit, 'window'>;

const judgedDays = 7;

/** Seven days and what makes their first window and first day whole: part of a window would seem to hold less than it did. */
export function judgedSince({ window }: Windowed, now: number): number {
  const length = Math.max(dayMilliseconds, lengthOf({ window }));
  return Math.floor((now - judgedDays * dayMilliseconds) / length) * length;
}

function lengthOf({ window }: Windowed): number {
  return secondsOfWindow[window] * 1000;
}

/** A stretch of time that no window crosses the ends of, unless it is the only one. */
interface Stretch {
  readonly atLeast: number;
  readonly atMost: number;
  /** How many windows share it. */
  readonly windows: number;
}

/** How far one point is from the next, empty ones left out; null: there are less than two, or they are not all as long. */
export function stepOf(points: readonly { readonly at: number }[]): number | null {
  const gaps = points.slice(1).map(({ at }, index) => at - (points[index]?.at ?? at));
  const step = gaps.reduce((least, gap) => Math.min(least, gap), Number.POSITIVE_INFINITY);
  return gaps.length > 0 && step > 0 && gaps.every((gap) => gap % step === 0) ? step : null;
}

/**
 * | points | stretches |
 * |---|---|
 * | each within one window | the windows |
 * | each of whole windows | the points |
 * | across the ends of windows, of several lengths, or a single one | all of the time, as one |
 *
 * Points that were left out make the step seem longer than it is, and so the stretches: what follows is weaker, and holds.
 */
function stretchesOf({ points, from, to }: Demand, window: Windowed): readonly Stretch[] {
  const length = lengthOf(window);
  const step = stepOf(points);
  const startAt = (unit: number) => points.every(({ at }) => at % unit === 0);
  if (step !== null && length % step === 0 && startAt(step)) {
    const byWindow = new Map<number, Stretch>();
    for (const { at, atLeast, atMost } of points) {
      const start = Math.floor(at / length);
      const sum = byWindow.get(start) ?? { atLeast: 0, atMost: 0, windows: 1 };
      byWindow.set(start, { ...sum, atLeast: sum.atLeast + atLeast, atMost: sum.atMost + atMost });
    }
    return [...byWindow.values()];
  }
  if (step !== null && step % length === 0 && startAt(length))
    return points.map(({ atLeast, atMost }) => ({ atLeast, atMost, windows: step / length }));
  const sum = (read: (point: DemandPoint) => number) => points.reduce((all, point) => all + read(point), 0);
  const start = Math.min(from, points[0]?.at ?? from);
  const windows = Math.floor(to / length) - Math.floor(start / length) + 1;
  return [{ atLeast: sum(({ atLeast }) => atLeast), atMost: sum(({ atMost }) => atMost), windows }];
}

/** The most that was counted in one window: of so many in a stretch, one has its share. */
export function peakBetween(demand: Demand, window: Windowed): { readonly atLeast: number; readonly atMost: number } {
  const stretches = stretchesOf(demand, window);
  const highest = (read: (stretch: Stretch) => number) =>
    stretches.reduce((most, stretch) => Math.max(most, read(stretch)), 0);
  return {
    atLeast: highest(({ atLeast, windows }) => Math.ceil(atLeast / windows)),
    atMost: highest(({ atMost }) => atMost),
  };
}

/**
 * How many calls a rate of requests would have refused by itself: of a stretch no window lets in more than the rate, and all of its
 * calls may have come in one.
 */
export function refusedBetween(
  demand: Demand,
  { window, amount }: Pick<RateLimit, 'window' | 'amount'>,
): { readonly atLeast: number; readonly atMost: number } {
  const stretches = stretchesOf(demand, { window });
  // A part of a call is let in by none.
  const whole = Math.ceil(amount);
  const sum = (read: (stretch: Stretch) => number) =>
    stretches.reduce((all, stretch) => all + Math.max(0, read(stretch)), 0);
  return {
    atLeast: sum(({ atLeast, windows }) => atLeast - windows * whole),
    atMost: sum(({ atMost }) => atMost - Math.floor(amount)),
  };
}
