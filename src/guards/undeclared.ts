/** Guards over workspaces that no file is about. */

import { compare, exactOf, fromText } from '../exact.ts';
import { formatSpent } from '../impact/money.ts';
import type { UndeclaredWorkspace } from '../impact/undeclared.ts';
import type { Plan } from '../plan/types.ts';
import { formatAmount } from '../resources/amounts.ts';
import { type GuardInput, type Objection, shortenDetails } from './input.ts';

/** `review.undeclared.above`: what nobody reviewed spends no more than that. Spend that is not known may be any. */
export function judgeUndeclared({ plan, settings }: GuardInput): Objection | null {
  const { above } = settings.undeclared;
  if (above === null) return null;
  const limit = exactOf(above);
  const over = undeclaredOf(plan).filter(
    ({ spend }) => 'unknown' in spend || compare(fromText(spend.value), limit) > 0,
  );
  const rows = (plan.unreadable ?? []).filter(({ kind }) => kind === 'workspace-limits');
  const details = [
    ...over.map((one) => describeOver(one, formatAmount(above, 'cost'))),
    ...rows.map(
      ({ name, id }) => `workspace ${name ?? id ?? 'without a name'} cannot be read, nor whether a file is about it`,
    ),
    ...(plan.undeclared === undefined ? ['nobody has looked which workspaces have no file'] : []),
  ];
  return details.length === 0 ? null : { count: details.length, details: shortenDetails(details) };
}

function describeOver({ slug, spend }: UndeclaredWorkspace, above: string): string {
  const spent =
    'value' in spend
      ? `spent ${formatSpent(fromText(spend.value), 'cost')}`
      : `spent nobody knows what (${spend.unknown})`;
  return `${slug} has no file and ${spent} in 30 days; ${above} is the most that needs none`;
}

export function undeclaredOf({ undeclared }: Pick<Plan, 'undeclared'>): readonly UndeclaredWorkspace[] {
  return undeclared?.workspaces ?? [];
}
