/** Policies of both kinds: what they have in common, and the two tables. */

import type { Context } from 'hono';
import { blankRatePolicy, blankUsagePolicy } from '../blank-rows.ts';
import {
  type Body,
  has,
  mergeNested,
  readOrNull,
  takeChoice,
  takeNullableText,
  takeNumber,
  takeText,
} from '../body.ts';
import { refuseField } from '../errors.ts';
import { computeNextReset, resetEntity } from '../resets.ts';
import type { RouteContext } from '../service.ts';
import type { EntityRow, PolicyBase, UsagePolicyRow } from '../store.ts';
import { findNextSync } from '../verdicts.ts';
import { type ConditionLevel, renderConditions, takeConditions, takeGroupBy } from './conditions.ts';
import type { FieldTable, Write } from './fields.ts';
import type { EmulatedKind, Verb } from './kind.ts';
import { leastLimit, policyRateUnits, refuseBothResets, refuseHighThreshold, resetFields } from './limits.ts';

type PolicyTable = 'usagePolicies' | 'ratePolicies';

function levelOf(row: PolicyBase): ConditionLevel {
  if (!('target' in row)) return 'usage';
  return row.target === 'mcp_tools' ? 'rate-mcp' : 'rate-llm';
}

const sharedFields = {
  id: {},
  // Names cannot be taken away: null is refused.
  name: { read: (body, name) => takeText(body, name) },
  description: {
    hiddenBy: 'dropDescription',
    read: (body, name, { context }) => (context.quirks.dropDescription ? undefined : takeNullableText(body, name, 500)),
  },
  conditions: {
    required: true,
    read: updateConditions,
    show: ({ conditions }, { context }) => renderConditions(conditions, context.quirks),
  },
  group_by: { required: true, immutable: true, read: (body, _, { next }) => takeGroupBy(body, levelOf(next)) },
  status: {},
  workspace_id: { immutable: true },
  organisation_id: { immutable: true, show: (_, { context }) => context.organisation().id },
  created_at: {},
  last_updated_at: {},
} satisfies FieldTable<PolicyBase>;

function updateConditions(body: Body, name: string, { next, isNew, context }: Write<PolicyBase>) {
  const { quirks } = context;
  if (isNew) return takeConditions(body, levelOf(next));
  switch (quirks.conditionsOnPut) {
    case 'update':
      return takeConditions(quirks.mergingPuts ? { conditions: mergeConditions(next, body) } : body, levelOf(next));
    case 'ignore':
      return undefined;
    case 'refuse':
      throw refuseField(name, 'cannot be updated');
  }
}

/** The quirk `mergingPuts`: conditions of a new key are added, those of a known key merged. */
function mergeConditions(row: PolicyBase, body: Body): unknown {
  const sent = body.conditions;
  if (!Array.isArray(sent) || sent.length === 0) return sent;
  const merged = new Map<unknown, unknown>(row.conditions.map((condition) => [condition.key, condition]));
  for (const entry of sent) {
    const key: unknown = typeof entry === 'object' && entry !== null && 'key' in entry ? entry.key : entry;
    merged.set(key, mergeNested(merged.get(key), entry));
  }
  return [...merged.values()];
}

/** Refuses everything where the plan of the organisation has no policies. */
function openPolicies(c: Context, context: RouteContext, verb: Verb | 'create' | 'list'): void {
  if (context.organisation().policies_enabled === false) {
    throw context.fail(403, 'AB03', 'Policies are not available for this organisation');
  }
  context.requireScope(c, `policies.${verb}`);
}

function readStatus(c: Context): string {
  const status = c.req.query('status') ?? 'active';
  if (status !== 'active' && status !== 'archived') throw refuseField('status', undefined, 'query');
  return status;
}

/** By UUID only. Another workspace's policy is 403; an archived one is gone. */
export function findPolicy<Name extends PolicyTable>(table: Name, c: Context, context: RouteContext, verb: Verb) {
  openPolicies(c, context, verb);
  const row = context.store.find(table, c.req.param('id') ?? '');
  if (row === undefined) throw context.notFound('Policy not found');
  const own = context.caller(c).workspaceId;
  if (own !== undefined && row.workspace_id !== own) throw context.fail(403, 'AB03', 'Action not allowed');
  if (verb !== 'read' && row.status !== 'active') throw context.notFound('Policy not found');
  context.annotateAudit(c, { workspace_id: row.workspace_id });
  return row;
}

/** Both kinds alike; lists of the whole organisation where an admin key names no workspace. */
function buildShared<Name extends PolicyTable>(table: Name) {
  return {
    table,
    noun: 'Policy',
    twin: 'A policy with this name already exists',
    archives: true,
    pages: { list: 'policies' },
    openCreate: (c, context) => openPolicies(c, context, 'create'),
    find: (c, context, verb) => findPolicy(table, c, context, verb),
    isShown: (row, c) => row.status === readStatus(c),
    select(c, context) {
      openPolicies(c, context, 'list');
      const { quirks } = context;
      const find = quirks.policyListsNeedWorkspace ? context.workspaceFor : context.optionalWorkspaceFor;
      const workspace = find(c, c.req.query('workspace_id'));
      const status = readStatus(c);
      const { type, unit } = c.req.query();
      return {
        rows: context.store.list(table, quirks.foreignRows ? undefined : workspace?.id),
        isWanted: (row) =>
          row.status === status &&
          (type === undefined || row.type === type) &&
          (unit === undefined || !('unit' in row) || row.unit === unit),
      };
    },
  } as const satisfies Partial<EmulatedKind<Name>>;
}

/** Where a new policy belongs. */
function placeNew(c: Context, context: RouteContext, body: Body) {
  const workspace = context.workspaceFor(c, body.workspace_id);
  return { id: context.newId(), workspace_id: workspace.id };
}

const usageFields = {
  type: {
    required: true,
    immutable: true,
    read: (body, name) => takeChoice(body, name, ['cost', 'tokens', 'requests']),
  },
  credit_limit: {
    required: true,
    read: (body, name, { next }) => takeNumber(body, name, { min: leastLimit(next.type), integer: false }),
  },
  alert_threshold: {
    read: (body, name) => readOrNull(body, name, () => takeNumber(body, name, { min: 1, integer: false })),
  },
  periodic_reset: { ...resetFields.periodic_reset, hiddenInListsBy: 'listWithoutPeriodicReset' },
  periodic_reset_days: { ...resetFields.periodic_reset_days, hiddenInListsBy: 'listWithoutResetDetails' },
  next_usage_reset_at: { ...resetFields.next_usage_reset_at, hiddenInListsBy: 'listWithoutResetDetails' },
  last_reset_at: { hiddenInListsBy: 'listWithoutResetDetails' },
} satisfies FieldTable<UsagePolicyRow>;

export const usagePolicies: EmulatedKind<'usagePolicies'> = {
  ...buildShared('usagePolicies'),
  path: '/policies/usage-limits',
  item: '/policies/usage-limits/:id',
  fields: { ...sharedFields, ...usageFields },
  build: (c, context, body) => ({ ...blankUsagePolicy(context.timestamp()), ...placeNew(c, context, body) }),
  settle: settleUsage,
  showCreated: ({ id }) => ({ id, object: 'policy_usage_limits' }),
  frameOne: ({ entities }, shown, { c }) => ({
    ...shown,
    ...(c.req.query('include_usage') === 'true' && {
      value_key_usage_map: Object.fromEntries(
        Object.entries(entities).map(([valueKey, { id: _id, ...counter }]) => [valueKey, counter]),
      ),
    }),
    object: 'policy_usage_limits',
  }),
};

function settleUsage({ before, next, body, isNew, context }: Write<UsagePolicyRow>): void {
  refuseHighThreshold(next);
  refuseBothResets(next);
  const nextReset = computeNextReset(next, context.now(), 'monday');
  if (isNew) {
    next.next_usage_reset_at ??= nextReset;
    return;
  }
  // Present, even with the value it had, restarts the window.
  const restarts = has(body, 'periodic_reset') || has(body, 'periodic_reset_days');
  if (restarts && !has(body, 'next_usage_reset_at')) next.next_usage_reset_at = nextReset;
  next.entities = structuredClone(before.entities);
  if (next.credit_limit > before.credit_limit && !context.quirks.raiseDoesNotWake) {
    for (const entity of Object.values(next.entities)) wakeEntity(entity, next);
  }
  if (next.credit_limit < before.credit_limit && !context.quirks.lowerDoesNotExhaust) {
    next.verdict_due_at = findNextSync(context.now());
  }
  if (!has(body, 'reset_usage_for_value')) return;
  const valueKey = takeText(body, 'reset_usage_for_value', { max: 4096 });
  const entity = Object.hasOwn(next.entities, valueKey) ? next.entities[valueKey] : undefined;
  if (entity === undefined) throw context.fail(404, 'AB02', 'No usage found for this value key');
  resetEntity(entity);
}

/** Counters of cost are cents, limits are dollars. */
function wakeEntity(entity: EntityRow, policy: UsagePolicyRow): void {
  const ceiling = policy.type === 'cost' ? policy.credit_limit * 100 : policy.credit_limit;
  entity.is_threshold_alerts_sent = false;
  entity.is_exhausted_alerts_sent = false;
  if (entity.current_usage < ceiling) entity.status = 'active';
}

/** No entities, no usage, no reset, no alert. */
export const ratePolicies: EmulatedKind<'ratePolicies'> = {
  ...buildShared('ratePolicies'),
  path: '/policies/rate-limits',
  item: '/policies/rate-limits/:id',
  fields: {
    // Before the conditions, which depend on it.
    target: {
      immutable: true,
      hiddenBy: 'dropTarget',
      read: (body, name) => takeChoice(body, name, ['llm', 'mcp_tools']),
    },
    ...sharedFields,
    type: { required: true, immutable: true, read: (body, name) => takeChoice(body, name, ['requests', 'tokens']) },
    unit: { required: true, read: (body, name) => takeChoice(body, name, policyRateUnits) },
    value: { required: true, read: (body, name) => takeNumber(body, name, { min: 1, integer: true }) },
  },
  build: (c, context, body) => ({ ...blankRatePolicy(context.timestamp()), ...placeNew(c, context, body) }),
  showCreated: ({ id }) => ({ id, object: 'policy_rate_limits' }),
  frameOne: (_, shown) => ({ ...shown, object: 'policy_rate_limits' }),
};
