import { describe, expect, test } from 'vitest';
import { createApiBackend } from '../../src/client/api-backend.ts';
import { answer, connect, failureOf, type Handler, serve } from './loopback.ts';

async function open(handler: Handler) {
  const loopback = await serve(handler);
  return { ...loopback, backend: createApiBackend(connect(loopback)) };
}

const listOf = (...data: unknown[]) => ({ object: 'list', total: data.length, data });

describe('lists', () => {
  test('ask for the workspace and the largest page', async () => {
    const { backend, seen } = await open(() => listOf({ id: 'a', slug: 's', workspace_id: 'w' }));
    await backend.listUsagePolicies('w');
    await backend.listRatePolicies('w');
    await backend.listKeys('w');
    await backend.listProviders('w');
    expect(seen.map(({ url }) => url.pathname + url.search)).toEqual([
      '/v1/policies/usage-limits?workspace_id=w&status=active&page_size=100&current_page=0',
      '/v1/policies/rate-limits?workspace_id=w&status=active&page_size=100&current_page=0',
      '/v1/api-keys?workspace_id=w&page_size=100&current_page=0',
      '/v1/providers?workspace_id=w&page_size=100&current_page=0',
    ]);
  });

  test.each(['other', undefined, null])(
    'with a row of workspace %s are refused: a workspace key answered',
    async (workspace_id) => {
      const { backend } = await open(() =>
        listOf({ id: 'a', slug: 'a', workspace_id: 'w' }, { id: 'b', slug: 'b', workspace_id }),
      );
      for (const list of [
        backend.listUsagePolicies,
        backend.listRatePolicies,
        backend.listKeys,
        backend.listProviders,
      ]) {
        const error = await failureOf(list('w'));
        expect(error).toMatchObject({
          name: 'UserError',
          exit: 'unreachable',
          hint: expect.stringContaining('admin key'),
        });
      }
    },
  );

  test('leave out what is archived', async () => {
    const { backend } = await open(() =>
      listOf(
        { id: 'a', slug: 'a', workspace_id: 'w', status: 'active' },
        { id: 'b', slug: 'b', workspace_id: 'w', status: 'archived' },
        { id: 'c', slug: 'c', workspace_id: 'w' },
      ),
    );
    expect((await backend.listWorkspaces()).map(({ id }) => id)).toEqual(['a', 'c']);
    expect((await backend.listUsagePolicies('w')).map(({ id }) => id)).toEqual(['a', 'c']);
    expect(await backend.listIntegrationSlugs()).toEqual(['a', 'c']);
  });

  test('of the organisation hold its own keys alone, whatever the service adds', async () => {
    const { backend, seen } = await open(() =>
      listOf(
        { id: 'a', type: 'organisation-service', workspace_id: null },
        { id: 'b', type: 'workspace-service', workspace_id: 'w' },
        { id: 'c', type: 'organisation-service' },
        { id: 'd', type: 'workspace-user', workspace_id: null },
      ),
    );
    expect((await backend.listKeys(null)).map(({ id }) => id)).toEqual(['a', 'c']);
    expect(seen[0]?.url.search).toBe('?page_size=100&current_page=0');
  });

  test('of an integration are in one answer', async () => {
    const { backend } = await open(({ url }) =>
      url.pathname.endsWith('/good/workspaces')
        ? { total: 1, workspaces: [{ id: 'ws-a', enabled: 1, usage_limits: null }] }
        : { total: 2, workspaces: [{ id: 'ws-a' }] },
    );
    expect(await backend.listIntegrationWorkspaces('good')).toEqual([
      { id: 'ws-a', enabled: true, usage_limits: null },
    ]);
    expect(await failureOf(backend.listIntegrationWorkspaces('short'))).toMatchObject({ name: 'ServiceError' });
  });

  test('global access is null where none is shown', async () => {
    const { backend } = await open(({ url }) =>
      url.pathname.endsWith('/none')
        ? { id: 'i', slug: 'none' }
        : { id: 'i', slug: 'some', global_workspace_access_settings: { enabled: true } },
    );
    expect(await backend.readGlobalAccess('none')).toBeNull();
    expect(await backend.readGlobalAccess('some')).toEqual({ enabled: true });
  });
});

describe('writes', () => {
  test('go where each kind of limit lives', async () => {
    const { backend, seen } = await open((_seen, response) => answer(response, 204));
    const entry = { enabled: true, create_default_provider: false, usage_limits: null };
    await backend.setLimits({ kind: 'workspace-limits', workspaceId: 'w' }, { usage_limits: null });
    await backend.setLimits({ kind: 'key-limits', keyId: 'k' }, { rate_limits: null });
    await backend.setLimits({ kind: 'provider-limits', slug: 'p', workspaceId: 'w' }, { rate_limits: null });
    await backend.setLimits({ kind: 'integration-limits', slug: 'i', workspaceSlug: 'ws-a' }, entry);
    await backend.setLimits({ kind: 'integration-limits', slug: 'i', workspaceSlug: null }, entry);
    await backend.updatePolicy('rate-policy', 'r', { value: 5 });
    await backend.deletePolicy('usage-policy', 'u');
    expect(
      seen.map(({ method, url, body }) => [method, url.pathname + url.search, body === '' ? null : JSON.parse(body)]),
    ).toEqual([
      ['PUT', '/v1/admin/workspaces/w', { usage_limits: null }],
      ['PUT', '/v1/api-keys/k', { rate_limits: null }],
      ['PUT', '/v1/providers/p?workspace_id=w', { rate_limits: null, workspace_id: 'w' }],
      [
        'PUT',
        '/v1/integrations/i/workspaces',
        { workspaces: [{ id: 'ws-a', ...entry }], create_default_provider: false },
      ],
      [
        'PUT',
        '/v1/integrations/i/workspaces',
        { global_workspace_access: { enabled: true, usage_limits: null }, create_default_provider: false },
      ],
      ['PUT', '/v1/policies/rate-limits/r', { value: 5 }],
      ['DELETE', '/v1/policies/usage-limits/u', null],
    ]);
  });

  test('a create answers the id, and one without an id leaves doubt', async () => {
    const { backend } = await open(({ body }) =>
      body.includes('good') ? { id: 'new', object: 'policy_usage_limits' } : {},
    );
    expect(await backend.createPolicy('usage-policy', { name: 'good' })).toEqual({ id: 'new' });
    expect(await failureOf(backend.createPolicy('usage-policy', { name: 'bad' }))).toMatchObject({
      maybeApplied: true,
    });
  });

  test('a delete of what is gone is done, one that is forbidden is not', async () => {
    const { backend } = await open(({ url }, response) => answer(response, url.pathname.endsWith('/gone') ? 404 : 403));
    await backend.deletePolicy('usage-policy', 'gone');
    expect(await failureOf(backend.deletePolicy('usage-policy', 'forbidden'))).toMatchObject({ status: 403 });
  });
});
