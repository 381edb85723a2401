/** A pull request that changes no policy files: its required check has to be answered all the same, and nothing else be said. */

import { readEnvironment } from './environment-of-files.ts';
import type { RunSubject } from './subject.ts';
import { findTarget, resultOfGone } from './target.ts';
import { tellOpen, untouchedTitle } from './tell-pull.ts';
import type { DefaultBranch } from './tip.ts';
import { type ActionResult, type ActionRun, resultOfNothing } from './types.ts';

/** Nothing of the control plane is read: a change of something else must not wait for it. */
export async function tellUntouched(run: ActionRun, found: DefaultBranch, subject: RunSubject): Promise<ActionResult> {
  const target = await findTarget(run, subject);
  if (target !== null && !target.isOpen) return resultOfGone(target);
  const result = resultOfNothing(untouchedTitle, '\n\nNothing was planned.');
  const environment = await readEnvironment(run, found.branch);
  if (target === null || environment === null) return result;
  const isForeign = subject.pull?.isForeign === true;
  const about = { ...target, number: isForeign ? null : target.number, environment, record: null };
  const { warnings } = await tellOpen(run, about, { state: 'untouched' }, []);
  if (!isForeign) return { ...result, warnings: [...target.warnings, ...warnings] };
  // The token of such a run reads alone: that is not news, and what a required check waits for is said in the log.
  for (const text of warnings) run.session.say(`${text}\n`);
  return result;
}
