/** What analytics say, asked by tools and commands. */

import { describe, expect, it, onTestFinished } from 'vitest';
import { sampleSeed } from '../../src/emulator/sample/seed.ts';
import type { RequestLogRow, StoreState } from '../../src/emulator/store.ts';
import { type Asker, type AskerOptions, startAsker } from '../helpers/ask.ts';
import { testNow } from '../helpers/session.ts';
import { configRow, keyA1, keyRow, requestRow, smallState, teamA, uuid } from '../helpers/state.ts';

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

function logs(count: number, row: (index: number) => Partial<RequestLogRow>): RequestLogRow[] {
  return Array.from({ length: count }, (_, index) => requestRow({ id: uuid(0x10000 + index), ...row(index) }));
}

const stateOf = (requestLogs: RequestLogRow[], rows: Partial<StoreState> = {}) => smallState({ requestLogs, ...rows });

/** Path and query of the analytics that were asked for. */
const analytics = ({ asked }: Asker): URL[] =>
  asked.filter((path) => path.includes('/analytics/')).map((path) => new URL(path, 'http://x'));

type Answer = Readonly<Record<string, never>> & { readonly answer: string; readonly notes: readonly string[] };

describe('usage cost', () => {
  it('S1-12: 500 cents are $5.00, and filters reach the query', async () => {
    const asker = await ask({ state: stateOf(logs(5, () => ({ cost: 100 }))) });
    const data = await asker.data<Answer>('get_cost_analytics', { ...week, status_codes: [200], cost_min: 1 });
    expect(data).toMatchObject({
      total: { cents: 500, usd: '$5.00' },
      average_per_request: { cents: 100, usd: '$1.00' },
    });
    const [query] = analytics(asker);
    expect(query?.searchParams.get('status_code')).toBe('200');
    expect(query?.searchParams.get('cost_min')).toBe('1');
    expect((await asker.type('usage cost --workspace ws-team-a --since 7d')).stdout).toContain('$5.00');
  });

  it('S1-7: no request to analytics leaves without a workspace; an unknown one is refused with the nearest', async () => {
    const asker = await ask();
    const { workspace_slug: _, ...times } = week;
    expect(await asker.call('get_cost_analytics', times)).toMatchObject({
      ok: false,
      error: { code: 'invalid_input', message: expect.stringContaining('workspace_slug: is required') },
    });
    expect(await asker.call('get_cost_analytics', { ...week, workspace_slug: 'ws-teem-a' })).toMatchObject({
      ok: false,
      error: { code: 'not_found', message: expect.stringContaining('did you mean "ws-team-a"?') },
    });
    expect(analytics(asker)).toEqual([]);
    await asker.data('get_cost_analytics', { ...week, workspace_slug: teamA });
    expect(analytics(asker).every((url) => url.searchParams.get('workspace_slug') === 'ws-team-a')).toBe(true);
  });

  it('S1-10: both times are needed, with a zone, and in order; refused before any request', async () => {
    const asker = await ask();
    expect(await asker.call('get_cost_analytics', { workspace_slug: 'ws-team-a' })).toMatchObject({
      error: {
        code: 'invalid_input',
        message: expect.stringMatching(/time_of_generation_min: is required.*time_of_generation_max: is required/),
      },
    });
    const swapped = {
      ...week,
      time_of_generation_min: week.time_of_generation_max,
      time_of_generation_max: week.time_of_generation_min,
    };
    expect(await asker.call('get_cost_analytics', swapped)).toMatchObject({ error: { code: 'invalid_input' } });
    const zoneless = { ...week, time_of_generation_min: '2026-11-13T12:00:00' };
    expect(await asker.call('get_cost_analytics', zoneless)).toMatchObject({
      error: { message: expect.stringContaining('with its zone') },
    });
    expect(asker.wire).toEqual([]);
  });

  it('S0-25: --since 7d sends two times, 7 × 24 h apart', async () => {
    const asker = await ask();
    const ran = await asker.type('usage cost --workspace ws-team-a --since 7d --format json');
    expect(JSON.parse(ran.stdout).data.window).toEqual({
      from: '2026-11-13T12:00:00.000Z',
      to: '2026-11-20T12:00:00.000Z',
    });
  });

  it('S1-9: says once that analytics see gateway traffic only', async () => {
    const asker = await ask();
    const { stdout } = await asker.type('usage cost --workspace ws-team-a');
    expect(stdout.match(/only calls that go through the gateway/g)).toHaveLength(1);
  });

  it('S1-22: a day above three times the median is named', async () => {
    const rows = logs(8, (index) => ({
      created_at: new Date(testNow - (index + 1) * 86_400_000).toISOString(),
      cost: index === 2 ? 900 : 100,
    }));
    const asker = await ask({ state: stateOf(rows) });
    const data = await asker.data<Answer>('get_cost_analytics', {
      ...week,
      time_of_generation_min: '2026-11-12T00:00:00Z',
    });
    expect(data).toMatchObject({
      unusual_days: [{ date: '2026-11-17', cost: { usd: '$9.00' }, median: { usd: '$1.00' } }],
    });
  });

  it('S2-13: a key is named, and asked for by its id; an ambiguous name lists both', async () => {
    const state = smallState();
    const twin = keyRow('batch', uuid(14), teamA);
    const asker = await ask({ state: { ...state, apiKeys: [...(state.apiKeys ?? []), twin] } });
    await asker.data('get_cost_analytics', { ...week, api_key_ids: 'app' });
    expect(analytics(asker)[0]?.searchParams.get('api_key_ids')).toBe(keyA1);
    expect(await asker.call('get_cost_analytics', { ...week, api_key_ids: ['batch'] })).toMatchObject({
      ok: false,
      error: { code: 'invalid_input', details: { candidates: [[uuid(12)], [uuid(14)]] } },
    });
    expect(await asker.call('get_cost_analytics', { ...week, api_key_ids: 'ap' })).toMatchObject({
      error: { code: 'not_found', message: expect.stringContaining('did you mean "app"?') },
    });
  });

  it('says where a provider or config is not there now, and asks all the same', async () => {
    const asker = await ask({ state: smallState({ configs: [configRow('main', uuid(61), teamA, {})] }) });
    const { notes } = await asker.data<Answer>('get_cost_analytics', {
      ...week,
      virtual_key_slugs: ['openai-b'],
      config_slugs: ['pc-main'],
    });
    expect(notes).toContain('No provider "openai-b" is there now; did you mean "openai-a"?');
    expect(analytics(asker)[0]?.searchParams.get('virtual_keys')).toBe('openai-b');
    expect(analytics(asker)[0]?.searchParams.get('configs')).toBe('pc-main');
  });

  it('writes CSV for a spreadsheet', async () => {
    const asker = await ask({ state: stateOf(logs(1, () => ({ cost: 150.5 }))) });
    const { stdout } = await asker.type('usage cost --workspace ws-team-a --since 2d --format csv');
    const lines = stdout.split('\r\n');
    expect(lines[0]).toBe('time,cost');
    expect(lines).toContain('2026-11-19T12:00:00.000Z,150.5');
  });
});

describe('usage requests', () => {
  it('S0-37: forty calls that were rate limited and three that were rejected are told apart, with the key', async () => {
    const rows = [
      ...logs(40, (index) => ({ id: uuid(0x20000 + index), response_status_code: 429, is_success: false })),
      ...logs(3, (index) => ({ id: uuid(0x30000 + index), response_status_code: 400, is_success: false })),
      ...logs(57, (index) => ({ id: uuid(0x40000 + index) })),
    ];
    const asker = await ask({ state: stateOf(rows) });
    const data = await asker.data<Answer>('get_request_analytics', week);
    expect(data).toMatchObject({
      requests: 100,
      errors: 43,
      error_percent: 43,
      is_failing: true,
      by_status: [
        { status: 429, requests: 40, means: 'rate limited' },
        { status: 400, requests: 3 },
      ],
      rate_limited_keys: [{ id: keyA1, requests: 40, untrusted: { name: 'app' } }],
    });
    expect(data.answer).toContain('40 rate limited on 1 key (429), 3 rejected');
  });

  it('S1-13: what the service does not say is null, never zero', async () => {
    const faults = [
      '/analytics/graphs/errors',
      '/analytics/graphs/errors/rate',
      '/analytics/graphs/errors/status-codes',
      '/analytics/graphs/latency',
      '/analytics/graphs/cache/hit-rate',
      '/analytics/graphs/requests/rescued',
    ].map((path) => ({
      path,
      fault: { kind: 'status' as const, status: 403 },
    }));
    const asker = await ask({ state: stateOf(logs(3, () => ({}))), faults });
    const data = await asker.data<Answer>('get_request_analytics', week);
    expect(data).toMatchObject({
      requests: 3,
      errors: null,
      error_percent: null,
      is_failing: null,
      by_status: null,
      latency_ms: { average: null, p50: null, p90: null, p99: null },
      cache: { hits: null, hit_percent: null, saved: null },
      rescued: { by_retry: null, by_fallback: null },
    });
    expect(data.answer).toContain('How many failed is unknown');
    expect(data.notes.some((note) => note.includes('403'))).toBe(true);
  });

  it('S0-41: latency, cache hits and rescued calls stand beside', async () => {
    const rows = logs(10, (index) => ({
      response_time: (index + 1) * 100,
      cache_status: index === 0 ? 'HIT' : 'MISS',
      retry_success_count: index === 1 ? 2 : 0,
      is_fallback: index === 2,
    }));
    const asker = await ask({ state: stateOf(rows) });
    expect(await asker.data('get_request_analytics', week)).toMatchObject({
      latency_ms: { average: 550, p50: 600, p90: 1000, p99: 1000 },
      cache: { hits: 1, hit_percent: 10 },
      rescued: { by_retry: 1, by_fallback: 1 },
      is_failing: false,
    });
  });

  it('S1-22: both thresholds are options', async () => {
    const rows = logs(100, (index) => ({ is_success: index > 2, response_status_code: index > 2 ? 200 : 500 }));
    const asker = await ask({ state: stateOf(rows) });
    expect(await asker.data('get_request_analytics', week)).toMatchObject({ is_failing: false });
    expect(await asker.data('get_request_analytics', { ...week, flag_error_percent: 2 })).toMatchObject({
      is_failing: true,
    });
    const ran = await asker.type('usage requests --workspace ws-team-a --since 7d --flag-errors 2 --format json');
    expect(JSON.parse(ran.stdout)).toMatchObject({ data: { is_failing: true } });
  });
});

describe('usage users', () => {
  it('S1-15: all 254 users over pages, once each, sums exact; numbers that came as text are numbers', async () => {
    const rows = logs(254, (index) => ({ metadata: { _user: `u-${index}` }, cost: 0.1 }));
    const asker = await ask({ state: stateOf(rows) });
    const seen = new Map<string, number>();
    let cursor: string | undefined;
    do {
      const page = await asker.data<{
        rows: { untrusted: { name: string }; requests: number }[];
        page: { cursor: string | null };
        total: { cents: number; exact_cents: string };
      }>('get_user_analytics_summary', { ...week, limit: 100, ...(cursor === undefined ? {} : { cursor }) });
      for (const { untrusted, requests } of page.rows)
        seen.set(untrusted.name, (seen.get(untrusted.name) ?? 0) + requests);
      expect(page.total).toMatchObject({ cents: 25, exact_cents: '25.4' });
      cursor = page.page.cursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen.size).toBe(254);
    expect([...seen.values()].every((count) => count === 1)).toBe(true);
  });

  it('rounds 1895.41 cents to $18.95 and keeps the fraction', async () => {
    const asker = await ask({ state: stateOf(logs(1, () => ({ metadata: { _user: 'ana' }, cost: 1895.41 }))) });
    expect(await asker.data('get_user_analytics_summary', week)).toMatchObject({
      rows: [{ untrusted: { name: 'ana' }, requests: 1, cost: { cents: 1895, exact_cents: '1895.41', usd: '$18.95' } }],
    });
  });
});

describe('usage models', () => {
  const now = '2026-11-19T12:00:00.000Z';
  const before = '2026-11-09T12:00:00.000Z';
  const rows = [
    requestRow({ id: uuid(1001), created_at: now, ai_model: 'gpt-4o', cost: 300, total_units: 1_000_000 }),
    requestRow({ id: uuid(1002), created_at: now, ai_model: 'gpt-4o-mini', cost: 50, total_units: 1_000 }),
    requestRow({ id: uuid(1003), created_at: before, ai_model: 'gpt-4o', cost: 200, total_units: 500_000 }),
  ];

  it('S1-21: spend by model and its change against the window before; the sum is the total', async () => {
    const asker = await ask({ state: stateOf(rows) });
    expect(await asker.data('get_model_analytics_summary', week)).toMatchObject({
      total: { usd: '$3.50' },
      rows: [
        { untrusted: { name: 'gpt-4o' }, cost: { usd: '$3.00' }, cost_change_percent: 50, tokens: 1_000_000 },
        { untrusted: { name: 'gpt-4o-mini' }, cost: { usd: '$0.50' }, cost_change_percent: null, before: null },
      ],
    });
  });

  it('S2-14: dollars per million tokens, now and in the window before', async () => {
    const asker = await ask({ state: stateOf(rows) });
    expect(await asker.data('get_model_analytics_summary', week)).toMatchObject({
      rows: [{ per_million_tokens: { usd: '$3.00' }, before: { per_million_tokens: { usd: '$4.00' } } }, {}],
    });
    expect(await asker.data('get_provider_analytics_summary', week)).toMatchObject({
      rows: [{ untrusted: { name: 'openai-a' }, cost: { usd: '$3.50' }, requests: 2 }],
    });
  });

  it('S1-16: a service that groups by models alone is asked for the cost of each', async () => {
    const fault = { kind: 'status' as const, status: 404 };
    const asker = await ask({ state: stateOf(rows), faults: [{ path: '/analytics/groups/model', fault }] });
    const data = await asker.data<Answer>('get_model_analytics_summary', week);
    expect(data).toMatchObject({
      total: { usd: '$3.50' },
      rows: [
        { untrusted: { name: 'gpt-4o' }, cost: { usd: '$3.00' }, tokens: null },
        { untrusted: { name: 'gpt-4o-mini' }, cost: { usd: '$0.50' } },
      ],
    });
    expect(data.notes).toContain('Cost of models is one query each.');
    const asked = analytics(asker).map((url) => url.searchParams.get('ai_org_model'));
    expect(asked).toContain('openai__gpt-4o');
  });
});

describe('every question to analytics', () => {
  const names = [
    'get_cost_analytics',
    'get_request_analytics',
    'get_token_analytics',
    'get_user_analytics_summary',
    'get_model_analytics_summary',
    'get_provider_analytics_summary',
  ];

  it.each(names)('S3-5: %s says of a 403 that plan or scope is the cause', async (name) => {
    const asker = await ask({ faults: [{ path: '/analytics/**', fault: { kind: 'status', status: 403 } }] });
    expect(await asker.call(name, week)).toMatchObject({
      ok: false,
      error: { code: 'forbidden', details: { cause: 'plan_or_scope' } },
    });
    expect(await asker.call('list_workspaces')).toMatchObject({ ok: true });
  });

  it.each(names)('%s answers the same where the service writes numbers as text', async (name) => {
    const asker = await ask({ state: stateOf(logs(3, () => ({ cost: 12.5, metadata: { _user: 'ana' } }))) });
    const plain = await asker.call(name, week);
    asker.emulator.setQuirks({ analyticsAsText: true });
    expect(await asker.call(name, week)).toEqual(plain);
  });

  it.each(names)('%s tells of the sample what its command tells', async (name) => {
    const asker = await ask({ state: sampleSeed(new Date(testNow)) });
    const { twins } = await import('../../src/tools/twins.ts');
    const command = twins.find(({ tool }) => tool === name)?.command ?? '';
    const ran = await asker.type(`${command} --workspace ws-market-4f2a1c --since 7d --format json`);
    const month = { ...week, workspace_slug: 'ws-market-4f2a1c' };
    expect(ran.stdout).toBe(`${JSON.stringify(await asker.call(name, month))}\n`);
    expect(JSON.parse(ran.stdout).ok).toBe(true);
    expect((await asker.type(`${command} --workspace ws-market-4f2a1c --since 7d`)).exit).toBe(0);
  });
});

describe('a zero', () => {
  const rows = logs(3, (index) => ({ cost: 100, ai_model: 'gpt-4o', metadata: { team: `t${index}` } }));

  it('of a model that nobody called says so, with the nearest that was called', async () => {
    const asker = await ask({ state: stateOf(rows) });
    const filter = { ...week, provider_models: ['openai__gpt-4p'] };
    for (const tool of [
      'get_cost_analytics',
      'get_token_analytics',
      'get_request_analytics',
      'get_user_analytics_summary',
    ]) {
      const { answer, notes } = await asker.data<Answer>(tool, filter);
      expect(answer).toContain('No call fits these filters.');
      expect(notes).toContain('No call of this window went to model "openai__gpt-4p"; did you mean "openai__gpt-4o"?');
    }
  });

  it('of metadata that no call has says which, and repeats no value that a caller wrote', async () => {
    const asker = await ask({ state: stateOf(rows) });
    const ofTeam = await asker.data<Answer>('get_cost_analytics', { ...week, metadata_filter: { team: 't9' } });
    expect(ofTeam.notes).toContain('No call of this window has metadata "team": "t9".');
    const ofKey = await asker.data<Answer>('get_cost_analytics', { ...week, metadata_filter: { squad: 'x' } });
    expect(ofKey.notes).toContain('No call of this window has metadata "squad".');
    expect(JSON.stringify(ofTeam)).not.toContain('t1');
  });

  it('of filters that each fit some call says that no call fits them all', async () => {
    const asker = await ask({ state: stateOf(rows) });
    const filter = { provider_models: ['openai__gpt-4o'], metadata_filter: { team: 't1' }, status_codes: ['429'] };
    const { answer, notes } = await asker.data<Answer>('get_cost_analytics', { ...week, ...filter });
    expect(answer).toMatch(/^\$0\.00 was spent .*\. No call fits these filters\.$/);
    expect(notes.filter((note) => note.startsWith('No call'))).toEqual([]);
  });

  it('of calls that cost nothing counts them, and of no call at all says that', async () => {
    const free = await ask({ state: stateOf(logs(2, () => ({ cost: 0 }))) });
    expect((await free.data<Answer>('get_cost_analytics', week)).answer).toContain(' 2 calls were made.');
    const quiet = await ask({ state: stateOf([]) });
    expect((await quiet.data<Answer>('get_cost_analytics', week)).answer).toContain(' No call was made.');
  });

  it('costs no request where something was found', async () => {
    const asker = await ask({ state: stateOf(rows) });
    await asker.data('get_cost_analytics', { ...week, provider_models: ['openai__gpt-4o'] });
    expect(analytics(asker)).toHaveLength(1);
  });
});
