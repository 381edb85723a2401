/** Rate limits policies (control-plane-api.md 3): no entities, no usage, no reset, no alert. */

import type { Hono } from 'hono';
import { type Body, has, readChoice, readNumber } from '../body.ts';
import type { ConditionLevel } from '../conditions.ts';
import type { RouteContext } from '../context.ts';
import {
  archivePolicy,
  buildSharedRow,
  immutableFields,
  listPolicies,
  openCreate,
  openUpdate,
  readPolicy,
  readShared,
  refuseTwin,
  renderShared,
} from '../policy-rows.ts';
import type { RatePolicyRow, WorkspaceRow } from '../store.ts';

export function registerRatePoliciesRoutes(app: Hono, context: RouteContext): void {
  const base = '/policies/rate-limits';

  app.post(base, async (c) => {
    const { body, workspace } = await openCreate(c, context);
    const row = buildRatePolicy(body, workspace, context);
    refuseTwin(context.store.state.ratePolicies, row, context);
    context.store.state.ratePolicies.push(row);
    context.afterCreate(row);
    return c.json({ id: row.id, object: 'policy_rate_limits' });
  });

  app.get(base, (c) => {
    const { type, unit } = c.req.query();
    const rows = listPolicies(c, context, 'ratePolicies').filter(
      (row) => (type === undefined || row.type === type) && (unit === undefined || row.unit === unit),
    );
    return context.sendList(c, rows, (row) => renderRateRow(row, context), { list: 'policies' });
  });

  app.get(`${base}/:id`, (c) => {
    const row = readPolicy(c, context, context.store.findRatePolicy);
    return c.json({ ...renderRateRow(row, context), object: 'policy_rate_limits' });
  });

  app.put(`${base}/:id`, async (c) => {
    const { row, body } = await openUpdate(c, context, context.store.findRatePolicy, [...immutableFields, 'target']);
    const next: RatePolicyRow = { ...row, ...readShared(row, body, rateLevel(row), context) };
    if (has(body, 'unit')) next.unit = readChoice(body, 'unit', ['rpm', 'rph', 'rpd', 'rpw']);
    if (has(body, 'value')) next.value = readNumber(body, 'value', { min: 1, integer: true });
    refuseTwin(context.store.state.ratePolicies, next, context);
    context.beforeChange(row);
    Object.assign(row, next);
    return context.sendUpdated(c);
  });

  app.delete(`${base}/:id`, (c) => archivePolicy(c, context, context.store.findRatePolicy));
}

function rateLevel(row: Pick<RatePolicyRow, 'target'>): ConditionLevel {
  return row.target === 'mcp_tools' ? 'rate-mcp' : 'rate-llm';
}

function buildRatePolicy(body: Body, workspace: WorkspaceRow, context: RouteContext): RatePolicyRow {
  const target = has(body, 'target') ? readChoice(body, 'target', ['llm', 'mcp_tools']) : 'llm';
  return {
    ...buildSharedRow(body, workspace, rateLevel({ target }), context),
    type: readChoice(body, 'type', ['requests', 'tokens']),
    unit: readChoice(body, 'unit', ['rpm', 'rph', 'rpd', 'rpw']),
    value: readNumber(body, 'value', { min: 1, integer: true }),
    target,
  };
}

function renderRateRow(row: RatePolicyRow, context: RouteContext) {
  return {
    ...renderShared(row, context),
    type: row.type,
    unit: row.unit,
    value: row.value,
    ...(!context.quirks.dropTarget && { target: row.target }),
  };
}
