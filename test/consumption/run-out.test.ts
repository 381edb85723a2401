/** Every forecast against a simulation that walks from day to day and resets by the calendar. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findRunOut, type PaceFacts, type RunOut } from '../../src/consumption/run-out.ts';
import { dayMilliseconds, nextReset } from '../../src/consumption/windows.ts';
import { compare, exactOf, fraction, zero } from '../../src/exact.ts';
import type { Reset } from '../../src/resources/types.ts';

interface Case {
  readonly reset: Reset;
  readonly level: 'policy' | 'limits';
  readonly now: number;
  /** The next reset of `every N days`, days after the day of `now`. */
  readonly ahead: number;
  readonly used: number;
  readonly limit: number;
  /** A week's use, as analytics give it. */
  readonly week: number;
}

const limitDays = 3000;

/** In units of 1/7 of a thousandth per millisecond, so that every step is a whole number. */
function simulate({
  reset,
  level,
  now,
  ahead,
  used,
  limit,
  week,
}: Case): { day: number; resets: number } | 'now' | null {
  const scale = 7n * BigInt(dayMilliseconds);
  const ceilingUse = BigInt(limit) * scale;
  let use = BigInt(used) * scale;
  if (use >= ceilingUse) return 'now';
  const today = Math.floor(now / dayMilliseconds);
  let resets = 0;
  for (let day = today; day < today + limitDays; day += 1) {
    const from = day === today ? now : day * dayMilliseconds;
    use += BigInt(week) * BigInt((day + 1) * dayMilliseconds - from);
    const midnight = new Date((day + 1) * dayMilliseconds);
    const isReset =
      reset === 'monthly'
        ? midnight.getUTCDate() === 1
        : reset === 'weekly'
          ? midnight.getUTCDay() === (level === 'policy' ? 1 : 0)
          : reset === 'never'
            ? false
            : (day + 1 - today - ahead) % Number(reset.split(' ')[1]) === 0 && day + 1 - today >= ahead;
    // Reached during the day; what is reached at the very moment of the reset is not.
    if (use > ceilingUse || (use === ceilingUse && !isReset))
      return { day: use === ceilingUse ? day + 1 : day, resets };
    if (isReset) {
      use = 0n;
      resets += 1;
    }
  }
  return null;
}

const resets = fc.oneof(
  fc.constantFrom<Reset>('weekly', 'monthly', 'never'),
  fc.integer({ min: 1, max: 365 }).map((days): Reset => `every ${days} days`),
);

const cases: fc.Arbitrary<Case> = fc
  .record({
    reset: resets,
    level: fc.constantFrom('policy' as const, 'limits' as const),
    now: fc.oneof(
      fc.integer({ min: Date.UTC(2023, 0, 1), max: Date.UTC(2033, 0, 1) }),
      // Around the ends of months, leap days among them, and at midnight.
      fc
        .record({
          month: fc.integer({ min: 0, max: 120 }),
          day: fc.integer({ min: -2, max: 2 }),
          ms: fc.constantFrom(0, 1, 43_200_000),
        })
        .map(({ month, day, ms }) => Date.UTC(2023, month, 1 + day) + ms),
    ),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    used: fc.integer({ min: 0, max: 2000 }),
    limit: fc.integer({ min: 1, max: 2000 }),
    week: fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.constantFrom(7, 70, 350)),
  })
  .map(({ share, ...rest }) => {
    const days = /\d+/.exec(rest.reset)?.[0];
    return { ...rest, ahead: 1 + Math.floor(share * (Number(days ?? 1) - 1)) };
  });

function forecast({ reset, level, now, ahead, used, limit, week }: Case): RunOut {
  const today = Math.floor(now / dayMilliseconds) * dayMilliseconds;
  const said = new Date(today + ahead * dayMilliseconds).toISOString();
  const next = nextReset({ reset, level, now, nextReset: reset.startsWith('every') ? said : null });
  if (next === 'unknown') throw new Error('not reached');
  const facts: PaceFacts = {
    used: exactOf(used),
    limit: exactOf(limit),
    pacePerDay: fraction(BigInt(week), 7n),
    now,
    nextReset: next,
    reset,
    level,
  };
  return findRunOut(facts);
}

describe('run-out at a steady pace', () => {
  it('is what a day-by-day simulation finds', () => {
    const seen = { now: 0, 'this-window': 0, 'later-window': 0, never: 0 };
    fc.assert(
      fc.property(cases, (example) => {
        const found = forecast(example);
        seen[found.when] += 1;
        const simulated = simulate(example);
        if (simulated === 'now') {
          expect(found.when).toBe('now');
          return;
        }
        // Beyond what was simulated, for a budget that never resets.
        if (simulated === null) {
          if ('at' in found) expect(found.at).toBeGreaterThan(example.now + (limitDays - 1) * dayMilliseconds);
          else expect(found.when).toBe('never');
          return;
        }
        expect(found.when).toBe(simulated.resets === 0 ? 'this-window' : 'later-window');
        const { at } = found as { at: number };
        // The date is rounded up to a millisecond, so it may be midnight where the simulation is still in the day before.
        expect([Math.floor(at / dayMilliseconds), Math.floor((at - 1) / dayMilliseconds)]).toContain(simulated.day);
      }),
      { numRuns: 3000, seed: 20_261_120 },
    );
    // Each answer was met often enough to mean something.
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(100);
  });

  it('never comes where the reset is first by a millisecond, and does a millisecond before', () => {
    const now = Date.UTC(2028, 1, 28);
    // 2 days left in February 2028: $100 at $50 a day is reached exactly at the reset.
    const facts = {
      used: zero,
      limit: exactOf(10_000),
      now,
      nextReset: Date.UTC(2028, 2, 1),
      reset: 'monthly',
      level: 'policy',
    } as const;
    expect(findRunOut({ ...facts, pacePerDay: exactOf(5000) })).toEqual({
      when: 'later-window',
      at: Date.UTC(2028, 2, 3),
    });
    expect(findRunOut({ ...facts, pacePerDay: exactOf(5001) })).toMatchObject({ when: 'this-window' });
  });

  it('looks past a short month that lasts to a long one that does not', () => {
    const facts = {
      used: zero,
      limit: exactOf(2900),
      pacePerDay: exactOf(100),
      now: Date.UTC(2027, 0, 31),
      nextReset: Date.UTC(2027, 1, 1),
      reset: 'monthly',
      level: 'policy',
    } as const;
    expect(findRunOut(facts)).toEqual({ when: 'later-window', at: Date.UTC(2027, 2, 30) });
  });

  it('is not a date beyond the year 9999', () => {
    const facts = {
      used: zero,
      limit: exactOf(1e15),
      now: 0,
      nextReset: null,
      reset: 'never',
      level: 'policy',
    } as const;
    expect(findRunOut({ ...facts, pacePerDay: fraction(1n, 7n) })).toEqual({ when: 'never' });
    expect(compare(facts.used, facts.limit)).toBeLessThan(0);
  });
});
