/** Policies, keys, rates and explanations, as tools and commands tell them. */

import { describe, expect, it, onTestFinished } from 'vitest';
import type { EntityRow, StoreState, UsageLimitRow } from '../../src/emulator/store.ts';
import { type Asker, type AskerOptions, startAsker } from '../helpers/ask.ts';
import {
  integrationRow,
  keyRow,
  providerRow,
  ratePolicyRow,
  requestRow,
  smallState,
  teamA,
  teamB,
  usagePolicyRow,
  uuid,
  workspaceRow,
} from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

async function ask(options: AskerOptions = {}): Promise<Asker> {
  const asker = await startAsker({ state: smallState(), ...options });
  onTestFinished(() => asker.close());
  return asker;
}

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

const budget = (row: Partial<UsageLimitRow> = {}): UsageLimitRow => ({
  type: 'cost',
  credit_limit: 100,
  periodic_reset: 'monthly',
  last_reset_at: '2026-11-01T00:00:00.000Z',
  ...row,
});

interface Row {
  readonly id: string;
  readonly kind: string;
  readonly state: string | null;
  readonly flags: readonly string[];
  readonly slug: string | null;
  readonly applies: string;
  readonly place: string;
  readonly needs: readonly string[];
  readonly untrusted: { readonly name: string };
  readonly use: { readonly percent: number | null } | null;
}

describe('list_policies', () => {
  const byUser = usagePolicyRow('per-user', uuid(101), teamA, {
    ...long,
    credit_limit: 500,
    group_by: [{ key: 'metadata._user' }],
    entities: { 'metadata._user:ben': entity(9_500), 'metadata._user:ana': entity(41_000, 'active', 701) },
  });

  it('S0-15, S0-16: shows both counters of $500, the fullest first, as people name them', async () => {
    const asker = await ask({ state: smallState({ usagePolicies: [byUser] }) });
    expect(await asker.data('list_policies')).toMatchObject({
      policies: [
        {
          use: { limit: { usd: '$500.00' }, used: { usd: '$410.00' }, percent: 82, state: 'ok', reset: 'monthly' },
          counter_count: 2,
          counters: [
            { untrusted: { counter: 'user ana' }, percent: 82 },
            { untrusted: { counter: 'user ben' }, percent: 19 },
          ],
        },
      ],
    });
    const { stdout } = await asker.type('policies');
    expect(stdout).toContain('user ana');
    expect(stdout).toContain('82 %');
  });

  it('S0-16: ids of keys are shown as names of keys', async () => {
    const policy = usagePolicyRow('per-key', uuid(102), teamA, {
      ...long,
      group_by: [{ key: 'api_key' }],
      entities: { [`api_key:${uuid(11)}`]: entity(100) },
    });
    const asker = await ask({ state: smallState({ usagePolicies: [policy] }) });
    expect(await asker.data('list_policies')).toMatchObject({
      policies: [{ counters: [{ untrusted: { counter: 'key app' } }] }],
    });
  });

  it('S0-14: 120 policies over pages, once each', async () => {
    const usagePolicies = Array.from({ length: 120 }, (_, index) =>
      usagePolicyRow(`p${index}`, uuid(2_000 + index), teamA, long),
    );
    const asker = await ask({ state: smallState({ usagePolicies }) });
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await asker.data<{ policies: Row[]; page: { cursor: string | null; total: number } }>(
        'list_policies',
        { limit: 100, ...(cursor === undefined ? {} : { cursor }) },
      );
      seen.push(...page.policies.map(({ id }) => id));
      expect(page.page.total).toBe(120);
      cursor = page.page.cursor ?? undefined;
    } while (cursor !== undefined);
    expect([...seen].sort()).toEqual(usagePolicies.map(({ id }) => id).sort());
  });

  it('gives every counter of one policy in pages, each once', async () => {
    const entities = Object.fromEntries(
      Array.from({ length: 230 }, (_, index) => [
        `metadata._user:u${index}`,
        entity(index + 1, 'active', 3_000 + index),
      ]),
    );
    const asker = await ask({ state: smallState({ usagePolicies: [{ ...byUser, entities }] }) });
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await asker.data<{
        counters: { untrusted: { counter: string } }[];
        page: { cursor: string | null };
      }>('list_policies', {
        policy: 'per-user',
        limit: 100,
        ...(cursor === undefined ? {} : { cursor }),
      });
      seen.push(...page.counters.map(({ untrusted }) => untrusted.counter));
      cursor = page.page.cursor ?? undefined;
    } while (cursor !== undefined);
    expect(new Set(seen).size).toBe(230);
    expect(seen).toHaveLength(230);
  });

  it('S0-17: committed spend: a policy per key counts each key, and an open grouping is without bound', async () => {
    const perKey = usagePolicyRow('per-key', uuid(102), teamA, {
      ...long,
      credit_limit: 100,
      group_by: [{ key: 'api_key' }],
    });
    const open = usagePolicyRow('open', uuid(103), teamB, { ...long, group_by: [{ key: 'metadata._user' }] });
    const asker = await ask({ state: smallState({ usagePolicies: [perKey, open] }) });
    expect(await asker.data('list_policies')).toMatchObject({
      committed_30_days: { total: { usd: '$200.00' }, unbounded_workspaces: ['ws-team-b'], unknown_workspaces: [] },
    });
  });

  it('S0-18: of one workspace alone, and asks for no other', async () => {
    const others = usagePolicyRow('of-b', uuid(104), teamB, long);
    const asker = await ask({ state: smallState({ usagePolicies: [byUser, others] }) });
    const { policies } = await asker.data<{ policies: Row[] }>('list_policies', { workspace: 'ws-team-a' });
    expect(policies.map(({ untrusted }) => untrusted.name)).toEqual(['per-user']);
    expect(asker.asked.filter((path) => path.includes('/policies/') && path.includes(teamB))).toEqual([]);
  });

  it('S0-12: leaves archived policies out', async () => {
    const asker = await ask({ state: smallState({ usagePolicies: [{ ...byUser, status: 'archived' }] }) });
    expect(await asker.data('list_policies')).toMatchObject({ policies: [] });
  });

  it('S0-13, S0-14: says how each stands to Git: in sync, owed, drifted, unmanaged', async () => {
    const rows = ['same', 'moved', 'extra'].map((name, index) =>
      usagePolicyRow(name, uuid(110 + index), teamA, { ...long, credit_limit: 100 }),
    );
    const asker = await ask({ state: smallState({ usagePolicies: rows }) });
    const entry = (name: string, amount = 100): string =>
      `  ${name}:\n    budget: $${amount}\n    reset: monthly\n    per: workspace_id\n`;
    asker.write({
      'org.yaml': orgFile('review:\n  guards:\n    spend_up: off\n'),
      'a.yaml': workspaceFile('ws-team-a', `policies:\n${entry('same')}${entry('moved')}`),
    });
    const applied = await asker.type(['apply', '--yes', '--record-file', `${asker.folder}/record.json`]);
    expect(applied.stderr + applied.stdout).not.toContain('error');
    const moved = asker.emulator.store.state.usagePolicies.find(({ name }) => name === 'moved');
    if (moved !== undefined) moved.credit_limit = 900;
    asker.write({
      'a.yaml': workspaceFile('ws-team-a', `policies:\n${entry('same', 80)}${entry('moved')}${entry('new')}`),
    });
    const { policies } = await asker.data<{ policies: Row[] }>('list_policies');
    expect(Object.fromEntries(policies.map(({ untrusted, state }) => [untrusted.name, state]))).toEqual({
      same: 'owed',
      moved: 'drifted',
      extra: 'unmanaged',
      new: 'owed',
    });
    expect(asker.wire.some((line) => line.startsWith('POST'))).toBe(false);
  });

  it('says why its state is unknown, and what could not be read', async () => {
    const asker = await ask({
      state: smallState({ usagePolicies: [byUser] }),
      faults: [{ path: '/policies/rate-limits', fault: { kind: 'status', status: 403 } }],
    });
    const { notes, policies } = await asker.data<{ notes: string[]; policies: Row[] }>('list_policies');
    expect(policies).toMatchObject([{ state: null }]);
    expect(notes).toContain('State against Git is unknown: no policy files are at hand.');
    expect(notes.some((note) => note.startsWith('Not read: rate policy limits of ws-team-a'))).toBe(true);
  });
});

describe('get_virtual_keys', () => {
  const state = (): Partial<StoreState> =>
    smallState({
      apiKeys: [
        keyRow('app', uuid(11), teamA, {
          ...long,
          usage_limits: budget({ current_usage: 2_500 }),
          alert_emails: ['ops@example.com'],
        }),
        keyRow('idle', uuid(12), teamA, long),
        keyRow('soon', uuid(13), teamA, { ...long, expires_at: '2026-11-26T12:00:00.000Z', usage_limits: budget() }),
        keyRow('spent', uuid(14), teamA, {
          ...long,
          status: 'exhausted',
          usage_limits: budget({ current_usage: 10_000, status: 'exhausted' }),
        }),
      ],
      providers: [providerRow('openai-a', uuid(21), teamA, { ...long, usage_limits: budget() })],
      requestLogs: [requestRow({ cost: 300 })],
      usagePolicies: [
        usagePolicyRow('named', uuid(101), teamA, { ...long, conditions: [{ key: 'virtual_key', value: 'openai-a' }] }),
        usagePolicyRow('everything', uuid(102), teamA, { ...long, conditions: [{ key: 'virtual_key', value: '*' }] }),
        usagePolicyRow('elsewhere', uuid(103), teamA, {
          ...long,
          conditions: [{ key: 'virtual_key', value: 'other' }],
        }),
      ],
    });

  it('S0-26, S1-18: a key in both lists is shown once, as a provider, with used and remaining since the reset', async () => {
    const asker = await ask({ state: state() });
    const { keys } = await asker.data<{ keys: Row[] }>('get_virtual_keys', { workspace: 'ws-team-a' });
    expect(keys.filter(({ slug }) => slug === 'openai-a')).toMatchObject([
      {
        kind: 'provider',
        use: { limit: { usd: '$100.00' }, used: { usd: '$3.00' }, remaining: { usd: '$97.00' }, percent: 3 },
      },
    ]);
    expect(asker.wire).toContain('GET /virtual-keys');
  });

  it('S0-26: what analytics refuse is unknown, never nothing', async () => {
    const asker = await ask({
      state: state(),
      faults: [{ path: '/analytics/**', fault: { kind: 'status', status: 403 } }],
    });
    const { keys, notes } = await asker.data<{ keys: Row[]; notes: string[] }>('get_virtual_keys', {
      kind: 'provider',
    });
    expect(keys).toMatchObject([
      { use: { used: null, remaining: null, percent: null, state: 'unknown' }, requests_30_days: null },
    ]);
    expect(notes.some((note) => note.includes('403'))).toBe(true);
  });

  it('S0-27: lists the policy that names it and the one that takes any, and not the one of another', async () => {
    const asker = await ask({ state: state() });
    expect(await asker.data('get_virtual_keys', { kind: 'provider' })).toMatchObject({
      keys: [
        {
          policies: [
            { untrusted: { name: 'everything' }, applies: 'always' },
            { untrusted: { name: 'named' }, applies: 'always' },
          ],
        },
      ],
    });
  });

  it('S0-28: a key without a call in 30 days and without a limit is forgotten', async () => {
    const asker = await ask({ state: state() });
    const { keys } = await asker.data<{ keys: Row[] }>('get_virtual_keys', { only: 'forgotten' });
    expect(keys.map(({ untrusted }) => untrusted.name)).toEqual(['idle']);
  });

  it('S1-23: one that expires in six days and one that is exhausted are two findings, one that is fine is none', async () => {
    const asker = await ask({ state: state() });
    const { keys, answer } = await asker.data<{ keys: Row[]; answer: string }>('get_virtual_keys', { kind: 'api-key' });
    const flagged = Object.fromEntries(keys.map(({ untrusted, flags }) => [untrusted.name, flags]));
    expect(flagged).toEqual({ app: [], idle: ['forgotten'], soon: ['expiring'], spent: ['exhausted'] });
    expect(answer).toBe('4 keys and providers: 1 exhausted, 1 expiring, 1 forgotten.');
  });

  it('shows recipients, last call and spend of an API key, and never its secret', async () => {
    const asker = await ask({ state: state() });
    const envelope = await asker.call('get_virtual_keys', { kind: 'api-key' });
    expect(envelope).toMatchObject({
      data: {
        keys: expect.arrayContaining([
          expect.objectContaining({
            requests_30_days: 1,
            cost_30_days: { cents: 300, exact_cents: '300', usd: '$3.00' },
            last_call: '2026-11-19T12:00:00.000Z',
            untrusted: { name: 'app', recipients: 'ops@example.com' },
          }),
        ]),
      },
    });
    expect(JSON.stringify(envelope)).not.toContain('secret-of');
    expect((await asker.type('keys --only expiring')).stdout).toContain('soon');
  });
});

describe('explain_limit', () => {
  const state = (): Partial<StoreState> =>
    smallState({
      workspaces: [
        workspaceRow('ws-team-a', teamA, { ...long, usage_limits: [budget({ credit_limit: 1_000 })] }),
        workspaceRow('ws-team-b', teamB, long),
      ],
      apiKeys: [
        keyRow('app', uuid(11), teamA, {
          ...long,
          usage_limits: budget({ current_usage: 2_000 }),
          rate_limits: [{ type: 'requests', unit: 'rpm', value: 10 }],
        }),
        keyRow('batch', uuid(12), teamA, { ...long, usage_limits: budget() }),
      ],
      providers: [providerRow('openai-a', uuid(21), teamA, { ...long, usage_limits: budget() })],
      integrations: [
        integrationRow('openai-prod', uuid(31), [teamA], {
          workspaces: [{ workspace_id: teamA, enabled: true, usage_limits: [budget()], rate_limits: null }],
        }),
      ],
      usagePolicies: [
        usagePolicyRow('per-user', uuid(101), teamA, {
          ...long,
          group_by: [{ key: 'metadata._user' }],
          entities: {
            'metadata._user:ana': entity(10_000, 'exhausted'),
            'metadata._user:ben': entity(100, 'active', 702),
          },
        }),
        usagePolicyRow('of-gpt', uuid(102), teamA, { ...long, conditions: [{ key: 'model', value: '@openai/*' }] }),
        usagePolicyRow('of-claude', uuid(103), teamA, {
          ...long,
          conditions: [{ key: 'model', value: '@anthropic/*' }],
        }),
      ],
      ratePolicies: [ratePolicyRow('burst', uuid(201), teamA, long)],
    });

  const call = { workspace: 'ws-team-a', key: 'app', user: 'ana', model: '@openai/gpt-4o', provider: 'openai-a' };
  const names = ({ limits }: { limits: readonly Row[] }): string[] =>
    limits.map(({ place, untrusted }) => `${place} ${untrusted.name}`).sort();

  it('lists the limits at all five places, and leaves out what does not apply', async () => {
    const asker = await ask({ state: state() });
    const data = await asker.data<{ limits: Row[]; does_not_apply: number }>('explain_limit', call);
    expect(names(data)).toEqual([
      'integration openai-prod',
      'key app',
      'key app',
      'policy of-gpt',
      'policy per-user',
      'provider openai-a',
      'rate policy burst',
      'workspace limits',
    ]);
    expect(data.limits.every(({ applies }) => applies === 'yes')).toBe(true);
    expect(data.does_not_apply).toBe(2);
  });

  it('S0-8: says that the call is refused, by which budget, and until when', async () => {
    const asker = await ask({ state: state() });
    const { answer, limits } = await asker.data<{ answer: string; limits: Row[] }>('explain_limit', call);
    expect(limits[0]).toMatchObject({
      place: 'policy',
      refuses_now: true,
      answers: '412 until 2026-12-01T00:00:00.000Z',
      untrusted: { name: 'per-user', counter: 'user ana' },
    });
    expect(answer).toContain(
      'It is refused: a policy budget is spent, the call answers 412 until 2026-12-01T00:00:00.000Z.',
    );
    expect(await asker.data('explain_limit', { ...call, user: 'ben' })).toMatchObject({
      answer: expect.stringContaining('No budget refuses it now.'),
    });
  });

  it('of what is not given it says what would have to be known', async () => {
    const asker = await ask({ state: state() });
    const { limits, notes } = await asker.data<{ limits: Row[]; notes: string[] }>('explain_limit', {
      workspace: 'ws-team-a',
    });
    const byModel = limits.find(({ untrusted }) => untrusted.name === 'of-gpt');
    expect(byModel).toMatchObject({ applies: 'unknown', needs: ['model'], refuses_now: null });
    expect(notes).toContain('No key is given: limits of keys are left out.');
    const none = await asker.data<{ limits: Row[] }>('explain_limit', {
      workspace: 'ws-team-a',
      metadata: { team: 'x' },
    });
    expect(none.limits.some(({ untrusted }) => untrusted.name === 'per-user')).toBe(false);
  });

  it('names the nearest key, and lists those that share a name', async () => {
    const rows = state();
    const asker = await ask({
      state: { ...rows, apiKeys: [...(rows.apiKeys ?? []), keyRow('batch', uuid(15), teamA, long)] },
    });
    expect(await asker.call('explain_limit', { ...call, key: 'apq' })).toMatchObject({
      error: { code: 'not_found', message: expect.stringContaining('did you mean "app"?') },
    });
    expect(await asker.call('explain_limit', { ...call, key: 'batch' })).toMatchObject({
      error: { code: 'invalid_input', details: { candidates: [[uuid(12)], [uuid(15)]] } },
    });
  });

  it('S2-20: says of a policy and a model whether the model is priced, and by which source', async () => {
    const asker = await ask();
    const spoken = await asker.type(
      'explain --backend emulator --workspace ws-market-4f2a1c --model @openai/gpt-4o --format json monthly-spend',
    );
    expect(JSON.parse(spoken.stdout)).toMatchObject({
      ok: true,
      data: {
        model: {
          name: '@openai/gpt-4o',
          priced: 'priced',
          counts_against_money: true,
          source: expect.stringContaining('openai'),
        },
        limits: [{ untrusted: { name: 'monthly-spend' } }],
      },
    });
  });
});

describe('get_rate_limits', () => {
  it('tells peaks as the plan does, between two numbers where points are longer than windows, and the calls that were refused', async () => {
    const at = (minutes: number): string => new Date(Date.UTC(2026, 10, 19, 12, minutes)).toISOString();
    const requestLogs = [
      ...Array.from({ length: 6 }, (_, index) => requestRow({ id: uuid(4_000 + index), created_at: at(index) })),
      ...Array.from({ length: 2 }, (_, index) =>
        requestRow({ id: uuid(4_100 + index), created_at: at(30), response_status_code: 429, is_success: false }),
      ),
    ];
    const rates = [
      ratePolicyRow('daily', uuid(201), teamA, { ...long, unit: 'rpd', value: 10 }),
      ratePolicyRow('minute', uuid(202), teamA, { ...long, unit: 'rpm' }),
    ];
    const asker = await ask({ state: smallState({ requestLogs, ratePolicies: rates }) });
    const data = await asker.data<{ rates: Row[] }>('get_rate_limits', { workspace: 'ws-team-a' });
    expect(data.rates).toMatchObject([
      {
        ...{ untrusted: { name: 'daily' }, rate: '10 requests/day', refused_7_days: 2 },
        ...{ peak_7_days: 8, peak_at_least: 8, peak_at_most: 8, peak_percent: 80 },
      },
      {
        ...{ untrusted: { name: 'minute' }, refused_7_days: 2 },
        ...{ peak_7_days: null, peak_at_least: 1, peak_at_most: 8, peak_percent: null },
      },
    ]);
    const { stdout } = await asker.type('rates --workspace ws-team-a');
    expect(stdout).toMatch(/10 requests\/day +8 +80 % +2/);
    expect(stdout).toMatch(/requests\/minute +1 to 8 +– +2/);
  });

  it('tells the peak of the counter used most, of a rate per user', async () => {
    const by = (user: string, count: number) =>
      Array.from({ length: count }, (_, index) =>
        requestRow({ id: `${user}${index}`, created_at: '2026-11-19T12:00:00.000Z', metadata: { _user: user } }),
      );
    const rates = [
      ratePolicyRow('daily', uuid(201), teamA, {
        ...{ ...long, unit: 'rpd', value: 10 },
        group_by: [{ key: 'metadata._user' }],
      }),
    ];
    const asker = await ask({
      state: smallState({ requestLogs: [...by('ana', 5), ...by('ben', 2)], ratePolicies: rates }),
    });
    const data = await asker.data<{ rates: Row[] }>('get_rate_limits', { workspace: 'ws-team-a' });
    expect(data.rates).toMatchObject([{ peak_7_days: null, peak_at_least: 5, peak_at_most: 7 }]);
  });

  it('takes a refusal for unknown, never for no calls', async () => {
    const rates = [ratePolicyRow('daily', uuid(201), teamA, { ...long, unit: 'rpd', value: 10 })];
    const asker = await ask({ state: smallState({ ratePolicies: rates }) });
    asker.emulator.faults.set([{ method: 'GET', path: '/analytics/**', fault: { kind: 'status', status: 403 } }]);
    const data = await asker.data<{ rates: Row[]; notes: string[] }>('get_rate_limits', { workspace: 'ws-team-a' });
    expect(data.rates).toMatchObject([{ peak_7_days: null, peak_at_most: null, refused_7_days: null }]);
    expect(data.notes.join(' ')).toContain('answered 403');
  });
});
