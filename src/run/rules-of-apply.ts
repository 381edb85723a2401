/**
 * `review.approvals` where nobody can be asked. At a terminal sits the holder of the key, who could call the API: whom rules ask for
 * is said. Under a CI system that is not the Action a plan file or a digest shows that somebody looked, not who.
 */

import { findAskedOfPlan } from '../approvals/asked-of-plan.ts';
import { settingsOf } from '../plan/settings.ts';
import type { AskedOfPlan, Plan } from '../plan/types.ts';
import type { Judged } from './judge.ts';

/** Whom the rules ask for once this is merged; undefined: no rule asks about any of it. */
export function askedOf({
  plan,
  settings,
  owners,
  steps,
  settled,
  desired,
}: Judged): readonly AskedOfPlan[] | undefined {
  const input = { rules: settings.approvals, owners, plan, steps, record: settled };
  const asked = findAskedOfPlan(input, settingsOf(desired));
  return asked.length === 0 ? undefined : asked;
}

/** Why it cannot be applied here; null: no rule asks about any of it. */
export function findUnasked(plan: Plan, judged: Judged): string | null {
  if (judged.settings.approvals.length === 0) return null;
  const [first] = askedOf({ ...judged, plan }) ?? [];
  if (first === undefined) return null;
  return `not applied: \`review.approvals\` asks for ${first.by.join(' or ')} (${first.because.join('; ')}), and here nobody can tell who has approved. Apply it with the GitHub Action, or by hand at a terminal`;
}
