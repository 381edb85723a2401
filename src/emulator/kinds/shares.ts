/** Which workspaces an integration is lent to, and with what limits. */

import type { Hono } from 'hono';
import { type Body, has, isObject, takeBoolean, takeObject, takeText } from '../body.ts';
import { refuseField } from '../errors.ts';
import { resetUsageLimit } from '../resets.ts';
import type { RouteContext } from '../service.ts';
import type {
  GlobalWorkspaceAccessRow,
  IntegrationRow,
  IntegrationWorkspaceRow,
  Limits,
  ProviderRow,
  UsageLimitRow,
} from '../store.ts';
import { buildDefaultProvider } from './default-providers.ts';
import { writeFields } from './fields.ts';
import { findIntegration, openIntegrations, viewIntegration } from './integrations.ts';
import { limitListFields, showBudget } from './limits.ts';

const fields = limitListFields({ maxItems: 1 });
const lenientFields = limitListFields({ maxItems: 1, takesHighThreshold: true });

export function registerShares(app: Hono, context: RouteContext): void {
  const path = '/integrations/:slug/workspaces';

  // No paging here, and slugs where everything else has UUIDs.
  app.get(path, (c) => {
    const row = viewIntegration(c, context);
    const workspaces = context.store.listShares(row, context.caller(c).workspaceId).map((share) => ({
      id: context.store.find('workspaces', share.workspace_id)?.slug ?? share.workspace_id,
      enabled: share.enabled,
      usage_limits: share.usage_limits?.map((limit) => showBudget(limit, context)) ?? null,
      rate_limits: share.rate_limits,
    }));
    return c.json({ total: workspaces.length, workspaces });
  });

  app.put(path, async (c) => {
    openIntegrations(c, context, 'update');
    context.requireAdmin(c);
    const row = findIntegration(c, context, 'update');
    // All checked before any is written.
    const { providers, ...next } = applyBulk(row, await context.readBody(c), context);
    context.beforeChange(row);
    Object.assign(row, next, { last_updated_at: context.timestamp() });
    context.store.state.providers.push(...providers);
    return context.sendUpdated(c);
  });
}

type Bulk = Pick<IntegrationRow, 'workspaces' | 'global_workspace_access'> & { readonly providers: ProviderRow[] };

/** Workspaces that are not listed are left alone. */
function applyBulk(row: IntegrationRow, body: Body, context: RouteContext): Bulk {
  const entries = body.workspaces ?? [];
  if (!Array.isArray(entries)) throw refuseField('workspaces', 'must be an array');
  let global = row.global_workspace_access;
  let workspaces = context.store.listShares(row).map((share) => ({ ...share }));
  if (has(body, 'global_workspace_access') && body.global_workspace_access !== null) {
    global = writeAccess(global, takeObject(body, 'global_workspace_access'), context);
    if (body.override_existing_workspace_access === true) {
      workspaces = workspaces.map((share) => ({ ...share, ...structuredClone(global) }));
    }
  }
  const providers: ProviderRow[] = [];
  for (const entry of entries) {
    const sent = isObject(entry) ? entry : {};
    const workspace = context.requireWorkspace(takeText(sent, 'id'));
    const old = workspaces.find(({ workspace_id: id }) => id === workspace.id);
    const { enabled, usage_limits, rate_limits } = writeAccess(old ?? null, sent, context);
    const restarted = sent.reset_usage === true ? (usage_limits?.map(restart) ?? null) : usage_limits;
    const next = { workspace_id: workspace.id, enabled, usage_limits: restarted, rate_limits };
    workspaces = old === undefined ? [...workspaces, next] : workspaces.map((each) => (each === old ? next : each));
    // The side effect that a change of limits has when it does not say otherwise.
    const provider = enabled ? buildDefaultProvider(row, workspace, [sent, body], context) : undefined;
    if (provider !== undefined) providers.push(provider);
  }
  return { workspaces, global_workspace_access: global, providers };

  function restart(limit: UsageLimitRow): UsageLimitRow {
    const restarted = { ...limit };
    resetUsageLimit(restarted, context.timestamp());
    return restarted;
  }
}

/** At most one limit of each sort; null clears. */
function writeAccess(
  before: IntegrationWorkspaceRow | GlobalWorkspaceAccessRow | null,
  sent: Body,
  context: RouteContext,
): GlobalWorkspaceAccessRow {
  const enabled = takeBoolean(sent, 'enabled');
  const kept: Limits = { usage_limits: before?.usage_limits ?? null, rate_limits: before?.rate_limits ?? null };
  const table = context.quirks.sharesTakeHighThreshold ? lenientFields : fields;
  return { enabled, ...writeFields<Limits>(table, kept, sent, { context, isNew: false }).next };
}
