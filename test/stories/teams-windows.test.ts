/** Several pull requests in one window, in the order in which people merge them. */

import { expect, test } from 'vitest';
import { startTeam, wordsIn } from './team.ts';

test('another directory on top: what was approved is applied, whatever was pushed after it', async () => {
  const { alice, bob, job, live } = await startTeam();
  const raise = alice.opens({ alpha: '$120' });
  bob.approves(raise);
  alice.merges(raise);
  alice.pushes({}, { files: { 'src/index.ts': 'export {};\n', 'README.md': 'by hand\n' } });
  const code = alice.opens({}, { files: { 'other/policies/a.yaml': 'not: ours\n' } });
  alice.merges(code, 'merge');
  const applied = await job();
  expect(applied.exit, applied.text).toBe(0);
  expect(live()).toMatchObject({ alpha: 120 });
  alice.pushes({}, { files: { 'README.md': 'again\n' } });
  const nothing = await job();
  expect(nothing.exit, nothing.text).toBe(0);
  expect(nothing.text).toContain('No changes: ');
});

test('a refused apply followed by further merges: each entry waits for its own, and a late review frees all of it', async () => {
  const { scene, alice, bob, job, live } = await startTeam();
  const refusedOne = alice.opens({ alpha: '$900' });
  alice.merges(refusedOne);
  const refused = await job();
  expect(refused.exit, refused.text).toBe(4);
  const harmless = bob.opens({ beta: '$110' });
  alice.approves(harmless);
  bob.merges(harmless);
  // On top of what nobody approved, in good faith.
  const onTop = bob.opens({ alpha: '$950' });
  alice.approves(onTop);
  bob.merges(onTop, 'rebase');
  const next = await job();
  expect(next.exit, next.text).toBe(4);
  expect(live()).toMatchObject({ alpha: 100, beta: 110 });
  expect(next.failure).toContain(
    `usage-policy/ws-team-a/alpha: pull request #${refusedOne}: it has no approving review`,
  );
  expect(next.failure).toContain(
    `have #${refusedOne} approved by somebody without a part in it, a review after the merge counts`,
  );
  bob.approves(refusedOne);
  const late = await job();
  expect(late.exit, late.text).toBe(0);
  expect(live()).toMatchObject({ alpha: 950, beta: 110 });
  expect(scene.github.violations).toEqual([]);
});

test('three pull requests in one window, one of them not approved: two are applied, one stays owed', async () => {
  const { alice, bob, carol, job, live } = await startTeam();
  const [one, two, three] = [
    alice.opens({ alpha: '$110' }),
    bob.opens({ beta: '$120' }),
    carol.opens({ gamma: '$130' }),
  ];
  bob.approves(one);
  alice.approves(three);
  alice.merges(one, 'squash');
  bob.merges(two, 'merge');
  carol.merges(three, 'rebase');
  const applied = await job();
  expect(applied.exit, applied.text).toBe(4);
  expect(live()).toEqual({ alpha: 110, beta: 100, gamma: 130, delta: 100 });
  expect(applied.failure).toContain(`usage-policy/ws-team-a/beta: pull request #${two}: it has no approving review`);
  for (const other of ['alpha', 'gamma']) expect(applied.failure).not.toContain(other);
});

test('a head behind main: what was approved is applied, though others were merged and applied meanwhile', async () => {
  const { alice, bob, job, live } = await startTeam();
  const behind = alice.opens({ alpha: '$120' });
  bob.approves(behind);
  const first = bob.opens({ gamma: '$130' });
  alice.approves(first);
  bob.merges(first);
  expect((await job()).exit).toBe(0);
  alice.merges(behind, 'merge');
  const applied = await job();
  expect(applied.exit, applied.text).toBe(0);
  expect(live()).toMatchObject({ alpha: 120, gamma: 130 });
});

test('a revert before the apply leaves nothing to do, whoever reviewed what was taken back', async () => {
  const { alice, bob, job, live } = await startTeam();
  alice.merges(alice.opens({ alpha: '$900' }));
  alice.merges(alice.opens({ alpha: '$100' }), 'merge');
  const other = alice.opens({ beta: '$110' });
  bob.approves(other);
  alice.merges(other, 'rebase');
  const applied = await job();
  expect(applied.exit, applied.text).toBe(0);
  expect(live()).toEqual({ alpha: 100, beta: 110, gamma: 100, delta: 100 });
});

test('a revert after the apply needs a review like any change', async () => {
  const { alice, bob, job, live } = await startTeam();
  const raise = alice.opens({ alpha: '$120' });
  bob.approves(raise);
  alice.merges(raise);
  expect((await job()).exit).toBe(0);
  const revert = alice.opens({ alpha: '$100' });
  alice.merges(revert, 'merge');
  const owed = await job();
  expect([owed.exit, live().alpha]).toEqual([4, 120]);
  expect(owed.failure).toContain(`usage-policy/ws-team-a/alpha: pull request #${revert}: it has no approving review`);
  bob.approves(revert);
  const applied = await job();
  expect(applied.exit, applied.text).toBe(0);
  expect(live()).toMatchObject({ alpha: 100 });
});

test('100 → 200 and 200 → 300 in one window: applied where both are approved', async () => {
  const { alice, bob, job, live } = await startTeam();
  const first = alice.opens({ alpha: '$200', beta: '$200' });
  bob.approves(first);
  alice.merges(first);
  const second = bob.opens({ alpha: '$300' });
  alice.approves(second);
  bob.merges(second);
  const third = alice.opens({ beta: '$300' });
  alice.merges(third);
  const applied = await job();
  expect(applied.exit, applied.text).toBe(4);
  expect(live()).toMatchObject({ alpha: 300, beta: 100 });
  expect(applied.failure).toContain(`usage-policy/ws-team-a/beta: pull request #${third}`);
});

test('three pull requests of 10 % that trip `spend-up` together: a word for each of them, and not for two', async () => {
  const { alice, bob, carol, job, live, record } = await startTeam({
    org: 'review: { require_reviewed_plan: true }\n',
    amounts: { alpha: '$100', beta: '$5,000' },
  });
  const pulls = [alice.opens({ alpha: '$110' })];
  alice.merges(pulls[0] ?? 0);
  pulls.push(bob.opens({ alpha: '$121' }));
  bob.merges(pulls[1] ?? 0);
  pulls.push(carol.opens({ alpha: '$133' }));
  carol.merges(pulls[2] ?? 0);
  for (const [index, by] of [bob, carol, alice].entries()) by.approves(pulls[index] ?? 0);
  const refused = await job();
  expect(refused.exit, refused.text).toBe(3);
  const words = wordsIn(refused);
  expect([...words.keys()].sort()).toEqual(pulls);
  expect(live()).toMatchObject({ alpha: 100 });
  const wordOf = (index: number): string => words.get(pulls[index] ?? 0) ?? '';
  bob.approves(pulls[0] ?? 0, wordOf(0));
  carol.approves(pulls[1] ?? 0, wordOf(1));
  const two = await job();
  expect([two.exit, live().alpha]).toEqual([3, 100]);
  alice.approves(pulls[2] ?? 0, wordOf(2));
  const applied = await job();
  expect(applied.exit, applied.text).toBe(0);
  expect(live()).toMatchObject({ alpha: 133 });
  expect((await record()).lifts?.map(({ guard, by }) => `${guard} ${by}`)).toEqual([
    'spend-up bob',
    'spend-up carol',
    'spend-up alice',
  ]);
});
