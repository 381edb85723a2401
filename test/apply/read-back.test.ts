/** What is made and cannot be read back as it was sent. */

import { afterEach, describe, expect, it } from 'vitest';
import type { ApiKeyRow } from '../../src/emulator/state.ts';
import { keyRow, smallState, teamA, uuid } from '../helpers/state.ts';
import { orgFile, startWorld, type World, workspaceFile } from '../helpers/world.ts';

const tools = `policies:
  calls:
    rate: 100 requests/minute
    per: api_key
    target: mcp_tools
`;
const budget = (per: string) => `policies:
  spend:
    budget: $500
    reset: monthly
    per: ${per}
`;
const filesOf = (body: string) => ({ 'org.yaml': orgFile(), 'a.yaml': workspaceFile('ws-team-a', body) });

let world: World;
afterEach(() => world.close());
const start = async (quirks: object = {}, apiKeys: ApiKeyRow[] = []): Promise<void> => {
  world = await startWorld({ movingClock: true, state: smallState({ apiKeys }), quirks });
};
const live = () => {
  const { usagePolicies, ratePolicies } = world.emulator.store.state;
  return [...usagePolicies, ...ratePolicies].filter(({ status }) => status === 'active');
};
const recorded = () => world.record?.workspaces.flatMap(({ entries }) => entries) ?? [];

it('what is in force is told as it was read after the write, of what was written and of nothing else', async () => {
  const limits = { usage_limits: { type: 'cost', credit_limit: 5, periodic_reset: 'monthly' } } as const;
  await start({}, [keyRow('app', uuid(11), teamA, limits)]);
  const files = filesOf(`${budget('workspace_id')}keys:\n  app:\n    budget: $9\n    reset: weekly\n`);
  const outcomes = await world.apply(files);
  expect(outcomes.map(({ change, status }) => [change.action, status])).toEqual([
    ['create', 'applied'],
    ['update', 'applied'],
  ]);
  const [policy, key] = outcomes.map(({ readBack }) => readBack);
  expect(key).toEqual({ budget: { unit: 'cost', amount: 900, reset: 'weekly' } });
  expect(policy).toMatchObject({ amount: 50_000, reset: 'monthly', per: ['workspace_id'] });
  const [gone] = await world.apply(filesOf('keys:\n  app:\n    budget: $9\n    reset: weekly\n'));
  expect([gone?.status, gone?.readBack]).toEqual(['applied', undefined]);
});

describe('mistakes-D7: on a backend that shows no target', () => {
  it('a policy for tools is made once, is not a change afterwards, and the plan says what cannot be checked', async () => {
    await start({ dropTarget: true });
    const outcomes = await world.apply(filesOf(tools));
    expect(outcomes.map(({ status }) => status)).toEqual(['applied']);
    expect(recorded()).toMatchObject([{ name: 'calls', id: live()[0]?.id }]);
    const plan = await world.planOk(filesOf(tools));
    expect(plan.changes).toEqual([]);
    expect(plan.notes.map(({ code }) => code)).toContain('target-not-shown');
    await world.apply(filesOf(tools.replace('100', '50')));
    await world.apply(filesOf(''));
    expect(live()).toEqual([]);
  });

  it('it is taken for what it was written as where there is no record, and replaced where Git changes it', async () => {
    await start({ dropTarget: true });
    await world.apply(filesOf(tools));
    world.record = null;
    expect((await world.planOk(filesOf(tools))).changes).toEqual([]);
    await world.apply(filesOf(tools));
    const [change] = await world.apply(filesOf(tools.replace('    target: mcp_tools\n', '')));
    expect([change?.change.action, change?.status]).toEqual(['replace', 'applied']);
    expect(live()).toMatchObject([{ target: 'llm' }]);
    expect((await world.planOk(filesOf(tools.replace('    target: mcp_tools\n', '')))).changes).toEqual([]);
  });

  it('a backend that shows it is believed', async () => {
    await start();
    await world.apply(filesOf(tools));
    const row = live()[0] as { target: string };
    row.target = 'llm';
    expect((await world.planOk(filesOf(tools))).changes).toMatchObject([{ action: 'replace' }]);
  });
});

describe('mistakes-D7: an id that was made is in the record although it could not be read back', () => {
  const unseen = { staleReads: { ms: 60_000, creations: true } };

  it('of a create: it is not made again, and goes when Git drops it', async () => {
    await start(unseen);
    const [outcome] = await world.apply(filesOf(budget('api_key')));
    expect(outcome).toMatchObject({ status: 'failed', detail: expect.stringContaining('not to be read') });
    expect(recorded()).toMatchObject([{ name: 'spend', id: live()[0]?.id }]);
    world.emulator.setQuirks({ staleReads: null });
    expect((await world.planOk(filesOf(budget('api_key')))).changes).toEqual([]);
    await world.apply(filesOf(''));
    expect(live()).toEqual([]);
  });

  it('of a replacement: the next run goes on from there, and nothing is left of either when Git drops it', async () => {
    for (const next of [budget('api_key'), '']) {
      await start();
      await world.apply(filesOf(budget('workspace_id')));
      world.emulator.setQuirks(unseen);
      const [outcome] = await world.apply(filesOf(budget('api_key')));
      expect(outcome?.status).toBe('failed');
      expect(live()).toHaveLength(2);
      expect(recorded()).toMatchObject([{ name: 'spend', leftovers: [expect.any(String)] }]);
      world.emulator.setQuirks({ staleReads: null });
      await world.apply(filesOf(next));
      expect(live().map(({ group_by }) => group_by)).toEqual(next === '' ? [] : [[{ key: 'api_key' }]]);
      expect((await world.planOk(filesOf(next))).changes).toEqual([]);
      if (next !== '') await world.close();
    }
  });

  it('of a replacement on first sight, and where names have to be unique', async () => {
    await start({ nameConflict409: true });
    await world.apply(filesOf(budget('workspace_id')));
    world.record = null;
    world.emulator.setQuirks(unseen);
    await world.apply(filesOf(budget('api_key')));
    expect(recorded()).toMatchObject([{ name: 'spend', leftovers: [expect.any(String)] }]);
    world.emulator.setQuirks({ staleReads: null });
    await world.apply(filesOf(budget('api_key')));
    expect(live()).toMatchObject([{ name: 'spend', group_by: [{ key: 'api_key' }], workspace_id: teamA }]);
  });
});

describe('mistakes-G4: the end of the window of a limit whose period changes', () => {
  const key = (reset: string) => `keys:\n  app:\n    budget: $9\n    reset: ${reset}\n`;

  it.each([
    [true, '2026-12-01'],
    [false, '2026-11-22'],
  ])('is said as it was read, whether the service keeps the old one: %s', async (keeps, date) => {
    await start({ changedResetKeepsDate: keeps }, [keyRow('app', uuid(31), teamA)]);
    await world.apply(filesOf(key('monthly')));
    const plan = await world.planOk(filesOf(key('weekly')));
    expect(plan.changes[0]?.notes.join()).not.toContain('next reset');
    const outcomes = await world.apply(filesOf(key('weekly')));
    expect(outcomes).toMatchObject([{ status: 'applied', detail: `its next reset reads ${date}` }]);
    expect((await world.planOk(filesOf(key('weekly')))).changes).toEqual([]);
  });
});
