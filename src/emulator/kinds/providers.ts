/** Providers, once called virtual keys: a workspace's handle on an integration. By slug or UUID. */

import type { Context } from 'hono';
import { type Body, takeDate, takeNullableText, takeText } from '../body.ts';
import type { RouteContext } from '../service.ts';
import type { IntegrationRow, ProviderRow, WorkspaceRow } from '../store.ts';
import { buildProvider } from './default-providers.ts';
import type { FieldTable } from './fields.ts';
import { isLent } from './integrations.ts';
import type { EmulatedKind } from './kind.ts';
import { ownerFields, sharedRates } from './limits.ts';
import { readSlug } from './slugs.ts';

const { rate_limits: rates, reset_usage: reset, ...budget } = ownerFields(sharedRates, takeDate);

/** The two answers differ, as recorded: no limits is `[]` in get and null in the list. */
const fields: FieldTable<ProviderRow> = {
  id: {},
  name: { required: true, read: (body, name) => takeText(body, name) },
  note: { read: (body, name) => takeNullableText(body, name, 1000) },
  status: {},
  ...budget,
  reset_usage: { ...reset, only: 'list' },
  created_at: {},
  slug: { immutable: true },
  integration_id: { immutable: true },
  tags: {},
  ai_provider_name: { only: 'get' },
  model_config: { show: (row, { form }) => (form === 'get' ? (row.model_config ?? {}) : row.model_config) },
  key: { only: 'get', show: () => '' },
  masked_api_key: { only: 'get' },
  rate_limits: {
    ...rates,
    show: (row, { form }) => (form === 'list' && row.rate_limits.length === 0 ? null : row.rate_limits),
  },
  organisation_id: { only: 'list', show: (_, { context }) => context.organisation().id },
  workspace_id: { only: 'list' },
  workspace_name: {
    only: 'list',
    show: (row, { context }) => context.store.find('workspaces', row.workspace_id)?.name ?? null,
  },
  provider: { only: 'list', show: (row) => row.ai_provider_name },
};

/** Under either of its names: everything but creation is the same. */
export function buildProviderKind(
  path: string,
  object: string,
  own: Pick<EmulatedKind<'providers'>, 'openCreate' | 'build' | 'showCreated'>,
  findScope: (c: Context, context: RouteContext, asked: unknown) => WorkspaceRow | undefined,
): EmulatedKind<'providers'> {
  return {
    path,
    item: `${path}/:slug`,
    table: 'providers',
    noun: 'Provider',
    fields: {
      ...fields,
      object: { show: () => object },
    },
    ...own,
    select(c, context) {
      openProviders(c, context, 'list');
      const workspace = findScope(c, context, c.req.query('workspace_id'));
      return { rows: context.store.list('providers', context.quirks.foreignRows ? undefined : workspace?.id) };
    },
    async find(c, context, verb) {
      // An admin key names the workspace in the query, or in the body of a PUT.
      const sent = verb === 'update' ? (await context.readBody(c)).workspace_id : undefined;
      openProviders(c, context, verb);
      const workspace = findScope(c, context, c.req.query('workspace_id') ?? sent);
      const row = context.store.find('providers', c.req.param('slug') ?? '', workspace?.id);
      if (row === undefined) throw context.notFound('Provider not found');
      return row;
    },
  };
}

export const providers = buildProviderKind(
  '/providers',
  'provider',
  {
    openCreate: (c, context) => openProviders(c, context, 'create'),
    build: (c, context, body) =>
      prepareProvider(c, context, body, (workspace) => findLentIntegration(workspace, body, context)).blank,
    showCreated: ({ id, slug }) => ({ id, slug }),
  },
  (c, context, asked) => context.workspaceFor(c, asked),
);

export function openProviders(c: Context, context: RouteContext, verb: string): void {
  context.requireScope(c, `providers.${verb}`, `virtual_keys.${verb}`);
}

export function prepareProvider(
  c: Context,
  context: RouteContext,
  body: Body,
  findIntegration: (workspace: WorkspaceRow) => IntegrationRow,
): { readonly blank: ProviderRow; readonly integration: IntegrationRow } {
  const workspace = context.workspaceFor(c, body.workspace_id ?? c.req.query('workspace_id'));
  const name = takeText(body, 'name');
  const integration = findIntegration(workspace);
  const slug = readSlug(body, name, 'provider', context);
  if (context.store.find('providers', slug, workspace.id) !== undefined) {
    throw context.fail(409, 'AB07', `Provider slug ${slug} already exists`);
  }
  return { blank: buildProvider({ name, slug, note: null, workspace, integration }, context), integration };
}

/** One that is not lent to the workspace is refused with 403. */
function findLentIntegration(workspace: WorkspaceRow, body: Body, context: RouteContext): IntegrationRow {
  const slug = takeText(body, 'integration_id');
  const row = context.store.find('integrations', slug);
  if (row?.status !== 'active') throw context.fail(404, 'AB02', `Integration ${slug} not found`);
  if (isLent(row, workspace.id, context)) return row;
  throw context.fail(403, 'AB03', 'Integration is not enabled for this workspace');
}
