/** An apply whose reader or terminal goes away: a process of its own, as it is shipped. */

import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../../src/emulator/server.ts';
import { buildBundle, runShell, startBundle } from '../helpers/bundle.ts';
import { type Gate, openGate } from '../helpers/gate.ts';
import { budgetRows, budgetsFile, outcomesOf, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { smallState, teamA } from '../helpers/state.ts';
import { adminKey, orgFile } from '../helpers/world.ts';

const names = ['p1', 'p2', 'p3', 'p4', 'p5', 'p6'];
const all = (amount: number) => Object.fromEntries(names.map((name) => [name, amount]));
const filesFor = (amount: number) => ({ 'org.yaml': orgFile(), 'a.yaml': budgetsFile(all(amount)) });

let emulator: Emulator;
let gate: Gate;
let rig: Rig;
beforeAll(() => buildBundle());
beforeEach(async () => {
  emulator = await startEmulator({
    acceptKeys: adminKey,
    state: smallState({ usagePolicies: budgetRows(all(100), teamA) }),
  });
  gate = await openGate(emulator.url);
  rig = await startRig({ emulator, baseUrl: gate.url, files: filesFor(100) });
  await succeed(rig.apply({}, { now: Date.now() }));
  emulator.requests.clear();
  rig.write(filesFor(90));
});
afterEach(async () => {
  await gate.close();
  await emulator.close();
});

function liveAmounts(): number[] {
  return emulator.store.state.usagePolicies.map(({ credit_limit }) => credit_limit);
}

it.each([
  ['apply --yes 2>&1 | head -1', '0'],
  ['apply --yes 2>&1 | true', '0'],
  ['apply --yes --format json 2>&1 | head -c 1 >/dev/null', '0'],
  ['apply --yes >&- 2>&-', '0'],
  ['apply --yes --verbose 2>/dev/full', '0'],
  // What was to be handed on and could not be is a failure, told once the work is done.
  ['apply --yes --format json >/dev/full', '1'],
])('trust-E11: tollgate %s: a closed pipe ends nothing but the printing', async (line, exit) => {
  const options = { cwd: rig.folder, env: rig.env };
  const args = `${line.replace('--yes', '--yes --concurrency 1 --record-file record.json')}`;
  const ran = await runShell(`tollgate ${args}; echo "exit \${PIPESTATUS[0]}"`, options);
  expect(ran.stdout).toMatch(new RegExp(`exit ${exit}\n$`));
  expect(liveAmounts()).toEqual(names.map(() => 90));
  expect(rig.readRecord()?.claim).toBeUndefined();
  expect(rig.readRecord()?.outcomes.map(({ status }) => status)).toEqual(names.map(() => 'applied'));
});

it('trust-E11: a terminal that goes away lets the write under way end, and its outcome is recorded', async () => {
  const write = gate.hold({ method: 'PUT', path: /usage-limits/, after: 1, when: 'after' });
  const read = gate.hold({ method: 'GET', path: /usage-limits\/[^?]+$/, after: 2 });
  const args = ['apply', '--yes', '--concurrency', '2', '--format', 'json', '--record-file', rig.recordFile];
  const run = await startBundle(args, { cwd: rig.folder, env: rig.env, stdin: '' });
  await Promise.all([write.arrived, read.arrived]);
  // The shell and the kernel both tell.
  run.kill('SIGHUP');
  run.kill('SIGHUP');
  await read.abandoned;
  write.release();
  const ended = await run.ended;
  expect([ended.exit, ended.signal]).toEqual([5, null]);
  const statuses = outcomesOf(ended).map(([, status]) => status);
  expect(statuses.filter((status) => status === 'applied')).toHaveLength(liveAmounts().filter((n) => n === 90).length);
  expect(statuses).toContain('not-attempted');
  expect(rig.readRecord()?.claim).toBeUndefined();
  await succeed(rig.apply({}, { now: Date.now() }));
  expect(liveAmounts()).toEqual(names.map(() => 90));
});
