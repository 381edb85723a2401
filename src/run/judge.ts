/** What guards say of a plan. Pure. */

import { judgePlan } from '../guards/judge.ts';
import { pendingSilences } from '../plan/silences.ts';
import type { PlanNote, Violation } from '../plan/types.ts';
import { explainIdleWords } from '../plan/words.ts';
import type { Assessed } from './assess.ts';

/** The plan has the objections of all guards. */
export type Judged = Assessed;

type GuardedPlan = Pick<Assessed, 'plan' | 'steps' | 'settings' | 'checkout' | 'inForce' | 'allowances'>;

/** Objections to the plan as it stands, or to a part of it in its place. */
export function violationsOf(
  { plan, steps, settings, checkout, inForce, allowances }: GuardedPlan,
  reviewed: readonly string[] = [],
): Violation[] {
  return judgePlan({
    plan,
    steps,
    settings,
    rewind: checkout.rewind,
    moved: inForce.moved,
    isProtected: inForce.isProtected,
    allowances,
    reviewed,
  });
}

export function judgeAssessed(assessed: Assessed): Judged {
  const { plan, options, desired, silences, allowances } = assessed;
  const violations = violationsOf(assessed);
  const idle = explainIdleWords(allowances, violations, [plan.digest, ...(options.reviewed ?? [])]);
  const said = [...pendingSilences(desired, silences), ...idle.map(wordNote)];
  return { ...assessed, plan: { ...plan, violations, notes: [...plan.notes, ...said] } };
}

function wordNote(message: string): PlanNote {
  return { code: 'word-lifts-nothing', severity: 'warning', workspace: null, message, source: null };
}
