/**
 * A date and what holds from then on, in the words of plans: `through 14 Dec 2026, from 15 Dec (00:00 UTC) $500`. "Until the 15th" is read
 * as with the 15th by some and as without it by others: the last day of the one and the first of the other leave no doubt.
 */

import { formatAmount } from './amounts.ts';
import { formatField } from './field-text.ts';
import { isAlert } from './fields.ts';
import type { Budget, Fields, FieldValue } from './types.ts';
import type { Later } from './until.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** @param beside the other fields of the entry: they say in what an amount counts */
export function describeUntil(
  { date, later }: { readonly date: string; readonly later: Later },
  beside: Fields,
): string {
  return `${spanInWords(date)} ${describeLater(later, beside)}`;
}

/** What holds after it follows: `through 14 Dec 2026, from 15 Dec (00:00 UTC)`. */
export function spanInWords(date: string): string {
  const last = dateInWords(dayBefore(date));
  const first = dateInWords(date);
  const year = ` ${date.slice(0, 4)}`;
  return `through ${last}, from ${last.endsWith(year) ? first.slice(0, -year.length) : first} (00:00 UTC)`;
}

export function dayBefore(date: string): string {
  const day = new Date(`${date}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() - 1);
  return day.toISOString().slice(0, 10);
}

export function dateInWords(day: string): string {
  const [year = '', month = '', date = ''] = day.split('-');
  return `${Number(date)} ${months[Number(month) - 1] ?? month} ${year}`;
}

/** Fields that move, without the `none` of all rates or budgets that ends because one comes: beside it that would say the contrary. */
export function movesOfLater(later: Exclude<Later, 'none'>): [string, FieldValue][] {
  const entries = Object.entries(later);
  const comes = (word: string) => entries.some(([field, value]) => field.startsWith(word) && value !== null);
  return entries.filter(([field]) => !['rate', 'budget'].some((word) => field === `${word}s` && comes(word)));
}

export function describeLater(later: Later, beside: Fields): string {
  if (later === 'none') return 'none';
  const parts = movesOfLater(later).flatMap(([field, value]) => {
    // It goes with its budget.
    if (isAlert(field)) return [];
    if (value === null) return [field.startsWith('rate') ? 'no rate' : 'no budget'];
    // With the same reset as before, where there was one.
    const isWhole = typeof value === 'object' && 'amount' in value && beside[field] != null;
    return [
      isWhole ? formatAmount((value as Budget).amount, (value as Budget).unit) : formatField(field, value, beside),
    ];
  });
  return parts.length === 0 ? 'none' : [...new Set(parts)].join(' and ');
}
