/** What tollgate needs of GitHub. Lists are complete: paged to their end. Rejects with GitHubError. */

export interface IssueComment {
  readonly id: number;
  readonly body: string;
  /** Login of the author; null for deleted accounts. */
  readonly author: string | null;
}

export interface PullRequest {
  readonly number: number;
  readonly title: string;
  readonly author: string | null;
  readonly head: string;
  /** Commit by which it was merged; null while it is not. */
  readonly mergeCommit: string | null;
  /** ISO date-time, UTC; null while it is not merged. */
  readonly mergedAt: string | null;
  /** ISO date-time, UTC. */
  readonly updatedAt: string;
}

export interface Review {
  readonly author: string | null;
  readonly isBot: boolean;
  /** `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, `DISMISSED`, `PENDING`. */
  readonly state: string;
  readonly body: string;
  /** ISO date-time, UTC; null while it is pending. */
  readonly submittedAt: string | null;
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

/** A file that a workflow run left behind. */
export interface Artifact {
  readonly id: number;
  readonly name: string;
  /** Commit of the run that made it. */
  readonly head: string | null;
  readonly expired: boolean;
}

export interface GitHub {
  /** Login that writes our comments, `github-actions[bot]` with the job's own token. */
  readonly login: string;

  listComments(number: number): Promise<readonly IssueComment[]>;
  createComment(number: number, body: string): Promise<IssueComment>;
  updateComment(id: number, body: string): Promise<void>;
  deleteComment(id: number): Promise<void>;

  readPull(number: number): Promise<PullRequest>;
  /** Closed ones into a branch, last updated first, back to a moment. */
  listClosedPulls(base: string, since: string): Promise<readonly PullRequest[]>;
  listReviews(number: number): Promise<readonly Review[]>;
  /** Whether a person may write to the repository. */
  canWrite(login: string): Promise<boolean>;
  /** Commits that are in `head` and not in `base`. */
  listCommitsBetween(base: string, head: string): Promise<readonly string[]>;

  createCheck(check: CheckRun): Promise<void>;
  listLabels(number: number): Promise<readonly string[]>;
  addLabels(number: number, labels: readonly string[]): Promise<void>;
  removeLabel(number: number, label: string): Promise<void>;

  /** Open and closed ones that our login created. */
  listOwnIssues(): Promise<readonly Issue[]>;
  createIssue(title: string, body: string): Promise<Issue>;
  updateIssue(
    number: number,
    change: { readonly title?: string; readonly body?: string; readonly state?: 'open' | 'closed' },
  ): Promise<void>;

  listArtifacts(name: string): Promise<readonly Artifact[]>;
  /** The zip archive. */
  downloadArtifact(id: number): Promise<Uint8Array>;
  /** Whether an attempt of a workflow run has ended; null when it cannot be told. */
  hasRunEnded(runId: number, attempt: number): Promise<boolean | null>;
}

/** GitHub refused, failed or could not be reached. It never fails an apply: what was done is said all the same. */
export class GitHubError extends Error {
  override readonly name = 'GitHubError';
  readonly status: number | undefined;

  constructor(message: string, status: number | undefined, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.status = status;
  }
}
