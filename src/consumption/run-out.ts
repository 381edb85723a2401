/**
 * When a budget runs out at a steady pace. The counter is charged evenly, zeroed at each reset, and has run out as soon as it
 * reaches the limit (docs/service-notes.md#enforcement).
 */

import { add, ceiling, compare, divide, type Exact, fraction, multiply, subtract } from '../exact.ts';
import type { Reset } from '../resources/types.ts';
import { dayMilliseconds, type Level, type Moment, resetAfter } from './windows.ts';

export type RunOut =
  /** The counter is at or above the limit already; it is let in again at the reset. */
  | { readonly when: 'now' }
  /** In the running window. */
  | { readonly when: 'this-window'; readonly at: number }
  /** The running window ends first; a later, whole one runs out. */
  | { readonly when: 'later-window'; readonly at: number }
  /** No window is long enough at this pace. */
  | { readonly when: 'never' };

export interface PaceFacts {
  /** In the limit's unit. */
  readonly used: Exact;
  readonly limit: Exact;
  /** Per day, in the limit's unit; zero or more. */
  readonly pacePerDay: Exact;
  readonly now: number;
  /** The next reset; null: never. */
  readonly nextReset: Exclude<Moment, 'unknown'>;
  readonly reset: Reset;
  readonly level: Level;
}

/** Months differ in length, so one window that holds does not speak for the next; after a year they repeat. */
const windowsLookedAt = 13;

/** The end of the year 9999: what lies beyond is not a forecast. */
const latest = 253_402_300_799_999n;

/**
 * use + pace × time ≥ limit, in the running window first: at the moment of a reset the counter is zero, so what would be
 * reached only then is never reached. Dates are in milliseconds, rounded up to the next whole one.
 */
export function findRunOut(facts: PaceFacts): RunOut {
  const { used, limit, pacePerDay, now, nextReset, reset, level } = facts;
  if (compare(used, limit) >= 0) return { when: 'now' };
  if (pacePerDay.n <= 0n) return { when: 'never' };
  const first = reachedAt(now, subtract(limit, used), pacePerDay);
  if (nextReset === null || compare(first, fraction(BigInt(nextReset), 1n)) < 0) {
    return first.n / first.d > latest ? { when: 'never' } : { when: 'this-window', at: Number(ceiling(first)) };
  }
  let start = nextReset;
  for (let index = 0; index < windowsLookedAt; index += 1) {
    const end = resetAfter(reset, level, start);
    const at = reachedAt(start, limit, pacePerDay);
    if (end === null) break;
    if (compare(at, fraction(BigInt(end), 1n)) < 0) {
      return { when: 'later-window', at: Number(ceiling(at)) };
    }
    start = end;
  }
  return { when: 'never' };
}

function reachedAt(from: number, left: Exact, pacePerDay: Exact): Exact {
  const days = divide(left, pacePerDay);
  return add(fraction(BigInt(from), 1n), multiply(days, fraction(BigInt(dayMilliseconds), 1n)));
}
