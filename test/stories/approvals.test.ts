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

test('a team is whoever is in it when it is applied, and one that cannot be read closes the door', async () => {
  const rule = '    - { above: "$1,000 per 30 days", by: ["@example/finance"] }\n';
  const scene = await startApplied({ org: orgOf(rule), teams: { finance: ['third'] } });
  const pull = scene.merge('more', team({ ...all('$100'), alpha: '$1500' }));
  scene.approve(pull, 'third');
  const blind = await scene.apply({ withoutTeams: true });
  expect(blind.exit, blind.text).toBe(4);
  expect(blind.text).toContain('who is in @example/finance could not be read');
  const [finance] = scene.github.repository().teams;
  if (finance === undefined) throw new Error('no team');
  Object.assign(finance, { members: [], slug: 'money' });
  const renamed = await scene.apply();
  expect(renamed.exit, renamed.text).toBe(4);
  expect(renamed.text).toContain('GitHub answered 404');
  finance.slug = 'finance';
  const left = await scene.apply();
  expect(left.exit, left.text).toBe(4);
  expect(left.text).toContain(`waits for @example/finance on pull request #${pull}`);
  scene.github.repository().teams.push({ slug: 'controllers', parent: 'finance', members: ['third'] });
  const nested = await scene.apply();
  expect(nested.exit, nested.text).toBe(0);
  expect(scene.limits()).toMatchObject({ alpha: 1500 });
  expect(scene.github.violations).toEqual([]);
});
