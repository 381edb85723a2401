/** Providers, and what `/virtual-keys` shows of the same objects (control-plane-api.md 6). */

import type { Context, Hono } from 'hono';
import { type Body, has, invalid, readText } from '../body.ts';
import type { RouteContext } from '../context.ts';
import { isLent } from '../integration-rows.ts';
import { renderUsageLimit } from '../limits.ts';
import { applyProviderFields, buildProvider } from '../provider-rows.ts';
import { type IntegrationRow, type ProviderRow, removeRow, sortNewestFirst, type WorkspaceRow } from '../store.ts';

export type ProviderFace = 'provider' | 'virtual-key';

const immutable = ['integration_id', 'workspace_id', 'slug'];

export function registerProvidersRoutes(app: Hono, context: RouteContext): void {
  registerProviderReads(app, context, '/providers', 'provider');

  app.post('/providers', async (c) => {
    const row = await createProvider(c, context, (body, workspace) => {
      const slug = readText(body, 'integration_id');
      return findLentIntegration(slug, workspace, context);
    });
    return c.json({ id: row.id, slug: row.slug });
  });
}

/** Everything but creation is the same under both paths. */
export function registerProviderReads(app: Hono, context: RouteContext, base: string, face: ProviderFace): void {
  app.get(base, (c) => {
    requireScope(c, context, 'list');
    const workspace = findScope(c, context, face, undefined);
    const { quirks } = context;
    const rows = sortNewestFirst(context.store.listRows('providers', quirks.foreignRows ? undefined : workspace?.id))
      .map((row) => context.view(row))
      .filter((row): row is ProviderRow => row !== undefined);
    return context.sendList(c, rows, (row) => renderListRow(row, face, context));
  });

  app.get(`${base}/:slug`, (c) => {
    const row = context.view(findProvider(c, context, face, 'read', undefined));
    if (row === undefined) throw context.notFound('Provider not found');
    return c.json(renderProvider(row, face, context));
  });

  app.put(`${base}/:slug`, async (c) => {
    const body = await context.readBody(c);
    const row = findProvider(c, context, face, 'update', body.workspace_id);
    const fixed = immutable.filter((name) => name !== 'workspace_id').find((name) => has(body, name));
    if (context.quirks.refuseImmutable && fixed !== undefined) {
      throw invalid(fixed, `Validation failed: ${fixed}: cannot be updated`);
    }
    const next = applyProviderFields(row, body, context);
    context.beforeChange(row);
    Object.assign(row, next, { last_updated_at: context.timestamp() });
    return context.sendUpdated(c);
  });

  app.delete(`${base}/:slug`, (c) => {
    const row = findProvider(c, context, face, 'delete', undefined);
    removeRow(context.store.state.providers, row);
    return context.sendDeleted(c);
  });
}

/** `findIntegration` may return one that is new; it is kept once everything else has been found right. */
export async function createProvider(
  c: Context,
  context: RouteContext,
  findIntegration: (body: Body, workspace: WorkspaceRow) => IntegrationRow,
): Promise<ProviderRow> {
  requireScope(c, context, 'create');
  const body = await context.readBody(c);
  const workspace = context.workspaceFor(c, body.workspace_id ?? c.req.query('workspace_id'));
  const name = readText(body, 'name');
  const integration = findIntegration(body, workspace);
  const stem = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  const slug = has(body, 'slug') ? readText(body, 'slug') : `${stem || 'provider'}-${context.newSuffix(6)}`;
  if (!/^[a-zA-Z0-9_-]+$/.test(slug)) throw invalid('slug', 'Validation failed: slug: Invalid value');
  if (context.store.findProvider(workspace.id, slug) !== undefined) {
    throw context.fail(409, 'AB07', `Provider slug ${slug} already exists`);
  }
  const blank = buildProvider({ name, slug, note: null, workspace, integration }, context);
  const row = applyProviderFields(blank, body, context);
  const { state } = context.store;
  if (context.store.findIntegration(integration.id) === undefined) state.integrations.push(integration);
  state.providers.push(row);
  context.afterCreate(row);
  return row;
}

function requireScope(c: Context, context: RouteContext, verb: string): void {
  context.requireScope(c, `providers.${verb}`, `virtual_keys.${verb}`);
}

/** One that is not lent to the workspace is refused with 403 (6.2). */
function findLentIntegration(slug: string, workspace: WorkspaceRow, context: RouteContext): IntegrationRow {
  const row = context.store.findIntegration(slug);
  if (row === undefined || row.status !== 'active') throw context.fail(404, 'AB02', `Integration ${slug} not found`);
  if (!isLent(row, workspace.id, context))
    throw context.fail(403, 'AB03', 'Integration is not enabled for this workspace');
  return row;
}

/**
 * The workspace of a call: an admin key names it in the query, or in the body of a PUT (16, question 18). The old paths know
 * no such member, and other clients send none: undefined, all workspaces.
 */
function findScope(c: Context, context: RouteContext, face: ProviderFace, inBody: unknown): WorkspaceRow | undefined {
  const asked = c.req.query('workspace_id') ?? inBody;
  return face === 'provider' ? context.workspaceFor(c, asked) : context.optionalWorkspaceFor(c, asked);
}

/** By slug or UUID. */
function findProvider(
  c: Context,
  context: RouteContext,
  face: ProviderFace,
  verb: string,
  inBody: unknown,
): ProviderRow {
  requireScope(c, context, verb);
  const workspace = findScope(c, context, face, inBody);
  const row = context.store.findProvider(workspace?.id, c.req.param('slug') ?? '');
  if (row === undefined) throw context.notFound('Provider not found');
  return row;
}

function renderShared(row: ProviderRow, context: RouteContext) {
  return {
    id: row.id,
    name: row.name,
    note: row.note,
    status: row.status,
    usage_limits: row.usage_limits === null ? null : renderUsageLimit(row.usage_limits, context.quirks),
    created_at: row.created_at,
    slug: row.slug,
    expires_at: row.expires_at,
    last_reset_at: row.last_reset_at,
    integration_id: row.integration_id,
    tags: row.tags,
  };
}

/** The two shapes differ, as recorded (fixtures/README.md): no limits is `[]` here and null in the list. */
function renderProvider(row: ProviderRow, face: ProviderFace, context: RouteContext) {
  return {
    ...renderShared(row, context),
    ai_provider_name: row.ai_provider_name,
    model_config: row.model_config ?? {},
    key: '',
    masked_api_key: row.masked_api_key,
    rate_limits: row.rate_limits,
    object: face,
  };
}

function renderListRow(row: ProviderRow, face: ProviderFace, context: RouteContext) {
  return {
    ...renderShared(row, context),
    organisation_id: context.organisation().id,
    reset_usage: null,
    workspace_id: row.workspace_id,
    model_config: row.model_config,
    rate_limits: row.rate_limits.length === 0 ? null : row.rate_limits,
    workspace_name: context.store.findWorkspace(row.workspace_id)?.name ?? null,
    provider: row.ai_provider_name,
    object: face,
  };
}
