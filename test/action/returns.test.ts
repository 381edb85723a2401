/** `command: returns`: what a date makes due, and whom nobody can keep from it. */

import { describe, expect, it } from 'vitest';
import { workspaceFile } from '../helpers/world.ts';
import { git } from '../record/git-fixture.ts';
import { all, policies, type Scene, startPrepared, team } from './scene.ts';

const day = 86_400_000;
const dated = (amount: string, until: string, others = all('$100')) => ({
  'policies/a.yaml': workspaceFile(
    'ws-team-a',
    `${policies({ ...others, alpha: amount }).replace('alpha:\n', () => `alpha:\n    until: ${until}\n`)}`,
  ),
});
const raise = dated('$150', '{ date: 2026-12-15, then: $100 }');

/** Applied on 20 November: alpha is $150 until 15 December, then $100. */
const startRaised = (): Promise<Scene> =>
  startPrepared({}, 'raised', async (scene) => {
    const approve = (await scene.apply()).outputs.digest ?? '';
    await scene.dispatch({ approve }, { actor: 'owner' });
    scene.merge('raise', raise);
    const applied = await scene.apply();
    expect([applied.exit, scene.limits().alpha], applied.text).toEqual([0, 150]);
  });

const hourly = (scene: Scene) =>
  scene.act('schedule', { schedule: '17 * * * *' }, 'main', { inputs: { command: 'returns' } });

describe('the hourly job', () => {
  it('applies a return from its day on, once, without another word, and says so', async () => {
    const scene = await startRaised();
    const early = await hourly(scene);
    expect([early.exit, early.text]).toEqual([0, expect.stringContaining('No return is to be applied')]);
    scene.pass(25 * day);
    const ran = await hourly(scene);
    expect([ran.exit, ran.failure, scene.limits()]).toEqual([
      0,
      null,
      { alpha: 100, beta: 100, gamma: 100, delta: 100 },
    ]);
    const again = await hourly(scene);
    expect([again.exit, again.text]).toEqual([0, expect.stringContaining('No return is to be applied')]);
  });

  it('applies nothing else: neither drift, nor what is merged and owed', async () => {
    const scene = await startRaised();
    scene.merge('other', dated('$150', '{ date: 2026-12-15, then: $100 }', { ...all('$100'), beta: '$120' }));
    scene.row('gamma').credit_limit = 999;
    scene.pass(25 * day);
    const ran = await hourly(scene);
    expect([ran.exit, scene.limits()]).toEqual([0, { alpha: 100, beta: 100, gamma: 999, delta: 100 }]);
    // What was merged is reviewed as before, and applied by whoever applies.
    const applied = await scene.apply();
    expect([applied.exit, scene.limits()]).toEqual([0, { alpha: 100, beta: 120, gamma: 100, delta: 100 }]);
  });

  it.each([
    ['moves the date', dated('$150', '{ date: 2027-12-15, then: $100 }')],
    ['moves what holds then', dated('$150', '{ date: 2026-12-15, then: $149 }')],
    ['takes the date out', team({ ...all('$100'), alpha: '$150' })],
    ['takes it out', team({ beta: '$100', gamma: '$100', delta: '$100' })],
    [
      'renames it',
      {
        'policies/a.yaml': workspaceFile(
          'ws-team-a',
          `${policies({ ...all('$100'), alpha: '$150' }).replace('alpha:\n', () => 'omega:\n    previously: alpha\n')}`,
        ),
      },
    ],
    ['backdates it', dated('$150', '{ date: 2026-11-01, then: $1 }')],
  ])('hostile authors: who %s without a review neither stops the return nor gets another one', async (_what, files) => {
    const scene = await startRaised();
    scene.github.pushTo({ branch: 'main', user: 'author', files });
    const applied = await scene.apply();
    expect([applied.exit, scene.limits().alpha]).toEqual([4, 150]);
    expect((await hourly(scene)).exit).toBe(0);
    expect(scene.limits().alpha).toBe(150);
    scene.pass(25 * day);
    const ran = await hourly(scene);
    expect([ran.exit, scene.limits().alpha]).toEqual([0, 100]);
    // And it comes back to what nobody reviewed by no later run.
    const later = await scene.apply();
    expect([later.exit, scene.limits().alpha]).toEqual([4, 100]);
    expect((await hourly(scene)).exit).toBe(0);
    expect(scene.limits().alpha).toBe(100);
  });

  it('goes on where somebody pushes files with errors, and says of which commit it is', async () => {
    const scene = await startRaised();
    const files = { 'policies/a.yaml': `${raise['policies/a.yaml']}\nunknown: key\n` };
    scene.github.pushTo({ branch: 'main', user: 'author', files });
    scene.pass(25 * day);
    const ran = await hourly(scene);
    expect([ran.exit, scene.limits().alpha]).toEqual([0, 100]);
    expect(ran.text).toMatch(/the policy files of [0-9a-f]{8} have errors: returns are those of [0-9a-f]{8}/);
  });

  it('holds a return that gives more behind files with errors, which may be those that take it back', async () => {
    const scene = await startPrepared({}, 'later', async (early) => {
      const approve = (await early.apply()).outputs.digest ?? '';
      await early.dispatch({ approve }, { actor: 'owner' });
      early.merge('later', dated('$100', '{ date: 2026-12-15, then: $900 }'));
      expect((await early.apply()).exit).toBe(0);
    });
    const taken = team(all('$100'))['policies/a.yaml'];
    scene.github.pushTo({ branch: 'main', user: 'author', files: { 'policies/a.yaml': `${taken}\nunknown: key\n` } });
    scene.pass(25 * day);
    const ran = await hourly(scene);
    expect([ran.exit, scene.limits().alpha]).toEqual([4, 100]);
    expect(ran.failure).toContain('or hold errors, so that nobody can tell');
  });

  it('fails where the branch was put back behind the commit with the date, and says which entry it cannot prove', async () => {
    const scene = await startRaised();
    git(scene.remote, 'update-ref', 'refs/heads/main', git(scene.remote, 'rev-parse', 'main~1').trim());
    // Before its day nothing is due whatever the branch is.
    expect((await hourly(scene)).exit).toBe(0);
    scene.pass(25 * day);
    const ran = await hourly(scene);
    expect([ran.exit, scene.limits().alpha]).toEqual([4, 150]);
    expect(ran.failure).toMatch(
      /due, and not applied: alpha \(ws-team-a\), as nobody can tell whether that was reviewed: commit [0-9a-f]{12}, which they were applied from, is not in the history/,
    );
    expect(ran.text).not.toContain('No return is to be applied');
  });

  it('hostile authors: a raise that was taken back does not come because an older record is put in its place', async () => {
    const scene = await startPrepared({}, 'later', async (early) => {
      const approve = (await early.apply()).outputs.digest ?? '';
      await early.dispatch({ approve }, { actor: 'owner' });
      early.merge('later', dated('$100', '{ date: 2026-12-15, then: $900 }'));
      expect((await early.apply()).exit).toBe(0);
    });
    const old = git(scene.remote, 'rev-parse', 'refs/tollgate/production');
    scene.merge('never', team(all('$100')));
    expect((await scene.apply()).exit).toBe(0);
    git(scene.remote, 'update-ref', 'refs/tollgate/production', old);
    scene.pass(25 * day);
    const ran = await hourly(scene);
    expect([ran.exit, scene.limits().alpha]).toEqual([4, 100]);
    expect(ran.text).toContain('the files have said something else since it was applied');
    // Nor where the files that take it back have errors.
    const broken = { 'policies/a.yaml': `${team(all('$100'))['policies/a.yaml']}\nunknown: key\n` };
    scene.github.pushTo({ branch: 'main', user: 'author', files: broken });
    expect([(await hourly(scene)).exit, scene.limits().alpha]).toEqual([4, 100]);
    // Nor because somebody pushes it once more.
    scene.github.pushTo({ branch: 'main', user: 'author', files: dated('$100', '{ date: 2026-12-15, then: $900 }') });
    expect([(await hourly(scene)).exit, scene.limits().alpha]).toEqual([4, 100]);
    const applied = await scene.apply();
    expect([applied.exit, scene.limits().alpha], applied.text).toEqual([4, 100]);
    expect(applied.text).toContain('belongs to no merged pull request');
  });
});
