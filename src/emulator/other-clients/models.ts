/** `/models`: what the workspace's providers offer, paged by `limit` and `offset`. */

import type { Context, Hono } from 'hono';
import { compareText } from '../../diagnostics.ts';
import { refuseField } from '../errors.ts';
import type { RouteContext } from '../service.ts';

interface ModelRow {
  readonly provider: string;
  readonly vendor: string;
  readonly model: string;
  /** When the provider was made; when the vendor made the model is not known here. */
  readonly created_at: string;
}

const sortKeys: Readonly<Record<string, (row: ModelRow) => string>> = {
  name: (row) => row.model,
  provider: (row) => row.provider,
  ai_service: (row) => row.vendor,
};

export function registerModels(app: Hono, context: RouteContext): void {
  app.get('/models', (c) => {
    if (context.quirks.gatewayRoutesElsewhere) return c.json({ message: 'Method Not Allowed' }, 405);
    if (context.quirks.modelsRefuseAdminKeys && context.caller(c).workspaceId === undefined) {
      throw context.fail(403, 'AB03', 'You do not have access to this resource');
    }
    const { ai_service, provider, sort = 'name', order = 'asc' } = c.req.query();
    const read = Object.hasOwn(sortKeys, sort) ? sortKeys[sort] : undefined;
    if (read === undefined || (order !== 'asc' && order !== 'desc')) {
      throw refuseField(read === undefined ? 'sort' : 'order', undefined, 'query');
    }
    const sign = order === 'asc' ? 1 : -1;
    const rows = listModels(c, context)
      .filter((row) => ai_service === undefined || row.vendor === ai_service)
      .filter((row) => provider === undefined || row.provider === provider)
      .sort((a, b) => sign * compareText(`${read(a)} ${toId(a)}`, `${read(b)} ${toId(b)}`));
    const offset = readCount(c, 'offset') ?? 0;
    const limit = readCount(c, 'limit') ?? rows.length;
    return c.json({
      object: 'list',
      total: rows.length,
      data: rows.slice(offset, offset + limit).map(renderModel),
    });
  });

  // An id holds a slash, sent as it is or escaped.
  app.get('/models/:model{.+}', (c) => {
    const row = listModels(c, context).find((each) => toId(each) === c.req.param('model'));
    if (row === undefined) throw context.notFound('Model not found');
    return c.json(renderModel(row));
  });
}

/** Members of the example of the description, and those of its schema, which is OpenAI's. */
function renderModel(row: ModelRow): Record<string, unknown> {
  return {
    // The provider's slug in this workspace, not the vendor's name that a `model` condition wants.
    id: toId(row),
    slug: row.model,
    canonical_slug: row.model,
    object: 'model',
    created: Math.floor(Date.parse(row.created_at) / 1000),
    owned_by: row.vendor,
  };
}

function toId(row: ModelRow): string {
  return `@${row.provider}/${row.model}`;
}

/** Enabled models of the providers of one workspace; an admin key that names none sees those of all. */
function listModels(c: Context, context: RouteContext): ModelRow[] {
  const workspace = context.optionalWorkspaceFor(c, c.req.query('workspace_id'));
  const seen = new Map<string, ModelRow>();
  for (const provider of context.store.list('providers', workspace?.id)) {
    const integration = context.store.find('integrations', provider.integration_id);
    for (const model of integration?.models ?? []) {
      const { slug, ai_provider_name: vendor, created_at } = provider;
      const row = { provider: slug, vendor, model: model.slug, created_at };
      if (model.enabled) seen.set(toId(row), row);
    }
  }
  return [...seen.values()];
}

function readCount(c: Context, name: string): number | undefined {
  const text = c.req.query(name);
  if (text === undefined || text === '') return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  throw refuseField(name, 'must be a number of at least 0', 'query');
}
