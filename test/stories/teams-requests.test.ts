/** What one merged pull request costs in requests to GitHub. */

import { expect, test } from 'vitest';
import { startTeam } from './team.ts';

test.each(['merge', 'squash', 'rebase'] as const)(
  'the Action needs no more than ten requests to GitHub for one merged pull request: %s',
  async (method) => {
    const { scene, alice, bob, carol, job, live } = await startTeam();
    const raise = alice.opens({ alpha: '$110' });
    bob.approves(raise);
    // A further commit that asks for nothing more: the review is of an earlier head.
    alice.adds(raise, {}, { files: { 'README.md': 'why\n' } });
    carol.approves(raise);
    await scene.plan(raise);
    alice.merges(raise, method);
    scene.github.takeRequests();
    const applied = await job();
    expect(applied.exit, applied.text).toBe(0);
    const asked = scene.github.takeRequests().map((request) => `${request.method} ${request.path}`);
    expect(asked.length, asked.join('\n')).toBeLessThanOrEqual(10);
    expect(live()).toMatchObject({ alpha: 110 });
    expect(scene.header(raise)).toMatchObject({ state: 'applied' });
  },
);
