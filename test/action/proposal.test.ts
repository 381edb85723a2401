/** A proposal on its way through the Action: who asked for it is no approver of it. */

import { expect, test } from 'vitest';
import { commitMessage, requesterOf } from '../../src/importing/proposal-commit.ts';
import { raise } from '../helpers/propose-scene.ts';
import { all, type Scene, startApplied, team } from './scene.ts';

/** As `propose` leaves it: one commit with the trailer, pushed and opened with the token. */
function openProposal({ github }: Scene, requester: string, amount: string): number {
  const message = commitMessage({
    workspace: 'ws-team-a',
    proposal: raise(),
    asker: { isAgent: true, requester: requesterOf(requester), client: null },
    isUrgent: false,
    reason: null,
    isAlone: false,
  });
  const branch = `tollgate/proposal/ws-team-a-alpha-${amount.slice(1).padStart(16, '0')}`;
  github.pushTo({ branch, files: team({ ...all('$100'), alpha: amount }), message, user: 'author' });
  return github.openPullRequest({ head: branch, user: 'author' }).number;
}

test('the review of whoever asked lifts nothing; that of somebody else does', async () => {
  const scene = await startApplied();
  const pull = openProposal(scene, 'reviewer', '$120');
  await scene.plan(pull);
  scene.approve(pull, 'reviewer');
  scene.github.merge({ pull, method: 'squash', user: 'author' });
  const refused = await scene.apply();
  expect(refused.exit, refused.text).toBe(4);
  expect(scene.limits()).toMatchObject({ alpha: 100 });
  scene.approve(pull, 'third');
  const applied = await scene.apply();
  expect(applied.exit, applied.text).toBe(0);
  expect(scene.limits()).toMatchObject({ alpha: 120 });
});

test('asked under a name that no account has, two have to approve', async () => {
  const scene = await startApplied();
  const pull = openProposal(scene, 'ana@example.com', '$120');
  await scene.plan(pull);
  scene.approve(pull, 'reviewer');
  scene.github.merge({ pull, method: 'merge', user: 'author' });
  expect((await scene.apply()).exit).toBe(4);
  scene.approve(pull, 'third');
  const applied = await scene.apply();
  expect(applied.exit, applied.text).toBe(0);
});
