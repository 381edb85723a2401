/**
 * The smallest limits that stop nobody, and at most one call of a hundred: read off what was used before each call where a limit is
 * alone, and found by halving where others refuse calls beside it.
 */

import { fraction } from '../exact.ts';
import { describeFacts } from '../logs/describe-facts.ts';
import { type RowBatch, type RowSource, unitsPerCent } from '../logs/row-batch.ts';
import { smallestBudgets } from '../policy/advice.ts';
import type { Recommendation, RecommendFacts } from '../render/recommend-facts.ts';
import { isBudgetLimit } from '../resources/limit.ts';
import type { Reset, Unit } from '../resources/types.ts';
import { adaptRows } from './adapt-rows.ts';
import { LimitRun } from './limit-run.ts';
import { pickRows } from './pick-rows.ts';
import { Replay } from './replay.ts';
import {
  columnsOf,
  isNotReplayable,
  type NamedLimit,
  prepareLimit,
  type ReplayLimit,
  type RowFacts,
} from './replay-limit.ts';
import { UsedBefore } from './used-before.ts';

export interface RecommendAsked {
  readonly per: readonly string[];
  readonly unit: Unit;
  readonly reset: Reset;
  /** Slugs; empty: all that the rows name. */
  readonly workspaces: readonly string[];
  /** What the files ask for. */
  readonly limits: readonly NamedLimit[];
}

export function columnsOfRecommend({ per, limits }: RecommendAsked): readonly string[] {
  const own = columnsOf(wanted('', { per, unit: 'cost', reset: 'monthly' }));
  return [...new Set([...own, ...limits.flatMap(columnsOf)])].sort();
}

/** A policy that has no amount yet. */
function wanted(workspace: string, { per, unit, reset }: Pick<RecommendAsked, 'per' | 'unit' | 'reset'>): NamedLimit {
  return {
    limit: {
      kind: 'usage-policy',
      field: 'amount',
      match: 'all',
      per,
      target: 'llm',
      unit,
      amount: 1,
      reset,
      alert: null,
    },
    workspace,
    name: 'recommended',
    subject: null,
    starting: null,
  };
}

/** @throws what the source throws */
export async function recommend(asked: RecommendAsked, source: RowSource): Promise<RecommendFacts> {
  const rows = adaptRows(source, columnsOfRecommend(asked));
  const batches: RowBatch[] = [];
  for await (const batch of rows.batches()) batches.push(batch);
  const slugs = (rows.facts.words.workspace ?? []).filter(
    (slug) => asked.workspaces.length === 0 || asked.workspaces.includes(slug),
  );
  const notes: string[] = [];
  const missing = asked.workspaces.filter((slug) => !slugs.includes(slug));
  if (missing.length > 0) notes.push(`No row is of ${missing.join(', ')}.`);
  if (!rows.facts.columns.has('workspace'))
    notes.push(
      'No row says its workspace: keep the manifest that `logs export` writes beside the file, or write `workspace_slug` into the rows.',
    );
  const limits = [...slugs].sort().flatMap((workspace): Recommendation[] => {
    const result = recommendFor(workspace, asked, rows.facts, batches);
    if (typeof result !== 'string') return result === null ? [] : [result];
    notes.push(`${workspace}: a limit per ${asked.per.join(' and ')} ${result}.`);
    return [];
  });
  const { oldest, newest, rows: count } = source.facts;
  return {
    rows: { count, oldest, newest },
    per: asked.per,
    unit: asked.unit,
    reset: asked.reset,
    limits,
    notes: [...new Set([...notes, ...describeFacts(source.facts)])],
  };
}

/** Null: no call of the workspace has what it counts by. A text: why it cannot be told. */
function recommendFor(
  workspace: string,
  asked: RecommendAsked,
  facts: RowFacts,
  batches: readonly RowBatch[],
): Recommendation | string | null {
  const named = wanted(workspace, asked);
  const prepared = prepareLimit(named, facts);
  if (isNotReplayable(prepared)) return prepared.why;
  const own = pickRows(batches, 'workspace', facts.words.workspace?.indexOf(workspace) ?? -1);
  const inForce = asked.limits.filter((limit) => limit.workspace === workspace || limit.workspace === null);
  const isSame = ({ limit }: NamedLimit): boolean =>
    isBudgetLimit(limit) &&
    limit.kind === 'usage-policy' &&
    limit.unit === asked.unit &&
    limit.reset === asked.reset &&
    limit.match === 'all' &&
    limit.per.join() === asked.per.join();
  const current = inForce.find(isSame) ?? null;
  const others = inForce.filter((limit) => limit !== current);
  const smallest = smallestBeside(named, others, facts, own);
  if (smallest === null) return null;
  const { nobody, percent, calls, counters, money, others: number } = smallest;
  const least = smallestBudgets[asked.unit];
  const refused = current === null ? 0 : refusedBy(current.limit.amount, named, others, facts, own);
  return {
    workspace,
    nobody: Math.max(nobody, least),
    percent: Math.max(percent, least),
    isLeast: nobody < least || percent < least,
    calls,
    counters,
    money,
    current: current === null ? null : { name: current.name, amount: current.limit.amount, refused },
    state: stateOf(current?.limit.amount ?? null, nobody, refused),
    others: number,
  };
}

/** Too wide is what half of it would do for. */
function stateOf(current: number | null, nobody: number, refused: number): Recommendation['state'] {
  if (current === null) return 'no limit';
  if (refused > 0) return 'stops calls';
  return current >= 2 * nobody ? 'too wide' : 'fits';
}

interface Smallest extends Pick<Recommendation, 'nobody' | 'percent' | 'calls' | 'counters' | 'money' | 'others'> {}

/**
 * @returns in whole cents or a count, however little that is; null: no call is checked
 */
export function smallestBeside(
  named: NamedLimit,
  others: readonly NamedLimit[],
  facts: RowFacts,
  batches: readonly RowBatch[],
): Smallest | null {
  const used = new UsedBefore();
  const beside = prepareAll(others, facts);
  const run = new LimitRun(withAmount(named, Number.POSITIVE_INFINITY, facts), used.add);
  const replay = new Replay([run, ...beside]);
  for (const batch of batches) replay.add(batch);
  const nobody = used.smallestFor(0);
  if (nobody === null) return null;
  const allowed = Math.floor(used.calls / 100);
  const percent =
    beside.length === 0
      ? (used.smallestFor(allowed) ?? nobody)
      : halve(nobody, (amount) => refusedBy(amount, named, others, facts, batches) <= allowed);
  return {
    nobody,
    percent,
    calls: used.calls,
    counters: run.groups.size,
    money: fraction(replay.money.unitsAt(0), BigInt(unitsPerCent)),
    others: beside.length,
  };
}

/** An amount that is enough, of which one less is not. @param enough is */
function halve(enough: number, isEnough: (amount: number) => boolean): number {
  let [low, high] = [0, enough];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isEnough(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** Calls that the limit itself refuses at this amount, beside the others. */
export function refusedBy(
  amount: number,
  named: NamedLimit,
  others: readonly NamedLimit[],
  facts: RowFacts,
  batches: readonly RowBatch[],
): number {
  const run = new LimitRun(withAmount(named, amount, facts));
  const replay = new Replay([run, ...prepareAll(others, facts)]);
  for (const batch of batches) replay.add(batch);
  return run.refused.calls;
}

function withAmount(named: NamedLimit, amount: number, facts: RowFacts): ReplayLimit {
  const prepared = prepareLimit(named, facts);
  if (isNotReplayable(prepared)) throw new Error(`a limit that ${prepared.why}`);
  return { ...prepared, amount: { hi: amount, lo: 0 } };
}

/** Those that rows cannot tell of are left out: `backtest` names them. */
function prepareAll(limits: readonly NamedLimit[], facts: RowFacts): ReplayLimit[] {
  return limits.flatMap((limit) => {
    const result = prepareLimit(limit, facts);
    return isNotReplayable(result) ? [] : [result];
  });
}
