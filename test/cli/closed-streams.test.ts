/** An apply whose reader or terminal goes away: a process of its own, as it is shipped. */

import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../../src/emulator/server.ts';
import { buildBundle, runShell, startBundle } from '../helpers/bundle.ts';
import { type Gate, openGate } from '../helpers/gate.ts';
import { hasProgram } from '../helpers/programs.ts';
import { budgetRows, budgetsFile, outcomesOf, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { smallState, teamA, uuid } from '../helpers/state.ts';
import { adminKey, orgFile } from '../helpers/world.ts';

const names = ['p1', 'p2', 'p3', 'p4', 'p5', 'p6'];
const all = (amount: number) => Object.fromEntries(names.map((name) => [name, amount]));
const filesFor = (amount: number) => ({ 'org.yaml': orgFile(), 'a.yaml': budgetsFile(all(amount)) });

/** Lines of shell, with streams that are closed or full. */
const itInBash = it.skipIf(!hasProgram('bash'));

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

itInBash.each([
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

itInBash.each([
  ['apply --yes --format json >/dev/full 2>/dev/full', '1', 6],
  ['apply --yes >/dev/full 2>/dev/full', '1', 6],
  ['apply --yes --quiet >/dev/null 2>/dev/full', '0', 6],
])('mistakes-K3: tollgate %s: a full disk ends nothing but the output', async (line, exit, applied) => {
  const args = line.replace('--yes', '--yes --concurrency 1 --record-file record.json');
  const ran = await runShell(`tollgate ${args}; echo "exit $?"`, { cwd: rig.folder, env: rig.env });
  expect(ran.stdout).toBe(`exit ${exit}\n`);
  expect(liveAmounts().filter((amount) => amount === 90)).toHaveLength(applied);
  expect(rig.readRecord()?.claim).toBeUndefined();
});

itInBash('mistakes-K3: an apply of which a part failed says so by its exit code, wherever its words went', async () => {
  emulator.setFaults([
    { method: 'PUT', path: `/policies/usage-limits/${uuid(103)}`, fault: { kind: 'status', status: 400 } },
  ]);
  const args = 'apply --yes --format json --record-file record.json';
  const ran = await runShell(`tollgate ${args} >/dev/full 2>/dev/full; echo "exit $?"`, {
    cwd: rig.folder,
    env: rig.env,
  });
  expect(ran.stdout).toBe('exit 5\n');
  expect(
    rig
      .readRecord()
      ?.outcomes.map(({ status }) => status)
      .sort(),
  ).toEqual([...Array(5).fill('applied'), 'failed']);
});

itInBash.each([
  '--help',
  'help plan',
  'validate --format json',
  'plan --format json --nosuch',
  'completion bash',
  'rules',
])('mistakes-K3: tollgate %s does not pass for done when nothing of it was written', async (line) => {
  const ran = await runShell(`tollgate ${line} >/dev/full; echo "exit $?"`, { cwd: rig.folder, env: rig.env });
  expect(ran.stdout).toBe('exit 1\n');
  expect(ran.stderr).toContain('error: the output could not be written (ENOSPC)\n');
  expect(ran.stderr).not.toMatch(/^\s+at /m);
});

itInBash(
  'mistakes-K2: --out to stdout, by its name or through the shell, is the plan alone; a pipe gets it straight',
  async () => {
    const plan = 'tollgate plan --record-file record.json --no-impact';
    const line = [
      `${plan} --out - >dash.json`,
      `${plan} --out /dev/stdout >name.json`,
      `${plan} --out >(cat >pipe.json; echo done >&2) >text`,
      `${plan} --out /dev/stderr 2>err.json >/dev/null`,
      `${plan} --out /dev/null >/dev/null; echo "exit $?"`,
      'sleep_until() { until [ -s pipe.json ]; do :; done; }; sleep_until',
      'cmp dash.json name.json && cmp dash.json pipe.json && cmp dash.json err.json && echo same',
      'test -c /dev/null && head -1 text | cut -d: -f1',
    ].join('\n');
    const ran = await runShell(line, { cwd: rig.folder, env: rig.env });
    expect(ran.stdout).toBe('exit 0\nsame\nproduction\n');
  },
);

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
