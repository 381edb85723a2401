/** Which models an integration offers, and custom prices (control-plane-api.md 7.3). */

import type { Context, Hono } from 'hono';
import {
  type Body,
  has,
  invalid,
  isObject,
  mergeNested,
  readBoolean,
  readObject,
  readText,
  readTextList,
} from '../body.ts';
import type { RouteContext } from '../context.ts';
import { findIntegration } from '../integration-rows.ts';
import type { IntegrationModelRow } from '../store.ts';

export function registerIntegrationModelsRoutes(app: Hono, context: RouteContext): void {
  const path = '/integrations/:slug/models';

  app.get(path, (c) => {
    context.requireScope(c, 'organisation_integrations.read', 'workspace_integrations.read');
    const row = context.view(findIntegration(c, context, 'read'));
    if (row === undefined) throw context.notFound('Integration not found');
    return c.json({
      total: row.models.length,
      allow_all_models: row.allow_all_models,
      models: row.models.map((model) => renderModel(model, context)),
    });
  });

  app.put(path, async (c) => {
    context.requireScope(c, 'organisation_integrations.update', 'workspace_integrations.update');
    const row = findIntegration(c, context, 'write');
    const body = await context.readBody(c);
    const models = applyModels(row.models, body, context);
    const allowAll = has(body, 'allow_all_models') ? readBoolean(body, 'allow_all_models') : row.allow_all_models;
    context.beforeChange(row);
    row.models = models;
    row.allow_all_models = allowAll;
    return context.sendUpdated(c);
  });

  app.delete(path, async (c) => {
    context.requireScope(c, 'organisation_integrations.update', 'workspace_integrations.update');
    const row = findIntegration(c, context, 'write');
    const asked = await readSlugs(c, context);
    const custom = new Set(row.models.filter((model) => model.is_custom).map(({ slug }) => slug));
    const wrong = asked.filter((slug) => !custom.has(slug));
    if (wrong.length > 0) throw context.invalid(`Following models are not valid: ${wrong.join(', ')}`);
    context.beforeChange(row);
    row.models = row.models.filter(({ slug }) => !asked.includes(slug));
    return context.sendDeleted(c);
  });
}

/** `?slugs=a,b`, or `{ "models": ["a", "b"] }` as another client of the service sends it. */
async function readSlugs(c: Context, context: RouteContext): Promise<string[]> {
  const inQuery = c.req.query('slugs')?.split(',').filter(Boolean) ?? [];
  const hasBody = (await c.req.text()).trim() !== '';
  const isRefused = hasBody && context.quirks.modelsDeletedByQueryOnly;
  if (isRefused || (inQuery.length === 0 && !hasBody)) {
    throw context.invalid('Validation failed: slugs: Invalid value', { param: 'slugs', location: 'query' });
  }
  if (inQuery.length > 0) return inQuery;
  const inBody = readTextList(await context.readBody(c), 'models');
  if (inBody.length === 0) throw invalid('models', 'Validation failed: models: must have at least 1 item');
  return inBody;
}

/** Models that are not listed are left alone. */
function applyModels(before: readonly IntegrationModelRow[], body: Body, context: RouteContext): IntegrationModelRow[] {
  const sent = body.models;
  if (!Array.isArray(sent)) throw invalid('models', 'Validation failed: models: must be an array');
  const models = before.map((model) => ({ ...model }));
  const wrong: string[] = [];
  for (const entry of sent) {
    const object = isObject(entry) ? entry : {};
    const slug = readText(object, 'slug');
    const at = models.findIndex((model) => model.slug === slug);
    const isCustom = readFlag(object.is_custom) || readFlag(object.is_finetune);
    if (at < 0 && !isCustom) wrong.push(slug);
    const next = applyModel(models[at], slug, object, context);
    if (at < 0) models.push(next);
    else models[at] = next;
  }
  if (wrong.length > 0) throw context.invalid(`Following models are not valid: ${wrong.join(', ')}`);
  return models;
}

function applyModel(
  old: IntegrationModelRow | undefined,
  slug: string,
  sent: Body,
  context: RouteContext,
): IntegrationModelRow {
  const next: IntegrationModelRow = {
    slug,
    name: old?.name ?? slug,
    enabled: readBoolean(sent, 'enabled'),
    is_custom: old?.is_custom ?? readFlag(sent.is_custom),
    is_finetune: old?.is_finetune ?? readFlag(sent.is_finetune),
    base_model_slug: old?.base_model_slug ?? null,
    configurations: old?.configurations ?? null,
    pricing_config: old?.pricing_config ?? null,
  };
  if (typeof sent.base_model_slug === 'string') next.base_model_slug = sent.base_model_slug;
  if (has(sent, 'configurations')) next.configurations = readNullableObject(sent, 'configurations');
  if (has(sent, 'pricing_config')) {
    const price = readNullableObject(sent, 'pricing_config');
    if (price !== null && price.type !== 'static') {
      throw invalid('pricing_config', 'Validation failed: pricing_config.type: must be static');
    }
    const merged = context.quirks.mergingPuts ? mergeNested(old?.pricing_config, price) : price;
    next.pricing_config = merged as typeof price;
  }
  return next;
}

function readNullableObject(body: Body, name: string): Record<string, unknown> | null {
  return body[name] === null ? null : readObject(body, name);
}

function readFlag(value: unknown): boolean {
  return value === true || value === 1 || value === 'true';
}

/** Flags come back in several spellings (1.10). */
function renderModel(model: IntegrationModelRow, context: RouteContext) {
  const { looseBooleans } = context.quirks;
  return {
    slug: model.slug,
    name: model.name,
    enabled: looseBooleans ? (model.enabled ? 1 : 0) : model.enabled,
    is_custom: looseBooleans ? (model.is_custom ? 'true' : 'false') : model.is_custom,
    is_finetune: looseBooleans ? (model.is_finetune ? 1 : null) : model.is_finetune,
    base_model_slug: model.base_model_slug,
    ...(model.configurations !== null && { configurations: model.configurations }),
    ...(model.pricing_config !== null && { pricing_config: model.pricing_config }),
  };
}
