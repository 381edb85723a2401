/**
 * The requests of portkey-admin-mcp 0.12.0, recorded while each of its tools for what the emulator serves was called against the sample
 * organisation, and played again. `{name}` is what an earlier answer brought.
 */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { userId, workspaceId } from '../../src/emulator/sample/ids.ts';
import { sampleSeed } from '../../src/emulator/sample/seed.ts';
import { createEmulator, type DetachedEmulator } from '../../src/emulator/server.ts';

const adminKey = 'admin-key-for-tests';
const now = new Date('2026-11-20T19:30:12.000Z');
const workspace_id = workspaceId('marketing');
const user = userId('writer-1');
const range = 'time_of_generation_min=2026-11-10T00:00:00.000Z&time_of_generation_max=2026-11-20T00:00:00.000Z';
const usage_limits = { credit_limit: 10, alert_threshold: 5, type: 'cost', periodic_reset: 'monthly' };
const conditions = [{ key: 'api_key', value: '*' }];
const policy = { conditions, group_by: [{ key: 'api_key' }], name: 'm', workspace_id };

interface Recorded {
  readonly tool: string;
  readonly asks: string;
  readonly body?: unknown;
  /** Members of the answer to remember, by the name they are used under. */
  readonly keeps?: Readonly<Record<string, string>>;
}

const get = (tool: string, path: string): Recorded => ({ tool, asks: `GET ${path}` });
const write = (tool: string, asks: string, body?: unknown, keeps?: Recorded['keeps']): Recorded => ({
  tool,
  asks,
  body,
  ...(keeps && { keeps }),
});

const recorded: readonly Recorded[] = [
  get('list_workspaces', '/admin/workspaces?page_size=100&current_page=0'),
  get('list_all_users', '/admin/users?pageSize=2&currentPage=0'),
  get('list_all_users', '/admin/users?role=owner'),
  get('get_user', `/admin/users/${user}`),
  write('update_user', `PUT /admin/users/${user}`, { role: 'member' }),
  write(
    'invite_user',
    'POST /admin/users/invites',
    { email: 'x@example.com', role: 'member', workspaces: [{ id: workspace_id, role: 'member' }] },
    { invite: 'id' },
  ),
  get('list_user_invites', '/admin/users/invites?status=pending'),
  get('get_user_invite', '/admin/users/invites/{invite}'),
  write('resend_user_invite', 'POST /admin/users/invites/{invite}/resend'),
  write('delete_user_invite', 'DELETE /admin/users/invites/{invite}'),
  get('get_workspace', `/admin/workspaces/${workspace_id}`),
  write('create_workspace', 'POST /admin/workspaces', { name: 'Mcp', description: 'd' }, { made: 'id' }),
  write('update_workspace', 'PUT /admin/workspaces/{made}', {
    description: 'e',
    usage_limits: [{ credit_limit: 5, type: 'cost' }],
  }),
  write('add_workspace_member', 'POST /admin/workspaces/{made}/users', { users: [{ id: user, role: 'member' }] }),
  get('list_workspace_members', '/admin/workspaces/{made}/users'),
  get('get_workspace_member', `/admin/workspaces/{made}/users/${user}`),
  write('update_workspace_member', `PUT /admin/workspaces/{made}/users/${user}`, { role: 'manager' }),
  write('remove_workspace_member', `DELETE /admin/workspaces/{made}/users/${user}`),
  get('list_configs', '/configs'),
  write(
    'create_config',
    'POST /configs',
    { name: 'mc', config: { cache: { mode: 'simple' } }, workspace_id },
    { config: 'slug' },
  ),
  get('get_config', '/configs/{config}'),
  write('update_config', 'PUT /configs/{config}', { config: { retry: { attempts: 3 } } }),
  write('update_config', 'PUT /configs/{config}', { status: 'inactive' }),
  get('list_config_versions', '/configs/{config}/versions'),
  write('delete_config', 'DELETE /configs/{config}'),
  get('list_virtual_keys', '/virtual-keys'),
  write(
    'create_virtual_key',
    'POST /virtual-keys',
    { name: 'mvk', provider: 'openai', key: 'x', workspace_id, usage_limits },
    { virtualKey: 'data.slug' },
  ),
  get('get_virtual_key', '/virtual-keys/{virtualKey}'),
  write('update_virtual_key', 'PUT /virtual-keys/{virtualKey}', { note: 'n' }),
  write('delete_virtual_key', 'DELETE /virtual-keys/{virtualKey}'),
  get('list_api_keys', `/api-keys?workspace_id=${workspace_id}`),
  write(
    'create_api_key',
    'POST /api-keys/workspace/service',
    {
      name: 'mk',
      workspace_id,
      scopes: ['completions.write'],
      usage_limits,
      rotation_policy: { rotation_period: 'monthly' },
    },
    { key: 'id' },
  ),
  get('get_api_key', '/api-keys/{key}'),
  write('update_api_key', 'PUT /api-keys/{key}', { rotation_policy: null, reset_usage: 1 }),
  write('rotate_api_key', 'POST /api-keys/{key}/rotate', {}),
  write('delete_api_key', 'DELETE /api-keys/{key}'),
  get('list_usage_limits', '/policies/usage-limits'),
  get('list_usage_limits', `/policies/usage-limits?workspace_id=${workspace_id}&page_size=2&current_page=0`),
  write(
    'create_usage_limit',
    'POST /policies/usage-limits',
    { ...policy, type: 'cost', credit_limit: 10, alert_threshold: 5, periodic_reset: 'monthly' },
    { budget: 'id' },
  ),
  get('get_usage_limit', '/policies/usage-limits/{budget}?include_usage=true'),
  write('update_usage_limit', 'PUT /policies/usage-limits/{budget}', { credit_limit: 20, alert_threshold: null }),
  get('list_usage_limit_entities', '/policies/usage-limits/{budget}/entities'),
  write('delete_usage_limit', 'DELETE /policies/usage-limits/{budget}'),
  get('get_usage_limit', '/policies/usage-limits/{budget}?status=archived'),
  get('list_rate_limits', '/policies/rate-limits'),
  write(
    'create_rate_limit',
    'POST /policies/rate-limits',
    { ...policy, type: 'requests', unit: 'rpm', value: 10 },
    { rate: 'id' },
  ),
  get('get_rate_limit', '/policies/rate-limits/{rate}'),
  write('update_rate_limit', 'PUT /policies/rate-limits/{rate}', { value: 20 }),
  write('delete_rate_limit', 'DELETE /policies/rate-limits/{rate}'),
  get('list_audit_logs', '/audit-logs?start_time=2026-11-19T00:00:00.000Z&end_time=2026-11-21T00:00:00.000Z'),
  get('list_providers', `/providers?workspace_id=${workspace_id}`),
  write(
    'create_provider',
    'POST /providers',
    { name: 'mp', slug: 'mp', integration_id: 'openai-prod', workspace_id, usage_limits },
    { provider: 'slug' },
  ),
  get('get_provider', `/providers/{provider}?workspace_id=${workspace_id}`),
  write('update_provider', `PUT /providers/{provider}?workspace_id=${workspace_id}`, { note: 'n' }),
  write('delete_provider', `DELETE /providers/{provider}?workspace_id=${workspace_id}`),
  get('list_integrations', `/integrations?workspace_id=${workspace_id}&type=organisation`),
  write('create_integration', 'POST /integrations', {
    name: 'mi',
    slug: 'mi',
    ai_provider_id: 'openai',
    key: 'x',
    workspace_id,
  }),
  get('get_integration', '/integrations/mi'),
  write('update_integration', 'PUT /integrations/mi', { configurations: { custom_host: 'http://127.0.0.1:9' } }),
  write('update_integration_models', 'PUT /integrations/mi/models', {
    models: [{ slug: 'own', enabled: true, is_custom: true, base_model_slug: 'gpt-4o' }],
  }),
  get('list_integration_models', '/integrations/mi/models'),
  write('delete_integration_model', 'DELETE /integrations/mi/models?slugs=own'),
  write('update_integration_workspaces', 'PUT /integrations/openai-prod/workspaces', {
    workspaces: [{ id: 'ws-market-4f2a1c', enabled: true }],
    create_default_provider: false,
  }),
  get('list_integration_workspaces', '/integrations/openai-prod/workspaces'),
  write('delete_integration', 'DELETE /integrations/mi'),
  write(
    'create_log_export',
    'POST /logs/exports',
    { workspace_id, filters: { time_of_generation_min: '2026-11-19T00:00:00.000Z' }, requested_data: ['id', 'cost'] },
    { export: 'id' },
  ),
  get('list_log_exports', `/logs/exports?workspace_id=${workspace_id}`),
  write('start_log_export', 'POST /logs/exports/{export}/start'),
  get('get_log_export', '/logs/exports/{export}'),
  get('download_log_export', '/logs/exports/{export}/download'),
  get('get_log_export_field_restrictions', `/logs/exports/field-restrictions?workspace_id=${workspace_id}`),
  get('get_cost_analytics', `/analytics/graphs/cost?${range}&workspace_slug=ws-market-4f2a1c`),
  get('get_analytics_group_metadata', `/analytics/groups/metadata/_user?${range}&workspace_slug=ws-market-4f2a1c`),
  write('delete_workspace', 'DELETE /admin/workspaces/{made}'),
  write('delete_user', `DELETE /admin/users/${user}`),
];

let emulator: DetachedEmulator;
const kept = new Map<string, string>();
beforeAll(() => {
  emulator = createEmulator({ state: sampleSeed(now), now: () => now, acceptKeys: adminKey });
});
afterAll(() => kept.clear());

async function play({ asks, body, keeps = {} }: Recorded): Promise<number> {
  const [method = '', path = ''] = asks.replace(/\{(\w+)\}/g, (_, name: string) => kept.get(name) ?? name).split(' ');
  const answer = await emulator.app.request(`/v1${path}`, {
    method,
    headers: { 'x-portkey-api-key': adminKey },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answered: unknown = await answer.json();
  for (const [name, member] of Object.entries(keeps)) {
    const found = member.split('.').reduce((at, part) => (at as Readonly<Record<string, unknown>>)[part], answered);
    kept.set(name, String(found));
  }
  return answer.status;
}

test('every request of portkey-admin-mcp is answered', async () => {
  const refused: string[] = [];
  for (const each of recorded) {
    const status = await play(each);
    if (status !== 200) refused.push(`${each.tool}: ${each.asks} ${status}`);
  }
  expect(refused).toEqual([]);
});

test('but for lists of providers by an admin key without a workspace, as documented', async () => {
  expect(await play(get('list_providers', '/providers'))).toBe(400);
});
