import deepDiff from 'deep-diff';
import { fieldWordOf, isAlert, isBudget, isRate } from '../resources/fields.ts';
import { daysOfReset } from '../resources/limits.ts';
import { isPartOfPrices } from '../resources/price-fields.ts';
import { boughtBy, ratiosOf } from '../resources/price-ratios.ts';
import { secondsOfWindow } from '../resources/rate-windows.ts';
import type { Budget, Fields, Reset } from '../resources/types.ts';
import type { Direction, FieldChange } from './types.ts';

/** Fields that differ, in the order in which people read them. The only user of deep-diff. */
export function compareFields(before: Fields, after: Fields, immutable: readonly string[] = []): FieldChange[] {
  const changed = new Set((deepDiff.diff(before, after) ?? []).map((difference) => String(difference.path?.[0])));
  return [...changed].sort(compareFieldNames).map((field) => ({
    field,
    before: before[field],
    after: after[field],
    direction: directionOf(field, before, after),
    ...(immutable.includes(field) ? { immutable: true as const } : {}),
  }));
}

const fieldOrder = ['name', 'unit', 'amount', 'value', 'window', 'budget', 'reset', 'alert', 'rate', 'per', 'match'];

function compareFieldNames(a: string, b: string): number {
  const rank = (field: string): number => {
    const index = fieldOrder.indexOf(fieldWordOf(field));
    return index === -1 ? fieldOrder.length : index;
  };
  return rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0);
}

/**
 * | field | loosens when | tightens when |
 * |---|---|---|
 * | amount, value | higher, or gone | lower, or new |
 * | reset | shorter window, `never` → periodic | longer, periodic → `never` |
 * | budget | amount or reset loosens, other unit, or gone | amount or reset tightens, or new |
 * | rate window | more per second, or more at once | less of both |
 * | multiplier, price | lower, or one side is the catalogue's, which is not known here | higher |
 * | expires | later, or gone | earlier, or new |
 * | match, per, target, api | rescopes | – |
 * | name, description, alert, recipients | neutral | – |
 */
function directionOf(field: string, before: Fields, after: Fields): Direction {
  if (isBudget(field)) return compareBudgets(before[field], after[field]);
  if (isRate(field)) return compareLimits(before[field], after[field]);
  if (isAlert(field)) return 'neutral';
  if (isPartOfPrices(field)) return comparePrices(field, before, after);
  switch (field) {
    case 'amount':
    case 'value':
      return compareLimits(before[field], after[field]);
    case 'reset':
      return compareResets(before.reset, after.reset);
    case 'window':
      return compareWindows(before, after);
    case 'expires':
      return compareLimits(timeOf(before.expires), timeOf(after.expires));
    case 'unit':
      // The limit on the old unit goes; what the new one allows cannot be compared with it.
      return 'loosen';
    case 'name':
    case 'description':
    case 'recipients':
    case 'starting':
      return 'neutral';
    default:
      return 'rescope';
  }
}

/** Null and absent mean no limit, the loosest of all. */
function compareLimits(before: unknown, after: unknown): Direction {
  const from = typeof before === 'number' ? before : Number.POSITIVE_INFINITY;
  const to = typeof after === 'number' ? after : Number.POSITIVE_INFINITY;
  return to > from ? 'loosen' : to < from ? 'tighten' : 'neutral';
}

/** What costs less lets every budget in dollars buy more. What cannot be compared may. */
export function comparePrices(field: string, before: Fields, after: Fields): Direction {
  return strongestDirection(
    ratiosOf(field, before, after).map((ratio) => {
      if (ratio === 'same') return 'neutral';
      return ratio === null || boughtBy(ratio) !== null ? 'loosen' : 'tighten';
    }),
  );
}

function compareResets(before: Reset | undefined, after: Reset | undefined): Direction {
  return compareLimits(-windowDays(before), -windowDays(after));
}

/** Days of a window, for comparing: `never` is endless, a month counts 30. */
export function windowDays(reset: Reset | null | undefined): number {
  if (reset === undefined || reset === null || reset === 'never') return Number.MAX_SAFE_INTEGER;
  return reset === 'weekly' ? 7 : reset === 'monthly' ? 30 : (daysOfReset(reset) ?? Number.MAX_SAFE_INTEGER);
}

function compareBudgets(before: Budget | null | undefined, after: Budget | null | undefined): Direction {
  if (!before || !after) return compareLimits(before?.amount, after?.amount);
  if (before.unit !== after.unit) return 'loosen';
  return strongestDirection([compareLimits(before.amount, after.amount), compareResets(before.reset, after.reset)]);
}

/** A window that moves together with its value: looser if more may pass on average, or more in one go. */
function compareWindows(before: Fields, after: Fields): Direction {
  const perSecond = (fields: Fields): number =>
    Number(fields.value) / ((fields.window === undefined ? undefined : secondsOfWindow[fields.window]) ?? Number.NaN);
  const average = compareLimits(perSecond(before), perSecond(after));
  const burst = compareLimits(before.value, after.value);
  return strongestDirection([average, burst]);
}

function timeOf(value: string | null | undefined): number | undefined {
  return typeof value === 'string' ? Date.parse(value) : undefined;
}

/** The direction of a whole: loosening wins, then rescoping, then tightening. */
export function strongestDirection(directions: readonly Direction[]): Direction {
  return (['loosen', 'rescope', 'tighten'] as const).find((direction) => directions.includes(direction)) ?? 'neutral';
}
