import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Emulator } from '../../../src/emulator/server.ts';
import { alphaId, alphaKey, betaId, type Call, createCall, createClock, startTestEmulator } from './calls.ts';

const base = '/integrations/openai-main';
const alpha = 'ws-alpha-00000a';
const beta = 'ws-beta-00000b';

let emulator: Emulator;
let call: Call;
const clock = createClock();

beforeAll(async () => {
  emulator = await startTestEmulator({ now: clock.now });
  call = createCall(emulator);
});
afterAll(() => emulator.close());
beforeEach(() => emulator.reset());

async function readAccess() {
  return (await call('GET', `${base}/workspaces`)).body;
}

async function lend(...workspaces: object[]) {
  return call('PUT', `${base}/workspaces`, { workspaces, create_default_provider: false });
}

describe('integrations', () => {
  it('lists those of a workspace, and filters by type', async () => {
    await call('POST', '/integrations', {
      name: 'Own',
      slug: 'own',
      ai_provider_id: 'anthropic',
      workspace_id: betaId,
    });
    const slugs = async (query: string, key?: string) =>
      (await call('GET', `/integrations${query}`, undefined, key)).body.data.map(({ slug }: { slug: string }) => slug);
    expect(await slugs('')).toEqual(['own', 'openai-main']);
    expect(await slugs('?type=organisation')).toEqual(['openai-main']);
    expect(await slugs(`?workspace_id=${beta}`)).toEqual(['own']);
    expect(await slugs('', alphaKey)).toEqual(['openai-main']);
    expect((await call('GET', '/integrations/own', undefined, alphaKey)).status).toBe(403);
  });

  it('shows more on get, secrets masked', async () => {
    await call('PUT', base, {
      key: 'sk-secret-xyz',
      configurations: { aws_region: 'eu', aws_secret_access_key: 'abcdefgh' },
      pricing_adjustments: { multiplier: { default: 1.2 } },
    });
    const { body } = await call('GET', base);
    expect(body).toMatchObject({
      masked_key: 'sk*****xyz',
      configurations: { aws_region: 'eu', masked_aws_secret_access_key: 'ab*****fgh' },
      pricing_adjustments: { multiplier: { default: 1.2 } },
      global_workspace_access_settings: null,
      workspace_count: 1,
      allow_all_models: true,
      object: 'integration',
    });
    await call('PUT', base, { pricing_adjustments: null });
    expect((await call('GET', base)).body.pricing_adjustments).toBeNull();
    expect((await call('PUT', base, { pricing_adjustments: { multiplier: { default: -1 } } })).status).toBe(400);
  });

  it('is not found under /admin, and not deleted while in use', async () => {
    expect((await call('GET', '/admin/integrations')).status).toBe(400);
    await call('PUT', `${base}/workspaces`, { workspaces: [{ id: alpha, enabled: true }] });
    expect((await call('DELETE', base)).status).toBe(409);
    await call('DELETE', `/providers/openai-main?workspace_id=${alphaId}`);
    expect((await call('DELETE', base)).text).toBe('{}');
    expect((await call('GET', base)).status).toBe(404);
  });
});

describe('access of workspaces', () => {
  it('lists by slug, without an envelope of lists', async () => {
    expect(await readAccess()).toEqual({
      total: 1,
      workspaces: [{ id: alpha, enabled: true, usage_limits: null, rate_limits: null }],
    });
  });

  it('changes what is listed, by slug or UUID, and leaves the rest', async () => {
    await lend({ id: alpha, enabled: true, usage_limits: [{ credit_limit: 50, periodic_reset: 'weekly' }] });
    await lend({ id: betaId, enabled: true, rate_limits: [{ type: 'requests', unit: 'rph', value: 3 }] });
    expect((await readAccess()).workspaces).toMatchObject([
      {
        id: alpha,
        usage_limits: [{ credit_limit: 50, next_usage_reset_at: '2026-03-15T00:00:00.000Z' }],
        rate_limits: null,
      },
      { id: beta, usage_limits: null, rate_limits: [{ value: 3 }] },
    ]);
    await lend({ id: alpha, enabled: false });
    expect((await readAccess()).workspaces[0]).toMatchObject({ enabled: false, usage_limits: [{ credit_limit: 50 }] });
    await lend({ id: alpha, enabled: true, usage_limits: null });
    expect((await readAccess()).workspaces[0].usage_limits).toBeNull();
  });

  it.each([
    ['two budgets', { usage_limits: [{ credit_limit: 5 }, { credit_limit: 6 }] }, 400],
    [
      'two rates',
      {
        rate_limits: [
          { type: 'requests', unit: 'rpm', value: 1 },
          { type: 'tokens', unit: 'rpm', value: 1 },
        ],
      },
      400,
    ],
    ['a rate per week', { rate_limits: [{ type: 'requests', unit: 'rpw', value: 1 }] }, 400],
    ['no flag', { enabled: undefined }, 400],
    ['an unknown workspace', { id: 'ws-nowhere-000000' }, 403],
  ])('refuses %s, and then changes nothing at all', async (_name, change, status) => {
    const before = await readAccess();
    const good = { id: beta, enabled: true };
    expect((await lend(good, { id: alpha, enabled: true, ...change })).status).toBe(status);
    expect(await readAccess()).toEqual(before);
  });

  it.each([
    ['by default', {}, {}, ['openai-main']],
    ['not when told so', { create_default_provider: false }, {}, []],
    ['each workspace decides', { create_default_provider: false }, { create_default_provider: true }, ['openai-main']],
    ['under another slug', {}, { default_provider_slug: 'mine' }, ['mine']],
  ])('creates a provider as a side effect: %s', async (_name, body, entry, slugs) => {
    await call('PUT', `${base}/workspaces`, { ...body, workspaces: [{ id: beta, enabled: true, ...entry }] });
    const { data } = (await call('GET', `/providers?workspace_id=${beta}`)).body;
    expect(data.map(({ slug }: { slug: string }) => slug)).toEqual(slugs);
    for (const row of data) expect(row.note).toBe('Created automatically on integration access grant');
  });

  it('gives future workspaces the global access, and existing ones only when told to override', async () => {
    const global = { enabled: true, usage_limits: [{ credit_limit: 7 }] };
    await call('PUT', `${base}/workspaces`, { global_workspace_access: global });
    expect((await readAccess()).workspaces[0].usage_limits).toBeNull();
    const { body } = await call('POST', '/admin/workspaces', { name: 'Later' });
    expect((await readAccess()).workspaces[1]).toMatchObject({
      id: body.slug,
      enabled: true,
      usage_limits: [{ credit_limit: 7 }],
    });
    await call('PUT', `${base}/workspaces`, {
      global_workspace_access: global,
      override_existing_workspace_access: true,
    });
    expect((await readAccess()).workspaces[0].usage_limits).toMatchObject([{ credit_limit: 7 }]);
  });

  it('is not written by workspace keys', async () => {
    const sent = { workspaces: [{ id: alpha, enabled: true }] };
    expect((await call('PUT', `${base}/workspaces`, sent, alphaKey)).status).toBe(403);
  });
});

describe('models', () => {
  const price = { type: 'static', pay_as_you_go: { request_token: { price: 1 }, response_token: { price: 2 } } };

  it('adds custom ones, leaves the rest, deletes by query or body', async () => {
    const put = (...models: object[]) => call('PUT', `${base}/models`, { models });
    expect((await put({ slug: 'ours', enabled: true, is_custom: true, pricing_config: price })).text).toBe('{}');
    expect((await put({ slug: 'theirs', enabled: true })).body.message).toBe('Following models are not valid: theirs');
    await put({ slug: 'ours', enabled: false });
    const { body } = await call('GET', `${base}/models`);
    expect(body).toMatchObject({
      total: 1,
      models: [{ slug: 'ours', enabled: false, is_custom: true, pricing_config: price }],
    });

    const refused = await call('DELETE', `${base}/models`, { slugs: ['ours'] });
    expect([refused.status, refused.body.error_details]).toEqual([400, { param: 'models', location: 'body' }]);
    expect((await call('DELETE', `${base}/models?slugs=ours,other`)).body.message).toBe(
      'Following models are not valid: other',
    );
    expect((await call('DELETE', `${base}/models?slugs=ours`)).text).toBe('{}');
    expect((await call('GET', `${base}/models`)).body.total).toBe(0);
  });
});
