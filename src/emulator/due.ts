/**
 * What time does to rows: resets, expiry, rotations, verdicts. Carried out when a row is asked for, so that no request walks rows that it
 * is not about. Pure but for the clock that it is given.
 */

import { passReset, resetEntity, resetUsageLimit } from './resets.ts';
import { advanceRotation } from './rotation.ts';
import type { ApiKeyRow, ProviderRow, Settlers, UsageLimitRow, UsagePolicyRow } from './store.ts';
import { isVerdictDue, judgeOwner, judgePolicy, judgeUsageLimit } from './verdicts.ts';

function advanceLimit(limit: UsageLimitRow | null, now: Date): string | undefined {
  if (limit === null) return undefined;
  const passed = passReset(limit, now, 'sunday');
  if (passed === undefined) return undefined;
  resetUsageLimit(limit, passed.last);
  limit.next_usage_reset_at = passed.next;
  return passed.last;
}

function advancePolicy(policy: UsagePolicyRow, now: Date): void {
  if (policy.status !== 'active') return;
  const passed = passReset(policy, now, 'monday');
  if (passed !== undefined) {
    policy.next_usage_reset_at = passed.next;
    policy.last_reset_at = passed.last;
    for (const entity of Object.values(policy.entities)) resetEntity(entity);
  }
  if (isVerdictDue(policy, now)) judgePolicy(policy);
}

function advanceOwner(owner: ApiKeyRow | ProviderRow, now: Date): void {
  const last = advanceLimit(owner.usage_limits, now);
  if (last !== undefined) {
    owner.last_reset_at = last;
    if (owner.status === 'exhausted') owner.status = 'active';
  }
  if (owner.usage_limits !== null && isVerdictDue(owner.usage_limits, now)) judgeOwner(owner);
  const isPast = owner.expires_at !== null && new Date(owner.expires_at).getTime() <= now.getTime();
  if (isPast && owner.status !== 'expired') {
    owner.status = 'expired';
    // The recorded shape of an expired key without a budget: an object of flags alone.
    owner.usage_limits = { ...owner.usage_limits, is_expired_alerts_sent: true };
  }
}

function advanceList(limits: readonly UsageLimitRow[] | null, now: Date): string | undefined {
  let last: string | undefined;
  for (const limit of limits ?? []) {
    last = advanceLimit(limit, now) ?? last;
    if (isVerdictDue(limit, now)) judgeUsageLimit(limit);
  }
  return last;
}

/** Carries out what has come due for a row that is asked for: resets, expiry, rotations, verdicts. */
export function createSettlers(now: () => Date): Settlers {
  const rows: Settlers['rows'] = {
    usagePolicies: (row) => advancePolicy(row, now()),
    apiKeys: (row) => {
      advanceOwner(row, now());
      if (row.rotation_policy !== null) advanceRotation(row.rotation_policy, now());
    },
    providers: (row) => advanceOwner(row, now()),
    workspaces: (row) => {
      row.last_reset_at = advanceList(row.usage_limits, now()) ?? row.last_reset_at;
    },
  };
  return { rows, shares: (row) => void advanceList(row.usage_limits, now()) };
}
