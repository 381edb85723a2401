/**
 * What GitHub's GraphQL tells of pull requests: the queries, and their answers read into the port's plain data. Pure.
 *
 * Nothing is left out in silence: an answer with a hole where something should be is not understood, and an author who is not
 * listed is an unknown one.
 */

import type { z } from 'zod';
import {
  type Account,
  type BaseMove,
  type CommitFacts,
  type CommitPerson,
  GitHubError,
  type HeadForcePush,
  type PullRequest,
  type PullReviewFacts,
  type ReviewFacts,
} from './port.ts';
import {
  type ActorNode,
  buildPullsOfCommitsQuery,
  type CommitNode,
  type EventNode,
  loginAnswer,
  loginQuery,
  type PageInfoNode,
  type PersonNode,
  type PullNode,
  pullReviewAnswer,
  pullReviewQuery,
  pullsOfCommitsAnswer,
  type ReviewNode,
} from './pull-review-query.ts';

/** As many as one query may ask for, of objects by name and of rows in a list. */
const commitsPerQuery = 50;
/** Lists are read this many pages far: 3,000 reviews of one pull request are not a review. */
const mostPages = 30;
/** A pull request of more commits than this is not read to its end. */
const mostCommits = 1_000;

export interface GraphQuery {
  readonly query: string;
  readonly variables: Readonly<Record<string, string | number | boolean | null>>;
}

/** Sends a query; rejects with GitHubError, also for an answer that has errors beside its data. */
export type Ask = (query: GraphQuery) => Promise<unknown>;

export interface RepositoryName {
  readonly owner: string;
  readonly name: string;
}

/** Null: the list has been read to its end. */
type Next = { readonly after: string | null } | null;

function nextOf(list: { readonly pageInfo: PageInfoNode } | undefined): Next {
  return list?.pageInfo.hasNextPage === true ? { after: list.pageInfo.endCursor } : null;
}

/** Asks page after page, of each list only while it has more. All pages have to be of one head. */
export async function collectPullReview(ask: Ask, of: RepositoryName, number: number): Promise<PullReviewFacts> {
  const reviews: ReviewNode[] = [];
  const events: EventNode[] = [];
  const commits = new Map<string, CommitFacts>();
  let next: { readonly reviews: Next; readonly timeline: Next; readonly commits: Next } = {
    reviews: { after: null },
    timeline: { after: null },
    commits: { after: null },
  };
  let head: string | undefined;
  for (let page = 1; page <= mostPages; page += 1) {
    const variables = {
      ...of,
      number,
      withReviews: next.reviews !== null,
      withTimeline: next.timeline !== null,
      withCommits: next.commits !== null,
      afterReview: next.reviews?.after ?? null,
      afterEvent: next.timeline?.after ?? null,
      afterCommit: next.commits?.after ?? null,
    };
    const answer = parse(pullReviewAnswer, await ask({ query: pullReviewQuery, variables })).repository.pullRequest;
    head ??= answer.headRefOid;
    if (answer.headRefOid !== head) {
      throw new GitHubError(`pull request #${number} got another head while it was read: run again`, undefined);
    }
    reviews.push(...(answer.reviews?.nodes ?? []));
    events.push(...(answer.timelineItems?.nodes ?? []));
    for (const { commit: row } of answer.commits?.nodes ?? []) commits.set(row.oid, toCommit(row));
    const commitCount = answer.commits?.totalCount ?? commits.size;
    next = {
      reviews: nextOf(answer.reviews),
      timeline: nextOf(answer.timelineItems),
      commits: commits.size < mostCommits ? nextOf(answer.commits) : null,
    };
    if (next.reviews !== null || next.timeline !== null || next.commits !== null) continue;
    return {
      pull: toPullRequest(answer),
      state: answer.state.toLowerCase() as PullReviewFacts['state'],
      reviews: reviews.map(toReview),
      baseMoves: events.flatMap(toBaseMove),
      headForcePushes: events.flatMap(toHeadForcePush),
      commits: [...commits.values()],
      hasAllCommits: commits.size === commitCount,
    };
  }
  throw new GitHubError(
    `pull request #${number} has too many reviews or events: ${mostPages} pages are read`,
    undefined,
  );
}

/** Who a token writes as. REST tells that to people alone, and not to apps, which have their `[bot]` here as well. */
export async function collectLogin(ask: Ask): Promise<string> {
  return parse(loginAnswer, await ask({ query: loginQuery, variables: {} })).viewer.login;
}

/** Every commit that GitHub knows is a key of the answer. */
export async function collectPullsOfCommits(
  ask: Ask,
  of: RepositoryName,
  shas: readonly string[],
): Promise<ReadonlyMap<string, readonly PullRequest[]>> {
  const found = new Map<string, readonly PullRequest[]>();
  const wanted = [...new Set(shas)];
  for (let start = 0; start < wanted.length; start += commitsPerQuery) {
    const part = wanted.slice(start, start + commitsPerQuery);
    const names = part.map((_, index) => `commit${index}`);
    const query = buildPullsOfCommitsQuery(names);
    const variables = { ...of, ...Object.fromEntries(names.map((one, index) => [one, part[index] ?? ''])) };
    const { repository } = parse(pullsOfCommitsAnswer, await ask({ query, variables }));
    part.forEach((sha, index) => {
      const answer = repository[`commit${index}`];
      if (answer === undefined) throw new GitHubError(`GitHub's answer says nothing of commit ${sha}`, undefined);
      // Not known, or not yet: that says nothing of who brought it.
      if (answer === null) return;
      const pulls = answer.associatedPullRequests?.nodes ?? [];
      // Of commits that are not on the default branch, open ones are named as well.
      found.set(
        sha,
        pulls.map(toPullRequest).filter(({ merged }) => merged),
      );
    });
  }
  return found;
}

function parse<Schema extends z.ZodType>(schema: Schema, answer: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const place = parsed.error.issues[0]?.path.join('.') ?? '';
  throw new GitHubError(
    `GitHub's answer is not understood at ${place}: ${parsed.error.issues[0]?.message}`,
    undefined,
    {
      cause: parsed.error,
    },
  );
}

/** The API for people and this one name apps differently: `dependabot[bot]` is `dependabot` here, where its type tells it apart. */
function toAccount(node: ActorNode): Account | null {
  if (node === null) return null;
  const isBot = node.__typename === 'Bot' || isBotName(node.login);
  return { login: isBot && !isBotName(node.login) ? `${node.login}[bot]` : node.login, isBot };
}

function isBotName(name: string): boolean {
  return name.endsWith('[bot]');
}

const unknownPerson: CommitPerson = { account: null, name: '', email: '', isBot: false };

/** Apps have no account here, only an address such as `49699333+dependabot[bot]@users.noreply.github.com`. */
function toPerson(node: PersonNode | null): CommitPerson {
  if (node === null) return unknownPerson;
  const account = node.user === null ? null : toAccount({ __typename: 'User', login: node.user.login });
  const [name, email] = [node.name ?? '', node.email ?? ''];
  return { account, name, email, isBot: account?.isBot === true || isBotName(name) || email.includes('[bot]@') };
}

function toPullRequest(node: PullNode): PullRequest {
  return {
    number: node.number,
    title: node.title,
    author: toAccount(node.author),
    head: node.headRefOid,
    headRef: node.headRefName,
    headRepository: node.headRepository?.nameWithOwner ?? null,
    isCrossRepository: node.isCrossRepository,
    baseRef: node.baseRefName,
    merged: node.merged,
    mergeCommit: node.merged ? (node.mergeCommit?.oid ?? null) : null,
    mergedAt: node.mergedAt,
    updatedAt: node.updatedAt,
  };
}

function toReview(node: ReviewNode): ReviewFacts {
  const { id, url, state, body, submittedAt, lastEditedAt } = node;
  return {
    id,
    url,
    author: toAccount(node.author),
    state,
    body,
    commit: node.commit?.oid ?? null,
    submittedAt,
    lastEditedAt,
  };
}

function toCommit(node: CommitNode): CommitFacts {
  const authors = node.authors.nodes.map(toPerson);
  return {
    sha: node.oid,
    parents: node.parents.nodes.map(({ oid: parent }) => parent),
    authors: node.authors.totalCount > authors.length ? [...authors, unknownPerson] : authors,
    committer: node.committer === null ? null : toPerson(node.committer),
    authoredByCommitter: node.authoredByCommitter,
    message: node.message,
    signature: node.signature === null ? null : { ...node.signature, signer: node.signature.signer?.login ?? null },
  };
}

function toBaseMove(node: EventNode): readonly BaseMove[] {
  switch (node.__typename) {
    case 'BaseRefChangedEvent':
    case 'AutomaticBaseChangeSucceededEvent':
      return [{ kind: 'changed', at: node.createdAt }];
    case 'BaseRefForcePushedEvent':
      return [{ kind: 'force-pushed', at: node.createdAt }];
    case 'BaseRefDeletedEvent':
      return [{ kind: 'deleted', at: node.createdAt }];
    case 'HeadRefForcePushedEvent':
      return [];
  }
}

function toHeadForcePush(node: EventNode): readonly HeadForcePush[] {
  if (node.__typename !== 'HeadRefForcePushedEvent') return [];
  const { createdAt: at, beforeCommit: before, afterCommit: after } = node;
  return [{ at, actor: toAccount(node.actor), before: before?.oid ?? null, after: after?.oid ?? null }];
}
