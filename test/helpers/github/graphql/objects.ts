/** Repositories, pull requests, reviews and commits under the names of GitHub's GraphQL. A field that is not here is not played. */

import { isAllowed, type Permission, type Viewer } from '../access.ts';
import type { BareRepository, Person } from '../bare-repository.ts';
import type { Site } from '../call.ts';
import { findLogin, findPullsOf } from '../pull-requests.ts';
import { htmlOf, nodeId, pageOf } from '../render.ts';
import {
  findIssue,
  findRepository,
  fullName,
  type IssueRow,
  type PullPart,
  type Repository,
  type ReviewRow,
  type TimelineRow,
  webFlow,
} from '../state.ts';
import { connect, type GraphObject, GraphRefusal } from './connection.ts';

export interface Asking extends Site {
  readonly viewer: Viewer;
  /** Repository of the token. */
  readonly home: Repository | undefined;
  canSee(repository: Repository): boolean;
}

export function buildQuery(asking: Asking): GraphObject {
  return {
    // Told with `[bot]` here, unlike actors.
    viewer: () => ({ __typename: 'User', login: asking.viewer.login }),
    repository({ owner, name }: { readonly owner: string; readonly name: string }) {
      const full = `${owner}/${name}`;
      const repository =
        findRepository(asking.state, full) ??
        asking.state.repositories.find(({ formerNames }) => formerNames.includes(full));
      if (repository === undefined || !asking.canSee(repository)) {
        const message = `Could not resolve to a Repository with the name '${owner}/${name}'.`;
        throw new GraphRefusal('NOT_FOUND', message);
      }
      return buildRepository(asking, repository);
    },
  };
}

function demand({ viewer, home }: Asking, repository: Repository, permission: Permission): void {
  if (isAllowed(viewer, repository, home, [permission])) return;
  throw new GraphRefusal('FORBIDDEN', 'Resource not accessible by integration');
}

function buildRepository(asking: Asking, repository: Repository): GraphObject {
  return {
    __typename: 'Repository',
    name: repository.name,
    nameWithOwner: fullName(repository),
    isPrivate: repository.private,
    pullRequest({ number }: { readonly number: number }) {
      demand(asking, repository, 'pull-requests: read');
      const issue = findIssue(repository, number);
      if (issue?.pull == null) {
        throw new GraphRefusal('NOT_FOUND', `Could not resolve to a PullRequest with the number of ${number}.`);
      }
      return buildPull(asking, repository, issue, issue.pull);
    },
    object({ oid }: { readonly oid?: string | null }) {
      demand(asking, repository, 'contents: read');
      return buildCommitOrNull(asking, repository, oid ?? null);
    },
  };
}

/** Apps go by their bare name here, and by `name[bot]` in REST. */
function buildActor({ state, urls }: Asking, login: string | null): GraphObject | null {
  if (login === null || state.deleted.has(login)) return null;
  const isBot = login.endsWith('[bot]');
  const name = isBot ? login.slice(0, -5) : login;
  return {
    __typename: isBot ? 'Bot' : 'User',
    login: name,
    id: nodeId(isBot ? 'Bot' : 'User', state.userId(login)),
    url: `${urls.html}/${isBot ? 'apps/' : ''}${name}`,
  };
}

function buildPull(asking: Asking, repository: Repository, issue: IssueRow, pull: PullPart): GraphObject {
  const { git } = repository;
  const reviews = repository.reviews.filter((review) => review.pull === issue.number);
  const shas = git === null ? [] : git.between(pull.baseSha, pull.headSha);
  const home = findRepository(asking.state, pull.headRepository);
  const isMerged = pull.mergedAt !== null;
  return {
    __typename: 'PullRequest',
    id: nodeId('PullRequest', issue.id),
    number: issue.number,
    title: issue.title,
    url: pageOf(asking, repository, issue),
    state: isMerged ? 'MERGED' : issue.state.toUpperCase(),
    merged: isMerged,
    mergedAt: pull.mergedAt,
    createdAt: issue.createdAt,
    updatedAt: issue.updatedAt,
    closedAt: issue.closedAt,
    author: () => buildActor(asking, issue.user),
    mergedBy: () => buildActor(asking, pull.mergedBy),
    mergeCommit: () => (isMerged ? buildCommitOrNull(asking, repository, pull.mergeCommitSha) : null),
    headRefOid: pull.headSha,
    headRefName: pull.headRef,
    headRepository: () => (home === undefined ? null : buildRepository(asking, home)),
    isCrossRepository: home !== repository,
    baseRefName: pull.baseRef,
    baseRefOid: pull.baseSha,
    reviews: connect('reviews', reviews, (review) => buildReview(asking, repository, review)),
    timelineItems({ itemTypes, ...page }: { readonly itemTypes?: readonly string[] | null }) {
      const rows = pull.timeline.filter(({ type }) => itemTypes == null || itemTypes.includes(itemTypeOf(type)));
      return connect('timelineItems', rows, (row) => buildTimelineItem(asking, repository, row))(page);
    },
    commits: connect('commits', shas, (sha) => ({
      __typename: 'PullRequestCommit',
      commit: () => {
        demand(asking, repository, 'contents: read');
        return buildCommitOrNull(asking, repository, sha);
      },
    })),
  };
}

/** `BaseRefChangedEvent` is `BASE_REF_CHANGED_EVENT` where types are chosen. */
function itemTypeOf(type: string): string {
  return type.replace(/(?<!^)([A-Z])/g, '_$1').toUpperCase();
}

function buildReview(asking: Asking, repository: Repository, review: ReviewRow): GraphObject {
  return {
    __typename: 'PullRequestReview',
    id: nodeId('PullRequestReview', review.id),
    databaseId: review.id,
    url: `${htmlOf(asking, repository)}/pull/${review.pull}#pullrequestreview-${review.id}`,
    author: () => buildActor(asking, review.user),
    editor: () => buildActor(asking, review.editor),
    state: review.state,
    body: review.body,
    submittedAt: review.state === 'PENDING' ? null : review.submittedAt,
    createdAt: review.submittedAt,
    lastEditedAt: review.lastEditedAt,
    commit: () => buildCommitOrNull(asking, repository, review.commit),
  };
}

function buildTimelineItem(asking: Asking, repository: Repository, row: TimelineRow): GraphObject {
  const common = { __typename: row.type, createdAt: row.createdAt, actor: () => buildActor(asking, row.actor) };
  switch (row.type) {
    case 'BaseRefForcePushedEvent':
    case 'HeadRefForcePushedEvent':
      return {
        ...common,
        beforeCommit: () => buildCommitOrNull(asking, repository, row.before),
        afterCommit: () => buildCommitOrNull(asking, repository, row.after),
      };
    case 'BaseRefChangedEvent':
      return { ...common, previousRefName: row.from, currentRefName: row.to };
    case 'AutomaticBaseChangeSucceededEvent':
      return { ...common, oldBase: row.from, newBase: row.to };
    case 'BaseRefDeletedEvent':
      return common;
  }
}

function buildCommitOrNull(asking: Asking, repository: Repository, oid: string | null): GraphObject | null {
  const sha = oid === null ? null : (repository.git?.resolve(oid) ?? null);
  return sha === null || repository.git === null ? null : buildCommit(asking, repository, repository.git, sha);
}

function buildCommit(asking: Asking, repository: Repository, git: BareRepository, sha: string): GraphObject {
  const commit = git.commit(sha);
  const actor = (person: Person): GraphObject => {
    const login = findLogin(asking.state, repository, person.email);
    // Accounts of apps are not of the type that this field has.
    const user = login === null || login.endsWith('[bot]') ? null : buildActor(asking, login);
    return { __typename: 'GitActor', name: person.name, email: person.email, date: person.date, user };
  };
  const authors = [commit.author, ...listCoAuthors(commit.message, commit.author.date)];
  const verified = commit.signature === null ? null : asking.state.verify(commit.signature, commit.payload);
  const signer = verified?.signer === 'GitHub' ? webFlow : (verified?.signer ?? null);
  return {
    __typename: 'Commit',
    id: nodeId('Commit', sha),
    oid: sha,
    message: commit.message,
    authoredDate: commit.author.date,
    committedDate: commit.committer.date,
    parents: connect('parents', commit.parents, (parent) => buildCommit(asking, repository, git, parent)),
    author: () => actor(commit.author),
    authors: connect('authors', authors, actor),
    committer: () => actor(commit.committer),
    authoredByCommitter: commit.author.name === commit.committer.name && commit.author.email === commit.committer.email,
    signature:
      commit.signature === null
        ? null
        : {
            __typename: verified === null ? 'UnknownSignature' : 'GpgSignature',
            isValid: verified?.isValid ?? false,
            state: verified === null ? 'UNKNOWN_KEY' : verified.isValid ? 'VALID' : 'INVALID',
            wasSignedByGitHub: verified?.isValid === true && verified.signer === 'GitHub',
            signer: verified?.isValid === true ? buildActor(asking, signer) : null,
          },
    associatedPullRequests: (page: object) => {
      demand(asking, repository, 'pull-requests: read');
      const rows = findPullsOf(repository, git, sha);
      const render = ({ issue, pull }: (typeof rows)[number]) => buildPull(asking, repository, issue, pull);
      return connect('associatedPullRequests', rows, render)(page);
    },
  };
}

function listCoAuthors(message: string, date: string): readonly Person[] {
  return [...message.matchAll(/^co-authored-by: *(.*?) *<([^<>]*)>\s*$/gim)].map(([, name = '', email = '']) => ({
    name,
    email,
    date,
  }));
}
