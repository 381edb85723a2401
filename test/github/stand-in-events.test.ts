/** What a runner would find in its event file. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import { firstFile, type StandInFixture, startFixture } from '../helpers/github/fixture.ts';

let fixture: StandInFixture;

beforeEach(async () => {
  fixture = await startFixture();
});

afterEach(() => fixture.github.close());

it('tells of pull requests and reviews', () => {
  const { github } = fixture;
  const number = fixture.open();
  const opened = github.eventPayload('pull_request', { action: 'opened', number });
  expect(opened).toMatchObject({
    action: 'opened',
    number,
    pull_request: { number, head: { ref: 'raise', repo: { full_name: 'example/budgets' } }, base: { ref: 'main' } },
    repository: { full_name: 'example/budgets', default_branch: 'main' },
    sender: { login: 'author' },
  });
  const pushed = github.pushTo({ branch: 'raise', files: { [firstFile]: 'budget: 7\n' }, user: 'author' });
  const { before, after } = pushed;
  const moved = github.eventPayload('pull_request', { action: 'synchronize', number, before });
  expect(moved).toMatchObject({
    action: 'synchronize',
    before,
    after,
    pull_request: { head: { sha: after }, commits: 3 },
  });
  const { id } = github.review({ pull: number, user: 'owner', state: 'APPROVED', body: 'yes' });
  const review = github.eventPayload('pull_request_review', { action: 'submitted', review: id });
  expect(review).toMatchObject({
    review: { id, state: 'approved', body: 'yes', commit_id: after, user: { login: 'owner' } },
    sender: { login: 'owner' },
  });
  github.merge({ pull: number, method: 'squash', user: 'owner' });
  const closed = github.eventPayload('pull_request', { action: 'closed', number });
  expect(closed).toMatchObject({ pull_request: { merged: true, state: 'closed' }, sender: { login: 'owner' } });
  const { id: comment } = github.comment({ issue: number, user: 'guest', body: 'done' });
  const said = github.eventPayload('issue_comment', { action: 'created', comment });
  expect(said).toMatchObject({ comment: { body: 'done' }, issue: { number }, sender: { login: 'guest' } });
});

it('tells of pushes, queues, schedules and buttons', () => {
  const { github } = fixture;
  const number = fixture.open();
  const queued = github.queue({ pull: number });
  const group = github.eventPayload('merge_group', { action: 'checks_requested', ...queued });
  const { headSha, headRef, baseSha } = queued;
  expect(group).toMatchObject({ merge_group: { head_sha: headSha, head_ref: headRef, head_commit: { id: headSha } } });
  expect(fixture.git('rev-parse', headRef, `${headSha}^1`).split('\n')).toEqual([headSha, baseSha]);
  const after = github.merge({ pull: number, method: 'rebase', user: 'owner' });
  const pushed = { ref: 'refs/heads/main', before: baseSha, after };
  const push = github.eventPayload('push', { pushed, sender: 'owner' });
  expect(push).toMatchObject({
    ref: 'refs/heads/main',
    commits: [
      { message: 'two', modified: [firstFile] },
      { message: 'more', added: ['policies/second.yaml'] },
    ],
    head_commit: { id: after },
    sender: { login: 'owner' },
  });
  const schedule = github.eventPayload('schedule', { schedule: '0 6 * * *' });
  expect(schedule).toMatchObject({ schedule: '0 6 * * *', repository: { name: 'budgets' } });
  const dispatch = github.eventPayload('workflow_dispatch', { inputs: { command: 'apply' }, sender: 'owner' });
  expect(dispatch).toMatchObject({ inputs: { command: 'apply' }, ref: 'refs/heads/main', sender: { login: 'owner' } });
});

it.each(['pull_request', 'push'] as const)('%s: nothing of the example shines through', (name) => {
  const { github } = fixture;
  const number = fixture.open();
  const pushed = github.pushTo({ branch: 'raise', files: { [firstFile]: 'budget: 7\n' }, user: 'author' });
  const payload =
    name === 'push'
      ? github.eventPayload('push', { pushed })
      : github.eventPayload('pull_request', { action: 'opened', number });
  expect(JSON.stringify(payload)).not.toMatch(/codertocat|hello-world|octo-org/i);
});
