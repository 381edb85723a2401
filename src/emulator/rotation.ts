/** When the secret of a key is due for rotation. Pure. */

import { computeNextReset, normalizeResetDate } from './resets.ts';
import type { RotationPolicyRow } from './store.ts';

function hasPeriod(policy: RotationPolicyRow): boolean {
  return typeof policy.rotation_period === 'string' || typeof policy.rotation_period_days === 'number';
}

/** The next date by the period, at midnight UTC: Mondays, the first of a month, or so many days away. */
function computeNext(policy: RotationPolicyRow, from: Date): string | null {
  const { rotation_period: period, rotation_period_days: days } = policy;
  return computeNextReset({ periodic_reset: period, periodic_reset_days: days }, from, 'monday');
}

/** The written policy with its date: the one that was sent, the one of the same period before, or a new one. */
export function scheduleRotation(
  written: RotationPolicyRow,
  before: RotationPolicyRow | null,
  now: Date,
): RotationPolicyRow {
  if (typeof written.next_rotation_at === 'string') {
    return { ...written, next_rotation_at: normalizeResetDate(written.next_rotation_at) };
  }
  const isSamePeriod =
    before !== null &&
    (before.rotation_period ?? null) === (written.rotation_period ?? null) &&
    (before.rotation_period_days ?? null) === (written.rotation_period_days ?? null);
  const next = isSamePeriod ? before.next_rotation_at : undefined;
  return { ...written, next_rotation_at: next ?? computeNext(written, now) };
}

/** Moves a date that has passed. The secret stays as it is: a stand-in that changes it would lock its caller out unasked. */
export function advanceRotation(policy: RotationPolicyRow, now: Date): void {
  if (!hasPeriod(policy)) return;
  while (typeof policy.next_rotation_at === 'string' && Date.parse(policy.next_rotation_at) <= now.getTime()) {
    policy.next_rotation_at = computeNext(policy, new Date(policy.next_rotation_at));
  }
}
