import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Emulator } from '../../../src/emulator/server.ts';
import {
  adminKey,
  alphaId,
  alphaKey,
  betaId,
  type Call,
  create,
  createCall,
  createClock,
  dayMs,
  ratePolicy,
  startTestEmulator,
  usagePolicy,
} from './calls.ts';

const usage = '/policies/usage-limits';
const rate = '/policies/rate-limits';

let emulator: Emulator;
let call: Call;
let clock = createClock();

beforeAll(async () => {
  emulator = await startTestEmulator({ now: () => clock.now() });
  call = createCall(emulator);
});
afterAll(() => emulator.close());
beforeEach(() => {
  clock = createClock();
  emulator.reset();
});

describe('usage limits policies', () => {
  it('answers ids on create, {} on update and delete, and the whole object on get', async () => {
    const created = await call('POST', usage, { ...usagePolicy, workspace_id: 'ws-alpha-00000a' });
    expect(created.body).toEqual({ id: expect.any(String), object: 'policy_usage_limits' });
    const path = `${usage}/${created.body.id}`;
    expect((await call('PUT', path, { credit_limit: 750 })).text).toBe('{}');
    expect((await call('GET', path)).body).toEqual({
      id: created.body.id,
      name: 'monthly-spend',
      description: null,
      conditions: [{ key: 'api_key', value: '*' }],
      group_by: [{ key: 'api_key' }],
      type: 'cost',
      credit_limit: 750,
      alert_threshold: null,
      periodic_reset: null,
      periodic_reset_days: null,
      next_usage_reset_at: null,
      last_reset_at: null,
      status: 'active',
      // Sent as slug, echoed as UUID.
      workspace_id: alphaId,
      organisation_id: emulator.store.state.organisation.id,
      created_at: '2026-03-11T10:20:30.000Z',
      last_updated_at: '2026-03-11T10:20:30.000Z',
      object: 'policy_usage_limits',
    });
    expect((await call('DELETE', path)).text).toBe('{}');
  });

  it('lists by workspace, newest first, active ones unless asked', async () => {
    const ids: string[] = [];
    for (const name of ['one', 'two', 'three']) ids.push(await create(call, usage, { ...usagePolicy, name }));
    await create(call, usage, { ...usagePolicy, workspace_id: betaId, type: 'tokens' });
    await call('DELETE', `${usage}/${ids[1]}`);
    const list = await call('GET', `${usage}?workspace_id=${alphaId}`);
    expect(list.body).toMatchObject({ object: 'list', total: 2 });
    expect(list.body.data.map(({ name }: { name: string }) => name)).toEqual(['three', 'one']);
    const archived = await call('GET', `${usage}?workspace_id=ws-alpha-00000a&status=archived`);
    expect(archived.body.data.map(({ name }: { name: string }) => name)).toEqual(['two']);
    const typed = await call('GET', `${usage}?workspace_id=${alphaId}&type=tokens`);
    expect(typed.body).toEqual({ object: 'list', total: 0, data: [] });
  });

  it('hides an archived policy by id, unless the status is asked for', async () => {
    const id = await create(call, usage, usagePolicy);
    await call('DELETE', `${usage}/${id}`);
    for (const [method, path] of [
      ['GET', ''],
      ['PUT', ''],
      ['DELETE', ''],
      ['GET', '/entities'],
    ] as const) {
      const answer = await call(method, `${usage}/${id}${path}`, method === 'PUT' ? { credit_limit: 9 } : undefined);
      expect([method, path, answer.status, answer.body.errorCode]).toEqual([method, path, 404, 'AB08']);
    }
    expect((await call('GET', `${usage}/${id}?status=archived`)).body.status).toBe('archived');
  });

  it('accepts the same content twice: no idempotency, no unique names', async () => {
    const ids = [await create(call, usage, usagePolicy), await create(call, usage, usagePolicy)];
    expect(new Set(ids).size).toBe(2);
  });

  it.each([
    ['both resets', { periodic_reset: 'monthly', periodic_reset_days: 30 }],
    ['a daily reset', { periodic_reset: 'daily' }],
    ['a null name', { name: null }],
    ['an empty name', { name: '' }],
    ['a threshold at the limit', { alert_threshold: 500 }],
    ['a threshold above the limit', { alert_threshold: 501 }],
    ['no conditions', { conditions: [] }],
    ['no grouping', { group_by: [] }],
    ['an unknown condition key', { conditions: [{ key: 'team', value: 'a' }] }],
    ['an endpoint type, which only rates have', { conditions: [{ key: 'endpoint_type', value: 'embed' }] }],
    ['a condition without a value', { conditions: [{ key: 'api_key' }] }],
    ['a condition with an empty list', { conditions: [{ key: 'api_key', value: [] }] }],
    ['an unknown grouping key', { group_by: [{ key: 'metadata.' }] }],
    ['no days', { periodic_reset_days: 0 }],
    ['too many days', { periodic_reset_days: 366 }],
    ['half a day', { periodic_reset_days: 1.5 }],
    ['a limit of nothing', { credit_limit: 0 }],
    ['too few tokens', { type: 'tokens', credit_limit: 99 }],
    ['a limit in words', { credit_limit: '500' }],
    ['an unknown type', { type: 'dollars' }],
    ['an admin key without a workspace', { workspace_id: undefined }],
  ])('refuses %s with 400 AB01', async (_name, change) => {
    const answer = await call('POST', usage, { ...usagePolicy, ...change });
    expect([answer.status, answer.body.errorCode]).toEqual([400, 'AB01']);
    expect(emulator.store.state.usagePolicies).toEqual([]);
  });

  it.each([
    ['an unknown workspace', 'ws-nowhere-000000'],
    ['another organisation’s', '99999999-0000-4000-8000-000000000000'],
  ])('refuses %s with 403 AB03', async (_name, workspace) => {
    const answer = await call('POST', usage, { ...usagePolicy, workspace_id: workspace });
    expect([answer.status, answer.body.errorCode]).toEqual([403, 'AB03']);
  });

  it.each([
    ['text that is no JSON', '{'],
    ['a list', '[]'],
  ])('refuses %s as a body', async (_name, body) => {
    expect((await call('POST', usage, body)).status).toBe(400);
  });

  it.each([
    ['lists, * and excludes', [{ key: 'model', value: ['@openai/*', '@anthropic/*'], excludes: '@openai/gpt-4o' }]],
    [
      'several keys',
      [
        { key: 'metadata._user', value: 'ada' },
        { key: 'virtual_key', value: '*', excludes: ['openai-prod'] },
      ],
    ],
    ['an empty excludes', [{ key: 'api_key', value: ['*'], excludes: [] }]],
  ])('keeps conditions as they came: %s', async (_name, conditions) => {
    const id = await create(call, usage, { ...usagePolicy, conditions });
    expect((await call('GET', `${usage}/${id}`)).body.conditions).toEqual(conditions);
    await call('PUT', `${usage}/${id}`, { conditions: usagePolicy.conditions });
    expect((await call('GET', `${usage}/${id}`)).body.conditions).toEqual(usagePolicy.conditions);
  });

  it.each([
    ['a null name', { name: null }],
    ['both resets', { periodic_reset: 'weekly', periodic_reset_days: 3 }],
    ['a second reset while the first stands', { periodic_reset_days: 3 }],
    ['a threshold above the standing limit', { alert_threshold: 600 }],
    ['a limit below the standing threshold', { credit_limit: 300 }],
    ['empty conditions', { conditions: [] }],
  ])('refuses %s in a PUT and changes nothing', async (_name, change) => {
    const id = await create(call, usage, { ...usagePolicy, alert_threshold: 400, periodic_reset: 'monthly' });
    const before = (await call('GET', `${usage}/${id}`)).body;
    const answer = await call('PUT', `${usage}/${id}`, { credit_limit: 450, ...change });
    expect([answer.status, answer.body.errorCode]).toEqual([400, 'AB01']);
    expect((await call('GET', `${usage}/${id}`)).body).toEqual(before);
  });

  it('ignores immutable fields in silence', async () => {
    const id = await create(call, usage, usagePolicy);
    const sent = { group_by: [{ key: 'metadata.team' }], type: 'tokens', workspace_id: betaId, name: 'renamed' };
    expect((await call('PUT', `${usage}/${id}`, sent)).text).toBe('{}');
    expect((await call('GET', `${usage}/${id}`)).body).toMatchObject({
      name: 'renamed',
      group_by: [{ key: 'api_key' }],
      type: 'cost',
      workspace_id: alphaId,
    });
  });

  it.each([
    ['weekly: Monday', { periodic_reset: 'weekly' }, '2026-03-16T00:00:00.000Z'],
    ['monthly: the first', { periodic_reset: 'monthly' }, '2026-04-01T00:00:00.000Z'],
    ['every 14 days', { periodic_reset_days: 14 }, '2026-03-25T00:00:00.000Z'],
    [
      'every 14 days from a date, at its midnight',
      { periodic_reset_days: 14, next_usage_reset_at: '2026-03-20T15:00:00Z' },
      '2026-03-20T00:00:00.000Z',
    ],
    ['never', {}, null],
  ])('computes the next reset: %s', async (_name, resets, next) => {
    const id = await create(call, usage, { ...usagePolicy, ...resets });
    expect((await call('GET', `${usage}/${id}`)).body.next_usage_reset_at).toBe(next);
  });

  it('restarts the window whenever a reset field is sent, even an equal one', async () => {
    const id = await create(call, usage, { ...usagePolicy, periodic_reset_days: 14 });
    clock.advance(5 * dayMs);
    await call('PUT', `${usage}/${id}`, { credit_limit: 600 });
    expect((await call('GET', `${usage}/${id}`)).body.next_usage_reset_at).toBe('2026-03-25T00:00:00.000Z');
    await call('PUT', `${usage}/${id}`, { periodic_reset_days: 14 });
    expect((await call('GET', `${usage}/${id}`)).body.next_usage_reset_at).toBe('2026-03-30T00:00:00.000Z');
    await call('PUT', `${usage}/${id}`, { periodic_reset: 'monthly', periodic_reset_days: null });
    expect((await call('GET', `${usage}/${id}`)).body).toMatchObject({
      periodic_reset: 'monthly',
      periodic_reset_days: null,
      next_usage_reset_at: '2026-04-01T00:00:00.000Z',
    });
    await call('PUT', `${usage}/${id}`, { periodic_reset: null });
    expect((await call('GET', `${usage}/${id}`)).body.next_usage_reset_at).toBeNull();
  });
});

describe('entities', () => {
  const valueKeys = ['metadata._user:ada', 'metadata._user:bo', 'metadata._user:cy'];

  async function createSpent(): Promise<string> {
    const id = await create(call, usage, { ...usagePolicy, periodic_reset_days: 7, alert_threshold: 400 });
    const policy = emulator.store.state.usagePolicies[0];
    valueKeys.forEach((valueKey, index) => {
      if (policy === undefined) return;
      const isSpent = index === 0;
      policy.entities[valueKey] = {
        id: `30000000-0000-4000-8000-00000000000${index}`,
        // Cents, against a limit of 500 dollars.
        current_usage: isSpent ? 50_000 : 100,
        status: isSpent ? 'exhausted' : 'active',
        is_threshold_alerts_sent: isSpent,
        is_exhausted_alerts_sent: isSpent,
      };
    });
    return id;
  }

  it.each([
    ['', valueKeys],
    ['?status=exhausted', ['metadata._user:ada']],
    ['?status=active', ['metadata._user:bo', 'metadata._user:cy']],
    ['?search=bo', ['metadata._user:bo']],
    ['?page_size=2&current_page=1', ['metadata._user:cy']],
  ])('lists them: %s', async (query, expected) => {
    const id = await createSpent();
    const { body } = await call('GET', `${usage}/${id}/entities${query}`);
    expect(body.data.map((row: { value_key: string }) => row.value_key)).toEqual(expected);
    expect(Object.keys(body.data[0])).toEqual(['id', 'value_key', 'current_usage']);
  });

  it('shows usage only when asked', async () => {
    const id = await createSpent();
    expect((await call('GET', `${usage}/${id}`)).body).not.toHaveProperty('value_key_usage_map');
    const { body } = await call('GET', `${usage}/${id}?include_usage=true`);
    expect(body.value_key_usage_map['metadata._user:ada']).toEqual({
      current_usage: 50_000,
      status: 'exhausted',
      is_threshold_alerts_sent: true,
      is_exhausted_alerts_sent: true,
    });
  });

  it('resets one by id, and one by value key', async () => {
    const id = await createSpent();
    const entity = '30000000-0000-4000-8000-000000000000';
    expect((await call('PUT', `${usage}/${id}/entities/${entity}/reset`)).text).toBe('{}');
    await call('PUT', `${usage}/${id}`, { reset_usage_for_value: 'metadata._user:bo' });
    const { body } = await call('GET', `${usage}/${id}/entities`);
    expect(body.data.map((row: { current_usage: number }) => row.current_usage)).toEqual([0, 0, 100]);
    expect((await call('PUT', `${usage}/${id}/entities/none/reset`)).status).toBe(404);
    const unknown = await call('PUT', `${usage}/${id}`, { reset_usage_for_value: '__proto__' });
    expect([unknown.status, unknown.body.errorCode]).toEqual([404, 'AB02']);
  });

  it('wakes an exhausted one when the limit is raised above its usage', async () => {
    const id = await createSpent();
    await call('PUT', `${usage}/${id}`, { credit_limit: 600 });
    const { body } = await call('GET', `${usage}/${id}?include_usage=true`);
    expect(body.value_key_usage_map['metadata._user:ada']).toMatchObject({
      current_usage: 50_000,
      status: 'active',
      is_exhausted_alerts_sent: false,
    });
  });

  it('starts anew when the window ends, and keeps the rhythm of N days', async () => {
    const id = await createSpent();
    clock.advance(16 * dayMs);
    const { body } = await call('GET', `${usage}/${id}?include_usage=true`);
    expect(body).toMatchObject({
      last_reset_at: '2026-03-25T00:00:00.000Z',
      next_usage_reset_at: '2026-04-01T00:00:00.000Z',
    });
    expect(body.value_key_usage_map['metadata._user:ada']).toMatchObject({ current_usage: 0, status: 'active' });
  });
});

describe('rate limits policies', () => {
  it('creates, shows, updates and archives', async () => {
    const created = await call('POST', rate, ratePolicy);
    expect(created.body).toEqual({ id: expect.any(String), object: 'policy_rate_limits' });
    const path = `${rate}/${created.body.id}`;
    await call('PUT', path, { unit: 'rpw', value: 5, type: 'tokens', target: 'mcp_tools' });
    expect((await call('GET', path)).body).toMatchObject({
      type: 'requests',
      unit: 'rpw',
      value: 5,
      target: 'llm',
      object: 'policy_rate_limits',
    });
    expect((await call('GET', `${rate}?workspace_id=${alphaId}&unit=rpm`)).body.total).toBe(0);
    await call('DELETE', path);
    expect((await call('GET', path)).status).toBe(404);
  });

  it.each([
    ['an unknown unit', { unit: 'tpd' }],
    ['per second', { unit: 'rps' }],
    ['a fraction', { value: 1.5 }],
    ['nothing', { value: 0 }],
    ['a budget type', { type: 'cost' }],
    ['a tool condition on models', { conditions: [{ key: 'mcp_tool', value: 'x' }] }],
    ['a model condition on tools', { target: 'mcp_tools', conditions: [{ key: 'model', value: '@openai/*' }] }],
  ])('refuses %s', async (_name, change) => {
    const answer = await call('POST', rate, { ...ratePolicy, ...change });
    expect([answer.status, answer.body.errorCode]).toEqual([400, 'AB01']);
  });

  it.each([
    ['endpoint types', { conditions: [{ key: 'endpoint_type', value: 'embed' }] }],
    [
      'tools',
      { target: 'mcp_tools', conditions: [{ key: 'mcp_server', value: 'github' }], group_by: [{ key: 'mcp_tool' }] },
    ],
  ])('accepts %s', async (_name, change) => {
    expect((await call('POST', rate, { ...ratePolicy, ...change })).status).toBe(200);
  });
});

describe('callers', () => {
  it('takes the workspace of a workspace key, whatever was asked for', async () => {
    await create(call, usage, { ...usagePolicy, workspace_id: betaId, name: 'beta only' });
    const made = await call('POST', usage, { ...usagePolicy, workspace_id: betaId, name: 'mine' }, alphaKey);
    expect(made.status).toBe(200);
    const list = await call('GET', `${usage}?workspace_id=${betaId}`, undefined, alphaKey);
    expect(list.body.data).toMatchObject([{ name: 'mine', workspace_id: alphaId }]);
  });

  it('keeps a workspace key away from the policies of others', async () => {
    const id = await create(call, usage, { ...usagePolicy, workspace_id: betaId });
    const answer = await call('GET', `${usage}/${id}`, undefined, alphaKey);
    expect([answer.status, answer.body.errorCode]).toEqual([403, 'AB03']);
  });

  it('refuses everything when policies are switched off', async () => {
    emulator.store.state.organisation.policies_enabled = false;
    const answer = await call('GET', `${usage}?workspace_id=${alphaId}`, undefined, adminKey);
    expect([answer.status, answer.body.errorCode]).toEqual([403, 'AB03']);
  });
});
