import { expect, test } from 'vitest';
import { all, policies, startApplied, startScene, team } from '../action/scene.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { git } from '../record/git-fixture.ts';

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

/** The organisation's file, to be merged. */
const withOrg = (text: string): Record<string, string> => ({ 'policies/org.yaml': orgFile(text) });
const owned = (amounts: Readonly<Record<string, string>>, owner: string): Record<string, string> => ({
  'policies/a.yaml': workspaceFile('ws-team-a', policies(amounts)).replace(/owner: .*/, `owner: "${owner}"`),
});

test('two pull requests that each raise by less are judged by what they come to', async () => {
  const scene = await startApplied({ org: orgOf(above) });
  scene.merge('first', team({ ...all('$100'), alpha: '$700' }));
  const pull = scene.merge('second', team({ ...all('$100'), alpha: '$1300' }));
  const held = await scene.apply();
  expect(held.exit, held.text).toBe(4);
  expect(held.text).toContain(
    `waits for @third on pull request #${pull} (ws-team-a/alpha: $1,300 > $1,000 per 30 days)`,
  );
  // Of the first, which says nothing of what it is now, nothing is asked; nor of who writes words beside it.
  scene.merge('words', {
    'policies/a.yaml': workspaceFile(
      'ws-team-a',
      policies({ ...all('$100'), alpha: '$1300\n    description: for search' }),
    ),
  });
  scene.approve(pull, 'third');
  const applied = await scene.apply();
  expect(applied.exit, applied.text).toBe(0);
  expect(scene.limits()).toMatchObject({ alpha: 1300 });
});

test.each([
  ['adds a login to it', orgOf('    - { above: "$1,000 per 30 days", by: ["@reviewer", "@third"] }\n')],
  ['takes it away', orgOf('')],
  ['raises its amount', orgOf('    - { above: "$9,000 per 30 days", by: ["@third"] }\n')],
  ['makes it one of a kind', orgOf('    - { above: "$1,000 per 30 days", by: ["@third"], kind: provider }\n')],
])('who raises an amount and %s in one pull request is judged by the rule as it was', async (_what, org) => {
  const scene = await startApplied({ org: orgOf(above) });
  const pull = scene.merge('both', { ...withOrg(org), ...team({ ...all('$100'), alpha: '$1500' }) });
  const held = await scene.apply();
  expect(held.exit, held.text).toBe(4);
  expect(held.text).toContain('waits for @third');
  expect(scene.limits()).toMatchObject({ alpha: 100 });
  // In a pull request of its own it needs the same word, or two who agree would do it in two steps.
  scene.merge('back', team(all('$100')));
  const still = await scene.apply();
  expect(still.exit, still.text).toBe(4);
  expect(still.text).toContain('the rule above $1,000 per 30 days: by @third');
  scene.merge('again', team({ ...all('$100'), alpha: '$1500' }));
  expect((await scene.apply()).exit).toBe(4);
  expect(scene.limits()).toMatchObject({ alpha: 100 });
  scene.approve(pull, 'third');
  const partly = await scene.apply();
  // The rule that is in force until now asks about the amount all the same.
  expect(partly.exit, partly.text).toBe(4);
  expect(scene.limits()).toMatchObject({ alpha: 100 });
  expect((await scene.apply()).exit).toBe(0);
  expect(scene.limits()).toMatchObject({ alpha: 1500 });
});

test('a rule that comes counts at once', async () => {
  const scene = await startApplied({ org: orgOf('') });
  scene.merge('both', { ...withOrg(orgOf(above)), ...team({ ...all('$100'), alpha: '$1500' }) });
  const held = await scene.apply();
  expect(held.exit, held.text).toBe(4);
  expect(held.text).toContain('waits for @third');
});

test('an owner is asked, the one who was and the one who is to be, and goes on their own word alone', async () => {
  const byOwner = orgOf('    - { owner: true }\n');
  const scene = await startApplied({ org: byOwner, files: owned(all('$100'), '@owner') });
  const pull = scene.merge('both', owned({ ...all('$100'), alpha: '$150' }, '@reviewer'));
  const held = await scene.apply();
  expect(held.exit, held.text).toBe(4);
  expect(held.text).toContain(`waits for @owner on pull request #${pull} (owner of ws-team-a)`);
  expect(held.text).toContain(`waits for @owner on pull request #${pull} (another owner)`);
  expect(scene.limits()).toMatchObject({ alpha: 100 });
  scene.approve(pull, 'owner');
  const applied = await scene.apply();
  expect(applied.exit, applied.text).toBe(0);
  scene.merge('next', owned({ ...all('$100'), alpha: '$200' }, '@reviewer'));
  expect((await scene.apply()).exit).toBe(0);
  expect(scene.limits()).toMatchObject({ alpha: 200 });
});

test('where merging is enough, what a rule asks about waits all the same', async () => {
  const scene = await startApplied({ org: orgOf(above, '  alone: true\n') });
  scene.merge('small', team({ ...all('$100'), alpha: '$900' }), { approvedBy: null });
  expect((await scene.apply()).exit).toBe(0);
  const pull = scene.merge('more', team({ ...all('$120'), alpha: '$1500' }), { approvedBy: null });
  const held = await scene.apply();
  expect(held.exit, held.text).toBe(4);
  expect(scene.limits()).toMatchObject({ alpha: 900, beta: 120 });
  scene.approve(pull, 'reviewer');
  expect((await scene.apply()).exit).toBe(4);
  scene.approve(pull, 'third');
  expect((await scene.apply()).exit).toBe(0);
  expect(scene.limits()).toMatchObject({ alpha: 1500 });
});

test('who dispatches has to be named, or those who are have to have reviewed', async () => {
  const scene = await startApplied({ org: orgOf(above) });
  const pull = scene.merge('more', team({ ...all('$100'), alpha: '$1500' }), { approvedBy: null });
  const approve = (await scene.apply()).outputs.digest ?? '';
  const refused = await scene.dispatch({ approve });
  expect(refused.exit, refused.text).toBe(3);
  expect(refused.text).toContain(`waits for @third on pull request #${pull}`);
  expect(scene.limits()).toMatchObject({ alpha: 100 });
  const applied = await scene.dispatch({ approve }, { actor: 'third' });
  expect(applied.exit, applied.text).toBe(0);
  expect(scene.limits()).toMatchObject({ alpha: 1500 });
});

test('the first apply is started by whom the rules name', async () => {
  const scene = await startScene({ org: orgOf(above), files: team(all('$2000')) });
  const approve = (await scene.apply()).outputs.digest ?? '';
  const refused = await scene.dispatch({ approve }, { actor: 'owner' });
  expect(refused.exit, refused.text).toBe(3);
  expect(refused.text).toContain('waits for @third');
  scene.github.repository().collaborators.set('third', 'admin');
  const applied = await scene.dispatch({ approve }, { actor: 'third' });
  expect(applied.exit, applied.text).toBe(0);
});

test('the comment names who is still to approve', async () => {
  const scene = await startApplied({ org: orgOf(above) });
  const pull = scene.open('more', team({ ...all('$100'), alpha: '$1500' }));
  await scene.plan(pull);
  const comment = (): string =>
    (scene.github.comments(pull)[0]?.body ?? '').replaceAll('&#64;&#8203;', '@').replaceAll('&#62;', '>');
  expect(comment()).toContain('Waits for: @third (ws-team-a/alpha: $1,500 > $1,000 per 30 days).');
  scene.approve(pull, 'third');
  await scene.plan(pull);
  expect(comment()).toContain('All whom `review.approvals` names have approved.');
  expect(comment()).not.toContain('Waits for');
});

test('a default that nobody has so far waits, and so does what comes of it', async () => {
  const star = (amount: string): Record<string, string> => ({
    'policies/b.yaml': workspaceFile('ws-team-b', `keys:\n  "*":\n    budget: ${amount}\n    reset: monthly\n`),
  });
  const scene = await startApplied({ org: orgOf(above), files: star('$100') });
  const pull = scene.merge('star', star('$5000'));
  const held = await scene.apply();
  expect(held.exit, held.text).toBe(4);
  expect(held.text).toContain(`waits for @third on pull request #${pull}`);
});

test('an older record that is put back does not know the rule, and the commits since it do', async () => {
  const scene = await startApplied({ org: orgOf('') });
  const ref = 'refs/tollgate/production';
  const older = git(scene.remote, 'rev-parse', ref).trim();
  scene.merge('rule', withOrg(orgOf(above)));
  expect((await scene.apply()).exit).toBe(0);
  git(scene.remote, 'update-ref', ref, older);
  scene.merge('both', { ...withOrg(orgOf('')), ...team({ ...all('$100'), alpha: '$1500' }) });
  const refused = await scene.apply();
  expect(refused.exit, refused.text).toBe(3);
  expect(refused.text).toContain('somebody may have put an older record back');
  expect(scene.limits()).toMatchObject({ alpha: 100 });
});
