/** The impact block of plans against the emulator: what is said, and that what cannot be read is unknown, never zero. */

import { afterEach, describe, expect, it } from 'vitest';
import type { Impact, LimitImpact } from '../../src/impact/document.ts';
import { parseOutput, type Rig } from '../helpers/rig.ts';
import { keyA1, keyA2, keyRow, providerRow, teamA, usagePolicyRow, uuid, workspaceRow } from '../helpers/state.ts';
import { adminKey, orgFile, workspaceFile } from '../helpers/world.ts';
import { entity, impactOf, limitOf, request, spendFile, spendRow, startMoved, wholeTeam } from './kit.ts';

let rig: Rig;
afterEach(() => rig.close());

const used = (cents: number) => ({ usagePolicies: [spendRow({ [wholeTeam]: entity(cents) })] });
/** $10 a day over the last week. */
const tenADay = Array.from({ length: 7 }, (_, index) => request(1000, index + 0.5));

describe('a raise from $500 to $750 with $410 spent', () => {
  it('says so in text, within 80 columns', async () => {
    rig = await startMoved({ ...used(41_000), requestLogs: tenADay }, spendFile(500), spendFile(750));
    const { stdout } = await rig.plan({}, { columns: 80 });
    expect(stdout).toContain('as of 2026-11-20 12:00 UTC');
    expect(stdout).toContain('Committed / 30 days: $500 → $750 (+$250)');
    expect(stdout).toContain('$500 → $750 monthly (+50%)');
    // $90 left at $10 a day: nine days from the 20th, noon; $340 are not used up before the month ends.
    expect(stdout).toContain('used $410, 82% → 55% · runs out Sun 29 Nov → not at this pace');
    expect((await rig.plan({ verbose: true })).stdout).toContain('nobody by the service');
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('says so in markdown and in JSON', async () => {
    rig = await startMoved({ ...used(41_000), requestLogs: tenADay }, spendFile(500), spendFile(750));
    const { stdout } = await rig.plan({ format: 'markdown' });
    for (const text of ['$500 → **$750**', '82% → 55%', '(+$250) / 30 days', 'as of 2026-11-20 12:00 UTC']) {
      expect(stdout).toContain(text);
    }
    const impact = await impactOf(rig);
    expect(impact.workspaces).toEqual([
      {
        workspace: 'ws-team-a',
        before: { kind: 'bounded', cents: '50000', by: 'spend' },
        after: { kind: 'bounded', cents: '75000', by: 'spend' },
        delta: '25000',
        unjudged: null,
      },
    ]);
    expect(impact.changes[0]?.limits[0]).toMatchObject({
      before: { amount: '50000', per_30_days: '50000', next_reset: '2026-12-01T00:00:00.000Z' },
      delta_per_30_days: '25000',
      counter: 'kept',
      use: {
        status: 'known',
        source: 'service',
        as_of: '2026-11-20T12:00:00.000Z',
        largest: { used: '41000', percent_before: 82, percent_after: 55 },
        blocked: { count: 0 },
      },
      forecast: {
        since: '2026-11-13T12:00:00.000Z',
        as_of: '2026-11-20T12:00:00.000Z',
        before: { when: 'this-window', at: '2026-11-29T12:00:00.000Z' },
        after: { when: 'never' },
      },
      mail: { to: [], at_once: false },
    });
  });

  it('leaves the digest alone, whatever is consumed', async () => {
    rig = await startMoved(used(41_000), spendFile(500), spendFile(750));
    const digest = async (impact = true) => parseOutput(await rig.plan({ format: 'json', impact })).digest;
    const before = await digest();
    const [policy] = rig.emulator.store.state.usagePolicies;
    if (policy !== undefined) policy.entities = { [wholeTeam]: entity(49_900) };
    expect([await digest(), await digest(false)]).toEqual([before, before]);
  });

  it('--no-impact says nothing and reads nothing', async () => {
    rig = await startMoved(used(41_000), spendFile(500), spendFile(750));
    rig.emulator.requests.clear();
    const ran = await rig.plan({ impact: false });
    expect(ran.stdout).not.toContain('impact ·');
    expect(ran.stdout).toContain('impact-unknown: consumption was not read');
    expect(rig.emulator.requests.counts).toEqual({ 'GET /admin/workspaces': 1, 'GET /policies/usage-limits': 1 });
  });
});

describe('who is blocked or freed', () => {
  const perUser = (dollars: number) => spendFile(dollars, 'per: metadata._user');
  const users = {
    'metadata._user:ada': entity(45_000, 'active', 901),
    'metadata._user:bob': entity(31_000, 'active', 902),
    'metadata._user:eve': entity(30_000, 'active', 903),
    'metadata._user:joe': entity(29_999, 'active', 904),
    'metadata._user:max': entity(50_000, 'exhausted', 905),
  };
  const state = { usagePolicies: [spendRow(users, { group_by: [{ key: 'metadata._user' }] })] };

  it('a lowering below use names them, the largest first, and trips blocks-now', async () => {
    rig = await startMoved(state, perUser(500), perUser(300));
    const ran = await rig.plan();
    expect(ran.exit).toBe(3);
    const named = 'users ada ($450), bob ($310), eve ($300)';
    expect(ran.stdout).toContain(
      `Stopped at once: 3 users of ws-team-a (${named}) are refused until Tue 1 Dec by spend.`,
    );
    expect(ran.stdout).toContain(`stops ${named}`);
    expect(ran.stdout).toContain(`blocks-now: spend (ws-team-a) stops ${named}\n`);
    expect(ran.stdout).not.toContain('user:joe');
  });

  it('a raise frees those who stood at the limit', async () => {
    rig = await startMoved(state, perUser(500), perUser(501));
    const limit = await limitOf(rig);
    expect(limit.use).toMatchObject({
      blocked: { count: 0 },
      freed: { count: 1, largest: [{ name: 'metadata._user:max', used: '50000' }] },
      may_stay_blocked: false,
    });
  });

  it('on a backend before 1.20 a raise may wake nobody', async () => {
    rig = await startMoved(state, perUser(500), perUser(501), { org: 'gateway:\n  backend: "1.19"\n' });
    expect((await rig.plan()).stdout).toContain('on a backend before 1.20 maybe not before the reset');
  });

  it('keys go by their name, also where no list of keys was needed for the plan', async () => {
    const entities = { [`api_key:${keyA1}`]: entity(45_000, 'active', 901) };
    const policy = spendRow(entities, { group_by: [{ key: 'api_key' }], type: 'cost' });
    rig = await startMoved({ usagePolicies: [policy] }, spendFile(500, 'per: api_key'), spendFile(300, 'per: api_key'));
    expect((await limitOf(rig)).use).toMatchObject({ blocked: { count: 1, largest: [{ name: 'app' }] } });
  });

  it('show_people: counts, and public repositories, count people and name nobody', async () => {
    const org = 'review:\n  show_people: counts\n';
    rig = await startMoved(state, perUser(500), perUser(300), { org });
    for (const format of ['text', 'markdown', 'json'] as const) {
      const { stdout } = await rig.plan({ format });
      for (const name of ['ada', 'bob', 'eve', 'max']) expect(stdout).not.toContain(`_user:${name}`);
    }
    expect((await rig.plan()).stdout).toContain(
      'Stopped at once: 3 users of ws-team-a are refused until Tue 1 Dec by spend.',
    );
    await rig.close();
    rig = await startMoved(state, perUser(500), perUser(300));
    expect((await rig.plan({ isPublic: true })).stdout).not.toMatch(/\bada\b/);
    expect((await rig.plan({ isPublic: false })).stdout).toContain('users ada ($450)');
  });
});

describe('a counter that starts again', () => {
  const perKey = spendFile(500, 'per: api_key');

  it('of a replacement forgives what was spent', async () => {
    rig = await startMoved(used(41_000), spendFile(500), perKey);
    expect(await limitOf(rig)).toMatchObject({ counter: 'starts-at-zero', forgiven: '41000' });
    expect((await rig.plan()).stdout).toContain('counters restart at zero: $410 used so far are forgiven');
  });

  it('runs out from zero, though the old one has run out', async () => {
    const row = spendRow({ [wholeTeam]: entity(50_000, 'exhausted') });
    rig = await startMoved({ usagePolicies: [row], requestLogs: tenADay }, spendFile(500), perKey);
    expect(await limitOf(rig)).toMatchObject({
      use: { blocked: { count: 0 }, freed: { count: 1 } },
      forecast: { before: { when: 'now' }, after: { when: 'never' } },
    });
  });

  it('of dollars that become tokens forgives dollars: two budgets, not one of mixed units', async () => {
    const tokens = spendFile(500).replace('budget: $500', 'budget: 2M tokens');
    rig = await startMoved(used(41_000), spendFile(500), tokens);
    const { changes } = await impactOf(rig);
    expect(changes[0]?.limits).toMatchObject([
      { unit: 'cost', after: null, counter: 'starts-at-zero', forgiven: '41000', use: { total: '41000' } },
      { unit: 'tokens', before: null, after: { amount: '2000000' }, counter: 'new', use: { total: '0' } },
    ]);
  });

  it('of a delete and a create over one match forgives it too', async () => {
    const renamed = perKey.replace('  spend:', '  other:').replace('api_key', 'workspace_id').replace('$500', '$900');
    rig = await startMoved(used(41_000), spendFile(500), renamed);
    const { changes } = await impactOf(rig);
    const gone = changes.find(({ id }) => id.endsWith('/spend'));
    expect(gone?.limits).toMatchObject([{ counter: 'starts-at-zero', forgiven: '41000' }]);
  });
});

describe('which limit binds', () => {
  it('a raise beneath a smaller limit decides nothing alone', async () => {
    const workspaces = [
      workspaceRow('ws-team-a', teamA, {
        usage_limits: [{ type: 'cost', credit_limit: 600, periodic_reset: 'monthly' }],
      }),
    ];
    rig = await startMoved({ ...used(0), workspaces }, spendFile(500), spendFile(750));
    expect((await limitOf(rig)).binds).toEqual({ limit: 'the workspace budget', amount: '60000', reset: 'monthly' });
    expect((await rig.plan()).stdout.replace(/\s+/g, ' ')).toContain(
      'the workspace budget ($600 monthly, resets Tue 1 Dec) is used up first: this raise buys no more than that allows',
    );
    const { workspaces: committed } = await impactOf(rig);
    expect(committed[0]).toMatchObject({
      before: { cents: '50000', by: 'spend' },
      after: { cents: '60000' },
      delta: '10000',
    });
  });

  /** $100 a week beside a policy of $400 a month over the same calls, and the pace of a day in dollars. */
  async function besideMonthly(perDay: number, monthlyUsed = 0): Promise<LimitImpact> {
    const monthly = spendRow({ [wholeTeam]: entity(monthlyUsed * 100) }, { name: 'all', credit_limit: 400 });
    const weekly = usagePolicyRow('week', uuid(102), teamA, {
      credit_limit: 90,
      periodic_reset: 'weekly',
      next_usage_reset_at: '2026-11-23T00:00:00.000Z',
      entities: { [wholeTeam]: entity(0, 'active', 901) },
    });
    const requestLogs = [1, 2, 3, 4, 5, 6].map((day) => request(Math.round((perDay * 700) / 6), day));
    const file = (dollars: number) =>
      workspaceFile(
        'ws-team-a',
        `policies:\n  week:\n    budget: $${dollars}\n    reset: weekly\n    per: workspace_id\n`,
      );
    rig = await startMoved({ usagePolicies: [monthly, weekly], requestLogs }, file(90), file(100));
    return limitOf(rig);
  }

  it.each([
    [50, 0, 'this', 'the week ends every time'],
    [5, 0, 'this', 'neither ends'],
    [14, 300, 'policy all', 'the month is nearly used up'],
  ])('mistakes-D5: at $%i a day, with $%i of the month used: %s, as %s', async (perDay, used, limit) => {
    expect((await besideMonthly(perDay, used)).binds).toMatchObject({ limit });
    const said = (await rig.plan()).stdout.replace(/\s+/g, ' ');
    expect(/decides nothing alone|this raise buys/.test(said)).toBe(limit !== 'this');
    if (limit !== 'this') expect(said).toContain('policy all ($400 monthly) is used up first at this pace');
  });

  it('mistakes-D5: says what it does not know', async () => {
    const monthly = spendRow({}, { name: 'all', credit_limit: 400 });
    const weekly = usagePolicyRow('week', uuid(102), teamA, { credit_limit: 90, periodic_reset: 'weekly' });
    const file = (dollars: number) =>
      workspaceFile(
        'ws-team-a',
        `policies:\n  week:\n    budget: $${dollars}\n    reset: weekly\n    per: workspace_id\n`,
      );
    const quirks = { missingScope: 'analytics.view' } as const;
    rig = await startMoved({ usagePolicies: [monthly, weekly] }, file(90), file(100), { quirks });
    expect((await limitOf(rig)).binds).toMatchObject({ limit: 'unknown', amount: '10000', reset: 'weekly' });
    expect((await rig.plan()).stdout.replace(/\s+/g, ' ')).toContain(
      'which limit binds is not known: whether policy all ($400 monthly) is used up before it:',
    );
  });

  it('is the limit itself where it is the least', async () => {
    rig = await startMoved(used(0), spendFile(500), spendFile(750));
    expect((await limitOf(rig)).binds).toMatchObject({ limit: 'this' });
  });
});

describe('limits on keys, workspaces and providers', () => {
  const keys = (dollars: number) =>
    workspaceFile(
      'ws-team-a',
      `keys:\n  app:\n    budget: $${dollars}\n    reset: weekly\n    alert: 80%\n    recipients: [ops@example.com]\n`,
    );
  const app = (limit: object) => ({
    apiKeys: [
      keyRow('app', keyA1, teamA, {
        usage_limits: { type: 'cost', credit_limit: 70, alert_threshold: 56, periodic_reset: 'weekly', ...limit },
        alert_emails: ['ops@example.com'],
      }),
      keyRow('batch', keyA2, teamA),
    ],
  });

  it('a key: used by its own row, weekly as 30 days, reset on Sunday, and its recipients get mail', async () => {
    rig = await startMoved(app({ current_usage: 4000, status: 'active' }), keys(70), keys(63));
    const limit = await limitOf(rig);
    expect(limit).toMatchObject({
      before: { per_30_days: '30000', next_reset: '2026-11-22T00:00:00.000Z' },
      after: { per_30_days: '27000' },
      delta_per_30_days: '-3000',
      use: { source: 'service', total: '4000' },
      mail: { to: ['organisation owners and admins', "the key's owner", 'ops@example.com'], at_once: false },
    });
    expect((await rig.plan({ verbose: true })).stdout).toContain(
      '$70 → $63 weekly, -$30 / 30 days by this limit alone ($300 → $270 per 30 days)',
    );
  });

  it('a key whose row shows no use, here or by id: unknown, not zero', async () => {
    rig = await startMoved(app({}), keys(70), keys(63));
    expect((await limitOf(rig)).use).toEqual({ status: 'unknown', reason: 'the service shows no use of this key' });
    expect((await rig.plan()).stdout).toContain('use not known: the service shows no use of this key');
  });

  it('a workspace: estimated from analytics since the window began, and said so', async () => {
    const workspaces = [
      workspaceRow('ws-team-a', teamA, {
        created_at: '2026-01-01T00:00:00.000Z',
        usage_limits: [{ type: 'cost', credit_limit: 600, periodic_reset: 'monthly' }],
      }),
    ];
    const requestLogs = [request(20_000, 19), request(12_345, 3), request(99_999, 25)];
    const limits = (dollars: number) =>
      workspaceFile('ws-team-a', `limits:\n  budget: $${dollars}\n  reset: monthly\n`);
    rig = await startMoved({ workspaces, requestLogs }, limits(600), limits(500));
    const limit = await limitOf(rig);
    // The request of 25 days ago was last month's.
    expect(limit.use).toMatchObject({ source: 'analytics', total: '32345', blocked: { count: 0 } });
    expect((await rig.plan()).stdout).toContain('used $323.45, 54% → 65% (estimated from analytics)');
    // Analytics count in cents, whatever the counters count in.
    rig.write({ 'a.yaml': limits(500), 'org.yaml': orgFile('gateway:\n  usage_unit: dollars\n') });
    expect((await limitOf(rig)).use).toMatchObject({ total: '32345' });
    rig.write({
      ...{ 'a.yaml': limits(323) },
      'org.yaml':
        'version: 1\nkind: org\nenvironment: production\norganisation: 7f3c1f8e-2b1d-4a57-9a44-0c7d2b6e9a10\n',
    });
    expect((await limitOf(rig)).use).toMatchObject({ blocked: { count: 1 } });
  });

  it('a provider: only its own traffic counts', async () => {
    const providers = [
      providerRow('openai-a', uuid(21), teamA, {
        usage_limits: { type: 'cost', credit_limit: 100, periodic_reset: 'monthly' },
      }),
    ];
    const requestLogs = [request(2000, 3), request(5000, 4, { virtual_key: 'other' })];
    const file = (dollars: number) =>
      workspaceFile('ws-team-a', `providers:\n  openai-a:\n    budget: $${dollars}\n    reset: monthly\n`);
    rig = await startMoved({ providers, requestLogs }, file(100), file(200));
    expect(await limitOf(rig)).toMatchObject({ use: { source: 'analytics', total: '2000' } });
    // A provider's budget bounds no workspace.
    expect(await impactOf(rig)).toMatchObject({ workspaces: [], organisation: null });
  });
});

describe('committed spend', () => {
  it('counts active keys for a policy per key: an exhausted one spends again, an expired one does not', async () => {
    const apiKeys = [
      keyRow('app', keyA1, teamA, { status: 'exhausted' }),
      keyRow('batch', keyA2, teamA, { status: 'exhausted' }),
      keyRow('old', uuid(15), teamA, { status: 'expired', expires_at: '2026-11-02T00:00:00.000Z' }),
    ];
    const policy = spendRow({}, { group_by: [{ key: 'api_key' }] });
    rig = await startMoved(
      { apiKeys, usagePolicies: [policy] },
      spendFile(500, 'per: api_key'),
      spendFile(400, 'per: api_key'),
    );
    const { workspaces, organisation } = await impactOf(rig);
    expect(workspaces).toMatchObject([{ before: { cents: '100000' }, after: { cents: '80000' }, delta: '-20000' }]);
    // The other workspace has no file: nothing of it was read but its own budgets, of which it has none.
    expect(organisation).toMatchObject({
      before: { cents: '100000', bounded: 1, unknown: 1 },
      after: { cents: '80000' },
      delta: '-20000',
    });
  });

  it('is unbounded where the last bound goes, and says so', async () => {
    rig = await startMoved(used(0), spendFile(500), spendFile(null));
    const { stdout } = await rig.plan();
    expect(stdout).toMatch(/^ws-team-a +\$500 → unbounded$/m);
    expect(stdout).toContain('Committed / 30 days: $500 → unbounded, in ws-team-a; 1 other does not change');
  });
});

describe('money', () => {
  it('is exact: tenths of a cent add up, and a week is a fraction of a month', async () => {
    const users = Object.fromEntries(
      Array.from({ length: 10 }, (_, index) => [`metadata._user:u${index}`, entity(0.1, 'active', 910 + index)]),
    );
    const policy = spendRow(users, { group_by: [{ key: 'metadata._user' }] });
    rig = await startMoved(
      { usagePolicies: [policy] },
      spendFile(500, 'per: metadata._user'),
      spendFile(500, 'per: metadata._user').replace('monthly', 'weekly'),
    );
    const limit = await limitOf(rig);
    expect(limit.use).toMatchObject({ total: '1' });
    expect(limit.after?.per_30_days).toBe('1500000/7');
    expect(limit.delta_per_30_days).toBe('1150000/7');
    expect(JSON.stringify(await impactOf(rig))).not.toMatch(
      /"(amount|cents|used|total|delta\w*|per_30_days)":"?-?\d+\.\d/,
    );
  });
});

describe('what cannot be known', () => {
  const raise = () => startMoved(used(41_000), spendFile(500), spendFile(600));

  it('a unit mistake of the service: dollars for cents makes all usage unknown', async () => {
    const entities = { [wholeTeam]: entity(510, 'exhausted') };
    rig = await startMoved({ usagePolicies: [spendRow(entities)] }, spendFile(500), spendFile(505));
    const ran = await rig.plan();
    // A raise: nobody can be stopped by it.
    expect(ran.exit).toBe(0);
    expect(ran.stdout.replace(/\s+/g, ' ')).toContain(
      'the service calls a counter of spend exhausted, but what it reports is below the limit when read as cents',
    );
    expect((await impactOf(rig)).changes[0]?.limits[0]).toMatchObject({
      use: { status: 'unknown' },
      forecast: { status: 'unknown' },
      forgiven: null,
    });
    // Said in the files, the same numbers are right.
    const org = 'gateway:\n  usage_unit: dollars\n';
    await rig.close();
    rig = await startMoved({ usagePolicies: [spendRow(entities)] }, spendFile(500), spendFile(505), { org });
    expect(await limitOf(rig)).toMatchObject({ use: { total: '51000', largest: { percent_before: 102 } } });
  });

  it('a live budget of 0 stops nobody, so that use above it is not a contradiction', async () => {
    rig = await startMoved(used(41_000), spendFile(500), spendFile(600));
    const [row] = rig.emulator.store.state.usagePolicies;
    if (row !== undefined) row.credit_limit = 0;
    expect(await limitOf(rig)).toMatchObject({
      use: { status: 'known', total: '41000', freed: { count: 0 }, blocked: { count: 0 } },
    });
  });

  it('a unit that all who can tell contradict makes every cost counter of the run unknown', async () => {
    const policies = [
      spendRow({ [wholeTeam]: entity(510, 'exhausted') }),
      { ...spendRow({ [wholeTeam]: entity(10) }), id: uuid(102), name: 'other' },
    ];
    const both = (dollars: number) =>
      spendFile(
        dollars,
        'per: workspace_id',
        `  other:\n    budget: $${dollars}\n    reset: monthly\n    per: workspace_id\n`,
      );
    rig = await startMoved({ usagePolicies: policies }, both(500), both(505));
    const { changes } = await impactOf(rig);
    expect(changes.flatMap(({ limits }) => limits.map(({ use }) => use.status))).toEqual(['unknown', 'unknown']);
  });

  const everyScope = [
    ...['workspaces.list', 'workspaces.read', 'policies.list', 'policies.read', 'policies.update'],
    ...['workspace_service_api_keys.list', 'workspace_user_api_keys.list', 'organisation_service_api_keys.list'],
  ];

  it('the analytics scope off: pace unknown with the reason, and the plan stands', async () => {
    const acceptKeys = [{ key: adminKey, kind: 'organisation-service' as const, scopes: everyScope }];
    rig = await startMoved(used(41_000), spendFile(500), spendFile(600), { acceptKeys });
    const ran = await rig.plan({ verbose: true });
    expect(ran.exit).toBe(0);
    expect(ran.stdout).toContain('run-out not known');
    expect(ran.stdout.replace(/\s+/g, ' ')).toMatch(/runs out unknown: GET \/analytics\/graphs\/cost.*403/);
    // What analytics have no part in is known all the same.
    expect(ran.stdout).toContain('$410, 82% → 68%');
  });

  it.each([
    ['analytics refused', '/analytics/**', { kind: 'status', status: 403 }, 'forecast'],
    ['analytics not there', '/analytics/**', { kind: 'status', status: 404 }, 'forecast'],
    ['analytics out of order', '/analytics/**', { kind: 'status', status: 500 }, 'forecast'],
    ['analytics that answer nonsense', '/analytics/**', { kind: 'malformed' }, 'forecast'],
    ['counters refused', '/policies/usage-limits/*', { kind: 'status', status: 403 }, 'use'],
    ['counters out of order', '/policies/usage-limits/*', { kind: 'reset', when: 'before' }, 'use'],
  ] as const)('%s: unknown, and the plan stands', async (_name, path, fault, member) => {
    rig = await raise();
    rig.emulator.faults.set([{ method: 'GET', path, fault }]);
    const ran = await rig.plan({ format: 'json' });
    expect(ran.exit).toBe(0);
    const { impact, violations } = parseOutput(ran) as unknown as { impact: Impact; violations: { guard: string }[] };
    const limit = impact.changes[0]?.limits[0];
    expect(limit?.[member]).toMatchObject({ status: 'unknown', reason: expect.stringMatching(/\w{5}/) });
    expect(limit?.use.status).toBe(member === 'use' ? 'unknown' : 'known');
    // A raise stops nobody, whatever has been used.
    expect(violations).toEqual([]);
  });

  it('keys that cannot be listed: committed spend is unknown, and the guard says so', async () => {
    rig = await raise();
    rig.emulator.faults.set([{ method: 'GET', path: '/api-keys', fault: { kind: 'status', status: 403 } }]);
    const ran = await rig.plan();
    expect(ran.exit).toBe(3);
    expect(ran.stdout).toMatch(/^ws-team-a +not known: its policies or keys could not be read/m);
    expect(ran.stdout.replace(/\s+/g, ' ')).toContain(
      'impact-unknown: spend-up cannot be judged for ws-team-a (spend): its policies or keys could not be read',
    );
  });
});
