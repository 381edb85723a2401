/** Findings that a change brings along where it moves nothing live: a setting, or a line of the record. */

import { afterEach, expect, test } from 'vitest';
import { type Rig, startRig, succeed } from '../helpers/rig.ts';
import { smallState, teamA, teamB, workspaceRow } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

let rig: Rig;
afterEach(() => rig.close());

const spend = (more = '', budget = '$400'): string =>
  workspaceFile(
    'ws-team-a',
    `policies:\n  spend:\n    budget: ${budget}\n    reset: monthly\n    per: workspace_id\n${more}`,
  );
const groups = (...lines: readonly string[]): string =>
  orgFile(`groups:\n${lines.map((line) => `  ${line}\n`).join('')}`);
const group = (workspaces: string) => groups(`market: { workspaces: [${workspaces}], ceiling: $20000 }`);
const older = 'from before this change';

/** What was so before, and is not this change's. */
const idle = '  idle:\n    budget: $900\n    reset: monthly\n    per: workspace_id\n';

async function start(org = orgFile()): Promise<void> {
  const state = smallState({ workspaces: [workspaceRow('ws-team-a', teamA), workspaceRow('ws-team-b', teamB)] });
  rig = await startRig({ state, files: { 'org.yaml': org, 'a.yaml': spend(idle) } });
  await succeed(rig.apply());
}

test.each(['text', 'markdown'] as const)(
  'a group that names nobody is told of in the plan that brings it (%s)',
  async (format) => {
    await start();
    rig.write({ 'org.yaml': group('ws-team-a, ws-taem-b'), 'a.yaml': spend(idle) });
    const { exit, stdout } = await rig.plan({ format });
    expect([exit, stdout]).toEqual([0, expect.stringContaining('no live workspace is called')]);
    expect(stdout).toContain(`4 findings ${older}`);
    // Once it is applied it is nobody's news, and no other setting makes it any.
    await succeed(rig.apply());
    rig.write({
      'org.yaml': `${group('ws-team-a, ws-taem-b')}gateway: { usage_unit: cents }\n`,
      'a.yaml': spend(idle),
    });
    const { stdout: later } = await rig.plan({ format });
    expect(later).toContain(`5 findings ${older}`);
  },
);

test('a date that is over is told of where only the record learns of it', async () => {
  await start();
  rig.write({
    'org.yaml': orgFile(),
    'a.yaml': spend(`    until: { date: 2026-11-15, then: $400 }\n${idle}`, '$480'),
  });
  const { stdout } = await rig.plan();
  expect(stdout).toContain('is over since 15 Nov 2026');
  expect(stdout).toContain(`1 finding ${older}`);
});

test('two globs that meet on a live workspace are an error of the change that brings them', async () => {
  await start(group('"ws-team-*"'));
  rig.write({
    'org.yaml': groups('market: { workspaces: ["ws-team-*"], ceiling: $20000 }', 'teams: { workspaces: ["*-b"] }'),
    'a.yaml': spend(idle),
  });
  for (const verb of ['plan', 'apply'] as const) {
    const { exit, stdout, stderr } = await rig[verb]();
    expect([verb, exit]).toEqual([verb, 3]);
    expect(`${stdout}${stderr}`).toContain('workspace ws-team-b is in the groups "market" and "teams"');
  }
});

test('where somebody creates such a workspace no other change is stopped, nor called its cause', async () => {
  await start(groups('market: { workspaces: ["ws-team-*"] }', 'c: { workspaces: ["*-c"] }'));
  rig.emulator.store.state.workspaces.push(workspaceRow('ws-team-c', '00000000-0000-4000-8000-0000000000cc'));
  const { exit, stdout } = await rig.plan();
  expect(exit).toBe(0);
  expect(stdout).not.toContain('is in the groups');
  const { stdout: all } = await rig.plan({ verbose: true });
  expect(all).toContain('workspace ws-team-c is in the groups "c" and "market"');
});

test('without a record nothing is from before', async () => {
  await start(groups('market: { workspaces: [ws-taem-b] }'));
  const recordFile = `${rig.folder}/other.json`;
  const { stdout } = await rig.plan({ recordFile });
  expect(stdout).not.toContain(older);
  expect(stdout).toContain('no live workspace is called "ws-taem-b"');
  rig.write({
    'org.yaml': groups('market: { workspaces: ["ws-team-*"] }', 'teams: { workspaces: ["*-b"] }'),
    'a.yaml': spend(idle),
  });
  const both = await rig.plan({ recordFile });
  expect([both.exit, both.stdout]).toEqual([3, expect.stringContaining('is in the groups "market" and "teams"')]);
});

test('a file that adopts what is live brings its findings along', async () => {
  await start();
  rig.emulator.store.state.workspaces.push(workspaceRow('ws-team-d', '00000000-0000-4000-8000-0000000000dd'));
  const state = rig.emulator.store.state;
  const [row] = state.usagePolicies;
  if (row === undefined) throw new Error('no policy');
  for (const [index, name] of ['one', 'two'].entries())
    state.usagePolicies.push({
      ...row,
      id: `00000000-0000-4000-8000-000000000d0${index}`,
      name,
      workspace_id: '00000000-0000-4000-8000-0000000000dd',
      credit_limit: 40 + index,
    });
  rig.write({
    'org.yaml': orgFile(),
    'a.yaml': spend(idle),
    'd.yaml': workspaceFile(
      'ws-team-d',
      'policies:\n  one:\n    budget: $40\n    reset: monthly\n    per: workspace_id\n  two:\n    budget: $41\n    reset: monthly\n    per: workspace_id\n',
    ),
  });
  const { stdout } = await rig.plan();
  expect(stdout).toContain('adopts');
  expect(stdout).toContain('duplicate-limit (O5) two (ws-team-d)');
  expect(stdout).toContain(`4 findings ${older}`);
});
