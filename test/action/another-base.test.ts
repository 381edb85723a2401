/** Checks are a commit's: what a head does to another branch must not answer for what it does to the default one. */

import { expect, test } from 'vitest';
import { parseEvent } from '../../src/github/event.ts';
import { files, type MemoryScene, startMemoryScene } from './memory-scene.ts';
import { all } from './scene.ts';

const required = 'tollgate (production)';
const fewer = files({ alpha: '$100' });

/** GitHub takes the newest of a name. */
const newest = ({ checks }: MemoryScene, head: string, name: string) =>
  checks.filter((check) => check.head === head && check.name === name).at(-1)?.conclusion;

test.each<readonly [string, 'success' | 'failure', Readonly<Record<string, string>>, number]>([
  ['takes its deletes back', 'success', files(all('$100')), 0],
  ['has broken files', 'failure', { ...fewer, 'a.yaml': 'kind: [\n' }, 1],
])('mistakes-E5: months: the same head into a release branch that %s has a check of its own', async (...facts) => {
  const [, conclusion, merged, exit] = facts;
  const scene = await startMemoryScene();
  const one = scene.open(fewer);
  expect((await scene.plan(one)).exit).toBe(3);
  const head = scene.world.headOf(one);
  const two = scene.open(fewer, { head, into: 'release' });
  const merge = scene.world.commit(merged, [scene.world.main, head]);
  const ran = await scene.plan({ pull: two, head, merge }, { id: scene.lastRun + 1, into: 'release' });
  expect(ran.exit, ran.summary).toBe(exit);
  expect(newest(scene, head, required)).toBe('failure');
  expect(newest(scene, head, 'tollgate (production, into release)')).toBe(conclusion);
  // Labels are each one's own, too.
  expect(scene.labels.get(one)).toContain('tollgate:delete');
  expect(scene.labels.get(two) ?? []).toEqual([]);
  if (exit === 0) expect(scene.body(two)).toContain('its merge applies nothing');
});

test('mistakes-E5: months: a head that touches no policy, or has no plan, answers for its own base alone', async () => {
  const scene = await startMemoryScene();
  const plain = scene.open(files(all('$100')), { into: 'release' });
  await scene.plan(plain, { id: scene.lastRun + 1, into: 'release' });
  const pull = scene.open(fewer, { into: 'release' });
  scene.emulator.setFaults([{ fault: { kind: 'status', status: 503 } }]);
  await scene.plan(pull, { id: scene.lastRun + 1, into: 'release' });
  expect(scene.checks.map(({ name, conclusion }) => [name, conclusion])).toEqual([
    ['tollgate (production, into release)', 'success'],
    ['tollgate (production, into release)', 'failure'],
  ]);
});

test('mistakes-I1: months: the group of a queue is told apart by its branch, by whichever way GitHub names it', () => {
  const group = { head_sha: 'd', head_ref: 'refs/heads/gh-readonly-queue/release/pr-1-abc', base_sha: 'b' };
  const contextOf = (more: object) => parseEvent('merge_group', { merge_group: { ...group, ...more } }, {}).context;
  expect(contextOf({ base_ref: 'refs/heads/release' })).toMatchObject({ baseRef: 'release' });
  expect(contextOf({})).toMatchObject({ baseRef: 'release' });
});
