/** The former name of providers. Creation still takes a vendor and its secret. */

import type { Hono } from 'hono';
import { maskKey } from '../audit.ts';
import { type Body, has, takeText } from '../body.ts';
import { buildIntegration } from '../kinds/integrations.ts';
import { createRow, registerKind } from '../kinds/kind.ts';
import { buildProviderKind, openProviders, prepareProvider } from '../kinds/providers.ts';
import type { RouteContext } from '../service.ts';
import type { IntegrationRow, WorkspaceRow } from '../store.ts';

/** The old paths know no `workspace_id`, and clients send none: all workspaces. */
const virtualKeys = buildProviderKind('/virtual-keys', 'virtual-key', {}, (c, context, asked) =>
  context.optionalWorkspaceFor(c, asked),
);

export function registerVirtualKeys(app: Hono, context: RouteContext): void {
  app.post('/virtual-keys', async (c) => {
    openProviders(c, context, 'create');
    const body = await context.readBody(c);
    const { blank, integration } = prepareProvider(c, context, body, (owner) =>
      buildOwnIntegration(body, owner, context),
    );
    const { slug } = createRow(virtualKeys, blank, body, c, context);
    context.store.state.integrations.push(integration);
    return c.json({ success: true, data: { slug } });
  });
  registerKind(app, context, virtualKeys);
}

/** A virtual key brought its own credentials; today these are an integration that belongs to the workspace. */
function buildOwnIntegration(body: Body, owner: WorkspaceRow, context: RouteContext): IntegrationRow {
  const vendor = takeText(body, 'provider');
  const slug = `${vendor}-${context.newSuffix(6)}`;
  const masked_key = has(body, 'key') ? maskKey(takeText(body, 'key', { max: 10_000 })) : '';
  return { ...buildIntegration({ name: takeText(body, 'name'), slug, vendor, owner }, context), masked_key };
}
