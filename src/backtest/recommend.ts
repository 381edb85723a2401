/**
 * The smallest limits that stop nobody, and at most one call of a hundred: read off what was used before each call where a limit is
 * alone, and found by halving where others refuse calls beside it.
 */

import { describeFacts } from '../logs/describe-facts.ts';
import { countUnpriced, type RowBatch, type RowSource, type SourceFacts } from '../logs/row-batch.ts';
import { smallestBudgets } from '../policy/advice.ts';
import type { Recommendation, RecommendFacts } from '../render/recommend-facts.ts';
import { formatWhole } from '../resources/amounts.ts';
import { isBudgetLimit, type Limit } from '../resources/limit.ts';
import type { Unit } from '../resources/types.ts';
import { type AdaptedRows, adaptRows } from './adapt-rows.ts';
import { askUse } from './alone.ts';
import { spentBy } from './effects.ts';
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
import { smallestOf, UsedBefore } from './used-before.ts';

export interface RecommendAsked {
  /** What is looked for, whatever its amount. */
  readonly limit: Limit;
  /** Slugs; empty: all that the rows name. */
  readonly workspaces: readonly string[];
  /** What the files ask for. */
  readonly limits: readonly NamedLimit[];
}

export function columnsOfRecommend({ limit, limits }: RecommendAsked): readonly string[] {
  return [...new Set([...columnsOf(wantedIn('', limit)), ...limits.flatMap(columnsOf)])].sort();
}

function wantedIn(workspace: string | null, limit: Limit): NamedLimit {
  return { limit, workspace, name: 'recommended', subject: null, starting: null };
}

/** @throws what the source throws */
export async function recommend(asked: RecommendAsked, source: RowSource): Promise<RecommendFacts> {
  const rows = adaptRows(source, columnsOfRecommend(asked));
  const slugs = (rows.facts.words.workspace ?? []).filter(
    (slug) => asked.workspaces.length === 0 || asked.workspaces.includes(slug),
  );
  const wishes = [...slugs].sort().map((workspace) => wishOf(workspace, asked));
  const prepared = wishes.map((wish) => ({ wish, result: prepareLimit(wish.named, rows.facts) }));
  // Rows of which nothing can be told are not read.
  const isAnyTold = prepared.some(({ result }) => !isNotReplayable(result));
  const measure = isAnyTold
    ? ((await askMeasure(wishes, asked, source, rows.facts)) ?? (await readMeasure(rows)))
    : () => null;
  const notes: string[] = [];
  const doubts = new Set<string>();
  const missing = asked.workspaces.filter((slug) => !slugs.includes(slug));
  if (missing.length > 0) notes.push(`No row is of ${missing.join(', ')}.`);
  if (!rows.facts.columns.has('workspace'))
    notes.push(
      'No row says its workspace: keep the manifest that `logs export` writes beside the file, or write `workspace_slug` into the rows.',
    );
  const limits = prepared.flatMap(({ wish, result }): Recommendation[] => {
    if (isNotReplayable(result)) {
      notes.push(`${wish.workspace}: a limit per ${asked.limit.per.join(' and ')} ${result.why}.`);
      return [];
    }
    const found = recommendFor(wish, measure(wish));
    if (found !== null) for (const doubt of result.doubts) doubts.add(doubt);
    return found === null ? [] : [found];
  });
  const { oldest, newest, rows: count } = source.facts;
  return {
    rows: { count, oldest, newest },
    limit: asked.limit,
    limits,
    doubts: [...doubts, ...describeUnknown(source.facts, asked.limit.unit)],
    notes: [...new Set([...notes, ...describeFacts(source.facts)])],
  };
}

/** What the figures of a unit lack, or have too much. */
function describeUnknown(facts: SourceFacts, unit: Unit): string[] {
  const { tokensMissing, cacheUnknown } = facts;
  const costUnknown = countUnpriced(facts);
  const of = (count: number): string => `${formatWhole(count)} of ${formatWhole(facts.rows)} calls`;
  return [
    ...(unit === 'cost' && costUnknown > 0 ? [`A lower bound: the cost of ${of(costUnknown)} is not known.`] : []),
    ...(unit === 'tokens' && tokensMissing > 0
      ? [`A lower bound: the tokens of ${of(tokensMissing)} are not known.`]
      : []),
    ...(unit !== 'cost' && cacheUnknown > 0
      ? [
          `${of(cacheUnknown)} do not say whether a cache answered. Such answers are counted here, and not by the gateway: less may do.`,
        ]
      : []),
  ];
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
  const current = inForce.find(({ limit }) => isSameButAmount(limit, asked.limit)) ?? null;
  const others = inForce.filter((limit) => limit !== current);
  return { workspace, named: wantedIn(workspace, asked.limit), current, others };
}

/** Null: no call of the workspace has what it counts by. */
type Measure = (wish: Wish) => Measured | null;

interface Measured extends Smallest {
  refusedBy(amount: number): number;
}

/** Null: other limits stand beside, or the source cannot tell: rows have to be read. */
async function askMeasure(
  wishes: readonly Wish[],
  { limit }: RecommendAsked,
  { sums, facts: known }: RowSource,
  facts: RowFacts,
): Promise<Measure | null> {
  if (sums === undefined || wishes.some(({ others }) => prepareAll(others, facts).length > 0)) return null;
  const each = prepareLimit(wantedIn(null, limit), facts);
  if (isNotReplayable(each) || !each.columns.includes('workspace')) return null;
  const uses = await askUse(each, sums, known);
  if (uses === null) return null;
  return ({ workspace }) => {
    const use = uses.get(workspace);
    const smallest = use === undefined ? null : smallestOf(use.used);
    if (use === undefined || smallest === null) return null;
    const { used, counters, money } = use;
    return {
      ...smallest,
      calls: used.calls,
      counters,
      money,
      others: 0,
      refusedBy: (amount) => used.refusedBy(amount),
    };
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
function recommendFor({ workspace, named, current }: Wish, measured: Measured | null): Recommendation | null {
  if (measured === null) return null;
  const { nobody, percent, calls, counters, money, others } = measured;
  const least = isBudgetLimit(named.limit) ? smallestBudgets[named.limit.unit] : 1;
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
    state: stateOf(current?.limit.amount ?? null, Math.max(nobody, least), refused),
    others,
  };
}

function isSameButAmount(one: Limit, other: Limit): boolean {
  const period = (limit: Limit) => (isBudgetLimit(limit) ? limit.reset : limit.window);
  return (
    one.kind === other.kind &&
    one.unit === other.unit &&
    period(one) === period(other) &&
    one.match === other.match &&
    one.per.join() === other.per.join()
  );
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
  const alone = smallestOf(used);
  if (alone === null) return null;
  const { nobody } = alone;
  const { calls } = used;
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
    money: spentBy(replay.counts, replay.money.unitsAt(0)),
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
