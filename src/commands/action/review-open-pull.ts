/** A plan on a pull request: what its own request is judged to be, who has approved it so far, and the words it would need. */

import { judgeWithWords } from '../../approvals/lifted.ts';
import { type MergedPull, readOpenPull } from '../../approvals/read-windows.ts';
import { isMovedBy } from '../../approvals/review-changes.ts';
import { UserError } from '../../errors.ts';
import type { GitHub } from '../../github/port.ts';
import { guardNames } from '../../plan/guard-names.ts';
import { narrowPlan } from '../../plan/mode.ts';
import type { Plan } from '../../plan/types.ts';
import { printWord } from '../../plan/words.ts';
import type { PreparedPlan } from '../prepare-plan.ts';
import { saying } from './post-plan.ts';
import { placeOf } from './read-review.ts';
import { withTip } from './tip.ts';
import type { ActionRun } from './types.ts';

export interface OpenReview {
  readonly plan: Plan;
  /** Who has approved it so far, and what happens on merge; null where that could not be read. */
  readonly remark: string | null;
  readonly warnings: readonly string[];
}

export async function reviewOpenPull(
  run: ActionRun,
  github: GitHub,
  number: number,
  prepared: PreparedPlan,
): Promise<OpenReview> {
  let found: Pick<OpenReview, 'plan' | 'remark'> = { plan: prepared.plan, remark: null };
  const warnings = await saying('reviews could not be read, so that nothing is allowed', async () => {
    found = await judgeOpen(run, github, number, prepared);
  });
  return { ...found, warnings };
}

async function judgeOpen(
  run: ActionRun,
  github: GitHub,
  number: number,
  prepared: PreparedPlan,
): Promise<Pick<OpenReview, 'plan' | 'remark'>> {
  const { plan, steps, settings, checkout, inForce, assess } = prepared;
  const read = withTip(run, ({ branch, branchName }) =>
    readOpenPull({ github, branch, branchName, place: placeOf(prepared) }, number),
  );
  const { merged, requests } = await read.catch((error: unknown) => {
    // The plan is shown all the same: into a branch that is not there, nothing is merged.
    if (error instanceof UserError) return { merged: null, requests: [] };
    throw error;
  });
  if (merged === null) return { plan, remark: null };
  const own = plan.changes.filter(({ key, workspaceId }) =>
    requests.some((request) => isMovedBy(request, key, workspaceId)),
  );
  const alone = { ...narrowPlan(plan, own, plan.recordLines), impact: assess(own) };
  const { violations } = judgeWithWords({
    plan: alone,
    steps,
    settings,
    rewind: checkout.rewind,
    moved: inForce.moved,
    isProtected: inForce.isProtected,
    allowances: [],
    assess,
    pulls: [merged],
    pullsOf: new Map(own.map(({ id }) => [id, [number]])),
  });
  const { digest } = merged;
  const withLines = violations.map((violation) => {
    const guard = guardNames.find((name) => name === violation.guard);
    if (violation.allow === null || guard === undefined) return violation;
    return { ...violation, allow: digest === null ? null : printWord({ guard, number: violation.count, digest }) };
  });
  return { plan: { ...plan, violations: withLines }, remark: remarkFor(merged, prepared) };
}

function remarkFor({ approval, digest, facts }: MergedPull, { settings, stored }: PreparedPlan): string {
  const request = digest === null ? '' : ` (request ${digest.slice(0, 32)})`;
  if (stored === null)
    return 'There is no applied record: after the merge an administrator starts the first apply by hand.';
  if (settings.alone) {
    const authors = new Set(
      facts.commits.flatMap(({ authors }) => authors.map(({ account, email }) => account?.login ?? email)),
    );
    const several = authors.size > 1 ? ` ${authors.size} people have committed here.` : '';
    return `\`review.alone\` is in force: merging is enough to apply.${several}`;
  }
  if (!settings.require_reviewed_plan)
    return 'Applied on merge, reviewed or not: `review.require_reviewed_plan` is off.';
  const by = approval.approvals.map(({ author }) => author?.login).join(', ');
  if (approval.isApproved) return `Approved by ${by}${request}: applied on merge.`;
  return `Not approved so far${request}: ${approval.reason}. What is merged without it stays owed.`;
}
