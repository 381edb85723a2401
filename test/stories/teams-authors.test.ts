/** Who has written, committed and pushed what is asked for: bots, addresses of nobody, suggestions and updated branches. */

import { expect, test } from 'vitest';
import { startTeam } from './team.ts';

test('a pull request by a bot needs two people, one with a bot as co-author needs one', async () => {
  const { scene, alice, bob, carol, person, job, live } = await startTeam();
  const byBot = person('dependabot[bot]').opens({ alpha: '$120' });
  const withBot = alice.opens({ beta: '$120' }, { coAuthors: ['copilot[bot]'] });
  for (const pull of [byBot, withBot]) bob.approves(pull);
  alice.merges(byBot);
  alice.merges(withBot, 'merge');
  const one = await job();
  expect(one.exit, one.text).toBe(4);
  expect(live()).toMatchObject({ alpha: 100, beta: 120 });
  expect(one.failure).toContain(
    `usage-policy/ws-team-a/alpha: pull request #${byBot}: two approving reviews are needed`,
  );
  expect(one.failure).toContain('dependabot');
  expect(one.failure).toContain('1 counts so far');
  carol.approves(byBot);
  const two = await job();
  expect(two.exit, two.text).toBe(0);
  expect(live()).toMatchObject({ alpha: 120 });
  expect(scene.github.violations).toEqual([]);
});

test('an address of nobody: one review where the pusher is known, two where nobody tells', async () => {
  const { scene, alice, bob, carol, job, live } = await startTeam();
  const author = { name: 'A. Writer', email: 'writer@home.example' };
  const known = alice.opens({ alpha: '$120' }, { author });
  bob.approves(known);
  alice.merges(known);
  const first = await job();
  expect(first.exit, first.text).toBe(0);
  expect(live()).toMatchObject({ alpha: 120 });
  // Bob pushed a commit of nobody to Alice's branch: he had a part in it.
  const pushedByBob = alice.opens({ beta: '$110' });
  bob.adds(pushedByBob, { beta: '$120' }, { author, committer: author });
  bob.approves(pushedByBob);
  const unknown = alice.opens({ gamma: '$120' }, { author });
  bob.approves(unknown);
  alice.merges(pushedByBob);
  const own = await job();
  expect(own.exit, own.text).toBe(4);
  expect(own.failure).toContain('the approving review is by bob, who had a part in it');
  alice.merges(unknown);
  // The activity of the repository is not told any more.
  scene.github.repository().pushes.splice(0);
  const nobody = await job();
  expect(nobody.exit, nobody.text).toBe(4);
  expect(live()).toMatchObject({ gamma: 100 });
  expect(nobody.failure).toContain(`#${unknown}: two approving reviews are needed`);
  carol.approves(unknown);
  carol.approves(pushedByBob);
  await job();
  expect(live()).toMatchObject({ gamma: 120 });
});

test('"Update branch", and a suggestion that the author commits, are part of nobody', async () => {
  const { alice, bob, carol, job, live } = await startTeam();
  const updated = alice.opens({ alpha: '$120' });
  const suggested = alice.opens({ beta: '$150' });
  const other = carol.opens({ gamma: '$110' });
  bob.approves(other);
  carol.merges(other, 'merge');
  bob.approves(updated);
  // It is Bob himself who presses the button; what is asked for stays the same.
  bob.updates(updated);
  alice.takes(suggested, { beta: '$120' }, bob);
  bob.approves(suggested);
  alice.merges(updated);
  alice.merges(suggested);
  const applied = await job();
  expect(applied.exit, applied.text).toBe(0);
  expect(live()).toMatchObject({ alpha: 120, beta: 120, gamma: 110 });
});

test('trust-F8: what somebody writes in the conflict editor while the branch is updated is theirs', async () => {
  const { alice, bob, carol, job, live } = await startTeam();
  const raise = alice.opens({ alpha: '$120' });
  const other = carol.opens({ gamma: '$110' });
  bob.approves(other);
  carol.merges(other, 'merge');
  bob.updates(raise, { alpha: '$900' });
  bob.approves(raise);
  alice.merges(raise);
  const refused = await job();
  expect(refused.exit, refused.text).toBe(4);
  expect(live()).toMatchObject({ alpha: 100, gamma: 110 });
  expect(refused.failure).toContain('the approving review is by bob, who had a part in it');
  carol.approves(raise);
  const applied = await job();
  expect(applied.exit, applied.text).toBe(0);
  expect(live()).toMatchObject({ alpha: 900 });
});

test('a suggestion that is committed after the approval asks for something else', async () => {
  const { alice, bob, job, live } = await startTeam();
  const raise = alice.opens({ alpha: '$120' });
  bob.approves(raise);
  alice.takes(raise, { alpha: '$900' }, bob);
  alice.merges(raise);
  const refused = await job();
  expect(refused.exit, refused.text).toBe(4);
  expect(live()).toMatchObject({ alpha: 100 });
  expect(refused.failure).toContain('the approving review by bob does not count for what was merged');
  bob.approves(raise);
  const applied = await job();
  expect(applied.exit, applied.text).toBe(0);
  expect(live()).toMatchObject({ alpha: 900 });
});
