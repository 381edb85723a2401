/** Which models an integration offers, and custom prices. */

import type { Context, Hono } from 'hono';
import {
  type Body,
  has,
  isObject,
  mergeNested,
  readOrNull,
  takeBoolean,
  takeObject,
  takeText,
  takeTextList,
} from '../body.ts';
import { refuseField, refuseMember } from '../errors.ts';
import type { RouteContext } from '../service.ts';
import type { IntegrationModelRow } from '../store.ts';
import { type FieldTable, showFields, writeFields } from './fields.ts';
import { findIntegration, viewIntegration } from './integrations.ts';

const readFlag = (body: Body, name: string): boolean => [true, 1, 'true'].some((yes) => body[name] === yes);

/** Flags come back in several spellings, with the quirk `looseBooleans`. */
const fields: FieldTable<IntegrationModelRow> = {
  slug: { required: true, immutable: true, read: (body, name) => takeText(body, name) },
  name: {},
  enabled: { read: takeBoolean, show: (row, { context }) => spell(row.enabled, context, [0, 1]) },
  is_custom: {
    immutable: true,
    read: readFlag,
    show: (row, { context }) => spell(row.is_custom, context, ['false', 'true']),
  },
  is_finetune: {
    immutable: true,
    read: readFlag,
    show: (row, { context }) => spell(row.is_finetune, context, [null, 1]),
  },
  base_model_slug: { read: (body, name) => (typeof body[name] === 'string' ? body[name] : undefined) },
  configurations: {
    read: (body, name) => readOrNull(body, name, takeObject),
    show: (row) => row.configurations ?? undefined,
  },
  pricing_config: {
    read(body, name, { before, context }) {
      const price = readOrNull(body, name, takeObject);
      if (price !== null && price.type !== 'static') {
        throw refuseMember(name, 'Validation failed: pricing_config.type: must be static');
      }
      if (price === null && context.quirks.nullKeepsPrices) return before.pricing_config;
      return context.quirks.mergingPuts ? (mergeNested(before.pricing_config, price) as typeof price) : price;
    },
    show: (row) => row.pricing_config ?? undefined,
  },
};

function spell(flag: boolean, { quirks }: RouteContext, [no, yes]: readonly [unknown, unknown]): unknown {
  if (!quirks.looseBooleans) return flag;
  return flag ? yes : no;
}

export function registerIntegrationModels(app: Hono, context: RouteContext): void {
  const path = '/integrations/:slug/models';

  app.get(path, (c) => {
    const { models, allow_all_models } = viewIntegration(c, context);
    const shown = models.map((model) => showFields(fields, model, { c, context, form: 'get' }));
    return c.json({ total: models.length, allow_all_models, models: shown });
  });

  app.put(path, async (c) => {
    const row = findIntegration(c, context, 'update');
    const body = await context.readBody(c);
    const models = applyModels(row.models, body, context);
    const allowAll = has(body, 'allow_all_models') ? takeBoolean(body, 'allow_all_models') : row.allow_all_models;
    context.beforeChange(row);
    row.models = models;
    row.allow_all_models = allowAll;
    return context.sendUpdated(c);
  });

  app.delete(path, async (c) => {
    const row = findIntegration(c, context, 'update');
    const asked = await readSlugs(c, context);
    const custom = new Set(row.models.filter((model) => model.is_custom).map(({ slug }) => slug));
    refuseModels(
      asked.filter((slug) => !custom.has(slug)),
      context,
    );
    context.beforeChange(row);
    row.models = row.models.filter(({ slug }) => !asked.includes(slug));
    return context.sendDeleted(c);
  });
}

function refuseModels(wrong: readonly string[], context: RouteContext): void {
  if (wrong.length > 0) throw context.invalid(`Following models are not valid: ${wrong.join(', ')}`);
}

/** `?slugs=a,b`, or `{ "models": ["a", "b"] }` as another client of the service sends it. */
async function readSlugs(c: Context, context: RouteContext): Promise<string[]> {
  const inQuery = c.req.query('slugs')?.split(',').filter(Boolean) ?? [];
  const hasBody = (await c.req.text()).trim() !== '';
  const isRefused = hasBody && context.quirks.modelsDeletedByQueryOnly;
  if (isRefused || (inQuery.length === 0 && !hasBody)) throw refuseField('slugs', undefined, 'query');
  if (inQuery.length > 0) return inQuery;
  const inBody = takeTextList(await context.readBody(c), 'models');
  if (inBody.length === 0) throw refuseField('models', 'must have at least 1 item');
  return inBody;
}

/** Models that are not listed are left alone. */
function applyModels(before: readonly IntegrationModelRow[], body: Body, context: RouteContext): IntegrationModelRow[] {
  const sent = body.models;
  if (!Array.isArray(sent)) throw refuseField('models', 'must be an array');
  const models = new Map(before.map((model) => [model.slug, model]));
  const wrong: string[] = [];
  for (const entry of sent) {
    const object = isObject(entry) ? entry : {};
    const slug = takeText(object, 'slug');
    const old = models.get(slug);
    if (old === undefined && !readFlag(object, 'is_custom') && !readFlag(object, 'is_finetune')) wrong.push(slug);
    const enabled = takeBoolean(object, 'enabled');
    const blank = { slug, name: slug, enabled, is_custom: false, is_finetune: false, base_model_slug: null };
    const start = old ?? { ...blank, configurations: null, pricing_config: null };
    models.set(slug, writeFields(fields, start, object, { context, isNew: old === undefined }).next);
  }
  refuseModels(wrong, context);
  return [...models.values()];
}
