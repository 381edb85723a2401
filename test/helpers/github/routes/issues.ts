/** Issues and the comments on them; a pull request is one too. */

import type { Permission } from '../access.ts';
import {
  answerPage,
  type Call,
  checkBodyLength,
  invalid,
  notFound,
  Refusal,
  type Route,
  sortRows,
  takeIssue,
} from '../call.ts';
import { renderComment, renderIssue } from '../render.ts';
import { actionsBot, addLabel, type CommentRow, findIssue, type IssueRow, type Json } from '../state.ts';

const root = '/repos/{owner}/{repo}/issues';

/** What is said on a pull request is open to both permissions; an issue is not to that of pull requests. */
export function needsForIssue(level: 'read' | 'write'): (call: Call) => readonly Permission[] {
  return ({ repository, params }) => {
    const comment = repository.comments.find(({ id }) => id === Number(params.comment_id));
    const issue = findIssue(repository, comment?.issue ?? Number(params.issue_number));
    const isPlainIssue = issue !== undefined && issue.pull === null;
    return isPlainIssue ? [`issues: ${level}`] : [`issues: ${level}`, `pull-requests: ${level}`];
  };
}

function takeComment({ repository, params }: Call): CommentRow {
  const comment = repository.comments.find(({ id }) => id === Number(params.comment_id));
  if (comment === undefined) throw notFound();
  return comment;
}

function isOwnComment(call: Call): boolean {
  return takeComment(call).user === call.viewer.login;
}

/** Names as texts or as objects, as GitHub takes them. */
export function readNames(value: Json | undefined): readonly string[] {
  if (!Array.isArray(value)) return [];
  return (value as readonly Json[]).map((entry) =>
    typeof entry === 'string' ? entry : String((entry as { readonly name?: Json }).name ?? ''),
  );
}

function listIssues({ repository, query }: Call): readonly IssueRow[] {
  const state = query.get('state') ?? 'open';
  const labels = (query.get('labels') ?? '').toLowerCase().split(',').filter(Boolean);
  const creator = query.get('creator');
  const since = query.get('since');
  const found = repository.issues.filter(
    (issue) =>
      (repository.hasIssues || issue.pull !== null) &&
      (state === 'all' || issue.state === state) &&
      labels.every((label) => issue.labels.some((name) => name.toLowerCase() === label)) &&
      (creator === null || issue.user === creator) &&
      (since === null || issue.updatedAt >= since),
  );
  const sort = query.get('sort') ?? 'created';
  const key = (issue: IssueRow): string => {
    if (sort === 'comments') {
      const count = repository.comments.filter((comment) => comment.issue === issue.number).length;
      return String(count).padStart(8, '0');
    }
    return sort === 'updated' ? issue.updatedAt : issue.createdAt;
  };
  return sortRows(found, key, query.get('direction') ?? 'desc');
}

function readTitle(value: Json | undefined): string {
  const title = String(value ?? '');
  if (title.trim() === '') throw invalid('Issue', 'title', 'missing_field');
  if ([...title].length > 256) {
    throw invalid('Issue', 'title', 'custom', 'title is too long (maximum is 256 characters)');
  }
  return title;
}

function createIssue({ state, repository, body, viewer }: Call): IssueRow {
  if (!repository.hasIssues) throw new Refusal(410, 'Issues has been disabled in this repository.');
  checkBodyLength('Issue', body.body);
  const now = state.now();
  const issue: IssueRow = {
    id: state.newId(),
    number: repository.nextNumber,
    user: viewer.login,
    viaActions: viewer.grant.kind === 'actions',
    title: readTitle(body.title),
    body: (body.body as string | null | undefined) ?? null,
    state: 'open',
    stateReason: null,
    labels: readNames(body.labels).map((name) => addLabel(state, repository, name).name),
    assignees: readNames(body.assignees),
    locked: false,
    createdAt: now,
    updatedAt: now,
    closedAt: null,
    closedBy: null,
    pull: null,
  };
  repository.nextNumber += 1;
  repository.issues.push(issue);
  return issue;
}

function updateIssue(call: Call): IssueRow {
  const { state, repository, body, viewer } = call;
  const issue = takeIssue(call);
  checkBodyLength('Issue', body.body);
  if (body.title != null) issue.title = readTitle(body.title);
  if (body.body !== undefined) issue.body = body.body as string | null;
  if (body.labels !== undefined) {
    issue.labels = readNames(body.labels).map((name) => addLabel(state, repository, name).name);
  }
  if (body.assignees !== undefined) issue.assignees = readNames(body.assignees);
  const now = state.now();
  if (body.state === 'closed' && issue.state === 'open') {
    issue.state = 'closed';
    issue.stateReason = issue.pull === null ? 'completed' : null;
    issue.closedAt = now;
    issue.closedBy = viewer.login;
  }
  if (body.state === 'open' && issue.state === 'closed') {
    if (issue.pull?.mergedAt != null) throw invalid('PullRequest', 'state', 'invalid', 'state cannot be changed.');
    issue.state = 'open';
    issue.stateReason = issue.pull === null ? 'reopened' : null;
    issue.closedAt = null;
    issue.closedBy = null;
  }
  if (typeof body.state_reason === 'string') issue.stateReason = body.state_reason as IssueRow['stateReason'];
  issue.updatedAt = now;
  return issue;
}

function createComment(call: Call): CommentRow {
  const { state, repository, body, viewer } = call;
  const issue = takeIssue(call);
  const text = readCommentBody(body.body);
  if (issue.locked && viewer.login === actionsBot) {
    throw new Refusal(403, 'Unable to create comment because issue is locked.');
  }
  const now = state.now();
  const comment: CommentRow = {
    id: state.newId(),
    issue: issue.number,
    user: viewer.login,
    viaActions: viewer.grant.kind === 'actions',
    body: text,
    createdAt: now,
    updatedAt: now,
  };
  repository.comments.push(comment);
  issue.updatedAt = now;
  return comment;
}

function readCommentBody(value: Json | undefined): string {
  checkBodyLength('IssueComment', value);
  const text = String(value ?? '');
  if (text.trim() === '') throw invalid('IssueComment', 'body', 'missing_field', "body can't be blank");
  return text;
}

export const issueRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: root,
    needs: () => ['issues: read'],
    handle: (call) => answerPage(call, listIssues(call), (issue) => renderIssue(call, call.repository, issue)),
  },
  {
    method: 'POST',
    path: root,
    needs: () => ['issues: write'],
    isOpenToReaders: () => true,
    handle: (call) => ({ status: 201, body: renderIssue(call, call.repository, createIssue(call)) }),
  },
  {
    method: 'GET',
    path: `${root}/comments`,
    needs: () => ['issues: read', 'pull-requests: read'],
    handle(call) {
      const { query, repository } = call;
      const since = query.get('since') ?? '';
      const rows = repository.comments.filter((one) => one.updatedAt >= since);
      const key = (one: CommentRow): string => (query.get('sort') === 'updated' ? one.updatedAt : one.createdAt);
      // Unasked for an order, it is that of their making; a direction without an order counts for nothing.
      const direction = query.has('sort') ? (query.get('direction') ?? 'desc') : 'asc';
      return answerPage(call, sortRows(rows, key, direction), (comment) => renderComment(call, repository, comment));
    },
  },
  {
    method: 'GET',
    path: `${root}/{issue_number}`,
    needs: needsForIssue('read'),
    handle: (call) => ({ status: 200, body: renderIssue(call, call.repository, takeIssue(call)) }),
  },
  {
    method: 'PATCH',
    path: `${root}/{issue_number}`,
    needs: needsForIssue('write'),
    handle: (call) => ({ status: 200, body: renderIssue(call, call.repository, updateIssue(call)) }),
  },
  {
    method: 'GET',
    path: `${root}/{issue_number}/comments`,
    needs: needsForIssue('read'),
    handle(call) {
      const { number } = takeIssue(call);
      const since = call.query.get('since') ?? '';
      const rows = call.repository.comments.filter((one) => one.issue === number && one.updatedAt >= since);
      return answerPage(call, rows, (comment) => renderComment(call, call.repository, comment));
    },
  },
  {
    method: 'POST',
    path: `${root}/{issue_number}/comments`,
    needs: needsForIssue('write'),
    isOpenToReaders: () => true,
    handle: (call) => ({ status: 201, body: renderComment(call, call.repository, createComment(call)) }),
  },
  {
    method: 'GET',
    path: `${root}/comments/{comment_id}`,
    needs: needsForIssue('read'),
    handle: (call) => ({ status: 200, body: renderComment(call, call.repository, takeComment(call)) }),
  },
  {
    method: 'PATCH',
    path: `${root}/comments/{comment_id}`,
    needs: needsForIssue('write'),
    isOpenToReaders: isOwnComment,
    handle(call) {
      const comment = takeComment(call);
      comment.body = readCommentBody(call.body.body);
      comment.updatedAt = call.state.now();
      return { status: 200, body: renderComment(call, call.repository, comment) };
    },
  },
  {
    method: 'DELETE',
    path: `${root}/comments/{comment_id}`,
    needs: needsForIssue('write'),
    isOpenToReaders: isOwnComment,
    handle(call) {
      const { id } = takeComment(call);
      call.repository.comments = call.repository.comments.filter((comment) => comment.id !== id);
      return { status: 204 };
    },
  },
];
