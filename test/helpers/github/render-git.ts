/** Commits, files, pull requests and reviews as GitHub tells them. */

import type { BareRepository, FileChange } from './bare-repository.ts';
import type { Site } from './call.ts';
import { findLogin } from './pull-requests.ts';
import { apiOf, associationOf, htmlOf, nodeId, pageOf, renderLabels, renderRepository, renderUser } from './render.ts';
import {
  findRepository,
  type IssueRow,
  type JsonObject,
  type PullPart,
  type Repository,
  type ReviewRow,
} from './state.ts';

function findAccount(site: Site, repository: Repository, email: string): JsonObject | null {
  const login = findLogin(site.state, repository, email);
  return login === null ? null : renderUser(site, login);
}

export function renderCommit(site: Site, repository: Repository, git: BareRepository, sha: string): JsonObject {
  const { tree, parents, author, committer, message, signature, payload } = git.commit(sha);
  const isValid = signature !== null && site.state.verify(signature, payload)?.isValid === true;
  const url = `${apiOf(site, repository)}/commits/${sha}`;
  return {
    sha,
    node_id: nodeId('Commit', sha),
    url,
    html_url: `${htmlOf(site, repository)}/commit/${sha}`,
    comments_url: `${url}/comments`,
    commit: {
      url: `${apiOf(site, repository)}/git/commits/${sha}`,
      author: { ...author },
      committer: { ...committer },
      message,
      comment_count: 0,
      tree: { sha: tree, url: `${apiOf(site, repository)}/git/trees/${tree}` },
      verification: {
        verified: isValid,
        reason: signature === null ? 'unsigned' : isValid ? 'valid' : 'invalid',
        signature,
        payload: signature === null ? null : payload,
        verified_at: isValid ? committer.date : null,
      },
    },
    author: findAccount(site, repository, author.email),
    committer: findAccount(site, repository, committer.email),
    parents: parents.map((parent) => ({
      sha: parent,
      url: `${apiOf(site, repository)}/commits/${parent}`,
      html_url: `${htmlOf(site, repository)}/commit/${parent}`,
    })),
  };
}

export function renderFile(site: Site, repository: Repository, sha: string, file: FileChange): JsonObject {
  const path = file.path.split('/').map(encodeURIComponent).join('/');
  return {
    sha: file.blob,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${htmlOf(site, repository)}/blob/${sha}/${path}`,
    raw_url: `${htmlOf(site, repository)}/raw/${sha}/${path}`,
    contents_url: `${apiOf(site, repository)}/contents/${path}?ref=${sha}`,
    ...(file.previousPath !== null && { previous_filename: file.previousPath }),
    ...(file.patch !== null && { patch: file.patch }),
  };
}

/** What a pull request would bring, from where it left its base. */
export function changesOfPull(git: BareRepository, pull: PullPart): readonly FileChange[] {
  return git.changes(git.mergeBase(pull.baseSha, pull.headSha) ?? pull.baseSha, pull.headSha);
}

function renderSide(site: Site, repository: Repository, ref: string, sha: string): JsonObject {
  return {
    label: `${repository.owner}:${ref}`,
    ref,
    sha,
    user: renderUser(site, repository.owner),
    repo: renderRepository(site, repository),
  };
}

export function renderSimplePull(site: Site, repository: Repository, issue: IssueRow, pull: PullPart): JsonObject {
  const url = `${apiOf(site, repository)}/pulls/${issue.number}`;
  const issueUrl = `${apiOf(site, repository)}/issues/${issue.number}`;
  const statuses = `${apiOf(site, repository)}/statuses/${pull.headSha}`;
  const page = pageOf(site, repository, issue);
  const assignees = issue.assignees.map((login) => renderUser(site, login));
  const reviewComment = `${apiOf(site, repository)}/pulls/comments{/number}`;
  const headRepository = findRepository(site.state, pull.headRepository) ?? repository;
  return {
    id: issue.id,
    node_id: nodeId('PullRequest', issue.id),
    url,
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    issue_url: issueUrl,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: reviewComment,
    comments_url: `${issueUrl}/comments`,
    statuses_url: statuses,
    number: issue.number,
    state: issue.state,
    locked: issue.locked,
    title: issue.title,
    user: renderUser(site, issue.user),
    body: issue.body,
    // In lists GitHub describes the text of a label as never null.
    labels: renderLabels(site, repository, issue).map((label) => ({ ...label, description: label.description ?? '' })),
    milestone: null,
    active_lock_reason: null,
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    closed_at: issue.closedAt,
    merged_at: pull.mergedAt,
    merge_commit_sha: pull.mergeCommitSha,
    assignee: assignees[0] ?? null,
    assignees,
    requested_reviewers: [],
    requested_teams: [],
    head: renderSide(site, headRepository, pull.headRef, pull.headSha),
    base: renderSide(site, repository, pull.baseRef, pull.baseSha),
    _links: {
      self: { href: url },
      html: { href: page },
      issue: { href: issueUrl },
      comments: { href: `${issueUrl}/comments` },
      review_comments: { href: `${url}/comments` },
      review_comment: { href: reviewComment },
      commits: { href: `${url}/commits` },
      statuses: { href: statuses },
    },
    author_association: associationOf(repository, issue.user),
    auto_merge: null,
    draft: pull.draft,
  };
}

export function renderPull(
  site: Site,
  repository: Repository,
  git: BareRepository,
  issue: IssueRow,
  pull: PullPart,
): JsonObject {
  const files = changesOfPull(git, pull);
  const isOpen = issue.state === 'open';
  const hasConflict = isOpen && pull.mergeCommitSha === null;
  return {
    ...renderSimplePull(site, repository, issue, pull),
    merged: pull.mergedAt !== null,
    mergeable: isOpen ? !hasConflict : null,
    rebaseable: isOpen ? !hasConflict : null,
    mergeable_state: !isOpen ? 'unknown' : hasConflict ? 'dirty' : pull.draft ? 'draft' : 'clean',
    merged_by: pull.mergedBy === null ? null : renderUser(site, pull.mergedBy),
    comments: repository.comments.filter((comment) => comment.issue === issue.number).length,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: git.between(pull.baseSha, pull.headSha).length,
    additions: files.reduce((sum, file) => sum + file.additions, 0),
    deletions: files.reduce((sum, file) => sum + file.deletions, 0),
    changed_files: files.length,
  };
}

export function renderReview(site: Site, repository: Repository, review: ReviewRow): JsonObject {
  const page = `${htmlOf(site, repository)}/pull/${review.pull}#pullrequestreview-${review.id}`;
  const pull = `${apiOf(site, repository)}/pulls/${review.pull}`;
  return {
    id: review.id,
    node_id: nodeId('PullRequestReview', review.id),
    user: renderUser(site, review.user),
    body: review.body,
    state: review.state,
    html_url: page,
    pull_request_url: pull,
    _links: { html: { href: page }, pull_request: { href: pull } },
    submitted_at: review.submittedAt,
    commit_id: review.commit,
    author_association: associationOf(repository, review.user),
  };
}
