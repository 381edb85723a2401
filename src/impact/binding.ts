/**
 * Which limit binds where several apply to the same traffic: every one is checked, and any that is used up blocks
 * (docs/service-notes.md#many-limits). Of one period the smaller amount ends first. Amounts of different periods say nothing about
 * each other: $100 a week may end on the first day and $400 a month on the last, or the other way round. There the forecasts tell.
 */

import type { Known } from '../consumption/ask.ts';
import { type Moment, nextReset } from '../consumption/windows.ts';
import { compare, type Exact, exactOf, toText } from '../exact.ts';
import { formatAmount, formatReset } from '../resources/amounts.ts';
import { type BudgetLimit, hasOneCounter, isKnownReset, type TimedLimit, timed } from '../resources/limit.ts';
import type { Unit } from '../resources/types.ts';
import { canonicalJson } from '../stable-json.ts';
import type { Bound, WorkspaceTerms } from './committed.ts';
import type { LimitImpact } from './document.ts';
import { type BudgetMove, windowOf } from './moves.ts';

/** One that may apply to all the traffic of another limit, counted as widely or more so. */
export interface Rival extends Bound {
  /** In the order of the workspace's own budgets, then of its policies: the first of equals binds. */
  readonly place: number;
}

/** What bounds a workspace, by what it applies to; the smallest amount first. Made once a workspace, however many limits move. */
export type Bindings = ReadonlyMap<string, readonly Rival[]>;

export function labelOf({ limit, name }: Bound): string {
  return isPolicy(limit) ? `policy ${name}` : nameOfBound(limit, name);
}

/** A policy by its name alone, for where nothing else can be meant. */
export function nameOfBound(limit: Pick<BudgetLimit, 'kind'>, name: string): string {
  return isPolicy(limit) ? name : 'the workspace budget';
}

function isPolicy({ kind }: Pick<BudgetLimit, 'kind'>): boolean {
  return kind === 'usage-policy';
}

const shared = 'workspace';

function countedBy(per: readonly string[]): string {
  return hasOneCounter(per) ? shared : canonicalJson(per);
}

export function bindingsOf({ budgets, policies }: WorkspaceTerms): Bindings | null {
  if (policies === null) return null;
  const groups = new Map<string, Rival[]>();
  let place = 0;
  for (const bound of [...budgets, ...policies.filter(({ limit }) => isKnownReset(limit.reset))]) {
    const { match, per, unit } = bound.limit;
    const counted = countedBy(per);
    const key = isPolicy(bound.limit) ? keyOf(canonicalJson(match), counted, unit) : keyOf('limits', shared, unit);
    const placed = { ...bound, place: place++ };
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [placed]);
    else group.push(placed);
  }
  return new Map([...groups].map(([key, group]) => [key, leading(group.sort(smaller))]));
}

/**
 * Of each period what can come first for anybody: the first that stops somebody, which one of 0 does not, and for that one itself the
 * first under another name. A workspace may have thousands.
 */
function leading(sorted: readonly Rival[]): Rival[] {
  const firsts = new Map<BudgetLimit['reset'], Rival[]>();
  return sorted.filter((rival) => {
    const { amount, reset } = rival.limit;
    const found = firsts.get(reset) ?? [];
    const isNext = found.every(({ name }) => name !== rival.name) && found.length < 2;
    if (amount <= 0 || !isNext) return false;
    firsts.set(reset, [...found, rival]);
    return true;
  });
}

/** Of each group and period the limit that ends first; those of one period first. Nothing where the budget goes. */
function rivalsOf({ change, limit, after }: BudgetMove, bindings: Bindings): Rival[] {
  if (after === null) return [];
  const { match, per } = limit;
  const { unit } = after;
  const { kind, name } = change.key;
  const matches = kind === 'usage-policy' ? [canonicalJson('all'), canonicalJson(match)] : [canonicalJson('all')];
  const keys = [
    // A workspace's budgets are each other's equals: only other kinds lie beneath them.
    ...(kind === 'workspace-limits' ? [] : [keyOf('limits', shared, unit)]),
    ...matches.flatMap((one) => [shared, canonicalJson(per)].map((counted) => keyOf(one, counted, unit))),
  ];
  return [...new Set(keys)].flatMap((key) => {
    const firsts = new Map<BudgetLimit['reset'], Rival>();
    for (const rival of bindings.get(key) ?? []) {
      const isItself = isPolicy(rival.limit) && kind === 'usage-policy' && rival.name === name;
      if (!isItself && !firsts.has(rival.limit.reset)) firsts.set(rival.limit.reset, rival);
    }
    return [...firsts.values()];
  });
}

/** A limit that goes on refusing, and when it starts again. */
export interface Holder {
  readonly label: string;
  readonly limit: TimedLimit;
  readonly next: Moment;
}

/**
 * Another limit that goes on refusing what a counter of this one counts: it applies to the same calls or to all, counts them alike
 * over the same month, has done so since before the month began, and is reached as well. Windows of other lengths begin on days of their own.
 */
export function findHolder(
  { change, limit, before }: BudgetMove,
  used: Exact,
  bindings: Bindings,
  now: number,
): Holder | null {
  if (before?.reset !== 'monthly') return null;
  const counted = countedBy(limit.per);
  const keys = ['all', limit.match].map((match) => keyOf(canonicalJson(match), counted, limit.unit));
  const month = Date.UTC(new Date(now).getUTCFullYear(), new Date(now).getUTCMonth());
  const found = [...new Set(keys)]
    .flatMap((key) => bindings.get(key) ?? [])
    .find(({ name, limit: { kind, amount, reset }, live }) => {
      const isItself = kind === change.key.kind && name === change.key.name;
      const made = Date.parse(String(live?.object.row.created_at ?? ''));
      const hasCounted = live?.limit?.reset === reset && made < month;
      return !isItself && reset === 'monthly' && hasCounted && compare(used, exactOf(amount)) >= 0;
    });
  if (found === undefined) return null;
  const { window } = moveOfRival(found, change.workspaceId, now);
  return {
    label: nameOfBound(found.limit, found.name),
    limit: timed(found.limit),
    next: window === null ? 'unknown' : nextReset(window),
  };
}

/** The smallest of the same period, if that is smaller. */
function leastOfPeriod({ after }: BudgetMove, rivals: readonly Rival[]): Rival | undefined {
  return rivals.filter(({ limit }) => limit.reset === after?.reset && limit.amount < after.amount).sort(smaller)[0];
}

/** Other limits whose use and pace have to be known, as budgets that do not move. */
export function rivalMoves(moves: readonly BudgetMove[], bindings: ReadonlyMap<string, Bindings | null>, now: number) {
  const found = new Map<string, BudgetMove>();
  for (const move of moves) {
    const own = bindings.get(move.change.workspaceId ?? '') ?? null;
    const rivals = own === null ? [] : rivalsOf(move, own);
    if (leastOfPeriod(move, rivals) !== undefined) continue;
    for (const rival of rivals) {
      if (rival.limit.reset === move.after?.reset) continue;
      const still = moveOfRival(rival, move.change.workspaceId, now);
      found.set(still.id, still);
    }
  }
  return [...found.values()];
}

export function moveOfRival({ name, limit, live, place }: Rival, workspaceId: string | null, now: number): BudgetMove {
  const id = `${workspaceId ?? ''}/${place}`;
  const object = live?.object ?? null;
  const before = live?.limit ? timed(live.limit) : null;
  const after = timed(limit);
  return {
    id,
    change: {
      id,
      key: { kind: limit.kind, workspace: null, name },
      workspaceId,
      liveId: object?.id ?? null,
      action: 'update',
      after: null,
      starting: null,
    },
    limit: after,
    before,
    after,
    isRescoped: false,
    counter: before === null ? 'new' : 'kept',
    window: before === null || object === null ? null : windowOf(object, before, now),
    object,
  };
}

/** When limits are used up at the present pace, in milliseconds; -∞: they are, ∞: no window is long enough. */
export interface BindingEnds {
  readonly own: Known<number>;
  readonly of: (rival: Rival) => Known<number>;
}

/** @param bindings what bounds the workspace once the plan is carried out; null where it was not read */
export function bindingOf(move: BudgetMove, bindings: Bindings | null, ends: BindingEnds): LimitImpact['binds'] {
  const { after } = move;
  if (after === null || bindings === null) return null;
  // What is used up already decides now, whatever is smaller.
  if ('value' in ends.own && ends.own.value === Number.NEGATIVE_INFINITY) return toBinding('this', after);
  const rivals = rivalsOf(move, bindings);
  const least = leastOfPeriod(move, rivals);
  if (least !== undefined) return toBinding(labelOf(least), least.limit);
  const others = rivals
    .filter(({ limit }) => limit.reset !== after.reset)
    .map((rival) => ({ rival, end: ends.of(rival) }))
    // What never ends is ahead of nothing.
    .filter(({ end }) => !('value' in end) || end.value < Number.POSITIVE_INFINITY);
  const own = 'value' in ends.own ? ends.own.value : null;
  const known = others.flatMap(({ rival, end }) => ('value' in end ? [{ rival, at: end.value }] : []));
  const [first] = known.sort((a, b) => (a.at === b.at ? smaller(a.rival, b.rival) : a.at < b.at ? -1 : 1));
  const isFirst = own === null ? first?.at === Number.NEGATIVE_INFINITY : first !== undefined && first.at < own;
  if (first !== undefined && isFirst) return toBinding(labelOf(first.rival), first.rival.limit);
  const [doubted] = others.flatMap(({ rival, end }) =>
    'unknown' in end
      ? [{ rival, why: end.unknown }]
      : own === null
        ? [{ rival, why: 'its own run-out is unknown' }]
        : [],
  );
  if (doubted === undefined) return toBinding('this', after);
  const { amount, unit, reset } = timed(doubted.rival.limit);
  const said = `${labelOf(doubted.rival)} (${formatAmount(amount, unit)} ${formatReset(reset)})`;
  return { ...toBinding('unknown', after), reason: `whether ${said} is used up before it: ${doubted.why}` };
}

function toBinding(label: string, limit: BudgetLimit): NonNullable<LimitImpact['binds']> {
  return { limit: label, amount: toText(exactOf(limit.amount)), reset: timed(limit).reset };
}

function smaller(a: Rival, b: Rival): number {
  return a.limit.amount - b.limit.amount || a.place - b.place;
}

function keyOf(match: string, per: string, unit: Unit): string {
  return `${match}\n${per}\n${unit}`;
}
