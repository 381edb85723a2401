/**
 * What is consumed under the budgets that a plan moves, read through the port. The cost grows with the change, not with the
 * organisation (docs/impact.md has the table of requests). A read that is refused or fails makes its number unknown, with
 * the reason; it never fails the plan.
 */

import {
  type AnalyticsFilter,
  filterOfMatch,
  graphOfUnit,
  readGroups,
  readTotal,
  sourceOfPer,
} from '../consumption/analytics-old.ts';
import type { Known } from '../consumption/ask.ts';
import type { ReportedCounter } from '../consumption/counters.ts';
import {
  beganLater,
  mayBeginLater,
  type Row,
  useOfRow,
  useWithoutBudget,
  type Verdict,
} from '../consumption/row-use.ts';
import { dayMilliseconds, windowStart } from '../consumption/windows.ts';
import { ServiceError, UserError } from '../errors.ts';
import { divide, type Exact, exactOf, fraction, zero } from '../exact.ts';
import { bindingsOf, rivalMoves } from '../impact/binding.ts';
import { boundsOf } from '../impact/bounds.ts';
import { type BudgetMove, wireBudgetOf } from '../impact/moves.ts';
import type { BudgetUsage, ReadPace, ReadUse, Usage, WorkspaceLists } from '../impact/usage.ts';
import type { AnalyticsQuery, Backend } from '../live/backend.ts';
import type { Live, LiveObject } from '../live/live.ts';
import { LiveIndex } from '../live/live-index.ts';
import type { BudgetLimit } from '../resources/limit.ts';
import type { Match, Unit } from '../resources/types.ts';
import type { WireKey, WireProvider } from '../resources/wire.ts';

/** Limits beside those that move whose use is read; of more it is not known which ends first. */
const mostRivals = 20;

/** The pace is that of this many days before now. */
const paceDays = 7;

export interface UsageNeeds {
  readonly moves: readonly BudgetMove[];
  readonly live: Live;
  /** Milliseconds since the epoch; every read is stamped with it, as the service sends no time of its own. */
  readonly now: number;
}

/** @throws CancelledError */
export async function readUsage(backend: Backend, { moves, live, now }: UsageNeeds): Promise<Usage> {
  const index = new LiveIndex(live);
  const reader = new UsageReader(backend, index, now);
  const readBudgets = (some: readonly BudgetMove[]) =>
    Promise.all(some.map(async (move) => [move.id, await reader.readBudget(move)] as const));
  const reading = readBudgets(moves);
  // Whatever becomes of it is told where it is awaited.
  reading.catch(() => {});
  const lists = await reader.readLists(moves);
  const rivals = rivalsOf(moves, index, lists, now).slice(0, mostRivals);
  const [budgets, others] = await Promise.all([reading, readBudgets(rivals)]);
  return { asOf: new Date(now).toISOString(), budgets: new Map([...budgets, ...others]), lists };
}

/** Limits of other periods over the traffic of those that move. */
function rivalsOf(moves: readonly BudgetMove[], index: LiveIndex, lists: Usage['lists'], now: number): BudgetMove[] {
  if (moves.length === 0) return [];
  const moved = new Set(moves.map(({ change }) => change.workspaceId));
  const changes = [...new Set(moves.map(({ change }) => change))];
  const workspaces = index.live.workspaces.filter(({ id }) => moved.has(id));
  const bounds = boundsOf(changes, index, { lists }, workspaces);
  return rivalMoves(moves, new Map([...bounds].map(([id, { after }]) => [id, bindingsOf(after)])), now);
}

class UsageReader {
  readonly #backend: Backend;
  readonly #index: LiveIndex;
  readonly #now: number;
  /** Equal questions are asked once: two policies over all traffic of a workspace share their answer. */
  readonly #asked = new Map<string, Promise<Known<unknown>>>();
  /** The first question of a family goes ahead of the others: what refuses one refuses all. */
  readonly #first = new Map<string, Promise<unknown>>();
  readonly #closed = new Map<string, string>();

  constructor(backend: Backend, index: LiveIndex, now: number) {
    this.#backend = backend;
    this.#index = index;
    this.#now = now;
  }

  async readBudget(move: BudgetMove): Promise<BudgetUsage> {
    const [use, pace] = await Promise.all([this.#readUse(move), this.#readPace(move)]);
    return { use, pace };
  }

  /** Policies and keys of workspaces whose cost limits move: committed spend needs them, names of counters too. */
  async readLists(moves: readonly BudgetMove[]): Promise<ReadonlyMap<string, WorkspaceLists>> {
    const wanted = new Map<string, { policies: boolean; keys: boolean }>();
    for (const { change, limit } of moves) {
      const { workspaceId, key } = change;
      const bounds = key.kind !== 'provider-limits' && key.kind !== 'integration-limits';
      if (workspaceId === null || !bounds) continue;
      const want = wanted.get(workspaceId) ?? { policies: false, keys: false };
      const isCost = limit.unit === 'cost';
      wanted.set(workspaceId, {
        policies: want.policies || isCost,
        keys: want.keys || isCost || (key.kind === 'usage-policy' && limit.per.includes('api_key')),
      });
    }
    const read = [...wanted].map(async ([id, want]): Promise<[string, WorkspaceLists]> => {
      const [policies, keys] = await Promise.all([
        want.policies && !this.#index.isRead('usage-policy', id)
          ? this.#ask('policies', `policies ${id}`, () => this.#backend.listUsagePolicies(id))
          : undefined,
        want.keys && !this.#index.isRead('key-limits', id)
          ? this.#ask('keys', `keys ${id}`, () => this.#backend.listKeys(id))
          : undefined,
      ]);
      return [id, { ...(policies === undefined ? {} : { policies }), ...(keys === undefined ? {} : { keys }) }];
    });
    return new Map(await Promise.all(read));
  }

  async #readUse(move: BudgetMove): Promise<Known<ReadUse>> {
    const { object, before } = move;
    if (object === null) return this.#stamp('service', []);
    // What workspaces created later are given is a pattern: nobody has used it.
    if (isPattern(object)) return this.#stamp('service', []);
    if (before === null && object.kind !== 'usage-policy') {
      // A budget where there was none counts from zero, counters belong to budgets; unless the row shows one all the same.
      const reported = useWithoutBudget(object.row);
      return this.#stamp('service', reported === null ? [] : [{ valueKey: null, reported, verdict: null }]);
    }
    switch (object.kind) {
      case 'usage-policy': {
        const read = await this.#ask('policies', `counters ${object.id}`, () => this.#backend.readCounters(object.id));
        if ('unknown' in read) return read;
        const counters = read.value.map(({ valueKey, usage, status }) => ({
          valueKey,
          reported: usage,
          verdict: status,
        }));
        return this.#stamp('service', counters);
      }
      case 'key-limits':
        return this.#readKeyUse(object);
      default:
        return this.#readRowUse(move, object);
    }
  }

  /** The row of the list as a rule shows what a key has used; by id where it does not. */
  async #readKeyUse(object: LiveObject): Promise<Known<ReadUse>> {
    const listed = useOfRow(object.kind, object.row, (object.row as WireKey).usage_limits);
    if (listed.reported !== null) return this.#stamp('service', [{ valueKey: null, ...listed }]);
    const read = await this.#ask('keys', `key ${object.id}`, () => this.#backend.readKey(object.id));
    const why = 'unknown' in read ? read.unknown : 'the service shows no use of this key';
    const use = 'unknown' in read ? listed : useOfRow(object.kind, read.value as Row, read.value.usage_limits);
    return this.#stamp('service', [{ valueKey: null, ...use, ...(use.reported === null ? { why } : {}) }]);
  }

  /** What the row of a workspace, provider or share says; what analytics say since the window began stands for what it lacks. */
  async #readRowUse(move: BudgetMove, object: LiveObject): Promise<Known<ReadUse>> {
    const wire = move.before === null ? undefined : wireBudgetOf(object, move.before);
    const { reported, verdict } = useOfRow(object.kind, object.row, wire);
    if (reported !== null) return this.#stamp('service', [{ valueKey: null, reported, verdict }]);
    const spent = await this.#estimateUse(move, object, verdict);
    return this.#stamp('analytics', [
      'unknown' in spent
        ? { valueKey: null, reported: null, verdict, why: spent.unknown }
        : { valueKey: null, reported: spent.value, verdict },
    ]);
  }

  async #estimateUse(move: BudgetMove, object: LiveObject, verdict: Verdict): Promise<Known<number>> {
    const { window, limit, before } = move;
    const start = window === null ? 'unknown' : windowStart(window);
    const since = typeof start === 'number' ? start : createdAt(object);
    if (since === null) return { unknown: 'the service does not show since when it counts' };
    const filter = await this.#filterOf(move);
    if ('unknown' in filter) return filter;
    const spent = await this.#total(filter.value, limit.unit, since);
    if ('unknown' in spent) return spent;
    // Where the service gives a verdict, that tells.
    const isOver = verdict === null && before !== null && spent.value >= before.amount;
    return isOver && mayBeginLater(object.row.last_updated_at, since) ? { unknown: beganLater } : spent;
  }

  async #readPace(move: BudgetMove): Promise<Known<ReadPace>> {
    const { per, unit, kind } = move.limit;
    const since = this.#now - paceDays * dayMilliseconds;
    const filter = await this.#filterOf(move, withoutGrouped(move.limit));
    if ('unknown' in filter) return filter;
    const pace = (single: Exact | null, byValueKey: ReadonlyMap<string, Exact>): Known<ReadPace> => ({
      value: { since: new Date(since).toISOString(), asOf: new Date(this.#now).toISOString(), single, byValueKey },
    });
    if (kind !== 'usage-policy' || per.every((key) => key === 'workspace_id')) {
      const spent = await this.#total(filter.value, unit, since);
      return 'unknown' in spent ? spent : pace(perDay(spent.value), new Map());
    }
    const source = sourceOfPer(per, unit);
    if (source === null) return { unknown: `the service shows no pace per ${per.join(' and ')}` };
    const query = { ...filter.value, ...source.query, ...this.#range(since) };
    const rows = await this.#ask('analytics', `${source.path} ${JSON.stringify(query)}`, () =>
      readGroups(this.#backend, source, query),
    );
    if ('unknown' in rows) return rows;
    return pace(null, new Map(rows.value.map(([value, used]) => [`${per[0]}:${value}`, perDay(used)])));
  }

  /** Which traffic the budget counts, in the words of analytics. */
  async #filterOf({ change, object, limit }: BudgetMove, match = limit.match): Promise<Known<AnalyticsFilter>> {
    const workspace = this.#index.workspace(change.workspaceId);
    if (object !== null && isPattern(object)) return { unknown: 'it is for workspaces created later' };
    if (workspace === undefined) return { unknown: 'analytics are read by workspace, and this belongs to none' };
    const base = { workspace_slug: workspace.slug };
    if (object?.kind === 'key-limits') return { value: { ...base, api_key_ids: object.id } };
    if (object?.kind === 'provider-limits') return { value: { ...base, virtual_keys: object.name ?? object.id } };
    if (object?.kind === 'integration-limits') {
      const read = await this.#providersOf(workspace.id);
      if ('unknown' in read) return read;
      const slugs = read.value.filter(({ integration_id: id }) => id === object.name).map(({ slug }) => slug);
      if (slugs.length === 0) return { unknown: 'no provider of this integration shows in the workspace' };
      return { value: { ...base, virtual_keys: slugs.join(',') } };
    }
    const filter = filterOfMatch(match);
    return 'unknown' in filter ? filter : { value: { ...base, ...filter.value } };
  }

  async #providersOf(workspaceId: string): Promise<Known<readonly WireProvider[]>> {
    if (this.#index.isRead('provider-limits', workspaceId)) {
      const rows = this.#index.at('provider-limits', workspaceId).all;
      return { value: rows.map(({ row }) => row as WireProvider) };
    }
    return this.#ask('providers', `providers ${workspaceId}`, () => this.#backend.listProviders(workspaceId));
  }

  #total(filter: AnalyticsFilter, unit: Unit, since: number): Promise<Known<number>> {
    const query = { ...filter, ...this.#range(since) };
    return this.#ask('analytics', `${graphOfUnit[unit]} ${JSON.stringify(query)}`, () =>
      readTotal(this.#backend, unit, query),
    );
  }

  #range(since: number): AnalyticsQuery {
    return {
      time_of_generation_min: new Date(since).toISOString(),
      time_of_generation_max: new Date(this.#now).toISOString(),
    };
  }

  #stamp(source: ReadUse['source'], counters: readonly ReportedCounter[]): Known<ReadUse> {
    return { value: { asOf: new Date(this.#now).toISOString(), source, counters } };
  }

  /** One question, once. What cannot be known says why; only a cancelled run goes up. */
  #ask<T>(family: string, question: string, read: () => Promise<T>): Promise<Known<T>> {
    const asked = this.#asked.get(question) as Promise<Known<T>> | undefined;
    if (asked !== undefined) return asked;
    const first = this.#first.get(family);
    const answer = (async (): Promise<Known<T>> => {
      await first;
      const closed = this.#closed.get(family);
      if (closed !== undefined) return { unknown: closed };
      try {
        return { value: await read() };
      } catch (error) {
        if (!(error instanceof ServiceError || error instanceof UserError)) throw error;
        if (error instanceof ServiceError && closesFamily(error.status)) this.#closed.set(family, error.message);
        return { unknown: error.message };
      }
    })();
    this.#asked.set(question, answer);
    // A cancelled first question ends the run through its own promise.
    if (first === undefined)
      this.#first.set(
        family,
        answer.catch(() => undefined),
      );
    return answer;
  }
}

/** No right, no plan for it, or nobody there: asking for the next object would give the same answer, after as many tries. */
function closesFamily(status: number | undefined): boolean {
  return status === undefined || status === 401 || status === 402 || status === 403 || status >= 500;
}

function isPattern({ kind, workspaceId }: LiveObject): boolean {
  return kind === 'integration-limits' && workspaceId === null;
}

function createdAt({ row }: LiveObject): number | null {
  const created = row.created_at;
  const time = typeof created === 'string' ? Date.parse(created) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

/** Groups hold calls with a value alone, so that a condition for any value of what is grouped by takes none of them away. */
function withoutGrouped({ match, per }: BudgetLimit): Match {
  if (match === 'all') return match;
  const left = match.filter(({ key, any, except }) => any !== '*' || except.length > 0 || !per.includes(key));
  return left.length === 0 ? 'all' : left;
}

function perDay(used: number): Exact {
  return used <= 0 ? zero : divide(exactOf(used), fraction(BigInt(paceDays), 1n));
}
