/** The impact of a plan for programs: whole cents beside the exact text, for those that compare and do not compute. */

import { fromText, round } from '../exact.ts';
import type { BudgetImpact, CommittedImpact, CommittedSumImpact, Impact } from '../impact/document.ts';
import type { ImpactDocument } from './documents/impact.ts';

export function impactDocument(impact: Impact): ImpactDocument {
  const { changes, workspaces, organisation } = impact;
  return {
    ...impact,
    changes: changes.map(({ id, limits }) => ({
      id,
      limits: limits.map((limit) => ({
        ...limit,
        before: budgetOf(limit.before),
        after: budgetOf(limit.after),
        delta_per_30_days_cents: centsOf(limit.delta_per_30_days),
      })),
    })),
    workspaces: workspaces.map((one) => ({
      ...one,
      before: committedOf(one.before),
      after: committedOf(one.after),
      delta_cents: centsOf(one.delta),
    })),
    organisation:
      organisation === null
        ? null
        : {
            before: sumOf(organisation.before),
            after: sumOf(organisation.after),
            delta: organisation.delta,
            delta_cents: centsOf(organisation.delta),
          },
  };
}

function budgetOf(budget: BudgetImpact | null) {
  return budget === null ? null : { ...budget, per_30_days_cents: centsOf(budget.per_30_days) };
}

function committedOf(committed: CommittedImpact) {
  return { ...committed, per_30_days_cents: centsOf(committed.cents) };
}

function sumOf(sum: CommittedSumImpact) {
  return { ...sum, per_30_days_cents: wholeOf(sum.cents), at_most_cents: wholeOf(sum.at_most) };
}

function centsOf(exact: string | null): number | null {
  return exact === null ? null : wholeOf(exact);
}

function wholeOf(exact: string): number {
  return Number(round(fromText(exact)));
}
