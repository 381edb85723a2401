/** Integrations as rows: credentials of the organisation, or of one workspace (control-plane-api.md 7.1). */

import type { Context } from 'hono';
import { maskKey } from './audit.ts';
import { type Body, has, invalid, isObject, mergeNested, readNullableText, readObject, readText } from './body.ts';
import type { RouteContext } from './context.ts';
import type { IntegrationRow, WorkspaceRow } from './store.ts';

export interface NewIntegration {
  readonly name: string;
  readonly slug: string;
  readonly vendor: string;
  readonly key: string | undefined;
  readonly owner: WorkspaceRow | undefined;
}

export function buildIntegration(parts: NewIntegration, context: RouteContext): IntegrationRow {
  const created = context.timestamp();
  const { owner } = parts;
  return {
    id: context.newId(),
    slug: parts.slug,
    name: parts.name,
    ai_provider_id: parts.vendor,
    description: null,
    status: 'active',
    type: owner === undefined ? 'organisation' : 'workspace',
    workspace_id: owner?.id ?? null,
    masked_key: parts.key === undefined ? '' : maskKey(parts.key),
    configurations: {},
    secret_mappings: [],
    pricing_adjustments: null,
    allow_all_models: true,
    global_workspace_access: null,
    workspaces:
      owner === undefined ? [] : [{ workspace_id: owner.id, enabled: true, usage_limits: null, rate_limits: null }],
    models: [],
    tags: null,
    created_at: created,
    last_updated_at: created,
  };
}

export function applyIntegrationFields(row: IntegrationRow, body: Body, context: RouteContext): IntegrationRow {
  const { mergingPuts } = context.quirks;
  const next: IntegrationRow = { ...row };
  if (has(body, 'name')) next.name = readText(body, 'name');
  if (has(body, 'description')) next.description = readNullableText(body, 'description', 1000);
  if (has(body, 'key')) next.masked_key = maskKey(readText(body, 'key', { max: 10_000 }));
  if (has(body, 'configurations')) {
    const sent = maskConfigurations(readObject(body, 'configurations'));
    next.configurations = mergingPuts ? { ...row.configurations, ...sent } : sent;
  }
  if (has(body, 'secret_mappings')) {
    const sent = body.secret_mappings;
    if (!Array.isArray(sent)) throw invalid('secret_mappings', 'Validation failed: secret_mappings: must be an array');
    next.secret_mappings = [...sent];
  }
  if (has(body, 'pricing_adjustments')) {
    const sent = body.pricing_adjustments === null ? null : readObject(body, 'pricing_adjustments');
    refuseNegativeFactors(sent);
    next.pricing_adjustments = mergingPuts ? (mergeNested(row.pricing_adjustments, sent) as typeof sent) : sent;
  }
  return next;
}

const secretPart = /secret|password|private|token|access_key|service_account_json/i;

/** Secret parts read back under `masked_…` (7.1). */
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
    throw invalid('pricing_adjustments', 'Validation failed: pricing_adjustments: factors must be at least 0');
  }
}

export function isLent(row: IntegrationRow, workspaceId: string, { store }: RouteContext): boolean {
  if (row.workspace_id !== null) return row.workspace_id === workspaceId;
  return store.listShares(row, workspaceId).some(({ enabled }) => enabled);
}

/** A workspace key reads what is lent to its workspace and changes only what belongs to it. */
export function findIntegration(c: Context, context: RouteContext, purpose: 'read' | 'write'): IntegrationRow {
  const row = context.store.findIntegration(c.req.param('slug') ?? '');
  if (row === undefined || row.status !== 'active') throw context.notFound('Integration not found');
  const own = context.caller(c).workspaceId;
  if (own === undefined) return row;
  const isAllowed = purpose === 'read' ? isLent(row, own, context) : row.workspace_id === own;
  if (!isAllowed) throw context.fail(403, 'AB03', 'Action not allowed');
  return row;
}
