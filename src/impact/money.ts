/**
 * Amounts as US cents per 30 days, so that budgets of different windows can be compared and added, and how they are printed.
 * Exact until printed; printing rounds to whole cents, halves away from zero (docs/impact.md).
 */

import { compare, type Exact, exactOf, fraction, multiply, round, subtract, zero } from '../exact.ts';
import { formatAmount } from '../resources/amounts.ts';
import type { BudgetLimit } from '../resources/limit.ts';
import { daysOfReset } from '../resources/limits.ts';
import type { Reset, Unit } from '../resources/types.ts';

/** Weekly × 30/7, every N days × 30/N, monthly × 1; `never` once, as it can be spent in any 30 days, but only once. */
export function per30Days(amount: number, reset: Reset): Exact {
  const exact = exactOf(amount);
  if (reset === 'weekly') return multiply(exact, fraction(30n, 7n));
  const days = daysOfReset(reset);
  return days === null ? exact : multiply(exact, fraction(30n, BigInt(days)));
}

export function limitPer30Days({ amount, reset }: Pick<BudgetLimit, 'amount' | 'reset'>): Exact {
  return per30Days(amount, reset ?? 'never');
}

/** Cents or a count to text: `$428.57`, `1,234 tokens`. Money is rounded to whole cents, counts to whole ones. */
export function formatExact(value: Exact, unit: Unit): string {
  const whole = round(value);
  const number = Number(whole);
  // A sum above 2^53 cents is 90 trillion dollars; it is printed, not computed with.
  return formatAmount(number, unit);
}

/** Of what was used or spent: what is not nothing is never printed as nothing: `less than $0.01`. */
export function formatSpent(value: Exact, unit: Unit): string {
  const isSmall = value.n > 0n && round(value) === 0n;
  return isSmall ? `less than ${formatAmount(1, unit)}` : formatExact(value, unit);
}

/** `+$250`, `-$30.50`, `±$0`. */
export function formatDelta(value: Exact, unit: Unit): string {
  const sign = compare(value, zero);
  const size = formatExact(sign < 0 ? subtract(zero, value) : value, unit);
  return sign === 0 ? `±${size}` : `${sign < 0 ? '-' : '+'}${size}`;
}
