/** Budgets with their reset and alert, as written at any level. */

import type { Amount } from '../resources/amounts.ts';
import {
  alertFromPercent,
  formatAmount,
  isProblem,
  parseAmount,
  parsePercent,
  parseReset,
} from '../resources/amounts.ts';
import type { Reset, Unit } from '../resources/types.ts';
import type { Level } from './levels.ts';
import { type FieldNode, isEmpty, type Place } from './nodes.ts';
import { quote } from './quote.ts';
import type { Report, Written } from './reader.ts';
import { expectScalar, isNone, readMap, readShaped, shown } from './reader.ts';
import { patterns } from './schema.ts';

/** Null: `none`. */
export type WrittenAlert = { readonly percent: number } | Amount | null;

export interface WrittenBudget extends Amount {
  readonly reset: Reset;
  /** ISO date-time at midnight UTC. */
  readonly starting?: string;
  readonly alert?: WrittenAlert;
  readonly places: { readonly budget: Place; readonly reset?: Place; readonly alert?: Place };
}

/** Smallest budget in canonical units: a dollar, 100 tokens, a request (API reference 14.9). */
const smallest: Readonly<Record<Unit, number>> = { cost: 100, tokens: 100, requests: 1 };

/** Smallest alert: 1 on the wire (API reference 1.11), which is a dollar where the unit is cost. */
const smallestAlert: Readonly<Record<Unit, number>> = { cost: 100, tokens: 1, requests: 1 };

/** What people write for "no limit". */
const noneWords = /^(?:off|no|false|null|nil|unlimited|infinite|inf|\.inf|disabled|never|0|\$0)$/i;

/**
 * The fields `budget`, `reset` and `alert` of one map.
 *
 * @returns null for `budget: none`, undefined where no budget is written or it cannot be read
 */
export function readBudget(written: Written, level: Level, report: Report): WrittenBudget | null | undefined {
  const fields = { budget: written.get('budget'), reset: written.get('reset'), alert: written.get('alert') };
  const reset = fields.reset === undefined ? undefined : readReset(fields.reset, report);
  const alert = fields.alert === undefined ? undefined : readAlert(fields.alert, report);
  const { budget } = fields;
  if (budget === undefined || isNone(budget.node)) {
    for (const field of [fields.reset, fields.alert]) {
      if (field === undefined) continue;
      const said =
        budget === undefined
          ? 'without `budget`: write `budget: $500` beside it'
          : 'beside `budget: none`: leave it out';
      report(`${field.key}-without-budget`, field.at, `\`${field.key}\` ${said}`);
    }
    return budget === undefined ? undefined : null;
  }
  const amount = readAmount(budget, level, report);
  if (fields.reset === undefined && !isEmpty(budget.node)) {
    const said = 'write `reset: monthly`, `weekly`, `every 14 days`, or `never` for a lifetime cap';
    report('missing-reset', budget.at, `\`budget\` without \`reset\`: ${said}`);
  }
  if (amount === undefined) return undefined;
  const result: WrittenBudget = {
    ...amount,
    reset: reset?.reset ?? 'never',
    ...(reset?.starting === undefined ? {} : { starting: reset.starting }),
    ...(alert === undefined ? {} : { alert }),
    places: {
      budget: budget.at,
      ...(fields.reset === undefined ? {} : { reset: fields.reset.at }),
      ...(fields.alert === undefined ? {} : { alert: fields.alert.at }),
    },
  };
  if (fields.alert !== undefined) alertOf(result, level, fields.alert.node.at, report);
  return result;
}

export function readAmount(field: FieldNode, level: Level, report: Report): Amount | undefined {
  const node = expectScalar(field, 'an amount such as `$500` or `2M tokens`', report);
  if (node === undefined) return undefined;
  if (noneWords.test(node.text)) {
    report(
      'invalid-amount',
      node.at,
      `\`${shown(field)}\`: ${quote(node.text)} is no amount: write \`none\` for no budget`,
    );
    return undefined;
  }
  const amount = parseAmount(node.text);
  if (isProblem(amount)) {
    const code =
      amount.code === 'invalid-amount' && /^[\d.,]+[kMB]?$/.test(node.text) ? 'amount-without-unit' : amount.code;
    report(code, node.at, `\`${shown(field)}\`: ${quote(node.text)} ${amount.problem}`);
    return undefined;
  }
  const { unit } = amount;
  if (!level.units.includes(unit)) {
    const said = `a budget of ${level.what} counts money or tokens: write \`$500\` or \`2M tokens\`, or a policy for requests`;
    report('unit-not-at-level', node.at, `${quote(node.text)}: ${said}`);
  } else if (amount.amount < smallest[unit]) {
    report(
      'budget-too-small',
      node.at,
      `${quote(node.text)} is too small: the least is \`${formatAmount(smallest[unit], unit)}\``,
    );
  } else if (level.wholeUnits && unit === 'cost' && amount.amount % 100 !== 0) {
    report(
      'whole-dollars',
      node.at,
      `${quote(node.text)}: ${level.what} takes whole dollars: write \`${wholeDollars(amount.amount)}\``,
    );
  }
  return amount;
}

function wholeDollars(cents: number): string {
  return formatAmount(Math.max(100, cents - (cents % 100)), 'cost');
}

function readAlert(field: FieldNode, report: Report): WrittenAlert | undefined {
  if (isNone(field.node)) return null;
  const node = expectScalar(field, 'a percentage such as `80%`, or an amount', report);
  if (node === undefined) return undefined;
  if (/^(?:off|no|false|never)$/i.test(node.text)) {
    report('invalid-alert', node.at, `\`alert\`: ${quote(node.text)} is no alert: write \`none\` for no alert`);
    return undefined;
  }
  const percent = parsePercent(node.text);
  if (percent !== null) {
    if (percent >= 1 && percent <= 99) return { percent };
    report('alert-not-below-budget', node.at, `\`${percent}%\` is not between \`1%\` and \`99%\` of the budget`);
    return undefined;
  }
  const amount = parseAmount(node.text);
  if (!isProblem(amount)) return amount;
  const number = /^(0?\.\d+|\d+(?:\.\d+)?)%?$/.exec(node.text)?.[1];
  const hint =
    number === undefined
      ? 'write a percentage such as `80%`, or an amount in the unit of the budget'
      : `write a whole percentage such as \`${Math.min(99, Math.max(1, Math.round(Number(number) < 1 ? Number(number) * 100 : Number(number))))}%\`, or an amount with its unit`;
  report('invalid-alert', node.at, `\`alert\`: ${quote(node.text)} is no alert: ${hint}`);
  return undefined;
}

/**
 * The alert in canonical units, null for none, undefined where there is none or it does not fit its budget (reported).
 *
 * @param at where the problem is reported
 */
export function alertOf(budget: WrittenBudget, level: Level, at: Place, report: Report): number | null | undefined {
  const { alert, unit, amount } = budget;
  if (alert === undefined || alert === null) return alert;
  const limit = formatAmount(amount, unit);
  if ('percent' in alert) {
    const value = alertFromPercent(alert.percent, amount, unit, level.wholeUnits);
    if (value >= smallestAlert[unit]) return value;
    const whole = unit === 'cost' ? 'a dollar' : `one of the ${unit}`;
    report(
      'alert-too-small',
      at,
      `\`${alert.percent}%\` of \`${limit}\` is less than ${whole}: write a higher percentage, or \`none\``,
    );
    return undefined;
  }
  const shownAlert = formatAmount(alert.amount, alert.unit);
  if (alert.unit !== unit) {
    report(
      'alert-unit',
      at,
      `\`${shownAlert}\` is not in the unit of the budget, \`${limit}\`: write a percentage, or an amount in ${unit === 'cost' ? 'dollars' : unit}`,
    );
  } else if (alert.amount >= amount) {
    report(
      'alert-not-below-budget',
      at,
      `\`${shownAlert}\` is not below the budget of \`${limit}\`: write a smaller amount, or \`80%\``,
    );
  } else if (alert.amount < smallestAlert[unit]) {
    report(
      'alert-too-small',
      at,
      `\`${shownAlert}\` is too small: the least is \`${formatAmount(smallestAlert[unit], unit)}\``,
    );
  } else if (level.wholeUnits && unit === 'cost' && alert.amount % 100 !== 0) {
    report(
      'whole-dollars',
      at,
      `\`${shownAlert}\`: ${level.what} takes whole dollars: write \`${wholeDollars(alert.amount)}\``,
    );
  } else {
    return alert.amount;
  }
  return undefined;
}

/** Words for periods, and how they are written here. */
const periods: readonly (readonly [RegExp, string])[] = [
  [/^(?:daily|day|1d|24h|every day)$/i, 'every 1 day'],
  [/^(?:month|months|mo|per month|every month|calendar-month|Monthly)$/i, 'monthly'],
  [/^(?:week|weeks|wk|per week|every week)$/i, 'weekly'],
  [/^(?:bi-?weekly|fortnightly)$/i, 'every 14 days'],
  [/^quarterly$/i, 'every 90 days'],
  [/^(?:yearly|annual|annually|every year)$/i, 'every 365 days'],
  [/^(?:none|no|off|false|null|lifetime|once)$/i, 'never'],
];

function readReset(field: FieldNode, report: Report): { reset: Reset; starting?: string } | undefined {
  if (field.node.type === 'map') return readWindow(field, report);
  const node = expectScalar(field, '`monthly`, `weekly`, `never` or `every 14 days`', report);
  if (node === undefined) return undefined;
  const reset = parseReset(node.text);
  if (reset !== null) return checkDays(reset, node.at, report) ? { reset } : undefined;
  const days = /^(?:every )?(\d{1,3}) ?(?:d|days?)?$/i.exec(node.text)?.[1];
  const meant = days === undefined ? periods.find(([words]) => words.test(node.text))?.[1] : `every ${days} days`;
  const hint = meant === undefined ? '`monthly`, `weekly`, `never` or `every 14 days`' : `\`${meant}\``;
  report('invalid-reset', node.at, `\`reset\`: ${quote(node.text)} is no reset: write ${hint}`);
  return undefined;
}

function readWindow(field: FieldNode, report: Report): { reset: Reset; starting?: string } | undefined {
  const written = readMap(field, ['every', 'starting'], '`reset`', report);
  const every = written?.get('every');
  const starting = written?.get('starting');
  const date = starting === undefined ? undefined : readDate(starting, report);
  if (every === undefined) {
    report(
      'invalid-reset',
      field.at,
      '`reset` without `every`: write `every: 10 days`, or `reset: monthly` on one line',
    );
    return undefined;
  }
  const node = expectScalar(every, '`10 days`', report);
  if (node === undefined) return undefined;
  if (/^(?:monthly|weekly|never)$/.test(node.text)) {
    report(
      'invalid-reset',
      node.at,
      `\`every\`: ${quote(node.text)} is a calendar reset and cannot start on a day of its own: write \`reset: ${node.text}\`, or \`every: 30 days\``,
    );
    return undefined;
  }
  const reset = patterns.every.test(node.text) ? parseReset(`every ${node.text}`) : null;
  if (reset === null) {
    const days = /\d{1,3}/.exec(node.text)?.[0] ?? '10';
    report('invalid-reset', node.at, `\`every\`: ${quote(node.text)} is no number of days: write \`${days} days\``);
    return undefined;
  }
  if (!checkDays(reset, node.at, report)) return undefined;
  return { reset, ...(date === undefined ? {} : { starting: date }) };
}

function checkDays(reset: Reset, at: Place, report: Report): boolean {
  const days = Number(/\d+/.exec(reset)?.[0] ?? 1);
  if (days >= 1 && days <= 365) return true;
  report(
    'reset-days',
    at,
    `${days} days are not between 1 and 365: write \`every 30 days\`, or \`never\` for a lifetime cap`,
  );
  return false;
}

function readDate(field: FieldNode, report: Report): string | undefined {
  const expected = 'a day, `"2026-12-01"`';
  const text = readShaped(field, patterns.date, 'invalid-date', expected, report);
  if (text === undefined) return undefined;
  const date = new Date(`${text}T00:00:00Z`);
  // A day that does not exist is moved into the next month, or is no date at all.
  if (!Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)) return date.toISOString();
  report(
    'invalid-date',
    field.node.at,
    `\`${shown(field)}\`: ${quote(text)} is no day of the calendar: write ${expected}`,
  );
  return undefined;
}
