/** When budgets in dollars run out by changed prices, for programs. */

import type { RunOut } from '../consumption/run-out.ts';
import type { PricedBudget } from '../impact/price-effect.ts';
import type { Plan } from '../plan/types.ts';
import { formatReset } from '../resources/amounts.ts';
import type { PriceEffectDocument, RunOutDocument } from './documents/prices.ts';

export function pricesDocument(effects: NonNullable<Plan['prices']>): Record<string, PriceEffectDocument> {
  return Object.fromEntries(
    [...effects].map(([id, { since, asOf, budgets, same, sameIn, gaps }]) => [
      id,
      { since, as_of: asOf, budgets: budgets.map(budgetDocument), same, same_in: [...sameIn], gaps: [...gaps] },
    ]),
  );
}

function budgetDocument(budget: PricedBudget): PriceEffectDocument['budgets'][number] {
  const { kind, workspace, name, amount, reset, before, after } = budget;
  return {
    ...{ kind, workspace, name, amount, reset: reset === null ? null : formatReset(reset) },
    before: before === null ? null : runOutDocument(before),
    after:
      'unknown' in after
        ? null
        : { earliest: runOutDocument(after.value.earliest), latest: runOutDocument(after.value.latest) },
    unknown: 'unknown' in after ? after.unknown : null,
  };
}

function runOutDocument(runOut: RunOut): RunOutDocument {
  return { when: runOut.when, at: 'at' in runOut ? new Date(runOut.at).toISOString() : null };
}
