/** What usage limits policies and rate limits policies have in common (control-plane-api.md 2 and 3). */

import type { Context } from 'hono';
import { type Body, has, invalid, mergeNested, readNullableText, readText } from './body.ts';
import { type ConditionLevel, readConditions, readGroupBy, renderConditions } from './conditions.ts';
import type { RouteContext } from './context.ts';
import {
  type RatePolicyRow,
  type StoreState,
  sortNewestFirst,
  type UsagePolicyRow,
  type WorkspaceRow,
} from './store.ts';

type PolicyRow = UsagePolicyRow | RatePolicyRow;
type PolicyTable = 'usagePolicies' | 'ratePolicies';
type FindPolicy<Row> = (id: string) => Row | undefined;

export const immutableFields = ['group_by', 'type', 'workspace_id', 'organisation_id'];

export function requirePolicies(context: RouteContext): void {
  if (context.organisation().policies_enabled !== false) return;
  throw context.fail(403, 'AB03', 'Policies are not available for this organisation');
}

export async function openCreate(c: Context, context: RouteContext): Promise<{ body: Body; workspace: WorkspaceRow }> {
  requirePolicies(context);
  context.requireScope(c, 'policies.create');
  const body = await context.readBody(c);
  return { body, workspace: context.workspaceFor(c, body.workspace_id) };
}

/** Policies of the workspace asked for; where an admin key names none, of all. */
export function listPolicies<Table extends PolicyTable>(
  c: Context,
  context: RouteContext,
  table: Table,
): StoreState[Table] {
  requirePolicies(context);
  context.requireScope(c, 'policies.list');
  const { quirks } = context;
  const find = quirks.policyListsNeedWorkspace ? context.workspaceFor : context.optionalWorkspaceFor;
  const workspace = find(c, c.req.query('workspace_id'));
  const status = readStatus(c, context);
  const rows: readonly PolicyRow[] = context.store.listRows(table, quirks.foreignRows ? undefined : workspace?.id);
  return sortNewestFirst(rows)
    .map((row) => context.view(row))
    .filter((row) => row?.status === status) as StoreState[Table];
}

function readStatus(c: Context, context: RouteContext): 'active' | 'archived' {
  const status = c.req.query('status') ?? 'active';
  if (status === 'active' || status === 'archived') return status;
  throw context.invalid('Validation failed: status: Invalid value', { param: 'status', location: 'query' });
}

export function readPolicy<Row extends PolicyRow>(c: Context, context: RouteContext, find: FindPolicy<Row>): Row {
  requirePolicies(context);
  context.requireScope(c, 'policies.read');
  const row = findPolicy(c, context, find, undefined);
  const shown = context.view(row);
  if (shown === undefined || shown.status !== readStatus(c, context)) throw context.notFound('Policy not found');
  return shown;
}

/** By UUID only (2.1). Another workspace's policy is 403; an archived one is gone (2.6). */
export function findPolicy<Row extends PolicyRow>(
  c: Context,
  context: RouteContext,
  find: FindPolicy<Row>,
  status: 'active' | undefined,
): Row {
  const row = find(c.req.param('id') ?? '');
  if (row === undefined) throw context.notFound('Policy not found');
  const own = context.caller(c).workspaceId;
  if (own !== undefined && row.workspace_id !== own) throw context.fail(403, 'AB03', 'Action not allowed');
  if (status !== undefined && row.status !== status) throw context.notFound('Policy not found');
  context.annotateAudit(c, { workspace_id: row.workspace_id });
  return row;
}

export async function openUpdate<Row extends PolicyRow>(
  c: Context,
  context: RouteContext,
  find: FindPolicy<Row>,
  immutable: readonly string[],
): Promise<{ row: Row; body: Body }> {
  requirePolicies(context);
  context.requireScope(c, 'policies.update');
  const row = findPolicy(c, context, find, 'active');
  const body = await context.readBody(c);
  const fixed = immutable.find((name) => has(body, name));
  if (context.quirks.refuseImmutable && fixed !== undefined) {
    throw invalid(fixed, `Validation failed: ${fixed}: cannot be updated`);
  }
  return { row, body };
}

export function archivePolicy<Row extends PolicyRow>(
  c: Context,
  context: RouteContext,
  find: FindPolicy<Row>,
): Response {
  requirePolicies(context);
  context.requireScope(c, 'policies.delete');
  const row = findPolicy(c, context, find, 'active');
  context.beforeChange(row);
  row.status = 'archived';
  row.last_updated_at = context.timestamp();
  return context.sendDeleted(c);
}

/** The quirk `nameConflict409`; without it names may repeat, and a repeated POST makes a second policy (1.7). */
export function refuseTwin(rows: readonly PolicyRow[], next: PolicyRow, context: RouteContext): void {
  if (!context.quirks.nameConflict409 || next.name === null) return;
  const isTaken = rows.some(
    (row) =>
      row.id !== next.id && row.status === 'active' && row.name === next.name && row.workspace_id === next.workspace_id,
  );
  if (isTaken) throw context.fail(409, 'AB07', 'A policy with this name already exists');
}

function readDescription(body: Body, context: RouteContext): string | null {
  if (context.quirks.dropDescription || !has(body, 'description')) return null;
  return readNullableText(body, 'description', 500);
}

export function buildSharedRow(body: Body, workspace: WorkspaceRow, level: ConditionLevel, context: RouteContext) {
  const created = context.timestamp();
  return {
    id: context.newId(),
    name: has(body, 'name') ? readText(body, 'name') : null,
    description: readDescription(body, context),
    workspace_id: workspace.id,
    conditions: readConditions(body, level),
    group_by: readGroupBy(body, level),
    status: 'active' as const,
    created_at: created,
    last_updated_at: created,
  };
}

export type SharedUpdate = Partial<Pick<PolicyRow, 'name' | 'description' | 'conditions' | 'last_updated_at'>>;

/** The members that both kinds of policy update alike. `name: null` is refused (1.3). */
export function readShared(row: PolicyRow, body: Body, level: ConditionLevel, context: RouteContext): SharedUpdate {
  const { quirks } = context;
  const next: SharedUpdate = { last_updated_at: context.timestamp() };
  if (has(body, 'name')) next.name = readText(body, 'name');
  if (has(body, 'description') && !quirks.dropDescription) next.description = readDescription(body, context);
  if (!has(body, 'conditions')) return next;
  switch (quirks.conditionsOnPut) {
    case 'update': {
      const sent = quirks.mergingPuts ? { conditions: mergeConditions(row, body) } : body;
      next.conditions = readConditions(sent, level);
      return next;
    }
    case 'ignore':
      return next;
    case 'refuse':
      throw invalid('conditions', 'Validation failed: conditions: cannot be updated');
  }
}

/** The quirk `mergingPuts`: conditions of a new key are added, those of a known key merged. */
function mergeConditions(row: PolicyRow, body: Body): unknown {
  const sent = body.conditions;
  if (!Array.isArray(sent) || sent.length === 0) return sent;
  const merged = new Map<unknown, unknown>(row.conditions.map((condition) => [condition.key, condition]));
  for (const entry of sent) {
    const key: unknown = typeof entry === 'object' && entry !== null && 'key' in entry ? entry.key : entry;
    merged.set(key, mergeNested(merged.get(key), entry));
  }
  return [...merged.values()];
}

export function renderShared(row: PolicyRow, context: RouteContext) {
  const { quirks } = context;
  return {
    id: row.id,
    name: row.name,
    ...(!quirks.dropDescription && { description: row.description }),
    conditions: renderConditions(row.conditions, quirks),
    group_by: row.group_by,
    status: row.status,
    workspace_id: row.workspace_id,
    organisation_id: context.organisation().id,
    created_at: row.created_at,
    last_updated_at: row.last_updated_at,
  };
}
