/**
 * Which of the service's numbers are believed. Each is held against the service's own verdict: exhausted
 * means at or above the limit, active means below. A counter that contradicts itself is unknown, and it alone: most often its
 * limit moved and the service has not judged it since. Whether the unit of all of them is another than believed is shown by
 * the counters that can show it.
 */

import { compare, divide, type Exact, exactOf, multiply } from '../exact.ts';
import { type Counter, findContradiction, type ReportedCounter, toCounter, type UsageUnit } from './counters.ts';

/** A counter of which nothing is known but that it is there, and perhaps the service's verdict. */
export interface DoubtedCounter {
  readonly valueKey: string | null;
  readonly verdict: Counter['verdict'];
  readonly why: string;
}

export interface Believed {
  readonly counters: readonly Counter[];
  readonly doubted: readonly DoubtedCounter[];
}

/** What no counter can hold makes no use: null, and less than nothing. */
export function splitCounters(
  reported: readonly ReportedCounter[],
  isCost: boolean,
  unit: UsageUnit,
  source: 'service' | 'analytics' = 'service',
): Believed {
  const counters: Counter[] = [];
  const doubted: DoubtedCounter[] = [];
  for (const one of reported) {
    const { valueKey, verdict, reported: said } = one;
    if (said === null)
      doubted.push({ valueKey, verdict, why: one.why ?? `${sources[source]} a counter without its use` });
    else if (said < 0) doubted.push({ valueKey, verdict, why: `${sources[source]} a use below zero` });
    else counters.push(toCounter({ valueKey, verdict, reported: said }, isCost, unit));
  }
  return { counters, doubted };
}

const sources = { service: 'the service shows', analytics: 'analytics show' } as const;

/**
 * @param limit the live limit, in the counters' unit; null: there is none to hold them against
 * @param mayStayExhausted backends before 1.20 leave a counter exhausted after its limit was raised
 */
export function believe(
  { counters, doubted }: Believed,
  limit: Exact | null,
  mayStayExhausted: boolean,
  source: 'service' | 'analytics' = 'service',
): Believed {
  // The gateway enforces no budget of 0 (docs/service-notes.md#zero-limit), so that its counter is active at any height.
  if (limit === null || limit.n === 0n) return { counters, doubted };
  const isContradicted = (counter: Counter): boolean =>
    findContradiction([counter], limit, mayStayExhausted) !== undefined;
  return {
    counters: counters.filter((counter) => !isContradicted(counter)),
    doubted: [
      ...doubted,
      ...counters.filter(isContradicted).map(({ valueKey, verdict }) => ({
        valueKey,
        verdict,
        why: describeContradiction(verdict, source),
      })),
    ],
  };
}

function describeContradiction(verdict: Counter['verdict'], source: 'service' | 'analytics'): string {
  const side = verdict === 'exhausted' ? 'is below the limit' : 'has reached the limit';
  return source === 'analytics'
    ? `the service calls it ${verdict}, but what analytics show since its window began ${side}: it may count from another day`
    : `the service calls it ${verdict}, but what it reports ${side}: the limit may have moved since it was judged`;
}

/** A counter of a cost budget, read in the unit that is believed, and its live limit. */
export interface Witness {
  readonly counter: Counter;
  readonly limit: Exact;
}

/** One that contradicts the unit, where most of those that can tell do; undefined: the unit stands. */
export function findUnitMistake<Seen extends Witness>(
  witnesses: readonly Seen[],
  unit: UsageUnit,
  mayStayExhausted: boolean,
): Seen | undefined {
  const votes = witnesses.map((witness) => ({ witness, vote: voteOf(witness, unit, mayStayExhausted) }));
  const against = votes.filter(({ vote }) => vote === 'against');
  const agreeing = votes.filter(({ vote }) => vote === 'for').length;
  return against.length > agreeing ? against[0]?.witness : undefined;
}

const hundred = exactOf(100);
const ten = exactOf(10);

/**
 * A counter tells the unit where only one of the two fits its verdict. One that has run out stands a little above its limit, so
 * that of two that fit the nearer counts. One that is active and above its limit fits no other unit better than a limit that
 * was lowered, unless it is far above.
 */
function voteOf({ counter, limit }: Witness, unit: UsageUnit, mayStayExhausted: boolean): 'for' | 'against' | null {
  const { used, verdict } = counter;
  if (verdict === null || used.n <= 0n || limit.n <= 0n) return null;
  const other = unit === 'cents' ? multiply(used, hundred) : divide(used, hundred);
  const [isReached, isOtherReached] = [compare(used, limit) >= 0, compare(other, limit) >= 0];
  if (verdict === 'active') {
    if (!isReached) return isOtherReached ? 'for' : null;
    return !isOtherReached && compare(used, multiply(limit, ten)) > 0 ? 'against' : null;
  }
  if (!isReached && mayStayExhausted) return null;
  const isOtherNearer = compare(distance(other, limit), distance(used, limit)) < 0;
  if (isOtherReached && isOtherNearer) return 'against';
  return isReached ? 'for' : null;
}

/** How many times the one is the other, 1 and more. */
function distance(used: Exact, limit: Exact): Exact {
  return compare(used, limit) < 0 ? divide(limit, used) : divide(used, limit);
}
