/**
 * What budgets have consumed, counted from request rows: the control plane's side of the sum. Pure.
 * Counters are exact: see request-logs.ts on micro-cents.
 */

import { matchPolicy } from './matching.ts';
import { centsFromMicroCents, costInMicroCents, isCacheHit, requestFacts } from './request-logs.ts';
import type { RequestLogRow, StoreState, UsageLimitRow, UsagePolicyRow } from './store.ts';

export type LimitType = UsagePolicyRow['type'];

/**
 * What a row adds to a counter: micro-cents, tokens or 1. Failures and cache hits add nothing to any of them;
 * a model without a price adds tokens and requests, but no cost.
 */
function measure(row: RequestLogRow, type: LimitType): number {
  if (!row.is_success || isCacheHit(row)) return 0;
  switch (type) {
    case 'cost':
      return costInMicroCents(row);
    case 'tokens':
      return row.total_units;
    case 'requests':
      return 1;
  }
}

/** The wire's number: cents for cost, else the count. */
function toReported(sum: number, type: LimitType): number {
  return type === 'cost' ? centsFromMicroCents(sum) : sum;
}

/** What the counting needs of the state. */
export type CountedState = Pick<StoreState, 'organisation' | 'providers' | 'requestLogs'>;

/** Value key → usage as reported, of one policy, from the rows at or after `since`. Sorted by value key. */
export function countPolicyUsage(
  policy: UsagePolicyRow,
  state: CountedState,
  since: string,
): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const row of state.requestLogs) {
    if (row.created_at < since || row.workspace_id !== policy.workspace_id) continue;
    const amount = measure(row, policy.type);
    if (amount === 0) continue;
    const valueKey = matchPolicy(policy, requestFacts(row, state.organisation.id, state.providers));
    if (valueKey !== undefined) sums.set(valueKey, (sums.get(valueKey) ?? 0) + amount);
  }
  return new Map(
    [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, sum]) => [key, toReported(sum, policy.type)]),
  );
}

/** Usage as reported of everything that `selects` picks, from the rows at or after `since`. */
export function countUsage(
  rows: readonly RequestLogRow[],
  type: LimitType,
  since: string,
  selects: (row: RequestLogRow) => boolean,
): number {
  let sum = 0;
  for (const row of rows) {
    if (row.created_at >= since && selects(row)) sum += measure(row, type);
  }
  return toReported(sum, type);
}

/** Whether a counter in reported units has reached a limit in the wire's unit; 0 is not a limit. */
export function reachesLimit(usage: number, limit: number | null | undefined, type: LimitType): boolean {
  if (limit === null || limit === undefined || limit === 0) return false;
  return usage >= (type === 'cost' ? limit * 100 : limit);
}

/** The budget with its counter and what follows from it: status and the marks of the mails sent. */
export function withUsage(limit: UsageLimitRow, usage: number): UsageLimitRow {
  const type = limit.type ?? 'cost';
  const exhausted = reachesLimit(usage, limit.credit_limit, type);
  return {
    ...limit,
    current_usage: usage,
    status: exhausted ? 'exhausted' : 'active',
    is_threshold_alerts_sent: reachesLimit(usage, limit.alert_threshold, type),
    is_exhausted_alerts_sent: exhausted,
  };
}
