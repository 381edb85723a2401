/** Limits that are alone, asked of a source that adds up by itself: no row is read here, and what it says is what a replay says. */

import { dayMilliseconds } from '../consumption/windows.ts';
import type { Exact } from '../exact.ts';
import { groupBy } from '../live/place-index.ts';
import { type SourceFacts, unitsPerCent } from '../logs/row-batch.ts';
import type {
  OutcomeCount,
  RefusedDayOfCounter,
  RowSums,
  RunningSums,
  RunningSumsAsked,
  SumWindow,
} from '../logs/running-sums.ts';
import type { BlockedCounter } from '../render/backtest-facts.ts';
import { dimOf } from './adapt-rows.ts';
import { type LimitTally, nameCounter, spentBy, spentOn } from './effects.ts';
import { lag } from './limit-run.ts';
import { peopleColumn } from './refused-calls.ts';
import type { RowCounts } from './replay.ts';
import type { ReplayLimit, TwoLimbs } from './replay-limit.ts';
import { type CallFate, failures, fateOf, fateRules } from './semantics.ts';
import { CountedUse, type UsedByCall } from './used-before.ts';

/** More windows than a source is asked about. */
const mostWindows = 1_000;

/**
 * @param limit nobody has asked about its windows before
 * @returns null: the source cannot tell it exactly, and rows have to be read
 */
export async function askAlone(
  limit: ReplayLimit,
  sums: RowSums,
  facts: Pick<SourceFacts, 'oldest' | 'newest'>,
  hasPeople: boolean,
): Promise<LimitTally | null> {
  const question = questionOf(limit, facts);
  if (question === null) return null;
  const isCost = limit.counts === 'cost';
  const found = await sums.running({
    ...question,
    apart: null,
    limit: {
      amount: wholeOf(limit.amount, isCost),
      alert: limit.alert === null ? null : wholeOf(limit.alert, isCost),
      lag: limit.isRate ? null : lag,
      person: hasPeople ? dimOf(peopleColumn) : null,
    },
  });
  return found === null ? null : tallyOfSums(limit, found);
}

export interface WorkspaceUse {
  readonly used: UsedByCall;
  readonly counters: number;
  /** Of all calls of the workspace; null: not known of any. */
  readonly money: Exact | null;
}

/**
 * What is used before each call where a limit refuses nothing, by workspace.
 *
 * @param limit of each workspace by itself; nobody has asked about its windows before
 * @returns null: as `askAlone`
 */
export async function askUse(
  limit: ReplayLimit,
  sums: RowSums,
  facts: Pick<SourceFacts, 'oldest' | 'newest'>,
): Promise<ReadonlyMap<string, WorkspaceUse> | null> {
  const question = questionOf(limit, facts);
  const found = question === null ? null : await sums.running({ ...question, apart: 'workspace', limit: null });
  if (found === null) return null;
  const outcomes = await sums.outcomes('workspace');
  return new Map(
    found.use.flatMap(({ of, counters, usedBefore }) => {
      if (of === null) return [];
      const own = outcomes.filter((outcome) => outcome.of === of);
      const rows = own.reduce((sum, { calls }) => sum + calls, 0);
      const costUnknown = own.reduce((sum, { calls, priced }) => sum + calls - priced, 0);
      const money = spentBy({ rows, costUnknown }, unitsOf(own));
      return [[of, { used: new CountedUse(usedBefore), counters, money }]];
    }),
  );
}

function questionOf(
  limit: ReplayLimit,
  { oldest, newest }: Pick<SourceFacts, 'oldest' | 'newest'>,
): Omit<RunningSumsAsked, 'limit' | 'apart'> | null {
  const window = oldest === null || newest === null ? null : windowsBetween(limit, oldest, newest);
  if (window === null) return null;
  return {
    checked: flagsWhere((fate) => fateRules[fate].isChecked),
    charged: flagsWhere((fate) => fateRules[fate][limit.isCountedBefore ? 'isCounted' : 'isCharged']),
    failures: flagsWhere((fate) => failures.includes(fate)),
    filters: limit.filters.map(({ column, letsIn }) => ({ text: dimOf(column), letsIn })),
    by: limit.columns.map((column) => ({ text: dimOf(column), isOptional: limit.optional.includes(column) })),
    counts: limit.counts,
    window,
  };
}

function flagsWhere(isOne: (fate: CallFate) => boolean): number[] {
  return Array.from({ length: 16 }, (_, flags) => flags).filter((flags) => isOne(fateOf(flags)));
}

function windowsBetween({ windowLength, windowOf }: ReplayLimit, oldest: number, newest: number): SumWindow | null {
  if (windowLength !== null) return { every: windowLength };
  const ends: number[] = [];
  for (let end = windowOf(oldest); end <= newest; end = windowOf(end)) {
    if (ends.length === mostWindows) return null;
    ends.push(end);
  }
  return { ends };
}

/** What has to be used; of a count that is not whole the next one. */
function wholeOf({ hi, lo }: TwoLimbs, isCost: boolean): bigint {
  return isCost ? BigInt(hi) * BigInt(unitsPerCent) + BigInt(lo) : BigInt(hi) + (lo > 0 ? 1n : 0n);
}

function tallyOfSums(limit: ReplayLimit, { use, refused }: RunningSums): LimitTally {
  const { checked, counters, usedBefore, ...all } = use[0] ?? {
    ...{ checked: 0, counters: 0, usedBefore: [], priced: 0, units: 0n },
  };
  const { byCounterAndDay = [], alerts = [], people = null } = refused ?? {};
  const sumOf = (pick: (row: RefusedDayOfCounter) => number): number =>
    byCounterAndDay.reduce((sum, row) => sum + pick(row), 0);
  const late = sumOf((row) => row.late);
  const lateMoney = {
    units: byCounterAndDay.reduce((sum, { lateUnits }) => sum + lateUnits, 0n),
    priced: sumOf(({ latePriced }) => latePriced),
  };
  const alertOf = new Map(alerts.map(({ key, at }) => [JSON.stringify(key), at]));
  const blocked = [...groupBy(byCounterAndDay, ({ key }) => JSON.stringify(key))].map(
    ([key, rows]): BlockedCounter => ({
      who: nameCounter(limit, rows[0]?.key ?? []),
      since: rows.reduce((least, { since }) => Math.min(least, since), Number.POSITIVE_INFINITY),
      days: rows.length,
      calls: callsOf(rows),
      money: moneyOf(rows),
      alertAt: alertOf.get(key) ?? null,
    }),
  );
  return {
    limit,
    checked,
    checkedMoney: spentOn(checked, all),
    stopped: {
      calls: callsOf(byCounterAndDay),
      failed: sumOf(({ failed }) => failed),
      money: moneyOf(byCounterAndDay),
      people,
    },
    counters,
    blocked,
    alerts: alerts.map(({ at }) => at),
    late: { calls: late, money: spentOn(late, lateMoney) },
    days: daysOf(byCounterAndDay),
    used: new CountedUse(usedBefore),
  };
}

function daysOf(rows: readonly RefusedDayOfCounter[]): LimitTally['days'] {
  return [...groupBy(rows, ({ day }) => day)]
    .sort(([a], [b]) => a - b)
    .map(([day, own]) => ({ day: day * dayMilliseconds, calls: callsOf(own), money: moneyOf(own) }));
}

function callsOf(rows: readonly RefusedDayOfCounter[]): number {
  return rows.reduce((sum, { calls }) => sum + calls, 0);
}

function moneyOf(rows: readonly RefusedDayOfCounter[]): Exact | null {
  return spentOn(callsOf(rows), {
    units: unitsOf(rows),
    priced: rows.reduce((sum, { priced }) => sum + priced, 0),
  });
}

export function unitsOf(sums: readonly { readonly units: bigint }[]): bigint {
  return sums.reduce((sum, { units }) => sum + units, 0n);
}

/** What a replay counts of all rows. @param inScope calls that a limit is consulted for */
export function countOutcomes(outcomes: readonly OutcomeCount[], facts: SourceFacts, inScope: number): RowCounts {
  const sumOf = (fate: CallFate): number =>
    outcomes.reduce((sum, { flags, calls }) => (fateOf(flags) === fate ? sum + calls : sum), 0);
  return {
    rows: facts.rows,
    failed: sumOf('failed'),
    refused: sumOf('refused'),
    cacheHits: sumOf('cache hit'),
    cacheUnknown: facts.cacheUnknown,
    costUnknown: outcomes.reduce((sum, { calls, priced }) => sum + calls - priced, 0),
    tokensUnknown: facts.tokensMissing,
    inScope,
    oldest: facts.oldest,
    newest: facts.newest,
  };
}
