/** What the stand-in holds: rows a test may read and change. Commits and refs are not here, Git has them. */

import { createHmac } from 'node:crypto';
import type { BareRepository } from './bare-repository.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };
export type JsonObject = { readonly [key: string]: Json | undefined };

/** What a person may do in a repository. */
export type Role = 'none' | 'read' | 'triage' | 'write' | 'maintain' | 'admin';

export interface LabelRow {
  readonly id: number;
  name: string;
  color: string;
  description: string | null;
}

export interface CommentRow {
  readonly id: number;
  /** Number of its issue or pull request. */
  readonly issue: number;
  readonly user: string;
  /** Written with the token of a workflow run. */
  readonly viaActions: boolean;
  body: string;
  readonly createdAt: string;
  updatedAt: string;
}

export interface PullPart {
  /** `owner/name` of the repository with the branch; another one when it is a fork. */
  readonly headRepository: string;
  readonly headRef: string;
  headSha: string;
  baseRef: string;
  /** Tip of the base when it was last looked at. */
  seenBase: string;
  /** Tip of the base when the head last moved; stays as it is after the merge. */
  baseSha: string;
  draft: boolean;
  /** Of the test merge while open, of the merge afterwards. */
  mergeCommitSha: string | null;
  /** Of the test merge: the two sides it was made of. */
  testedMerge: string | null;
  mergedAt: string | null;
  mergedBy: string | null;
  /** Commits that the merge brought to the base. */
  introduced: readonly string[];
  timeline: TimelineRow[];
}

/** An event of a pull request, by the name of its type in GraphQL. */
export type TimelineRow =
  | {
      readonly type: 'BaseRefForcePushedEvent' | 'HeadRefForcePushedEvent';
      readonly actor: string | null;
      readonly createdAt: string;
      readonly before: string;
      readonly after: string;
    }
  | {
      readonly type: 'BaseRefChangedEvent' | 'AutomaticBaseChangeSucceededEvent';
      readonly actor: string | null;
      readonly createdAt: string;
      readonly from: string;
      readonly to: string;
    }
  | { readonly type: 'BaseRefDeletedEvent'; readonly actor: string | null; readonly createdAt: string };

/** Issues and pull requests share their numbers. */
export interface IssueRow {
  readonly id: number;
  readonly number: number;
  readonly user: string;
  readonly viaActions: boolean;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  stateReason: 'completed' | 'not_planned' | 'duplicate' | 'reopened' | null;
  /** Names of labels of the repository. */
  labels: readonly string[];
  assignees: readonly string[];
  locked: boolean;
  readonly createdAt: string;
  updatedAt: string;
  closedAt: string | null;
  closedBy: string | null;
  readonly pull: PullPart | null;
}

export type ReviewState = 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED' | 'PENDING';

export interface ReviewRow {
  readonly id: number;
  readonly pull: number;
  readonly user: string;
  body: string;
  state: ReviewState;
  readonly commit: string;
  readonly submittedAt: string;
  /** Null: as it was submitted. */
  lastEditedAt: string | null;
  /** Who edited it last: its author, or anybody who may write. */
  editor: string | null;
}

export type PushKind = 'push' | 'force_push' | 'branch_creation' | 'branch_deletion' | 'pr_merge' | 'merge_queue_merge';

/** A move of a branch, as the activity of a repository tells it. */
export interface PushRow {
  readonly id: number;
  readonly ref: string;
  readonly before: string;
  readonly after: string;
  readonly kind: PushKind;
  readonly actor: string | null;
  readonly at: string;
}

export interface EnvironmentRow {
  readonly id: number;
  readonly name: string;
  /** Logins, one of whom has to agree. */
  readonly reviewers: readonly string[];
  readonly preventsSelfReview: boolean;
  readonly branches: 'all' | 'protected' | 'chosen';
  /** Patterns, where they are chosen. */
  readonly chosen: readonly string[];
}

export interface TeamRow {
  slug: string;
  /** Slug of the team that it is in. */
  parent: string | null;
  /** Logins. */
  members: readonly string[];
}

/** Rules of one branch. */
export interface ProtectionRow {
  readonly branch: string;
  /** Classic protection is told in full to administrators alone, rulesets to every reader. */
  readonly by: 'classic' | 'ruleset';
  /** Null: no pull request is needed. */
  readonly approvals: number | null;
  readonly dismissesStaleReviews: boolean;
  readonly needsLastPushApproval: boolean;
  readonly needsCodeOwners: boolean;
  readonly restrictsPushes: boolean;
  /** Of a ruleset, told to administrators alone. */
  readonly bypass: readonly ('DeployKey' | 'RepositoryRole')[];
  /** Of classic protection. */
  readonly enforcesAdmins: boolean;
  readonly blocksForcePushes: boolean;
  readonly blocksDeletion: boolean;
}

export interface AnnotationRow {
  readonly path: string;
  readonly start_line: number;
  readonly end_line: number;
  readonly start_column?: number;
  readonly end_column?: number;
  readonly annotation_level: string;
  readonly message: string;
  readonly title?: string;
  readonly raw_details?: string;
}

export interface CheckRunRow {
  readonly id: number;
  readonly suite: number;
  readonly headSha: string;
  name: string;
  externalId: string | null;
  detailsUrl: string | null;
  status: string;
  conclusion: string | null;
  startedAt: string | null;
  completedAt: string | null;
  title: string | null;
  summary: string | null;
  text: string | null;
  annotations: readonly AnnotationRow[];
}

/** What an attempt leaves behind when the next one begins. */
export interface AttemptRow {
  readonly number: number;
  readonly status: string;
  readonly conclusion: string | null;
  readonly startedAt: string;
  readonly triggeringActor: string;
}

export interface WorkflowRunRow {
  readonly id: number;
  name: string;
  path: string;
  event: string;
  headSha: string;
  headBranch: string;
  status: string;
  conclusion: string | null;
  runNumber: number;
  runAttempt: number;
  /** Who caused the run; and who its present attempt. */
  readonly actor: string;
  triggeringActor: string;
  /** Of the present attempt. */
  startedAt: string;
  earlier: readonly AttemptRow[];
  /** Numbers of pull requests. */
  pulls: readonly number[];
  readonly createdAt: string;
  updatedAt: string;
}

export interface ArtifactRow {
  readonly id: number;
  readonly runId: number;
  name: string;
  zip: Uint8Array;
  expired: boolean;
  readonly createdAt: string;
  readonly expiresAt: string;
}

export interface Repository {
  readonly id: number;
  owner: string;
  name: string;
  /** `owner/name` that lead here since it was renamed or transferred. */
  formerNames: string[];
  /** Read-only for everybody. */
  archived: boolean;
  hasIssues: boolean;
  private: boolean;
  /** `owner/name` of what it was forked from. */
  readonly forkOf: string | null;
  defaultBranch: string;
  readonly createdAt: string;
  /** Null: no commit, no branch. */
  readonly git: BareRepository | null;
  /** The owner is an admin without being listed. */
  readonly collaborators: Map<string, Role>;
  nextNumber: number;
  issues: IssueRow[];
  comments: CommentRow[];
  labels: LabelRow[];
  reviews: ReviewRow[];
  checkRuns: CheckRunRow[];
  workflowRuns: WorkflowRunRow[];
  artifacts: ArtifactRow[];
  /** Newest last. */
  pushes: PushRow[];
  /** Branches where they were last seen. */
  seen: ReadonlyMap<string, string>;
  /** Whose credentials Git pushes with where no deed says it; default: the owner. */
  gitUser: string;
  environments: EnvironmentRow[];
  protections: ProtectionRow[];
  /** Of the organisation that owns it. */
  teams: TeamRow[];
}

export interface State {
  readonly repositories: Repository[];
  /** Counts up over everything that has an id. */
  newId(): number;
  /** The same for the same login. */
  userId(login: string): number;
  /** Seconds are the finest that GitHub tells. */
  now(): string;
  date(): Date;
  /** Lets time go by, in milliseconds. */
  pass(milliseconds: number): void;
  /** All but what lies in Git, as it is now, to start another from. */
  save(): SavedState;
  /** Accounts that are gone. */
  readonly deleted: Set<string>;
  /** A signature over a commit by somebody's key; `GitHub` is the key of the service. */
  sign(signer: string, payload: string): string;
  /** Whose key it is, and whether it fits the commit; null when it is none of ours. */
  verify(signature: string, payload: string): { readonly signer: string; readonly isValid: boolean } | null;
}

export interface SavedState {
  readonly repositories: readonly Omit<Repository, 'git'>[];
  readonly lastId: number;
  readonly passed: number;
  readonly users: readonly (readonly [string, number])[];
  readonly deleted: readonly string[];
}

export const actionsBot = 'github-actions[bot]';
/** Commits for people who work on GitHub's pages. */
export const webFlow = 'web-flow';
export const webFlowAddress = 'noreply@github.com';

const knownUsers: Readonly<Record<string, number>> = {
  [actionsBot]: 41_898_282,
  'dependabot[bot]': 49_699_333,
  [webFlow]: 19_864_447,
  ghost: 10_137,
};

export function createState(clock: () => Date, saved?: SavedState): State {
  let { lastId = 1_000_000, passed = 0 } = saved ?? {};
  const users = new Map<string, number>(saved?.users ?? Object.entries(knownUsers));
  const repositories: Repository[] = [];
  const deleted = new Set<string>(saved?.deleted);
  const date = (): Date => new Date(clock().getTime() + passed);
  const seal = (signer: string, payload: string): string =>
    createHmac('sha256', `the key of ${signer}`).update(payload).digest('base64');
  return {
    repositories,
    newId: () => ++lastId,
    userId(login) {
      const id = users.get(login) ?? 1000 + users.size;
      users.set(login, id);
      return id;
    },
    now: () => formatTime(date()),
    date,
    pass(milliseconds) {
      passed += milliseconds;
    },
    deleted,
    save: () => ({
      repositories: repositories.map(({ git, ...rows }) => structuredClone(rows)),
      lastId,
      passed,
      users: [...users],
      deleted: [...deleted],
    }),
    sign: (signer, payload) =>
      ['-----BEGIN PGP SIGNATURE-----', '', signer, seal(signer, payload), '-----END PGP SIGNATURE-----'].join('\n'),
    verify(signature, payload) {
      const [, , signer = '', sealed] = signature.split('\n');
      return sealed === undefined ? null : { signer, isValid: sealed === seal(signer, payload) };
    },
  };
}

export function formatTime(date: Date): string {
  return date.toISOString().replace(/\.\d{3}Z$/, 'Z');
}

export function fullName(repository: Repository): string {
  return `${repository.owner}/${repository.name}`;
}

/** Names of owners and repositories ignore case, as GitHub's do. */
export function findRepository(state: State, name: string): Repository | undefined {
  return state.repositories.find((repository) => fullName(repository).toLowerCase() === name.toLowerCase());
}

export function findIssue(repository: Repository, number: number): IssueRow | undefined {
  return repository.issues.find((issue) => issue.number === number);
}

export function roleOf(repository: Repository, login: string): Role {
  if (login === repository.owner) return 'admin';
  return repository.collaborators.get(login) ?? (repository.private ? 'none' : 'read');
}

/** A label in use is a label of the repository. Names ignore case. */
export function addLabel(state: State, repository: Repository, name: string): LabelRow {
  const known = findLabel(repository, name);
  if (known !== undefined) return known;
  const label = { id: state.newId(), name, color: 'ededed', description: null };
  repository.labels.push(label);
  return label;
}

export function findLabel(repository: Repository, name: string): LabelRow | undefined {
  return repository.labels.find((label) => label.name.toLowerCase() === name.toLowerCase());
}
