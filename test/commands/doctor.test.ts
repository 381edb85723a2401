/** What a key and a control plane allow: said with the request that proved it, and without writing anything. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { runDoctor } from '../../src/commands/doctor.ts';
import type { AcceptedKey } from '../../src/emulator/auth.ts';
import type { FaultRule } from '../../src/emulator/faults.ts';
import { sampleSecrets } from '../../src/emulator/sample/organisation.ts';
import { sampleSeed } from '../../src/emulator/sample/seed.ts';
import { CancelledError } from '../../src/errors.ts';
import type { CheckView, CommandView, DoctorView } from '../../src/render/doctor.ts';
import { parseOutput, type Ran, type Rig, type RigOptions, startRig, writeIn } from '../helpers/rig.ts';
import { testNow, testSession } from '../helpers/session.ts';
import {
  configRow,
  integrationRow,
  keyRow,
  ratePolicyRow,
  smallState,
  teamA,
  teamB,
  usagePolicyRow,
  uuid,
} from '../helpers/state.ts';
import { adminKey, orgFile, workspaceFile } from '../helpers/world.ts';
import { git, makeFolder } from '../record/git-fixture.ts';

let rig: Rig;
let rigs: Rig[] = [];
afterEach(async () => {
  await Promise.all(rigs.map((each) => each.close()));
  rigs = [];
});

const policies = [usagePolicyRow('spend', uuid(101), teamA), usagePolicyRow('spend', uuid(102), teamB)];
const rates = [ratePolicyRow('brake', uuid(111), teamA)];
const allKinds = `policies:
  spend: { budget: $100, reset: monthly, per: workspace_id }
  brake: { rate: 100 requests/minute, per: workspace_id }
keys:
  app: { rate: 10 requests/minute }
providers:
  openai-a: { rate: 10 requests/minute }
integrations:
  openai-prod: { rate: 10 requests/minute }
`;
const files = { 'org.yaml': orgFile(), 'a.yaml': workspaceFile('ws-team-a', allKinds) };
const configs = [configRow('checkout', uuid(301), teamA, {})];
const state = () => smallState({ usagePolicies: policies, ratePolicies: rates, configs });

type Document = Pick<DoctorView, 'checks' | 'commands' | 'key' | 'requests' | 'workspace' | 'explanations'> & {
  readonly ok: boolean;
  readonly base_url: string | null;
};

async function start(options: RigOptions = {}): Promise<void> {
  rig = await startRig({ state: state(), files, ...options });
  rigs.push(rig);
}

async function examine(options: Parameters<Rig['doctor']>[0] = {}): Promise<Document & { readonly exit: number }> {
  const ran = await rig.doctor({ ...options, format: 'json' });
  expect(rig.emulator.requests.countWrites()).toBe(0);
  return { ...(parseOutput(ran) as unknown as Document), exit: ran.exit };
}

function check({ checks }: Document, id: string): CheckView {
  const found = checks.find((each) => each.id === id);
  if (found === undefined) throw new Error(`no check ${id}`);
  return found;
}

function command({ commands }: Document, name: string): CommandView {
  const found = commands.find((each) => each.command === name);
  if (found === undefined) throw new Error(`no command ${name}`);
  return found;
}

const statesOf = ({ checks }: Document, state: CheckView['state']): string[] =>
  checks.filter((each) => each.state === state).map(({ id }) => id);

/** A key that holds these scopes and is an object of the organisation, as real keys are. */
const ownKey = (scopes: readonly string[], row: Partial<ReturnType<typeof keyRow>> = {}) =>
  keyRow('ci', uuid(900), null, { secret: 'pk-doctor-secret-0123456789', scopes: [...scopes], ...row });

const readScopes = [
  'workspaces.list',
  'workspaces.read',
  'policies.list',
  'policies.read',
  ...['workspace_service', 'workspace_user', 'organisation_service'].flatMap((family) => [
    `${family}_api_keys.list`,
    `${family}_api_keys.read`,
  ]),
  'providers.list',
  'providers.read',
  'organisation_integrations.list',
  'organisation_integrations.read',
  'configs.list',
  'configs.read',
  'analytics.view',
  'audit_logs.list',
];
const writeScopes = [
  'policies.create',
  'policies.update',
  'policies.delete',
  'workspaces.update',
  'workspace_service_api_keys.update',
  'providers.update',
  'organisation_integrations.update',
];

function withOwnKey(scopes: readonly string[], row: Parameters<typeof ownKey>[1] = {}): RigOptions {
  const key = ownKey(scopes, row);
  const small = state();
  return {
    state: { ...small, apiKeys: [...(small.apiKeys ?? []), key] },
    env: { PORTKEY_API_KEY: key.secret },
  };
}

describe('mistakes-K13: a doctor that fails', () => {
  it('mistakes-K13: is one document that says what does not work, of files and of the service', async () => {
    await start({ files: { ...files, 'a.yaml': 'kind: workspace\n' } });
    const ofFiles = await rig.doctor({ format: 'json' });
    expect(ofFiles.exit).toBe(1);
    expect(parseOutput(ofFiles)).toMatchObject({
      ok: false,
      error: {
        kind: 'user',
        message: expect.stringMatching(/: policy files$/),
        hint: expect.stringContaining('validate'),
      },
    });
    const other = await startRig({ emulator: rig.emulator, files, env: { PORTKEY_API_KEY: 'wrong-key-0123456789' } });
    const ofService = await other.doctor({ format: 'json' });
    expect(ofService.exit).toBe(6);
    expect(parseOutput(ofService)).toMatchObject({ ok: false, error: { kind: 'service' } });
    const without = await startRig({ emulator: rig.emulator, files, env: { PORTKEY_API_KEY: '' } });
    const ofNothing = await without.doctor({ format: 'json' });
    expect(ofNothing.exit).toBe(1);
    expect(parseOutput(ofNothing)).toMatchObject({ ok: false, error: { kind: 'user' } });
  });
});

describe('an admin key with everything', () => {
  it('every read is proven by a request of its own, nothing is written, exit 0', async () => {
    await start(withOwnKey([...readScopes, ...writeScopes], { expires_at: '2026-12-01T00:00:00.000Z' }));
    const found = await examine();
    expect(found).toMatchObject({ exit: 0, ok: true, workspace: 'ws-team-a', base_url: rig.emulator.url });
    expect(found.key).toMatchObject({
      kind: 'organisation-service',
      how: expect.stringMatching(/^its row in the key list/),
      name: expect.any(String),
      user_id: null,
    });
    expect(found.key.expiresAt ?? (found.key as unknown as { expires_at: string }).expires_at).toMatch(/^2026-12-01/);
    const reads = found.checks.filter(({ group, state }) => group === 'reading' && state !== 'note');
    expect(reads.map(({ id, state, request }) => [id, state, request?.status])).toEqual(
      [
        'workspaces.list',
        'workspaces.read',
        'usage-policies.list',
        'usage-policies.read',
        'usage-policies.entities',
        'rate-policies.list',
        'keys.list',
        'keys.read',
        'providers.list',
        'providers.read',
        'integrations.list',
        'integrations.read',
        'integrations.shares',
        'configs.list',
        'configs.read',
        'analytics.graphs',
        'analytics.groups',
        'audit-logs.list',
      ].map((id) => [id, 'works', 200]),
    );
    expect(rig.emulator.requests.total).toBe(reads.length);
    expect(check(found, 'usage-policies.list').request?.path).toBe(
      `/policies/usage-limits?workspace_id=${teamA}&page_size=1&current_page=0`,
    );
    expect(found.commands.map(({ command, state }) => [command, state])).toEqual([
      ['init', 'works'],
      ['validate, fmt', 'works'],
      ['plan', 'works'],
      ['apply', 'unproven'],
      ['drift', 'works'],
      ['import', 'works'],
      ['status', 'works'],
      ['notify', 'works'],
      ['usage', 'works'],
      ['keys', 'works'],
      ['policies, explain', 'works'],
      ['rates', 'works'],
      ['configs', 'works'],
      ['models', 'unproven'],
      ['logs', 'unproven'],
      ['reset', 'unproven'],
      ['propose', 'unproven'],
      ['history, show', 'works'],
      ['revert', 'works'],
    ]);
  });

  it('writing is not proven, and says what would be needed', async () => {
    await start();
    const found = await examine();
    const writes = found.checks.filter(({ group }) => group === 'writing');
    expect(writes.map(({ state, request, needed }) => [state, request, needed])).toEqual(
      Array.from({ length: 5 }, () => ['not-tried', null, false]),
    );
    expect(writes[0]?.detail).toMatch(/^doctor never writes; it takes policies\.create, policies\.update/);
    // The emulator's accepted key is not an object: nothing shows its scopes.
    expect(found.key).toMatchObject({ kind: 'organisation-service', how: 'by what it may do', scopes: null });
  });

  it('says what the key is called, whose it is and how many scopes it has, and never the key', async () => {
    const person = { type: 'workspace-user', workspace_id: teamA, user_id: uuid(77) } as const;
    const options = withOwnKey(readScopes, person);
    await start(options);
    const { stdout } = await rig.doctor();
    expect(stdout).toMatch(/^key +workspace key of a person: /m);
    expect(stdout.replace(/\s+/g, ' ')).toContain(`of the person ${uuid(77)}, ${readScopes.length} scopes`);
    expect(stdout).not.toContain(options.env?.PORTKEY_API_KEY ?? 'none');
    expect((await examine()).key).toMatchObject({ user_id: uuid(77), name: expect.any(String) });
  });

  it('a read key is a good key: exit 0, and the row says what an apply would lack', async () => {
    await start(withOwnKey([...readScopes, 'policies.create', 'policies.update']));
    const found = await examine();
    expect(found.exit).toBe(0);
    expect(check(found, 'policies.write')).toMatchObject({ state: 'refused', request: null });
    expect(check(found, 'policies.write').detail).toMatch(/does not list policies\.delete$/);
    expect(command(found, 'apply')).toMatchObject({ state: 'partly' });
    expect(command(found, 'plan').state).toBe('works');
  });

  it('two keys of the same first and last characters are not told apart', async () => {
    const options = withOwnKey(readScopes);
    const twin = keyRow('twin', uuid(901), null, { secret: 'pk-another-789', scopes: ['policies.list'] });
    await start({ ...options, state: { ...options.state, apiKeys: [...(options.state?.apiKeys ?? []), twin] } });
    expect((await examine()).key).toMatchObject({ kind: 'organisation-service', scopes: null });
  });

  it('a key that only ends alike is another', async () => {
    const other = keyRow('other', uuid(901), teamA, { secret: 'xx-another-789', scopes: ['policies.list'] });
    const small = state();
    await start({
      state: { ...small, apiKeys: [...(small.apiKeys ?? []), other] },
      acceptKeys: 'pk-not-an-object-789',
      env: { PORTKEY_API_KEY: 'pk-not-an-object-789' },
    });
    expect((await examine()).key).toMatchObject({ kind: 'organisation-service', scopes: null });
  });

  it('works on an empty organisation: nothing to try a single read on is not a failure', async () => {
    await start({ state: smallState({ apiKeys: [], providers: [], integrations: [] }) });
    const found = await examine();
    expect(found.exit).toBe(0);
    expect(statesOf(found, 'not-tried').filter((id) => !id.endsWith('.write') && id !== 'github')).toEqual([
      'usage-policies.read',
      'usage-policies.entities',
      'keys.read',
      'providers.read',
      'integrations.read',
      'integrations.shares',
      'configs.read',
    ]);
    expect(check(found, 'usage-policies.read').detail).toMatch(/no usage policy in this workspace/);
    expect(command(found, 'plan').state).toBe('works');
    expect((await rig.doctor()).stdout).toContain('Everything that could be tried works; 5 could not be tried.');
  });

  it('--workspace names where it is tried', async () => {
    await start();
    const found = await examine({ workspace: ['ws-team-b'] });
    expect(found.workspace).toBe('ws-team-b');
    expect(check(found, 'rate-policies.list').request?.path).toContain(teamB);
  });
});

describe('without policy files', () => {
  it('all of the service is needed, the record is not looked for, exit 0', async () => {
    await start({ recordFile: null });
    const found = await examine({ dir: 'nowhere' });
    expect(found.exit).toBe(0);
    expect(check(found, 'policies')).toMatchObject({ state: 'note', needed: false });
    expect(check(found, 'record')).toMatchObject({ state: 'not-tried', needed: false });
    expect(found.workspace).toBe('ws-team-b');
    expect(command(found, 'plan')).toMatchObject({ state: 'no', detail: 'there are no policy files' });
    expect(command(found, 'import').state).toBe('works');
  });
});

describe('questions that this key can answer', () => {
  const refused = (path: string): FaultRule => ({ path, fault: { kind: 'status', status: 403 } });

  it('S1-3: without analytics spend is closed, and what is asked of keys and policies is there in part', async () => {
    await start({ faults: [refused('/analytics/**')] });
    const found = await examine();
    expect(command(found, 'usage')).toMatchObject({ state: 'no' });
    expect(command(found, 'usage').detail).toMatch(/see above$/);
    expect(command(found, 'keys')).toMatchObject({ state: 'partly', detail: 'calls and spend stay unknown' });
    expect(command(found, 'policies, explain')).toMatchObject({ state: 'partly' });
    expect(command(found, 'configs').state).toBe('works');
    expect(command(found, 'plan').detail).toContain('estimates and forecasts of its impact stay unknown');
  });

  it('without configs and keys those questions are closed, and no other', async () => {
    await start({ faults: [refused('/configs'), refused('/configs/**'), refused('/api-keys')] });
    const found = await examine();
    for (const name of ['configs', 'keys', 'reset']) expect(command(found, name)).toMatchObject({ state: 'no' });
    expect(command(found, 'usage')).toMatchObject({ state: 'partly', detail: 'keys cannot be named in filters' });
    expect(command(found, 'rates')).toMatchObject({ state: 'partly', detail: 'rates of keys stay unknown' });
  });
});

describe('one scope missing', () => {
  const cases: readonly (readonly [scope: string | readonly string[], refused: readonly string[], exit: number])[] = [
    ['workspaces.list', ['workspaces.list'], 6],
    ['workspaces.read', ['workspaces.read'], 6],
    ['policies.list', ['usage-policies.list', 'rate-policies.list'], 6],
    ['policies.read', ['usage-policies.read', 'usage-policies.entities'], 6],
    [readScopes.filter((scope) => scope.endsWith('api_keys.list')), ['keys.list'], 6],
    [readScopes.filter((scope) => scope.endsWith('api_keys.read')), ['keys.read'], 6],
    ['providers.list', ['providers.list'], 6],
    ['providers.read', ['providers.read'], 6],
    ['organisation_integrations.list', ['integrations.list'], 6],
    ['organisation_integrations.read', ['integrations.read', 'integrations.shares'], 6],
    ['configs.list', ['configs.list'], 0],
    ['configs.read', ['configs.read'], 0],
    ['analytics.view', ['analytics.graphs', 'analytics.groups'], 0],
    ['audit_logs.list', ['audit-logs.list'], 0],
  ];

  it.each(cases)('%s: refused is exactly %s, exit %i', async (scope, refused, exit) => {
    const missing = [scope].flat();
    for (const missingScopeAs401 of [false, true]) {
      const held = readScopes.filter((each) => !missing.includes(each));
      const acceptKeys: AcceptedKey[] = [{ key: adminKey, kind: 'organisation-service', scopes: held }];
      await start({ acceptKeys, quirks: { missingScopeAs401 } });
      const found = await examine();
      expect(statesOf(found, 'refused')).toEqual(refused);
      expect(found.exit).toBe(exit);
      const first = check(found, refused[0] ?? '');
      expect(first.request).toMatchObject(
        missingScopeAs401 ? { status: 401, code: 'AB05' } : { status: 403, code: 'AB03' },
      );
      // Other requests are answered, so that a 401 is no wrong key.
      expect(first.detail).toContain(missing[0]);
      expect(first.advice).not.toBeNull();
      // What is related to it is answered, so that the feature is there.
      if (scope === 'policies.read' && !missingScopeAs401)
        expect(first.detail).toMatch(/^related requests are answered/);
      expect(found.explanations.map((text) => text.slice(0, 3))).toEqual([missingScopeAs401 ? '401' : '403']);
    }
  });

  it("with the scopes known, the scope is named for certain; the key's row proves it", async () => {
    await start(withOwnKey(readScopes.filter((scope) => scope !== 'analytics.view')));
    const found = await examine();
    expect(check(found, 'analytics.graphs').detail).toBe("the key's own row does not list the scope analytics.view");
    expect(command(found, 'status')).toMatchObject({ state: 'partly' });
    expect(command(found, 'status').detail).toMatch(/trends stay unknown/);
  });

  it('an unused kind is not needed: exit 0', async () => {
    const held = readScopes.filter((scope) => !scope.includes('integrations'));
    const lean = {
      'org.yaml': orgFile(),
      'a.yaml': workspaceFile('ws-team-a', allKinds.replace(/integrations[\s\S]*/, '')),
    };
    await start({ acceptKeys: [{ key: adminKey, kind: 'organisation-service', scopes: held }], files: lean });
    const found = await examine();
    expect(found.exit).toBe(0);
    expect(check(found, 'integrations.list')).toMatchObject({ state: 'refused', needed: false });
    expect(command(found, 'plan').state).toBe('works');
    expect(command(found, 'import').state).toBe('no');
    expect(command(found, 'status')).toMatchObject({ state: 'partly', detail: 'integrations stay unknown' });
  });
});

describe('a feature that is switched off', () => {
  it('with the scope in the row it is not the scope', async () => {
    const options = withOwnKey(readScopes);
    await start(options);
    rig.emulator.store.state.organisation.policies_enabled = false;
    const found = await examine();
    const listed = check(found, 'usage-policies.list');
    expect(listed.detail).toMatch(/^the key holds the scope policies\.list, so the feature is probably switched off/);
    expect(listed.advice).toMatch(/POLICY_ENABLED/);
    expect(found.exit).toBe(6);
  });
});

describe('a workspace key', () => {
  const scopes = [
    'policies.list',
    'policies.read',
    'providers.list',
    'analytics.view',
    'workspace_service_api_keys.list',
  ];

  it('says what would and would not work: exit 6', async () => {
    const options = withOwnKey(scopes, { type: 'workspace-service', workspace_id: teamA });
    await start(options);
    const found = await examine();
    expect(found.exit).toBe(6);
    expect(found.key.kind).toBe('workspace-service');
    expect(check(found, 'workspaces.list')).toMatchObject({ state: 'refused' });
    expect(check(found, 'workspaces.list').detail).toMatch(/^this is a workspace key/);
    expect(check(found, 'workspaces.list').advice).toMatch(/organisation admin key/);
    for (const id of ['usage-policies.list', 'rate-policies.list', 'providers.list', 'analytics.graphs']) {
      expect(check(found, id)).toMatchObject({ state: 'works' });
      expect(check(found, id).detail).toMatch(/^for the workspace of this key alone/);
    }
    for (const name of ['plan', 'apply', 'drift', 'import', 'status']) {
      expect(command(found, name)).toMatchObject({ state: 'no', detail: 'it needs an organisation admin key' });
    }
    expect(command(found, 'validate, fmt').state).toBe('works');
    expect(command(found, 'history, show').state).toBe('works');
  });

  it('is known by its conduct where no list shows it', async () => {
    await start({
      acceptKeys: [{ key: adminKey, kind: 'workspace-service', workspaceId: 'ws-team-a', scopes: ['policies.list'] }],
    });
    expect((await examine()).key).toMatchObject({ kind: 'workspace', how: 'by what it may do' });
  });

  it('is known by the keys that it sees, where it may not list policies', async () => {
    const scopes = ['workspace_service_api_keys.list'];
    await start({ acceptKeys: [{ key: adminKey, kind: 'workspace-service', workspaceId: 'ws-team-a', scopes }] });
    expect((await examine()).key.kind).toBe('workspace');
  });

  it('is known by rows of another workspace than the one asked for', async () => {
    const newer = usagePolicyRow('newer', uuid(103), teamB, { created_at: '2026-11-10T00:00:00.000Z' });
    await start({ state: smallState({ usagePolicies: [...policies, newer] }), quirks: { foreignRows: true } });
    const found = await examine();
    expect(found.key.kind).toBe('workspace');
    expect(check(found, 'usage-policies.list').detail).toContain(`here ${teamB}`);
    expect(command(found, 'plan').state).toBe('no');
  });

  it('an admin key without workspaces.list is none', async () => {
    const held = readScopes.filter((scope) => scope !== 'workspaces.list');
    await start({ acceptKeys: [{ key: adminKey, kind: 'organisation-service', scopes: held }] });
    const found = await examine();
    expect(found.key.kind).toBe('organisation-service');
    // The files name a workspace: what is below it can be tried.
    expect(check(found, 'usage-policies.list').state).toBe('works');
  });

  it('nothing is claimed where it cannot be known', async () => {
    await start({
      acceptKeys: [{ key: adminKey, kind: 'workspace-service', workspaceId: 'ws-team-a', scopes: ['analytics.view'] }],
    });
    expect((await examine()).key.kind).toBeNull();
  });
});

describe('no usable answer', () => {
  const cases: readonly (readonly [name: string, fault: FaultRule, id: string, detail: RegExp])[] = [
    [
      'a revoked key',
      { fault: { kind: 'status', status: 401 } },
      'workspaces.list',
      /no request with this key is accepted/,
    ],
    [
      'an HTML 502',
      { fault: { kind: 'status', status: 502, body: 'html' } },
      'workspaces.list',
      /the service failed; it says: an HTML page/,
    ],
    ['too many requests', { fault: { kind: 'status', status: 429 } }, 'keys.list', /too many requests/],
    ['a paid-up account', { fault: { kind: 'status', status: 402 } }, 'keys.list', /subscription/],
    ['text that is no JSON', { fault: { kind: 'malformed' } }, 'workspaces.list', /not JSON/],
    [
      'an old control plane',
      { path: '/policies/**', fault: { kind: 'status', status: 404 } },
      'usage-policies.list',
      /does not have it/,
    ],
    [
      'no groups of analytics',
      { path: '/analytics/groups/**', fault: { kind: 'status', status: 404 } },
      'analytics.groups',
      /does not have it/,
    ],
  ];

  it.each(cases)('%s', async (_name, fault, id, detail) => {
    await start({ faults: [fault] });
    const found = await examine();
    expect(check(found, id).detail).toMatch(detail);
    expect(found.exit).toBe(id === 'analytics.groups' ? 0 : 6);
    const refused = fault.fault.kind === 'status' && [401, 402].includes(fault.fault.status);
    expect(check(found, id).state).toBe(refused ? 'refused' : 'broken');
  });

  it('a key revoked in the middle is no missing scope of the first requests', async () => {
    await start({ faults: [{ after: 3, fault: { kind: 'status', status: 401 } }] });
    const found = await examine();
    expect(check(found, 'workspaces.list').state).toBe('works');
    expect(found.exit).toBe(6);
  });

  it('an old control plane names what is too old', async () => {
    await start({ faults: [{ path: '/policies/**', fault: { kind: 'status', status: 404 } }] });
    const found = await examine();
    expect(check(found, 'usage-policies.list').advice).toMatch(/older than policies, which came with backend 1\.9/);
    expect(command(found, 'plan').state).toBe('no');
  });

  it('a host that is not there: one request, the rest is not tried, exit 6', async () => {
    await start({ baseUrl: 'http://127.0.0.1:9/v1' });
    const found = await examine();
    expect(found.exit).toBe(6);
    expect(check(found, 'workspaces.list')).toMatchObject({ state: 'broken', request: { status: null } });
    expect(check(found, 'workspaces.list').detail).toContain('connection refused');
    expect(found.requests).toBe(1);
    expect(check(found, 'keys.list')).toMatchObject({
      state: 'not-tried',
      detail: 'the control plane cannot be reached',
    });
    // What is on this disk is looked at all the same.
    expect(check(found, 'policies').state).toBe('works');
    expect(command(found, 'validate, fmt').state).toBe('works');
  });

  it('one lost answer is asked for again', async () => {
    await start({ faults: [{ times: 1, fault: { kind: 'status', status: 503, body: 'empty' } }] });
    expect((await examine()).exit).toBe(0);
  });
});

it.each([1, 3, 5, 8])('cancelled at request %i: it ends, and leaves no promise behind', async (last) => {
  let seen = 0;
  const session = testSession({ now: testNow });
  await start({
    onRequest: () => {
      seen += 1;
      if (seen === last) session.cancel();
    },
  });
  const env = { PORTKEY_API_KEY: adminKey, PORTKEY_BASE_URL: rig.emulator.url };
  const options = { dir: 'nowhere', workspace: [], format: 'json', backend: 'portkey', concurrency: 4 } as const;
  const running = runDoctor({ ...options, quiet: true, verbose: false }, { ...session, env });
  await expect(running).rejects.toThrow(CancelledError);
});

describe('this directory', () => {
  it('files with errors: 1, before what the service says', async () => {
    await start({
      files: { 'org.yaml': orgFile(), 'a.yaml': workspaceFile('ws-team-a', 'policies:\n  x: { budget: 5 }\n') },
      faults: [{ fault: { kind: 'status', status: 401 } }],
    });
    const found = await examine();
    expect(found.exit).toBe(1);
    expect(check(found, 'policies').state).toBe('broken');
    expect(check(found, 'policies').advice).toMatch(/tollgate validate/);
    expect(command(found, 'validate, fmt').state).toBe('no');
  });

  it.each<[name: string, env: Record<string, string | undefined>, detail: RegExp]>([
    ['no key', { PORTKEY_API_KEY: undefined }, /PORTKEY_API_KEY is not set/],
    ['no URL', { PORTKEY_BASE_URL: 'nonsense' }, /not an http\(s\) URL/],
  ])('%s: 1, and the files are looked at all the same', async (_name, env, detail) => {
    await start({ env });
    const found = await examine();
    expect(found.exit).toBe(1);
    expect(check(found, 'environment').detail).toMatch(detail);
    expect(check(found, 'policies').state).toBe('works');
    expect(command(found, 'plan').state).toBe('no');
    expect(command(found, 'validate, fmt').state).toBe('works');
    expect(rig.emulator.requests.total).toBe(0);
  });

  it('a key of another organisation: 1', async () => {
    await start({ files: { ...files, 'org.yaml': orgFile().replace(/organisation: .*/, `organisation: ${uuid(1)}`) } });
    const found = await examine();
    expect(found.exit).toBe(1);
    expect(check(found, 'organisation').detail).toContain(uuid(1));
  });

  it('a record that is there, and one that cannot be read', async () => {
    await start();
    expect(check(await examine(), 'record')).toMatchObject({ state: 'note' });
    await rig.apply({ quiet: true });
    rig.emulator.requests.clear();
    expect(check(await examine(), 'record')).toMatchObject({ state: 'works' });
    expect(check(await examine(), 'record').detail).toMatch(/applied 2026-11-20 12:00 UTC by platform-engineer$/);
    rig.write({ ...files, 'org.yaml': orgFile().replace('environment: production', 'environment: staging') });
    const foreign = await examine();
    expect([foreign.exit, check(foreign, 'record-owner').state]).toEqual([1, 'broken']);
    writeIn(rig.folder, 'record.json', '{');
    const broken = await examine();
    expect(broken.exit).toBe(1);
    expect(check(broken, 'record').state).toBe('broken');
  });

  it('a remote: a push is tried dry and moves nothing, to a place for pushes that is gone it is refused, and one that is gone is 6', async () => {
    const folder = makeFolder();
    const remote = join(folder, 'remote.git');
    mkdirSync(join(folder, 'clone'));
    git(folder, 'init', '--quiet', '--bare', remote);
    git(join(folder, 'clone'), 'init', '--quiet');
    git(join(folder, 'clone'), 'remote', 'add', 'origin', remote);
    await start({ folder: join(folder, 'clone'), recordFile: null });
    const empty = await examine();
    expect(check(empty, 'record')).toMatchObject({ state: 'note' });
    expect(check(empty, 'record').detail).toMatch(/none yet in refs\/tollgate\/production/);
    expect(check(empty, 'record-push')).toMatchObject({ state: 'works', needed: false });
    expect(git(folder, '--git-dir', remote, 'for-each-ref')).toBe('');
    expect(git(join(folder, 'clone'), 'for-each-ref')).toBe('');
    git(join(folder, 'clone'), 'remote', 'set-url', '--push', 'origin', join(folder, 'nowhere.git'));
    const refused = await examine();
    expect(refused.exit).toBe(0);
    expect(check(refused, 'record-push')).toMatchObject({
      state: 'refused',
      detail: expect.stringContaining('nowhere.git'),
      advice: expect.stringContaining('`permissions: contents: write`'),
    });
    expect([command(refused, 'plan').state, command(refused, 'apply').state]).toEqual(['works', 'no']);
    expect(command(refused, 'apply').detail).toContain('push of the record');
    git(join(folder, 'clone'), 'remote', 'set-url', 'origin', join(folder, 'nowhere.git'));
    const gone = await examine();
    expect(gone.exit).toBe(6);
    expect(check(gone, 'record').state).toBe('broken');
    expect(command(gone, 'plan').state).toBe('no');
    expect(command(gone, 'import').state).toBe('works');
  });
});

describe('versions', () => {
  it.each<[backend: string | undefined, detail: RegExp]>([
    [undefined, /^backend 1\.24 or later: it has `target`/],
    ['1.23', /^backend 1\.18 or later: it has `periodic_reset` in lists; backend before 1\.24: no `target`/],
    ['1.17', /^backend 1\.15 or later: .*; backend before 1\.18: no `periodic_reset`/],
    ['1.14', /^backend before 1\.15/],
  ])('backend %s is known by what its lists show', async (backend, detail) => {
    const { quirksOfBackend } = await import('../../src/emulator/quirks.ts');
    await start({ quirks: backend === undefined ? {} : quirksOfBackend(backend) });
    expect(check(await examine(), 'version').detail).toMatch(detail);
  });

  it('a written backend that is older than what was seen', async () => {
    await start({ files: { ...files, 'org.yaml': orgFile('gateway: { backend: "1.15" }\n') } });
    expect(check(await examine(), 'version').advice).toMatch(/gateway\.backend 1\.15/);
  });
});

describe('output', () => {
  const bad = (ran: Ran): string[] => ran.stdout.split('\n').filter((line) => [...line].length > 80);

  it('text fits into 80 columns, whatever goes wrong', async () => {
    for (const options of [
      {},
      { faults: [{ fault: { kind: 'status' as const, status: 403 } }] },
      { faults: [{ fault: { kind: 'status' as const, status: 502, body: 'html' as const } }] },
      { acceptKeys: [{ key: adminKey, kind: 'workspace-service' as const, workspaceId: 'ws-team-a' }] },
    ]) {
      await start(options);
      const ran = await rig.doctor();
      expect(bad(ran)).toEqual([]);
      expect(ran.stdout).toMatch(/\nCommands\n {2}init +works\n {2}validate, fmt +works\n/);
    }
  });

  it('the sample organisation, as a terminal shows it', async () => {
    const now = new Date(testNow);
    await start({ state: sampleSeed(now), env: { PORTKEY_API_KEY: sampleSecrets.admin }, recordFile: null });
    const { stdout, exit } = await rig.doctor({ dir: 'nowhere' });
    expect(exit).toBe(0);
    expect(stdout.replaceAll(rig.emulator.url, 'URL').replace(/Git [\d.]+ here/, 'Git X here')).toMatchInlineSnapshot(`
      "control plane URL
      key           organisation admin key: its row in the key list, found by its
                    first and last characters, says so
                    called "tollgate-ci", 59 scopes
      tried in      workspace ws-sandbox-2b7e90 (--workspace names another)

      Reading
        ok        list workspaces          GET /admin/workspaces → 200
        ok        read a workspace         GET /admin/workspaces/8b0c7df0… → 200
        ok        list usage policies      GET /policies/usage-limits → 200
        ok        read a usage policy      GET /policies/usage-limits/9a89ca8e… → 200
        ok        counters of a policy
                  GET /policies/usage-limits/9a89ca8e…/entities → 200
        ok        list rate policies       GET /policies/rate-limits → 200
        ok        list API keys            GET /api-keys → 200
        ok        read an API key          GET /api-keys/12138a47… → 200
        ok        list providers           GET /providers → 200
        ok        read a provider          GET /providers/azure-eu → 200
        ok        list integrations        GET /integrations → 200
        ok        read an integration      GET /integrations/azure-eu → 200
        ok        shares of an integration GET /integrations/azure-eu/workspaces → 200
        ok        list gateway configs     GET /configs → 200
        not tried read a gateway config    there is no gateway config in this
                                           workspace to try it on
        ok        analytics: graphs        GET /analytics/graphs/cost → 200
        ok        analytics: groups        GET /analytics/groups/model → 200
        ok        audit log                GET /audit-logs → 200
        note      version                  backend 1.18 or later: it has
                                           \`periodic_reset\` in lists; the version of
                                           the gateway cannot be seen from here
        note      limits of keys count     only where the organisation's
                                           \`is_api_key_limit_enabled\` is on; the
                                           gateway is told so, and no route shows it:
                                           it cannot be seen from here

      Writing
        not tried policies                 doctor never writes; the key's row lists
                                           policies.create, policies.update,
                                           policies.delete
        not tried limits of workspaces     doctor never writes; the key's row lists
                                           workspaces.update
        not tried limits of API keys       doctor never writes; the key's row lists
                                           workspace_service_api_keys.update
        not tried limits of providers      doctor never writes; the key's row lists
                                           providers.update
        not tried limits of integrations   doctor never writes; the key's row lists
                                           organisation_integrations.update

      This directory
        note      policy files             there is no directory nowhere
                  → Write policy files from what is live with \`tollgate import\`, or
                    name their directory with --dir.
        not tried applied record           there are no policy files, and they say
                                           where it is

      Stores
        note      store of calls           none in tollgate-logs
                  → Where \`backtest\` and \`logs spend\` are wanted: \`tollgate logs pull\`
                    fetches days of calls into tollgate-logs.
        note      prices of models         with a control plane other than
                                           api.portkey.ai, \`pricing.source\` says where
                                           they are
                  → Write \`pricing: {source: …}\` into the organisation file: a folder
                    of this repository, or an address.

      Commands
        init                works
        validate, fmt       does not work: there are no policy files
        plan                does not work: there are no policy files
        apply               does not work: there are no policy files
        drift               does not work: there are no policy files
        import              works
        status              works
        notify              does not work: there are no policy files
        usage               works
        keys                works
        policies, explain   works
        rates               works
        configs             works
        models              not proven: list models: not tried; PORTKEY_WORKSPACE_KEY
                            is needed where an admin key is refused
        logs                not proven: log exports: not tried
        reset               not proven: what it reads works; whether it may write was
                            not tried
        propose             does not work: there are no policy files
        history, show       not proven: applied record: not tried
        revert              does not work: there are no policy files

      Everything that tollgate needs works.
      Nothing was written. --format json has every request in full.
      "
    `);
  });

  it('markdown has every request in full', async () => {
    await start();
    const { stdout } = await rig.doctor({ format: 'markdown' });
    expect(stdout).toMatch(/^### Everything that tollgate needs works\.\n/);
    expect(stdout).toContain(`\`GET /policies/usage-limits?workspace_id=${teamA}&page_size=1&current_page=0\` | 200 |`);
  });

  it('no secret is printed, in any format, also when the service echoes it', async () => {
    const options = withOwnKey(readScopes);
    const secret = options.env?.PORTKEY_API_KEY ?? '';
    const integrations = [integrationRow('openai-prod', uuid(31), [teamA], { description: secret })];
    for (const faults of [[], [{ path: '/providers/**', fault: { kind: 'status' as const, status: 403 } }]]) {
      await start({ ...options, state: { ...options.state, integrations }, faults });
      for (const format of ['text', 'json', 'markdown'] as const) {
        const ran = await rig.doctor({ format });
        expect(ran.stdout + ran.stderr).not.toContain(secret);
        expect(ran.stdout + ran.stderr).not.toContain(secret.slice(-8));
      }
    }
  });

  it('the same state twice, the same bytes', async () => {
    await start();
    expect((await rig.doctor({ format: 'json' })).stdout).toBe((await rig.doctor({ format: 'json' })).stdout);
  });
});
