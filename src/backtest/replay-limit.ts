/** A limit as a replay takes it, or why it cannot be replayed over these rows. */

import { letsIn } from '../consumption/match-call.ts';
import { dayOf, levelOf, nextReset } from '../consumption/windows.ts';
import { exactOf } from '../exact.ts';
import { unitsPerCent } from '../logs/row-batch.ts';
import { isUuid } from '../plan/written-id.ts';
import { isBudgetLimit, isKnownReset, isKnownUnit, type Limit, timed } from '../resources/limit.ts';
import { daysOfReset } from '../resources/limits.ts';
import { secondsOfWindow } from '../resources/rate-windows.ts';
import type { Unit } from '../resources/types.ts';
import { CodeFilter } from './code-filter.ts';
import { type Covered, cutOf, describeCuts } from './covered.ts';
import type { RowWords } from './rows.ts';
import { gatewayStage } from './semantics.ts';

/** A limit and whose calls it is about. */
export interface NamedLimit {
  readonly limit: Limit;
  /** Slug; null: of every workspace by itself, as a policy that each of them has. */
  readonly workspace: string | null;
  /** As people write it; for messages and to find it again in another set. */
  readonly name: string;
  /** Of a key or a provider: the only value that its column may have. */
  readonly subject: { readonly column: 'api_key' | 'virtual_key'; readonly value: string } | null;
  /** ISO date from which N days are counted; null: not written. */
  readonly starting: string | null;
}

export interface ReplayLimit {
  readonly named: NamedLimit;
  readonly stage: number;
  readonly filters: readonly CodeFilter[];
  /** Columns that a counter is kept for. */
  readonly columns: readonly string[];
  /** Those of them that a row may lack. */
  readonly optional: readonly string[];
  readonly counts: 'cost' | 'tokens' | 'requests';
  /** A rate of requests counts a call before it is made; everything else is charged after it. */
  readonly isCountedBefore: boolean;
  readonly isRate: boolean;
  /** Whole cents or a count, and units below a cent. */
  readonly amount: TwoLimbs;
  /** Null: none. */
  readonly alert: TwoLimbs | null;
  /** The window of an instant, by its end; `Infinity`: it never ends. Instants never descend. */
  readonly windowOf: (time: number) => number;
  /** When rows begin within a window of it (milliseconds); null: with one. */
  readonly cutAt: number | null;
  /** Milliseconds of windows that go by the clock, from the epoch on; null: they go by the calendar. */
  readonly windowLength: number | null;
  /** Why its figures are not exact. */
  readonly doubts: readonly string[];
}

export interface TwoLimbs {
  readonly hi: number;
  readonly lo: number;
}

export interface NotReplayable {
  readonly named: NamedLimit;
  /** Follows the name of the limit. */
  readonly why: string;
}

export interface RowFacts {
  readonly words: RowWords;
  /** Columns that the rows have, whatever the values. */
  readonly columns: ReadonlySet<string>;
  /** Null: there is no row. */
  readonly covered: Covered | null;
  /** What no row says of its call: a limit on it would seem to stop nobody. Default: nothing. */
  readonly unsaid?: readonly Unit[] | undefined;
}

export function isNotReplayable(result: ReplayLimit | NotReplayable): result is NotReplayable {
  return 'why' in result;
}

/** Columns of rows that a limit goes by; of what rows never hold too. */
export function columnsOf({ limit, workspace, subject }: NamedLimit): readonly string[] {
  // No row names an integration: such a limit is refused whatever the rows hold, and no source is to be asked for it.
  if (limit.kind === 'integration-limits') return [];
  const conditions = limit.match === 'all' ? [] : limit.match.map(({ key }) => key);
  const all = [
    ...(workspace === null ? [] : ['workspace']),
    ...(subject === null ? [] : [subject.column]),
    ...conditions,
    ...groupsOf(limit.per),
  ];
  return [...new Set(all)];
}

/** One counter for a workspace needs no column: its rows are the workspace's. */
function groupsOf(per: readonly string[]): readonly string[] {
  return per.filter((key) => key !== 'workspace_id' && key !== 'organisation_id');
}

export function prepareLimit(named: NamedLimit, facts: RowFacts): ReplayLimit | NotReplayable {
  const { limit, workspace, subject, starting } = named;
  const why = explainRefusal(named, facts);
  if (why !== null) return { named, why };
  const { words } = facts;
  const only = (column: string, value: string) => new CodeFilter(column, words, (other) => other === value);
  const isRate = !isBudgetLimit(limit);
  const anchor = starting ?? (facts.covered === null ? null : dayOf(facts.covered.from));
  // Of every workspace by itself: rows that do not say theirs are one more.
  const isEach = workspace === null && subject === null && facts.columns.has('workspace');
  const perWorkspace = isEach ? ['workspace'] : [];
  return {
    named,
    stage: gatewayStage[limit.kind],
    filters: [
      ...(workspace === null ? [] : [only('workspace', workspace)]),
      ...(subject === null ? [] : [only(subject.column, subject.value)]),
      ...(limit.match === 'all' ? [] : limit.match).map(
        (condition) => new CodeFilter(condition.key, words, (value) => letsIn(condition, value)),
      ),
    ],
    columns: [...perWorkspace, ...(subject === null ? groupsOf(limit.per) : [])],
    optional: perWorkspace,
    counts: limit.unit,
    isCountedBefore: isRate && limit.unit === 'requests',
    isRate,
    amount: amountOf(limit.amount),
    alert: isBudgetLimit(limit) && typeof limit.alert === 'number' ? amountOf(limit.alert) : null,
    windowOf: windowOfLimit(limit, anchor),
    windowLength: isBudgetLimit(limit) ? null : secondsOfWindow[limit.window] * 1000,
    cutAt: facts.covered === null ? null : cutOf(limit, anchor, facts.covered),
    doubts: listDoubts(named, anchor, facts),
  };
}

/** Null: it can be replayed. */
function explainRefusal(named: NamedLimit, { columns, words, covered, unsaid = [] }: RowFacts): string | null {
  const { limit } = named;
  if (limit.target !== 'llm') return 'counts calls of MCP tools, which logs of model calls do not hold';
  if (limit.kind === 'integration-limits')
    return 'counts calls by integration, which no row names: only the control plane knows its providers';
  if (!isKnownUnit(limit.unit as never))
    return `counts in ${JSON.stringify(limit.unit)}, which this version does not know`;
  if (isBudgetLimit(limit) && !isKnownReset(limit.reset)) return 'has a reset that the service does not show';
  if (!(limit.amount > 0)) return 'has the amount 0, which the gateway does not enforce';
  const odd = (limit.match === 'all' ? [] : limit.match).find(({ others }) => others !== undefined);
  if (odd !== undefined) return `has a condition on ${odd.key} with members whose meaning is not known`;
  if (limit.per.includes('config')) return 'counts by config, which the gateway was not seen to do';
  if (covered === null) return 'has no call to be judged by: there are no rows';
  const missing = columnsOf(named).find((column) => !columns.has(column));
  if (missing !== undefined) return missingWords[missing] ?? `goes by ${missing}, of which no row says anything`;
  if (unsaid.includes(limit.unit)) return unsaidWords[limit.unit];
  return explainName(named, words);
}

const unsaidWords: Readonly<Record<Unit, string>> = {
  cost: 'counts dollars, and no row says what its call cost',
  tokens: 'counts tokens, and no row says how many its call took',
  requests: 'counts calls, of which there is none',
};

/** Rows hold slugs and ids of keys: by another name a limit would find no call, and seem to stop nobody. */
function explainName({ limit, workspace, subject }: NamedLimit, words: RowWords): string | null {
  if (workspace !== null && words.workspace?.includes(workspace) !== true)
    return `is of the workspace ${JSON.stringify(workspace)}, and no row is: rows name workspaces by their slugs`;
  const keys = [
    ...(subject?.column === 'api_key' ? [subject.value] : []),
    ...(limit.match === 'all' ? [] : limit.match).flatMap(({ key, any, except }) =>
      key === 'api_key' ? [...(any === '*' ? [] : any), ...except] : [],
    ),
  ];
  const unknown = keys.find((key) => words.api_key?.includes(key) !== true && !isUuid(key));
  if (unknown === undefined) return null;
  return unknown === '*'
    ? 'is for every service key, and which those are only the control plane knows: name keys by `id:`'
    : `names the key ${JSON.stringify(unknown)}, and rows hold ids of keys: write the id in its place`;
}

const missingWords: Readonly<Record<string, string>> = {
  api_key:
    'goes by API key, which an export does not hold: stamp rows by `defaults.metadata` of the keys, or read a self-hosted log store',
  virtual_key: 'goes by provider slug, which an export does not hold: export once for each provider',
  workspace:
    'is of one workspace, and these rows do not say theirs: keep the manifest that `logs export` writes beside them, or write `workspace_slug` into them',
  endpoint_type: 'has a condition on the kind of request, which no row holds',
};

/** @param anchor from which N days are counted, written or not */
function listDoubts(
  { limit, workspace, subject, starting }: NamedLimit,
  anchor: string | null,
  { columns, covered }: RowFacts,
): readonly string[] {
  const isOfAny = workspace === null && subject === null && !columns.has('workspace');
  const isTokenRate = !isBudgetLimit(limit) && limit.unit === 'tokens';
  const isAnchored = !isBudgetLimit(limit) || starting !== null || daysOfReset(timed(limit).reset) === null;
  return [
    ...(isOfAny ? ['These rows do not say their workspace: all are taken to be of one.'] : []),
    ...(isTokenRate
      ? ['Rows do not hold the `max_tokens` that a call asked for: each is checked as if it asked for one token.']
      : []),
    ...(isAnchored ? [] : ['Nothing says when its days are counted from: the day of the oldest row was taken.']),
    ...(covered === null ? [] : describeCuts(limit, anchor, covered, windowOfLimit(limit, anchor))),
  ];
}

function windowOfLimit(limit: Limit, starting: string | null): (time: number) => number {
  return isBudgetLimit(limit) ? windowOfBudget(limit, starting) : windowOfRate(secondsOfWindow[limit.window] * 1000);
}

function windowOfBudget(limit: Parameters<typeof timed>[0], starting: string | null): (time: number) => number {
  const facts = { reset: timed(limit).reset, level: levelOf(limit.kind), starting };
  let end = Number.NEGATIVE_INFINITY;
  return (time) => {
    if (time < end) return end;
    const next = nextReset({ ...facts, now: time });
    end = typeof next === 'number' ? next : Number.POSITIVE_INFINITY;
    return end;
  };
}

function windowOfRate(milliseconds: number): (time: number) => number {
  return (time) => Math.floor(time / milliseconds) * milliseconds + milliseconds;
}

function amountOf(amount: number): TwoLimbs {
  const { n, d } = exactOf(amount);
  const below = (n % d) * BigInt(unitsPerCent);
  // Rounded up: what is used must have reached it.
  return { hi: Number(n / d), lo: Number((below + d - 1n) / d) };
}
