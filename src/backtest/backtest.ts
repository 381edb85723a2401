/** Limits over the rows of a source: before and after in one reading, and what each limit would do alone. */

import { describeFacts } from '../logs/describe-facts.ts';
import type { RowSource } from '../logs/row-batch.ts';
import type { BacktestFacts, BacktestRefusal, BacktestRows, LimitEffect, Stopped } from '../render/backtest-facts.ts';
import { adaptRows } from './adapt-rows.ts';
import { buildEffect, centsAt, describeBound, stoppedOf } from './effects.ts';
import { LimitRun } from './limit-run.ts';
import { peopleColumn } from './refused-calls.ts';
import { Replay } from './replay.ts';
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
  const start = (limits: readonly NamedLimit[]): Replay =>
    new Replay(prepare(limits).map((limit) => new LimitRun(limit, null, new UsedBefore())));
  const after = start(asked.after.limits);
  const before = asked.before === null ? null : start(asked.before.limits);
  for await (const batch of rows.batches()) {
    before?.add(batch);
    after.add(batch);
  }
  const hasPeople = rows.facts.columns.has(peopleColumn);
  const runsOf = (side: Replay | null) =>
    new Map((side?.runs ?? []).map((run) => [keyOf(run.limit.named), run] as const));
  const effectOf = (run: LimitRun | undefined) =>
    run === undefined ? null : buildEffect({ run, words: rows.facts.words, hasPeople, counts: asked.counts });
  const [runsBefore, runsAfter] = [runsOf(before), runsOf(after)];
  const limits = [...new Map([...runsBefore, ...runsAfter])]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, { limit }]): LimitEffect => {
      const { workspace, name } = limit.named;
      return { workspace, name, before: effectOf(runsBefore.get(key)), after: effectOf(runsAfter.get(key)) };
    });
  // Of limits none of which could be replayed it is not known what they refuse.
  const together = (side: Replay | null, asked: readonly NamedLimit[]): Stopped | null =>
    side === null || (side.runs.length === 0 && asked.length > 0) ? null : stoppedOf(side.refused, hasPeople);
  return {
    rows: rowsOf(source, after, rows.silent),
    sides: asked.before === null ? null : { before: asked.before.label, after: asked.after.label },
    together: {
      before: together(before, asked.before?.limits ?? []),
      after: together(after, asked.after.limits),
    },
    limits,
    refusals: [...refusals].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, refusal]) => refusal),
    counts: asked.counts,
  };
}

/** One limit of one object: the same before and after a change of its amount. */
function keyOf({ workspace, name, limit }: NamedLimit): string {
  return [workspace ?? '', name, limit.kind, limit.field].join('\n');
}

function rowsOf(source: RowSource, { counts, money }: Replay, silent: BacktestRows['silent']): BacktestRows {
  const { files, duplicates, malformed } = source.facts;
  return {
    count: counts.rows,
    files: files.length,
    oldest: counts.oldest,
    newest: counts.newest,
    money: centsAt(money, 0),
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
