/** Departments in the Action: groups that a pull request moves without any limit, and the word that it needs for that. */

import { expect, test } from 'vitest';
import { queueBehind, wordIn } from '../action/queue.ts';
import { all, startApplied, team } from '../action/scene.ts';
import { orgFile } from '../helpers/world.ts';

const orgOf = (members: string): string =>
  `review: { guards: { spend_up: off } }\ngroups:\n  research: { workspaces: [${members}], ceiling: $50 }\n`;
const moved = { 'policies/org.yaml': orgFile(orgOf('ws-team-a')) };

test('a workspace that comes into a group needs a word, which the comment names before the merge', async () => {
  const scene = await startApplied({ org: orgOf('nobody-*'), files: team(all('$100')) });
  const pull = scene.open('moved', moved);
  await scene.plan(pull);
  const word = wordIn(scene, pull);
  expect(word).toMatch(/^\/tollgate allow ceiling=100@[0-9a-f]{32}$/);
  scene.approve(pull);
  scene.github.merge({ pull, method: 'squash', user: 'author' });
  const refused = await scene.apply();
  expect(refused.exit, refused.text).toBe(3);
  expect(refused.text).toContain(word);
  scene.approve(pull, 'reviewer', word);
  const applied = await scene.apply();
  expect(applied.exit, applied.text).toBe(0);
  expect(scene.github.violations).toEqual([]);
});

test('in a queue the word is asked of the pull request that moves the group, not of the one beside it', async () => {
  const scene = await startApplied({ org: orgOf('nobody-*'), files: team(all('$100')) });
  const one = scene.open('lower', team({ ...all('$100'), alpha: '$90' }));
  const two = scene.open('moved', moved);
  await scene.plan(two);
  const digest = /@([0-9a-f]{32})/.exec(wordIn(scene, two))?.[1] ?? 'none';
  const { second, event } = queueBehind(scene, one, two);
  const refused = await scene.act('merge_group', event, second.headSha);
  expect(refused.exit, refused.text).toBe(3);
  expect(refused.text).toContain(`ceiling=90@${digest}`);
});
