/** Limits as they are read of budgets and policies. */

import type { Bound } from '../../src/impact/committed.ts';
import type { BudgetLimit, TimedLimit } from '../../src/resources/limit.ts';
import type { Budget } from '../../src/resources/types.ts';

/** Of the workspace itself, unless `rest` says another kind. */
export function limitIn(budget: Budget, rest: Partial<TimedLimit> = {}): TimedLimit {
  const { unit, reset } = budget;
  const field = `budget[${unit}/${reset}]`;
  const common = { kind: 'workspace-limits', field, match: 'all', per: ['workspace_id'], target: 'llm' } as const;
  return { ...common, alert: undefined, ...budget, ...rest };
}

export function ownBound(budget: Budget): Bound {
  return { name: 'limits', limit: limitIn(budget), live: null };
}

export function policyBound(name: string, budget: Budget, rest: Partial<BudgetLimit> = {}): Bound {
  return { name, limit: { ...limitIn(budget, { kind: 'usage-policy', field: 'amount' }), ...rest }, live: null };
}
