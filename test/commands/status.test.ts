/** Consumption against every limit, and spend over a window; what cannot be read is said and fails nothing. */

import { afterEach, describe, expect, it } from 'vitest';
import { runStatus } from '../../src/commands/status.ts';
import { sampleSeed } from '../../src/emulator/sample/seed.ts';
import type { EntityRow, StoreState, UsageLimitRow } from '../../src/emulator/store.ts';
import { CancelledError } from '../../src/errors.ts';
import { parseOutput, type Ran, type Rig, type RigOptions, startRig } from '../helpers/rig.ts';
import { testNow, testSession } from '../helpers/session.ts';
import {
  integrationRow,
  keyRow,
  providerRow,
  requestRow,
  smallState,
  teamA,
  teamB,
  usagePolicyRow,
  uuid,
  workspaceRow,
} from '../helpers/state.ts';
import { adminKey, orgFile, workspaceFile } from '../helpers/world.ts';

let rig: Rig;
let rigs: Rig[] = [];
afterEach(async () => {
  await Promise.all(rigs.map((each) => each.close()));
  rigs = [];
});

const monthStart = '2026-11-01T00:00:00.000Z';
const long = { created_at: '2026-01-01T00:00:00.000Z' };

function entity(usage: number, status: EntityRow['status'] = 'active', id = 700): EntityRow {
  return {
    id: uuid(id),
    current_usage: usage,
    status,
    is_threshold_alerts_sent: false,
    is_exhausted_alerts_sent: false,
  };
}

/** $100 a month. */
const limit = (row: Partial<UsageLimitRow> = {}): UsageLimitRow => ({
  type: 'cost',
  credit_limit: 100,
  periodic_reset: 'monthly',
  last_reset_at: monthStart,
  next_usage_reset_at: '2026-12-01T00:00:00.000Z',
  ...row,
});

/** One limit of every kind in team A; $42.50 of traffic since the 1st, of which $7 in the last 7 days. */
function oneOfEach(rows: Partial<StoreState> = {}): Partial<StoreState> {
  const state = smallState();
  return {
    ...state,
    workspaces: [
      workspaceRow('ws-team-a', teamA, { ...long, usage_limits: [limit()] }),
      workspaceRow('ws-team-b', teamB, long),
    ],
    apiKeys: [
      keyRow('app', uuid(11), teamA, { ...long, usage_limits: limit({ current_usage: 2_500 }) }),
      keyRow('batch', uuid(12), teamA, { ...long, expires_at: '2026-11-25T00:00:00.000Z' }),
      keyRow('web', uuid(13), teamB, long),
    ],
    providers: [providerRow('openai-a', uuid(21), teamA, { ...long, usage_limits: limit() })],
    integrations: [
      integrationRow('openai-prod', uuid(31), [teamA], {
        workspaces: [{ workspace_id: teamA, enabled: true, usage_limits: [limit()], rate_limits: null }],
      }),
    ],
    usagePolicies: [
      usagePolicyRow('spend', uuid(101), teamA, {
        ...long,
        last_reset_at: monthStart,
        entities: { [`workspace_id:${teamA}`]: entity(4_250) },
      }),
    ],
    requestLogs: [
      requestRow({ id: uuid(801), created_at: '2026-10-30T00:00:00.000Z', cost: 9_999 }),
      requestRow({ id: uuid(802), created_at: '2026-11-02T00:00:00.000Z', cost: 3_550 }),
      requestRow({ id: uuid(803), created_at: '2026-11-18T00:00:00.000Z', cost: 700 }),
      requestRow({ id: uuid(804), workspace_id: teamB, virtual_key: 'openai-b', cost: 12_345 }),
    ],
    ...rows,
  };
}

async function start(options: RigOptions = {}): Promise<void> {
  rig = await startRig({ state: oneOfEach(), ...options });
  rigs.push(rig);
}

interface Limit {
  readonly kind: string;
  readonly workspace: string | null;
  readonly name: string;
  readonly state: string;
  readonly used: number | string | null;
  readonly limit: number;
  readonly percent: number | null;
  readonly source: string | null;
  readonly declared: boolean | null;
  readonly next_reset: string | null;
  readonly as_of: string | null;
  readonly unknown_because: string | null;
  readonly run_out: { readonly when: string; readonly at: string | null } | null;
  readonly pace_per_day: number | string | null;
  readonly pace_basis: string | null;
  readonly fullest_counter: string | null;
  readonly used_in_all: number | null;
  readonly no_forecast_because: string | null;
}

interface Trend {
  readonly name: string;
  readonly cost: number;
  readonly cost_before: number | null;
  readonly change_percent: number | null;
  readonly failing: boolean;
}

interface Document {
  readonly limits: readonly Limit[];
  readonly expiring: readonly { readonly name: string; readonly expires_at: string }[];
  readonly gaps: readonly { readonly kind: string; readonly workspace: string | null; readonly why: string }[];
  readonly pace_gaps: readonly string[];
  readonly usage_unknown: string | null;
  readonly hidden: { readonly below: number; readonly unknown: number };
  readonly trends: {
    readonly by: Readonly<Record<string, readonly Trend[]>>;
    readonly unusual_days: readonly { readonly date: string; readonly workspace: string }[];
    readonly gaps: readonly { readonly by: string; readonly why: string }[];
  } | null;
}

async function read(options: Parameters<Rig['status']>[0] = {}): Promise<Document> {
  const ran = await rig.status({ ...options, format: 'json' });
  if (ran.exit !== 0) throw new Error(`${ran.exit}: ${ran.stderr}${ran.stdout}`);
  expect(rig.emulator.requests.countWrites()).toBe(0);
  return parseOutput(ran) as unknown as Document;
}

function find({ limits }: Document, kind: string, name?: string): Limit {
  const found = limits.find((each) => each.kind === kind && (name === undefined || each.name === name));
  if (found === undefined) throw new Error(`no ${kind} ${name ?? ''}`);
  return found;
}

describe('every limit', () => {
  it('counters of policies and keys are reported, the others are estimated since their last reset', async () => {
    await start();
    const found = await read();
    const rows = found.limits.map(({ kind, name, used, percent, source }) => [kind, name, used, percent, source]);
    expect(rows.sort()).toEqual([
      ['integration-limits', 'openai-prod', 4_250, 43, 'estimated'],
      ['key-limits', 'app', 2_500, 25, 'reported'],
      ['provider-limits', 'openai-a', 4_250, 43, 'estimated'],
      ['usage-policy', 'spend', 4_250, 43, 'reported'],
      ['workspace-limits', 'limits', 4_250, 43, 'estimated'],
    ]);
    for (const row of found.limits) {
      expect(row).toMatchObject({
        limit: 10_000,
        state: 'ok',
        next_reset: '2026-12-01T00:00:00.000Z',
        as_of: new Date(testNow).toISOString(),
        // $1 a day leaves the budgets at about half: no month is long enough.
        pace_per_day: 100,
        pace_basis: 'last-7-days',
        declared: null,
      });
    }
    expect(find(found, 'usage-policy').run_out).toEqual({ when: 'never', at: null });
    expect(found.gaps).toEqual([]);
    expect(found.trends).toBeNull();
  });

  it('a forecast in this window, and none where the pace cannot be known', async () => {
    const requestLogs = [requestRow({ created_at: '2026-11-18T00:00:00.000Z', cost: 7_000 })];
    const policies = [
      usagePolicyRow('all', uuid(101), teamA, { entities: { [`workspace_id:${teamA}`]: entity(7_000) } }),
      usagePolicyRow('some', uuid(102), teamA, {
        conditions: [{ key: 'metadata.team', value: 'nlp' }],
        last_reset_at: '2026-11-20T00:00:00.000Z',
        entities: { [`workspace_id:${teamA}`]: entity(500) },
      }),
    ];
    await start({ state: oneOfEach({ requestLogs, usagePolicies: policies }) });
    const found = await read();
    // $30 left at $10 a day.
    expect(find(found, 'usage-policy', 'all').run_out).toEqual({ when: 'this-window', at: '2026-11-23T12:00:00.000Z' });
    expect(find(found, 'usage-policy', 'some')).toMatchObject({
      run_out: null,
      no_forecast_because: expect.stringMatching(/less than a day/),
    });
  });

  it('several counters: the fullest decides, named by its key, with the sum', async () => {
    const usagePolicies = [
      usagePolicyRow('each', uuid(101), teamA, {
        group_by: [{ key: 'api_key' }],
        entities: {
          [`api_key:${uuid(11)}`]: entity(8_100, 'active', 701),
          [`api_key:${uuid(12)}`]: entity(10_050, 'exhausted', 702),
        },
      }),
    ];
    await start({ state: oneOfEach({ usagePolicies }) });
    expect(find(await read(), 'usage-policy')).toMatchObject({
      state: 'exhausted',
      used: 10_050,
      percent: 101,
      used_in_all: 18_150,
      fullest_counter: `api_key:${uuid(12)}`,
    });
    const { stdout } = await rig.status();
    expect(stdout).toMatch(/fullest of 2: key batch · \$181\.50 in\s+all/);
    expect(stdout).toContain('1 of 2 are');
  });

  it('zero is not a limit, and contradicts nothing', async () => {
    const entities = { [`workspace_id:${teamA}`]: entity(5) };
    const usagePolicies = [usagePolicyRow('zero', uuid(101), teamA, { credit_limit: 0, entities })];
    const apiKeys = [keyRow('app', uuid(11), teamA, { usage_limits: limit({ credit_limit: 0, current_usage: 5 }) })];
    await start({ state: oneOfEach({ usagePolicies, apiKeys }) });
    const found = await read();
    expect(found.usage_unknown).toBeNull();
    expect(found.limits.map(({ kind }) => kind).sort()).toEqual([
      'integration-limits',
      'provider-limits',
      'workspace-limits',
    ]);
  });

  it.each([
    ['with calls', undefined],
    ['without calls', []],
  ])('a unit that is not known is one row whose use is unknown, %s', async (_name, requestLogs) => {
    const euros = usagePolicyRow('odd', uuid(101), teamA, {
      type: 'euros\u202e' as 'cost',
      entities: { [`workspace_id:${teamA}`]: entity(5) },
    });
    await start({ state: oneOfEach({ usagePolicies: [euros], ...(requestLogs && { requestLogs }) }) });
    const odd = find(await read(), 'usage-policy', 'odd');
    expect(odd).toMatchObject({ state: 'unknown', used: null, percent: null, pace_per_day: null, run_out: null });
    expect(odd.unknown_because).toMatch(/counts it in .*euros.*, a unit that this version does not know/);
    const { exit, stdout } = await rig.status();
    expect([exit, stdout.includes('\u202e')]).toEqual([0, false]);
    expect(stdout).toMatch(/odd .* \? of 100 euros/);
  });

  it('what an unknown unit counts is used up where the service says so', async () => {
    const euros = usagePolicyRow('odd', uuid(101), teamA, {
      type: 'euros' as 'cost',
      entities: { [`workspace_id:${teamA}`]: entity(100, 'exhausted') },
    });
    await start({ state: oneOfEach({ usagePolicies: [euros] }) });
    expect(find(await read(), 'usage-policy', 'odd')).toMatchObject({ state: 'exhausted', used: null });
  });

  it('a policy of an old backend has its reset all the same', async () => {
    const { quirksOfBackend } = await import('../../src/emulator/quirks.ts');
    await start({ quirks: quirksOfBackend('1.14') });
    expect(find(await read(), 'usage-policy').next_reset).toBe('2026-12-01T00:00:00.000Z');
  });

  it('--workspace confines it, --over takes the percent in; what is left out is counted', async () => {
    await start();
    expect((await read({ workspace: ['ws-team-b'] })).limits).toEqual([]);
    expect((await read({ workspace: [teamA] })).limits).toHaveLength(5);
    const over = await read({ over: 43 });
    expect(over.limits).toHaveLength(4);
    expect(over.hidden).toEqual({ below: 1, unknown: 0 });
    expect((await read({ over: 44 })).limits).toEqual([]);
    const unknown = await rig.status({ workspace: ['ws-nobody'] });
    expect([unknown.exit, unknown.stderr]).toEqual([1, expect.stringMatching(/no live workspace/)]);
  });

  it('an expired key consumes nothing and is not listed, nor is one that expires while we look', async () => {
    const usage_limits = limit({ current_usage: 10_000 });
    const apiKeys = [
      keyRow('gone', uuid(41), teamA, { usage_limits, status: 'expired', expires_at: '2026-11-19T00:00:00.000Z' }),
      keyRow('going', uuid(42), teamA, { expires_at: '2026-11-20T12:30:00.000Z' }),
    ];
    await start({ state: oneOfEach({ apiKeys }) });
    const found = await read();
    expect(found.limits.map(({ kind }) => kind)).not.toContain('key-limits');
    expect(found.expiring.map(({ name }) => name)).toEqual(['going']);
    // An hour later by our clock; the service's stands still.
    const later = await rig.status({ format: 'json' }, { now: testNow + 3_600_000 });
    expect((parseOutput(later) as unknown as Document).expiring).toEqual([]);
  });

  it('providers and shares are estimated from their own traffic alone', async () => {
    const usage_limits = limit();
    const providers = [
      providerRow('openai-a', uuid(21), teamA, { ...long, usage_limits }),
      providerRow('openai-b', uuid(22), teamA, { ...long, usage_limits }),
      providerRow('claude', uuid(23), teamA, { ...long, usage_limits, integration_id: 'anthropic' }),
    ];
    const requestLogs = [
      ['openai-a', 100],
      ['openai-b', 200],
      ['claude', 400],
    ].map(([virtual_key, cost], index) =>
      requestRow({ id: uuid(0x900 + index), virtual_key: String(virtual_key), cost: Number(cost) }),
    );
    await start({ state: oneOfEach({ providers, requestLogs }) });
    const found = await read();
    expect(['openai-a', 'openai-b', 'claude'].map((name) => find(found, 'provider-limits', name).used)).toEqual([
      100, 200, 400,
    ]);
    expect(find(found, 'integration-limits', 'openai-prod').used).toBe(300);
    expect(find(found, 'workspace-limits').used).toBe(700);
    // 300 cents in 7 days.
    expect(find(found, 'integration-limits').pace_per_day).toBe(43);
  });

  it('the pace of a key of three days ago is that of three days', async () => {
    const usage_limits = limit({ current_usage: 300 });
    const apiKeys = [keyRow('app', uuid(11), teamA, { created_at: '2026-11-17T12:00:00.000Z', usage_limits })];
    const requestLogs = [requestRow({ cost: 300 }), requestRow({ id: uuid(0x901), api_key_id: uuid(12), cost: 900 })];
    await start({ state: oneOfEach({ apiKeys, requestLogs }) });
    expect(find(await read(), 'key-limits')).toMatchObject({ pace_per_day: 100, pace_basis: 'last-7-days' });
  });

  it('that of a key of this morning is a day at least: an hour is not a pace', async () => {
    const usage_limits = limit({ current_usage: 300 });
    const apiKeys = [keyRow('app', uuid(11), teamA, { created_at: '2026-11-20T08:00:00.000Z', usage_limits })];
    await start({ state: oneOfEach({ apiKeys, requestLogs: [requestRow({ cost: 300 })] }) });
    expect(find(await read(), 'key-limits').pace_per_day).toBe(300);
  });

  it('a list of keys that was cut makes no pace', async () => {
    const requestLogs = Array.from({ length: 1_001 }, (_, index) =>
      requestRow({ id: uuid(0x5000 + index), api_key_id: uuid(0x6000 + index), cost: 1 }),
    );
    await start({ state: oneOfEach({ requestLogs }) });
    const found = await read();
    expect(find(found, 'usage-policy').pace_basis).toBe('window');
    expect(found.pace_gaps).toEqual(['GET /analytics/groups/api_key: only 1000 of 1001 groups were read']);
  });

  it('a policy that the files want gone is in no file, and "*" means service keys', async () => {
    const usage_limits = limit({ current_usage: 1 });
    const apiKeys = [
      keyRow('bot', uuid(11), teamA, { usage_limits }),
      keyRow('person', uuid(12), teamA, { usage_limits, type: 'workspace-user', user_id: uuid(99) }),
    ];
    const a = workspaceFile('ws-team-a', 'policies:\n  spend: none\nkeys:\n  "*": { budget: $5, reset: monthly }\n');
    await start({ state: oneOfEach({ apiKeys }), files: { 'org.yaml': orgFile(), 'a.yaml': a } });
    const found = await read();
    expect(find(found, 'usage-policy').declared).toBe(false);
    expect(['bot', 'person'].map((name) => find(found, 'key-limits', name).declared)).toEqual([true, false]);
  });

  it('says what is in no file, where there are files', async () => {
    const policies = 'policies:\n  spend: { budget: $90, reset: monthly, per: workspace_id }\n';
    const files = {
      'org.yaml': orgFile(),
      'a.yaml': workspaceFile(
        'ws-team-a',
        `${policies}limits: { budget: $100, reset: monthly }\nkeys:\n  "*": { budget: $5, reset: monthly }\n`,
      ),
    };
    await start({ files });
    const declared = (await read()).limits.filter((row) => row.declared === true).map(({ kind }) => kind);
    expect(declared.sort()).toEqual(['key-limits', 'usage-policy', 'workspace-limits']);
    expect((await rig.status()).stdout).toMatch(/provider openai-a[\s\S]*?in no file/);
  });

  it('keys that expire within 14 days, and no others', async () => {
    const keys = [
      ['past', '2026-11-20T11:59:59.000Z'],
      ['soon', '2026-11-20T12:00:01.000Z'],
      ['last', '2026-12-04T12:00:00.000Z'],
      ['late', '2026-12-04T12:00:01.000Z'],
    ].map(([name = '', at = ''], index) => keyRow(name, uuid(40 + index), teamA, { expires_at: at }));
    await start({ state: oneOfEach({ apiKeys: [keyRow('never', uuid(50), teamA), ...keys] }) });
    expect((await read()).expiring.map(({ name }) => name)).toEqual(['soon', 'last']);
    const { stdout } = await rig.status();
    expect(stdout).toMatch(
      /\nExpiring within 14 days\n {2}key soon \(ws-team-a\): expires today, Fri 2026-11-20\n {2}key last/,
    );
  });
});

describe('what cannot be read', () => {
  const without = (...scopes: readonly string[]): RigOptions => ({
    acceptKeys: [
      {
        key: adminKey,
        kind: 'organisation-service',
        scopes: [
          'workspaces.list',
          'policies.list',
          'policies.read',
          'workspace_service_api_keys.list',
          'providers.list',
          'organisation_integrations.list',
          'organisation_integrations.read',
          'analytics.view',
        ].filter((scope) => !scopes.includes(scope)),
      },
    ],
  });

  it.each<[scope: string, gap: string, ...others: string[]]>([
    ['policies.list', 'usage-policy', 'rate-policy'],
    ['workspace_service_api_keys.list', 'key-limits'],
    ['providers.list', 'provider-limits'],
    ['organisation_integrations.list', 'integration-limits'],
    ['organisation_integrations.read', 'integration-limits'],
  ])('%s: a gap with its reason, and the rest', async (scope, ...kinds) => {
    await start(without(scope));
    const found = await read({ since: 7 });
    expect(new Set(found.gaps.map((gap) => gap.kind))).toEqual(new Set(kinds));
    for (const { why } of found.gaps) expect(why).toMatch(/^GET \/\S+ answered 403 AB03$/);
    // The first refusal speaks for both workspaces.
    const refused = rig.emulator.requests.recent.filter(({ status }) => status === 403);
    expect(refused).toHaveLength(kinds.length);
    for (const kind of kinds) expect(found.limits.map((row) => row.kind)).not.toContain(kind);
    expect(found.limits.length).toBe(4);
    expect((await rig.status()).stdout).toMatch(/\nNot readable\n {2}.* unknown: GET/);
  });

  it('counters refused: unknown, never zero', async () => {
    await start(without('policies.read'));
    const policy = find(await read(), 'usage-policy');
    expect(policy).toMatchObject({
      state: 'unknown',
      used: null,
      percent: null,
      source: null,
      as_of: null,
      run_out: null,
    });
    expect(policy.unknown_because).toMatch(/answered 403 AB03/);
    expect((await rig.status()).stdout).toMatch(/spend +\? +\? {2}\? of \$100\n.*use unknown: GET/);
  });

  it('analytics refused: estimates and trends unknown, exit 0, and asked for once a path', async () => {
    await start(without('analytics.view'));
    const found = await read({ since: 7 });
    for (const kind of ['workspace-limits', 'provider-limits', 'integration-limits']) {
      expect(find(found, kind)).toMatchObject({ state: 'unknown', used: null });
      expect(find(found, kind).unknown_because).toMatch(/\/analytics\/graphs\/cost answered 403 AB03/);
    }
    // The counter's own average takes the place of the pace.
    expect(find(found, 'usage-policy')).toMatchObject({ used: 4_250, pace_basis: 'window' });
    // One graph and one of each grouping, for both workspaces, all windows and all limits.
    const asked = Object.entries(rig.emulator.requests.counts).filter(([route]) => route.includes('/analytics/'));
    expect(Object.fromEntries(asked)).toEqual({
      'GET /analytics/graphs/cost': 1,
      'GET /analytics/groups/:groupBy': 3,
      'GET /analytics/groups/users': 1,
    });
    expect(found.pace_gaps).toEqual(
      ['api_key', 'provider'].map((by) => `GET /analytics/groups/${by} answered 403 AB03`),
    );
    expect(found.trends?.by.workspace).toEqual([]);
    // Nothing known is not nothing spent.
    expect((await rig.status({ since: 7 })).stdout).not.toMatch(/^ {2}none$/m);
    expect(new Set(found.trends?.gaps.map(({ by }) => by))).toEqual(
      new Set(['day', 'model', 'provider', 'user', 'workspace']),
    );
  });

  it.each([
    ['an HTML 502', { fault: { kind: 'status', status: 502, body: 'html' } }],
    ['text that is no JSON', { fault: { kind: 'malformed' } }],
  ] as const)('analytics answer %s: unknown as well', async (_name, fault) => {
    await start({ faults: [{ path: '/analytics/**', ...fault }] });
    const found = await read({ since: 7 });
    expect(find(found, 'workspace-limits')).toMatchObject({ state: 'unknown', used: null });
    expect(find(found, 'usage-policy').used).toBe(4_250);
  });

  it('no workspaces, no status: exit 6', async () => {
    await start(without('workspaces.list'));
    expect(await rig.status()).toMatchObject({ exit: 6, stdout: '' });
  });

  it('a workspace key answers for its own workspace: exit 6, no numbers of another', async () => {
    await start({ quirks: { foreignRows: true } });
    expect(await rig.status()).toMatchObject({ exit: 6, stdout: '' });
  });

  it('dollars for cents: no counter of cost is believed, and the message says what to write', async () => {
    const usagePolicies = [
      usagePolicyRow('full', uuid(101), teamA, { entities: { [`workspace_id:${teamA}`]: entity(100, 'exhausted') } }),
    ];
    const apiKeys = [keyRow('app', uuid(11), teamA, { ...long, usage_limits: limit({ current_usage: 25 }) })];
    await start({ state: oneOfEach({ usagePolicies, apiKeys }) });
    const found = await read();
    expect(found.usage_unknown).toMatch(/"full" in ws-team-a contradicts.*usage_unit: dollars/);
    for (const kind of ['usage-policy', 'key-limits']) {
      expect(find(found, kind)).toMatchObject({ used: null, percent: null, run_out: null });
    }
    expect(find(found, 'usage-policy').state).toBe('exhausted');
    // Analytics count in cents whatever the counters count in.
    expect(find(found, 'workspace-limits')).toMatchObject({ used: 4_250, source: 'estimated' });
    expect((await rig.status()).stdout).toMatch(/No counter of a cost budget can be believed/);
  });

  it('before 1.20 a counter may stay exhausted after a raise, and is not a contradiction; later it is unknown, and it alone', async () => {
    const entities = { [`workspace_id:${teamA}`]: entity(5_000, 'exhausted') };
    const usagePolicies = [usagePolicyRow('raised', uuid(101), teamA, { entities })];
    for (const [backend, isUnknown] of [
      ['1.19', false],
      ['1.20', true],
    ] as const) {
      await start({
        state: oneOfEach({ usagePolicies }),
        files: { 'org.yaml': orgFile(`gateway: { backend: "${backend}" }\n`) },
      });
      const found = await read();
      expect(found.usage_unknown).toBeNull();
      expect(find(found, 'usage-policy')).toMatchObject({ state: 'exhausted', percent: isUnknown ? null : 50 });
      expect(find(found, 'key-limits')).toMatchObject({ state: 'ok', percent: 25 });
    }
  });

  it('the unit that is written is believed', async () => {
    const usagePolicies = [
      usagePolicyRow('full', uuid(101), teamA, { entities: { [`workspace_id:${teamA}`]: entity(100, 'exhausted') } }),
    ];
    const apiKeys = [keyRow('app', uuid(11), teamA, { usage_limits: limit({ current_usage: 25 }) })];
    await start({
      state: oneOfEach({ usagePolicies, apiKeys }),
      files: { 'org.yaml': orgFile('gateway: { usage_unit: dollars }\n') },
    });
    const found = await read();
    expect(found.usage_unknown).toBeNull();
    expect(find(found, 'usage-policy')).toMatchObject({ used: 10_000, percent: 100 });
    expect(find(found, 'key-limits')).toMatchObject({ used: 2_500, percent: 25 });
  });

  it('asks a large organisation for no trends unless it is told to', async () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, index) => workspaceRow(`ws-${index}`, uuid(3_000 + index)));
    const analyticsOf = (): number =>
      Object.entries(rig.emulator.requests.counts).reduce(
        (sum, [route, count]) => sum + (route.startsWith('GET /analytics/') ? count : 0),
        0,
      );
    await start({ state: smallState({ workspaces: many(26) }) });
    const left = await rig.status({ since: undefined, format: 'json' });
    expect(JSON.parse(left.stdout).trends).toBeNull();
    expect(left.stderr).toContain(
      'Spend trends are left out for 26 workspaces; --since 30d asks for them, --workspace for fewer.\n',
    );
    expect(analyticsOf()).toBe(0);
    expect(JSON.parse((await rig.status({ since: 30, format: 'json' })).stdout).trends).not.toBeNull();
    await start({ state: smallState({ workspaces: many(25) }) });
    expect(JSON.parse((await rig.status({ since: undefined, format: 'json' })).stdout).trends).not.toBeNull();
    expect(analyticsOf()).toBe(25 * 7);
  });

  it('files with errors end it, since they say who may be named', async () => {
    await start({ files: { 'org.yaml': orgFile(), 'a.yaml': workspaceFile('ws-team-a', 'policies: 5\n') } });
    expect((await rig.status()).exit).toBe(1);
    expect(rig.emulator.requests.total).toBe(0);
  });
});

it.each([1, 4, 9, 12])('cancelled at request %i: it ends, and leaves no promise behind', async (last) => {
  let seen = 0;
  const session = testSession({
    env: { PORTKEY_API_KEY: adminKey },
    now: testNow,
  });
  await start({
    onRequest: () => {
      seen += 1;
      if (seen === last) session.cancel();
    },
  });
  const env = { ...session.env, PORTKEY_BASE_URL: rig.emulator.url };
  const options = { dir: 'nowhere', workspace: [], format: 'json', backend: 'portkey', concurrency: 4 } as const;
  const common = { ...options, quiet: true, verbose: false };
  await expect(runStatus({ ...common, since: 7 }, { ...session, env })).rejects.toThrow(CancelledError);
  expect(rig.emulator.requests.countWrites()).toBe(0);
});

describe('requests', () => {
  it('a list a workspace and kind, one read a policy, one of analytics a limit that is estimated', async () => {
    const usagePolicies = Array.from({ length: 120 }, (_, index) =>
      usagePolicyRow(`p${index}`, uuid(0x1000 + index), teamA, { entities: { [`workspace_id:${teamA}`]: entity(1) } }),
    );
    await start({ state: oneOfEach({ usagePolicies }) });
    await read();
    expect(rig.emulator.requests.counts).toEqual({
      'GET /admin/workspaces': 1,
      'GET /policies/usage-limits': 3,
      'GET /policies/rate-limits': 2,
      'GET /policies/usage-limits/:id': 120,
      // Team A, team B, and the organisation's own.
      'GET /api-keys': 3,
      'GET /providers': 2,
      'GET /integrations': 1,
      'GET /integrations/:slug/workspaces': 1,
      // The provider and the share of its integration count the same calls.
      'GET /analytics/graphs/cost': 2,
      'GET /analytics/groups/:groupBy': 2,
    });
    rig.emulator.requests.clear();
    await read({ workspace: ['ws-team-b'], since: 7 });
    expect(rig.emulator.requests.counts).toEqual({
      'GET /admin/workspaces': 1,
      'GET /policies/rate-limits': 1,
      'GET /policies/usage-limits': 1,
      'GET /api-keys': 1,
      'GET /providers': 1,
      'GET /integrations': 1,
      'GET /integrations/:slug/workspaces': 1,
      'GET /analytics/graphs/cost': 1,
      'GET /analytics/groups/:groupBy': 4,
      'GET /analytics/groups/users': 2,
    });
  });
});

describe('trends', () => {
  /** A dollar a day in both windows of 10 days; on the 13th twenty, and one failure in ten. */
  const requestLogs = Array.from({ length: 20 }, (_, index) => {
    const created_at = new Date(testNow - index * 86_400_000 - 3_600_000).toISOString();
    const base = { virtual_key: 'openai-a', metadata: { _user: 'ada' }, ai_model: index < 10 ? 'gpt-5' : 'gpt-4o' };
    const cost = index === 7 ? 2_000 : 100;
    const failed = index === 3 ? { is_success: false, response_status_code: 500, cost: 0 } : { cost };
    return requestRow({ ...base, id: uuid(0x2000 + index), created_at, ...failed });
  });

  it('change, failing rows and unusual days', async () => {
    await start({ state: oneOfEach({ requestLogs }) });
    const { trends } = await read({ since: 10 });
    const row = ({ name, cost, cost_before, change_percent, failing }: Trend) => [
      name,
      cost,
      cost_before,
      change_percent,
      failing,
    ];
    expect(trends?.by.workspace?.map(row)).toEqual([
      ['ws-team-a', 2_800, 1_000, 180, true],
      ['ws-team-b', 0, 0, null, false],
    ]);
    expect(trends?.by.model?.map(row)).toEqual([
      ['gpt-5', 2_800, 0, null, true],
      ['gpt-4o', 0, 1_000, -100, false],
    ]);
    expect(trends?.by.provider?.map(row)).toEqual([['openai-a', 2_800, 1_000, 180, true]]);
    // Users have no count of errors.
    expect(trends?.by.user?.map(row)).toEqual([['ada', 2_800, 1_000, 180, false]]);
    expect(trends?.unusual_days).toEqual([
      expect.objectContaining({ date: '2026-11-13', workspace: 'ws-team-a', cost: 2_000 }),
    ]);
    const { stdout } = await rig.status({ since: 10 });
    expect(stdout).toMatch(/gpt-5 +\$28 +new {2}10 % errors\n/);
    expect(stdout).toMatch(/ {2}Fri 2026-11-13, ws-team-a: \$20, on a usual day \$1\n/);
    expect(stdout).toMatch(/Only traffic through the gateway is counted/);
  });

  it('no request is in both windows, and a text for a number is a number', async () => {
    const edge = [testNow - 864_000_000, testNow - 864_000_001].map((at, index) =>
      requestRow({ id: uuid(0x3000 + index), created_at: new Date(at).toISOString(), metadata: { _user: 'ada' } }),
    );
    await start({ state: oneOfEach({ requestLogs: edge }) });
    const { trends } = await read({ since: 10 });
    expect(trends?.by.user).toEqual([expect.objectContaining({ name: 'ada', cost: 100, cost_before: 100 })]);
  });

  it('more than a thousand users are cut, and that is said', async () => {
    const many = Array.from({ length: 1_050 }, (_, index) =>
      requestRow({ id: uuid(0x4000 + index), metadata: { _user: `u${index}` }, cost: 1 }),
    );
    await start({ state: oneOfEach({ requestLogs: many }) });
    const { trends } = await read({ since: 7 });
    expect(trends?.by.user).toHaveLength(1_000);
    expect(trends?.gaps).toEqual([
      expect.objectContaining({ by: 'user', why: 'GET /analytics/groups/users: only 1000 of 1050 groups were read' }),
    ]);
  });
});

describe('output', () => {
  const sample = async (): Promise<void> => start({ state: sampleSeed(new Date(testNow)) });
  const wide = ({ stdout }: Ran): string[] => stdout.split('\n').filter((line) => [...line].length > 80);

  it('the sample organisation, as a terminal shows it', async () => {
    await sample();
    const ran = await rig.status({ workspace: ['ws-market-4f2a1c', 'ws-research-07c3d8'], since: 7 });
    expect(wide(ran)).toEqual([]);
    expect(ran.stdout).toMatchInlineSnapshot(`
      "Refused now: 4 of 4 counters by old-trial (ws-market-4f2a1c),
      metadata.team:vision by fortnight-quota (ws-research-07c3d8),
      metadata._user:analyst-2-model:anthropic.claude-opus-4-5 by frontier-models
      (ws-research-07c3d8), key newsletter-bot by key-ceiling (ws-market-4f2a1c).
      10 budgets: 4 exhausted, 4 at 80 % or more, 1 unknown.
      As of 2026-11-20 12:00 UTC.

      Exhausted
        old-trial                    ################ 208 %  $104.19 of $50
            ws-market-4f2a1c · per api_key · fullest of 4: key newsletter-bot ·
            $352.66 in all · resets Tue 2026-12-01 00:00 UTC (monthly) · 4 of 4 are
            refused
        fortnight-quota              ################ 108 %  2,162,700 of 2M tokens
            ws-research-07c3d8 · per metadata.team, for metadata.team nlp or vision ·
            fullest of 2: metadata.team:vision · 3,993,420 tokens in all · resets Wed
            2026-11-25 00:00 UTC (every 14 days) · 1 of 2 are refused
        frontier-models              ################ 106 %  $53.24 of $50
            ws-research-07c3d8 · per metadata._user and model, for model @anthropic/*
            or @openai/gpt-5 · fullest of 4:
            metadata._user:analyst-2-model:anthropic.claude-opus-4-5 · $143.14 in all
            · resets Tue 2026-12-01 00:00 UTC (monthly) · 1 of 4 are refused
        key-ceiling                  ################ 104 %  $104.19 of $100
            ws-market-4f2a1c · per api_key · fullest of 4: key newsletter-bot ·
            $352.66 in all · resets Tue 2026-12-01 00:00 UTC (monthly) · 1 of 4 are
            refused

      marketing · ws-market-4f2a1c
        monthly-spend                ##############..  88 %  $352.66 of $400
            shared by the workspace · resets Tue 2026-12-01 00:00 UTC (monthly) · runs
            out Mon 2026-11-23
        summer-campaign              #############...  87 %  $104.19 of $120
            per metadata.campaign, for metadata.campaign any · one counter:
            metadata.campaign:autumn · resets Tue 2026-12-01 00:00 UTC (monthly) ·
            runs out Mon 2026-11-23 at its window's average
        key campaign-writer          #############...  82 %  $65.28 of $80
            resets Tue 2026-12-01 00:00 UTC (monthly) · runs out Tue 2026-11-24

      research · ws-research-07c3d8
        grant-2231                   ##############..  92 %  $2,762.76 of $3,000
            per metadata.project, for metadata.project grant-2231 · one counter:
            metadata.project:grant-2231 · never resets · runs out Sun 2026-11-22 at
            its window's average
        workspace limits             #######.........  45 %  90,261,470 of 200M tokens
            estimated from analytics · resets Sun 2026-11-22 00:00 UTC (weekly) ·
            lasts at the present pace
        workspace limits #2          ?                   ?  ? of $1,500
            use unknown: analytics show more than the limit since its window began,
            but the limit may have been set later than that · resets Tue 2026-12-01
            00:00 UTC (monthly)

      Not readable
        frontier-models (ws-research-07c3d8): not known whether a call of 30 days
        matches this (analytics have no words for its conditions)

      Spend of 7 days to Fri 2026-11-20, against the 7 days before
      by workspace
        ws-research-07c3d8                             $743.84      -1 %
        ws-market-4f2a1c                               $126.74      -1 %
      by model
        claude-opus-4-5                                $790.61      -2 %
        gpt-4o                                          $64.33      +8 %
        gpt-5                                           $15.61      -3 %
        gpt-4o-mini                                      $0.03      +5 %
      by provider
        anthropic-prod (ws-research-07c3d8)            $719.22      -2 %
        anthropic-prod (ws-market-4f2a1c)               $71.39      -2 %
        openai-prod (ws-market-4f2a1c)                  $55.36      +1 %
        openai-prod (ws-research-07c3d8)                $24.62     +17 %
      by user
        campaign-manager                                $33.74      -4 %
        analyst-1                                       $24.59      -9 %
        writer-1                                        $24.10      +6 %
        analyst-2                                       $23.17     +15 %
        analyst-3                                       $10.95     +11 %
        student-1                                        $0.02      +8 %
        student-2                                        $0.01      -3 %
        $753.98 of $870.58 names no user

      7 alerts of policies tell nobody, as there are no channels; the others are told
      by the service.
      Rate limits have no counter that can be read, and are not shown.
      Only traffic through the gateway is counted, and models without a price cost
      nothing here.
      "
    `);
  });

  it('what is exhausted comes first, then what expires, then the rest by percent', async () => {
    await sample();
    const { stdout } = await rig.status();
    const percents = [...(stdout.split('\nmarketing ·')[0] ?? '').matchAll(/ (\d+) %/g)].map(([, digits]) =>
      Number(digits),
    );
    expect(percents.slice(2)).toEqual([...percents.slice(2)].sort((a, b) => b - a));
    expect(stdout.indexOf('\nExhausted\n')).toBeGreaterThan(-1);
    expect(stdout.indexOf('\nExhausted\n')).toBeLessThan(stdout.indexOf('\nmarketing ·'));
  });

  it('has blocks and colour only where colour is wanted', async () => {
    await sample();
    const plain = await rig.status();
    for (const sign of ['\u001b', '█', '░']) expect(plain.stdout).not.toContain(sign);
    expect(plain.stdout).toContain('##');
  });

  it('show_people: counts names no key and no user, in any format', async () => {
    const requestLogs = [requestRow({ metadata: { _user: 'lovelace' } })];
    const usagePolicies = [
      usagePolicyRow('each-user', uuid(101), teamA, {
        group_by: [{ key: 'metadata._user' }],
        entities: { 'metadata._user:lovelace': entity(10_000, 'exhausted') },
      }),
      usagePolicyRow('for-one', uuid(102), teamA, { conditions: [{ key: 'api_key', value: uuid(11) }] }),
    ];
    const apiKeys = [
      keyRow('grace-hopper', uuid(11), teamA, { usage_limits: limit({ current_usage: 9_000 }) }),
      keyRow('grace-too', uuid(12), teamA, {
        usage_limits: limit({ current_usage: 10_000 }),
        status: 'exhausted',
        expires_at: '2026-11-22T00:00:00.000Z',
      }),
    ];
    await start({
      state: oneOfEach({ requestLogs, usagePolicies, apiKeys }),
      files: { 'org.yaml': orgFile('review: { show_people: counts }\n') },
    });
    for (const format of ['text', 'markdown', 'json'] as const) {
      const { stdout, stderr } = await rig.status({ format, since: 7 });
      expect(stdout + stderr).not.toMatch(/lovelace|grace/);
      expect(stdout).not.toContain(uuid(11));
    }
    const { stdout } = await rig.status({ since: 7 });
    expect(stdout).toMatch(/API keys: 2 keys with a budget, 1 exhausted, 1 at 80 % or more, the fullest at\s+100 %/);
    expect(stdout).toMatch(/1 key or provider, the next in 2 days/);
    expect(stdout).toMatch(/1 user, \$1 in all/);
    const named = await rig.status({ dir: 'nowhere', since: 7 });
    expect(named.stdout).toMatch(/lovelace[\s\S]*grace-hopper/);
  });

  it('names from outside act on nothing', async () => {
    const evil = 'a\u001b[31m@everyone|`<script>';
    const usagePolicies = [
      usagePolicyRow(evil, uuid(101), teamA, {
        group_by: [{ key: 'metadata._user' }],
        entities: { [`metadata._user:${evil}${'x'.repeat(500)}`]: entity(1, 'active', 1), b: entity(0, 'active', 2) },
      }),
    ];
    const requestLogs = [requestRow({ metadata: { _user: evil }, ai_model: evil })];
    await start({ state: oneOfEach({ usagePolicies, requestLogs }) });
    const text = await rig.status({ since: 7 });
    expect(text.stdout).not.toContain('\u001b');
    for (const line of text.stdout.split('\n')) expect(line.length).toBeLessThan(120);
    const markdown = await rig.status({ since: 7, format: 'markdown' });
    for (const bad of ['\u001b', '<script>', '@everyone']) expect(markdown.stdout).not.toContain(bad);
    for (const line of markdown.stdout
      .split('\n')
      .filter((each) => each.includes(' of &#36;100') || / of \$100 /.test(each)))
      expect(line.split(' | ')).toHaveLength(5);
  });

  it('the same state twice, the same bytes', async () => {
    await sample();
    for (const format of ['text', 'markdown', 'json'] as const) {
      const options = { format, since: 30 };
      expect((await rig.status(options)).stdout).toBe((await rig.status(options)).stdout);
    }
  });
});
