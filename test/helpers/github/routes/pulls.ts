/** Pull requests, as they stand in Git. */

import { answerPage, type Call, invalid, notFound, type Route, sortRows, takeGit } from '../call.ts';
import { findPullsOf } from '../pull-requests.ts';
import { changesOfPull, renderCommit, renderFile, renderPull, renderReview, renderSimplePull } from '../render-git.ts';
import { findIssue, type IssueRow, type PullPart } from '../state.ts';

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

export const pullRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: root,
    needs: () => ['pull-requests: read'],
    handle: (call) =>
      answerPage(call, selectPulls(call), ({ issue, pull }) => renderSimplePull(call, call.repository, issue, pull)),
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
