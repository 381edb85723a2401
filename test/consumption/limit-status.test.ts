import { describe, expect, it } from 'vitest';
import type { Counter } from '../../src/consumption/counters.ts';
import {
  isOver,
  judgeLimit,
  type LiveLimit,
  limitCountedSince,
  settleDoubts,
  sortStatus,
} from '../../src/consumption/limit-status.ts';
import { exactOf } from '../../src/exact.ts';

const now = Date.UTC(2026, 10, 20, 12);
const day = 86_400_000;

const counter = (used: number, verdict: Counter['verdict'] = null, valueKey: string | null = null): Counter => ({
  valueKey,
  used: exactOf(used),
  verdict,
});

/** $100 a month of a key, made long ago; `used` in cents. */
function facts(used: number | readonly Counter[] | null, more: Partial<LiveLimit> = {}): LiveLimit {
  const counters = typeof used === 'number' ? [counter(used)] : used;
  return {
    kind: 'key-limits',
    workspace: 'ws-team-a',
    id: 'id',
    name: 'app',
    unit: 'cost',
    amount: 10_000,
    alert: null,
    reset: 'monthly',
    nextReset: null,
    lastReset: '2026-11-01T00:00:00.000Z',
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
    verdict: null,
    field: 'budget',
    per: ['api_key'],
    match: 'all',
    target: 'llm',
    usage:
      counters === null ? { known: false, why: 'refused' } : { known: true, counters, source: 'reported', asOf: now },
    ...more,
  };
}

describe('state', () => {
  it.each<[name: string, facts: LiveLimit, state: string, percent: number | null]>([
    ['nothing used', facts(0), 'ok', 0],
    ['no counter yet', facts([]), 'ok', 0],
    ['a cent below', facts(9_999), 'ok', 99],
    ['at the limit', facts(10_000), 'exhausted', 100],
    ['above', facts(15_000), 'exhausted', 150],
    ['at the alert', facts(8_000, { alert: 8_000 }), 'alert', 80],
    ['below the alert', facts(7_999.9, { alert: 8_000 }), 'ok', 80],
    ['one of two counters is full', facts([counter(1), counter(10_000)]), 'exhausted', 100],
    ['the service says so, below the limit', facts([counter(9_000, 'exhausted')]), 'exhausted', 90],
    ['unknown', facts(null), 'unknown', null],
    ['unknown, and the service says it is used up', facts(null, { verdict: 'exhausted' }), 'exhausted', null],
  ])('%s', (_name, given, state, percent) => {
    expect(judgeLimit(given, null, now)).toMatchObject({ state, percent });
  });

  it('unknown use is never zero, and has no forecast', () => {
    expect(judgeLimit(facts(null), exactOf(5), now)).toMatchObject({
      used: null,
      total: null,
      percent: null,
      runOut: null,
      noForecast: 'its use is unknown',
    });
  });

  it('the fullest counter decides, the sum is over all', () => {
    const judged = judgeLimit(
      facts([counter(100, null, 'a'), counter(300, null, 'b'), counter(200, null, 'c')]),
      null,
      now,
    );
    expect(judged).toMatchObject({ counters: 3, exhausted: 0, percent: 3 });
    expect([judged.worst?.valueKey, judged.used, judged.total]).toEqual(['b', exactOf(300), exactOf(600)]);
  });
});

describe('the forecast', () => {
  it.each<[name: string, facts: LiveLimit, pace: number | null, runOut: object | null, basis: string | null]>([
    // 11.5 days to the reset: $50 left at $5 a day is 10 days.
    ['in this window', facts(5_000), 500, { when: 'this-window', at: now + 10 * day }, 'last-7-days'],
    ['not before the reset', facts(5_000), 100, { when: 'never' }, 'last-7-days'],
    ['nothing is spent', facts(5_000), 0, { when: 'never' }, 'last-7-days'],
    // 19.5 days since the 1st: $97.50 is $5 a day, and $2.50 last half a day.
    ['by the average of its window', facts(9_750), null, { when: 'this-window', at: now + day / 2 }, 'window'],
    ['already', facts(10_000), 1, { when: 'now' }, 'last-7-days'],
  ])('%s', (_name, given, pace, runOut, basis) => {
    const judged = judgeLimit(given, pace === null ? null : exactOf(pace), now);
    expect(judged.runOut).toEqual(runOut);
    expect(judged.pace?.basis ?? null).toBe(basis);
    expect(judged.noForecast).toBeNull();
  });

  it.each<[name: string, facts: LiveLimit, why: RegExp]>([
    ['a window of hours', facts(5_000, { lastReset: '2026-11-20T00:00:00.000Z' }), /less than a day ago/],
    ['a key of this morning', facts(5_000, { createdAt: '2026-11-20T08:00:00.000Z' }), /less than a day ago/],
    ['no reset shown', facts(5_000, { reset: null }), /does not show its reset/],
    ['nothing to count from', facts(5_000, { reset: 'never', lastReset: null, createdAt: null }), /since when/],
  ])('is refused: %s', (_name, given, why) => {
    expect(judgeLimit(given, null, now)).toMatchObject({ runOut: null, noForecast: expect.stringMatching(why) });
  });

  it('an unknown next reset makes no forecast either', () => {
    const given = facts(5_000, { reset: 'every 10 days', lastReset: null });
    expect(judgeLimit(given, exactOf(100), now)).toMatchObject({
      nextReset: 'unknown',
      noForecast: expect.any(String),
    });
  });

  it('weeks of policies end on Monday, those of keys on Sunday', () => {
    const weekly = { reset: 'weekly' as const, lastReset: null };
    expect(judgeLimit(facts(0, { ...weekly, kind: 'usage-policy' }), null, now).nextReset).toBe(Date.UTC(2026, 10, 23));
    expect(judgeLimit(facts(0, weekly), null, now).nextReset).toBe(Date.UTC(2026, 10, 22));
  });
});

describe('since when it counts', () => {
  it.each<[name: string, more: Partial<LiveLimit>, since: number | null]>([
    ['its last reset', {}, Date.UTC(2026, 10, 1)],
    ['the start of the month, without one', { lastReset: null }, Date.UTC(2026, 10, 1)],
    [
      'its creation, in its first window',
      { lastReset: null, createdAt: '2026-11-10T00:00:00Z' },
      Date.UTC(2026, 10, 10),
    ],
    ['its creation, if it never resets', { reset: 'never', lastReset: null }, Date.UTC(2026, 0, 1)],
    ['a reset by hand', { reset: 'never', lastReset: '2026-11-05T00:00:00Z' }, Date.UTC(2026, 10, 5)],
    ['nobody knows', { reset: 'never', lastReset: null, createdAt: null }, null],
  ])('%s', (_name, more, since) => {
    expect(limitCountedSince(facts(0, more), now)).toBe(since);
  });
});

describe('trust-C1: which numbers are believed', () => {
  const settle = (all: readonly LiveLimit[], unit: 'cents' | 'dollars' = 'cents', isOld = false) => {
    const { limits, mistake } = settleDoubts(all, unit, isOld);
    return { known: limits.map(({ usage }) => usage.known), mistake };
  };
  const active = (used: number): LiveLimit => facts([counter(used, 'active')]);
  const exhausted = (used: number): LiveLimit => facts([counter(used, 'exhausted')]);

  it('a counter that contradicts its verdict is unknown, and it alone', () => {
    // Lowered below its use; raised and not yet woken.
    for (const stale of [active(10_000), active(500_000), exhausted(9_999), exhausted(1_000)]) {
      expect(settle([active(5_000), stale, facts(3)])).toEqual({ known: [true, false, true], mistake: undefined });
      expect(settle([stale])).toEqual({ known: [false], mistake: undefined });
    }
  });

  it('what the service calls exhausted stays so, whatever its number', () => {
    const [settled] = settleDoubts([exhausted(9_000)], 'cents', false).limits;
    expect(settled && judgeLimit(settled, null, now)).toMatchObject({ state: 'exhausted', used: null });
  });

  it('the unit is another where most of those that can tell say so', () => {
    const dollars = exhausted(100);
    expect(settle([dollars, facts(5), active(50)])).toEqual({ known: [false, false, false], mistake: dollars });
    // $50 of $100 called active: in dollars it would be long used up.
    expect(settle([dollars, active(5_000)])).toEqual({ known: [false, true], mistake: undefined });
    expect(settle([dollars, exhausted(101), active(5_000)]).mistake).toBe(dollars);
    expect(settle([dollars, active(5_000), active(6_000)]).mistake).toBeUndefined();
  });

  it('the same the other way round: cents for dollars', () => {
    // As read: $5,000 of $100.
    const cents = active(500_000);
    expect(settle([cents, facts(1)], 'dollars')).toEqual({ known: [false, false], mistake: cents });
    expect(settle([active(10_100)], 'dollars')).toEqual({ known: [false], mistake: undefined });
    expect(settle([cents, exhausted(10_100)], 'dollars').mistake).toBeUndefined();
  });

  it('tokens and estimates tell nothing about the unit, and do not follow it', () => {
    const tokens = facts([counter(100, 'exhausted')], { unit: 'tokens' });
    expect(settle([tokens]).mistake).toBeUndefined();
    const usage = { known: true, counters: [counter(100, 'exhausted')], source: 'estimated', asOf: now } as const;
    expect(settle([facts(0, { usage })]).mistake).toBeUndefined();
    expect(settle([exhausted(100), facts([counter(5)], { unit: 'tokens' })]).known).toEqual([false, true]);
  });

  it('before 1.20 a counter may stay exhausted after a raise', () => {
    expect(settle([exhausted(100)], 'cents', true)).toEqual({ known: [true], mistake: undefined });
    expect(settle([active(10_000)], 'cents', true).known).toEqual([false]);
  });

  it('one doubtful counter of many: the others are counted, and the limit is not called harmless', () => {
    const policy = facts([counter(4_000, 'active', 'a'), counter(9_000, 'exhausted', 'b')]);
    const [settled] = settleDoubts([{ ...policy, kind: 'usage-policy' }, active(5_000)], 'cents', false).limits;
    expect(settled && judgeLimit(settled, null, now)).toMatchObject({
      state: 'exhausted',
      percent: 40,
      counters: 2,
      exhausted: 1,
      total: null,
    });
    const lowered = facts([counter(4_000, 'active', 'a'), counter(11_000, 'active', 'b')]);
    const [unknown] = settleDoubts([lowered], 'cents', false).limits;
    expect(unknown && judgeLimit(unknown, null, now)).toMatchObject({ state: 'unknown', percent: 40, runOut: null });
  });
});

it('sorts what is exhausted first, what is unknown last, and keeps a fixed order among equals', () => {
  const named = (name: string, used: number | null): LiveLimit => facts(used, { name });
  const all = [named('b', 500), named('x', null), named('a', 500), named('full', 10_000), named('c', 9_000)];
  const names = (list: readonly LiveLimit[]): string[] =>
    sortStatus(list.map((each) => judgeLimit(each, null, now))).map((limit) => limit.facts.name);
  expect(names(all)).toEqual(['full', 'c', 'a', 'b', 'x']);
  expect(names([...all].reverse())).toEqual(names(all));
});

it('--over takes its percent in, what is used up always, and what is unknown never', () => {
  const over = (given: LiveLimit): boolean => isOver(judgeLimit(given, null, now), 80);
  expect([facts(8_000), facts(7_949), facts(null)].map(over)).toEqual([true, false, false]);
  expect(over(facts([counter(10, 'exhausted')]))).toBe(true);
});
