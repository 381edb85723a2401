/**
 * Which limit binds where several apply to the same traffic: every one is checked, and any that is used up blocks (API
 * reference 14.4). Of one period the smaller amount ends first. Amounts of different periods say nothing about each other: $100 a
 * week may end on the first day and $400 a month on the last, or the other way round. There the forecasts tell.
 */

import { exactOf, toText } from '../exact.ts';
import { formatAmount, formatReset } from '../resources/amounts.ts';
import { budgetFromWire } from '../resources/limits.ts';
import type { Budget, Match, Unit } from '../resources/types.ts';
import type { WireUsagePolicy } from '../resources/wire.ts';
import { canonicalJson } from '../stable-json.ts';
import type { WorkspaceTerms } from './committed.ts';
import type { LimitImpact } from './document.ts';
import { type BudgetMove, type ObjectFacts, wireBudgetOf } from './moves.ts';
import type { Known } from './usage.ts';
import type { WindowFacts } from './windows.ts';

/** A limit that may apply to all the traffic of another, counted as widely or more so. */
export interface Wider {
  /** `the workspace budget`, or `policy` and its name. */
  readonly label: string;
  /** Of a policy; undefined of the workspace's own. */
  readonly name: string | undefined;
  readonly budget: Budget;
  readonly match: Match;
  readonly per: readonly string[];
  /** What is live of it, and the budget that it has there; null where the plan makes it. */
  readonly live: { readonly object: ObjectFacts; readonly budget: Budget | null } | null;
  /** In the order of the workspace's own budgets, then of its policies: the first of equals binds. */
  readonly place: number;
}

/** What bounds a workspace, by what it applies to; the smallest amount first. Made once a workspace, however many limits move. */
export type Bindings = ReadonlyMap<string, readonly Wider[]>;

const shared = 'workspace';

/** Its use is estimated. */
const rowless: ObjectFacts = { kind: 'workspace-limits', id: '', name: 'limits', workspaceId: null, row: {} };

export function bindingsOf({ budgets, policies, own }: WorkspaceTerms): Bindings | null {
  if (policies === null) return null;
  const groups = new Map<string, Wider[]>();
  let place = 0;
  const add = (key: string, wider: Omit<Wider, 'place'>): void => {
    const placed = { ...wider, place: place++ };
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [placed]);
    else group.push(placed);
  };
  for (const budget of budgets) {
    add(keyOf('limits', shared, budget.unit), {
      label: 'the workspace budget',
      name: undefined,
      budget,
      match: 'all',
      per: ['workspace_id'],
      live:
        own === undefined
          ? { object: rowless, budget }
          : { object: own, budget: budgetFromWire(wireBudgetOf(own, budget)) },
    });
  }
  for (const { name, unit, amount, reset, match, per, live = null } of policies) {
    if (reset === null) continue;
    const counted = per.every((one) => one === 'workspace_id') ? shared : canonicalJson(per);
    const budget = { unit, amount, reset };
    add(keyOf(canonicalJson(match), counted, unit), { label: `policy ${name}`, name, budget, match, per, live });
  }
  return new Map([...groups].map(([key, group]) => [key, leading(group.sort(smaller))]));
}

/**
 * Of each period what can come first for anybody: the first that stops somebody, which one of 0 does not, and for that one itself the
 * first under another name. A workspace may have thousands.
 */
function leading(sorted: readonly Wider[]): Wider[] {
  const firsts = new Map<string, Wider[]>();
  return sorted.filter((wider) => {
    const { amount, reset } = wider.budget;
    const found = firsts.get(reset) ?? [];
    const isNext = found.every(({ name }) => name !== wider.name) && found.length < 2;
    if (amount <= 0 || !isNext) return false;
    firsts.set(reset, [...found, wider]);
    return true;
  });
}

/** Of each group and period the limit that ends first; those of one period first. Nothing where the budget goes. */
function rivalsOf({ change, match, per, after }: BudgetMove, bindings: Bindings): Wider[] {
  if (after === null) return [];
  const { kind, name } = change.key;
  const isPolicy = kind === 'usage-policy';
  const matches = isPolicy ? [canonicalJson('all'), canonicalJson(match)] : [canonicalJson('all')];
  const keys = [
    // A workspace's budgets are each other's equals: only other kinds lie beneath them.
    ...(kind === 'workspace-limits' ? [] : [keyOf('limits', shared, after.unit)]),
    ...matches.flatMap((one) => [shared, canonicalJson(per)].map((counted) => keyOf(one, counted, after.unit))),
  ];
  return [...new Set(keys)].flatMap((key) => {
    const firsts = new Map<string, Wider>();
    for (const wider of bindings.get(key) ?? []) {
      const isItself = isPolicy && wider.name === name;
      if (!isItself && !firsts.has(wider.budget.reset)) firsts.set(wider.budget.reset, wider);
    }
    return [...firsts.values()];
  });
}

/** The smallest of the same period, if that is smaller. */
function leastOfPeriod({ after }: BudgetMove, rivals: readonly Wider[]): Wider | undefined {
  return rivals.filter(({ budget }) => budget.reset === after?.reset && budget.amount < after.amount).sort(smaller)[0];
}

/** Other limits whose use and pace have to be known, as budgets that do not move. */
export function rivalMoves(moves: readonly BudgetMove[], bindings: ReadonlyMap<string, Bindings | null>, now: number) {
  const found = new Map<string, BudgetMove>();
  for (const move of moves) {
    const own = bindings.get(move.change.workspaceId ?? '') ?? null;
    const rivals = own === null ? [] : rivalsOf(move, own);
    if (leastOfPeriod(move, rivals) !== undefined) continue;
    for (const rival of rivals) {
      if (rival.budget.reset === move.after?.reset) continue;
      const still = moveOfRival(rival, move.change.workspaceId, now);
      found.set(still.id, still);
    }
  }
  return [...found.values()];
}

export function moveOfRival(
  { name, budget, match, per, live, place }: Wider,
  workspaceId: string | null,
  now: number,
): BudgetMove {
  const isPolicy = name !== undefined;
  const kind = isPolicy ? 'usage-policy' : 'workspace-limits';
  const id = `${workspaceId ?? ''}/${place}`;
  const level = isPolicy ? 'policy' : 'limits';
  return {
    id,
    change: {
      id,
      key: { kind, workspace: null, name: name ?? 'limits' },
      workspaceId,
      liveId: live?.object.id ?? null,
      action: 'update',
      after: null,
      starting: null,
    },
    level,
    unit: budget.unit,
    before: live?.budget ?? null,
    after: budget,
    alertAfter: null,
    match,
    per,
    isRescoped: false,
    counter: live?.budget == null ? 'new' : 'kept',
    window: live?.budget == null ? null : windowOf(live.object, live.budget, level, now),
    object: live?.object ?? null,
  };
}

function windowOf(object: ObjectFacts, { unit, amount, reset }: Budget, level: WindowFacts['level'], now: number) {
  const row = object.row as unknown as Pick<WireUsagePolicy, 'next_usage_reset_at' | 'last_reset_at'>;
  const wire = level === 'policy' ? row : (wireBudgetOf(object, { unit, amount, reset }) ?? row);
  return { reset, level, now, nextReset: wire.next_usage_reset_at, lastReset: wire.last_reset_at };
}

/** When limits are used up at the present pace, in milliseconds; -∞: they are, ∞: no window is long enough. */
export interface Ends {
  readonly own: Known<number>;
  readonly of: (rival: Wider) => Known<number>;
}

/** @param bindings what bounds the workspace once the plan is carried out; null where it was not read */
export function bindingOf(move: BudgetMove, bindings: Bindings | null, ends: Ends): LimitImpact['binds'] {
  const { after } = move;
  if (after === null || bindings === null) return null;
  const rivals = rivalsOf(move, bindings);
  const least = leastOfPeriod(move, rivals);
  if (least !== undefined) return toBinding(least.label, least.budget);
  const others = rivals
    .filter(({ budget }) => budget.reset !== after.reset)
    .map((rival) => ({ rival, end: ends.of(rival) }))
    // What never ends is ahead of nothing.
    .filter(({ end }) => !('value' in end) || end.value < Number.POSITIVE_INFINITY);
  const own = 'value' in ends.own ? ends.own.value : null;
  const known = others.flatMap(({ rival, end }) => ('value' in end ? [{ rival, at: end.value }] : []));
  const [first] = known.sort((a, b) => (a.at === b.at ? smaller(a.rival, b.rival) : a.at < b.at ? -1 : 1));
  const isFirst = own === null ? first?.at === Number.NEGATIVE_INFINITY : first !== undefined && first.at < own;
  if (first !== undefined && isFirst) return toBinding(first.rival.label, first.rival.budget);
  const [doubted] = others.flatMap(({ rival, end }) =>
    'unknown' in end
      ? [{ rival, why: end.unknown }]
      : own === null
        ? [{ rival, why: 'its own run-out is unknown' }]
        : [],
  );
  if (doubted === undefined) return toBinding('this', after);
  const { label, budget } = doubted.rival;
  const size = `${formatAmount(budget.amount, budget.unit)} ${formatReset(budget.reset)}`;
  return { ...toBinding('unknown', after), reason: `whether ${label} (${size}) is used up before it: ${doubted.why}` };
}

function toBinding(limit: string, { amount, reset }: Budget): NonNullable<LimitImpact['binds']> {
  return { limit, amount: toText(exactOf(amount)), reset };
}

function smaller(a: Wider, b: Wider): number {
  return a.budget.amount - b.budget.amount || a.place - b.place;
}

function keyOf(match: string, per: string, unit: Unit): string {
  return `${match}\n${per}\n${unit}`;
}
