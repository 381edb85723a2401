/** `--workspace`: what a run that is confined to some workspaces says, and what it says of a name that there is not. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { budgetRows, budgetsFile, parseOutput, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { smallState, teamA, teamB, usagePolicyRow, uuid } from '../helpers/state.ts';
import { orgFile } from '../helpers/world.ts';

interface Shown {
  readonly findings: readonly { readonly file: string; readonly entry: { readonly workspace: string } | null }[];
  readonly diagnostics: readonly { readonly file: string }[];
  readonly unmanaged: readonly { readonly workspace: string }[];
  readonly notes: readonly { readonly workspace: string | null }[];
}

// A default without an alert is found in both workspaces, and said once.
const defaults =
  'defaults:\n  policies:\n    everywhere:\n      budget: $10\n      reset: monthly\n      per: api_key\n';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig({
    state: smallState({
      usagePolicies: [
        ...budgetRows({ p1: 100 }, teamA),
        usagePolicyRow('b1', uuid(201), teamB),
        usagePolicyRow('nobodys', uuid(202), teamB),
        usagePolicyRow('also', uuid(203), teamA),
      ],
    }),
    files: {
      'org.yaml': orgFile(defaults),
      'a.yaml': budgetsFile({ p1: 100 }),
      'b.yaml': budgetsFile({ b1: 100 }, 'ws-team-b'),
    },
  });
});
afterEach(() => rig.close());

test.each(['ws-team-a', 'ws-team-b'])('mistakes-F2: plan --workspace %s says nothing of the others', async (slug) => {
  const other = slug === 'ws-team-a' ? 'ws-team-b' : 'ws-team-a';
  const all = parseOutput(await rig.plan({ format: 'json' })) as unknown as Shown;
  expect(JSON.stringify([all.findings, all.unmanaged])).toContain(other);
  const ran = await rig.plan({ workspace: [slug], format: 'json' });
  const { findings, diagnostics, unmanaged, notes } = parseOutput(ran) as unknown as Shown;
  expect(JSON.stringify([findings, diagnostics, unmanaged, notes])).not.toContain(other);
  const [own, others] = slug === 'ws-team-a' ? ['a.yaml', 'b.yaml'] : ['b.yaml', 'a.yaml'];
  const files = findings.map(({ file }) => file);
  expect(files).toContain(`policies/${own}`);
  expect(files).toContain('policies/org.yaml');
  expect(files).not.toContain(`policies/${others}`);
  expect(unmanaged.map(({ workspace }) => workspace)).toEqual([slug]);
  const verbose = await rig.plan({ workspace: [slug], verbose: true });
  expect(verbose.stdout).not.toContain(others);
  expect(verbose.stdout).toContain('1 unmanaged');
});

test.each([
  ['plan', () => rig.plan({ workspace: ['ws-team-aa'] })],
  ['apply', () => rig.apply({ workspace: ['ws-team-aa'] })],
  ['status', () => rig.status({ workspace: ['ws-team-aa'] })],
  ['import', () => rig.import({ workspace: ['ws-team-aa'] })],
  ['import into a new directory', () => rig.import({ workspace: ['ws-team-aa'], dir: 'new' })],
  ['doctor', () => rig.doctor({ workspace: ['ws-team-aa'] })],
  ['doctor, beside one that there is', () => rig.doctor({ workspace: ['ws-team-a', 'ws-team-aa'] })],
])('mistakes-K11: %s names the nearest workspace for one that there is not', async (_name, run) => {
  const { exit, stderr } = await run();
  expect(exit).toBe(1);
  expect(stderr).toContain(
    'error: --workspace ws-team-aa: no live workspace of that slug or id; did you mean "ws-team-a"?\n',
  );
});

test('mistakes-F1, mistakes-F17: a quiet apply says why a change failed, and one that is done already is not applied again', async () => {
  await succeed(rig.apply());
  rig.write({
    'org.yaml': orgFile(defaults),
    'a.yaml': budgetsFile({ p1: 90 }),
    'b.yaml': budgetsFile({ b1: 90 }, 'ws-team-b'),
  });
  await succeed(rig.plan({ out: 'plan.json' }));
  rig.emulator.setFaults([
    { method: 'PUT', path: `/policies/usage-limits/${uuid(201)}`, fault: { kind: 'status', status: 400 } },
  ]);
  const quiet = await rig.apply({ quiet: true, plan: [`${rig.folder}/plan.json`] });
  expect(quiet.exit).toBe(5);
  expect(quiet.stderr).toMatch(/^FAILED {8}~ b1 \(ws-team-b\): PUT .* answered 400 [^\n]*\n$/);
  rig.emulator.setFaults([]);
  await succeed(rig.apply());
  const again = await succeed(rig.apply({ plan: [`${rig.folder}/plan.json`] }));
  expect(again.stdout).toMatch(/^Applied 0 of 2: 2 already so\./);
});

test('mistakes-F1: a quiet apply that a guard stops says what objects, and how to lift it', async () => {
  await succeed(rig.apply());
  rig.write({ 'org.yaml': orgFile(), 'a.yaml': budgetsFile({ p1: 100 }) });
  const ran = await rig.apply({ quiet: true });
  expect(ran.exit).toBe(3);
  expect(ran.stderr).toMatch(/empties-scope: [\s\S]*--allow empties-scope=[\s\S]*\nerror: not applied: /);
  expect(ran.stderr).not.toContain('Plan:');
});
