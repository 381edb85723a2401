/** A plan that shows what it does: the comment made of it, and limits that bind somebody. */

import type { Impact, LimitImpact } from '../../src/impact/document.ts';
import type { Plan } from '../../src/plan/types.ts';
import { renderComment } from '../../src/render/comment.ts';

const asOf = '2026-11-28T12:00:00.000Z';
export const reset = '2026-12-01T00:00:00.000Z';

export const header = {
  environment: 'production',
  head: 'a'.repeat(40),
  run: 7,
  attempt: 1,
  record: null,
  at: '',
};
export const links = {
  repository: 'https://github.com/example/budgets',
  run: 'https://github.com/example/budgets/runs/7',
};

export const comment = (plan: Plan): string =>
  renderComment({ state: 'planned', plan, diagnostics: [], remark: null }, header, links);

export const budget = (amount: string) => ({ amount, reset: 'monthly', per_30_days: amount, next_reset: reset });

/** $500 a month for each key that becomes $750, of which $100 are used and nobody is blocked. */
export function limitOf(
  more: Partial<LimitImpact> = {},
  use: Partial<Extract<LimitImpact['use'], { status: 'known' }>> = {},
): LimitImpact {
  return {
    unit: 'cost',
    before: budget('50000'),
    after: budget('75000'),
    delta_per_30_days: '25000',
    shared_by: ['api_key'],
    counter: 'kept',
    use: {
      status: 'known',
      as_of: asOf,
      source: 'service',
      counters: 1,
      total: '10000',
      largest: null,
      blocked: { count: 0, largest: [] },
      freed: { count: 0, largest: [] },
      in_doubt: null,
      may_stay_blocked: false,
      ...use,
    },
    forecast: { status: 'unknown', reason: 'no pace' },
    forgiven: null,
    binds: null,
    unjudged: [],
    mail: { to: [], at_once: false },
    ...more,
  };
}

export function withImpact(plan: Plan, limit: LimitImpact, more: Partial<Impact> = {}): Plan {
  const changes = plan.changes.map(({ id }) => ({ id, limits: [limit] }));
  return {
    ...plan,
    impact: { as_of: asOf, people: 'names', doubt: null, changes, workspaces: [], organisation: null, ...more },
  };
}
