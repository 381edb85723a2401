/** The former name of providers (control-plane-api.md 6). Creation still takes a vendor and its secret. */

import type { Hono } from 'hono';
import { type Body, has, readText } from '../body.ts';
import type { RouteContext } from '../context.ts';
import { buildIntegration } from '../integration-rows.ts';
import type { IntegrationRow, WorkspaceRow } from '../store.ts';
import { createProvider, registerProviderReads } from './providers.ts';

export function registerVirtualKeysRoutes(app: Hono, context: RouteContext): void {
  registerProviderReads(app, context, '/virtual-keys', 'virtual-key');

  app.post('/virtual-keys', async (c) => {
    const row = await createProvider(c, context, (body, workspace) => buildOwnIntegration(body, workspace, context));
    return c.json({ success: true, data: { slug: row.slug } });
  });
}

/** A virtual key brought its own credentials; today these are an integration that belongs to the workspace. */
function buildOwnIntegration(body: Body, workspace: WorkspaceRow, context: RouteContext): IntegrationRow {
  const vendor = readText(body, 'provider');
  return buildIntegration(
    {
      name: readText(body, 'name'),
      slug: `${vendor}-${context.newSuffix(6)}`,
      vendor,
      key: has(body, 'key') ? readText(body, 'key', { max: 10_000 }) : undefined,
      owner: workspace,
    },
    context,
  );
}
