/** What people, pushes and workflow runs do meanwhile: helpers of tests, past the API. */

import { noCommit } from './bare-repository.ts';
import {
  gitOf,
  type MergeOptions,
  mergePullRequest,
  type NewPullRequest,
  openPullRequest,
  personOf,
  pullOf,
  queuePullRequest,
  refreshPullRequests,
} from './pull-requests.ts';
import {
  type ArtifactRow,
  type CommentRow,
  findIssue,
  findRepository,
  formatTime,
  type IssueRow,
  type Repository,
  type ReviewRow,
  type ReviewState,
  type State,
  type WorkflowRunRow,
} from './state.ts';

/** `owner/name`; default: the first repository. */
interface InRepository {
  readonly repository?: string;
}

export interface Push extends InRepository {
  /** Made when it is not there. */
  readonly branch: string;
  /** Null takes a file away. */
  readonly files: Readonly<Record<string, string | null>>;
  /** Default "change". */
  readonly message?: string;
  readonly user: string;
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
  /** Default 1. */
  readonly attempt?: number;
  /** Of the attempts before that; default: completed, cancelled. */
  readonly earlierStatus?: string;
  readonly pulls?: readonly number[];
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
  review(wanted: NewReview): ReviewRow;
  dismissReview(id: number, repository?: string): void;
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
      };
      repository.reviews.push(review);
      return review;
    },
    dismissReview(id, name) {
      const review = take(name).reviews.find((one) => one.id === id);
      if (review === undefined) throw new Error(`there is no review ${id}`);
      review.state = 'DISMISSED';
    },
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
      if (!repository.workflowRuns.some(({ id }) => id === runId)) throw new Error(`there is no run ${runId}`);
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
  const refs = git.refs();
  const ref = `refs/heads/${push.branch}`;
  const before = refs.get(ref)?.sha ?? null;
  const start =
    push.from === undefined ? refs.get(`refs/heads/${repository.defaultBranch}`)?.sha : git.resolve(push.from);
  const parent = before !== null && push.force !== true ? before : (start ?? null);
  const person = personOf(state, push.user);
  const after = git.writeCommit({
    tree: git.writeTree(parent, push.files),
    parents: parent === null ? [] : [parent],
    message: push.message ?? 'change',
    author: person,
    committer: person,
  });
  git.setRef(ref, after, before ?? noCommit);
  return { ref, before: before ?? noCommit, after };
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
    runAttempt: wanted.attempt ?? 1,
    ...(wanted.earlierStatus === undefined ? {} : { earlierStatus: wanted.earlierStatus }),
    pulls: wanted.pulls ?? [],
    createdAt: state.now(),
    updatedAt: state.now(),
  };
  repository.workflowRuns.push(run);
  return run;
}
