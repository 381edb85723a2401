/** Git and GitHub → windows of approval: which pull requests moved what since the last apply, and on whose word. */

import { type Branch, type CommitLine, isInHistory } from '../checkout/branch.ts';
import {
  type GitHub,
  GitHubError,
  type PullRequest,
  type PullReviewFacts,
  type Push,
  type RepositoryPermission,
} from '../github/port.ts';
import { type KnownTexts, readWritten } from '../policy/compile.ts';
import { candidateReviews, judgeApproval, type PullApproval } from './approved.ts';
import { type Statement, statementOf } from './atoms.ts';
import { findOvertaken, type Overtaken } from './overtaken.ts';
import { findPartTakers, type PartTakers } from './part-takers.ts';
import { buildRequest, type Request, type RequestPlace } from './request.ts';
import type { ApprovalWindow, Stretch } from './reviewed.ts';
import { type CommitGroup, cutLine } from './stretches.ts';
import { type ReviewWord, wordsOf } from './words.ts';

export interface ReviewSources {
  readonly github: GitHub;
  readonly branch: Branch;
  /** Of the default branch, without `refs/heads/`. */
  readonly branchName: string;
  /** The one that it had at the last apply: what was merged into it before it was renamed stays merged. */
  readonly formerName?: string | null | undefined;
  readonly place: RequestPlace;
}

/** A pull request that moved policy files in a window. */
export interface MergedPull {
  readonly pull: PullRequest;
  readonly facts: PullReviewFacts;
  readonly partTakers: PartTakers;
  readonly approval: PullApproval;
  /** Digest of what it asks for; null where that cannot be known. */
  readonly digest: string | null;
  readonly words: readonly ReviewWord[];
}

export interface Windows {
  /** From a commit to the tip; null: it is not in the branch's history. */
  from(start: string | null): ApprovalWindow | null;
  /** What of the line belongs to a pull request. */
  stretchOf(pull: number): Stretch | undefined;
  /** In the order in which they were merged. */
  readonly pulls: readonly MergedPull[];
}

/** Pull requests that moved policy files since any of these commits: one query for fifty of them, whatever else was merged. */
export async function listMergedPulls(
  sources: Omit<ReviewSources, 'place'>,
  starts: readonly string[],
): Promise<readonly PullRequest[]> {
  const { cuts } = await readCuts(sources, starts);
  const pulls = [...cuts.values()].flat().flatMap(({ pull }) => pull ?? []);
  return [...new Map(pulls.map((pull) => [pull.number, pull])).values()];
}

/** Those merged since any of these commits, and which of them others have overtaken since: nobody's word is asked for. */
export async function readEarlier(
  sources: Omit<ReviewSources, 'place'>,
  starts: readonly string[],
): Promise<ReadonlyMap<number, Overtaken | null>> {
  const states = new Statements(sources.branch);
  const { lines, cuts } = await readCuts(sources, starts);
  const found = new Map<number, Overtaken | null>();
  for (const [start, line] of lines) {
    const treeOf = new Map([[start, line.startTree], ...line.commits.map(({ sha, tree }) => [sha, tree] as const)]);
    await states.load([...treeOf.values()]);
    const stretches = (cuts.get(start) ?? []).map(({ pull, commits, firstParent, last }) => ({
      pull: pull?.number ?? null,
      commits,
      before: states.of(treeOf.get(firstParent) ?? null),
      after: states.of(treeOf.get(last) ?? null),
    }));
    for (const stretch of stretches) {
      if (stretch.pull !== null)
        found.set(
          stretch.pull,
          findOvertaken(stretch, () => stretches),
        );
    }
  }
  return found;
}

async function readCuts(sources: Omit<ReviewSources, 'place'>, starts: readonly string[]) {
  const { github, branch, branchName, formerName } = sources;
  const lines = new Map<string, CommitLine>();
  for (const start of new Set(starts)) {
    const line = await branch.readLine(start);
    if (line !== null) lines.set(start, line);
  }
  const moving = [...lines.values()].flatMap((line) => movingCommits(line));
  const pullsOf = moving.length === 0 ? new Map() : await github.listPullsOfCommits([...new Set(moving)]);
  const unknown = moving.find((sha) => !pullsOf.has(sha));
  // GitHub can be behind its own Git for a moment: "pushed by hand" would be said of what was reviewed.
  if (unknown !== undefined) {
    throw new GitHubError(`GitHub does not know commit ${unknown.slice(0, 12)} of ${branchName} so far`, undefined);
  }
  const cuts = new Map(
    [...lines].map(([start, line]) => {
      const from = { sha: start, tree: line.startTree };
      return [start, cutLine(line.commits, from, pullsOf, [branchName, formerName ?? branchName])] as const;
    }),
  );
  return { lines, cuts };
}

/** @param starts commits up to which something is applied */
export async function readWindows(sources: ReviewSources, starts: readonly string[]): Promise<Windows> {
  const states = new Statements(sources.branch);
  const reader = new PullReader(sources, states);
  const { lines, cuts } = await readCuts(sources, starts);
  await reader.prepare([...cuts.values()].flat());
  const windows = new Map<string, ApprovalWindow>();
  for (const [start, line] of lines) {
    const treeOf = new Map([[start, line.startTree], ...line.commits.map(({ sha, tree }) => [sha, tree] as const)]);
    const stretches: Stretch[] = [];
    for (const cut of cuts.get(start) ?? []) {
      const merged = await reader.read(cut);
      stretches.push({
        pull: merged === null ? null : merged.pull.number,
        commits: cut.commits,
        before: states.of(treeOf.get(cut.firstParent) ?? null),
        after: states.of(treeOf.get(cut.last) ?? null),
        requests: merged === null ? [] : reader.requestsOf(cut),
        isApproved: merged?.approval.isApproved === true,
        reason: merged?.approval.reason ?? null,
      });
    }
    windows.set(start, { stretches });
  }
  const ofPulls = new Map([...windows.values()].flatMap(({ stretches }) => stretches.map((one) => [one.pull, one])));
  return {
    from: (start) => windows.get(start ?? '') ?? null,
    stretchOf: (pull) => ofPulls.get(pull),
    pulls: reader.pulls,
  };
}

/** A pull request that is not merged yet, as it would be onto the tip. */
export async function readOpenPull(
  sources: ReviewSources,
  named: number | PullRequest,
): Promise<{ readonly merged: MergedPull; readonly requests: readonly Request[] }> {
  const reader = new PullReader(sources, new Statements(sources.branch));
  const pull = typeof named === 'number' ? await sources.github.readPull(named) : named;
  return reader.readOpen(pull, sources.branch.tip);
}

function movingCommits({ startTree, commits }: CommitLine): string[] {
  return commits.flatMap(({ sha, tree }, index) => {
    const before = index === 0 ? startTree : (commits[index - 1]?.tree ?? null);
    return before === tree ? [] : [sha];
  });
}

/** What files say, by their tree: an unchanged file is read once, an unchanged directory compared once. */
class Statements {
  readonly #branch: Branch;
  readonly #known: KnownTexts = new Map();
  readonly #byTree = new Map<string, Statement>();

  constructor(branch: Branch) {
    this.#branch = branch;
  }

  async load(trees: readonly (string | null | undefined)[]): Promise<void> {
    const wanted = [...new Set(trees)]
      .filter((tree) => typeof tree === 'string')
      .filter((tree) => !this.#byTree.has(tree));
    for (const [tree, { files, unreadable }] of await this.#branch.readTrees(wanted)) {
      const written = readWritten(files, this.#known);
      this.#byTree.set(tree, statementOf({ ...written, broken: [...written.broken, ...unreadable] }));
    }
  }

  /** Of a tree that was loaded; without a tree there is no directory, which says nothing. */
  of(tree: string | null): Statement {
    return this.#byTree.get(tree ?? '') ?? { groups: new Map(), isWhole: tree === null };
  }
}

/** Heads, merge bases, reviews and permissions: each asked once. */
class PullReader {
  readonly #sources: ReviewSources;
  readonly #states: Statements;
  readonly #merged = new Map<number, MergedPull>();
  readonly #requests = new Map<string, readonly Request[]>();
  readonly #trees = new Map<string, string | null>();
  readonly #swallowed = new Set<number>();
  readonly #permissions = new Map<string, RepositoryPermission>();
  #heads: ReadonlySet<string> = new Set();

  constructor(sources: ReviewSources, states: Statements) {
    this.#sources = sources;
    this.#states = states;
  }

  get pulls(): readonly MergedPull[] {
    return [...this.#merged.values()];
  }

  async prepare(cuts: readonly CommitGroup[]): Promise<void> {
    const { branch } = this.#sources;
    const pulls = cuts.flatMap(({ pull }) => pull ?? []);
    this.#heads = await branch.fetchHeads(pulls.map(({ number, head }) => ({ pull: number, commit: head })));
    await this.#loadTrees(cuts.flatMap(({ firstParent, last }) => [firstParent, last]));
    for (const { pull, last } of cuts) {
      if (pull === null || !this.#heads.has(pull.head)) continue;
      // Pushed by hand to the branch: GitHub calls it merged, and nobody pressed the button.
      if (await isInHistory(branch, last, pull.head)) this.#swallowed.add(pull.number);
    }
  }

  async readOpen(pull: PullRequest, onto: string) {
    this.#heads = await this.#sources.branch.fetchHeads([{ pull: pull.number, commit: pull.head }]);
    const requests = this.#heads.has(pull.head) ? await this.#readRequests({ firstParent: onto }, pull.head) : [];
    return { merged: await this.#readPull({ firstParent: onto }, pull, requests), requests };
  }

  requestsOf(cut: CommitGroup): readonly Request[] {
    return (cut.pull === null ? undefined : this.#requests.get(requestKey(cut, cut.pull.head))) ?? [];
  }

  /** Null: no pull request. */
  async read(cut: CommitGroup): Promise<MergedPull | null> {
    const { pull } = cut;
    if (pull === null || this.#swallowed.has(pull.number)) return null;
    const requests = this.#heads.has(pull.head) ? await this.#readRequests(cut, pull.head) : [];
    const known = this.#merged.get(pull.number);
    if (known !== undefined) return known;
    const merged = await this.#readPull(cut, pull, requests);
    this.#merged.set(pull.number, merged);
    return merged;
  }

  async #readPull(
    cut: Pick<CommitGroup, 'firstParent'>,
    pull: PullRequest,
    requests: readonly Request[],
  ): Promise<MergedPull> {
    const { github } = this.#sources;
    const facts = await github.readPullReview(pull.number);
    // Nobody is to be judged where nobody said yes.
    const mayApprove = facts.reviews.some(({ state }) => state === 'APPROVED');
    const pushes = mayApprove && !pull.isCrossRepository ? await github.listPushes(`refs/heads/${pull.headRef}`) : null;
    const partTakers = findPartTakers(facts, await this.#findPolicyCommits(facts), ownPushes(pushes, facts));
    const candidates = candidateReviews(facts, partTakers);
    const earlier = [
      ...new Set(candidates.flatMap(({ commit }) => (commit === null || commit === pull.head ? [] : [commit]))),
    ];
    const given = await this.#sources.branch.fetchHeads(earlier.map((commit) => ({ pull: pull.number, commit })));
    const digestsAt = new Map<string, readonly string[] | null>();
    for (const commit of earlier) {
      digestsAt.set(commit, given.has(commit) ? digestsOf(await this.#readRequests(cut, commit)) : null);
    }
    const permissions = new Map<string, RepositoryPermission>();
    for (const { author } of candidates) {
      if (author !== null) permissions.set(author.login, await this.#readPermission(author.login));
    }
    const digests = digestsOf(requests);
    const approval =
      requests.length === 0
        ? {
            approvals: [],
            isApproved: false,
            reason: 'its head is not given any more, so that nobody can tell what was reviewed',
          }
        : judgeApproval({ facts, partTakers, digests, digestsAt, permissions });
    const [digest = null] = digests;
    // Where two people are needed, one of them lifts nothing.
    const isSure = approval.isApproved && digests.length === 1;
    const words = digest === null || !isSure ? [] : wordsOf(approval.approvals, digest);
    return { pull, facts, partTakers, approval, digest, words };
  }

  async #readPermission(login: string): Promise<RepositoryPermission> {
    const known = this.#permissions.get(login) ?? (await this.#sources.github.readPermission(login));
    this.#permissions.set(login, known);
    return known;
  }

  async #readRequests({ firstParent }: Pick<CommitGroup, 'firstParent'>, head: string): Promise<readonly Request[]> {
    const key = requestKey({ firstParent }, head);
    const known = this.#requests.get(key);
    if (known !== undefined) return known;
    const bases = await this.#sources.branch.mergeBases(head, firstParent);
    await this.#loadTrees([head, ...bases]);
    const stateOf = (commit: string) => this.#states.of(this.#trees.get(commit) ?? null);
    const requests = bases.map((base) => buildRequest(stateOf(base), stateOf(head), this.#sources.place));
    this.#requests.set(key, requests);
    return requests;
  }

  async #loadTrees(commits: readonly string[]): Promise<void> {
    const wanted = commits.filter((commit) => !this.#trees.has(commit));
    for (const [commit, tree] of await this.#sources.branch.treesOf(wanted)) this.#trees.set(commit, tree);
    await this.#states.load(commits.map((commit) => this.#trees.get(commit)));
  }

  /** Commits that change policy files; of merges those that say something else than both sides do by themselves. */
  async #findPolicyCommits({ commits }: PullReviewFacts): Promise<ReadonlySet<string>> {
    const { branch } = this.#sources;
    const trees = await branch.treesOf(commits.flatMap(({ sha, parents }) => [sha, ...parents]));
    const found = new Set<string>();
    for (const { sha, parents } of commits) {
      const tree = trees.get(sha) ?? null;
      const [first = '', second, ...others] = parents;
      if (second === undefined) {
        if (tree === null || tree !== (trees.get(first) ?? null)) found.add(sha);
        continue;
      }
      const same = tree !== null && [first, second].every((parent) => trees.get(parent) === tree);
      const isAutomatic = same || (others.length === 0 && tree === (await branch.automaticTree(first, second)));
      if (!isAutomatic || tree === null) found.add(sha);
    }
    return found;
  }
}

function requestKey({ firstParent }: Pick<CommitGroup, 'firstParent'>, head: string): string {
  return `${firstParent} ${head}`;
}

function digestsOf(requests: readonly Request[]): readonly string[] {
  return [...new Set(requests.map(({ digest }) => digest))].sort();
}

/** What a branch of that name held before, or after, is not part of this pull request. */
function ownPushes(pushes: readonly Push[] | null, { commits }: PullReviewFacts): readonly Push[] | null {
  if (pushes === null) return null;
  const own = new Set(commits.map(({ sha }) => sha));
  return pushes.filter(({ after }) => own.has(after));
}
