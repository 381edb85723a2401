/** The process is killed after each of its writes, one run a write; another run puts right what was left. */

import { afterEach, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../../src/emulator/server.ts';
import type { AppliedRecord } from '../../src/plan/applied-record.ts';
import { runBundle, startBundle } from '../helpers/bundle.ts';
import { effort } from '../helpers/effort.ts';
import { makePolicyRemote, type PolicyRemote } from '../helpers/policy-remote.ts';
import { type Rig, startRig, succeed } from '../helpers/rig.ts';
import { testNow } from '../helpers/session.ts';
import { adminKey } from '../helpers/world.ts';
import { git } from '../record/git-fixture.ts';
import { describeLimits, filesAfter, filesBefore, scenarioState, wantedLimits } from './scenario.ts';

/** Since the first apply ended. */
let writes = 0;
let killAt = Number.POSITIVE_INFINITY;
let kill: () => void = () => {};

let emulator: Emulator;
let rig: Rig;
let remote: PolicyRemote;
afterEach(async () => {
  await rig.close();
  await emulator.close();
});

async function start(recordFile?: null): Promise<void> {
  killAt = Number.POSITIVE_INFINITY;
  writes = 0;
  emulator = await startEmulator({
    acceptKeys: adminKey,
    state: scenarioState(),
    now: () => new Date(testNow),
    onRequest: (moment, { method, status }) => {
      if (moment !== 'after' || method === 'GET' || (status ?? 500) >= 300) return;
      writes += 1;
      if (writes === killAt) kill();
    },
  });
  if (recordFile === null) remote = makePolicyRemote(filesBefore);
  const folder = recordFile === null ? remote.clone() : undefined;
  rig = await startRig({
    emulator,
    ...(recordFile === null ? { recordFile } : {}),
    ...(folder === undefined ? {} : { folder }),
    files: filesBefore,
  });
  await succeed(rig.apply());
  writes = 0;
}

function expectPutRight(record: AppliedRecord | null): void {
  expect(describeLimits(emulator.store.state)).toEqual(wantedLimits);
  if (record === null) return;
  expect(record.claim).toBeUndefined();
  const ids = record.workspaces.flatMap(({ entries }) => entries.map(({ id }) => id));
  const policies = [...emulator.store.state.usagePolicies, ...emulator.store.state.ratePolicies];
  const dead = policies.filter(({ id, status }) => status === 'archived' && ids.includes(id));
  expect(dead).toEqual([]);
  expect(ids).toHaveLength(new Set(ids).size);
}

async function killAfter(count: number): Promise<void> {
  killAt = count;
  const options = { cwd: rig.folder, env: rig.env };
  const args = ['apply', '--yes', '--concurrency', '2', '--record-file', rig.recordFile];
  const running = await startBundle(args, { ...options, stdin: '' });
  kill = () => running.kill('SIGKILL');
  const ended = await running.ended;
  expect([ended.signal, ended.exit], ended.stderr).toEqual(['SIGKILL', null]);
}

const positions = 19;

/** Every one of them, or some that are as far from one another as can be, the first among them. */
const spread = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => 1 + Math.floor((index * positions) / count));

describe('with the record in a file', () => {
  it('is what an apply that is not killed comes to', async () => {
    await start();
    rig.write(filesAfter);
    await succeed(rig.apply());
    expect(writes).toBe(positions);
    expectPutRight(rig.readRecord());
  });

  it('converges wherever it was killed', async () => {
    for (const count of spread(effort('writes after which an apply is killed', 5, positions))) {
      await start();
      rig.write(filesAfter);
      await killAfter(count);
      killAt = Number.POSITIVE_INFINITY;
      expect(rig.readRecord()?.claim?.run, `after write ${count}`).toMatch(/^local:/);
      // The run is known to have ended: its process is gone.
      const again = await rig.apply({}, { isProcessAlive: () => false });
      expect(again.exit, again.stderr).toBe(0);
      expectPutRight(rig.readRecord());
      expect((await rig.plan({ detailedExitcode: true })).exit).toBe(0);
      await rig.close();
      await emulator.close();
    }
    await start();
  }, 150_000);
});

describe('with the record on a Git remote', () => {
  it.each(spread(effort('writes after which an apply is killed that records in Git', 3, 10)))(
    'converges when it was killed after write %i',
    async (count) => {
      await start(null);
      remote.commit(filesAfter);
      git(rig.folder, 'pull', '--quiet');
      killAt = count;
      const options = { cwd: rig.folder, env: rig.env, stdin: '' };
      const running = await startBundle(['apply', '--yes', '--concurrency', '2'], options);
      kill = () => running.kill('SIGKILL');
      expect((await running.ended).signal).toBe('SIGKILL');
      killAt = Number.POSITIVE_INFINITY;
      const again = await runBundle(['apply', '--yes'], options);
      expect(again.exit, again.stderr).toBe(0);
      expectPutRight(null);
      expect((await runBundle(['plan', '--detailed-exitcode'], options)).exit).toBe(0);
    },
  );
});
