import { expect, test } from 'vitest';
import { all, startApplied, team } from './scene.ts';

test('what a second person has approved is applied on merge, and what nobody has approved is not', async () => {
  const scene = await startApplied();
  scene.merge('raise', team({ ...all('$100'), alpha: '$120' }));
  const applied = await scene.apply();
  expect(applied.exit, applied.text).toBe(0);
  expect(scene.limits()).toMatchObject({ alpha: 120 });
  const pull = scene.merge('more', team({ ...all('$100'), alpha: '$900' }), { approvedBy: null });
  const refused = await scene.apply();
  expect(refused.exit, refused.text).toBe(4);
  expect(refused.text).toContain(`pull request #${pull}: it has no approving review`);
  expect(scene.limits()).toMatchObject({ alpha: 120 });
  scene.approve(pull);
  const late = await scene.apply();
  expect(late.exit, late.text).toBe(0);
  expect(scene.limits()).toMatchObject({ alpha: 900 });
  expect(scene.github.violations).toEqual([]);
});
