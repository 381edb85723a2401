/** A plan on a pull request: what its own request is judged to be, who has approved it so far, and the words it would need. */

import { judgeWithWords } from '../../approvals/lifted.ts';
import { type MergedPull, readOpenPull } from '../../approvals/read-windows.ts';
import { isMovedBy } from '../../approvals/review-changes.ts';
import type { Branch } from '../../checkout/branch.ts';
import { UserError } from '../../errors.ts';
import type { GitHub, PullRequest } from '../../github/port.ts';
import { guardNames } from '../../plan/guard-names.ts';
import { narrowPlan } from '../../plan/mode.ts';
import type { Change, Plan } from '../../plan/types.ts';
import { printWord } from '../../plan/words.ts';
import type { PreparedPlan } from '../prepare-plan.ts';
import { placeOf } from './read-review.ts';
import { saying } from './saying.ts';
import { withTip } from './tip.ts';
import type { ActionRun } from './types.ts';

export interface OpenReview {
  readonly plan: Plan;
  /** Who has approved it so far, and what happens on merge; null where that could not be read. */
  readonly remark: string | null;
  readonly warnings: readonly string[];
}

export async function reviewOpenPull(run: ActionRun, pull: PullRequest, prepared: PreparedPlan): Promise<OpenReview> {
  let found: Pick<OpenReview, 'plan' | 'remark'> = { plan: prepared.plan, remark: null };
  const warnings = await saying('reviews could not be read, so that nothing is allowed', async () => {
    if (run.github !== null) found = await judgeOpen(run, run.github, pull, prepared);
  });
  return { ...found, warnings };
}

async function judgeOpen(
  run: ActionRun,
  github: GitHub,
  pull: PullRequest,
  prepared: PreparedPlan,
): Promise<Pick<OpenReview, 'plan' | 'remark'>> {
  const { plan, steps, settings, checkout, inForce, assess } = prepared;
  const read = withTip(run, async ({ branch, branchName }) => ({
    ...(await readOpenPull({ github, branch, branchName, place: placeOf(prepared) }, pull)),
    isBehind: await isBehind(branch, prepared.checkout.commit),
  }));
  const found = await read.catch((error: unknown) => {
    // The plan is shown all the same: into a branch that is not there, nothing is merged.
    if (error instanceof UserError) return null;
    throw error;
  });
  if (found === null) return { plan, remark: null };
  const { merged, requests } = found;
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
    pullsOf: new Map(own.map(({ id }) => [id, [pull.number]])),
  });
  const { digest } = merged;
  const withLines = violations.map((violation) => {
    const guard = guardNames.find((name) => name === violation.guard);
    if (violation.allow === null || guard === undefined) return violation;
    return { ...violation, allow: digest === null ? null : printWord({ guard, number: violation.count, digest }) };
  });
  const others = plan.changes.filter((change) => !own.includes(change) && isOfFiles(change));
  const remarks = [
    remarkFor(merged, prepared),
    ...(others.length === 0
      ? []
      : [
          `Not of this pull request, but of what is merged and not applied yet: ${others.map(({ id }) => id).join(', ')}.`,
        ]),
    ...(found.isBehind
      ? ['The policies on the default branch have moved on since this was planned: update the branch to see both.']
      : []),
  ];
  return { plan: { ...plan, violations: withLines }, remark: remarks.join(' ') };
}

/** Git asks for it, not what somebody did by hand. */
function isOfFiles({ cause }: Change): boolean {
  return cause === 'edited' || cause === 'both' || cause === 'adopted';
}

/** Whether the default branch says something else than the commit that was planned was made from; doubt says no. */
async function isBehind(branch: Branch, commit: string | null): Promise<boolean> {
  const bases = commit === null ? [] : await branch.mergeBases(branch.tip, commit);
  if (bases.length === 0 || bases.includes(branch.tip)) return false;
  const trees = await branch.treesOf([branch.tip, ...bases]);
  return bases.every((base) => trees.get(base) !== trees.get(branch.tip));
}

/**
 * Why a commit that lacks what was applied last says nothing of its pull request: what others added since would be shown as
 * taken away. Null: it lacks nothing, or nobody can tell.
 */
export async function describeMovedOn(run: ActionRun, { checkout }: PreparedPlan): Promise<string | null> {
  if (checkout.rewind?.answer !== 'no') return null;
  const { commit } = checkout.rewind;
  const isOnBranch = await withTip(run, ({ branch }) => branch.hasInHistory(commit)).catch((error: unknown) => {
    if (error instanceof UserError) return null;
    throw error;
  });
  if (isOnBranch === null) return null;
  const applied = `commit ${commit.slice(0, 12)}, applied last`;
  return isOnBranch
    ? `The default branch has moved on: ${applied}, is not in the commit that this run was started for. Update the branch of the pull request; running this again cannot help, as GitHub hands it the same commit.`
    : `The default branch was rewritten: ${applied}, is not in it any more. What its next apply says is the way on; then push to this pull request again.`;
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
