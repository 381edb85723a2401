/** One apply at a time: claims, what becomes of those left behind, and who may take them over. */

import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../../src/emulator/server.ts';
import type { Claim } from '../../src/plan/applied-record.ts';
import { toClaimedChange } from '../../src/plan/next-record.ts';
import { type Gate, openGate } from '../helpers/gate.ts';
import { budgetRows, budgetsFile, outcomesOf, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { type TestSessionOptions, testNow } from '../helpers/session.ts';
import { smallState, teamA } from '../helpers/state.ts';
import { adminKey, orgFile } from '../helpers/world.ts';
import { makeFolder } from '../record/git-fixture.ts';

const before = { p1: 100, p2: 100, p3: 100 };
const after = { p1: 90, p2: 90, p3: 90 };
const filesFor = (dollars: Readonly<Record<string, number>>) => ({
  'org.yaml': orgFile(),
  'a.yaml': budgetsFile(dollars),
});

let emulator: Emulator;
let gate: Gate;
let rig: Rig;
beforeEach(async () => {
  emulator = await startEmulator({
    acceptKeys: adminKey,
    now: () => new Date(testNow),
    state: smallState({ usagePolicies: budgetRows(before, teamA) }),
  });
  gate = await openGate(emulator.url);
  rig = await startRig({ emulator, baseUrl: gate.url, files: filesFor(before) });
  await succeed(rig.apply());
  emulator.requests.clear();
  rig.write(filesFor(after));
});
afterEach(async () => {
  await gate.close();
  await emulator.close();
});

function liveAmounts(): unknown[] {
  return emulator.store.state.usagePolicies
    .filter(({ status }) => status === 'active')
    .map(({ credit_limit }) => credit_limit);
}

/** Leaves a claim behind, as a run that was killed before its first write. */
function leaveClaim(changed: Partial<Claim> = {}): void {
  const record = rig.readRecord();
  if (record === null) throw new Error('there is no record yet');
  const claim: Claim = {
    run: 'local:elsewhere:77:abcdef12',
    by: 'somebody',
    startedAt: new Date(testNow - 60_000).toISOString(),
    leaseUntil: new Date(testNow + 3_540_000).toISOString(),
    digest: 'x',
    changes: [],
    ...changed,
  };
  rig.writeRecord({ ...record, claim });
}

const here = { host: 'here', processSpace: '5pace' };

describe('a claim', () => {
  it('is in the record before the first write, and gone with the outcomes', async () => {
    const held = gate.hold({ method: 'PUT', path: /./ });
    const running = rig.apply({ concurrency: 1 });
    await held.arrived;
    expect(emulator.requests.countWrites()).toBe(0);
    const record = rig.readRecord();
    expect(record?.claim).toMatchObject({
      run: expect.stringMatching(/^local:.+:4242:[0-9a-f]{8}$/),
      by: 'platform-engineer',
      startedAt: '2026-11-20T12:00:00.000Z',
      leaseUntil: '2026-11-20T13:00:00.000Z',
    });
    expect(record?.claim?.changes.map(({ name }) => name)).toEqual(['p1', 'p2', 'p3']);
    const amounts = record?.workspaces[0]?.entries.map(({ fields }) => fields.amount);
    expect(amounts).toEqual([10_000, 10_000, 10_000]);

    const other = await rig.apply({}, { pid: 4343 });
    expect(other.exit).toBe(4);
    expect(other.stderr).toContain('an apply by platform-engineer is under way since 2026-11-20T12:00:00.000Z');
    expect(other.stderr).toContain(`--take-over ${record?.claim?.run}`);
    const plan = await rig.plan({}, { pid: 4343 });
    expect(plan.exit).toBe(0);
    expect(plan.stderr).toContain(`is recorded as under way`);
    expect(emulator.requests.countWrites()).toBe(0);

    held.release();
    expect((await running).exit).toBe(0);
    expect(rig.readRecord()?.claim).toBeUndefined();
    expect(emulator.requests.countWrites()).toBe(3);
  });

  it('of another host keeps everybody out before anything but the time is asked of the service', async () => {
    leaveClaim();
    const requests = emulator.requests.total;
    for (const format of ['text', 'json', 'markdown'] as const) {
      const ran = await rig.apply({ format });
      expect(ran.exit).toBe(4);
      expect(ran.stderr).toContain('an apply by somebody is under way');
      expect(ran.stderr).toContain('run local:elsewhere:77:abcdef12');
      expect(ran.stderr).toContain('It holds its claim until 2026-11-20T12:59:00.000Z');
    }
    expect(emulator.requests.total).toBe(requests + 3);
  });

  it('is taken over by name, and by its name only', async () => {
    leaveClaim();
    const wrong = await rig.apply({ takeOver: 'local:elsewhere:78:abcdef12' });
    expect(wrong.exit).toBe(4);
    expect(wrong.stderr).toContain('the claim is held by run local:elsewhere:77:abcdef12');
    expect(emulator.requests.countWrites()).toBe(0);
    expect((await rig.apply({ takeOver: 'local:elsewhere:77:abcdef12' })).exit).toBe(0);
    expect(liveAmounts()).toEqual([90, 90, 90]);
    expect(rig.readRecord()?.claim).toBeUndefined();
  });

  it('that is not there is not taken over: the run ends before any write', async () => {
    const ran = await rig.apply({ takeOver: 'nope' });
    expect([ran.exit, ran.stdout]).toEqual([4, '']);
    expect(ran.stderr).toContain('--take-over nope: there is nothing to take over');
    expect(emulator.requests.countWrites()).toBe(0);
    expect((await rig.apply()).exit).toBe(0);
  });

  it.each<[string, Partial<Claim>, TestSessionOptions]>([
    ['its lease ran out', { leaseUntil: new Date(testNow).toISOString() }, {}],
    [
      'its process is gone',
      { run: 'local:here:5pace:77:abcdef12' },
      { ...here, isProcessAlive: (pid: number) => pid !== 77 },
    ],
  ])('is taken over when %s', async (_name, claim, session) => {
    leaveClaim(claim);
    expect((await rig.apply({}, session)).exit).toBe(0);
    expect(liveAmounts()).toEqual([90, 90, 90]);
  });

  it.each([
    ['its process is alive', { run: 'local:here:5pace:77:abcdef12' }, here],
    ['another run in CI holds it', { run: 'github:556.1' }, { env: { GITHUB_RUN_ID: '555', GITHUB_RUN_ATTEMPT: '2' } }],
    ['it is a later attempt', { run: 'github:555.3' }, { env: { GITHUB_RUN_ID: '555', GITHUB_RUN_ATTEMPT: '2' } }],
  ])('holds while %s', async (_name, claim, session) => {
    leaveClaim(claim);
    expect((await rig.apply({}, session)).exit).toBe(4);
    expect(emulator.requests.countWrites()).toBe(0);
  });

  it.each<[string, string, TestSessionOptions]>([
    ['another container of the same name', 'local:here:0ther:77:abcdef12', here],
    ['the same machine before it was started anew', 'local:here:1ast:77:abcdef12', here],
    ['a machine that shows no process space', 'local:here:-:77:abcdef12', here],
    [
      'a machine that shows none, seen from one that shows none',
      'local:here:-:77:abcdef12',
      { host: 'here', processSpace: null },
    ],
    ['a host of another name', 'local:there:5pace:77:abcdef12', here],
    ['a tollgate that did not write it down', 'local:here:77:abcdef12', here],
    ['something that is not a run id', 'local:here:5pace:77:abcdef12:more', here],
    ['a process id that is none', 'local:here:5pace::abcdef12', here],
  ])('trust-E1: a process id says nothing of %s', async (_name, run, session) => {
    leaveClaim({ run });
    const ran = await rig.apply({}, { ...session, isProcessAlive: () => false });
    expect(ran.exit).toBe(4);
    expect(ran.stderr).toContain(`--take-over ${run}`);
    expect(emulator.requests.countWrites()).toBe(0);
    // Until the lease is over, or somebody says so.
    expect((await rig.apply({ takeOver: run }, session)).exit).toBe(0);
  });

  it('trust-E2: an earlier attempt of the same run in CI is not proof that it has ended', async () => {
    leaveClaim({ run: 'github:555.1' });
    const attempt = { env: { CI: 'true', GITHUB_RUN_ID: '555', GITHUB_RUN_ATTEMPT: '2' } };
    expect((await rig.apply({}, attempt)).exit).toBe(4);
    expect(emulator.requests.countWrites()).toBe(0);
    leaveClaim({ run: 'github:555.1', startedAt: new Date(testNow - 3_600_000).toISOString() });
    expect((await rig.apply({}, attempt)).exit).toBe(0);
  });

  const hour = 3_600_000;
  it.each([-2, 2])('trust-E2: a clock that is %i hours off neither ends a claim nor keeps it', async (hours) => {
    const session = { now: testNow + hours * hour };
    leaveClaim();
    expect((await rig.apply({}, session)).exit).toBe(4);
    const plan = await rig.plan({}, session);
    expect(plan.stderr).toContain('is recorded as under way');
    leaveClaim({ startedAt: new Date(testNow - hour).toISOString(), leaseUntil: new Date(testNow).toISOString() });
    expect((await rig.apply({}, session)).exit).toBe(0);
  });

  it.each([-2, 2])('trust-E2: a claim made by a clock that is %i hours off is dated by the service', async (hours) => {
    const held = gate.hold({ method: 'PUT', path: /./ });
    const running = rig.apply({ concurrency: 1 }, { now: testNow + hours * hour });
    await held.arrived;
    expect(rig.readRecord()?.claim).toMatchObject({
      startedAt: '2026-11-20T12:00:00.000Z',
      leaseUntil: '2026-11-20T13:00:00.000Z',
    });
    expect((await rig.apply({}, { pid: 4343 })).exit).toBe(4);
    held.release();
    expect((await running).exit).toBe(0);
  });

  it.each<[string, Partial<Claim>]>([
    [
      'a lease until 2099 is over an hour after its start',
      { startedAt: '2026-11-20T10:59:59.000Z', leaseUntil: '2099-01-01T00:00:00.000Z' },
    ],
    [
      'a start in 2098 is not believed',
      { startedAt: '2098-01-01T00:00:00.000Z', leaseUntil: '2099-01-01T00:00:00.000Z' },
    ],
    ['a start six minutes ahead of the service is not believed', { startedAt: '2026-11-20T12:06:00.000Z' }],
    [
      'a renewal in 2098 is not believed',
      { renewedAt: '2098-01-01T00:00:00.000Z', leaseUntil: '2099-01-01T00:00:00.000Z' },
    ],
    ['a lease until no date is none', { leaseUntil: 'for ever' }],
    ['a start at no date is none', { startedAt: 'long ago', leaseUntil: '2099-01-01T00:00:00.000Z' }],
  ])('trust-D7: a lease until 2099 and the like: %s', async (_name, forged) => {
    leaveClaim(forged);
    expect((await rig.apply()).exit).toBe(0);
    expect(liveAmounts()).toEqual([90, 90, 90]);
  });

  it('trust-D7: a lease until 2099 is said to end when it does', async () => {
    leaveClaim({ leaseUntil: '2099-01-01T00:00:00.000Z' });
    const ran = await rig.apply();
    expect(ran.exit).toBe(4);
    expect(ran.stderr).toContain('It holds its claim until 2026-11-20T12:59:00.000Z');
  });

  it('is settled from live: what was done counts as applied, the rest is planned again', async () => {
    const planned = (await rig.plan({ format: 'json' })).stdout;
    expect(planned).toContain('"p2"');
    // The killed run had come as far as p1.
    const held = gate.hold({ method: 'PUT', path: /./, after: 1 });
    const killed = rig.apply({ concurrency: 1 });
    await held.arrived;
    const interrupted = rig.readRecord();
    if (interrupted === null) throw new Error('no claim was written');
    const done = liveAmounts();
    expect(done.filter((amount) => amount === 90)).toHaveLength(1);
    await gate.close();
    await killed;
    rig.writeRecord(interrupted);
    gate = await openGate(emulator.url);
    rig.writeRecord({ ...interrupted, baseUrl: gate.url });
    rig = await startRig({ emulator, baseUrl: gate.url, folder: rig.folder });

    const plan = await rig.plan({ format: 'json' });
    const names = (JSON.parse(plan.stdout) as { changes: { name: string }[] }).changes.map(({ name }) => name);
    expect(names).toHaveLength(2);
    const again = await rig.apply({ format: 'json' }, { isProcessAlive: () => false, pid: 1 });
    expect(outcomesOf(again).map(([, status]) => status)).toEqual(['applied', 'applied']);
    expect(liveAmounts()).toEqual([90, 90, 90]);
    expect((await rig.plan({ detailedExitcode: true })).exit).toBe(0);
  });

  it('of a run that did all of it is settled without a write, and the record says so', async () => {
    const record = rig.readRecord();
    await succeed(rig.apply());
    const finished = rig.readRecord();
    if (record === null || finished === null) throw new Error('no record');
    const entries = finished.workspaces[0]?.entries ?? [];
    rig.writeRecord(record);
    const changes = entries.map(({ id, ...entry }) => ({
      ...toClaimedChange(changeOf(entry.name, id, entry.fields)),
      entry,
    }));
    leaveClaim({ changes, leaseUntil: new Date(testNow).toISOString() });
    emulator.requests.clear();
    const ran = await rig.apply({ yes: false });
    expect([ran.exit, ran.stdout]).toEqual([
      0,
      expect.stringMatching(/^No changes: \d+ limits? match(?:es)? the files\. Recorded in /),
    ]);
    expect(emulator.requests.countWrites()).toBe(0);
    expect(rig.readRecord()?.workspaces).toEqual(finished.workspaces);
    expect(rig.readRecord()?.claim).toBeUndefined();
  });

  function changeOf(name: string, liveId: string, fields: Readonly<Record<string, unknown>>) {
    return {
      key: { kind: 'usage-policy', workspace: 'ws-team-a', name },
      workspaceId: teamA,
      action: 'update',
      fingerprint: 'x',
      liveId,
      after: fields,
      entry: null,
    } as unknown as Parameters<typeof toClaimedChange>[0];
  }
});

describe('two applies at once', () => {
  it.each(['the same directory', 'two directories'])(
    'on one record file, from %s: one runs, the other ends with exit 4',
    async (where) => {
      const second =
        where === 'two directories'
          ? await startRig({
              emulator,
              baseUrl: gate.url,
              folder: makeFolder(),
              recordFile: rig.recordFile,
              files: filesFor(after),
            })
          : rig;
      expect(join(second.recordFile)).toBe(rig.recordFile);
      // Both have planned before either may claim.
      const asked: (() => void)[] = [];
      const answer = () =>
        new Promise<boolean>((resolve) => {
          asked.push(() => resolve(true));
          if (asked.length === 2) for (const go of asked) go();
        });
      const runs = await Promise.all([
        rig.apply({ yes: false }, { isInteractive: true, answer, pid: 1001 }),
        second.apply({ yes: false }, { isInteractive: true, answer, pid: 1002 }),
      ]);
      expect(runs.map(({ exit }) => exit).sort()).toEqual([0, 4]);
      const loser = runs.find(({ exit }) => exit === 4);
      expect(loser?.stderr).toMatch(/was changed by another apply\nPlan again\.\n$/);
      expect(loser?.stdout).toBe('');
      expect(emulator.requests.countWrites()).toBe(3);
      expect(liveAmounts()).toEqual([90, 90, 90]);
      expect(rig.readRecord()?.claim).toBeUndefined();
    },
  );

  it('a first apply on both sides: one record, no twin', async () => {
    const fresh = await Promise.all(
      ['one', 'two'].map(async () =>
        startRig({
          emulator,
          baseUrl: gate.url,
          folder: makeFolder(),
          recordFile: join(rig.folder, 'fresh.json'),
          files: filesFor({ ...before, p4: 400 }),
        }),
      ),
    );
    const runs = await Promise.all(fresh.map((one, index) => one.apply({}, { pid: 1001 + index })));
    const exits = runs.map(({ exit }) => exit).sort();
    // Whoever comes late enough finds nothing to do.
    expect([
      [0, 4],
      [0, 0],
    ]).toContainEqual(exits);
    expect(emulator.requests.count('POST')).toBe(1);
    expect(liveAmounts()).toEqual([100, 100, 100, 400]);
  });
});
