import { describe, expect, it } from 'vitest';
import { keyId, sampleId, sampleOrganisationId, userId, workspaceId } from '../../src/emulator/sample/ids.ts';
import { sampleSecrets } from '../../src/emulator/sample/organisation.ts';
import { sampleSeed } from '../../src/emulator/sample/seed.ts';
import { createEmulator } from '../../src/emulator/server.ts';

const now = new Date('2026-11-20T19:30:12.000Z');
const state = sampleSeed(now);

interface Records {
  readonly total: number;
  readonly records: readonly Record<string, unknown>[];
}

function start() {
  const emulator = createEmulator({ state, now: () => now });
  const call = async (method: string, path: string, body?: unknown, secret: string = sampleSecrets.admin) =>
    emulator.app.request(`/v1${path}`, {
      method,
      headers: { 'x-portkey-api-key': secret },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const list = async (query: Record<string, string> = {}): Promise<Records> => {
    const all = {
      start_time: '2026-11-01T00:00:00Z',
      end_time: '2026-11-21T00:00:00Z',
      organisation_id: sampleOrganisationId,
      ...query,
    };
    const response = await call('GET', `/audit-logs?${new URLSearchParams(all)}`);
    expect(response.status).toBe(200);
    return (await response.json()) as Records;
  };
  return { call, list };
}

describe('the audit log', () => {
  it('says who changed by hand what the first plan shows as drifted', async () => {
    const { list } = start();
    const uri = `/api-keys/${keyId('marketing', 'campaign-writer')}`;
    const { records, total } = await list({ uri });
    expect(total).toBe(1);
    expect(records[0]).toMatchObject({
      method: 'PUT',
      user_id: userId('campaign-manager'),
      user_type: 'user',
      workspace_id: workspaceId('marketing'),
    });
  });

  it('has the writes of this session, newest first, done or refused, with the secret masked', async () => {
    const { call, list } = start();
    const uri = `/policies/usage-limits/${sampleId('policy marketing/monthly-spend')}`;
    await call('PUT', uri, { credit_limit: 500 });
    await call('PUT', uri, { credit_limit: 500, name: null });
    const { records } = await list({ uri, user_type: 'api_key' });
    expect(records.map((record) => record.response_status_code)).toEqual([400, 200]);
    expect(JSON.parse(String(records[1]?.request_body))).toEqual({ credit_limit: 500 });
    expect(String(records[1]?.request_headers)).not.toContain(sampleSecrets.admin);
  });

  it.each([
    ['method', { method: 'POST' }, 2],
    ['resource_type', { resource_type: 'workspace' }, 1],
    ['action', { action: 'update' }, 2],
    ['workspace_id', { workspace_id: workspaceId('support') }, 1],
    ['user_id', { user_id: userId('campaign-manager') }, 2],
    ['response_status_code', { response_status_code: '404' }, 0],
    ['a shorter time', { start_time: '2026-11-15T00:00:00Z' }, 1],
    ['no organisation, which the key implies', { organisation_id: '' }, 4],
  ])('filters by %s', async (_, query, total) => {
    const { list } = start();
    expect((await list(query)).total).toBe(total);
  });

  it('is paged from 0', async () => {
    const { list } = start();
    const all = await list();
    const page = await list({ page_size: '1', current_page: '1' });
    expect(page).toMatchObject({ total: 4, records: [all.records[1]] });
  });

  it('is for admin keys, with a range, of their own organisation', async () => {
    const { call } = start();
    const range = 'start_time=2026-11-01T00:00:00Z&end_time=2026-11-21T00:00:00Z';
    const path = `/audit-logs?${range}&organisation_id=${sampleOrganisationId}`;
    expect((await call('GET', path, undefined, sampleSecrets.workspace)).status).toBe(403);
    expect((await call('GET', '/audit-logs')).status).toBe(400);
    expect((await call('GET', `/audit-logs?${range}&organisation_id=${userId('nobody')}`)).status).toBe(403);
  });
});
