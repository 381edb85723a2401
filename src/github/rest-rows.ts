/** GitHub's rows, as REST has them → the port's plain data. Pure. */

import { z } from 'zod';
import type {
  Account,
  BranchProtection,
  DeploymentEnvironment,
  ListedPull,
  PullRequest,
  Push,
  RepositoryFacts,
  WorkflowRun,
} from './port.ts';

interface User {
  readonly login: string;
  readonly type?: string | undefined;
}

export function toComment(comment: {
  readonly id: number;
  readonly body?: string | undefined;
  readonly user?: { readonly login: string } | null;
}): { id: number; body: string; author: string | null } {
  return { id: comment.id, body: comment.body ?? '', author: comment.user?.login ?? null };
}

function toAccount(user: User | null | undefined): Account | null {
  return user == null ? null : { login: user.login, isBot: user.type === 'Bot' || user.login.endsWith('[bot]') };
}

interface Side {
  readonly ref: string;
  readonly sha: string;
  readonly repo: { readonly full_name: string } | null;
}

export function toPull(pull: {
  readonly number: number;
  readonly title: string;
  readonly user: User | null;
  readonly head: Side;
  readonly base: Side;
  readonly merge_commit_sha: string | null;
  readonly merged_at: string | null;
  readonly updated_at: string;
  readonly state: string;
}): PullRequest & { readonly isOpen: boolean } {
  return {
    number: pull.number,
    title: pull.title,
    author: toAccount(pull.user),
    head: pull.head.sha,
    headRef: pull.head.ref,
    headRepository: pull.head.repo?.full_name ?? null,
    isCrossRepository: pull.head.repo?.full_name !== pull.base.repo?.full_name,
    baseRef: pull.base.ref,
    merged: pull.merged_at !== null,
    // Before the merge this is a trial merge, which says nothing.
    mergeCommit: pull.merged_at === null ? null : pull.merge_commit_sha,
    mergedAt: pull.merged_at,
    updatedAt: pull.updated_at,
    isOpen: pull.state === 'open',
  };
}

const sideRow = z.looseObject({
  ref: z.string(),
  sha: z.string(),
  repo: z.looseObject({ full_name: z.string() }).nullable(),
});

const pullRow = z.looseObject({
  number: z.number(),
  html_url: z.string(),
  title: z.string(),
  user: z.looseObject({ login: z.string(), type: z.string().optional() }).nullable(),
  head: sideRow,
  base: sideRow,
  state: z.string(),
  merged_at: z.string().nullable(),
  created_at: z.string(),
  labels: z.array(z.union([z.string(), z.looseObject({ name: z.string().optional() })])),
});

type PullRow = z.infer<typeof pullRow>;

/** Anybody may call a branch of a fork what they like. */
function isOwnBranch({ head, base }: Pick<PullRow, 'head' | 'base'>): boolean {
  return head.repo !== null && head.repo.full_name === base.repo?.full_name;
}

/** Those of the repository's own branches. @throws ZodError */
export function toListedPulls(rows: unknown): readonly ListedPull[] {
  return z.array(pullRow).parse(rows).filter(isOwnBranch).map(listPull);
}

/** @throws ZodError */
export function toListedPull(row: unknown): ListedPull {
  return listPull(pullRow.parse(row));
}

function listPull(pull: PullRow): ListedPull {
  return {
    number: pull.number,
    url: pull.html_url,
    title: pull.title,
    author: toAccount(pull.user),
    headRef: pull.head.ref,
    head: pull.head.sha,
    baseRef: pull.base.ref,
    state: pull.merged_at !== null ? 'merged' : pull.state === 'open' ? 'open' : 'closed',
    labels: pull.labels.map((label) => (typeof label === 'string' ? label : (label.name ?? ''))),
    createdAt: pull.created_at,
  };
}

const repositoryRow = z.looseObject({
  full_name: z.string(),
  html_url: z.string(),
  fork: z.boolean(),
  archived: z.boolean(),
  parent: z.looseObject({ full_name: z.string() }).optional(),
});

/** @throws ZodError: else a fork would pass for a repository of its own */
export function toRepositoryFacts(row: unknown): RepositoryFacts {
  const repository = repositoryRow.parse(row);
  return {
    name: repository.full_name,
    forkOf: repository.fork ? (repository.parent?.full_name ?? 'another repository') : null,
    isArchived: repository.archived,
    url: repository.html_url,
  };
}

export function toIssue(issue: {
  readonly number: number;
  readonly title: string;
  readonly body?: string | null | undefined;
  readonly state: string;
  readonly labels: readonly (string | { readonly name?: string | undefined })[];
}): { number: number; title: string; body: string; state: 'open' | 'closed'; labels: string[] } {
  return {
    number: issue.number,
    title: issue.title,
    body: issue.body ?? '',
    state: issue.state === 'closed' ? 'closed' : 'open',
    labels: issue.labels.map((label) => (typeof label === 'string' ? label : (label.name ?? ''))),
  };
}

export function toPush(row: {
  readonly actor: User | null;
  readonly before: string;
  readonly after: string;
  readonly timestamp: string;
  readonly activity_type: string;
}): Push {
  const { before, after, timestamp: at, activity_type: kind } = row;
  return { actor: toAccount(row.actor), before, after, at, kind };
}

export function toRun(run: {
  readonly id: number;
  readonly run_attempt?: number | undefined;
  readonly status: string | null;
  readonly conclusion: string | null;
  readonly event: string;
  readonly head_branch: string | null;
  readonly head_sha: string;
  readonly created_at: string;
  readonly run_started_at?: string | undefined;
  readonly actor?: User | undefined;
  readonly triggering_actor?: User | undefined;
}): WorkflowRun {
  return {
    id: run.id,
    attempt: run.run_attempt ?? 1,
    status: run.status,
    conclusion: run.conclusion,
    event: run.event,
    headBranch: run.head_branch,
    head: run.head_sha,
    createdAt: run.created_at,
    startedAt: run.run_started_at ?? null,
    actor: toAccount(run.actor),
    triggeringActor: toAccount(run.triggering_actor),
  };
}

interface Switch {
  readonly enabled?: boolean | undefined;
}

interface ReviewSettings {
  readonly required_approving_review_count?: number | undefined;
  readonly dismiss_stale_reviews: boolean;
  readonly require_code_owner_reviews: boolean;
  readonly require_last_push_approval?: boolean | undefined;
  readonly bypass_pull_request_allowances?: Readonly<Record<string, unknown>> | undefined;
}

interface ClassicProtection {
  readonly required_pull_request_reviews?: ReviewSettings | undefined;
  readonly restrictions?: unknown;
  readonly enforce_admins?: Switch | undefined;
  readonly allow_force_pushes?: Switch | undefined;
  readonly allow_deletions?: Switch | undefined;
}

interface Rule {
  readonly type: string;
  readonly ruleset_id?: number | undefined;
  readonly parameters?: unknown;
}

const pullRequestRule = z.looseObject({
  required_approving_review_count: z.number(),
  dismiss_stale_reviews_on_push: z.boolean(),
  require_code_owner_review: z.boolean().optional(),
  require_last_push_approval: z.boolean().optional(),
});

const walls = ['pull_request', 'non_fast_forward', 'deletion', 'update'];

/** Those that a rule of interest is from. */
export function rulesetsOf(rules: readonly Rule[]): readonly number[] {
  return [
    ...new Set(rules.flatMap(({ type, ruleset_id: id }) => (walls.includes(type) && id !== undefined ? [id] : []))),
  ];
}

/**
 * What either asks for counts. Null: that kind cannot be read.
 *
 * @param bypasses for each ruleset whether somebody is excepted; null: that is not for this token
 */
export function toBranchProtection(
  rules: readonly Rule[] | null,
  classic: ClassicProtection | 'none' | null,
  bypasses: readonly (boolean | null)[],
): BranchProtection {
  const has = (type: string): boolean | null => rules?.some((rule) => rule.type === type) ?? null;
  const reviews = rules?.flatMap(({ type, parameters }) => {
    const parsed = type === 'pull_request' ? pullRequestRule.safeParse(parameters) : undefined;
    return parsed?.success === true ? [parsed.data] : [];
  });
  const byRules = {
    approvals: reviews === undefined ? null : Math.max(0, ...reviews.map((one) => one.required_approving_review_count)),
    dismisses: reviews?.some((one) => one.dismiss_stale_reviews_on_push) ?? null,
    lastPush: reviews?.some((one) => one.require_last_push_approval === true) ?? null,
    codeOwners: reviews?.some((one) => one.require_code_owner_review === true) ?? null,
    bypass: rules === null ? null : bypasses.reduce(either, false),
  };
  const known = classic === 'none' ? {} : classic;
  const reviewsOf = known?.required_pull_request_reviews;
  const counts = [byRules.approvals, known === null ? null : (reviewsOf?.required_approving_review_count ?? 0)];
  const byClassic = (has: (settings: ReviewSettings) => boolean): boolean | null =>
    known === null ? null : reviewsOf !== undefined && has(reviewsOf);
  return {
    needsPullRequest: either(has('pull_request'), known === null ? null : reviewsOf !== undefined),
    approvals: counts.includes(null) ? null : Math.max(...counts.map((count) => count ?? 0)),
    dismissesStaleReviews: either(
      byRules.dismisses,
      byClassic((one) => one.dismiss_stale_reviews),
    ),
    needsLastPushApproval: either(
      byRules.lastPush,
      byClassic((one) => one.require_last_push_approval === true),
    ),
    needsCodeOwners: either(
      byRules.codeOwners,
      byClassic((one) => one.require_code_owner_reviews),
    ),
    restrictsPushes: either(has('update'), known === null ? null : known.restrictions !== undefined),
    canBeBypassed: either(byRules.bypass, canBypass(classic)),
    blocksForcePushes: either(has('non_fast_forward'), blocks(classic, known?.allow_force_pushes)),
    blocksDeletion: either(has('deletion'), blocks(classic, known?.allow_deletions)),
  };
}

function blocks(classic: ClassicProtection | 'none' | null, allowed: Switch | undefined): boolean | null {
  return classic === null ? null : classic !== 'none' && allowed?.enabled !== true;
}

/** Administrators are above classic protection unless it says otherwise. */
function canBypass(classic: ClassicProtection | 'none' | null): boolean | null {
  if (classic === null || classic === 'none') return classic === null ? null : false;
  const allowed = Object.values(classic.required_pull_request_reviews?.bypass_pull_request_allowances ?? {});
  return classic.enforce_admins?.enabled !== true || allowed.some((list) => Array.isArray(list) && list.length > 0);
}

function either(one: boolean | null, other: boolean | null): boolean | null {
  if (one === true || other === true) return true;
  return one === null || other === null ? null : false;
}

const reviewersRule = z.looseObject({
  type: z.literal('required_reviewers'),
  prevent_self_review: z.boolean().optional(),
  reviewers: z.array(
    z.looseObject({ reviewer: z.looseObject({ login: z.string().optional(), slug: z.string().optional() }) }),
  ),
});

export interface EnvironmentAnswer {
  readonly protection_rules?: readonly unknown[] | undefined;
  readonly deployment_branch_policy?: { readonly protected_branches: boolean } | null | undefined;
}

/** @param chosen null: not read */
export function toEnvironment(
  environment: EnvironmentAnswer,
  chosen: readonly { readonly name?: string | undefined; readonly type?: 'branch' | 'tag' | undefined }[] | null,
): DeploymentEnvironment {
  const rules = (environment.protection_rules ?? []).flatMap((rule) => reviewersRule.safeParse(rule).data ?? []);
  const policy = environment.deployment_branch_policy;
  return {
    reviewers: rules.flatMap((rule) => rule.reviewers.map(({ reviewer }) => reviewer.login ?? reviewer.slug ?? '')),
    preventsSelfReview: rules.some((rule) => rule.prevent_self_review === true),
    branches: policy == null ? 'all' : policy.protected_branches ? 'protected' : 'chosen',
    chosen: chosen?.map(({ name = '', type = 'branch' }) => ({ kind: type, pattern: name })) ?? null,
  };
}

const people = z.array(z.object({ login: z.string() }));

/** A page of people. @throws ZodError for what is none: nobody is in no list */
export function toLogins(rows: unknown): string[] {
  return people.parse(rows).map(({ login }) => login);
}
