/** What the vendor's Terraform provider and the official description expect, and the other reading of each as a quirk. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Quirks } from '../../../src/emulator/quirks.ts';
import { type Emulator, startEmulator } from '../../../src/emulator/server.ts';
import {
  alphaId,
  alphaKey,
  betaId,
  buildState,
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
const rates = '/policies/rate-limits';

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

const quirk = (quirks: Partial<Quirks>) => emulator.setQuirks(quirks);
const statusOf = async (...args: Parameters<Call>) => (await call(...args)).status;

describe('lists of policies without a workspace', () => {
  beforeEach(async () => {
    for (const workspace_id of [alphaId, betaId]) {
      await create(call, usage, { ...usagePolicy, workspace_id });
      await create(call, rates, { ...ratePolicy, workspace_id });
    }
  });

  test.each([usage, rates])('%s answers for the whole organisation, paged and filtered', async (path) => {
    const workspacesOf = async (query = '', key?: string) => {
      const { body } = await call('GET', `${path}${query}`, undefined, key);
      return [body.total, ...body.data.map((row: { workspace_id: string }) => row.workspace_id)];
    };
    expect(await workspacesOf()).toEqual([2, betaId, alphaId]);
    expect(await workspacesOf('?workspace_id=')).toEqual([2, betaId, alphaId]);
    expect(await workspacesOf('?page_size=1&current_page=1')).toEqual([2, alphaId]);
    expect(await workspacesOf('?status=archived')).toEqual([0]);
    expect(await workspacesOf(`?workspace_id=${alphaId}`)).toEqual([1, alphaId]);
    // A workspace key sees its own, whatever it leaves out.
    expect(await workspacesOf('', alphaKey)).toEqual([1, alphaId]);
  });

  test.each([usage, rates])('%s is refused, where the quirk says so', async (path) => {
    quirk({ policyListsNeedWorkspace: true });
    const { status, body } = await call('GET', path);
    expect([status, body.errorCode, body.error_details.param]).toEqual([400, 'AB01', 'workspace_id']);
    expect(await statusOf('GET', `${path}?workspace_id=${alphaId}`)).toBe(200);
  });
});

describe('configs', () => {
  const config = { name: 'main', config: { cache: { mode: 'simple' } }, workspace_id: alphaId };

  test('mistakes-G1: a write answers its ids flat and in an envelope, and the slug leads to the config', async () => {
    const { body } = await call('POST', '/configs', config);
    const ids = { id: expect.any(String), slug: expect.stringMatching(/^pc-main-/), version_id: expect.any(String) };
    expect(body).toEqual({ success: true, data: ids, ...ids, object: 'config' });
    expect({ id: body.id, slug: body.slug, version_id: body.version_id }).toEqual(body.data);
    expect((await call('GET', `/configs/${body.slug}`)).body).toMatchObject({
      id: body.id,
      version_id: body.version_id,
    });
    const updated = (await call('PUT', `/configs/${body.slug}`, { config: { retry: {} } })).body;
    expect(updated).toMatchObject({ success: true, version_id: updated.data.version_id, slug: body.slug });
    expect(updated.version_id).not.toBe(body.version_id);
  });

  test('mistakes-G1: in the form of the specification alone, where the quirk says so', async () => {
    quirk({ configsInEnvelope: true });
    const { body } = await call('POST', '/configs', config);
    expect(Object.keys(body)).toEqual(['success', 'data']);
    expect(Object.keys((await call('PUT', `/configs/${body.data.slug}`, { name: 'x' })).body)).toEqual([
      'success',
      'data',
    ]);
  });
});

describe('rotation of keys', () => {
  const key = { name: 'ci', workspace_id: alphaId, scopes: ['completions.write'] };
  const make = (rotation_policy: unknown) => create(call, '/api-keys/workspace/service', { ...key, rotation_policy });
  const nextOf = async (id: string) => (await call('GET', `/api-keys/${id}`)).body.rotation_policy?.next_rotation_at;

  test.each([
    ['monthly', { rotation_period: 'monthly' }, '2026-04-01T00:00:00.000Z'],
    // The clock starts on a Wednesday; keys rotate on Mondays.
    ['weekly', { rotation_period: 'weekly' }, '2026-03-16T00:00:00.000Z'],
    ['every ten days', { rotation_period_days: 10 }, '2026-03-21T00:00:00.000Z'],
    ['on a date', { next_rotation_at: '2026-05-05T10:00:00Z' }, '2026-05-05T00:00:00.000Z'],
    [
      'a date before the period',
      { rotation_period: 'weekly', next_rotation_at: '2026-05-05' },
      '2026-05-05T00:00:00.000Z',
    ],
  ])('mistakes-G2: %s shows when it is next', async (_, policy, expected) => {
    expect(await nextOf(await make(policy))).toBe(expected);
  });

  test('mistakes-G2: the date moves with the period and with time, not with being sent again', async () => {
    const id = await make({ rotation_period: 'monthly' });
    const put = (rotation_policy: unknown) => call('PUT', `/api-keys/${id}`, { rotation_policy });
    await put({ rotation_period: 'weekly' });
    expect(await nextOf(id)).toBe('2026-03-16T00:00:00.000Z');
    clock.advance(dayMs);
    await put({ rotation_period_days: 7 });
    expect(await nextOf(id)).toBe('2026-03-19T00:00:00.000Z');
    clock.advance(dayMs);
    await put({ rotation_period_days: 7, key_transition_period_ms: 3_600_000 });
    expect(await nextOf(id)).toBe('2026-03-19T00:00:00.000Z');
    clock.advance(20 * dayMs);
    expect(await nextOf(id)).toBe('2026-04-09T00:00:00.000Z');
    await put(null);
    expect(await nextOf(id)).toBeUndefined();
  });
});

describe('custom models', () => {
  const path = '/integrations/openai-main/models';
  beforeEach(async () => {
    const models = ['a', 'b', 'c'].map((slug) => ({ slug, enabled: true, is_custom: true, base_model_slug: 'gpt-4o' }));
    await call('PUT', path, { models });
  });
  const left = async () => (await call('GET', path)).body.models.map((row: { slug: string }) => row.slug);

  test('mistakes-G3: are deleted by a query or by a body', async () => {
    expect(await statusOf('DELETE', path, { models: ['a', 'b'] })).toBe(200);
    expect(await left()).toEqual(['c']);
    expect(await statusOf('DELETE', `${path}?slugs=c`)).toBe(200);
    expect(await left()).toEqual([]);
  });

  test.each([
    ['nothing', undefined],
    ['an empty list', { models: [] }],
    ['no list', { models: 'a' }],
    ['another member', { slugs: ['a'] }],
    ['a model that is none', { models: ['a', 'nobody'] }],
  ])('mistakes-G3: %s deletes nothing', async (_, body) => {
    expect(await statusOf('DELETE', path, body)).toBe(400);
    expect(await left()).toEqual(['a', 'b', 'c']);
  });

  test('mistakes-G3: a body is refused, where the quirk says so', async () => {
    quirk({ modelsDeletedByQueryOnly: true });
    const { status, body } = await call('DELETE', path, { models: ['a'] });
    expect([status, body.error_details]).toEqual([400, { param: 'slugs', location: 'query' }]);
    expect(await statusOf('DELETE', `${path}?slugs=a`, { models: ['a'] })).toBe(400);
    expect(await statusOf('DELETE', `${path}?slugs=a`)).toBe(200);
  });
});

describe('the date of a changed reset', () => {
  const monthly = { credit_limit: 10, periodic_reset: 'monthly' };
  const weekly = { credit_limit: 10, periodic_reset: 'weekly' };
  const make = () =>
    create(call, '/api-keys/workspace/service', {
      name: 'ci',
      workspace_id: alphaId,
      scopes: ['completions.write'],
      usage_limits: monthly,
    });
  const dateOf = async (id: string) => (await call('GET', `/api-keys/${id}`)).body.usage_limits.next_usage_reset_at;

  test('mistakes-G4: is the new one, or with the quirk the old one, unless a date is sent', async () => {
    const id = await make();
    expect(await dateOf(id)).toBe('2026-04-01T00:00:00.000Z');
    quirk({ changedResetKeepsDate: true });
    await call('PUT', `/api-keys/${id}`, { usage_limits: weekly });
    expect(await dateOf(id)).toBe('2026-04-01T00:00:00.000Z');
    await call('PUT', `/api-keys/${id}`, { usage_limits: { ...weekly, next_usage_reset_at: '2026-03-20' } });
    expect(await dateOf(id)).toBe('2026-03-20T00:00:00.000Z');
    quirk({ changedResetKeepsDate: false });
    await call('PUT', `/api-keys/${id}`, { usage_limits: { ...weekly, credit_limit: 11 } });
    expect(await dateOf(id)).toBe('2026-03-15T00:00:00.000Z');
  });

  test('mistakes-G4: nothing is kept of a limit that never reset', async () => {
    quirk({ changedResetKeepsDate: true });
    const id = await make();
    await call('PUT', `/api-keys/${id}`, { usage_limits: { credit_limit: 10, periodic_reset: null } });
    expect(await dateOf(id)).toBeNull();
    await call('PUT', `/api-keys/${id}`, { usage_limits: weekly });
    expect(await dateOf(id)).toBe('2026-03-15T00:00:00.000Z');
  });
});

test('mistakes-G5: a threshold above the limit of a share is refused, or with the quirk taken, and of shares alone', async () => {
  const limit = { type: 'cost', credit_limit: 50, alert_threshold: 75 };
  const share = { workspaces: [{ id: 'ws-alpha-00000a', enabled: true, usage_limits: [limit] }] };
  const path = '/integrations/openai-main/workspaces';
  expect(await statusOf('PUT', path, share)).toBe(400);
  quirk({ sharesTakeHighThreshold: true });
  expect(await statusOf('PUT', path, share)).toBe(200);
  expect((await call('GET', path)).body.workspaces[0].usage_limits[0]).toMatchObject(limit);
  expect(await statusOf('PUT', `/admin/workspaces/${alphaId}`, { usage_limits: [limit] })).toBe(400);
  expect(await statusOf('POST', usage, { ...usagePolicy, credit_limit: 50, alert_threshold: 75 })).toBe(400);
});

test.each([
  `/providers/?workspace_id=${alphaId}`,
  '/api-keys/',
  '/admin/workspaces/',
  `/admin/workspaces/${alphaId}/`,
  '/policies/usage-limits/',
  '/integrations/openai-main/workspaces/',
  '/configs/',
])('mistakes-G6: %s is the route without its closing slash', async (path) => {
  const open = await call('GET', path);
  const closed = await call('GET', path.replace(/\/(?=\?|$)/, ''));
  expect([open.status, open.text]).toEqual([200, closed.text]);
});

test('mistakes-G6: faults, counts and the audit log know the route by one name', async () => {
  emulator.setFaults([{ path: '/configs', fault: { kind: 'status', status: 503 }, times: 1 }]);
  expect(await statusOf('GET', '/configs/')).toBe(503);
  await call('POST', '/api-keys/workspace/service/', { name: 'x', workspace_id: alphaId, scopes: ['logs.view'] });
  expect(emulator.requests.recent.at(-1)?.path).toBe('/api-keys/workspace/service');
  expect(emulator.store.state.auditLogs.at(-1)).toMatchObject({ resource_type: 'api_key', action: 'create' });
});

describe('people', () => {
  const person = (id: string, org_role: 'owner' | 'admin' | 'member', created: string) => ({
    id,
    first_name: id,
    last_name: 'Example',
    email: `${id}@example.com`,
    org_role,
    role: 'member' as const,
    status: 'active' as const,
    created_at: created,
    last_updated_at: created,
  });
  beforeEach(() => {
    const [alpha, beta] = emulator.store.state.workspaces;
    const ada = person('ada', 'owner', '2026-01-01T00:00:00.000Z');
    alpha?.users.push(ada, person('ben', 'member', '2026-01-02T00:00:00.000Z'));
    beta?.users.push(structuredClone(ada), person('cleo', 'admin', '2026-01-03T00:00:00.000Z'));
  });
  const idsOf = async (query = '') => {
    const { body } = await call('GET', `/admin/users${query}`);
    return [body.total, ...body.data.map((row: { id: string }) => row.id)];
  };

  test('mistakes-G7: are those whom the workspaces name, each once, paged and filtered', async () => {
    expect(await idsOf()).toEqual([3, 'cleo', 'ben', 'ada']);
    expect(await idsOf('?pageSize=2&currentPage=1')).toEqual([3, 'ada']);
    expect(await idsOf('?role=owner')).toEqual([1, 'ada']);
    expect(await idsOf('?email=ben%40example.com')).toEqual([1, 'ben']);
    expect(await statusOf('GET', '/admin/users?role=king')).toBe(400);
    const { body } = await call('GET', '/admin/users/ada');
    expect(body).toMatchObject({ object: 'user', email: 'ada@example.com', role: 'owner', status: 'active' });
    expect(body.updated_at).toBe(body.last_updated_at);
    expect(await statusOf('GET', '/admin/users/nobody')).toBe(404);
    expect(await statusOf('GET', '/admin/users', undefined, alphaKey)).toBe(403);
  });

  test('mistakes-G7: change everywhere at once, and leave everywhere at once', async () => {
    expect((await call('PUT', '/admin/users/ada', { role: 'member' })).body).toMatchObject({
      id: 'ada',
      role: 'member',
    });
    const members = await call('GET', `/admin/workspaces/${betaId}/users/ada`);
    expect(members.body).toMatchObject({ org_role: 'member', role: 'member' });
    expect(await statusOf('PUT', '/admin/users/ada', { role: 'king' })).toBe(400);
    expect(await statusOf('DELETE', '/admin/users/ada')).toBe(200);
    expect(await idsOf()).toEqual([2, 'cleo', 'ben']);
    expect(await statusOf('GET', `/admin/workspaces/${alphaId}/users/ada`)).toBe(404);
  });

  test('mistakes-G7: are invited, seen as invited, and uninvited', async () => {
    const workspaces = [{ id: 'ws-alpha-00000a', role: 'admin' }];
    const sent = { email: 'dee@example.com', role: 'member', workspaces, workspace_api_key_details: { scopes: [] } };
    const { body } = await call('POST', '/admin/users/invites', sent);
    expect(body).toMatchObject({
      id: expect.any(String),
      invite_link: expect.stringContaining(body.id),
      status: 'pending',
      workspaces: [{ id: alphaId, role: 'admin' }],
      created_at: '2026-03-11T10:20:30.000Z',
      expires_at: '2026-03-18T10:20:30.000Z',
    });
    const path = `/admin/users/invites/${body.id}`;
    expect((await call('GET', path)).body).toMatchObject({ email: 'dee@example.com', role: 'member' });
    expect((await call('GET', '/admin/users/invites')).body).toMatchObject({ total: 1, data: [{ id: body.id }] });
    clock.advance(dayMs);
    expect(await statusOf('POST', `${path}/resend`)).toBe(200);
    expect((await call('GET', path)).body.expires_at).toBe('2026-03-19T10:20:30.000Z');
    // Nobody is there who has not come.
    expect(await idsOf()).toEqual([3, 'cleo', 'ben', 'ada']);
    expect(await statusOf('DELETE', path)).toBe(200);
    expect(await statusOf('GET', path)).toBe(404);
  });

  test.each([
    ['no address', { role: 'member' }],
    ['no role', { email: 'dee@example.com' }],
    ['a role that nobody is invited to', { email: 'dee@example.com', role: 'owner' }],
    ['text for workspaces', { email: 'dee@example.com', role: 'member', workspaces: 'all' }],
  ])('mistakes-G7: an invitation with %s is 400', async (_, body) => {
    expect(await statusOf('POST', '/admin/users/invites', body)).toBe(400);
    expect((await call('GET', '/admin/users/invites')).body.total).toBe(0);
  });
});

describe('an integration of one workspace', () => {
  const body = { name: 'own', slug: 'own', ai_provider_id: 'openai', key: 'sample', workspace_id: alphaId };
  beforeEach(async () => {
    await call('POST', '/integrations', body);
  });
  const providers = async () => {
    const { data } = (await call('GET', `/providers?workspace_id=${alphaId}`)).body;
    return data.map((row: { slug: string }) => row.slug);
  };

  test('mistakes-G8: takes the provider along that its creation made, and no other', async () => {
    expect(await providers()).toEqual(['own']);
    const second = { name: 'second', slug: 'second', integration_id: 'own', workspace_id: alphaId };
    await call('POST', '/providers', second);
    expect(await statusOf('DELETE', '/integrations/own')).toBe(409);
    expect(await providers()).toEqual(['second', 'own']);
    await call('DELETE', `/providers/second?workspace_id=${alphaId}`);
    expect(await statusOf('DELETE', '/integrations/own')).toBe(200);
    expect(await providers()).toEqual([]);
  });

  test('mistakes-G8: is held by it, where the quirk says so', async () => {
    quirk({ defaultProviderHoldsIntegration: true });
    expect(await statusOf('DELETE', '/integrations/own')).toBe(409);
    await call('DELETE', `/providers/own?workspace_id=${alphaId}`);
    expect(await statusOf('DELETE', '/integrations/own')).toBe(200);
  });

  test('mistakes-G8: one of the organisation is held by what it was lent for', async () => {
    const grant = { workspaces: [{ id: 'ws-beta-00000b', enabled: true }] };
    await call('PUT', '/integrations/openai-main/workspaces', grant);
    expect(await statusOf('DELETE', '/integrations/openai-main')).toBe(409);
  });
});

describe('a budget lowered below its use', () => {
  const minute = 60_000;
  const entity = {
    id: 'e',
    current_usage: 6000,
    status: 'active',
    is_threshold_alerts_sent: false,
    is_exhausted_alerts_sent: false,
  } as const;
  const makePolicy = async () => {
    const id = await create(call, usage, usagePolicy);
    const row = emulator.store.find('usagePolicies', id);
    if (row !== undefined) row.entities = { 'api_key:k': { ...entity } };
    return id;
  };
  const verdictOf = async (id: string) =>
    (await call('GET', `${usage}/${id}?include_usage=true`)).body.value_key_usage_map['api_key:k'].status;

  test('is called exhausted from the next whole minute on, and woken by a raise', async () => {
    const id = await makePolicy();
    await call('PUT', `${usage}/${id}`, { credit_limit: 50 });
    expect(await verdictOf(id)).toBe('active');
    clock.advance(minute);
    expect(await verdictOf(id)).toBe('exhausted');
    expect((await call('GET', `${usage}/${id}/entities?status=exhausted`)).body.total).toBe(1);
    expect(await call('GET', `${usage}/${id}`).then(({ text }) => text)).not.toContain('verdict');
    await call('PUT', `${usage}/${id}`, { credit_limit: 70 });
    expect(await verdictOf(id)).toBe('active');
  });

  test.each([
    ['lowered and raised again before', async (path: string) => call('PUT', path, { credit_limit: 500 })],
    ['reset before', async (path: string) => call('PUT', path, { reset_usage_for_value: 'api_key:k' })],
  ])('is not called exhausted if it was %s', async (_, meanwhile) => {
    const id = await makePolicy();
    await call('PUT', `${usage}/${id}`, { credit_limit: 50 });
    await meanwhile(`${usage}/${id}`);
    clock.advance(minute);
    expect(await verdictOf(id)).toBe('active');
  });

  test('goes on saying what it said, where the quirk says so, as does what was never lowered', async () => {
    const id = await makePolicy();
    const odd = await makePolicy();
    const row = emulator.store.find('usagePolicies', odd);
    if (row !== undefined) row.credit_limit = 50;
    quirk({ lowerDoesNotExhaust: true });
    await call('PUT', `${usage}/${id}`, { credit_limit: 50 });
    clock.advance(minute);
    expect([await verdictOf(id), await verdictOf(odd)]).toEqual(['active', 'active']);
  });

  test('of a key and of a provider blocks them, of a workspace and a share says so in the limit', async () => {
    const limit = { type: 'cost', credit_limit: 100 };
    const key = { name: 'ci', workspace_id: alphaId, scopes: ['completions.write'], usage_limits: limit };
    const id = await create(call, '/api-keys/workspace/service', key);
    await call('POST', '/providers', {
      name: 'p',
      slug: 'p',
      integration_id: 'openai-main',
      workspace_id: alphaId,
      usage_limits: limit,
    });
    const shares = (credit_limit: number) => ({
      create_default_provider: false,
      workspaces: [{ id: 'ws-alpha-00000a', enabled: true, usage_limits: [{ ...limit, credit_limit }] }],
    });
    const places = [
      [`/api-keys/${id}`, `/api-keys/${id}`, (credit_limit: number) => ({ usage_limits: { ...limit, credit_limit } })],
      [
        `/providers/p?workspace_id=${alphaId}`,
        '',
        (credit_limit: number) => ({ usage_limits: { ...limit, credit_limit } }),
      ],
      [`/admin/workspaces/${alphaId}`, '', (credit_limit: number) => ({ usage_limits: [{ ...limit, credit_limit }] })],
      ['/integrations/openai-main/workspaces', '', shares],
    ] as const;
    for (const [path, , body] of places) await call('PUT', path, body(100));
    const { apiKeys, providers, workspaces, integrations } = emulator.store.state;
    const limits = [
      apiKeys[0]?.usage_limits,
      providers[0]?.usage_limits,
      workspaces[0]?.usage_limits?.[0],
      integrations[0]?.workspaces[0]?.usage_limits?.[0],
    ];
    for (const each of limits) if (each) each.current_usage = 6000;
    for (const [path, , body] of places) await call('PUT', path, body(50));
    const read = async () => {
      const answers = await Promise.all(places.map(([path]) => call('GET', path)));
      const [of, provider, workspace, share] = answers.map(({ body }) => body);
      return [of.status, provider.status, workspace.usage_limits[0].status, share.workspaces[0].usage_limits[0].status];
    };
    expect(await read()).toEqual(['active', 'active', 'active', 'active']);
    clock.advance(minute);
    expect(await read()).toEqual(['exhausted', 'exhausted', 'exhausted', 'exhausted']);
  });
});

describe('models and their prices', () => {
  const ask = async (path: string) => {
    const response = await fetch(path);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  test('a model is read by its id, escaped or not, with the members of its schema', async () => {
    await call('PUT', '/integrations/openai-main/models', {
      models: [{ slug: 'gpt-4o', enabled: true, is_custom: true, base_model_slug: 'gpt-4o' }],
    });
    await call('POST', '/providers', { name: 'p', slug: 'p', integration_id: 'openai-main', workspace_id: alphaId });
    const row = {
      id: '@p/gpt-4o',
      slug: 'gpt-4o',
      canonical_slug: 'gpt-4o',
      object: 'model',
      created: Date.parse('2026-03-11T10:20:30Z') / 1000,
      owned_by: 'openai',
    };
    expect((await call('GET', '/models')).body.data).toEqual([row]);
    expect((await call('GET', '/models/@p/gpt-4o')).body).toEqual(row);
    expect((await call('GET', '/models/%40p%2Fgpt-4o')).body).toEqual(row);
    expect(await statusOf('GET', '/models/@p/nothing')).toBe(404);
  });

  test('the price of a model is public, in cents per token', async () => {
    const { port } = emulator;
    const { status, body } = await ask(`http://127.0.0.1:${port}/model-configs/pricing/openai/gpt-4o`);
    expect([status, body.pay_as_you_go, body.currency]).toEqual([
      200,
      { request_token: { price: 0.00025 }, response_token: { price: 0.001 } },
      'USD',
    ]);
    expect((await ask(`${emulator.url}/model-configs/pricing/openai/gpt-4o`)).body).toEqual(body);
    const unknown = await ask(`http://127.0.0.1:${port}/model-configs/pricing/openai/gpt-9`);
    expect(unknown).toEqual({ status: 404, body: { error: 'Model not found' } });
  });
});

test('a state that lacks what came later is completed', async () => {
  const { invites: _, ...older } = buildState();
  const other = await startEmulator({ state: older, acceptKeys: 'k' });
  expect((await createCall(other)('GET', '/admin/users/invites', undefined, 'k')).body.total).toBe(0);
  await other.close();
});
