/** A date and what holds from then on, in the words of plans: `until 15 Dec 2026, then $500`. */

import { formatAmount } from './amounts.ts';
import { formatField } from './field-text.ts';
import { isAlert } from './fields.ts';
import type { Budget, Fields } from './types.ts';
import type { Later } from './until.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** @param beside the other fields of the entry: they say in what an amount counts */
export function describeUntil(
  { date, later }: { readonly date: string; readonly later: Later },
  beside: Fields,
): string {
  return `until ${dateInWords(date)}, then ${describeLater(later, beside)}`;
}

export function dateInWords(day: string): string {
  const [year = '', month = '', date = ''] = day.split('-');
  return `${Number(date)} ${months[Number(month) - 1] ?? month} ${year}`;
}

export function describeLater(later: Later, beside: Fields): string {
  if (later === 'none') return 'none';
  const parts = Object.entries(later).flatMap(([field, value]) => {
    // It goes with its budget.
    if (isAlert(field)) return [];
    if (value === null) return [field.startsWith('rate') ? 'no rate' : 'no budget'];
    // With the same reset as before.
    const isWhole = typeof value === 'object' && 'amount' in value;
    return [
      isWhole ? formatAmount((value as Budget).amount, (value as Budget).unit) : formatField(field, value, beside),
    ];
  });
  return parts.length === 0 ? 'none' : [...new Set(parts)].join(' and ');
}
