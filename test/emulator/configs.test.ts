import { describe, expect, it } from 'vitest';
import type { Quirks } from '../../src/emulator/quirks.ts';
import { workspaceId } from '../../src/emulator/sample/ids.ts';
import { sampleSecrets } from '../../src/emulator/sample/organisation.ts';
import { sampleSeed } from '../../src/emulator/sample/seed.ts';
import { createEmulator } from '../../src/emulator/server.ts';

const now = new Date('2026-11-20T19:30:12.000Z');
const state = sampleSeed(now);
const platform = workspaceId('platform');

function start(quirks: Partial<Quirks> = {}) {
  const emulator = createEmulator({
    state,
    quirks,
    now: () => now,
    acceptKeys: [{ key: 'platform-key', kind: 'workspace-service', workspaceId: platform }],
  });
  const call = async (method: string, path: string, body?: unknown, secret: string = sampleSecrets.admin) => {
    const response = await emulator.app.request(`/v1${path}`, {
      method,
      headers: { 'x-portkey-api-key': secret },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  return { emulator, call };
}

/** The members of the recorded answers, in their order. */
const listMembers = [
  ...['id', 'name', 'workspace_id', 'slug', 'organisation_id', 'is_default', 'status', 'owner_id', 'updated_by'],
  ...['created_at', 'last_updated_at', 'object'],
];
const getMembers = [...listMembers.slice(0, -1), 'config', 'format', 'type', 'version_id', 'object'];

describe('configs', () => {
  it('are listed newest first, without the config itself, two of one name', async () => {
    const { call } = start();
    const { body } = await call('GET', '/configs');
    const rows = body.data as Record<string, unknown>[];
    expect(body).toMatchObject({ object: 'list', total: 4 });
    expect(Object.keys(rows[0] ?? {})).toEqual(listMembers);
    expect(rows.map((row) => row.name)).toEqual([
      'helpdesk-default',
      'helpdesk-default',
      'cached-copy',
      'checkout-fallback',
    ]);
    expect((await call('GET', `/configs?workspace_id=${platform}`)).body.total).toBe(1);
    expect((await call('GET', '/configs', undefined, 'platform-key')).body.total).toBe(1);
  });

  it('are read flat, with the config as JSON text', async () => {
    const { call } = start();
    const { body } = await call('GET', '/configs/pc-checko-4b8d21');
    expect(Object.keys(body)).toEqual(getMembers);
    expect(JSON.parse(String(body.config))).toEqual({ retry: { attempts: 3, on_status_codes: [429, 503] } });
    expect(body).toMatchObject({ format: 'json', type: 'ORG_CONFIG', object: 'config' });
  });

  it('are read in an envelope, with the config as an object, where the quirk says so', async () => {
    const { call, emulator } = start({ configsInEnvelope: true });
    const { body } = await call('GET', '/configs?page_size=3');
    expect([Object.keys(body), (body.data as unknown[]).length]).toEqual([['success', 'data'], 3]);
    expect((await call('GET', '/configs/pc-checko-4b8d21')).body).toEqual({
      success: true,
      data: { config: { retry: { attempts: 3, on_status_codes: [429, 503] } } },
    });
    const version = emulator.store.find('configs', 'pc-checko-4b8d21')?.versions.at(-1);
    if (version) version.config = '{broken';
    expect((await call('GET', '/configs/pc-checko-4b8d21')).body.data).toEqual({ config: '{broken' });
  });

  it('are created and updated in an envelope, with the ids beside it as well; each new config is a version', async () => {
    const { call } = start();
    const created = await call('POST', '/configs', {
      name: 'New Config',
      config: { cache: {} },
      workspace_id: platform,
    });
    expect(created.body).toMatchObject({
      success: true,
      data: { slug: expect.stringMatching(/^pc-new-co-[0-9a-f]{6}$/) },
    });
    const { slug, version_id: first } = created.body.data as Record<string, string>;
    const renamed = await call('PUT', `/configs/${slug}`, { name: 'Renamed' });
    expect(renamed.body).toMatchObject({ success: true, data: { version_id: first } });
    const changed = await call('PUT', `/configs/${slug}`, { config: '{"retry":{}}' });
    const { version_id: second } = changed.body.data as Record<string, string>;
    expect(second).not.toBe(first);
    const versions = await call('GET', `/configs/${slug}/versions`);
    expect((versions.body.data as Record<string, string>[]).map((row) => [row.version_id, row.config])).toEqual([
      [second, '{"retry":{}}'],
      [first, '{"cache":{}}'],
    ]);
  });

  it.each([
    ['no name', { config: {}, workspace_id: platform }],
    ['no config', { name: 'x', workspace_id: platform }],
    ['a config that is not an object', { name: 'x', config: '[1]', workspace_id: platform }],
    ['no workspace and an admin key', { name: 'x', config: {} }],
  ])('with %s are 400 AB01', async (_, body) => {
    const { call } = start();
    const answer = await call('POST', '/configs', body);
    expect([answer.status, answer.body.errorCode]).toEqual([400, 'AB01']);
  });

  it('are deleted, but not while a workspace points at one', async () => {
    const { call, emulator } = start();
    const workspace = emulator.store.find('workspaces', platform);
    if (workspace) workspace.defaults = { user_api_key_config: 'pc-checko-4b8d21' };
    expect((await call('DELETE', '/configs/pc-checko-4b8d21')).body.errorCode).toBe('AB07');
    if (workspace) workspace.defaults = null;
    expect(await call('DELETE', '/configs/pc-checko-4b8d21')).toEqual({ status: 200, body: {} });
    expect((await call('GET', '/configs/pc-checko-4b8d21')).status).toBe(404);
  });

  it('of another workspace are not there', async () => {
    const { call } = start();
    expect((await call('GET', '/configs/pc-cached-9f02c6', undefined, 'platform-key')).status).toBe(404);
    expect((await call('DELETE', '/configs/pc-cached-9f02c6', undefined, 'platform-key')).status).toBe(404);
  });
});

describe('models', () => {
  it('are those of the workspace’s providers, by the provider’s slug', async () => {
    const { call } = start();
    const { body } = await call('GET', '/models', undefined, sampleSecrets.workspace);
    expect(body).toMatchObject({ object: 'list', total: 6 });
    expect((body.data as { id: string }[]).map((row) => row.id)).toEqual([
      '@anthropic-prod/claude-opus-4-5',
      '@anthropic-prod/claude-sonnet-4-5',
      '@openai-prod/gpt-4o',
      '@openai-prod/gpt-4o-mini',
      '@openai-prod/gpt-5',
      '@openai-prod/text-embedding-3-small',
    ]);
  });

  it.each([
    ['ai_service=anthropic', 2, '@anthropic-prod/claude-opus-4-5'],
    ['provider=openai-prod&order=desc', 4, '@openai-prod/text-embedding-3-small'],
    ['sort=provider&limit=1&offset=2', 6, '@openai-prod/gpt-4o'],
  ])('filter, sort and page: %s', async (query, total, first) => {
    const { call } = start();
    const { body } = await call('GET', `/models?${query}`, undefined, sampleSecrets.workspace);
    expect(body.total).toBe(total);
    expect((body.data as { id: string }[])[0]?.id).toBe(first);
  });

  it('refuse what they cannot sort or page by', async () => {
    const { call } = start();
    for (const query of ['sort=colour', 'order=up', 'limit=-1']) {
      expect((await call('GET', `/models?${query}`)).status, query).toBe(400);
    }
  });
});
