/** Files, record and live state to one judged plan: what `plan`, `apply` and `drift` have in common. */

import { assessPlanned } from './assess.ts';
import { gather } from './gather.ts';
import { type Judged, judgeAssessed } from './judge.ts';
import type { OpenBackend } from './open-backend.ts';
import { planGathered } from './plan.ts';
import type { Session } from './session.ts';
import { closingOnFailure, type NoPlan, type PlanOptions, type Started, startRun } from './start.ts';

/**
 * The caller closes `open` of what has a plan.
 *
 * @param opened a control plane that is there already; default: a new one
 */
export async function preparePlan(
  options: PlanOptions,
  session: Session,
  opened?: OpenBackend,
): Promise<Judged | NoPlan> {
  const started = await startRun(options, session, opened);
  return 'plan' in started ? started : goOn(started, session);
}

/** @throws UserError, ServiceError, CancelledError */
export function goOn(started: Started, session: Session): Promise<Judged | NoPlan> {
  return closingOnFailure(started.open, async () => {
    const gathered = await gather(started, session);
    if ('plan' in gathered) return gathered;
    const planned = planGathered(gathered);
    if (planned.plan === null) return planned;
    return judgeAssessed(await assessPlanned(planned, session));
  });
}
