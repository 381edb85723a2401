/**
 * The names of fields. Which limit of several a field belongs to stands in its name: `budget[cost/monthly]` with its
 * `alert[cost/monthly]`, `rate[requests/minute]`. Of several that no file could tell apart, all but the first have a number
 * (`budget[cost/monthly#2]`); a rate that this program does not know is `rate[requests/rpx#unknown]`. Everything that is
 * written in a name is read and written here.
 */

import { compareText } from '../diagnostics.ts';
import { isOwnPrice, isPartOfPrices } from './price-fields.ts';
import type { RateWindow } from './rate-windows.ts';
import type {
  AlertField,
  ApiField,
  Budget,
  BudgetField,
  Fields,
  FieldValue,
  Kind,
  RateField,
  RateName,
  RateUnit,
  Unit,
} from './types.ts';

export type FieldsDraft = { -readonly [Name in keyof Fields]: Fields[Name] };

export type ParsedField =
  /** `slot`: unit and reset in a list of budgets; null: the only budget of its object. */
  | { readonly part: 'budget'; readonly field: BudgetField; readonly slot: string | null }
  | { readonly part: 'alert'; readonly field: AlertField; readonly slot: string | null }
  | { readonly part: 'rate'; readonly field: RateField; readonly name: RateName }
  /** `none` for all of a sort. */
  | { readonly part: 'budgets' | 'rates' }
  | { readonly part: 'api'; readonly field: ApiField; readonly member: string }
  /** A word of its own, such as `match`. */
  | { readonly part: 'word'; readonly word: string };

export function parseField(field: string): ParsedField {
  if (isBudget(field)) return { part: 'budget', field, slot: slotOf(field) };
  if (isAlert(field)) return { part: 'alert', field, slot: slotOf(field) };
  if (isRate(field)) return { part: 'rate', field, name: (slotOf(field) ?? '').replace(/#.*/, '') as RateName };
  if (field === 'budgets' || field === 'rates') return { part: field };
  if (isApi(field)) return { part: 'api', field, member: memberOf(field) };
  return { part: 'word', word: field };
}

/** What stands in the brackets of a name; null: it has none. */
export function slotOf(field: BudgetField | AlertField | RateField): string | null {
  const start = field.indexOf('[');
  return start < 0 ? null : field.slice(start + 1, -1);
}

/** Of the budgets that these fields are part of; null stands for the only one of its object. */
export function slotsIn(fields: readonly string[]): (string | null)[] {
  const found = fields.flatMap((field) => (isBudget(field) || isAlert(field) ? [slotOf(field)] : []));
  return [...new Set(found)];
}

/** @param slot null: the object has one budget at most */
export function budgetField(slot: string | null): BudgetField {
  return slot === null ? 'budget' : `budget[${slot}]`;
}

export function alertField(slot: string | null): AlertField {
  return slot === null ? 'alert' : `alert[${slot}]`;
}

export function rateField(name: string): RateField {
  return `rate[${name}]`;
}

export function apiField(member: string): ApiField {
  return `api.${member}`;
}

export function memberOf(field: ApiField): string {
  return field.slice('api.'.length);
}

/** `cost/monthly`, `tokens/every 14 days`. */
export function slotFor({ unit, reset }: Pick<Budget, 'unit' | 'reset'>): string {
  return `${unit}/${reset}`;
}

/** Of several with one slot, the second is number 2. */
export function numberSlot(slot: string, number: number): string {
  return number === 1 ? slot : `${slot}#${number}`;
}

export function unknownSlot(type: string, unit: string): string {
  return `${type}/${unit}#unknown`;
}

/** The budget itself, of a list too. */
export function isBudget(field: string): field is BudgetField {
  return field === 'budget' || field.startsWith('budget[');
}

export function isAlert(field: string): field is AlertField {
  return field === 'alert' || field.startsWith('alert[');
}

export function isRate(field: string): field is RateField {
  return field.startsWith('rate[');
}

export function isApi(field: string): field is ApiField {
  return field.startsWith('api.');
}

/** What binds at an attachment point: a budget or a rate. */
export function isLimitField(field: string): field is BudgetField | RateField {
  return isBudget(field) || isRate(field);
}

/** A budget, its alert, or `none` for all budgets. */
export function isPartOfBudget(field: string): boolean {
  return isBudget(field) || isAlert(field) || field === 'budgets';
}

export function isPartOfRate(field: string): boolean {
  return isRate(field) || field === 'rates';
}

/** Of these an absent field means that there is no such limit; of others, that nothing is said. */
export function isPartOfLimit(field: string): boolean {
  return isPartOfBudget(field) || isPartOfRate(field);
}

/** No file can name it: another of its unit and period stands before it, or it is not known. */
export function isApart(field: string): boolean {
  return (isLimitField(field) || isAlert(field)) && field.includes('#');
}

/** One that stands apart beside the one that it is told from. */
export function isBeside(apart: string, field: string): boolean {
  return apart.startsWith(field.replace(']', '#'));
}

export function isUnknownRate(field: string): boolean {
  return isRate(field) && field.endsWith('#unknown]');
}

/** One of a list of budgets, or its alert. */
export function isSlotted(field: string): boolean {
  return (isBudget(field) || isAlert(field)) && field.includes('[');
}

export function alertOf(budget: BudgetField): AlertField {
  return budget.replace('budget', 'alert') as AlertField;
}

export function budgetOf(alert: AlertField): BudgetField {
  return alert.replace('alert', 'budget') as BudgetField;
}

/** The name without what stands in brackets. */
export function fieldWordOf(field: string): string {
  return field.replace(/\[.*/, '');
}

/** The unit of the budget that an alert belongs to, for whoever does not see the budget itself. */
export function unitOfAlert(alert: AlertField, fields: Fields): Unit | undefined {
  const budget = fields[budgetOf(alert)];
  return budget?.unit ?? (slotOf(alert)?.split('/')[0] as Unit | undefined) ?? fields.unit;
}

export function rateNameOf(field: string): RateName | null {
  const parsed = parseField(field);
  return parsed.part === 'rate' ? parsed.name : null;
}

export function splitRateName(name: RateName): [RateUnit, RateWindow] {
  return name.split('/') as [RateUnit, RateWindow];
}

/** `null` and empty lists are nothing that somebody has set. */
export function isSet(value: FieldValue | undefined): boolean {
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
}

export function hasAnyValue(fields: Fields): boolean {
  return Object.values(fields).some(isSet);
}

export function pickFields(fields: Fields, keep: (field: string, value: FieldValue) => boolean): Fields {
  return toFields(Object.entries(fields).filter(([field, value]) => keep(field, value)));
}

export function sortFields(fields: Fields): Fields {
  return toFields(Object.entries(fields).sort(([a], [b]) => compareText(a, b)));
}

/** Each value is of its name: it comes from other fields, or was read as such. */
export function toFields(entries: readonly (readonly [field: string, value: FieldValue])[]): Fields {
  return Object.fromEntries(entries) as Fields;
}

/** The budget of a usage policy; null where its fields show none. */
export function policyBudget({ unit = 'cost', amount, reset = 'never' }: Fields): Budget | null {
  return typeof amount === 'number' ? { unit, amount, reset } : null;
}

/** Fields of a policy that are its limit: none is anything without the others. */
const limitWords: Readonly<Record<'usage-policy' | 'rate-policy', readonly string[]>> = {
  'usage-policy': ['unit', 'amount', 'reset', 'alert'],
  'rate-policy': ['unit', 'value', 'window'],
};

/**
 * The last part of a path in `forget:`, such as `rate` in `keys/ci/rate`. A budget is written in several lines and is one limit:
 * its period is not forgotten without it, and its alert goes along.
 */
export function isForgotten(kind: Kind, word: string, field: string): boolean {
  switch (word) {
    case 'budget':
    case 'budgets':
    case 'reset':
      return kind === 'usage-policy' ? limitWords[kind].includes(field) : isPartOfBudget(field);
    case 'rate':
    case 'rates':
      return kind === 'rate-policy' ? limitWords[kind].includes(field) : isPartOfRate(field);
    case 'api':
      return isApi(field);
    case 'prices':
      return isPartOfPrices(field);
    case 'models':
      return isOwnPrice(field);
    default:
      return fieldWordOf(field) === word;
  }
}
