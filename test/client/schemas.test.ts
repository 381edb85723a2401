import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  integrationSchema,
  integrationWorkspaceSchema,
  keySchema,
  providerSchema,
  ratePolicySchema,
  usagePolicySchema,
  workspaceSchema,
} from '../../src/client/schemas.ts';
import { connect, failureOf, serve } from './loopback.ts';

const recordings = resolve(import.meta.dirname, '../../../shared/reference/fixtures');
const hasRecordings = existsSync(recordings);
if (!hasRecordings) process.stderr.write('test/client/schemas: no recorded answers here, their tests are skipped\n');

describe.skipIf(!hasRecordings)('recorded answers', () => {
  const load = (name: string): unknown => JSON.parse(readFileSync(join(recordings, `${name}.json`), 'utf8'));

  test('parse through the client, rows whole', async () => {
    const answers: Record<string, unknown> = {
      '/v1/api-keys': load('api-keys-list'),
      '/v1/api-keys/k': load('api-keys-get'),
      '/v1/providers': load('virtual-keys-list'),
      '/v1/providers/p': load('virtual-keys-get'),
      '/v1/admin/workspaces': load('workspaces-list'),
      '/v1/admin/workspaces/w': load('workspaces-get'),
    };
    const client = connect(await serve(({ url }) => answers[url.pathname]));
    const listOf = (path: string): unknown => (answers[path] as { data: unknown }).data;
    expect(await client.listKeys()).toEqual(listOf('/v1/api-keys'));
    expect(await client.listProviders('w')).toEqual(listOf('/v1/providers'));
    expect(await client.listWorkspaces()).toEqual(listOf('/v1/admin/workspaces'));
    expect(await client.readKey('k')).toEqual(answers['/v1/api-keys/k']);
    expect(await client.readProvider('p', 'w')).toEqual(answers['/v1/providers/p']);
    expect(await client.readWorkspace('w')).toEqual(answers['/v1/admin/workspaces/w']);
  });
});

describe('what the service writes in several ways', () => {
  test.each([
    ['a number as text', usagePolicySchema, { credit_limit: '500.5' }, { credit_limit: 500.5 }],
    ['a number as nothing', usagePolicySchema, { credit_limit: '' }, { credit_limit: null }],
    [
      'zero and null and nothing',
      usagePolicySchema,
      { credit_limit: 0, alert_threshold: null },
      { credit_limit: 0, alert_threshold: null },
    ],
    ['an empty reset', usagePolicySchema, { periodic_reset: '' }, { periodic_reset: '' }],
    ['members nobody knows', ratePolicySchema, { value: 5, future: { a: [1] } }, { value: 5, future: { a: [1] } }],
    [
      'condition values',
      ratePolicySchema,
      {
        conditions: [
          { key: 'metadata.n', value: 5, excludes: ['a', true] },
          { key: 'api_key', value: '*' },
        ],
      },
      {
        conditions: [
          { key: 'metadata.n', value: '5', excludes: ['a', 'true'] },
          { key: 'api_key', value: '*' },
        ],
      },
    ],
    ['a budget in a list', keySchema, { usage_limits: [{ credit_limit: 5 }] }, { usage_limits: { credit_limit: 5 } }],
    ['an empty list for a budget', keySchema, { usage_limits: [] }, { usage_limits: null }],
    [
      'a budget of flags',
      keySchema,
      { usage_limits: { is_expired_alerts_sent: true } },
      { usage_limits: { is_expired_alerts_sent: true } },
    ],
    [
      'no rates, either way',
      keySchema,
      { rate_limits: [], alert_emails: null },
      { rate_limits: [], alert_emails: null },
    ],
    [
      'a lone rate',
      providerSchema,
      { slug: 's', rate_limits: { value: 5 } },
      { slug: 's', rate_limits: [{ value: 5 }] },
    ],
    ['a rate of nothing', providerSchema, { slug: 's', rate_limits: {} }, { slug: 's', rate_limits: [] }],
    [
      'a lone budget',
      workspaceSchema,
      { slug: 's', usage_limits: { credit_limit: '7' } },
      { slug: 's', usage_limits: [{ credit_limit: 7 }] },
    ],
    ['a flag as 1', integrationWorkspaceSchema, { enabled: 1 }, { enabled: true }],
    ['a flag as "false"', integrationWorkspaceSchema, { enabled: 'false' }, { enabled: false }],
    ['a flag as null', integrationWorkspaceSchema, { enabled: null }, { enabled: null }],
    [
      'global access',
      integrationSchema,
      { slug: 's', global_workspace_access_settings: { enabled: 0, usage_limits: { credit_limit: 1 } } },
      { slug: 's', global_workspace_access_settings: { enabled: false, usage_limits: [{ credit_limit: 1 }] } },
    ],
  ])('%s', (_, schema, row, parsed) => {
    expect(schema.parse({ id: 'x', ...row })).toEqual({ id: 'x', ...parsed });
  });

  test.each([
    ['a share', integrationWorkspaceSchema, (limits: unknown) => ({ usage_limits: limits })],
    [
      'what an integration gives',
      integrationSchema,
      (limits: unknown) => ({ slug: 's', global_workspace_access_settings: { usage_limits: limits } }),
    ],
    ['a key', keySchema, (limits: unknown) => ({ usage_limits: limits })],
    ['a provider', providerSchema, (limits: unknown) => ({ slug: 's', usage_limits: limits })],
  ])('mistakes-J7: two budgets of %s are not read as the first of them', (_, schema, rowOf) => {
    const budget = { credit_limit: 7 };
    expect(schema.safeParse({ id: 'x', ...rowOf([budget]) }).success).toBe(true);
    expect(schema.safeParse({ id: 'x', ...rowOf([budget, budget]) }).success).toBe(false);
  });

  test('`__proto__` is dropped', () => {
    const row = keySchema.parse(JSON.parse('{"id": "x", "__proto__": {"polluted": true}}'));
    expect('polluted' in row).toBe(false);
  });
});

describe('a row that cannot be read stops the list, naming list, row and member', () => {
  test.each([
    [{ id: 'b', credit_limit: 'lots' }, ['row b', 'credit_limit']],
    [{ id: 'b', conditions: [{ value: 'x' }] }, ['row b', 'conditions.0.key']],
    [{ name: 'no id' }, ['row number 2', 'id']],
    [null, ['row number 2']],
  ])('%j', async (bad, parts) => {
    const client = connect(await serve(() => ({ object: 'list', total: 2, data: [{ id: 'a' }, bad] })));
    const error = await failureOf(client.listUsagePolicies('w'));
    expect(error).toMatchObject({ name: 'ServiceError', status: 200, maybeApplied: false });
    for (const part of ['GET /policies/usage-limits', ...parts]) expect(error.message).toContain(part);
    expect(error.message).not.toContain('lots');
  });

  test.each([{}, [], null, { data: 'x' }, { success: true }])(
    'as does an answer that is not a list: %j',
    async (body) => {
      const client = connect(await serve((_seen, response) => void response.end(JSON.stringify(body))));
      expect(await failureOf(client.listKeys('w'))).toMatchObject({ name: 'ServiceError' });
    },
  );
});
