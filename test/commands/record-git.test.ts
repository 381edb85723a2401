/** The record on a Git ref, from the clones that commands run in. */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../../src/emulator/server.ts';
import { makePolicyRemote, nobody, type PolicyRemote, recordRef } from '../helpers/policy-remote.ts';
import { budgetRows, budgetsFile, parseOutput, type Rig, startRig, succeed, writeIn } from '../helpers/rig.ts';
import { testNow } from '../helpers/session.ts';
import { smallState, teamA, uuid } from '../helpers/state.ts';
import { adminKey, orgFile } from '../helpers/world.ts';
import { git, makeFolder } from '../record/git-fixture.ts';

const first = { 'org.yaml': orgFile(), 'a.yaml': budgetsFile({ p1: 100, p2: 200 }) };
const second = { 'org.yaml': orgFile(), 'a.yaml': budgetsFile({ p1: 90 }) };

let emulator: Emulator;
let origin: PolicyRemote;
beforeEach(async () => {
  emulator = await startEmulator({
    acceptKeys: adminKey,
    now: () => new Date(testNow),
    state: smallState({ usagePolicies: budgetRows({ p1: 100, p2: 250 }, teamA) }),
  });
  origin = makePolicyRemote(first);
});
afterEach(() => emulator.close());

function rigIn(folder: string, env: Readonly<Record<string, string | undefined>> = {}): Promise<Rig> {
  return startRig({ emulator, folder, recordFile: null, env: { ...nobody(), ...env } });
}

function tip(): string {
  return origin.git('for-each-ref', '--format=%(objectname)', recordRef);
}

function readStored(path: string): unknown {
  return JSON.parse(origin.git('show', `${recordRef}:${path}`));
}

describe('apply', () => {
  it.each([
    ['a full clone', []],
    ['a clone of depth 1', ['--depth=1']],
  ])('records from %s, without a name, and leaves it clean', async (_name, flags) => {
    const commit = origin.git('rev-parse', 'main');
    const folder = origin.clone(...flags);
    const rig = await rigIn(folder, { CI: 'true', GITHUB_ACTIONS: 'true', GITHUB_ACTOR: 'merge-bot' });
    const ran = await rig.apply();
    expect([ran.exit, ran.stderr.includes('error')]).toEqual([0, false]);
    expect(ran.stdout).toContain(`Recorded in ${recordRef} on origin.`);
    expect(readStored('record.json')).toMatchObject({ commit, dirty: false, appliedBy: 'merge-bot' });
    expect(origin.git('log', '--format=%an %s', recordRef).split('\n')).toEqual([
      'tollgate apply production: Applied 1 of 1.',
      'tollgate claim: 1 change by merge-bot',
    ]);
    expect(origin.git('show', `${recordRef}:policies/a.yaml`)).toBe(first['a.yaml'].trimEnd());
    expect(git(folder, 'status', '--porcelain')).toBe('');
    expect(git(folder, 'for-each-ref', 'refs/tollgate')).toBe('');
    expect((await rig.plan({ detailedExitcode: true })).exit).toBe(0);

    // The next merge, from another such clone: the record's commit is beyond what a shallow one holds.
    origin.commit(second);
    const next = await rigIn(origin.clone(...flags), { CI: 'true' });
    expect((await succeed(next.apply())).stdout).toMatch(/^Applied 2 of 2\./);
    expect((await next.plan({ detailedExitcode: true })).exit).toBe(0);
  });

  it('refuses a checkout that the record is ahead of, and shows the plan all the same', async () => {
    const behind = origin.clone();
    origin.commit(second);
    await succeed((await rigIn(origin.clone())).apply());
    const before = tip();
    const requests = emulator.requests.countWrites();
    const rig = await rigIn(behind);
    const ran = await rig.apply();
    expect(ran.exit).toBe(4);
    expect(ran.stderr).toMatch(/the commit applied last, [0-9a-f]{12}, is not in the history of this checkout/);
    expect(ran.stderr).toMatch(
      /\nerror: not applied: this checkout lacks the commit that was applied last\. Update it/,
    );
    const plan = await rig.plan({ format: 'json' });
    expect(plan.exit).toBe(3);
    expect(parseOutput(plan)).toMatchObject({ violations: [{ guard: 'rewind' }] });
    expect([tip(), emulator.requests.countWrites()]).toEqual([before, requests]);
  });

  it('refuses after a force-push that dropped the applied commit', async () => {
    const base = origin.git('rev-parse', 'main');
    origin.commit(second);
    await succeed((await rigIn(origin.clone())).apply());
    origin.git('update-ref', 'refs/heads/main', base);
    for (const flags of [[], ['--depth=1']]) {
      const ran = await (await rigIn(origin.clone(...flags))).apply();
      expect(ran.exit).toBe(4);
      expect(ran.stderr).toContain('this checkout lacks the commit that was applied last');
    }
  });

  it('refuses uncommitted files, in CI always; by hand, what is meant counts as made by hand', async () => {
    const folder = origin.clone();
    writeIn(folder, 'policies/b.yaml', budgetsFile({ b1: 100 }, 'ws-team-b'));
    const rig = await rigIn(folder);
    for (const session of [{ env: { CI: 'true' } }, {}]) {
      const refused = await rig.apply({ allowDirty: session.env !== undefined }, session);
      expect([refused.exit, refused.stdout]).toEqual([1, '']);
      expect(refused.stderr).toContain('policy files are not committed: policies/b.yaml');
    }
    expect([tip(), emulator.requests.countWrites()]).toEqual(['', 0]);
    expect((await rig.plan({}, { env: { CI: 'true' } })).exit).toBe(0);
    await succeed(rig.apply({ allowDirty: true }));
    expect(readStored('record.json')).toMatchObject({ dirty: true, commit: null });
    expect(readStored('workspaces/ws-team-b.json')).toMatchObject({ entries: [], absent: [{ name: 'b1' }] });
    expect(git(folder, 'status', '--porcelain')).toBe('?? policies/b.yaml');
    // Once the default branch holds it, it is adopted, and not made twice.
    origin.commit({ ...first, 'b.yaml': budgetsFile({ b1: 100 }, 'ws-team-b') });
    const next = await rigIn(origin.clone());
    expect((await succeed(next.apply())).stdout).toMatch(/^No changes: \d+ limits? match(?:es)? the files\. Recorded/);
    expect(readStored('workspaces/ws-team-b.json')).toMatchObject({ entries: [{ name: 'b1' }] });
  });

  it('refuses by hand what the default branch of the remote does not hold', async () => {
    await succeed((await rigIn(origin.clone())).apply());
    const folder = origin.clone();
    writeIn(folder, 'policies/a.yaml', budgetsFile({ p1: 50, p2: 200 }));
    git(folder, 'commit', '--quiet', '--all', '-m', 'not pushed');
    const rig = await rigIn(folder);
    const refused = await rig.apply();
    expect([refused.exit, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/is not on the default branch of the remote \(main\)/),
    ]);
    const before = readStored('workspaces/ws-team-a.json');
    await succeed(rig.apply({ allowDirty: true }));
    expect(readStored('record.json')).toMatchObject({ dirty: true, commit: origin.git('rev-parse', 'main') });
    expect(readStored('workspaces/ws-team-a.json')).toMatchObject({
      entries: [{ name: 'p1', owed: true, fields: { amount: 10_000 } }, { name: 'p2' }],
    });
    expect(before).toMatchObject({ entries: [{ name: 'p1', fields: { amount: 10_000 } }, { name: 'p2' }] });
  });

  it.each([
    ['of the default branch', 'main', 0],
    ['behind its tip', 'main~1', 0],
    ['of a branch that nobody merged', 'topic', 1],
  ])('on a CI system: a detached commit %s', async (_name, revision, exit) => {
    const folder = origin.clone();
    git(folder, 'checkout', '--quiet', '-b', 'topic');
    writeIn(folder, 'policies/a.yaml', budgetsFile({ p1: 50, p2: 900 }));
    git(folder, 'commit', '--quiet', '--all', '-m', 'mine');
    git(folder, 'push', '--quiet', 'origin', 'topic');
    origin.commit({ ...first, 'readme.txt': 'moved on' });
    const commit = git(folder, 'rev-parse', revision === 'topic' ? 'topic' : 'main');
    if (revision === 'main') git(folder, 'fetch', '--quiet');
    git(folder, 'checkout', '--quiet', '--detach', revision === 'main' ? 'origin/main' : commit);
    const rig = await rigIn(folder, { CI: 'true' });
    const ran = await rig.apply();
    expect([ran.exit, ran.stderr.includes('is not on the default branch')]).toEqual([exit, exit === 1]);
    if (exit === 0) return;
    expect([tip(), emulator.requests.countWrites()]).toEqual(['', 0]);
    // Those who mean it: as made by hand, and no setting of it comes into force.
    await succeed(rig.apply({ allowDirty: true }));
    expect(readStored('record.json')).toMatchObject({ dirty: true, commit: null });
  });

  it('two at once from two clones: one runs, the other ends with exit 4 before any write', async () => {
    const rigs = await Promise.all([rigIn(origin.clone()), rigIn(origin.clone())]);
    const asked: (() => void)[] = [];
    const answer = () =>
      new Promise<boolean>((resolve) => {
        asked.push(() => resolve(true));
        if (asked.length === 2) for (const go of asked) go();
      });
    const runs = await Promise.all(
      rigs.map((rig, index) => rig.apply({ yes: false }, { isInteractive: true, answer, pid: 1001 + index })),
    );
    expect(runs.map(({ exit }) => exit).sort()).toEqual([0, 4]);
    expect(runs.find(({ exit }) => exit === 4)?.stderr).toMatch(/moved by another apply\nPlan again\.\n$/);
    expect(emulator.requests.countWrites()).toBe(1);
    expect(origin.git('rev-list', '--count', recordRef)).toBe('2');
  });

  it('works in a repository without a remote', async () => {
    const folder = origin.clone();
    git(folder, 'remote', 'remove', 'origin');
    const rig = await rigIn(folder);
    const applied = await succeed(rig.apply());
    // mistakes-F15: there is no origin.
    expect(applied.stdout).toContain(`Applied 1 of 1. Recorded in ${recordRef} in this repository.`);
    expect(git(folder, 'rev-list', '--count', recordRef)).toBe('2');
    expect(git(folder, 'status', '--porcelain')).toBe('');
  });
});

describe('a record that cannot be used', () => {
  it('unreachable remote: exit 6, no plan', async () => {
    const folder = origin.clone();
    rmSync(origin.remote, { recursive: true });
    const rig = await rigIn(folder);
    for (const ran of [await rig.plan(), await rig.apply()]) {
      expect([ran.exit, ran.stdout]).toEqual([6, '']);
      expect(ran.stderr).toMatch(/^error: the record refs\/tollgate\/production on origin cannot be read: /);
    }
    expect(emulator.requests.total).toBe(0);
  });

  it('no Git and no --record-file: exit 1 with the way out', async () => {
    const rig = await rigIn(makeFolder());
    rig.write(first);
    for (const ran of [await rig.plan(), await rig.apply()]) {
      expect(ran.exit).toBe(1);
      expect(ran.stderr).toMatch(/^error: not in a Git repository.*\n.*--record-file/);
    }
  });

  /** Replaces a file of the record by hand. */
  function tamper(path: string, change: (text: string) => string): void {
    const folder = origin.clone();
    git(folder, 'fetch', '--quiet', 'origin', recordRef);
    git(folder, 'checkout', '--quiet', '--detach', 'FETCH_HEAD');
    writeIn(folder, path, change(git(folder, 'show', `HEAD:${path}`)));
    git(folder, 'commit', '--quiet', '--all', '-m', 'by hand');
    git(folder, 'push', '--quiet', 'origin', `HEAD:${recordRef}`);
  }

  const damages: readonly [name: string, path: string, change: (text: string) => string, message: RegExp][] = [
    [
      'no JSON',
      'record.json',
      () => '{',
      /the record is corrupt: record\.json of refs\/tollgate\/production is not JSON/,
    ],
    [
      'a missing member',
      'record.json',
      (text) => text.replace('"digest"', '"digset"'),
      /the record is corrupt: .*digest/,
    ],
    [
      'a version to come',
      'record.json',
      (text) => text.replace('"version": 2', '"version": 99'),
      /version 99; this tollgate reads up to 3/,
    ],
    [
      'another organisation',
      'record.json',
      (text) => text.replace(/"organisation": "[^"]+"/, `"organisation": "${uuid(5)}"`),
      /for organisation 0+-0000-4000-8000-0+5, and this run for/,
    ],
    [
      'another control plane',
      'record.json',
      (text) => text.replace(/"baseUrl": "[^"]+"/, '"baseUrl": "https://api.portkey.ai/v1"'),
      /for control plane https:\/\/api\.portkey\.ai\/v1.*\nLook at PORTKEY_BASE_URL first .*`tollgate record move`/,
    ],
  ];

  // One test, since each damage needs an applied record to do it to.
  it(`exit 1, no plan, nothing written: ${damages.map(([name]) => name).join(', ')}`, async () => {
    const rig = await rigIn(origin.clone());
    await succeed(rig.apply());
    const sound = tip();
    emulator.requests.clear();
    for (const [name, path, change, message] of damages) {
      tamper(path, change);
      const damaged = tip();
      const ran = name.startsWith('no') ? await rig.apply() : await rig.plan();
      expect(ran.stderr, name).toMatch(message);
      expect([ran.exit, ran.stdout], name).toEqual([1, '']);
      expect(ran.stderr, name).not.toMatch(/^\s+at /m);
      expect(tip()).toBe(damaged);
      origin.git('update-ref', recordRef, sound);
    }
    expect(emulator.requests.total).toBe(0);
  });

  it('record rebuild --from makes it anew, over a corrupt one only with --yes', async () => {
    const rig = await rigIn(origin.clone());
    await succeed(rig.apply());
    const commit = origin.git('rev-parse', 'main');
    const stored = readStored('workspaces/ws-team-a.json');
    tamper('record.json', () => '{');
    emulator.requests.clear();

    const refused = await rig.rebuild({ from: 'HEAD' });
    expect(refused.exit).toBe(1);
    expect(refused.stderr).toMatch(/there is a record already: .*\nAdd --yes to replace it\./);
    const made = await succeed(rig.rebuild({ from: 'HEAD', yes: true }));
    expect(made.stdout).toBe(`Recorded 2 entries of commit ${commit.slice(0, 12)} in ${recordRef} on origin.\n`);
    expect(emulator.requests.countWrites()).toBe(0);
    expect(readStored('record.json')).toMatchObject({ commit, dirty: false });
    expect(readStored('workspaces/ws-team-a.json')).toEqual(stored);
    expect((await rig.plan({ detailedExitcode: true })).exit).toBe(0);
  });
});

describe('record rebuild', () => {
  it('brings back the memory of removals that was lost', async () => {
    const applied = origin.git('rev-parse', 'main');
    await succeed((await rigIn(origin.clone())).apply());
    origin.git('update-ref', '-d', recordRef);
    origin.commit(second);
    const rig = await rigIn(origin.clone('--depth=1'));
    const forgetful = await rig.plan({ format: 'json' });
    expect(parseOutput(forgetful)).toMatchObject({ has_record: false, counts: { delete: 0 } });

    const unknown = await rig.rebuild({ from: 'v9' });
    expect(unknown.exit).toBe(1);
    expect(unknown.stderr).toMatch(/^error: there is no commit "v9" in this clone\n/);
    await succeed(rig.rebuild({ from: applied }));
    const plan = parseOutput(await rig.plan({ format: 'json' })) as { changes: { name: string; action: string }[] };
    expect(plan.changes.map(({ name, action }) => [name, action])).toEqual([
      ['p1', 'update'],
      ['p2', 'delete'],
    ]);
    await succeed(rig.apply());
    expect(git(rig.folder, 'status', '--porcelain')).toBe('');
  });

  it('keeps what is live with other values: that is drift, not absence', async () => {
    const rig = await rigIn(origin.clone());
    const made = await succeed(rig.rebuild({ format: 'json' }));
    expect(parseOutput(made)).toMatchObject({ ok: true, entries: 2 });
    const plan = parseOutput(await rig.plan({ format: 'json' }));
    expect(plan).toMatchObject({ changes: [{ name: 'p2', cause: 'drifted', action: 'update' }] });
  });

  it('also into a file, and over a file that is not a record', async () => {
    const folder = origin.clone();
    const rig = await startRig({ emulator, folder, recordFile: join(makeFolder(), 'record.json'), env: nobody() });
    writeIn(join(rig.recordFile, '..'), 'record.json', '{"version":');
    for (const ran of [await rig.plan(), await rig.apply(), await rig.rebuild({})]) expect(ran.exit).toBe(1);
    expect((await rig.plan()).stderr).toMatch(/^error: the record is corrupt: .*record\.json is not JSON\n/);
    await succeed(rig.rebuild({ yes: true }));
    expect((await rig.plan()).exit).toBe(0);
  });

  it('says so outside a repository, and where the directory is outside of it', async () => {
    const outside = await rigIn(makeFolder());
    const ran = await outside.rebuild({});
    expect(ran.exit).toBe(1);
    expect(ran.stderr).toMatch(/^error: not in a Git repository/);
    const inside = await rigIn(origin.clone());
    const elsewhere = await inside.rebuild({ dir: '../elsewhere' });
    expect(elsewhere.exit).toBe(1);
    expect(elsewhere.stderr).toMatch(/^error: not in a Git repository/);
  });
});
