/** From a wish to a branch: what is edited, what is left alone, what is said of it. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Proposal } from '../../src/importing/proposal.ts';
import { createPolicy, raise, startProposeScene, teamFile } from '../helpers/propose-scene.ts';
import { git } from '../record/git-fixture.ts';

const file = 'policies/workspaces/team-a.yaml';
it('one value moves on a branch of its own: the clone, its work tree and what is live stay as they are', async () => {
  const scene = await startProposeScene();
  const before = git(scene.folder, 'for-each-ref');
  const result = await scene.propose(raise());
  expect(result).toMatchObject({ status: 'branch_only', base: 'main', files: [file] });
  expect(result.branch).toMatch(/^tollgate\/proposal\/ws-team-a-monthly-spend-[0-9a-f]{16}$/);
  expect(scene.read(result.branch ?? '', file)).toBe(teamFile.replace('budget: $100 ', 'budget: $500 '));
  expect(result.diff).toContain('+    budget: $500   # per month');
  expect(result.planned?.added.map(({ action, key }) => [action, key.name])).toEqual([['create', 'monthly-spend']]);
  expect(result.planned?.owed.map(({ key }) => key.name).sort()).toEqual(['calls', 'monthly-spend']);
  expect(git(scene.folder, 'for-each-ref')).toBe(before);
  expect(git(scene.folder, 'status', '--porcelain')).toBe('');
  expect(readFileSync(join(scene.folder, file), 'utf8')).toBe(teamFile);
  expect(scene.wire.filter((line) => !line.startsWith('GET '))).toEqual([]);
  expect(result.commands).toEqual([`gh pr create --base main --head ${result.branch}`]);
});

it('takes the branch as the remote has it, whatever lies in the work tree', async () => {
  const scene = await startProposeScene();
  const other = teamFile.replace('$100', '$900');
  writeFileSync(join(scene.folder, file), other);
  const { branch } = await scene.propose(raise());
  expect(scene.read(branch ?? '', file)).toBe(teamFile.replace('budget: $100 ', 'budget: $500 '));
  expect(readFileSync(join(scene.folder, file), 'utf8')).toBe(other);
});

it('without a remote: a branch of the clone, and the two commands that publish it', async () => {
  const scene = await startProposeScene({ remote: 'none' });
  const { branch, commands, status } = await scene.propose(raise());
  expect(status).toBe('branch_only');
  expect(scene.branches()).toEqual([branch]);
  expect(commands).toEqual([`git push REMOTE ${branch}`, `gh pr create --base main --head ${branch}`]);
  expect(git(scene.folder, 'status', '--porcelain')).toBe('');
});

it('a dry run shows the same change and leaves nothing', async () => {
  const scene = await startProposeScene();
  const tried = await scene.propose(raise(), { isDryRun: true });
  expect(tried).toMatchObject({ status: 'dry_run', branch: null });
  expect(scene.branches()).toEqual([]);
  expect((await scene.propose(raise())).diff).toBe(tried.diff);
});

it('the same twice is one branch', async () => {
  const scene = await startProposeScene();
  const first = await scene.propose(raise());
  const tip = git(scene.remote, 'rev-parse', first.branch ?? '');
  const second = await scene.propose(raise());
  expect(second.branch).toBe(first.branch);
  expect(git(scene.remote, 'rev-parse', first.branch ?? '')).toBe(tip);
  expect(scene.branches()).toHaveLength(1);
});

it('what the files say already makes no branch', async () => {
  const scene = await startProposeScene();
  expect(await scene.propose(raise('$100'))).toMatchObject({ status: 'already_declared', branch: null });
  // In other words the same.
  expect(await scene.propose(raise('$100.00'))).toMatchObject({ status: 'already_declared' });
  expect(scene.branches()).toEqual([]);
});

it('what would not compile is refused, and so is what a rule refuses', async () => {
  const scene = await startProposeScene();
  await expect(scene.propose(raise('five hundred'))).rejects.toMatchObject({ code: 'invalid_input' });
  const odd: Proposal = {
    action: 'set',
    target: { kind: 'policy', name: 'monthly-spend' },
    fields: new Map([['alert', '$100']]),
  };
  await expect(scene.propose(odd)).rejects.toMatchObject({ code: 'invalid_input' });
  expect(scene.branches()).toEqual([]);
});

it('a new entry never takes the place of one that is there; the very same is declared already', async () => {
  const scene = await startProposeScene();
  await expect(scene.propose(createPolicy('monthly-spend', '$5'))).rejects.toMatchObject({ code: 'conflict' });
  expect(await scene.propose(createPolicy('monthly-spend', '$100'))).toMatchObject({ status: 'already_declared' });
  expect(scene.branches()).toEqual([]);
});

it('files that have errors are mended first', async () => {
  const broken = await startProposeScene({ files: { 'workspaces/team-b.yaml': 'version: 1\nkind: workspce\n' } });
  await expect(broken.propose(raise())).rejects.toThrow(/^the policy files on main have errors: /);
  expect(broken.branches()).toEqual([]);
});

it('a branch that others have moved is not touched', async () => {
  const scene = await startProposeScene();
  const { branch } = await scene.propose(raise());
  const name = branch ?? '';
  git(scene.folder, 'fetch', '--quiet', 'origin', name);
  git(scene.folder, 'checkout', '--quiet', '-b', 'theirs', 'FETCH_HEAD');
  git(scene.folder, 'commit', '--quiet', '--allow-empty', '-m', 'mine');
  git(scene.folder, 'push', '--quiet', 'origin', `theirs:${name}`);
  const tip = git(scene.remote, 'rev-parse', name);
  expect(await scene.propose(raise())).toMatchObject({ status: 'conflict', pull: null });
  expect(git(scene.remote, 'rev-parse', name)).toBe(tip);
});

it('one open proposal an entry: another value of the same is a conflict', async () => {
  const scene = await startProposeScene();
  await scene.propose(raise());
  expect(await scene.propose(raise('$700'))).toMatchObject({ status: 'conflict' });
  expect(scene.branches()).toHaveLength(1);
});

it('five may be open', async () => {
  const scene = await startProposeScene();
  for (const name of ['a', 'b', 'c', 'd', 'e']) await scene.propose(createPolicy(name));
  await expect(scene.propose(createPolicy('f'))).rejects.toMatchObject({ code: 'rate_limited' });
  expect(scene.branches()).toHaveLength(5);
});

it('who commits is who works in the clone, or tollgate where an agent asks; who asked stands in the trailer', async () => {
  const scene = await startProposeScene();
  const { branch } = await scene.propose(raise(), {}, { caller: 'ana' });
  const said = git(scene.remote, 'log', '-1', '--format=%an <%ae>%n%B', branch ?? '');
  expect(said).toMatch(/^tollgate <tollgate@localhost>\n/);
  expect(said).toContain('\nRequested-by: @ana');
  git(scene.folder, 'config', 'user.name', 'Bo <x');
  git(scene.folder, 'config', 'user.email', 'bo@example.com');
  const other = await scene.propose(createPolicy('x'), {}, { isAgent: false });
  expect(git(scene.remote, 'log', '-1', '--format=%an <%ae>', other.branch ?? '')).toBe('Bo x <bo@example.com>');
});
