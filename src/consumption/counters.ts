/** What counters hold now, held against limits; and whether the service's numbers are in the unit that we believe. */

import { add, compare, divide, type Exact, exactOf, fraction, multiply, round, zero } from '../exact.ts';

/** One counter of a budget, as the service reports it. */
export interface ReportedCounter {
  /** The counter's value key; null where a limit has one counter alone (keys). */
  readonly valueKey: string | null;
  /** As reported: cents, tokens or requests, if the service keeps to that; null: it shows none. */
  readonly reported: number | null;
  /** The service's own verdict; null: it gives none. */
  readonly verdict: 'active' | 'exhausted' | null;
  /** Why nothing is reported, where more is known than that. */
  readonly why?: string;
}

export interface Counter {
  readonly valueKey: string | null;
  /** Cents, tokens or requests. */
  readonly used: Exact;
  readonly verdict: ReportedCounter['verdict'];
}

/** `gateway.usage_unit`: what `current_usage` of a cost budget counts in. */
export type UsageUnit = 'cents' | 'dollars';

export function toCounter(
  counter: Pick<Counter, 'valueKey' | 'verdict'> & { readonly reported: number },
  isCost: boolean,
  unit: UsageUnit,
): Counter {
  const exact = exactOf(counter.reported);
  const used = isCost && unit === 'dollars' ? multiply(exact, fraction(100n, 1n)) : exact;
  return { valueKey: counter.valueKey, used, verdict: counter.verdict };
}

/**
 * Exhausted means at or above the limit, active means below. What a number that contradicts the service's own
 * verdict makes doubtful is told in doubt.ts.
 *
 * @param limit the live limit, in the counters' unit
 * @param mayStayExhausted backends before 1.20 leave a counter exhausted after its limit was raised
 */
export function findContradiction(
  counters: readonly Counter[],
  limit: Exact,
  mayStayExhausted: boolean,
): Counter | undefined {
  return counters.find(({ used, verdict }) => {
    const isReached = compare(used, limit) >= 0;
    if (verdict === 'active') return isReached;
    return verdict === 'exhausted' && !isReached && !mayStayExhausted;
  });
}

/** By the service's own word, or by the numbers. */
export function isOverLimit(counter: Counter, limit: Exact | null): boolean {
  return counter.verdict === 'exhausted' || hasReached(counter, limit);
}

function hasReached({ used }: Counter, limit: Exact | null): boolean {
  return limit !== null && compare(used, limit) >= 0;
}

export interface Shift {
  /** Counters that the change stops: below the old limit, at or above the new one. Largest first. */
  readonly blocked: readonly Counter[];
  /** Counters that the change lets in again. Largest first. */
  readonly freed: readonly Counter[];
}

/**
 * @param before null: there was no limit
 * @param after null: there will be none
 * @param isRescoped the limit comes to stop others than before: they are stopped by a counter that had run out already
 */
export function shiftOf(
  counters: readonly Counter[],
  before: Exact | null,
  after: Exact | null,
  isRescoped = false,
): Shift {
  const wasBlocked = (counter: Counter): boolean => isOverLimit(counter, before);
  const sorted = sortCounters(counters);
  return {
    blocked: sorted.filter((counter) => (isRescoped || !wasBlocked(counter)) && hasReached(counter, after)),
    freed: sorted.filter((counter) => wasBlocked(counter) && !hasReached(counter, after)),
  };
}

/** Largest first; equals by value key, so that two runs print the same. */
export function sortCounters(counters: readonly Counter[]): readonly Counter[] {
  return [...counters].sort((a, b) => compare(b.used, a.used) || ((a.valueKey ?? '') < (b.valueKey ?? '') ? -1 : 1));
}

export function totalUsed(counters: readonly Counter[]): Exact {
  return counters.reduce((sum, { used }) => add(sum, used), zero);
}

/**
 * Share of a limit in whole percent, to the nearest; but never 100 below the limit and never 0 above nothing, so that the
 * number and the verdict agree.
 */
export function percentOf(used: Exact, limit: Exact): number {
  if (limit.n <= 0n) return 0;
  const percent = Number(round(multiply(divide(used, limit), fraction(100n, 1n))));
  if (percent >= 100 && compare(used, limit) < 0) return 99;
  return percent === 0 && used.n > 0n ? 1 : percent;
}
