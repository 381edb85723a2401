/** Workspaces. They live under `/admin`; `/workspaces` answers 400. */

import type { Context } from 'hono';
import { blankWorkspace } from '../blank-rows.ts';
import { has, mergeNested, readOrNull, takeNullableText, takeObject, takeText } from '../body.ts';
import { refuseField } from '../errors.ts';
import type { RouteContext } from '../service.ts';
import type { UsageLimitRow, WorkspaceRow, WorkspaceUserRow } from '../store.ts';
import { type FieldTable, showFields } from './fields.ts';
import type { EmulatedKind } from './kind.ts';
import { limitListFields } from './limits.ts';
import { buildShortSlug } from './slugs.ts';

const limits = limitListFields();

/** The list has `status` and `scim_source_id`, get has `users`, `settings` and how it came to be. */
const fields: FieldTable<WorkspaceRow> = {
  id: {},
  slug: {},
  name: {
    required: true,
    read(body, name, { next }) {
      const parts = splitName(takeText(body, name));
      if (parts.icon !== undefined) next.icon = parts.icon;
      return parts.name;
    },
    show: (row, { c }) => (c.req.query('name_format') === 'plain' ? row.name : renderName(row)),
  },
  icon: { read: (body, name) => takeNullableText(body, name, 20) || null },
  description: { read: (body, name) => takeNullableText(body, name, 500) },
  created_at: {},
  last_updated_at: {},
  defaults: {
    // Replaced whole: a part that is not sent is erased.
    read: (body, name, { before, context }) => {
      const sent = readOrNull(body, name, takeObject);
      return context.quirks.mergingPuts ? (mergeNested(before.defaults, sent) as typeof sent) : sent;
    },
  },
  is_default: {},
  scim_source_id: { only: 'list' },
  ...limits,
  usage_limits: {
    ...limits.usage_limits,
    // Cleared limits have been seen to read back like this.
    show: (row, view) =>
      limits.usage_limits.show(row, view) ?? (view.context.quirks.emptyPeriodicReset ? [{ periodic_reset: '' }] : null),
  },
  security_settings: {
    read(body, name, { context }) {
      if (context.organisation().workspace_override_enabled !== true) {
        throw context.invalid('Workspace override is not enabled');
      }
      return takeObject(body, name) as Record<string, boolean>;
    },
  },
  status: { only: 'list' },
  settings: { only: 'get' },
  organisation_id: { only: 'get', show: (_, { context }) => context.organisation().id },
  last_reset_at: { only: 'get' },
  created_by: { only: 'get' },
  creation_source: { only: 'get' },
  users: { only: 'get', show: (row) => row.users.map((user) => renderMember(user, row)) },
  object: { show: () => 'workspace' },
};

const leadingEmoji = /^((?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\u200d|\ufe0f)+)\s*/u;

/** A leading emoji in the name becomes the icon; so a name sent back as read loses nothing, but is parsed again. */
function splitName(text: string): { readonly name: string; readonly icon?: string } {
  const match = leadingEmoji.exec(text);
  if (match?.[1] === undefined) return { name: text };
  return { name: text.slice(match[0].length) || text, icon: match[1] };
}

function renderName(row: WorkspaceRow): string {
  return row.icon === null ? row.name : `${row.icon} ${row.name}`;
}

export function renderMember({ email: _email, ...user }: WorkspaceUserRow, row: WorkspaceRow) {
  return { ...user, workspace_id: row.id };
}

export function openWorkspaces(c: Context, context: RouteContext, ...anyOf: string[]): void {
  context.requireAdmin(c);
  context.requireScope(c, ...anyOf);
}

/** By slug or UUID; archived ones are gone. Slugs failed on older backends. */
export function findWorkspace(c: Context, context: RouteContext): WorkspaceRow {
  const wanted = c.req.param('id') ?? '';
  const row = context.store.find('workspaces', wanted);
  const isSlug = row !== undefined && row.id !== wanted;
  if (row?.status !== 'active' || (isSlug && context.quirks.workspacesByIdOnly)) {
    throw context.notFound('Workspace not found');
  }
  context.annotateAudit(c, { workspace_id: row.id });
  return row;
}

export const workspaces: EmulatedKind<'workspaces'> = {
  path: '/admin/workspaces',
  item: '/admin/workspaces/:id',
  table: 'workspaces',
  noun: 'Workspace',
  archives: true,
  fields,
  select(c, context) {
    openWorkspaces(c, context, 'workspaces.list');
    const { name, exact_name: exact, status = 'active' } = c.req.query();
    const statuses = status.split(',');
    return {
      rows: context.store.list('workspaces'),
      isWanted: (row) =>
        statuses.includes(row.status) &&
        (name === undefined || renderName(row).includes(name)) &&
        (exact === undefined || row.name === exact || renderName(row) === exact),
    };
  },
  find(c, context, verb) {
    openWorkspaces(c, context, `workspaces.${verb}`);
    return findWorkspace(c, context);
  },
  openCreate: (c, context) => openWorkspaces(c, context, 'workspaces.create'),
  build(_, context, body) {
    const { name } = splitName(takeText(body, 'name'));
    const named = { id: context.newId(), slug: buildShortSlug('ws', name, 'space', context), name };
    return { ...blankWorkspace(context.timestamp()), ...named };
  },
  afterCreate(row, _, c, context) {
    grantGlobalIntegrations(row, context);
    context.annotateAudit(c, { workspace_id: row.id });
  },
  showCreated: (row, c, context) => showFields(fields, row, { c, context, form: 'list' }),
  beforeDelete: refuseDelete,
};

/** Integrations that lend themselves to every future workspace. */
function grantGlobalIntegrations(workspace: WorkspaceRow, context: RouteContext): void {
  const fresh = (limit: UsageLimitRow) => ({ ...limit, id: context.newId(), current_usage: 0 });
  for (const integration of context.store.state.integrations) {
    const access = integration.global_workspace_access;
    if (access?.enabled !== true || integration.status !== 'active') continue;
    integration.workspaces.push({
      workspace_id: workspace.id,
      enabled: true,
      usage_limits: access.usage_limits?.map(fresh) ?? null,
      rate_limits: structuredClone(access.rate_limits),
    });
  }
}

async function refuseDelete(row: WorkspaceRow, c: Context, context: RouteContext): Promise<void> {
  const body = await context.readBody(c);
  if (row.is_default === 1) throw context.fail(403, 'AB03', 'The default workspace cannot be deleted');
  // The service documents the name as required; other clients of it send no body at all.
  const needsName = context.quirks.workspaceDeleteNeedsName || has(body, 'name');
  if (needsName && body.name !== row.name && body.name !== renderName(row)) {
    throw refuseField('name', 'must be the name of the workspace');
  }
  const configs = context.store.list('configs', row.id).filter(({ status }) => status === 'active');
  // `force_delete` is known to be ignored.
  const held =
    context.store.list('providers', row.id).length > 0 ? 'Virtual Keys' : configs.length > 0 ? 'Configs' : null;
  if (held !== null) throw context.fail(409, 'AB07', `Unable to delete. Please ensure that all ${held} are deleted`);
}
