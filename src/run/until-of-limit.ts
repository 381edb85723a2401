/** What the files say of a live limit from a day on, for whoever looks at it as it is. Pure. */

import type { LiveLimit } from '../consumption/limit-status.ts';
import { dayOf } from '../consumption/windows.ts';
import type { StatusUntil } from '../render/status-facts.ts';
import { formatAmount } from '../resources/amounts.ts';
import { type BudgetLimit, budgetLimitsOf } from '../resources/limit.ts';
import type { DesiredEntry, Fields } from '../resources/types.ts';
import { hasCome } from '../resources/until.ts';

/** @param at milliseconds since the epoch */
export function untilOfLimit(
  { kind, unit, amount, reset }: Pick<LiveLimit, 'kind' | 'unit' | 'amount' | 'reset'>,
  entry: DesiredEntry | undefined,
  at: number,
): StatusUntil | undefined {
  const until = entry?.until;
  if (until === undefined) return undefined;
  const isThis = (one: BudgetLimit): boolean => one.unit === unit && one.reset === reset;
  const [before, after] = [until.first, until.later].map(({ fields }) => budgetOf(kind, fields, isThis));
  // The date is about another limit of the entry.
  if (before === undefined || before.amount === after?.amount) return undefined;
  const later = after === undefined ? 'none' : formatAmount(after.amount, after.unit);
  const isOver = hasCome(until, dayOf(at));
  if (isOver && after?.amount === amount) return undefined;
  return { date: until.date, later, isOwed: isOver };
}

function budgetOf(
  kind: LiveLimit['kind'],
  fields: Fields,
  isThis: (one: BudgetLimit) => boolean,
): BudgetLimit | undefined {
  return budgetLimitsOf(kind, fields).find(isThis);
}
