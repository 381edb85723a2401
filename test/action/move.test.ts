/** `workflow_dispatch` with `move`: who may carry a record over, and that nothing else comes into force by it. */

import { expect, test } from 'vitest';
import { createGitRefStore } from '../../src/record/git-ref.ts';
import { orgFile } from '../helpers/world.ts';
import { bareEnvironment, clone, git, makeFolder } from '../record/git-fixture.ts';
import { all, type Scene, startApplied, team } from './scene.ts';

const settings = 'review: { require_reviewed_plan: true, guards: { spend_up: off } }\n';
const there = 'refs/tollgate/elsewhere';
const movedOrg = (more = settings) => ({ 'policies/org.yaml': orgFile(`${more}record: { ref: ${there} }\n`) });

const hasRecord = ({ remote }: Scene): boolean => git(remote, 'for-each-ref', '--format=%(refname)').includes(there);

async function readRecord({ remote }: Scene, ref: string) {
  const store = createGitRefStore({ directory: clone(remote), env: bareEnvironment(makeFolder()), ref });
  return (await store.read())?.record ?? null;
}

test('a move that nobody approved is carried out for somebody without a part in it, from the files of the tip', async () => {
  const scene = await startApplied();
  scene.merge('move', movedOrg(), { approvedBy: null });
  expect(hasRecord(scene)).toBe(false);
  for (const more of [{ actor: 'author' }, { actor: 'reviewer', triggeringActor: 'author' }, { actor: 'guest' }]) {
    const refused = await scene.dispatch({ move: 'true' }, more);
    expect(refused.exit, refused.text).toBe(3);
    expect(hasRecord(scene)).toBe(false);
  }
  // What earlier steps left in the work tree is not what was merged.
  const files = { 'policies/org.yaml': orgFile(`${settings}record: { ref: refs/tollgate/evil }\n`) };
  const moved = await scene.dispatch({ move: 'true' }, { files });
  expect(moved.exit, moved.text).toBe(0);
  expect(moved.summary).toMatch(
    /^### The record has moved: .*refs\/tollgate\/elsewhere\.\n\nIt is in refs\/tollgate\/elsewhere/,
  );
  expect(await readRecord(scene, there)).toMatchObject({ way: 'dispatch' });
  expect(await readRecord(scene, 'refs/tollgate/production')).toMatchObject({ movedTo: there });
  // It goes on judging from there.
  scene.merge('raise', team({ ...all('$100'), alpha: '$120' }));
  scene.merge('more', team({ ...all('$100'), alpha: '$120', beta: '$900' }), { approvedBy: null });
  expect((await scene.apply()).exit).toBe(4);
  expect(scene.limits()).toMatchObject({ alpha: 120, beta: 100 });
});

test('a move that was approved is carried out for its author', async () => {
  const scene = await startApplied();
  scene.merge('move', movedOrg());
  const moved = await scene.dispatch({ move: 'true' }, { actor: 'author' });
  expect(moved.exit, moved.text).toBe(0);
  expect(hasRecord(scene)).toBe(true);
});

test('a move beside another change is refused, whoever starts it', async () => {
  const scene = await startApplied();
  scene.merge('move', { ...movedOrg(), ...team({ ...all('$100'), alpha: '$900' }) });
  const refused = await scene.dispatch({ move: 'true' });
  expect(refused.error?.message).toContain('the files differ');
  expect(hasRecord(scene)).toBe(false);
});

test('a setting that nobody approved does not come into force by a move', async () => {
  const scene = await startApplied();
  const alone = 'review: { require_reviewed_plan: true, alone: true, guards: { spend_up: off } }\n';
  // A budget of the same author is approved, so that the record comes to the tip with the setting still owed.
  scene.merge('alone', { 'policies/org.yaml': orgFile(alone) }, { approvedBy: null });
  scene.merge('raise', team({ ...all('$100'), alpha: '$120' }));
  expect((await scene.apply()).exit).toBe(4);
  scene.merge('move', movedOrg(alone));
  const moved = await scene.dispatch({ move: 'true' });
  expect(moved.exit, moved.text).toBe(0);
  scene.merge('more', team({ ...all('$100'), alpha: '$900' }), { approvedBy: null });
  expect((await scene.apply()).exit).toBe(4);
  expect(scene.limits()).toMatchObject({ alpha: 120 });
});

test('a record that the key of the run did not seal is not carried over by dispatch', async () => {
  const scene = await startApplied();
  const from = 'refs/tollgate/forged';
  const env = bareEnvironment(makeFolder());
  const record = await readRecord(scene, 'refs/tollgate/production');
  if (record === null) throw new Error('there is no record');
  await createGitRefStore({ directory: clone(scene.remote), env, ref: from }).write(record, null, 'forged');
  scene.merge('move', movedOrg());
  const refused = await scene.dispatch({ move: from }, { actor: 'owner' });
  expect(refused.exit, refused.text).toBe(3);
  expect(refused.failure).toContain('not sealed');
  expect(hasRecord(scene)).toBe(false);
});

test('move is a run of its own, and names the ref that the record is at or nothing', async () => {
  const scene = await startApplied();
  const approve = 'a'.repeat(32);
  expect((await scene.dispatch({ move: 'true', approve })).error?.message).toContain('a run of its own');
  expect((await scene.dispatch({ move: 'yes' })).error?.message).toContain('neither true nor');
});
