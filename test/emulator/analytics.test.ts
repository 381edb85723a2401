import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sumCost } from '../../src/emulator/request-logs.ts';
import { keyId, workspaceId } from '../../src/emulator/sample/ids.ts';
import { sampleSecrets } from '../../src/emulator/sample/organisation.ts';
import { sampleSeed } from '../../src/emulator/sample/seed.ts';
import { createEmulator } from '../../src/emulator/server.ts';
import type { RequestLogRow } from '../../src/emulator/store.ts';

const now = new Date('2026-11-20T19:30:12.000Z');
const month = '2026-11-01T00:00:00.000Z';
const emulator = createEmulator({ state: sampleSeed(now), now: () => now });
const marketing = 'ws-market-4f2a1c';

interface Graph {
  readonly data_points: readonly Record<string, number>[];
  readonly summary: Record<string, number>;
}
interface Groups {
  readonly total: number;
  readonly data: readonly Record<string, number | string>[];
}

async function get<Body>(path: string, query: Record<string, string> = {}, secret: string = sampleSecrets.admin) {
  const all = { time_of_generation_min: month, time_of_generation_max: now.toISOString(), ...query };
  const response = await emulator.app.request(`/v1${path}?${new URLSearchParams(all)}`, {
    headers: { 'x-portkey-api-key': secret },
  });
  return { status: response.status, body: (await response.json()) as Body };
}

async function readGraph(path: string, query: Record<string, string> = {}, secret?: string): Promise<Graph> {
  const { status, body } = await get<Graph>(`/analytics/graphs/${path}`, query, secret);
  expect(status).toBe(200);
  return body;
}

function rowsOf(select: (row: RequestLogRow) => boolean): RequestLogRow[] {
  return emulator.store.state.requestLogs.filter((row) => row.created_at >= month && select(row));
}

const marketingRows = (): RequestLogRow[] => rowsOf((row) => row.workspace_id === workspaceId('marketing'));

describe('analytics add up', () => {
  it('cost of a window = sum of its rows = the budget of the same window', async () => {
    const { summary, data_points } = await readGraph('cost', { workspace_slug: marketing });
    expect(summary.total).toBe(sumCost(marketingRows()));
    const entities = emulator.store.state.usagePolicies.find((row) => row.name === 'monthly-spend')?.entities ?? {};
    expect(summary.total).toBe(Object.values(entities)[0]?.current_usage);
    const sum = data_points.reduce((total, point) => total + (point.total ?? 0), 0);
    expect(sum).toBeCloseTo(summary.total ?? 0, 4);
  });

  it("cost of one key = the key's own counter", async () => {
    const id = keyId('platform', 'checkout-service');
    const { summary } = await readGraph('cost', { workspace_slug: 'ws-platform-5d10aa', api_key_ids: id });
    expect(summary.total).toBe(emulator.store.find('apiKeys', id)?.usage_limits?.current_usage);
  });

  it("cost of one provider = the provider's counter", async () => {
    const { summary } = await readGraph('cost', { workspace_slug: 'ws-sales-91be02', virtual_keys: 'openai-sales' });
    const provider = emulator.store.find('providers', 'openai-sales', workspaceId('sales'));
    expect(summary.total).toBe(provider?.usage_limits?.current_usage);
  });

  it('requests, tokens, errors and users', async () => {
    const rows = marketingRows();
    const query = { workspace_slug: marketing };
    expect((await readGraph('requests', query)).summary.total).toBe(rows.length);
    const tokens = rows.reduce((sum, row) => sum + row.total_units, 0);
    expect((await readGraph('tokens', query)).summary).toEqual({ total: tokens, avg: tokens / rows.length });
    expect((await readGraph('errors', query)).summary.total).toBe(rows.filter((row) => !row.is_success).length);
    expect((await readGraph('users', query)).summary.total).toBe(2);
    const { summary } = await readGraph('users/requests', query);
    expect(summary.avg).toBe((summary.total ?? 0) / 2);
    const codes = await readGraph('errors/status-codes', query);
    const counted = codes.data_points.reduce((sum, point) => sum + (point.count ?? 0), 0);
    expect(counted).toBe(codes.summary.total_errors);
  });

  it('cache hits and what they saved, growing from bucket to bucket', async () => {
    const { data_points, summary } = await readGraph('cache/hit-rate', { workspace_slug: marketing });
    expect(summary.total).toBe(marketingRows().filter((row) => row.cache_status === 'HIT').length);
    const savings = data_points.map((point) => point.cumulative_simple_cache_savings ?? 0);
    expect(savings).toEqual([...savings].sort((a, b) => a - b));
    expect(savings.at(-1)).toBeGreaterThan(0);
  });

  it('groups by user have texts for numbers, groups by metadata have numbers', async () => {
    const users = await get<Groups>('/analytics/groups/users', { workspace_slug: marketing });
    const writer = marketingRows().filter((row) => row.metadata._user === 'writer-1');
    expect(users.body.data).toContainEqual({
      user: 'writer-1',
      requests: String(writer.length),
      cost: String(sumCost(writer)),
      object: 'analytics-group',
    });
    const campaigns = await get<Groups>('/analytics/groups/metadata/campaign', { workspace_slug: marketing });
    const autumn = marketingRows().filter((row) => row.metadata.campaign === 'autumn');
    expect(campaigns.body).toMatchObject({ total: 1, data: [{ metadata_value: 'autumn', cost: sumCost(autumn) }] });
  });

  it('groups by anything else have the columns that were asked for', async () => {
    const { body } = await get<Groups>('/analytics/groups/provider', {
      workspace_slug: 'ws-sales-91be02',
      columns: 'cost,total_tokens',
    });
    expect(body.data.map((row) => Object.keys(row))).toEqual([
      ['provider', 'requests', 'cost', 'total_tokens', 'object'],
      ['provider', 'requests', 'cost', 'total_tokens', 'object'],
    ]);
    const plain = await get<Groups>('/logs/groups/model', { workspace_slug: 'ws-sales-91be02' });
    expect(Object.keys(plain.body.data[0] ?? {})).toEqual(['model', 'requests', 'object']);
    const workspaces = await get<Groups>('/analytics/groups/workspace', {});
    expect(workspaces.body.total).toBe(6);
  });

  it('groups are paged, and total counts all of them', async () => {
    const { body } = await get<Groups>('/analytics/groups/users', {
      workspace_slug: 'ws-research-07c3d8',
      page_size: '2',
      current_page: '1',
    });
    expect(body.total).toBe(5);
    expect(body.data).toHaveLength(2);
  });
});

describe('filters', () => {
  const research = (): RequestLogRow[] => rowsOf((row) => row.workspace_id === workspaceId('research'));
  const cases: readonly (readonly [string, Record<string, string>, (row: RequestLogRow) => boolean])[] = [
    ['ai_org_model', { ai_org_model: 'openai__gpt-5' }, (row) => row.ai_model === 'gpt-5'],
    ['metadata', { metadata: '{"team":"nlp"}' }, (row) => row.metadata.team === 'nlp'],
    [
      'two of metadata',
      { metadata: '{"team":"nlp","_user":"analyst-3"}' },
      (row) => row.metadata._user === 'analyst-3' && row.metadata.team === 'nlp',
    ],
    ['status_code list', { status_code: '429,500' }, (row) => [429, 500].includes(row.response_status_code)],
    ['cost_min', { cost_min: '100' }, (row) => row.cost >= 100],
    ['cost_max', { cost_max: '5' }, (row) => row.cost <= 5],
    ['total_units_min', { total_units_min: '500000' }, (row) => row.total_units >= 500_000],
    ['prompt_token_max', { prompt_token_max: '2000' }, (row) => row.req_units <= 2000],
    ['completion_token_min', { completion_token_min: '20000' }, (row) => row.res_units >= 20_000],
    [
      'api_key_ids list',
      { api_key_ids: `${keyId('research', 'notebooks')},x` },
      (row) => row.api_key_id === keyId('research', 'notebooks'),
    ],
    ['a shorter window', { time_of_generation_min: '2026-11-15T00:00:00Z' }, (row) => row.created_at >= '2026-11-15'],
  ];

  it.each(cases)('%s', async (_, query, select) => {
    const { summary } = await readGraph('requests', { workspace_slug: 'ws-research-07c3d8', ...query });
    expect(summary.total).toBe(research().filter(select).length);
  });

  it('weighted feedback', async () => {
    const query = { workspace_slug: 'ws-support-c8812e' };
    const all = await readGraph('feedbacks', query);
    const good = await readGraph('requests', { ...query, weighted_feedback_min: '1' });
    const bad = await readGraph('requests', { ...query, weighted_feedback_max: '0' });
    expect(good.summary.total).toBeGreaterThan(0);
    expect((good.summary.total ?? 0) + (bad.summary.total ?? 0)).toBe(all.summary.total);
  });
});

describe('whose analytics', () => {
  it('an admin key that names no workspace gets the default one', async () => {
    const { summary } = await readGraph('requests');
    expect(summary.total).toBe(rowsOf((row) => row.workspace_id === workspaceId('sandbox')).length);
  });

  it('a workspace key gets its own, whatever it asks for', async () => {
    const { summary } = await readGraph('requests', { workspace_slug: 'ws-sales-91be02' }, sampleSecrets.workspace);
    expect(summary.total).toBe(marketingRows().length);
  });

  it('archived workspaces can be read, unknown ones not', async () => {
    expect((await readGraph('requests', { workspace_slug: 'ws-legacy-e04d61' })).summary.total).toBe(0);
    expect((await get('/analytics/graphs/cost', { workspace_slug: 'ws-none-000000' })).status).toBe(403);
  });

  it.each([
    ['no range', { time_of_generation_min: '' }],
    ['no date', { time_of_generation_max: 'soon' }],
    ['an inverted range', { time_of_generation_min: '2027-01-01T00:00:00Z' }],
    ['no number', { cost_min: 'much' }],
    ['metadata that is not an object', { metadata: 'team=nlp' }],
  ])('%s is 400 AB01', async (_, query) => {
    const { status, body } = await get<{ errorCode: string }>('/analytics/graphs/cost', query);
    expect([status, body.errorCode]).toEqual([400, 'AB01']);
  });

  it('unknown groupings and columns are 400', async () => {
    expect((await get('/analytics/groups/colour')).status).toBe(400);
    expect((await get('/analytics/groups/model', { columns: 'cost,colour' })).status).toBe(400);
  });
});

describe('buckets', () => {
  beforeAll(() => expect(emulator.store.state.requestLogs.length).toBeGreaterThan(1000));
  afterAll(() => emulator.reset());

  it.each([
    ['minutes in an hour', '2026-11-20T18:30:00Z', '2026-11-20T19:30:00Z', 61],
    ['hours in a day', '2026-11-19T19:00:00Z', '2026-11-20T19:00:00Z', 25],
    ['days in a month', '2026-11-01T00:00:00Z', '2026-11-20T19:30:12Z', 20],
    ['no more than some hundred in a century', '1950-01-01T00:00:00Z', '2050-01-01T00:00:00Z', undefined],
  ])('%s', async (_, from, to, count) => {
    const { data_points } = await readGraph('requests', {
      workspace_slug: marketing,
      time_of_generation_min: from,
      time_of_generation_max: to,
    });
    if (count === undefined) expect(data_points.length).toBeLessThan(600);
    else expect(data_points).toHaveLength(count);
  });
});
