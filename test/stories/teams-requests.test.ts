/** What one merged pull request costs in requests to GitHub. */

import { expect, test } from 'vitest';
import { startTeam } from './team.ts';

test('the Action needs no more than ten requests to GitHub for one merged pull request, however it is merged', async () => {
  const { scene, alice, bob, job, live } = await startTeam();
  const methods = ['merge', 'squash', 'rebase'] as const;
  for (const [index, method] of methods.entries()) {
    const amount = 110 + index;
    const raise = alice.opens({ alpha: `$${amount}` });
    alice.adds(raise, { beta: `$${amount}` });
    bob.approves(raise);
    alice.merges(raise, method);
    scene.github.takeRequests();
    const applied = await job();
    expect(applied.exit, applied.text).toBe(0);
    const asked = scene.github.takeRequests().map((request) => `${request.method} ${request.path}`);
    expect(asked.length, `${method}:\n${asked.join('\n')}`).toBeLessThanOrEqual(10);
    expect(live()).toMatchObject({ alpha: amount, beta: amount });
  }
});
