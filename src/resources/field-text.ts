/** One field in the words that people write: amounts, rates, dates. What moves between two of them is put into words in render/. */

import { escapeInvisible } from '../printable.ts';
import { formatAmount, formatRate, formatReset } from './amounts.ts';
import { parseField, unitOfAlert } from './fields.ts';
import { formatFactor, formatOwnPrice, isFactor, isOwnPrice } from './price-fields.ts';
import type { Budget, Fields, FieldValue, RateName, Reset, Unit } from './types.ts';

/** @param beside the other fields: they say in what an amount counts */
export function formatField(field: string, value: FieldValue | undefined, beside: Fields): string {
  if (isOwnPrice(field)) return formatOwnPrice(value);
  if (value === undefined || value === null) return 'none';
  if (isFactor(field)) return formatFactor(value);
  const parsed = parseField(field);
  switch (parsed.part) {
    case 'rate':
      return formatRate(Number(value), parsed.name);
    case 'budget':
      return formatBudget(value as Budget);
    case 'alert':
      return formatOptional(value, unitOfAlert(parsed.field, beside));
    default:
      if (field === 'amount') return formatOptional(value, beside.unit);
      if (field === 'value' && beside.window !== undefined) return formatRate(Number(value), rateOf(beside));
      return field === 'expires' ? formatDate(value) : formatValue(value);
  }
}

/** Of a rate policy. */
export function rateOf({ unit, window }: Fields): RateName {
  return `${unit}/${window}` as RateName;
}

/** `monthly`, `every 14 days`, and `in all` for what never starts again. */
export function formatPeriod(reset: Reset): string {
  return reset === 'never' ? 'in all, never reset' : formatReset(reset);
}

export function formatOptional(value: FieldValue | undefined, unit: Unit = 'cost'): string {
  return typeof value === 'number' ? formatAmount(value, unit) : 'none';
}

export function formatBudget(budget: Budget): string {
  return `${formatAmount(budget.amount, budget.unit)} ${formatPeriod(budget.reset)}`;
}

/** Dates at midnight UTC are days. */
export function formatDate(value: FieldValue | undefined): string {
  if (typeof value !== 'string') return 'never';
  return value.endsWith('T00:00:00.000Z') ? value.slice(0, 10) : value;
}

export function formatValue(value: FieldValue | undefined): string {
  if (value === undefined || value === null) return 'none';
  return escapeInvisible(typeof value === 'string' ? `"${value}"` : JSON.stringify(value));
}
