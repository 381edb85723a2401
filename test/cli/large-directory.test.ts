/** Large policy directories are compiled in a thread beside the reading of live; nothing else may be different. */

import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseFault } from '../../src/emulator/faults.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import { buildBundle, runBundle } from '../helpers/bundle.ts';
import { budgetRows, budgetsFile, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { smallState, teamA } from '../helpers/state.ts';
import { orgFile } from '../helpers/world.ts';

const padding = `# ${'-'.repeat(98)}\n`.repeat(2_500);

function files(dollars: Readonly<Record<string, number>>, more = ''): Record<string, string> {
  return { 'org.yaml': orgFile(), 'a.yaml': `${budgetsFile(dollars)}${more}${padding}` };
}

let rig: Rig;
beforeAll(() => buildBundle());
beforeEach(async () => {
  const before = { p1: 100, p2: 100 };
  rig = await startRig({
    state: smallState({ usagePolicies: budgetRows(before, teamA) }),
    files: files(before),
  });
  await succeed(rig.apply({ impact: false }));
});
afterEach(() => rig.close());

const plan = (...flags: string[]) =>
  runBundle(['plan', '--no-impact', '--record-file', rig.recordFile, ...flags], { cwd: rig.folder, env: rig.env });

describe('the command', () => {
  it('plans what it plans without a thread, with the same requests', async () => {
    rig.write(files({ p1: 200, p3: 50 }));
    rig.emulator.requests.clear();
    const alone = await rig.plan({ format: 'json', impact: false });
    const requests = { ...rig.emulator.requests.counts };
    rig.emulator.requests.clear();
    const aside = await plan('--format', 'json');
    expect(aside.stderr).toBe('');
    expect(JSON.parse(aside.stdout)).toEqual(JSON.parse(alone.stdout));
    expect(rig.emulator.requests.counts).toEqual(requests);
    expect(JSON.parse(aside.stdout).changes).toHaveLength(3);
  });

  it('says what is wrong with the files, and not what live answered meanwhile', async () => {
    rig.write(files({ p1: 200 }, '  p9:\n    bugdet: $5\n'));
    rig.emulator.faults.set([parseFault('GET /policies/** 403')]);
    const aside = await plan();
    const alone = await rig.plan({ impact: false });
    expect(aside.exit).toBe(1);
    expect(aside.stdout).toContain('policies/a.yaml:11:5');
    expect(aside.stdout.replace(/ +/g, ' ')).toBe(alone.stdout.replace(/ +/g, ' '));
  });

  it('refuses a record of another control plane', async () => {
    const record = rig.readRecord();
    if (record === null) throw new Error('no record');
    rig.writeRecord({ ...record, baseUrl: 'https://api.portkey.ai/v1' });
    const aside = await plan();
    expect([aside.exit, aside.stdout]).toEqual([1, '']);
    expect(aside.stderr).toContain('the applied record is for control plane https://api.portkey.ai/v1');
  });
});

describe('in this process', () => {
  it('asks live for what the record names while the files are compiled', async () => {
    rig.write(files({ p1: 200 }));
    rig.emulator.requests.clear();
    const { requests } = rig.emulator;
    const ran = await rig.plan(
      { impact: false },
      {
        compileAside: async (texts) => {
          // Never ends unless somebody else asks for the list.
          while (requests.counts['GET /policies/usage-limits'] === undefined) await new Promise(setImmediate);
          return compilePolicies(texts);
        },
      },
    );
    expect(ran.exit, ran.stderr).toBe(0);
    expect(ran.stdout).toContain('$100 → $200');
    expect(requests.counts['GET /policies/usage-limits']).toBe(1);
  });

  it('ends with what went wrong in the thread', async () => {
    const ran = await rig.plan({}, { compileAside: () => Promise.reject(new Error('the thread ended with 9')) });
    expect(ran.exit).not.toBe(0);
    expect(ran.stderr).toContain('the thread ended with 9');
  });

  it('compiles small directories first, and asks nothing of live for broken ones', async () => {
    rig.write({ 'org.yaml': orgFile(), 'a.yaml': `${budgetsFile({ p1: 200 })}  p9:\n    bugdet: $5\n` });
    rig.emulator.requests.clear();
    const ran = await rig.plan({}, { compileAside: () => Promise.reject(new Error('not needed')) });
    expect(ran.exit).toBe(1);
    expect(ran.stderr).not.toContain('not needed');
    expect(rig.emulator.requests.counts).toEqual({});
  });
});
