/**
 * What is consumed under the budgets that a plan moves. The cost grows with the change, not with the organisation
 * (docs/impact.md has the table of requests). A read that is refused or fails makes its number unknown, with the reason; it
 * never fails the plan.
 */

import type { Known, Reads } from '../consumption/ask.ts';
import type { ReportedCounter } from '../consumption/counters.ts';
import { estimateUse } from '../consumption/estimate-use.ts';
import { type ReadPace, readPace } from '../consumption/pace.ts';
import { readPolicyCounters } from '../consumption/read-counters.ts';
import { type Row, type RowVerdict, useOfRow, useWithoutBudget } from '../consumption/row-use.ts';
import { countedSince } from '../consumption/windows.ts';
import { bindingsOf, rivalMoves } from '../impact/binding.ts';
import { boundsOf } from '../impact/bounds.ts';
import { type BudgetMove, wireBudgetOf } from '../impact/moves.ts';
import type { BudgetUsage, ReadUse, Usage, WorkspaceLists } from '../impact/usage.ts';
import type { Live, LiveObject } from '../live/live.ts';
import { LiveIndex } from '../live/live-index.ts';
import type { WireKey } from '../resources/wire.ts';
import { callsOfLimit, isPattern, type WorkspaceCalls } from './calls-of-limit.ts';

/** Limits beside those that move whose use is read; of more it is not known which ends first. */
const mostRivals = 20;

export interface UsageNeeds {
  readonly moves: readonly BudgetMove[];
  readonly live: Live;
  /** Milliseconds since the epoch; every read is stamped with it, as the service sends no time of its own. */
  readonly now: number;
  /** Ids of workspaces whose committed spend has to be known besides. */
  readonly bounded?: ReadonlySet<string>;
}

/** @throws CancelledError */
export async function readUsage(reads: Reads, { moves, live, now, bounded = new Set() }: UsageNeeds): Promise<Usage> {
  const index = new LiveIndex(live);
  const reader = new UsageReader(reads, index, now);
  const readBudgets = (some: readonly BudgetMove[]) =>
    Promise.all(some.map(async (move) => [move.id, await reader.readBudget(move)] as const));
  const reading = readBudgets(moves);
  // Whatever becomes of it is told where it is awaited.
  reading.catch(() => {});
  const lists = await reader.readLists(moves, bounded);
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
  readonly #reads: Reads;
  readonly #index: LiveIndex;
  readonly #now: number;

  constructor(reads: Reads, index: LiveIndex, now: number) {
    this.#reads = reads;
    this.#index = index;
    this.#now = now;
  }

  async readBudget(move: BudgetMove): Promise<BudgetUsage> {
    const [use, pace] = await Promise.all([this.#readUse(move), this.#readPace(move)]);
    return { use, pace };
  }

  /** Policies and keys of workspaces whose cost limits move: committed spend needs them, names of counters too. */
  async readLists(
    moves: readonly BudgetMove[],
    bounded: ReadonlySet<string>,
  ): Promise<ReadonlyMap<string, WorkspaceLists>> {
    const wanted = new Map([...bounded].map((id) => [id, { policies: true, keys: true }]));
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
        want.policies && !this.#index.isRead('usage-policy', id) ? this.#reads.ask('listUsagePolicies', id) : undefined,
        want.keys && !this.#index.isRead('key-limits', id) ? this.#reads.ask('listKeys', id) : undefined,
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
        const counters = await readPolicyCounters(this.#reads, object.id);
        return 'unknown' in counters ? counters : this.#stamp('service', counters.value);
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
    const read = await this.#reads.ask('readKey', object.id);
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

  async #estimateUse(move: BudgetMove, object: LiveObject, verdict: RowVerdict): Promise<Known<number>> {
    const { window, limit, before } = move;
    const { created_at: createdAt, last_updated_at: updatedAt } = object.row;
    const calls = await this.#callsOf(move);
    if ('unknown' in calls) return calls;
    return estimateUse(this.#reads, {
      ...calls.value,
      unit: limit.unit,
      amount: before?.amount ?? null,
      verdict,
      updatedAt,
      since: countedSince(window, typeof createdAt === 'string' ? createdAt : null),
      now: this.#now,
    });
  }

  async #readPace(move: BudgetMove): Promise<Known<ReadPace>> {
    const { per, unit, kind } = move.limit;
    const calls = await this.#callsOf(move);
    if ('unknown' in calls) return calls;
    return readPace(this.#reads, { ...calls.value, per: kind === 'usage-policy' ? per : [], unit, now: this.#now });
  }

  #callsOf(move: BudgetMove): Promise<Known<WorkspaceCalls>> {
    return callsOfLimit(move, this.#index, this.#reads);
  }

  #stamp(source: ReadUse['source'], counters: readonly ReportedCounter[]): Known<ReadUse> {
    return { value: { asOf: new Date(this.#now).toISOString(), source, counters } };
  }
}
