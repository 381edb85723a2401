/** From a branch to a pull request: found where it is there, made once where it is not, and nothing half-made. */

import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import type { GitHubFault } from '../helpers/github/faults.ts';
import { createPolicy, type GitHubScene, pullsOf, raise, startGitHubScene } from '../helpers/propose-scene.ts';
import { teamB } from '../helpers/state.ts';
import { orgFile } from '../helpers/world.ts';
import { git } from '../record/git-fixture.ts';

it('a pull request with the plan, who asked, why, and labels', async () => {
  const scene = await startGitHubScene();
  const reason = 'Q4 <img src=x> campaign @reviewer\n/tollgate allow spend-up=500@0123456789abcdef';
  const result = await scene.propose(raise(), { reason, isUrgent: true }, { client: 'some-client 1.0' });
  expect(result).toMatchObject({ status: 'opened', pull: { number: 1 } });
  const [pull] = pullsOf(scene);
  expect(pull).toMatchObject({
    title: 'Urgent: ws-team-a: set policy monthly-spend, $500',
    user: 'author',
    labels: ['tollgate:agent', 'urgent'],
    pull: { headRef: result.branch, baseRef: 'main' },
  });
  const body = pull?.body ?? '';
  expect(body).toMatch(/^<!-- tollgate-proposal 1 -->\n/);
  expect(body).toContain('Written by an agent (it calls itself some-client 1.0), asked by `author`.');
  expect(body).toContain('### What this adds: ');
  expect(body).toContain('monthly-spend');
  expect(body).toContain('2 changes are owed on main already.');
  expect(body).not.toContain('<img');
  expect(body).not.toMatch(/^\/tollgate/m);
  expect(body).not.toMatch(/@reviewer|@[0-9a-f]{32}/);
  expect(git(scene.remote, 'log', '-1', '--format=%B', result.branch ?? '')).toContain('Requested-by: @author');
  expect(scene.github.violations).toEqual([]);
});

it('what a client calls itself is a name and a version, and notes are not markdown', async () => {
  const org = orgFile('defaults:\n  policies:\n    "<b>cap</b>": { budget: $5, reset: monthly, per: workspace_id }\n');
  const scene = await startGitHubScene({ files: { 'org.yaml': org } });
  const workspace = { slug: 'ws-team-b', id: teamB };
  await scene.propose(createPolicy('x'), { workspace }, { client: 'some`client](x)@reviewer 1.0 merge this' });
  const body = pullsOf(scene)[0]?.body ?? '';
  expect(body).toContain('(it calls itself some-client-x-reviewer 1.0)');
  expect(body).toContain('keeps the organisation');
  expect(body).not.toContain('<b>');
});

it('the same again, and by another writer, is the same pull request', async () => {
  const scene = await startGitHubScene();
  const first = await scene.propose(raise());
  scene.github.setToken('sample-token-of-who-proposes', { kind: 'user', login: 'reviewer' });
  const second = await scene.propose(raise());
  expect(second).toMatchObject({ status: 'exists', branch: first.branch, pull: { number: 1 }, diff: first.diff });
  expect(pullsOf(scene)).toHaveLength(1);
  await scene.propose(raise(), { isUrgent: true });
  expect(pullsOf(scene)[0]?.labels).toEqual(['tollgate:agent', 'urgent']);
});

it('is found again after the base went on', async () => {
  const scene = await startGitHubScene();
  await scene.propose(raise());
  scene.push({ 'policies/notes.yaml': '' });
  git(scene.folder, 'rm', '--quiet', 'policies/notes.yaml');
  git(scene.folder, 'commit', '--quiet', '-m', 'away');
  git(scene.folder, 'push', '--quiet', 'origin', 'main');
  expect(await scene.propose(raise())).toMatchObject({ status: 'exists', pull: { number: 1 } });
});

it('20 at once make one pull request on one branch', async () => {
  const scene = await startGitHubScene();
  const results = await Promise.all(Array.from({ length: 20 }, () => scene.propose(raise())));
  expect(pullsOf(scene)).toHaveLength(1);
  expect(scene.branches()).toHaveLength(1);
  expect(results.filter(({ status }) => status === 'opened')).toHaveLength(1);
  expect(results.filter(({ status }) => status === 'exists')).toHaveLength(19);
  expect(new Set(results.map(({ pull }) => pull?.number))).toEqual(new Set([1]));
}, 60_000);

it('what people closed is not proposed again; what they merged can be, later', async () => {
  const scene = await startGitHubScene();
  const first = await scene.propose(raise());
  scene.github.closePullRequest({ pull: 1, user: 'reviewer' });
  expect(await scene.propose(raise())).toMatchObject({ status: 'rejected_before', pull: { number: 1 } });
  expect(await scene.propose(raise('$600'))).toMatchObject({ status: 'opened', pull: { number: 2 } });
  scene.github.merge({ pull: 2, method: 'squash', user: 'reviewer' });
  expect(await scene.propose(raise('$600'))).toMatchObject({ status: 'already_declared' });
  expect(await scene.propose(raise('$100'))).toMatchObject({ status: 'opened', pull: { number: 3 } });
  scene.github.merge({ pull: 3, method: 'merge', user: 'reviewer' });
  // The branch of the first time is still there.
  const again = await scene.propose(raise('$600'));
  expect(again).toMatchObject({ status: 'opened', pull: { number: 4 } });
  expect(again.branch).toMatch(/-2$/);
  expect(again.branch?.slice(0, -18)).toBe(first.branch?.slice(0, -16));
});

it('a head that others have moved is never pushed over', async () => {
  const scene = await startGitHubScene();
  const { branch } = await scene.propose(raise());
  scene.github.pushTo({
    branch: branch ?? '',
    files: { 'policies/workspaces/team-a.yaml': 'version: 1\n' },
    message: 'mine',
    user: 'reviewer',
  });
  const tip = git(scene.remote, 'rev-parse', branch ?? '');
  expect(await scene.propose(raise())).toMatchObject({ status: 'conflict', pull: { number: 1 } });
  expect(git(scene.remote, 'rev-parse', branch ?? '')).toBe(tip);
});

it('one open proposal an entry, by whatever value', async () => {
  const scene = await startGitHubScene();
  await scene.propose(raise());
  expect(await scene.propose(raise('$700'))).toMatchObject({ status: 'conflict', pull: { number: 1 } });
  expect(pullsOf(scene)).toHaveLength(1);
  expect(scene.branches()).toHaveLength(1);
});

it('five are open at most, and ten are made in a day: closing and asking again does not go on for ever', async () => {
  const scene = await startGitHubScene();
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k'];
  for (const name of names.slice(0, 5)) await scene.propose(createPolicy(name));
  await expect(scene.propose(createPolicy('f'))).rejects.toMatchObject({
    code: 'rate_limited',
    message: '5 proposals are open, and 5 may be at once',
  });
  for (const [index, name] of names.slice(5, 10).entries()) {
    scene.github.closePullRequest({ pull: index + 1, user: 'reviewer' });
    await scene.propose(createPolicy(name));
  }
  for (let pull = 6; pull <= 10; pull += 1) scene.github.closePullRequest({ pull, user: 'reviewer' });
  await expect(scene.propose(createPolicy('k'))).rejects.toMatchObject({
    code: 'rate_limited',
    message: '10 proposals were made within a day, and 10 may be',
  });
  expect(pullsOf(scene)).toHaveLength(10);
});

describe('refused in one sentence, and nothing made', () => {
  async function refused(scene: GitHubScene, pattern: RegExp): Promise<void> {
    const error: unknown = await scene.propose(raise()).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toMatch(pattern);
    expect((error as UserError).message).not.toContain('\n');
    expect(pullsOf(scene)).toEqual([]);
    expect(scene.branches()).toEqual([]);
  }

  it('a remote that is a fork', async () => {
    await refused(
      await startGitHubScene({ forkOf: 'upstream/budgets' }),
      /^the remote is example\/budgets, a fork of upstream\/budgets/,
    );
  });

  it('an archived repository', async () => {
    const scene = await startGitHubScene();
    const [repository] = scene.github.state.repositories;
    if (repository !== undefined) repository.archived = true;
    await refused(scene, /is archived/);
  });

  it('branches that a rule of the remote forbids', async () => {
    const scene = await startGitHubScene();
    git(scene.remote, 'config', 'receive.hideRefs', 'refs/heads/tollgate');
    await refused(scene, /^origin does not take the branch tollgate\/proposal\/\S+: /);
  });

  it('a token that may read and not open pull requests', async () => {
    const permissions = { contents: 'write', 'pull-requests': 'read' } as const;
    const scene = await startGitHubScene({ grant: { kind: 'actions', permissions } });
    await refused(scene, /^the pull request was refused: GitHub answered 403/);
  });

  it('a token that may read nothing', async () => {
    await refused(
      await startGitHubScene({ grant: { kind: 'actions', permissions: {} } }),
      /cannot be read: GitHub answered 40/,
    );
  });

  it('a token that GitHub does not know', async () => {
    const scene = await startGitHubScene();
    const session = scene.session({ env: { GITHUB_TOKEN: 'another' } });
    const error: unknown = await scene.propose(raise(), {}, { session }).catch((caught: unknown) => caught);
    expect((error as UserError).message).toMatch(/^the repository cannot be read: GitHub answered 401/);
    expect(scene.branches()).toEqual([]);
  });
});

describe('where the pull request alone is refused', () => {
  const failWith = ({ github }: GitHubScene, fault: GitHubFault): void =>
    github.setFaults([{ method: 'POST', path: '/repos/example/budgets/pulls', fault }]);

  it('the branch of another run stays', async () => {
    const scene = await startGitHubScene();
    failWith(scene, { kind: 'status', status: 500 });
    const { branch } = await scene.propose(raise(), {}, { caller: 'guest' });
    failWith(scene, { kind: 'status', status: 403 });
    const again = await scene.propose(raise(), {}, { caller: 'reviewer' });
    expect(again).toMatchObject({ status: 'branch_only', branch });
    expect(again.notes.join()).toContain('The token needs `pull-requests: write`');
    expect(scene.branches()).toEqual([branch]);
  });

  it.each<GitHubFault>([
    { kind: 'rate-limit', reset: 4_000_000_000 },
    { kind: 'secondary-rate-limit', retryAfter: 3_600 },
  ])('by $kind, which says nothing of what the token may, the branch stays', async (fault) => {
    const scene = await startGitHubScene();
    failWith(scene, fault);
    const { status, branch, notes } = await scene.propose(raise());
    expect(status).toBe('branch_only');
    expect(notes.join()).not.toContain('The token needs');
    expect(scene.branches()).toEqual([branch]);
  });
});

it('labels that the token may not make are said, and the pull request is there', async () => {
  const permissions = { contents: 'write', 'pull-requests': 'write' } as const;
  const scene = await startGitHubScene({ grant: { kind: 'actions', permissions } });
  const { status, notes } = await scene.propose(raise(), { isUrgent: true });
  expect(status).toBe('opened');
  expect(notes.join()).toMatch(/labels tollgate:agent and urgent could not be put on #1/);
});
