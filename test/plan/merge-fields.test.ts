/** The table of absent, none and value, field by field. */

import { describe, expect, it } from 'vitest';
import { mergeFields, overtakenAlert } from '../../src/plan/merge-fields.ts';
import { registry, specOf } from '../../src/resources/registry.ts';
import type { Budget, Fields, Kind } from '../../src/resources/types.ts';

const b = (amount: number, reset = 'monthly') => ({ unit: 'cost', amount, reset }) as Budget;

interface Case {
  readonly name: string;
  readonly kind: Kind;
  readonly declared: Fields;
  readonly recorded: Fields;
  readonly live: Fields;
  readonly before: Fields;
  readonly after: Fields;
  readonly released?: readonly string[];
}

const cases: readonly Case[] = [
  {
    name: 'value, not recorded',
    kind: 'key-limits',
    declared: { budget: b(1) },
    recorded: {},
    live: { budget: b(2) },
    before: { budget: b(2) },
    after: { budget: b(1) },
  },
  {
    name: 'value, nothing live',
    kind: 'key-limits',
    declared: { budget: b(1) },
    recorded: {},
    live: {},
    before: { budget: null },
    after: { budget: b(1) },
  },
  {
    name: 'none, not recorded',
    kind: 'key-limits',
    declared: { budget: null },
    recorded: {},
    live: { budget: b(2), alert: null },
    before: { budget: b(2) },
    after: { budget: null },
  },
  {
    name: 'absent, recorded: cleared',
    kind: 'key-limits',
    declared: {},
    recorded: { budget: b(1) },
    live: { budget: b(1) },
    before: { budget: b(1) },
    after: { budget: null },
  },
  {
    name: 'absent, recorded as none: nothing left to take away',
    kind: 'key-limits',
    declared: {},
    recorded: { budget: null },
    live: { budget: b(1) },
    before: {},
    after: {},
  },
  {
    name: 'absent, not recorded: not ours',
    kind: 'key-limits',
    declared: {},
    recorded: {},
    live: { budget: b(1), 'rate[tokens/day]': 5 },
    before: {},
    after: {},
  },
  {
    name: 'absent recipients are cleared to the empty list',
    kind: 'key-limits',
    declared: {},
    recorded: { recipients: ['a'] },
    live: { recipients: ['a'] },
    before: { recipients: ['a'] },
    after: { recipients: [] },
  },
  {
    name: 'no recipients, recorded so: nothing to clear',
    kind: 'key-limits',
    declared: {},
    recorded: { recipients: [] },
    live: { recipients: ['b'] },
    before: {},
    after: {},
  },
  {
    name: 'expiry is released',
    kind: 'key-limits',
    declared: {},
    recorded: { expires: 'x' },
    live: { expires: 'x' },
    before: {},
    after: {},
    released: ['expires'],
  },
  {
    name: 'api members are released',
    kind: 'key-limits',
    declared: {},
    recorded: { 'api.x': 1 },
    live: { 'api.x': 1 },
    before: {},
    after: {},
    released: ['api.x'],
  },
  {
    name: 'the description of a policy is cleared',
    kind: 'usage-policy',
    declared: {},
    recorded: { description: 'a' },
    live: { description: 'a' },
    before: { description: 'a' },
    after: { description: null },
  },
  {
    name: 'the alert of a policy is cleared',
    kind: 'usage-policy',
    declared: { amount: 5 },
    recorded: { amount: 5, alert: 4 },
    live: { amount: 5, alert: 4 },
    before: { amount: 5, alert: 4 },
    after: { amount: 5, alert: null },
  },
  {
    name: 'the name of a policy is released',
    kind: 'usage-policy',
    declared: {},
    recorded: { name: 'a' },
    live: { name: 'a' },
    before: {},
    after: {},
    released: ['name'],
  },
  {
    name: 'an alert goes with its budget and is not said twice',
    kind: 'key-limits',
    declared: {},
    recorded: { budget: b(5), alert: 4 },
    live: { budget: b(5), alert: 4 },
    before: { budget: b(5) },
    after: { budget: null },
  },
  {
    name: 'an alert goes with the one budget it belongs to',
    kind: 'workspace-limits',
    declared: { 'budget[cost/weekly]': b(2, 'weekly') },
    recorded: {
      'budget[cost/monthly]': b(5),
      'alert[cost/monthly]': 4,
      'budget[cost/weekly]': b(2, 'weekly'),
      'alert[cost/weekly]': 1,
    },
    live: {
      'budget[cost/monthly]': b(5),
      'alert[cost/monthly]': 4,
      'budget[cost/weekly]': b(2, 'weekly'),
      'alert[cost/weekly]': 1,
    },
    before: { 'budget[cost/weekly]': b(2, 'weekly'), 'alert[cost/weekly]': 1, 'budget[cost/monthly]': b(5) },
    after: { 'budget[cost/weekly]': b(2, 'weekly'), 'alert[cost/weekly]': null, 'budget[cost/monthly]': null },
  },
  {
    name: 'no rate at all sweeps every live one',
    kind: 'key-limits',
    declared: { rates: null },
    recorded: {},
    live: { 'rate[tokens/day]': 5, 'rate[requests/hour]': 1 },
    before: { 'rate[tokens/day]': 5, 'rate[requests/hour]': 1 },
    after: { 'rate[tokens/day]': null, 'rate[requests/hour]': null },
  },
  {
    name: 'no budget at all sweeps look-alikes too',
    kind: 'workspace-limits',
    declared: { budgets: null },
    recorded: {},
    live: { 'budget[cost/monthly]': b(1), 'alert[cost/monthly]': null, 'budget[cost/monthly#2]': b(2) },
    before: { 'budget[cost/monthly]': b(1), 'budget[cost/monthly#2]': b(2) },
    after: { 'budget[cost/monthly]': null, 'budget[cost/monthly#2]': null },
  },
  {
    name: 'none of all, recorded and no longer declared, is over',
    kind: 'key-limits',
    declared: {},
    recorded: { rates: null },
    live: { 'rate[tokens/day]': 5 },
    before: {},
    after: {},
  },
  {
    name: 'a rate beside others leaves them alone',
    kind: 'key-limits',
    declared: { 'rate[requests/minute]': 9 },
    recorded: {},
    live: { 'rate[tokens/day]': 5 },
    before: { 'rate[requests/minute]': null },
    after: { 'rate[requests/minute]': 9 },
  },
  {
    name: 'where one fits, a declared rate displaces the other',
    kind: 'provider-limits',
    declared: { 'rate[requests/minute]': 9 },
    recorded: {},
    live: { 'rate[tokens/day]': 5 },
    before: { 'rate[requests/minute]': null, 'rate[tokens/day]': 5 },
    after: { 'rate[requests/minute]': 9, 'rate[tokens/day]': null },
  },
  {
    name: 'zero is not none',
    kind: 'key-limits',
    declared: { 'rate[requests/minute]': 0 },
    recorded: {},
    live: {},
    before: { 'rate[requests/minute]': null },
    after: { 'rate[requests/minute]': 0 },
  },
  {
    name: 'what the service does not show moves when Git moved',
    kind: 'usage-policy',
    declared: { description: 'b' },
    recorded: { description: 'a' },
    live: {},
    before: { description: 'a' },
    after: { description: 'b' },
  },
  {
    name: 'where one fits, the declared rate is not displaced by itself',
    kind: 'provider-limits',
    declared: { 'rate[requests/minute]': 9 },
    recorded: {},
    live: { 'rate[requests/minute]': 5 },
    before: { 'rate[requests/minute]': 5 },
    after: { 'rate[requests/minute]': 9 },
  },
  {
    name: 'what the service does not show, and nobody has written, needs no clearing',
    kind: 'usage-policy',
    declared: { description: null },
    recorded: {},
    live: {},
    before: {},
    after: {},
  },
  {
    name: 'what the service does not show stands as recorded',
    kind: 'usage-policy',
    declared: { description: 'a' },
    recorded: { description: 'a' },
    live: {},
    before: {},
    after: {},
  },
];

describe('absent, none and value', () => {
  it.each(cases)('$name', ({ kind, declared, recorded, live, before, after, released = [] }) => {
    expect(mergeFields(specOf(kind), declared, recorded, live)).toEqual({ before, after, released });
  });

  it('does not change its inputs', () => {
    const live: Fields = Object.freeze({ budget: b(1) });
    mergeFields(
      registry['key-limits'],
      Object.freeze({ budget: b(2) }),
      Object.freeze({ budget: b(1), alert: 5 }),
      live,
    );
    expect(live).toEqual({ budget: b(1) });
  });
});

describe('an undeclared live alert that the new amount would overtake', () => {
  const policy = { unit: 'cost', reset: 'monthly' } as const;
  it.each<readonly [string, Fields, Fields, number | null]>([
    ['policy: above', { ...policy, amount: 300 }, { amount: 500, alert: 400 }, 400],
    ['policy: equal', { ...policy, amount: 400 }, { amount: 500, alert: 400 }, 400],
    ['policy: below', { ...policy, amount: 401 }, { amount: 500, alert: 400 }, null],
    ['policy: declared', { ...policy, amount: 300, alert: 200 }, { amount: 500, alert: 400 }, null],
    ['policy: cleared by the files', { ...policy, amount: 300, alert: null }, { amount: 500, alert: 400 }, null],
    ['key', { budget: b(300) }, { budget: b(500), alert: 400 }, 400],
    [
      'key: another unit',
      { budget: { unit: 'tokens', amount: 300, reset: 'never' } },
      { budget: b(500), alert: 400 },
      null,
    ],
    ['key: cleared', { budget: null }, { budget: b(500), alert: 400 }, null],
    [
      'workspace',
      { 'budget[cost/monthly]': b(300) },
      { 'budget[cost/monthly]': b(500), 'alert[cost/monthly]': 400 },
      400,
    ],
    [
      'workspace: of another budget',
      { 'budget[cost/monthly]': b(300) },
      { 'budget[cost/monthly]': b(500), 'alert[cost/weekly]': 400 },
      null,
    ],
  ])('%s', (_, after, live, alert) => {
    expect(overtakenAlert(after, live)?.alert ?? null).toBe(alert);
  });
});
