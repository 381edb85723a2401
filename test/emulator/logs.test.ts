import { describe, expect, it } from 'vitest';
import { sumCost } from '../../src/emulator/request-logs.ts';
import { keyId, workspaceId } from '../../src/emulator/sample/ids.ts';
import { sampleSecrets } from '../../src/emulator/sample/organisation.ts';
import { sampleSeed } from '../../src/emulator/sample/seed.ts';
import { createEmulator } from '../../src/emulator/server.ts';

const now = new Date('2026-11-20T19:30:12.000Z');
const state = sampleSeed(now);
const marketing = workspaceId('marketing');

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

function start() {
  const emulator = createEmulator({
    state,
    now: () => now,
    acceptKeys: [
      { key: 'user-key', kind: 'workspace-user', workspaceId: marketing },
      { key: 'blind-key', kind: 'workspace-service', workspaceId: marketing, scopes: ['completions.write'] },
    ],
  });
  const call = async (
    method: string,
    path: string,
    body?: unknown,
    secret: string = sampleSecrets.admin,
  ): Promise<Answer> => {
    const response = await emulator.app.request(path.startsWith('http') ? path : `/v1${path}`, {
      method,
      headers: { 'x-portkey-api-key': secret },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : { text } };
  };
  return { emulator, call };
}

const wanted = ['id', 'created_at', 'cost', 'ai_org', 'metadata'];

describe('a log export', () => {
  it('goes from draft to its lines, whose costs add up to the analytics of the same filters', async () => {
    const { call, emulator } = start();
    const filters = { time_of_generation_min: '2026-11-01T00:00:00Z', ai_org_model: 'anthropic__claude-opus-4-5' };
    const created = await call('POST', '/logs/exports', { workspace_id: marketing, filters, requested_data: wanted });
    const path = `/logs/exports/${created.body.id}`;
    expect((await call('GET', path)).body).toMatchObject({
      status: 'draft',
      workspace_id: marketing,
      object: 'export',
    });
    expect((await call('GET', `${path}/download`)).status).toBe(400);
    await call('POST', `${path}/start`);
    expect((await call('POST', `${path}/start`)).status).toBe(400);
    expect((await call('GET', path)).body.status).toBe('success');
    const { signed_url: url } = (await call('GET', `${path}/download`)).body;
    expect((await call('GET', `${url}x`, undefined, '')).status).toBe(403);
    const lines = (await (await emulator.app.request(String(url))).text()).trim().split('\n');
    const rows = lines.map((line) => JSON.parse(line) as { cost: number });
    expect(rows).toHaveLength(Number(created.body.total));
    expect(Object.keys(rows[0] ?? {})).toEqual(wanted);
    const matching = state.requestLogs.filter(
      (row) => row.workspace_id === marketing && row.created_at >= '2026-11-01' && row.ai_model === 'claude-opus-4-5',
    );
    expect(rows.reduce((sum, row) => sum + Math.round(row.cost * 1e6), 0) / 1e6).toBe(sumCost(matching));
  });

  it('can be cancelled, and then started again', async () => {
    const { call } = start();
    const body = { workspace_id: 'ws-market-4f2a1c', filters: {}, requested_data: ['id'] };
    const { id } = (await call('POST', '/logs/exports', body)).body;
    await call('POST', `/logs/exports/${id}/start`);
    expect((await call('POST', `/logs/exports/${id}/cancel`)).body).toMatchObject({ object: 'export' });
    expect((await call('GET', `/logs/exports/${id}`)).body.status).toBe('stopped');
    expect((await call('POST', `/logs/exports/${id}/cancel`)).status).toBe(400);
    expect((await call('POST', `/logs/exports/${id}/start`)).status).toBe(200);
  });

  it('is paged by its filters', async () => {
    const { call } = start();
    const body = { workspace_id: marketing, filters: { page_size: 10, current_page: 1 }, requested_data: ['id'] };
    expect((await call('POST', '/logs/exports', body)).body.total).toBe(10);
  });

  it.each([
    ['no filters', { requested_data: ['id'] }],
    ['no data', { filters: {} }],
    ['unknown data', { filters: {}, requested_data: ['secrets'] }],
    ['a filter that is not a number', { filters: { cost_min: 'much' }, requested_data: ['id'] }],
  ])('with %s is 400 AB01', async (_, body) => {
    const { call, emulator } = start();
    const answer = await call('POST', '/logs/exports', { workspace_id: marketing, ...body });
    expect([answer.status, answer.body.errorCode]).toEqual([400, 'AB01']);
    expect(emulator.store.state.logExports).toEqual([]);
  });

  it('is seen by its workspace, and by the user who made it only', async () => {
    const { call } = start();
    const body = { workspace_id: marketing, filters: {}, requested_data: ['id'] };
    const { id } = (await call('POST', '/logs/exports', body)).body;
    const mine = (await call('POST', '/logs/exports', body, 'user-key')).body.id;
    const list = async (secret: string) => (await call('GET', '/logs/exports', undefined, secret)).body.data;
    expect(await list(sampleSecrets.workspace)).toHaveLength(2);
    expect(await list('user-key')).toEqual([expect.objectContaining({ id: mine })]);
    expect((await call('GET', `/logs/exports/${id}`, undefined, 'user-key')).status).toBe(404);
    expect((await call('GET', '/logs/exports', undefined, 'blind-key')).status).toBe(403);
  });
});

describe('one log', () => {
  it('has request, response and metrics; its cost is in dollars', async () => {
    const { call } = start();
    const row = state.requestLogs.find((candidate) => candidate.cost > 0);
    const { body } = await call('GET', `/logs/${row?.id}`);
    expect(body).toMatchObject({ _id: row?.id, response: { status: 200 }, metrics: { cost: (row?.cost ?? 0) / 100 } });
  });

  it('is not found in another workspace', async () => {
    const { call } = start();
    const row = state.requestLogs.find((candidate) => candidate.workspace_id !== marketing);
    expect((await call('GET', `/logs/${row?.id}`, undefined, sampleSecrets.workspace)).status).toBe(404);
  });

  it('can be inserted, alone or with others, and shows up in analytics', async () => {
    const { call, emulator } = start();
    const log = (model: string) => ({
      request: { url: 'https://example.com/v1/chat', provider: 'own', body: { model } },
      response: { status: 200, body: { usage: { prompt_tokens: 3, completion_tokens: 4 } } },
      metadata: { trace_id: 'trace-own', team: 'own' },
    });
    expect((await call('POST', '/logs', log('a'), sampleSecrets.workspace)).status).toBe(200);
    expect((await call('POST', '/logs', [log('b'), log('c')], sampleSecrets.workspace)).status).toBe(200);
    const added = emulator.store.state.requestLogs.slice(state.requestLogs.length);
    expect(added.map((row) => row.ai_model)).toEqual(['a', 'b', 'c']);
    expect(added[0]).toMatchObject({
      workspace_id: marketing,
      api_key_id: keyId('marketing', 'campaign-writer'),
      total_units: 7,
      cost: 0,
      trace_id: 'trace-own',
    });
    const query = new URLSearchParams({
      time_of_generation_min: now.toISOString(),
      time_of_generation_max: now.toISOString(),
      metadata: '{"team":"own"}',
    });
    const graph = await call('GET', `/analytics/graphs/tokens?${query}`, undefined, sampleSecrets.workspace);
    expect(graph.body.summary).toEqual({ total: 21, avg: 7 });
    expect((await call('POST', '/logs', { request: {} }, sampleSecrets.workspace)).status).toBe(400);
  });
});

describe('feedback', () => {
  it('needs a workspace key', async () => {
    const { call } = start();
    expect((await call('POST', '/feedback', { trace_id: 't', value: 1 })).body.errorCode).toBe('AB03');
    expect((await call('PUT', `/feedback/${state.feedback[0]?.id}`, { value: 1 })).status).toBe(403);
  });

  it('is saved, updated, and answered with its id', async () => {
    const { call, emulator } = start();
    const secret = sampleSecrets.workspace;
    const created = await call('POST', '/feedback', { trace_id: 't', value: -10, metadata: { by: 'x' } }, secret);
    const [id] = created.body.feedback_ids as string[];
    expect(emulator.store.state.feedback.at(-1)).toMatchObject({ id, trace_id: 't', value: -10, weight: 1 });
    await call('PUT', `/feedback/${id}`, { value: 3, weight: 0 }, secret);
    expect(emulator.store.state.feedback.at(-1)).toMatchObject({ value: 3, weight: 0, metadata: { by: 'x' } });
    // That of another workspace is not there.
    expect((await call('PUT', `/feedback/${state.feedback[0]?.id}`, { value: 1 }, secret)).status).toBe(404);
  });

  it.each([
    ['a value beyond 10', { trace_id: 't', value: 11 }],
    ['a fractional value', { trace_id: 't', value: 0.5 }],
    ['a weight beyond 1', { trace_id: 't', value: 1, weight: 2 }],
    ['no trace', { value: 1 }],
  ])('with %s is 400 AB01', async (_, body) => {
    const { call } = start();
    expect((await call('POST', '/feedback', body, sampleSecrets.workspace)).body.errorCode).toBe('AB01');
  });
});
