import { describe, expect, test } from 'vitest';
import { isAbove, risesOf, risesTo, type Spendable } from '../../src/approvals/amounts.ts';
import { exactOf } from '../../src/exact.ts';
import type { Fields, Kind } from '../../src/resources/types.ts';

const policy = (dollars: number, more: Partial<Fields> = {}): Fields => ({
  unit: 'cost',
  amount: dollars * 100,
  reset: 'monthly',
  match: 'all',
  per: ['workspace_id'],
  target: 'llm',
  ...more,
});
const key = (dollars: number, reset: 'monthly' | 'weekly' | 'never' = 'monthly'): Fields => ({
  budget: { unit: 'cost', amount: dollars * 100, reset },
});
const tokens = (amount: number): Fields => policy(0, { unit: 'tokens', amount });
const each = (dollars: number): Fields => policy(dollars, { per: ['api_key'] });
const some = [{ key: 'metadata.team', any: ['red'], except: [] }];

/** Dollars per 30 days, rounded down. */
function rise(kind: Kind, before: Fields | null, after: Fields | null): number | string | null {
  return inDollars(risesTo(kind, before, after));
}

function inDollars(to: Spendable | null): number | string | null {
  return to === null || to === 'unbounded' ? to : Number(to.n / to.d) / 100;
}

describe('what rises', () => {
  test.each<[string, Kind, Fields | null, Fields | null, number | string | null]>([
    ['an amount', 'usage-policy', policy(900), policy(1100), 1100],
    ['a lower amount does not', 'usage-policy', policy(1100), policy(900), null],
    ['the same does not', 'usage-policy', policy(900), policy(900), null],
    ['what is new counts in whole', 'usage-policy', null, policy(500), 500],
    ['what goes is unbounded', 'usage-policy', policy(500), null, 'unbounded'],
    ['nothing on either side does not', 'usage-policy', null, null, null],
    ['a shorter reset', 'key-limits', key(900), key(900, 'weekly'), 3857.14],
    ['a shorter reset of less in all does not', 'key-limits', key(900), key(200, 'weekly'), null],
    ['what may be spent once, spent each month', 'key-limits', key(900, 'never'), key(900), 900],
    ['what may be spent each month, spent once, does not', 'key-limits', key(900), key(900, 'never'), null],
    ['one for all becomes one for each', 'usage-policy', policy(500), each(500), 'unbounded'],
    ['one for each, raised', 'usage-policy', each(5), each(6), 'unbounded'],
    ['one for each, lowered, does not', 'usage-policy', each(6), each(5), null],
    ['one for each becomes one for all', 'usage-policy', each(5), policy(5000), 5000],
    ['it counts other calls', 'usage-policy', policy(500), policy(500, { match: some }), 500],
    ['tokens', 'usage-policy', tokens(1000), tokens(2000), 'unbounded'],
    ['fewer tokens do not', 'usage-policy', tokens(2000), tokens(1000), null],
    ['tokens become dollars', 'usage-policy', tokens(1000), policy(5000), 5000],
    ['dollars become tokens', 'usage-policy', policy(500), tokens(1000), 'unbounded'],
    ['zero, which is not enforced', 'key-limits', key(500), key(0), 'unbounded'],
    ['none', 'key-limits', key(500), { budget: null }, 'unbounded'],
    ['a rate has no amount', 'rate-policy', { unit: 'requests', value: 1 }, { unit: 'requests', value: 9 }, null],
    [
      'a lower multiplier',
      'integration-prices',
      { 'multiplier[default]': '0.9' },
      { 'multiplier[default]': '0.01' },
      'unbounded',
    ],
    [
      'a higher multiplier does not',
      'integration-prices',
      { 'multiplier[default]': '0.9' },
      { 'multiplier[default]': '1' },
      null,
    ],
    [
      'the same prices do not',
      'integration-prices',
      { 'multiplier[default]': '0.9' },
      { 'multiplier[default]': '0.9' },
      null,
    ],
    [
      "the catalogue's prices again, which nobody knows",
      'integration-prices',
      { 'price[gpt-4o]': { input: '9' } } as never,
      null,
      'unbounded',
    ],
    ['words do not', 'usage-policy', policy(500), policy(500, { description: 'for search' }), null],
  ])('%s', (_name, kind, before, after, expected) => {
    expect(rise(kind, before, after)).toBe(expected);
  });

  test('to the cent: what is not above is not asked about, and what nobody can count is', () => {
    const above = exactOf(100_000);
    const to = (cents: number) => risesTo('usage-policy', policy(1), policy(cents / 100)) ?? exactOf(0);
    expect([isAbove(to(100_000), above), isAbove(to(100_001), above), isAbove('unbounded', above)]).toEqual([
      false,
      true,
      true,
    ]);
  });
});

describe('with a date', () => {
  const dated = (now: number, other: number | null, date = '2026-12-15') => ({
    now: policy(now),
    until: { date, other: other === null ? null : policy(other) },
  });
  const plain = (now: number) => ({ now: policy(now), until: null });
  test.each<[string, ReturnType<typeof dated | typeof plain>, ReturnType<typeof dated | typeof plain>, unknown]>([
    ['what holds after it counts as what holds now', plain(500), dated(500, 5000), 5000],
    ['no limit after it is unbounded', plain(500), dated(500, null), 'unbounded'],
    ['a raise until then', plain(500), dated(800, 500), 800],
    ['a later date of the same', dated(800, 500), dated(800, 500, '2030-01-01'), 800],
    ['the same date and limits do not', dated(800, 500), dated(800, 500), null],
    ['a raise that stays', dated(800, 500), plain(800), 800],
    ['only lower ones do not', plain(500), dated(400, 300), null],
  ])('%s', (_, before, after, to) => {
    expect(inDollars(risesOf('usage-policy', before, after))).toEqual(to);
  });
});
