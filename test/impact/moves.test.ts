/** Which budgets a change moves, and what becomes of their counters: of values alone. */

import { describe, expect, it } from 'vitest';
import { fieldsAfter, movesOf, wireBudgetOf } from '../../src/impact/moves.ts';
import { LiveIndex } from '../../src/live/live-index.ts';
import { uuid } from '../helpers/state.ts';
import {
  type Given,
  keyObject,
  liveOf,
  now,
  planOf,
  policyObject,
  providerObject,
  recordAfter,
  recorded,
  spend,
  workspaceObject,
} from '../plan/kit.ts';

const [a, k1] = [uuid(41), uuid(11)];
const money = (credit_limit: number, more: object = {}) => ({
  type: 'cost',
  credit_limit,
  periodic_reset: 'monthly',
  ...more,
});

function moves(given: Given) {
  return movesOf(
    planOf({ record: recorded(), ...given }).changes,
    new LiveIndex(liveOf(given.live ?? [])),
    now.getTime(),
  );
}
const told = (given: Given) =>
  moves(given).map(({ limit, before, after, counter, isRescoped }) => [
    limit.unit,
    before?.amount ?? null,
    after?.amount ?? null,
    counter,
    isRescoped,
  ]);

describe('a policy', () => {
  const live = [policyObject(a)];
  const record = recordAfter({ body: spend(), live });
  const from = (body: string) => told({ body, live, record });

  it.each<readonly [string, string, readonly unknown[]]>([
    ['another amount', spend().replace('$500', '$750'), [['cost', 50_000, 75_000, 'kept', false]]],
    ['another period', spend().replace('monthly', 'weekly'), [['cost', 50_000, 50_000, 'kept', false]]],
    ['other traffic', spend('match: {metadata.a: x}'), [['cost', 50_000, 50_000, 'kept', true]]],
    ['other counters', spend().replace('workspace_id', 'api_key'), [['cost', 50_000, 50_000, 'starts-at-zero', true]]],
    ['gone', '', [['cost', 50_000, null, 'gone', false]]],
    ['a name alone', spend('name: other'), []],
    ['an alert alone', spend('alert: 80%'), []],
    [
      'tokens for dollars: one goes, one comes',
      spend().replace('$500', '2M tokens'),
      [
        ['cost', 50_000, null, 'starts-at-zero', false],
        ['tokens', null, 2_000_000, 'new', false],
      ],
    ],
  ])('moves with %s', (_, body, expected) => {
    expect(from(body)).toEqual(expected);
  });

  it.each([
    ['the same traffic, starts', '', 'starts-at-zero'],
    ['other traffic, does not start', 'match: {metadata.a: x}', 'gone'],
  ])('that goes while another is made over %s its counters at zero', (_, match, counter) => {
    const other = spend(match).replace('  spend:', '  other:').replace('$500', '$900');
    expect(from(other).find(([, , after]) => after === null)).toEqual(['cost', 50_000, null, counter, false]);
  });

  it('moves where its window is told to start another day', () => {
    const body = (day: string) =>
      spend().replace('reset: monthly', `reset: {every: 10 days, starting: "2026-12-${day}"}`);
    const days = [policyObject(a, { periodic_reset: null, periodic_reset_days: 10 })];
    const given = { body: body('05'), live: days, record: recordAfter({ body: body('01'), live: days }) };
    expect(told(given)).toEqual([['cost', 50_000, 50_000, 'kept', false]]);
  });

  it('that is made has no window yet, and what comes of tokens has none of dollars', () => {
    expect(moves({ body: spend() })).toMatchObject([{ counter: 'new', window: null, object: null }]);
    const [gone, come] = moves({ body: spend().replace('$500', '2M tokens'), live, record });
    expect([gone?.window !== null, gone?.object !== null, come?.window, come?.object]).toEqual([
      true,
      true,
      null,
      null,
    ]);
  });
});

describe('an attachment point', () => {
  const key = (limits: object | null) => [keyObject('app', k1, { usage_limits: limits })];
  const app = (lines: string) => `keys:\n  app:\n    ${lines}\n`;

  it.each<readonly [string, string, object | null, readonly unknown[]]>([
    ['a budget that comes', app('budget: $20\n    reset: monthly'), null, [['cost', null, 2000, 'new', false]]],
    ['a budget that moves', app('budget: $20\n    reset: monthly'), money(10), [['cost', 1000, 2000, 'kept', false]]],
    ['a budget that goes', app('budget: none'), money(10), [['cost', 1000, null, 'gone', false]]],
    ['a rate', app('rate: 5 requests/minute'), money(10), []],
  ])('moves with %s', (_, body, limits, expected) => {
    expect(told({ body, live: key(limits) })).toEqual(expected);
  });

  it('goes on counting for itself: tokens for dollars is another counter of the same key', () => {
    const [, come] = moves({ body: app('budget: 2M tokens\n    reset: monthly'), live: key(money(10)) });
    expect([come?.counter, come?.object?.id, come?.limit.per]).toEqual(['new', k1, ['api_key']]);
  });

  it('of a provider counts for the provider', () => {
    const body = 'providers:\n  openai-a:\n    budget: $20\n    reset: monthly\n';
    expect(moves({ body, live: [providerObject('openai-a', 'p')] })).toMatchObject([
      { limit: { kind: 'provider-limits', per: ['virtual_key'] } },
    ]);
  });
});

describe('the budgets of a workspace', () => {
  const limits = (...lines: readonly string[]) =>
    `limits:\n  budgets:\n${lines.map((line) => `    - {${line}}\n`).join('')}`;
  const live = [
    workspaceObject({
      usage_limits: [
        money(100),
        { ...money(50), periodic_reset: 'weekly', next_usage_reset_at: '2026-11-29T00:00:00.000Z' },
      ],
    }),
  ];
  const record = recordAfter({ body: limits('budget: $100, reset: monthly', 'budget: $50, reset: weekly'), live });

  it('are one where the period changes, and its counter goes on', () => {
    expect(
      told({ body: limits('budget: $100, reset: monthly', 'budget: $50, reset: every 10 days'), live, record }),
    ).toEqual([['cost', 5000, 5000, 'kept', false]]);
  });

  it('are two where dollars go and tokens come', () => {
    expect(
      told({ body: limits('budget: $100, reset: monthly', 'budget: 2M tokens, reset: weekly'), live, record }),
    ).toEqual([
      ['cost', 5000, null, 'gone', false],
      ['tokens', null, 2_000_000, 'new', false],
    ]);
  });

  it('each have their own window', () => {
    const body = limits('budget: $100, reset: monthly', 'budget: $60, reset: weekly');
    expect(moves({ body, live, record })).toMatchObject([
      { window: { reset: 'weekly', nextReset: '2026-11-29T00:00:00.000Z' } },
    ]);
    const [object] = live;
    if (object === undefined) throw new Error('no object');
    expect(wireBudgetOf(object, { unit: 'cost', amount: 1, reset: 'weekly' })).toMatchObject({ credit_limit: 50 });
    expect(wireBudgetOf(object, { unit: 'tokens', amount: 1, reset: 'weekly' })).toBeUndefined();
  });
});

it('`budgets: none` leaves none of the budgets that were there', () => {
  const change = { after: { budgets: null, 'rate[requests/minute]': 5 } } as never;
  const before = { 'budget[cost/monthly]': 1, 'rate[requests/minute]': 9 } as never;
  expect(fieldsAfter(before, change)).toEqual({ budgets: null, 'rate[requests/minute]': 5 });
  expect(fieldsAfter(before, { after: null } as never)).toBeNull();
  expect(fieldsAfter(before, { after: { 'rate[requests/minute]': 5 } } as never)).toHaveProperty(
    'budget[cost/monthly]',
  );
});
