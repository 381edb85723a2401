/** The admin key is rotated: with a seal key nothing has to be done, without one the record is sealed anew by a person. */

import { expect, test } from 'vitest';
import { approveIn, startTeam, type Team } from './team.ts';

const rotated = { PORTKEY_API_KEY: 'rotated-admin-key' };

/** What has been applied with the old key is raised, reviewed and merged. */
async function raiseReviewed({ alice, bob }: Team, amount: string): Promise<void> {
  const raise = alice.opens({ alpha: amount });
  bob.approves(raise);
  alice.merges(raise);
}

test('a rotated key without a seal key: a push applies nothing and names the ways, a dispatch of an administrator seals anew', async () => {
  const team = await startTeam({ otherKeys: [rotated.PORTKEY_API_KEY] });
  const { bob, olivia, job, live, record } = team;
  await raiseReviewed(team, '$120');
  const refused = await job({ env: rotated });
  expect([refused.exit, live().alpha]).toEqual([3, 100]);
  expect(refused.failure).toContain('sealed with the key of this run');
  expect(refused.failure).toContain('The holder of the key runs `tollgate apply`');
  // Each pull request has its line, which says so once.
  expect(refused.summary).toContain('| not applied: no version of the applied record');
  const approve = approveIn(refused);
  const byWriter = await bob.dispatches(approve, { env: rotated });
  expect([byWriter.exit, live().alpha]).toEqual([3, 100]);
  const sealed = await olivia.dispatches(approve, { env: rotated });
  expect(sealed.exit, sealed.text).toBe(0);
  expect(live()).toMatchObject({ alpha: 120 });
  expect(await record()).toMatchObject({ way: 'dispatch', unreviewed: true });
  await raiseReviewed(team, '$130');
  const next = await job({ env: rotated });
  expect(next.exit, next.text).toBe(0);
  expect(live()).toMatchObject({ alpha: 130 });
});

test('a rotated key without a seal key: the holder of the new key seals anew by hand', async () => {
  const team = await startTeam({ otherKeys: [rotated.PORTKEY_API_KEY] });
  const { olivia, job, live } = team;
  await raiseReviewed(team, '$120');
  const byHand = await olivia.applies({}, { env: rotated });
  expect(byHand.exit, byHand.stdout + byHand.stderr).toBe(0);
  expect(live()).toMatchObject({ alpha: 120 });
  await raiseReviewed(team, '$130');
  const next = await job({ env: rotated });
  expect(next.exit, next.text).toBe(0);
  expect(live()).toMatchObject({ alpha: 130 });
});

test('a rotated key with a seal key: the next merge is applied as if nothing had happened', async () => {
  const seal = { TOLLGATE_SEAL_KEY: 'a-seal-key-of-the-team' };
  const team = await startTeam({ otherKeys: [rotated.PORTKEY_API_KEY], firstEnv: seal });
  const { job, live } = team;
  await raiseReviewed(team, '$120');
  const before = await job({ env: seal });
  expect(before.exit, before.text).toBe(0);
  await raiseReviewed(team, '$130');
  const after = await job({ env: { ...seal, ...rotated } });
  expect(after.exit, after.text).toBe(0);
  expect(live()).toMatchObject({ alpha: 130 });
});
