/** What a team of 0.1 has lying around when its Action moves on: workflow file, record, saved plans and words. */

import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { policies, type Scene, startScene } from '../action/scene.ts';
import { pushMain, runWorkflow } from '../docs/run-workflow.ts';
import { parseWorkflow } from '../docs/workflow.ts';
import { startRig } from '../helpers/rig.ts';
import { smallState, teamA, usagePolicyRow, uuid } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { git, makeFolder } from '../record/git-fixture.ts';

const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url));
/** The one that its page offered. */
const workflow = parseWorkflow(readFileSync(join(fixtures, 'earlier', 'workflow.yaml'), 'utf8'));
const settings = 'review:\n  drift: leave\n  guards:\n    spend_up: off\n';
const rows = [100, 200].map((amount, index) =>
  usagePolicyRow(`p${index + 1}`, uuid(101 + index), teamA, { credit_limit: amount }),
);
const filesOf = (amounts: Readonly<Record<string, string>>): Readonly<Record<string, string>> => ({
  'policies/a.yaml': workspaceFile('ws-team-a', policies(amounts)),
});

/** What 0.1 has applied and recorded, of this control plane and this repository. */
async function startEarlier(): Promise<Scene> {
  const files = { ...filesOf({ p1: '$100', p2: '$200' }), 'policies/org.yaml': orgFile(settings) };
  const scene = await startScene({ isSystemClock: true, files });
  scene.emulator.store.state.usagePolicies.push(...rows.map((row) => ({ ...row })));
  const folder = makeFolder();
  cpSync(join(fixtures, 'records', 'settings'), folder, { recursive: true });
  const path = join(folder, 'record.json');
  const said = JSON.parse(readFileSync(path, 'utf8')) as object;
  const own = { baseUrl: scene.emulator.url, commit: git(scene.remote, 'rev-parse', 'main') };
  writeFileSync(path, JSON.stringify({ ...said, ...own }));
  git(folder, 'init', '--quiet');
  git(folder, 'add', '--all', '--force');
  git(folder, 'commit', '--quiet', '-m', 'apply production');
  git(folder, 'push', '--quiet', scene.remote, 'HEAD:refs/tollgate/production');
  return scene;
}

function dispatch(scene: Scene, actor: string, inputs: Readonly<Record<string, string>>) {
  const headSha = git(scene.remote, 'rev-parse', 'main');
  const facts = { event: 'workflow_dispatch', status: 'in_progress', actor, triggeringActor: actor };
  // GitHub tells the second alone, and one of the last apply's own second is refused.
  scene.github.pass(1000);
  scene.github.addWorkflowRun({ id: scene.lastRun() + 1, headSha, ...facts });
  const payload = scene.github.eventPayload('workflow_dispatch', { inputs, ref: 'refs/heads/main' });
  return runWorkflow(scene, workflow, 'workflow_dispatch', payload, 'main', inputs);
}

test('the workflow of 0.1 over the record of 0.1: plans at once, applies after one dispatch of an administrator', async () => {
  const scene = await startEarlier();
  const { github } = scene;
  const raise = scene.open('raise', filesOf({ p1: '$120', p2: '$200' }));
  const opened = github.eventPayload('pull_request', { action: 'opened', number: raise });
  const planned = await runWorkflow(scene, workflow, 'pull_request', opened, 'raise');
  expect(planned.code, planned.log).toBe(0);
  expect(github.comments(raise)[0]?.body).toContain('not blocked');
  expect(planned.summary).toContain('review.require_reviewed_plan: false (filled in by 0.1) → default');
  // That job may not make labels; it did not have to.
  expect(planned.log).toContain('give the job issues: write');
  scene.approve(raise);
  github.merge({ pull: raise, method: 'squash', user: 'author' });
  const pushed = await runWorkflow(scene, workflow, 'push', pushMain(scene), 'main');
  expect(pushed.outputs['exit-code']).toBe('3');
  expect(pushed.log).toContain('no version of the applied record is sealed with the key of this run');
  expect(pushed.log).toContain('The holder of the key runs `tollgate apply`, or an administrator');
  const approve = /with approve: ([0-9a-f]{32})/.exec(pushed.summary)?.[1] ?? '';

  // Words as 0.1 printed them, and as now.
  const short = await dispatch(scene, 'owner', { approve: approve.slice(0, 8) });
  expect(short.outputs['exit-code']).toBe('1');
  expect(short.log).toContain('is not the digest of a plan: write its 32 hex digits or more');
  const byWriter = await dispatch(scene, 'reviewer', { approve });
  expect(byWriter.outputs['exit-code']).toBe('3');
  expect(byWriter.log).toContain('reviewer is not an administrator of the repository');
  expect(scene.limits()).toEqual({ p1: 100, p2: 200 });
  const sealed = await dispatch(scene, 'owner', { approve });
  expect(sealed.code, sealed.log).toBe(0);
  expect(scene.limits()).toEqual({ p1: 120, p2: 200 });

  // From then on as ever: what was reviewed is applied, deletes too, and nothing else.
  const next = scene.open('next', filesOf({ p1: '$130' }));
  scene.approve(next);
  github.merge({ pull: next, method: 'merge', user: 'author' });
  const applied = await runWorkflow(scene, workflow, 'push', pushMain(scene), 'main');
  expect(applied.code, applied.log).toBe(0);
  expect(scene.limits()).toEqual({ p1: 130 });
  const alone = scene.open('alone', filesOf({ p1: '$140' }));
  github.merge({ pull: alone, method: 'rebase', user: 'author' });
  const owed = await runWorkflow(scene, workflow, 'push', pushMain(scene), 'main');
  expect([owed.outputs['exit-code'], scene.limits()]).toEqual(['4', { p1: 130 }]);
  const schedule = github.eventPayload('schedule', { schedule: '17 * * * *' });
  const drifted = await runWorkflow(scene, workflow, 'schedule', schedule, 'main');
  expect(drifted.outputs['exit-code']).toBe('2');
  expect(github.violations).toEqual([]);
}, 300_000);

test('a plan that 0.1 saved is refused, with the way to a new one', async () => {
  const rig = await startRig({
    state: smallState({ usagePolicies: rows.map((row) => ({ ...row })) }),
    files: { 'org.yaml': orgFile(settings), 'a.yaml': workspaceFile('ws-team-a', policies({ p1: '$120' })) },
  });
  cpSync(join(fixtures, 'earlier', 'plan.json'), join(rig.folder, 'plan.json'));
  const ran = await rig.apply({ plan: ['plan.json'] });
  expect([ran.exit, ran.stderr]).toEqual([1, expect.stringContaining('it has format version 1')]);
  expect(ran.stderr).toContain('Make a new plan with `tollgate plan --out FILE`, and have that reviewed.');
  expect(rig.emulator.store.state.usagePolicies.map((row) => row.credit_limit)).toEqual([100, 200]);
  await rig.close();
});
