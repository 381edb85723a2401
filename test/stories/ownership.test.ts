/** What tollgate owns: made true, taken away, never touched. */

import { afterEach, describe, expect, it } from 'vitest';
import type { UsagePolicyRow } from '../../src/emulator/store.ts';
import { keyA1, keyRow, smallState, teamA, usagePolicyRow, uuid, workspaceRow } from '../helpers/state.ts';
import { orgFile, startWorld, type World, workspaceFile } from '../helpers/world.ts';

let world: World;
afterEach(() => world.close());

const spend = (amount: string, more = ''): string =>
  `policies:\n  monthly-spend:\n    budget: ${amount}\n    reset: monthly\n    per: workspace_id\n${more}`;
const files = (body: string): Record<string, string> => ({
  'policies/org.yaml': orgFile(),
  'policies/a.yaml': workspaceFile('ws-team-a', body),
});

function activePolicies(): UsagePolicyRow[] {
  return world.emulator.store.state.usagePolicies.filter(({ status }) => status === 'active');
}

describe('policies', () => {
  it('creates what is declared, then has nothing to do', async () => {
    world = await startWorld({ state: smallState() });
    const outcomes = await world.apply(files(spend('$500')));
    expect(outcomes.map(({ status, change }) => [status, change.action])).toEqual([['applied', 'create']]);
    expect(activePolicies()).toMatchObject([{ name: 'monthly-spend', credit_limit: 500, periodic_reset: 'monthly' }]);
    const plan = await world.planOk(files(spend('$500')));
    expect(plan.changes).toEqual([]);
    expect(plan.recordLines).toEqual([]);
  });

  it('updates in place and keeps the counters', async () => {
    world = await startWorld({ state: smallState() });
    await world.apply(files(spend('$500')));
    const [before] = activePolicies();
    await world.apply(files(spend('$750')));
    expect(activePolicies()).toMatchObject([{ id: before?.id, credit_limit: 750 }]);
    // Only what differs is sent: a reset field that is present would restart the window (docs/service-notes.md#resent-reset).
    const put = world.emulator.requests.recent.find(({ method }) => method === 'PUT');
    expect(put?.body).toEqual({ credit_limit: 750 });
  });

  it('deletes exactly the policy whose entry is gone', async () => {
    world = await startWorld({ state: smallState({ usagePolicies: [usagePolicyRow('by-hand', uuid(90), teamA)] }) });
    const other = '  other:\n    budget: $5\n    reset: weekly\n    per: api_key\n';
    await world.apply(files(spend('$500', other)));
    await world.apply(files(spend('$500')));
    expect(activePolicies().map(({ name }) => name)).toEqual(['by-hand', 'monthly-spend']);
  });

  it('never deletes a live policy that Git never declared, with a record or without', async () => {
    const byHand = usagePolicyRow('by-hand', uuid(90), teamA);
    world = await startWorld({ state: smallState({ usagePolicies: [byHand] }) });
    await world.apply(files(spend('$500')));
    await world.apply(files(''));
    world.record = null;
    await world.apply(files(''));
    expect(activePolicies()).toEqual([byHand]);
  });

  it('deletes nothing without a record, and says so', async () => {
    world = await startWorld({ state: smallState() });
    await world.apply(files(spend('$500')));
    world.record = null;
    const plan = await world.planOk(files(''));
    expect(plan.changes).toEqual([]);
    expect(plan.notes.map(({ code }) => code)).toContain('no-record');
  });

  it('puts a policy back that was renamed in the dashboard, and makes no twin', async () => {
    world = await startWorld({ state: smallState() });
    await world.apply(files(spend('$500')));
    const [policy] = activePolicies();
    if (policy !== undefined) policy.name = 'Spend (renamed)';
    const plan = await world.planOk(files(spend('$500')));
    expect(plan.changes).toMatchObject([{ action: 'update', cause: 'drifted', liveId: policy?.id }]);
    await world.apply(files(spend('$500')));
    expect(activePolicies()).toMatchObject([{ id: policy?.id, name: 'monthly-spend' }]);
  });

  it('adopts a live policy of a declared name and shows its hand-made values', async () => {
    world = await startWorld({
      state: smallState({ usagePolicies: [usagePolicyRow('monthly-spend', uuid(90), teamA)] }),
    });
    await world.apply(files(''));
    const plan = await world.planOk(files(spend('$500')));
    expect(plan.recordLines.map(({ action }) => action)).toEqual(['adopt']);
    expect(plan.changes).toMatchObject([{ action: 'update', cause: 'adopted', before: { amount: 10_000 } }]);
    await world.apply(files(spend('$500')));
    expect(activePolicies()).toMatchObject([{ id: uuid(90), credit_limit: 500 }]);
  });

  it('asks for an id where two live policies have the declared name', async () => {
    world = await startWorld({
      state: smallState({
        usagePolicies: [
          usagePolicyRow('monthly-spend', uuid(90), teamA),
          usagePolicyRow('monthly-spend', uuid(91), teamA),
        ],
      }),
    });
    const { plan, diagnostics } = await world.plan(files(spend('$500')));
    expect(plan).toBeNull();
    expect(diagnostics).toMatchObject([{ code: 'ambiguous-name', severity: 'error', source: { line: 6 } }]);
    const decided = spend('$500').replace('    budget', `    id: ${uuid(91)}\n    name: monthly-spend\n    budget`);
    const chosen = await world.planOk(files(decided));
    expect(chosen.changes).toMatchObject([{ action: 'update', liveId: uuid(91) }]);
  });

  it('replaces for an immutable field: the new one first, then the old one goes', async () => {
    world = await startWorld({ state: smallState() });
    await world.apply(files(spend('$500')));
    const outcomes = await world.apply(files(spend('$500').replace('per: workspace_id', 'per: api_key')));
    expect(outcomes).toMatchObject([{ status: 'applied', change: { action: 'replace', direction: 'loosen' } }]);
    expect(activePolicies()).toMatchObject([{ name: 'monthly-spend', group_by: [{ key: 'api_key' }] }]);
    const writes = world.emulator.requests.recent.filter(({ method }) => method === 'POST' || method === 'DELETE');
    expect(writes.slice(-2).map(({ method }) => method)).toEqual(['POST', 'DELETE']);
  });

  it('finishes a replacement that was cut short, without a twin', async () => {
    world = await startWorld({ state: smallState() });
    await world.apply(files(spend('$500')));
    const old = activePolicies()[0]?.id;
    const wanted = files(spend('$500').replace('per: workspace_id', 'per: api_key'));
    expect((await world.planOk(wanted)).changes).toMatchObject([{ action: 'replace' }]);
    // The create got through, the process died before the delete.
    await world.crashAfter(wanted, 1);
    const plan = await world.planOk(wanted);
    expect(plan.changes).toMatchObject([{ action: 'delete', liveId: old, reason: 'replacement-cut-short' }]);
    await world.apply(wanted);
    expect(activePolicies()).toMatchObject([{ group_by: [{ key: 'api_key' }] }]);
    expect((await world.planOk(wanted)).changes).toEqual([]);
  });

  it('renames in place when one added policy is one removed one under another name', async () => {
    world = await startWorld({ state: smallState() });
    await world.apply(files(spend('$500')));
    const id = activePolicies()[0]?.id;
    await world.apply(files(spend('$500').replace('monthly-spend', 'team-budget')));
    expect(activePolicies()).toMatchObject([{ id, name: 'team-budget' }]);
  });

  it('forgets without touching live', async () => {
    world = await startWorld({ state: smallState() });
    await world.apply(files(spend('$500')));
    const plan = await world.planOk(files('forget: [policies/monthly-spend]\n'));
    expect(plan.changes).toEqual([]);
    expect(plan.recordLines).toMatchObject([{ action: 'forget', key: { name: 'monthly-spend' } }]);
    await world.apply(files('forget: [policies/monthly-spend]\n'));
    expect(activePolicies()).toHaveLength(1);
    expect((await world.planOk(files(''))).changes).toEqual([]);
  });
});

describe('attachment points', () => {
  it("raises a key's budget and keeps its reset, alert, rates and recipients", async () => {
    const key = keyRow('app', keyA1, teamA, {
      usage_limits: { type: 'cost', credit_limit: 80, alert_threshold: 64, periodic_reset: 'monthly' },
      rate_limits: [{ type: 'requests', unit: 'rpm', value: 10 }],
      alert_emails: ['ops@example.com'],
    });
    world = await startWorld({ state: smallState({ apiKeys: [key] }) });
    const keyFile = (amount: string): Record<string, string> =>
      files(`keys:\n  app:\n    budget: ${amount}\n    reset: monthly\n`);
    await world.apply(keyFile('$80'));
    await world.apply(keyFile('$100'));
    expect(world.emulator.store.state.apiKeys[0]).toMatchObject({
      usage_limits: { type: 'cost', credit_limit: 100, alert_threshold: 64, periodic_reset: 'monthly' },
      rate_limits: [{ type: 'requests', unit: 'rpm', value: 10 }],
      alert_emails: ['ops@example.com'],
    });
    const put = world.emulator.requests.recent.find(({ method }) => method === 'PUT');
    expect(Object.keys(put?.body as object)).toEqual(['usage_limits']);
  });

  it('lets a second budget survive that somebody added to a workspace by hand, also one of the same kind', async () => {
    const team = workspaceRow('ws-team-a', teamA);
    world = await startWorld({ state: smallState({ workspaces: [team] }) });
    const limits = (amount: string): Record<string, string> =>
      files(`limits:\n  budget: ${amount}\n  reset: monthly\n`);
    await world.apply(limits('$500'));
    const live = world.emulator.store.state.workspaces[0];
    const byHand = [
      { type: 'cost' as const, credit_limit: 50, periodic_reset: 'weekly' as const },
      { type: 'cost' as const, credit_limit: 300, periodic_reset: 'monthly' as const },
    ];
    if (live?.usage_limits) live.usage_limits = [...byHand, ...live.usage_limits];
    await world.apply(limits('$750'));
    await world.apply(limits('$800'));
    const budgets = live?.usage_limits?.map(({ credit_limit, periodic_reset }) => [credit_limit, periodic_reset]);
    expect(budgets).toHaveLength(3);
    expect(budgets).toEqual(
      expect.arrayContaining([
        [50, 'weekly'],
        [300, 'monthly'],
        [800, 'monthly'],
      ]),
    );
    await world.apply(files(''));
    expect(live?.usage_limits?.map(({ credit_limit }) => credit_limit).sort()).toEqual([300, 50]);
  });

  it('keeps the window of every N days', async () => {
    const key = keyRow('app', keyA1, teamA, {
      usage_limits: {
        type: 'cost',
        credit_limit: 80,
        periodic_reset_days: 10,
        next_usage_reset_at: '2026-11-25T00:00:00.000Z',
      },
    });
    world = await startWorld({ state: smallState({ apiKeys: [key] }) });
    const keyFile = (amount: string): Record<string, string> =>
      files(`keys:\n  app:\n    budget: ${amount}\n    reset: every 10 days\n`);
    await world.apply(keyFile('$80'));
    const [outcome] = await world.apply(keyFile('$90'));
    expect(outcome).toMatchObject({ status: 'applied', change: { notes: [] } });
    expect(world.emulator.store.state.apiKeys[0]?.usage_limits).toMatchObject({
      credit_limit: 90,
      periodic_reset_days: 10,
      next_usage_reset_at: '2026-11-25T00:00:00.000Z',
    });
  });

  it('clears with null what is no longer declared, and what is declared none', async () => {
    world = await startWorld({ state: smallState() });
    const body =
      'keys:\n  app:\n    budget: $80\n    reset: monthly\n    rate: 10 requests/minute\n    recipients: [ops@example.com]\n';
    await world.apply(files(body));
    await world.apply(files('keys:\n  app:\n    budget: $80\n    reset: monthly\n    rate: none\n'));
    expect(world.emulator.store.state.apiKeys[0]).toMatchObject({ rate_limits: [], alert_emails: null });
    const [outcome] = await world.apply(files(''));
    expect(outcome).toMatchObject({ status: 'applied', change: { action: 'delete', direction: 'loosen' } });
    expect(world.emulator.store.state.apiKeys[0]?.usage_limits).toBeNull();
    expect((await world.planOk(files(''))).changes).toEqual([]);
  });
});
