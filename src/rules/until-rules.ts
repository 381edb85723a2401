/** Rules about dates in the files. */

import { formatAmount, formatRate } from '../resources/amounts.ts';
import { rateOf } from '../resources/field-text.ts';
import { isAlert, rateNameOf } from '../resources/fields.ts';
import type { Budget, Fields, FieldValue } from '../resources/types.ts';
import { hasCome, type Later, laterOf } from '../resources/until.ts';
import { dateInWords, movesOfLater } from '../resources/until-text.ts';
import type { FileRule } from './types.ts';

const untilOver: FileRule = {
  name: 'until-over',
  id: 'T13',
  severity: 'warning',
  where: 'file',
  finds: '`until:` with a date that is over',
  why: 'From that day on what `then` says is in force, and the line above it says something else: whoever reads the file, or raises the limit again, reads an amount that holds no more.',
  fix: 'Write what holds now as the limit and delete the line `until:`, or the whole entry where nothing holds any more.',
  check: ({ desired }, found) => {
    for (const entry of desired.entries) {
      const { until } = entry;
      if (until === undefined || !hasCome(until, until.day)) continue;
      const said = `its \`until\` is over since ${dateInWords(until.date)}, 00:00 UTC: ${describeNow(laterOf(until), until.first.fields)}`;
      found({ entry, source: until.source }, said);
    }
  },
};

/** `budget: $500`, as the fix wants it written. */
function describeNow(later: Later, beside: Fields): string {
  if (later === 'none') return 'there is none now';
  const lines = movesOfLater(later).flatMap(([field, value]) => (isAlert(field) ? [] : lineOf(field, value, beside)));
  const said = [...new Set(lines)].map((line) => `\`${line}\``);
  return `${said.join(' and ')} ${said.length === 1 ? 'holds' : 'hold'} now`;
}

function lineOf(field: string, value: FieldValue, beside: Fields): string {
  const rate = rateNameOf(field) ?? (field === 'value' ? rateOf(beside) : null);
  if (rate !== null) return `rate: ${value === null ? 'none' : formatRate(Number(value), rate)}`;
  if (field === 'rates') return 'rate: none';
  const budget = field === 'amount' ? { amount: Number(value), unit: beside.unit ?? 'cost' } : (value as Budget | null);
  return `budget: ${budget === null ? 'none' : formatAmount(budget.amount, budget.unit)}`;
}

export const untilRules: readonly FileRule[] = [untilOver];
