/** One field in the words that people write: amounts, rates, dates. What moves between two of them is told in render/. */

import { escapeInvisible } from '../printable.ts';
import { formatAmount, formatRate, formatReset } from './amounts.ts';
import { rateNameOf } from './limits.ts';
import type { Budget, Fields, FieldValue, RateName, Reset, Unit } from './types.ts';
import { budgetSlotOf } from './workspace-limits.ts';

/** @param beside the other fields: they say in what an amount counts */
export function formatField(field: string, value: FieldValue | undefined, beside: Fields): string {
  if (value === undefined || value === null) return 'none';
  const rate = rateNameOf(field);
  if (rate !== null) return formatRate(value as number, rate);
  if (isBudget(field)) return formatBudget(value as Budget);
  if (isAlert(field)) return formatOptional(value, budgetBeside(field, beside)?.unit ?? beside.unit ?? 'cost');
  if (field === 'amount') return formatAmount(value as number, beside.unit as Unit);
  if (field === 'value' && beside.window !== undefined) {
    return formatRate(value as number, `${String(beside.unit)}/${String(beside.window)}` as RateName);
  }
  return field === 'expires' ? formatDate(value) : formatValue(value);
}

/** `monthly`, `every 14 days`, and `in all` for what never starts again. */
export function formatPeriod(reset: Reset): string {
  return reset === 'never' ? 'in all, never reset' : formatReset(reset);
}

export function formatOptional(value: FieldValue | undefined, unit: FieldValue | undefined): string {
  return typeof value === 'number' ? formatAmount(value, unit as Unit) : 'none';
}

export function isBudget(field: string): boolean {
  return field === 'budget' || field.startsWith('budget[');
}

export function isAlert(field: string): boolean {
  return field === 'alert' || field.startsWith('alert[');
}

export function budgetBeside(alertField: string, fields: Fields): Budget | null | undefined {
  const slot = budgetSlotOf(alertField);
  const budget = fields[slot === null ? 'budget' : `budget[${slot}]`] as Budget | null | undefined;
  if (budget !== undefined || slot === null) return budget;
  return { unit: slot.split('/')[0] as Unit, amount: 0, reset: 'never' };
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
