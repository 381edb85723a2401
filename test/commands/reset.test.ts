/** A used-up counter freed by hand: which one, what it does to money, who is asked, and what stands in the audit log. */

import { describe, expect, it, onTestFinished } from 'vitest';
import { tools } from '../../src/tools/registry.ts';
import { type Asker, type AskerOptions, startAsker } from '../helpers/ask.ts';
import { parseOutput } from '../helpers/rig.ts';
import {
  integrationRow,
  keyRow,
  providerRow,
  smallState,
  teamA,
  teamB,
  usagePolicyRow,
  uuid,
  workspaceRow,
} from '../helpers/state.ts';

async function ask(options: AskerOptions): Promise<Asker> {
  const asker = await startAsker(options);
  onTestFinished(() => asker.close());
  return asker;
}

const spent = (dollars: number, of: number) => ({
  id: uuid(900 + dollars),
  type: 'cost' as const,
  credit_limit: of,
  alert_threshold: null,
  periodic_reset: 'monthly' as const,
  periodic_reset_days: null,
  next_usage_reset_at: '2026-12-01T00:00:00.000Z',
  last_reset_at: null,
  current_usage: dollars * 100,
  status: dollars >= of ? ('exhausted' as const) : ('active' as const),
  is_threshold_alerts_sent: false,
  is_exhausted_alerts_sent: false,
});

const counter = (id: number, dollars: number, of: number) => ({
  id: uuid(id),
  current_usage: dollars * 100,
  status: dollars >= of ? ('exhausted' as const) : ('active' as const),
  is_threshold_alerts_sent: false,
  is_exhausted_alerts_sent: false,
});

const state = smallState({
  apiKeys: [
    keyRow('app', uuid(11), teamA, { usage_limits: spent(20, 20), status: 'exhausted' }),
    keyRow('idle', uuid(12), teamA, { usage_limits: spent(5, 20) }),
    keyRow('twin', uuid(13), teamA, { usage_limits: spent(20, 20), status: 'exhausted' }),
    keyRow('twin', uuid(14), teamB, { usage_limits: spent(20, 20), status: 'exhausted' }),
  ],
  usagePolicies: [
    usagePolicyRow('people', uuid(101), teamA, {
      credit_limit: 50,
      group_by: [{ key: 'metadata._user' }],
      entities: {
        'metadata._user:ana': counter(201, 50, 50),
        'metadata._user:bo': counter(202, 60, 50),
        'metadata._user:cy': counter(203, 10, 50),
      },
    }),
  ],
});

const writesOf = ({ wire }: Asker): readonly string[] => wire.filter((line) => !line.startsWith('GET '));
const usageOf = ({ emulator }: Asker, value: string) =>
  emulator.store.state.usagePolicies[0]?.entities[`metadata._user:${value}`];

describe('reset', () => {
  it('frees a key: names the counter and what it does to money, asks, and stands in the audit log', async () => {
    const asker = await ask({ state });
    const ran = await asker.type('reset app', { isInteractive: true, answer: true });
    expect([ran.exit, ran.stderr]).toEqual([
      0,
      'key "app" of ws-team-a\n  all of it: $20 used of $20\nAfter a reset up to $20 more can be used. Until its next reset on 2026-12-01 that is on top of what was used.\nReset this counter?\n',
    ]);
    expect(ran.stdout).toMatch(/^Reset: key "app" of ws-team-a lets calls through again .* audit log/);
    const [app, idle] = asker.emulator.store.state.apiKeys;
    expect(app).toMatchObject({ status: 'active', usage_limits: { current_usage: 0, credit_limit: 20 } });
    expect(idle).toMatchObject({ usage_limits: { current_usage: 500 } });
    expect(writesOf(asker)).toEqual([`PUT /api-keys/${uuid(11)}`]);
    expect(asker.emulator.store.state.auditLogs.at(-1)).toMatchObject({
      method: 'PUT',
      uri: `/v1/api-keys/${uuid(11)}`,
      request_body: '{"reset_usage":true}',
    });
  });

  it('frees the counters of a policy that are used up, and no other', async () => {
    const asker = await ask({ state });
    const ran = await asker.type('reset people --yes');
    expect(ran.exit).toBe(0);
    expect(ran.stderr).toContain('user bo: $60 used of $50');
    expect(ran.stderr).toContain('up to $100 more');
    expect(usageOf(asker, 'ana')).toMatchObject({ current_usage: 0, status: 'active' });
    expect(usageOf(asker, 'bo')).toMatchObject({ current_usage: 0, status: 'active' });
    expect(usageOf(asker, 'cy')).toMatchObject({ current_usage: 1000 });
    expect([...writesOf(asker)].sort()).toEqual(
      [201, 202].map((id) => `PUT /policies/usage-limits/${uuid(101)}/entities/${uuid(id)}/reset`),
    );
  });

  it('frees one counter by its name, and says in JSON what it forgot', async () => {
    const asker = await ask({ state });
    const ran = await asker.type(['reset', uuid(101), '--counter', 'user ana', '--yes', '--format', 'json']);
    expect(parseOutput(ran)).toMatchObject({
      ok: true,
      limit: { kind: 'usage-policy', workspace: 'ws-team-a', id: uuid(101) },
      reset: [{ counter: 'user ana', value_key: 'metadata._user:ana', used: 5000 }],
    });
    expect(usageOf(asker, 'ana')?.current_usage).toBe(0);
    expect(usageOf(asker, 'bo')?.current_usage).toBe(6000);
  });

  it('frees a provider and the share of an integration, whose limits stay', async () => {
    const share = integrationRow('openai-prod', uuid(31), [teamA]);
    const row = share.workspaces[0];
    if (row === undefined) throw new Error('no share');
    const asker = await ask({
      state: smallState({
        providers: [providerRow('openai-a', uuid(21), teamA, { usage_limits: spent(30, 30), status: 'exhausted' })],
        integrations: [{ ...share, workspaces: [{ ...row, usage_limits: [spent(40, 40)] }] }],
      }),
    });
    expect((await asker.type('reset openai-a --yes')).exit).toBe(0);
    expect((await asker.type('reset openai-prod --kind integration --yes')).exit).toBe(0);
    const { providers, integrations } = asker.emulator.store.state;
    expect(providers[0]).toMatchObject({ status: 'active', usage_limits: { current_usage: 0, credit_limit: 30 } });
    expect(integrations[0]?.workspaces[0]).toMatchObject({
      enabled: true,
      usage_limits: [{ current_usage: 0, credit_limit: 40 }],
    });
  });

  it.each([
    ['nobody can be asked', 'reset app', {}, 'there is nobody to ask'],
    [
      'the answer is no',
      'reset app',
      { isInteractive: true, answer: false },
      'not reset: the question was not answered',
    ],
    [
      'several have the name',
      'reset twin --yes',
      {},
      `2 budgets are called "twin": key "twin" of ws-team-a, id ${uuid(13)}`,
    ],
    ['nothing has it', 'reset ap --yes', {}, 'no budget is called "ap"; did you mean "app"?'],
    ['there is no such counter', 'reset people --counter dan --yes', {}, 'has no counter "dan"'],
  ])('sends nothing where %s', async (_what, words, session, message) => {
    const asker = await ask({ state });
    const ran = await asker.type(words, session);
    expect(ran.exit).toBe(1);
    expect(ran.stderr).toContain(message);
    expect(writesOf(asker)).toEqual([]);
  });

  it('takes the one of a workspace where several have the name', async () => {
    const asker = await ask({ state });
    expect((await asker.type('reset twin --workspace ws-team-b --yes')).exit).toBe(0);
    expect(writesOf(asker)).toEqual([`PUT /api-keys/${uuid(14)}`]);
  });

  it.each(['reset idle --yes', 'reset people --counter metadata._user:cy --yes'])(
    'has nothing to do where nothing is used up: %s',
    async (words) => {
      const asker = await ask({ state });
      const ran = await asker.type(words);
      expect([ran.exit, writesOf(asker)]).toEqual([0, []]);
      expect(ran.stdout).toMatch(/^Nothing to reset: /);
    },
  );

  it('refuses the budget of a workspace, which the service cannot reset', async () => {
    const asker = await ask({
      state: smallState({
        workspaces: [workspaceRow('ws-team-a', teamA, { usage_limits: [spent(70, 70)] })],
        apiKeys: [],
      }),
    });
    const ran = await asker.type('reset ws-team-a --yes');
    expect(ran.exit).toBe(1);
    expect(ran.stderr).toContain('the service has no way to reset the counter of workspace "ws-team-a"');
    expect(writesOf(asker)).toEqual([]);
  });

  it('ends with the refusal of the service', async () => {
    const refused = await ask({
      state,
      faults: [{ method: 'PUT', path: `/api-keys/${uuid(11)}`, fault: { kind: 'status', status: 403 } }],
    });
    expect((await refused.type('reset app --yes')).exit).toBe(6);
  });

  it('never says that it is free while the service still shows it used up', async () => {
    const asker = await ask({ state, quirks: { staleReads: { reads: 50 } } });
    const ran = await asker.type('reset app --yes --format json');
    expect(ran.exit).toBe(5);
    expect(parseOutput(ran)).toMatchObject({ ok: false });
  });

  it('is no tool: an agent can reset nothing', () => {
    expect(tools.filter(({ name, twin }) => /reset/.test(`${name} ${twin}`))).toEqual([]);
  });
});
