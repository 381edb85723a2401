/** Live rows as the facts of their limits. Pure. */

import { oddState } from '../live/row-state.ts';
import { type BudgetLimit, budgetLimitsOf, isKnownUnit } from '../resources/limit.ts';
import { alertFromWire, budgetFromWire } from '../resources/limits.ts';
import { registry } from '../resources/registry.ts';
import type { AttachmentKind } from '../resources/types.ts';
import type { WireBudget, WireUsagePolicy, WireWorkspace } from '../resources/wire.ts';
import type { CountedCalls } from './counted-calls.ts';
import { sortCounters } from './counters.ts';
import type { LimitUse, LiveLimit } from './limit-status.ts';

type Row = Readonly<Record<string, unknown>>;

/** Where a limit stands, and what is known of its use. */
export interface LimitRow {
  readonly workspace: string | null;
  readonly id: string;
  readonly name: string;
  /** Of the object that carries it. */
  readonly row: Row;
  /** The budget's own members, where it has any. */
  readonly budget: WireBudget | null | undefined;
  readonly verdict: LiveLimit['verdict'];
  readonly usage: LimitUse;
}

/** Null where the policy shows no limit. */
export function policyLimit(workspace: WireWorkspace, row: WireUsagePolicy, usage: LimitUse): LiveLimit | null {
  const scope = { workspaceId: workspace.id, workspaceSlug: workspace.slug, organisationId: row.organisation_id ?? '' };
  const fields = registry['usage-policy'].readFields(row, scope, []);
  const [limit] = budgetLimitsOf('usage-policy', fields);
  const { id, name } = row;
  const place = { workspace: workspace.slug, id, name: name ?? '(no name)', row, budget: null };
  return limit === undefined ? null : toLiveLimit(limit, { ...place, verdict: null, usage });
}

/** Null where there is no budget. */
export function budgetLimit(kind: AttachmentKind, found: LimitRow): LiveLimit | null {
  const budget = budgetFromWire(found.budget);
  if (budget === null) return null;
  const [limit] = budgetLimitsOf(kind, { budget, alert: alertFromWire(found.budget) });
  return limit === undefined ? null : toLiveLimit(limit, found);
}

/** Of a unit that this version does not know nothing can be held against the amount, but the service's own word. */
function useIn(
  { unit }: BudgetLimit,
  row: Row,
  read: LimitUse,
  verdict: LiveLimit['verdict'],
): Pick<LiveLimit, 'usage' | 'verdict'> {
  const usage = usageIn(row, read);
  if (isKnownUnit(unit)) return { usage, verdict };
  const isExhausted = usage.known && usage.counters.some((counter) => counter.verdict === 'exhausted');
  return {
    usage: {
      known: false,
      why: `the service counts it in ${JSON.stringify(unit)}, a unit that this version does not know`,
    },
    verdict: isExhausted ? 'exhausted' : verdict,
  };
}

function toLiveLimit(limit: BudgetLimit, { row, budget, usage, ...place }: LimitRow): LiveLimit {
  return {
    ...limit,
    ...place,
    alert: limit.alert ?? null,
    nextReset: budget?.next_usage_reset_at ?? textOf(row.next_usage_reset_at),
    lastReset: budget?.last_reset_at ?? textOf(row.last_reset_at),
    createdAt: textOf(row.created_at),
    updatedAt: textOf(row.last_updated_at),
    ...useIn(limit, row, usage, place.verdict),
  };
}

/**
 * All calls of the workspace; of a policy per key, those of the key whose counter is the fullest. Anything else analytics cannot
 * tell apart with certainty.
 *
 * @param keys ids of those that are known
 */
export function callsOfPolicy({ match, per, usage }: LiveLimit, keys: readonly string[]): CountedCalls | null {
  if (match !== 'all') return null;
  const groups = per.filter((key) => key !== 'workspace_id' && key !== 'organisation_id');
  if (groups.length === 0) return { of: 'matched', match };
  if (groups[0] !== 'api_key' || per.length > 1 || !usage.known) return null;
  const [fullest] = sortCounters(usage.counters);
  // Value keys are built and compared, never parsed: their parts are not escaped.
  const id = keys.find((key) => fullest?.valueKey === `api_key:${key}`);
  return id === undefined ? null : { of: 'key', id };
}

/** What is used of a limit that may bind nobody says nothing. */
function usageIn(row: Row, usage: LimitUse): LimitUse {
  const state = oddState(row);
  return state === null ? usage : { known: false, why: `it is "${state}", which is not a documented state` };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
