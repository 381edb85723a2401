/** Roads past a review that the cases do not name: the same kinds, entered from elsewhere. */

import { expect, test } from 'vitest';
import { workspaceRow } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { git } from '../record/git-fixture.ts';
import { all, policies, startApplied, team } from './scene.ts';

test('trust-F10: a workspace named by its UUID in capitals is not out of sight', async () => {
  const scene = await startApplied();
  const id = 'ABCDEF00-0000-4000-8000-00000000ABCD';
  scene.emulator.store.state.workspaces.push(workspaceRow('ws-new', id.toLowerCase()));
  const file = (budget: string) => ({ 'policies/new.yaml': workspaceFile(id, policies({ omega: budget })) });
  const pull = scene.merge('new', file('$900'), { approvedBy: null });
  const ran = await scene.apply();
  expect([ran.exit, Object.keys(scene.limits())], ran.text).toEqual([4, expect.not.arrayContaining(['omega'])]);
  scene.approve(pull);
  expect((await scene.apply()).exit).toBe(0);
  expect(scene.limits()).toMatchObject({ omega: 900 });
});

test('trust-B3: who moves the branch by force cannot have what nobody can trace by a dispatch of their own', async () => {
  const scene = await startApplied();
  const root = git(scene.remote, 'rev-parse', 'main');
  scene.merge('lower', team({ ...all('$100'), alpha: '$90' }));
  expect((await scene.apply()).exit).toBe(0);
  const files = team({ ...all('$100'), alpha: '$900' });
  scene.github.pushTo({ branch: 'main', user: 'author', files, force: true, from: root });
  const refused = await scene.apply();
  expect(refused.exit, refused.text).toBe(4);
  const approve = refused.outputs.digest ?? '';
  const allow = [`rewind=1@${approve.slice(0, 32)}`];
  const ran = await scene.dispatch({ approve, allow }, { actor: 'author' });
  expect([ran.exit, scene.limits().alpha], ran.text).toEqual([3, 90]);
  expect(ran.failure).toContain('administrator');
  expect((await scene.dispatch({ approve, allow }, { actor: 'owner' })).exit).toBe(0);
});

test('trust-F10: a default that nobody approved does not reach a workspace whose file comes after the next apply', async () => {
  const judged = 'review: { require_reviewed_plan: true, guards: { spend_up: off } }\n';
  const orgOf = (budget: string) =>
    orgFile(`${judged}defaults:\n  policies:\n    cap: { budget: ${budget}, reset: monthly, per: workspace_id }\n`);
  const scene = await startApplied({ files: { 'policies/org.yaml': orgOf('$100') } });
  scene.emulator.store.state.workspaces.push(workspaceRow('ws-new', 'abcdef00-0000-4000-8000-00000000abcd'));
  const raise = scene.merge('raise', { 'policies/org.yaml': orgOf('$900') }, { approvedBy: null });
  expect((await scene.apply()).exit).toBe(4);
  scene.merge('new', { 'policies/new.yaml': workspaceFile('ws-new') });
  const ran = await scene.apply();
  expect(ran.exit, ran.text).toBe(4);
  const amounts = () =>
    scene.emulator.store.state.usagePolicies.flatMap((row) => (row.name === 'cap' ? row.credit_limit : []));
  expect(amounts()).toEqual([100]);
  scene.approve(raise);
  expect((await scene.apply()).exit).toBe(0);
  expect(amounts()).toEqual([900, 900]);
});

test('trust-F10: an entry that nobody approved does not come by the approved removal of one that is equal to it', async () => {
  const { alpha: _gone, ...others } = all('$100');
  const scene = await startApplied();
  const added = scene.merge('added', team({ ...all('$100'), omega: '$100' }), { approvedBy: null });
  expect((await scene.apply()).exit).toBe(4);
  // Together they are one rename in place.
  scene.merge('removed', team({ ...others, omega: '$100' }));
  const second = await scene.apply();
  expect([second.exit, Object.keys(scene.limits())], second.text).toEqual([4, ['alpha', 'beta', 'delta', 'gamma']]);
  expect(second.failure).toContain(`pull request #${added}: it has no approving review`);
  scene.approve(added);
  const late = await scene.apply();
  expect(late.exit, late.text).toBe(0);
  expect(Object.keys(scene.limits())).toEqual(['beta', 'delta', 'gamma', 'omega']);
});
