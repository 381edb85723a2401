/** An urgent cap at night, by hand, and the ordinary merge of the next morning. */

import { expect, test } from 'vitest';
import { startTeam } from './team.ts';

test('a cap set at the dashboard outlives the next merge, and gives way to a reviewed change of that very limit', async () => {
  const { scene, alice, bob, job, live } = await startTeam();
  Object.assign(scene.row('alpha'), { credit_limit: 20 });
  const other = alice.opens({ beta: '$110' });
  bob.approves(other);
  alice.merges(other);
  const next = await job();
  expect(next.exit, next.text).toBe(0);
  expect(live()).toMatchObject({ alpha: 20, beta: 110 });
  expect(next.text).toContain('alpha');
  const back = alice.opens({ alpha: '$90' });
  bob.approves(back);
  alice.merges(back);
  const morning = await job();
  expect(morning.exit, morning.text).toBe(0);
  expect(live()).toMatchObject({ alpha: 90, beta: 110 });
});

test('a raise at the dashboard does not outlive it, and needs no review to be put back', async () => {
  const { scene, alice, bob, job, live } = await startTeam();
  Object.assign(scene.row('alpha'), { credit_limit: 5_000 });
  const other = alice.opens({ beta: '$110' });
  bob.approves(other);
  alice.merges(other);
  const next = await job();
  expect(next.exit, next.text).toBe(0);
  expect(live()).toMatchObject({ alpha: 100, beta: 110 });
});

test('a cap applied from an edited file counts as made by hand until the default branch holds it', async () => {
  const { alice, bob, olivia, job, live, record } = await startTeam();
  const plain = await olivia.applies({}, { edit: { alpha: '$20' } });
  expect(plain.exit).toBe(1);
  expect(plain.stderr).toContain('--allow-dirty');
  expect(live()).toMatchObject({ alpha: 100 });
  const before = await record();
  const capped = await olivia.applies({ allowDirty: true }, { edit: { alpha: '$20' } });
  expect(capped.exit, capped.stdout + capped.stderr).toBe(0);
  expect(live()).toMatchObject({ alpha: 20 });
  expect(await record()).toMatchObject({ way: 'by-hand', unreviewed: true, dirty: true, commit: before.commit });
  const other = alice.opens({ beta: '$110' });
  bob.approves(other);
  alice.merges(other);
  const next = await job();
  expect(next.exit, next.text).toBe(0);
  expect(live()).toMatchObject({ alpha: 20, beta: 110 });
  const same = alice.opens({ alpha: '$20' });
  bob.approves(same);
  alice.merges(same);
  const settled = await job();
  expect(settled.exit, settled.text).toBe(0);
  expect(live()).toMatchObject({ alpha: 20, beta: 110 });
});
