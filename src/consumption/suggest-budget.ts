/** A budget from what was spent: the highest thirty days of ninety, and a fifth more, rounded up. Pure. */

import { add, ceiling, compare, type Exact, fraction, multiply, subtract, zero } from '../exact.ts';
import type { Day } from './analytics.ts';

export const suggestedOver = 90;
export const daysOfBudget = 30;

/** The days that cost most in a row; null: there are fewer than so many. */
export function highestWindow(
  days: readonly Day[],
  length = daysOfBudget,
): { cost: Exact; from: string; to: string } | null {
  let sum = zero;
  let highest: { cost: Exact; from: string; to: string } | null = null;
  for (const [index, { cost, date }] of days.entries()) {
    sum = add(sum, cost);
    const left = days[index - length];
    if (left !== undefined) sum = subtract(sum, left.cost);
    const first = days[index - length + 1];
    if (first === undefined) continue;
    if (highest === null || compare(sum, highest.cost) > 0) highest = { cost: sum, from: first.date, to: date };
  }
  return highest;
}

/** Whole cents of whole dollars: two digits of them are enough, as next month is another month. */
export function suggestBudget(highest: Exact): number {
  const dollars = Number(ceiling(multiply(highest, fraction(12n, 1_000n))));
  const step = 10 ** Math.max(0, String(dollars).length - 2);
  return Math.max(1, Math.ceil(dollars / step) * step) * 100;
}
