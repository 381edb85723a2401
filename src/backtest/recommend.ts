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
import { type AdaptedRows, adaptRows } from './adapt-rows.ts';
import { askUse } from './alone.ts';
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
import { UsedBefore, type UsedByCall } from './used-before.ts';

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
function wanted(
  workspace: string | null,
  { per, unit, reset }: Pick<RecommendAsked, 'per' | 'unit' | 'reset'>,
): NamedLimit {
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
  const slugs = (rows.facts.words.workspace ?? []).filter(
    (slug) => asked.workspaces.length === 0 || asked.workspaces.includes(slug),
  );
  const wishes = [...slugs].sort().map((workspace) => wishOf(workspace, asked));
  const measure = (await askMeasure(wishes, asked, source, rows.facts)) ?? (await readMeasure(rows));
  const notes: string[] = [];
  const missing = asked.workspaces.filter((slug) => !slugs.includes(slug));
  if (missing.length > 0) notes.push(`No row is of ${missing.join(', ')}.`);
  if (!rows.facts.columns.has('workspace')) notes.push('No row says its workspace: name the one that they come from.');
  const limits = wishes.flatMap((wish): Recommendation[] => {
    const prepared = prepareLimit(wish.named, rows.facts);
    if (!isNotReplayable(prepared)) {
      const found = recommendFor(wish, asked.unit, measure(wish));
      return found === null ? [] : [found];
    }
    notes.push(`${wish.workspace}: a limit per ${asked.per.join(' and ')} ${prepared.why}.`);
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

/** What is asked of one workspace. */
interface Wish {
  readonly workspace: string;
  readonly named: NamedLimit;
  /** The limit of the files that is in its place. */
  readonly current: NamedLimit | null;
  readonly others: readonly NamedLimit[];
}

function wishOf(workspace: string, asked: RecommendAsked): Wish {
  const inForce = asked.limits.filter((limit) => limit.workspace === workspace || limit.workspace === null);
  const isSame = ({ limit }: NamedLimit): boolean =>
    isBudgetLimit(limit) &&
    limit.kind === 'usage-policy' &&
    limit.unit === asked.unit &&
    limit.reset === asked.reset &&
    limit.match === 'all' &&
    limit.per.join() === asked.per.join();
  const current = inForce.find(isSame) ?? null;
  return { workspace, named: wanted(workspace, asked), current, others: inForce.filter((limit) => limit !== current) };
}

/** Null: no call of the workspace has what it counts by. */
type Measure = (wish: Wish) => Measured | null;

interface Measured extends Smallest {
  refusedBy(amount: number): number;
}

/** Null: other limits stand beside, or the source cannot tell: rows have to be read. */
async function askMeasure(
  wishes: readonly Wish[],
  asked: RecommendAsked,
  { sums, facts: known }: RowSource,
  facts: RowFacts,
): Promise<Measure | null> {
  if (sums === undefined || wishes.some(({ others }) => prepareAll(others, facts).length > 0)) return null;
  const each = prepareLimit(wanted(null, asked), facts);
  if (isNotReplayable(each) || !each.columns.includes('workspace')) return null;
  const uses = await askUse(each, sums, known);
  if (uses === null) return null;
  return ({ workspace }) => {
    const use = uses.get(workspace);
    const smallest = use === undefined ? null : readOff(use.used);
    if (use === undefined || smallest === null) return null;
    const { used, counters, money } = use;
    return { ...smallest, counters, money, others: 0, refusedBy: (amount) => used.refusedBy(amount) };
  };
}

async function readMeasure({ facts, batches: read }: AdaptedRows): Promise<Measure> {
  const batches: RowBatch[] = [];
  for await (const batch of read()) batches.push(batch);
  return ({ workspace, named, others }) => {
    const own = pickRows(batches, 'workspace', facts.words.workspace?.indexOf(workspace) ?? -1);
    const smallest = smallestBeside(named, others, facts, own);
    if (smallest === null) return null;
    return { ...smallest, refusedBy: (amount) => refusedBy(amount, named, others, facts, own) };
  };
}

/** Null: there is nothing to go by. */
function recommendFor({ workspace, current }: Wish, unit: Unit, measured: Measured | null): Recommendation | null {
  if (measured === null) return null;
  const { nobody, percent, calls, counters, money, others } = measured;
  const least = smallestBudgets[unit];
  const refused = current === null ? 0 : measured.refusedBy(current.limit.amount);
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
    others,
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
  const alone = readOff(used);
  if (alone === null) return null;
  const { nobody, calls } = alone;
  const allowed = Math.floor(calls / 100);
  const percent =
    beside.length === 0
      ? alone.percent
      : halve(nobody, (amount) => refusedBy(amount, named, others, facts, batches) <= allowed);
  return {
    nobody,
    percent,
    calls,
    counters: run.groups.size,
    money: fraction(replay.money.unitsAt(0), BigInt(unitsPerCent)),
    others: beside.length,
  };
}

/** Of a limit that is alone. */
function readOff(used: UsedByCall): Pick<Smallest, 'nobody' | 'percent' | 'calls'> | null {
  const nobody = used.smallestFor(0);
  if (nobody === null) return null;
  return { nobody, percent: used.smallestFor(Math.floor(used.calls / 100)) ?? nobody, calls: used.calls };
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
