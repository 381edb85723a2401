/**
 * Which limit binds where several apply to the same traffic: every one is checked, and any that is used up blocks (API
 * reference 14.4). Compared per 30 days; use so far is left out, since it differs from window to window.
 */

import { formatReset } from '../resources/amounts.ts';
import { isSame } from '../resources/canonical.ts';
import type { Budget } from '../resources/types.ts';
import type { WorkspaceTerms } from './committed.ts';
import type { LimitImpact } from './document.ts';
import { compare, exactOf, toText } from './exact.ts';
import { per30Days } from './money.ts';
import type { BudgetMove } from './moves.ts';

/** A limit that applies to all the traffic of another, counted as widely or more so. */
interface Wider {
  readonly name: string;
  readonly budget: Budget;
}

/** @param after what bounds the workspace once the plan is carried out; null where it was not read */
export function bindingOf(move: BudgetMove, after: WorkspaceTerms): LimitImpact['binds'] {
  const { after: own } = move;
  if (own === null || after.policies === null) return null;
  const wider = widerOf(move, after).filter(({ budget }) => budget.unit === own.unit);
  const least = [{ name: 'this', budget: own }, ...wider].reduce((low, one) =>
    compare(paceOf(one.budget), paceOf(low.budget)) < 0 ? one : low,
  );
  return {
    limit: least.name,
    amount: toText(exactOf(least.budget.amount)),
    reset: formatReset(least.budget.reset),
  };
}

function paceOf({ amount, reset }: Budget) {
  return per30Days(amount, reset);
}

function widerOf({ change, match, per }: BudgetMove, { budgets, policies }: WorkspaceTerms): Wider[] {
  const { kind, name } = change.key;
  // A workspace's budgets are each other's equals: only other kinds lie beneath them.
  const own = kind === 'workspace-limits' ? [] : budgets.map((budget) => ({ name: 'the workspace budget', budget }));
  const covering = (policies ?? []).filter((policy) => {
    if (kind === 'usage-policy' && policy.name === name) return false;
    const isWide = policy.match === 'all' || (kind === 'usage-policy' && isSame(policy.match, match));
    const isShared = policy.per.every((key) => key === 'workspace_id') || isSame(policy.per, per);
    return isWide && isShared;
  });
  return [
    ...own,
    ...covering.map(({ name: policy, unit, amount, reset }) => ({
      name: `policy ${policy}`,
      budget: { unit, amount, reset },
    })),
  ];
}
