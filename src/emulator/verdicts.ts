/**
 * When a counter that a lowered limit has left above it is called exhausted. Gateways fetch limits and verdicts each whole minute
 *: until then it goes on saying what it said. Pure.
 */

import { reachesLimit } from './accounting.ts';
import type { ApiKeyRow, ProviderRow, UsageLimitRow, UsagePolicyRow } from './store.ts';

const minuteMs = 60_000;

export interface DueVerdict {
  /** When gateways learn of the lowered limit; absent: nothing is waiting. Never shown. */
  verdict_due_at?: string;
}

export function findNextSync(now: Date): string {
  return new Date((Math.floor(now.getTime() / minuteMs) + 1) * minuteMs).toISOString();
}

export function isVerdictDue({ verdict_due_at: due }: DueVerdict, now: Date): boolean {
  return due !== undefined && Date.parse(due) <= now.getTime();
}

export function isLimitSpent(limit: UsageLimitRow): boolean {
  return reachesLimit(limit.current_usage ?? 0, limit.credit_limit, limit.type ?? 'cost');
}

export function judgePolicy(policy: UsagePolicyRow): void {
  delete policy.verdict_due_at;
  for (const entity of Object.values(policy.entities)) {
    if (!reachesLimit(entity.current_usage, policy.credit_limit, policy.type)) continue;
    entity.status = 'exhausted';
    entity.is_exhausted_alerts_sent = true;
  }
}

export function judgeUsageLimit(limit: UsageLimitRow): void {
  delete limit.verdict_due_at;
  if (!isLimitSpent(limit)) return;
  limit.status = 'exhausted';
  limit.is_exhausted_alerts_sent = true;
}

export function judgeOwner(owner: Pick<ApiKeyRow | ProviderRow, 'status' | 'usage_limits'>): void {
  if (owner.usage_limits === null) return;
  judgeUsageLimit(owner.usage_limits);
  if (owner.usage_limits.status === 'exhausted' && owner.status === 'active') owner.status = 'exhausted';
}
