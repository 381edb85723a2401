/** `/configs`: reads are flat (or as specified, by a quirk), writes answer for both readers (control-plane-api.md 8; fixtures/configs-*.json). */

import type { Context, Hono } from 'hono';
import { type Body, has, isObject, readChoice, readText } from '../body.ts';
import type { RouteContext } from '../context.ts';
import { type ConfigRow, type ConfigVersionRow, removeRow, sortNewestFirst } from '../store.ts';

export function registerConfigsRoutes(app: Hono, context: RouteContext): void {
  app.get('/configs', (c) => {
    context.requireScope(c, 'configs.list');
    const workspace = context.optionalWorkspaceFor(c, c.req.query('workspace_id'));
    const rows = context.store.listRows('configs', workspace?.id).filter((row) => row.status !== 'archived');
    const sorted = sortNewestFirst(rows);
    if (!context.quirks.configsInEnvelope) return context.sendList(c, sorted, (row) => renderRow(row, context));
    const page = context.page(c, sorted);
    return c.json({ success: true, data: page.rows.map((row) => renderRow(row, context)) });
  });

  app.post('/configs', async (c) => {
    context.requireScope(c, 'configs.create');
    const body = await context.readBody(c);
    const workspace = context.workspaceFor(c, body.workspace_id);
    const name = readText(body, 'name');
    const now = context.timestamp();
    const by = context.caller(c).id;
    const version = buildVersion(readConfig(body, context), c, context);
    const row: ConfigRow = {
      id: context.newId(),
      slug: `pc-${toSlugPart(name)}-${context.newSuffix(6)}`,
      name,
      workspace_id: workspace.id,
      // Cannot be set by the API, under any spelling (8).
      is_default: 0,
      status: 'active',
      owner_id: by,
      updated_by: by,
      versions: [version],
      created_at: now,
      last_updated_at: now,
    };
    context.store.state.configs.push(row);
    return sendWritten(c, row, version, context);
  });

  app.get('/configs/:slug', (c) => {
    context.requireScope(c, 'configs.read');
    const row = findConfig(c, context, c.req.param('slug'));
    const version = row.versions.at(-1);
    if (!context.quirks.configsInEnvelope) return c.json(renderVersion(row, version, context));
    return c.json({ success: true, data: { config: toObject(version?.config ?? '{}') } });
  });

  app.get('/configs/:slug/versions', (c) => {
    context.requireScope(c, 'configs.read', 'configs.list');
    const row = findConfig(c, context, c.req.param('slug'));
    return context.sendList(c, [...row.versions].reverse(), (version) => renderVersion(row, version, context));
  });

  app.put('/configs/:slug', async (c) => {
    context.requireScope(c, 'configs.update');
    const row = findConfig(c, context, c.req.param('slug'));
    const body = await context.readBody(c);
    const name = has(body, 'name') ? readText(body, 'name') : row.name;
    const status = readStatus(body, row);
    const version = has(body, 'config') ? buildVersion(readConfig(body, context), c, context) : row.versions.at(-1);
    if (has(body, 'config') && version !== undefined) row.versions.push(version);
    Object.assign(row, { name, status, updated_by: context.caller(c).id, last_updated_at: context.timestamp() });
    return sendWritten(c, row, version, context);
  });

  app.delete('/configs/:slug', (c) => {
    context.requireScope(c, 'configs.delete');
    const row = findConfig(c, context, c.req.param('slug'));
    const inUse = context.store.listWorkspaces().some((workspace) => {
      const bound = workspace.defaults?.user_api_key_config;
      return bound === row.slug || bound === row.id;
    });
    if (inUse) throw context.fail(409, 'AB07', 'Unable to delete. The config is in use by a workspace');
    removeRow(context.store.state.configs, row);
    return context.sendDeleted(c);
  });
}

/** Clients disagree about where the ids are (16, question 20): in `data`, and unless the quirk says so flat beside it. */
function sendWritten(
  c: Context,
  row: ConfigRow,
  version: ConfigVersionRow | undefined,
  context: RouteContext,
): Response {
  const data = { id: row.id, slug: row.slug, version_id: version?.version_id };
  const flat = context.quirks.configsInEnvelope ? {} : { ...data, object: 'config' };
  return c.json({ success: true, data, ...flat });
}

function findConfig(c: Context, context: RouteContext, slug: string): ConfigRow {
  const row = context.store.findConfig(slug);
  const own = context.caller(c).workspaceId;
  if (row === undefined || (own !== undefined && row.workspace_id !== own)) throw context.notFound('Config not found');
  context.annotateAudit(c, { workspace_id: row.workspace_id });
  return row;
}

/** Text that is no JSON, which only a seed can bring, stays text. */
function toObject(config: string): unknown {
  try {
    return JSON.parse(config);
  } catch {
    return config;
  }
}

/** The config as text; it may be sent as an object, or as JSON already. */
function readConfig(body: Body, context: RouteContext): string {
  const { config } = body;
  if (isObject(config)) return JSON.stringify(config);
  if (typeof config === 'string') {
    try {
      if (isObject(JSON.parse(config))) return config;
    } catch {
      // Said below, with what is not an object at all.
    }
  }
  throw context.invalid('Validation failed: config: must be an object', { param: 'config', location: 'body' });
}

function readStatus(body: Body, row: ConfigRow): ConfigRow['status'] {
  if (!has(body, 'status')) return row.status;
  return readChoice(body, 'status', ['active', 'inactive', 'archived']);
}

function buildVersion(config: string, c: Context, context: RouteContext): ConfigVersionRow {
  return {
    version_id: context.newId(),
    config,
    created_at: context.timestamp(),
    updated_by: context.caller(c).id,
  };
}

/** The first six letters and digits of the name, as in the recorded slugs. */
function toSlugPart(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, 6)
      .replace(/^-|-$/g, '') || 'config'
  );
}

function renderRow(row: ConfigRow, context: RouteContext): Record<string, unknown> {
  return {
    id: row.id,
    name: row.name,
    workspace_id: row.workspace_id,
    slug: row.slug,
    organisation_id: context.organisation().id,
    is_default: row.is_default,
    status: row.status,
    owner_id: row.owner_id,
    updated_by: row.updated_by,
    created_at: row.created_at,
    last_updated_at: row.last_updated_at,
    object: 'config',
  };
}

function renderVersion(
  row: ConfigRow,
  version: ConfigVersionRow | undefined,
  context: RouteContext,
): Record<string, unknown> {
  const { object, ...common } = renderRow(row, context);
  return {
    ...common,
    config: version?.config ?? '{}',
    format: 'json',
    type: 'ORG_CONFIG',
    version_id: version?.version_id ?? null,
    object,
  };
}
