/** What holds for every route: keys and scopes, pages, refusals, the audit log, counting, and starting over. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator } from '../../../src/emulator/server.ts';
import {
  adminKey,
  alphaId,
  alphaKey,
  betaId,
  buildState,
  type Call,
  create,
  createCall,
  createClock,
  startTestEmulator,
  usagePolicy,
} from './calls.ts';

const usage = '/policies/usage-limits';
const keys = {
  reader: { key: 'reader', kind: 'organisation-service', scopes: ['policies.read', 'policies:list'] },
  user: { key: 'user', kind: 'workspace-user', workspaceId: betaId },
  lost: { key: 'lost', kind: 'workspace-service', workspaceId: 'ws-gone-000000' },
} as const;

let emulator: Emulator;
let call: Call;
const clock = createClock();

beforeAll(async () => {
  emulator = await startTestEmulator({
    now: clock.now,
    acceptKeys: [
      { key: adminKey, kind: 'organisation-service' },
      { key: alphaKey, kind: 'workspace-service', workspaceId: 'ws-alpha-00000a' },
      ...Object.values(keys),
    ],
  });
  call = createCall(emulator);
});
afterAll(() => emulator.close());
beforeEach(() => emulator.reset());

describe('keys and scopes', () => {
  it.each([[''], ['unknown']])('refuses the key %j with 401 AB05', async (key) => {
    const answer = await call('GET', usage, undefined, key);
    expect([answer.status, answer.body]).toEqual([
      401,
      { success: false, data: { message: 'Unauthorised Request', errorCode: 'AB05' } },
    ]);
  });

  it('accepts one admin key written as text', async () => {
    const { app } = createEmulator({ acceptKeys: 'only', state: buildState() });
    const ask = (key: string) => app.request('/v1/admin/workspaces', { headers: { 'x-portkey-api-key': key } });
    expect([(await ask('only')).status, (await ask('other')).status]).toEqual([200, 401]);
  });

  it('refuses what a scope does not cover, spelled with a dot or a colon', async () => {
    expect((await call('GET', `${usage}?workspace_id=${alphaId}`, undefined, 'reader')).status).toBe(200);
    const answer = await call('POST', usage, usagePolicy, 'reader');
    expect([answer.status, answer.body.errorCode]).toEqual([403, 'AB03']);
  });

  it('answers a user key for its own workspace', async () => {
    await create(call, usage, { ...usagePolicy, workspace_id: betaId });
    const { body } = await call('GET', `${usage}?workspace_id=${alphaId}`, undefined, 'user');
    expect(body.data).toMatchObject([{ workspace_id: betaId }]);
    expect((await call('GET', usage, undefined, 'lost')).status).toBe(403);
  });

  it('lets in the keys it made, with their scopes and their workspace', async () => {
    const made = await call('POST', '/api-keys/workspace/service', {
      name: 'ci',
      workspace_id: alphaId,
      scopes: ['policies.list'],
    });
    const { key } = made.body;
    expect((await call('GET', usage, undefined, key)).status).toBe(200);
    expect((await call('POST', usage, usagePolicy, key)).status).toBe(403);
    expect((await call('GET', '/admin/workspaces', undefined, key)).status).toBe(403);
  });
});

describe('pages', () => {
  beforeEach(async () => {
    for (let n = 0; n < 105; n += 1) await create(call, usage, { ...usagePolicy, name: `p${n}` });
  });

  it.each([
    ['', 105, 'p104'],
    ['&page_size=10', 10, 'p104'],
    ['&page_size=10&current_page=0', 10, 'p104'],
    ['&page_size=10&current_page=1', 10, 'p94'],
    ['&page_size=10&current_page=10', 5, 'p4'],
    ['&page_size=10&current_page=11', 0, undefined],
    ['&page_size=500', 100, 'p104'],
    ['&current_page=1', 5, 'p4'],
  ])('%j: %d rows from %s, total of all', async (query, length, first) => {
    const { body } = await call('GET', `${usage}?workspace_id=${alphaId}${query}`);
    expect([body.total, body.data.length, body.data[0]?.name]).toEqual([105, length, first]);
  });

  it.each([['page_size=ten'], ['current_page=-1'], ['page_size=1.5']])('refuses %s', async (query) => {
    const answer = await call('GET', `${usage}?workspace_id=${alphaId}&${query}`);
    expect([answer.status, answer.body.errorCode, answer.body.error_details.location]).toEqual([400, 'AB01', 'query']);
  });
});

describe('refusals', () => {
  it('names code, message and place', async () => {
    const answer = await call('POST', usage, { ...usagePolicy, periodic_reset: 'weekly', periodic_reset_days: 3 });
    expect(answer.body).toEqual({
      errorCode: 'AB01',
      message: 'Cannot set both periodic_reset and periodic_reset_days',
      error_details: { param: 'periodic_reset', location: 'body' },
    });
  });

  it.each([
    ['flat', { errorCode: 'AB08', message: 'Policy not found' }],
    ['success-data', { success: false, data: { errorCode: 'AB08', message: 'Policy not found' } }],
    [
      'nested',
      {
        status_code: 404,
        success: false,
        error: { message: 'Policy not found', slug: 'not_found', code: 'AB08', type: 'api_error' },
      },
    ],
  ] as const)('comes in the shape %s', async (errorShape, body) => {
    emulator.setQuirks({ errorShape });
    expect((await call('GET', `${usage}/none`)).body).toEqual(body);
  });

  it('answers 404 for what it does not serve', async () => {
    expect((await call('GET', '/nowhere')).status).toBe(404);
    expect((await fetch(emulator.url.replace('/v1', '/v9/policies'))).status).toBe(404);
  });
});

describe('audit log', () => {
  it('keeps every write of a known caller, refused ones too, secrets masked', async () => {
    await call('GET', '/admin/workspaces');
    await call('POST', usage, usagePolicy);
    await call('POST', usage, { ...usagePolicy, name: null });
    await call('PUT', '/integrations/openai-main?x=1', { key: 'sk-secret-xyz' });
    await call('DELETE', `${usage}/none`, undefined, alphaKey);
    await call('POST', usage, usagePolicy, 'unknown');
    const rows = emulator.store.state.auditLogs;
    expect(rows.map((row) => [row.method, row.uri, row.response_status_code, row.resource_type, row.action])).toEqual([
      ['POST', '/v1/policies/usage-limits', 200, 'usage_limits_policy', 'create'],
      ['POST', '/v1/policies/usage-limits', 400, 'usage_limits_policy', 'create'],
      ['PUT', '/v1/integrations/openai-main', 200, 'integration', 'update'],
      ['DELETE', '/v1/policies/usage-limits/none', 404, 'usage_limits_policy', 'delete'],
    ]);
    expect(rows[0]).toMatchObject({
      timestamp: '2026-03-11T10:20:30.000Z',
      request_body: JSON.stringify(usagePolicy),
      workspace_id: alphaId,
      user_type: 'api_key',
      organisation_id: emulator.store.state.organisation.id,
      query_params: '{}',
    });
    expect(rows[2]).toMatchObject({ request_body: '{"key":"*****"}', query_params: '{"x":"1"}' });
    expect(JSON.stringify(rows)).not.toContain(adminKey);
  });
});

describe('counting', () => {
  it('counts by route and keeps what was sent', async () => {
    const id = await create(call, usage, usagePolicy);
    await call('GET', `${usage}/${id}`);
    await call('PUT', `${usage}/${id}`, { credit_limit: 600 });
    await call('POST', `/api-keys/${id}/rotate`);
    await call('GET', '/nowhere', undefined, 'unknown');
    const { requests } = emulator;
    expect(requests.counts).toEqual({
      'POST /policies/usage-limits': 1,
      'GET /policies/usage-limits/:id': 1,
      'PUT /policies/usage-limits/:id': 1,
      'POST /api-keys/:id/rotate': 1,
      'GET *': 1,
    });
    expect([requests.total, requests.count('GET'), requests.countWrites()]).toEqual([5, 2, 3]);
    expect(requests.count('PUT', '/policies/usage-limits/:id')).toBe(1);
    expect(requests.recent[2]).toEqual({
      method: 'PUT',
      path: `${usage}/${id}`,
      route: '/policies/usage-limits/:id',
      query: {},
      body: { credit_limit: 600 },
      status: 200,
    });
  });
});

describe('starting over', () => {
  it('goes back to the first state, and repeats the same ids', async () => {
    emulator.setQuirks({ deleteAnswers204: true });
    const id = await create(call, usage, usagePolicy);
    emulator.store.loadState(emulator.store.exportState());
    expect((await call('DELETE', `${usage}/${id}`)).status).toBe(204);
    emulator.reset();
    expect(emulator.store.exportState()).toEqual(buildState());
    expect(emulator.requests.total).toBe(0);
    expect(await create(call, usage, usagePolicy)).toBe(id);
    expect((await call('DELETE', `${usage}/${id}`)).status).toBe(200);
  });
});
