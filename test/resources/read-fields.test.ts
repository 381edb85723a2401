/** Wire → canonical fields: equal meaning, equal value. */

import { describe, expect, it } from 'vitest';
import type { LiveScope, WireRow } from '../../src/resources/kind.ts';
import { specOf } from '../../src/resources/registry.ts';
import type { Fields, Kind } from '../../src/resources/types.ts';
import { teamA, uuid } from '../helpers/state.ts';
import { organisationId } from '../helpers/world.ts';

const scope: LiveScope = { workspaceId: teamA, workspaceSlug: 'ws-team-a', organisationId };

const read = (kind: Kind, row: WireRow, hints: readonly Fields[] = []): Fields =>
  specOf(kind).readFields(row, scope, hints);

const usage: WireRow = {
  name: 'spend',
  description: null,
  conditions: [{ key: 'api_key', value: '*' }],
  group_by: [{ key: 'workspace_id' }],
  type: 'cost',
  credit_limit: 500,
  alert_threshold: null,
  periodic_reset: 'monthly',
  periodic_reset_days: null,
};
const rate: WireRow = { name: 'burst', conditions: [], group_by: [], type: 'requests', unit: 'rpm', value: 100 };

describe('usage-policy', () => {
  it('has every field', () => {
    expect(read('usage-policy', usage)).toEqual({
      name: 'spend',
      description: null,
      unit: 'cost',
      amount: 50_000,
      alert: null,
      reset: 'monthly',
      match: 'all',
      per: ['workspace_id'],
    });
  });

  it.each<readonly [string, WireRow, Readonly<Record<string, unknown>>]>([
    ['500.0 is 500', { credit_limit: JSON.parse('500.0') as number }, { amount: 50_000 }],
    ['binary fractions come out whole', { credit_limit: 4.35 }, { amount: 435 }],
    ['a large one too', { credit_limit: 99_999.99 }, { amount: 9_999_999 }],
    ['a fraction of a cent stays one', { credit_limit: 10.005 }, { amount: 10.005 * 100 }],
    ['mistakes-J1: zero is not a limit', { credit_limit: 0 }, { amount: null }],
    ['null is none', { credit_limit: null }, { amount: null }],
    ['tokens are counted', { type: 'tokens', credit_limit: 500 }, { unit: 'tokens', amount: 500 }],
    ['a missing type is cost', { type: undefined }, { unit: 'cost', amount: 50_000 }],
    ['an unknown type is kept', { type: 'images' }, { unit: 'images' }],
    ['an alert in dollars', { alert_threshold: 400 }, { alert: 40_000 }],
    ['an alert of zero is none', { alert_threshold: 0 }, { alert: null }],
    ['no alert member', { alert_threshold: undefined }, { alert: null }],
    ['reset null', { periodic_reset: null }, { reset: 'never' }],
    ['reset ""', { periodic_reset: '' }, { reset: 'never' }],
    ['no days', { periodic_reset: null, periodic_reset_days: undefined }, { reset: 'never' }],
    ['days', { periodic_reset: null, periodic_reset_days: 14 }, { reset: 'every 14 days' }],
    ['an unknown reset is kept', { periodic_reset: 'daily' }, { reset: 'daily' }],
    ['no name', { name: null }, { name: null }],
    ['an empty name is a name', { name: '' }, { name: '' }],
    ['an empty description is none', { description: '' }, { description: null }],
    ['group_by as a set', { group_by: [{ key: 'b' }, { key: 'a' }, { key: 'b' }] }, { per: ['a', 'b'] }],
    ['group_by empty', { group_by: [] }, { per: ['workspace_id'] }],
    ['group_by null', { group_by: null }, { per: ['workspace_id'] }],
    ['group_by missing', { group_by: undefined }, { per: ['workspace_id'] }],
  ])('%s', (_, row, fields) => {
    expect(read('usage-policy', { ...usage, ...row })).toMatchObject(fields);
  });

  it('does not know a reset that neither member shows, nor a description that is not there', () => {
    const { periodic_reset: _reset, periodic_reset_days: _days, description: _description, ...bare } = usage;
    const fields = read('usage-policy', bare);
    expect('reset' in fields).toBe(false);
    expect('description' in fields).toBe(false);
    // Lists of backends from 1.15 to 1.17 show the days alone, and null there does not say that there is no other reset.
    expect('reset' in read('usage-policy', { ...bare, periodic_reset_days: null })).toBe(false);
    expect(read('usage-policy', { ...bare, periodic_reset_days: 9 })).toMatchObject({ reset: 'every 9 days' });
  });

  it('reads the api members that files or record name, and no others', () => {
    const row = { ...usage, some_member: 0, other: '', third: null };
    const hints: Fields[] = [{ 'api.some_member': 5 }, { 'api.third': 1, 'api.absent': 1 }];
    const fields = read('usage-policy', row, hints);
    expect(Object.keys(fields).filter((field) => field.startsWith('api.'))).toEqual(['api.some_member', 'api.third']);
    expect(fields).toMatchObject({ 'api.some_member': 0, 'api.third': null });
  });
});

describe('match', () => {
  const match = (...conditions: readonly unknown[]) => read('usage-policy', { ...usage, conditions }).match;
  const team = (any: unknown, except: readonly string[] = []) => [{ key: 'metadata.team', any, except }];

  it.each<readonly [string, readonly unknown[]]>([
    ['api_key *', [{ key: 'api_key', value: '*' }]],
    ['no condition', []],
    ['own workspace by id', [{ key: 'workspace_id', value: teamA }]],
    ['own workspace by slug', [{ key: 'workspace_id', value: 'ws-team-a' }]],
    ['own workspace in a list', [{ key: 'workspace_id', value: [teamA] }]],
    ['own organisation', [{ key: 'organisation_id', value: organisationId }]],
    [
      'both',
      [
        { key: 'organisation_id', value: organisationId },
        { key: 'workspace_id', value: teamA },
      ],
    ],
    ['no value', [{ key: 'api_key' }]],
    ['an empty value', [{ key: 'api_key', value: '' }]],
    ['null', [{ key: 'api_key', value: null, excludes: null }]],
    ['empty excludes', [{ key: 'api_key', value: '*', excludes: [] }]],
  ])('all: %s', (_, conditions) => {
    expect(match(...conditions)).toBe('all');
  });

  it.each<readonly [string, readonly unknown[], unknown]>([
    ['a value and a list of one', [{ key: 'metadata.team', value: 'nlp' }], team(['nlp'])],
    ['a list of one', [{ key: 'metadata.team', value: ['nlp'] }], team(['nlp'])],
    ['a set', [{ key: 'metadata.team', value: ['b', 'a', 'b'] }], team(['a', 'b'])],
    ['any value', [{ key: 'metadata.team', value: '*' }], team('*')],
    ['a literal asterisk', [{ key: 'metadata.team', value: ['*'] }], team(['*'])],
    ['one exclude', [{ key: 'metadata.team', value: '*', excludes: 'x' }], team('*', ['x'])],
    ['a list of excludes', [{ key: 'metadata.team', value: '*', excludes: ['y', 'x'] }], team('*', ['x', 'y'])],
    [
      'own workspace beside others',
      [
        { key: 'workspace_id', value: teamA },
        { key: 'metadata.team', value: 'nlp' },
      ],
      team(['nlp']),
    ],
    [
      'another workspace',
      [{ key: 'workspace_id', value: uuid(99) }],
      [{ key: 'workspace_id', any: [uuid(99)], except: [] }],
    ],
    [
      'own workspace with an exclude',
      [{ key: 'workspace_id', value: teamA, excludes: 'x' }],
      [{ key: 'workspace_id', any: [teamA], except: ['x'] }],
    ],
    [
      'every key but one',
      [{ key: 'api_key', value: '*', excludes: ['x'] }],
      [{ key: 'api_key', any: '*', except: ['x'] }],
    ],
    ['a key called asterisk', [{ key: 'api_key', value: ['*'] }], [{ key: 'api_key', any: ['*'], except: [] }]],
  ])('%s', (_, conditions, canonical) => {
    expect(match(...conditions)).toEqual(canonical);
  });

  it('does not depend on the order of conditions', () => {
    const [one, two] = [
      { key: 'provider', value: 'a' },
      { key: 'metadata.team', value: 'b' },
    ];
    expect(match(one, two)).toEqual(match(two, one));
  });
});

describe('rate-policy', () => {
  it.each<readonly [string, WireRow, Readonly<Record<string, unknown>>]>([
    ['a minute', {}, { unit: 'requests', window: 'minute', value: 100, target: 'llm', match: 'all' }],
    ['a week', { unit: 'rpw' }, { window: 'week' }],
    ['an unknown unit is kept', { unit: 'rpx' }, { window: 'rpx' }],
    ['mistakes-J1: zero is not a limit', { value: 0 }, { value: null }],
    ['no value', { value: undefined }, { value: null }],
    [
      'tools',
      { target: 'mcp_tools', conditions: [{ key: 'mcp_server', value: '*' }] },
      { target: 'mcp_tools', match: 'all' },
    ],
    [
      'keys are not everything of tools',
      { target: 'mcp_tools', conditions: [{ key: 'api_key', value: '*' }] },
      { match: [{ key: 'api_key', any: '*', except: [] }] },
    ],
  ])('%s', (_, row, fields) => {
    expect(read('rate-policy', { ...rate, ...row })).toMatchObject(fields);
  });
});

describe('limits of keys, providers and shares', () => {
  const money = {
    type: 'cost',
    credit_limit: 80,
    alert_threshold: 64,
    periodic_reset: 'monthly',
    current_usage: 9,
    status: 'active',
  };
  const budget = { unit: 'cost', amount: 8000, reset: 'monthly' };

  it('reads the budget of each from where it is', () => {
    const limits = { budget, alert: 6400, 'rate[requests/minute]': 5 };
    const rates = [{ type: 'requests', unit: 'rpm', value: 5 }];
    expect(read('key-limits', { usage_limits: money, rate_limits: rates })).toEqual({
      ...limits,
      recipients: [],
      expires: null,
    });
    expect(read('provider-limits', { usage_limits: money, rate_limits: rates })).toEqual({ ...limits, expires: null });
    expect(read('integration-limits', { usage_limits: [money], rate_limits: rates })).toEqual(limits);
  });

  it.each<readonly [string, WireRow, Readonly<Record<string, unknown>>]>([
    ['null', { usage_limits: null }, { budget: null, alert: null }],
    ['absent', {}, { budget: null, alert: null }],
    ['flags alone', { usage_limits: { is_expired_alerts_sent: true } }, { budget: null, alert: null }],
    ['flags and an alert', { usage_limits: { alert_threshold: 5 } }, { budget: null, alert: null }],
    ['a budget of zero', { usage_limits: { credit_limit: 0 } }, { budget: null }],
    [
      'floats',
      { usage_limits: { credit_limit: JSON.parse('10.0') as number } },
      { budget: { unit: 'cost', amount: 1000, reset: 'never' } },
    ],
    ['emails null', { alert_emails: null }, { recipients: [] }],
    ['emails []', { alert_emails: [] }, { recipients: [] }],
    ['emails as a set', { alert_emails: ['B@x.io', 'a@x.io', 'b@X.io'] }, { recipients: ['a@x.io', 'b@x.io'] }],
    ['expiry in another zone', { expires_at: '2027-01-31T01:00:00+01:00' }, { expires: '2027-01-31T00:00:00.000Z' }],
    ['expiry ""', { expires_at: '' }, { expires: null }],
    ['expiry that is not a date', { expires_at: 'soon' }, { expires: 'soon' }],
    ['description ""', { description: '' }, { description: null }],
  ])('key: %s', (_, row, fields) => {
    expect(read('key-limits', row)).toMatchObject(fields);
  });

  it.each<readonly [string, unknown, readonly string[]]>([
    ['null', null, []],
    ['[]', [], []],
    [
      'every unit',
      ['rps', 'rpm', 'rph', 'rpd', 'rpw'].map((unit) => ({ type: 'tokens', unit, value: 1 })),
      ['second', 'minute', 'hour', 'day', 'week'].map((window) => `rate[tokens/${window}]`),
    ],
    ['an unknown unit', [{ type: 'requests', unit: 'rpx', value: 1 }], ['rate[requests/rpx#unknown]']],
    ['an unknown type', [{ type: 'images', unit: 'rpm', value: 1 }], ['rate[images/rpm#unknown]']],
    ['no value', [{ type: 'requests', unit: 'rpm', value: null }], []],
    ['zero', [{ type: 'requests', unit: 'rpm', value: 0 }], []],
  ])('rates: %s', (_, rate_limits, names) => {
    expect(Object.keys(read('key-limits', { rate_limits })).filter((field) => field.startsWith('rate'))).toEqual(names);
  });

  it('mistakes-J3: takes the smallest of two rates with one type and unit, which binds', () => {
    const rates = [
      { type: 'requests', unit: 'rpm', value: 1 },
      { type: 'requests', unit: 'rpm', value: 2 },
    ];
    expect(read('key-limits', { rate_limits: rates })['rate[requests/minute]']).toBe(1);
  });
});

describe('workspace-limits', () => {
  const of = (credit_limit: number, row: WireRow = {}) => ({
    type: 'cost',
    credit_limit,
    periodic_reset: 'monthly',
    ...row,
  });
  const slot = 'budget[cost/monthly]';
  const amount = (fields: Fields, field: string) => (fields[field] as { amount: number } | undefined)?.amount;

  it('names budgets by unit and reset', () => {
    const fields = read('workspace-limits', {
      usage_limits: [
        of(1),
        of(2, { periodic_reset: 'weekly', alert_threshold: 1 }),
        of(300, { type: 'tokens', periodic_reset: null, periodic_reset_days: 9 }),
      ],
    });
    expect(Object.keys(fields)).toEqual([
      'budget[cost/monthly]',
      'alert[cost/monthly]',
      'budget[cost/weekly]',
      'alert[cost/weekly]',
      'budget[tokens/every 9 days]',
      'alert[tokens/every 9 days]',
    ]);
    expect(fields['alert[cost/weekly]']).toBe(100);
  });

  it.each(['', null, undefined])('takes a reset of %j for never', (periodic_reset) => {
    expect(read('workspace-limits', { usage_limits: [of(1, { periodic_reset })] })).toHaveProperty([
      'budget[cost/never]',
    ]);
  });

  it.each([null, [], [{ is_exhausted_alerts_sent: true }]])('has no budget in %j', (usage_limits) => {
    expect(read('workspace-limits', { usage_limits, rate_limits: null })).toEqual({});
  });

  it('tells look-alikes apart by the amount that files or record know', () => {
    const row = { usage_limits: [of(1), of(2), of(3)] };
    const hint = (value: number): Fields => ({ [slot]: { unit: 'cost', amount: value, reset: 'monthly' } });
    const first = read('workspace-limits', row);
    expect([
      amount(first, slot),
      amount(first, 'budget[cost/monthly#2]'),
      amount(first, 'budget[cost/monthly#3]'),
    ]).toEqual([100, 200, 300]);
    expect(amount(read('workspace-limits', row, [hint(200)]), slot)).toBe(200);
    expect(amount(read('workspace-limits', row, [hint(999), hint(300)]), slot)).toBe(300);
    expect(amount(read('workspace-limits', row, [hint(999)]), slot)).toBe(100);
  });
});
