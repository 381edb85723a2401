/**
 * What a limit lets be spent in 30 days, before and after, as far as `above` of `review.approvals` asks: what rises, and how
 * far. Doubt is above every amount.
 *
 * | before → after | rises to |
 * |---|---|
 * | $900 → $1,100 | $1,100 |
 * | $1,100 → $900, or the same | – |
 * | nothing declared → $500 | $500 |
 * | $500 → none, or for each user | unbounded |
 * | $500 in all (`never`) → $500 a month | $500 |
 * | 1M tokens → 2M tokens | unbounded, as tokens have no fixed price |
 * | prices of an integration, lower, or not known to be higher | unbounded: all budgets in dollars buy more |
 */

import { compare, type Exact } from '../exact.ts';
import { limitPer30Days } from '../impact/money.ts';
import { compareFields, strongestDirection } from '../plan/field-changes.ts';
import { isSame } from '../resources/canonical.ts';
import { isBudget } from '../resources/fields.ts';
import { type BudgetLimit, budgetLimitsOf, isKnownReset } from '../resources/limit.ts';
import type { Fields, Kind } from '../resources/types.ts';

/** US cents per 30 days. */
export type Spendable = Exact | 'unbounded';

export function isAbove(amount: Spendable, cents: Exact): boolean {
  return amount === 'unbounded' || compare(amount, cents) > 0;
}

/** What holds on a day, and with `until:` what holds after its date or held before it. Null: nothing is declared. */
export interface DatedSides {
  readonly now: Fields | null;
  readonly until: { readonly date: string; readonly other: Fields | null } | null;
}

/** A date is part of the limit: where it is another one, or what holds after it, the least of before and the most of after count. */
export function risesOf(kind: Kind, before: DatedSides, after: DatedSides): Spendable | null {
  if (isSame(before.until, after.until)) return risesTo(kind, before.now, after.now);
  const all = bothOf(after).flatMap((to) => bothOf(before).flatMap((from) => risesTo(kind, from, to) ?? []));
  return mostOf(all);
}

/** Null: of none. */
export function mostOf(amounts: readonly Spendable[]): Spendable | null {
  return amounts.reduce<Spendable | null>((most, one) => {
    if (most === null || one === 'unbounded') return one;
    return most === 'unbounded' || compare(most, one) > 0 ? most : one;
  }, null);
}

function bothOf({ now, until }: DatedSides): readonly (Fields | null)[] {
  return until === null ? [now] : [now, until.other];
}

/**
 * What the limits of money of one resource rise to; null: they do not.
 *
 * @param before as of the record; null: it declares nothing
 * @param after as of the files; null: they declare nothing any more
 */
export function risesTo(kind: Kind, before: Fields | null, after: Fields | null): Spendable | null {
  if (kind === 'rate-policy') return null;
  if (kind === 'integration-prices') return buysMore(before ?? {}, after ?? {}) ? 'unbounded' : null;
  const [was, now] = [limitsIn(kind, before), limitsIn(kind, after)];
  if (now.length === 0) return was.length === 0 ? null : 'unbounded';
  const to = leastOf(now);
  if (was.length === 0) return to;
  const from = leastOf(was);
  const isSameScope = isSame(was.map(scopeOf), now.map(scopeOf));
  if (from !== 'unbounded' && to !== 'unbounded' && isSameScope) {
    // What could be spent once can be spent again and again.
    const isRenewed = was.some(({ reset }) => reset === 'never') && now.every(({ reset }) => reset !== 'never');
    return isRenewed || compare(to, from) > 0 ? to : null;
  }
  if (from === 'unbounded' && to !== 'unbounded' && isSameScope) return null;
  const moved = compareFields(moneyOf(before ?? {}), moneyOf(after ?? {})).map(({ direction }) => direction);
  const direction = strongestDirection(moved);
  return direction === 'loosen' || direction === 'rescope' ? to : null;
}

function buysMore(before: Fields, after: Fields): boolean {
  const direction = strongestDirection(compareFields(before, after).map((change) => change.direction));
  return direction === 'loosen' || direction === 'rescope';
}

/** A budget of 0 is not enforced by the gateway, and so is none (docs/service-notes.md#zero-limit). */
function limitsIn(kind: Kind, fields: Fields | null): readonly BudgetLimit[] {
  return fields === null ? [] : budgetLimitsOf(kind, fields).filter(({ amount }) => amount > 0);
}

/** All of them hold, so that the least bounds what is spent. */
function leastOf(limits: readonly BudgetLimit[]): Spendable {
  return limits.reduce<Spendable>((least, limit) => {
    const amount = amountOf(limit);
    if (amount === 'unbounded') return least;
    return least === 'unbounded' || compare(amount, least) < 0 ? amount : least;
  }, 'unbounded');
}

/** Of tokens or requests, of an unknown reset, and of one for each of whoever there will be, nobody knows the sum. */
function amountOf(limit: BudgetLimit): Spendable {
  if (limit.unit !== 'cost' || !isKnownReset(limit.reset)) return 'unbounded';
  const isForEach = limit.kind === 'usage-policy' && limit.per.some((key) => !wholes.has(key));
  return isForEach ? 'unbounded' : limitPer30Days(limit);
}

const wholes: ReadonlySet<string> = new Set(['workspace_id', 'organisation_id']);

function scopeOf({ unit, match, per, target }: BudgetLimit): unknown {
  return { unit, match, per, target };
}

const moneyFields: ReadonlySet<string> = new Set(['unit', 'amount', 'reset', 'match', 'per', 'target', 'budgets']);

function moneyOf(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(([field]) => moneyFields.has(field) || isBudget(field)),
  ) as Fields;
}
