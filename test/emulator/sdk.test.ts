/** The official SDK against the emulator: what it sends is accepted, what it reads is there. */

import { Portkey } from 'portkey-ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyId, workspaceId } from '../../src/emulator/sample/ids.ts';
import { sampleSecrets } from '../../src/emulator/sample/organisation.ts';
import { sampleSeed } from '../../src/emulator/sample/seed.ts';
import { type Emulator, startEmulator } from '../../src/emulator/server.ts';

let emulator: Emulator;
let admin: Portkey;
let member: Portkey;
const marketing = workspaceId('marketing');
const range = {
  time_of_generation_min: new Date(Date.now() - 30 * 86_400_000).toISOString(),
  time_of_generation_max: new Date().toISOString(),
};

/** The SDK types few of its answers; what comes over the wire is looked at as data. */
type Answer = { readonly [name: string]: unknown };
async function read(answer: Promise<unknown>): Promise<Answer> {
  return (await answer) as Answer;
}

beforeAll(async () => {
  emulator = await startEmulator({ state: sampleSeed(new Date()) });
  admin = new Portkey({ apiKey: sampleSecrets.admin, baseURL: emulator.url });
  member = new Portkey({ apiKey: sampleSecrets.workspace, baseURL: emulator.url });
});

afterAll(() => emulator.close());

describe('the official SDK', () => {
  it('creates, reads, updates, lists and deletes API keys', async () => {
    const created = await read(
      admin.apiKeys.create({
        type: 'workspace',
        'sub-type': 'service',
        name: 'from-sdk',
        workspace_id: marketing,
        scopes: ['completions.write'],
        usage_limits: { credit_limit: 10, alert_threshold: 8 },
        rate_limits: [{ type: 'requests', unit: 'rpm', value: 5 }],
      } as never),
    );
    const id = String(created.id);
    expect(created.key).toEqual(expect.any(String));
    expect(await read(admin.apiKeys.retrieve({ id }))).toMatchObject({ name: 'from-sdk', workspace_id: marketing });
    await admin.apiKeys.update({ id, name: 'renamed', usage_limits: { credit_limit: 20 } } as never);
    expect(await read(admin.apiKeys.retrieve({ id }))).toMatchObject({
      name: 'renamed',
      usage_limits: { credit_limit: 20 },
    });
    const list = await read(admin.apiKeys.list({ workspace_id: marketing }));
    expect(list.data).toContainEqual(expect.objectContaining({ id }));
    await admin.apiKeys.delete({ id });
    await expect(Promise.resolve(admin.apiKeys.retrieve({ id }))).rejects.toThrow();
  });

  it('reads the keys of the seed', async () => {
    const key = await read(admin.apiKeys.retrieve({ id: keyId('platform', 'ci-runner') }));
    expect(key).toMatchObject({ status: 'exhausted', usage_limits: { credit_limit: 5_000_000, type: 'tokens' } });
  });

  it('creates, reads, updates, lists and deletes providers', async () => {
    const created = await read(
      admin.providers.create({ name: 'sdk-provider', integration_id: 'openai-prod', workspace_id: marketing } as never),
    );
    const slug = String(created.slug);
    await admin.providers.update({ slug, workspace_id: marketing, note: 'changed' } as never);
    const provider = await read(admin.providers.retrieve({ slug, workspace_id: marketing } as never));
    expect(provider).toMatchObject({ slug, note: 'changed' });
    const list = await read(admin.providers.list({ workspace_id: marketing } as never));
    expect(list.data).toContainEqual(expect.objectContaining({ slug }));
    await admin.providers.delete({ slug, workspace_id: marketing } as never);
    const after = await read(admin.providers.list({ workspace_id: marketing } as never));
    expect(after.data).not.toContainEqual(expect.objectContaining({ slug }));
  });

  it('creates, reads, updates, lists and deletes virtual keys with a key of the workspace', async () => {
    const scoped = await read(
      admin.apiKeys.create({
        type: 'workspace',
        'sub-type': 'service',
        name: 'for-virtual-keys',
        workspace_id: marketing,
        scopes: ['create', 'read', 'update', 'delete', 'list'].map((verb) => `virtual_keys.${verb}`),
      } as never),
    );
    const client = new Portkey({ apiKey: String(scoped.key), baseURL: emulator.url });
    const created = await read(
      client.virtualKeys.create({ name: 'sdk-vk', provider: 'openai', key: 'sample' } as never),
    );
    const slug = String((created.data as { slug: string }).slug);
    await client.virtualKeys.update({ slug, note: 'changed' } as never);
    expect(await read(client.virtualKeys.retrieve({ slug } as never))).toMatchObject({ note: 'changed' });
    const list = await read(client.virtualKeys.list({ current_page: 0, page_size: 50 } as never));
    expect(list.data).toContainEqual(expect.objectContaining({ slug }));
    await client.virtualKeys.delete({ slug } as never);
  });

  it('drives integrations, their workspaces and their models', async () => {
    await admin.integrations.create({
      name: 'sdk-int',
      ai_provider_id: 'openai',
      slug: 'sdk-int',
      key: 'sample',
    } as never);
    await admin.integrations.update({ slug: 'sdk-int', name: 'sdk integration' } as never);
    expect(await read(admin.integrations.retrieve({ slug: 'sdk-int' }))).toMatchObject({ name: 'sdk integration' });
    const list = await read(admin.integrations.list({} as never));
    expect(list.data).toContainEqual(expect.objectContaining({ slug: 'openai-prod' }));
    await admin.integrations.workspaces.update({
      slug: 'sdk-int',
      create_default_provider: false,
      workspaces: [{ id: 'ws-market-4f2a1c', enabled: true, usage_limits: [{ type: 'cost', credit_limit: 10 }] }],
    } as never);
    const workspaces = await read(admin.integrations.workspaces.list({ slug: 'sdk-int' } as never));
    expect(workspaces.workspaces).toContainEqual(expect.objectContaining({ id: 'ws-market-4f2a1c', enabled: true }));
    await admin.integrations.models.update({
      slug: 'sdk-int',
      models: [{ slug: 'mine', enabled: true, is_custom: true, base_model_slug: 'gpt-4o' }],
    } as never);
    const models = await read(admin.integrations.models.list({ slug: 'sdk-int' } as never));
    expect(models.models).toContainEqual(expect.objectContaining({ slug: 'mine' }));
    await admin.integrations.models.delete({ slug: 'sdk-int', slugs: 'mine' } as never);
    await admin.integrations.delete({ slug: 'sdk-int' });
  });

  it('drives configs', async () => {
    const created = await read(
      admin.configs.create({
        name: 'sdk config',
        config: { retry: { attempts: 3 } },
        workspace_id: marketing,
      } as never),
    );
    const slug = String((created.data as { slug: string }).slug);
    await admin.configs.update({ slug, config: { retry: { attempts: 5 } } } as never);
    const config = await read(admin.configs.retrieve({ slug }));
    expect(JSON.parse(String(config.config))).toEqual({ retry: { attempts: 5 } });
    const list = await read(admin.configs.list({ workspace_id: marketing } as never));
    expect(list.data).toContainEqual(expect.objectContaining({ slug }));
    await admin.configs.delete({ slug });
  });

  it('drives workspaces', async () => {
    const created = await read(admin.admin.workspaces.create({ name: 'From SDK', description: 'x' } as never));
    const id = String(created.id);
    await admin.admin.workspaces.update({ workspaceId: id, description: 'changed' } as never);
    expect(await read(admin.admin.workspaces.retrieve({ workspaceId: id }))).toMatchObject({ description: 'changed' });
    const list = await read(admin.admin.workspaces.list({} as never));
    expect(list.data).toContainEqual(expect.objectContaining({ id, slug: expect.stringMatching(/^ws-from-s/) }));
  });

  it('exports logs from draft to the last line', async () => {
    const created = await read(
      admin.logs.exports.create({
        workspaceId: marketing,
        filters: range,
        requestedData: ['id', 'created_at', 'cost', 'ai_model'],
      } as never),
    );
    const exportId = String(created.id);
    await admin.logs.exports.start({ exportId } as never);
    const listed = await read(admin.logs.exports.list({ workspaceId: marketing } as never));
    expect(listed.data).toContainEqual(expect.objectContaining({ id: exportId, status: 'in_progress' }));
    expect(await read(admin.logs.exports.retrieve({ exportId } as never))).toMatchObject({ status: 'success' });
    const { signed_url: url } = await read(admin.logs.exports.download({ exportId } as never));
    const lines = (await (await fetch(String(url))).text()).trim().split('\n');
    expect(lines).toHaveLength(Number(created.total));
    expect(Object.keys(JSON.parse(lines[0] ?? ''))).toEqual(['id', 'created_at', 'cost', 'ai_model']);
  });

  it('inserts a log', async () => {
    await member.logs.create({
      request: { url: 'https://example.com/v1/chat', method: 'POST', headers: {}, body: { model: 'own' } },
      response: { status: 200, headers: {}, body: {}, response_time: 12 },
      metadata: { traceId: 'trace-sdk' },
    } as never);
    expect(emulator.store.state.requestLogs.at(-1)).toMatchObject({ workspace_id: marketing, ai_model: 'own' });
  });

  it('gives feedback with a workspace key, and is refused with an admin key', async () => {
    const created = await read(member.feedback.create({ traceID: 'trace-1', trace_id: 'trace-1', value: 5 } as never));
    const [feedbackID] = created.feedback_ids as string[];
    expect(await read(member.feedback.update({ feedbackID, value: -3 } as never))).toMatchObject({ status: 'success' });
    expect(emulator.store.state.feedback.at(-1)).toMatchObject({ trace_id: 'trace-1', value: -3 });
    await expect(Promise.resolve(admin.feedback.create({ trace_id: 't', value: 1 } as never))).rejects.toThrow();
  });

  it('reads every graph and group of the analytics', async () => {
    const query = { ...range, workspace_slug: 'ws-support-c8812e' } as never;
    const { graphs, groups, summary } = admin.analytics;
    const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(graphs)).filter((name) => name !== 'constructor');
    expect(methods.length).toBeGreaterThan(14);
    for (const method of methods) {
      const call = graphs[method as 'cost'].bind(graphs);
      expect(await read(call(query)), method).toMatchObject({ object: 'analytics-graph' });
    }
    expect(await read(groups.users(query))).toMatchObject({ object: 'list' });
    expect(await read(groups.aiModels(query))).toMatchObject({ object: 'list' });
    expect(await read(summary.cache(query))).toMatchObject({ object: 'analytics-summary' });
  });

  it('lists models', async () => {
    const models = await read(member.models.list());
    expect(models.data).toContainEqual(expect.objectContaining({ id: '@anthropic-prod/claude-opus-4-5' }));
  });
});
