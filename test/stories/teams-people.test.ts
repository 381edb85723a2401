/** One person, two people, and the ways in which GitHub merges. */

import { expect, test } from 'vitest';
import { approveIn, startTeam } from './team.ts';

test('one person with `alone` in force: merging is enough, and the record says that nobody reviewed it', async () => {
  const { alice, job, live, record } = await startTeam({
    org: 'review: { alone: true }\n',
    amounts: { alpha: '$100', beta: '$5,000' },
  });
  alice.merges(alice.opens({ alpha: '$110' }));
  const applied = await job();
  expect(applied.exit, applied.text).toBe(0);
  expect(live()).toMatchObject({ alpha: 110 });
  expect(await record()).toMatchObject({ way: 'merge', unreviewed: true });
  // Guards go on judging; the author's own dispatch is the word.
  alice.merges(alice.opens({ alpha: '$900' }));
  const refused = await job();
  expect([refused.exit, live().alpha]).toEqual([3, 110]);
  const [word = ''] = /spend-up=\d+@[0-9a-f]{32}/.exec(refused.text) ?? [];
  const approve = refused.outputs.digest ?? '';
  const allow = word.replace(/@.*/, `@${approve.slice(0, 32)}`);
  const allowed = await alice.dispatches(approve, { allow });
  expect(allowed.exit, allowed.text).toBe(0);
  expect(live()).toMatchObject({ alpha: 900 });
  const after = await record();
  expect(after).toMatchObject({ way: 'dispatch', unreviewed: true, lifts: [{ guard: 'spend-up', by: 'alice' }] });
});

test('one person without `alone`: neither the merge nor the own dispatch counts, the holder of the key applies by hand', async () => {
  const { alice, job, live, record } = await startTeam();
  const raise = alice.opens({ alpha: '$110' });
  alice.approves(raise);
  alice.merges(raise);
  const refused = await job();
  expect([refused.exit, live().alpha]).toEqual([4, 100]);
  expect(refused.failure).toContain('the approving review is by alice, who had a part in it');
  const own = await alice.dispatches(approveIn(refused));
  expect([own.exit, live().alpha]).toEqual([3, 100]);
  expect(own.failure).toContain(`alice had a part in pull request #${raise}`);
  const byHand = await alice.applies();
  expect(byHand.exit, byHand.stdout + byHand.stderr).toBe(0);
  expect(live()).toMatchObject({ alpha: 110 });
  expect(await record()).toMatchObject({ way: 'by-hand', unreviewed: true });
});

test("two people who approve each other's pull requests and merge both before one apply", async () => {
  const { alice, bob, job, live, record } = await startTeam();
  const [hers, his] = [alice.opens({ alpha: '$110' }), bob.opens({ beta: '$120' })];
  bob.approves(hers);
  alice.approves(his);
  alice.merges(hers, 'squash');
  bob.merges(his, 'rebase');
  const applied = await job();
  expect(applied.exit, applied.text).toBe(0);
  expect(live()).toMatchObject({ alpha: 110, beta: 120 });
  const after = await record();
  expect([after.way, after.unreviewed]).toEqual(['merge', undefined]);
});

test('trust-B2: a word of the author of one change, said on a harmless other one, lifts nothing for the first', async () => {
  const org = 'review: { require_reviewed_plan: true, guards: { deletes: { count: 0, percent: 0 } } }\n';
  const { alice, bob, job, live } = await startTeam({ org });
  const fewer = alice.opens({ alpha: null });
  const harmless = bob.opens({ delta: '$110' });
  bob.approves(fewer);
  alice.merges(fewer, 'merge');
  const refused = await job();
  expect(refused.exit, refused.text).toBe(3);
  const [line = ''] = /\/tollgate allow deletes=1@[0-9a-f]{32}/.exec(refused.failure ?? '') ?? [];
  expect(refused.failure).toContain(`${line} (#${fewer})`);
  alice.approves(harmless, line);
  bob.merges(harmless, 'merge');
  const still = await job();
  expect([still.exit, live().alpha]).toEqual([3, 100]);
  bob.approves(fewer, line);
  const applied = await job();
  expect(applied.exit, applied.text).toBe(0);
  expect(live()).toEqual({ beta: 100, delta: 110, gamma: 100 });
});

test('a merge queue lands a group: each pull request on its own review', async () => {
  const { scene, alice, bob, job, live } = await startTeam();
  const [one, two, three] = [
    alice.opens({ alpha: '$110' }),
    alice.opens({ beta: '$110' }),
    bob.opens({ delta: '$110' }),
  ];
  bob.approves(one);
  alice.approves(three);
  scene.github.mergeGroup({ pulls: [one, two, three], user: 'alice' });
  const applied = await job();
  expect(applied.exit, applied.text).toBe(4);
  expect(live()).toEqual({ alpha: 110, beta: 100, gamma: 100, delta: 110 });
  expect(applied.failure).toContain(`#${two}`);
  bob.approves(two);
  const late = await job();
  expect(late.exit, late.text).toBe(0);
  expect(live()).toMatchObject({ beta: 110 });
});

test('a partial apply: what failed is owed with its review, and the rest comes with a later merge', async () => {
  const { scene, alice, bob, job, live } = await startTeam();
  const both = alice.opens({ alpha: '$110', beta: '$120' });
  bob.approves(both);
  alice.merges(both);
  const fails = { kind: 'status', status: 400 } as const;
  const path = `/policies/usage-limits/${scene.row('beta').id}`;
  scene.emulator.setFaults([{ method: 'PUT', path, fault: fails }]);
  const partly = await job();
  expect(partly.exit, partly.text).toBe(5);
  expect(live()).toMatchObject({ alpha: 110, beta: 100 });
  scene.emulator.setFaults([]);
  const other = bob.opens({ delta: '$130' });
  alice.approves(other);
  bob.merges(other, 'merge');
  const rest = await job();
  expect(rest.exit, rest.text).toBe(0);
  expect(live()).toEqual({ alpha: 110, beta: 120, gamma: 100, delta: 130 });
});

test('a late review on a merged pull request: the next run of the workflow applies it', async () => {
  const { alice, bob, job, live } = await startTeam();
  const raise = alice.opens({ alpha: '$110' });
  alice.merges(raise, 'rebase');
  const owed = await job();
  expect([owed.exit, live().alpha]).toEqual([4, 100]);
  expect(owed.failure).toContain('a review after the merge counts, and run the workflow again');
  bob.approves(raise);
  const late = await job();
  expect(late.exit, late.text).toBe(0);
  expect(live()).toMatchObject({ alpha: 110 });
});
