/** What tollgate needs of GitHub. Lists are complete: paged to their end. Rejects with GitHubError. */

export interface IssueComment {
  readonly id: number;
  readonly body: string;
  /** Login of the author; null for deleted accounts. */
  readonly author: string | null;
}

/** Somebody with an account. Logins of apps are the same by whichever way they come: `dependabot[bot]`. */
export interface Account {
  readonly login: string;
  readonly isBot: boolean;
}

export interface PullRequest {
  readonly number: number;
  readonly title: string;
  /** Null for deleted accounts. */
  readonly author: Account | null;
  readonly head: string;
  /** Branch with the changes, in `headRepository`. */
  readonly headRef: string;
  /** `owner/name`; null when it has been deleted. */
  readonly headRepository: string | null;
  /** From another repository: its pushes are not listed here. */
  readonly isCrossRepository: boolean;
  /** Branch that it goes into, without `refs/heads/`. */
  readonly baseRef: string;
  readonly merged: boolean;
  /** Commit by which it was merged; null while it is not. Of a rebase, the last one. */
  readonly mergeCommit: string | null;
  /** ISO date-time, UTC; null while it is not merged. */
  readonly mergedAt: string | null;
  /** ISO date-time, UTC. */
  readonly updatedAt: string;
}

/** Name and address are whatever the commit says; only `account` is GitHub's word, and only as good as the address. */
export interface CommitPerson {
  /** Null: the address belongs to nobody known to GitHub. */
  readonly account: Account | null;
  readonly name: string;
  readonly email: string;
  /** Account, name or address are those of an app. Also true where `account` is null. */
  readonly isBot: boolean;
}

export interface CommitFacts {
  readonly sha: string;
  readonly parents: readonly string[];
  /** The author, then the co-authors of the trailers. Authors that GitHub does not list are unknown people here, not left out. */
  readonly authors: readonly CommitPerson[];
  readonly committer: CommitPerson | null;
  readonly authoredByCommitter: boolean;
  readonly message: string;
  /** Null: not signed. */
  readonly signature: {
    readonly isValid: boolean;
    /** By GitHub's own key: made on its pages or by its API, not in a clone. */
    readonly wasSignedByGitHub: boolean;
    readonly signer: string | null;
  } | null;
}

export interface ReviewFacts {
  readonly id: string;
  readonly url: string;
  readonly author: Account | null;
  /** `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, `DISMISSED`, `PENDING`. */
  readonly state: string;
  readonly body: string;
  /** Head that was reviewed; null when it is gone. */
  readonly commit: string | null;
  /** ISO date-time, UTC; null while it is pending. */
  readonly submittedAt: string | null;
  /** ISO date-time, UTC; null when nobody, the author or another, ever edited the body. */
  readonly lastEditedAt: string | null;
}

/** The base is another one from then on. `changed` is by a person or by GitHub, when a branch below is merged and deleted. */
export interface BaseMove {
  readonly kind: 'changed' | 'force-pushed' | 'deleted';
  /** ISO date-time, UTC. */
  readonly at: string;
}

export interface HeadForcePush {
  /** ISO date-time, UTC. */
  readonly at: string;
  readonly actor: Account | null;
  /** Null when the commit is gone. */
  readonly before: string | null;
  readonly after: string | null;
}

/** What GitHub knows of one pull request that bears on whose word it is. Oldest first. */
export interface PullReviewFacts {
  readonly pull: PullRequest;
  readonly state: 'open' | 'closed' | 'merged';
  readonly reviews: readonly ReviewFacts[];
  readonly baseMoves: readonly BaseMove[];
  readonly headForcePushes: readonly HeadForcePush[];
  readonly commits: readonly CommitFacts[];
  /** False where there are more than are read: then what the others are is not known. */
  readonly hasAllCommits: boolean;
}

export type RepositoryPermission = 'admin' | 'maintain' | 'write' | 'read' | 'none';

/** A move of a branch. */
export interface Push {
  /** Whose credentials; null for deleted accounts. */
  readonly actor: Account | null;
  /** Zeros where the branch began. */
  readonly before: string;
  /** Zeros where it was deleted. */
  readonly after: string;
  /** ISO date-time, UTC. */
  readonly at: string;
  /** `push`, `force_push`, `branch_creation`, `branch_deletion`, `pr_merge`, `merge_queue_merge`. */
  readonly kind: string;
}

/** A workflow run as its latest attempt is. */
export interface WorkflowRun {
  readonly id: number;
  /** Begins at 1. */
  readonly attempt: number;
  /** `queued`, `in_progress`, `completed` and others. */
  readonly status: string | null;
  readonly conclusion: string | null;
  readonly event: string;
  readonly headBranch: string | null;
  readonly head: string;
  /** ISO date-time, UTC: when the first attempt was asked for. */
  readonly createdAt: string;
  /** ISO date-time, UTC: when this attempt began. */
  readonly startedAt: string | null;
  /** Who caused the first attempt. */
  readonly actor: Account | null;
  /** Who caused this attempt. */
  readonly triggeringActor: Account | null;
}

/** Classic protection and rulesets together. Null: the token may not read what would say. */
export interface BranchProtection {
  readonly needsPullRequest: boolean | null;
  /** Approving reviews that a pull request needs. */
  readonly approvals: number | null;
  readonly dismissesStaleReviews: boolean | null;
  /** By somebody else than who pushed last. */
  readonly needsLastPushApproval: boolean | null;
  readonly needsCodeOwners: boolean | null;
  /** Only who is named may push at all. */
  readonly restrictsPushes: boolean | null;
  /** Somebody is excepted from one of these: administrators, or a list. */
  readonly canBeBypassed: boolean | null;
  readonly blocksForcePushes: boolean | null;
  readonly blocksDeletion: boolean | null;
}

export interface DeploymentEnvironment {
  /** Logins of people and slugs of teams, one of whom has to agree before a job gets the secrets. */
  readonly reviewers: readonly string[];
  readonly preventsSelfReview: boolean;
  /** Branches whose jobs may have it: `all`, the protected ones, or chosen by name. */
  readonly branches: 'all' | 'protected' | 'chosen';
  /** Patterns of the chosen branches and tags; null where none are chosen, or they cannot be read. */
  readonly chosen: readonly { readonly kind: 'branch' | 'tag'; readonly pattern: string }[] | null;
}

export interface Annotation {
  /** Relative to the root of the repository. */
  readonly path: string;
  readonly line: number;
  readonly level: 'failure' | 'warning' | 'notice';
  readonly title: string;
  readonly message: string;
}

export interface CheckRun {
  readonly name: string;
  readonly head: string;
  /** What another environment's run may have to know of it; nothing of them shows. */
  readonly labels: readonly string[];
  readonly conclusion: 'success' | 'failure' | 'neutral';
  readonly title: string;
  /** Markdown, at most 65,535 characters. */
  readonly summary: string;
  readonly annotations: readonly Annotation[];
}

export interface Issue {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly state: 'open' | 'closed';
  readonly labels: readonly string[];
}

/** A pull request of this repository's own branches, as a list of them shows it. */
export interface ListedPull {
  readonly number: number;
  readonly url: string;
  readonly title: string;
  readonly author: Account | null;
  readonly headRef: string;
  readonly head: string;
  readonly baseRef: string;
  readonly state: 'open' | 'closed' | 'merged';
  readonly labels: readonly string[];
  /** ISO date-time, UTC. */
  readonly createdAt: string;
}

export interface NewPull {
  /** Branch with the changes, of this repository. */
  readonly head: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
}

export interface RepositoryFacts {
  /** `owner/name`, as it is called now. */
  readonly name: string;
  /** What it was forked from; null: it is not a fork. */
  readonly forkOf: string | null;
  readonly isArchived: boolean;
  /** Where people look at it. */
  readonly url: string;
}

export interface GitHub {
  /** Login that is expected to write our comments: `github-actions[bot]`, that of the job's own token. */
  readonly login: string;
  /** The login that really writes them, `name[bot]` of an app; asked once. */
  readLogin(): Promise<string>;

  listComments(number: number): Promise<readonly IssueComment[]>;
  createComment(number: number, body: string): Promise<IssueComment>;
  updateComment(id: number, body: string): Promise<void>;
  deleteComment(id: number): Promise<void>;

  readPull(number: number): Promise<PullRequest & { readonly isOpen: boolean }>;
  readRepository(): Promise<RepositoryFacts>;
  /** Those of this repository's own branches, whatever became of them; newest first. */
  listPullsOfBranch(branch: string): Promise<readonly ListedPull[]>;
  /** All that are open, and all that were opened since then; of this repository's own branches, newest first. */
  listPulls(since: Date): Promise<readonly ListedPull[]>;
  /** GitHub refuses a second one of the same two branches with 422. */
  createPull(pull: NewPull): Promise<ListedPull>;
  /**
   * The merged pull requests that brought each commit to the default branch, by GitHub's word. Every commit that GitHub knows
   * is a key; one pushed by hand has none.
   */
  listPullsOfCommits(shas: readonly string[]): Promise<ReadonlyMap<string, readonly PullRequest[]>>;
  /** One request, but for lists of more than 100. */
  readPullReview(number: number): Promise<PullReviewFacts>;
  /** What somebody may do in the repository now; `none` where there is no such account. */
  readPermission(login: string): Promise<RepositoryPermission>;
  /**
   * Logins of a team of the organisation, those of the teams below it among them. Rejects where there is no token that may
   * read it, no such team, or where it is of another organisation than the repository.
   */
  listTeamMembers(org: string, slug: string): Promise<readonly string[]>;

  createCheck(check: CheckRun): Promise<void>;
  /** The latest of each name on a commit. */
  listChecks(head: string): Promise<readonly Pick<CheckRun, 'name' | 'labels'>[]>;
  listLabels(number: number): Promise<readonly string[]>;
  /** Those that there are, on whatever. */
  listRepositoryLabels(): Promise<readonly string[]>;
  addLabels(number: number, labels: readonly string[]): Promise<void>;
  removeLabel(number: number, label: string): Promise<void>;

  /** Open and closed ones that a login created; default: the one expected. */
  listOwnIssues(login?: string): Promise<readonly Issue[]>;
  createIssue(title: string, body: string): Promise<Issue>;
  updateIssue(
    number: number,
    change: { readonly title?: string; readonly body?: string; readonly state?: 'open' | 'closed' },
  ): Promise<void>;

  /** Null when it cannot be known. */
  readRun(runId: number): Promise<WorkflowRun | null>;
  /**
   * Whether a workflow run has ended, all of it or one attempt; null when it cannot be known. While a later attempt runs the
   * run has not ended, its earlier attempts have.
   */
  hasRunEnded(runId: number, attempt?: number): Promise<boolean | null>;
  /** Moves of `refs/heads/x` in this repository, newest first; null when it cannot be known. */
  listPushes(ref: string): Promise<readonly Push[] | null>;
  /** Null where there is no such branch, or nothing of it can be read. */
  readBranchProtection(branch: string): Promise<BranchProtection | null>;
  /** Null where there is no such environment, or it cannot be read. */
  readEnvironment(name: string): Promise<DeploymentEnvironment | null>;
}

/** GitHub refused, failed or could not be reached. It never fails an apply: what was done is said all the same. */
export class GitHubError extends Error {
  override readonly name = 'GitHubError';
  readonly status: number | undefined;
  /** It was asked too often for now: nothing is said of what the token may. */
  readonly isLimited: boolean;

  constructor(
    message: string,
    status: number | undefined,
    options: { readonly cause?: unknown; readonly isLimited?: boolean } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.status = status;
    this.isLimited = options.isLimited ?? false;
  }
}
