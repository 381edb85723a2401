/** From a plan's changes, what is live and what was read of consumption to the impact block. Pure; the date is a value. */

import { type Counter, percentOf, shiftOf, sortCounters, totalUsed } from '../consumption/counters.ts';
import type { Believed } from '../consumption/doubt.ts';
import type { Moment } from '../consumption/windows.ts';
import { compareText } from '../diagnostics.ts';
import { compare, type Exact, exactOf, multiply, subtract, toText } from '../exact.ts';
import type { Live } from '../live/live.ts';
import { LiveIndex } from '../live/live-index.ts';
import type { TimedLimit } from '../resources/limit.ts';
import { hasOneCounter } from '../resources/limit.ts';
import type { WireKey } from '../resources/wire.ts';
import { type Bindings, bindingOf, bindingsOf, findHolder, type Holder, nameOfBound, rivalMoves } from './binding.ts';
import { boundsOf, committedMoves, type Side } from './bounds.ts';
import { type Ceiling, concernedCeilings, judgeCeilings, membersOf } from './ceilings.ts';
import { type Committed, type CommittedSum, toSumImpact } from './committed.ts';
import { type CountedMove, type CountOptions, countMoves, limitOf } from './count-moves.ts';
import { type Dates, daysOfSpend, movedByDates } from './dates.ts';
import type { BudgetImpact, CounterImpact, Impact, LimitImpact, PeopleImpact, UseImpact } from './document.ts';
import { endsOf, type ReadEnds } from './ends.ts';
import { forecastOf } from './forecast.ts';
import { limitPer30Days, per30Days } from './money.ts';
import { type BudgetMove, type ChangeFacts, countsFromZero, movesOf, resetsOf, spendMovedIn } from './moves.ts';
import { removedOf } from './remaining.ts';
import { spendRows } from './spend-rows.ts';
import { findUnjudged, isSpendUnjudged } from './unjudged.ts';
import type { BudgetUsage, Usage } from './usage.ts';

export interface ImpactOptions extends CountOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** `counts`: no key and no user is named. */
  readonly people: 'names' | 'counts';
  /**
   * US cents that a token costs at most where a budget applies, by the prices as they are or as the changes leave them; null: nothing
   * is known of its models.
   */
  readonly dearestToken: (move: BudgetMove, side: 'before' | 'after') => Exact | null;
  /** Of groups of workspaces, in force or written. */
  readonly ceilings: readonly Ceiling[];
  /** Entries with a date; default: none. */
  readonly dates?: Dates | undefined;
  /** What would put back what somebody moved by hand, where the plan moves on from it; default: nothing. */
  readonly undone?: readonly ChangeFacts[] | undefined;
}

/** Names shown of those who are blocked or freed; the count is of all. */
const mostNamed = 20;

export function buildImpact(changes: readonly ChangeFacts[], live: Live, usage: Usage, options: ImpactOptions): Impact {
  const index = new LiveIndex(live);
  const moves = movesOf(changes, index, options.now);
  const { counted, doubt } = countMoves(moves, usage, options);
  const { dates = { today: '', entries: [] } } = options;
  const dated = movedByDates(dates, changes, index, options.now);
  const { undone = [] } = options;
  const byHand = spendMovedIn(movesOf(undone, index, options.now));
  const moved = spendMovedIn([...moves, ...dated]);
  const changed = new Set([...moved, ...byHand]);
  const ceilings = concernedCeilings(options.ceilings, live.workspaces, moved);
  // Where no budget moves there is nothing to bound, and most plans of a large organisation move few.
  const isIdle = moves.length === 0 && dated.length === 0 && byHand.size === 0 && ceilings.length === 0;
  const bounds = isIdle ? new Map<string, Side>() : boundsOf(changes, index, usage);
  const names = namesOf(live, usage);
  const touched = new Set(moves.map(({ change }) => change.workspaceId ?? ''));
  const bindings = new Map([...touched].map((id) => [id, boundTo(bounds.get(id))] as const));
  const rivals = countMoves(rivalMoves(moves, bindings, options.now), usage, options).counted;
  const ends = endsOf(rivals, usage, doubt, options.now);
  const closed = findClosed(counted);
  const context = { options, bindings, names, ends, closed };
  const limits = new Map<string, LimitImpact[]>();
  for (const one of counted) {
    const { id } = one.move.change;
    limits.set(id, [...(limits.get(id) ?? []), toLimit(one, usage.budgets.get(one.move.id)?.pace, context)]);
  }
  const committed = committedMoves(bounds, index, changed);
  const removed = removedOf(changes, index);
  const concerned = new Set([
    ...changed,
    ...ceilings.flatMap((one) => membersOf(one, live.workspaces).map(({ id }) => id)),
  ]);
  const workspaces = live.workspaces.filter(({ id }) => concerned.has(id));
  const days = daysOfSpend(dates, { changes, index, usage, workspaces });
  const handed = workspaces.filter(({ id }) => byHand.has(id));
  const recorded = handed.length === 0 ? null : boundsOf(undone, index, usage, handed);
  const mayRise = (id: string, before: Committed, after: Committed): boolean =>
    isSpendUnjudged([...moves, ...dated], id, before, after);
  return {
    as_of: usage.asOf,
    people: options.people,
    doubt,
    changes: changes.flatMap(({ id }) => {
      const own = limits.get(id);
      return own === undefined ? [] : [{ id, limits: own }];
    }),
    workspaces: spendRows(committed.workspaces, { days, today: dates.today, recorded, mayRise }),
    ...(removed.length === 0 ? {} : { removed }),
    ...(ceilings.length === 0
      ? {}
      : { groups: judgeCeilings(ceilings, { bounds, live, mayRise, days, today: dates.today }) }),
    organisation:
      changed.size === 0
        ? null
        : {
            before: toSumImpact(committed.before),
            after: toSumImpact(committed.after),
            delta: isSameReach(committed.before, committed.after)
              ? toText(subtract(committed.after.cents, committed.before.cents))
              : null,
          },
  };
}

interface Context {
  readonly options: ImpactOptions;
  /** By workspace id; null: not read. */
  readonly bindings: ReadonlyMap<string, Bindings | null>;
  /** Names of keys by value key. */
  readonly names: ReadonlyMap<string, string>;
  readonly ends: ReadEnds;
  /** Workspaces of which every call is refused once the plan is carried out, with the move that does. */
  readonly closed: ReadonlyMap<string, BudgetMove>;
}

function boundTo(side: Side | undefined): Bindings | null {
  return side === undefined ? null : bindingsOf(side.after);
}

function toLimit(counted: CountedMove, pace: BudgetUsage['pace'] | undefined, context: Context): LimitImpact {
  const { move, believed } = counted;
  const { counters, doubted } = believed;
  const { options } = context;
  const { before, after, limit } = move;
  const { unit } = limit;
  const isForgiven = move.counter === 'starts-at-zero';
  const use = toUse(counted, context);
  const [firstReset, laterReset] = resetsOf(move, options.now);
  const delta = before !== null && after !== null && unit === 'cost';
  const tokenAt = (side: 'before' | 'after') => (unit === 'tokens' ? options.dearestToken(move, side) : null);
  const [doubtful] = doubted;
  const forecast = forecastOf({
    move,
    // The one that is not known may be the first to run out.
    counters: 'unknown' in counted.use ? counted.use : doubtful ? { unknown: doubtful.why } : { value: counters },
    pace: pace ?? { unknown: 'not read' },
    nextBefore: firstReset,
    nextAfter: laterReset,
    now: options.now,
    nameOf: (counter) => nameOf(counter, context, move),
  });
  return {
    unit,
    before: before === null ? null : toBudget(before, firstReset, tokenAt('before')),
    after: after === null ? null : toBudget(after, laterReset, tokenAt('after')),
    delta_per_30_days: delta ? toText(subtract(limitPer30Days(after), limitPer30Days(before))) : null,
    shared_by: [...limit.per],
    counter: move.counter,
    use,
    forecast,
    forgiven: isForgiven && use.status === 'known' && counters.length > 0 ? toText(totalUsed(counters)) : null,
    binds: bindingOf(move, context.bindings.get(move.change.workspaceId ?? '') ?? null, context.ends(move, forecast)),
    unjudged: findUnjudged(counted),
    mail: mailOf(move, 'value' in counted.use ? believed : null, options),
  };
}

function toBudget({ unit, amount, reset }: TimedLimit, next: Moment, token: Exact | null): BudgetImpact {
  const often = per30Days(amount, reset);
  const cents = unit === 'cost' ? often : unit === 'tokens' && token !== null ? multiply(often, token) : null;
  return {
    amount: toText(exactOf(amount)),
    reset,
    per_30_days: cents === null ? null : toText(cents),
    next_reset: typeof next === 'number' ? new Date(next).toISOString() : next,
  };
}

function toUse({ move, use, believed: { counters, doubted } }: CountedMove, context: Context): UseImpact {
  if ('unknown' in use) return { status: 'unknown', reason: use.unknown };
  const [doubtful] = doubted;
  if (doubtful !== undefined && counters.length === 0) return { status: 'unknown', reason: doubtful.why };
  const before = limitOf(move.before);
  const after = move.counter === 'starts-at-zero' ? null : limitOf(move.after);
  const { blocked, freed: all } = shiftOf(counters, before, after, move.isRescoped);
  const holders = new Map(
    all.flatMap((counter): [Counter, Holder][] => {
      const holder = holderOf(move, counter.used, context);
      return holder === null ? [] : [[counter, holder]];
    }),
  );
  const held = [...holders.keys()];
  const freed = all.filter((counter) => !holders.has(counter));
  const show = (counter: Counter): CounterImpact => ({
    name: nameOf(counter, context, move),
    used: toText(counter.used),
    percent_before: before === null ? null : percentOf(counter.used, before),
    percent_after: after === null ? null : percentOf(counter.used, after),
  });
  const people = (list: readonly Counter[]): PeopleImpact => ({
    count: list.length,
    largest: context.options.people === 'counts' ? [] : list.slice(0, mostNamed).map(show),
  });
  const [largest] = sortCounters(counters);
  return {
    status: 'known',
    as_of: use.value.asOf,
    source: use.value.source,
    counters: counters.filter(({ used }) => used.n > 0n).length,
    total: toText(totalUsed(counters)),
    largest: largest === undefined || largest.used.n <= 0n ? null : show(largest),
    blocked: people(blocked),
    freed: people(freed),
    ...(held.length === 0 ? {} : { held: people(held), held_by: toHeldBy([...holders.values()]) }),
    in_doubt: doubtful === undefined ? null : { count: doubted.length, reason: doubtful.why },
    may_stay_blocked: context.options.raiseDoesNotWake && move.counter === 'kept' && freed.length > 0,
  };
}

/** A budget over all calls with one counter, which is used up. */
function findClosed(counted: readonly CountedMove[]): Context['closed'] {
  return new Map(
    counted.flatMap(({ move, believed }): [string, BudgetMove][] => {
      const { limit, change } = move;
      const after = limitOf(move.after);
      const isForAll =
        limit.kind === 'workspace-limits' ||
        (limit.kind === 'usage-policy' && limit.match === 'all' && hasOneCounter(limit.per));
      const isUsedUp = after !== null && believed.counters.some(({ used }) => compare(used, after) >= 0);
      return isForAll && isUsedUp && !countsFromZero(move) && change.workspaceId !== null
        ? [[change.workspaceId, move]]
        : [];
    }),
  );
}

/** Another limit that refuses it all the same; null: none of which that is known. */
function holderOf(move: BudgetMove, used: Exact, { bindings, closed, options }: Context): Holder | null {
  const id = move.change.workspaceId ?? '';
  const closing = closed.get(id);
  if (closing?.after != null && closing !== move) {
    return {
      label: nameOfBound(closing.limit, closing.change.key.name),
      limit: closing.after,
      next: resetsOf(closing, options.now)[1],
    };
  }
  const own = bindings.get(id) ?? null;
  return own === null ? null : findHolder(move, used, own, options.now);
}

/** Each once, in the order of those whom they refuse. */
function toHeldBy(holders: readonly Holder[]): NonNullable<Extract<UseImpact, { status: 'known' }>['held_by']> {
  const byLabel = new Map(holders.map((holder) => [holder.label, holder]));
  return [...byLabel.values()].map(({ label, limit: { amount, reset }, next }) => ({
    limit: label,
    amount: toText(exactOf(amount)),
    reset,
    next_reset: typeof next === 'number' ? new Date(next).toISOString() : next,
  }));
}

/** A key by its name where the value key is one that was built of it; else the value key, whole: it cannot be parsed. */
function nameOf({ valueKey }: Counter, { names, options }: Context, { limit: { per } }: BudgetMove): string | null {
  if (valueKey === null || options.people === 'counts') return null;
  // The one counter of a workspace needs no name.
  if (hasOneCounter(per)) return null;
  return names.get(valueKey) ?? valueKey;
}

function namesOf(live: Live, usage: Usage): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const note = (id: string, name: string | null | undefined): void => {
    if (name) names.set(`api_key:${id}`, name);
  };
  for (const { kind, id, name } of live.objects) if (kind === 'key-limits') note(id, name);
  for (const { keys } of usage.lists.values()) {
    if (keys !== undefined && 'value' in keys)
      for (const row of keys.value as readonly WireKey[]) note(row.id, row.name);
  }
  return names;
}

/** Whom the service mails (docs/service-notes.md#alerts). */
function mailOf(
  { change, after }: BudgetMove,
  believed: Believed | null,
  { people }: ImpactOptions,
): LimitImpact['mail'] {
  const { kind } = change.key;
  if (kind === 'usage-policy' || after === null) return { to: [], at_once: false };
  const least = exactOf(after.alert ?? after.amount);
  const isPassed = believed?.counters.some(({ used }) => compare(used, least) >= 0) ?? null;
  const at_once = isPassed !== true && believed?.doubted.length !== 0 ? null : isPassed;
  const recipients = change.after?.recipients ?? [];
  const own =
    people === 'names'
      ? [...recipients].sort(compareText)
      : recipients.length > 0
        ? [`${recipients.length} recipients`]
        : [];
  if (kind === 'key-limits') return { to: ['organisation owners and admins', "the key's owner", ...own], at_once };
  if (kind === 'workspace-limits') return { to: ['organisation owners and admins'], at_once };
  return { to: ['organisation owners and admins, presumably: it is not documented'], at_once };
}

function isSameReach(before: CommittedSum, after: CommittedSum): boolean {
  const parts = ['bounded', 'partly', 'unbounded', 'unknown'] as const;
  return parts.every((part) => before[part] === after[part]);
}
