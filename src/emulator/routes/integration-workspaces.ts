/** Which workspaces an integration is lent to, and with what limits (control-plane-api.md 7.2). */

import type { Hono } from 'hono';
import { type Body, has, invalid, isObject, readBoolean, readObject, readText } from '../body.ts';
import type { RouteContext } from '../context.ts';
import { findIntegration } from '../integration-rows.ts';
import { renderUsageLimit, sharedRateUnits, writeRateLimits, writeUsageLimits } from '../limits.ts';
import { buildDefaultProvider } from '../provider-rows.ts';
import { resetUsageLimit } from '../resets.ts';
import type {
  GlobalWorkspaceAccessRow,
  IntegrationRow,
  IntegrationWorkspaceRow,
  ProviderRow,
  WorkspaceRow,
} from '../store.ts';

type Access = Pick<IntegrationWorkspaceRow, 'usage_limits' | 'rate_limits'>;

export function registerIntegrationWorkspacesRoutes(app: Hono, context: RouteContext): void {
  const path = '/integrations/:slug/workspaces';

  // No paging here, and slugs where everything else has UUIDs (1.9).
  app.get(path, (c) => {
    context.requireScope(c, 'organisation_integrations.read', 'workspace_integrations.read');
    const row = context.view(findIntegration(c, context, 'read'));
    if (row === undefined) throw context.notFound('Integration not found');
    const own = context.caller(c).workspaceId;
    const workspaces = context.store.listShares(row, own).map((access) => renderAccess(access, context));
    return c.json({ total: workspaces.length, workspaces });
  });

  app.put(path, async (c) => {
    context.requireScope(c, 'organisation_integrations.update', 'workspace_integrations.update');
    context.requireAdmin(c);
    const row = findIntegration(c, context, 'write');
    const body = await context.readBody(c);
    // All checked before any is written.
    const next = applyBulk(row, body, context);
    context.beforeChange(row);
    row.workspaces = next.workspaces;
    row.global_workspace_access = next.global;
    row.last_updated_at = context.timestamp();
    context.store.state.providers.push(...next.providers);
    return context.sendUpdated(c);
  });
}

interface BulkResult {
  readonly workspaces: IntegrationWorkspaceRow[];
  readonly global: GlobalWorkspaceAccessRow | null;
  readonly providers: readonly ProviderRow[];
}

/** Workspaces that are not listed are left alone. */
function applyBulk(row: IntegrationRow, body: Body, context: RouteContext): BulkResult {
  const entries = body.workspaces ?? [];
  if (!Array.isArray(entries)) throw invalid('workspaces', 'Validation failed: workspaces: must be an array');
  let global = row.global_workspace_access;
  let workspaces = context.store.listShares(row, undefined).map((access) => ({ ...access }));
  if (has(body, 'global_workspace_access') && body.global_workspace_access !== null) {
    global = readGlobal(row, readObject(body, 'global_workspace_access'), context);
    if (body.override_existing_workspace_access === true) {
      const { enabled, usage_limits, rate_limits } = global;
      workspaces = workspaces.map((access) => ({
        ...access,
        enabled,
        ...structuredClone({ usage_limits, rate_limits }),
      }));
    }
  }
  const providers: ProviderRow[] = [];
  for (const entry of entries) {
    const sent = isObject(entry) ? entry : {};
    const workspace = findEntryWorkspace(sent, context);
    const old = workspaces.find(({ workspace_id: id }) => id === workspace.id);
    const next = applyAccess(old, workspace, sent, context);
    workspaces = old === undefined ? [...workspaces, next] : workspaces.map((each) => (each === old ? next : each));
    const provider = next.enabled ? buildEntryProvider(row, workspace, sent, body, context) : undefined;
    if (provider !== undefined) providers.push(provider);
  }
  return { workspaces, global, providers };
}

function findEntryWorkspace(sent: Body, context: RouteContext): WorkspaceRow {
  const workspace = context.store.findWorkspace(readText(sent, 'id'));
  if (workspace === undefined || workspace.status !== 'active') {
    throw context.fail(403, 'AB03', 'You do not have access to this workspace');
  }
  return workspace;
}

function applyAccess(
  old: IntegrationWorkspaceRow | undefined,
  workspace: WorkspaceRow,
  sent: Body,
  context: RouteContext,
): IntegrationWorkspaceRow {
  const before: Access = { usage_limits: old?.usage_limits ?? null, rate_limits: old?.rate_limits ?? null };
  const next = {
    workspace_id: workspace.id,
    enabled: readBoolean(sent, 'enabled'),
    ...writeAccess(before, sent, context),
  };
  if (sent.reset_usage === true) {
    next.usage_limits = next.usage_limits?.map((limit) => ({ ...limit })) ?? null;
    for (const limit of next.usage_limits ?? []) resetUsageLimit(limit, context.timestamp());
  }
  return next;
}

/** At most one of each; null clears. */
function writeAccess(before: Access, sent: Body, context: RouteContext): Access {
  const { quirks } = context;
  const next: Access = { ...before };
  if (has(sent, 'usage_limits')) {
    const write = {
      quirks,
      now: context.now(),
      newId: context.newId,
      maxItems: 1,
      takesHighThreshold: quirks.sharesTakeHighThreshold,
    };
    next.usage_limits = writeUsageLimits(before.usage_limits, sent.usage_limits, write);
  }
  if (has(sent, 'rate_limits')) {
    const write = { quirks, units: sharedRateUnits, least: 1, maxItems: 1 } as const;
    next.rate_limits = writeRateLimits(before.rate_limits, sent.rate_limits, write);
  }
  return next;
}

function readGlobal(row: IntegrationRow, sent: Body, context: RouteContext): GlobalWorkspaceAccessRow {
  const before = row.global_workspace_access ?? { usage_limits: null, rate_limits: null };
  const { usage_limits, rate_limits } = writeAccess(before, sent, context);
  return { enabled: readBoolean(sent, 'enabled'), usage_limits, rate_limits };
}

/** The side effect that a change of limits has when it does not say otherwise: the default is true. */
function buildEntryProvider(
  row: IntegrationRow,
  workspace: WorkspaceRow,
  sent: Body,
  body: Body,
  context: RouteContext,
): ProviderRow | undefined {
  const isWanted = (sent.create_default_provider ?? body.create_default_provider) !== false;
  if (!isWanted) return undefined;
  const slugs = [sent, body].find((part) => has(part, 'default_provider_slug'));
  const asked = slugs === undefined ? undefined : readText(slugs, 'default_provider_slug');
  return buildDefaultProvider(row, workspace, asked, context);
}

function renderAccess(access: IntegrationWorkspaceRow, context: RouteContext) {
  return {
    id: context.store.findWorkspace(access.workspace_id)?.slug ?? access.workspace_id,
    enabled: access.enabled,
    usage_limits: access.usage_limits?.map((limit) => renderUsageLimit(limit, context.quirks)) ?? null,
    rate_limits: access.rate_limits,
  };
}
