/** The calls of the vendor's gateway, played: what it is told, what its reports do, and what it is told to forget. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Emulator } from '../../src/emulator/server.ts';
import {
  type Answer,
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
} from './core/calls.ts';

const usage = '/policies/usage-limits';
const minute = 60_000;

let emulator: Emulator;
let call: Call;
let clock = createClock();
let keyId: string;
let secret: string;
let policyId: string;

beforeAll(async () => {
  emulator = await startTestEmulator({ now: () => clock.now() });
  call = createCall(emulator);
});
afterAll(() => emulator.close());
beforeEach(async () => {
  clock = createClock();
  emulator.reset();
  const key = {
    name: 'caller',
    workspace_id: alphaId,
    scopes: ['completions.write'],
    usage_limits: { credit_limit: 100, alert_threshold: 50, periodic_reset: 'monthly' },
    rate_limits: [{ type: 'requests', unit: 'rpm', value: 2 }],
    defaults: { metadata: { team: 'search' } },
  };
  ({ id: keyId, key: secret } = (await call('POST', '/api-keys/workspace/service', key)).body);
  policyId = await create(call, usage, { ...usagePolicy, credit_limit: 10, periodic_reset: 'monthly' });
});

/** As the gateway calls: from the root, its own credential, and the caller's key where there is a caller. */
async function ask(
  method: string,
  path: string,
  {
    body,
    caller,
    auth = adminKey,
    port = emulator.port,
  }: { body?: unknown; caller?: string; auth?: string; port?: number } = {},
): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(auth !== '' && { authorization: auth }),
      ...(caller !== undefined && { 'x-portkey-api-key': caller }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: text === '' ? undefined : JSON.parse(text) };
}

const organisation = () => emulator.store.state.organisation.id;
const details = (caller = secret, auth = adminKey) =>
  ask('GET', '/v2/api-keys/self/details?include_organisation=true&include_workspace=true', { caller, auth });
const resync = (body: unknown) => ask('POST', `/v1/organisation/${organisation()}/resync`, { body });
const sync = async (identifier = 'SYNC_ID_1', port = emulator.port) => {
  const path = `/v1/organisation/${organisation()}/sync/0?version=2.2.3&identifier=${identifier}`;
  return (await ask('GET', path, { port })).body.data;
};
const mapOf = async () => (await call('GET', `${usage}/${policyId}?include_usage=true`)).body.value_key_usage_map;

describe('what a gateway is told of a key', () => {
  test('is the key, its organisation, its workspace and the policies there', async () => {
    await create(call, '/policies/rate-limits', ratePolicy);
    const { status, body } = await details();
    expect(status).toBe(200);
    const { api_key_details: key, organisation_details: of, workspace_details: workspace } = body.data;
    expect(key).toMatchObject({
      id: keyId,
      status: 'active',
      expires_at: null,
      scopes: ['completions.write'],
      usage_limits: [{ type: 'cost', credit_limit: 100, alert_threshold: 50, status: 'active' }],
      rate_limits: [{ type: 'requests', unit: 'rpm', value: 2 }],
      defaults: { metadata: { team: 'search' }, config_slug: null },
    });
    expect(of).toMatchObject({
      organisation_id: organisation(),
      settings: { is_api_key_limit_enabled: true },
      is_first_generation_done: true,
    });
    expect(workspace).toMatchObject({
      id: alphaId,
      slug: 'ws-alpha-00000a',
      status: 'active',
      policies: {
        usage_limits: [
          {
            id: policyId,
            conditions: usagePolicy.conditions,
            group_by: usagePolicy.group_by,
            type: 'cost',
            credit_limit: 10,
            status: 'active',
          },
        ],
        rate_limits: [{ type: 'requests', unit: 'rpm', value: 100, status: 'active' }],
      },
    });
    // The secret is the caller's to know.
    expect(JSON.stringify(body)).not.toContain(secret);
  });

  test('has no policies that are archived, of another workspace, or on tools', async () => {
    await create(call, usage, { ...usagePolicy, workspace_id: betaId });
    await create(call, '/policies/rate-limits', { ...ratePolicy, target: 'mcp_tools' });
    await call('DELETE', `${usage}/${policyId}`);
    const { policies } = (await details()).body.data.workspace_details;
    expect(policies).toEqual({ usage_limits: [], rate_limits: [] });
  });

  test.each([
    ['a key that is not known', () => details('unknown')],
    ['no key', () => details('')],
    ['an admin key, which calls no model', () => details(adminKey)],
    ['no gateway', () => details(secret, '')],
    ['a gateway that shows the key of a caller', () => details(secret, secret)],
    ['a gateway that shows a workspace key', () => details(secret, alphaKey)],
  ])('is nothing for %s', async (_, answer) => {
    expect((await answer()).status).toBe(401);
  });

  test('is nothing once the key has expired, and asked for again soon where the quirk says so', async () => {
    await call('PUT', `/api-keys/${keyId}`, { expires_at: '2026-03-12T00:00:00Z' });
    expect((await details()).body.data.api_key_details.expires_at).toBe('2026-03-12T00:00:00.000Z');
    emulator.setQuirks({ gatewaysForgetKeys: true, keyLimitsNotMetered: true });
    const { api_key_details: key, organisation_details: of } = (await details(secret, `Bearer ${adminKey}`)).body.data;
    expect(key.expires_at).toBe('2026-03-11T10:20:35.000Z');
    expect(of.settings.is_api_key_limit_enabled).toBe(false);
    clock.advance(dayMs);
    expect((await details()).status).toBe(401);
  });
});

describe('what a gateway is told of a provider and a config', () => {
  const query = () => `?organisation_id=${organisation()}&workspace_id=${alphaId}`;

  test('is the provider with its integration, in its own workspace', async () => {
    const limit = { type: 'cost', credit_limit: 20 };
    await call('PUT', '/integrations/openai-main', { configurations: { custom_host: 'http://127.0.0.1:9000/v1' } });
    await call('PUT', '/integrations/openai-main/workspaces', {
      create_default_provider: false,
      workspaces: [{ id: 'ws-alpha-00000a', enabled: true, usage_limits: [limit] }],
    });
    await call('PUT', '/integrations/openai-main/models', {
      models: [{ slug: 'mine', enabled: false, is_custom: true, base_model_slug: 'gpt-4o' }],
    });
    const provider = {
      name: 'p',
      slug: 'p',
      integration_id: 'openai-main',
      workspace_id: alphaId,
      usage_limits: limit,
    };
    await call('POST', '/providers', provider);
    const { body } = await ask('GET', `/v2/virtual-keys/p${query()}`, { caller: secret });
    expect(body.data).toMatchObject({
      slug: 'p',
      ai_provider_name: 'openai',
      workspace_id: alphaId,
      status: 'active',
      model_config: { customHost: 'http://127.0.0.1:9000/v1' },
      usage_limits: [{ credit_limit: 20, status: 'active' }],
      integration_details: {
        slug: 'openai-main',
        status: 'active',
        models: [{ slug: 'mine', status: 'archived', pricing_config: null }],
        usage_limits: [{ credit_limit: 20 }],
      },
    });
    expect((await ask('GET', `/v2/virtual-keys/none${query()}`, { caller: secret })).status).toBe(404);
    expect((await ask('GET', `/v2/virtual-keys/p?organisation_id=${betaId}`, { caller: secret })).status).toBe(404);
  });

  test('is the config as text, of the last version', async () => {
    const made = await call('POST', '/configs', { name: 'c', config: { retry: {} }, workspace_id: alphaId });
    const path = `/v2/configs/${made.body.slug}${query()}`;
    expect((await ask('GET', path, { caller: secret })).body.data).toMatchObject({
      slug: made.body.slug,
      version_id: made.body.version_id,
      config: '{"retry":{}}',
    });
    await call('PUT', `/configs/${made.body.slug}`, { status: 'archived' });
    expect((await ask('GET', path, { caller: secret })).status).toBe(404);
  });
});

describe('what a gateway reports', () => {
  const entry = (value: number) => ({ id: policyId, value_key: 'api_key:k', usage: value });

  test('since its last report is added to the counter of a policy, which ends it', async () => {
    expect((await resync({ usageLimitsPoliciesToUpdateUsage: [entry(400.25)] })).status).toBe(200);
    await resync({ usageLimitsPoliciesToUpdateUsage: [entry(200.5)] });
    expect(await mapOf()).toEqual({
      'api_key:k': {
        current_usage: 600.75,
        status: 'active',
        is_threshold_alerts_sent: false,
        is_exhausted_alerts_sent: false,
      },
    });
    await resync({ usageLimitsPoliciesToUpdateUsage: [entry(399.25)] });
    expect((await mapOf())['api_key:k']).toMatchObject({ current_usage: 1000, status: 'exhausted' });
  });

  test('with a verdict is the whole counter, and a verdict alone says that the limit was reached', async () => {
    await resync({ usageLimitsPoliciesToUpdateUsage: [entry(400)] });
    const value = { id: policyId, value_key: 'api_key:k' };
    await resync({ usageLimitsPoliciesToUpdateUsage: [entry(1100)], usageLimitsPoliciesToExhaust: [value] });
    expect((await mapOf())['api_key:k']).toMatchObject({ current_usage: 1100, status: 'exhausted' });
    await resync({ usageLimitsPoliciesToExhaust: [{ ...value, value_key: 'api_key:other' }] });
    expect((await mapOf())['api_key:other']).toMatchObject({ current_usage: 1000, status: 'exhausted' });
  });

  test('of keys, providers, workspaces and shares moves their counters', async () => {
    const limit = { type: 'cost', credit_limit: 10 };
    const provider = {
      name: 'p',
      slug: 'p',
      integration_id: 'openai-main',
      workspace_id: alphaId,
      usage_limits: limit,
    };
    const { id: providerId } = (await call('POST', '/providers', provider)).body;
    const tokens = { type: 'tokens', credit_limit: 1000 };
    await call('PUT', `/admin/workspaces/${alphaId}`, { usage_limits: [limit, tokens] });
    await call('PUT', '/integrations/openai-main/workspaces', {
      create_default_provider: false,
      workspaces: [{ id: 'ws-alpha-00000a', enabled: true, usage_limits: [limit] }],
    });
    const integration = emulator.store.find('integrations', 'openai-main')?.id;
    const tokenLimit = emulator.store.find('workspaces', alphaId)?.usage_limits?.[1]?.id;
    await resync({
      apiKeysToUpdateUsage: [{ id: secret, usage: 5000 }],
      virtualKeyIdsToUpdateUsage: [{ id: providerId, usage: 1000 }],
      integrationWorkspacesToUpdateUsage: [{ integration_id: integration, workspace_id: alphaId, usage: 999 }],
      keysToUpdateUsage: [
        { key: alphaId, type: 'WORKSPACE', counterType: 'cost', usage: 7 },
        { key: alphaId, type: 'WORKSPACE', counterType: 'tokens', usage: 1200, usageLimitId: tokenLimit },
      ],
    });
    const read = async (path: string) => (await call('GET', path)).body;
    expect(await read(`/api-keys/${keyId}`)).toMatchObject({
      status: 'active',
      usage_limits: { current_usage: 5000, is_threshold_alerts_sent: true },
    });
    expect(await read(`/providers/p?workspace_id=${alphaId}`)).toMatchObject({ status: 'exhausted' });
    expect((await read(`/admin/workspaces/${alphaId}`)).usage_limits).toMatchObject([
      { current_usage: 7, status: 'active' },
      { current_usage: 1200, status: 'exhausted' },
    ]);
    const [share] = (await read('/integrations/openai-main/workspaces')).workspaces;
    expect(share.usage_limits).toMatchObject([{ current_usage: 999, status: 'active' }]);
    await resync({ apiKeysToExhaust: [secret] });
    expect(await read(`/api-keys/${keyId}`)).toMatchObject({
      status: 'exhausted',
      usage_limits: { current_usage: 10_000 },
    });
    expect((await details()).body.data.api_key_details).toMatchObject({
      status: 'exhausted',
      usage_limits: [{ status: 'exhausted' }],
    });
    await resync({ apiKeysToReset: [secret], virtualKeyIdsToExpire: [providerId] });
    expect(await read(`/api-keys/${keyId}`)).toMatchObject({ status: 'active', usage_limits: { current_usage: 0 } });
    expect(await read(`/providers/p?workspace_id=${alphaId}`)).toMatchObject({ status: 'expired' });
  });

  test.each([
    ['nothing', {}],
    [
      'names that are not here',
      { apiKeysToUpdateUsage: [{ id: 'x', usage: 1 }], usageLimitsPoliciesToExhaust: [{ id: betaId, value_key: 'a' }] },
    ],
    ['no lists', { apiKeysToUpdateUsage: 'x', keysToUpdateUsage: { key: alphaId }, virtualKeyIdsToExhaust: [7, null] }],
    ['no numbers', { usageLimitsPoliciesToUpdateUsage: [{ id: 'x', value_key: 7, usage: 'many' }] }],
  ])('and is %s moves nothing, and is taken', async (_, body) => {
    const before = emulator.store.exportState();
    expect((await resync(body)).status).toBe(200);
    expect(emulator.store.exportState()).toEqual(before);
  });

  test('of another organisation, or by nobody, is refused', async () => {
    expect((await ask('POST', `/v1/organisation/${betaId}/resync`, { body: {} })).status).toBe(404);
    expect((await ask('POST', `/v1/organisation/${organisation()}/resync`, { body: {}, auth: '' })).status).toBe(401);
    expect((await ask('POST', '/v1/dp/metrics', { body: {}, auth: 'x' })).status).toBe(401);
  });

  test('as metrics of a request that was retried counts as rescued, though gateways write the number as text', async () => {
    // As the gateway (2.2.3, Node) sends it, with its own names and what it leaves empty.
    const row = {
      id: 'c1f19404-75e0-413a-b6d2-e3dde85df518',
      organisation_id: organisation(),
      user_id: '',
      prompt_id: '',
      created_at: '2026-03-11 10:18:37.979',
      is_success: true,
      ai_org: 'openai',
      ai_model: 'gpt-4o',
      req_units: 500_000,
      res_units: 500_000,
      total_units: 1_000_000,
      cost: 625,
      cost_currency: 'USD',
      request_url: 'http://127.0.0.1:9000/v1/chat/completions',
      response_status_code: 200,
      response_time: 31,
      is_proxy_call: false,
      cache_status: 'DISABLED',
      stream_mode: 0,
      retry_success_count: '1',
      trace_id: '2f193b80-6751-4d1e-b154-32ae27580777',
      span_id: 'c1f19404-75e0-413a-b6d2-e3dde85df518',
      mode: 'single',
      virtual_key: 'openai-prod',
      source: 'rubeus-2',
      config: '',
      last_used_option_index: -1,
      prompt_slug: '',
      workspace_slug: 'ws-alpha-00000a',
      'metadata.key': [],
      'metadata.value': [],
      api_key_id: keyId,
      gateway_version: '2.2.3',
    };
    await ask('POST', '/v1/dp/metrics', { body: { table: 'generations', data: [row] } });
    expect(emulator.store.find('requestLogs', row.id)).toMatchObject({
      created_at: '2026-03-11T10:18:37.000Z',
      cost: 625,
      retry_success_count: 1,
    });
  });

  test('as metrics is what analytics and logs show, once', async () => {
    const row = {
      id: '70000000-0000-4000-8000-000000000001',
      trace_id: 't',
      workspace_slug: 'ws-alpha-00000a',
      api_key_id: keyId,
      created_at: '2026-03-11 10:19:00',
      is_success: true,
      ai_org: 'openai',
      ai_model: 'gpt-4o',
      virtual_key: 'p',
      req_units: 1000,
      res_units: 200,
      total_units: 1200,
      cost: 0.45,
      response_status_code: 200,
      response_time: 12,
      cache_status: 'DISABLED',
      'metadata.key': ['team', '_user'],
      'metadata.value': ['search', 'ada'],
    };
    const body = { table: 'generations', data: [row, { id: 'hook' }, { ...row, id: 'x', workspace_slug: 'ws-none' }] };
    for (let sent = 0; sent < 2; sent += 1) expect((await ask('POST', '/v1/dp/metrics', { body })).status).toBe(200);
    const range = 'time_of_generation_min=2026-03-11T00:00:00Z&time_of_generation_max=2026-03-12T00:00:00Z';
    const graph = await call('GET', `/analytics/graphs/cost?${range}&workspace_slug=ws-alpha-00000a`);
    expect(graph.body.summary.total).toBe(0.45);
    const users = await call('GET', `/analytics/groups/metadata/_user?${range}&workspace_slug=ws-alpha-00000a`);
    expect(users.body.data).toMatchObject([{ metadata_value: 'ada', requests: 1 }]);
    expect((await call('GET', `/logs/${row.id}`)).status).toBe(200);
    // Counters move by reports of use alone: a gateway sends both.
    expect(await mapOf()).toEqual({});
    const log = { logObject: {}, logOptions: { organisationId: organisation() } };
    const path = `/v1/logs/enterprise/logs?organisation_id=${organisation()}`;
    expect((await ask('POST', path, { body: log })).status).toBe(200);
  });
});

describe('what a gateway is told to forget', () => {
  const none = { apiKeyIds: [], virtualKeysV2: [], configsV2: [], usageLimitsPolicyUpdatedValues: [] };
  const value = () => ({ policy_id: policyId, value_key: 'api_key:k', workspace_id: alphaId });
  const spend = (amount: number) =>
    resync({ usageLimitsPoliciesToUpdateUsage: [{ id: policyId, value_key: 'api_key:k', usage: amount }] });

  test('is everything at first, and nothing while nothing changes', async () => {
    expect(await sync()).toMatchObject({ ...none, apiKeyIds: [keyId] });
    expect(await sync()).toMatchObject(none);
    // Use is not a change: gateways count, and are told a verdict.
    await spend(10);
    await resync({ apiKeysToUpdateUsage: [{ id: secret, usage: 1 }] });
    expect(await sync()).toMatchObject(none);
    expect(await sync('SYNC_ID_2')).toMatchObject({
      ...none,
      apiKeyIds: [keyId],
      usageLimitsPolicyUpdatedValues: [{ ...value(), status: 'active' }],
    });
  });

  test.each([
    [
      'a policy of the workspace',
      () => call('PUT', `${usage}/${policyId}`, { conditions: [{ key: 'model', value: '*' }] }),
    ],
    [
      'a limit of the workspace',
      () => call('PUT', `/admin/workspaces/${alphaId}`, { usage_limits: [{ credit_limit: 9 }] }),
    ],
    ['the key', () => call('PUT', `/api-keys/${keyId}`, { rate_limits: null })],
    ['the secret', () => call('POST', `/api-keys/${keyId}/rotate`, {})],
    ['whether there is a key', () => call('DELETE', `/api-keys/${keyId}`)],
    ['a verdict on the key', () => resync({ apiKeysToExhaust: [secret] })],
  ])('is the key, once, after a change of %s', async (_, change) => {
    await sync();
    await sync('SYNC_ID_2');
    await change();
    for (const name of ['SYNC_ID_1', 'SYNC_ID_2']) expect((await sync(name)).apiKeyIds).toEqual([keyId]);
    expect((await sync()).apiKeyIds).toEqual([]);
  });

  test('are providers and configs by slug and workspace', async () => {
    await call('POST', '/providers', { name: 'p', slug: 'p', integration_id: 'openai-main', workspace_id: alphaId });
    const { slug } = (await call('POST', '/configs', { name: 'c', config: {}, workspace_id: alphaId })).body;
    await sync();
    await call('PUT', '/integrations/openai-main', { configurations: { custom_host: 'http://127.0.0.1:1' } });
    await call('PUT', `/configs/${slug}`, { config: { retry: {} } });
    expect(await sync()).toMatchObject({
      ...none,
      virtualKeysV2: [{ slug: 'p', workspace_id: alphaId }],
      configsV2: [{ slug, workspace_id: alphaId }],
    });
    await call('DELETE', `/providers/p?workspace_id=${alphaId}`);
    expect((await sync()).virtualKeysV2).toEqual([{ slug: 'p', workspace_id: alphaId }]);
  });

  test('are values exhausted, told once to each gateway, and all of them to a new one', async () => {
    await sync();
    await spend(1000);
    const exhausted = [{ ...value(), status: 'exhausted' }];
    expect((await sync()).usageLimitsPolicyUpdatedValues).toEqual(exhausted);
    expect((await sync()).usageLimitsPolicyUpdatedValues).toEqual([]);
    expect((await sync('SYNC_ID_2')).usageLimitsPolicyUpdatedValues).toEqual(exhausted);
  });

  test('are values that were freed while the emulator was stopped: a gateway keeps what it was told, and its name', async () => {
    await spend(1000);
    await sync('SYNC_ID_kept');
    await call('PUT', `${usage}/${policyId}`, { credit_limit: 20 });
    const again = await startTestEmulator({ now: () => clock.now(), state: emulator.store.exportState() });
    try {
      const { usageLimitsPolicyUpdatedValues: told } = await sync('SYNC_ID_kept', again.port);
      expect(told).toEqual([{ ...value(), status: 'active' }]);
    } finally {
      await again.close();
    }
  });

  test.each([
    ['a raise', () => call('PUT', `${usage}/${policyId}`, { credit_limit: 20 })],
    ['a reset by hand', () => call('PUT', `${usage}/${policyId}`, { reset_usage_for_value: 'api_key:k' })],
    ['a reset by the calendar', async () => clock.advance(30 * dayMs)],
    ['its removal', () => call('DELETE', `${usage}/${policyId}`)],
  ])('are values that are free again after %s', async (_, change) => {
    await spend(1000);
    await sync();
    await change();
    expect((await sync()).usageLimitsPolicyUpdatedValues).toEqual([{ ...value(), status: 'active' }]);
    expect((await sync()).usageLimitsPolicyUpdatedValues).toEqual([]);
  });

  test('are values above a limit that was lowered, at the next sync and not before the minute is over', async () => {
    await spend(600);
    await sync();
    await call('PUT', `${usage}/${policyId}`, { credit_limit: 5 });
    expect((await mapOf())['api_key:k'].status).toBe('active');
    expect((await sync()).usageLimitsPolicyUpdatedValues).toEqual([{ ...value(), status: 'exhausted' }]);
    expect((await mapOf())['api_key:k'].status).toBe('exhausted');
  });

  test('are such values after the minute as well, and never where the quirk says so', async () => {
    await spend(600);
    emulator.setQuirks({ lowerDoesNotExhaust: true });
    await sync('own');
    await call('PUT', `${usage}/${policyId}`, { credit_limit: 7 });
    await call('PUT', `${usage}/${policyId}`, { credit_limit: 5 });
    clock.advance(minute);
    expect((await sync('own')).usageLimitsPolicyUpdatedValues).toEqual([]);
    // The next metered call is what gives the verdict then.
    await spend(1);
    expect((await sync('own')).usageLimitsPolicyUpdatedValues).toEqual([{ ...value(), status: 'exhausted' }]);
  });
});

test('a gateway outlives a reset, and is told what it has to forget of the time before', async () => {
  await resync({ usageLimitsPoliciesToUpdateUsage: [{ id: policyId, value_key: 'api_key:k', usage: 1000 }] });
  await sync('outlives');
  emulator.reset();
  expect(await sync('outlives')).toMatchObject({
    apiKeyIds: [keyId],
    usageLimitsPolicyUpdatedValues: [{ policy_id: policyId, status: 'active' }],
  });
});

test('faults and counts know the routes of gateways', async () => {
  emulator.setFaults([{ path: '/v2/**', fault: { kind: 'status', status: 503 }, times: 1 }]);
  expect((await details()).status).toBe(503);
  expect((await details()).status).toBe(200);
  await sync();
  expect(emulator.requests.count('GET', '/v2/api-keys/self/details')).toBe(1);
  expect(emulator.requests.count('GET', '/organisation/:organisation/sync/:since')).toBe(1);
});
