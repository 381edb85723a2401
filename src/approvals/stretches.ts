/** The first-parent line of the default branch, cut by the merges of pull requests. */

import type { LineCommit } from '../checkout/branch.ts';
import type { PullRequest } from '../github/port.ts';

/** Commits that belong together, oldest first; only such as change the policies' directory. */
export interface CommitGroup {
  readonly commits: readonly string[];
  /** What they were put on. */
  readonly firstParent: string;
  readonly last: string;
  /** Null: pushed by hand, as far as GitHub knows. */
  readonly pull: PullRequest | null;
}

/**
 * @param line oldest first, each the first parent of the next
 * @param start commit before the first of the line
 * @param startTree its tree of the policies' directory
 * @param pullsOf the merged pull requests that brought a commit, by GitHub's word
 * @param branches names that the default branch has, or had
 */
export function cutLine(
  line: readonly LineCommit[],
  start: { readonly sha: string; readonly tree: string | null },
  pullsOf: ReadonlyMap<string, readonly PullRequest[]>,
  branches: readonly string[],
): CommitGroup[] {
  const place = new Map(line.map(({ sha }, index) => [sha, index]));
  const cuts: CommitGroup[] = [];
  for (const [index, commit] of line.entries()) {
    const before = line[index - 1] ?? start;
    if (before.tree === commit.tree) continue;
    const pull = pullOf(commit.sha, index, place, pullsOf, branches);
    const open = cuts.at(-1);
    // Several commits of one pull request are a rebase; its merge commit is the last of them.
    if (pull !== null && open?.pull?.number === pull.number && open.last !== pull.mergeCommit) {
      cuts[cuts.length - 1] = { ...open, commits: [...open.commits, commit.sha], last: commit.sha };
    } else {
      cuts.push({ commits: [commit.sha], firstParent: before.sha, last: commit.sha, pull });
    }
  }
  return withoutTorn(cuts);
}

function pullOf(
  sha: string,
  index: number,
  place: ReadonlyMap<string, number>,
  pullsOf: ReadonlyMap<string, readonly PullRequest[]>,
  branches: readonly string[],
): PullRequest | null {
  const merged = (pullsOf.get(sha) ?? []).filter(({ merged, baseRef }) => merged && branches.includes(baseRef));
  const own = merged.filter(({ mergeCommit }) => mergeCommit === sha);
  const rebased = merged.filter(({ mergeCommit }) => (place.get(mergeCommit ?? '') ?? -1) > index);
  const found = own.length > 0 ? own : rebased;
  // Two that claim one commit: neither is known to be the one.
  return found.length === 1 ? (found[0] ?? null) : null;
}

/** A pull request is merged in one push: what stands in two places of the line was put there otherwise. */
function withoutTorn(cuts: readonly CommitGroup[]): CommitGroup[] {
  const count = new Map<number, number>();
  for (const { pull } of cuts) if (pull !== null) count.set(pull.number, (count.get(pull.number) ?? 0) + 1);
  return cuts.map((cut) => (cut.pull !== null && (count.get(cut.pull.number) ?? 0) > 1 ? { ...cut, pull: null } : cut));
}
