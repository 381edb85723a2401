/** Limits for replays, as a policy that each workspace has. */

import type { NamedLimit } from '../../src/backtest/replay-limit.ts';
import type { BudgetLimit, RateLimit } from '../../src/resources/limit.ts';

export function budgetOf(amount: number, more: Partial<BudgetLimit & Omit<NamedLimit, 'limit'>> = {}): NamedLimit {
  const { workspace = null, name = 'budget', subject = null, starting = null, ...limit } = more;
  return {
    limit: {
      ...{ kind: 'usage-policy', field: 'amount', match: 'all', per: ['workspace_id'], target: 'llm' },
      ...{ unit: 'cost', amount, reset: 'monthly', alert: undefined },
      ...limit,
    } as BudgetLimit,
    workspace,
    name,
    subject,
    starting,
  };
}

export function rateOf(amount: number, more: Partial<RateLimit & Omit<NamedLimit, 'limit'>> = {}): NamedLimit {
  const { workspace = null, name = 'rate', subject = null, starting = null, ...limit } = more;
  return {
    limit: {
      ...{ kind: 'rate-policy', field: 'value', match: 'all', per: ['workspace_id'], target: 'llm' },
      ...{ unit: 'requests', window: 'minute', amount },
      ...limit,
    } as RateLimit,
    workspace,
    name,
    subject,
    starting,
  };
}
