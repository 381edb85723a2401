/** The life of a pull request, done in Git: opened, moved by pushes, tested, merged. */

import type { BareRepository, NewCommit, Person } from './bare-repository.ts';
import { noCommit } from './bare-repository.ts';
import { moveRef, noticePushes } from './pushes.ts';
import {
  addLabel,
  findRepository,
  fullName,
  type IssueRow,
  type PullPart,
  type Repository,
  type State,
  webFlow,
  webFlowAddress,
} from './state.ts';

export type MergeMethod = 'merge' | 'squash' | 'rebase';

export interface NewPullRequest {
  /** The branch with the changes. */
  readonly head: string;
  /** `owner/name` of a fork that has the branch; default: the repository itself. */
  readonly headRepository?: string;
  /** Default: the default branch. */
  readonly base?: string;
  readonly user: string;
  /** Default: the message of the last commit. */
  readonly title?: string;
  readonly body?: string | null;
  readonly draft?: boolean;
  readonly labels?: readonly string[];
}

/** Of an account; apps have no mailbox. */
export function personOf(state: State, login: string): Person {
  const email = login.endsWith('[bot]')
    ? `${state.userId(login)}+${login}@users.noreply.github.com`
    : `${login}@example.com`;
  return { name: login, email, date: state.now() };
}

/** Whoever presses the button is not the committer: the service is. */
function service(state: State): Person {
  return { name: 'GitHub', email: webFlowAddress, date: state.now() };
}

/**
 * Whose address it is; null where GitHub knows nobody. The stand-in's people have `login@example.com`, and are known by being
 * listed at the repository.
 */
export function findLogin(state: State, repository: Repository, email: string): string | null {
  if (email === webFlowAddress) return webFlow;
  const app = /^\d+\+(.+\[bot\])@users\.noreply\.github\.com$/.exec(email)?.[1];
  const login = app ?? /^(.+)@example\.com$/.exec(email)?.[1];
  if (login === undefined || state.deleted.has(login)) return null;
  return app !== undefined || login === repository.owner || repository.collaborators.has(login) ? login : null;
}

/** A commit that somebody makes on GitHub's pages: committed and signed by GitHub. */
export function writeOnWeb(state: State, git: BareRepository, commit: Omit<NewCommit, 'committer' | 'sign'>): string {
  return git.writeCommit({ ...commit, committer: service(state), sign: (payload) => state.sign('GitHub', payload) });
}

export function gitOf(repository: Repository): BareRepository {
  if (repository.git === null) throw new Error(`${repository.owner}/${repository.name} has no Git repository attached`);
  return repository.git;
}

export function pullOf(repository: Repository, number: number): { readonly issue: IssueRow; readonly pull: PullPart } {
  const issue = repository.issues.find((one) => one.number === number);
  if (issue?.pull == null) throw new Error(`there is no pull request #${number}`);
  return { issue, pull: issue.pull };
}

export function openPullRequest(state: State, repository: Repository, wanted: NewPullRequest): IssueRow {
  const git = gitOf(repository);
  const baseRef = wanted.base ?? repository.defaultBranch;
  const headRepository = wanted.headRepository ?? `${repository.owner}/${repository.name}`;
  const headSha = takeBranch(state, headRepository, wanted.head);
  if (git.resolve(headSha) === null) git.fetch(gitOf(takeRepository(state, headRepository)).folder, headSha);
  const baseSha = takeBranch(state, fullName(repository), baseRef);
  if (git.between(baseSha, headSha).length === 0) throw new Error(`no commits between ${baseRef} and ${wanted.head}`);
  const now = state.now();
  const issue: IssueRow = {
    id: state.newId(),
    number: repository.nextNumber,
    user: wanted.user,
    viaActions: false,
    title: wanted.title ?? git.commit(headSha).message.split('\n')[0] ?? '',
    body: wanted.body ?? null,
    state: 'open',
    stateReason: null,
    labels: (wanted.labels ?? []).map((name) => addLabel(state, repository, name).name),
    assignees: [],
    locked: false,
    createdAt: now,
    updatedAt: now,
    closedAt: null,
    closedBy: null,
    pull: {
      headRepository,
      headRef: wanted.head,
      headSha: noCommit,
      baseRef,
      seenBase: baseSha,
      baseSha,
      draft: wanted.draft ?? false,
      mergeCommitSha: null,
      testedMerge: null,
      mergedAt: null,
      mergedBy: null,
      introduced: [],
      timeline: [],
    },
  };
  repository.nextNumber += 1;
  repository.issues.push(issue);
  refreshPullRequests(state, repository);
  return issue;
}

function takeRepository(state: State, name: string): Repository {
  const repository = findRepository(state, name);
  if (repository === undefined) throw new Error(`there is no repository ${name}`);
  return repository;
}

function takeBranch(state: State, name: string, branch: string): string {
  const sha = gitOf(takeRepository(state, name)).refs().get(`refs/heads/${branch}`)?.sha;
  if (sha === undefined) throw new Error(`there is no branch ${branch} in ${name}`);
  return sha;
}

/** Brings open pull requests to what the branches are now: anybody may have pushed, with Git alone. */
export function refreshPullRequests(state: State, repository: Repository): void {
  const open = repository.issues.filter((issue) => issue.state === 'open' && issue.pull !== null);
  if (repository.git === null) return;
  const { git } = repository;
  const refs = noticePushes(state, repository, git);
  if (open.length === 0) return;
  for (const issue of open) {
    const { pull } = issue;
    if (pull === null) continue;
    const home = findRepository(state, pull.headRepository);
    const heads = home === repository ? refs : home?.git?.refs();
    const head = heads?.get(`refs/heads/${pull.headRef}`)?.sha ?? pull.headSha;
    const base = refs.get(`refs/heads/${pull.baseRef}`)?.sha;
    if (base === undefined) continue;
    if (head !== pull.headSha) {
      if (home !== repository && home?.git != null) git.fetch(home.git.folder, head);
      noticeForce(state, repository, git, pull, 'HeadRefForcePushedEvent', pull.headSha, head);
      pull.headSha = head;
      pull.baseSha = base;
      issue.updatedAt = state.now();
      git.setRef(`refs/pull/${issue.number}/head`, head);
    }
    noticeForce(state, repository, git, pull, 'BaseRefForcePushedEvent', pull.seenBase, base);
    pull.seenBase = base;
    // Nothing has moved; asking Git again for every request would make many open pull requests slow.
    if (pull.testedMerge === `${base} ${head}`) continue;
    if (git.isAncestor(head, base) && head !== pull.baseSha) noticeMerge(state, git, issue, pull, base);
    else testMerge(state, git, issue, pull, base);
  }
}

/** What was there is no part of what is there now. */
function noticeForce(
  state: State,
  repository: Repository,
  git: BareRepository,
  pull: PullPart,
  type: 'HeadRefForcePushedEvent' | 'BaseRefForcePushedEvent',
  before: string,
  after: string,
): void {
  if (before === noCommit || before === after || git.isAncestor(before, after)) return;
  const home = type === 'BaseRefForcePushedEvent' ? repository : findRepository(state, pull.headRepository);
  const push = home?.pushes.findLast((one) => one.after === after);
  pull.timeline.push({ type, actor: push?.actor ?? repository.owner, createdAt: state.now(), before, after });
}

/** The commit that workflows of a pull request run on: as if it were merged now. */
function testMerge(state: State, git: BareRepository, issue: IssueRow, pull: PullPart, base: string): void {
  const sides = `${base} ${pull.headSha}`;
  if (pull.testedMerge === sides) return;
  pull.testedMerge = sides;
  const tree = git.mergeTree(base, pull.headSha);
  const ref = `refs/pull/${issue.number}/merge`;
  if (tree === null) {
    pull.mergeCommitSha = null;
    git.deleteRef(ref);
    return;
  }
  const message = `Merge ${pull.headSha} into ${base}`;
  const author = personOf(state, issue.user);
  const parents = [base, pull.headSha];
  pull.mergeCommitSha = git.writeCommit({ tree, parents, message, author, committer: service(state) });
  git.setRef(ref, pull.mergeCommitSha);
}

/** Somebody merged in a clone and pushed the base. */
function noticeMerge(state: State, git: BareRepository, issue: IssueRow, pull: PullPart, base: string): void {
  const introduced = git.between(pull.baseSha, base);
  // The base was the first parent all along; the oldest of that line that has the head is the merge.
  let merge = base;
  for (let sha: string | undefined = base; sha !== undefined && introduced.includes(sha); ) {
    if (git.isAncestor(pull.headSha, sha)) merge = sha;
    sha = git.commit(sha).parents[0];
  }
  close(state, issue, pull, null, merge, introduced);
}

function close(
  state: State,
  issue: IssueRow,
  pull: PullPart,
  user: string | null,
  mergeCommit: string,
  introduced: readonly string[],
): void {
  const now = state.now();
  issue.state = 'closed';
  issue.closedAt = now;
  issue.closedBy = user;
  issue.updatedAt = now;
  pull.mergedAt = now;
  pull.mergedBy = user;
  pull.mergeCommitSha = mergeCommit;
  pull.introduced = introduced;
}

/** Those that brought a commit to the default branch, as it was last seen; for a commit that is not there, those that have it. */
export function findPullsOf(
  repository: Repository,
  git: BareRepository,
  sha: string,
): readonly { readonly issue: IssueRow; readonly pull: PullPart }[] {
  const tip = repository.seen.get(`refs/heads/${repository.defaultBranch}`);
  const isOnDefault = tip !== undefined && git.history(tip).has(sha);
  return repository.issues.flatMap((issue) => {
    const { pull } = issue;
    if (pull === null) return [];
    const isIn = isOnDefault
      ? pull.mergedAt !== null && pull.introduced.includes(sha)
      : (issue.state === 'open' || pull.mergedAt !== null) && git.between(pull.baseSha, pull.headSha).includes(sha);
    return isIn ? [{ issue, pull }] : [];
  });
}

export interface MergeOptions {
  readonly pull: number;
  readonly method: MergeMethod;
  /** Who presses the button. */
  readonly user: string;
}

/** Returns the commit that is the tip of the base afterwards. @throws when it conflicts */
export function mergePullRequest(state: State, repository: Repository, { pull: number, method, user }: MergeOptions) {
  refreshPullRequests(state, repository);
  const { issue, pull } = pullOf(repository, number);
  const git = gitOf(repository);
  const base = git.refs().get(`refs/heads/${pull.baseRef}`)?.sha ?? noCommit;
  if (issue.state !== 'open') throw new Error(`pull request #${number} is closed`);
  const tip = buildMerge(state, git, issue, pull, base, method, user);
  moveRef(state, repository, {
    ref: `refs/heads/${pull.baseRef}`,
    before: base,
    after: tip,
    actor: user,
    kind: 'pr_merge',
  });
  git.deleteRef(`refs/pull/${number}/merge`);
  close(state, issue, pull, user, tip, git.between(base, tip));
  return tip;
}

function buildMerge(
  state: State,
  git: BareRepository,
  issue: IssueRow,
  pull: PullPart,
  base: string,
  method: MergeMethod,
  user: string,
): string {
  const mergeTrees = (one: string, other: string): string => {
    const tree = git.mergeTree(one, other);
    if (tree === null) throw new Error(`pull request #${issue.number} conflicts with ${pull.baseRef}`);
    return tree;
  };
  switch (method) {
    case 'merge': {
      const owner = pull.headRepository.split('/')[0];
      const message = `Merge pull request #${issue.number} from ${owner}/${pull.headRef}\n\n${issue.title}`;
      const tree = mergeTrees(base, pull.headSha);
      return writeOnWeb(state, git, {
        tree,
        parents: [base, pull.headSha],
        message,
        author: personOf(state, user),
      });
    }
    case 'squash': {
      const messages = git.between(base, pull.headSha).map((sha) => `* ${git.commit(sha).message}`);
      const message = `${issue.title} (#${issue.number})${messages.length > 1 ? `\n\n${messages.join('\n\n')}` : ''}`;
      const tree = mergeTrees(base, pull.headSha);
      return writeOnWeb(state, git, { tree, parents: [base], message, author: personOf(state, issue.user) });
    }
    case 'rebase': {
      // What is rebased is signed by nobody.
      const committer = service(state);
      const commits = git.between(base, pull.headSha).map((sha) => git.commit(sha));
      return commits
        .filter(({ parents }) => parents.length === 1)
        .reduce((tip, { sha, parents, message, author }) => {
          // Beside the commit, a sibling with the files of the tip: what both sides come from is then the commit's parent.
          const { tree: tipTree } = git.commit(tip);
          const sibling = git.writeCommit({ tree: tipTree, parents, message: 'tip', author: committer, committer });
          return git.writeCommit({ tree: mergeTrees(sibling, sha), parents: [tip], message, author, committer });
        }, base);
    }
  }
}

/** The branch that a merge queue tests: the base with the pull request merged. */
export function queuePullRequest(state: State, repository: Repository, number: number) {
  refreshPullRequests(state, repository);
  const { issue, pull } = pullOf(repository, number);
  const git = gitOf(repository);
  const baseSha = git.refs().get(`refs/heads/${pull.baseRef}`)?.sha ?? noCommit;
  const headSha = buildMerge(state, git, issue, pull, baseSha, 'merge', issue.user);
  const headRef = `refs/heads/gh-readonly-queue/${pull.baseRef}/pr-${number}-${baseSha}`;
  git.setRef(headRef, headSha);
  return { headSha, headRef, baseSha, baseRef: `refs/heads/${pull.baseRef}` };
}

export interface GroupOptions {
  /** In this order, all into one base. */
  readonly pulls: readonly number[];
  /** Default "merge". */
  readonly method?: MergeMethod;
  /** Who put them into the queue. */
  readonly user: string;
}

/** A merge queue lands a group: each pull request on top of the one before, then the base moves once. Returns its tip. */
export function mergeGroup(state: State, repository: Repository, { pulls, method = 'merge', user }: GroupOptions) {
  refreshPullRequests(state, repository);
  const git = gitOf(repository);
  const rows = pulls.map((number) => pullOf(repository, number));
  const baseRef = `refs/heads/${rows[0]?.pull.baseRef}`;
  const base = git.refs().get(baseRef)?.sha ?? noCommit;
  const merged = rows.map(() => noCommit);
  let tip = base;
  rows.forEach(({ issue, pull }, index) => {
    const start = tip;
    tip = buildMerge(state, git, issue, pull, start, method, user);
    git.setRef(`refs/heads/gh-readonly-queue/${pull.baseRef}/pr-${issue.number}-${start}`, tip);
    merged[index] = tip;
  });
  const actor = 'github-merge-queue[bot]';
  moveRef(state, repository, { ref: baseRef, before: base, after: tip, actor, kind: 'merge_queue_merge' });
  rows.forEach(({ issue, pull }, index) => {
    const start = merged[index - 1] ?? base;
    const end = merged[index] ?? tip;
    git.deleteRef(`refs/pull/${issue.number}/merge`);
    git.deleteRef(`refs/heads/gh-readonly-queue/${pull.baseRef}/pr-${issue.number}-${start}`);
    close(state, issue, pull, user, end, git.between(start, end));
  });
  return tip;
}

/** Somebody chooses another base for a pull request; or GitHub does, whose own was merged and deleted. */
export function changeBase(
  state: State,
  repository: Repository,
  number: number,
  base: string,
  actor: string | null,
  type: 'BaseRefChangedEvent' | 'AutomaticBaseChangeSucceededEvent' = 'BaseRefChangedEvent',
): void {
  refreshPullRequests(state, repository);
  const { issue, pull } = pullOf(repository, number);
  const tip = takeBranch(state, fullName(repository), base);
  pull.timeline.push({ type, actor, createdAt: state.now(), from: pull.baseRef, to: base });
  Object.assign(pull, { baseRef: base, baseSha: tip, seenBase: tip, testedMerge: null });
  issue.updatedAt = state.now();
  refreshPullRequests(state, repository);
}

/** Open pull requests into a branch that goes follow a merged one from that branch to its base, or are closed. */
export function deleteBranch(state: State, repository: Repository, branch: string, user: string): void {
  refreshPullRequests(state, repository);
  const before = takeBranch(state, fullName(repository), branch);
  const open = repository.issues.filter(({ state: at, pull }) => at === 'open' && pull?.baseRef === branch);
  const merged = repository.issues.findLast(
    ({ pull }) => pull?.mergedAt != null && pull.headRef === branch && pull.headRepository === fullName(repository),
  );
  for (const { number } of open) {
    const { issue, pull } = pullOf(repository, number);
    if (merged?.pull != null) {
      changeBase(state, repository, number, merged.pull.baseRef, user, 'AutomaticBaseChangeSucceededEvent');
    } else {
      pull.timeline.push({ type: 'BaseRefDeletedEvent', actor: user, createdAt: state.now() });
      Object.assign(issue, { state: 'closed', closedAt: state.now(), closedBy: user, updatedAt: state.now() });
    }
  }
  const kind = 'branch_deletion';
  moveRef(state, repository, { ref: `refs/heads/${branch}`, before, after: noCommit, actor: user, kind });
}
