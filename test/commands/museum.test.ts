/** Commands over accounts as years of clicking leave them. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { StoreState } from '../../src/emulator/store.ts';
import { parseOutput, type Ran, type Rig, startRig, succeed } from '../helpers/rig.ts';
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
import { orgFile, workspaceFile } from '../helpers/world.ts';

let rig: Rig;
afterEach(() => rig.close());

const cap = { type: 'cost', credit_limit: 500, periodic_reset: 'monthly', alert_threshold: 400 } as const;
const oddCap = usagePolicyRow('odd', uuid(90), teamA, { conditions: [{ key: 'weather', value: 'rain' }] });
const rate = 'policies:\n  pace:\n    rate: 5 requests/minute\n    per: workspace_id\n';

function rulesOf(ran: Ran): string[] {
  return (parseOutput(ran).findings as { rule: string }[]).map(({ rule }) => rule);
}

function guardsOf(ran: Ran): [string, number][] {
  return (parseOutput(ran).violations as { guard: string; count: number }[]).map(({ guard, count }) => [guard, count]);
}

function notesOf(ran: Ran): string[] {
  return (parseOutput(ran).notes as { message: string }[]).map(({ message }) => message);
}

describe('absence', () => {
  const org = orgFile('review:\n  unmanaged: fail\n  guards: {impact_unknown: warn}\n');
  const bare = { 'org.yaml': org, 'a.yaml': workspaceFile('ws-team-a', ''), 'b.yaml': workspaceFile('ws-team-b', '') };

  it.each<readonly [string, Partial<StoreState>]>([
    ['a policy', { usagePolicies: [oddCap] }],
    ['a key', { apiKeys: [keyRow('app', keyA1, teamA, { usage_limits: cap })] }],
    ['a key of the organisation', { apiKeys: [keyRow('ci', keyA1, null, { usage_limits: cap })] }],
    ['a provider', { providers: [providerRow('openai-a', uuid(21), teamA, { usage_limits: cap })] }],
  ])('mistakes-J6: `unmanaged: fail` finds %s of which no file speaks', async (_, state) => {
    rig = await startRig({ state: smallState(state), files: bare });
    const ran = await rig.plan({ format: 'json' });
    expect([ran.exit, guardsOf(ran)]).toEqual([3, [['unmanaged', 1]]]);
    expect(parseOutput(ran).unmanaged).toHaveLength(1);
  });

  it('mistakes-J6: `unmanaged: fail` looks into workspaces without a file too', async () => {
    const state = smallState({ usagePolicies: [usagePolicyRow('b', uuid(91), teamB)] });
    rig = await startRig({ state, files: { 'org.yaml': org, 'a.yaml': workspaceFile('ws-team-a', '') } });
    const ran = await rig.plan({ format: 'json' });
    expect([ran.exit, guardsOf(ran)]).toEqual([3, [['unmanaged', 1]]]);
  });

  it('mistakes-J6: `unmanaged: fail` does not pass where a list is refused', async () => {
    rig = await startRig({ state: smallState(), files: bare, quirks: { missingScope: 'policies.list' } });
    const ran = await rig.plan({ format: 'json' });
    expect([ran.exit, guardsOf(ran)]).toEqual([3, [['unmanaged', 4]]]);
  });

  it('mistakes-J6: with everything read and nothing there, `unmanaged: fail` passes', async () => {
    rig = await startRig({ state: smallState({ apiKeys: [], providers: [] }), files: bare });
    expect((await rig.plan({ format: 'json' })).exit).toBe(0);
  });

  it('mistakes-J6: without it the plan says which kinds were not all read', async () => {
    const files = {
      'org.yaml': orgFile(),
      'a.yaml': workspaceFile('ws-team-a', `limits:\n  budget: $5\n  reset: monthly\n`),
    };
    rig = await startRig({ state: smallState(), files });
    const said = 'unmanaged not all read';
    const kinds = 'ws-team-a: policies, keys, providers, shares of integrations';
    expect((await rig.plan({})).stdout).toContain(said);
    expect((await rig.plan({ verbose: true })).stdout).toMatch(
      new RegExp(`not read: limits may be live there\\n(  .*\\n)*  ${kinds}`),
    );
    const markdown = (await rig.plan({ format: 'markdown' })).stdout;
    expect(markdown).toContain(said);
    expect(markdown).toContain(`not read, so that limits may be live there: ${kinds}`);
    expect(parseOutput(await rig.plan({ format: 'json' })).not_read).toContainEqual({
      workspace: 'ws-team-a',
      kinds: ['usage-policy', 'rate-policy', 'key-limits', 'provider-limits', 'integration-limits'],
    });
  });

  it('mistakes-F21: the plan counts what import has left', async () => {
    const conditions = [{ key: 'weather', value: 'rain' }];
    const state = smallState({
      usagePolicies: [oddCap, { ...oddCap, id: uuid(92), name: 'odder' }],
      ratePolicies: [ratePolicyRow('oddest', uuid(93), teamA, { conditions })],
      providers: [],
      apiKeys: [],
    });
    rig = await startRig({ state, files: bare });
    const { left_out: left } = parseOutput(await rig.import({ dir: 'all', format: 'json' }));
    expect(left).toHaveLength(3);
    expect(parseOutput(await rig.plan({ format: 'json' })).unmanaged).toHaveLength(3);
    expect((await rig.plan({})).stdout).toContain('3 unmanaged');
  });

  it.each<readonly [string, Partial<StoreState>, boolean]>([
    ['nothing', {}, true],
    ['a policy', { usagePolicies: [oddCap] }, false],
    ['a key', { apiKeys: [keyRow('app', keyA1, teamA, { usage_limits: cap })] }, false],
    ['a provider', { providers: [providerRow('openai-a', uuid(21), teamA, { usage_limits: cap })] }, false],
    [
      'a share',
      {
        integrations: [
          integrationRow('openai-prod', uuid(31), [teamA], {
            workspaces: [{ workspace_id: teamA, enabled: true, usage_limits: [cap], rate_limits: null }],
          } as never),
        ],
      },
      false,
    ],
    ['a policy of zero', { usagePolicies: [{ ...oddCap, credit_limit: 0 }] }, true],
    [
      'a paused key',
      { apiKeys: [keyRow('app', keyA1, teamA, { usage_limits: cap, status: 'paused' as never })] },
      true,
    ],
  ])('mistakes-J6: a workspace that only %s bounds has a budget or not', async (_, state, isFound) => {
    rig = await startRig({
      state: smallState(state),
      files: { 'org.yaml': orgFile(), 'a.yaml': workspaceFile('ws-team-a', rate) },
    });
    const ran = await rig.plan({ format: 'json' });
    expect(rulesOf(ran).includes('workspace-without-budget')).toBe(isFound);
  });
});

describe('states', () => {
  it('mistakes-J8: a declared cap in a state that nobody documented is said, and does not bound its workspace', async () => {
    const state = smallState({
      apiKeys: [keyRow('app', keyA1, teamA, { usage_limits: cap, status: 'suspended' as never })],
    });
    rig = await startRig({ state });
    const imported = await succeed(rig.import());
    expect(imported.stdout).toContain('key "app" of ws-team-a is "suspended" live');
    const ran = await rig.plan({ format: 'json' });
    expect(notesOf(ran).filter((note) => note.includes('"suspended"'))).toHaveLength(1);
    expect(rulesOf(ran)).toContain('workspace-without-budget');
    expect((await rig.status()).stdout).toContain('suspended');
  });
});

describe('import', () => {
  const twins = smallState({
    usagePolicies: [
      usagePolicyRow('summer', uuid(90), teamA),
      usagePolicyRow('summer', uuid(91), teamA, { credit_limit: 70, group_by: [{ key: 'api_key' }] }),
    ],
  });
  const fileOf = (): string => readFileSync(join(rig.folder, 'policies/workspaces/ws-team-a.yaml'), 'utf8');

  it('mistakes-J4: of two policies of one name each keeps its name, also through a replacement', async () => {
    rig = await startRig({ state: twins });
    await succeed(rig.import());
    expect(fileOf().match(/^ {4}name: summer$/gm)).toHaveLength(2);
    const adopted = await succeed(rig.apply({ format: 'json' }));
    expect(adopted.exit).toBe(0);
    const org = readFileSync(join(rig.folder, 'policies/org.yaml'), 'utf8');
    rig.write({
      'org.yaml': org.replace(/$/, 'review:\n  guards: {spend_up: off, counter_reset: off, impact_unknown: warn}\n'),
      'a.yaml': fileOf().replace('per: api_key', 'per: workspace_id'),
    });
    await succeed(rig.apply({ format: 'json' }));
    const live = [...rig.emulator.store.state.usagePolicies].filter(({ status }) => status === 'active');
    expect(live.map(({ name }) => name)).toEqual(['summer', 'summer']);
    expect((await rig.plan({ format: 'json', detailedExitcode: true })).exit).toBe(0);
  });

  it('mistakes-J4: without the record an `id:` that is no longer live makes no new policy', async () => {
    rig = await startRig({ state: twins });
    await succeed(rig.import());
    const text = fileOf();
    const org = readFileSync(join(rig.folder, 'policies/org.yaml'), 'utf8');
    rig.write({ 'org.yaml': org, 'a.yaml': text.replace(uuid(91), uuid(99)) });
    const ran = await rig.plan({ format: 'json' });
    expect([ran.exit, ran.stdout.includes('unknown-id')]).toEqual([1, true]);
  });

  it('mistakes-J11: two conditions on one key are named, with what to do', async () => {
    const conditions = ['a', 'b'].map((value) => ({ key: 'metadata.team', value }));
    rig = await startRig({
      state: smallState({ usagePolicies: [usagePolicyRow('spend', uuid(90), teamA, { conditions })] }),
    });
    const { stdout } = await succeed(rig.import());
    expect(stdout).toContain(
      `spend (${uuid(90)}): its match has several conditions on metadata.team, and a file can say one`,
    );
  });

  it('mistakes-J11: a policy without an amount is told of its member, not of $0.00', async () => {
    const row = usagePolicyRow('spend', uuid(90), teamA, { credit_limit: null as never });
    rig = await startRig({ state: smallState({ usagePolicies: [row] }) });
    const { stdout } = await succeed(rig.import());
    expect(stdout).toContain('its credit_limit is zero or missing');
    expect(stdout).not.toContain('$0.00');
  });

  it('mistakes-J11: two workspaces of one slug are named, and the others are imported and planned', async () => {
    const workspaces = [
      workspaceRow('ws-team-a', teamA),
      workspaceRow('ws-team-b', teamB),
      workspaceRow('ws-team-b', uuid(5)),
    ];
    rig = await startRig({
      state: smallState({ workspaces, usagePolicies: [usagePolicyRow('spend', uuid(90), teamA)] }),
    });
    const { stdout } = await succeed(rig.import());
    expect(stdout).toContain('2 live rows cannot be read');
    expect(stdout).toContain(`member slug is also that of ${uuid(5)}: give one of them another slug`);
    const plan = await rig.plan({ format: 'json' });
    expect([plan.exit, parseOutput(plan).changes]).toEqual([0, []]);
  });

  it('mistakes-J13: slugs that Windows takes for devices are no names of files', async () => {
    const workspaces = [workspaceRow('con', teamA), workspaceRow('NUL.x', teamB)];
    rig = await startRig({ state: smallState({ workspaces, apiKeys: [], providers: [] }) });
    const files = (parseOutput(await succeed(rig.import({ format: 'json' }))).files as string[]).join(' ');
    expect(files).not.toMatch(/con\.yaml|nul/i);
    expect(files).toContain(`workspaces/${teamA}.yaml`);
    expect((await rig.plan({ format: 'json' })).exit).toBe(0);
  });
});

describe('doctor', () => {
  it('mistakes-J5: reads the rows that it is sent, and says which makes no sense', async () => {
    const workspaces = [workspaceRow('ws-team-a', teamA), workspaceRow('ws-team-b', teamB, { slug: null as never })];
    rig = await startRig({ state: smallState({ workspaces }) });
    const { stdout } = await rig.doctor();
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(`row ${teamB}: member slug cannot be read`);
    expect(stdout).not.toContain('everything that tollgate needs works');
  });
});

describe('validate', () => {
  const count = 40;
  const many = Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `ws-${index}.yaml`,
      workspaceFile(
        `ws-${index}`,
        'policies:\n  spend:\n    budget: $500\n    reset: monthly\n    per: workspace_id\n',
      ),
    ]),
  );

  it('mistakes-J12: of like findings it shows three and their number, and programs get all', async () => {
    rig = await startRig({ state: smallState(), files: { 'org.yaml': orgFile(), ...many } });
    const text = await rig.validate();
    expect(text.stdout.match(/alert-missing/g)).toHaveLength(3);
    expect(text.stderr).toContain(`${count - 3} more of alert-missing`);
    const markdown = await rig.validate({ format: 'markdown' });
    expect(markdown.stdout).toContain(`${count - 3} more of alert-missing`);
    const json = parseOutput(await rig.validate({ format: 'json' })).findings as { rule: string }[];
    expect(json.filter(({ rule }) => rule === 'alert-missing')).toHaveLength(count);
  });
});
