/** Integrations (control-plane-api.md 7.1); what they lend and at what price is in the two files beside. */

import type { Context, Hono } from 'hono';
import { has, invalid, readText } from '../body.ts';
import type { RouteContext } from '../context.ts';
import { applyIntegrationFields, buildIntegration, findIntegration, isLent } from '../integration-rows.ts';
import { buildDefaultProvider, isMadeWith } from '../provider-rows.ts';
import { type IntegrationRow, removeRow, sortNewestFirst } from '../store.ts';
import { registerIntegrationModelsRoutes } from './integration-models.ts';
import { registerIntegrationWorkspacesRoutes } from './integration-workspaces.ts';

const immutable = ['slug', 'ai_provider_id', 'workspace_id'];

export function registerIntegrationsRoutes(app: Hono, context: RouteContext): void {
  app.all('/admin/integrations/*', () => {
    throw context.invalid('Invalid request. Please check and try again.');
  });
  registerIntegrationWorkspacesRoutes(app, context);
  registerIntegrationModelsRoutes(app, context);

  app.get('/integrations', (c) => {
    requireScope(c, context, 'list');
    const workspace = context.optionalWorkspaceFor(c, c.req.query('workspace_id'));
    const type = c.req.query('type') ?? 'all';
    if (!['workspace', 'organisation', 'all'].includes(type)) {
      throw context.invalid('Validation failed: type: Invalid value', { param: 'type', location: 'query' });
    }
    const rows = sortNewestFirst(context.store.state.integrations)
      .map((row) => context.view(row))
      .filter((row): row is IntegrationRow => row !== undefined && row.status === 'active')
      .filter((row) => type === 'all' || row.type === type)
      .filter((row) => workspace === undefined || isLent(row, workspace.id, context));
    return context.sendList(c, rows, (row) => renderIntegration(row, context));
  });

  app.post('/integrations', async (c) => {
    requireScope(c, context, 'create');
    const body = await context.readBody(c);
    // Without a workspace it belongs to the organisation; a workspace key makes its own only.
    const owner = context.optionalWorkspaceFor(c, body.workspace_id);
    const name = readText(body, 'name');
    const vendor = readText(body, 'ai_provider_id');
    const stem = name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '');
    const slug = has(body, 'slug') ? readText(body, 'slug') : `${stem || vendor}-${context.newSuffix(6)}`;
    if (!/^[a-zA-Z0-9_-]+$/.test(slug)) throw invalid('slug', 'Validation failed: slug: Invalid value');
    if (context.store.findIntegration(slug) !== undefined) {
      throw context.fail(409, 'AB07', `Integration slug ${slug} already exists`);
    }
    const row = applyIntegrationFields(
      buildIntegration({ name, slug, vendor, key: undefined, owner }, context),
      body,
      context,
    );
    const asked = has(body, 'default_provider_slug') ? readText(body, 'default_provider_slug') : undefined;
    const isWanted = owner !== undefined && body.create_default_provider !== false;
    const provider = isWanted ? buildDefaultProvider(row, owner, asked, context) : undefined;
    context.store.state.integrations.push(row);
    if (provider !== undefined) context.store.state.providers.push(provider);
    context.afterCreate(row);
    return c.json({ id: row.id, slug: row.slug });
  });

  app.get('/integrations/:slug', (c) => {
    requireScope(c, context, 'read');
    const row = context.view(findIntegration(c, context, 'read'));
    if (row === undefined) throw context.notFound('Integration not found');
    return c.json(renderIntegrationDetail(row, context));
  });

  app.put('/integrations/:slug', async (c) => {
    requireScope(c, context, 'update');
    const row = findIntegration(c, context, 'write');
    const body = await context.readBody(c);
    const fixed = immutable.find((name) => has(body, name));
    if (context.quirks.refuseImmutable && fixed !== undefined) {
      throw invalid(fixed, `Validation failed: ${fixed}: cannot be updated`);
    }
    const next = applyIntegrationFields(row, body, context);
    context.beforeChange(row);
    Object.assign(row, next, { last_updated_at: context.timestamp() });
    return context.sendUpdated(c);
  });

  app.delete('/integrations/:slug', (c) => {
    requireScope(c, context, 'delete');
    const row = findIntegration(c, context, 'write');
    const held = context.store.listProvidersOf(row.slug);
    const own = context.quirks.defaultProviderHoldsIntegration ? undefined : held.find((each) => isMadeWith(row, each));
    if (held.some((provider) => provider !== own)) {
      throw context.fail(409, 'AB07', 'Unable to delete. Please ensure that all Virtual Keys are deleted');
    }
    if (own !== undefined) removeRow(context.store.state.providers, own);
    context.beforeChange(row);
    row.status = 'archived';
    row.last_updated_at = context.timestamp();
    return context.sendDeleted(c);
  });
}

function requireScope(c: Context, context: RouteContext, verb: string): void {
  context.requireScope(c, `organisation_integrations.${verb}`, `workspace_integrations.${verb}`);
}

function renderIntegration(row: IntegrationRow, context: RouteContext) {
  return {
    id: row.id,
    organisation_id: context.organisation().id,
    ai_provider_id: row.ai_provider_id,
    name: row.name,
    status: row.status,
    created_at: row.created_at,
    last_updated_at: row.last_updated_at,
    slug: row.slug,
    description: row.description,
    type: row.type,
    ...(row.workspace_id !== null && { workspace_id: row.workspace_id }),
    tags: row.tags,
    object: 'integration',
  };
}

function renderIntegrationDetail(row: IntegrationRow, context: RouteContext) {
  return {
    ...renderIntegration(row, context),
    masked_key: row.masked_key,
    configurations: row.configurations,
    global_workspace_access_settings: row.global_workspace_access,
    allow_all_models: row.allow_all_models,
    workspace_count: row.workspaces.filter(({ enabled }) => enabled).length,
    secret_mappings: row.secret_mappings,
    pricing_adjustments: row.pricing_adjustments,
  };
}
