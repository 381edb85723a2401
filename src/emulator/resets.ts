/** When counters start anew. Pure: the time is an argument. */

import type { EntityRow, UsageLimitRow } from './store.ts';

const dayMs = 86_400_000;

/** Policies start their week on Monday, everything else on Sunday. */
export type WeekStart = 'monday' | 'sunday';

export interface ResetRule {
  readonly periodic_reset?: string | null | undefined;
  readonly periodic_reset_days?: number | null | undefined;
}

export function formatTimestamp(date: Date): string {
  return new Date(Math.floor(date.getTime() / 1000) * 1000).toISOString();
}

function startOfDay(date: Date): Date {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()));
}

/** A date someone wrote, at the midnight before it. */
export function normalizeResetDate(text: string): string {
  return startOfDay(new Date(text)).toISOString();
}

/** The next reset seen from `now`; null when the rule never resets. */
export function computeNextReset(rule: ResetRule, now: Date, week: WeekStart): string | null {
  const today = startOfDay(now);
  const { periodic_reset_days: days } = rule;
  if (typeof days === 'number') {
    // Of what a seed holds: no day comes after itself.
    if (!(days >= 1 && days <= 36_500)) return null;
    return new Date(today.getTime() + days * dayMs).toISOString();
  }
  switch (rule.periodic_reset) {
    case 'weekly': {
      const first = week === 'monday' ? 1 : 0;
      const ahead = (first - today.getUTCDay() + 7) % 7 || 7;
      return new Date(today.getTime() + ahead * dayMs).toISOString();
    }
    case 'monthly':
      return new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + 1, 1)).toISOString();
    default:
      return null;
  }
}

/** Zeroes a counter and lets its owner spend again. */
export function resetUsageLimit(limit: UsageLimitRow, at: string): void {
  limit.current_usage = 0;
  limit.last_reset_at = at;
  limit.is_threshold_alerts_sent = false;
  limit.is_exhausted_alerts_sent = false;
  if (limit.status !== undefined) limit.status = 'active';
}

export function resetEntity(entity: EntityRow): void {
  entity.current_usage = 0;
  entity.status = 'active';
  entity.is_threshold_alerts_sent = false;
  entity.is_exhausted_alerts_sent = false;
}

/** The last due date on or before `now`, and the one after it; undefined while nothing is due. */
export function passReset(
  rule: ResetRule & { readonly next_usage_reset_at?: string | null | undefined },
  now: Date,
  week: WeekStart,
): { readonly last: string; readonly next: string | null } | undefined {
  let due = rule.next_usage_reset_at;
  if (typeof due !== 'string' || new Date(due).getTime() > now.getTime()) return undefined;
  let last = due;
  // From due date to due date, so that "every N days" keeps its window however long nobody called.
  for (;;) {
    last = due;
    const next = computeNextReset(rule, new Date(due), week);
    if (next === null || new Date(next).getTime() > now.getTime()) return { last, next };
    due = next;
  }
}
