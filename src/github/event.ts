/** The event that started a workflow run → what tollgate has to know of it. Pure. */

import { z } from 'zod';
import { findGitHubJob, type GitHubJob } from '../checkout/github-job.ts';
import type { Account } from './port.ts';

const user = z.looseObject({ login: z.string(), type: z.string().optional() });
const repository = z.looseObject({
  full_name: z.string(),
  default_branch: z.string().optional(),
  private: z.boolean().optional(),
  html_url: z.string().optional(),
});
const pullRequest = z.looseObject({
  number: z.number(),
  state: z.string().optional(),
  user: user.nullable(),
  head: z.looseObject({ sha: z.string(), repo: z.looseObject({ full_name: z.string() }).nullable() }),
  base: z.looseObject({ ref: z.string(), sha: z.string(), repo: z.looseObject({ full_name: z.string() }) }),
});
const payloadSchema = z.looseObject({
  repository: repository.optional(),
  pull_request: pullRequest.optional(),
  ref: z.string().optional(),
  after: z.string().optional(),
  inputs: z.record(z.string(), z.unknown()).nullish().catch(null),
  merge_group: z
    .looseObject({
      head_sha: z.string(),
      head_ref: z.string(),
      base_sha: z.string().optional(),
      base_ref: z.string().optional(),
    })
    .optional()
    .catch(undefined),
  sender: user.nullish().catch(null),
});

/** The pull request that an event is about. */
export interface PullRequestFacts {
  readonly number: number;
  /** Head commit, which is not the merge commit that is checked out. */
  readonly head: string;
  readonly base: string;
  /** Branch that it goes into, without `refs/heads/`. */
  readonly baseRef: string;
  readonly author: string | null;
  /** From another repository, or by Dependabot: such a run has no secrets and must not want any. */
  readonly isForeign: boolean;
  /** People review what is merged or closed, too; a plan of that is news to nobody, and approves nothing. */
  readonly isOpen: boolean;
}

export type EventContext =
  | { readonly kind: 'pull-request'; readonly pull: PullRequestFacts }
  | { readonly kind: 'push'; readonly sha: string; readonly isDefaultBranch: boolean }
  | {
      readonly kind: 'dispatch';
      readonly isDefaultBranch: boolean;
      /** As they were given; an empty one is "". */
      readonly inputs: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'schedule' }
  | {
      readonly kind: 'merge-group';
      readonly head: string;
      /** What the group is put on. */
      readonly base: string | null;
      /** Branch of that, without `refs/heads/`; empty where the event does not say. */
      readonly baseRef: string;
    }
  | { readonly kind: 'other'; readonly name: string };

export interface GitHubEvent {
  readonly context: EventContext;
  /** `owner/name`. */
  readonly repository: string;
  readonly defaultBranch: string | null;
  /** Unknown is null: then people are counted, not named. */
  readonly isPublic: boolean | null;
  /** Who caused the run; a repeated run keeps its own. Null where the runner does not say. */
  readonly actor: Account | null;
  /** Who caused this attempt of it. */
  readonly triggeringActor: Account | null;
  /** What the run is for: `refs/heads/main`, `refs/pull/12/merge`. Null where neither runner nor event say. */
  readonly ref: string | null;
  /** Commit of the run; of a pull request the trial merge. */
  readonly sha: string | null;
}

/** @param environment variables of the runner, such as GITHUB_REPOSITORY */
export function parseEvent(
  name: string,
  payload: unknown,
  environment: Readonly<Record<string, string | undefined>>,
): GitHubEvent {
  const parsed = payloadSchema.safeParse(payload);
  const event = parsed.success ? parsed.data : {};
  const { repository: repo } = event;
  const job = findGitHubJob(environment);
  return {
    context: contextOf(name, event, job),
    repository: repo?.full_name ?? job.repository ?? '',
    defaultBranch: repo?.default_branch ?? null,
    isPublic: repo?.private === undefined ? null : !repo.private,
    // The event's own `sender` may be an earlier attempt's: it says what kind of account a name is, never who.
    actor: accountOf(job.actor, event.sender),
    triggeringActor: accountOf(job.triggeringActor, event.sender),
    ref: job.ref ?? event.merge_group?.head_ref ?? event.ref ?? null,
    sha: job.sha ?? event.merge_group?.head_sha ?? event.after ?? null,
  };
}

function accountOf(login: string | null, sender: z.infer<typeof user> | null | undefined): Account | null {
  if (login === null) return null;
  return { login, isBot: login.endsWith('[bot]') || (sender?.login === login && sender.type === 'Bot') };
}

function contextOf(
  name: string,
  event: z.infer<typeof payloadSchema> | Record<string, never>,
  job: GitHubJob,
): EventContext {
  switch (name) {
    case 'pull_request':
    case 'pull_request_review':
      return event.pull_request === undefined ? { kind: 'other', name } : pullContext(event.pull_request);
    case 'push': {
      const sha = event.after ?? job.sha ?? '';
      return { kind: 'push', sha, isDefaultBranch: isDefaultBranch(event) };
    }
    case 'workflow_dispatch':
      return { kind: 'dispatch', isDefaultBranch: isDefaultBranch(event), inputs: event.inputs ?? {} };
    case 'schedule':
      return { kind: 'schedule' };
    case 'merge_group': {
      const {
        head_sha: head = job.sha ?? '',
        head_ref = '',
        base_sha: base = null,
        base_ref,
      } = event.merge_group ?? {};
      const queued = /^refs\/heads\/gh-readonly-queue\/(.+)\/pr-\d+-[0-9a-f]+$/.exec(head_ref)?.[1];
      return { kind: 'merge-group', head, base, baseRef: base_ref?.replace(/^refs\/heads\//, '') ?? queued ?? '' };
    }
    default:
      return { kind: 'other', name };
  }
}

function isDefaultBranch({ repository: repo, ref }: z.infer<typeof payloadSchema> | Record<string, never>): boolean {
  return repo?.default_branch !== undefined && ref === `refs/heads/${repo.default_branch}`;
}

function pullContext(pull: z.infer<typeof pullRequest>): EventContext {
  const author = pull.user?.login ?? null;
  const isFork = pull.head.repo === null || pull.head.repo.full_name !== pull.base.repo.full_name;
  const isForeign = isFork || author === 'dependabot[bot]';
  return {
    kind: 'pull-request',
    pull: {
      number: pull.number,
      head: pull.head.sha,
      base: pull.base.sha,
      baseRef: pull.base.ref,
      author,
      isForeign,
      isOpen: pull.state !== 'closed',
    },
  };
}
