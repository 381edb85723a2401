import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseQuirk, quirksOfBackend } from '../../../src/emulator/quirks.ts';
import type { Emulator } from '../../../src/emulator/server.ts';
import {
  adminKey,
  alphaId,
  type Call,
  create,
  createCall,
  createClock,
  ratePolicy,
  startTestEmulator,
  usagePolicy,
} from './calls.ts';

const usage = '/policies/usage-limits';
const listed = `${usage}?workspace_id=${alphaId}`;
const alpha = `/admin/workspaces/${alphaId}`;

let emulator: Emulator;
let call: Call;
let clock = createClock();

beforeAll(async () => {
  emulator = await startTestEmulator({
    now: () => clock.now(),
    acceptKeys: [
      { key: adminKey, kind: 'organisation-service' },
      { key: 'reader', kind: 'organisation-service', scopes: ['policies.read'] },
    ],
  });
  call = createCall(emulator);
});
afterAll(() => emulator.close());
beforeEach(() => {
  clock = createClock();
  emulator.reset();
});

const read = async (id: string) => (await call('GET', `${usage}/${id}`)).body;

describe('policies', () => {
  const conditions = [{ key: 'metadata._user', value: 'ada' }];

  it.each([
    ['update', 200, conditions],
    ['ignore', 200, usagePolicy.conditions],
    ['refuse', 400, usagePolicy.conditions],
  ] as const)('conditionsOnPut=%s', async (conditionsOnPut, status, expected) => {
    const id = await create(call, usage, usagePolicy);
    emulator.setQuirks({ conditionsOnPut });
    expect((await call('PUT', `${usage}/${id}`, { conditions })).status).toBe(status);
    expect((await read(id)).conditions).toEqual(expected);
  });

  it.each([
    ['listWithoutPeriodicReset', ['periodic_reset']],
    ['listWithoutResetDetails', ['periodic_reset_days', 'next_usage_reset_at', 'last_reset_at']],
  ])('%s: the list lacks them, get does not', async (name, missing) => {
    const id = await create(call, usage, { ...usagePolicy, periodic_reset: 'monthly' });
    const before = (await call('GET', listed)).body.data[0];
    emulator.setQuirks(parseQuirk(name));
    const row = (await call('GET', listed)).body.data[0];
    expect(Object.keys(before).filter((member) => !(member in row))).toEqual(missing);
    expect(Object.keys(await read(id))).toEqual(expect.arrayContaining(missing));
  });

  it('dropDescription', async () => {
    emulator.setQuirks({ dropDescription: true });
    const id = await create(call, usage, { ...usagePolicy, description: 'why' });
    await call('PUT', `${usage}/${id}`, { description: 'other' });
    expect(await read(id)).not.toHaveProperty('description');
    emulator.setQuirks({ dropDescription: false });
    expect((await read(id)).description).toBeNull();
  });

  it('dropTarget', async () => {
    emulator.setQuirks({ dropTarget: true });
    const id = await create(call, '/policies/rate-limits', ratePolicy);
    expect((await call('GET', `/policies/rate-limits/${id}`)).body).not.toHaveProperty('target');
  });

  it('nameConflict409', async () => {
    emulator.setQuirks({ nameConflict409: true });
    const id = await create(call, usage, usagePolicy);
    const other = await create(call, usage, { ...usagePolicy, name: 'other' });
    const answers = [
      await call('POST', usage, usagePolicy),
      await call('PUT', `${usage}/${other}`, { name: usagePolicy.name }),
    ];
    for (const answer of answers) expect([answer.status, answer.body.errorCode]).toEqual([409, 'AB07']);
    await call('DELETE', `${usage}/${id}`);
    expect((await call('POST', usage, usagePolicy)).status).toBe(200);
  });

  it('goneAs403', async () => {
    const id = await create(call, usage, usagePolicy);
    await call('DELETE', `${usage}/${id}`);
    emulator.setQuirks({ goneAs403: true });
    for (const path of [`${usage}/${id}`, '/admin/workspaces/none', '/api-keys/none']) {
      const answer = await call('GET', path);
      expect([answer.status, answer.body.errorCode]).toEqual([403, 'AB03']);
    }
  });

  it('refuseImmutable', async () => {
    const id = await create(call, usage, usagePolicy);
    emulator.setQuirks({ refuseImmutable: true });
    for (const sent of [{ group_by: [{ key: 'model' }] }, { type: 'tokens' }, { workspace_id: alphaId }]) {
      expect((await call('PUT', `${usage}/${id}`, sent)).status).toBe(400);
    }
    expect((await call('PUT', `${usage}/${id}`, { credit_limit: 9 })).status).toBe(200);
  });

  it('deleteAnswers204', async () => {
    const id = await create(call, usage, usagePolicy);
    emulator.setQuirks({ deleteAnswers204: true });
    const answer = await call('DELETE', `${usage}/${id}`);
    expect([answer.status, answer.text]).toEqual([204, '']);
  });

  it('echoValuesAsLists, but not the lone asterisk', async () => {
    emulator.setQuirks({ echoValuesAsLists: true });
    const sent = [
      { key: 'api_key', value: '*', excludes: 'a' },
      { key: 'model', value: '@openai/gpt-4o' },
    ];
    const id = await create(call, usage, { ...usagePolicy, conditions: sent });
    expect((await read(id)).conditions).toEqual([
      { key: 'api_key', value: '*', excludes: ['a'] },
      { key: 'model', value: ['@openai/gpt-4o'] },
    ]);
  });

  it('shuffleConditions', async () => {
    emulator.setQuirks({ shuffleConditions: true });
    const sent = [
      { key: 'api_key', value: ['a', 'b'] },
      { key: 'model', value: '*', excludes: ['c', 'd'] },
    ];
    const id = await create(call, usage, { ...usagePolicy, conditions: sent });
    expect(JSON.stringify((await read(id)).conditions)).toBe(
      '[{"excludes":["d","c"],"key":"model","value":"*"},{"key":"api_key","value":["b","a"]}]',
    );
  });

  it('raiseDoesNotWake', async () => {
    const id = await create(call, usage, usagePolicy);
    const entity = {
      id: 'e',
      current_usage: 50_000,
      status: 'exhausted' as const,
      is_threshold_alerts_sent: true,
      is_exhausted_alerts_sent: true,
    };
    Object.assign(emulator.store.state.usagePolicies[0]?.entities ?? {}, { default: entity });
    emulator.setQuirks({ raiseDoesNotWake: true });
    await call('PUT', `${usage}/${id}`, { credit_limit: 900 });
    expect((await call('GET', `${usage}/${id}/entities?status=exhausted`)).body.total).toBe(1);
  });
});

describe('lists', () => {
  beforeEach(async () => {
    for (const name of ['a', 'b', 'c']) await create(call, usage, { ...usagePolicy, name });
  });

  const names = async (query: string) =>
    (await call('GET', `${listed}&${query}`)).body.data.map(({ name }: { name: string }) => name);

  it('pagesFromOne', async () => {
    emulator.setQuirks({ pagesFromOne: true });
    expect(await names('page_size=2&current_page=0')).toEqual(['c', 'b']);
    expect(await names('page_size=2&current_page=1')).toEqual(['c', 'b']);
    expect(await names('page_size=2&current_page=2')).toEqual(['a']);
  });

  it('policiesIgnorePaging, and only policies', async () => {
    emulator.setQuirks({ policiesIgnorePaging: true });
    expect(await names('page_size=1&current_page=7')).toEqual(['c', 'b', 'a']);
    expect((await call('GET', '/admin/workspaces?page_size=1')).body.data).toHaveLength(1);
  });

  it('pagesRepeat', async () => {
    emulator.setQuirks({ pagesRepeat: true });
    expect(await names('page_size=1&current_page=1')).toEqual(['c']);
  });

  it.each([
    ['page', 2],
    ['more', 4],
    ['zero', 0],
    ['none', undefined],
  ] as const)('wrongTotal=%s', async (wrongTotal, total) => {
    emulator.setQuirks({ wrongTotal });
    expect((await call('GET', `${listed}&page_size=2`)).body.total).toBe(total);
  });
});

describe('stale reads', () => {
  it('show the old object for a time, in lists too', async () => {
    const id = await create(call, usage, usagePolicy);
    emulator.setQuirks({ staleReads: { ms: 2000 } });
    await call('PUT', `${usage}/${id}`, { credit_limit: 600 });
    await call('PUT', `${usage}/${id}`, { credit_limit: 700 });
    const shown = async () => [(await read(id)).credit_limit, (await call('GET', listed)).body.data[0].credit_limit];
    expect(await shown()).toEqual([500, 500]);
    clock.advance(2000);
    expect(await shown()).toEqual([700, 700]);
  });

  it('show the old object for a number of reads', async () => {
    emulator.setQuirks({ staleReads: { reads: 2 } });
    await call('PUT', alpha, { usage_limits: [{ credit_limit: 5 }] });
    const shown = [];
    for (let n = 0; n < 3; n += 1) shown.push((await call('GET', alpha)).body.usage_limits?.length ?? 0);
    expect(shown).toEqual([0, 0, 1]);
  });

  it('keep what was archived in the list, and new ones out of it when asked', async () => {
    const id = await create(call, usage, usagePolicy);
    emulator.setQuirks({ staleReads: { ms: 1000, creations: true } });
    await call('DELETE', `${usage}/${id}`);
    const other = await create(call, usage, usagePolicy);
    expect((await call('GET', listed)).body.data).toMatchObject([{ id }]);
    expect((await call('GET', `${usage}/${other}`)).status).toBe(404);
    clock.advance(1000);
    expect((await call('GET', listed)).body.data).toMatchObject([{ id: other }]);
  });
});

describe('other resources', () => {
  const newKey = { name: 'ci', workspace_id: alphaId, scopes: ['completions.write'] };

  it('mergingPuts', async () => {
    emulator.setQuirks({ mergingPuts: true });
    const limits = { credit_limit: 80, alert_threshold: 60, periodic_reset: 'weekly' };
    const id = await create(call, '/api-keys/workspace/service', { ...newKey, usage_limits: limits });
    await call('PUT', `/api-keys/${id}`, { usage_limits: { credit_limit: 100 } });
    expect((await call('GET', `/api-keys/${id}`)).body.usage_limits).toMatchObject({ ...limits, credit_limit: 100 });
    await call('PUT', alpha, { usage_limits: [limits], defaults: { metadata: { a: '1' } } });
    await call('PUT', alpha, {
      usage_limits: [{ type: 'tokens', credit_limit: 500 }],
      defaults: { metadata: { b: '2' } },
    });
    expect((await call('GET', alpha)).body).toMatchObject({
      usage_limits: [limits, { type: 'tokens' }],
      defaults: { metadata: { a: '1', b: '2' } },
    });
  });

  it('emptyListClears', async () => {
    emulator.setQuirks({ emptyListClears: true });
    await call('PUT', alpha, { usage_limits: [{ credit_limit: 5 }] });
    await call('PUT', alpha, { usage_limits: [] });
    expect((await call('GET', alpha)).body.usage_limits).toBeNull();
  });

  it('emptyPeriodicReset', async () => {
    await call('PUT', alpha, { usage_limits: [{ credit_limit: 5 }] });
    emulator.setQuirks({ emptyPeriodicReset: true });
    expect((await call('GET', alpha)).body.usage_limits).toMatchObject([{ credit_limit: 5, periodic_reset: '' }]);
    await call('PUT', alpha, { usage_limits: null });
    expect((await call('GET', alpha)).body.usage_limits).toEqual([{ periodic_reset: '' }]);
  });

  it('missingScopeAs401', async () => {
    emulator.setQuirks({ missingScopeAs401: true });
    const answer = await call('GET', listed, undefined, 'reader');
    expect([answer.status, answer.body.data.errorCode]).toEqual([401, 'AB05']);
  });

  it('workspacesByIdOnly', async () => {
    emulator.setQuirks({ workspacesByIdOnly: true });
    expect((await call('GET', '/admin/workspaces/ws-alpha-00000a')).status).toBe(404);
    expect((await call('GET', alpha)).status).toBe(200);
  });

  it('workspaceDeleteNeedsName', async () => {
    emulator.setQuirks({ workspaceDeleteNeedsName: true });
    const bare = await call('DELETE', alpha);
    expect([bare.status, bare.body.errorCode]).toEqual([400, 'AB01']);
    expect((await call('DELETE', alpha, { name: 'Alpha' })).status).toBe(200);
  });

  it('looseBooleans', async () => {
    const models = '/integrations/openai-main/models';
    await call('PUT', models, { models: [{ slug: 'm', enabled: true, is_custom: true }] });
    emulator.setQuirks({ looseBooleans: true });
    expect((await call('GET', models)).body.models).toMatchObject([
      { enabled: 1, is_custom: 'true', is_finetune: null },
    ]);
  });

  it('leaversAs403', async () => {
    const user = { ...newKey, user_id: '40000000-0000-4000-8000-000000000001' };
    const id = await create(call, '/api-keys/workspace/user', user);
    emulator.setQuirks({ leaversAs403: true });
    expect((await call('GET', `/api-keys/${id}`)).status).toBe(403);
    expect((await call('GET', '/api-keys')).body.total).toBe(1);
  });
});

describe('switches as text', () => {
  it.each([
    ['goneAs403', { goneAs403: true }],
    ['goneAs403=false', { goneAs403: false }],
    ['conditionsOnPut=refuse', { conditionsOnPut: 'refuse' }],
    ['wrongTotal=page', { wrongTotal: 'page' }],
    ['staleReads=3000ms', { staleReads: { ms: 3000 } }],
    ['staleReads=2', { staleReads: { reads: 2 } }],
    [
      'backend=1.17',
      {
        listWithoutPeriodicReset: true,
        raiseDoesNotWake: true,
        workspacesByIdOnly: true,
        dropTarget: true,
        dropDescription: true,
      },
    ],
  ])('%s', (text, expected) => {
    expect(parseQuirk(text)).toEqual(expected);
  });

  it.each([
    ['gone', /unknown quirk "gone"/],
    ['goneAs403=maybe', /cannot be "maybe"/],
    ['conditionsOnPut', /one of update, ignore, refuse/],
    ['staleReads=soon', /cannot be "soon"/],
    ['backend=2', /unknown backend version/],
    ['__proto__=1', /unknown quirk/],
  ])('refuses %s', (text, message) => {
    expect(() => parseQuirk(text)).toThrow(message);
  });

  it('knows what each backend lacks', () => {
    expect(quirksOfBackend('1.12.3')).toMatchObject({ conditionsOnPut: 'ignore', listWithoutResetDetails: true });
    expect(quirksOfBackend('1.24')).toEqual({});
  });
});
