/**
 * A limit, whichever kind carries it: one bound on what may be spent or asked. The only form in which planner, rules, impact and
 * status speak of one. Whoever asks whether fields limit anything asks here.
 */

import { formatRate } from './amounts.ts';
import { alertOf, parseField, splitRateName } from './fields.ts';
import { daysOfReset } from './limits.ts';
import type { RateWindow } from './rate-windows.ts';
import { specOf } from './registry.ts';
import type { Fields, Kind, LimitKind, Match, PolicyTarget, RateUnit, Reset, Unit } from './types.ts';

interface Bound {
  /** What carries it. */
  readonly kind: LimitKind;
  /** The field that holds it: `amount` and `value` of policies, `budget`, `budget[cost/monthly]`, `rate[requests/minute]`. */
  readonly field: string;
  /** Cents or a count. */
  readonly amount: number;
  /** Which calls it counts; of what is not a policy all that reach it. */
  readonly match: Match;
  /** What a counter is kept for. */
  readonly per: readonly string[];
  readonly target: PolicyTarget;
}

export interface BudgetLimit extends Bound {
  readonly unit: Unit;
  /** Null: the service does not show it. */
  readonly reset: Reset | null;
  /** In the unit. Undefined: not said. Null: none. */
  readonly alert: number | null | undefined;
}

export interface RateLimit extends Bound {
  readonly unit: RateUnit;
  readonly window: RateWindow;
}

export type Limit = BudgetLimit | RateLimit;

/** Of which it is known when it starts again. */
export type TimedLimit = BudgetLimit & { readonly reset: Reset };

export function isBudgetLimit(limit: Limit): limit is BudgetLimit {
  return 'reset' in limit;
}

export function isRateLimit(limit: Limit): limit is RateLimit {
  return 'window' in limit;
}

/** By the names of their fields, policies' own first: what is null is none. */
export function limitsOf(kind: Kind, fields: Fields): Limit[] {
  if (kind === 'integration-prices') return [];
  const spec = specOf(kind);
  if (spec.policy) {
    const { unit = 'cost', amount, value, reset = null, alert, window, match = 'all', target = 'llm' } = fields;
    const common = { kind, match, per: fields.per ?? ['workspace_id'], target };
    if (kind === 'rate-policy') {
      if (typeof value !== 'number' || window === undefined || unit === 'cost') return [];
      return [{ ...common, field: 'value', unit, window, amount: value }];
    }
    return typeof amount === 'number' ? [{ ...common, field: 'amount', unit, amount, reset, alert }] : [];
  }
  const common = { kind, match: 'all', per: [spec.per], target: 'llm' } as const;
  return Object.keys(fields).flatMap((field): Limit[] => {
    const parsed = parseField(field);
    if (parsed.part === 'budget') {
      const budget = fields[parsed.field];
      return budget ? [{ ...common, field, ...budget, alert: fields[alertOf(parsed.field)] }] : [];
    }
    const amount = parsed.part === 'rate' ? fields[parsed.field] : null;
    if (parsed.part !== 'rate' || typeof amount !== 'number') return [];
    const [unit, window] = splitRateName(parsed.name);
    return [{ ...common, field, unit, window, amount }];
  });
}

export function budgetLimitsOf(kind: Kind, fields: Fields): BudgetLimit[] {
  return limitsOf(kind, fields).filter(isBudgetLimit);
}

export function formatRateLimit({ amount, unit, window }: RateLimit): string {
  return formatRate(amount, `${unit}/${window}`);
}

/** The period counts as none where the service does not show it. */
export function timed(limit: BudgetLimit): TimedLimit {
  return { ...limit, reset: limit.reset ?? 'never' };
}

/** One that this version has heard of: a row may show any text. */
/** One counter for a whole workspace, however its policy writes that. */
export function hasOneCounter(per: readonly string[]): boolean {
  return per.every((key) => key === 'workspace_id');
}

export function isKnownUnit(unit: Unit): boolean {
  return (['cost', 'tokens', 'requests'] as readonly string[]).includes(unit);
}

/** Shown, and one that this version has heard of: lists of backends before 1.18 show none, and another may come any day. */
export function isKnownReset(reset: Reset | null): reset is Reset {
  return reset !== null && (['never', 'weekly', 'monthly'].includes(reset) || daysOfReset(reset) !== null);
}
