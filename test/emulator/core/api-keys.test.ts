import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import type { Emulator } from '../../../src/emulator/server.ts';
import {
  alphaId,
  alphaKey,
  betaId,
  type Call,
  create,
  createCall,
  createClock,
  dayMs,
  hasRecordings,
  readRecording,
  startTestEmulator,
} from './calls.ts';

const newKey = { name: 'ci', workspace_id: 'ws-alpha-00000a', scopes: ['completions.write'] };
const budget = { type: 'cost', credit_limit: 80, alert_threshold: 60, periodic_reset: 'weekly' };

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

async function createKey(change: object = {}): Promise<string> {
  return create(call, '/api-keys/workspace/service', { ...newKey, ...change });
}

async function read(id: string): Promise<Record<string, unknown>> {
  return (await call('GET', `/api-keys/${id}`)).body;
}

describe('shape', () => {
  it('shows the secret once and masks it afterwards', async () => {
    const { body } = await call('POST', '/api-keys/workspace/service', newKey);
    expect(body).toEqual({ id: expect.any(String), key: expect.stringMatching(/^\w{28}$/), object: 'api-key' });
    expect((await read(body.id)).key).toBe(`${body.key.slice(0, 2)}*****${body.key.slice(-3)}`);
  });

  it.skipIf(!hasRecordings)('has on get and list the members that were recorded', async () => {
    const id = await createKey();
    expect(Object.keys(await read(id)).sort()).toEqual(Object.keys(readRecording('api-keys-get')).sort());
    const row = (await call('GET', '/api-keys')).body.data[0];
    expect(Object.keys(row).sort()).toEqual(Object.keys(readRecording('api-keys-list').data[0]).sort());
  });

  it('shows on get what the list lacks', async () => {
    const id = await createKey({ usage_limits: budget });
    const row = (await call('GET', `/api-keys?workspace_id=${alphaId}`)).body.data[0];
    const get = await read(id);
    expect(row).not.toHaveProperty('next_usage_reset_at');
    expect(row.defaults).toEqual({ metadata: null, config_id: null });
    // Sunday, where policies have Monday.
    expect(get).toMatchObject({
      next_usage_reset_at: '2026-03-15T00:00:00.000Z',
      defaults: { metadata: null, config_id: null, allow_config_override: false },
      allow_config_override: null,
      workspace_id: alphaId,
      rate_limits: [],
      alert_emails: null,
      expiry_enforced: 0,
    });
  });

  it('keeps null and [] recipients apart', async () => {
    const [without, empty] = [await createKey(), await createKey({ alert_emails: [] })];
    expect((await read(without)).alert_emails).toBeNull();
    expect((await read(empty)).alert_emails).toEqual([]);
    await call('PUT', `/api-keys/${empty}`, { alert_emails: null });
    expect((await read(empty)).alert_emails).toBeNull();
  });

  it('expires by the clock, with a budget of flags alone', async () => {
    const id = await createKey({ expires_at: '2026-03-12T00:00:00Z' });
    clock.advance(dayMs);
    expect(await read(id)).toMatchObject({ status: 'expired', usage_limits: { is_expired_alerts_sent: true } });
    await call('PUT', `/api-keys/${id}`, { expires_at: null });
    expect(await read(id)).toMatchObject({ status: 'active', expires_at: null });
  });
});

describe('create', () => {
  it.each([
    ['organisation/service', { workspace_id: undefined }, 'organisation-service', null],
    ['workspace/service', {}, 'workspace-service', alphaId],
    ['workspace/user', { user_id: '40000000-0000-4000-8000-000000000001' }, 'workspace-user', alphaId],
  ])('%s', async (path, change, type, workspace) => {
    const id = await create(call, `/api-keys/${path}`, { ...newKey, ...change });
    expect(await read(id)).toMatchObject({ type, workspace_id: workspace, creation_mode: 'api' });
  });

  it.each([
    ['no name', { name: undefined }],
    ['no workspace', { workspace_id: undefined }],
    ['a threshold at the limit', { usage_limits: { credit_limit: 80, alert_threshold: 80 } }],
    ['a fraction of a dollar', { usage_limits: { credit_limit: 80.5 } }],
    ['less than a dollar', { usage_limits: { credit_limit: 0 } }],
    ['too few tokens', { usage_limits: { type: 'tokens', credit_limit: 99 } }],
    ['a budget of requests', { usage_limits: { type: 'requests', credit_limit: 100 } }],
    ['both resets', { usage_limits: { credit_limit: 80, periodic_reset: 'weekly', periodic_reset_days: 3 } }],
    ['a list of budgets', { usage_limits: [{ credit_limit: 80 }] }],
    ['an unknown rate unit', { rate_limits: [{ type: 'requests', unit: 'rpy', value: 1 }] }],
    ['a negative rate', { rate_limits: [{ type: 'requests', unit: 'rps', value: -1 }] }],
    ['a recipient that is none', { alert_emails: ['someone'] }],
    ['a short transition', { rotation_policy: { rotation_period: 'weekly', key_transition_period_ms: 1000 } }],
    ['an empty rotation', { rotation_policy: {} }],
  ])('refuses %s with 400 AB01', async (_name, change) => {
    const answer = await call('POST', '/api-keys/workspace/service', { ...newKey, ...change });
    expect([answer.status, answer.body?.errorCode]).toEqual([400, 'AB01']);
  });

  it.each([[undefined], [[]]])('dies with an HTML 502 when the scopes are %j', async (scopes) => {
    const answer = await call('POST', '/api-keys/workspace/service', { ...newKey, scopes });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([502, expect.stringContaining('text/html')]);
    expect(emulator.store.state.apiKeys).toEqual([]);
  });

  it('refuses a kind that does not exist, and a life beyond the maximum', async () => {
    expect((await call('POST', '/api-keys/organisation/user', newKey)).status).toBe(400);
    emulator.store.state.organisation.max_key_ttl_days = 30;
    const late = { ...newKey, expires_at: '2026-12-31T00:00:00Z' };
    expect((await call('POST', '/api-keys/workspace/service', late)).status).toBe(400);
  });
});

describe('update', () => {
  it('changes what is sent and leaves the rest', async () => {
    const rates = [{ type: 'requests', unit: 'rps', value: 3 }];
    const id = await createKey({ usage_limits: budget, rate_limits: rates, alert_emails: ['a@example.com'] });
    const before = await read(id);
    expect((await call('PUT', `/api-keys/${id}`, { description: 'nightly' })).text).toBe('{}');
    expect(await read(id)).toEqual({ ...before, description: 'nightly' });
    await call('PUT', `/api-keys/${id}`, { usage_limits: null, rate_limits: null });
    expect(await read(id)).toMatchObject({ usage_limits: null, rate_limits: [], alert_emails: ['a@example.com'] });
  });

  it('replaces nested values whole, except defaults', async () => {
    const id = await createKey({
      usage_limits: budget,
      defaults: { metadata: { team: 'a' }, allow_config_override: false },
    });
    await call('PUT', `/api-keys/${id}`, { usage_limits: { credit_limit: 100 }, defaults: { config_id: null } });
    const row = await read(id);
    expect(row).toMatchObject({ allow_config_override: 0, defaults: { metadata: { team: 'a' }, config_id: null } });
    expect(row.usage_limits).toEqual({ credit_limit: 100, current_usage: 0, next_usage_reset_at: null });
  });

  it('takes an empty list of rates for nothing said: only null clears', async () => {
    const rates = [{ type: 'requests', unit: 'rpm', value: 3 }];
    const id = await createKey({ rate_limits: rates });
    await call('PUT', `/api-keys/${id}`, { rate_limits: [] });
    expect((await read(id)).rate_limits).toEqual(rates);
  });

  it('keeps a window only when its end is sent along', async () => {
    const days = { credit_limit: 80, periodic_reset_days: 14 };
    const id = await createKey({ usage_limits: days });
    clock.advance(5 * dayMs);
    await call('PUT', `/api-keys/${id}`, {
      usage_limits: { ...days, next_usage_reset_at: '2026-03-25T00:00:00.000Z' },
    });
    expect((await read(id)).next_usage_reset_at).toBe('2026-03-25T00:00:00.000Z');
    await call('PUT', `/api-keys/${id}`, { usage_limits: days });
    expect((await read(id)).next_usage_reset_at).toBe('2026-03-30T00:00:00.000Z');
  });

  async function createExhausted(): Promise<string> {
    const id = await createKey({ usage_limits: budget });
    const row = emulator.store.find('apiKeys', id);
    Object.assign(row ?? {}, { status: 'exhausted' });
    Object.assign(row?.usage_limits ?? {}, {
      current_usage: 8000,
      is_exhausted_alerts_sent: true,
      is_threshold_alerts_sent: true,
    });
    return id;
  }

  it.each([
    ['raised above its usage', { usage_limits: { ...budget, credit_limit: 100 } }, 'active', 8000],
    ['raised, but spent all the same', { usage_limits: { ...budget, credit_limit: 80 } }, 'exhausted', 8000],
    ['reset', { reset_usage: true }, 'active', 0],
    ['renamed', { name: 'other' }, 'exhausted', 8000],
  ])('an exhausted key that is %s', async (_name, sent, status, usage) => {
    const id = await createExhausted();
    await call('PUT', `/api-keys/${id}`, sent);
    expect(await read(id)).toMatchObject({ status, usage_limits: { current_usage: usage }, reset_usage: null });
  });

  it('ignores immutable fields in silence', async () => {
    const id = await createKey();
    await call('PUT', `/api-keys/${id}`, { workspace_id: betaId, type: 'organisation-service' });
    expect(await read(id)).toMatchObject({ workspace_id: alphaId, type: 'workspace-service' });
  });
});

describe('rotate, list, delete', () => {
  it('keeps id and counter, and accepts the old secret for a while', async () => {
    const { body: made } = await call('POST', '/api-keys/workspace/service', { ...newKey, scopes: ['policies.list'] });
    const { body } = await call('POST', `/api-keys/${made.id}/rotate`, { key_transition_period_ms: 3_600_000 });
    expect(body).toEqual({
      id: made.id,
      key: expect.not.stringMatching(made.key),
      key_transition_expires_at: '2026-03-11T11:20:30.000Z',
    });
    const status = async (key: string) => (await call('GET', '/policies/usage-limits', undefined, key)).status;
    expect([await status(made.key), await status(body.key)]).toEqual([200, 200]);
    expect((await call('POST', `/api-keys/${made.id}/rotate`)).status).toBe(400);
    clock.advance(3_600_000);
    expect([await status(made.key), await status(body.key)]).toEqual([401, 200]);
  });

  it('filters by workspace and ids; a workspace key sees its own only', async () => {
    const [a, b] = [await createKey(), await createKey({ workspace_id: betaId })];
    const ids = async (query: string, key?: string) =>
      (await call('GET', `/api-keys${query}`, undefined, key)).body.data.map((row: { id: string }) => row.id);
    expect(await ids('')).toEqual([b, a]);
    expect(await ids('?workspace_id=ws-beta-00000b')).toEqual([b]);
    expect(await ids(`?ids=${a},x`)).toEqual([a]);
    expect(await ids('?workspace_id=ws-beta-00000b', alphaKey)).toEqual([a]);
    expect((await call('GET', `/api-keys/${b}`, undefined, alphaKey)).status).toBe(403);
  });

  it('is gone after a delete, and a second delete says so', async () => {
    const id = await createKey();
    expect((await call('DELETE', `/api-keys/${id}`)).text).toBe('{}');
    expect((await call('DELETE', `/api-keys/${id}`)).status).toBe(404);
    expect((await call('GET', '/api-keys')).body).toEqual({ object: 'list', total: 0, data: [] });
  });
});

test('keeps and shows what it does not know of limits, for as long as it is sent back', async () => {
  const more = { burst: 5, deep: { list: [{ x: 1 }] } };
  const limits = {
    usage_limits: { ...budget, ...more },
    rate_limits: [{ type: 'requests', unit: 'rpm', value: 10, ...more }],
  };
  const id = await createKey(limits);
  const before = await read(id);
  expect(before).toMatchObject(limits);
  const kept = { ...(before.usage_limits as object), credit_limit: 90 };
  await call('PUT', `/api-keys/${id}`, { usage_limits: kept, rate_limits: before.rate_limits });
  expect(await read(id)).toMatchObject({ ...limits, usage_limits: { ...limits.usage_limits, credit_limit: 90 } });
  await call('PUT', `/api-keys/${id}`, { usage_limits: budget });
  expect((await read(id)).usage_limits).not.toHaveProperty('burst');
});
