import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Emulator } from '../../../src/emulator/server.ts';
import {
  alphaId,
  alphaKey,
  betaId,
  type Call,
  createCall,
  createClock,
  hasRecordings,
  readRecording,
  startTestEmulator,
} from './calls.ts';

const newProvider = { name: 'Main', slug: 'main', integration_id: 'openai-main', workspace_id: alphaId };
const inAlpha = `?workspace_id=${alphaId}`;

let emulator: Emulator;
let call: Call;
const clock = createClock();

beforeAll(async () => {
  emulator = await startTestEmulator({ now: clock.now });
  call = createCall(emulator);
});
afterAll(() => emulator.close());
beforeEach(async () => {
  emulator.reset();
  await call('POST', '/providers', newProvider);
});

async function read(): Promise<Record<string, unknown>> {
  return (await call('GET', `/providers/main${inAlpha}`)).body;
}

describe.each(['providers', 'virtual-keys'])('/%s', (base) => {
  it.skipIf(!hasRecordings)('shows on get and list the members that were recorded', async () => {
    const get = (await call('GET', `/${base}/main${inAlpha}`)).body;
    const [row] = (await call('GET', `/${base}${inAlpha}`)).body.data;
    expect(Object.keys(get).sort()).toEqual(Object.keys(readRecording('virtual-keys-get')).sort());
    expect(Object.keys(row).sort()).toEqual(Object.keys(readRecording('virtual-keys-list').data[0]).sort());
  });

  it('answers no rates as [] on get and null in the list', async () => {
    expect((await call('GET', `/${base}/main${inAlpha}`)).body).toMatchObject({
      rate_limits: [],
      ai_provider_name: 'openai',
      integration_id: 'openai-main',
      key: '',
      object: base === 'providers' ? 'provider' : 'virtual-key',
    });
    const { body } = await call('GET', `/${base}${inAlpha}`);
    expect(body).toMatchObject({ object: 'list', total: 1 });
    expect(body.data[0]).toMatchObject({
      rate_limits: null,
      provider: 'openai',
      workspace_id: alphaId,
      workspace_name: 'Alpha',
    });
  });

  it('takes the workspace from the query, from the body of a PUT, or from a workspace key', async () => {
    expect((await call('PUT', `/${base}/main`, { note: 'x', workspace_id: alphaId })).text).toBe('{}');
    expect((await call('GET', `/${base}/main?workspace_id=${betaId}`)).status).toBe(404);
    expect((await call('GET', `/${base}/main`, undefined, alphaKey)).status).toBe(200);
  });

  it(`${base === 'providers' ? 'needs' : 'does not need'} the workspace from an admin key`, async () => {
    const expected = base === 'providers' ? 400 : 200;
    for (const path of [`/${base}`, `/${base}/main`]) expect((await call('GET', path)).status).toBe(expected);
    expect((await call('PUT', `/${base}/main`, { note: 'x' })).status).toBe(expected);
  });
});

describe('writing', () => {
  it('replaces a limit whole and clears it with null', async () => {
    await call('PUT', `/providers/main${inAlpha}`, {
      usage_limits: { credit_limit: 100, alert_threshold: 50, periodic_reset: 'monthly' },
      rate_limits: [{ type: 'requests', unit: 'rpm', value: 5 }],
    });
    await call('PUT', `/providers/main${inAlpha}`, { usage_limits: { credit_limit: 200 } });
    const row = await read();
    expect(row.usage_limits).toEqual({ credit_limit: 200, current_usage: 0, next_usage_reset_at: null });
    expect(row.rate_limits).toEqual([{ type: 'requests', unit: 'rpm', value: 5 }]);
    await call('PUT', `/providers/main${inAlpha}`, { usage_limits: null, rate_limits: null });
    expect(await read()).toMatchObject({ usage_limits: null, rate_limits: [] });
  });

  it('takes one rate as an object too', async () => {
    await call('PUT', `/providers/main${inAlpha}`, { rate_limits: { type: 'tokens', unit: 'rpd', value: 9 } });
    expect((await read()).rate_limits).toEqual([{ type: 'tokens', unit: 'rpd', value: 9 }]);
  });

  it('resets the counter and wakes', async () => {
    await call('PUT', `/providers/main${inAlpha}`, { usage_limits: { credit_limit: 1 } });
    const row = emulator.store.find('providers', 'main', alphaId);
    Object.assign(row ?? {}, { status: 'exhausted' });
    Object.assign(row?.usage_limits ?? {}, { current_usage: 100 });
    await call('PUT', `/providers/main${inAlpha}`, { reset_usage: true });
    expect(await read()).toMatchObject({ status: 'active', usage_limits: { current_usage: 0 } });
  });

  it.each([
    ['a slug that is taken', {}, 409, 'AB07'],
    ['an integration that is not lent', { slug: 'x', workspace_id: betaId }, 403, 'AB03'],
    ['an integration that is not there', { slug: 'x', integration_id: 'nope' }, 404, 'AB02'],
    ['no name', { slug: 'x', name: undefined }, 400, 'AB01'],
    ['a fraction', { slug: 'x', usage_limits: { credit_limit: 1.5 } }, 400, 'AB01'],
  ])('refuses %s', async (_name, change, status, code) => {
    const answer = await call('POST', '/providers', { ...newProvider, ...change });
    expect([answer.status, answer.body.errorCode]).toEqual([status, code]);
  });

  it('creates a virtual key with credentials of its own, in the old envelope', async () => {
    const { body } = await call('POST', '/virtual-keys', {
      name: 'Old',
      provider: 'anthropic',
      key: 'sk-x-123',
      workspace_id: alphaId,
    });
    expect(body).toEqual({ success: true, data: { slug: expect.stringMatching(/^old-/) } });
    const shown = (await call('GET', `/virtual-keys/${body.data.slug}${inAlpha}`)).body;
    expect(shown).toMatchObject({ ai_provider_name: 'anthropic', masked_api_key: 'sk*****123' });
  });

  it('deletes', async () => {
    expect((await call('DELETE', `/providers/main${inAlpha}`)).text).toBe('{}');
    expect((await call('DELETE', `/providers/main${inAlpha}`)).status).toBe(404);
  });
});
