/**
 * What people, pushes and workflow runs do meanwhile: helpers of tests, past the API. Everything that has commits is done in
 * Git. Who pushes is one thing (`user`), whom a commit names is another (`author`, `committer`, `coAuthors`):
 *
 *     pushTo({ branch, files, user: 'alice' })                               Alice's own commit, unsigned
 *     pushTo({ …, user: 'alice', author: 'bob' })                            she names Bob as the author, Git does not mind
 *     pushTo({ …, author: { name: 'Bob', email: 'bob@home.example' } })      an address that belongs to nobody
 *     pushTo({ …, committer: { name: 'GitHub', email: webFlowAddress } })    forged: GitHub's name without its signature
 *     pushTo({ …, onWeb: true })                                             in the editor of GitHub's pages
 *     pushTo({ …, force: true, from: sha })                                  a force push, of a head or of a base
 *     suggest({ pull, files, by: 'bob', user: 'alice' })                     Alice commits what Bob suggested
 *     updateBranch({ pull, user })                                           "Update branch"; with `files`: the conflict editor
 *     changeBase({ pull, base, user }), deleteBranch({ branch, user })       retargeted by hand; by GitHub when the base goes
 *     review({ …, commit }), editReview({ id, body, user }), dismissReview   of an earlier head; edited by anybody who may write
 *     merge({ pull, method, user }), mergeGroup({ pulls, user })             a button; a merge queue's group
 *     setRole('bob', 'read'), deleteAccount('bob')                           what somebody may do; nobody any more
 *     forgetCommits()                                                        earlier heads are not given any more
 *     addWorkflowRun({ …, actor, triggeringActor }), rerun, endRun           runs and attempts
 *     setEnvironment, protect                                                the outer walls
 *
 * `refs/pull/N/head` stays after a merge; earlier heads are given by hash until `forgetCommits`. `login@example.com` is the
 * address of an account; apps (`dependabot[bot]`) may open, push and run like people. Pushes of Git alone are those of
 * `repository().gitUser`. Time goes by with `pass(milliseconds)`.
 */

import { noCommit, type Person } from './bare-repository.ts';
import {
  changeBase,
  deleteBranch,
  type GroupOptions,
  gitOf,
  type MergeOptions,
  mergeGroup,
  mergePullRequest,
  type NewPullRequest,
  openPullRequest,
  personOf,
  pullOf,
  queuePullRequest,
  refreshPullRequests,
  writeOnWeb,
} from './pull-requests.ts';
import { moveRef, noticePushes } from './pushes.ts';
import {
  type ArtifactRow,
  actionsBot,
  type CommentRow,
  type EnvironmentRow,
  findIssue,
  findRepository,
  formatTime,
  fullName,
  type IssueRow,
  type ProtectionRow,
  type Repository,
  type ReviewRow,
  type ReviewState,
  type Role,
  type State,
  type WorkflowRunRow,
} from './state.ts';

/** `owner/name`; default: the first repository. */
interface InRepository {
  readonly repository?: string;
}

/** An account, or any name and address. */
export type Named = string | { readonly name: string; readonly email: string };

export interface Push extends InRepository {
  /** Made when it is not there. */
  readonly branch: string;
  /** Null takes a file away. */
  readonly files: Readonly<Record<string, string | null>>;
  /** Default "change". */
  readonly message?: string;
  /** Who pushes; also who writes and commits, unless said otherwise. */
  readonly user: string;
  readonly author?: Named;
  readonly committer?: Named;
  /** As trailers of the message. */
  readonly coAuthors?: readonly Named[];
  /** Whose key signs the commit. Default: nobody's. */
  readonly signedBy?: string;
  /** Made on GitHub's pages: committed and signed by GitHub. */
  readonly onWeb?: boolean;
  /** Further parents: the commit is a merge that says what it wants. */
  readonly merges?: readonly string[];
  /** Where a new branch begins. Default: the default branch. */
  readonly from?: string;
  /** Replaces what was on the branch, from `from` on. */
  readonly force?: boolean;
}

export interface Pushed {
  readonly ref: string;
  /** Zeros for a new branch. */
  readonly before: string;
  readonly after: string;
}

export interface NewReview extends InRepository {
  readonly pull: number;
  readonly user: string;
  readonly state: ReviewState;
  readonly body?: string;
  /** Default: the head. */
  readonly commit?: string;
}

export interface Suggestion extends InRepository {
  readonly pull: number;
  readonly files: Push['files'];
  /** Who suggested it. */
  readonly by: string;
  /** Who commits it. */
  readonly user: string;
}

export interface BranchUpdate extends InRepository {
  readonly pull: number;
  /** Who presses the button. */
  readonly user: string;
  /** What somebody wrote in the conflict editor, over the merge. */
  readonly files?: Push['files'];
}

export interface NewWorkflowRun extends InRepository {
  readonly id?: number;
  readonly headSha: string;
  readonly headBranch?: string;
  /** Default "pull_request". */
  readonly event?: string;
  /** Default "tollgate". */
  readonly name?: string;
  /** Default ".github/workflows/tollgate.yml". */
  readonly path?: string;
  /** Default "completed". */
  readonly status?: string;
  /** Default "success" when completed. */
  readonly conclusion?: string | null;
  readonly pulls?: readonly number[];
  /** Default: `github-actions[bot]`. */
  readonly actor?: string;
  /** Default: the actor. */
  readonly triggeringActor?: string;
}

export interface NewArtifact extends InRepository {
  readonly runId: number;
  readonly name: string;
  readonly zip: Uint8Array;
  readonly expired?: boolean;
}

export interface Deeds {
  /** @throws when there is none */
  repository(name?: string): Repository;
  /** One commit with these files on top of the branch. */
  pushTo(push: Push): Pushed;
  openPullRequest(wanted: NewPullRequest & InRepository): IssueRow;
  /** As it is after all pushes; the row changes with later ones. */
  pullRequest(number: number, repository?: string): IssueRow;
  closePullRequest(wanted: { readonly pull: number; readonly user: string } & InRepository): void;
  reopenPullRequest(wanted: { readonly pull: number } & InRepository): void;
  /** Into another name, another owner, or both: the old one leads on. */
  renameRepository(wanted: { readonly owner?: string; readonly name?: string } & InRepository): void;
  review(wanted: NewReview): ReviewRow;
  dismissReview(id: number, repository?: string): void;
  editReview(wanted: { readonly id: number; readonly body: string; readonly user: string } & InRepository): ReviewRow;
  suggest(wanted: Suggestion): Pushed;
  updateBranch(wanted: BranchUpdate): Pushed;
  changeBase(wanted: { readonly pull: number; readonly base: string; readonly user: string } & InRepository): void;
  deleteBranch(wanted: { readonly branch: string; readonly user: string } & InRepository): void;
  /** Returns the tip of the base afterwards. */
  mergeGroup(wanted: GroupOptions & InRepository): string;
  setRole(login: string, role: Role, repository?: string): void;
  deleteAccount(login: string): void;
  forgetCommits(repository?: string): void;
  /** Begins a further attempt; the one before has ended. */
  rerun(wanted: { readonly run: number; readonly user: string } & InRepository): WorkflowRunRow;
  endRun(wanted: { readonly run: number; readonly conclusion: string } & InRepository): void;
  setEnvironment(wanted: Partial<Omit<EnvironmentRow, 'id'>> & Pick<EnvironmentRow, 'name'> & InRepository): void;
  /** Without more: a pull request with one approval, no force pushes, no deletion. */
  protect(wanted: Partial<ProtectionRow> & Pick<ProtectionRow, 'branch'> & InRepository): void;
  /** Lets time go by, in milliseconds, over the clock that the stand-in was given. */
  pass(milliseconds: number): void;
  comment(wanted: { readonly issue: number; readonly user: string; readonly body: string } & InRepository): CommentRow;
  /** Comments of an issue or a pull request, oldest first. */
  comments(issue: number, repository?: string): readonly CommentRow[];
  /** Returns the tip of the base afterwards. */
  merge(wanted: MergeOptions & InRepository): string;
  /** Makes the branch that a merge queue tests. */
  queue(wanted: { readonly pull: number } & InRepository): ReturnType<typeof queuePullRequest>;
  addWorkflowRun(wanted: NewWorkflowRun): WorkflowRunRow;
  addArtifact(wanted: NewArtifact): ArtifactRow;
}

export function createDeeds(state: State): Deeds {
  const take = (name?: string): Repository => {
    const found = name === undefined ? state.repositories[0] : findRepository(state, name);
    if (found === undefined) throw new Error(`there is no repository ${name ?? 'yet'}`);
    return found;
  };
  return {
    repository: take,
    pushTo: (push) => pushTo(state, take(push.repository), push),
    openPullRequest: (wanted) => openPullRequest(state, take(wanted.repository), wanted),
    pullRequest(number, name) {
      refreshPullRequests(state, take(name));
      return pullOf(take(name), number).issue;
    },
    closePullRequest({ repository, pull, user }) {
      const { issue } = pullOf(take(repository), pull);
      Object.assign(issue, { state: 'closed', closedAt: state.now(), closedBy: user, updatedAt: state.now() });
    },
    reopenPullRequest({ repository, pull }) {
      const { issue } = pullOf(take(repository), pull);
      Object.assign(issue, { state: 'open', closedAt: null, closedBy: null, updatedAt: state.now() });
    },
    renameRepository({ repository: old, owner, name }) {
      const repository = take(old);
      const former = fullName(repository);
      repository.formerNames.push(former);
      Object.assign(repository, { owner: owner ?? repository.owner, name: name ?? repository.name });
      for (const { pull } of repository.issues) {
        if (pull?.headRepository === former) Object.assign(pull, { headRepository: fullName(repository) });
      }
    },
    review({ repository: name, pull: number, user, state: verdict, body = '', commit }) {
      const repository = take(name);
      refreshPullRequests(state, repository);
      const { pull } = pullOf(repository, number);
      const review: ReviewRow = {
        id: state.newId(),
        pull: number,
        user,
        body,
        state: verdict,
        commit: commit ?? pull.headSha,
        submittedAt: state.now(),
        lastEditedAt: null,
        editor: null,
      };
      repository.reviews.push(review);
      return review;
    },
    dismissReview(id, name) {
      const review = take(name).reviews.find((one) => one.id === id);
      if (review === undefined) throw new Error(`there is no review ${id}`);
      review.state = 'DISMISSED';
    },
    editReview({ repository, id, body, user }) {
      const review = take(repository).reviews.find((one) => one.id === id);
      if (review === undefined) throw new Error(`there is no review ${id}`);
      return Object.assign(review, { body, lastEditedAt: state.now(), editor: user });
    },
    suggest({ repository: name, pull: number, files, by, user }) {
      const { pull } = pullOf(take(name), number);
      const message = 'Apply suggestion from code review';
      const push = { repository: pull.headRepository, branch: pull.headRef, files, message, user };
      return pushTo(state, take(pull.headRepository), { ...push, coAuthors: [by], onWeb: true });
    },
    updateBranch: (wanted) => updateBranch(state, take(wanted.repository), wanted),
    changeBase: ({ repository, pull, base, user }) => changeBase(state, take(repository), pull, base, user),
    deleteBranch: ({ repository, branch, user }) => deleteBranch(state, take(repository), branch, user),
    mergeGroup: (wanted) => mergeGroup(state, take(wanted.repository), wanted),
    setRole: (login, role, repository) => void take(repository).collaborators.set(login, role),
    deleteAccount: (login) => void state.deleted.add(login),
    forgetCommits(repository) {
      refreshPullRequests(state, take(repository));
      gitOf(take(repository)).prune();
    },
    rerun({ repository, run: id, user }) {
      const run = runOf(take(repository), id);
      const { runAttempt: number, startedAt, triggeringActor } = run;
      const conclusion = run.conclusion ?? 'cancelled';
      const earlier = [...run.earlier, { number, status: 'completed', conclusion, startedAt, triggeringActor }];
      const now = state.now();
      const next = { startedAt: now, updatedAt: now, triggeringActor: user };
      return Object.assign(run, { ...next, earlier, runAttempt: number + 1, status: 'in_progress', conclusion: null });
    },
    endRun({ repository, run, conclusion }) {
      Object.assign(runOf(take(repository), run), { status: 'completed', conclusion, updatedAt: state.now() });
    },
    setEnvironment({ repository: name, ...wanted }) {
      const repository = take(name);
      const others = repository.environments.filter((one) => one.name !== wanted.name);
      const plain = {
        id: state.newId(),
        reviewers: [],
        preventsSelfReview: false,
        branches: 'all',
        chosen: [],
      } as const;
      repository.environments = [...others, { ...plain, ...wanted }];
    },
    protect({ repository: name, ...wanted }) {
      const plain = { by: 'ruleset', approvals: 1, dismissesStaleReviews: false, bypass: [] } as const;
      const more = { needsLastPushApproval: false, needsCodeOwners: false, restrictsPushes: false };
      const walls = { ...more, enforcesAdmins: true, blocksForcePushes: true, blocksDeletion: true };
      take(name).protections.push({ ...plain, ...walls, ...wanted });
    },
    pass: state.pass,
    comment({ repository: name, issue, user, body }) {
      const repository = take(name);
      if (findIssue(repository, issue) === undefined) throw new Error(`there is no issue #${issue}`);
      const now = state.now();
      const made = { id: state.newId(), issue, user, viaActions: false, body, createdAt: now, updatedAt: now };
      repository.comments.push(made);
      return made;
    },
    comments: (issue, name) => take(name).comments.filter((comment) => comment.issue === issue),
    merge: (wanted) => mergePullRequest(state, take(wanted.repository), wanted),
    queue: ({ repository, pull }) => queuePullRequest(state, take(repository), pull),
    addWorkflowRun: (wanted) => addWorkflowRun(state, take(wanted.repository), wanted),
    addArtifact({ repository: name, runId, name: artifactName, zip, expired = false }) {
      const repository = take(name);
      runOf(repository, runId);
      const expiresAt = formatTime(new Date(state.date().getTime() + 90 * 86_400_000));
      const id = state.newId();
      const artifact = { id, runId, name: artifactName, zip, expired, createdAt: state.now(), expiresAt };
      repository.artifacts.push(artifact);
      return artifact;
    },
  };
}

function pushTo(state: State, repository: Repository, push: Push): Pushed {
  const git = gitOf(repository);
  const refs = noticePushes(state, repository, git);
  const ref = `refs/heads/${push.branch}`;
  const before = refs.get(ref)?.sha ?? null;
  const start =
    push.from === undefined ? refs.get(`refs/heads/${repository.defaultBranch}`)?.sha : git.resolve(push.from);
  const parent = before !== null && push.force !== true ? before : (start ?? null);
  const { signedBy: signer } = push;
  const author = toPerson(state, push.author ?? push.user);
  const trailers = (push.coAuthors ?? []).map((one) => {
    const { name, email } = toPerson(state, one);
    return `Co-authored-by: ${name} <${email}>`;
  });
  const message = [push.message ?? 'change', ...(trailers.length > 0 ? [trailers.join('\n')] : [])].join('\n\n');
  const parents = [...(parent === null ? [] : [parent]), ...(push.merges ?? [])];
  const commit = { tree: git.writeTree(parent, push.files), parents, message, author };
  const after =
    push.onWeb === true
      ? writeOnWeb(state, git, commit)
      : git.writeCommit({
          ...commit,
          committer: toPerson(state, push.committer ?? push.user),
          ...(signer !== undefined && { sign: (payload) => state.sign(signer, payload) }),
        });
  const kind = push.force === true ? undefined : before === null ? 'branch_creation' : 'push';
  moveRef(state, repository, { ref, before: before ?? noCommit, after, actor: push.user, ...(kind && { kind }) });
  // A later push would hide what this one threw away.
  if (push.force === true) refreshPullRequests(state, repository);
  return { ref, before: before ?? noCommit, after };
}

function toPerson(state: State, named: Named): Person {
  return typeof named === 'string' ? personOf(state, named) : { ...named, date: state.now() };
}

function updateBranch(state: State, repository: Repository, { pull: number, user, files = {} }: BranchUpdate): Pushed {
  refreshPullRequests(state, repository);
  const { pull } = pullOf(repository, number);
  const home = findRepository(state, pull.headRepository) ?? repository;
  const git = gitOf(home);
  const base = gitOf(repository).refs().get(`refs/heads/${pull.baseRef}`)?.sha ?? noCommit;
  if (git.resolve(base) === null) git.fetch(gitOf(repository).folder, base);
  const tree = git.mergeTree(pull.headSha, base);
  if (tree === null && Object.keys(files).length === 0) throw new Error(`pull request #${number} conflicts`);
  const author = personOf(state, user);
  const parents = [pull.headSha, base];
  const message = `Merge branch '${pull.baseRef}' into ${pull.headRef}`;
  // What a conflict left is the editor's to fill in; it begins with the head.
  const after = writeOnWeb(state, git, { tree: git.writeTree(tree ?? pull.headSha, files), parents, message, author });
  const ref = `refs/heads/${pull.headRef}`;
  moveRef(state, home, { ref, before: pull.headSha, after, actor: user });
  refreshPullRequests(state, repository);
  return { ref, before: pull.headSha, after };
}

function runOf(repository: Repository, id: number): WorkflowRunRow {
  const run = repository.workflowRuns.find((one) => one.id === id);
  if (run === undefined) throw new Error(`there is no run ${id}`);
  return run;
}

function addWorkflowRun(state: State, repository: Repository, wanted: NewWorkflowRun): WorkflowRunRow {
  const status = wanted.status ?? 'completed';
  const run: WorkflowRunRow = {
    id: wanted.id ?? state.newId(),
    name: wanted.name ?? 'tollgate',
    path: wanted.path ?? '.github/workflows/tollgate.yml',
    event: wanted.event ?? 'pull_request',
    headSha: wanted.headSha,
    headBranch: wanted.headBranch ?? repository.defaultBranch,
    status,
    conclusion: wanted.conclusion ?? (status === 'completed' ? 'success' : null),
    runNumber: repository.workflowRuns.length + 1,
    runAttempt: 1,
    actor: wanted.actor ?? actionsBot,
    triggeringActor: wanted.triggeringActor ?? wanted.actor ?? actionsBot,
    startedAt: state.now(),
    earlier: [],
    pulls: wanted.pulls ?? [],
    createdAt: state.now(),
    updatedAt: state.now(),
  };
  repository.workflowRuns.push(run);
  return run;
}
