/** What counts as reviewed when an apply begins, and what becomes of it: merges of all kinds, plans that moved, runs that broke. */

import { describe, expect, it } from 'vitest';
import { createGitRefStore } from '../../src/record/git-ref.ts';
import { adminKey } from '../helpers/world.ts';
import { bareEnvironment, clone, git, makeFolder } from '../record/git-fixture.ts';
import { all, type Scene, startApplied, startScene, team } from './scene.ts';

/** One pull request that raises one budget; planned, its plan file kept, merged. */
async function mergeRaise(scene: Scene, amounts: Record<string, string>, branch = 'raise'): Promise<number> {
  const pull = scene.open(branch, team({ ...all('$100'), ...amounts }));
  await scene.plan(pull);
  scene.github.merge({ pull, method: 'squash', user: 'reviewer' });
  return pull;
}

const bodyOf = (scene: Scene, pull: number): string => scene.github.comments(pull)[0]?.body ?? '';

describe('a merged plan', () => {
  it.each(['merge', 'squash', 'rebase'] as const)('is approved for its last head after a %s', async (method) => {
    const scene = await startApplied();
    const pull = scene.open('raise', team({ ...all('$100'), alpha: '$120' }));
    await scene.plan(pull);
    scene.github.pushTo({ branch: 'raise', user: 'author', files: team({ ...all('$100'), alpha: '$130' }) });
    const planned = await scene.plan(pull);
    // Something else has come to main meanwhile.
    scene.github.pushTo({ branch: 'main', user: 'author', files: { 'README.md': 'hello\n' } });
    scene.github.merge({ pull, method, user: 'reviewer' });
    const applied = await scene.apply();
    expect(applied.exit, applied.text).toBe(0);
    expect(scene.limits()).toMatchObject({ alpha: 130, beta: 100 });
    expect(scene.header(pull)).toMatchObject({ state: 'applied', reviewed: planned.outputs.digest });
    expect(bodyOf(scene, pull)).toContain('1 of 1 applied');
    expect(scene.github.violations).toEqual([]);
  });

  it('of an earlier head is not', async () => {
    const scene = await startApplied();
    const pull = scene.open('raise', team({ ...all('$100'), alpha: '$120' }));
    await scene.plan(pull);
    scene.github.pushTo({ branch: 'raise', user: 'author', files: team({ ...all('$100'), alpha: '$900' }) });
    scene.github.merge({ pull, method: 'squash', user: 'reviewer' });
    const refused = await scene.apply();
    expect(refused.exit).toBe(3);
    expect(scene.limits()).toMatchObject({ alpha: 100 });
    const digest = refused.outputs.digest?.slice(0, 8);
    expect(refused.text).toContain(`run the workflow by hand with approve: ${digest}`);
    // In the same comment, though it was for another head.
    expect(scene.header(pull)).toMatchObject({ state: 'refused', reviewed: null });
    expect(bodyOf(scene, pull)).toContain(`approve: ${digest}`);
  });

  it('is found on later pages of commits and of pull requests', async () => {
    const scene = await startApplied();
    const pull = scene.open('raise', team({ ...all('$100'), alpha: '$120' }));
    await scene.plan(pull);
    const tree = git(scene.remote, 'rev-parse', 'main^{tree}');
    let tip = git(scene.remote, 'rev-parse', 'main');
    for (let count = 0; count < 110; count += 1) {
      tip = git(scene.remote, 'commit-tree', tree, '-p', tip, '-m', 'something else');
    }
    git(scene.remote, 'update-ref', 'refs/heads/main', tip);
    scene.github.merge({ pull, method: 'squash', user: 'reviewer' });
    const { issues } = scene.github.repository();
    const row = scene.github.pullRequest(pull);
    for (let number = 100; number < 210; number += 1) {
      const unmerged = row.pull === null ? null : { ...row.pull, mergedAt: null, mergeCommitSha: null };
      issues.push({ ...row, id: number, number, updatedAt: '2026-11-21T00:00:00Z', pull: unmerged });
    }
    expect((await scene.apply()).exit).toBe(0);
    expect(scene.limits()).toMatchObject({ alpha: 120 });
  });
});

describe('many merged plans', () => {
  const many = Array.from({ length: 100 }, (_, index) => `p${String(index).padStart(3, '0')}`);
  const files = (raised: readonly string[]): Record<string, string> =>
    team(Object.fromEntries(many.map((name) => [name, raised.includes(name) ? '$150' : '$100'])));

  it('are all approved, with a number of requests that grows with them alone', async () => {
    const scene = await startApplied({ files: files([]) });
    const methods = ['merge', 'squash', 'rebase'] as const;
    // One a burst of edits far enough apart for Git; all were planned before the first was merged.
    const raised = many.filter((_, index) => index % 4 === 0);
    const pulls: number[] = [];
    for (const name of raised) {
      const pull = scene.open(`raise-${name}`, files([name]));
      await scene.plan(pull);
      pulls.push(pull);
    }
    for (const [index, pull] of pulls.entries()) {
      scene.github.merge({ pull, method: methods[index % 3] ?? 'merge', user: 'reviewer' });
    }
    const before = scene.github.requests.length;
    const applied = await scene.apply();
    expect(applied.exit, applied.text).toBe(0);
    expect(Object.values(scene.limits()).filter((amount) => amount === 150)).toHaveLength(25);
    for (const pull of pulls) expect(scene.header(pull)).toMatchObject({ state: 'applied' });
    // Each: its comments (twice), reviews, artifact with its address, "applying", outcome. All together: pulls, commits.
    expect(scene.github.requests.length - before).toBeLessThanOrEqual(25 * 7 + 2);
    expect(scene.github.violations).toEqual([]);
  }, 120_000);
});

describe('what nobody has reviewed', () => {
  it('is not approved by the comment that reports it, however often the run is repeated', async () => {
    const scene = await startApplied();
    const pull = await mergeRaise(scene, { alpha: '$120' });
    const { reviewed, digest } = { reviewed: scene.header(pull)?.digest, digest: scene.header(pull)?.digest };
    scene.row('alpha').credit_limit = 5_000;
    const stale = await scene.apply();
    expect(stale.exit).toBe(4);
    expect(scene.header(pull)).toMatchObject({ state: 'stale', reviewed });
    expect(scene.header(pull)?.digest).not.toBe(digest);
    for (const attempt of [2, 3]) {
      const again = await scene.apply({ runId: scene.lastRun(), attempt });
      expect(again.exit, again.text).toBe(4);
      expect(scene.limits()).toMatchObject({ alpha: 5_000 });
    }
    const approve = /approve: ([0-9a-f]{8})/.exec(bodyOf(scene, pull))?.[1] ?? '';
    expect((await scene.dispatch({ approve })).exit).toBe(0);
    expect(scene.limits()).toMatchObject({ alpha: 120 });
    expect(scene.header(pull)).toMatchObject({ state: 'applied' });
  });

  it('is not applied from a branch', async () => {
    const scene = await startApplied();
    scene.open('raise', team({ ...all('$100'), alpha: '$120' }));
    const refused = await scene.dispatch({ approve: '00000000' }, 'raise');
    expect(refused.error?.message).toContain('apply takes the default branch');
    expect(scene.limits()).toMatchObject({ alpha: 100 });
  });

  it('waits for a person on the first run, who is told exactly what to do', async () => {
    const scene = await startScene();
    const refused = await scene.apply();
    expect(refused.exit).toBe(3);
    expect(scene.limits()).toEqual({});
    const digest = refused.outputs.digest?.slice(0, 8) ?? '';
    const words = `To apply the plan as it stands now, run the workflow by hand with approve: ${digest}`;
    expect(refused.summary).toContain(words);
    expect(refused.failure).toContain(words);
    expect(refused.summary).not.toContain('--plan');
    const wrong = await scene.dispatch({ approve: '00000000' });
    expect(wrong.exit).toBe(4);
    expect(wrong.failure).toContain(`approve: ${digest}`);
    expect((await scene.dispatch({ approve: digest })).exit).toBe(0);
    expect(Object.keys(scene.limits())).toHaveLength(4);
  });

  it('is told with the words that lift a guard, where one objects as well', async () => {
    const scene = await startApplied();
    scene.github.pushTo({ branch: 'main', user: 'author', files: team({ alpha: '$100' }) });
    const refused = await scene.apply();
    const digest = refused.outputs.digest?.slice(0, 8) ?? '';
    const allow = `deletes=3@${digest}`;
    expect(refused.failure).toContain(`approve: ${digest} and allow: ${allow}`);
    expect((await scene.dispatch({ approve: digest })).exit).toBe(3);
    expect((await scene.dispatch({ approve: digest, allow: [allow] })).exit).toBe(0);
    expect(scene.limits()).toEqual({ alpha: 100 });
  });
});

describe('without the plan file', () => {
  const open = async (keep: (scene: Scene, outputs: Readonly<Record<string, string>>, head: string) => void) => {
    const scene = await startApplied();
    const pull = scene.open('raise', team({ ...all('$100'), alpha: '$120' }));
    const planned = await scene.plan(pull, { keep: false });
    keep(scene, planned.outputs, scene.github.pullRequest(pull).pull?.headSha ?? '');
    scene.github.merge({ pull, method: 'squash', user: 'reviewer' });
    return { scene, pull };
  };
  const damaged = (scene: Scene, zip: Uint8Array, name: string, headSha: string): void => {
    const run = scene.github.addWorkflowRun({ headSha });
    scene.github.addArtifact({ runId: run.id, name, zip });
  };
  const cases: readonly [string, Parameters<typeof open>[0]][] = [
    ['expired', (scene, outputs, head) => scene.keepPlanFile(outputs, head, true)],
    ['never uploaded', () => {}],
    ['of another commit', (scene, outputs) => scene.keepPlanFile(outputs, git(scene.remote, 'rev-parse', 'main'))],
    ['damaged', (scene, outputs, head) => damaged(scene, Buffer.from('no zip'), outputs['artifact-name'] ?? '', head)],
  ];

  it.each(cases)('(%s) the digest approves all of the plan, or nothing', async (_why, keep) => {
    const { scene, pull } = await open(keep);
    // Another limit has moved by hand: the plan is another one, and nothing of it is applied.
    scene.row('beta').credit_limit = 700;
    const refused = await scene.apply();
    expect(refused.exit, refused.text).toBe(4);
    expect(scene.limits()).toMatchObject({ alpha: 100, beta: 700 });
    expect(refused.text).toContain(`the plan file of pull request #${pull}`);
    const digest = refused.outputs.digest?.slice(0, 8);
    expect(refused.failure).toContain(`approve: ${digest}`);
    expect(bodyOf(scene, pull)).toContain(`approve: ${digest}`);
    // As it was when it was reviewed: the very plan that was approved.
    scene.row('beta').credit_limit = 100;
    expect((await scene.apply()).exit).toBe(0);
    expect(scene.limits()).toMatchObject({ alpha: 120, beta: 100 });
  });

  it('of one of two, the other is applied and this one is not', async () => {
    const scene = await startApplied();
    const one = scene.open('one', team({ ...all('$100'), alpha: '$120' }));
    const two = scene.open('two', team({ ...all('$100'), delta: '$140' }));
    await scene.plan(one);
    await scene.plan(two, { keep: false });
    for (const pull of [one, two]) scene.github.merge({ pull, method: 'merge', user: 'reviewer' });
    const applied = await scene.apply();
    expect(applied.exit).toBe(4);
    expect(scene.limits()).toMatchObject({ alpha: 120, delta: 100 });
    expect(applied.text).toContain(`the plan file of pull request #${two}`);
    expect(applied.text).not.toContain(`the plan file of pull request #${one}`);
  });
});

describe('a run that broke', () => {
  it('is finished by the next one, with what was approved for it', async () => {
    const scene = await startApplied();
    const first = await mergeRaise(scene, { alpha: '$120' });
    const fails = { kind: 'status', status: 400 } as const;
    scene.emulator.setFaults([{ method: 'PUT', path: '/policies/usage-limits/*', times: 1, fault: fails }]);
    const broken = await scene.apply();
    expect(broken.exit, broken.text).toBe(5);
    expect(scene.header(first)).toMatchObject({ state: 'partly-applied' });
    expect(bodyOf(scene, first)).toContain('Run the workflow again to apply what is left');
    // The record is at the tip now; the next pull request is merged after it.
    const second = await mergeRaise(scene, { alpha: '$120', beta: '$130' }, 'second');
    const finished = await scene.apply();
    expect(finished.exit, finished.text).toBe(0);
    expect(scene.limits()).toMatchObject({ alpha: 120, beta: 130 });
    for (const pull of [first, second]) expect(scene.header(pull)).toMatchObject({ state: 'applied' });
  });

  it('does not leave "applying" behind when it wrote nothing', async () => {
    const scene = await startApplied();
    const pull = await mergeRaise(scene, { alpha: '$120' });
    scene.emulator.setFaults([{ fault: { kind: 'status', status: 401 } }]);
    expect((await scene.apply()).error).not.toBeNull();
    expect(scene.header(pull)).toMatchObject({ state: 'refused' });
    scene.emulator.setFaults([]);
    expect((await scene.apply()).exit).toBe(0);
    expect(scene.header(pull)).toMatchObject({ state: 'applied' });
  });

  it.each([
    ['cancelled', { status: 'completed', conclusion: 'cancelled' }, 0],
    ['under way', { status: 'in_progress' }, null],
    ['cancelled and tried again, the new attempt being under way,', { attempt: 2, status: 'in_progress' }, 0],
    ['tried again while the first attempt still writes', { attempt: 2, earlierStatus: 'in_progress' }, null],
  ])('trust-E2: and is %s holds its claim accordingly', async (_state, run, exit) => {
    const scene = await startApplied();
    await mergeRaise(scene, { alpha: '$120' });
    const directory = clone(scene.remote);
    const env = bareEnvironment(makeFolder());
    const store = createGitRefStore({ directory, env, ref: 'refs/tollgate/production' });
    const stored = await store.read();
    if (stored === null) throw new Error('there is no record');
    const startedAt = stored.record.appliedAt;
    const leaseUntil = '2999-01-01T00:00:00.000Z';
    const claim = { run: 'github:777.1', by: 'engineer-1', startedAt, leaseUntil, digest: 'a'.repeat(64), changes: [] };
    await store.write({ ...stored.record, claim }, stored.token, 'claim');
    scene.github.addWorkflowRun({ id: 777, headSha: git(scene.remote, 'rev-parse', 'main'), ...run });
    const ran = await scene.apply();
    expect(ran.exit, ran.text).toBe(exit);
    expect(scene.limits()).toMatchObject({ alpha: exit === 0 ? 120 : 100 });
    if (exit === null) expect(ran.text).toContain('github:777.1');
    expect(ran.text).not.toContain(adminKey);
  });
});

describe('a run that is repeated', () => {
  it('overwrites neither the comment nor the labels of a newer head', async () => {
    const scene = await startApplied();
    const pull = scene.open('change', team({ ...all('$100'), alpha: '$120' }));
    await scene.plan(pull);
    const old = scene.lastRun();
    const oldMerge = git(scene.remote, 'rev-parse', `refs/pull/${pull}/merge`);
    const event = scene.github.eventPayload('pull_request', { action: 'synchronize', number: pull });
    scene.github.pushTo({ branch: 'change', user: 'author', files: team({ ...all('$100'), alpha: '$50' }) });
    const newer = await scene.plan(pull);
    const labels = () => [...scene.github.pullRequest(pull).labels];
    expect(labels()).toEqual(['tollgate:tighten']);
    const again = await scene.act('pull_request', { action: 'synchronize', number: pull }, oldMerge, {
      runId: old,
      attempt: 2,
      payload: (payload) => Object.assign(payload, event),
    });
    expect(again.exit).toBe(0);
    expect(scene.header(pull)).toMatchObject({ digest: newer.outputs.digest });
    expect(labels()).toEqual(['tollgate:tighten']);
  });

  it('after the merge, as of a late review, leaves the outcome where it is', async () => {
    const scene = await startApplied();
    const pull = await mergeRaise(scene, { alpha: '$120' });
    await scene.apply();
    const review = scene.github.review({ pull, user: 'reviewer', state: 'APPROVED', body: 'fine' });
    const event = { action: 'submitted', review: review.id } as const;
    const ran = await scene.act('pull_request_review', event, 'main');
    expect(ran.exit, ran.text).toBe(0);
    expect(scene.header(pull)).toMatchObject({ state: 'applied' });
  });
});

it('reads approvals from lines of reviews of every merged pull request', async () => {
  const scene = await startApplied({ org: '' });
  const pull = scene.open('fewer', team({ alpha: '$100' }));
  const planned = await scene.plan(pull);
  expect(planned.exit).toBe(3);
  const body = `/tollgate allow deletes=3@${planned.outputs.digest?.slice(0, 8)}`;
  scene.github.review({ pull, user: 'reviewer', state: 'APPROVED', body });
  scene.github.merge({ pull, method: 'rebase', user: 'reviewer' });
  const applied = await scene.apply();
  expect(applied.exit, applied.text).toBe(0);
  expect(scene.limits()).toEqual({ alpha: 100 });
});
