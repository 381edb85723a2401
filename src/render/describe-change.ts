/** Changes in the words that people write: the one vocabulary of every format. */

import type { Change, FieldChange } from '../plan/types.ts';
import { escapeInvisible } from '../printable.ts';
import { formatAlert, formatAmount, formatRate, formatReset } from '../resources/amounts.ts';
import {
  formatBudget,
  formatDate,
  formatField,
  formatOptional,
  formatPeriod,
  formatValue,
  rateOf,
} from '../resources/field-text.ts';
import { budgetOf, isAlert, isBudget, isLimitField, isRate, rateNameOf, unitOfAlert } from '../resources/fields.ts';
import { describePriceField, isPartOfPrices } from '../resources/price-fields.ts';
import { isPolicyKind, specOf } from '../resources/registry.ts';
import type { Budget, Condition, Fields, FieldValue, Match, RateName, ResourceKey, Unit } from '../resources/types.ts';
import { dateInWords, describeUntil } from '../resources/until-text.ts';
import { type Cell, fresh, joinLines, type Line, plainText, usual, value, words } from './view/cells.ts';
import { priceMoveLine } from './view/price-moves.ts';

/** Names of keys by id: conditions hold ids, people know names. */
export type Names = Readonly<Record<string, string>>;

/** `monthly-spend`, `key campaign-writer`, `workspace limits`. */
export function describeKey(key: ResourceKey): string {
  const { label, kind } = specOf(key.kind);
  if (kind === 'workspace-limits') return 'workspace limits';
  const suffix = kind === 'integration-limits' && key.workspace === null ? ' (new workspaces)' : '';
  return escapeInvisible(isPolicyKind(kind) ? key.name : `${label} ${key.name}`) + suffix;
}

/** `key campaign-writer (ws-market)`. */
export function describePlaced(key: ResourceKey): string {
  return `${describeKey(key)}${key.workspace === null ? '' : ` (${escapeInvisible(key.workspace)})`}`;
}

/** What changes, without the name: `$500 → $750 monthly, shared by the workspace`. */
export function describeChange(change: Change, names: Names): string {
  return plainText(changeLine(change, names).filter(({ is }) => is !== 'shift'));
}

/** The same in cells, with the sign and size of each move of an amount. */
export function changeLine(change: Change, names: Names): Line {
  const { until, due, after, before } = change;
  const line = lineOf(change, names);
  if (until !== undefined)
    return [...line, words(`${line.length === 0 ? '' : ', '}${describeUntil(until, after ?? before ?? {})}`)];
  return due === undefined ? line : [...line, words(`, as its \`until\` of ${dateInWords(due)} is over`)];
}

function lineOf(change: Change, names: Names): Line {
  const { before, after, action } = change;
  if (isPolicyKind(change.key.kind)) {
    if (after === null) return [words(describePolicy(before ?? {}, names))];
    if (before === null) return [words(describePolicy(after, names))];
    return policyMove(change, before, after, names);
  }
  if (action === 'create' && after !== null) return [words(describeAttached(change.key, after))];
  return limitsMove(change);
}

/** What is in force once the change is done, with who shares it: `$750 monthly, shared by the workspace`. */
export function describeInForce({ key, after, until }: Change, names: Names, readBack = after): string | null {
  if (after === null || readBack === null) return null;
  const now = isPolicyKind(key.kind) ? describePolicy(readBack, names) : describeAttached(key, readBack);
  return until === undefined ? now : `${now}, ${describeUntil(until, after)}`;
}

/** For a change that was not approved as it stands: what was approved, what is live now, what the files ask for. */
export function describeStale(change: Change, approved: Change | null, names: Names = {}): string {
  const phrase = (fields: Fields | null): string => {
    if (fields === null) return 'nothing';
    if (isPolicyKind(change.key.kind)) return describePolicy({ ...change.before, ...change.after, ...fields }, names);
    return describeAttached(change.key, fields);
  };
  const now = `live now: ${phrase(change.before)}; the files ask for: ${phrase(change.after)}`;
  return approved === null ? now : `approved: ${phrase(approved.before)} → ${phrase(approved.after)}; ${now}`;
}

/** A whole policy in a phrase. */
function describePolicy(fields: Fields, names: Names): string {
  const scope = `${withScope(describeLimit(fields), fields)}${describeTraffic(fields, names)}`;
  if (typeof fields.alert !== 'number') return scope;
  return `${scope}, alert at ${describeAlert(fields.alert, toBudget(fields), false)}`;
}

/** As people write it: `80%` where that is what it is. */
function describeAlert(alert: FieldValue | undefined, { amount, unit }: Side, wholeUnits: boolean): string {
  if (typeof alert !== 'number') return 'none';
  return amount === null ? formatAmount(alert, unit) : formatAlert(alert, amount, unit, wholeUnits);
}

/** An alert that is the same share of another amount has not moved for a reader. */
function alertMove(before: Alert, after: Alert, wholeUnits: boolean): Line {
  const [from, to] = [before, after].map(({ alert, of }) => describeAlert(alert, of, wholeUnits));
  if (from !== to) return [words('alert '), ...toFresh(from ?? '', to ?? '')];
  const amounts = [before, after].map(({ alert, of }) => formatOptional(alert, of.unit));
  return [usual(`alert ${amounts.join(' → ')}`)];
}

interface Alert {
  readonly alert: FieldValue | undefined;
  readonly of: Side;
}

/** One behind the other; what is taken for granted brings its comma. */
function joinParts(parts: readonly Line[]): Line {
  return parts.flatMap((part, index) => {
    if (index === 0) return part.map((cell) => (cell.is === 'usual' && part.length === 1 ? words(cell.text) : cell));
    const [first] = part;
    return first?.is === 'usual' ? [usual(`, ${first.text}`)] : [words(', '), ...part];
  });
}

/** `$500 monthly, shared by the workspace`, `$50 monthly per api_key`. */
function withScope(limit: string, fields: Fields): string {
  const per = describePer(fields);
  return per === '' ? limit : `${limit}${per.startsWith('per ') ? ' ' : ', '}${per}`;
}

function describeTraffic({ match }: Fields, names: Names): string {
  const described = describeMatch(match, names);
  return described === null ? '' : `, for ${described}`;
}

function describeLimit(fields: Fields): string {
  if (fields.window !== undefined) return formatRate(fields.value ?? 0, rateOf(fields));
  const { amount, unit, reset } = fields;
  const said = typeof amount === 'number' ? formatOptional(amount, unit) : 'no limit';
  return reset === undefined ? said : `${said} ${formatPeriod(reset)}`;
}

/** `metadata.team nlp or vision`; null for everything. */
export function describeMatch(match: Match | undefined, names: Names): string | null {
  if (match === undefined || match === 'all') return null;
  return match.map((condition) => describeCondition(condition, names)).join(' and ');
}

function describeCondition({ key, any, except, others }: Condition, names: Names): string {
  const list = (values: readonly string[]): string =>
    values.map((value) => escapeInvisible(key === 'api_key' ? (names[value] ?? value) : value)).join(' or ');
  const values = any === '*' ? 'any' : any.length === 1 && any[0] === '*' ? 'a literal *' : list(any);
  const odd = others === undefined ? '' : ` (${escapeInvisible(JSON.stringify(others))})`;
  return `${escapeInvisible(key)} ${values}${except.length === 0 ? '' : ` but ${list(except)}`}${odd}`;
}

function policyMove(change: Change, before: Fields, after: Fields, names: Names): Line {
  const moved = new Map(change.fieldChanges.map((fieldChange) => [fieldChange.field, fieldChange]));
  const parts: Line[] = [];
  const hasLimitMove = limitFields.some((field) => moved.has(field));
  if (hasLimitMove) {
    const scope = moved.has('per') ? '' : withScope('', after);
    parts.push([...limitMove(before, after), describePer(after) === shared ? usual(scope) : words(scope)]);
  }
  if (moved.has('per')) parts.push(toFresh(describePer(before), describePer(after)));
  for (const [field, fieldChange] of moved) {
    if (field === 'per' || limitFields.includes(field)) continue;
    parts.push(fieldMove(fieldChange, before, after, names));
  }
  return joinParts(parts);
}

const limitFields = ['amount', 'unit', 'reset', 'value', 'window'];

function toFresh(from: string, to: string): Line {
  return [words(`${from} → `), fresh(to)];
}

function describePer({ per = [] }: Fields): string {
  if (per.length === 0) return '';
  return per.length === 1 && per[0] === 'workspace_id' ? shared : `per ${per.map(escapeInvisible).join(' and ')}`;
}

const shared = 'shared by the workspace';

/** `$500 → $750 monthly (+50%)`; of a budget whose period alone moves, `$500, reset weekly → monthly`. */
function limitMove(before: Fields, after: Fields): Line {
  const isRateLimit = before.window !== undefined || after.window !== undefined;
  if (isRateLimit) {
    const sameUnit = before.window === after.window && before.unit === after.unit;
    return [
      ...toFresh(describeLimit(before), describeLimit(after)),
      ...(sameUnit ? shiftOf(before.value, after.value) : []),
    ];
  }
  return budgetMove(toBudget(before), toBudget(after));
}

interface Side {
  readonly amount: number | null;
  readonly unit: Unit;
  readonly reset: Budget['reset'] | undefined;
}

function toBudget({ amount, unit = 'cost', reset }: Fields): Side {
  return { amount: typeof amount === 'number' ? amount : null, unit, reset };
}

function budgetMove(from: Side, to: Side): Line {
  const amountOf = ({ amount, unit }: Side): string => (amount === null ? 'no limit' : formatAmount(amount, unit));
  const whole = (side: Side): string =>
    side.reset === undefined ? amountOf(side) : `${amountOf(side)} ${formatPeriod(side.reset)}`;
  const isSameAmount = from.amount === to.amount && from.unit === to.unit;
  if (isSameAmount && from.reset !== undefined && to.reset !== undefined && from.reset !== to.reset) {
    return [words(`${amountOf(to)}, reset `), ...toFresh(formatReset(from.reset), formatReset(to.reset))];
  }
  if (from.reset !== to.reset) return toFresh(whole(from), whole(to));
  const period = to.reset === undefined ? [] : [words(` ${formatPeriod(to.reset)}`)];
  const shift = from.unit === to.unit ? shiftOf(from.amount, to.amount) : [];
  return [...toFresh(amountOf(from), amountOf(to)), ...period, ...shift];
}

/** ` (+50%)`. */
function shiftOf(from: number | null | undefined, to: number | null | undefined): Cell[] {
  if (typeof from !== 'number' || typeof to !== 'number' || from <= 0 || from === to) return [];
  const percent = Math.round(((to - from) / from) * 100);
  const sign = to > from ? '+' : '-';
  return [{ is: 'shift', text: ` (${sign}${Math.max(1, Math.abs(percent))}%)`, to: to > from ? 'raise' : 'cut' }];
}

function fieldMove({ field, before, after }: FieldChange, allBefore: Fields, allAfter: Fields, names: Names): Line {
  switch (field) {
    case 'alert':
      return alertMove(
        { alert: before, of: toBudget(allBefore) },
        { alert: after, of: toBudget({ ...allBefore, ...allAfter }) },
        false,
      );
    case 'match': {
      const everything = 'all requests';
      const from = describeMatch(allBefore.match, names) ?? everything;
      return [words('for '), ...toFresh(from, describeMatch(allAfter.match, names) ?? everything)];
    }
    case 'name':
      return [words(`renamed from ${formatValue(before)}`)];
    case 'starting':
      return [words(`window starts ${formatDate(after)}`)];
    default:
      return [words(`${field} `), ...toFresh(formatValue(before), formatValue(after))];
  }
}

/** All that is set of an attachment point. Prices have commas of their own. */
function describeAttached({ kind }: ResourceKey, fields: Fields): string {
  const said = describeLimits(fields);
  return kind === 'integration-prices' ? said.join('; ') || 'the catalogue’s prices' : said.join(', ') || 'no limit';
}

/** All limits of an attachment point that are set. */
function describeLimits(fields: Fields): string[] {
  const fieldsInOrder = Object.entries(fields).sort(([a], [b]) => Number(isLimitField(b)) - Number(isLimitField(a)));
  return fieldsInOrder.flatMap(([field, value]) => {
    if (value === null || (Array.isArray(value) && value.length === 0)) return [];
    return [describeWhole(field, value, fields)];
  });
}

function describeWhole(field: string, value: FieldValue, fields: Fields): string {
  if (isRate(field) || isBudget(field)) return formatField(field, value, fields);
  if (isAlert(field)) {
    const budget = fields[budgetOf(field)];
    return `alert at ${budget ? describeAlert(value, budget, true) : formatField(field, value, fields)}`;
  }
  if (field === 'recipients') return `recipients ${(fields.recipients ?? []).map(escapeInvisible).join(', ')}`;
  if (field === 'expires') return `expires ${formatDate(value)}`;
  if (isPartOfPrices(field))
    return escapeInvisible(`${describePriceField(field)} ${formatField(field, value, fields)}`);
  return `${field} ${formatValue(value)}`;
}

function limitsMove({ fieldChanges, before, after }: Change): Line {
  const [gone] = fieldChanges.filter(({ field, after: to }) => isBudget(field) && !to);
  const [come] = fieldChanges.filter(({ field, before: from }) => isBudget(field) && !from);
  const isOneSlot =
    gone !== undefined &&
    come !== undefined &&
    fieldChanges.filter(({ field, before: from, after: to }) => isBudget(field) && (!from || !to)).length === 2;
  const parts = fieldChanges.flatMap((change): Line[] => {
    const { field } = change;
    const rate = rateNameOf(field);
    if (rate !== null) return [rateMove(change, rate)];
    if (isBudget(field)) {
      // One budget of a list that goes while another comes is one that changes.
      if (isOneSlot && change === come) return [];
      const to = isOneSlot && change === gone ? after?.[come.field as typeof field] : after?.[field];
      return [attachedBudgetMove(before?.[field], to)];
    }
    if (isAlert(field)) {
      const unit = unitOfAlert(field, after ?? {}) ?? unitOfAlert(field, before ?? {}) ?? 'cost';
      const side = (fields: Fields | null): Side =>
        fields?.[budgetOf(field)] ?? { amount: null, unit, reset: undefined };
      const [was, will] = [
        { alert: change.before, of: side(before) },
        { alert: change.after, of: side(after) },
      ];
      return [alertMove(was, will, true)];
    }
    if (field === 'recipients') return [recipientsMove(before?.recipients ?? [], after?.recipients ?? [])];
    if (field === 'expires') {
      return [[words('expires '), ...toFresh(formatDate(change.before), formatDate(change.after))]];
    }
    if (field === 'starting') return [[words(`window starts ${formatDate(change.after)}`)]];
    if (isPartOfPrices(field)) return [priceMoveLine(change)];
    return [[words(`${field} `), ...toFresh(formatValue(change.before), formatValue(change.after))]];
  });
  // Prices have commas of their own.
  return fieldChanges.some(({ field }) => isPartOfPrices(field)) ? joinLines(parts, '; ') : joinParts(parts);
}

function rateMove({ before, after }: FieldChange, rate: RateName): Line {
  if (typeof before !== 'number') return [words('+ '), fresh(formatRate(Number(after), rate))];
  if (typeof after !== 'number') return [words(`- ${formatRate(before, rate)}`)];
  const [from = ''] = formatRate(before, rate).split(' ');
  return [...toFresh(from, formatRate(after, rate)), ...shiftOf(before, after)];
}

function attachedBudgetMove(from: Budget | null | undefined, to: Budget | null | undefined): Line {
  if (!from) return to ? [words('+ '), fresh(formatBudget(to))] : [words('no budget')];
  return to ? budgetMove(from, to) : [words(`- ${formatBudget(from)}`)];
}

function recipientsMove(from: readonly string[], to: readonly string[]): Line {
  const added = to.filter((address) => !from.includes(address)).map((address) => ['+', address] as const);
  const gone = from.filter((address) => !to.includes(address)).map((address) => ['-', address] as const);
  const moves = [...added, ...gone].map(([sign, address]): Line => [words(`${sign} `), value(address)]);
  return [words('recipients '), ...joinLines(moves, ' ')];
}
