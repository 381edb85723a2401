/** When budgets run out before and after a change: of counters and a pace that are values. */

import { describe, expect, it } from 'vitest';
import { dayMilliseconds } from '../../src/consumption/windows.ts';
import { exactOf, fraction } from '../../src/exact.ts';
import { type ForecastInput, forecastOf } from '../../src/impact/forecast.ts';
import type { BudgetMove } from '../../src/impact/moves.ts';
import { limitIn } from './limits.ts';

const now = Date.UTC(2026, 10, 20);
const monthEnd = Date.UTC(2026, 11, 1);
const budget = (amount: number) => limitIn({ unit: 'cost', amount, reset: 'monthly' });
const counter = (valueKey: string | null, used: number) => ({ valueKey, used: exactOf(used), verdict: null });
const perDay = (all: Readonly<Record<string, number>>) =>
  new Map(Object.entries(all).map(([key, used]) => [key, exactOf(used)]));
const inDays = (days: number) => new Date(now + days * dayMilliseconds).toISOString();

function forecast(
  move: Partial<BudgetMove>,
  counters: readonly ReturnType<typeof counter>[],
  pace: number | Readonly<Record<string, number>>,
  more: Partial<ForecastInput> = {},
) {
  const value = {
    since: 's',
    asOf: 'a',
    single: typeof pace === 'number' ? fraction(BigInt(pace), 1n) : null,
    byValueKey: typeof pace === 'number' ? new Map() : perDay(pace),
  };
  const whole = {
    limit: { kind: 'usage-policy' },
    counter: 'kept',
    before: budget(100),
    after: budget(100),
    ...move,
  } as BudgetMove;
  return forecastOf({
    move: whole,
    counters: { value: counters },
    pace: { value },
    nextBefore: monthEnd,
    nextAfter: monthEnd,
    now,
    nameOf: ({ valueKey }) => valueKey,
    ...more,
  });
}

describe('one counter', () => {
  it('runs out where use and pace reach the limit', () => {
    expect(forecast({ after: budget(50) }, [counter(null, 40)], 10)).toMatchObject({
      status: 'known',
      before: { when: 'this-window', at: inDays(6), who: null, counters: 1 },
      after: { when: 'this-window', at: inDays(1) },
    });
  });

  it('that has run out is told now', () => {
    expect(forecast({ after: budget(40) }, [counter(null, 40)], 1)).toMatchObject({
      after: { when: 'now', at: null, counters: 1 },
    });
  });

  it.each<readonly [string, Partial<BudgetMove>, object]>([
    ['of a policy that starts again', { counter: 'starts-at-zero' }, { when: 'this-window', at: inDays(10) }],
    ['of a new policy', { counter: 'new', before: null }, { when: 'this-window', at: inDays(10) }],
    [
      'of a key, which goes on',
      { counter: 'new', limit: limitIn({ unit: 'cost', amount: 1, reset: 'never' }, { kind: 'key-limits' }) },
      { when: 'this-window', at: inDays(6) },
    ],
  ])('%s', (_, move, after) => {
    expect(forecast(move, [counter(null, 40)], 10)).toMatchObject({ after });
  });

  it('of which nothing was counted yet is empty', () => {
    expect(forecast({}, [], 20)).toMatchObject({ before: { when: 'this-window', at: inDays(5) } });
  });
});

describe('several counters', () => {
  const pace = { a: 10, b: 10, c: 30 };

  it('name the one that runs out first, of equals the first', () => {
    expect(forecast({}, [counter('a', 40), counter('b', 40)], { a: 10, b: 10 })).toMatchObject({
      before: { who: 'a', counters: 2 },
    });
    expect(forecast({}, [counter('a', 10), counter('b', 40)], { a: 10, b: 10 })).toMatchObject({
      before: { who: 'b' },
    });
    expect(forecast({}, [counter('a', 100), counter('b', 200)], { a: 10, b: 10 })).toMatchObject({
      before: { who: 'a', when: 'now' },
    });
    // Who has run out comes before whoever will.
    expect(forecast({}, [counter('a', 40), counter('b', 100)], { a: 10, b: 10 })).toMatchObject({
      before: { who: 'b', when: 'now' },
    });
  });

  it('include those that hold nothing yet', () => {
    expect(forecast({}, [counter('a', 0), counter('b', 0)], pace)).toMatchObject({
      before: { who: 'c', at: inDays(100 / 30) },
    });
  });

  it('count those that run out in the running window, and have run out', () => {
    const counters = [counter('a', 100), counter('b', 60), counter('c', 0)];
    expect(forecast({}, counters, { a: 1, b: 10, c: 1 })).toMatchObject({ before: { counters: 2 } });
  });

  it('of which none was used run out never', () => {
    expect(forecast({}, [], {})).toMatchObject({ before: { when: 'never', who: null, counters: 0 } });
  });
});

describe('what is not known', () => {
  it.each<readonly [string, Partial<ForecastInput>, string]>([
    ['the pace', { pace: { unknown: 'no pace' } }, 'no pace'],
    ['the counters', { counters: { unknown: 'no counters' } }, 'no counters'],
    ['the end of the window', { nextAfter: 'unknown' }, 'the service does not show when the window ends'],
  ])('is never a forecast: %s', (_, more, reason) => {
    expect(forecast({}, [], 1, more)).toEqual({ status: 'unknown', reason });
  });

  it('of counters that start again is no matter', () => {
    const move = { before: null, counter: 'new' as const };
    expect(forecast(move, [], 10, { counters: { unknown: 'no counters' } })).toMatchObject({ status: 'known' });
  });
});
