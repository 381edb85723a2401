import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { sampleSeed } from '../../src/emulator/sample/seed.ts';
import type { StoreState } from '../../src/emulator/store.ts';
import { parseOutput, type Rig, startRig, succeed, writeIn } from '../helpers/rig.ts';
import { testNow } from '../helpers/session.ts';
import {
  integrationRow,
  keyA1,
  keyRow,
  providerRow,
  ratePolicyRow,
  smallState,
  teamA,
  teamB,
  usagePolicyRow,
  uuid,
  workspaceRow,
} from '../helpers/state.ts';
import { organisationId, orgFile } from '../helpers/world.ts';

let rig: Rig;
afterEach(() => rig.close());

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** Names, values and holes that a person at a dashboard leaves behind. */
function handMade(): Partial<StoreState> {
  return smallState({
    workspaces: [
      workspaceRow('ws-team-a', teamA, {
        usage_limits: [
          { type: 'cost', credit_limit: 500, periodic_reset: 'monthly', alert_threshold: 400 },
          { type: 'tokens', credit_limit: 1_000_000, periodic_reset: 'weekly' },
        ],
        rate_limits: [{ type: 'requests', unit: 'rpm', value: 100 }],
      }),
      workspaceRow('ws-team-b', teamB, { name: '🚀 "Team" B: #1 & co' }),
    ],
    apiKeys: [
      keyRow('app', keyA1, teamA, {
        usage_limits: { type: 'cost', credit_limit: 80, periodic_reset: 'monthly' },
        alert_emails: ['Ops@Example.com', 'b@example.com'],
        expires_at: '2027-01-31T00:00:00.000Z',
      }),
      keyRow('yes', uuid(12), teamA, { rate_limits: [{ type: 'tokens', unit: 'rpd', value: 1000 }] }),
      keyRow('yes', uuid(13), teamA, { rate_limits: [{ type: 'tokens', unit: 'rpd', value: 2000 }] }),
      keyRow('ci', uuid(14), null, { usage_limits: { type: 'tokens', credit_limit: 5_000_000 } }),
    ],
    providers: [
      providerRow('openai-a', uuid(21), teamA, {
        usage_limits: { type: 'cost', credit_limit: 70, periodic_reset: 'monthly' },
      }),
    ],
    integrations: [
      integrationRow('openai-prod', uuid(31), [], {
        workspaces: [
          {
            workspace_id: teamA,
            enabled: true,
            usage_limits: [{ type: 'cost', credit_limit: 300, periodic_reset: 'monthly' }],
            rate_limits: null,
          },
        ],
      }),
    ],
    usagePolicies: [
      usagePolicyRow('monthly: spend #1', uuid(101), teamA),
      usagePolicyRow('null', uuid(102), teamA, { credit_limit: 12.5, alert_threshold: 10 }),
      usagePolicyRow('123', uuid(103), teamA, { periodic_reset: null, periodic_reset_days: 14 }),
      usagePolicyRow('twin', uuid(104), teamB),
      usagePolicyRow('twin', uuid(105), teamB, { credit_limit: 101 }),
      usagePolicyRow(null, uuid(106), teamB, { credit_limit: 102 }),
      usagePolicyRow('__proto__', uuid(107), teamB, { credit_limit: 103 }),
      usagePolicyRow('../../escape', uuid(108), teamB, { conditions: [{ key: 'metadata._user', value: '*' }] }),
    ],
    ratePolicies: [ratePolicyRow('twin', uuid(110), teamB), ratePolicyRow('burst', uuid(111), teamA)],
  });
}

describe('import', () => {
  it.each<[name: string, state: () => Partial<StoreState>]>([
    ['the sample organisation', () => sampleSeed(new Date(testNow))],
    ['a hand-made one', handMade],
    ['one without any limit', () => smallState()],
  ])('writes files of %s whose plan has no change to live', async (_name, state) => {
    rig = await startRig({ state: state() });
    const ran = await succeed(rig.import());
    expect(ran.stdout).toMatch(/^\d+ entries in \d+ files:\n {2}policies\/org\.yaml\n/);
    expect(ran.stdout).toMatch(/\nNext: tollgate plan\. It shows adoptions and no change to live\.\n$/);
    const valid = await rig.validate();
    expect([valid.exit, valid.stdout.replace(/^.* {2}(?:warning|info) .*\n/gm, '')]).toEqual([0, '']);
    const plan = await rig.plan({ format: 'json', detailedExitcode: true });
    expect(parseOutput(plan)).toMatchObject({ changes: [], withheld: [] });
    expect(plan.exit).toBe(0);

    const adopted = await succeed(rig.apply());
    expect(adopted.stdout).toMatch(/^No changes: /);
    const again = parseOutput(await rig.plan({ format: 'json' }));
    expect(again).toMatchObject({ changes: [], record_lines: [] });
    expect(rig.emulator.requests.countWrites()).toBe(0);
  });

  it('mistakes-F5: names keys by their names where those are unique, and rounds no amount to a percentage', async () => {
    const byKey = (...ids: string[]) => [{ key: 'api_key', value: ids }];
    rig = await startRig({
      state: smallState({
        apiKeys: [
          keyRow('ci', uuid(901), teamA),
          keyRow('twin', uuid(902), teamA),
          keyRow('twin', uuid(903), teamA),
          keyRow('elsewhere', uuid(904), teamB),
          keyRow('*', uuid(905), teamA),
        ],
        usagePolicies: [
          usagePolicyRow('one', uuid(101), teamA, { conditions: byKey(uuid(901)), alert_threshold: 32 }),
          usagePolicyRow('many', uuid(102), teamA, {
            conditions: byKey(uuid(901), uuid(902), uuid(904), uuid(905)),
            alert_threshold: 80,
          }),
          usagePolicyRow('many', uuid(103), teamA, { credit_limit: 7 }),
        ],
      }),
    });
    const ran = await succeed(rig.import());
    const text = readFileSync(join(rig.folder, 'policies', 'workspaces', 'ws-team-a.yaml'), 'utf8');
    expect(text).toMatch(/api_key: ci\n/);
    expect(text).toMatch(/alert: \$32\n/);
    expect(text).toMatch(/alert: 80%\n/);
    for (const id of [902, 904, 905]) expect(text).toContain(uuid(id));
    expect(text).not.toContain(uuid(901));
    // What it is called here is nobody's name live.
    expect(ran.stdout).toContain(`  ws-team-a: many (${uuid(103)}): written as many-2\n`);
    expect(parseOutput(await rig.plan({ format: 'json' }))).toMatchObject({ changes: [], withheld: [] });
    const json = parseOutput(await succeed(rig.import({ dir: 'again', format: 'json' })));
    expect(json).toMatchObject({ renamed: expect.arrayContaining([expect.objectContaining({ written: 'many-2' })]) });
  });

  it('mistakes-F6: markdown of an import into an empty directory is escaped', async () => {
    rig = await startRig({
      state: smallState({
        usagePolicies: [
          usagePolicyRow('a_b_[x](http://evil) <b>|', uuid(101), teamA),
          usagePolicyRow('a_b_[x](http://evil) <b>|', uuid(102), teamA),
        ],
      }),
    });
    const { stdout } = await succeed(rig.import({ format: 'markdown' }));
    expect(stdout).toMatch(/^\d+ entries in \d+ files:\n\n- /);
    expect(stdout).toContain('written as');
    expect(stdout).not.toMatch(/\[x\]\(|<b>/);
  });

  it('writes policy files alone, which name the schemas of this version by an address', async () => {
    rig = await startRig({ state: handMade() });
    await succeed(rig.import());
    const folder = join(rig.folder, 'policies');
    const files = filesBelow(folder);
    expect(files.filter((path) => !path.endsWith('.yaml'))).toEqual([]);
    for (const file of files) {
      const [first] = readFileSync(join(folder, file), 'utf8').split('\n');
      const kind = file === 'org.yaml' ? 'org' : 'workspace';
      const address = `https://raw\\.githubusercontent\\.com/[^ /]+/tollgate/v${packageJson.version}/schemas/${kind}\\.schema\\.json`;
      expect(first).toMatch(new RegExp(`^# yaml-language-server: \\$schema=${address}$`));
    }
    expect(readFileSync(join(folder, 'org.yaml'), 'utf8')).toContain(`organisation: ${organisationId}`);
    // A file that is added later names them in the same way.
    const { state } = rig.emulator.store;
    state.workspaces.push(workspaceRow('ws-new', uuid(9)));
    state.usagePolicies.push(usagePolicyRow('new', uuid(901), uuid(9)));
    await succeed(rig.import());
    const added = readFileSync(join(folder, 'workspaces', 'ws-new.yaml'), 'utf8');
    expect(added).toMatch(/^# yaml-language-server: \$schema=https:\/\/[^ ]+\/schemas\/workspace\.schema\.json\n/);
  });

  it('is readable: what a workspace is called, what an id stands for, entries apart', async () => {
    const byKey = (...ids: string[]) => [{ key: 'api_key', value: ids }];
    rig = await startRig({
      state: smallState({
        workspaces: [workspaceRow('ws-a', teamA, { name: 'Search & co\n# yaml-language-server: $schema=x' })],
        apiKeys: [keyRow('ci', uuid(901), teamA), keyRow('twin', uuid(902), teamA), keyRow('twin', uuid(903), teamA)],
        usagePolicies: [
          usagePolicyRow('first', uuid(101), teamA, { conditions: byKey(uuid(901), uuid(902)) }),
          usagePolicyRow('gone', uuid(102), teamA, { conditions: byKey(uuid(999)) }),
          usagePolicyRow('same', uuid(103), teamA),
          usagePolicyRow('same', uuid(104), teamA, { credit_limit: 7 }),
        ],
      }),
    });
    const ran = await succeed(rig.import());
    const text = readFileSync(join(rig.folder, 'policies/workspaces/ws-a.yaml'), 'utf8');
    expect(text.replace(/\$schema=\S+/, '$schema=…')).toMatchInlineSnapshot(`
      "# yaml-language-server: $schema=…
      # The workspace \`Search & co\\n# yaml-language-server: $schema=x\`.

      version: 1
      kind: workspace
      workspace: ws-a

      policies:
        first:
          budget: $100
          reset: monthly
          match:
            api_key:
              - 00000000-0000-4000-8000-000000000386 # one of 2 called \`twin\`
              - ci
          per: workspace_id

        gone:
          budget: $100
          reset: monthly
          match:
            api_key: 00000000-0000-4000-8000-0000000003e7 # no key of this workspace
          per: workspace_id

        same:
          name: same
          id: 00000000-0000-4000-8000-000000000067 # one of 2 called \`same\`
          budget: $100
          reset: monthly
          per: workspace_id

        same-2:
          name: same
          id: 00000000-0000-4000-8000-000000000068 # one of 2 called \`same\`
          budget: $7
          reset: monthly
          per: workspace_id
      "
    `);
    expect(ran.stdout).toContain('Only the name of the environment and the names above are not live.');
    expect(parseOutput(await rig.plan({ format: 'json' }))).toMatchObject({ changes: [], withheld: [] });
  });

  it('says which workspace a file calls by its id', async () => {
    rig = await startRig({
      state: smallState({
        workspaces: [workspaceRow('con', teamA)],
        usagePolicies: [usagePolicyRow('p', uuid(101), teamA)],
      }),
    });
    expect((await succeed(rig.import())).stdout).toContain(`note: the workspace \`con\` is called ${teamA} here`);
  });

  it('takes --workspace, --environment and another directory, relative or not', async () => {
    rig = await startRig({ state: handMade() });
    const absolute = join(rig.folder, 'deep', 'er');
    for (const dir of ['staging', absolute]) {
      const ran = await succeed(rig.import({ dir, workspace: ['ws-team-b'], environment: 'staging', format: 'json' }));
      const { files } = parseOutput(ran) as { files: string[] };
      expect(files.filter((file) => file.includes('team')).map((file) => file.split('/').at(-1))).toEqual([
        'ws-team-b.yaml',
      ]);
      expect(readFileSync(join(rig.folder, dir === absolute ? 'deep/er' : dir, 'org.yaml'), 'utf8')).toContain(
        'environment: staging',
      );
      expect((await rig.plan({ dir, detailedExitcode: true })).exit).toBe(0);
    }
    const unknown = await rig.import({ dir: 'other', workspace: ['ws-nowhere'] });
    expect(unknown.exit).toBe(1);
    expect(unknown.stderr).toContain('ws-nowhere');
    expect(existsSync(join(rig.folder, 'other'))).toBe(false);
  });

  it.each(['', 'a b', '../x', '-x', 'ref..x', 'x.lock'])('refuses the environment %j', async (environment) => {
    rig = await startRig({ state: handMade() });
    const ran = await rig.import({ environment });
    expect([ran.exit, ran.stdout]).toEqual([1, '']);
    expect(ran.stderr).toMatch(/^error: --environment/);
    expect(rig.emulator.requests.total).toBe(0);
  });

  it('adds to the files of a directory that holds some, however deep', async () => {
    rig = await startRig({ state: handMade(), files: { 'nested/org.yml': orgFile() } });
    const ran = await rig.import();
    expect([ran.exit, ran.stderr]).toEqual([0, '']);
    expect(ran.stdout).toMatch(/^Added \d+ entries to \d+ files:/);
    const files = filesBelow(join(rig.folder, 'policies'));
    expect(files).toContain('nested/org.yml');
    expect(files).not.toContain('org.yaml');
  });

  it('lists what the grammar cannot say, with the reason, and leaves it unmanaged', async () => {
    const odd = usagePolicyRow('odd', uuid(120), teamA, { conditions: [{ key: 'shoe_size', value: '43' }] });
    const tiny = usagePolicyRow('tiny', uuid(121), teamA, { credit_limit: 0.25 });
    rig = await startRig({
      state: smallState({ usagePolicies: [odd, tiny, usagePolicyRow('fine', uuid(122), teamA)] }),
    });
    const ran = await succeed(rig.import());
    expect(ran.stdout).toMatch(/\n2 live objects stay unmanaged:\n/);
    for (const row of [odd, tiny]) expect(ran.stdout).toMatch(new RegExp(`${row.name} \\(${row.id}\\): \\S`));
    const plan = parseOutput(await rig.plan({ format: 'json' }));
    expect(plan).toMatchObject({ changes: [], counts: { unmanaged: 2, adopts: 1 } });
  });

  it.each([
    '../../outside',
    '/etc/outside',
    'a/../../../outside',
    '..',
    '.',
    '.git/hooks',
    'C:\\outside',
    'nul\u0000byte',
    'line\nbreak',
    'org',
    'x'.repeat(300),
  ])('a hostile slug %j writes nothing outside the directory', async (slug) => {
    rig = await startRig({
      state: smallState({
        workspaces: [workspaceRow(slug, teamA)],
        usagePolicies: [usagePolicyRow('p', uuid(101), teamA)],
      }),
    });
    writeIn(rig.folder, 'deep/keep.txt', 'x');
    const ran = await rig.import({ dir: 'deep/policies' });
    const outside = filesBelow(rig.folder).filter((path) => !path.startsWith(join('deep', 'policies')));
    expect(outside).toEqual(['deep/keep.txt']);
    expect(ran.stderr).not.toMatch(/^\s+at /m);
    expect(existsSync('/etc/outside.yaml')).toBe(false);
    if (ran.exit !== 0) return;
    const plan = parseOutput(await rig.plan({ dir: 'deep/policies', format: 'json' }));
    expect(plan).toMatchObject({ changes: [] });
  });

  it('two slugs that differ only in case, or in what a file name cannot hold, get files of their own', async () => {
    rig = await startRig({
      state: smallState({
        workspaces: [workspaceRow('ws-a', teamA), workspaceRow('WS-A', teamB), workspaceRow('ws/a', uuid(3))],
        usagePolicies: [teamA, teamB, uuid(3)].map((id, index) => usagePolicyRow('p', uuid(101 + index), id)),
      }),
    });
    await succeed(rig.import());
    const names = filesBelow(join(rig.folder, 'policies')).filter((path) => path.startsWith('workspaces'));
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(3);
    expect(parseOutput(await rig.plan({ format: 'json' }))).toMatchObject({ changes: [], counts: { adopts: 3 } });
  });
});
