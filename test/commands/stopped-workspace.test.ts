/** Errors about live things of one workspace: what is carried out beside it, and what is said. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { budgetsFile, outcomesOf, parseOutput, type Rig, startRig } from '../helpers/rig.ts';
import { keyRow, smallState, teamA, teamB, uuid } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

const twins = [uuid(31), uuid(32)].map((id) => keyRow('app', id, teamA));
const ofApp = 'policies:\n  spend:\n    match: {api_key: app}\n    budget: $5\n    reset: monthly\n    per: api_key\n';

let rig: Rig;
afterEach(() => rig.close());
beforeEach(async () => {
  rig = await startRig({
    state: smallState({ apiKeys: twins }),
    files: {
      'org.yaml': orgFile(),
      'a.yaml': workspaceFile('ws-team-a', ofApp),
      'b.yaml': budgetsFile({ other: 7 }, 'ws-team-b'),
    },
  });
});

const made = () => rig.emulator.store.state.usagePolicies.map(({ name, workspace_id }) => [name, workspace_id]);

test('mistakes-D7: plan shows what is done beside it, and ends as files with an error do', async () => {
  const ran = await rig.plan();
  expect(ran.exit).toBe(1);
  expect(ran.stdout).toMatch(/^policies\/a\.yaml:\d+:\d+ {2}ambiguous-name/);
  expect(ran.stdout).toContain('other');
  expect(ran.stdout).toMatch(/^production: nothing of ws-team-a is applied: its file has errors/m);
  expect(ran.stdout).not.toContain('not blocked');
  expect(parseOutput(await rig.plan({ format: 'json' }))).toMatchObject({
    ok: false,
    diagnostics: [{ code: 'ambiguous-name' }],
    changes: [{}],
  });
});

test('mistakes-D7: apply carries out the rest, and does not end as if all were done', async () => {
  const ran = await rig.apply();
  expect([ran.exit, made()]).toEqual([5, [['other', teamB]]]);
  expect(ran.stderr).toContain('ambiguous-name');
  expect(ran.stderr).toContain('nothing of workspace "ws-team-a" is applied');
  // Again: nothing is left to do, and it is still no success.
  const again = await rig.apply({ quiet: true });
  expect([again.exit, made().length]).toEqual([1, 1]);
  expect(again.stderr).toContain('ambiguous-name');
  expect(parseOutput(await rig.apply({ format: 'json' }))).toMatchObject({ ok: false });
  // Put right, it is applied as well.
  rig.emulator.store.state.apiKeys.pop();
  const right = await rig.apply({ format: 'json' });
  expect([right.exit, outcomesOf(right), made().length]).toEqual([0, [['spend', 'applied']], 2]);
});

test('mistakes-D7: --workspace leaves it alone, and so is not stopped by it', async () => {
  expect((await rig.plan({ workspace: ['ws-team-b'] })).exit).toBe(0);
  expect((await rig.apply({ workspace: ['ws-team-b'] })).exit).toBe(0);
  expect((await rig.plan({ workspace: ['ws-team-a'] })).exit).toBe(1);
});
