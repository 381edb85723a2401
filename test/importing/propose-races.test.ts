/** Many at one moment, and a base that goes on: how many there may be, and what becomes of what is open. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import type { ProposalResult } from '../../src/importing/propose.ts';
import {
  createPolicy,
  type GitHubScene,
  type ProposeScene,
  pullsOf,
  raise,
  startGitHubScene,
  startProposeScene,
  teamFile,
} from '../helpers/propose-scene.ts';
import { git } from '../record/git-fixture.ts';

const file = 'policies/workspaces/team-a.yaml';
const openOf = (scene: GitHubScene) => pullsOf(scene).filter(({ state }) => state === 'open');

function split(results: readonly (ProposalResult | UserError)[]) {
  const refused = results.filter((one): one is UserError => one instanceof UserError);
  return { refused, made: results.filter((one): one is ProposalResult => !(one instanceof UserError)) };
}

const orRefusal = (work: Promise<ProposalResult>): Promise<ProposalResult | UserError> =>
  work.catch((error: unknown) => {
    if (error instanceof UserError) return error;
    throw error;
  });

describe('at one moment', () => {
  it('20 different ones: five are opened, never a sixth, and the others are told so', async () => {
    const scene = await startGitHubScene();
    const counts: number[] = [];
    scene.github.setFaults([{ fault: { kind: 'meanwhile', does: () => void counts.push(openOf(scene).length) } }]);
    const names = Array.from({ length: 20 }, (_, index) => `p${index}`);
    const { made, refused } = split(
      await Promise.all(names.map((name) => orRefusal(scene.propose(createPolicy(name))))),
    );
    expect(made.map(({ status }) => status)).toEqual(Array(5).fill('opened'));
    expect(new Set(refused.map(({ message }) => message))).toEqual(
      new Set(['5 proposals are open, and 5 may be at once']),
    );
    expect([openOf(scene).length, pullsOf(scene).length, scene.branches().length, Math.max(...counts)]).toEqual([
      5, 5, 5, 5,
    ]);
  }, 120_000);

  it('ten a day holds as well: of 12, two', async () => {
    const scene = await startGitHubScene();
    for (let pull = 1; pull <= 8; pull += 1) {
      await scene.propose(createPolicy(`before-${pull}`));
      scene.github.closePullRequest({ pull, user: 'reviewer' });
    }
    const names = Array.from({ length: 12 }, (_, index) => `p${index}`);
    const { made, refused } = split(
      await Promise.all(names.map((name) => orRefusal(scene.propose(createPolicy(name))))),
    );
    expect(made).toHaveLength(2);
    expect(new Set(refused.map(({ message }) => message))).toEqual(
      new Set(['10 proposals were made within a day, and 10 may be']),
    );
    expect(pullsOf(scene)).toHaveLength(10);
  }, 120_000);

  it('ten values for one entry: one is opened, and the others are told of it', async () => {
    const scene = await startGitHubScene();
    const amounts = Array.from({ length: 10 }, (_, index) => `$${200 + index}`);
    const results = await Promise.all(amounts.map((amount) => scene.propose(raise(amount))));
    const conflicts = results.filter(({ status }) => status === 'conflict');
    expect(results.filter(({ status }) => status === 'opened')).toHaveLength(1);
    expect(conflicts).toHaveLength(9);
    for (const { notes } of conflicts) expect(notes.join()).toMatch(/asks for something else of /);
    expect(scene.branches()).toHaveLength(1);
  }, 120_000);

  it('without GitHub: five branches of 12', async () => {
    const scene = await startProposeScene();
    const names = Array.from({ length: 12 }, (_, index) => `p${index}`);
    const { made, refused } = split(
      await Promise.all(names.map((name) => orRefusal(scene.propose(createPolicy(name))))),
    );
    expect([made.length, refused.length, scene.branches().length]).toEqual([5, 7, 5]);
  }, 120_000);

  it('a remote that takes branches alone is asked for those, and it is said', async () => {
    const scene = await startGitHubScene();
    git(scene.remote, 'config', 'receive.hideRefs', 'refs/tollgate-proposals');
    const { status, notes } = await scene.propose(raise());
    expect(status).toBe('opened');
    expect(notes.join()).toContain('The remote takes branches alone');
  });

  it('a branch whose pull request could not be made counts, and bars its entry for a day', async () => {
    const scene = await startGitHubScene();
    scene.github.setFaults([
      { method: 'POST', path: '/repos/example/budgets/pulls', fault: { kind: 'status', status: 500 } },
    ]);
    expect((await scene.propose(raise())).status).toBe('branch_only');
    scene.github.setFaults([]);
    expect(await scene.propose(raise('$700'))).toMatchObject({ status: 'conflict', pull: null });
    for (const name of ['a', 'b', 'c', 'd']) await scene.propose(createPolicy(name));
    await expect(scene.propose(createPolicy('e'))).rejects.toMatchObject({ code: 'rate_limited' });
  });
});

describe('the base went on', () => {
  const tipOf = (scene: ProposeScene, branch: string | null) => git(scene.remote, 'rev-parse', branch ?? '');
  const other = (text: string) => text.replace('# agreed with finance', '# agreed with finance in May');

  it('beside it: the branch stays, and what approved it holds', async () => {
    const scene = await startGitHubScene();
    const { branch } = await scene.propose(raise());
    const tip = tipOf(scene, branch);
    scene.push({ 'policies/workspaces/team-b.yaml': 'version: 1\nkind: workspace\nworkspace: ws-team-b\n' });
    expect(await scene.propose(raise(), {}, { caller: 'bo' })).toMatchObject({
      status: 'exists',
      notes: ['@author asked for it before: whom its commit names stays so.'],
    });
    expect(tipOf(scene, branch)).toBe(tip);
  });

  it('in the same file, where Git merges it by itself: the branch stays', async () => {
    const scene = await startGitHubScene();
    const { branch } = await scene.propose(raise());
    const tip = tipOf(scene, branch);
    scene.push({ [file]: teamFile.replace('rate: 100 ', 'rate: 200 ') });
    expect(await scene.propose(raise(), {}, { caller: 'bo' })).toMatchObject({
      status: 'exists',
      notes: ['@author asked for it before: whom its commit names stays so.'],
    });
    expect(tipOf(scene, branch)).toBe(tip);
  });

  it('in the same place: made anew on it, with a new plan and everybody who asked', async () => {
    const scene = await startGitHubScene();
    const { branch } = await scene.propose(raise(), {}, { caller: 'ana' });
    scene.push({ [file]: other(teamFile).replace('budget: $100 ', 'budget: $150 ') });
    const again = await scene.propose(raise(), { reason: 'once more' }, { caller: 'bo' });
    expect(again).toMatchObject({ status: 'exists', branch, pull: { number: 1 } });
    expect(again.notes.join()).toMatch(
      /^main has changed in the same place since: the branch of #1 was made anew on it\./,
    );
    expect(git(scene.remote, 'rev-list', '--count', `main..${branch}`)).toBe('1');
    expect(git(scene.remote, 'merge-base', 'main', branch ?? '')).toBe(git(scene.remote, 'rev-parse', 'main'));
    expect(scene.read(branch ?? '', file)).toBe(other(teamFile).replace('budget: $100 ', 'budget: $500 '));
    expect(again.diff).toContain('-    budget: $150');
    const message = git(scene.remote, 'log', '-1', '--format=%B', branch ?? '');
    expect(message.match(/^Requested-by:.*$/gm)).toEqual(['Requested-by: @ana', 'Requested-by: @bo']);
    expect(pullsOf(scene)[0]?.body).toContain('once more');
    const tip = tipOf(scene, branch);
    expect(await scene.propose(raise(), {}, { caller: 'bo' })).toMatchObject({
      status: 'exists',
      notes: [],
    });
    expect(tipOf(scene, branch)).toBe(tip);
    expect(scene.github.violations).toEqual([]);
  });

  it('in the same place, and others have a commit on the branch: it stays, and what to do is said', async () => {
    const scene = await startGitHubScene();
    const { branch } = await scene.propose(raise());
    scene.github.pushTo({ branch: branch ?? '', files: { 'notes.md': 'mine' }, message: 'mine', user: 'reviewer' });
    const tip = tipOf(scene, branch);
    scene.push({ [file]: teamFile.replace('budget: $100 ', 'budget: $150 ') });
    const again = await scene.propose(raise());
    expect(again).toMatchObject({ status: 'conflict', pull: { number: 1 } });
    expect(again.notes.join()).toContain('merge or close it, and propose the same again');
    expect(tipOf(scene, branch)).toBe(tip);
  });

  it('one commit that holds the same and a file beside the policies is of others', async () => {
    const scene = await startGitHubScene();
    const { branch } = await scene.propose(raise());
    git(scene.folder, 'fetch', '--quiet', 'origin', branch ?? '');
    git(scene.folder, 'checkout', '--quiet', '--detach', 'FETCH_HEAD');
    writeFileSync(join(scene.folder, 'notes.md'), 'mine');
    git(scene.folder, 'add', '.');
    git(scene.folder, 'commit', '--quiet', '--amend', '--no-edit');
    git(scene.folder, 'push', '--quiet', '--force', 'origin', `HEAD:${branch}`);
    git(scene.folder, 'checkout', '--quiet', 'main');
    const tip = tipOf(scene, branch);
    scene.push({ [file]: teamFile.replace('budget: $100 ', 'budget: $150 ') });
    expect(await scene.propose(raise())).toMatchObject({ status: 'conflict', pull: { number: 1 } });
    expect(tipOf(scene, branch)).toBe(tip);
  });

  it('somebody merged the base into the branch: it asks for the same, and stays', async () => {
    const scene = await startGitHubScene();
    const { branch } = await scene.propose(raise());
    scene.push({ [file]: teamFile.replace('rate: 100 ', 'rate: 200 ') });
    git(scene.folder, 'fetch', '--quiet', 'origin', branch ?? '');
    git(scene.folder, 'checkout', '--quiet', '-b', 'theirs', 'FETCH_HEAD');
    git(scene.folder, 'merge', '--quiet', '-m', 'merge', 'origin/main');
    git(scene.folder, 'push', '--quiet', 'origin', `theirs:${branch}`);
    git(scene.folder, 'checkout', '--quiet', 'main');
    const tip = tipOf(scene, branch);
    expect(await scene.propose(raise())).toMatchObject({ status: 'exists', pull: { number: 1 } });
    expect(tipOf(scene, branch)).toBe(tip);
    // It would be made anew here, if nobody had a commit on it.
    scene.push({ [file]: teamFile.replace('budget: $100 ', 'budget: $150 ') });
    expect(await scene.propose(raise())).toMatchObject({ status: 'exists', pull: { number: 1 } });
    expect(tipOf(scene, branch)).toBe(tip);
  });

  it('somebody merged more than the base into the branch: it is of others', async () => {
    const scene = await startGitHubScene();
    const { branch } = await scene.propose(raise());
    scene.push({ 'notes.md': 'theirs' });
    git(scene.folder, 'fetch', '--quiet', 'origin', branch ?? '');
    const made = git(scene.folder, 'rev-parse', 'FETCH_HEAD');
    git(scene.folder, 'checkout', '--quiet', '--detach', made);
    git(scene.folder, 'merge', '--quiet', '-m', 'merge', 'main');
    const parents = [made, 'main', 'main~1'].flatMap((parent) => ['-p', parent]);
    const merge = git(scene.folder, 'commit-tree', 'HEAD^{tree}', ...parents, '-m', 'merge');
    git(scene.folder, 'push', '--quiet', 'origin', `${merge}:refs/heads/${branch}`);
    git(scene.folder, 'checkout', '--quiet', 'main');
    expect(await scene.propose(raise())).toMatchObject({ status: 'conflict', pull: { number: 1 } });
    expect(tipOf(scene, branch)).toBe(merge);
  });

  it('six at once after that: one pull request, one branch', async () => {
    const scene = await startGitHubScene();
    await scene.propose(raise());
    scene.push({ [file]: teamFile.replace('budget: $100 ', 'budget: $150 ') });
    const results = await Promise.all(Array.from({ length: 6 }, () => scene.propose(raise())));
    expect(results.every(({ status }) => status === 'exists')).toBe(true);
    expect([pullsOf(scene).length, scene.branches().length]).toEqual([1, 1]);
  }, 60_000);

  it('a branch without a pull request is made anew as well', async () => {
    const scene = await startProposeScene();
    const { branch } = await scene.propose(raise());
    scene.push({ [file]: teamFile.replace('budget: $100 ', 'budget: $150 ') });
    const again = await scene.propose(raise());
    expect(again).toMatchObject({ status: 'branch_only', branch });
    expect(again.notes.join()).toContain('it was made anew on it');
    expect(scene.read(branch ?? '', file)).toContain('budget: $500 ');
  });
});
