/** Two at once: two applies, an apply and somebody at the dashboard, an apply and a record or a remote that moves. */

import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../../src/emulator/server.ts';
import { makePolicyRemote, type PolicyRemote } from '../helpers/policy-remote.ts';
import { budgetRows, budgetsFile, outcomesOf, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { testNow } from '../helpers/session.ts';
import { smallState, teamA, uuid } from '../helpers/state.ts';
import { adminKey, orgFile } from '../helpers/world.ts';
import { git } from '../record/git-fixture.ts';

const before = { 'org.yaml': orgFile(), 'a.yaml': budgetsFile({ p1: 100, p2: 100 }) };
const after = { 'org.yaml': orgFile(), 'a.yaml': budgetsFile({ p1: 90, p2: 100, p3: 30 }) };

let emulator: Emulator;
/** Called once, right before the first request of that method that has an effect. */
let onFirst: { method: string; act: () => void } | undefined;
afterEach(() => emulator.close());

async function startService(): Promise<void> {
  onFirst = undefined;
  emulator = await startEmulator({
    acceptKeys: adminKey,
    state: smallState({ usagePolicies: budgetRows({ p1: 100, p2: 100 }, teamA) }),
    now: () => new Date(testNow),
    onRequest: (moment, { method }) => {
      if (moment !== 'before' || method !== onFirst?.method) return;
      const { act } = onFirst;
      onFirst = undefined;
      act();
    },
  });
}

function live(): [string | null, number][] {
  return emulator.store.state.usagePolicies
    .filter(({ status }) => status === 'active')
    .map(({ name, credit_limit }): [string | null, number] => [name, credit_limit])
    .sort();
}

const done = [
  ['p1', 90],
  ['p2', 100],
  ['p3', 30],
];

describe('two applies at once', () => {
  it('over one record file: one of them writes, the other says stale, and nothing is made twice', async () => {
    await startService();
    const rig = await startRig({ emulator, files: before });
    await succeed(rig.apply());
    rig.write(after);
    // Two processes of one host: each sees the other alive.
    const ran = await Promise.all([rig.apply({}, { pid: 1001 }), rig.apply({}, { pid: 1002 })]);
    expect(ran.map(({ exit }) => exit).sort(), ran.map(({ stderr }) => stderr).join('\n')).toEqual([0, 4]);
    expect(live()).toEqual(done);
    expect((await rig.plan({ detailedExitcode: true })).exit).toBe(0);
    await rig.close();
  });

  it('over one Git remote: the same', async () => {
    await startService();
    const remote = makePolicyRemote(before);
    const [first, second] = await Promise.all([startGitRig(remote), startGitRig(remote)]);
    await succeed(first.apply());
    remote.commit(after);
    for (const rig of [first, second]) git(rig.folder, 'pull', '--quiet');
    const ran = await Promise.all([first.apply({}, { pid: 1001 }), second.apply({}, { pid: 1002 })]);
    expect(ran.map(({ exit }) => exit).sort(), ran.map(({ stderr }) => stderr).join('\n')).toEqual([0, 4]);
    expect(live()).toEqual(done);
  });
});

describe('an apply and somebody at the dashboard', () => {
  async function startOne(): Promise<Rig> {
    await startService();
    const rig = await startRig({ emulator, files: before });
    await succeed(rig.apply());
    rig.write({ ...before, 'a.yaml': budgetsFile({ p1: 90, p2: 100 }) });
    return rig;
  }
  /** Between the question and the first write. */
  const meanwhile = (amount: number) => ({
    isInteractive: true,
    answer: () => {
      const row = emulator.store.state.usagePolicies.find(({ id }) => id === uuid(101));
      if (row !== undefined) row.credit_limit = amount;
      return true;
    },
  });

  it('another value: stale, exit 4, nothing written', async () => {
    const rig = await startOne();
    emulator.requests.clear();
    const ran = await rig.apply({ yes: false, format: 'json' }, meanwhile(777));
    expect([ran.exit, outcomesOf(ran)]).toEqual([4, [['p1', 'stale']]]);
    expect(emulator.requests.countWrites()).toBe(0);
  });

  it('the same value: already applied, exit 0, nothing written', async () => {
    const rig = await startOne();
    emulator.requests.clear();
    const ran = await rig.apply({ yes: false, format: 'json' }, meanwhile(90));
    expect([ran.exit, outcomesOf(ran)]).toEqual([0, [['p1', 'already-applied']]]);
    expect(emulator.requests.countWrites()).toBe(0);
  });
});

describe('an apply and a record on a Git remote', () => {
  it('that moved after it was read: exit 4, nothing written', async () => {
    const { rig, remote } = await startGit();
    emulator.requests.clear();
    const ran = await rig.apply(
      { yes: false },
      {
        isInteractive: true,
        answer: () => {
          const tree = git(remote, 'rev-parse', 'refs/tollgate/production^{tree}');
          const next = git(remote, 'commit-tree', tree, '-p', 'refs/tollgate/production', '-m', 'another apply');
          git(remote, 'update-ref', 'refs/tollgate/production', next);
          return true;
        },
      },
    );
    expect(ran.exit).toBe(4);
    expect(ran.stderr).toContain('was moved by another apply');
    expect(emulator.requests.countWrites()).toBe(0);
  });

  it('that refuses the claim: exit 6, nothing written', async () => {
    const { rig, remote } = await startGit();
    const hook = join(remote, 'hooks', 'pre-receive');
    writeFileSync(hook, '#!/bin/sh\necho "refs are frozen today" >&2\nexit 1\n');
    chmodSync(hook, 0o755);
    emulator.requests.clear();
    const ran = await rig.apply();
    expect(ran.exit).toBe(6);
    expect(ran.stderr).toContain('refs are frozen today');
    expect(emulator.requests.countWrites()).toBe(0);
  });

  it('that is gone: exit 6, nothing written and nothing planned', async () => {
    const { rig, remote } = await startGit();
    renameSync(remote, `${remote}.away`);
    emulator.requests.clear();
    const ran = await rig.apply();
    expect(ran.exit).toBe(6);
    expect(emulator.requests.total).toBe(0);
  });

  it('that vanishes between claim and outcomes: exit 5, and the next run settles what was done', async () => {
    const { rig, remote } = await startGit();
    onFirst = { method: 'PUT', act: () => renameSync(remote, `${remote}.away`) };
    const ran = await rig.apply({ format: 'json' });
    expect(ran.exit).toBe(5);
    expect(outcomesOf(ran)).toEqual([
      ['p1', 'applied'],
      ['p3', 'applied'],
    ]);
    expect(ran.stderr).toContain('the outcomes could not be recorded');
    expect(ran.stderr).toContain('The next apply settles them from what is live.');
    renameSync(`${remote}.away`, remote);
    emulator.requests.clear();
    const again = await rig.apply({}, { isProcessAlive: () => false, pid: 4343 });
    expect([again.exit, emulator.requests.countWrites()]).toEqual([0, 0]);
    expect(live()).toEqual(done);
    const third = await rig.plan({ detailedExitcode: true });
    expect(third.exit).toBe(0);
  });
});

async function startGitRig(remote: PolicyRemote): Promise<Rig> {
  return startRig({ emulator, folder: remote.clone(), recordFile: null });
}

/** A clone whose next files are pushed, and a record of the first ones on its remote. */
async function startGit(): Promise<{ rig: Rig; remote: string }> {
  await startService();
  const made = makePolicyRemote(before);
  const rig = await startGitRig(made);
  await succeed(rig.apply());
  made.commit(after);
  git(rig.folder, 'pull', '--quiet');
  return { rig, remote: made.remote };
}
