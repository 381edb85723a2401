/** Limits over the rows of a source: before and after in one reading, and what each limit would do alone. */

import { type Exact, zero } from '../exact.ts';
import { describeFacts } from '../logs/describe-facts.ts';
import type { RowSource, SourceFacts } from '../logs/row-batch.ts';
import type { OutcomeCount } from '../logs/running-sums.ts';
import type {
  BacktestFacts,
  BacktestRefusal,
  BacktestRows,
  LimitEffect,
  Stopped,
  StoppedOf,
} from '../render/backtest-facts.ts';
import { type AdaptedRows, adaptRows } from './adapt-rows.ts';
import { askAlone, countOutcomes, unitsOf } from './alone.ts';
import { buildEffect, describeBound, type LimitTally, spentBy, spentOn, stoppedOf, tallyOf } from './effects.ts';
import { LimitRun } from './limit-run.ts';
import { peopleColumn } from './refused-calls.ts';
import { Replay, type RowCounts } from './replay.ts';
import { columnsOf, isNotReplayable, type NamedLimit, prepareLimit, type ReplayLimit } from './replay-limit.ts';
import { UsedBefore } from './used-before.ts';

export interface BacktestAsked {
  /** Null: nothing to compare with. */
  readonly before: { readonly label: string; readonly limits: readonly NamedLimit[] } | null;
  readonly after: { readonly label: string; readonly limits: readonly NamedLimit[] };
  /** Nobody is to be named. */
  readonly counts: boolean;
}

/** Columns that a source has to know for these limits. */
export function columnsOfAsked({ before, after }: BacktestAsked): readonly string[] {
  const all = [...(before?.limits ?? []), ...after.limits].flatMap(columnsOf);
  // One line tells how many people are behind the calls; the workspace keeps those of one apart from another's.
  return [...new Set([...all, peopleColumn, 'workspace'])].sort();
}

/** What the limits of one side do, whoever counted it. */
export interface SideTold {
  readonly tallies: readonly LimitTally[];
  /** By at least one of them. */
  readonly stopped: Stopped;
  /** Of the calls that at least one of them is consulted for; null: none of them says what it cost. */
  readonly checkedMoney: Exact | null;
  readonly counts: RowCounts;
  /** Spent by all rows whose cost is known. */
  readonly units: bigint;
}

/** @throws what the source throws */
export async function backtest(asked: BacktestAsked, source: RowSource): Promise<BacktestFacts> {
  const rows = adaptRows(source, columnsOfAsked(asked));
  const refusals = new Map<string, BacktestRefusal>();
  const prepare = (limits: readonly NamedLimit[]): ReplayLimit[] =>
    limits.flatMap((named) => {
      const result = prepareLimit(named, rows.facts);
      if (!isNotReplayable(result)) return [result];
      const { workspace, name } = named;
      refusals.set(keyOf(named), { workspace, name, said: describeBound(named.limit), why: result.why });
      return [];
    });
  const told = (await askSides(asked, prepare, source, rows)) ?? (await replaySides(asked, prepare, rows));
  const effectsOf = (tallies: readonly LimitTally[] | undefined) =>
    new Map((tallies ?? []).map((tally) => [keyOf(tally.limit.named), tally] as const));
  const effectOf = (tally: LimitTally | undefined) => (tally === undefined ? null : buildEffect(tally, asked.counts));
  const [before, after] = [effectsOf(told.before?.tallies), effectsOf(told.after.tallies)];
  const limits = [...new Map([...before, ...after])]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, { limit }]): LimitEffect => {
      const { workspace, name } = limit.named;
      return { workspace, name, before: effectOf(before.get(key)), after: effectOf(after.get(key)) };
    });
  // Of limits none of which could be replayed it is not known what they refuse.
  const together = (side: SideTold | null, { limits: all }: BacktestAsked['after']): StoppedOf | null =>
    side === null || (side.tallies.length === 0 && all.length > 0)
      ? null
      : { ...side.stopped, checked: side.counts.inScope, checkedMoney: side.checkedMoney };
  return {
    rows: rowsOf(source, told.after, rows.silent),
    sides: asked.before === null ? null : { before: asked.before.label, after: asked.after.label },
    together: {
      before: asked.before === null ? null : together(told.before, asked.before),
      after: together(told.after, asked.after),
    },
    limits,
    refusals: [...refusals].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, refusal]) => refusal),
    counts: asked.counts,
  };
}

type Prepare = (limits: readonly NamedLimit[]) => ReplayLimit[];

interface Told {
  readonly before: SideTold | null;
  readonly after: SideTold;
}

/** Null: there is more to it than one limit, or the source cannot tell: rows have to be read. */
async function askSides(
  { before, after }: BacktestAsked,
  prepare: Prepare,
  { sums, facts }: RowSource,
  rows: AdaptedRows,
): Promise<Told | null> {
  if (sums === undefined) return null;
  const sides = [before, after].map((side) => (side === null ? null : prepare(side.limits)));
  if (sides.some((limits) => limits !== null && limits.length > 1)) return null;
  const tallies: LimitTally[] = [];
  for (const limit of sides.flatMap((limits) => limits ?? [])) {
    const tally = await askAlone(limit, sums, facts, rows.facts.columns.has(peopleColumn));
    if (tally === null) return null;
    tallies.push(tally);
  }
  // Last, as it notices rows that arrived meanwhile.
  const outcomes = await sums.outcomes(null);
  const [first, second] = sides.map((limits) =>
    limits === null
      ? null
      : sideOf(
          tallies.find(({ limit }) => limits.includes(limit)),
          outcomes,
          facts,
          rows,
        ),
  );
  return second == null ? null : { before: first ?? null, after: second };
}

function sideOf(
  tally: LimitTally | undefined,
  outcomes: readonly OutcomeCount[],
  facts: SourceFacts,
  rows: AdaptedRows,
): SideTold {
  const people = rows.facts.columns.has(peopleColumn) ? 0 : null;
  return {
    tallies: tally === undefined ? [] : [tally],
    stopped: tally?.stopped ?? { calls: 0, money: zero, failed: 0, people },
    checkedMoney: tally === undefined ? zero : tally.checkedMoney,
    counts: countOutcomes(outcomes, facts, tally?.checked ?? 0),
    units: unitsOf(outcomes),
  };
}

async function replaySides(asked: BacktestAsked, prepare: Prepare, rows: AdaptedRows): Promise<Told> {
  const start = (limits: readonly NamedLimit[]): Replay =>
    new Replay(prepare(limits).map((limit) => new LimitRun(limit, null, new UsedBefore())));
  const after = start(asked.after.limits);
  const before = asked.before === null ? null : start(asked.before.limits);
  for await (const batch of rows.batches()) {
    before?.add(batch);
    after.add(batch);
  }
  const hasPeople = rows.facts.columns.has(peopleColumn);
  const tell = ({ runs, refused, counts, money, inScope }: Replay): SideTold => ({
    tallies: runs.map((run) => tallyOf({ run, words: rows.facts.words, hasPeople })),
    stopped: stoppedOf(refused, hasPeople),
    checkedMoney: spentOn(counts.inScope, inScope),
    counts,
    units: money.unitsAt(0),
  });
  return { before: before === null ? null : tell(before), after: tell(after) };
}

/** One limit of one object: the same before and after a change of its amount. */
function keyOf({ workspace, name, limit }: NamedLimit): string {
  return [workspace ?? '', name, limit.kind, limit.field].join('\n');
}

function rowsOf(source: RowSource, { counts, units }: SideTold, silent: BacktestRows['silent']): BacktestRows {
  const { files, duplicates, malformed } = source.facts;
  return {
    count: counts.rows,
    files: files.length,
    oldest: counts.oldest,
    newest: counts.newest,
    money: spentBy(counts, units),
    inScope: counts.inScope,
    failed: counts.failed,
    refused: counts.refused,
    cacheHits: counts.cacheHits,
    cacheUnknown: counts.cacheUnknown,
    costUnknown: counts.costUnknown,
    tokensUnknown: counts.tokensUnknown,
    duplicates,
    malformed: malformed.count,
    said: describeFacts(source.facts),
    silent,
  };
}
