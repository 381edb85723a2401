/** What guards say of a plan. Pure. */

import type { GuardInput } from '../guards/input.ts';
import { judgePlan } from '../guards/judge.ts';
import { pendingSilences } from '../plan/silences.ts';
import type { PlanNote } from '../plan/types.ts';
import { explainIdleWords } from '../plan/words.ts';
import type { Assessed } from './assess.ts';

/** The plan has the objections of all guards. */
export type Judged = Assessed;

/** What guards are given of a run, or of a part of its plan in the place of it. */
export function guardInputOf({ plan, steps, settings, checkout, inForce, allowances }: GuardedPlan): GuardInput {
  const { moved, isProtected } = inForce;
  return { plan, steps, settings, rewind: checkout.rewind, moved, isProtected, allowances };
}

type GuardedPlan = Pick<Assessed, 'plan' | 'steps' | 'settings' | 'checkout' | 'inForce' | 'allowances'>;

export function judgeAssessed(assessed: Assessed): Judged {
  const { plan, options, desired, silences, allowances } = assessed;
  const violations = judgePlan(guardInputOf(assessed));
  const idle = explainIdleWords(allowances, violations, [plan.digest, ...(options.reviewed ?? [])]);
  const said = [...pendingSilences(desired, silences), ...idle.map(wordNote)];
  return { ...assessed, plan: { ...plan, violations, notes: [...plan.notes, ...said] } };
}

function wordNote(message: string): PlanNote {
  return { code: 'word-lifts-nothing', severity: 'warning', workspace: null, message, source: null };
}
