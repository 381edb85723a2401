/** What is unknown opens no door: doubt stays with its counter, and what cannot be judged objects. */

import { afterEach, describe, expect, it } from 'vitest';
import type { FaultRule } from '../../src/emulator/faults.ts';
import type { StoreState, UsageLimitRow, UsagePolicyRow } from '../../src/emulator/store.ts';
import type { LimitImpact } from '../../src/impact/document.ts';
import { digestIn, type ShownViolation, violationsOf } from '../guards/judged.ts';
import { parseOutput, type Ran, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { testNow } from '../helpers/session.ts';
import {
  integrationRow,
  keyA1,
  keyRow,
  providerRow,
  smallState,
  teamA,
  usagePolicyRow,
  uuid,
  workspaceRow,
} from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { entity, impactOf, limitOf, request, startMoved, wholeTeam } from '../impact/kit.ts';

let rig: Rig;
afterEach(() => rig.close());

const long = { created_at: '2026-01-01T00:00:00.000Z', last_updated_at: '2026-01-01T00:00:00.000Z' };
const refuse = (path: string, more: Partial<FaultRule> = {}): FaultRule => ({
  method: 'GET',
  path,
  fault: { kind: 'status', status: 403 },
  ...more,
});
const guardsOf = (ran: Ran): string[] => violationsOf(ran).map(({ guard, count }) => `${guard}=${count}`);
const violation = (ran: Ran, name: string): ShownViolation | undefined =>
  violationsOf(ran).find(({ guard }) => guard === name);

function policies(spend: number, ceiling: number, rest = ''): string {
  return workspaceFile(
    'ws-team-a',
    `policies:
  monthly-spend:
    budget: $${spend}
    reset: monthly
    per: workspace_id
  key-ceiling:
    budget: $${ceiling}
    reset: monthly
    per: api_key
${rest}`,
  );
}

const spendPolicy = (used: number, row: Partial<UsagePolicyRow> = {}): UsagePolicyRow =>
  usagePolicyRow('monthly-spend', uuid(101), teamA, {
    ...long,
    credit_limit: 400,
    entities: { [wholeTeam]: entity(used) },
    ...row,
  });
const ceilingPolicy = (used: number, row: Partial<UsagePolicyRow> = {}): UsagePolicyRow =>
  usagePolicyRow('key-ceiling', uuid(102), teamA, {
    ...long,
    credit_limit: 100,
    group_by: [{ key: 'api_key' }],
    entities: { [`api_key:${keyA1}`]: entity(used, 'active', 901) },
    ...row,
  });

describe('trust-C1: doubt about one counter is that counter’s alone', () => {
  it('a budget that was lowered below its use does not switch the guards off for another', async () => {
    const usagePolicies = [spendPolicy(35_000), ceilingPolicy(8_000)];
    rig = await startMoved({ usagePolicies }, policies(400, 100), policies(300, 100));
    const digest = digestIn(await rig.plan({ format: 'json' }));
    await succeed(rig.apply({ allow: [`blocks-now=1@${digest}`] }));
    rig.write({ 'org.yaml': orgFile(), 'a.yaml': policies(299, 60) });
    const ran = await rig.plan({ format: 'json' });
    expect([ran.exit, guardsOf(ran)]).toEqual([3, ['blocks-now=1', 'impact-unknown=1']]);
    expect(violation(ran, 'blocks-now')?.details).toEqual([expect.stringContaining('key-ceiling (ws-team-a) stops 1')]);
    expect(violation(ran, 'impact-unknown')?.details).toEqual([
      expect.stringMatching(
        /^blocks-now cannot be judged for monthly-spend \(ws-team-a\), of unknown use: the service calls/,
      ),
    ]);
    rig.emulator.requests.clear();
    expect((await rig.apply()).exit).toBe(3);
    expect(rig.emulator.requests.countWrites()).toBe(0);
    // Liftable like any other, by its own words.
    const now = digestIn(ran);
    const words = [`blocks-now=1@${now}`, `impact-unknown=1@${now}`];
    for (const word of words) expect((await rig.apply({ allow: [word] })).exit).toBe(3);
    await succeed(rig.apply({ allow: words }));
  });

  it.each([
    ['raised and not woken', entity(30_000, 'exhausted')],
    ['nearly used up, and called exhausted', entity(39_999, 'exhausted')],
  ])('a counter that is %s poisons nobody', async (_, counter) => {
    const usagePolicies = [spendPolicy(0, { entities: { [wholeTeam]: counter } }), ceilingPolicy(8_000)];
    rig = await startMoved({ usagePolicies }, policies(400, 100), policies(390, 60));
    const ran = await rig.plan({ format: 'json' });
    // Whom the service calls exhausted is stopped already: lowering the limit stops nobody new.
    expect(guardsOf(ran)).toEqual(['blocks-now=1']);
    expect((await impactOf(rig)).doubt).toBeNull();
  });

  it('one of many counters without a number leaves the others counted', async () => {
    const entities = { [`api_key:${keyA1}`]: entity(8_000), 'api_key:x': entity(Number.NaN, 'active', 902) };
    rig = await startMoved(
      { usagePolicies: [spendPolicy(0), ceilingPolicy(0, { entities })] },
      policies(400, 100),
      policies(400, 60),
    );
    const ran = await rig.plan({ format: 'json' });
    expect(guardsOf(ran)).toEqual(['blocks-now=1', 'impact-unknown=1']);
    expect(await limitOf(rig)).toMatchObject({
      use: { status: 'known', in_doubt: { count: 1 }, blocked: { count: 1 } },
      forecast: { status: 'unknown' },
      unjudged: [{ guard: 'blocks-now' }],
    });
    expect((await rig.plan()).stdout).toContain('use of 1 counter not known: ');
  });

  it.each([
    ['less than nothing', -5],
    ['null', null],
  ])('a key whose use is %s is unknown, and the list is read all the same', async (_, usage) => {
    const keys = (dollars: number) =>
      workspaceFile('ws-team-a', `keys:\n  app:\n    budget: $${dollars}\n    reset: monthly\n`);
    const usageLimits = { type: 'cost', credit_limit: 70, periodic_reset: 'monthly', current_usage: usage };
    const apiKeys = [keyRow('app', keyA1, teamA, { usage_limits: usageLimits as UsageLimitRow })];
    rig = await startMoved({ apiKeys }, keys(70), keys(60));
    expect(guardsOf(await rig.plan({ format: 'json' }))).toEqual(['impact-unknown=1']);
    rig.write({ 'org.yaml': orgFile(), 'a.yaml': keys(80) });
    expect(guardsOf(await rig.plan({ format: 'json' }))).toEqual([]);
  });
});

describe('trust-C1: what cannot be judged for a change that could trip a guard objects', () => {
  const counters = '/policies/usage-limits/*';
  interface Case {
    readonly name: string;
    readonly after: string;
    readonly refused: string;
    readonly says: readonly string[];
    readonly detail?: RegExp;
  }
  const ceiling = (rest: string) =>
    workspaceFile(
      'ws-team-a',
      `policies:\n  monthly-spend:\n    budget: $400\n    reset: monthly\n    per: workspace_id\n  key-ceiling:\n${rest}`,
    );
  const cases: readonly Case[] = [
    {
      name: 'a lowered budget could stop somebody',
      after: policies(400, 99),
      refused: counters,
      says: ['impact-unknown=1'],
      detail: /^blocks-now cannot be judged for key-ceiling \(ws-team-a\)/,
    },
    { name: 'a raised budget stops nobody', after: policies(400, 101), refused: counters, says: [] },
    {
      name: 'a policy that comes to match other requests could stop their callers',
      after: ceiling('    budget: $100\n    reset: monthly\n    per: api_key\n    match: { metadata.team: web }\n'),
      refused: counters,
      says: ['spend-up=100', 'impact-unknown=1'],
      detail: /^blocks-now cannot be judged/,
    },
    {
      name: 'a replacement could forgive something',
      after: ceiling('    budget: $100\n    reset: monthly\n    per: metadata.team\n'),
      refused: counters,
      says: ['spend-up=100', 'impact-unknown=1'],
      detail: /^counter-reset cannot be judged for key-ceiling/,
    },
    {
      name: 'a description moves no budget',
      after: ceiling('    budget: $100\n    reset: monthly\n    per: api_key\n    description: new\n'),
      refused: counters,
      says: [],
    },
    {
      name: 'a raise in a workspace whose keys cannot be read could be any raise of its spend',
      after: policies(440, 100),
      refused: '/api-keys',
      says: ['impact-unknown=1'],
      detail: /^spend-up cannot be judged for ws-team-a \(monthly-spend\)/,
    },
    {
      name: 'so could a deletion',
      after: ceiling('    budget: $100\n    reset: monthly\n    per: api_key\n').replace(
        / {2}monthly-spend:\n(?: {4}.*\n)+/,
        '',
      ),
      refused: '/api-keys',
      says: ['impact-unknown=1'],
      detail: /^spend-up cannot be judged/,
    },
    { name: 'a tightening raises nothing', after: policies(390, 100), refused: '/api-keys', says: [] },
    {
      name: 'a further limit raises nothing, and nothing has been used of it',
      after: policies(400, 100, '  third:\n    budget: $50\n    reset: monthly\n    per: workspace_id\n'),
      refused: '/api-keys',
      says: [],
    },
  ];

  it.each(cases)('$name', async ({ after, refused, says, detail }) => {
    rig = await startMoved({ usagePolicies: [spendPolicy(0), ceilingPolicy(0)] }, policies(400, 100), after);
    rig.emulator.faults.set([refuse(refused)]);
    const ran = await rig.plan({ format: 'json' });
    expect([guardsOf(ran), ran.exit]).toEqual([says, says.length === 0 ? 0 : 3]);
    if (detail !== undefined) expect(violationsOf(ran).at(-1)?.details[0]).toMatch(detail);
  });

  it('of two policies, one of which cannot be read, it names that one', async () => {
    rig = await startMoved(
      { usagePolicies: [spendPolicy(35_000), ceilingPolicy(8_000)] },
      policies(400, 100),
      policies(300, 60),
    );
    rig.emulator.faults.set([
      refuse(`/policies/usage-limits/${uuid(101)}`, { fault: { kind: 'status', status: 404 } }),
    ]);
    const ran = await rig.plan({ format: 'json' });
    expect(guardsOf(ran)).toEqual(['blocks-now=1', 'impact-unknown=1']);
    expect(violation(ran, 'impact-unknown')?.details[0]).toContain('monthly-spend (ws-team-a)');
    expect(violation(ran, 'blocks-now')?.details[0]).toContain('key-ceiling (ws-team-a)');
  });

  it('--no-impact by hand warns, of changes that move a budget', async () => {
    rig = await startMoved(
      { usagePolicies: [spendPolicy(0), ceilingPolicy(0)] },
      policies(400, 100),
      policies(390, 100),
    );
    const ran = await rig.plan({ format: 'json', impact: false });
    expect([ran.exit, violationsOf(ran)]).toMatchObject([
      0,
      [{ guard: 'impact-unknown', count: 1, severity: 'warning' }],
    ]);
    rig.write({
      'org.yaml': orgFile(),
      'a.yaml': ceiling('    budget: $100\n    reset: monthly\n    per: api_key\n    description: new\n'),
    });
    expect(violationsOf(await rig.plan({ format: 'json', impact: false }))).toEqual([]);
  });

  it('a first run is judged alike, whatever the file says of it', async () => {
    rig = await startRig({
      state: smallState({ usagePolicies: [spendPolicy(0), ceilingPolicy(0)] }),
      files: { 'org.yaml': orgFile('review:\n  guards:\n    impact_unknown: off\n'), 'a.yaml': policies(390, 100) },
    });
    rig.emulator.faults.set([refuse(counters)]);
    const ran = await rig.plan({ format: 'json' });
    expect([ran.exit, guardsOf(ran)]).toEqual([3, ['impact-unknown=1']]);
  });
});

describe('trust-C2: what rows say is read first', () => {
  const limit = (row: object): UsageLimitRow =>
    ({ type: 'cost', credit_limit: 600, periodic_reset: 'monthly', ...row }) as UsageLimitRow;
  const shapes = {
    workspace: {
      state: (row: object): Partial<StoreState> => ({
        workspaces: [workspaceRow('ws-team-a', teamA, { ...long, usage_limits: [limit(row)] })],
      }),
      file: (dollars: number) => `limits:\n  budget: $${dollars}\n  reset: monthly\n`,
    },
    provider: {
      state: (row: object): Partial<StoreState> => ({
        providers: [providerRow('openai-a', uuid(21), teamA, { ...long, status: 'active', usage_limits: limit(row) })],
      }),
      file: (dollars: number) => `providers:\n  openai-a:\n    budget: $${dollars}\n    reset: monthly\n`,
    },
    integration: {
      state: (row: object): Partial<StoreState> => ({
        integrations: [
          integrationRow('openai-prod', uuid(31), [teamA], {
            workspaces: [{ workspace_id: teamA, enabled: true, usage_limits: [limit(row)], rate_limits: null }],
          }),
        ],
      }),
      file: (dollars: number) => `integrations:\n  openai-prod:\n    budget: $${dollars}\n    reset: monthly\n`,
    },
  } as const;
  const kinds = ['workspace', 'provider', 'integration'] as const;

  async function start(kind: (typeof kinds)[number], row: object, after: number, state: Partial<StoreState> = {}) {
    const { state: stateOf, file } = shapes[kind];
    const write = (dollars: number) => workspaceFile('ws-team-a', file(dollars));
    rig = await startMoved({ ...stateOf(row), ...state }, write(600), write(after));
    rig.emulator.faults.set([{ path: '/analytics/**', fault: { kind: 'status', status: 403 } }]);
  }
  async function shown(kind: string): Promise<Record<string, unknown> | undefined> {
    const { limits } = parseOutput(await rig.status({ format: 'json' })) as { limits: Record<string, unknown>[] };
    return limits.find((one) => one.kind === `${kind}-limits`);
  }

  it.each(kinds)('the use of a %s is what its row says, analytics or not', async (kind) => {
    await start(kind, { current_usage: 55_000, status: 'active' }, 500);
    const ran = await rig.plan({ format: 'json' });
    expect([ran.exit, guardsOf(ran)]).toEqual([3, ['blocks-now=1']]);
    expect((await limitOf(rig)).use).toMatchObject({ source: 'service', total: '55000' });
    expect(await shown(kind)).toMatchObject({ state: 'ok', used: 55_000, percent: 92, source: 'reported' });
  });

  it.each(kinds)('a %s that its row calls exhausted is exhausted', async (kind) => {
    await start(kind, { current_usage: 60_000, status: 'exhausted' }, 500);
    expect((await limitOf(rig)).use).toMatchObject({ total: '60000', blocked: { count: 0 } });
    expect(await shown(kind)).toMatchObject({ state: 'exhausted', used: 60_000, percent: 100 });
    expect((await rig.plan()).stdout).not.toContain('nothing so far');
  });

  it.each(kinds)('where the row of a %s has no use and analytics are refused, nothing is known', async (kind) => {
    await start(kind, {}, 500);
    const ran = await rig.plan({ format: 'json' });
    expect([ran.exit, guardsOf(ran)]).toEqual([3, ['impact-unknown=1']]);
    expect((await limitOf(rig)).use).toMatchObject({
      status: 'unknown',
      reason: expect.stringMatching(/analytics.*403/),
    });
    expect(await shown(kind)).toMatchObject({ state: 'unknown', used: null });
  });

  it.each(kinds)('the status alone of a %s tells that lowering it stops nobody new', async (kind) => {
    await start(kind, { status: 'exhausted' }, 500);
    const ran = await rig.plan({ format: 'json' });
    expect([ran.exit, guardsOf(ran)]).toEqual([0, []]);
    expect((await limitOf(rig)).use.status).toBe('unknown');
    expect(await shown(kind)).toMatchObject({ state: 'exhausted', used: null });
  });

  it('an estimate that contradicts the row is not a number', async () => {
    await start('workspace', { status: 'active' }, 500, { requestLogs: [request(70_000, 2)] });
    rig.emulator.faults.set([]);
    expect((await limitOf(rig)).use).toMatchObject({
      status: 'unknown',
      reason: expect.stringContaining('the service calls it active'),
    });
    expect(await shown('workspace')).toMatchObject({ state: 'unknown', used: null });
  });

  it('a row without a budget that shows a use is not taken for unused', async () => {
    const providers = [
      providerRow('openai-a', uuid(21), teamA, { usage_limits: { current_usage: 55_000 } as UsageLimitRow }),
    ];
    rig = await startMoved(
      { providers },
      workspaceFile('ws-team-a'),
      workspaceFile('ws-team-a', shapes.provider.file(500)),
    );
    expect(guardsOf(await rig.plan({ format: 'json' }))).toEqual(['blocks-now=1']);
  });
});

describe('trust-C3: use counts from when the limit began', () => {
  const file = (dollars: number) => workspaceFile('ws-team-a', `limits:\n  budget: $${dollars}\n  reset: monthly\n`);

  it('a first limit late in the month starts at nothing, for status and for the next plan', async () => {
    // $850 since the 1st, all of it before there was a limit.
    rig = await startMoved(
      { workspaces: [workspaceRow('ws-team-a', teamA, long)], requestLogs: [request(85_000, 5)] },
      workspaceFile('ws-team-a'),
      file(99),
    );
    await succeed(rig.apply());
    const { limits } = parseOutput(await rig.status({ format: 'json' })) as { limits: Record<string, unknown>[] };
    expect(limits).toMatchObject([{ kind: 'workspace-limits', state: 'ok', used: 0, percent: 0, source: 'reported' }]);
    rig.write({ 'org.yaml': orgFile(), 'a.yaml': file(100) });
    const limit: LimitImpact = await limitOf(rig);
    expect(limit.use).toMatchObject({ status: 'known', total: '0' });
    expect((await rig.plan()).stdout).not.toMatch(/runs out +now/);
  });

  it('where the row does not say, a sum above the limit since the window began may be older than the limit', async () => {
    const state = (last_updated_at: string): Partial<StoreState> => ({
      workspaces: [
        workspaceRow('ws-team-a', teamA, {
          ...long,
          last_updated_at,
          usage_limits: [{ type: 'cost', credit_limit: 99, periodic_reset: 'monthly' }],
        }),
      ],
      requestLogs: [request(85_000, 5)],
    });
    const yesterday = new Date(testNow - 86_400_000).toISOString();
    for (const [updated, expected] of [
      [yesterday, { state: 'unknown', used: null }],
      [long.last_updated_at, { state: 'exhausted', used: 85_000 }],
    ] as const) {
      rig = await startMoved(state(updated), file(99), file(90));
      const { limits } = parseOutput(await rig.status({ format: 'json' })) as { limits: Record<string, unknown>[] };
      expect(limits).toMatchObject([expected]);
      const says = expected.state === 'unknown' ? ['impact-unknown=1'] : [];
      expect(guardsOf(await rig.plan({ format: 'json' }))).toEqual(says);
      if (updated === yesterday) await rig.close();
    }
  });
});
