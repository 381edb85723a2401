/** What each pull request is told, whatever becomes of the run: in its comment, its check, its labels and the step summary. */

import { describe, expect, test } from 'vitest';
import { workspaceFile } from '../helpers/world.ts';
import { files, type MemoryScene, recordRef, startMemoryScene } from './memory-scene.ts';
import { all } from './scene.ts';

const withAmounts = (amounts: Record<string, string>) => files({ ...all('$100'), ...amounts });
const isDown = [{ fault: { kind: 'status', status: 503 } as const }];
/** The announcement arrives, the outcome does not. */
const losesOutcomes = (): MemoryScene['failing'] => {
  let count = 0;
  return (method) => (method === 'updateComment' && ++count > 1 ? 'the outcome' : undefined);
};
const losesComments: MemoryScene['failing'] = (method) => (method === 'updateComment' ? 'comments' : undefined);

describe('a head without a plan', () => {
  test('mistakes-E3: takes the plan of an older head out of comment and labels, and says why', async () => {
    const scene = await startMemoryScene();
    const pull = scene.open(withAmounts({ alpha: '$120' }));
    await scene.plan(pull);
    expect(scene.labels.get(pull)).toEqual(['tollgate:loosen']);
    scene.world.amend(pull, files({ alpha: '$50' }));
    scene.emulator.setFaults(isDown);
    const ran = await scene.plan(pull);
    expect(ran.exit, ran.summary).toBe(6);
    const head = scene.world.headOf(pull);
    expect(scene.header(pull)).toMatchObject({ state: 'unplanned', head, digest: null });
    expect(scene.body(pull)).toContain('no plan for this head');
    expect(scene.body(pull)).toContain('503');
    expect(scene.body(pull)).not.toContain('$120');
    expect(scene.labels.get(pull)).toEqual([]);
    expect(scene.checks.at(-1)).toMatchObject({ head, conclusion: 'failure', title: 'no plan for this head' });
    // The same once the service is back.
    scene.emulator.setFaults([]);
    await scene.plan(pull);
    expect(scene.header(pull)).toMatchObject({ state: 'planned', head });
    expect(scene.labels.get(pull)).toContain('tollgate:delete');
  });

  test('mistakes-E3: is told for the first push too, and for a record that cannot be read', async () => {
    const scene = await startMemoryScene();
    const pull = scene.open(withAmounts({ alpha: '$120' }));
    const version = scene.records.get(recordRef);
    if (version === undefined) throw new Error('there is no record');
    const { record } = version;
    scene.records.set(recordRef, {
      ...version,
      record: { ...record, organisation: record.organisation.replace(/^./, 'f') },
    });
    const ran = await scene.plan(pull);
    expect(ran.failure).not.toBeNull();
    expect(scene.comments.get(pull)).toHaveLength(1);
    expect(scene.checks.at(-1)).toMatchObject({ conclusion: 'failure' });
  });

  test('mistakes-I7: is one that was made before others applied: no plan, no words, and a way that helps', async () => {
    const scene = await startMemoryScene();
    const pull = scene.open(withAmounts({ alpha: '$120' }));
    const first = await scene.start(pull);
    await scene.plan(first);
    const { lastRun } = scene;
    await scene.merge(withAmounts({ epsilon: '$5' }));
    expect((await scene.apply()).exit).toBe(0);
    const again = await scene.plan(first, { id: lastRun, attempt: 2 });
    expect(again.exit, again.summary).toBe(4);
    expect(again.failure).toContain('Update the branch');
    expect(again.failure).toContain('running this again cannot help');
    expect(scene.header(pull)).toMatchObject({ state: 'unplanned' });
    expect(scene.body(pull) + again.summary).not.toMatch(/epsilon|tollgate allow/);
    scene.world.amend(pull, withAmounts({ alpha: '$120', epsilon: '$5' }), { merges: scene.world.main });
    expect((await scene.plan(pull)).exit).toBe(0);
    expect(scene.header(pull)).toMatchObject({ state: 'planned' });
  });
});

describe('a plan that comes late', () => {
  test.each([
    ['merged', false, false],
    ['merged while the service is down', false, true],
    ['merged and applied', true, false],
  ])('mistakes-I6: is not posted once its pull request is %s', async (_state, isApplied, isServiceDown) => {
    const scene = await startMemoryScene();
    const pull = scene.open(withAmounts({ alpha: '$120' }));
    const late = await scene.start(pull);
    scene.world.review(pull, 'bob');
    scene.world.merge(pull);
    if (isApplied) await scene.apply();
    const before = scene.body(pull);
    if (isServiceDown) scene.emulator.setFaults(isDown);
    const ran = await scene.plan(late);
    expect(ran.exit, ran.summary).toBe(0);
    expect(ran.failure).toBeNull();
    expect(ran.summary).toContain('is merged by now');
    expect(scene.body(pull)).toBe(before);
    expect(scene.checks).toEqual([]);
  });

  test('mistakes-I8: is newest by what was planned: a first run repeated after the run of a review has the last word', async () => {
    const scene = await startMemoryScene();
    const pull = scene.open(files({ alpha: '$100' }));
    const first = await scene.start(pull);
    expect((await scene.plan(first)).exit).toBe(3);
    const { lastRun } = scene;
    const [line = ''] = /\/tollgate allow deletes=3@[0-9a-f]{32}/.exec(scene.body(pull)) ?? [];
    scene.world.review(pull, 'bob');
    await scene.plan(pull);
    expect(scene.header(pull)).toMatchObject({ run: lastRun + 1 });
    scene.world.review(pull, 'carol', { body: line });
    const again = await scene.plan(first, { id: lastRun, attempt: 2 });
    expect(again.exit, again.summary).toBe(0);
    expect(scene.header(pull)).toMatchObject({ run: lastRun, attempt: 2, digest: again.outputs.digest });
    expect(scene.body(pull)).toContain('guard deletes allowed');
    expect(scene.checks.at(-1)).toMatchObject({ conclusion: 'success' });
  });

  test('mistakes-I8: says nothing in comment and labels of a head that is not the last', async () => {
    const scene = await startMemoryScene();
    const pull = scene.open(withAmounts({ alpha: '$120' }));
    const first = await scene.start(pull);
    scene.world.amend(pull, withAmounts({ alpha: '$50' }));
    await scene.plan(pull);
    const before = scene.body(pull);
    await scene.plan(first, { id: 1, attempt: 2 });
    expect(scene.body(pull)).toBe(before);
    expect(scene.labels.get(pull)).toEqual(['tollgate:tighten']);
    expect(scene.checks.at(-1)).toMatchObject({ head: first.head });
  });
});

describe('mistakes-I4: a comment in a passing state', () => {
  test('is visited by the next run, also by one that has nothing to apply', async () => {
    const scene = await startMemoryScene();
    const pull = await scene.merge(withAmounts({ alpha: '$120' }));
    scene.failing = losesOutcomes();
    const applied = await scene.apply();
    expect(applied.exit, applied.summary).toBe(0);
    expect(applied.warnings.join()).toContain(`#${pull}: the comment could not be written`);
    expect(scene.header(pull)).toMatchObject({ state: 'applying' });
    scene.failing = () => undefined;
    expect((await scene.apply()).summary).toContain('No changes: ');
    expect(scene.header(pull)).toMatchObject({ state: 'applied' });
    expect(scene.body(pull)).not.toMatch(/is applying|tollgate plan/);
  });

  test('is not forgotten by runs that cannot write either, whatever they apply', async () => {
    const scene = await startMemoryScene();
    const pull = await scene.merge(withAmounts({ alpha: '$120' }));
    scene.failing = losesOutcomes();
    await scene.apply();
    scene.failing = losesComments;
    const pulls = [pull];
    for (const beta of ['$130', '$140']) {
      pulls.push(await scene.merge(withAmounts({ alpha: '$120', beta })));
      expect((await scene.apply()).exit).toBe(0);
    }
    expect(scene.header(pull)).toMatchObject({ state: 'applying' });
    scene.failing = () => undefined;
    await scene.apply();
    for (const number of pulls) expect(scene.header(number), String(number)).toMatchObject({ state: 'applied' });
  });

  test('nor by a run whose list of comments failed, so that the plan still stands there', async () => {
    const scene = await startMemoryScene();
    const pull = await scene.merge(withAmounts({ alpha: '$120' }));
    scene.failing = (method) => (method === 'listComments' ? 'comments' : undefined);
    expect((await scene.apply()).exit).toBe(0);
    expect(scene.header(pull)).toMatchObject({ state: 'planned' });
    scene.failing = () => undefined;
    await scene.apply();
    expect(scene.header(pull)).toMatchObject({ state: 'applied' });
  });

  test.each([false, true])('is visited after a run that was killed; it is still under way: %s', async (isRunning) => {
    const scene = await startMemoryScene();
    const pull = await scene.merge(withAmounts({ alpha: '$120' }));
    scene.failing = losesOutcomes();
    expect((await scene.apply()).exit).toBe(0);
    scene.failing = () => undefined;
    // As if it had died after its last write: its claim stands in the record.
    const claimed = scene.records.get(recordRef)?.parent;
    if (claimed?.record.claim === undefined) throw new Error('there is no claim');
    scene.records.set(recordRef, claimed);
    const { lastRun } = scene;
    if (isRunning) scene.running.add(lastRun);
    const next = await scene.apply();
    expect(next.exit, next.summary).toBe(isRunning ? 4 : 0);
    expect(scene.header(pull)).toMatchObject(isRunning ? { state: 'applying', run: lastRun } : { state: 'applied' });
  });
});

describe('mistakes-I5: a pull request is told what became of its own entries', () => {
  test('where another one of the run is owed', async () => {
    const scene = await startMemoryScene();
    const one = await scene.merge(withAmounts({ alpha: '$120' }));
    const two = await scene.merge(withAmounts({ alpha: '$120', delta: '$140' }), { isApproved: false });
    const applied = await scene.apply();
    expect(applied.exit, applied.summary).toBe(4);
    expect(scene.header(one)).toMatchObject({ state: 'applied' });
    expect(scene.body(one)).toContain('1 of 1 applied');
    expect(scene.body(one)).not.toMatch(/\| delta|Owed/);
    expect(scene.header(two)).toMatchObject({ state: 'stale' });
    expect(scene.body(two)).toContain('it has no approving review');
    expect(scene.body(two)).not.toContain('| alpha');
    expect(applied.summary).toMatch(new RegExp(`\\[#${one}\\].*applied .*1 of 1`));
    expect(applied.summary).toMatch(new RegExp(`\\[#${two}\\].*owed`));
    const before = scene.body(one);
    scene.world.review(two, 'bob');
    expect((await scene.apply()).exit).toBe(0);
    expect(scene.header(two)).toMatchObject({ state: 'applied' });
    expect(scene.body(one)).toBe(before);
  });

  test('where the write of another one fails', async () => {
    const scene = await startMemoryScene();
    const one = await scene.merge(withAmounts({ alpha: '$120' }));
    const two = await scene.merge(withAmounts({ alpha: '$120', beta: '$130' }));
    const row = scene.emulator.store.state.usagePolicies.find(({ name }) => name === 'alpha');
    const put = { method: 'PUT', path: `/policies/usage-limits/${row?.id}` } as const;
    scene.emulator.setFaults([{ ...put, fault: { kind: 'status', status: 400 } }]);
    const broken = await scene.apply();
    expect(broken.exit, broken.summary).toBe(5);
    expect(scene.header(one)).toMatchObject({ state: 'failed' });
    expect(scene.body(one)).toContain('Run the workflow again');
    expect(scene.header(two)).toMatchObject({ state: 'applied' });
    expect(scene.body(two)).not.toMatch(/\| alpha|Run the workflow again/);
  });

  test('where a guard objects to another one', async () => {
    const scene = await startMemoryScene();
    const fewer = await scene.merge(files({ alpha: '$100' }));
    const raise = await scene.merge(files({ alpha: '$120' }));
    const refused = await scene.apply();
    expect(refused.exit, refused.summary).toBe(3);
    for (const pull of [fewer, raise]) expect(scene.header(pull)).toMatchObject({ state: 'refused' });
    expect(scene.body(fewer)).toMatch(/tollgate allow deletes=3/);
    expect(scene.body(raise)).toContain(`What stands in the way is of &#35;&#8203;${fewer}`);
  });

  test('where look-ups fail: that is an error, and no verdict on anybody', async () => {
    const scene = await startMemoryScene();
    const pull = await scene.merge(withAmounts({ alpha: '$120' }));
    scene.failing = (method) => (method === 'readPullReview' ? 'reviews' : undefined);
    const ran = await scene.apply();
    expect(ran.exit, ran.summary).toBe(6);
    expect(scene.header(pull)).toMatchObject({ state: 'failed' });
    expect(scene.body(pull)).toContain('could not be read');
    expect(scene.body(pull)).not.toContain('no approving review');
  });
});

describe('mistakes-I10: an apply that comes to nothing', () => {
  test('of two that are right alone and wrong together tells both, and the run that says so', async () => {
    const scene = await startMemoryScene();
    const both = ['x', 'y'].map((name) =>
      scene.open(files(all('$100'), { [`${name}.yaml`]: workspaceFile('ws-team-b') })),
    );
    for (const pull of both) await scene.plan(pull);
    for (const pull of both) {
      scene.world.review(pull, 'bob');
      scene.world.merge(pull);
    }
    const ran = await scene.apply();
    expect(ran.exit, ran.summary).toBe(1);
    for (const pull of both) {
      expect(scene.header(pull)).toMatchObject({ state: 'failed', run: scene.lastRun });
      expect(scene.body(pull)).toContain('1 error in the files');
      expect(scene.body(pull)).toContain('/policies/y.yaml#L');
      expect(scene.body(pull)).toContain(`/actions/runs/${scene.lastRun}`);
      expect(ran.summary).toContain(`[#${pull}]`);
    }
  });

  test('for a control plane that is down says so, in a new comment where there is none', async () => {
    const scene = await startMemoryScene();
    const planned = await scene.merge(withAmounts({ alpha: '$120' }));
    const unseen = await scene.merge(withAmounts({ alpha: '$120', beta: '$130' }), { isPlanned: false });
    scene.emulator.setFaults(isDown);
    const ran = await scene.apply();
    expect(ran.exit, ran.summary).toBe(6);
    for (const pull of [planned, unseen]) {
      expect(scene.header(pull)).toMatchObject({ state: 'failed', run: scene.lastRun });
      expect(scene.body(pull)).toContain('503');
    }
    scene.emulator.setFaults([]);
    expect((await scene.apply()).exit).toBe(0);
    for (const pull of [planned, unseen]) expect(scene.header(pull)).toMatchObject({ state: 'applied' });
  });

  test('is told in the summary where no comment can be made, and in none where none is wanted', async () => {
    const scene = await startMemoryScene();
    const locked = await scene.merge(withAmounts({ alpha: '$120' }), { isPlanned: false });
    scene.failing = (method) => (method === 'createComment' ? 'it is locked' : undefined);
    const ran = await scene.apply();
    expect(ran.exit, ran.summary).toBe(0);
    expect(ran.warnings.join()).toContain(`#${locked}: the comment could not be written`);
    expect(ran.summary).toMatch(new RegExp(`\\[#${locked}\\].*applied .*1 of 1`));
    scene.failing = () => undefined;
    scene.comment = 'never';
    scene.asked.splice(0);
    const silent = await scene.merge(withAmounts({ alpha: '$120', beta: '$130' }), { isPlanned: false });
    expect((await scene.apply()).summary).toContain(`[#${silent}]`);
    expect(scene.asked).not.toContain('listComments');
    expect(scene.comments.get(silent)).toBeUndefined();
  });

  test.each([
    ['without a record', false],
    ['with one that another key has sealed', true],
  ])('for want of a first word says so: %s', async (_what, hasRecord) => {
    const scene = await startMemoryScene();
    const pull = await scene.merge(withAmounts({ alpha: '$120' }));
    const version = scene.records.get(recordRef);
    if (version === undefined) throw new Error('there is no record');
    if (hasRecord) scene.records.set(recordRef, { ...version, seal: 'foreign', parent: null });
    else scene.records.delete(recordRef);
    const refused = await scene.apply();
    expect(refused.exit, refused.summary).toBe(3);
    expect(scene.header(pull)).toMatchObject({ state: 'refused' });
    expect(scene.body(pull)).toMatch(hasRecord ? /sealed with the key of this run/ : /there is no applied record/);
    const approve = refused.outputs.digest ?? '';
    // Whoever may not is told so, and nobody else is.
    const before = scene.body(pull);
    expect((await scene.dispatch({ approve })).exit).toBe(3);
    expect(scene.body(pull)).toBe(before);
    expect((await scene.dispatch({ approve }, 'owner')).exit).toBe(0);
    expect(scene.header(pull)).toMatchObject({ state: 'applied' });
  });

  test('leaves alone those whose entries are there already', async () => {
    const scene = await startMemoryScene();
    const done = await scene.merge(withAmounts({ alpha: '$120' }));
    await scene.apply();
    const owed = await scene.merge(withAmounts({ alpha: '$120', beta: '$130' }), { isApproved: false });
    await scene.apply();
    const before = scene.body(done);
    scene.emulator.setFaults(isDown);
    await scene.apply();
    expect(scene.header(owed)).toMatchObject({ state: 'failed' });
    expect(scene.body(done)).toBe(before);
  });
});

describe('mistakes-I16', () => {
  test('a default branch that was rewritten: the way out is one of the Action, and works', async () => {
    const scene = await startMemoryScene();
    const first = scene.world.main;
    await scene.merge(withAmounts({ alpha: '$120' }));
    expect((await scene.apply()).exit).toBe(0);
    scene.world.main = scene.world.commit(withAmounts({ alpha: '$130' }), [first]);
    const refused = await scene.apply();
    expect(refused.exit, refused.summary).toBe(4);
    expect(refused.failure).toContain('the default branch was rewritten');
    expect(refused.failure).not.toContain('this checkout');
    const [, approve = ''] = /approve: ([0-9a-f]{32})/.exec(refused.failure ?? '') ?? [];
    const [, allow = ''] = /allow: (rewind=1@[0-9a-f]{32})/.exec(refused.failure ?? '') ?? [];
    const pull = scene.open(withAmounts({ alpha: '$130', beta: '$130' }));
    expect((await scene.plan(pull)).failure).toContain('was rewritten');
    const done = await scene.dispatch({ approve, allow: [allow] }, 'owner');
    expect(done.exit, done.summary).toBe(0);
    expect(scene.limits()).toMatchObject({ alpha: 130 });
    expect((await scene.plan(pull)).exit).toBe(0);
    expect(scene.header(pull)).toMatchObject({ state: 'planned' });
  });

  test("a plan between another one's merge and its apply says what of it is not of this pull request", async () => {
    const scene = await startMemoryScene();
    await scene.merge(withAmounts({ alpha: '$120' }));
    const pull = scene.open(withAmounts({ alpha: '$120', beta: '$130' }));
    await scene.plan(pull);
    expect(scene.body(pull)).toMatch(/Not of this pull request, .*not applied yet: usage-policy\/ws-team-a\/alpha\./);
    // And one that was made from the branch as it was before.
    const behind = scene.open(withAmounts({ alpha: '$120', delta: '$90' }));
    const old = await scene.start(behind);
    expect(scene.body(pull)).not.toContain('have moved on');
    await scene.merge(withAmounts({ alpha: '$120', gamma: '$110' }));
    await scene.plan(old);
    expect(scene.body(behind)).toContain('have moved on since this was planned');
  });

  test('a default branch that is renamed before the apply keeps what was approved', async () => {
    const scene = await startMemoryScene();
    const pull = await scene.merge(withAmounts({ alpha: '$120' }));
    scene.branch = 'trunk';
    const applied = await scene.apply();
    expect(applied.exit, applied.summary).toBe(0);
    expect(scene.limits()).toMatchObject({ alpha: 120 });
    expect(scene.header(pull)).toMatchObject({ state: 'applied' });
  });

  test('of two applies at once the one that wrote speaks', async () => {
    const scene = await startMemoryScene();
    const pull = await scene.merge(withAmounts({ alpha: '$120' }));
    const ids = [scene.lastRun + 1, scene.lastRun + 2];
    const both = await Promise.all(ids.map((id) => scene.apply({ id })));
    expect(both.map(({ exit }) => exit)).toContain(0);
    expect(scene.limits()).toMatchObject({ alpha: 120 });
    expect(scene.comments.get(pull)).toHaveLength(1);
    expect(scene.header(pull)).toMatchObject({ state: 'applied' });
  });
});

test('mistakes-I3: a look-up that failed is not told as an absence', async () => {
  const scene = await startMemoryScene();
  await scene.merge(withAmounts({ alpha: '$120' }));
  scene.records.delete(recordRef);
  scene.failing = (method) => (method === 'listPullsOfCommits' ? 'commits' : undefined);
  const refused = await scene.apply();
  expect(refused.exit).toBe(3);
  expect(refused.summary).not.toContain('pushed by hand');
});

describe('mistakes-I2: a word is of a request, not of one run', () => {
  const wordsIn = (text: string): string => (text.match(/\/tollgate allow \S+@[0-9a-f]{32}/g) ?? []).join('\n');
  /** With the guards that are on by themselves. */
  const plain = (amounts: Record<string, string>) => files(amounts, {}, '');

  test('a lifted guard whose apply failed half-way is still lifted for what is left', async () => {
    const scene = await startMemoryScene(plain(all('$100')));
    const pull = scene.open(plain({ alpha: '$100' }));
    await scene.plan(pull);
    scene.world.review(pull, 'bob', { body: wordsIn(scene.body(pull)) });
    scene.world.merge(pull);
    const fault = { kind: 'status', status: 400 } as const;
    scene.emulator.setFaults([{ method: 'DELETE', path: '/policies/usage-limits/*', times: 1, fault }]);
    const broken = await scene.apply();
    expect(broken.exit, broken.summary).toBe(5);
    expect(scene.header(pull)).toMatchObject({ state: 'partly-applied' });
    expect(scene.body(pull)).toContain('2 of 3 applied');
    const again = await scene.apply();
    expect(again.exit, again.summary).toBe(0);
    expect(scene.limits()).toEqual({ alpha: 100 });
    expect(scene.header(pull)).toMatchObject({ state: 'applied' });
  });

  test.each([
    ['before', ['fewer', 'raise']],
    ['after', ['raise', 'fewer']],
  ])('a lifted and a harmless pull request are applied together, the lifted one merged %s', async (_when, order) => {
    const scene = await startMemoryScene(plain(all('$100')));
    const b = (amount: string) =>
      workspaceFile('ws-team-b', `policies:\n  cap: {budget: ${amount}, reset: monthly, per: workspace_id}\n`);
    const changed = { fewer: plain({ alpha: '$100' }), raise: { ...plain(all('$100')), 'b.yaml': b('$10') } };
    const pulls = order.map((name) => scene.open(changed[name as keyof typeof changed]));
    for (const pull of pulls) {
      await scene.plan(pull);
      scene.world.review(pull, 'bob', { body: wordsIn(scene.body(pull)) });
    }
    for (const pull of pulls) scene.world.merge(pull);
    const applied = await scene.apply();
    expect(applied.exit, applied.summary).toBe(0);
    expect(scene.limits()).toEqual({ alpha: 100, cap: 10 });
    const [fewer, raise] = [pulls[order.indexOf('fewer')] ?? 0, pulls[order.indexOf('raise')] ?? 0];
    for (const pull of pulls) expect(scene.header(pull)).toMatchObject({ state: 'applied' });
    expect(scene.body(fewer)).toContain('guard deletes allowed');
    expect(scene.body(raise)).not.toMatch(/\*\*deletes\*\*|guard deletes/);
  });
});
