import { expect, test } from 'vitest';
import { all, startApplied, team } from '../action/scene.ts';

/** A team of three, and a rule over what costs much. */
const orgOf = (approvals: string, more = ''): string =>
  `review:\n  require_reviewed_plan: true\n  guards: { spend_up: off }\n${more}${approvals === '' ? '' : `  approvals:\n${approvals}`}`;
const above = '    - { above: "$1,000 per 30 days", by: ["@third"] }\n';

test('what rises above an amount waits for whom the rule names, and nothing else does', async () => {
  const scene = await startApplied({ org: orgOf(above) });
  const small = scene.merge('small', team({ ...all('$100'), alpha: '$900' }));
  const applied = await scene.apply();
  expect(applied.exit, applied.text).toBe(0);
  expect(scene.limits()).toMatchObject({ alpha: 900 });
  const pull = scene.merge('more', team({ ...all('$100'), alpha: '$1500' }));
  const held = await scene.apply();
  expect(held.exit, held.text).toBe(4);
  expect(held.text).toContain('waits for @third');
  expect(scene.limits()).toMatchObject({ alpha: 900 });
  scene.approve(pull, 'third');
  const late = await scene.apply();
  expect(late.exit, late.text).toBe(0);
  expect(scene.limits()).toMatchObject({ alpha: 1500 });
  expect(small).toBeGreaterThan(0);
  expect(scene.github.violations).toEqual([]);
});
