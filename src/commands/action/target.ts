/** What a plan is for, as GitHub has it by now: planning takes its time. */

import type { GitHub, PullRequest } from '../../github/port.ts';
import { nowOf } from '../../run/session.ts';
import type { RunSubject } from './subject.ts';
import { type ActionResult, type ActionRun, resultOfNothing } from './types.ts';
import { warnOnFailure } from './warn-on-failure.ts';

export interface CommentTarget {
  /** Null: a group of several. */
  readonly number: number | null;
  /** That was planned. */
  readonly head: string;
  readonly at: string;
  /** Another branch than the default one, that it was planned for: see `RunSubject`. */
  readonly into: string | null;
  /** Null: of a group, or it could not be read again. */
  readonly pull: PullRequest | null;
  readonly isOpen: boolean;
  readonly isLastHead: boolean;
  readonly warnings: readonly string[];
}

/** What was merged meanwhile gets no plan, and a later push has a run of its own. Null: there is nobody to tell. */
export async function findTarget(run: ActionRun, subject: RunSubject | null): Promise<CommentTarget | null> {
  const { github, session } = run;
  if (subject === null || github === null) return null;
  const { head, into } = subject;
  const at = nowOf(session).toISOString();
  const group = { number: null, head, at, into, pull: null, isOpen: true, isLastHead: true, warnings: [] };
  if (subject.pull === null) return group;
  const { number } = subject.pull;
  let found: Awaited<ReturnType<GitHub['readPull']>> | null = null;
  const warnings = await warnOnFailure('reviews could not be read, so that nothing is allowed', async () => {
    found = await github.readPull(number);
  });
  const pull = found as Awaited<ReturnType<GitHub['readPull']>> | null;
  if (pull === null) return { ...group, number, warnings };
  return { ...group, number, pull, isOpen: pull.isOpen, isLastHead: pull.head === head };
}

export function resultOfGone({ number, pull }: CommentTarget): ActionResult {
  return resultOfNothing(
    `#${number} is ${pull?.merged === true ? 'merged' : 'closed'} by now: it gets no plan any more.`,
  );
}
