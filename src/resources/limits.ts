/**
 * Budgets and rates between the wire and canonical form: the shared limit objects of API reference 1.11, used by keys,
 * workspaces, providers and integrations.
 */

import type { Budget, FieldValue, RateName, RateUnit, RateWindow, Reset, Unit } from './types.ts';
import type { WireBudget, WireRate } from './wire.ts';

/** Members only the server sets; never compared and never sent (API reference 1.11). */
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

const windowByWireUnit: Readonly<Record<string, RateWindow>> = {
  rps: 'second',
  rpm: 'minute',
  rph: 'hour',
  rpd: 'day',
  rpw: 'week',
};
const wireUnitByWindow: Readonly<Record<RateWindow, string>> = {
  second: 'rps',
  minute: 'rpm',
  hour: 'rph',
  day: 'rpd',
  week: 'rpw',
};

/**
 * US dollars on the wire to US cents. Whole cents come out whole (4.35 × 100 is 434.99999999999994 in binary); an amount
 * that is no whole number of cents stays fractional, so that it never equals a written one.
 */
export function centsFromDollars(dollars: number): number {
  const cents = dollars * 100;
  const whole = Math.round(cents);
  return Math.abs(cents - whole) < 1e-6 * Math.max(1, Math.abs(whole) * 1e-6) ? whole : cents;
}

/** The wire's amount (dollars, or a count) in canonical form (cents, or a count). */
export function amountFromWire(amount: number, unit: Unit): number {
  return unit === 'cost' ? centsFromDollars(amount) : amount;
}

export function amountToWire(amount: number, unit: Unit): number {
  return unit === 'cost' ? amount / 100 : amount;
}

/** Null, "" and absent all mean that the budget never starts again (API reference 1.8). */
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

/** Both members, so that switching from one kind of reset to the other clears the first (API reference 2.5). */
export function resetToWire(reset: Reset): { periodic_reset: string | null; periodic_reset_days: number | null } {
  const days = daysOfReset(reset);
  if (days !== null) return { periodic_reset: null, periodic_reset_days: days };
  return { periodic_reset: reset === 'never' ? null : reset, periodic_reset_days: null };
}

/** An object without `credit_limit` (server flags only) is no limit (API reference 1.11). */
export function budgetFromWire(wire: WireBudget | null | undefined): Budget | null {
  if (typeof wire?.credit_limit !== 'number') return null;
  const unit = unitFromWire(wire.type);
  return { unit, amount: amountFromWire(wire.credit_limit, unit), reset: resetFromWire(wire) };
}

export function alertFromWire(wire: WireBudget | null | undefined): number | null {
  if (typeof wire?.credit_limit !== 'number' || typeof wire.alert_threshold !== 'number') return null;
  return amountFromWire(wire.alert_threshold, unitFromWire(wire.type));
}

/** A missing type counts as cost, as in the gateway. */
function unitFromWire(type: string | null | undefined): Unit {
  return (type ?? 'cost') as Unit;
}

/**
 * A budget to be written: the declared members over the live ones, without those the server sets. For `every N days` the
 * live start of the next window goes along where it is known, since the service would count N days from now.
 *
 * @param live the budget as read just before, or null
 * @param alert in the budget's unit; undefined leaves the live one
 * @param nextReset ISO date of the running window's end, or null where it cannot be read
 */
export function budgetToWire(
  live: WireBudget | null,
  budget: Budget,
  alert: number | null | undefined,
  nextReset: string | null,
): WireBudget {
  const kept = live === null ? {} : withoutServerMembers(live);
  const liveAlert = live === null || budgetFromWire(live)?.unit !== budget.unit ? null : (live.alert_threshold ?? null);
  return {
    ...kept,
    type: budget.unit,
    credit_limit: amountToWire(budget.amount, budget.unit),
    alert_threshold: alert === undefined ? liveAlert : alert === null ? null : amountToWire(alert, budget.unit),
    ...resetToWire(budget.reset),
    ...(daysOfReset(budget.reset) !== null && nextReset !== null ? { next_usage_reset_at: nextReset } : {}),
  };
}

function withoutServerMembers(wire: WireBudget): WireBudget {
  return Object.fromEntries(Object.entries(wire).filter(([member]) => !serverMembers.includes(member)));
}

/** Null for an entry whose type or unit tollgate does not know: it is kept as it is and never managed. */
export function rateNameFromWire(wire: WireRate): RateName | null {
  const window = windowByWireUnit[wire.unit ?? ''];
  if (window === undefined || (wire.type !== 'requests' && wire.type !== 'tokens')) return null;
  return `${wire.type}/${window}`;
}

export function rateToWire(name: RateName, value: number): WireRate {
  const [unit, window] = splitRateName(name);
  return { type: unit, unit: wireUnitByWindow[window], value };
}

export function splitRateName(name: RateName): [RateUnit, RateWindow] {
  return name.split('/') as [RateUnit, RateWindow];
}

export function windowToWire(window: RateWindow): string {
  return wireUnitByWindow[window];
}

export function windowFromWire(unit: string | null | undefined): RateWindow | undefined {
  return windowByWireUnit[unit ?? ''];
}

/** `rate[requests/minute]` and so on, for every live entry that has a name and a value. */
export function rateFieldsFromWire(rates: readonly WireRate[] | null | undefined): Record<string, FieldValue> {
  const fields: Record<string, FieldValue> = {};
  for (const rate of rates ?? []) {
    const name = rateNameFromWire(rate);
    // Of several entries with one type and unit the gateway honours one counter (1.11); the first stands for them.
    if (name !== null && typeof rate.value === 'number') fields[rateField(name)] ??= rate.value;
  }
  return fields;
}

export function rateField(name: RateName): string {
  return `rate[${name}]`;
}

/** The name inside `rate[…]`, or null for another field. */
export function rateNameOf(field: string): RateName | null {
  return /^rate\[(.+)\]$/.test(field) ? (field.slice(5, -1) as RateName) : null;
}

/**
 * The whole list of rates to be written: managed values over the live entries, the others unchanged. Null when nothing is
 * left: `[]` is not proven to clear anything (API reference 1.3).
 *
 * @param changes name of the field → value, or null to take that rate away
 * @param single the level holds at most one rate, so that a managed one takes the place of any other
 */
export function ratesToWire(
  live: readonly WireRate[] | null | undefined,
  changes: Readonly<Record<string, number | null>>,
  single: boolean,
): readonly WireRate[] | null {
  const managed = Object.entries(changes).flatMap(([field, value]) => {
    const name = rateNameOf(field);
    return name === null || value === null ? [] : [rateToWire(name, value)];
  });
  const others = (live ?? []).filter((rate) => {
    const name = rateNameFromWire(rate);
    return name === null || !(rateField(name) in changes);
  });
  const all = single && managed.length > 0 ? managed : [...others, ...managed];
  return all.length === 0 ? null : all;
}
