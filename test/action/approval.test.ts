/** What an apply of the Action does on whose word, and what becomes of it: merges of all kinds, first applies, runs that broke. */

import { describe, expect, it, test } from 'vitest';
import { createGitRefStore } from '../../src/record/git-ref.ts';
import { adminKey, orgFile } from '../helpers/world.ts';
import { bareEnvironment, clone, git, makeFolder } from '../record/git-fixture.ts';
import { all, type Scene, startApplied, startScene, team } from './scene.ts';

/** One pull request that raises budgets: planned, approved, merged. */
async function mergeRaise(scene: Scene, amounts: Record<string, string>, branch = 'raise'): Promise<number> {
  const pull = scene.open(branch, team({ ...all('$100'), ...amounts }));
  await scene.plan(pull);
  scene.approve(pull);
  scene.github.merge({ pull, method: 'squash', user: 'author' });
  return pull;
}

const bodyOf = (scene: Scene, pull: number): string => scene.github.comments(pull)[0]?.body ?? '';

describe('a merged pull request', () => {
  it.each(['merge', 'squash', 'rebase'] as const)('is applied as it was approved after a %s', async (method) => {
    const scene = await startApplied();
    const pull = scene.open('raise', team({ ...all('$100'), alpha: '$120' }));
    scene.github.pushTo({ branch: 'raise', user: 'author', files: team({ ...all('$100'), alpha: '$130' }) });
    const planned = await scene.plan(pull);
    expect(bodyOf(scene, pull)).toContain('Not approved so far');
    scene.approve(pull);
    // Something else has come to main meanwhile.
    scene.github.pushTo({ branch: 'main', user: 'author', files: { 'README.md': 'hello\n' } });
    scene.github.merge({ pull, method, user: 'author' });
    const before = scene.github.requests.length;
    const applied = await scene.apply();
    expect(applied.exit, applied.text).toBe(0);
    expect(scene.github.requests.length - before).toBeLessThanOrEqual(10);
    expect(scene.limits()).toMatchObject({ alpha: 130, beta: 100 });
    expect(scene.header(pull)).toMatchObject({ state: 'applied' });
    expect(bodyOf(scene, pull)).toContain('1 of 1 applied');
    expect(planned.exit).toBe(0);
    expect(scene.github.violations).toEqual([]);
  });

  it('is applied without those of the window that nobody approved, which stay owed', async () => {
    const scene = await startApplied();
    scene.merge('one', team({ ...all('$100'), alpha: '$120' }));
    const two = scene.merge('two', team({ ...all('$100'), alpha: '$120', delta: '$140' }), { approvedBy: null });
    const applied = await scene.apply();
    expect(applied.exit, applied.text).toBe(4);
    expect(scene.limits()).toMatchObject({ alpha: 120, delta: 100 });
    expect(applied.text).toContain(`#${two}`);
    expect(applied.failure).toContain(`usage-policy/ws-team-a/delta: pull request #${two}: it has no approving review`);
    // The record is at the tip by now; what is owed still has a window of its own.
    expect((await scene.apply()).exit).toBe(4);
    scene.approve(two);
    expect((await scene.apply()).exit).toBe(0);
    expect(scene.limits()).toMatchObject({ delta: 140 });
  });

  it('lifts a guard by the line of a reviewer, copied from the comment', async () => {
    const scene = await startApplied();
    const pull = scene.open('fewer', team({ alpha: '$100' }));
    expect((await scene.plan(pull)).exit).toBe(3);
    const [line = ''] = /\/tollgate allow deletes=3@[0-9a-f]{32}/.exec(bodyOf(scene, pull)) ?? [];
    scene.approve(pull);
    scene.github.merge({ pull, method: 'rebase', user: 'author' });
    const refused = await scene.apply();
    expect(refused.exit).toBe(3);
    expect(refused.failure).toContain(`${line} (#${pull})`);
    scene.approve(pull, 'reviewer', `Agreed with finance.\n\n${line}\n`);
    const applied = await scene.apply();
    expect(applied.exit, applied.text).toBe(0);
    expect(scene.limits()).toEqual({ alpha: 100 });
  });
});

test('trust-B4: what comments, checks and artifacts say permits nothing', async () => {
  const scene = await startApplied();
  const pull = scene.open('raise', team({ ...all('$100'), alpha: '$900' }));
  await scene.plan(pull);
  // The bot's own comment says whatever a workflow on any branch made it say.
  const [comment] = scene.github.comments(pull);
  scene.github.comment({ issue: pull, user: 'github-actions[bot]', body: comment?.body ?? '' });
  scene.github.merge({ pull, method: 'squash', user: 'author' });
  expect((await scene.apply()).exit).toBe(4);
  expect(scene.limits()).toMatchObject({ alpha: 100 });
});

test('trust-B8: whatever the event and whatever is checked out, the default branch is applied', async () => {
  const scene = await startApplied();
  scene.open('raise', team({ ...all('$100'), alpha: '$900' }));
  const inputs = { command: 'apply' } as const;
  const scheduled = await scene.act('schedule', { schedule: '17 * * * *' }, 'raise', { inputs });
  expect(scheduled.exit, scheduled.text).toBe(0);
  expect(scheduled.text).toContain('No changes: ');
  expect(scene.limits()).toMatchObject({ alpha: 100 });
});

test('trust-A5: a push never makes the first apply, and a deleted record stops it', async () => {
  const scene = await startApplied();
  git(scene.remote, 'update-ref', '-d', 'refs/tollgate/production');
  scene.merge('raise', team({ ...all('$100'), alpha: '$900' }));
  const refused = await scene.apply();
  expect(refused.exit).toBe(3);
  expect(refused.failure).toContain('record rebuild');
  expect(scene.limits()).toMatchObject({ alpha: 100 });
  const approve = refused.outputs.digest ?? '';
  const byWriter = await scene.dispatch({ approve });
  expect(byWriter.failure).toContain('is not an administrator');
  expect((await scene.dispatch({ approve }, { actor: 'owner' })).exit).toBe(0);
});

test('a first apply lists the settings that come into force and what was merged lately, before and after', async () => {
  const scene = await startScene({ org: 'review: { require_reviewed_plan: true, alone: true }\n' });
  const pull = scene.merge('raise', team({ ...all('$100'), alpha: '$900' }));
  const refused = await scene.apply();
  const applied = await scene.dispatch({ approve: refused.outputs.digest ?? '' }, { actor: 'owner' });
  expect(applied.exit, applied.text).toBe(0);
  for (const { summary } of [refused, applied]) {
    expect(summary).toMatch(/- review\.alone: .* → true/);
    expect(summary).toMatch(new RegExp(`- \`[0-9a-f]{8}\` #${pull} · author`));
    expect(summary).toContain('pushed by hand');
  }
  scene.merge('more', team({ ...all('$100'), alpha: '$950' }));
  expect((await scene.apply()).summary).not.toContain('merged into these files lately');
});

describe('workflow_dispatch', () => {
  test('trust-B3: does not count by who had a part, nor when such a person starts it again', async () => {
    const scene = await startApplied();
    scene.merge('raise', team({ ...all('$100'), alpha: '$900' }), { approvedBy: null });
    const approve = (await scene.apply()).outputs.digest ?? '';
    for (const more of [{ actor: 'author' }, { actor: 'reviewer', triggeringActor: 'author' }, { actor: 'guest' }]) {
      const refused = await scene.dispatch({ approve }, more);
      expect(refused.exit, refused.text).toBe(3);
      expect(scene.limits()).toMatchObject({ alpha: 100 });
    }
    const short = await scene.dispatch({ approve: approve.slice(0, 8) });
    expect(short.failure).toContain('32');
    const applied = await scene.dispatch({ approve });
    expect(applied.exit, applied.text).toBe(0);
    expect(scene.limits()).toMatchObject({ alpha: 900 });
  });

  test('trust-F7: counts once', async () => {
    const scene = await startApplied();
    scene.merge('raise', team({ ...all('$100'), alpha: '$900' }), { approvedBy: null });
    const approve = (await scene.apply()).outputs.digest ?? '';
    expect((await scene.dispatch({ approve })).exit).toBe(0);
    const runId = scene.lastRun();
    scene.merge('revert', team(all('$100')));
    scene.pass(60_000);
    expect((await scene.apply()).exit).toBe(0);
    scene.github.pushTo({ branch: 'main', user: 'author', files: team({ ...all('$100'), alpha: '$900' }) });
    const again = await scene.dispatch({ approve }, { runId, attempt: 2 });
    expect(again.exit, again.text).toBe(4);
    expect(scene.limits()).toMatchObject({ alpha: 100 });
  });
});

test('trust-F11: files come from the tip of the branch, not from what earlier steps left in the work tree', async () => {
  const scene = await startApplied();
  scene.merge('raise', team({ ...all('$100'), alpha: '$120' }));
  const applied = await scene.act('push', pushOf(scene), 'main', {
    inputs: { command: 'apply' },
    files: team({ ...all('$100'), alpha: '$900' }),
  });
  expect(applied.exit, applied.text).toBe(0);
  expect(scene.limits()).toMatchObject({ alpha: 120 });
});

function pushOf({ remote }: Scene) {
  return { pushed: { ref: 'refs/heads/main', before: '0'.repeat(40), after: git(remote, 'rev-parse', 'main') } };
}

test('one person with `alone` in force applies by merging, and the record says that nobody reviewed it', async () => {
  const scene = await startApplied({ org: 'review: { alone: true, guards: { spend_up: off } }\n' });
  scene.merge('raise', team({ ...all('$100'), alpha: '$120' }), { approvedBy: null });
  const applied = await scene.apply();
  expect(applied.exit, applied.text).toBe(0);
  expect(scene.limits()).toMatchObject({ alpha: 120 });
  const store = createGitRefStore({
    directory: clone(scene.remote),
    env: bareEnvironment(makeFolder()),
    ref: 'refs/tollgate/production',
  });
  expect((await store.read())?.record).toMatchObject({ way: 'merge', unreviewed: true });
});

test('trust-F10: a pull request that nobody approved brings no setting into force', async () => {
  const scene = await startApplied();
  const org = orgFile('review: { alone: true }\n');
  scene.merge('alone', { 'policies/org.yaml': org }, { approvedBy: null });
  expect((await scene.apply()).exit).toBe(4);
  scene.merge('raise', team({ ...all('$100'), alpha: '$900' }), { approvedBy: null });
  expect((await scene.apply()).exit).toBe(4);
  expect(scene.limits()).toMatchObject({ alpha: 100 });
});

describe('a run that broke', () => {
  it('is finished by the next one, with what was approved for it', async () => {
    const scene = await startApplied();
    const first = await mergeRaise(scene, { alpha: '$120' });
    const fails = { kind: 'status', status: 400 } as const;
    scene.emulator.setFaults([{ method: 'PUT', path: '/policies/usage-limits/*', times: 1, fault: fails }]);
    const broken = await scene.apply();
    expect(broken.exit, broken.text).toBe(5);
    expect(scene.header(first)).toMatchObject({ state: 'failed' });
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
    expect((await scene.apply()).failure).not.toBeNull();
    expect(scene.header(pull)).toMatchObject({ state: 'failed' });
    scene.emulator.setFaults([]);
    expect((await scene.apply()).exit).toBe(0);
    expect(scene.header(pull)).toMatchObject({ state: 'applied' });
  });

  it.each([
    ['cancelled', { status: 'completed', conclusion: 'cancelled' }, 0],
    ['under way', { status: 'in_progress' }, 4],
  ])('and is %s holds its claim accordingly', async (_state, run, exit) => {
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
    if (exit === 4) expect(ran.text).toContain('github:777.1');
    expect(ran.text).not.toContain(adminKey);
  });
});

test('trust-D7: a claim that nobody can tell the end of is not taken over by who may not write', async () => {
  const scene = await startApplied();
  await mergeRaise(scene, { alpha: '$120' });
  const env = bareEnvironment(makeFolder());
  const store = createGitRefStore({ directory: clone(scene.remote), env, ref: 'refs/tollgate/production' });
  const stored = await store.read();
  if (stored === null) throw new Error('there is no record');
  const { commit, appliedAt: startedAt, ...rest } = stored.record;
  // GitHub has never heard of that run.
  const claim = { run: 'github:777.1', by: 'x', startedAt, leaseUntil: startedAt, digest: 'a'.repeat(64), changes: [] };
  const leaseUntil = new Date(Date.parse(startedAt) + 3_000_000).toISOString();
  const held = { ...rest, commit, appliedAt: startedAt, claim: { ...claim, leaseUntil } };
  await store.write(held, stored.token, 'claim');
  const takeOver = 'github:777.1';
  expect((await scene.dispatch({ takeOver }, { actor: 'guest' })).failure).toContain('may not write');
  expect(scene.limits()).toMatchObject({ alpha: 100 });
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
