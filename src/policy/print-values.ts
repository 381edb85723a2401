/** Values of an entry as they are written in files, key by key: the inverse of reading. */

import { compareText } from '../diagnostics.ts';
import { escapeInvisible } from '../printable.ts';
import type { AlertRules, AlertThreshold } from '../resources/alert-settings.ts';
import { formatAlert, formatAmount, formatRate, formatReset } from '../resources/amounts.ts';
import { rateOf } from '../resources/field-text.ts';
import { alertOf, isApi, isBudget, memberOf, parseField, policyBudget, slotFor } from '../resources/fields.ts';
import type { Budget, Condition, Fields, Kind, Reset } from '../resources/types.ts';
import { levelGrammars } from './levels.ts';
import { commented, type PrintedValue, quoted } from './yaml-text.ts';

export interface PrintedEntry {
  readonly kind: Kind;
  /** The entry's key in the file; unique in its section. */
  readonly name: string;
  /** The live name, where it differs from the key. Policies carry it in `fields.name` as well. */
  readonly liveName?: string;
  /** PrintedValue as `id:`. */
  readonly id?: string;
  /** What an id in this entry stands for, in words for a comment behind it. */
  readonly idNotes?: Readonly<Record<string, string>>;
  readonly fields: Fields;
  readonly owner?: string;
  /** Reasons by the name of a rule. */
  readonly silence?: Readonly<Record<string, string>>;
  /** Who is told. Of a key without `recipients`, which are a field. */
  readonly alerts?: AlertRules;
  /** Several thresholds of a budget, by its slot; `''` of the only one. */
  readonly thresholds?: Readonly<Record<string, readonly AlertThreshold[]>>;
  readonly protect?: boolean;
  /** ISO date-time at midnight UTC. */
  readonly starting?: string;
}

/** Lines with a value; undefined where there is none. */
export function mapOf(
  lines: readonly (readonly [key: string, value: PrintedValue | undefined])[],
): ReadonlyMap<string, PrintedValue> | undefined {
  const kept = lines.filter((line): line is [string, PrintedValue] => line[1] !== undefined);
  return kept.length === 0 ? undefined : new Map(kept);
}

export function printName({ name, liveName, id, fields }: PrintedEntry): string | undefined {
  const live = typeof fields.name === 'string' ? fields.name : liveName;
  return live !== name || id !== undefined ? live : undefined;
}

/** The text `none` differs from the keyword by its quotes. */
export function printDescription({ fields: { description } }: PrintedEntry): PrintedValue | undefined {
  if (description === undefined) return undefined;
  if (description === null) return 'none';
  return description === 'none' ? quoted('none') : description;
}

type PrintedBudget = Record<'budget' | 'reset' | 'alert', PrintedValue | undefined>;

/** A line of the only budget; undefined where there are more, which are a list. */
export function printOnly(entry: PrintedEntry, line: keyof PrintedBudget): PrintedValue | undefined {
  const budgets = budgetsOf(entry);
  return budgets.length === 1 ? budgets[0]?.[line] : undefined;
}

export function printSeveral(entry: PrintedEntry): PrintedValue | undefined {
  const budgets = budgetsOf(entry);
  return budgets.length > 1 ? budgets.map((budget) => mapOf(Object.entries(budget)) ?? null) : undefined;
}

function budgetsOf(entry: PrintedEntry): readonly PrintedBudget[] {
  const { kind, fields } = entry;
  const print = (budget: FieldsOfBudget, alert: number | null | undefined) => printBudget(entry, budget, alert);
  switch (kind) {
    case 'rate-policy':
      return [];
    case 'usage-policy':
      return print(policyBudget(fields) ?? undefined, fields.alert);
    case 'workspace-limits': {
      if (fields.budgets === null) return print(null, undefined);
      const names = Object.keys(fields).filter(isBudget).sort(compareText);
      return names.flatMap((name) => print(fields[name], fields[alertOf(name)]));
    }
    default:
      return print(fields.budget, fields.alert);
  }
}

type FieldsOfBudget = Budget | null | undefined;

function printBudget(
  { kind, starting, thresholds = {} }: PrintedEntry,
  budget: FieldsOfBudget,
  alert: number | null | undefined,
): PrintedBudget[] {
  if (budget === undefined) return [];
  if (budget === null) return [{ budget: 'none', reset: undefined, alert: undefined }];
  const { wholeUnits } = levelGrammars[kind];
  const said = thresholds[kind === 'workspace-limits' ? slotFor(budget) : ''];
  const several = said?.map((one) => printThreshold(one, budget, wholeUnits));
  return [
    {
      budget: formatAmount(budget.amount, budget.unit),
      reset: printReset(budget.reset, starting),
      alert: several ?? (alert === undefined ? undefined : printAlert(alert, budget, wholeUnits)),
    },
  ];
}

/** A percentage where somebody would have written one: 32% is what is left of 80% of another amount. */
function printAlert(alert: number | null, { unit, amount }: Budget, wholeUnits: boolean): string {
  const text = formatAlert(alert, amount, unit, wholeUnits);
  const percent = /^(\d+)%$/.exec(text)?.[1];
  return percent === undefined || alert === null || Number(percent) % 5 === 0 ? text : formatAmount(alert, unit);
}

function printThreshold({ at, recipients }: AlertThreshold, budget: Budget, wholeUnits: boolean): PrintedValue {
  const text = at === 'budget' ? '100%' : printAlert(at, budget, wholeUnits);
  return recipients === undefined
    ? text
    : (mapOf([
        ['at', text],
        ['recipients', recipients],
      ]) ?? null);
}

/** `alerts:` of an entry. */
export function printAlerts({ kind, alerts: rules }: PrintedEntry): PrintedValue | undefined {
  if (rules === undefined) return undefined;
  const list = (said: readonly string[] | null | undefined) => (said === null ? 'none' : said);
  const days = rules.forecast;
  return mapOf([
    ['recipients', kind === 'key-limits' ? undefined : list(rules.recipients)],
    ['channels', list(rules.channels)],
    ['forecast', days === undefined ? undefined : days === null ? 'none' : `${days} day${days === 1 ? '' : 's'}`],
  ]);
}

function printReset(reset: Reset, starting: string | undefined): PrintedValue {
  const text = formatReset(reset);
  if (starting === undefined) return text;
  return new Map([
    ['every', text.replace(/^every /, '')],
    ['starting', starting.slice(0, 10)],
  ]);
}

/** `none`, the only rate, or a list. */
export function printRates({ kind, fields }: PrintedEntry): string | readonly string[] | undefined {
  if (kind === 'rate-policy') {
    return formatRate(fields.value ?? 0, rateOf(fields));
  }
  if (fields.rates === null) return 'none';
  const rates = Object.keys(fields).flatMap((field) => {
    const parsed = parseField(field);
    return parsed.part === 'rate' ? [formatRate(fields[parsed.field] ?? 0, parsed.name)] : [];
  });
  return rates.length > 1 ? rates.sort(compareText) : rates[0];
}

export function printMatch({ fields, idNotes }: PrintedEntry): PrintedValue | undefined {
  const { match } = fields;
  if (match === undefined || match === 'all') return undefined;
  return mapOf(match.map((condition) => [condition.key, printCondition(condition, idNotes)]));
}

export function printId({ id, idNotes }: PrintedEntry): PrintedValue | undefined {
  return id === undefined ? undefined : noteId(id, idNotes);
}

function noteId(id: string, notes: PrintedEntry['idNotes'] = {}): PrintedValue {
  const note = Object.hasOwn(notes, id) ? notes[id] : undefined;
  return note === undefined ? id : commented(id, escapeInvisible(note));
}

function printCondition({ any, except }: Condition, notes: PrintedEntry['idNotes']): PrintedValue {
  // A lone asterisk in a list is the literal one, so its list is kept.
  const values = (list: '*' | readonly string[]): PrintedValue => {
    if (list === '*' || (list.length === 1 && list[0] === '*')) return list;
    const noted = list.map((value) => noteId(value, notes));
    return noted.length === 1 ? (noted[0] ?? null) : noted;
  };
  if (except.length === 0) return values(any);
  return new Map([
    ['any', values(any)],
    ['except', values(except)],
  ]);
}

export function printOneOrList(list: string | readonly string[] | undefined): PrintedValue | undefined {
  return typeof list === 'object' && list.length === 1 ? list[0] : list;
}

export function printRecipients({ fields }: PrintedEntry): PrintedValue | undefined {
  const { recipients } = fields;
  return recipients?.length === 0 ? 'none' : recipients;
}

/** Reasons by the name of a rule. */
export function printSilence({ silence = {} }: PrintedEntry): PrintedValue | undefined {
  return mapOf(Object.entries(silence));
}

/** Members of the API that were passed through. */
export function printPassed({ fields }: PrintedEntry): PrintedValue | undefined {
  return mapOf(
    Object.keys(fields)
      .filter(isApi)
      .map((name) => [memberOf(name), fields[name]]),
  );
}

export function printExpires({ fields: { expires } }: PrintedEntry): PrintedValue | undefined {
  return expires === null ? 'none' : expires?.replace('.000Z', 'Z');
}
