/** Canonical fields → request bodies: what is sent, and what is left out. */

import { describe, expect, it } from 'vitest';
import { pickFields } from '../../src/resources/fields.ts';
import type { WireRow } from '../../src/resources/kind.ts';
import { registry } from '../../src/resources/registry.ts';
import type { AttachmentKind, Budget, Fields, Match } from '../../src/resources/types.ts';
import { expectAfterClearing } from '../../src/resources/workspace-limits.ts';
import { teamA } from '../helpers/state.ts';

const usage: Fields = {
  name: 'spend',
  unit: 'cost',
  amount: 125_050,
  reset: 'monthly',
  match: 'all',
  per: ['workspace_id'],
};
const rate: Fields = {
  name: 'burst',
  unit: 'tokens',
  window: 'day',
  value: 5,
  match: 'all',
  per: ['api_key'],
  target: 'llm',
};
const b = (amount: number, reset = 'monthly', unit = 'cost') => ({ unit, amount, reset }) as Budget;

describe('create of a policy', () => {
  const { buildCreate } = registry['usage-policy'];
  const common = {
    workspace_id: teamA,
    name: 'spend',
    conditions: [{ key: 'api_key', value: '*' }],
    group_by: [{ key: 'workspace_id' }],
    type: 'cost',
    credit_limit: 1250.5,
  };
  it.each<readonly [string, Fields, string | null, WireRow]>([
    ['monthly', usage, null, { ...common, periodic_reset: 'monthly' }],
    ['never has no reset member', { ...usage, reset: 'never' }, null, common],
    [
      'days, with the end of the window',
      { ...usage, reset: 'every 14 days' },
      '2026-12-01T00:00:00.000Z',
      { ...common, periodic_reset_days: 14, next_usage_reset_at: '2026-12-01T00:00:00.000Z' },
    ],
    ['alert', { ...usage, alert: 100_050 }, null, { ...common, periodic_reset: 'monthly', alert_threshold: 1000.5 }],
    ['no alert', { ...usage, alert: null }, null, { ...common, periodic_reset: 'monthly' }],
    [
      'tokens',
      { ...usage, unit: 'tokens', amount: 5000, alert: 4000 },
      null,
      { ...common, type: 'tokens', credit_limit: 5000, alert_threshold: 4000, periodic_reset: 'monthly' },
    ],
    [
      'passed members',
      { ...usage, 'api.x': null, 'api.y': [1] },
      null,
      { ...common, periodic_reset: 'monthly', x: null, y: [1] },
    ],
    ['description', { ...usage, description: 'd' }, null, { ...common, periodic_reset: 'monthly', description: 'd' }],
  ])('%s', (_, fields, next, body) => {
    expect(buildCreate(fields, teamA, next)).toEqual(body);
  });

  it('of a rate policy; `llm` is left out for older backends', () => {
    const create = registry['rate-policy'].buildCreate;
    const body = {
      workspace_id: teamA,
      name: 'burst',
      conditions: [{ key: 'api_key', value: '*' }],
      group_by: [{ key: 'api_key' }],
      type: 'tokens',
      unit: 'rpd',
      value: 5,
    };
    expect(create(rate, teamA, null)).toEqual(body);
    expect(create({ ...rate, target: 'mcp_tools' }, teamA, null)).toEqual({
      ...body,
      conditions: [{ key: 'mcp_server', value: '*' }],
      target: 'mcp_tools',
    });
  });
});

describe('conditions', () => {
  const conditions = (match: Match) => registry['usage-policy'].buildUpdate({ match }, usage).conditions;
  it.each<readonly [Match, unknown]>([
    ['all', [{ key: 'api_key', value: '*' }]],
    [[{ key: 'k', any: ['v'], except: [] }], [{ key: 'k', value: 'v' }]],
    [[{ key: 'k', any: ['v', 'w'], except: [] }], [{ key: 'k', value: ['v', 'w'] }]],
    [[{ key: 'k', any: '*', except: [] }], [{ key: 'k', value: '*' }]],
    [[{ key: 'k', any: ['*'], except: [] }], [{ key: 'k', value: ['*'] }]],
    [[{ key: 'k', any: '*', except: ['x'] }], [{ key: 'k', value: '*', excludes: 'x' }]],
    [[{ key: 'k', any: '*', except: ['x', 'y'] }], [{ key: 'k', value: '*', excludes: ['x', 'y'] }]],
  ])('%j', (match, wire) => {
    expect(conditions(match)).toEqual(wire);
  });
});

describe('update of a policy sends what changed and nothing else', () => {
  it.each<readonly [string, Fields, WireRow]>([
    ['amount', { amount: 75_000 }, { credit_limit: 750 }],
    ['alert', { alert: 60_000 }, { alert_threshold: 600 }],
    ['alert cleared', { alert: null }, { alert_threshold: null }],
    ['name', { name: 'x' }, { name: 'x' }],
    ['a name is never null', { name: null }, {}],
    ['description cleared', { description: null }, { description: null }],
    ['reset: both members', { reset: 'weekly' }, { periodic_reset: 'weekly', periodic_reset_days: null }],
    ['reset to days: both members', { reset: 'every 9 days' }, { periodic_reset: null, periodic_reset_days: 9 }],
    ['reset to never: both members', { reset: 'never' }, { periodic_reset: null, periodic_reset_days: null }],
    ['passed members', { 'api.x': 0 }, { x: 0 }],
    ['nothing', {}, {}],
  ])('%s', (_, changed, body) => {
    expect(registry['usage-policy'].buildUpdate(changed, { ...usage, ...changed })).toEqual(body);
  });

  it('of a rate policy', () => {
    const update = registry['rate-policy'].buildUpdate;
    expect(update({ value: 0 }, rate)).toEqual({ value: 0 });
    expect(update({ window: 'week' }, rate)).toEqual({ unit: 'rpw' });
  });
});

/** The body for a move of `before` to `after`, as apply works it out. */
function body(
  kind: AttachmentKind,
  row: WireRow,
  before: Fields,
  after: Fields,
  starting: string | null = null,
): WireRow {
  const changed = pickFields(after, (field, value) => JSON.stringify(before[field] ?? null) !== JSON.stringify(value));
  return registry[kind].buildLimits(row, { before, after, changed, starting });
}

describe('keys', () => {
  const live = {
    type: 'cost',
    credit_limit: 80,
    alert_threshold: 64,
    periodic_reset: 'monthly',
    id: 'u',
    current_usage: 7,
    status: 'active',
    last_reset_at: 'x',
    next_usage_reset_at: '2026-12-01T00:00:00.000Z',
    is_threshold_alerts_sent: true,
    is_exhausted_alerts_sent: false,
    is_expired_alerts_sent: false,
  };
  const minute = { type: 'requests', unit: 'rpm', value: 5 };
  const day = { type: 'tokens', unit: 'rpd', value: 9 };
  const row: WireRow = {
    usage_limits: live,
    rate_limits: [minute, day],
    alert_emails: ['a@x.io'],
    scopes: ['completions.write'],
  };

  it.each<readonly [string, Fields, Fields, WireRow]>([
    [
      'a raise keeps the alert, and drops what the server sets',
      { budget: b(8000) },
      { budget: b(10_000) },
      {
        usage_limits: {
          type: 'cost',
          credit_limit: 100,
          alert_threshold: 64,
          periodic_reset: 'monthly',
          periodic_reset_days: null,
        },
      },
    ],
    [
      'an alert alone writes the budget whole',
      { alert: 6400 },
      { alert: 7000 },
      {
        usage_limits: {
          type: 'cost',
          credit_limit: 80,
          alert_threshold: 70,
          periodic_reset: 'monthly',
          periodic_reset_days: null,
        },
      },
    ],
    [
      'an alert cleared',
      { budget: b(8000), alert: 6400 },
      { budget: b(8000), alert: null },
      {
        usage_limits: {
          type: 'cost',
          credit_limit: 80,
          alert_threshold: null,
          periodic_reset: 'monthly',
          periodic_reset_days: null,
        },
      },
    ],
    [
      'another unit does not take the alert along',
      { budget: b(8000) },
      { budget: b(500, 'monthly', 'tokens') },
      {
        usage_limits: {
          type: 'tokens',
          credit_limit: 500,
          alert_threshold: null,
          periodic_reset: 'monthly',
          periodic_reset_days: null,
        },
      },
    ],
    ['cleared is null', { budget: b(8000) }, { budget: null }, { usage_limits: null }],
    [
      'a rate moves alone where it stands, the other stays',
      { 'rate[requests/minute]': 5 },
      { 'rate[requests/minute]': 6 },
      { rate_limits: [{ ...minute, value: 6 }, day] },
    ],
    [
      'a rate goes, the other stays',
      { 'rate[requests/minute]': 5 },
      { 'rate[requests/minute]': null },
      { rate_limits: [day] },
    ],
    [
      'the last rate goes: null, never []',
      { 'rate[requests/minute]': 5, 'rate[tokens/day]': 9 },
      { 'rate[requests/minute]': null, 'rate[tokens/day]': null },
      { rate_limits: null },
    ],
    ['recipients cleared: null, never []', { recipients: ['a@x.io'] }, { recipients: [] }, { alert_emails: null }],
    ['recipients', { recipients: ['a@x.io'] }, { recipients: ['b@x.io'] }, { alert_emails: ['b@x.io'] }],
    ['expiry cleared', { expires: 'x' }, { expires: null }, { expires_at: null }],
    ['description cleared', { description: 'x' }, { description: null }, { description: null }],
    ['passed members', { 'api.x': 1 }, { 'api.x': 0 }, { x: 0 }],
    [
      'what did not move is not sent',
      { budget: b(8000), recipients: ['a@x.io'] },
      { budget: b(8000), recipients: ['a@x.io'] },
      {},
    ],
  ])('%s', (_, before, after, sent) => {
    expect(body('key-limits', row, before, after)).toEqual(sent);
  });

  it('keeps an unknown rate entry as it is', () => {
    const odd = { type: 'requests', unit: 'rpx', value: 1, note: 'kept' };
    const sent = body('key-limits', { rate_limits: [odd] }, { 'rate[tokens/day]': null }, { 'rate[tokens/day]': 9 });
    expect(sent).toEqual({ rate_limits: [odd, day] });
  });

  it.each<readonly [string, WireRow, string | null, string | undefined]>([
    [
      'from the budget',
      { usage_limits: { ...live, periodic_reset: null, periodic_reset_days: 10 } },
      null,
      '2026-12-01T00:00:00.000Z',
    ],
    [
      'from the key',
      {
        usage_limits: { type: 'cost', credit_limit: 80, periodic_reset_days: 10 },
        next_usage_reset_at: '2026-12-05T00:00:00.000Z',
      },
      null,
      '2026-12-05T00:00:00.000Z',
    ],
    [
      'as written',
      { usage_limits: { ...live, periodic_reset_days: 10 } },
      '2026-12-09T00:00:00.000Z',
      '2026-12-09T00:00:00.000Z',
    ],
    ['not known', { usage_limits: { type: 'cost', credit_limit: 80, periodic_reset_days: 10 } }, null, undefined],
  ])('keeps the window of every N days: %s', (_, key, starting, next) => {
    const sent = body(
      'key-limits',
      key,
      { budget: b(8000, 'every 10 days') },
      { budget: b(9000, 'every 10 days') },
      starting,
    );
    expect(sent.usage_limits).toMatchObject({ periodic_reset: null, periodic_reset_days: 10 });
    expect((sent.usage_limits as { next_usage_reset_at?: string }).next_usage_reset_at).toBe(next);
  });
});

describe('workspaces', () => {
  const monthly = {
    id: 'a',
    type: 'cost',
    credit_limit: 500,
    alert_threshold: 5,
    periodic_reset: 'monthly',
    current_usage: 3,
  };
  const weekly = {
    id: 'b',
    type: 'cost',
    credit_limit: 50,
    periodic_reset: 'weekly',
    current_usage: 1,
    note: 'by hand',
  };
  const row: WireRow = { usage_limits: [weekly, monthly], rate_limits: [{ type: 'tokens', unit: 'rpm', value: 1 }] };
  const slot = 'budget[cost/monthly]';
  const alert = 'alert[cost/monthly]';
  const raised = {
    type: 'cost',
    credit_limit: 750,
    alert_threshold: 5,
    periodic_reset: 'monthly',
    periodic_reset_days: null,
  };

  it.each<readonly [string, Fields, Fields, WireRow]>([
    [
      'a raise sends the others back as read, and the undeclared alert',
      { [slot]: b(50_000) },
      { [slot]: b(75_000) },
      { usage_limits: [weekly, raised] },
    ],
    [
      'a declared alert',
      { [slot]: b(50_000), [alert]: 500 },
      { [slot]: b(50_000), [alert]: null },
      { usage_limits: [weekly, { ...raised, credit_limit: 500, alert_threshold: null }] },
    ],
    [
      'a new one beside them',
      { 'budget[tokens/never]': null },
      { 'budget[tokens/never]': b(900, 'never', 'tokens') },
      {
        usage_limits: [
          weekly,
          monthly,
          { type: 'tokens', credit_limit: 900, alert_threshold: null, periodic_reset: null, periodic_reset_days: null },
        ],
      },
    ],
    ['one goes', { [slot]: b(50_000) }, { [slot]: null }, { usage_limits: [weekly] }],
    [
      'all go: null, never []',
      { [slot]: b(50_000), 'budget[cost/weekly]': b(5000, 'weekly') },
      { [slot]: null, 'budget[cost/weekly]': null },
      { usage_limits: null },
    ],
    ['a rate alone', { 'rate[tokens/minute]': 1 }, { 'rate[tokens/minute]': null }, { rate_limits: null }],
    ['nothing', {}, {}, {}],
  ])('%s', (_, before, after, sent) => {
    expect(body('workspace-limits', row, before, after)).toEqual(sent);
  });

  it('expects the next look-alike in the place of one that was cleared', () => {
    const [one, two, three] = [b(1), b(2), b(3)];
    const shown = { [slot]: one, 'budget[cost/monthly#2]': two, 'budget[cost/monthly#3]': three };
    expect(expectAfterClearing({ [slot]: null }, shown)).toEqual({ [slot]: two, 'budget[cost/monthly#2]': three });
    expect(expectAfterClearing({ [slot]: null }, { [slot]: one })).toEqual({ [slot]: null });
    const all = { [slot]: null, 'budget[cost/monthly#2]': null, 'budget[cost/monthly#3]': null };
    expect(expectAfterClearing(all, shown)).toEqual(all);
    expect(expectAfterClearing({ [slot]: two }, shown)).toEqual({ [slot]: two });
  });
});

describe('providers and integrations hold one rate', () => {
  const rate_limits = [{ type: 'tokens', unit: 'rpd', value: 9 }];
  const hour = { 'rate[requests/hour]': 4, 'rate[tokens/day]': null };
  it('a declared one takes the place of any other', () => {
    const expected = [{ type: 'requests', unit: 'rph', value: 4 }];
    expect(body('provider-limits', { rate_limits }, { 'rate[tokens/day]': 9 }, hour)).toEqual({
      rate_limits: expected,
    });
    expect(body('integration-limits', { enabled: true, rate_limits }, { 'rate[tokens/day]': 9 }, hour)).toMatchObject({
      rate_limits: expected,
    });
  });

  it.each([true, false])('sends access as it was read (%s) and never makes a provider', (enabled) => {
    const sent = body('integration-limits', { enabled, usage_limits: null }, { budget: null }, { budget: b(1000) });
    expect(sent).toEqual({
      enabled,
      create_default_provider: false,
      usage_limits: [
        { type: 'cost', credit_limit: 10, alert_threshold: null, periodic_reset: 'monthly', periodic_reset_days: null },
      ],
    });
    expect(
      body(
        'integration-limits',
        { enabled, usage_limits: [{ credit_limit: 5 }] },
        { budget: b(500, 'never') },
        { budget: null },
      ),
    ).toEqual({ enabled, create_default_provider: false, usage_limits: null });
  });

  it('takes access that is not said for none', () => {
    expect(body('integration-limits', {}, {}, {})).toEqual({ enabled: false, create_default_provider: false });
  });
});
