/**
 * A plan on a pull request, or on a group of them in a merge queue: what their own requests are judged to be, who has approved
 * them so far, and the words they would need.
 */

import { groupKeys } from '../../approvals/atoms.ts';
import { judgeWithWords } from '../../approvals/lifted.ts';
import { type MergedPull, readOpenPull } from '../../approvals/read-windows.ts';
import type { Request } from '../../approvals/request.ts';
import { isMovedBy } from '../../approvals/review-changes.ts';
import type { Branch } from '../../checkout/branch.ts';
import type { GitHub, PullRequest } from '../../github/port.ts';
import { narrowPlan } from '../../plan/mode.ts';
import type { Change, Plan } from '../../plan/types.ts';
import { printWord } from '../../plan/words.ts';
import { guardInputOf, type Judged } from '../../run/judge.ts';
import { askedOf } from '../../run/rules-of-apply.ts';
import { placeOfRecord } from './read-review.ts';
import { readAsked } from './rules-of-pull.ts';
import type { DefaultBranch } from './tip.ts';
import { warnOnFailure } from './warn-on-failure.ts';

export interface OpenReview {
  readonly plan: Plan;
  /** Ids of the changes that they ask for themselves; null where that could not be read. */
  readonly own: ReadonlySet<string> | null;
  /** Who has approved it so far, and what happens on merge; null where that could not be read, and of a group. */
  readonly remark: string | null;
  readonly warnings: readonly string[];
}

/** @param pulls those of a group by their numbers; none: there is nothing to judge by, and the plan stays as it is */
export async function reviewOpenPulls(
  github: GitHub,
  pulls: readonly (number | PullRequest)[],
  found: DefaultBranch,
  prepared: Judged,
): Promise<OpenReview> {
  const plan = { ...prepared.plan, asked: askedOf(prepared) };
  let review: Omit<OpenReview, 'warnings'> = { plan, own: null, remark: null };
  if (pulls.length === 0) return { ...review, warnings: [] };
  const warnings = await warnOnFailure('reviews could not be read, so that nothing is allowed', async () => {
    review = await judgeOpen(github, pulls, found, prepared);
  });
  return { ...review, warnings };
}

async function judgeOpen(
  github: GitHub,
  named: readonly (number | PullRequest)[],
  { branch, branchName }: DefaultBranch,
  prepared: Judged,
): Promise<Omit<OpenReview, 'warnings'>> {
  const { plan, checkout, assess } = prepared;
  const sources = { github, branch, branchName, place: placeOfRecord(prepared) };
  const pulls: MergedPull[] = [];
  const requests: (readonly Request[])[] = [];
  const pullsOf = new Map<string, number[]>();
  for (const one of named) {
    const { merged, requests: found } = await readOpenPull(sources, one);
    pulls.push(merged);
    requests.push(found);
    for (const { id, key, workspaceId } of plan.changes) {
      if (!found.some((request) => isMovedBy(request, key, workspaceId))) continue;
      pullsOf.set(id, [...(pullsOf.get(id) ?? []), merged.pull.number]);
    }
  }
  const own = plan.changes.filter(({ id }) => pullsOf.has(id));
  const alone = { ...narrowPlan(plan, own, plan.recordLines), impact: assess(own) };
  const { violations, lines } = judgeWithWords({
    ...guardInputOf(prepared),
    plan: alone,
    allowances: [],
    assess,
    pulls,
    pullsOf,
    pullsOfSettings: pulls.flatMap(({ pull }, index) => (movesSettings(requests[index] ?? []) ? [pull.number] : [])),
  });
  const digest = digestToName(pulls, pullsOf);
  const withLines = violations.map((violation) => {
    const { guard } = violation;
    if (violation.allow === null) return violation;
    const named = lines.find(({ word }) => word.guard === guard)?.word.digest ?? digest;
    return {
      ...violation,
      allow: named === null ? null : printWord({ guard, number: violation.count, digest: named }),
    };
  });
  const [only, ...more] = pulls;
  const isOne = only !== undefined && more.length === 0;
  const others = plan.changes.filter((change) => !pullsOf.has(change.id) && isOfFiles(change));
  const asked = isOne ? await readAsked(github, prepared, only, requests.flat()) : askedOf(prepared);
  const remarks = isOne
    ? [
        remarkFor(only, prepared, branchName),
        ...describeOthers(others),
        ...(await describeBehind(branch, checkout.commit)),
      ]
    : [];
  return {
    plan: { ...plan, violations: withLines, asked },
    own: new Set(pullsOf.keys()),
    remark: isOne ? remarks.join(' ') : null,
  };
}

/** A group of workspaces rises without a change where one comes into it. */
function movesSettings(requests: readonly Request[]): boolean {
  return requests.some(({ moves }) => moves.some(({ group }) => group === groupKeys.settings));
}

/** Of a group, the first that moves something: a line is for one pull request. */
function digestToName(pulls: readonly MergedPull[], pullsOf: ReadonlyMap<string, readonly number[]>): string | null {
  const moving = new Set([...pullsOf.values()].flat());
  const named = pulls.length === 1 ? pulls : pulls.filter(({ pull }) => moving.has(pull.number));
  return named.find(({ digest }) => digest !== null)?.digest ?? null;
}

function describeOthers(others: readonly Change[]): string[] {
  if (others.length === 0) return [];
  const ids = others.map(({ id }) => id).join(', ');
  return [`Not of this pull request, but of what is merged and not applied yet: ${ids}.`];
}

/** Git asks for it, not what somebody did by hand. */
function isOfFiles({ cause }: Change): boolean {
  return cause === 'edited' || cause === 'both' || cause === 'adopted';
}

/** Where the default branch says something else than the commit that was planned was made from; doubt says nothing. */
async function describeBehind(branch: Branch, commit: string | null): Promise<string[]> {
  const bases = commit === null ? [] : await branch.mergeBases(branch.tip, commit);
  if (bases.length === 0 || bases.includes(branch.tip)) return [];
  const trees = await branch.treesOf([branch.tip, ...bases]);
  if (bases.some((base) => trees.get(base) === trees.get(branch.tip))) return [];
  return ['The policies on the default branch have moved on since this was planned: update the branch to see both.'];
}

/**
 * Why a commit that lacks what was applied last says nothing of its pull request: what others added since would be shown as
 * taken away. Null: it lacks nothing, or nobody can tell.
 */
export async function describeMovedOn({ checkout }: Judged, found: DefaultBranch | null): Promise<string | null> {
  if (checkout.rewind?.answer !== 'no' || found === null) return null;
  const { commit } = checkout.rewind;
  const isOnBranch = await found.branch.hasInHistory(commit);
  const applied = `commit ${commit.slice(0, 12)}, applied last`;
  return isOnBranch
    ? `The default branch has moved on: ${applied}, is not in the commit that this run was started for. Update the branch of the pull request; running this again cannot help, as GitHub hands it the same commit.`
    : `The default branch was rewritten: ${applied}, is not in it any more. What its next apply says is the way on; then push to this pull request again.`;
}

function remarkFor(
  { approval, digest, facts, pull }: MergedPull,
  { settings, stored }: Judged,
  branchName: string,
): string {
  if (pull.baseRef !== branchName) {
    return `It goes into ${pull.baseRef}, and only what is on ${branchName} is applied: its merge applies nothing.`;
  }
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
