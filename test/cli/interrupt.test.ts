/** An apply that is cancelled or killed in the middle, as a process of its own. What comes before and after runs in here. */

import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../../src/emulator/server.ts';
import { buildBundle, type Ended, type Running, runBundle, startBundle, startCommand } from '../helpers/bundle.ts';
import { type Gate, openGate } from '../helpers/gate.ts';
import { hasProgram } from '../helpers/programs.ts';
import { budgetRows, budgetsFile, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { smallState, teamA, teamB, usagePolicyRow, uuid } from '../helpers/state.ts';
import { adminKey, orgFile, spendMayRise } from '../helpers/world.ts';

const before = { p1: 100, p2: 100, p3: 100, p4: 100 };

let emulator: Emulator;
let gate: Gate;
let rig: Rig;
beforeAll(() => buildBundle());
beforeEach(async () => {
  emulator = await startEmulator({
    acceptKeys: adminKey,
    state: smallState({
      usagePolicies: [...budgetRows(before, teamA), usagePolicyRow('b1', uuid(201), teamB)],
    }),
  });
  gate = await openGate(emulator.url);
  rig = await startRig({
    emulator,
    baseUrl: gate.url,
    files: {
      'org.yaml': orgFile(spendMayRise),
      'a.yaml': budgetsFile(before),
      'b.yaml': budgetsFile({ b1: 100 }, 'ws-team-b'),
    },
  });
  await succeed(rig.apply({}, thisMachine));
  emulator.requests.clear();
});
afterEach(async () => {
  await gate.close();
  await emulator.close();
});

/** The time and the processes that the bundle sees. */
const thisMachine = {
  now: Date.now(),
  isProcessAlive,
};

function declare(dollars: Readonly<Record<string, number>>, b: Readonly<Record<string, number>> = { b1: 100 }): void {
  rig.write({
    'org.yaml': orgFile(spendMayRise),
    'a.yaml': budgetsFile(dollars),
    'b.yaml': budgetsFile(b, 'ws-team-b'),
  });
}

function start(...args: string[]): Promise<Running> {
  return startBundle([...args, '--record-file', rig.recordFile], { cwd: rig.folder, env: rig.env, stdin: '' });
}

function livePolicies(): (string | null)[] {
  const live = emulator.store.state.usagePolicies.filter(({ status }) => status === 'active');
  return live
    .map(({ name, credit_limit, group_by }) => `${name} ${credit_limit} ${group_by.map(({ key }) => key)}`)
    .sort();
}

async function expectConverged(): Promise<void> {
  const again = await rig.apply({}, thisMachine);
  expect([again.exit, again.stderr.match(/^FAILED.*/m)]).toEqual([0, null]);
  expect(rig.readRecord()?.claim).toBeUndefined();
  const plan = await rig.plan({ detailedExitcode: true, format: 'json' }, thisMachine);
  expect(plan.exit).toBe(0);
  expect(JSON.parse(plan.stdout)).toMatchObject({ changes: [], record_lines: [], unmanaged: [] });
}

describe('SIGINT', () => {
  it('lets the write under way end, records what was done, and leaves the rest unattempted', async () => {
    declare({ p1: 90, p2: 90, p3: 90, p4: 90 }, { b1: 90 });
    // Without a query: what is read of consumption comes before the claim.
    // Of team-a the second write is under way, having taken effect; of team-b a read is.
    const write = gate.hold({ method: 'PUT', path: /usage-limits/, after: 1, when: 'after' });
    const read = gate.hold({ method: 'GET', path: new RegExp(`usage-limits/${uuid(201)}$`) });
    const run = await start('apply', '--yes', '--concurrency', '2', '--format', 'json');
    await Promise.all([write.arrived, read.arrived]);
    expect(rig.readRecord()?.claim?.run).toContain(`:${run.pid}@`);
    run.kill('SIGINT');
    // The read is given up at once, so the signal has been heard; only then the write gets its answer.
    await read.abandoned;
    write.release();
    const { exit, signal, stdout, stderr } = await run.ended;
    expect([exit, signal]).toEqual([5, null]);
    const { outcomes, recorded } = JSON.parse(stdout) as {
      recorded: boolean;
      outcomes: { name: string; status: string; detail: string | null }[];
    };
    expect(recorded).toBe(true);
    const statuses = outcomes.map(({ status }) => status);
    expect(statuses.filter((status) => status === 'applied')).toHaveLength(2);
    expect(statuses).toContain('not-attempted');
    expect(statuses).toHaveLength(5);
    expect(stderr).toContain('the run was cancelled');
    expect(stderr).not.toMatch(/^\s+at /m);

    // The record says of every policy what is live: nothing that was written is forgotten.
    const record = rig.readRecord();
    expect(record?.claim).toBeUndefined();
    const recorded90 = record?.workspaces
      .flatMap(({ entries }) => entries)
      .filter(({ fields }) => fields.amount === 9_000)
      .map(({ id }) => id);
    const live90 = emulator.store.state.usagePolicies.filter(({ credit_limit }) => credit_limit === 90);
    expect(recorded90?.sort()).toEqual(live90.map(({ id }) => id).sort());
    expect(live90).toHaveLength(2);
    await expectConverged();
  });

  it('a create under way is remembered, so that Git can take it away again', async () => {
    declare({ ...before, p5: 500 }, { b1: 90 });
    const write = gate.hold({ method: 'POST', path: /usage-limits/, when: 'after' });
    const read = gate.hold({ method: 'GET', path: new RegExp(`usage-limits/${uuid(201)}$`) });
    const run = await start('apply', '--yes');
    await Promise.all([write.arrived, read.arrived]);
    run.kill('SIGINT');
    // A read of the other workspace is under way as well: given up, it shows that the signal has been heard.
    await read.abandoned;
    write.release();
    expect((await run.ended).exit).toBe(5);
    declare(before);
    await expectConverged();
    expect(livePolicies().some((policy) => policy?.startsWith('p5'))).toBe(false);
  });

  it('mistakes-K4, mistakes-K5: before the plan, the number of the signal, nothing written, one message', async () => {
    declare({ p1: 90, p2: 90, p3: 90, p4: 90 });
    for (const [command, signal, exit] of [
      [['apply', '--yes'], 'SIGINT', 130],
      [['plan'], 'SIGTERM', 143],
      [['apply', '--yes'], 'SIGHUP', 129],
    ] as const) {
      const read = gate.hold({ method: 'GET', path: /usage-limits/ });
      const run = await start(...command);
      await read.arrived;
      run.kill(signal);
      const ended = await run.ended;
      read.release();
      expect(ended).toMatchObject({ exit, signal: null, stdout: '' });
      expect(ended.stderr).toBe('error: cancelled before anything was changed\n');
    }
    expect(emulator.requests.countWrites()).toBe(0);
    expect(rig.readRecord()?.claim).toBeUndefined();
  });

  it('a second one ends the process at once, and the claim is settled by the next run', async () => {
    declare({ p1: 90, p2: 90, p3: 90, p4: 90 }, { b1: 90 });
    const write = gate.hold({ method: 'PUT', path: /usage-limits/, after: 1, when: 'after' });
    const read = gate.hold({ method: 'GET', path: new RegExp(`usage-limits/${uuid(201)}$`) });
    const run = await start('apply', '--yes', '--concurrency', '2');
    await Promise.all([write.arrived, read.arrived]);
    run.kill('SIGINT');
    await read.abandoned;
    run.kill('SIGINT');
    expect((await run.ended).exit).toBe(130);
    write.release();
    expect(rig.readRecord()?.claim).toBeDefined();
    await expectConverged();
  });
});

describe('SIGKILL', () => {
  async function killAt(hold: Parameters<Gate['hold']>[0]): Promise<void> {
    const held = gate.hold(hold);
    const run = await start('apply', '--yes', '--concurrency', '1');
    await held.arrived;
    run.kill('SIGKILL');
    expect((await run.ended).signal).toBe('SIGKILL');
    held.release();
    expect(rig.readRecord()?.claim?.run).toContain(`:${run.pid}@`);
  }

  it.each(['before', 'after'] as const)(
    '%s the third update reached the service: the next apply converges',
    async (when) => {
      declare({ p1: 90, p2: 90, p3: 90, p4: 90 }, { b1: 90 });
      await killAt({ method: 'PUT', path: /usage-limits/, after: 2, when });
      // The plan tells of it, and is not kept from its work.
      const plan = await rig.plan({}, thisMachine);
      expect(plan.exit).toBe(0);
      expect(plan.stderr).toContain('is recorded as under way');
      await expectConverged();
      expect(livePolicies()).toEqual([
        'b1 90 workspace_id',
        ...['p1', 'p2', 'p3', 'p4'].map((name) => `${name} 90 workspace_id`),
      ]);
    },
  );

  it('after a create took effect: no twin', async () => {
    declare({ ...before, p5: 500, p6: 600 });
    await killAt({ method: 'POST', path: /usage-limits/, when: 'after' });
    await expectConverged();
    expect(livePolicies().filter((policy) => policy?.startsWith('p5'))).toHaveLength(1);
    expect(emulator.requests.count('POST')).toBe(2);
  });

  it('after a create that Git has meanwhile dropped: no orphan', async () => {
    declare({ ...before, p5: 500 });
    await killAt({ method: 'POST', path: /usage-limits/, when: 'after' });
    declare(before);
    await expectConverged();
    expect(livePolicies().filter((policy) => policy?.startsWith('p5'))).toEqual([]);
  });

  it('between the two halves of a replacement: the new one stays, the old one goes', async () => {
    const files = { 'org.yaml': orgFile(), 'b.yaml': budgetsFile({ b1: 100 }, 'ws-team-b') };
    rig.write({ ...files, 'a.yaml': budgetsFile(before).replace('per: workspace_id', 'per: api_key') });
    await killAt({ method: 'DELETE', path: /usage-limits/ });
    expect(livePolicies().filter((policy) => policy?.startsWith('p1'))).toHaveLength(2);
    await expectConverged();
    expect(livePolicies().filter((policy) => policy?.startsWith('p1'))).toEqual(['p1 100 api_key']);
  });

  it('before any write, and the files are as they were: nothing happens, and the claim goes', async () => {
    declare({ p1: 90, p2: 90, p3: 90, p4: 90 });
    await killAt({ method: 'PUT', path: /usage-limits/, when: 'before' });
    declare(before);
    await expectConverged();
  });
});

const hasScript = hasProgram('script');

describe.skipIf(!hasScript)('at a terminal', () => {
  async function atTerminal(keys: string | null, command = 'apply'): Promise<Ended> {
    const bundle = await buildBundle();
    const line = `"${process.execPath}" "${bundle}" ${command} --record-file "${rig.recordFile}"`;
    const env = { ...rig.env, TERM: 'xterm', NO_COLOR: '1' };
    const run = startCommand('script', ['-qefc', line, '/dev/null'], { cwd: rig.folder, env });
    let seen = '';
    run.child.stdout.on('data', (text: string) => {
      seen += text;
      if (/\(yes\/no\)/.test(seen) && keys !== null) {
        run.child.stdin.write(keys);
        seen = '';
      }
    });
    return run.ended;
  }

  it.each<[name: string, keys: string, exit: number, amount: number]>([
    ['yes', 'yes\r', 0, 90],
    ['y', 'y\r', 0, 90],
    ['no', 'no\r', 1, 100],
    ['nothing', '\r', 1, 100],
    ['the end of input', '\u0004', 1, 100],
    ['Ctrl-C', '\u0003', 130, 100],
  ])('shows the plan and asks; answered with %s', async (_name, keys, exit, amount) => {
    declare({ p1: 90, p2: 100, p3: 100, p4: 100 });
    const ran = await atTerminal(keys);
    expect(ran.stdout).toMatch(/~ p1[\s\S]*Plan: 1 to update[\s\S]*Apply this change\? \(yes\/no\)/);
    expect(ran.stdout).not.toMatch(/^\s+at /m);
    expect(ran.exit).toBe(exit);
    expect(livePolicies()).toContain(`p1 ${amount} workspace_id`);
    expect(rig.readRecord()?.claim).toBeUndefined();
  });
});

describe('the bundle', () => {
  it('holds the lease of a run on this machine against another', async () => {
    declare({ p1: 90, p2: 90, p3: 90, p4: 90 });
    const held = gate.hold({ method: 'PUT', path: /usage-limits/ });
    const run = await start('apply', '--yes', '--concurrency', '1');
    await held.arrived;
    const other = await runBundle(['apply', '--yes', '--record-file', rig.recordFile], {
      cwd: rig.folder,
      env: rig.env,
    });
    expect(other.exit).toBe(4);
    expect(other.stderr).toMatch(new RegExp(`is under way since .* \\(run local:[^)]*:${run.pid}@`));
    expect(emulator.requests.countWrites()).toBe(0);
    held.release();
    expect((await run.ended).exit).toBe(0);
  });
});

function isProcessAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
