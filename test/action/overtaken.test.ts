/** What a comment must not claim: that something was applied which never was, or that it failed once it is there. */

import { describe, expect, test } from 'vitest';
import { files, type MemoryScene, recordRef, startMemoryScene } from './memory-scene.ts';
import { all } from './scene.ts';

const withAmounts = (amounts: Record<string, string>) => files({ ...all('$100'), ...amounts });
const plainBody = (scene: MemoryScene, pull: number): string =>
  scene.body(pull).replace(/&#(\d+);/g, (_, code) => (code === '8203' ? '' : String.fromCharCode(Number(code))));
const isDown = [{ fault: { kind: 'status', status: 503 } as const }];

describe('mistakes-I5: months: what was taken back before it was applied', () => {
  test.each([
    ['this run', false],
    ['the next one, as GitHub takes no comment,', true],
  ])('mistakes-I5: months: owed, then reverted: it was never applied, and %s says so', async (_which, isLater) => {
    const scene = await startMemoryScene();
    const one = await scene.merge(withAmounts({ alpha: '$200' }), { isApproved: false });
    expect((await scene.apply()).exit).toBe(4);
    expect(scene.header(one)).toMatchObject({ state: 'stale' });
    const two = await scene.merge(withAmounts({}));
    if (isLater) scene.failing = (method) => (method === 'updateComment' ? 'comments' : undefined);
    expect((await scene.apply()).exit).toBe(0);
    scene.failing = () => undefined;
    await scene.apply();
    expect(scene.limits()).toMatchObject({ alpha: 100 });
    expect(scene.header(one)).toMatchObject({ state: 'overtaken' });
    expect(plainBody(scene, one)).toMatch(
      isLater ? /Not said any more, as taken back by #2/ : /Never applied, as taken back by #2/,
    );
    expect(plainBody(scene, one)).not.toContain('tollgate applied');
    expect(scene.header(two)).toMatchObject({ state: 'applied' });
    const before = scene.body(one);
    await scene.merge(withAmounts({ beta: '$130' }));
    await scene.apply();
    await scene.apply();
    expect(scene.body(one)).toBe(before);
  });

  test('mistakes-I5: months: both merged before a run, a create and its delete, and a part of one', async () => {
    const scene = await startMemoryScene();
    const made = await scene.merge(withAmounts({ fresh: '$5', beta: '$130' }));
    await scene.merge(withAmounts({ beta: '$130' }));
    const ran = await scene.apply();
    expect(ran.exit, ran.summary).toBe(0);
    expect(scene.limits()).not.toHaveProperty('fresh');
    expect(scene.header(made)).toMatchObject({ state: 'partly-applied' });
    expect(plainBody(scene, made)).toMatch(/Never applied, as taken back by #2: usage-policy\/ws-team-a\/fresh/);
    const gone = await scene.merge(withAmounts({ beta: '$130', other: '$5' }));
    await scene.merge(withAmounts({ beta: '$130' }));
    const again = await scene.apply();
    expect(again.summary).toMatch(new RegExp(`\\[#${gone}\\].*overtaken: Never applied`));
    expect(scene.header(gone)).toMatchObject({ state: 'overtaken' });
  });

  test('mistakes-I5: months: what was applied and is changed by a later one stays applied', async () => {
    const scene = await startMemoryScene();
    const owed = await scene.merge(withAmounts({ delta: '$140' }), { isApproved: false });
    const one = await scene.merge(withAmounts({ delta: '$140', alpha: '$120' }));
    scene.failing = (method) => (method === 'updateComment' ? 'comments' : undefined);
    expect((await scene.apply()).exit).toBe(4);
    await scene.merge(withAmounts({ delta: '$140' }));
    scene.failing = () => undefined;
    expect((await scene.apply()).exit).toBe(4);
    expect(scene.header(one)).toMatchObject({ state: 'applied' });
    expect(scene.header(owed)).toMatchObject({ state: 'stale' });
  });
});

describe('mistakes-I4: months: a job that failed before its claim', () => {
  const elsewhere = { env: { PORTKEY_BASE_URL: 'http://127.0.0.1:10/v1' } };

  test('mistakes-I4: months: applied by hand since, the next job puts the comment right', async () => {
    const scene = await startMemoryScene();
    const pull = await scene.merge(withAmounts({ alpha: '$120' }));
    const failed = await scene.apply({ id: scene.lastRun + 1, ...elsewhere });
    expect(failed.exit, failed.summary).not.toBe(0);
    expect(scene.header(pull)).toMatchObject({ state: 'failed' });
    // An error and its advice are lines.
    expect(failed.failure).toContain('\n');
    for (const text of [scene.body(pull), failed.summary]) {
      expect(text).not.toMatch(/&#92;n|\\n/);
      expect(text).toContain('<br>');
    }
    expect(await scene.applyByHand()).toMatchObject({ exit: 0 });
    const next = await scene.apply();
    expect(next.summary).toContain('No changes: ');
    expect(scene.header(pull)).toMatchObject({ state: 'applied' });
  });

  test('mistakes-I4: months: also after two applies by hand, of which the second took it back', async () => {
    const scene = await startMemoryScene();
    const one = await scene.merge(withAmounts({ alpha: '$120' }));
    const two = await scene.merge(withAmounts({ alpha: '$120', beta: '$130' }));
    scene.emulator.setFaults(isDown);
    await scene.apply();
    scene.emulator.setFaults([]);
    expect(await scene.applyByHand()).toMatchObject({ exit: 0 });
    scene.world.push(withAmounts({ beta: '$130' }));
    expect(await scene.applyByHand()).toMatchObject({ exit: 0 });
    await scene.apply();
    expect(scene.header(one)).toMatchObject({ state: 'overtaken' });
    expect(plainBody(scene, one)).toMatch(/taken back by commit [0-9a-f]{8}/);
    expect(plainBody(scene, one)).not.toContain('Never applied');
    expect(scene.header(two)).toMatchObject({ state: 'applied' });
  });

  test('mistakes-I4: months: a first apply that was refused and then made by hand is told, too', async () => {
    const scene = await startMemoryScene();
    const pull = await scene.merge(withAmounts({ alpha: '$120' }));
    scene.records.delete(recordRef);
    expect((await scene.apply()).exit).toBe(3);
    expect(scene.header(pull)).toMatchObject({ state: 'refused' });
    expect(await scene.applyByHand()).toMatchObject({ exit: 0 });
    await scene.apply();
    expect(scene.header(pull)).toMatchObject({ state: 'applied' });
  });
});
