/** The one form of what calls came to, in all documents for programs. */

import { type Exact, round, subtract, toDecimal, zero } from '../exact.ts';
import type { Money } from './money-schema.ts';

/** `1895`, `1895.41`, `$18.95`: to the nearest, halves away from zero; the exact one as finely as rows of logs have it. */
export function moneyOf(cents: Exact): Money {
  const whole = round(cents);
  const size = (whole < 0n ? -whole : whole).toString().padStart(3, '0');
  const dollars = size.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ',');
  return {
    cents: Number(whole),
    exact_cents: cents.n < 0n ? `-${toDecimal(subtract(zero, cents), 10)}` : toDecimal(cents, 10),
    usd: `${whole < 0n ? '-' : ''}$${dollars}.${size.slice(-2)}`,
  };
}

export function moneyOrNull(cents: Exact | null): Money | null {
  return cents === null ? null : moneyOf(cents);
}
