/** Changes in the words that people write: the one vocabulary of text, markdown and comments. */

import type { Change, FieldChange } from '../plan/types.ts';
import { escapeInvisible } from '../printable.ts';
import { formatAmount, formatRate } from '../resources/amounts.ts';
import {
  formatBudget,
  formatDate,
  formatField,
  formatOptional,
  formatPeriod,
  formatValue,
  rateOf,
} from '../resources/field-text.ts';
import { isAlert, isBudget, isRate, rateNameOf, unitOfAlert } from '../resources/fields.ts';
import { isPolicyKind, specOf } from '../resources/registry.ts';
import type { Budget, Condition, Fields, FieldValue, Match, RateName, ResourceKey } from '../resources/types.ts';

/** Names of keys by id: conditions hold ids, people know names. */
export type Names = Readonly<Record<string, string>>;

/** `monthly-spend`, `key campaign-writer`, `workspace limits`. */
export function describeKey(key: ResourceKey): string {
  const { label, kind } = specOf(key.kind);
  if (kind === 'workspace-limits') return 'workspace limits';
  const suffix = kind === 'integration-limits' && key.workspace === null ? ' (new workspaces)' : '';
  return escapeInvisible(isPolicyKind(kind) ? key.name : `${label} ${key.name}`) + suffix;
}

/** What changes, without the name: `$500 → $750 monthly, shared by the workspace`. */
export function describeChange(change: Change, names: Names): string {
  const { before, after, action } = change;
  if (isPolicyKind(change.key.kind)) {
    if (after === null) return describePolicy(before ?? {}, names);
    if (before === null) return describePolicy(after, names);
    return describePolicyMove(change, before, after, names);
  }
  if (action === 'create' && after !== null) return describeLimits(after).join(', ');
  return describeLimitsMove(change).join(', ');
}

/** For a change that was not approved as it stands: what was approved, what is live now, what the files ask for. */
export function describeStale(change: Change, approved: Change | null, names: Names = {}): string {
  const phrase = (fields: Fields | null): string => {
    if (fields === null) return 'nothing';
    if (isPolicyKind(change.key.kind)) return describePolicy({ ...change.before, ...change.after, ...fields }, names);
    return describeLimits(fields).join(', ') || 'no limit';
  };
  const now = `live now: ${phrase(change.before)}; the files ask for: ${phrase(change.after)}`;
  return approved === null ? now : `approved: ${phrase(approved.before)} → ${phrase(approved.after)}; ${now}`;
}

/** A whole policy in a phrase. */
function describePolicy(fields: Fields, names: Names): string {
  const parts = [describeLimit(fields), describeScope(fields, names)];
  if (typeof fields.alert === 'number') parts.push(`alert at ${formatOptional(fields.alert, fields.unit)}`);
  return parts.join(', ').replace(/, per /, ' per ');
}

function describeLimit(fields: Fields): string {
  if (fields.window !== undefined) return formatRate(fields.value ?? 0, rateOf(fields));
  const { amount, unit, reset } = fields;
  const said = typeof amount === 'number' ? formatOptional(amount, unit) : 'no limit';
  return reset === undefined ? said : `${said} ${formatPeriod(reset)}`;
}

function describeScope(fields: Fields, names: Names): string {
  const { per = [] } = fields;
  const shared = per.length === 1 && per[0] === 'workspace_id';
  const scope = shared ? 'shared by the workspace' : `per ${per.map(escapeInvisible).join(' and ')}`;
  const match = describeMatch(fields.match, names);
  return match === null ? scope : `${scope}, for ${match}`;
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

function describePolicyMove(change: Change, before: Fields, after: Fields, names: Names): string {
  const moved = new Map(change.fieldChanges.map((fieldChange) => [fieldChange.field, fieldChange]));
  const parts: string[] = [];
  const hasLimitMove = ['amount', 'unit', 'reset', 'value', 'window'].some((field) => moved.has(field));
  if (hasLimitMove) parts.push(describeLimitMove(before, after));
  if (moved.has('per')) parts.push(`${describePer(before)} → ${describePer(after)}`);
  else if (hasLimitMove) parts.push(describePer(after));
  for (const [field, fieldChange] of moved) {
    if (['amount', 'unit', 'reset', 'value', 'window', 'per'].includes(field)) continue;
    parts.push(describeField(fieldChange, before, after, names));
  }
  return parts.join(', ').replace(/, per /, ' per ');
}

function describePer(fields: Fields): string {
  const { per } = fields;
  if (per === undefined) return '';
  return per.length === 1 && per[0] === 'workspace_id' ? 'shared by the workspace' : `per ${per.join(' and ')}`;
}

/** `$500 → $750 monthly`, or both whole where the period or unit moves. */
function describeLimitMove(before: Fields, after: Fields): string {
  const from = describeLimit(before);
  const to = describeLimit(after);
  if (before.window !== undefined || before.reset !== after.reset) return `${from} → ${to}`;
  return `${from.replace(` ${formatPeriod(before.reset ?? 'never')}`, '')} → ${to}`;
}

function describeField(
  { field, before, after }: FieldChange,
  allBefore: Fields,
  allAfter: Fields,
  names: Names,
): string {
  switch (field) {
    case 'alert':
      return `alert ${formatOptional(before, allBefore.unit)} → ${formatOptional(after, allAfter.unit ?? allBefore.unit)}`;
    case 'match': {
      const everything = 'all requests';
      const from = describeMatch(allBefore.match, names) ?? everything;
      return `for ${from} → ${describeMatch(allAfter.match, names) ?? everything}`;
    }
    case 'name':
      return `renamed from ${formatValue(before)}`;
    case 'starting':
      return `window starts ${formatDate(after)}`;
    default:
      return `${field} ${formatValue(before)} → ${formatValue(after)}`;
  }
}

/** All limits of an attachment point that are set. */
function describeLimits(fields: Fields): string[] {
  return Object.entries(fields).flatMap(([field, value]) => {
    if (value === null || (Array.isArray(value) && value.length === 0)) return [];
    return [describeWhole(field, value, fields)];
  });
}

function describeWhole(field: string, value: FieldValue, fields: Fields): string {
  if (isRate(field) || isBudget(field)) return formatField(field, value, fields);
  if (isAlert(field)) return `alert at ${formatField(field, value, fields)}`;
  if (field === 'recipients') return `recipients ${(fields.recipients ?? []).map(escapeInvisible).join(', ')}`;
  if (field === 'expires') return `expires ${formatDate(value)}`;
  return `${field} ${formatValue(value)}`;
}

function describeLimitsMove({ fieldChanges, before, after }: Change): string[] {
  const moves = fieldChanges.flatMap((change): string[] => {
    const { field } = change;
    const rate = rateNameOf(field);
    if (rate !== null) return [describeRateMove(change, rate)];
    if (isBudget(field)) return [describeBudgetMove(before?.[field], after?.[field])];
    if (isAlert(field)) {
      const unit = unitOfAlert(field, after ?? {}) ?? unitOfAlert(field, before ?? {});
      return [`alert ${formatOptional(change.before, unit)} → ${formatOptional(change.after, unit)}`];
    }
    if (field === 'recipients') return [describeRecipientsMove(before?.recipients ?? [], after?.recipients ?? [])];
    if (field === 'expires') return [`expires ${formatDate(change.before)} → ${formatDate(change.after)}`];
    if (field === 'starting') return [`window starts ${formatDate(change.after)}`];
    return [`${field} ${formatValue(change.before)} → ${formatValue(change.after)}`];
  });
  return joinSlotMoves(moves);
}

function describeRateMove({ before, after }: FieldChange, rate: RateName): string {
  if (typeof before !== 'number') return `+ ${formatRate(Number(after), rate)}`;
  if (typeof after !== 'number') return `- ${formatRate(before, rate)}`;
  const [from = ''] = formatRate(before, rate).split(' ');
  return `${from} → ${formatRate(after, rate)}`;
}

function describeBudgetMove(from: Budget | null | undefined, to: Budget | null | undefined): string {
  if (!from) return to ? `+ ${formatBudget(to)}` : 'no budget';
  if (!to) return `- ${formatBudget(from)}`;
  if (from.unit === to.unit && from.reset === to.reset) {
    return `${formatAmount(from.amount, from.unit)} → ${formatBudget(to)}`;
  }
  return `${formatBudget(from)} → ${formatBudget(to)}`;
}

function describeRecipientsMove(from: readonly string[], to: readonly string[]): string {
  const added = to.filter((address) => !from.includes(address)).map((address) => `+ ${escapeInvisible(address)}`);
  const gone = from.filter((address) => !to.includes(address)).map((address) => `- ${escapeInvisible(address)}`);
  return `recipients ${[...added, ...gone].join(' ')}`;
}

/** One budget of a list that goes while another comes is one that changes: `$500 weekly → $500 monthly`. */
function joinSlotMoves(moves: readonly string[]): string[] {
  const gone = moves.filter((move) => move.startsWith('- $') || /^- .* tokens/.test(move));
  const come = moves.filter((move) => move.startsWith('+ $') || /^\+ .* tokens/.test(move));
  const [from] = gone;
  const [to] = come;
  if (gone.length !== 1 || come.length !== 1 || from === undefined || to === undefined) return [...moves];
  if (from.includes('/') || to.includes('/')) return [...moves];
  return [`${from.slice(2)} → ${to.slice(2)}`, ...moves.filter((move) => move !== from && move !== to)];
}
