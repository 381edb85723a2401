/** Attachment points with one budget: keys, providers, and an integration's share of a workspace. */

import { isPartOfBudget } from './fields.ts';
import type { LimitsMove } from './kind.ts';
import { alertFromWire, budgetFromWire, budgetToWire, rateFieldsFromWire } from './limits.ts';
import type { Fields } from './types.ts';
import type { WireBudget, WireRate } from './wire.ts';

export function readSingleLimits(
  budget: WireBudget | null | undefined,
  rates: readonly WireRate[] | null | undefined,
  hints: readonly Fields[],
): Fields {
  return { budget: budgetFromWire(budget), alert: alertFromWire(budget), ...rateFieldsFromWire(rates, hints) };
}

/**
 * The budget as it is to be written, or undefined when neither it nor its alert moves.
 *
 * @param windowEnd ISO date of the running window's end, or null where it cannot be read
 */
export function buildSingleBudget(
  live: WireBudget | null | undefined,
  { changed, after, starting }: LimitsMove,
  windowEnd: string | null,
): WireBudget | null | undefined {
  if (!Object.keys(changed).some(isPartOfBudget)) return undefined;
  // Only the alert is managed: the budget it belongs to stays as it is.
  const budget = after.budget === undefined ? budgetFromWire(live) : after.budget;
  if (budget === null) return null;
  return budgetToWire(live ?? null, budget, after.alert, { starting, windowEnd });
}
