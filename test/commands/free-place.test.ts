/** What a run writes to a file that a flag names takes the place of nothing else that it reads. */

import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runPlan } from '../../src/commands/plan.ts';
import { budgetRows, budgetsFile, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { testSession } from '../helpers/session.ts';
import { smallState, teamA } from '../helpers/state.ts';
import { orgFile } from '../helpers/world.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig({
    state: smallState({ usagePolicies: budgetRows({ p1: 100 }, teamA) }),
    files: { 'org.yaml': orgFile(), 'a.yaml': budgetsFile({ p1: 100 }), 'notes.txt': 'notes' },
  });
  await succeed(rig.apply());
});
afterEach(() => rig.close());

const within = (...names: string[]): string => join(rig.folder, ...names);

test('plan --out takes the place of no policy file, under whatever name', async () => {
  symlinkSync('policies', within('link'));
  symlinkSync('policies/a.yaml', within('plan.json'));
  writeFileSync(within('policies', 'base'), budgetsFile({}, 'ws-team-b'));
  symlinkSync('base', within('policies', 'b.yaml'));
  symlinkSync('later.json', within('policies', 'c.yaml'));
  mkdirSync(within('policies', 'deep'));
  const requests = rig.emulator.requests.total;
  const texts = ['org.yaml', 'a.yaml', 'base'].map((name) => readFileSync(within('policies', name), 'utf8'));
  for (const out of [
    'policies/org.yaml',
    'policies/new.yaml',
    'policies/deep/NEW.YML',
    'policies/../policies/new.yml',
    'link/org.yaml',
    'plan.json',
    within('policies', 'new.yaml'),
    'policies/base',
    'policies/c.yaml',
  ]) {
    const ran = await rig.plan({ out });
    expect([out, ran.exit, ran.stdout]).toEqual([out, 1, '']);
    expect(ran.stderr).toContain(`error: --out ${out}: that is where policy files are`);
  }
  expect(rig.emulator.requests.total).toBe(requests);
  expect(['org.yaml', 'a.yaml', 'base'].map((name) => readFileSync(within('policies', name), 'utf8'))).toEqual(texts);
  for (const name of ['new.yaml', 'new.yml', 'later.json', 'deep/NEW.YML']) {
    expect(existsSync(within('policies', name))).toBe(false);
  }
});

test('plan --out takes the place neither of the record nor of what the emulator keeps', async () => {
  const record = readFileSync(rig.recordFile, 'utf8');
  symlinkSync('record.json', within('other.json'));
  for (const out of ['record.json', './record.json', 'other.json']) {
    const ran = await rig.plan({ out });
    expect([ran.exit, ran.stderr]).toEqual([1, expect.stringContaining('that is the applied record')]);
  }
  expect(readFileSync(rig.recordFile, 'utf8')).toBe(record);
  mkdirSync(within('state'));
  const state = within('state');
  for (const out of ['state/emulator-state.json', 'state/record.json', 'state/plan.json']) {
    const ran = await rig.plan({ out, backend: 'emulator', state, recordFile: undefined });
    expect([ran.exit, ran.stderr]).toEqual([1, expect.stringContaining('the emulator keeps its state in')]);
  }
});

test('plan --out still goes beside the files, and into their directory under another name', async () => {
  for (const out of ['plan.json', 'plan.yaml', 'policies/plan.json', 'policies/notes.txt']) {
    await succeed(rig.plan({ out }));
    expect(JSON.parse(readFileSync(within(out), 'utf8'))).toHaveProperty('digest');
  }
});

test('the record is not written among the policy files', async () => {
  for (const recordFile of [within('policies', 'record.yaml'), within('policies', 'org.yaml')]) {
    const ran = await rig.apply({ recordFile });
    expect([ran.exit, ran.stderr]).toEqual([1, expect.stringContaining('that is where policy files are')]);
  }
  expect(readFileSync(within('policies', 'org.yaml'), 'utf8')).toBe(orgFile());
});

test('a link that leads back to itself is said in words, wherever a flag names it', async () => {
  symlinkSync('loop', within('loop'));
  const words = 'a link there leads back to itself';
  for (const out of ['loop', 'loop/plan.json']) {
    const ran = await rig.plan({ out });
    expect([ran.exit, ran.stderr]).toEqual([1, expect.stringContaining(`cannot write ${out}: ${words}`)]);
  }
  expect((await rig.apply({ plan: ['loop'] })).stderr).toContain(`cannot read loop (${words})`);
  const session = testSession({ cwd: rig.folder, env: rig.env });
  const options = { mode: 'sync', only: [], allow: [], impact: false, detailedExitcode: false } as const;
  const common = { workspace: [], format: 'text', backend: 'portkey', concurrency: 1, quiet: false } as const;
  await expect(runPlan({ ...options, ...common, verbose: false, dir: 'loop' }, session)).rejects.toThrow(words);
});
