/** Providers as rows: what may be set on them, and how the default one of an integration comes to be (6, 7.2). */

import { type Body, has, readDate, readNullableText, readText } from './body.ts';
import type { RouteContext } from './context.ts';
import { wakeStatus } from './key-fields.ts';
import { sharedRateUnits, writeRateLimits, writeUsageLimit } from './limits.ts';
import { resetUsageLimit } from './resets.ts';
import type { IntegrationRow, ProviderRow, WorkspaceRow } from './store.ts';

export interface NewProvider {
  readonly name: string;
  readonly slug: string;
  readonly note: string | null;
  readonly workspace: WorkspaceRow;
  readonly integration: IntegrationRow;
}

export function buildProvider(parts: NewProvider, context: RouteContext): ProviderRow {
  const created = context.timestamp();
  return {
    id: context.newId(),
    slug: parts.slug,
    name: parts.name,
    note: parts.note,
    workspace_id: parts.workspace.id,
    integration_id: parts.integration.slug,
    ai_provider_name: parts.integration.ai_provider_id,
    masked_api_key: parts.integration.masked_key,
    status: 'active',
    usage_limits: null,
    rate_limits: [],
    expires_at: null,
    last_reset_at: null,
    model_config: null,
    tags: null,
    created_at: created,
    last_updated_at: created,
  };
}

/** A copy of the provider with everything that `body` names. */
export function applyProviderFields(row: ProviderRow, body: Body, context: RouteContext): ProviderRow {
  const { quirks } = context;
  const next: ProviderRow = { ...row };
  if (has(body, 'name')) next.name = readText(body, 'name');
  if (has(body, 'note')) next.note = readNullableText(body, 'note', 1000);
  if (has(body, 'usage_limits')) {
    next.usage_limits = writeUsageLimit(row.usage_limits, body.usage_limits, { quirks, now: context.now() });
    next.status = wakeStatus(row, next.usage_limits);
  }
  if (has(body, 'rate_limits')) {
    const write = { quirks, units: sharedRateUnits, least: 1 } as const;
    next.rate_limits = writeRateLimits(row.rate_limits, body.rate_limits, write) ?? [];
  }
  if (has(body, 'expires_at')) {
    next.expires_at = body.expires_at === null ? null : readDate(body, 'expires_at');
    if (row.status === 'expired') next.status = 'active';
  }
  if (body.reset_usage === true) {
    const at = context.timestamp();
    if (next.usage_limits !== null) {
      next.usage_limits = { ...next.usage_limits };
      resetUsageLimit(next.usage_limits, at);
    }
    next.last_reset_at = at;
    if (next.status === 'exhausted') next.status = 'active';
  }
  return next;
}

const defaultNote = 'Created automatically on integration access grant';

/** Whether the provider came with the integration of one workspace, and so goes with it. */
export function isMadeWith(integration: IntegrationRow, provider: ProviderRow): boolean {
  return integration.workspace_id === provider.workspace_id && provider.note === defaultNote;
}

/** The provider that a grant makes by itself; undefined when the workspace already has one of this integration. */
export function buildDefaultProvider(
  integration: IntegrationRow,
  workspace: WorkspaceRow,
  askedSlug: string | undefined,
  context: RouteContext,
): ProviderRow | undefined {
  const isServed = context.store
    .listRows('providers', workspace.id)
    .some((row) => row.integration_id === integration.slug);
  if (isServed) return undefined;
  const isTaken = (slug: string): boolean => context.store.findProvider(workspace.id, slug) !== undefined;
  if (askedSlug !== undefined && isTaken(askedSlug)) {
    throw context.invalid(`Provider slug ${askedSlug} already exists`, {
      param: 'default_provider_slug',
      location: 'body',
    });
  }
  const slug =
    askedSlug ?? (isTaken(integration.slug) ? `${integration.slug}-${context.newSuffix(6)}` : integration.slug);
  return buildProvider(
    {
      name: integration.name,
      slug,
      note: defaultNote,
      workspace,
      integration,
    },
    context,
  );
}
