/** Usage limits policies, their entities included (control-plane-api.md 2). */

import type { Hono } from 'hono';
import { type Body, has, readChoice, readNumber, readText } from '../body.ts';
import type { RouteContext } from '../context.ts';
import { leastLimit, readResetFields, refuseBothResets, refuseHighThreshold } from '../limits.ts';
import {
  archivePolicy,
  buildSharedRow,
  findPolicy,
  immutableFields,
  listPolicies,
  openCreate,
  openUpdate,
  readPolicy,
  readShared,
  refuseTwin,
  renderShared,
} from '../policy-rows.ts';
import { computeNextReset, resetEntity } from '../resets.ts';
import type { EntityRow, UsagePolicyRow, WorkspaceRow } from '../store.ts';
import { findNextSync } from '../verdicts.ts';

export function registerUsagePoliciesRoutes(app: Hono, context: RouteContext): void {
  registerEntityRoutes(app, context);
  const base = '/policies/usage-limits';

  app.post(base, async (c) => {
    const { body, workspace } = await openCreate(c, context);
    const row = buildUsagePolicy(body, workspace, context);
    refuseTwin(context.store.state.usagePolicies, row, context);
    context.store.state.usagePolicies.push(row);
    context.afterCreate(row);
    return c.json({ id: row.id, object: 'policy_usage_limits' });
  });

  app.get(base, (c) => {
    const rows = listPolicies(c, context, 'usagePolicies');
    const type = c.req.query('type');
    const shown = type === undefined ? rows : rows.filter((row) => row.type === type);
    return context.sendList(c, shown, (row) => renderUsageRow(row, context, 'list'), { list: 'policies' });
  });

  app.get(`${base}/:id`, (c) => {
    const row = readPolicy(c, context, context.store.findUsagePolicy);
    const usage = c.req.query('include_usage') === 'true' ? { value_key_usage_map: renderUsageMap(row) } : {};
    return c.json({ ...renderUsageRow(row, context, 'get'), ...usage, object: 'policy_usage_limits' });
  });

  app.put(`${base}/:id`, async (c) => {
    const { row, body } = await openUpdate(c, context, context.store.findUsagePolicy, immutableFields);
    const next = updateUsagePolicy(row, body, context);
    refuseTwin(context.store.state.usagePolicies, next, context);
    context.beforeChange(row);
    Object.assign(row, next);
    return context.sendUpdated(c);
  });

  app.delete(`${base}/:id`, (c) => archivePolicy(c, context, context.store.findUsagePolicy));
}

function registerEntityRoutes(app: Hono, context: RouteContext): void {
  app.get('/policies/usage-limits/:id/entities', (c) => {
    context.requireScope(c, 'policies.read');
    // `status` is the entities' here, not the policy's.
    const row = context.view(findPolicy(c, context, context.store.findUsagePolicy, 'active'));
    if (row === undefined) throw context.notFound('Policy not found');
    const { status, search } = c.req.query();
    const entities = Object.entries(row.entities).filter(
      ([valueKey, entity]) =>
        (status === undefined || entity.status === status) && (search === undefined || valueKey.includes(search)),
    );
    return context.sendList(c, entities, ([valueKey, entity]) => ({
      id: entity.id,
      value_key: valueKey,
      current_usage: entity.current_usage,
    }));
  });

  app.put('/policies/usage-limits/:id/entities/:entityId/reset', (c) => {
    context.requireScope(c, 'policies.update');
    const row = findPolicy(c, context, context.store.findUsagePolicy, 'active');
    const entity = Object.values(row.entities).find(({ id }) => id === c.req.param('entityId'));
    if (entity === undefined) throw context.notFound('Entity not found');
    context.beforeChange(row);
    resetEntity(entity);
    return context.sendUpdated(c);
  });
}

function buildUsagePolicy(body: Body, workspace: WorkspaceRow, context: RouteContext): UsagePolicyRow {
  const type = readChoice(body, 'type', ['cost', 'tokens', 'requests']);
  const limit = readNumber(body, 'credit_limit', { min: leastLimit(type), integer: false });
  const threshold = readThreshold(body) ?? null;
  refuseHighThreshold(threshold, limit);
  const resets = readResetFields(body);
  return {
    ...buildSharedRow(body, workspace, 'usage', context),
    type,
    credit_limit: limit,
    alert_threshold: threshold,
    periodic_reset: resets.periodic_reset ?? null,
    periodic_reset_days: resets.periodic_reset_days ?? null,
    next_usage_reset_at: resets.next_usage_reset_at ?? computeNextReset(resets, context.now(), 'monday'),
    last_reset_at: null,
    entities: {},
  };
}

function readThreshold(body: Body): number | null | undefined {
  if (!has(body, 'alert_threshold')) return undefined;
  return body.alert_threshold === null ? null : readNumber(body, 'alert_threshold', { min: 1, integer: false });
}

function updateUsagePolicy(row: UsagePolicyRow, body: Body, context: RouteContext): UsagePolicyRow {
  const next: UsagePolicyRow = {
    ...row,
    ...readShared(row, body, 'usage', context),
    entities: structuredClone(row.entities),
  };
  if (has(body, 'credit_limit')) {
    next.credit_limit = readNumber(body, 'credit_limit', { min: leastLimit(row.type), integer: false });
  }
  const threshold = readThreshold(body);
  if (threshold !== undefined) next.alert_threshold = threshold;
  refuseHighThreshold(next.alert_threshold, next.credit_limit);
  Object.assign(next, readResetFields(body));
  refuseBothResets(next);
  // Present, even with the value it had, restarts the window (2.5).
  const restarts = has(body, 'periodic_reset') || has(body, 'periodic_reset_days');
  if (restarts && !has(body, 'next_usage_reset_at')) {
    next.next_usage_reset_at = computeNextReset(next, context.now(), 'monday');
  }
  if (next.credit_limit > row.credit_limit && !context.quirks.raiseDoesNotWake) {
    for (const entity of Object.values(next.entities)) wakeEntity(entity, next);
  }
  if (next.credit_limit < row.credit_limit && !context.quirks.lowerDoesNotExhaust) {
    next.verdict_due_at = findNextSync(context.now());
  }
  if (has(body, 'reset_usage_for_value')) {
    const valueKey = readText(body, 'reset_usage_for_value', { max: 4096 });
    const entity = Object.hasOwn(next.entities, valueKey) ? next.entities[valueKey] : undefined;
    if (entity === undefined) throw context.fail(404, 'AB02', 'No usage found for this value key');
    resetEntity(entity);
  }
  return next;
}

/** Counters of cost are cents, limits are dollars (1.10). */
function wakeEntity(entity: EntityRow, policy: UsagePolicyRow): void {
  const ceiling = policy.type === 'cost' ? policy.credit_limit * 100 : policy.credit_limit;
  entity.is_threshold_alerts_sent = false;
  entity.is_exhausted_alerts_sent = false;
  if (entity.current_usage < ceiling) entity.status = 'active';
}

function renderUsageRow(row: UsagePolicyRow, context: RouteContext, form: 'get' | 'list') {
  const { quirks } = context;
  const isOldList = form === 'list';
  return {
    ...renderShared(row, context),
    type: row.type,
    credit_limit: row.credit_limit,
    alert_threshold: row.alert_threshold,
    ...(!(isOldList && quirks.listWithoutPeriodicReset) && { periodic_reset: row.periodic_reset }),
    ...(!(isOldList && quirks.listWithoutResetDetails) && {
      periodic_reset_days: row.periodic_reset_days,
      next_usage_reset_at: row.next_usage_reset_at,
      last_reset_at: row.last_reset_at,
    }),
  };
}

function renderUsageMap(row: UsagePolicyRow): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row.entities).map(([valueKey, entity]) => [
      valueKey,
      {
        current_usage: entity.current_usage,
        status: entity.status,
        is_threshold_alerts_sent: entity.is_threshold_alerts_sent,
        is_exhausted_alerts_sent: entity.is_exhausted_alerts_sent,
      },
    ]),
  );
}
