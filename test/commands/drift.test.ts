/** What moved live since the last apply, and what is still owed to Git. */

import { rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { runDrift } from '../../src/commands/drift.ts';
import type { Emulator } from '../../src/emulator/server.ts';
import { startEmulator } from '../../src/emulator/server.ts';
import { ServiceError, UserError } from '../../src/errors.ts';
import { exitCodes } from '../../src/exit-codes.ts';
import type { CommonOptions } from '../../src/run/session.ts';
import { outcomesOf, parseOutput, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { testNow, testSession } from '../helpers/session.ts';
import { keyA1, smallState, teamA, teamB, usagePolicyRow, uuid } from '../helpers/state.ts';
import { adminKey, orgFile, workspaceFile } from '../helpers/world.ts';
import { keys, policies } from '../stories/harness.ts';

let rig: Rig;
let emulator: Emulator | undefined;
afterEach(async () => {
  await rig.close();
  await emulator?.close();
  emulator = undefined;
});

interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** An hour after the apply, unless told otherwise. */
async function drift(options: Partial<CommonOptions> = {}, env: Record<string, string> = {}): Promise<Ran> {
  const session = testSession({ cwd: rig.folder, env: { ...rig.env, ...env }, now: testNow + 3_600_000 });
  const common: CommonOptions = {
    dir: 'policies',
    workspace: [],
    format: 'text',
    backend: 'portkey',
    recordFile: rig.recordFile,
    concurrency: 4,
    quiet: false,
    verbose: false,
  };
  try {
    const { exit, output } = await runDrift({ ...common, ...options }, session);
    return { exit, stdout: output, stderr: session.said() };
  } catch (error) {
    if (error instanceof UserError) return { exit: exitCodes[error.exit], stdout: '', stderr: error.message };
    if (error instanceof ServiceError) return { exit: exitCodes.unreachable, stdout: '', stderr: error.message };
    throw error;
  }
}

const files = (a: string, org = '', b = ''): Record<string, string> => ({
  'org.yaml': orgFile(org),
  'a.yaml': workspaceFile('ws-team-a', a),
  'b.yaml': workspaceFile('ws-team-b', b),
});

async function start(a: string, org = '', b = ''): Promise<void> {
  rig = await startRig({
    ...(emulator === undefined ? { state: smallState() } : { emulator }),
    files: files(a, org, b),
  });
  await succeed(rig.apply());
  rig.emulator.requests.clear();
}

function policy(name: string) {
  const row = rig.emulator.store.state.usagePolicies.find((found) => found.name === name && found.status === 'active');
  if (row === undefined) throw new Error(`no live ${name}`);
  return row;
}

function key(name: string) {
  const row = rig.emulator.store.state.apiKeys.find((found) => found.name === name);
  if (row === undefined) throw new Error(`no live ${name}`);
  return row;
}

const three = policies({ a: {}, b: {}, c: {} });

interface DriftDocument {
  readonly drifted: readonly {
    readonly name: string;
    readonly direction: string;
    readonly deleted: boolean;
    readonly summary: string;
    readonly field_changes: readonly Record<string, unknown>[];
    readonly author: { readonly who: string | null; readonly when: string } | null;
  }[];
  readonly owed: readonly { readonly id: string; readonly action: string; readonly summary: string }[];
  readonly gone: readonly { readonly message: string; readonly workspace: string | null }[];
  readonly beside: readonly { readonly code: string; readonly workspace: string | null }[];
  readonly record: string;
  readonly ok: boolean;
  readonly audit_log: string;
}

async function document(options: Partial<CommonOptions> = {}): Promise<DriftDocument> {
  return parseOutput(await drift({ ...options, format: 'json' })) as unknown as DriftDocument;
}

describe('nothing moved', () => {
  it('exit 0, no word about anything else, and nothing written', async () => {
    await start(three);
    const record = rig.readRecord();
    rig.emulator.store.state.usagePolicies.push(usagePolicyRow('by-hand', uuid(90), teamA));
    expect(await drift()).toEqual({ exit: 0, stdout: 'No drift.\n', stderr: '' });
    expect((await drift({ format: 'markdown' })).stdout).toBe('### No drift.\n\n');
    expect(await document()).toMatchObject({ drifted: [], owed: [], gone: [] });
    expect(rig.emulator.requests.countWrites()).toBe(0);
    expect(rig.readRecord()).toEqual(record);
  });

  it('fields that no file declares may move', async () => {
    await start(three);
    policy('a').description = 'ask finance';
    policy('a').alert_threshold = 300;
    expect((await drift()).exit).toBe(0);
  });

  it('a policy that Git never declared is none, whatever happens to it', async () => {
    await start('');
    rig.emulator.store.state.usagePolicies.push(usagePolicyRow('by-hand', uuid(90), teamA));
    expect((await drift()).exit).toBe(0);
  });
});

describe('moved live', () => {
  it('loosenings first, each from what was recorded to what is live', async () => {
    await start(policies({ a: {}, b: {}, c: {}, d: {}, e: { alert: '80%' } }) + keys({ app: {} }));
    policy('a').credit_limit = 300;
    policy('b').credit_limit = 9000;
    policy('c').name = 'renamed';
    policy('d').status = 'archived';
    policy('e').conditions = [{ key: 'metadata.team', value: 'nlp' }];
    key('app').usage_limits = null;
    const ran = await drift();
    expect(ran.exit).toBe(2);
    expect(ran.stdout).toBe(
      [
        'moved live',
        '  LOOSENED   b (ws-team-a): $500 → $9,000 monthly, shared by the workspace',
        '  LOOSENED   d (ws-team-a): deleted',
        '  LOOSENED   key app (ws-team-a): - $80 monthly',
        '  rescoped   e (ws-team-a): for all requests → metadata.team nlp',
        '  tightened  a (ws-team-a): $500 → $300 monthly, shared by the workspace (left)',
        '  changed    c (ws-team-a): now called "renamed"',
        '',
        'Drift: 6 moved live (3 loosened, 1 left as set by hand), 0 owed to Git.',
        'To put it back: tollgate apply (with --revert-drift, also what is left). To keep it: tollgate import --accept-drift, and review the files.',
        '',
      ].join('\n'),
    );
    expect(rig.emulator.requests.countWrites()).toBe(0);
  });

  it('in JSON: recorded and live values of every field that moved', async () => {
    await start(three);
    policy('b').credit_limit = 9000;
    policy('b').periodic_reset = 'weekly';
    policy('c').status = 'archived';
    const { drifted, owed } = await document();
    expect(drifted).toMatchObject([
      {
        name: 'b',
        direction: 'loosen',
        deleted: false,
        summary: '$500 monthly → $9,000 weekly, shared by the workspace',
        field_changes: [
          { field: 'amount', recorded: 50_000, live: 900_000, direction: 'loosen' },
          { field: 'reset', recorded: 'monthly', live: 'weekly', direction: 'loosen' },
        ],
      },
      { name: 'c', direction: 'loosen', deleted: true, summary: 'deleted', field_changes: [] },
    ]);
    expect(owed).toEqual([]);
  });

  it('in markdown, with names that would be markup', async () => {
    await start(policies({ '"a|b <i>@team"': {} }));
    policy('a|b <i>@team').credit_limit = 9000;
    const { exit, stdout } = await drift({ format: 'markdown' });
    expect(exit).toBe(2);
    expect(stdout).toContain('### Drift: 1 moved live (1 loosened), 0 owed to Git.');
    expect(stdout).not.toMatch(/<i>|@team|a\|b/);
    expect(stdout).toMatch(/^\| LOOSENED \| a&#124;b /m);
  });

  it('is drift also where a guard would object to putting it back', async () => {
    await start(policies(Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`p${index}`, {}]))));
    for (const row of rig.emulator.store.state.usagePolicies) row.credit_limit = 9000;
    expect((await drift()).exit).toBe(2);
    expect((await rig.plan()).exit).toBe(3);
  });

  it('a key that was deleted is told as gone', async () => {
    await start(keys({ app: {} }));
    rig.emulator.store.state.apiKeys.splice(0, 1);
    const ran = await drift();
    expect(ran.exit).toBe(2);
    expect(ran.stdout).toContain('key "app" is recorded but no longer live');
    expect(ran.stdout).toContain('Drift: 0 moved live, 0 owed to Git, 1 gone.');
    expect((await document()).gone).toMatchObject([{ workspace: 'ws-team-a' }]);
  });

  it('an archived workspace is told as gone', async () => {
    await start(three);
    const [workspace] = rig.emulator.store.state.workspaces;
    if (workspace !== undefined) workspace.status = 'archived';
    const ran = await drift();
    expect([ran.exit, ran.stdout]).toEqual([2, expect.stringContaining('1 gone')]);
  });

  it('--workspace asks about one', async () => {
    await start(three, '', policies({ z: {} }));
    policy('a').credit_limit = 9000;
    policy('z').credit_limit = 9000;
    rig.write(files(three, '', policies({ z: {}, y: {} })));
    expect((await document()).drifted.map(({ name }) => name)).toEqual(['a', 'z']);
    const one = await document({ workspace: ['ws-team-a'] });
    expect([one.drifted.map(({ name }) => name), one.owed]).toEqual([['a'], []]);
    policy('a').credit_limit = 500;
    expect((await drift({ workspace: ['ws-team-a'] })).exit).toBe(0);
    expect((await drift({ workspace: ['ws-team-b'] })).exit).toBe(2);
  });
});

describe('owed to Git', () => {
  it('what was merged and not applied', async () => {
    await start(three);
    rig.write(files(policies({ a: { budget: '$600' }, b: {}, d: {} })));
    const ran = await drift();
    expect(ran.exit).toBe(2);
    expect(ran.stdout).toContain('owed to Git\n');
    expect(ran.stdout).toContain('  update a (ws-team-a): $500 → $600 monthly, shared by the workspace\n');
    expect(ran.stdout).toContain('Drift: 0 moved live, ');
    expect(ran.stdout).not.toContain('To put it back');
    expect((await document()).owed.map(({ id, action }) => `${action} ${id}`)).toContain(
      'update usage-policy/ws-team-a/a',
    );
  });

  it('what was held back by the last apply', async () => {
    await start(three);
    rig.write(files(policies({ a: {}, b: {} })));
    await succeed(rig.apply({ mode: 'upsert-only' }));
    expect((await document()).owed).toMatchObject([{ action: 'delete', id: 'usage-policy/ws-team-a/c' }]);
  });

  it('moved on both sides: told under both', async () => {
    await start(three);
    policy('a').credit_limit = 9000;
    rig.write(files(policies({ a: { budget: '$600' }, b: {}, c: {} })));
    const { drifted, owed } = await document();
    expect(drifted).toMatchObject([{ name: 'a', field_changes: [{ recorded: 50_000, live: 900_000 }] }]);
    expect(owed).toMatchObject([{ id: 'usage-policy/ws-team-a/a' }]);
  });

  it('without a record only that can be told, and it is said', async () => {
    rig = await startRig({ state: smallState(), files: files(three) });
    const ran = await drift();
    expect([ran.exit, ran.stderr]).toEqual([4, '']);
    expect(ran.stdout).toContain('There is no applied record: what moved live cannot be known');
    expect(ran.stdout).toContain('The first apply makes it.');
    expect(ran.stdout).toContain(' 3 owed to Git.');
  });

  it('mistakes-H3: a lost record is never "No drift", and where all is live it is said to be lost', async () => {
    await start(three);
    rmSync(rig.recordFile);
    const ran = await drift();
    expect(ran.exit).toBe(4);
    expect(ran.stdout).not.toContain('No drift');
    expect(ran.stdout).toContain('probably lost: `tollgate record rebuild --from COMMIT`');
    expect(await document()).toMatchObject({ ok: false, record: 'lost', drifted: [], owed: [] });
    expect((await drift({ format: 'markdown' })).stdout).toContain('probably lost');
  });
});

describe('beside what was applied', () => {
  it('mistakes-H2: a twin of a declared name is drift; in another workspace it is none', async () => {
    await start(three);
    const twin = usagePolicyRow('a', uuid(90), teamA, { credit_limit: 90 });
    rig.emulator.store.state.usagePolicies.push(twin, usagePolicyRow('a', uuid(91), teamB));
    const ran = await drift();
    expect([ran.exit, ran.stdout]).toEqual([2, expect.stringContaining('1 beside what was applied')]);
    expect(ran.stdout).toContain(`another live policy is called "a" (${uuid(90)})`);
    expect(await document()).toMatchObject({ ok: false, beside: [{ code: 'twin', workspace: 'ws-team-a' }] });
    expect(await document({ workspace: ['ws-team-b'] })).toMatchObject({ ok: true, beside: [] });
  });
});

describe('who and when', () => {
  const ana = 'key-of-ana-0001';

  async function startWithAna(): Promise<(path: string, body: unknown) => Promise<void>> {
    let minutes = 0;
    emulator = await startEmulator({
      state: smallState(),
      acceptKeys: [
        { key: adminKey, kind: 'organisation-service' },
        { key: ana, kind: 'organisation-service' },
      ],
      now: () => new Date(testNow + minutes * 60_000),
    });
    const { url } = emulator;
    await start(policies({ a: {}, b: {} }) + keys({ app: {} }));
    return async (path, body) => {
      minutes += 10;
      const answer = await fetch(`${url}${path}`, {
        method: 'PUT',
        headers: { 'x-portkey-api-key': ana, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      if (!answer.ok) throw new Error(await answer.text());
    };
  }

  it('the last write to each object, from the audit log', async () => {
    const put = await startWithAna();
    await put(`/policies/usage-limits/${policy('a').id}`, { credit_limit: 800 });
    await put(`/policies/usage-limits/${policy('a').id}`, { credit_limit: 900 });
    await put(`/api-keys/${keyA1}`, { usage_limits: { credit_limit: 200, periodic_reset: 'monthly' } });
    const { drifted, audit_log } = await document();
    expect(audit_log).toBe('read');
    expect(drifted.map(({ name, author }) => [name, author])).toEqual([
      ['a', { who: '00000000-0000-4000-9000-000000000002', when: '2026-11-20T12:20:00.000Z' }],
      ['app', { who: '00000000-0000-4000-9000-000000000002', when: '2026-11-20T12:30:00.000Z' }],
    ]);
    const { stdout } = await drift();
    expect(stdout).toContain('\n    by 00000000-0000-4000-9000-000000000002 at 2026-11-20 12:20:00 UTC\n');
    expect((await drift({ format: 'markdown' })).stdout).toContain('by 00000000-0000-4000-9000-000000000002 at');
  });

  it('never this tool itself: what it wrote came before', async () => {
    await startWithAna();
    policy('a').credit_limit = 9000;
    expect((await document()).drifted).toMatchObject([{ name: 'a', author: null }]);
  });

  it('is not asked where nothing moved', async () => {
    await start(three);
    await drift();
    expect(rig.emulator.requests.count('GET', '/audit-logs')).toBe(0);
  });

  it.each([401, 403, 404, 503])('a log that answers %i is said to be closed, and drift is drift', async (status) => {
    await start(three);
    policy('a').credit_limit = 9000;
    rig.emulator.setFaults([{ path: '/audit-logs', fault: { kind: 'status', status } }]);
    const ran = await drift();
    expect(ran.exit).toBe(2);
    expect(ran.stdout).toContain('who and when: the audit log cannot be read');
    expect(await document()).toMatchObject({ audit_log: 'unavailable', drifted: [{ name: 'a', author: null }] });
    expect((await drift({ format: 'markdown' })).stdout).toContain('| unknown |');
  });
});

describe('what is never drift', () => {
  it.each([
    ['a connection that is reset', [{ fault: { kind: 'reset', when: 'before' } }]],
    ['a service that is down', [{ fault: { kind: 'status', status: 503 } }]],
    ['a list that breaks off', [{ path: '/policies/**', fault: { kind: 'cut' } }]],
    ['an HTML page', [{ path: '/policies/**', fault: { kind: 'status', status: 502, body: 'html' } }]],
    ['a refused key', [{ fault: { kind: 'status', status: 401 } }]],
  ] as const)('%s: exit 6 and no report', async (_name, faults) => {
    await start(three);
    rig.emulator.setFaults(faults);
    const ran = await drift();
    expect([ran.exit, ran.stdout]).toEqual([6, '']);
  });

  it('another service than the recorded one', async () => {
    await start(three);
    const ran = await drift({}, { PORTKEY_BASE_URL: 'http://127.0.0.1:9/v1' });
    // The record says for which control plane it is, and that is looked at first.
    expect([ran.exit, ran.stdout]).toEqual([1, '']);
  });

  it('files with an error: exit 1, the problem, no report', async () => {
    await start(three);
    rig.write(files('policies: 5\n'));
    const ran = await drift();
    expect(ran.exit).toBe(1);
    expect(ran.stdout).toMatch(/^policies\/a\.yaml:5:/);
    expect(rig.emulator.requests.total).toBe(0);
  });

  it('a missing key, and a record of something else: exit 1', async () => {
    await start(three);
    expect((await drift({}, { PORTKEY_API_KEY: '' })).exit).toBe(1);
    const record = rig.readRecord();
    if (record !== null) rig.writeRecord({ ...record, environment: 'staging' });
    expect((await drift()).exit).toBe(1);
  });
});

describe('review.drift: leave', () => {
  const leave = 'review: {drift: leave}\n';
  const edited = policies({ a: {}, b: { budget: '$600' }, c: {} });

  it('what moved live is shown and left, what was edited is applied', async () => {
    await start(three, leave);
    policy('a').credit_limit = 450;
    rig.write(files(edited, leave));
    const planned = await rig.plan({ format: 'json' });
    expect(parseOutput(planned)).toMatchObject({
      changes: [{ name: 'b' }],
      withheld: [],
      left: [{ name: 'a', cause: 'drifted' }],
    });
    const ran = await rig.apply({ format: 'json' });
    expect([ran.exit, outcomesOf(ran)]).toEqual([0, [['b', 'applied']]]);
    expect([policy('a').credit_limit, policy('b').credit_limit]).toEqual([450, 600]);
    // Still drift tomorrow, and no reason to apply.
    expect((await rig.plan({ detailedExitcode: true })).exit).toBe(0);
    expect((await document()).drifted.map(({ name }) => name)).toEqual(['a']);
  });

  it('an edit does not wait for a tightening that was left', async () => {
    await start(three, leave);
    policy('a').credit_limit = 9000;
    rig.write(files(edited, leave));
    const ran = await rig.apply({ format: 'json' });
    expect([ran.exit, outcomesOf(ran)]).toEqual([0, [['b', 'applied']]]);
  });

  it('moved on both sides is an edit', async () => {
    await start(three, leave);
    policy('b').credit_limit = 9000;
    rig.write(files(edited, leave));
    await succeed(rig.apply());
    expect(policy('b').credit_limit).toBe(600);
  });

  it('a policy that was deleted by hand stays deleted', async () => {
    await start(three, leave);
    policy('a').status = 'archived';
    await succeed(rig.apply());
    expect(rig.emulator.requests.countWrites()).toBe(0);
    expect((await document()).drifted).toMatchObject([{ name: 'a', deleted: true }]);
  });

  it("is the record's: a change that asks for it does not profit from it yet", async () => {
    await start(three);
    policy('a').credit_limit = 9000;
    rig.write(files(edited, leave));
    expect(parseOutput(await rig.plan({ format: 'json' }))).toMatchObject({
      changes: [{ name: 'a' }, { name: 'b' }],
      withheld: [],
    });
    await succeed(rig.apply());
    policy('a').credit_limit = 9000;
    await succeed(rig.apply());
    expect(policy('a').credit_limit).toBe(9000);
  });

  it('and one that ends it puts back at once what got looser, for that is the stricter', async () => {
    await start(three, leave);
    policy('a').credit_limit = 9000;
    policy('b').credit_limit = 1;
    rig.write(files(three));
    await succeed(rig.apply());
    expect([policy('a').credit_limit, policy('b').credit_limit]).toEqual([500, 1]);
  });
});
