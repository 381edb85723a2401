/** A claim that is lost while its run writes, and what others see of a run that writes. */

import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runDrift } from '../../src/commands/drift.ts';
import { type Emulator, startEmulator } from '../../src/emulator/server.ts';
import { exitCodes } from '../../src/exit-codes.ts';
import { type Gate, openGate } from '../helpers/gate.ts';
import { budgetRows, budgetsFile, outcomesOf, parseOutput, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { type TestSessionOptions, testNow, testSession } from '../helpers/session.ts';
import { smallState, teamA, uuid } from '../helpers/state.ts';
import { adminKey, orgFile } from '../helpers/world.ts';

const minute = 60_000;
const filesFor = (dollars: Readonly<Record<string, number>>) => ({
  'org.yaml': orgFile('review: { guards: { spend_up: off } }\n'),
  'a.yaml': budgetsFile(dollars),
});
const before = { p1: 100, p2: 100, p3: 100 };

let now: number;
let emulator: Emulator;
let gate: Gate;
let rig: Rig;
beforeEach(async () => {
  now = testNow;
  emulator = await startEmulator({
    acceptKeys: adminKey,
    now: () => new Date(now),
    state: smallState({ usagePolicies: budgetRows(before, teamA) }),
  });
  gate = await openGate(emulator.url);
  rig = await startRig({ emulator, baseUrl: gate.url, files: filesFor(before) });
  await succeed(rig.apply());
  emulator.requests.clear();
});
afterEach(async () => {
  await gate.close();
  await emulator.close();
});

/** Another machine. */
const elsewhere: TestSessionOptions = { host: 'elsewhere', pid: 7, processSpace: '0ther' };

function writes(): string[] {
  return emulator.requests.recent
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path }) => `${method} ${path.split('/').at(-1)}`);
}

/** Amounts of active policies by name: more than one is a twin. */
function live(): Record<string, number[]> {
  const active = emulator.store.state.usagePolicies.filter(({ status }) => status === 'active');
  const amountsOf = (wanted: string | null) =>
    active.filter(({ name }) => name === wanted).map(({ credit_limit }) => credit_limit);
  return Object.fromEntries(active.map(({ name }) => [name, amountsOf(name)]));
}

describe('a claim that is lost while its run writes', () => {
  /** The run that lost it: alive, and its first write has taken effect. */
  async function startSlow() {
    rig.write(filesFor({ p1: 90, p2: 90, p3: 90, n1: 10, n2: 10 }));
    const held = gate.hold({ method: 'POST', path: /usage-limits/, when: 'after' });
    const running = rig.apply({ concurrency: 1, format: 'json' });
    await held.arrived;
    return { held, running, run: rig.readRecord()?.claim?.run ?? '' };
  }

  it.each([
    [
      'trust-E2: its lease being over: it stood still for an hour',
      () => {
        now += 61 * minute;
      },
      false,
    ],
    ['trust-E1: somebody having said that it had ended', () => {}, true],
  ])('%s', async (_name, happen, bySaying) => {
    const slow = await startSlow();
    happen();
    const first = gate.hold({ method: 'POST', path: /usage-limits/ });
    const other = rig.apply({ concurrency: 1, format: 'json', ...(bySaying ? { takeOver: slow.run } : {}) }, elsewhere);
    await first.arrived;
    const claim = rig.readRecord()?.claim;
    expect(claim?.run).toContain('elsewhere');

    const made = writes().length;
    slow.held.release();
    const lost = await slow.running;
    expect(lost.exit).toBe(5);
    expect(writes().length).toBe(made);
    const statuses = outcomesOf(lost).map(([, status]) => status);
    expect(statuses.filter((status) => status === 'applied')).toHaveLength(1);
    expect(statuses.filter((status) => status === 'not-attempted')).toHaveLength(4);
    expect(parseOutput(lost)).toMatchObject({ recorded: false });
    expect(lost.stderr).toMatch(
      bySaying ? /\(run local:elsewhere:0ther:7:\w+\) has taken over its claim/ : /has run out|has taken over/,
    );
    // What it did is not written over the record of the other, which is still at work.
    expect(rig.readRecord()?.claim).toEqual(claim);

    first.release();
    expect((await other).exit).toBe(0);
    expect(live()).toEqual({ p1: [90], p2: [90], p3: [90], n1: [10], n2: [10] });
    expect(writes().filter((line) => line.startsWith('POST'))).toHaveLength(2);
    expect(rig.readRecord()?.claim).toBeUndefined();
    expect((await rig.plan({ detailedExitcode: true })).exit).toBe(0);
  });

  it('trust-E1: before anything was written: exit 4, and nothing is', async () => {
    rig.write(filesFor({ p1: 90, p2: 90, p3: 100 }));
    const held = gate.hold({ method: 'GET', path: new RegExp(`usage-limits/${uuid(101)}$`) });
    const running = rig.apply({ concurrency: 1, format: 'json' });
    await held.arrived;
    const run = rig.readRecord()?.claim?.run ?? '';
    const other = gate.hold({ method: 'GET', path: new RegExp(`usage-limits/${uuid(101)}$`) });
    const taking = rig.apply({ concurrency: 1, takeOver: run }, elsewhere);
    await other.arrived;
    held.release();
    const lost = await running;
    expect([lost.exit, outcomesOf(lost).map(([, status]) => status)]).toEqual([4, ['not-attempted', 'not-attempted']]);
    expect(writes()).toEqual([]);
    other.release();
    expect((await taking).exit).toBe(0);
  });

  it('trust-E1: a record that somebody removes ends the run before its next write', async () => {
    const slow = await startSlow();
    rmSync(rig.recordFile);
    slow.held.release();
    const lost = await slow.running;
    expect(lost.exit).toBe(5);
    expect(lost.stderr).toContain('the record was removed while this apply was under way');
    expect(writes()).toHaveLength(1);
    expect(rig.readRecord()).toBeNull();
  });

  it('trust-E2: a replacement in the middle is said to be begun, and the old policy stays', async () => {
    const files = filesFor(before);
    rig.write({ ...files, 'a.yaml': files['a.yaml'].replace('per: workspace_id', 'per: api_key') });
    const held = gate.hold({ method: 'POST', path: /usage-limits/, when: 'after' });
    const running = rig.apply({ format: 'json' });
    await held.arrived;
    now += 61 * minute;
    held.release();
    const lost = await running;
    expect([lost.exit, outcomesOf(lost)]).toEqual([5, [['p1', 'failed']]]);
    expect(lost.stderr).toContain('begun and not finished: the lease of its claim has run out');
    expect(live().p1).toHaveLength(2);
    // Nobody else came: its outcomes are recorded, and the next run finishes it.
    expect(parseOutput(lost)).toMatchObject({ recorded: true });
    await succeed(rig.apply());
    expect(live()).toEqual({ p1: [100], p2: [100], p3: [100] });
  });

  it('trust-E2: a question that is answered an hour later begins a lease of its own', async () => {
    rig.write(filesFor({ ...before, p1: 90 }));
    const answer = (): boolean => {
      now += 70 * minute;
      return true;
    };
    expect((await rig.apply({ yes: false }, { isInteractive: true, answer })).exit).toBe(0);
    expect(live().p1).toEqual([90]);
  });
});

describe('trust-E10: while an apply is under way', () => {
  const drift = async (format: 'text' | 'json' | 'markdown' = 'text', changed: TestSessionOptions = elsewhere) => {
    const session = testSession({ cwd: rig.folder, ...changed, env: rig.env });
    const common = { dir: 'policies', workspace: [], backend: 'portkey', concurrency: 4, quiet: false, verbose: false };
    return runDrift({ ...common, backend: 'portkey', format, recordFile: rig.recordFile }, session);
  };

  it('drift says so and ends with 0, in every format; plan says so and goes on', async () => {
    rig.write(filesFor({ p1: 90, p2: 90, p3: 90 }));
    const held = gate.hold({ method: 'PUT', path: /usage-limits/, after: 1 });
    const running = rig.apply({ concurrency: 1 });
    await held.arrived;
    const run = rig.readRecord()?.claim?.run ?? '';
    const text = await drift();
    expect(text.exit).toBe(0);
    expect(text.output).toBe(
      `An apply by platform-engineer is under way since 2026-11-20T12:00:00.000Z (run ${run}): what is live is not compared. Look again when it has ended.\n`,
    );
    const json = await drift('json');
    expect(json.exit).toBe(0);
    expect(JSON.parse(json.output)).toMatchObject({
      ok: true,
      apply: { state: 'under-way', run },
      owed: [],
      drifted: [],
      gone: [],
    });
    expect((await drift('markdown')).output).toMatch(/^### An apply by platform-engineer is under way/);
    const plan = await rig.plan({}, elsewhere);
    expect([plan.exit, plan.stderr]).toEqual([0, expect.stringContaining('is recorded as under way')]);
    held.release();
    expect((await running).exit).toBe(0);
    expect((await drift()).output).toContain('No drift.');
  });

  it('one that was killed is none: what it left is owed', async () => {
    const record = rig.readRecord();
    if (record === null) throw new Error('no record');
    rig.write(filesFor({ p1: 90, p2: 90, p3: 90 }));
    const claim = {
      run: 'local:elsewhere:0ther:77:abcdef12',
      by: 'somebody',
      startedAt: new Date(testNow - 61 * minute).toISOString(),
      leaseUntil: '2099-01-01T00:00:00.000Z',
      digest: 'x',
      changes: [],
    };
    rig.writeRecord({ ...record, claim });
    const found = await drift();
    expect([found.exit, found.output]).toEqual([exitCodes.changes, expect.stringContaining('3 owed to Git')]);
  });

  it('one that comes and goes between reading the record and reading live is not drift either', async () => {
    const held = gate.hold({ method: 'GET', path: /policies\/usage-limits\?/ });
    const looking = drift();
    await held.arrived;
    rig.write(filesFor({ p1: 90, p2: 90, p3: 90 }));
    await succeed(rig.apply());
    held.release();
    const found = await looking;
    expect([found.exit, found.output]).toEqual([0, expect.stringContaining('moved the record while this was read')]);
  });
});
