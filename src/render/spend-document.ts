/** What the impact of a plan says of money, in whole cents: for programs that compare and do not compute. */

import { fromText, round } from '../exact.ts';
import type { Impact } from '../impact/document.ts';
import type { PlannedSpend } from './documents/plan.ts';

export function spendDocument({ changes, workspaces, organisation }: Impact): PlannedSpend {
  return {
    limits: changes.flatMap(({ id, limits }) =>
      limits.map(({ unit, before, after, delta_per_30_days: delta }) => ({
        change: id,
        unit,
        before_cents: centsOf(before?.per_30_days ?? null),
        after_cents: centsOf(after?.per_30_days ?? null),
        delta_cents: centsOf(delta),
      })),
    ),
    workspaces: workspaces.map(({ workspace, before, after, delta }) => ({
      workspace,
      before_cents: centsOf(before.cents),
      after_cents: centsOf(after.cents),
      delta_cents: centsOf(delta),
    })),
    organisation:
      organisation === null
        ? null
        : {
            before_cents: wholeOf(organisation.before.cents),
            after_cents: wholeOf(organisation.after.cents),
            delta_cents: centsOf(organisation.delta),
          },
  };
}

function centsOf(exact: string | null): number | null {
  return exact === null ? null : wholeOf(exact);
}

function wholeOf(exact: string): number {
  return Number(round(fromText(exact)));
}
