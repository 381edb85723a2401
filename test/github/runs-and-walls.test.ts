/** Runs, pushes, permissions and protections, as the port tells them. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGitHub } from '../../src/github/octokit.ts';
import type { GitHub } from '../../src/github/port.ts';
import { firstFile, type StandInFixture, startFixture } from '../helpers/github/fixture.ts';
import { actionsToken, type GitHubStandIn } from '../helpers/github/server.ts';

let fixture: StandInFixture;
let github: GitHubStandIn;
let port: GitHub;

const connect = (token = actionsToken): GitHub =>
  createGitHub({
    token,
    repository: 'example/budgets',
    apiUrl: github.url,
    login: 'github-actions[bot]',
    userAgent: 'test',
    retryAfterBaseValue: 1,
  });

beforeEach(async () => {
  fixture = await startFixture();
  ({ github } = fixture);
  port = connect();
});

afterEach(async () => {
  const violations = github.takeViolations();
  await github.close();
  expect(violations).toEqual([]);
});

describe('runs', () => {
  it('are told with the actors of the run and of its attempt', async () => {
    const headSha = fixture.git('rev-parse', 'main');
    const { id } = github.addWorkflowRun({ headSha, event: 'workflow_dispatch', actor: 'owner' });
    github.pass(60_000);
    github.rerun({ run: id, user: 'author' });
    expect(await port.readRun(id)).toEqual({
      id,
      attempt: 2,
      status: 'in_progress',
      conclusion: null,
      event: 'workflow_dispatch',
      headBranch: 'main',
      head: headSha,
      createdAt: '2026-11-20T12:00:00Z',
      startedAt: '2026-11-20T12:01:00Z',
      actor: { login: 'owner', isBot: false },
      triggeringActor: { login: 'author', isBot: false },
    });
    // The first attempt has ended, the run has not.
    expect([await port.hasRunEnded(id), await port.hasRunEnded(id, 1), await port.hasRunEnded(id, 2)]).toEqual([
      false,
      true,
      false,
    ]);
    github.endRun({ run: id, conclusion: 'failure' });
    expect([await port.hasRunEnded(id), await port.hasRunEnded(id, 2)]).toEqual([true, true]);
  });

  it('that are not there, or not for this token, are not known to have ended', async () => {
    github.setToken('narrow', { kind: 'actions', permissions: { contents: 'read' } });
    const { id } = github.addWorkflowRun({ headSha: fixture.git('rev-parse', 'main') });
    const narrow = connect('narrow');
    expect([await port.readRun(7), await port.hasRunEnded(7), await port.hasRunEnded(id, 9)]).toEqual([
      null,
      null,
      null,
    ]);
    expect([await narrow.readRun(id), await narrow.hasRunEnded(id)]).toEqual([null, null]);
  });
});

describe('pushes', () => {
  const edit = (amount: number): Record<string, string> => ({ [firstFile]: `budget: ${amount}\n` });

  it('are told by whose credentials they were made, whatever the commits say', async () => {
    const one = github.pushTo({ branch: 'raise', files: edit(2), user: 'author' });
    const two = github.pushTo({ branch: 'raise', files: edit(3), user: 'guest', author: 'owner', committer: 'owner' });
    const three = github.pushTo({ branch: 'raise', files: edit(4), user: 'author', force: true });
    github.repository().gitUser = 'github-actions[bot]';
    fixture.git('update-ref', 'refs/heads/raise', two.after);
    github.deleteBranch({ branch: 'raise', user: 'owner' });
    const pushes = await port.listPushes('refs/heads/raise');
    expect(pushes?.map(({ actor, kind, before, after }) => [actor?.login, kind, before, after])).toEqual([
      ['owner', 'branch_deletion', two.after, '0'.repeat(40)],
      ['github-actions[bot]', 'force_push', three.after, two.after],
      ['author', 'force_push', two.after, three.after],
      ['guest', 'push', one.after, two.after],
      ['author', 'branch_creation', '0'.repeat(40), one.after],
    ]);
    expect(pushes?.[1]?.actor?.isBot).toBe(true);
  });

  it('are read to the end of a long list, and told to be unknown only where they are', async () => {
    const { pushes } = github.repository();
    for (let count = 0; count < 250; count += 1) {
      const row = { before: 'a'.repeat(40), after: 'b'.repeat(40), actor: 'author', at: '2026-11-20T12:00:00Z' };
      pushes.push({ ...row, id: count, ref: 'refs/heads/long', kind: 'push' });
    }
    // The branch itself was never there.
    expect(await port.listPushes('refs/heads/long')).toHaveLength(250);
    github.setToken('narrow', { kind: 'actions', permissions: { issues: 'read' } });
    expect(await connect('narrow').listPushes('refs/heads/main')).toBeNull();
    github.setFaults([{ path: '/repos/*/*/activity', fault: { kind: 'status', status: 404 } }]);
    expect(await port.listPushes('refs/heads/main')).toBeNull();
  });

  it.each([
    ['a limit', { kind: 'rate-limit', reset: 9_999_999_999 }],
    ['a second limit', { kind: 'secondary-rate-limit', retryAfter: 900 }],
    ['a failure', { kind: 'status', status: 500 }],
  ] as const)('%s is not taken for "cannot be read": that would let forged authors pass', async (_what, fault) => {
    github.setFaults([{ fault }]);
    await expect(port.listPushes('refs/heads/main')).rejects.toMatchObject({ name: 'GitHubError' });
    await expect(port.readRun(1)).rejects.toMatchObject({ name: 'GitHubError' });
  });
});

it('tells what each person may do, and who is nobody', async () => {
  github.setRole('keeper', 'maintain');
  github.setRole('sorter', 'triage');
  github.setRole('author', 'write');
  github.deleteAccount('gone');
  const logins = ['example', 'keeper', 'author', 'sorter', 'guest', 'stranger', 'gone'];
  const told = await Promise.all(logins.map((login) => port.readPermission(login)));
  expect(told).toEqual(['admin', 'maintain', 'write', 'read', 'read', 'none', 'none']);
  github.setRole('author', 'read');
  expect(await port.readPermission('author')).toBe('read');
});

describe('the outer walls', () => {
  const open = {
    needsPullRequest: false,
    approvals: 0,
    dismissesStaleReviews: false,
    blocksForcePushes: false,
    blocksDeletion: false,
  };

  it('of a branch are what classic protection and rulesets ask for together; what cannot be read is unknown', async () => {
    expect(await port.readBranchProtection('main')).toEqual(open);
    expect(await port.readBranchProtection('none')).toBeNull();
    github.protect({ branch: 'main', by: 'ruleset', approvals: null, blocksDeletion: false });
    expect(await port.readBranchProtection('main')).toEqual({ ...open, blocksForcePushes: true });
    github.protect({ branch: 'main', by: 'classic', approvals: 2, dismissesStaleReviews: true });
    expect(await port.readBranchProtection('main')).toEqual({
      needsPullRequest: null,
      approvals: null,
      dismissesStaleReviews: null,
      blocksForcePushes: true,
      blocksDeletion: null,
    });
    github.setToken('admin', { kind: 'user', login: 'owner' });
    expect(await connect('admin').readBranchProtection('main')).toEqual({
      needsPullRequest: true,
      approvals: 2,
      dismissesStaleReviews: true,
      blocksForcePushes: true,
      blocksDeletion: true,
    });
    github.protect({ branch: 'main', by: 'ruleset', approvals: 3 });
    expect(await connect('admin').readBranchProtection('main')).toMatchObject({ approvals: 3 });
  });

  it('of an environment are who has to agree, and which branches may have it', async () => {
    expect(await port.readEnvironment('production')).toBeNull();
    github.setEnvironment({ name: 'production' });
    expect(await port.readEnvironment('production')).toEqual({
      reviewers: [],
      preventsSelfReview: false,
      branches: 'all',
    });
    const walls = { reviewers: ['owner'], preventsSelfReview: true, branches: 'protected' } as const;
    github.setEnvironment({ name: 'production', ...walls });
    expect(await port.readEnvironment('production')).toEqual(walls);
  });
});
