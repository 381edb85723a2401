/** What may be written of a guard under `review.guards`: what holds where nothing is, and the stricter of two. */

import type {
  Counted,
  SpendUp,
  Switch,
  Threshold,
  WrittenCounted,
  WrittenSpendUp,
} from '../resources/review-settings.ts';

export interface GuardSetting<Value, Written> {
  readonly default: Value;
  /** A value for everything that is left out. */
  fill(written: Written): Value;
  /** Never looser than either. */
  stricter(a: Value, b: Value): Value;
}

/** Of a list from strict to loose, what comes first. */
export function firstOf<T extends string>(order: readonly T[], a: T, b: T): T {
  return order.indexOf(a) <= order.indexOf(b) ? a : b;
}

function oneOf<T extends string>(order: readonly T[], usual: T): GuardSetting<T, T> {
  return { default: usual, fill: (written) => written, stricter: (a, b) => firstOf(order, a, b) };
}

export const onOff = oneOf<Switch>(['on', 'warn', 'off'], 'on');

/** `asked`, where nothing is written: objects, and only warns of a plan that was asked for without its impact. */
export const onUnlessAsked = oneOf<Switch | 'asked'>(['on', 'asked', 'warn', 'off'], 'asked');

export function counted(usual: Counted): GuardSetting<Counted | 'off', WrittenCounted> {
  return {
    default: usual,
    fill: (written) => {
      if (written === 'off') return written;
      const { plan, ...threshold } = written === 'on' ? {} : written;
      return { ...usual, ...threshold, plan: { ...usual.plan, ...plan } };
    },
    stricter: unlessOff((a, b) => ({ ...lower(a, b), plan: lower(a.plan, b.plan) })),
  };
}

function lower(a: Threshold, b: Threshold): Threshold {
  return { count: Math.min(a.count, b.count), percent: Math.min(a.percent, b.percent) };
}

export function percentGuard(percent: number): GuardSetting<SpendUp | 'off', WrittenSpendUp> {
  return {
    default: { percent, said: 'on' },
    fill: (written) => {
      if (written === 'off') return written;
      return typeof written === 'object' ? { percent: written.percent, said: 'on' } : { percent, said: written };
    },
    stricter: unlessOff((a, b) => ({
      percent: Math.min(a.percent, b.percent),
      said: firstOf(['on', 'warn'], a.said, b.said),
    })),
  };
}

function unlessOff<T>(both: (a: T, b: T) => T): (a: T | 'off', b: T | 'off') => T | 'off' {
  return (a, b) => {
    if (a === 'off') return b;
    return b === 'off' ? a : both(a, b);
  };
}
