/**
 * What moved by hand and is not put back. `review.drift` says which:
 *
 * | | put back | left |
 * |---|---|---|
 * | `safe` | what got looser, other scopes, names and the like | limits that got tighter, where no limit of the object got looser |
 * | `revert` | everything | – |
 * | `leave` | – | everything |
 *
 * An urgent cap is set by hand, and the next merge must not take it away in silence. What Git changed meanwhile is not drift: a
 * reviewed value wins. The parts of one limit (amount, period, alert) stay together, or there would be a limit that nobody wrote.
 * A price that got higher is tighter: every budget in dollars buys less.
 */

import { compare } from '../exact.ts';
import { limitPer30Days } from '../impact/money.ts';
import { isSame } from '../resources/canonical.ts';
import { budgetOf, type FieldsDraft, isAlert, isBudget, isRate, isSlotted, pickFields } from '../resources/fields.ts';
import { isBudgetLimit, isKnownReset, isRateLimit, type Limit, limitsOf } from '../resources/limit.ts';
import { isPartOfPrices } from '../resources/price-fields.ts';
import { secondsOfWindow } from '../resources/rate-windows.ts';
import { specOf } from '../resources/registry.ts';
import type { DriftMode } from '../resources/review-settings.ts';
import type { Fields, FieldValue, Kind } from '../resources/types.ts';
import { comparePrices, strongestDirection, windowDays } from './field-changes.ts';
import { type ChangeDraft, makeChange, whoMoved } from './make-change.ts';
import type { Direction, FieldChange, LeftDrift } from './types.ts';

export interface DriftFacts {
  readonly kind: Kind;
  readonly declared: Fields;
  /** As recorded. */
  readonly past: Fields;
  /** Managed fields as they are live and as they are to be. */
  readonly before: Fields;
  readonly after: Fields;
  /** All fields of the live object. */
  readonly live: Fields;
}

/** Fields of `after` that are to stay as they are live. */
export function findLeft(mode: DriftMode, facts: DriftFacts): ReadonlySet<string> {
  if (mode === 'revert') return new Set();
  const { kind, past, before, after, live } = facts;
  const moved = Object.keys(after).filter((field) => !isSame(before[field] ?? null, after[field]));
  const edited = moved.filter((field) => whoMoved(facts, field, before[field], after[field]).edited);
  const settled = new Set(edited.filter((field) => !isAlert(field)).map((field) => limitOf(kind, field) ?? field));
  const open = moved.filter((field) => !edited.includes(field) && !settled.has(limitOf(kind, field) ?? field));
  if (mode === 'leave') return withAlerts(facts, edited, open);

  const limits = new Set(open.filter((field) => !isAlert(field)).flatMap((field) => limitOf(kind, field) ?? []));
  const isLooser = [...limits].some((limit) => directionOfLimit(kind, limit, past, live) === 'loosen');
  // What counted every request and now counts some of them leaves the others unbound.
  const isNarrower = open.includes('match') && past.match === 'all';
  if (isLooser || isNarrower) return new Set();
  const left = open.filter((field) => limits.has(limitOf(kind, field) ?? ''));
  return withAlerts(facts, edited, left);
}

/** An alert of Git that is not below a limit that is left would be refused: it waits with its limit. */
function withAlerts(
  { kind, after, live }: DriftFacts,
  edited: readonly string[],
  left: readonly string[],
): ReadonlySet<string> {
  const limits = new Set(left.map((field) => limitOf(kind, field)));
  const waiting = edited.filter((field) => {
    const alert = after[field];
    const limit = limitOf(kind, field);
    if (!isAlert(field) || limit === null || !limits.has(limit) || typeof alert !== 'number') return false;
    return alert >= (limitsOf(kind, live).find((one) => one.field === limit)?.amount ?? Number.POSITIVE_INFINITY);
  });
  return new Set([...left, ...waiting]);
}

/** Fields as they are to be, with what is left as it is live: so it is sent when another field is written. */
export function keepLeft(after: Fields, before: Fields, left: ReadonlySet<string>): Fields {
  if (left.size === 0) return after;
  const kept: FieldsDraft = { ...after };
  for (const field of left) kept[field] = before[field] ?? null;
  return kept;
}

/** @param draft what the change of the object would be made of */
export function makeLeft(
  draft: Omit<ChangeDraft, 'action' | 'reason' | 'after'> & { readonly before: Fields },
  after: Fields,
  left: ReadonlySet<string>,
  past: Fields,
  live: Fields,
): LeftDrift {
  const back = pickFields(after, (field) => left.has(field));
  const change = makeChange({ ...draft, action: 'update', reason: 'changed', after: { ...draft.before, ...back } });
  return { change, direction: directionOfDrift(draft.key.kind, past, live, change.fieldChanges) };
}

/** What a move by hand did to those whom the limits bind, by the 30-day amount where amount and period move together. */
export function directionOfDrift(kind: Kind, past: Fields, live: Fields, moves: readonly FieldChange[]): Direction {
  const limits = new Set(moves.flatMap(({ field }) => (isAlert(field) ? [] : (limitOf(kind, field) ?? []))));
  const others = moves.filter(({ field }) => isAlert(field) || limitOf(kind, field) === null);
  return strongestDirection([
    ...[...limits].map((limit) => directionOfLimit(kind, limit, past, live)),
    ...others.map(({ direction }) => direction),
  ]);
}

/** Names the limit that a field is a part of; null for a field that limits nothing. */
function limitOf(kind: Kind, field: string): string | null {
  if (kind === 'usage-policy') return ['unit', 'amount', 'reset', 'alert'].includes(field) ? 'amount' : null;
  if (kind === 'rate-policy') return ['unit', 'value', 'window'].includes(field) ? 'value' : null;
  if (field === 'expires') return field;
  if (isRate(field)) {
    const spec = specOf(kind);
    return !spec.policy && spec.singleRate ? 'rate' : field;
  }
  if (isAlert(field)) return budgetOf(field);
  return isBudget(field) || isPartOfPrices(field) ? field : null;
}

function directionOfLimit(kind: Kind, limit: string, past: Fields, live: Fields): 'loosen' | 'tighten' {
  if (limit === 'expires') return isLaterExpiry(past.expires, live.expires) ? 'loosen' : 'tighten';
  if (isPartOfPrices(limit))
    return comparePrices(limit, { ...live, ...past }, live) === 'loosen' ? 'loosen' : 'tighten';
  // What the record does not say of a limit (its period, its unit) is as it is live; what it says is none is none.
  const was = limitsOf(kind, { ...live, ...past });
  const now = limitsOf(kind, live);
  const isSort = limit === 'rate' || limit === 'value' || isRate(limit) ? isRateLimit : isBudgetLimit;
  // Where it is gone, those of its sort that came by hand: one period may have been changed for another.
  const come = now.filter(
    (one) => isSort(one) && (isRate(one.field) || isSlotted(one.field)) && past[one.field] == null,
  );
  const names = limit === 'rate' ? Object.keys(past).filter(isRate) : [limit];
  const isTighter = (names.length === 0 ? [''] : names).every((name) => {
    const from = name in past ? was.find(({ field }) => field === name) : undefined;
    const same = now.find(({ field }) => field === name);
    return (same === undefined ? come : [same]).some((one) => isWithin(one, from));
  });
  return isTighter ? 'tighten' : 'loosen';
}

/**
 * Where there was no limit, any that binds is tighter. A list may hold in place of one period another one.
 *
 * | now, against before | |
 * |---|---|
 * | another unit, a higher amount, no limit | looser |
 * | a budget of a shorter period, and as much per 30 days or more | looser |
 * | a rate that lets more pass on average | looser |
 * | a period that this program does not know, which may be any | looser |
 * | everything else | within |
 */
function isWithin(now: Limit, from: Limit | undefined): boolean {
  const isKnown = isBudgetLimit(now) ? isKnownReset(now.reset) : now.window in secondsOfWindow;
  if (!binds(now.amount) || !isKnown) return false;
  if (from === undefined) return true;
  if (now.unit !== from.unit || now.amount > from.amount) return false;
  if (isRateLimit(now)) {
    return isRateLimit(from) && now.amount * secondsOfWindow[from.window] <= from.amount * secondsOfWindow[now.window];
  }
  if (isRateLimit(from)) return false;
  if (windowDays(now.reset) >= windowDays(from.reset)) return true;
  return compare(limitPer30Days(now), limitPer30Days(from)) < 0;
}

/** A limit of zero is none: the gateway does not enforce it (docs/service-notes.md#zero-limit). */
function binds(amount: number): boolean {
  return Number.isFinite(amount) && amount > 0;
}

function isLaterExpiry(from: FieldValue | undefined, now: FieldValue | undefined): boolean {
  if (typeof now !== 'string') return typeof from === 'string';
  return typeof from === 'string' && !(Date.parse(now) <= Date.parse(from));
}
