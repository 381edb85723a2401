/** The first apply, other doors than the Action's, and what is pushed past pull requests. */

import { expect, test } from 'vitest';
import { approveIn, calm, foundTeam, startTeam, wordsIn } from './team.ts';

test('the first apply: not by push, by a dispatch of an administrator alone, and nobody reviewed it', async () => {
  const { scene, bob, olivia, job, live, record } = await foundTeam();
  const pushed = await job();
  expect(pushed.exit).toBe(3);
  expect(pushed.failure).toContain('a push never makes the first apply');
  expect(pushed.failure).toContain('an administrator of the repository runs the workflow by hand with approve: ');
  expect(live()).toEqual({});
  const approve = approveIn(pushed);
  const byWriter = await bob.dispatches(approve);
  expect([byWriter.exit, byWriter.failure]).toEqual([3, expect.stringContaining('bob is not an administrator')]);
  expect(live()).toEqual({});
  const applied = await olivia.dispatches(approve);
  expect(applied.exit, applied.text).toBe(0);
  expect(live()).toEqual({ alpha: 100, beta: 100, gamma: 100, delta: 100 });
  expect(await record()).toMatchObject({ way: 'dispatch', unreviewed: true });
  expect(scene.github.violations).toEqual([]);
});

test('the first apply by hand; then merges go on from there', async () => {
  const { alice, bob, job, live, record } = await startTeam();
  expect(live()).toMatchObject({ alpha: 100 });
  expect(await record()).toMatchObject({ way: 'by-hand', unreviewed: true });
  const raise = alice.opens({ alpha: '$120' });
  bob.approves(raise);
  alice.merges(raise);
  const applied = await job();
  expect(applied.exit, applied.text).toBe(0);
  expect(live()).toMatchObject({ alpha: 120 });
  const after = await record();
  expect(after).toMatchObject({ way: 'merge' });
  expect(after.unreviewed).toBeUndefined();
  expect(after.lifts).toBeUndefined();
});

test('a job on another CI system applies what a plan or a digest names, and nothing else', async () => {
  const { alice, live, record, olivia } = await startTeam();
  const raise = alice.opens({ alpha: '$120' });
  alice.merges(raise);
  const env = { CI: 'true', GITLAB_CI: 'true' };
  const bare = await olivia.applies({}, { env });
  expect(bare.exit).toBe(3);
  expect(bare.stderr).toContain('review.require_reviewed_plan asks for --plan FILE or --approve');
  expect(live()).toMatchObject({ alpha: 100 });
  const planned = await olivia.applies(
    { plan: ['plan.json'] },
    { env, first: async (rig) => void (await rig.plan({ out: 'plan.json' })) },
  );
  expect(planned.exit, planned.stdout + planned.stderr).toBe(0);
  expect(live()).toMatchObject({ alpha: 120 });
  expect(await record()).toMatchObject({ way: 'by-hand', unreviewed: true });
});

test('a GitHub Enterprise server: reviews, words and links by its addresses', async () => {
  const enterpriseUrl = 'https://git.corp.example';
  const org = 'review: { require_reviewed_plan: true }\n';
  const amounts = { alpha: '$100', beta: '$5,000' };
  const { scene, alice, bob, job, live, record } = await startTeam({ enterpriseUrl, org, amounts });
  const raise = alice.opens({ alpha: '$400' });
  bob.approves(raise);
  alice.merges(raise);
  const refused = await job();
  expect(refused.exit, refused.text).toBe(3);
  const word = wordsIn(refused).get(raise) ?? '';
  expect(word).toMatch(/^\/tollgate allow spend-up=\d+@[0-9a-f]{32}$/);
  bob.approves(raise, word);
  const applied = await job();
  expect(applied.exit, applied.text).toBe(0);
  expect(live()).toMatchObject({ alpha: 400 });
  const { lifts = [] } = await record();
  expect(lifts).toMatchObject([{ guard: 'spend-up', by: 'bob' }]);
  expect(lifts[0]?.where).toContain(`${enterpriseUrl}/example/budgets/pull/${raise}`);
  expect(scene.github.requests.every(({ path }) => path.startsWith('/api/'))).toBe(true);
  expect(scene.github.violations).toEqual([]);
});

test('a push without a pull request: refused by name, applied by the dispatch of somebody else', async () => {
  const { alice, bob, job, live, record } = await startTeam({ org: calm });
  const commit = alice.pushes({ alpha: '$120' });
  const refused = await job();
  expect(refused.exit, refused.text).toBe(4);
  expect(refused.failure).toContain(
    `usage-policy/ws-team-a/alpha: commit ${commit.slice(0, 8)} belongs to no merged pull request`,
  );
  expect(live()).toMatchObject({ alpha: 100 });
  const approve = approveIn(refused);
  const own = await alice.dispatches(approve);
  expect([own.exit, own.failure]).toEqual([3, expect.stringContaining(`alice pushed commit ${commit.slice(0, 8)}`)]);
  const applied = await bob.dispatches(approve);
  expect(applied.exit, applied.text).toBe(0);
  expect(live()).toMatchObject({ alpha: 120 });
  const after = await record();
  expect([after.way, after.unreviewed]).toEqual(['dispatch', undefined]);
});

test('trust-A5: a record that somebody deleted stops the Action, which names the ways to bring it back', async () => {
  const { scene, alice, bob, olivia, job, live, record } = await startTeam();
  const raise = alice.opens({ alpha: '$900', delta: null });
  bob.approves(raise);
  alice.merges(raise);
  scene.github.repository().git?.deleteRef('refs/tollgate/production');
  const refused = await job();
  expect([refused.exit, live()]).toEqual([3, { alpha: 100, beta: 100, gamma: 100, delta: 100 }]);
  expect(refused.failure).toContain('`tollgate record rebuild --from COMMIT`');
  expect(refused.failure).toContain('an administrator of the repository runs the workflow by hand with approve: ');
  expect(refused.text).toContain(
    'until then protection and settings are the strictest of these files and of the commit before them'.replace(
      'until',
      'Until',
    ),
  );
  // Nothing is taken away by an apply that remembers nothing.
  const applied = await olivia.dispatches(approveIn(refused));
  expect(applied.exit, applied.text).toBe(0);
  expect(live()).toEqual({ alpha: 900, beta: 100, gamma: 100, delta: 100 });
  expect(await record()).toMatchObject({ way: 'dispatch', unreviewed: true });
});
