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

const base = '/admin/workspaces';

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

async function read(id = alphaId): Promise<Record<string, unknown>> {
  return (await call('GET', `${base}/${id}`)).body;
}

async function listNames(query: string): Promise<string[]> {
  return (await call('GET', `${base}${query}`)).body.data.map(({ name }: { name: string }) => name);
}

describe('reading', () => {
  it.skipIf(!hasRecordings)('has on get and list the members that were recorded', async () => {
    expect(Object.keys(await read()).sort()).toEqual(Object.keys(readRecording('workspaces-get')).sort());
    const row = (await call('GET', base)).body.data[0];
    expect(Object.keys(row).sort()).toEqual(Object.keys(readRecording('workspaces-list').data[0]).sort());
  });

  it('finds by UUID and slug, and answers the UUID', async () => {
    expect((await read('ws-alpha-00000a')).id).toBe(alphaId);
    const answer = await call('GET', `${base}/ws-nowhere-000000`);
    expect([answer.status, answer.body.errorCode]).toEqual([404, 'AB08']);
  });

  it('filters by name, exactly or loosely, with case', async () => {
    expect(await listNames('?name=lph')).toEqual(['Alpha']);
    expect(await listNames('?name=alpha')).toEqual([]);
    expect(await listNames('?exact_name=Alph')).toEqual([]);
    expect(await listNames('?exact_name=Beta')).toEqual(['Beta']);
  });

  it('lives under /admin only, and for admin keys only', async () => {
    for (const path of ['/workspaces', `/workspaces/${alphaId}`]) expect((await call('GET', path)).status).toBe(400);
    const answer = await call('GET', base, undefined, alphaKey);
    expect([answer.status, answer.body.errorCode]).toEqual([403, 'AB03']);
  });
});

describe('writing', () => {
  it('creates with a slug of its own and takes a leading emoji for the icon', async () => {
    const { body } = await call('POST', base, { name: '🚀 Growth Team', description: 'x' });
    expect(body).toMatchObject({
      slug: expect.stringMatching(/^ws-growth-[0-9a-f]{6}$/),
      icon: '🚀',
      name: '🚀 Growth Team',
    });
    expect((await call('GET', `${base}/${body.id}?name_format=plain`)).body.name).toBe('Growth Team');
    await call('PUT', `${base}/${body.id}`, { icon: '' });
    expect(await read(body.id)).toMatchObject({ icon: null, name: 'Growth Team' });
  });

  it('changes limits alone and leaves the rest, several budgets at once', async () => {
    const before = await read();
    const limits = [
      { type: 'cost', credit_limit: 500, alert_threshold: 400, periodic_reset: 'monthly' },
      { type: 'tokens', credit_limit: 1000 },
    ];
    expect((await call('PUT', `${base}/${alphaId}`, { usage_limits: limits })).text).toBe('{}');
    const after = await read();
    expect(after).toMatchObject({ usage_limits: limits, rate_limits: null });
    expect({ ...after, usage_limits: null }).toEqual({ ...before, last_updated_at: after.last_updated_at });
    await call('PUT', `${base}/${alphaId}`, { usage_limits: null });
    expect((await read()).usage_limits).toBeNull();
  });

  it('continues the counter of the same type', async () => {
    await call('PUT', `${base}/${alphaId}`, {
      usage_limits: [{ credit_limit: 10 }, { type: 'tokens', credit_limit: 1000 }],
    });
    const row = emulator.store.find('workspaces', alphaId);
    Object.assign(row?.usage_limits?.[0] ?? {}, { current_usage: 1000, status: 'exhausted' });
    await call('PUT', `${base}/${alphaId}`, { usage_limits: [{ type: 'cost', credit_limit: 20 }] });
    expect((await read()).usage_limits).toMatchObject([{ credit_limit: 20, current_usage: 1000, status: 'active' }]);
  });

  it('replaces defaults whole', async () => {
    await call('PUT', `${base}/${alphaId}`, { defaults: { metadata: { team: 'a' }, input_guardrails: ['g'] } });
    await call('PUT', `${base}/${alphaId}`, { defaults: { metadata: { team: 'b' } } });
    expect((await read()).defaults).toEqual({ metadata: { team: 'b' } });
  });

  it.each([
    ['an object of limits', { usage_limits: { credit_limit: 5 } }],
    ['a budget of requests', { usage_limits: [{ type: 'requests', credit_limit: 5 }] }],
    ['a rate per second', { rate_limits: [{ type: 'requests', unit: 'rps', value: 5 }] }],
    ['a rate per week', { rate_limits: [{ type: 'requests', unit: 'rpw', value: 5 }] }],
    ['a rate of nothing', { rate_limits: [{ type: 'requests', unit: 'rpm', value: 0 }] }],
    ['security settings', { security_settings: { membersViewLogs: true } }],
    ['a null name', { name: null }],
  ])('refuses %s', async (_name, sent) => {
    const answer = await call('PUT', `${base}/${alphaId}`, sent);
    expect([answer.status, answer.body.errorCode]).toEqual([400, 'AB01']);
  });

  it('deletes without a body, and never by a wrong name', async () => {
    for (const name of ['Alpha', '', null, 7]) {
      const wrong = await call('DELETE', `${base}/${betaId}`, { name });
      expect([wrong.status, wrong.body.errorCode]).toEqual([400, 'AB01']);
    }
    expect((await call('DELETE', `${base}/${betaId}`)).text).toBe('{}');
    expect(await listNames('')).toEqual(['Alpha']);
  });

  it('deletes by name, never the default, never one in use', async () => {
    await call('POST', '/providers', { name: 'p', integration_id: 'openai-main', workspace_id: alphaId });
    const held = await call('DELETE', `${base}/${alphaId}`, { name: 'Alpha', force_delete: true });
    expect([held.status, held.body.errorCode]).toEqual([409, 'AB07']);
    expect((await call('DELETE', `${base}/${betaId}`, { name: 'Beta' })).text).toBe('{}');
    expect(await listNames('')).toEqual(['Alpha']);
    expect(await listNames('?status=active,archived')).toEqual(['Beta', 'Alpha']);
    expect((await call('GET', `${base}/${betaId}`)).status).toBe(404);
    Object.assign(emulator.store.find('workspaces', alphaId) ?? {}, { is_default: 1 });
    expect((await call('DELETE', `${base}/${alphaId}`, { name: 'Alpha' })).status).toBe(403);
  });
});
