/** Of two plans: whose a guard's objection is, and what of it whoever proposes is told. */

import { expect, it } from 'vitest';
import { comparePlans, type JudgedPlan } from '../../src/importing/compare-plans.ts';
import type { Plan, Violation } from '../../src/plan/types.ts';

function violation(guard: Violation['guard'], detail: string): Violation {
  return { guard, details: [detail], allow: `${guard}=5@${'0'.repeat(32)}` } as unknown as Violation;
}

function judged(violations: readonly Violation[]): JudgedPlan {
  const nothing = { changes: [], notes: [], findings: [], recordLines: [], left: [], unmanaged: [] };
  return {
    plan: { ...nothing, violations, digest: 'd' } as unknown as Plan,
    diagnostics: [],
    assess: () => null,
  };
}

it('an objection is about the proposal, about what is owed, or about both together', () => {
  const base = judged([violation('deletes', 'two of two'), violation('updates', 'four of ten')]);
  const branch = judged([
    violation('deletes', 'two of two'),
    violation('updates', 'five of ten'),
    violation('spend-up', '$100 → $5000'),
  ]);
  const { guards } = comparePlans(base, branch);
  expect(guards.map(({ guard, about }) => [guard, about])).toEqual([
    ['deletes', 'owed'],
    ['updates', 'both'],
    ['spend-up', 'this'],
  ]);
});

it('what is shown is without what is owed, and without the words that lift a guard', () => {
  const owed = violation('deletes', 'two of two');
  const { view } = comparePlans(judged([owed]), judged([owed, violation('spend-up', '$100 → $5000')]));
  expect(view.violations.map(({ guard, allow }) => [guard, allow])).toEqual([['spend-up', null]]);
});
