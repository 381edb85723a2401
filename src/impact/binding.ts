/**
 * Which limit binds where several apply to the same traffic: every one is checked, and any that is used up blocks (API
 * reference 14.4). Compared per 30 days; use so far is left out, since it differs from window to window.
 */

import { compare, type Exact, exactOf, toText } from '../exact.ts';
import { formatReset } from '../resources/amounts.ts';
import { canonicalJson } from '../resources/canonical.ts';
import type { Budget, Unit } from '../resources/types.ts';
import type { WorkspaceTerms } from './committed.ts';
import type { LimitImpact } from './document.ts';
import { per30Days } from './money.ts';
import type { BudgetMove } from './moves.ts';

/** A limit that may apply to all the traffic of another, counted as widely or more so. */
interface Wider {
  readonly name: string;
  readonly budget: Budget;
  readonly pace: Exact;
  /** In the order of the workspace's own budgets, then of its policies: the first of equals binds. */
  readonly place: number;
}

/** What bounds a workspace, by what it applies to; the tightest first. Made once a workspace, however many limits move. */
export type Bindings = ReadonlyMap<string, readonly Wider[]>;

const shared = 'workspace';

export function bindingsOf({ budgets, policies }: WorkspaceTerms): Bindings | null {
  if (policies === null) return null;
  const groups = new Map<string, Wider[]>();
  let place = 0;
  const add = (key: string, name: string, budget: Budget): void => {
    const wider = { name, budget, pace: per30Days(budget.amount, budget.reset), place: place++ };
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [wider]);
    else group.push(wider);
  };
  for (const budget of budgets) add(keyOf('limits', shared, budget.unit), 'the workspace budget', budget);
  for (const { name, unit, amount, reset, match, per } of policies) {
    if (reset === null) continue;
    const key = keyOf(
      canonicalJson(match),
      per.every((one) => one === 'workspace_id') ? shared : canonicalJson(per),
      unit,
    );
    add(key, name, { unit, amount, reset });
  }
  for (const group of groups.values()) group.sort(tighter);
  return groups;
}

/** @param bindings what bounds the workspace once the plan is carried out; null where it was not read */
export function bindingOf({ change, match, per, after }: BudgetMove, bindings: Bindings | null): LimitImpact['binds'] {
  if (after === null || bindings === null) return null;
  const { kind, name } = change.key;
  const isPolicy = kind === 'usage-policy';
  const least = (key: string, isOther: (wider: Wider) => boolean): Wider | undefined =>
    bindings.get(key)?.find(isOther);
  const matches = isPolicy ? [canonicalJson('all'), canonicalJson(match)] : [canonicalJson('all')];
  const wider = matches
    .flatMap((one) => [shared, canonicalJson(per)].map((counted) => keyOf(one, counted, after.unit)))
    .flatMap((key) => least(key, (policy) => !isPolicy || policy.name !== name) ?? [])
    .map((policy) => ({ ...policy, name: `policy ${policy.name}` }));
  // A workspace's budgets are each other's equals: only other kinds lie beneath them.
  const own = kind === 'workspace-limits' ? undefined : least(keyOf('limits', shared, after.unit), () => true);
  const [tightest] = [...(own === undefined ? [] : [own]), ...wider].sort(tighter);
  const isTighter = tightest !== undefined && compare(tightest.pace, per30Days(after.amount, after.reset)) < 0;
  const budget = isTighter ? tightest.budget : after;
  return {
    limit: isTighter ? tightest.name : 'this',
    amount: toText(exactOf(budget.amount)),
    reset: formatReset(budget.reset),
  };
}

function tighter(a: Wider, b: Wider): number {
  return compare(a.pace, b.pace) || a.place - b.place;
}

function keyOf(match: string, per: string, unit: Unit): string {
  return `${match}\n${per}\n${unit}`;
}
