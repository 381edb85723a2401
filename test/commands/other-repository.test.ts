/** The repository is that of the real path of the policies' directory, wherever the command runs. */

import { mkdirSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runHistory } from '../../src/commands/history.ts';
import { type Emulator, startEmulator } from '../../src/emulator/server.ts';
import { makePolicyRemote, nobody, type PolicyRemote, recordRef } from '../helpers/policy-remote.ts';
import { budgetRows, budgetsFile, type Rig, startRig, succeed, writeIn } from '../helpers/rig.ts';
import { testNow, testSession } from '../helpers/session.ts';
import { smallState, teamA } from '../helpers/state.ts';
import { adminKey, orgFile } from '../helpers/world.ts';
import { git, makeFolder } from '../record/git-fixture.ts';

const files = (dollars: number) => ({ 'org.yaml': orgFile(), 'a.yaml': budgetsFile({ p1: dollars }) });

let emulator: Emulator;
let a: PolicyRemote;
let b: PolicyRemote;
beforeEach(async () => {
  emulator = await startEmulator({
    acceptKeys: adminKey,
    now: () => new Date(testNow),
    state: smallState({ usagePolicies: budgetRows({ p1: 100 }, teamA) }),
  });
  a = makePolicyRemote(files(90));
  b = makePolicyRemote(files(80));
});
afterEach(() => emulator.close());

function rigIn(folder: string): Promise<Rig> {
  return startRig({ emulator, folder, recordFile: null, env: nobody() });
}

const recordsOf = (remote: PolicyRemote): string => remote.git('for-each-ref', '--format=%(refname)', 'refs/tollgate');

describe('mistakes-K6: --dir in another clone than the one that the command runs in', () => {
  test('mistakes-K6: is applied, recorded and shown there, and the other is not touched', async () => {
    const [inA, inB] = [a.clone(), b.clone()];
    const rig = await rigIn(inB);
    const dir = relative(inB, join(inA, 'policies'));
    await succeed(rig.apply({ dir }));
    expect([recordsOf(a), recordsOf(b)]).toEqual([recordRef, '']);
    expect(JSON.parse(a.git('show', `${recordRef}:record.json`))).toMatchObject({
      directory: 'policies',
      commit: git(inA, 'rev-parse', 'HEAD'),
    });
    const session = testSession({ cwd: inB, env: rig.env });
    const asked = { dir, workspace: [], format: 'text', backend: 'portkey', concurrency: 4, verbose: false } as const;
    const history = await runHistory({ ...asked, quiet: false, limit: 5 }, session);
    expect(history.output).toContain(git(inA, 'rev-parse', 'HEAD').slice(0, 7));
    const plan = await rig.plan({ dir, detailedExitcode: true });
    expect(plan.exit).toBe(0);
    // What is not committed there is what counts.
    writeIn(inA, 'policies/a.yaml', budgetsFile({ p1: 70 }));
    const dirty = await rig.apply({ dir });
    expect([dirty.exit, dirty.stderr]).toEqual([1, expect.stringContaining('policy files are not committed')]);
  });

  test('mistakes-K6: through a link in this clone, and where the clone lies in another repository', async () => {
    const inB = b.clone();
    const inA = a.clone();
    symlinkSync(join(inA, 'policies'), join(inB, 'linked'));
    git(inB, 'clone', '--quiet', `file://${a.remote}`, 'nested');
    const rig = await rigIn(inB);
    await succeed(rig.apply({ dir: 'linked' }));
    const plan = await rig.plan({ dir: 'nested/policies', detailedExitcode: true });
    expect([plan.exit, recordsOf(b)]).toEqual([0, '']);
  });

  test('mistakes-K6: a linked directory of the same clone is known by its own name', async () => {
    const inA = a.clone();
    symlinkSync('policies', join(inA, 'linked'));
    const rig = await rigIn(inA);
    await succeed(rig.apply({ dir: 'linked' }));
    expect(JSON.parse(a.git('show', `${recordRef}:record.json`))).toMatchObject({ directory: 'policies' });
    expect((await rig.plan({ detailedExitcode: true })).exit).toBe(0);
  });

  test('mistakes-K6: a record file in any work tree is proven from commits, also through a link', async () => {
    const [inA, inB, outside] = [a.clone(), b.clone(), makeFolder()];
    writeIn(outside, 'note', '');
    symlinkSync(join(inB, 'record.json'), join(outside, 'link.json'));
    for (const recordFile of [join(inB, 'record.json'), join(outside, 'link.json')]) {
      const rig = await startRig({ emulator, folder: inA, recordFile, env: nobody() });
      await succeed(rig.apply());
      // Only what others can write is sealed.
      expect(rig.readRecord()).toHaveProperty('seal');
    }
    const own = await startRig({ emulator, folder: inA, recordFile: join(outside, 'own.json'), env: nobody() });
    await succeed(own.apply());
    expect(own.readRecord()).not.toHaveProperty('seal');
  });

  test('mistakes-F16: a directory outside any repository is said in our words, and the emulator needs none', async () => {
    const [inB, outside] = [b.clone(), makeFolder()];
    for (const [name, text] of Object.entries(files(90))) writeIn(outside, `policies/${name}`, text);
    const rig = await rigIn(inB);
    const dir = join(outside, 'policies');
    const ran = await rig.plan({ dir });
    expect([ran.exit, ran.stderr]).toEqual([1, expect.stringMatching(/^error: not in a Git repository, so /)]);
    const played = await rig.plan({ dir, backend: 'emulator' });
    expect(played.stderr).not.toMatch(/Git|outside repository/);
    expect(recordsOf(b)).toBe('');
  });
});

test('mistakes-C9: record rebuild from a commit that lacks the directory says so (mistakes-F12)', async () => {
  const inA = a.clone();
  const first = git(inA, 'rev-parse', 'HEAD');
  git(inA, 'mv', 'policies', 'limits');
  git(inA, 'commit', '--quiet', '-m', 'renamed');
  const rig = await rigIn(inA);
  const ran = await rig.rebuild({ dir: 'limits', from: first, format: 'json' });
  expect(ran.exit).toBe(1);
  expect(JSON.parse(ran.stdout)).toMatchObject({
    ok: false,
    error: { message: `commit ${first.slice(0, 12)} has no policy files in limits` },
  });
  // As it was named then: it is not there any more.
  await succeed(rig.rebuild({ dir: 'policies', from: first }));
});

test('mistakes-K2: the record is not a stream, pipe or directory', async () => {
  const inA = a.clone();
  mkdirSync(join(inA, 'folder'));
  for (const recordFile of ['-', '/dev/stdout', '/dev/null', join(inA, 'folder')]) {
    const rig = await startRig({ emulator, folder: inA, recordFile, env: nobody() });
    const ran = await rig.apply();
    expect([ran.exit, ran.stdout]).toEqual([1, '']);
    expect(ran.stderr).toMatch(/^error: [^\n]*(cannot be on stdout|is not a file)\n$/);
  }
  expect(emulator.requests.countWrites()).toBe(0);
});

test('mistakes-C2: a second directory of an environment is refused for as long as the first is there', async () => {
  const inA = a.clone();
  const rig = await rigIn(inA);
  await succeed(rig.apply());
  const before = a.git('rev-parse', recordRef);
  writeIn(inA, 'limits/org.yaml', orgFile());
  writeIn(inA, 'limits/b.yaml', budgetsFile({ p2: 50 }));
  git(inA, 'add', '.');
  git(inA, 'commit', '--quiet', '-m', 'a second directory');
  git(inA, 'push', '--quiet', 'origin', 'HEAD:main');
  const refused = [
    1,
    expect.stringMatching(
      /^error: environment production is that of policies, which is still there: limits is a second/,
    ),
  ];
  for (const run of [rig.plan, rig.apply, rig.move]) {
    const ran = await run({ dir: 'limits' });
    expect([ran.exit, ran.stderr]).toEqual(refused);
  }
  expect([a.git('rev-parse', recordRef), (await rig.plan()).exit]).toEqual([before, 0]);
  // Where it takes the place of the first, it is a move like any other: not yet merged it is only shown.
  git(inA, 'rm', '-r', '--quiet', 'policies');
  const moved = await rig.plan({ dir: 'limits' });
  expect(moved.stdout).toContain('directory policies → limits');
});

test('mistakes-H11: where origin is a fork, the record of the team is named, and either may be meant', async () => {
  const fork = a.clone('--bare');
  await succeed((await rigIn(a.clone())).apply());
  const inFork = join(makeFolder(), 'clone');
  git(fork, 'clone', '--quiet', fork, inFork);
  git(inFork, 'remote', 'add', 'upstream', a.remote);
  const rig = await rigIn(inFork);
  for (const run of [rig.plan, rig.apply]) {
    const ran = await run();
    expect([ran.exit, ran.stderr]).toEqual([
      1,
      expect.stringMatching(
        /^error: there is no applied record on origin, and one of this organisation on upstream: refs\/tollgate\/production, applied 2026-11-20 12:00 UTC by platform-engineer\n/,
      ),
    ]);
    expect(ran.stderr).toContain('add --remote upstream');
  }
  expect((await rig.plan({ remote: 'upstream', detailedExitcode: true })).exit).toBe(0);
  git(inFork, 'config', 'tollgate.remote', 'upstream');
  expect((await rig.plan({ detailedExitcode: true })).exit).toBe(0);
  expect(git(fork, 'for-each-ref', 'refs/tollgate')).toBe('');
  // One of its own begins where that is said.
  await succeed(rig.apply({ remote: 'origin', as: 'Ana' }));
  expect(JSON.parse(git(fork, 'show', `${recordRef}:record.json`))).toMatchObject({
    appliedBy: 'Ana (platform-engineer)',
  });
});
