/** Configs: reads are flat (or as specified, by a quirk), writes answer for both readers. */

import type { Context, Hono } from 'hono';
import { type Body, has, isObject, parseJson, takeChoice, takeText } from '../body.ts';
import { refuseField } from '../errors.ts';
import type { RouteContext } from '../service.ts';
import type { ConfigVersionRow, GatewayConfigRow } from '../store.ts';
import { type FieldTable, showFields, type View } from './fields.ts';
import { type EmulatedKind, registerKind, type Verb } from './kind.ts';
import { buildShortSlug } from './slugs.ts';

const fields: FieldTable<GatewayConfigRow> = {
  id: {},
  name: { required: true, read: (body, name) => takeText(body, name) },
  workspace_id: {},
  slug: {},
  organisation_id: { show: (_, { context }) => context.organisation().id },
  // Cannot be set by the API, under any spelling.
  is_default: {},
  status: {
    read: (body, name, { isNew }) => (isNew ? undefined : takeChoice(body, name, ['active', 'inactive', 'archived'])),
  },
  owner_id: {},
  updated_by: {},
  created_at: {},
  last_updated_at: {},
  config: { only: 'get', show: (row) => row.versions.at(-1)?.config ?? '{}' },
  format: { only: 'get', show: () => 'json' },
  type: { only: 'get', show: () => 'ORG_CONFIG' },
  version_id: { only: 'get', show: (row) => row.versions.at(-1)?.version_id ?? null },
  object: { show: () => 'config' },
};

const configs: EmulatedKind<'configs'> = {
  path: '/configs',
  item: '/configs/:slug',
  table: 'configs',
  noun: 'Config',
  fields,
  select(c, context) {
    context.requireScope(c, 'configs.list');
    const workspace = context.optionalWorkspaceFor(c, c.req.query('workspace_id'));
    return { rows: context.store.list('configs', workspace?.id), isWanted: (row) => row.status !== 'archived' };
  },
  frameList: (data, { quirks }) => (quirks.configsInEnvelope ? { success: true, data } : undefined),
  find: findConfig,
  frameOne(row, shown, { context }) {
    if (!context.quirks.configsInEnvelope) return shown;
    const { config = '{}' } = row.versions.at(-1) ?? {};
    // Text that is no JSON, which only a seed can bring, stays text.
    return { success: true, data: { config: parseJson(config) ?? config } };
  },
  openCreate: (c, context) => context.requireScope(c, 'configs.create'),
  build(c, context, body) {
    const workspace = context.workspaceFor(c, body.workspace_id);
    const created = context.timestamp();
    const { id: owner } = context.caller(c);
    const name = takeText(body, 'name');
    return {
      id: context.newId(),
      slug: buildShortSlug('pc', name, 'config', context),
      name,
      workspace_id: workspace.id,
      is_default: 0,
      status: 'active',
      owner_id: owner,
      updated_by: owner,
      versions: [],
      created_at: created,
      last_updated_at: created,
    };
  },
  settle({ next, body, isNew, context }, c) {
    next.updated_by = context.caller(c).id;
    if (!isNew && !has(body, 'config')) return;
    const config = readConfig(body);
    const written = { version_id: context.newId(), created_at: context.timestamp(), updated_by: next.updated_by };
    next.versions = [...next.versions, { ...written, config }];
  },
  showCreated: showWritten,
  showUpdated: showWritten,
  beforeDelete(row, _, context) {
    const inUse = context.store.list('workspaces').some((workspace) => {
      const bound = workspace.defaults?.user_api_key_config;
      return bound === row.slug || bound === row.id;
    });
    if (inUse) throw context.fail(409, 'AB07', 'Unable to delete. The config is in use by a workspace');
  },
};

export function registerConfigs(app: Hono, context: RouteContext): void {
  app.get('/configs/:slug/versions', (c) => {
    const row = findConfig(c, context, 'read', 'list');
    const view: View = { c, context, form: 'get' };
    return context.sendList(c, [...row.versions].reverse(), (version: ConfigVersionRow) =>
      showFields(fields, { ...row, versions: [version] }, view),
    );
  });
  registerKind(app, context, configs);
}

/** Clients disagree about where the ids are: in `data`, and unless the quirk says so flat beside it. */
function showWritten({ id, slug, versions }: GatewayConfigRow, _: Context, { quirks }: RouteContext): object {
  const data = { id, slug, version_id: versions.at(-1)?.version_id };
  return { success: true, data, ...(!quirks.configsInEnvelope && { ...data, object: 'config' }) };
}

function findConfig(c: Context, context: RouteContext, ...verbs: (Verb | 'list')[]): GatewayConfigRow {
  context.requireScope(c, ...verbs.map((verb) => `configs.${verb}`));
  const row = context.store.find('configs', c.req.param('slug') ?? '');
  const own = context.caller(c).workspaceId;
  if (row === undefined || (own !== undefined && row.workspace_id !== own)) throw context.notFound('Config not found');
  context.annotateAudit(c, { workspace_id: row.workspace_id });
  return row;
}

/** The config as text; it may be sent as an object, or as JSON already. */
function readConfig({ config }: Body): string {
  if (isObject(config)) return JSON.stringify(config);
  if (typeof config === 'string' && isObject(parseJson(config))) return config;
  throw refuseField('config', 'must be an object');
}
