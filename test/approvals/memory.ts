/** Git and GitHub in memory, as far as approvals ask: what pull requests, pushes and reviews come to, in no time. */

import { readWindows, type Windows } from '../../src/approvals/read-windows.ts';
import { type GroupsVerdict, judgeGroups } from '../../src/approvals/reviewed.ts';
import type { Branch, LineCommit } from '../../src/checkout/branch.ts';
import type {
  Account,
  BaseMove,
  CommitFacts,
  CommitPerson,
  GitHub,
  PullRequest,
  PullReviewFacts,
  Push,
  RepositoryPermission,
  ReviewFacts,
} from '../../src/github/port.ts';

export type Files = Readonly<Record<string, string>>;

interface Commit {
  readonly sha: string;
  readonly parents: readonly string[];
  readonly files: Files;
  readonly facts: CommitFacts;
}

export interface Made {
  readonly by?: string;
  readonly coAuthors?: readonly (string | null)[];
  readonly committer?: string | null;
  readonly signedByGitHub?: boolean;
  readonly message?: string;
  /** Null: an address that no account has. */
  readonly author?: string | null;
  readonly pusher?: string | null;
}

interface NewPull {
  readonly from?: string;
  readonly opener?: string;
  /** A commit that is there already, of another pull request. */
  readonly head?: string;
  /** Default: main. */
  readonly into?: string;
}

interface Pull {
  pull: PullRequest;
  readonly base: string;
  readonly reviews: ReviewFacts[];
  readonly baseMoves: BaseMove[];
  readonly pushes: Push[];
}

const account = (login: string): Account => ({ login, isBot: login.endsWith('[bot]') });
const person = (login: string | null): CommitPerson => ({
  account: login === null ? null : account(login),
  name: login ?? 'Somebody',
  email: login === null ? 'somebody@home.example' : `${login}@example.com`,
  isBot: login?.endsWith('[bot]') === true,
});

export class MemoryRepository {
  readonly #commits = new Map<string, Commit>();
  readonly #pulls: Pull[] = [];
  readonly #mainPushes: Push[] = [];
  readonly gone = new Set<string>();
  readonly permissions = new Map<string, RepositoryPermission>();
  /** The activity API answers. */
  tellsPushes = true;
  main: string;
  #count = 0;
  #minutes = 0;

  constructor(files: Files) {
    this.main = this.commit(files, []);
  }

  /** Time as it is, without letting any go by. */
  time(): number {
    return Date.UTC(2026, 10, 20, 12, this.#minutes);
  }

  /** Lets minutes go by. */
  pass(minutes: number): void {
    this.#minutes += minutes;
  }

  parentsOf(sha: string): readonly string[] {
    return this.#commits.get(sha)?.parents ?? [];
  }

  now(): string {
    this.#minutes += 1;
    return new Date(Date.UTC(2026, 10, 20, 12, this.#minutes)).toISOString();
  }

  commit(files: Files, parents: readonly string[], made: Made = {}): string {
    this.#count += 1;
    const sha = this.#count.toString(16).padStart(40, '0');
    const { by = 'alice', author = by, coAuthors = [], committer = by, signedByGitHub = false } = made;
    const facts: CommitFacts = {
      sha,
      parents,
      authors: [person(author), ...coAuthors.map(person)],
      committer: person(committer),
      authoredByCommitter: author === committer,
      message: made.message ?? 'change',
      signature: signedByGitHub ? { isValid: true, wasSignedByGitHub: true, signer: 'web-flow' } : null,
    };
    this.#commits.set(sha, { sha, parents, files, facts });
    return sha;
  }

  filesOf(sha: string): Files {
    return this.#commits.get(sha)?.files ?? {};
  }

  /** Pushed to the default branch past every pull request. */
  push(files: Files, made: Made = {}): string {
    const before = this.main;
    this.main = this.commit(files, [this.main], made);
    this.#mainPushes.push(this.#pushOf(before, this.main, made.pusher ?? made.by ?? 'alice'));
    return this.main;
  }

  /** A pull request from the tip, or from an older commit. */
  open(files: Files, made: Made & NewPull = {}): number {
    const base = made.from ?? this.main;
    const head = made.head ?? this.commit(files, [base], made);
    const number = this.#pulls.length + 1;
    const { by = 'alice', opener = by, pusher = by } = made;
    const pull: PullRequest = {
      number,
      title: `Change ${number}`,
      author: account(opener),
      head,
      headRef: `change-${number}`,
      headRepository: 'example/budgets',
      isCrossRepository: false,
      baseRef: made.into ?? 'main',
      merged: false,
      mergeCommit: null,
      mergedAt: null,
      updatedAt: this.now(),
    };
    const pushes = pusher === null ? [] : [this.#pushOf(base, head, pusher)];
    this.#pulls.push({ pull, base, reviews: [], baseMoves: [], pushes });
    return number;
  }

  /** A further commit on a pull request; with `merges` a merge that says what it wants. */
  amend(number: number, files: Files, made: Made & { readonly merges?: string } = {}): void {
    const row = this.#row(number);
    const { head } = row.pull;
    const parents = made.merges === undefined ? [head] : [head, made.merges];
    const next = this.commit(files, parents, made);
    row.pull = { ...row.pull, head: next };
    if (made.pusher !== null) row.pushes.push(this.#pushOf(head, next, made.pusher ?? made.by ?? 'alice'));
  }

  review(number: number, by: string, more: Partial<ReviewFacts> = {}): void {
    const row = this.#row(number);
    const id = `review-${row.reviews.length + 1}`;
    const review: ReviewFacts = {
      id,
      url: `https://github.example/pull/${number}#${id}`,
      author: account(by),
      state: 'APPROVED',
      body: '',
      commit: row.pull.head,
      submittedAt: this.now(),
      lastEditedAt: null,
      ...more,
    };
    row.reviews.push(review);
  }

  moveBase(number: number, kind: BaseMove['kind'] = 'changed'): void {
    this.#row(number).baseMoves.push({ kind, at: this.now() });
  }

  headOf(number: number): string {
    return this.#row(number).pull.head;
  }

  /** Merges with what Git makes of both sides, unless other files are given. */
  merge(number: number, method: 'merge' | 'squash' | 'rebase' = 'squash', files?: Files): string {
    const row = this.#row(number);
    const { head } = row.pull;
    const merged = files ?? this.#mergeFiles(this.main, head);
    if (merged === null) throw new Error(`pull request ${number} conflicts`);
    const parents = method === 'merge' ? [this.main, head] : [this.main];
    this.main = this.commit(merged, parents, { by: 'merger', committer: 'web-flow', signedByGitHub: true });
    this.#close(row, this.main);
    return this.main;
  }

  /** The branch itself is pushed over the default one: GitHub calls the pull request merged. */
  pushHead(number: number): void {
    const row = this.#row(number);
    this.main = row.pull.head;
    this.#close(row, this.main);
  }

  async windows(starts: readonly string[]): Promise<Windows> {
    const place = { environment: 'production', baseUrl: 'https://api.example/v1', record: 'refs/tollgate/production' };
    return readWindows({ github: this.github(), branch: this.branch(), branchName: 'main', place }, starts);
  }

  async judge(start: string, ...groups: readonly string[]): Promise<GroupsVerdict> {
    const window = (await this.windows([start])).from(start);
    if (window === null) throw new Error('there is no window');
    return judgeGroups(window, groups);
  }

  #close(row: Pull, mergeCommit: string): void {
    row.pull = { ...row.pull, merged: true, mergeCommit, mergedAt: this.now() };
  }

  #row(number: number): Pull {
    const row = this.#pulls[number - 1];
    if (row === undefined) throw new Error(`there is no pull request ${number}`);
    return row;
  }

  #pushOf(before: string, after: string, login: string): Push {
    return { actor: account(login), before, after, at: this.now(), kind: 'push' };
  }

  history(sha: string): Set<string> {
    const seen = new Set<string>();
    const open = [sha];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(...(this.#commits.get(next)?.parents ?? []));
    }
    return seen;
  }

  #mergeBases(a: string, b: string): string[] {
    const [left, right] = [this.history(a), this.history(b)];
    const common = [...left].filter((sha) => right.has(sha));
    return common.filter((sha) => !common.some((other) => other !== sha && this.history(other).has(sha))).sort();
  }

  #mergeFiles(a: string, b: string): Files | null {
    const [base, ...others] = this.#mergeBases(a, b);
    if (base === undefined || others.length > 0) return null;
    const [from, left, right] = [this.filesOf(base), this.filesOf(a), this.filesOf(b)];
    const merged: Record<string, string> = {};
    for (const path of new Set([...Object.keys(left), ...Object.keys(right)])) {
      const [was, ours, theirs] = [from[path], left[path], right[path]];
      const text = mergeLines(was ?? '', ours ?? '', theirs ?? '');
      if (text === null) return null;
      if (ours === undefined && theirs === was) continue;
      if (theirs === undefined && ours === was) continue;
      merged[path] = text;
    }
    return merged;
  }

  #treeOf(sha: string): string | null {
    const commit = this.#commits.get(sha);
    return commit === undefined ? null : JSON.stringify(commit.files);
  }

  branch(): Branch {
    const known = (sha: string): boolean => this.#commits.has(sha) && !this.gone.has(sha);
    return {
      tip: this.main,
      hasInHistory: async (commit) => this.history(this.main).has(commit),
      readLine: async (start) => {
        const past = this.history(start);
        if (!this.history(this.main).has(start)) return null;
        const commits: LineCommit[] = [];
        for (let sha = this.main; !past.has(sha); ) {
          const { parents } = this.#commits.get(sha) as Commit;
          commits.unshift({ sha, parents, tree: this.#treeOf(sha) });
          sha = parents[0] ?? start;
          if (past.has(sha) && sha !== start) commits.unshift({ sha, parents: [start], tree: this.#treeOf(sha) });
        }
        return { startTree: this.#treeOf(start), commits };
      },
      readRecent: async (most) => {
        const moved: { sha: string; author: string; subject: string }[] = [];
        for (let sha: string | undefined = this.main; sha !== undefined; [sha] = this.parentsOf(sha)) {
          const [parent = ''] = this.parentsOf(sha);
          if (this.#treeOf(sha) !== this.#treeOf(parent)) moved.push({ sha, author: 'somebody', subject: 'change' });
        }
        return moved.slice(0, most);
      },
      fetchHeads: async (heads) => new Set(heads.map(({ commit }) => commit).filter(known)),
      mergeBases: async (a, b) => this.#mergeBases(a, b),
      treesOf: async (commits) => new Map(commits.map((sha) => [sha, this.#treeOf(sha)])),
      automaticTree: async (a, b) => {
        const merged = this.#mergeFiles(a, b);
        return merged === null ? null : JSON.stringify(merged);
      },
      readTrees: async (trees) =>
        new Map(
          trees.map((tree) => {
            const files = Object.entries(JSON.parse(tree) as Files).map(([path, text]) => ({ path, text }));
            return [tree, { files, unreadable: [] }];
          }),
        ),
    };
  }

  github(): GitHub {
    const port: Partial<GitHub> = {
      listPullsOfCommits: async (shas) => {
        const inPull = (sha: string, { pull }: Pull): boolean => pull.merged && pull.mergeCommit === sha;
        return new Map(shas.map((sha) => [sha, this.#pulls.filter((row) => inPull(sha, row)).map(({ pull }) => pull)]));
      },
      readPullReview: async (number): Promise<PullReviewFacts> => {
        const { pull, base, reviews, baseMoves } = this.#row(number);
        const past = this.history(base);
        const own = [...this.history(pull.head)].filter((sha) => !past.has(sha));
        const firstParent = this.#commits.get(pull.mergeCommit ?? '')?.parents[0];
        const onMain = firstParent === undefined ? new Set<string>() : this.history(firstParent);
        const commits = own
          .filter((sha) => !onMain.has(sha))
          .sort()
          .map((sha) => (this.#commits.get(sha) as Commit).facts);
        const facts = { pull, reviews, baseMoves, headForcePushes: [], commits, hasAllCommits: true };
        return { ...facts, state: pull.merged ? 'merged' : 'open' };
      },
      readPermission: async (login) => this.permissions.get(login) ?? 'write',
      listPushes: async (ref) => {
        if (!this.tellsPushes) return null;
        if (ref === 'refs/heads/main') return this.#mainPushes;
        return this.#pulls.find(({ pull }) => ref === `refs/heads/${pull.headRef}`)?.pushes ?? [];
      },
    };
    return port as GitHub;
  }
}

/** Line by line, as both sides have as many; else only where one side has not moved. */
function mergeLines(base: string, ours: string, theirs: string): string | null {
  if (ours === theirs || theirs === base) return ours;
  if (ours === base) return theirs;
  const [was, left, right] = [base, ours, theirs].map((text) => text.split('\n'));
  if (was === undefined || left?.length !== was.length || right?.length !== was.length) return null;
  const lines = was.map((line, index) => {
    const [a, b] = [left[index], right[index]];
    return a === b || b === line ? a : a === line ? b : null;
  });
  return lines.includes(null) ? null : lines.join('\n');
}
