/** Repositories in odd states: what is proposed does not depend on them, or is refused in a sentence. */

import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { effort } from '../helpers/effort.ts';
import {
  asAuthor,
  createPolicy,
  type ProposeScene,
  raise,
  startProposeScene,
  teamFile,
} from '../helpers/propose-scene.ts';
import { git } from '../record/git-fixture.ts';

const file = 'policies/workspaces/team-a.yaml';
const raised = teamFile.replace('budget: $100 ', 'budget: $500 ');

async function refusalOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UserError);
  const { message } = error as UserError;
  expect(message).not.toContain('\n');
  return message;
}

const ways: readonly (readonly [string, (scene: ProposeScene) => void])[] = [
  ['a head that is detached', ({ folder }) => git(folder, 'checkout', '--quiet', '--detach')],
  [
    'files that are deleted in the work tree',
    ({ folder }) => git(folder, 'rm', '--quiet', '-r', 'policies/workspaces'),
  ],
  [
    'a branch that is behind',
    (scene) => {
      scene.push({ 'notes.md': 'x' });
      git(scene.folder, 'reset', '--quiet', '--hard', 'HEAD~1');
    },
  ],
  [
    'a merge that is under way',
    ({ folder }) => {
      git(folder, 'checkout', '--quiet', '-b', 'other');
      git(folder, 'commit', '--quiet', '--allow-empty', '-m', 'o');
      git(folder, 'checkout', '--quiet', 'main');
      git(folder, 'merge', '--quiet', '--no-ff', '--no-commit', 'other');
    },
  ],
  ['no identity of Git', ({ folder }) => git(folder, 'config', 'user.useConfigOnly', 'true')],
];

it.each(ways)('%s', async (_name, make) => {
  const scene = await startProposeScene();
  make(scene);
  const { branch } = await scene.propose(raise(), {}, { isAgent: false });
  expect(scene.read(branch ?? '', file)).toBe(raised);
});

it('a shallow clone', async () => {
  const scene = await startProposeScene();
  scene.push({ 'notes.md': 'one' });
  scene.push({ 'notes.md': 'two' });
  git(scene.folder, 'fetch', '--quiet', '--depth', '1', '--update-shallow', `file://${scene.remote}`, 'main');
  const { branch } = await scene.propose(raise());
  expect(scene.read(branch ?? '', file)).toBe(raised);
  expect(git(scene.remote, 'rev-list', '--count', `main..${branch}`)).toBe('1');
});

it('a default branch that was renamed', async () => {
  const scene = await startProposeScene();
  git(scene.remote, 'branch', '-m', 'main', 'trunk');
  git(scene.remote, 'symbolic-ref', 'HEAD', 'refs/heads/trunk');
  const { base, branch } = await scene.propose(raise());
  expect(base).toBe('trunk');
  expect(scene.read(branch ?? '', file)).toBe(raised);
});

it('a remote that may only be read', async () => {
  const scene = await startProposeScene({ grant: asAuthor });
  git(scene.remote, 'config', 'receive.hideRefs', 'refs/');
  expect(await refusalOf(scene.propose(raise()))).toMatch(/^origin does not take the branch /);
  expect(scene.branches()).toEqual([]);
});

it('a workspace that is split over two files', async () => {
  const scene = await startProposeScene({
    files: { 'workspaces/more.yaml': teamFile.replace('monthly-spend', 'other') },
  });
  expect(await refusalOf(scene.propose(raise()))).toMatch(/^the policy files on main have errors: /);
});

it('an anchor that other places refer to', async () => {
  const text = teamFile
    .replace('budget: $100 ', 'budget: &b $100 ')
    .replace('rate: 100 requests/minute', 'budget: *b\n    reset: monthly');
  const scene = await startProposeScene({ files: { 'workspaces/team-a.yaml': text } });
  const before = scene.branches();
  const outcome = await scene.propose(raise()).catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(UserError);
  expect(scene.branches()).toEqual(before);
});

it('CRLF, unicode and an entry with the name of another kind', async () => {
  const text = `${teamFile}keys:\n  Büro ✓:\n    budget: $1\n    reset: monthly\n`.replaceAll('\n', '\r\n');
  const scene = await startProposeScene({ files: { 'workspaces/team-a.yaml': text } });
  const { branch } = await scene.propose(raise());
  expect(scene.read(branch ?? '', file)).toBe(text.replace('budget: $100 ', 'budget: $500 '));
  const same = await scene.propose(createPolicy('Büro ✓'));
  expect(scene.read(same.branch ?? '', file)).toContain('Büro ✓:\r\n    budget: $5\r\n');
});

it('a file of thousands of entries is edited in one place', async () => {
  const many = Array.from(
    { length: effort('entries of a file', 1_000, 10_000) },
    (_, index) => `  p${index}:\n    budget: $1\n    reset: monthly\n    per: workspace_id\n`,
  );
  const scene = await startProposeScene({ files: { 'workspaces/team-a.yaml': `${teamFile}${many.join('')}` } });
  const { branch, diff } = await scene.propose(raise());
  expect(scene.read(branch ?? '', file)).toBe(`${raised}${many.join('')}`);
  expect(diff.split('\n').filter((line) => /^[+-] /.test(line))).toHaveLength(2);
  expect(execFileSync('git', ['-C', scene.remote, 'diff', '--stat', 'main', branch ?? '']).toString()).toContain(
    '1 file changed',
  );
}, 120_000);
