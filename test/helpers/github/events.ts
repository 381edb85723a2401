/** What GitHub writes into a workflow's event file: published examples, laid over with what the stand-in holds. */

import { readFileSync } from 'node:fs';
import { type Commit, noCommit } from './bare-repository.ts';
import type { Site } from './call.ts';
import type { Pushed } from './deeds.ts';
import { gitOf, personOf, pullOf, refreshPullRequests } from './pull-requests.ts';
import { htmlOf, renderComment, renderIssue, renderLabel, renderRepository, renderUser } from './render.ts';
import { renderPull, renderReview } from './render-git.ts';
import { findIssue, findLabel, findRepository, type Json, type JsonObject, type Repository } from './state.ts';

interface Common {
  /** `owner/name`; default: the first repository. */
  readonly repository?: string;
  /** Default: whoever it naturally is, else the owner. */
  readonly sender?: string;
}

export interface EventOptions {
  readonly pull_request: Common & {
    /** opened, synchronize, reopened, closed, labeled, unlabeled, edited, ready_for_review, … */
    readonly action: string;
    readonly number: number;
    /** Of `synchronize`: the head before; the head after is the present one. */
    readonly before?: string;
    /** Of `labeled` and `unlabeled`. */
    readonly label?: string;
  };
  readonly pull_request_review: Common & {
    readonly action: 'submitted' | 'edited' | 'dismissed';
    /** Id of the review. */
    readonly review: number;
  };
  readonly issue_comment: Common & {
    readonly action: 'created' | 'edited' | 'deleted';
    /** Id of the comment. */
    readonly comment: number;
  };
  readonly push: Common & { readonly pushed: Pushed; readonly forced?: boolean };
  /** There is no published example; it has a cron line and the repository. */
  readonly schedule: Common & { readonly schedule: string };
  readonly workflow_dispatch: Common & {
    readonly inputs: Readonly<Record<string, string>>;
    /** Default: the default branch. */
    readonly ref?: string;
    /** Default ".github/workflows/tollgate.yml". */
    readonly workflow?: string;
  };
  readonly merge_group: Common & {
    readonly action: 'checks_requested' | 'destroyed';
    readonly headSha: string;
    readonly headRef: string;
    readonly baseSha: string;
    readonly baseRef: string;
  };
}

export type EventName = keyof EventOptions;

export type EventBuilder = <Name extends EventName>(name: Name, options: EventOptions[Name]) => JsonObject;

interface Definition {
  readonly name: string;
  readonly examples: readonly JsonObject[];
}

/** `scripts/refresh-github-fixtures.mjs`. */
const published = new URL('../../fixtures/github/events.json', import.meta.url);

let definitions: readonly Definition[] | undefined;

function findExample(name: string, action: string | undefined): JsonObject {
  definitions ??= JSON.parse(readFileSync(published, 'utf8')) as readonly Definition[];
  const examples = definitions.find((definition) => definition.name === name)?.examples ?? [];
  const example = examples.find((one) => one.action === action) ?? examples[0];
  if (example === undefined) throw new Error(`there is no example of ${name}`);
  return example;
}

/** Ours over theirs; an object of theirs keeps the members that we do not know. */
function overlay(example: Json | undefined, ours: Json | undefined): Json | undefined {
  if (!isObject(example) || !isObject(ours)) return ours;
  const merged: Record<string, Json | undefined> = { ...example };
  for (const [key, value] of Object.entries(ours)) merged[key] = overlay(example[key], value);
  return merged;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function createEventBuilder(site: Site): EventBuilder {
  return (name, options) => {
    const { repository: wanted } = options;
    const repository = wanted === undefined ? site.state.repositories[0] : findRepository(site.state, wanted);
    if (repository === undefined) throw new Error(`there is no repository ${wanted ?? 'yet'}`);
    refreshPullRequests(site.state, repository);
    const { sender, ...own } = builders[name](site, repository, options);
    const { organization, enterprise, installation, ...example } =
      name === 'schedule' ? {} : findExample(name, (options as { readonly action?: string }).action);
    return overlay(example, {
      ...own,
      repository: name === 'push' ? renderPushed(site, repository) : renderRepository(site, repository),
      sender: renderUser(site, options.sender ?? (sender as string | undefined) ?? repository.owner),
    }) as JsonObject;
  };
}

/** In pushes alone, a repository is told in an older way. */
function renderPushed(site: Site, repository: Repository): JsonObject {
  const rendered = renderRepository(site, repository);
  const seconds = Math.floor(Date.parse(repository.createdAt) / 1000);
  return {
    ...rendered,
    owner: { ...rendered.owner, name: repository.owner, email: `${repository.owner}@example.com` },
    created_at: seconds,
    pushed_at: seconds,
    master_branch: repository.defaultBranch,
  };
}

type Build<Name extends EventName> = (site: Site, repository: Repository, options: EventOptions[Name]) => JsonObject;

/** `sender` is a login here. */
const builders: { readonly [Name in EventName]: Build<Name> } = {
  pull_request(site, repository, { action, number, before, label: labelName }) {
    const { issue, pull } = pullOf(repository, number);
    const label = labelName === undefined ? undefined : findLabel(repository, labelName);
    return {
      action,
      number,
      pull_request: renderPull(site, repository, gitOf(repository), issue, pull),
      ...(before !== undefined && { before, after: pull.headSha }),
      ...(label !== undefined && { label: renderLabel(site, repository, label) }),
      sender: action === 'closed' ? (issue.closedBy ?? issue.user) : issue.user,
    };
  },
  pull_request_review(site, repository, { action, review: id }) {
    const review = repository.reviews.find((one) => one.id === id);
    if (review === undefined) throw new Error(`there is no review ${id}`);
    const { issue, pull } = pullOf(repository, review.pull);
    const rendered = renderReview(site, repository, review);
    return {
      action,
      // Shouted in the API, spoken in events; and nothing is null here, but empty there.
      review: { ...rendered, state: review.state.toLowerCase(), body: review.body === '' ? null : review.body },
      pull_request: renderPull(site, repository, gitOf(repository), issue, pull),
      sender: review.user,
    };
  },
  issue_comment(site, repository, { action, comment: id }) {
    const comment = repository.comments.find((one) => one.id === id);
    const issue = comment === undefined ? undefined : findIssue(repository, comment.issue);
    if (comment === undefined || issue === undefined) throw new Error(`there is no comment ${id}`);
    return {
      action,
      issue: renderIssue(site, repository, issue),
      comment: renderComment(site, repository, comment),
      sender: comment.user,
    };
  },
  push(site, repository, { pushed, forced = false }) {
    const git = gitOf(repository);
    const { ref, before, after } = pushed;
    const shas = before === noCommit ? [after] : git.between(before, after);
    const commits = shas.map((sha) => describeCommit(site, repository, git.commit(sha)));
    // Whose credentials, whatever the commits say.
    const pusher = repository.pushes.findLast((one) => one.after === after)?.actor ?? repository.owner;
    return {
      ref,
      before,
      after,
      created: before === noCommit,
      deleted: false,
      forced,
      base_ref: null,
      compare: `${htmlOf(site, repository)}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`,
      commits,
      head_commit: commits.at(-1) ?? null,
      pusher: { name: pusher, email: personOf(site.state, pusher).email },
      sender: pusher,
    };
  },
  schedule: (_site, _repository, { schedule }) => ({ schedule, workflow: defaultWorkflow }),
  workflow_dispatch: (_site, repository, { inputs, ref, workflow }) => ({
    inputs,
    ref: ref ?? `refs/heads/${repository.defaultBranch}`,
    workflow: workflow ?? defaultWorkflow,
  }),
  merge_group(site, repository, { action, headSha, headRef, baseSha, baseRef }) {
    const { added, removed, modified, url, distinct, ...commit } = describeCommit(
      site,
      repository,
      gitOf(repository).commit(headSha),
    );
    return {
      action,
      merge_group: {
        head_sha: headSha,
        head_ref: headRef,
        base_sha: baseSha,
        base_ref: baseRef,
        head_commit: commit,
      },
    };
  },
};

export const eventNames = Object.keys(builders) as readonly EventName[];

const defaultWorkflow = '.github/workflows/tollgate.yml';

function describeCommit(site: Site, repository: Repository, commit: Commit): JsonObject {
  const { sha, tree, parents, author, committer, message } = commit;
  const parent = parents[0];
  const changes = parent === undefined ? [] : gitOf(repository).changes(parent, sha);
  const paths = (...statuses: readonly string[]): readonly string[] =>
    changes.filter(({ status }) => statuses.includes(status)).map(({ path }) => path);
  return {
    id: sha,
    tree_id: tree,
    distinct: true,
    message,
    timestamp: committer.date,
    url: `${htmlOf(site, repository)}/commit/${sha}`,
    author: { name: author.name, email: author.email, username: author.name },
    committer: { name: committer.name, email: committer.email, username: committer.name },
    added: paths('added', 'renamed'),
    removed: [...paths('removed'), ...changes.flatMap(({ previousPath }) => previousPath ?? [])],
    modified: paths('modified'),
  };
}
