/** Periods of budgets and windows of rates against one another. */

import { daysOfReset } from '../resources/limits.ts';
import type { Reset } from '../resources/types.ts';
import type { DeclaredBudget } from './limits.ts';

function shortestDays(reset: Reset): number {
  if (reset === 'never') return Number.POSITIVE_INFINITY;
  return reset === 'monthly' ? 28 : reset === 'weekly' ? 7 : (daysOfReset(reset) ?? 0);
}

function longestDays(reset: Reset): number {
  return reset === 'monthly' ? 31 : shortestDays(reset);
}

/** No period of `a` is ever shorter than one of `b`. */
export function lastsAsLong(a: Reset, b: Reset): boolean {
  return a === b || shortestDays(a) >= longestDays(b);
}

/**
 * Whether a period of `a` ends only where one of `b` ends too, so that what `a` has counted holds all that `b` has. Weeks of
 * policies start on Monday and all others on Sunday; N days count from a day of their own.
 */
export function contains(
  a: Pick<DeclaredBudget, 'reset' | 'entry'>,
  b: Pick<DeclaredBudget, 'reset' | 'entry'>,
): boolean {
  if (a.reset === 'never') return true;
  if (a.reset !== b.reset) return false;
  if (a.reset === 'monthly') return true;
  const isPolicy = (terms: Pick<DeclaredBudget, 'entry'>): boolean => terms.entry.kind === 'usage-policy';
  return a.reset === 'weekly' && isPolicy(a) === isPolicy(b);
}
