import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { budgetRows, budgetsFile, outcomesOf, parseOutput, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { smallState, teamA, uuid } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

const five = { p1: 100, p2: 100, p3: 100, p4: 100, p5: 100 };
const lower = { p1: 90, p2: 90, p3: 90, p4: 90, p5: 90 };
const third = `/policies/usage-limits/${uuid(103)}`;

let rig: Rig;
afterEach(() => rig.close());
/** Five adopted budgets; the files ask for lower ones. */
beforeEach(async () => {
  rig = await startRig({
    state: smallState({ usagePolicies: budgetRows(five, teamA) }),
    files: { 'org.yaml': orgFile(), 'a.yaml': budgetsFile(five) },
  });
  await succeed(rig.apply());
  rig.emulator.requests.clear();
  declare(lower);
});

function declare(dollars: Readonly<Record<string, number>>): void {
  rig.write({ 'org.yaml': orgFile(), 'a.yaml': budgetsFile(dollars) });
}

function liveAmounts(): unknown[] {
  return rig.emulator.store.state.usagePolicies
    .filter(({ status }) => status === 'active')
    .map(({ credit_limit }) => credit_limit);
}

function recordedAmounts(): unknown[] {
  const entries = rig.readRecord()?.workspaces.flatMap((workspace) => workspace.entries) ?? [];
  return entries.map(({ fields, owed }) => [fields.amount, ...(owed === true ? ['owed'] : [])]);
}

describe('asking', () => {
  it('needs --yes where there is nobody to ask, and writes nothing without', async () => {
    const before = rig.readRecord();
    for (const format of ['text', 'json', 'markdown'] as const) {
      const ran = await rig.apply({ yes: false, format });
      expect(ran.exit).toBe(1);
      expect(ran.stderr).toMatch(/nobody to ask\nAdd --yes to apply without asking\.\n$/);
    }
    expect(rig.emulator.requests.countWrites()).toBe(0);
    expect(rig.readRecord()).toEqual(before);
  });

  it('shows the plan, then asks, on a terminal', async () => {
    const no = await rig.apply({ yes: false }, { isInteractive: true, answer: false });
    expect([no.exit, no.stdout]).toEqual([1, '']);
    expect(no.stderr).toMatch(/Plan: 5 to update[\s\S]*\nApply these 5 changes\?\nerror: not applied/);
    expect(rig.emulator.requests.countWrites()).toBe(0);
    const yes = await rig.apply({ yes: false }, { isInteractive: true, answer: true });
    expect(yes.exit).toBe(0);
    expect(liveAmounts()).toEqual([90, 90, 90, 90, 90]);
  });

  it('shows the plan before the question in every format, also when quiet', async () => {
    for (const format of ['text', 'json', 'markdown'] as const) {
      const ran = await rig.apply({ yes: false, format, quiet: true }, { isInteractive: true, answer: false });
      expect(ran.stderr).toMatch(/5 to update[\s\S]*Apply these 5 changes\?/);
    }
  });

  it('does not ask when nothing live changes, and still records', async () => {
    declare(five);
    rig.write({ 'org.yaml': orgFile(), 'a.yaml': `${budgetsFile(five)}    protect: true\n` });
    const ran = await rig.apply({ yes: false });
    expect([ran.exit, ran.stdout]).toEqual([
      0,
      `No changes: 5 limits match the files. Recorded in ${rig.recordFile}.\n`,
    ]);
    const again = await rig.apply({ yes: false });
    expect([again.exit, again.stdout]).toEqual([0, 'No changes: 5 limits match the files.\n']);
  });
});

describe('outcomes', () => {
  it('streams one line a change, sums up on stdout and writes the record', async () => {
    const ran = await rig.apply();
    expect(ran.exit).toBe(0);
    expect(ran.stderr.match(/^applied {7}~ p\d \(ws-team-a\): \$90 monthly, shared by the workspace$/gm)).toHaveLength(
      5,
    );
    expect(ran.stdout).toBe(
      `Applied 5 of 5. Recorded in ${rig.recordFile}. The gateway learns of a change within about a minute.\n`,
    );
    expect(recordedAmounts()).toEqual(Array(5).fill([9_000]));
    const record = rig.readRecord();
    expect(record).toMatchObject({ environment: 'production', tool: '0.0.0-test', dirty: false, commit: null });
    expect(record?.claim).toBeUndefined();
    expect(record?.outcomes.map(({ status }) => status)).toEqual(Array(5).fill('applied'));
    expect(Object.keys(record?.files ?? {})).toEqual(['a.yaml', 'org.yaml']);
    expect((await rig.plan({ detailedExitcode: true })).exit).toBe(0);
  });

  it('--quiet leaves the closing line', async () => {
    const ran = await rig.apply({ quiet: true });
    expect([ran.exit, ran.stderr]).toEqual([0, '']);
    expect(ran.stdout).toMatch(/^Applied 5 of 5\./);
  });

  it('the third of five changes fails: the others are applied, exit 5, and the next apply converges', async () => {
    rig.emulator.setFaults([{ method: 'PUT', path: third, fault: { kind: 'status', status: 400 } }]);
    const ran = await rig.apply();
    expect(ran.exit).toBe(5);
    expect(ran.stdout).toMatch(/^Applied 4 of 5: 1 failed\. Recorded in /);
    expect(ran.stderr).toMatch(/^FAILED {8}~ p3 \(ws-team-a\): PUT .* answered 400 AB04: Injected fault/m);
    expect(liveAmounts()).toEqual([90, 90, 100, 90, 90]);
    expect(recordedAmounts()).toEqual([[9_000], [9_000], [10_000, 'owed'], [9_000], [9_000]]);
    expect(rig.readRecord()?.outcomes.map(({ status }) => status)).toEqual([
      'applied',
      'applied',
      'failed',
      'applied',
      'applied',
    ]);

    const owed = await rig.plan({ format: 'json', detailedExitcode: true });
    expect(owed.exit).toBe(2);
    expect(parseOutput(owed)).toMatchObject({ changes: [{ name: 'p3', cause: 'edited' }] });

    rig.emulator.setFaults([]);
    const again = await rig.apply({ format: 'json' });
    expect(again.exit).toBe(0);
    expect(outcomesOf(again)).toEqual([['p3', 'applied']]);
    expect(recordedAmounts()).toEqual(Array(5).fill([9_000]));
    expect((await rig.plan({ detailedExitcode: true })).exit).toBe(0);
  });

  it.each(['text', 'json', 'markdown'] as const)('exit codes are the same as %s', async (format) => {
    rig.emulator.setFaults([{ method: 'PUT', path: third, fault: { kind: 'status', status: 400 } }]);
    const partial = await rig.apply({ format });
    expect(partial.exit).toBe(5);
    if (format === 'json') {
      expect(parseOutput(partial)).toMatchObject({ ok: false, recorded: true, record_problem: null });
    }
    if (format === 'markdown') {
      expect(partial.stdout.trimEnd().split('\n')).toHaveLength(7);
      expect(partial.stdout).toMatch(/\| `~` p3 .*\| failed \|/);
    }
    rig.emulator.setFaults([]);
    expect((await rig.apply({ format })).exit).toBe(0);
  });

  it('a create that fails is not remembered, and made by the next apply', async () => {
    declare({ ...five, p6: 600 });
    rig.emulator.setFaults([{ method: 'POST', fault: { kind: 'status', status: 400 } }]);
    expect((await rig.apply()).exit).toBe(5);
    expect(recordedAmounts()).toHaveLength(5);
    rig.emulator.setFaults([]);
    expect((await rig.apply()).exit).toBe(0);
    expect(liveAmounts()).toContain(600);
    expect(recordedAmounts()).toHaveLength(6);
  });

  it('a delete that fails stays owed, also once Git has forgotten the policy', async () => {
    declare({ p1: 100, p2: 100, p4: 100, p5: 100 });
    rig.emulator.setFaults([{ method: 'DELETE', fault: { kind: 'status', status: 500 } }]);
    expect((await rig.apply()).exit).toBe(6);
    expect(recordedAmounts()).toContainEqual([10_000, 'owed']);
    rig.emulator.setFaults([]);
    const again = await rig.apply({ format: 'json' });
    expect(outcomesOf(again)).toEqual([['p3', 'applied']]);
    expect(recordedAmounts()).toEqual(Array(4).fill([10_000]));
  });

  it('exits 6 when the service is down and nothing was written', async () => {
    rig.emulator.setFaults([{ method: 'PUT', fault: { kind: 'status', status: 503, body: 'html' } }]);
    const ran = await rig.apply();
    expect(ran.exit).toBe(6);
    expect(ran.stdout).toMatch(/^Applied 0 of 5: 5 failed\./);
    expect(liveAmounts()).toEqual([100, 100, 100, 100, 100]);
    expect(rig.readRecord()?.claim).toBeUndefined();
    rig.emulator.setFaults([]);
    expect((await rig.apply()).exit).toBe(0);
  });

  it('stops at once when the key is revoked meanwhile', async () => {
    rig.emulator.setFaults([{ method: 'PUT', fault: { kind: 'status', status: 401 } }]);
    const ran = await rig.apply(
      { yes: false, concurrency: 1 },
      {
        isInteractive: true,
        answer: () => {
          rig.emulator.setFaults([{ after: 10, fault: { kind: 'status', status: 401 } }]);
          return true;
        },
      },
    );
    expect([5, 6]).toContain(ran.exit);
    expect(ran.stderr).toMatch(/^not attempted|^FAILED/m);
    expect(ran.stderr.replace(/\s+/g, ' ')).toContain('the key is invalid or revoked');
    expect(ran.stderr).not.toContain('test-admin-key');
  });

  it('refuses a kind of write, and goes on with the others', async () => {
    rig.write({
      'org.yaml': orgFile(),
      'a.yaml': budgetsFile(lower),
      'b.yaml': workspaceFile('ws-team-b', 'keys:\n  web:\n    budget: $50\n    reset: monthly\n'),
    });
    rig.emulator.setFaults([{ method: 'PUT', path: '/policies/**', fault: { kind: 'status', status: 403 } }]);
    const ran = await rig.apply({ format: 'json' });
    expect(ran.exit).toBe(5);
    const statuses = new Map(outcomesOf(ran));
    expect(statuses.get('web')).toBe('applied');
    expect([...statuses.values()].filter((status) => status === 'applied')).toHaveLength(1);
  });
});

describe('what moved between plan and write', () => {
  function meanwhile(change: () => void) {
    return {
      isInteractive: true,
      answer: () => {
        change();
        return true;
      },
    };
  }
  const policy = (id: string) => rig.emulator.store.state.usagePolicies.find((row) => row.id === id);

  it('mistakes-F13: is stale, in dollars: not applied, exit 4, and shown by the next plan', async () => {
    declare({ ...five, p3: 90 });
    const ran = await rig.apply(
      { yes: false },
      meanwhile(() => Object.assign(policy(uuid(103)) ?? {}, { credit_limit: 777 })),
    );
    expect(ran.exit).toBe(4);
    expect(ran.stderr).toMatch(/^stale {9}~ p3 .*amount was \$100 when it was planned and is \$777 now/m);
    expect(ran.stdout).toMatch(/^Applied 0 of 1: 1 stale\. Recorded in [^ ]+\.\n$/);
    expect(liveAmounts()).toEqual([100, 100, 777, 100, 100]);
    expect(rig.emulator.requests.countWrites()).toBe(0);
    const next = await rig.plan({ format: 'json' });
    expect(parseOutput(next)).toMatchObject({ changes: [{ name: 'p3', cause: 'both' }] });
  });

  it('exits 4 when the rest was applied: stale after a write without a failure', async () => {
    const ran = await rig.apply(
      { yes: false, format: 'json' },
      meanwhile(() => Object.assign(policy(uuid(103)) ?? {}, { credit_limit: 777 })),
    );
    expect(ran.exit).toBe(4);
    expect(outcomesOf(ran).filter(([, status]) => status === 'applied')).toHaveLength(4);
    expect(liveAmounts()).toEqual([90, 90, 777, 90, 90]);
  });

  it('is already applied when somebody did the same', async () => {
    declare({ ...five, p3: 90 });
    const ran = await rig.apply(
      { yes: false, format: 'json' },
      meanwhile(() => Object.assign(policy(uuid(103)) ?? {}, { credit_limit: 90 })),
    );
    expect(ran.exit).toBe(0);
    expect(outcomesOf(ran)).toEqual([['p3', 'already-applied']]);
  });

  it('is stale when the object is gone, and the next apply makes it anew', async () => {
    declare({ ...five, p3: 90 });
    const ran = await rig.apply(
      { yes: false },
      meanwhile(() => Object.assign(policy(uuid(103)) ?? {}, { status: 'archived' })),
    );
    expect(ran.exit).toBe(4);
    expect(ran.stderr).toContain('it is no longer live');
    expect((await rig.apply()).exit).toBe(0);
    expect(liveAmounts().sort()).toEqual([100, 100, 100, 100, 90]);
  });

  it('a create meets a policy of that name: stale, no twin', async () => {
    declare({ ...five, p6: 60 });
    const twin = budgetRows({ p6: 666 }, teamA).map((row) => ({ ...row, id: uuid(666) }));
    const ran = await rig.apply(
      { yes: false },
      meanwhile(() => rig.emulator.store.state.usagePolicies.push(...twin)),
    );
    expect(ran.exit).toBe(4);
    expect(ran.stderr).toContain(uuid(666));
    expect(liveAmounts()).toEqual([100, 100, 100, 100, 100, 666]);
  });
});

describe('the order of tightenings and loosenings', () => {
  const mixed = { p1: 90, p2: 200, p4: 100, p5: 100 };

  it('a loosening and a delete wait for a tightening that failed', async () => {
    declare(mixed);
    rig.emulator.setFaults([
      { method: 'PUT', path: `/policies/usage-limits/${uuid(101)}`, fault: { kind: 'status', status: 400 } },
    ]);
    const ran = await rig.apply({ format: 'json' });
    expect(outcomesOf(ran)).toEqual([
      ['p1', 'failed'],
      ['p2', 'skipped'],
      ['p3', 'skipped'],
    ]);
    expect(ran.exit).toBe(5);
    expect(ran.stderr).toContain('waits for usage-policy/ws-team-a/p1, which is not in force');
    expect(liveAmounts()).toEqual([100, 100, 100, 100, 100]);
    expect(recordedAmounts()).toEqual([[10_000, 'owed'], [10_000, 'owed'], [10_000, 'owed'], [10_000], [10_000]]);
    rig.emulator.setFaults([]);
    expect((await rig.apply()).exit).toBe(0);
    expect(liveAmounts()).toEqual([90, 200, 100, 100]);
  });

  it('they wait for one that was filtered out as well', async () => {
    declare(mixed);
    const ran = await rig.apply({ format: 'json', only: ['usage-policy/p2'] });
    expect(outcomesOf(ran)).toEqual([['p2', 'skipped']]);
    expect(ran.exit).toBe(5);
    expect(liveAmounts()).toEqual([100, 100, 100, 100, 100]);
  });
});
