/** What reaches the service, and what is believed to have reached it. */

import { afterEach, describe, expect, it } from 'vitest';
import { keyA1, keyRow, smallState, teamA, workspaceRow } from '../helpers/state.ts';
import { orgFile, startWorld, type World, workspaceFile } from '../helpers/world.ts';

let world: World;
afterEach(() => world.close());

const files = (body: string): Record<string, string> => ({
  'policies/org.yaml': orgFile(),
  'policies/a.yaml': workspaceFile('ws-team-a', body),
});

describe('look-alike budgets of a workspace', () => {
  const limits = files('limits:\n  budget: $800\n  reset: monthly\n');
  const budget = (credit_limit: number) => ({
    type: 'cost' as const,
    credit_limit,
    periodic_reset: 'monthly' as const,
  });
  const amounts = () => world.emulator.store.state.workspaces[0]?.usage_limits?.map((row) => row.credit_limit).sort();

  it('survive when the managed one is cleared, which is seen to have happened', async () => {
    world = await startWorld({ state: smallState({ workspaces: [workspaceRow('ws-team-a', teamA)] }) });
    await world.apply(limits);
    const [row] = world.emulator.store.state.workspaces;
    row?.usage_limits?.unshift(budget(300), budget(200));
    const [outcome] = await world.apply(files(''));
    expect(outcome).toMatchObject({ status: 'applied', detail: null });
    expect(amounts()).toEqual([200, 300]);
    expect(await world.planOk(files(''))).toMatchObject({ changes: [], recordLines: [] });
    await world.apply(files(''));
    expect(amounts()).toEqual([200, 300]);
  });

  it('all go when none at all is declared', async () => {
    const state = { usage_limits: [budget(300), budget(200)] };
    world = await startWorld({ state: smallState({ workspaces: [workspaceRow('ws-team-a', teamA, state)] }) });
    const [outcome] = await world.apply(files('limits:\n  budget: none\n'));
    expect(outcome).toMatchObject({ status: 'applied' });
    expect(amounts()).toBeUndefined();
  });
});

describe('a member that the service does not show', () => {
  const key = (value: number): Record<string, string> =>
    files(`keys:\n  app:\n    api:\n      some_member: ${value}\n    recipients: [a@example.com]\n`);
  const sent = () =>
    world.emulator.requests.recent.flatMap(({ method, body }) =>
      method === 'PUT' ? [(body as { some_member?: unknown }).some_member] : [],
    );

  it('is sent once when Git first says it, and again when Git changes it', async () => {
    const row = keyRow('app', keyA1, teamA, { alert_emails: ['a@example.com'] });
    world = await startWorld({ state: smallState({ apiKeys: [row] }) });
    await world.apply(key(1));
    expect(sent()).toEqual([1]);
    expect((await world.planOk(key(1))).changes).toEqual([]);
    await world.apply(key(2));
    expect(sent()).toEqual([1, 2]);
    expect((await world.planOk(key(2))).changes).toEqual([]);
  });

  it('is sent again by the run after one that was killed before its write', async () => {
    const row = keyRow('app', keyA1, teamA, { alert_emails: ['a@example.com'] });
    world = await startWorld({ state: smallState({ apiKeys: [row] }) });
    await world.apply(key(1));
    await world.crashAfter(key(2), 0);
    await world.apply(key(2));
    expect(sent().at(-1)).toBe(2);
  });
});

// A settled claim holds the old policy alone, and the new one is found by the entry that is gone now.
it('finishes a replacement that was killed half-way although its entry is gone from Git meanwhile', async () => {
  const spend = (per: string) => files(`policies:\n  spend:\n    budget: $5\n    reset: monthly\n    per: ${per}\n`);
  world = await startWorld({ state: smallState() });
  await world.apply(spend('workspace_id'));
  await world.crashAfter(spend('api_key'), 1);
  await world.apply(files(''));
  expect(world.emulator.store.state.usagePolicies.filter(({ status }) => status === 'active')).toEqual([]);
});

// The record moves to the new policy although the old one could not be deleted, and then nobody knows it any more.
it('keeps owing the deletion of the old policy when that is refused after a replacement was cut short', async () => {
  const spend = (per: string) => files(`policies:\n  spend:\n    budget: $5\n    reset: monthly\n    per: ${per}\n`);
  world = await startWorld({ state: smallState() });
  await world.apply(spend('workspace_id'));
  await world.crashAfter(spend('api_key'), 1);
  await world.apply(spend('api_key'), { mode: 'upsert-only' });
  await world.apply(spend('api_key'));
  expect(world.emulator.store.state.usagePolicies.filter(({ status }) => status === 'active')).toHaveLength(1);
});
