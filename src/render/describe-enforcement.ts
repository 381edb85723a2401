/**
 * What the gateway does with changed budgets for a while, where the plan has such changes (docs/service-notes.md#lowered-policy,
 * docs/service-notes.md#two-minutes).
 */

import type { Change, Plan } from '../plan/types.ts';

/** One line; null: the plan sets and lowers no budget. */
export function describeEnforcement({ changes }: Pick<Plan, 'changes'>): string | null {
  if (!changes.some(setsBudget)) return null;
  const lowered = changes.some(lowersPolicy)
    ? 'a lowered policy budget lets one more metered call through before it refuses, and '
    : '';
  return `At the gateway ${lowered}a budget that runs out took up to two minutes to refuse on Node.`;
}

function lowersPolicy({ key, action, fieldChanges }: Change): boolean {
  return (
    key.kind === 'usage-policy' &&
    action === 'update' &&
    fieldChanges.some(({ field, direction }) => field === 'amount' && direction === 'tighten')
  );
}

function setsBudget({ key, action, after, fieldChanges }: Change): boolean {
  if (key.kind === 'rate-policy' || after === null) return false;
  if (key.kind === 'usage-policy' && action !== 'update') return true;
  return fieldChanges.some(({ field, direction }) => /^(?:amount|budget)/.test(field) && direction === 'tighten');
}
