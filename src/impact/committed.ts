/**
 * Committed spend: the most that a workspace can spend in 30 days by its budgets. The least of its own
 * cost budgets, of each cost policy over all of its traffic times its counters, and of the sum of its keys' cost budgets if
 * every active key has one. Token and request budgets bound no money until their models have prices: they count as
 * unbounded.
 */

import { add, compare, type Exact, fraction, multiply, toText, total, zero } from '../exact.ts';
import type { LiveObject } from '../live/live.ts';
import { type BudgetLimit, isKnownReset } from '../resources/limit.ts';
import type { CommittedSumImpact } from './document.ts';
import { limitPer30Days } from './money.ts';

/** A limit of a workspace or of a policy in it, and what is live of it. */
export interface Bound {
  readonly limit: BudgetLimit;
  /** Of the policy. */
  readonly name: string;
  /** What carries it, and the limit that it has there; null where a plan makes it. */
  readonly live: { readonly object: LiveObject; readonly limit: BudgetLimit | null } | null;
}

export interface KeyTerms {
  readonly id: string;
  readonly name: string;
  /** Not expired: an exhausted key spends again after its reset. */
  readonly isActive: boolean;
  readonly budget: BudgetLimit | null;
}

/** What bounds a workspace. Null: not read, so that nothing is known of it. */
export interface WorkspaceTerms {
  /** Its own. */
  readonly budgets: readonly Bound[];
  readonly policies: readonly Bound[] | null;
  readonly keys: readonly KeyTerms[] | null;
}

export type Committed =
  /** US cents per 30 days, and the limit that says so. */
  | { readonly kind: 'bounded'; readonly cents: Exact; readonly by: string; readonly times?: Times }
  | { readonly kind: 'unbounded' }
  /** Something that could bound it was not read. `atMost`: cents by what was read, or null. */
  | { readonly kind: 'unknown'; readonly atMost: Exact | null };

/** A budget for each key: so many of them, each of so many cents per 30 days. */
export interface Times {
  readonly count: number;
  readonly each: Exact;
}

/** Budgets of 0 bound nothing: the gateway does not enforce them (docs/service-notes.md#zero-limit). */
export function committedOf({ budgets, policies, keys }: WorkspaceTerms): Committed {
  const active = keys?.filter(({ isActive }) => isActive) ?? null;
  const bounds: { readonly cents: Exact; readonly by: string; readonly times?: Times }[] = [];
  for (const { limit } of budgets) {
    if (limit.unit === 'cost' && limit.amount > 0) {
      bounds.push({ cents: limitPer30Days(limit), by: 'the workspace budget' });
    }
  }
  let isKnown = policies !== null && active !== null;
  for (const { name, limit } of policies ?? []) {
    if (limit.unit !== 'cost' || limit.match !== 'all' || limit.amount === 0) continue;
    const counters = countersOf(limit.per, active);
    if (counters === 'unbounded') continue;
    // How often it may be spent is not known: it may bound or not.
    if (counters === 'unknown' || !isKnownReset(limit.reset)) isKnown = false;
    else {
      const each = limitPer30Days(limit);
      const cents = multiply(each, fraction(BigInt(counters), 1n));
      bounds.push({ cents, by: name, ...(limit.per.includes('api_key') ? { times: { count: counters, each } } : {}) });
    }
  }
  const byKeys = active === null ? null : sumOfKeys(active);
  if (byKeys !== null) bounds.push({ cents: byKeys, by: 'the sum of its key budgets' });
  // The first of equals: budget, policies in the order given, keys.
  const least = bounds.reduce<(typeof bounds)[number] | null>(
    (low, bound) => (low === null || compare(bound.cents, low.cents) < 0 ? bound : low),
    null,
  );
  if (!isKnown) return { kind: 'unknown', atMost: least?.cents ?? null };
  return least === null ? { kind: 'unbounded' } : { kind: 'bounded', ...least };
}

/** How many counters share the traffic: one for the workspace, one a key; whatever callers can make up is unbounded. */
function countersOf(per: readonly string[], active: readonly KeyTerms[] | null): number | 'unbounded' | 'unknown' {
  const groups = per.filter((key) => key !== 'workspace_id' && key !== 'organisation_id');
  if (groups.length === 0) return 1;
  if (groups.some((key) => key !== 'api_key')) return 'unbounded';
  if (active === null) return 'unknown';
  // Without a key nobody can spend; but keys are made any day, and $0 would be no statement about the limit.
  return active.length === 0 ? 'unbounded' : active.length;
}

function sumOfKeys(active: readonly KeyTerms[]): Exact | null {
  if (active.length === 0) return null;
  const parts: Exact[] = [];
  for (const { budget } of active) {
    if (budget === null || budget.unit !== 'cost' || budget.amount === 0) return null;
    parts.push(limitPer30Days(budget));
  }
  return total(parts);
}

/** The committed spend of several workspaces. */
export interface CommittedSum {
  /** Sum over those that are bounded, in US cents per 30 days. */
  readonly cents: Exact;
  readonly bounded: number;
  /** Sum over those that are bounded by what was read, and may be by something smaller that was not. */
  readonly atMost: Exact;
  readonly partly: number;
  readonly unbounded: number;
  /** Workspaces of which too little was read to tell. */
  readonly unknown: number;
}

export function sumCommitted(all: Iterable<Committed>): CommittedSum {
  let cents = zero;
  let atMost = zero;
  const counts = { bounded: 0, partly: 0, unbounded: 0, unknown: 0 };
  for (const committed of all) {
    if (committed.kind === 'unknown' && committed.atMost !== null) {
      counts.partly += 1;
      atMost = add(atMost, committed.atMost);
      continue;
    }
    counts[committed.kind] += 1;
    if (committed.kind === 'bounded') cents = add(cents, committed.cents);
  }
  return { cents, atMost, ...counts };
}

export function toSumImpact({ cents, atMost, ...counts }: CommittedSum): CommittedSumImpact {
  return { cents: toText(cents), at_most: toText(atMost), ...counts };
}

/** More than `percent` above before, or bounded before and unbounded after. Unknown proves nothing. */
export function exceedsSpend(before: Committed, after: Committed, percent: number): boolean {
  if (before.kind !== 'bounded') return false;
  if (after.kind === 'unbounded') return true;
  if (after.kind !== 'bounded') return false;
  const most = multiply(before.cents, fraction(BigInt(100 + percent), 100n));
  return compare(after.cents, most) > 0;
}
