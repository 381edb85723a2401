/** Integrations: credentials of the organisation, or of one workspace. What they lend and at what price is in the two files beside. */

import type { Context } from 'hono';
import { maskKey } from '../audit.ts';
import { blankIntegration } from '../blank-rows.ts';
import { isObject, mergeNested, readOrNull, takeNullableText, takeObject, takeText } from '../body.ts';
import { refuseField } from '../errors.ts';
import type { RouteContext } from '../service.ts';
import { type IntegrationRow, removeRow, type WorkspaceRow } from '../store.ts';
import { buildDefaultProvider, isMadeWith } from './default-providers.ts';
import { type FieldTable, hidden } from './fields.ts';
import type { EmulatedKind } from './kind.ts';
import { readSlug } from './slugs.ts';

const fields: FieldTable<IntegrationRow> = {
  id: {},
  organisation_id: { show: (_, { context }) => context.organisation().id },
  slug: { immutable: true },
  ai_provider_id: { immutable: true },
  name: { required: true, read: (body, name) => takeText(body, name) },
  status: {},
  created_at: {},
  last_updated_at: {},
  description: { read: (body, name) => takeNullableText(body, name, 1000) },
  type: {},
  workspace_id: { immutable: true, show: (row) => row.workspace_id ?? undefined },
  tags: {},
  key: {
    read(body, name, { next }) {
      next.masked_key = maskKey(takeText(body, name, { max: 10_000 }));
    },
    show: hidden,
  },
  masked_key: { only: 'get' },
  configurations: {
    only: 'get',
    read(body, name, { before, context }) {
      const sent = maskConfigurations(takeObject(body, name));
      return context.quirks.mergingPuts ? { ...before.configurations, ...sent } : sent;
    },
  },
  global_workspace_access_settings: { only: 'get', show: (row) => row.global_workspace_access },
  allow_all_models: { only: 'get' },
  workspace_count: { only: 'get', show: (row) => row.workspaces.filter(({ enabled }) => enabled).length },
  secret_mappings: {
    only: 'get',
    read(body, name) {
      const sent = body[name];
      if (!Array.isArray(sent)) throw refuseField(name, 'must be an array');
      return [...sent];
    },
  },
  pricing_adjustments: {
    only: 'get',
    read(body, name, { before, context }) {
      const sent = readOrNull(body, name, takeObject);
      refuseNegativeFactors(sent);
      return context.quirks.mergingPuts ? (mergeNested(before.pricing_adjustments, sent) as typeof sent) : sent;
    },
  },
  object: { show: () => 'integration' },
};

const secretPart = /secret|password|private|token|access_key|service_account_json/i;

/** Secret parts read back under `masked_…`. */
function maskConfigurations(sent: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(sent).map(([name, value]) => {
      if (!secretPart.test(name) || name.startsWith('masked_')) return [name, value];
      return [`masked_${name}`, typeof value === 'string' ? maskKey(value) : '*****'];
    }),
  );
}

function refuseNegativeFactors(value: unknown): void {
  if (isObject(value)) {
    for (const part of Object.values(value)) refuseNegativeFactors(part);
  } else if (typeof value === 'number' && value < 0) {
    throw refuseField('pricing_adjustments', 'factors must be at least 0');
  }
}

export function isLent(row: IntegrationRow, workspaceId: string, { store }: RouteContext): boolean {
  if (row.workspace_id !== null) return row.workspace_id === workspaceId;
  return store.listShares(row, workspaceId).some(({ enabled }) => enabled);
}

export function openIntegrations(c: Context, context: RouteContext, verb: string): void {
  context.requireScope(c, `organisation_integrations.${verb}`, `workspace_integrations.${verb}`);
}

/** A workspace key reads what is lent to its workspace and changes only what belongs to it. */
export function findIntegration(c: Context, context: RouteContext, verb: 'read' | 'update' | 'delete'): IntegrationRow {
  openIntegrations(c, context, verb);
  const row = context.store.find('integrations', c.req.param('slug') ?? '');
  if (row?.status !== 'active') throw context.notFound('Integration not found');
  const own = context.caller(c).workspaceId;
  if (own === undefined) return row;
  const isAllowed = verb === 'read' ? isLent(row, own, context) : row.workspace_id === own;
  if (!isAllowed) throw context.fail(403, 'AB03', 'Action not allowed');
  return row;
}

/** What a read shows of the one that the path names. */
export function viewIntegration(c: Context, context: RouteContext): IntegrationRow {
  const row = context.view(findIntegration(c, context, 'read'));
  if (row === undefined) throw context.notFound('Integration not found');
  return row;
}

export const integrations: EmulatedKind<'integrations'> = {
  path: '/integrations',
  item: '/integrations/:slug',
  table: 'integrations',
  noun: 'Integration',
  archives: true,
  fields,
  find: findIntegration,
  select(c, context) {
    openIntegrations(c, context, 'list');
    const workspace = context.optionalWorkspaceFor(c, c.req.query('workspace_id'));
    const type = c.req.query('type') ?? 'all';
    if (!['workspace', 'organisation', 'all'].includes(type)) throw refuseField('type', undefined, 'query');
    return {
      rows: context.store.list('integrations'),
      isWanted: (row) =>
        row.status === 'active' &&
        (type === 'all' || row.type === type) &&
        (workspace === undefined || isLent(row, workspace.id, context)),
    };
  },
  openCreate: (c, context) => openIntegrations(c, context, 'create'),
  build(c, context, body) {
    // Without a workspace it belongs to the organisation; a workspace key makes its own only.
    const owner = context.optionalWorkspaceFor(c, body.workspace_id);
    const name = takeText(body, 'name');
    const vendor = takeText(body, 'ai_provider_id');
    const slug = readSlug(body, name, vendor, context);
    if (context.store.find('integrations', slug) !== undefined) {
      throw context.fail(409, 'AB07', `Integration slug ${slug} already exists`);
    }
    return buildIntegration({ name, slug, vendor, owner }, context);
  },
  afterCreate(row, body, _, context) {
    const owner = row.workspace_id === null ? undefined : context.store.find('workspaces', row.workspace_id);
    const provider = owner && buildDefaultProvider(row, owner, [body], context);
    if (provider !== undefined) context.store.state.providers.push(provider);
  },
  showCreated: ({ id, slug }) => ({ id, slug }),
  beforeDelete(row, _, { store, quirks, fail }) {
    const held = store.listProvidersOf(row.slug);
    const own = quirks.defaultProviderHoldsIntegration ? undefined : held.find((each) => isMadeWith(row, each));
    if (held.some((provider) => provider !== own)) {
      throw fail(409, 'AB07', 'Unable to delete. Please ensure that all Virtual Keys are deleted');
    }
    if (own !== undefined) removeRow(store.state.providers, own);
  },
};

export interface NewIntegration {
  readonly name: string;
  readonly slug: string;
  readonly vendor: string;
  readonly owner: WorkspaceRow | undefined;
}

export function buildIntegration({ vendor, owner, ...named }: NewIntegration, context: RouteContext): IntegrationRow {
  const row = { ...blankIntegration(context.timestamp()), ...named, id: context.newId(), ai_provider_id: vendor };
  if (owner === undefined) return row;
  const share = { workspace_id: owner.id, enabled: true, usage_limits: null, rate_limits: null };
  return { ...row, type: 'workspace', workspace_id: owner.id, workspaces: [share] };
}
