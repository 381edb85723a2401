/** Configs, models, metadata, single calls and exports, as tools and commands tell them. */

import { describe, expect, it, onTestFinished } from 'vitest';
import type { LogExportRow } from '../../src/emulator/store.ts';
import { type Asker, type AskerOptions, startAsker } from '../helpers/ask.ts';
import { configRow, integrationRow, requestRow, smallState, teamA, usagePolicyRow, uuid } from '../helpers/state.ts';

async function ask(options: AskerOptions = {}): Promise<Asker> {
  const asker = await startAsker({ state: smallState(), ...options });
  onTestFinished(() => asker.close());
  return asker;
}

const week = {
  workspace_slug: 'ws-team-a',
  time_of_generation_min: '2026-11-13T12:00:00Z',
  time_of_generation_max: '2026-11-20T12:00:00Z',
};

describe('list_configs', () => {
  const targets = [{ provider: '@openai-a' }, { provider: '@other' }];
  const configs = [
    configRow('open', uuid(61), teamA, {
      strategy: { mode: 'fallback' },
      targets,
      retry: { attempts: 3 },
      cache: { mode: 'simple' },
    }),
    configRow('on-412', uuid(62), teamA, { strategy: { mode: 'fallback', on_status_codes: [412] }, targets }),
    configRow('closed', uuid(63), teamA, { strategy: { mode: 'fallback', on_status_codes: [500, 503] }, targets }),
  ];

  it('S0-29, S0-40: strategy, retries and cache; a fallback that takes a spent budget is flagged', async () => {
    const asker = await ask({ state: smallState({ configs }) });
    const data = await asker.data<{ configs: { slug: string }[] }>('list_configs', { workspace: 'ws-team-a' });
    expect(Object.fromEntries(data.configs.map((row) => [row.slug, row]))).toMatchObject({
      'pc-open': {
        retry_attempts: 3,
        falls_back_on_412: true,
        falls_back_on_429: true,
        untrusted: { strategy: 'fallback', cache: 'simple' },
        flags: expect.arrayContaining(['a fallback without codes takes every failure']),
      },
      'pc-on-412': {
        falls_back_on_412: true,
        falls_back_on_429: false,
        flags: ['a spent budget falls through to the next target'],
      },
      'pc-closed': { falls_back_on_412: false, flags: [] },
    });
    expect((await asker.type('configs')).stdout).toContain('a spent budget falls through to the next target');
  });
});

describe('list_models', () => {
  it('S0-30, S2-11: marks what has a price and what has none, by the integration where it sets one', async () => {
    const asker = await ask();
    const ran = await asker.type('models --backend emulator --workspace ws-market-4f2a1c --format json');
    const { data } = JSON.parse(ran.stdout) as {
      data: {
        models: { model: string; priced: string; source: string | null; counts_against_money: boolean | null }[];
      };
    };
    expect(data.models.length).toBeGreaterThan(0);
    expect(data.models.find(({ model }) => model === 'gpt-4o')).toMatchObject({
      priced: 'priced',
      counts_against_money: true,
      source: expect.stringContaining('openai'),
    });
    expect((await asker.type('models --backend emulator --workspace ws-market-4f2a1c --only unpriced')).exit).toBe(0);
  });

  it.each([
    ['refuses an admin key', { modelsRefuseAdminKeys: true }, '403'],
    ['lacks the route', { gatewayRoutesElsewhere: true }, '405'],
  ])('says so where the service %s, and lists what integrations list', async (_what, quirks, status) => {
    const model = {
      slug: 'gpt-4o',
      name: null,
      enabled: true,
      is_custom: false,
      is_finetune: false,
      base_model_slug: null,
      configurations: null,
      pricing_config: null,
    };
    const integrations = [integrationRow('openai-prod', uuid(31), [teamA], { models: [model] })];
    const asker = await ask({ quirks, state: smallState({ integrations }) });
    const { models, notes } = await asker.data<{ models: unknown[]; notes: string[] }>('list_models', {
      workspace: 'ws-team-a',
    });
    expect(models).toMatchObject([{ model: 'gpt-4o', provider: 'openai-a', integration: 'openai-prod' }]);
    expect(notes[0]).toContain(`GET /models answered ${status}`);
  });
});

describe('get_metadata_analytics', () => {
  it('tells cost by team, and how far each has used up the policy that counts by it', async () => {
    const policy = usagePolicyRow('per-team', uuid(101), teamA, {
      created_at: '2026-01-01T00:00:00.000Z',
      group_by: [{ key: 'metadata.team' }],
      entities: {
        'metadata.team:nlp': {
          id: uuid(700),
          current_usage: 8_000,
          status: 'active',
          is_threshold_alerts_sent: false,
          is_exhausted_alerts_sent: false,
        },
      },
    });
    const requestLogs = [
      requestRow({ metadata: { team: 'nlp' }, cost: 300 }),
      requestRow({ id: uuid(801), metadata: { team: 'vision' }, cost: 100 }),
      requestRow({ id: uuid(802) }),
    ];
    const asker = await ask({ state: smallState({ usagePolicies: [policy], requestLogs }) });
    expect(await asker.data('get_metadata_analytics', { ...week, metadata_key: 'team' })).toMatchObject({
      total: { usd: '$4.00' },
      rows: [
        {
          untrusted: { name: 'nlp' },
          requests: 1,
          cost: { usd: '$3.00' },
          cost_share_percent: 75,
          limits: [{ percent: 80, used: { usd: '$80.00' }, untrusted: { name: 'per-team' } }],
        },
        { untrusted: { name: 'vision' }, cost_share_percent: 25, limits: [] },
      ],
    });
    expect((await asker.type('usage metadata team --workspace ws-team-a')).stdout).toContain('80 %');
  });
});

describe('get_log_details', () => {
  const failed = (status: number) => requestRow({ id: uuid(801), response_status_code: status, is_success: false });

  it.each([
    [412, 'budget', 'stopped by a budget'],
    [429, 'rate', 'rate limited'],
    [401, 'auth', 'key invalid or expired'],
    [400, 'rejected', 'rejected: by the provider, or a wrong configuration'],
    [502, 'provider', 'failed at the provider or in the gateway'],
  ])('S0-22: %i is told in words', async (status, cause, means) => {
    const asker = await ask({ state: smallState({ requestLogs: [failed(status)] }) });
    expect(await asker.data('get_log_details', { log_id: uuid(801) })).toMatchObject({
      status,
      cause,
      means,
      bodies: 'not recorded',
    });
    expect((await asker.type(`logs show ${uuid(801)}`)).stdout).toContain(means);
    expect(JSON.parse((await asker.type(`logs show ${uuid(801)} --format json`)).stdout)).toMatchObject({ ok: true });
  });

  it('S0-22: bodies stand where they were recorded and asked for, cut, escaped, and without what looks like a secret', async () => {
    const row = {
      ...failed(400),
      request_body: { messages: [{ content: `\u001b[31mcall me sk-proj-0123456789abcdef0123 ${'x'.repeat(5_000)}` }] },
      response_body: { error: { message: 'no such model' } },
    };
    const asker = await ask({ state: smallState({ requestLogs: [row] }) });
    expect(await asker.data('get_log_details', { log_id: row.id })).toMatchObject({
      bodies: 'not asked for',
      untrusted: { request: null, error: 'no such model' },
    });
    const { untrusted } = await asker.data<{ untrusted: { request: string } }>('get_log_details', {
      log_id: row.id,
      bodies: true,
    });
    expect(untrusted.request.length).toBeLessThanOrEqual(2_000);
    expect(untrusted.request).not.toContain('sk-proj-0123456789abcdef0123');
    expect(untrusted.request).not.toContain('\u001b');
  });

  it('money is as reported, and said to be of no documented unit', async () => {
    const asker = await ask({ state: smallState({ requestLogs: [requestRow({ id: uuid(801), cost: 28.01 })] }) });
    expect(await asker.data('get_log_details', { log_id: uuid(801) })).toMatchObject({
      cost_reported: { value: 0.2801, currency: 'USD' },
      notes: ['The unit of cost_reported is not documented.'],
    });
  });

  it.each([
    ['there is none', {}],
    ['the route is elsewhere', { gatewayRoutesElsewhere: true }],
  ])('is unavailable where %s', async (_what, quirks) => {
    const asker = await ask({ quirks });
    expect(await asker.call('get_log_details', { log_id: uuid(999) })).toMatchObject({
      ok: false,
      error: { code: 'unavailable' },
    });
  });
});

describe('list_log_exports', () => {
  it('S1-19: shows the five states', async () => {
    const row = (status: LogExportRow['status'], index: number): LogExportRow => ({
      id: uuid(900 + index),
      workspace_id: teamA,
      status,
      description: `export ${index}`,
      filters: {},
      requested_data: ['id'],
      created_by: uuid(90),
      created_at: `2026-11-0${index + 1}T00:00:00.000Z`,
      last_updated_at: `2026-11-0${index + 1}T00:00:00.000Z`,
    });
    const logExports = (['draft', 'in_progress', 'success', 'failed', 'stopped'] as const).map(row);
    const asker = await ask({ state: smallState({ logExports }) });
    const { exports } = await asker.data<{ exports: { state: string }[] }>('list_log_exports', {
      workspace: 'ws-team-a',
    });
    expect(exports.map(({ state }) => state)).toEqual(['stopped', 'failed', 'success', 'in_progress', 'draft']);
    expect((await asker.type('logs exports --workspace ws-team-a')).stdout).toContain('in_progress');
    expect(asker.wire.every((line) => line.startsWith('GET '))).toBe(true);
  });
});

describe('list_logs', () => {
  const requestLogs = [
    requestRow({ id: uuid(801), cost: 3, created_at: '2026-11-20T10:00:00.000Z', ai_org: 'openai' }),
    requestRow({
      id: uuid(802),
      cost: 90,
      created_at: '2026-11-20T09:00:00.000Z',
      ai_org: 'anthropic',
      response_time: 900,
    }),
    requestRow({ id: uuid(803), cost: 12, created_at: '2026-11-20T08:00:00.000Z', metadata: { _user: 'ana' } }),
    requestRow({ id: uuid(804), cost: 999, created_at: '2026-11-18T08:00:00.000Z' }),
  ];
  const state = () => smallState({ requestLogs });
  const question = { workspace_slug: 'ws-team-a' };
  interface Calls {
    readonly state: string;
    readonly calls: readonly {
      readonly id: string;
      readonly cost: { readonly usd: string };
      readonly untrusted: object;
    }[];
    readonly notes: readonly string[];
    readonly export_id: string;
  }

  it('S0-19, S0-20, S0-21: calls of all providers in the last 24 h, the dearest first, with the four requests in order', async () => {
    const asker = await ask({ state: state() });
    const { calls } = await asker.data<Calls>('list_logs', question);
    expect(calls.map(({ id, cost }) => [id, cost.usd])).toEqual([
      [uuid(802), '$0.90'],
      [uuid(803), '$0.12'],
      [uuid(801), '$0.03'],
    ]);
    expect(calls.map(({ untrusted }) => untrusted)).toMatchObject([
      { provider: 'anthropic' },
      {},
      { provider: 'openai' },
    ]);
    const jobs = asker.wire
      .filter((line) => line.includes('/logs/exports'))
      .map((line) => line.replace(/[0-9a-f-]{36}/, 'ID'));
    expect(jobs).toEqual([
      'GET /logs/exports',
      'POST /logs/exports',
      'POST /logs/exports/ID/start',
      'GET /logs/exports/ID',
      'GET /logs/exports/ID/download',
    ]);
  });

  it('uses an equal export again, whatever it is sorted by', async () => {
    const asker = await ask({ state: state() });
    const first = await asker.data<Calls>('list_logs', question);
    const again = await asker.data<Calls>('list_logs', { ...question, sort: 'latency' });
    expect(again.export_id).toBe(first.export_id);
    expect(again.calls[0]?.id).toBe(uuid(802));
    expect(asker.wire.filter((line) => line === 'POST /logs/exports')).toHaveLength(1);
  });

  it('a slow export is pending after twenty seconds, and the same question goes on with it', async () => {
    let later = 0;
    const asker = await ask({
      state: state(),
      quirks: { exports: 'slow' },
      now: () => new Date(Date.UTC(2026, 10, 20, 12) + later),
    });
    const first = await asker.data<Calls>('list_logs', question);
    expect(first).toMatchObject({ state: 'pending', calls: [] });
    later = 61_000;
    const second = await asker.data<Calls>('list_logs', question);
    expect(second).toMatchObject({ state: 'read', export_id: first.export_id });
    expect(second.calls).toHaveLength(3);
  });

  it('says of one that fails that it did, and of a file that ends early that these are not all', async () => {
    const asker = await ask({ state: state(), quirks: { exports: 'fail' } });
    expect(await asker.call('list_logs', question)).toMatchObject({
      ok: false,
      error: { code: 'server', details: { export_id: expect.any(String) } },
    });
    asker.emulator.setQuirks({ exports: 'partial' });
    const { notes } = await asker.data<Calls>('list_logs', { ...question, cost_min: 1 });
    expect(notes).toContain('The exported file ended early: these are not all calls.');
  });

  it('S0-19: where exports are refused it says why, and names the tool that works without', async () => {
    const asker = await ask({
      state: state(),
      faults: [{ method: 'POST', path: '/logs/exports', fault: { kind: 'status', status: 403 } }],
    });
    expect(await asker.call('list_logs', question)).toMatchObject({
      ok: false,
      error: { code: 'forbidden', hint: expect.stringContaining('get_request_analytics') },
    });
  });

  it('S0-23: a user is a filter of metadata', async () => {
    const asker = await ask({ state: state() });
    const ran = await asker.type('logs --workspace ws-team-a --user ana --format json');
    expect(JSON.parse(ran.stdout)).toMatchObject({ data: { calls: [{ id: uuid(803) }] } });
    expect((await asker.type('logs --workspace ws-team-a --since 7d')).stdout).toContain('$9.99');
  });
});
