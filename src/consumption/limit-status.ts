/** One limit against what has been consumed of it: percent, next reset, and when it runs out. Pure. */

import { compare, divide, type Exact, exactOf, fraction } from '../exact.ts';
import type { BudgetLimit } from '../resources/limit.ts';
import type { Reset } from '../resources/types.ts';
import { type Counter, isOverLimit, percentOf, sortCounters, totalUsed, type UsageUnit } from './counters.ts';
import { believe, type DoubtedCounter, findUnitMistake, type Witness } from './doubt.ts';
import { findRunOut, type RunOut } from './run-out.ts';
import { countedSince, dayMilliseconds, levelOf, type Moment, nextReset, type WindowFacts } from './windows.ts';

/** As it is live, whoever declared it, and what its row says of it. */
export interface LiveLimit extends BudgetLimit {
  /** Slug; null for the organisation's own keys. */
  readonly workspace: string | null;
  readonly id: string;
  readonly name: string;
  readonly alert: number | null;
  /** ISO; as the service says. */
  readonly nextReset: string | null;
  readonly lastReset: string | null;
  readonly createdAt: string | null;
  /** Of the object that carries it, which may have had no limit before; ISO. */
  readonly updatedAt: string | null;
  /** The service's word on the limit itself, where it gives one. */
  readonly verdict: 'active' | 'exhausted' | null;
  readonly usage: LimitUse;
}

/** Of the object that carries it: a workspace has several budgets, each with an id of its own here. */
export function objectIdOf({ kind, id }: Pick<LiveLimit, 'kind' | 'id'>): string {
  return kind === 'workspace-limits' ? id.slice(0, id.lastIndexOf('/')) : id;
}

export type LimitUse =
  | {
      readonly known: true;
      readonly counters: readonly Counter[];
      /** Counters whose use is unknown: in none of the numbers. Absent: none. */
      readonly doubted?: readonly DoubtedCounter[];
      /** `reported`: the service's own counters; `estimated`: analytics since the last reset. */
      readonly source: 'reported' | 'estimated';
      /** Milliseconds since the epoch. */
      readonly asOf: number;
    }
  | { readonly known: false; readonly why: string };

/** What is consumed in a day, in the limit's unit. */
export interface Pace {
  readonly perDay: Exact;
  /** `last-7-days`: by analytics. `window`: the counter's own average since its window began. */
  readonly basis: 'last-7-days' | 'window';
}

export interface LimitStatus {
  readonly facts: LiveLimit;
  readonly state: 'exhausted' | 'alert' | 'ok' | 'unknown';
  /** The fullest counter; null: unknown, or nothing was counted yet. */
  readonly worst: Counter | null;
  /** Of the fullest counter; null: unknown. */
  readonly used: Exact | null;
  /** Over all counters; null: unknown. */
  readonly total: Exact | null;
  readonly counters: number;
  readonly exhausted: number;
  /** Of the fullest counter, 0 and more; null: unknown. */
  readonly percent: number | null;
  readonly nextReset: Moment;
  readonly pace: Pace | null;
  readonly runOut: RunOut | null;
  /** Why there is no forecast; null where there is one. */
  readonly noForecast: string | null;
}

function windowOf(facts: Pick<LiveLimit, 'kind' | 'nextReset' | 'lastReset'>, reset: Reset, now: number) {
  const { kind, nextReset: next, lastReset: last } = facts;
  return { reset, level: levelOf(kind), now, nextReset: next, lastReset: last } satisfies WindowFacts;
}

/** Milliseconds since the epoch; null: the service shows nothing to tell it by. */
export function limitCountedSince(facts: LiveLimit, now: number): number | null {
  return facts.reset === null ? null : countedSince(windowOf(facts, facts.reset, now), facts.createdAt);
}

/** @param analyticsPace per day over the last 7 days, where analytics can tell the limit's traffic apart */
export function judgeLimit(facts: LiveLimit, analyticsPace: Exact | null, now: number): LimitStatus {
  const limit = exactOf(facts.amount);
  const next = facts.reset === null ? 'unknown' : nextReset(windowOf(facts, facts.reset, now));
  const { usage } = facts;
  if (!usage.known) {
    const state = facts.verdict === 'exhausted' ? 'exhausted' : 'unknown';
    const unknown = { worst: null, used: null, total: null, percent: null, pace: null, runOut: null };
    return { facts, state, ...unknown, counters: 0, exhausted: 0, nextReset: next, noForecast: 'its use is unknown' };
  }
  const [worst = null] = sortCounters(usage.counters);
  const used = worst?.used ?? { n: 0n, d: 1n };
  const { doubted = [] } = usage;
  const exhausted = [
    ...usage.counters.filter((counter) => isOverLimit(counter, limit)),
    ...doubted.filter(({ verdict }) => verdict === 'exhausted'),
  ].length;
  const isExhausted = exhausted > 0 || facts.verdict === 'exhausted';
  const isOverAlert = facts.alert !== null && compare(used, exactOf(facts.alert)) >= 0;
  const pace = choosePace(facts, used, analyticsPace, now);
  // One that is not known may be the first to run out.
  const forecast =
    doubted.length > 0 && !isExhausted
      ? 'the use of some counters is unknown'
      : forecastOf(facts, used, limit, pace, next, now);
  return {
    facts,
    state: isExhausted ? 'exhausted' : isOverAlert ? 'alert' : doubted.length > 0 ? 'unknown' : 'ok',
    worst,
    used,
    total: doubted.length > 0 ? null : totalUsed(usage.counters),
    counters: usage.counters.length + doubted.length,
    exhausted,
    percent: percentOf(used, limit),
    nextReset: next,
    pace: typeof pace === 'string' ? null : pace,
    runOut: typeof forecast === 'string' ? null : forecast,
    noForecast: typeof forecast === 'string' ? forecast : null,
  };
}

/** A text instead of a pace: why there is none. */
function choosePace(facts: LiveLimit, used: Exact, analyticsPace: Exact | null, now: number): Pace | string {
  if (analyticsPace !== null) return { perDay: analyticsPace, basis: 'last-7-days' };
  if (facts.reset === null) return 'the service does not show its reset';
  const since = limitCountedSince(facts, now);
  if (since === null) return 'it is not known since when it counts';
  // Less than a day is not a pace: one large request in the first hour would fill every month.
  if (now - since < dayMilliseconds) return 'its window began less than a day ago';
  const days = fraction(BigInt(Math.round(now - since)), BigInt(dayMilliseconds));
  return { perDay: divide(used, days), basis: 'window' };
}

function forecastOf(
  { kind, reset }: LiveLimit,
  used: Exact,
  limit: Exact,
  pace: Pace | string,
  next: Moment,
  now: number,
): RunOut | string {
  if (compare(used, limit) >= 0) return { when: 'now' };
  if (typeof pace === 'string') return pace;
  if (reset === null || next === 'unknown') return 'its next reset is not known';
  return findRunOut({ used, limit, pacePerDay: pace.perDay, now, nextReset: next, reset, level: levelOf(kind) });
}

/**
 * What of the use is believed: a counter that contradicts the service's own verdict is unknown, and it alone; of cost, all
 * are where most of those that can tell are in another unit than believed.
 */
export function settleDoubts(
  all: readonly LiveLimit[],
  unit: UsageUnit,
  mayStayExhausted: boolean,
): { readonly limits: readonly LiveLimit[]; readonly mistake: LiveLimit | undefined } {
  const witnesses = all.flatMap((facts): (Witness & { readonly facts: LiveLimit })[] => {
    const { usage, amount } = facts;
    if (facts.unit !== 'cost' || !usage.known || usage.source !== 'reported') return [];
    return usage.counters.map((counter) => ({ counter, limit: exactOf(amount), facts }));
  });
  const mistake = findUnitMistake(witnesses, unit, mayStayExhausted)?.facts;
  const limits = all.map((facts): LiveLimit => {
    const { usage } = facts;
    if (!usage.known) return facts;
    if (mistake !== undefined && facts.unit === 'cost' && usage.source === 'reported') {
      const isExhausted = usage.counters.some(({ verdict }) => verdict === 'exhausted');
      return withoutUsage(facts, 'see above', isExhausted);
    }
    const source = usage.source === 'estimated' ? 'analytics' : 'service';
    const read = { counters: usage.counters, doubted: usage.doubted ?? [] };
    const { counters, doubted } = believe(read, exactOf(facts.amount), mayStayExhausted, source);
    const [first] = doubted;
    if (first === undefined) return facts;
    const isExhausted = doubted.some(({ verdict }) => verdict === 'exhausted');
    return counters.length === 0
      ? withoutUsage(facts, first.why, isExhausted)
      : { ...facts, usage: { ...usage, counters, doubted } };
  });
  return { limits, mistake };
}

function withoutUsage(facts: LiveLimit, why: string, isExhausted: boolean): LiveLimit {
  return { ...facts, verdict: isExhausted ? 'exhausted' : facts.verdict, usage: { known: false, why } };
}

const stateOrder = { exhausted: 0, alert: 1, ok: 1, unknown: 2 } as const;

/** Exhausted first, then by percent, then what is unknown; equals by place and name. */
export function sortStatus(all: readonly LimitStatus[]): readonly LimitStatus[] {
  const place = ({ facts }: LimitStatus): string =>
    [facts.workspace ?? '', facts.kind, facts.name, facts.id].join('\n');
  return [...all].sort(
    (a, b) =>
      stateOrder[a.state] - stateOrder[b.state] ||
      (b.percent ?? -1) - (a.percent ?? -1) ||
      (place(a) < place(b) ? -1 : 1),
  );
}

/** At or above that percent, or exhausted; what is unknown may be or not. */
export function isOver({ percent, state }: LimitStatus, least: number): boolean {
  return state === 'exhausted' || (percent !== null && percent >= least);
}
