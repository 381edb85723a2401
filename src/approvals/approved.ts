/** Whether a pull request is approved: by GitHub's own reviews, by people who had no part in it. */

import type { PullReviewFacts, RepositoryPermission, ReviewFacts } from '../github/port.ts';
import type { PartTakers } from './part-takers.ts';

export interface PullApproval {
  /** Reviews that count; one a person. */
  readonly approvals: readonly ReviewFacts[];
  readonly isApproved: boolean;
  /** Why not, and what is missing; null when it is approved. */
  readonly reason: string | null;
}

/** The review that speaks for each person who gave one: the latest that is not a mere comment. */
export function speakingReviews({ reviews }: PullReviewFacts): ReviewFacts[] {
  const byPerson = new Map<string, ReviewFacts>();
  const inOrder = [...reviews].sort((a, b) => compareTimes(a.submittedAt, b.submittedAt));
  for (const review of inOrder) {
    const speaks = review.state === 'APPROVED' || review.state === 'CHANGES_REQUESTED' || review.state === 'DISMISSED';
    if (speaks && review.author !== null && review.submittedAt !== null) {
      byPerson.set(review.author.login.toLowerCase(), review);
    }
  }
  return [...byPerson.values()];
}

/** Which of them might count, before anybody is asked what their authors may do and what was in another head. */
export function candidateReviews(facts: PullReviewFacts, { people }: PartTakers): ReviewFacts[] {
  const lastMove = facts.baseMoves
    .map(({ at }) => at)
    .sort(compareTimes)
    .at(-1);
  return speakingReviews(facts).filter(
    ({ state, author, commit, submittedAt }) =>
      state === 'APPROVED' &&
      author !== null &&
      !author.isBot &&
      !people.has(author.login.toLowerCase()) &&
      commit !== null &&
      // What was looked at then went into another branch.
      (lastMove === undefined || compareTimes(submittedAt, lastMove) > 0),
  );
}

export interface ApprovalFacts {
  readonly facts: PullReviewFacts;
  readonly partTakers: PartTakers;
  /** Digests of what the pull request asks for at the head that was merged; one a merge base. */
  readonly digests: readonly string[];
  /** The same of another head; null: it is not given any more. */
  readonly digestsAt: ReadonlyMap<string, readonly string[] | null>;
  /** Of those who gave a candidate, by login. */
  readonly permissions: ReadonlyMap<string, RepositoryPermission>;
}

export function judgeApproval({ facts, partTakers, digests, digestsAt, permissions }: ApprovalFacts): PullApproval {
  if (!facts.hasAllCommits) {
    return {
      approvals: [],
      isApproved: false,
      reason: 'it has more commits than GitHub tells, so that who made them is not known',
    };
  }
  const approvals = candidateReviews(facts, partTakers).filter(({ author, commit }) => {
    const isSame = commit === facts.pull.head || isEqual(digestsAt.get(commit ?? '') ?? null, digests);
    return isSame && mayWrite(permissions.get(author?.login ?? ''));
  });
  const needed = partTakers.doubt === null ? 1 : 2;
  if (approvals.length >= needed) return { approvals, isApproved: true, reason: null };
  return { approvals, isApproved: false, reason: describeLack(facts, partTakers, approvals.length) };
}

function describeLack(facts: PullReviewFacts, { people, doubt }: PartTakers, count: number): string {
  if (doubt !== null)
    return `two approving reviews are needed, as ${doubt}; ${count} counts so far`.replace('0 counts', 'none counts');
  const approving = speakingReviews(facts).filter(({ state }) => state === 'APPROVED');
  const own = approving.find(({ author }) => author !== null && people.has(author.login.toLowerCase()));
  if (own !== undefined) return `the approving review is by ${own.author?.login}, who had a part in it`;
  if (approving.length > 0)
    return `the approving review by ${approving[0]?.author?.login} does not count for what was merged`;
  return 'it has no approving review';
}

export function mayWrite(permission: RepositoryPermission | undefined): boolean {
  return permission === 'admin' || permission === 'maintain' || permission === 'write';
}

function isEqual(a: readonly string[] | null, b: readonly string[]): boolean {
  return a !== null && a.length === b.length && a.every((digest, index) => digest === b[index]);
}

function compareTimes(a: string | null, b: string | null): number {
  return Date.parse(a ?? '') - Date.parse(b ?? '') || 0;
}
