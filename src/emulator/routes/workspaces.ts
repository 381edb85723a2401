/** Workspaces (control-plane-api.md 5). They live under `/admin`; `/workspaces` answers 400 (1.1). */

import type { Context, Hono } from 'hono';
import { type Body, has, mergeNested, readNullableText, readObject, readText } from '../body.ts';
import type { RouteContext } from '../context.ts';
import { renderUsageLimit, sharedRateUnits, writeRateLimits, writeUsageLimits } from '../limits.ts';
import { sortNewestFirst, type UsageLimitRow, type WorkspaceRow, type WorkspaceUserRow } from '../store.ts';

export function registerWorkspacesRoutes(app: Hono, context: RouteContext): void {
  app.all('/workspaces/*', () => {
    throw context.invalid('Invalid request. Please check and try again.');
  });

  app.post('/admin/workspaces', async (c) => {
    open(c, context, 'create');
    const row = createWorkspace(await context.readBody(c), context);
    context.store.state.workspaces.push(row);
    grantGlobalIntegrations(row, context);
    context.annotateAudit(c, { workspace_id: row.id });
    return c.json({ ...renderWorkspace(row, context, false), object: 'workspace' });
  });

  app.get('/admin/workspaces', (c) => {
    open(c, context, 'list');
    const { name, exact_name: exact, status = 'active' } = c.req.query();
    const statuses = status.split(',');
    const rows = sortNewestFirst(context.store.listWorkspaces())
      .map((row) => context.view(row))
      .filter((row): row is WorkspaceRow => row !== undefined && statuses.includes(row.status))
      .filter((row) => name === undefined || renderName(row).includes(name))
      .filter((row) => exact === undefined || row.name === exact || renderName(row) === exact);
    const isPlain = c.req.query('name_format') === 'plain';
    return context.sendList(c, rows, (row) => renderWorkspace(row, context, isPlain));
  });

  app.get('/admin/workspaces/:id', (c) => {
    open(c, context, 'read');
    const row = context.view(findWorkspace(c, context));
    if (row === undefined) throw context.notFound('Workspace not found');
    return c.json(renderWorkspaceWithUsers(row, context, c.req.query('name_format') === 'plain'));
  });

  app.put('/admin/workspaces/:id', async (c) => {
    open(c, context, 'update');
    const row = findWorkspace(c, context);
    const next = applyWorkspaceFields(row, await context.readBody(c), context);
    context.beforeChange(row);
    Object.assign(row, next, { last_updated_at: context.timestamp() });
    return context.sendUpdated(c);
  });

  app.delete('/admin/workspaces/:id', async (c) => {
    open(c, context, 'delete');
    const row = findWorkspace(c, context);
    refuseDelete(row, await context.readBody(c), context);
    context.beforeChange(row);
    row.status = 'archived';
    row.last_updated_at = context.timestamp();
    return context.sendDeleted(c);
  });

  app.get('/admin/workspaces/:id/users', (c) => {
    context.requireAdmin(c);
    context.requireScope(c, 'workspace_users.list', 'workspaces.read');
    const row = findWorkspace(c, context);
    const { role, email } = c.req.query();
    const users = sortNewestFirst(row.users).filter(
      (user) => (role === undefined || user.role === role) && (email === undefined || user.email === email),
    );
    return context.sendList(c, users, (user) => ({
      object: 'workspace-user',
      ...renderUser(user, row),
      email: user.email,
      scopes: [],
      settings: null,
    }));
  });
}

function open(c: Context, context: RouteContext, verb: string): void {
  context.requireAdmin(c);
  context.requireScope(c, `workspaces.${verb}`);
}

/** By slug or UUID; archived ones are gone. Slugs failed on older backends (1.9). */
function findWorkspace(c: Context, context: RouteContext): WorkspaceRow {
  const wanted = c.req.param('id') ?? '';
  const row = context.store.findWorkspace(wanted);
  const isSlug = row !== undefined && row.id !== wanted;
  if (row === undefined || row.status !== 'active' || (isSlug && context.quirks.workspacesByIdOnly)) {
    throw context.notFound('Workspace not found');
  }
  context.annotateAudit(c, { workspace_id: row.id });
  return row;
}

const leadingEmoji = /^((?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\u200d|\ufe0f)+)\s*/u;

/** A leading emoji in the name becomes the icon (5.2); so a name sent back as read loses nothing, but is parsed again. */
function splitName(text: string): { readonly name: string; readonly icon?: string } {
  const match = leadingEmoji.exec(text);
  if (match?.[1] === undefined) return { name: text };
  return { name: text.slice(match[0].length) || text, icon: match[1] };
}

function renderName(row: WorkspaceRow): string {
  return row.icon === null ? row.name : `${row.icon} ${row.name}`;
}

function createWorkspace(body: Body, context: RouteContext): WorkspaceRow {
  const created = context.timestamp();
  const { name, icon } = splitName(readText(body, 'name'));
  const stem = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 6)
    .replace(/-+$/, '');
  const blank: WorkspaceRow = {
    id: context.newId(),
    slug: `ws-${stem || 'space'}-${context.newSuffix(6)}`,
    name,
    icon: icon ?? null,
    description: null,
    status: 'active',
    is_default: 0,
    defaults: null,
    usage_limits: null,
    rate_limits: null,
    security_settings: {},
    settings: {},
    users: [],
    created_at: created,
    last_updated_at: created,
    last_reset_at: null,
    created_by: null,
    creation_source: 'api',
    scim_source_id: null,
  };
  return applyWorkspaceFields(blank, body, context);
}

function applyWorkspaceFields(row: WorkspaceRow, body: Body, context: RouteContext): WorkspaceRow {
  const { quirks } = context;
  const next: WorkspaceRow = { ...row };
  if (has(body, 'name')) Object.assign(next, splitName(readText(body, 'name')));
  if (has(body, 'icon')) next.icon = readNullableText(body, 'icon', 20) || null;
  if (has(body, 'description')) next.description = readNullableText(body, 'description', 500);
  if (has(body, 'defaults')) {
    const sent = body.defaults === null ? null : readObject(body, 'defaults');
    // Replaced whole: a part that is not sent is erased (5.2).
    next.defaults = quirks.mergingPuts ? (mergeNested(row.defaults, sent) as typeof sent) : sent;
  }
  if (has(body, 'usage_limits')) {
    const write = { quirks, now: context.now(), newId: context.newId };
    next.usage_limits = writeUsageLimits(row.usage_limits, body.usage_limits, write);
  }
  if (has(body, 'rate_limits')) {
    const write = { quirks, units: sharedRateUnits, least: 1 } as const;
    next.rate_limits = writeRateLimits(row.rate_limits, body.rate_limits, write);
  }
  if (has(body, 'security_settings')) {
    if (context.organisation().workspace_override_enabled !== true) {
      throw context.invalid('Workspace override is not enabled');
    }
    next.security_settings = readObject(body, 'security_settings') as Record<string, boolean>;
  }
  return next;
}

/** Integrations that lend themselves to every future workspace (7.2). */
function grantGlobalIntegrations(workspace: WorkspaceRow, context: RouteContext): void {
  for (const integration of context.store.state.integrations) {
    const access = integration.global_workspace_access;
    if (access?.enabled !== true || integration.status !== 'active') continue;
    integration.workspaces.push({
      workspace_id: workspace.id,
      enabled: true,
      usage_limits: copyLimits(access.usage_limits, context),
      rate_limits: structuredClone(access.rate_limits),
    });
  }
}

function copyLimits(limits: UsageLimitRow[] | null, context: RouteContext): UsageLimitRow[] | null {
  return limits?.map((limit) => ({ ...limit, id: context.newId(), current_usage: 0 })) ?? null;
}

function refuseDelete(row: WorkspaceRow, body: Body, context: RouteContext): void {
  if (row.is_default === 1) throw context.fail(403, 'AB03', 'The default workspace cannot be deleted');
  // The reference demands the name; other clients of the service send no body at all.
  const needsName = context.quirks.workspaceDeleteNeedsName || has(body, 'name');
  if (needsName && body.name !== row.name && body.name !== renderName(row)) {
    throw context.invalid('Validation failed: name: must be the name of the workspace', {
      param: 'name',
      location: 'body',
    });
  }
  const configs = context.store.listRows('configs', row.id).filter(({ status }) => status === 'active');
  const held = [
    { kind: 'Virtual Keys', count: context.store.listRows('providers', row.id).length },
    { kind: 'Configs', count: configs.length },
  ].find(({ count }) => count > 0);
  // `force_delete` is known to be ignored (16, question 22).
  if (held !== undefined) {
    throw context.fail(409, 'AB07', `Unable to delete. Please ensure that all ${held.kind} are deleted`);
  }
}

function renderLimits(row: WorkspaceRow, context: RouteContext) {
  const { quirks } = context;
  // Cleared limits have been seen to read back like this (1.8).
  const cleared = quirks.emptyPeriodicReset ? [{ periodic_reset: '' as const }] : null;
  return {
    usage_limits: row.usage_limits?.map((limit) => renderUsageLimit(limit, quirks)) ?? cleared,
    rate_limits: row.rate_limits,
  };
}

function renderWorkspace(row: WorkspaceRow, context: RouteContext, isPlain: boolean) {
  return {
    id: row.id,
    slug: row.slug,
    name: isPlain ? row.name : renderName(row),
    icon: row.icon,
    description: row.description,
    created_at: row.created_at,
    last_updated_at: row.last_updated_at,
    defaults: row.defaults,
    is_default: row.is_default,
    scim_source_id: row.scim_source_id,
    ...renderLimits(row, context),
    security_settings: row.security_settings,
    status: row.status,
    object: 'workspace',
  };
}

function renderUser(user: WorkspaceUserRow, row: WorkspaceRow) {
  return {
    first_name: user.first_name,
    last_name: user.last_name,
    org_role: user.org_role,
    role: user.role,
    created_at: user.created_at,
    last_updated_at: user.last_updated_at,
    status: user.status,
    workspace_id: row.id,
    id: user.id,
  };
}

/** Get has `users`, `settings` and how it came to be, and lacks `status` and `scim_source_id` (5.2). */
function renderWorkspaceWithUsers(row: WorkspaceRow, context: RouteContext, isPlain: boolean) {
  const { status: _status, scim_source_id: _scim, object, ...shared } = renderWorkspace(row, context, isPlain);
  return {
    ...shared,
    settings: row.settings,
    organisation_id: context.organisation().id,
    last_reset_at: row.last_reset_at,
    created_by: row.created_by,
    creation_source: row.creation_source,
    users: row.users.map((user) => renderUser(user, row)),
    object,
  };
}
