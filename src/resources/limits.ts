/**
 * Budgets and rates between the wire and canonical form: the limit object that keys, workspaces, providers and
 * integrations share (docs/service-notes.md#limit-object).
 */

import {
  type FieldsDraft,
  isPartOfRate,
  isRate,
  numberSlot,
  rateField,
  rateNameOf,
  splitRateName,
  unknownSlot,
} from './fields.ts';
import type { LimitsMove } from './kind.ts';
import { windowFromWire, windowToWire } from './rate-windows.ts';
import type { Budget, Fields, RateField, RateName, Reset, Unit } from './types.ts';
import type { WireBudget, WireRate } from './wire.ts';

/** Members only the server sets; never compared and never sent (docs/service-notes.md#limit-object). */
const serverMembers = [
  'id',
  'current_usage',
  'status',
  'last_reset_at',
  'next_usage_reset_at',
  'is_threshold_alerts_sent',
  'is_exhausted_alerts_sent',
  'is_expired_alerts_sent',
];

/**
 * US dollars on the wire to US cents. Whole cents come out whole (4.35 × 100 is 434.99999999999994 in binary); an amount
 * that is not a whole number of cents stays fractional, so that it never equals a written one.
 */
function centsFromDollars(dollars: number): number {
  const cents = dollars * 100;
  const whole = Math.round(cents);
  return Math.abs(cents - whole) < 1e-6 * Math.max(1, Math.abs(whole) * 1e-6) ? whole : cents;
}

/** The wire's amount (dollars, or a count) in canonical form (cents, or a count). */
export function amountFromWire(amount: number, unit: Unit): number {
  return unit === 'cost' ? centsFromDollars(amount) : amount;
}

export function amountToWire(amount: number | null, unit: Unit): number | null {
  return unit === 'cost' && amount !== null ? amount / 100 : amount;
}

/** Null, "" and absent all mean that the budget never starts again (docs/service-notes.md#stale-reads). */
export function resetFromWire(wire: Pick<WireBudget, 'periodic_reset' | 'periodic_reset_days'>): Reset {
  if (typeof wire.periodic_reset_days === 'number') return `every ${wire.periodic_reset_days} days`;
  if (wire.periodic_reset === 'weekly' || wire.periodic_reset === 'monthly') return wire.periodic_reset;
  // An unknown word is kept apart from `never`, so that it shows as a difference and import leaves the object alone.
  return wire.periodic_reset ? (wire.periodic_reset as Reset) : 'never';
}

/** Days of `every N days`; null for the other resets. */
export function daysOfReset(reset: Reset): number | null {
  const days = /^every (\d+) days$/.exec(reset)?.[1];
  return days === undefined ? null : Number(days);
}

/** Windows of days are of 1 to 365. */
export function isWithinYear(reset: Reset): boolean {
  const days = daysOfReset(reset) ?? 1;
  return days >= 1 && days <= 365;
}

/** Both members, so that switching from one kind of reset to the other clears the first (docs/service-notes.md#resent-reset). */
export function resetToWire(reset: Reset): { periodic_reset: string | null; periodic_reset_days: number | null } {
  const days = daysOfReset(reset);
  if (days !== null) return { periodic_reset: null, periodic_reset_days: days };
  return { periodic_reset: reset === 'never' ? null : reset, periodic_reset_days: null };
}

/** A limit of zero limits nothing: the gateway enforces none (docs/service-notes.md#zero-limit). Whoever reads an amount asks here. */
export function isLimit(amount: number | null | undefined): amount is number {
  return typeof amount === 'number' && amount > 0;
}

/** The budgets of a row, which has a list of them, one, or none. */
export function wireBudgetsOf({ usage_limits: limits }: { readonly usage_limits?: unknown }): readonly WireBudget[] {
  const list: readonly unknown[] = Array.isArray(limits) ? limits : [limits];
  return list.filter((one): one is WireBudget => typeof one === 'object' && one !== null);
}

/** An object without `credit_limit` (server flags only) is not a limit (docs/service-notes.md#limit-object), nor is one of zero. */
export function budgetFromWire(wire: WireBudget | null | undefined): Budget | null {
  if (!isLimit(wire?.credit_limit)) return null;
  const unit = unitFromWire(wire?.type);
  return { unit, amount: amountFromWire(wire.credit_limit, unit), reset: resetFromWire(wire) };
}

export function alertFromWire(wire: WireBudget | null | undefined): number | null {
  if (!isLimit(wire?.credit_limit) || !isLimit(wire.alert_threshold)) return null;
  return amountFromWire(wire.alert_threshold, unitFromWire(wire.type));
}

/** A missing type counts as cost, as in the gateway. */
function unitFromWire(type: string | null | undefined): Unit {
  return (type ?? 'cost') as Unit;
}

/**
 * A budget to be written: the declared members over the live ones, without those the server sets. For `every N days` the end of
 * the running window goes along where it is known, since the service would count N days from now; the end of a window of
 * another period does not: the new one would begin when the old one ends.
 *
 * @param live the budget as read just before, or null
 * @param alert in the budget's unit; undefined leaves the live one
 * @param starting ISO date at which the window is to start, as written
 * @param windowEnd ISO date of the running window's end, or null where it cannot be read
 */
export function budgetToWire(
  live: WireBudget | null,
  budget: Budget,
  alert: number | null | undefined,
  { starting, windowEnd }: { readonly starting: string | null; readonly windowEnd: string | null },
): WireBudget {
  const keepsWindow = live !== null && resetFromWire(live) === budget.reset;
  const nextReset = starting ?? (keepsWindow ? windowEnd : null);
  const kept = live === null ? {} : withoutServerMembers(live);
  const liveAlert = live === null || budgetFromWire(live)?.unit !== budget.unit ? null : (live.alert_threshold ?? null);
  return {
    ...kept,
    type: budget.unit,
    credit_limit: amountToWire(budget.amount, budget.unit),
    alert_threshold: alert === undefined ? liveAlert : amountToWire(alert, budget.unit),
    ...resetToWire(budget.reset),
    ...(daysOfReset(budget.reset) !== null && nextReset !== null ? { next_usage_reset_at: nextReset } : {}),
  };
}

/**
 * A row without ends of windows that have passed: sent back, such a date is one of the service's own choice; left out, it
 * counts N days from now.
 */
export function dropEndedWindows<Row extends object>(row: Row, now: number): Row {
  const drop = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(drop);
    if (typeof value !== 'object' || value === null) return value;
    const { next_usage_reset_at: end, ...rest } = value as { readonly next_usage_reset_at?: unknown };
    return typeof end === 'string' && hasEnded(end, now) ? rest : value;
  };
  const { usage_limits: limits } = row as { readonly usage_limits?: unknown };
  const whole = drop(row) as Row;
  return limits === undefined ? whole : { ...whole, usage_limits: drop(limits) };
}

export function hasEnded(end: string, now: number): boolean {
  return Date.parse(end) <= now;
}

function withoutServerMembers(wire: WireBudget): WireBudget {
  return Object.fromEntries(Object.entries(wire).filter(([member]) => !serverMembers.includes(member)));
}

/** Null for an entry whose type or unit tollgate does not know: it is kept as it is and never managed. */
function rateNameFromWire(wire: WireRate): RateName | null {
  const window = windowFromWire(wire.unit);
  if (window === undefined || (wire.type !== 'requests' && wire.type !== 'tokens')) return null;
  return `${wire.type}/${window}`;
}

function rateToWire(name: RateName, value: number): WireRate {
  const [unit, window] = splitRateName(name);
  return { type: unit, unit: windowToWire(window), value };
}

/** `rate[requests/minute]` and so on, for every live entry that limits anything. */
export function rateFieldsFromWire(
  rates: readonly WireRate[] | null | undefined,
  hints: readonly Fields[],
): FieldsDraft {
  const fields: FieldsDraft = {};
  for (const [field, { value }] of assignRates(rates, hints)) fields[field] = value ?? null;
  return fields;
}

/**
 * Live rates by field. Of several with one type and unit the managed one is that of a hinted value, else the smallest, which
 * binds; the others (`rate[requests/minute#2]`), and those of a type or unit that tollgate does not know
 * (`rate[requests/rpx#unknown]`), have fields of their own that no file can name, so they stay unmanaged.
 */
function assignRates(
  rates: readonly WireRate[] | null | undefined,
  hints: readonly Fields[],
): ReadonlyMap<RateField, WireRate> {
  const groups = new Map<string, WireRate[]>();
  for (const rate of rates ?? []) {
    if (!isLimit(rate.value)) continue;
    const name = rateNameFromWire(rate) ?? unknownSlot(rate.type ?? '-', rate.unit ?? '-');
    groups.set(name, [...(groups.get(name) ?? []), rate]);
  }
  const fields = new Map<RateField, WireRate>();
  for (const [name, group] of groups) {
    const hinted = hints.map((hint) => group.find(({ value }) => value === hint[rateField(name)]));
    const smallest = Math.min(...group.map(({ value }) => value ?? 0));
    const managed = hinted.find((rate) => rate !== undefined) ?? group.find(({ value }) => value === smallest);
    const others = group.filter((rate) => rate !== managed);
    for (const [index, rate] of [...(managed === undefined ? [] : [managed]), ...others].entries()) {
      fields.set(rateField(numberSlot(name, index + 1)), rate);
    }
  }
  return fields;
}

/**
 * The whole list of rates to be written: managed values over the live entries, with whatever else those carry; the others
 * unchanged. Undefined when none moves, null when nothing is left: `[]` is not proven to clear anything (docs/service-notes.md#clearing).
 *
 * @param single the level holds at most one rate, so that a managed one takes the place of any other
 */
export function buildRates(
  live: readonly WireRate[] | null | undefined,
  { changed, before }: LimitsMove,
  single: boolean,
): readonly WireRate[] | null | undefined {
  if (!Object.keys(changed).some(isPartOfRate)) return undefined;
  const fieldOf = new Map([...assignRates(live, [before])].map(([field, rate]) => [rate, field]));
  const missing = new Map<RateField, number>();
  for (const field of Object.keys(changed).filter(isRate)) {
    const value = changed[field];
    if (value !== null && value !== undefined) missing.set(field, value);
  }
  // Where several stand although one fits, those that are not managed go back as they are.
  const isSwept = single && missing.size > 0 && live?.length === 1;
  const all = (live ?? []).flatMap((rate): WireRate[] => {
    const name = rateNameFromWire(rate);
    // An entry that limits nothing makes room for a rate of its name.
    const field = fieldOf.get(rate) ?? (name !== null && !isLimit(rate.value) ? rateField(name) : null);
    const value = field === null ? undefined : missing.get(field);
    if (field !== null && value !== undefined && (fieldOf.has(rate) || ![...fieldOf.values()].includes(field))) {
      missing.delete(field);
      return [{ ...rate, value }];
    }
    return isSwept || (fieldOf.has(rate) && field !== null && field in changed) ? [] : [rate];
  });
  for (const [field, value] of missing) {
    const name = rateNameOf(field);
    if (name !== null) all.push(rateToWire(name, value));
  }
  return all.length === 0 ? null : all;
}
