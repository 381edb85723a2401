/**
 * Which thresholds a counter has crossed, beside what was told of it. Pure.
 *
 * | the counter | what is told |
 * |---|---|
 * | has reached several thresholds at once | the highest is named, those below it count as told |
 * | is unknown | nothing, and nothing is forgotten |
 * | holds far less than when it was told | somebody reset it: it starts anew |
 * | has another amount than when it was told | what was told of the old one is forgotten, but for thresholds that stay |
 * | has reached one below one that was told | it counts as told: somebody added it later |
 */

import { type Counter, isOverLimit } from '../consumption/counters.ts';
import type { LimitStatus } from '../consumption/limit-status.ts';
import { compare, type Exact, exactOf, toDrawn } from '../exact.ts';
import { hashOf, type Mark, type Memory, markIn } from './memory.ts';
import type { WatchedLimit, WatchedThreshold, WindowNow } from './watched.ts';

export interface CrossedCounter {
  readonly valueKey: string | null;
  /** Null: the service only says that it is used up. */
  readonly used: Exact | null;
}

/** A limit in its window, and what was told of it. */
export interface LimitInWindow {
  readonly limit: LimitStatus;
  readonly watched: WatchedLimit;
  readonly window: WindowNow;
  readonly facts: {
    readonly memory: Pick<Memory, 'marks'>;
    readonly marks: MarkIndex;
    /** In force, in the unit of the limit. */
    readonly amounts: ReadonlySet<number>;
  };
}

/** What was told, by what stands before the colon of its key: the counter, or the limit of a forecast. */
export type MarkIndex = ReadonlyMap<string, readonly (readonly [key: string, mark: Mark])[]>;

export function indexMarks({ marks }: Pick<Memory, 'marks'>): MarkIndex {
  const index = new Map<string, [string, Mark][]>();
  for (const [key, mark] of Object.entries(marks)) {
    if (mark.gone !== undefined) continue;
    const base = key.slice(0, key.indexOf(':'));
    const known = index.get(base);
    if (known === undefined) index.set(base, [[key, mark]]);
    else known.push([key, mark]);
  }
  return index;
}

/** Those of which something is known: a number, or the service's word that one is used up. */
export function countersOf({
  facts,
}: LimitStatus): readonly (CrossedCounter & { readonly verdict: Counter['verdict'] })[] {
  const { usage, verdict } = facts;
  if (!usage.known) return verdict === 'exhausted' ? [{ valueKey: null, used: null, verdict }] : [];
  const doubted = (usage.doubted ?? []).filter((counter) => counter.verdict === 'exhausted');
  const isOnly = usage.counters.length === 1 && verdict === 'exhausted';
  return [
    ...usage.counters.map((counter) => (isOnly ? { ...counter, verdict } : counter)),
    ...doubted.map(({ valueKey }) => ({ valueKey, used: null, verdict: 'exhausted' as const })),
  ];
}

export interface Crossing {
  readonly threshold: WatchedThreshold;
  /** In the unit of the limit. */
  readonly at: number;
  readonly key: string;
  readonly told: Mark | null;
}

export interface CrossingsOfCounter {
  readonly counter: CrossedCounter;
  /** Not told yet, or not to everybody; ascending. */
  readonly due: readonly Crossing[];
  readonly forgotten: readonly string[];
  readonly holding: readonly string[];
}

/** Whoever reset a counter by hand leaves far less in it; a read that lags shows a little less. */
const resetShare = 0.9;

/** Far less is used than when something was told of it. Of what is estimated nobody can say so. */
export function wasReset(used: number, told: readonly Mark[], { facts: { usage } }: LimitStatus): boolean {
  const peak = Math.max(0, ...told.map((mark) => mark.used ?? 0));
  return usage.known && usage.source === 'reported' && used < peak * resetShare;
}

export function crossingsOf(
  counter: ReturnType<typeof countersOf>[number],
  { limit, watched, window, facts: { memory, marks, amounts } }: LimitInWindow,
): CrossingsOfCounter {
  const base = hashOf([watched.key, counter.valueKey]);
  const used = counter.used === null ? null : toDrawn(counter.used);
  const { amount } = limit.facts;
  const all = watched.thresholds.map((threshold): Crossing => {
    const isBudget = threshold.at === 'budget';
    const key = `${base}:${isBudget ? `budget@${amount}` : threshold.at}`;
    const told = markIn(memory, key, window.id);
    return { threshold, at: threshold.at === 'budget' ? amount : threshold.at, key, told };
  });
  const known = marks.get(base) ?? [];
  const listed = new Set(all.map(({ key }) => key));
  // A threshold in dollars that stays is told once, whatever the budget: one in percent is another one with it.
  const ofOthers = known.filter(([key, { of }]) => of !== undefined && !amounts.has(of) && !listed.has(key));
  const isOwn = (key: string, { of = amount }: Mark): boolean => of === amount || listed.has(key);
  const inWindow = known.filter(([key, mark]) => mark.w === window.id && isOwn(key, mark));
  const told = inWindow.map(([, mark]) => mark);
  const isReset = used !== null && wasReset(used, told, limit);
  const remembered = isReset ? all.map((one) => ({ ...one, told: null })) : all;
  // Somebody added a lower one: all of it was told with the higher one.
  const highestTold = isReset ? 0 : Math.max(0, ...inWindow.map(([key, mark]) => amountTold(key, mark)));
  const isAbove = ({ threshold, at }: Crossing): boolean => threshold.at === 'budget' || at > highestTold;
  const isReached = ({ threshold, at }: Crossing): boolean =>
    threshold.at === 'budget'
      ? isExhausted(counter, amount)
      : counter.used !== null && compare(counter.used, exactOf(at)) >= 0;
  return {
    counter,
    due: remembered.filter((one) => isReached(one) && (one.told === null ? isAbove(one) : one.told.left !== undefined)),
    forgotten: [...(isReset ? inWindow : []), ...ofOthers].map(([key]) => key),
    holding: inWindow.map(([key]) => key),
  };
}

/** In the unit of the limit: a threshold is named by it, the whole budget by what it was. */
function amountTold(key: string, { of }: Mark): number {
  const name = key.slice(key.indexOf(':') + 1);
  return name.startsWith('budget@') ? (of ?? 0) : Number(name);
}

function isExhausted({ used, verdict }: ReturnType<typeof countersOf>[number], amount: number): boolean {
  if (used === null) return verdict === 'exhausted';
  return isOverLimit({ valueKey: null, used, verdict }, exactOf(amount));
}
