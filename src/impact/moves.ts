/** How the budgets of a change move: what there is to say about people and money. Rates, names and mail alone move none. */

import { levelOf, type Moment, nextReset, nextResetAfterChange, type WindowFacts } from '../consumption/windows.ts';
import type { LiveObject } from '../live/live.ts';
import type { LiveIndex } from '../live/live-index.ts';
import { isSame } from '../resources/canonical.ts';
import { isBudget, isRate, pickFields, slotFor } from '../resources/fields.ts';
import { budgetLimitsOf, type TimedLimit, timed } from '../resources/limit.ts';
import { budgetFromWire, wireBudgetsOf } from '../resources/limits.ts';
import type { Budget, Fields, Kind, ResourceKey } from '../resources/types.ts';
import type { WireBudget, WireUsagePolicy } from '../resources/wire.ts';

/** The part of a planned change that matters here. */
export interface ChangeFacts {
  readonly id: string;
  readonly key: ResourceKey;
  readonly workspaceId: string | null;
  readonly liveId: string | null;
  readonly action: 'create' | 'update' | 'replace' | 'delete';
  readonly after: Fields | null;
  readonly starting: string | null;
}

export interface BudgetMove {
  /** `<change id>#<n>`: names what was read for it. */
  readonly id: string;
  readonly change: ChangeFacts;
  readonly before: TimedLimit | null;
  readonly after: TimedLimit | null;
  /** What it is about: the limit as it will be; as it is, when it goes. */
  readonly limit: TimedLimit;
  /** It applies to other requests than before, or shares its counters otherwise. */
  readonly isRescoped: boolean;
  /**
   * What becomes of what is counted: nowhere else is it decided.
   *
   * | counter | counted so far | counted from then on |
   * |---|---|---|
   * | `kept` | stays | goes on |
   * | `new` | there is nothing | from zero |
   * | `starts-at-zero` | is forgiven | from zero, here or in what takes its place |
   * | `gone` | ends with its budget | nothing |
   */
  readonly counter: 'kept' | 'new' | 'starts-at-zero' | 'gone';
  /** The live budget's own members; null where there is none. */
  readonly window: WindowFacts | null;
  /** The live object; null for what is created. */
  readonly object: LiveObject | null;
}

/** Whether committed spend of its workspace follows from it; budgets of providers and integrations bound only a part. */
export function boundsSpend({ limit, change: { workspaceId, key } }: BudgetMove): boolean {
  const isPart = key.kind === 'provider-limits' || key.kind === 'integration-limits';
  return limit.unit === 'cost' && workspaceId !== null && !isPart;
}

/** Ids of the workspaces of which committed spend moves. */
export function spendMovedIn(moves: readonly BudgetMove[]): ReadonlySet<string> {
  return new Set(moves.flatMap((move) => (boundsSpend(move) ? (move.change.workspaceId ?? []) : [])));
}

export function movesOf(changes: readonly ChangeFacts[], index: LiveIndex, now: number): BudgetMove[] {
  const moves = changes.flatMap((change) => {
    const { kind } = change.key;
    const object = change.liveId === null ? undefined : index.at(kind, change.workspaceId).byId(change.liveId);
    const own =
      kind === 'usage-policy'
        ? policyMoves(change, object ?? null, index, now)
        : kind === 'rate-policy' || object === undefined
          ? []
          : attachmentMoves(change, object, index, now);
    return own.flatMap(splitUnits).map((move, number) => ({ ...move, id: `${change.id}#${number}` }));
  });
  return joinReplacements(moves);
}

/** Whether it counts from zero once the change is made. */
export function countsFromZero({ counter }: Pick<BudgetMove, 'counter'>): boolean {
  return counter === 'new' || counter === 'starts-at-zero';
}

/** A policy that goes while another is created over the same traffic: a replacement in two steps, whose counters start again. */
function joinReplacements(moves: readonly BudgetMove[]): BudgetMove[] {
  const created = moves.filter(({ limit, counter }) => limit.kind === 'usage-policy' && counter === 'new');
  return moves.map((move) => {
    if (move.limit.kind !== 'usage-policy' || move.counter !== 'gone') return move;
    const isReplaced = created.some(
      ({ change, limit }) =>
        change.workspaceId === move.change.workspaceId &&
        limit.unit === move.limit.unit &&
        isSame(limit.match, move.limit.match) &&
        isSame(limit.per, move.limit.per),
    );
    return isReplaced ? { ...move, counter: 'starts-at-zero' } : move;
  });
}

/** The fields once the change is made; null when the object goes. */
export function fieldsAfter(before: Fields, change: ChangeFacts): Fields | null {
  if (change.after === null) return null;
  const { after } = change;
  const isCleared = (field: string): boolean =>
    (after.budgets === null && isBudget(field)) || (after.rates === null && isRate(field));
  return { ...pickFields(before, (field) => !isCleared(field)), ...after };
}

type Move = Omit<BudgetMove, 'id'>;

/** Dollars that become tokens are two budgets: one that goes with its counters, and one whose counters are new. */
function splitUnits(move: Move): Move[] {
  const { before, after, limit } = move;
  if (before === null || after === null || before.unit === after.unit) return [move];
  const { match, per } = limit;
  return [
    { ...move, limit: { ...before, match, per }, after: null, counter: 'starts-at-zero' },
    {
      ...move,
      before: null,
      counter: 'new',
      window: null,
      object: levelOf(limit.kind) === 'policy' ? null : move.object,
    },
  ];
}

/** What limits nothing, before and after, moves nothing. */
function policyMoves(change: ChangeFacts, object: LiveObject | null, index: LiveIndex, now: number): Move[] {
  const fields = object === null ? null : index.fieldsOf(object);
  const next = fields === null ? change.after : fieldsAfter(fields, change);
  const [before = null] = budgetLimitsOf('usage-policy', fields ?? {}).map(timed);
  const [after = null] = budgetLimitsOf('usage-policy', next ?? {}).map(timed);
  const limit = after ?? before;
  const isRestart = change.action === 'replace';
  const moves = !isSameBudget(before, after) || !isSame(fields?.match ?? null, next?.match ?? null) || isRestart;
  if (limit === null || (!moves && change.starting === null)) return [];
  return [
    {
      change,
      before,
      after,
      limit,
      isRescoped:
        fields !== null && next !== null && !(isSame(fields.match, next.match) && isSame(fields.per, next.per)),
      counter: object === null ? 'new' : next === null ? 'gone' : isRestart ? 'starts-at-zero' : 'kept',
      window: before === null || object === null ? null : windowOf(object, before, now),
      object,
    },
  ];
}

function attachmentMoves(change: ChangeFacts, object: LiveObject, index: LiveIndex, now: number): Move[] {
  const fields = index.fieldsOf(object);
  const next = fieldsAfter(fields, change) ?? {};
  return pairBudgets(object.kind, fields, next).map(({ before, after, limit }) => {
    // A counter goes on under the budget of its unit; a key counts for itself, whoever calls with it.
    const isKept = before !== null && after !== null && before.unit === after.unit;
    return {
      change,
      before,
      after,
      limit,
      isRescoped: false,
      counter: after === null ? 'gone' : before === null ? 'new' : isKept ? 'kept' : 'starts-at-zero',
      window: before === null ? null : windowOf(object, before, now),
      object,
    };
  });
}

type Pair = Pick<BudgetMove, 'before' | 'after' | 'limit'>;

/** Budgets that differ. In a workspace's list one that goes and one of its unit that comes are one that changes its reset. */
function pairBudgets(kind: Kind, fields: Fields, next: Fields): Pair[] {
  const [was, becomes] = [fields, next].map((side) => budgetLimitsOf(kind, side).map(timed)) as [
    TimedLimit[],
    TimedLimit[],
  ];
  const names = [...new Set([...was, ...becomes].map(({ field }) => field))].sort();
  const moved = names.flatMap((name): Pair[] => {
    const before = was.find(({ field }) => field === name) ?? null;
    const after = becomes.find(({ field }) => field === name) ?? null;
    const limit = after ?? before;
    return limit === null || isSameBudget(before, after) ? [] : [{ before, after, limit }];
  });
  const come = moved.filter(({ before }) => before === null);
  const stay = moved.flatMap((pair): Pair[] => {
    if (pair.before === null) return [];
    const heir = pair.after === null ? come.findIndex(({ after }) => after?.unit === pair.before?.unit) : -1;
    const [found] = heir < 0 ? [] : come.splice(heir, 1);
    return [found === undefined ? pair : { ...found, before: pair.before }];
  });
  return [...stay, ...come];
}

function isSameBudget(a: TimedLimit | null, b: TimedLimit | null): boolean {
  if (a === null || b === null) return a === b;
  return a.unit === b.unit && a.amount === b.amount && a.reset === b.reset;
}

/** The running window of a live limit, as what carries it shows it. */
export function windowOf(object: LiveObject, limit: TimedLimit, now: number): WindowFacts {
  const owner = object.row as unknown as Pick<WireUsagePolicy, 'next_usage_reset_at' | 'last_reset_at'>;
  const wire = limit.kind === 'usage-policy' ? owner : wireBudgetOf(object, limit);
  return {
    reset: limit.reset,
    level: levelOf(limit.kind),
    now,
    nextReset: wire?.next_usage_reset_at ?? owner.next_usage_reset_at,
    lastReset: wire?.last_reset_at ?? owner.last_reset_at,
  };
}

/** The live budget's row; of a workspace's list the first of that unit and reset. */
export function wireBudgetOf(object: LiveObject, { unit, reset }: Budget): WireBudget | undefined {
  return wireBudgetsOf(object.row).find((wire) => {
    const read = budgetFromWire(wire);
    return read !== null && slotFor(read) === slotFor({ unit, reset });
  });
}

/** When its window ends, as it is and once the change is made. */
export function resetsOf(move: BudgetMove, now: number): [before: Moment, after: Moment] {
  const { before, after, window, limit, change } = move;
  const first = window === null || before === null ? null : nextReset(window);
  if (after === null) return [first, null];
  const facts = { reset: after.reset, level: levelOf(limit.kind), now, starting: change.starting };
  return [first, nextResetAfterChange(window, facts)];
}
