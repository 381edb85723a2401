/** Pull requests, as they stand in Git. */

import {
  type Answer,
  answerPage,
  type Call,
  checkBodyLength,
  invalid,
  notFound,
  Refusal,
  type Route,
  sortRows,
  takeGit,
} from '../call.ts';
import { findPullsOf, openPullRequest } from '../pull-requests.ts';
import { changesOfPull, renderCommit, renderFile, renderPull, renderReview, renderSimplePull } from '../render-git.ts';
import { findIssue, fullName, type IssueRow, type PullPart, type Repository } from '../state.ts';

const root = '/repos/{owner}/{repo}/pulls';

interface PullRow {
  readonly issue: IssueRow;
  readonly pull: PullPart;
}

function listPulls({ repository }: Call): readonly PullRow[] {
  return repository.issues.flatMap((issue) => (issue.pull === null ? [] : [{ issue, pull: issue.pull }]));
}

function takePull({ repository, params }: Call): PullRow {
  const issue = findIssue(repository, Number(params.pull_number));
  if (issue?.pull == null) throw notFound();
  return { issue, pull: issue.pull };
}

function selectPulls(call: Call): readonly PullRow[] {
  const { query } = call;
  const state = query.get('state') ?? 'open';
  const head = query.get('head');
  const base = query.get('base');
  const sort = query.get('sort') ?? 'created';
  const found = listPulls(call).filter(
    ({ issue, pull }) =>
      (state === 'all' || issue.state === state) &&
      (base === null || pull.baseRef === base) &&
      // Without an owner GitHub does not look at it at all.
      (head === null || !head.includes(':') || head === `${pull.headRepository.split('/')[0]}:${pull.headRef}`),
  );
  const key = ({ issue }: PullRow): string => (sort === 'updated' ? issue.updatedAt : issue.createdAt);
  return sortRows(found, key, query.get('direction') ?? (sort === 'created' ? 'desc' : 'asc'));
}

function listPullsOfCommit(call: Call): readonly PullRow[] {
  const git = takeGit(call);
  const sha = git.resolve(call.params.commit_sha ?? '');
  if (sha === null) throw invalid('Commit', 'sha', 'invalid', `No commit found for SHA: ${call.params.commit_sha}`);
  return findPullsOf(call.repository, git, sha);
}

/** As `owner:branch`, or `branch` of the repository itself. */
function createPull(call: Call): Answer {
  const { repository, state, body, viewer } = call;
  const [owner, branch] = String(body.head).includes(':') ? String(body.head).split(':') : [null, String(body.head)];
  const home = state.repositories.find(
    (one) =>
      (owner === null ? one === repository : one.owner === owner) &&
      (one === repository || one.forkOf === fullName(repository)),
  );
  const tipOf = (one: Repository | undefined, name: string) => one?.git?.refs().get(`refs/heads/${name}`)?.sha;
  const head = tipOf(home, branch ?? '');
  const base = tipOf(repository, String(body.base));
  if (home === undefined || head === undefined) throw invalid('PullRequest', 'head', 'invalid');
  if (base === undefined) throw invalid('PullRequest', 'base', 'invalid');
  checkBodyLength('PullRequest', body.body);
  const fail = (message: string) =>
    new Refusal(422, 'Validation Failed', { errors: [{ resource: 'PullRequest', code: 'custom', message }] });
  const isThere = listPulls(call).some(
    ({ issue, pull }) =>
      issue.state === 'open' &&
      pull.headRef === branch &&
      pull.headRepository === fullName(home) &&
      pull.baseRef === body.base,
  );
  if (isThere) throw fail(`A pull request already exists for ${home.owner}:${branch}.`);
  if (takeGit(call).resolve(head) !== null && takeGit(call).between(base, head).length === 0) {
    throw fail(`No commits between ${String(body.base)} and ${branch}`);
  }
  const issue = openPullRequest(state, repository, {
    head: branch ?? '',
    headRepository: fullName(home),
    base: String(body.base),
    user: viewer.login,
    title: String(body.title),
    body: typeof body.body === 'string' ? body.body : null,
    draft: body.draft === true,
  });
  if (issue.pull === null) throw notFound();
  return { status: 201, body: renderPull(call, repository, takeGit(call), issue, issue.pull) };
}

export const pullRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: root,
    needs: () => ['pull-requests: read'],
    handle: (call) =>
      answerPage(call, selectPulls(call), ({ issue, pull }) => renderSimplePull(call, call.repository, issue, pull)),
  },
  {
    method: 'POST',
    path: root,
    needs: () => ['pull-requests: write'],
    // Whoever reads may ask for a branch of their fork to be pulled.
    isOpenToReaders: () => true,
    handle: createPull,
  },
  {
    method: 'GET',
    path: `${root}/{pull_number}`,
    needs: () => ['pull-requests: read'],
    handle(call) {
      const { issue, pull } = takePull(call);
      return { status: 200, body: renderPull(call, call.repository, takeGit(call), issue, pull) };
    },
  },
  {
    method: 'GET',
    path: `${root}/{pull_number}/files`,
    needs: () => ['pull-requests: read'],
    handle(call) {
      const { pull } = takePull(call);
      const files = changesOfPull(takeGit(call), pull).slice(0, 3000);
      return answerPage(call, files, (file) => renderFile(call, call.repository, pull.headSha, file));
    },
  },
  {
    method: 'GET',
    path: `${root}/{pull_number}/commits`,
    needs: () => ['pull-requests: read'],
    handle(call) {
      const { pull } = takePull(call);
      const git = takeGit(call);
      const commits = git.between(pull.baseSha, pull.headSha).slice(0, 250);
      return answerPage(call, commits, (sha) => renderCommit(call, call.repository, git, sha));
    },
  },
  {
    method: 'GET',
    path: `${root}/{pull_number}/reviews`,
    needs: () => ['pull-requests: read'],
    handle(call) {
      const { number } = takePull(call).issue;
      const reviews = call.repository.reviews.filter((review) => review.pull === number);
      return answerPage(call, reviews, (review) => renderReview(call, call.repository, review));
    },
  },
  {
    method: 'GET',
    path: '/repos/{owner}/{repo}/commits/{commit_sha}/pulls',
    needs: () => ['pull-requests: read', 'contents: read'],
    handle: (call) =>
      answerPage(call, listPullsOfCommit(call), ({ issue, pull }) =>
        renderSimplePull(call, call.repository, issue, pull),
      ),
  },
];
