/** Live rows as the facts of their limits. Pure. */

import type { LimitFacts, Usage } from '../impact/limit-status.ts';
import { alertFromWire, budgetFromWire } from '../resources/limits.ts';
import { registry } from '../resources/registry.ts';
import { oddState } from '../resources/row-state.ts';
import type { Kind } from '../resources/types.ts';
import type { WireBudget, WireUsagePolicy, WireWorkspace } from '../resources/wire.ts';

type Row = Readonly<Record<string, unknown>>;

/** Whose traffic a limit counts, as far as analytics can tell it apart; null: not. */
export type Traffic =
  | { readonly of: 'workspace' }
  | { readonly of: 'key'; readonly id: string }
  /** Of a policy per key: that of the key whose counter is the fullest. */
  | { readonly of: 'fullest-key' }
  | { readonly of: 'providers'; readonly slugs: readonly string[] }
  | null;

/** Null where the policy shows no limit. */
export function policyFacts(workspace: WireWorkspace, row: WireUsagePolicy, usage: Usage): LimitFacts | null {
  const scope = { workspaceId: workspace.id, workspaceSlug: workspace.slug, organisationId: row.organisation_id ?? '' };
  const fields = registry['usage-policy'].readFields(row as unknown as Row, scope, []);
  if (typeof fields.amount !== 'number') return null;
  return {
    kind: 'usage-policy',
    workspace: workspace.slug,
    id: row.id,
    name: row.name ?? '(no name)',
    unit: fields.unit ?? 'cost',
    amount: fields.amount,
    alert: fields.alert ?? null,
    reset: fields.reset ?? null,
    nextReset: row.next_usage_reset_at ?? null,
    lastReset: row.last_reset_at ?? null,
    createdAt: textOf(row.created_at),
    updatedAt: textOf(row.last_updated_at),
    verdict: null,
    per: fields.per ?? [],
    match: fields.match ?? 'all',
    usage: usageIn(row, usage),
  };
}

export interface BudgetRow {
  readonly row: Row;
  readonly verdict: LimitFacts['verdict'];
  readonly usage: Usage;
}

/** Null where there is no budget. */
export function budgetFacts(
  kind: Kind,
  workspace: string | null,
  id: string,
  name: string,
  wire: WireBudget | null | undefined,
  { row, verdict, usage }: BudgetRow,
): LimitFacts | null {
  const budget = budgetFromWire(wire);
  if (budget === null) return null;
  return {
    kind,
    workspace,
    id,
    name,
    ...budget,
    alert: alertFromWire(wire),
    nextReset: wire?.next_usage_reset_at ?? textOf(row.next_usage_reset_at),
    lastReset: wire?.last_reset_at ?? textOf(row.last_reset_at),
    createdAt: textOf(row.created_at),
    updatedAt: textOf(row.last_updated_at),
    verdict,
    per: [],
    match: 'all',
    usage: usageIn(row, usage),
  };
}

/** All requests of the workspace, or of one key each. Anything else analytics cannot tell apart with certainty. */
export function trafficOfPolicy({ match, per, usage }: LimitFacts): Traffic {
  if (match !== 'all') return null;
  const groups = per.filter((key) => key !== 'workspace_id' && key !== 'organisation_id');
  if (groups.length === 0) return { of: 'workspace' };
  if (groups.length > 1 || groups[0] !== 'api_key' || per.length > 1 || !usage.known) return null;
  return { of: 'fullest-key' };
}

/** What is used of a limit that may bind nobody says nothing. */
function usageIn(row: Row, usage: Usage): Usage {
  const state = oddState(row);
  return state === null ? usage : { known: false, why: `it is "${state}", which is no documented state` };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
