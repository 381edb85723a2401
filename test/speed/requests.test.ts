/** What a command costs the service: exact numbers of requests, since the cost of a plan is their number (docs/performance.md). */

import { afterEach, describe, expect, it } from 'vitest';
import { startRig, succeed } from '../helpers/rig.ts';
import {
  keyRow,
  providerRow,
  ratePolicyRow,
  smallState,
  teamA,
  teamB,
  usagePolicyRow,
  uuid,
} from '../helpers/state.ts';
import { orgFile, startWorld, type World, workspaceFile } from '../helpers/world.ts';

let world: World | undefined;

afterEach(async () => {
  await world?.close();
  world = undefined;
});

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${String(index).padStart(3, '0')}`);
}

function usageRows(count: number) {
  return names('spend', count).map((name, index) => usagePolicyRow(name, uuid(1_000 + index), teamA));
}

function budgets(entries: readonly string[], dollars = 100): string {
  const list = entries.map(
    (name) => `  ${name}:\n    budget: $${dollars}\n    reset: monthly\n    per: workspace_id\n`,
  );
  return `policies:\n${list.join('')}`;
}

function keys(entries: readonly string[], dollars = 50): string {
  return `keys:\n${entries.map((name) => `  ${name}:\n    budget: $${dollars}\n    reset: monthly\n`).join('')}`;
}

function files(rest: string): Record<string, string> {
  return { 'org.yaml': orgFile(), 'a.yaml': workspaceFile('ws-team-a', rest) };
}

async function countPlan(rest: string): Promise<Readonly<Record<string, number>>> {
  const { requests } = (world as World).emulator;
  requests.clear();
  await (world as World).planOk(files(rest));
  return { ...requests.counts };
}

async function countApply(rest: string): Promise<Readonly<Record<string, number>>> {
  const live = world as World;
  const plan = await countPlan(rest);
  live.emulator.requests.clear();
  const outcomes = await live.apply(files(rest));
  expect(outcomes.filter(({ status }) => status !== 'applied')).toEqual([]);
  const all = live.emulator.requests.counts;
  // Of an apply, what its own plan did not ask for.
  return Object.fromEntries(
    Object.entries(all)
      .map(([route, count]) => [route, count - (plan[route] ?? 0)] as const)
      .filter(([, count]) => count !== 0),
  );
}

const workspaces = 'GET /admin/workspaces';
const workspace = 'GET /admin/workspaces/:id';
const usage = '/policies/usage-limits';
const rate = '/policies/rate-limits';

describe('requests of a plan', () => {
  it('are the pages of the lists in use, however many objects are declared', async () => {
    world = await startWorld({ state: smallState({ usagePolicies: usageRows(250) }) });
    expect(await countPlan(budgets(names('spend', 250)))).toEqual({ [workspaces]: 1, [`GET ${usage}`]: 3 });
  });

  it('are as many when everything changes', async () => {
    world = await startWorld({ state: smallState({ usagePolicies: usageRows(250) }) });
    expect(await countPlan(budgets(names('spend', 250), 90))).toEqual({ [workspaces]: 1, [`GET ${usage}`]: 3 });
  });

  it('take a list per kind and workspace in use, and no other', async () => {
    const apiKeys = names('app', 120).map((name, index) => keyRow(name, uuid(2_000 + index), teamA));
    const ratePolicies = names('pace', 101).map((name, index) => ratePolicyRow(name, uuid(3_000 + index), teamA));
    world = await startWorld({ state: smallState({ usagePolicies: usageRows(100), ratePolicies, apiKeys }) });
    const rates = '  pace-000:\n    rate: 100 requests/minute\n    per: workspace_id\n';
    expect(await countPlan(`${budgets(['spend-000'])}${rates}${keys(['app-000'])}`)).toEqual({
      [workspaces]: 1,
      // 100 rows are a full page, which is never taken for the last one.
      [`GET ${usage}`]: 2,
      [`GET ${rate}`]: 2,
      'GET /api-keys': 2,
    });
  });

  it('leave kinds that nobody uses alone', async () => {
    const providers = [providerRow('openai-a', uuid(21), teamA)];
    world = await startWorld({ state: smallState({ usagePolicies: usageRows(250), providers }) });
    expect(await countPlan(keys(['app']))).toEqual({ [workspaces]: 1, 'GET /api-keys': 1 });
  });

  it('read one object by id where its row lacks a member, and only if it is declared', async () => {
    world = await startWorld({
      state: smallState({ usagePolicies: usageRows(250) }),
      quirks: { listWithoutPeriodicReset: true },
    });
    expect(await countPlan(budgets(names('spend', 2)))).toEqual({
      [workspaces]: 1,
      [`GET ${usage}`]: 3,
      [`GET ${usage}/:id`]: 2,
    });
  });

  it('are no more with a record', async () => {
    world = await startWorld({ state: smallState({ usagePolicies: usageRows(150) }) });
    const rest = budgets(names('spend', 150));
    const before = await countPlan(rest);
    await world.apply(files(rest));
    expect(await countPlan(rest)).toEqual(before);
  });

  it('tell the organisation by one more read, where no row shows it', async () => {
    world = await startWorld({ state: smallState() });
    expect(await countPlan('')).toEqual({ [workspaces]: 1, [workspace]: 1 });
  });
});

describe('requests of a plan that looks at impact', () => {
  const team = (names: readonly string[], dollars = 100) => workspaceFile('ws-team-a', budgets(names, dollars));
  const other = workspaceFile('ws-team-b', budgets(['other']));
  /** What looking at impact costs: requests of a plan with it, less those of one without. */
  async function countImpact(before: string, after: string, state: Parameters<typeof smallState>[0]) {
    const rig = await startRig({
      state: smallState(state),
      files: { 'org.yaml': orgFile(), 'a.yaml': before, 'b.yaml': other },
    });
    try {
      await succeed(rig.apply({ impact: false }));
      rig.write({ 'org.yaml': orgFile(), 'a.yaml': after, 'b.yaml': other });
      const count = async (impact: boolean) => {
        rig.emulator.requests.clear();
        expect((await rig.plan({ impact, format: 'json' })).exit).not.toBe(6);
        return { ...rig.emulator.requests.counts };
      };
      const [without, whole] = [await count(false), await count(true)];
      return Object.fromEntries(
        Object.entries(whole)
          .map(([route, number]) => [route, number - (without[route] ?? 0)] as const)
          .filter(([, number]) => number !== 0),
      );
    } finally {
      await rig.close();
    }
  }
  const policies = (count: number) => ({
    usagePolicies: [...usageRows(count), usagePolicyRow('other', uuid(900), teamB)],
  });
  const all = names('spend', 40);

  it('are none where nothing changes', async () => {
    expect(await countImpact(team(all), team(all), policies(40))).toEqual({});
  });

  it('are none where no budget moves', async () => {
    const described = team(all).replaceAll('per: workspace_id', 'per: workspace_id\n    description: agreed');
    expect(await countImpact(team(all), described, policies(40))).toEqual({});
  });

  it('are six for one policy: its counters, the pace, keys and configs of its workspace, and two for its traffic', async () => {
    const after = team(all).replace('budget: $100', 'budget: $90');
    expect(await countImpact(team(all), after, policies(40))).toEqual({
      [`GET ${usage}/:id`]: 1,
      'GET /analytics/graphs/cost': 1,
      'GET /analytics/groups/:groupBy': 2,
      'GET /api-keys': 1,
      'GET /configs': 1,
    });
  });

  it('are one more for each further policy over the same traffic', async () => {
    expect(await countImpact(team(all), team(all, 90), policies(40))).toEqual({
      [`GET ${usage}/:id`]: 40,
      'GET /analytics/graphs/cost': 1,
      'GET /analytics/groups/:groupBy': 2,
      'GET /api-keys': 1,
      'GET /configs': 1,
    });
  });

  it('stop at the first refusal, where the next would be refused too', async () => {
    const rig = await startRig({
      state: smallState(policies(40)),
      files: { 'org.yaml': orgFile(), 'a.yaml': team(all, 90), 'b.yaml': other },
      quirks: { missingScope: 'policies.read' },
    });
    await rig.plan();
    expect(rig.emulator.requests.counts[`GET ${usage}/:id`]).toBe(1);
    await rig.close();
  });
});

describe('requests of an apply, for each change', () => {
  it('update: read, write, read back', async () => {
    world = await startWorld({ state: smallState({ usagePolicies: usageRows(3) }) });
    expect(await countApply(budgets(names('spend', 3), 90))).toEqual({
      [`GET ${usage}/:id`]: 6,
      [`PUT ${usage}/:id`]: 3,
    });
  });

  it('create: look for a twin, write, read back', async () => {
    world = await startWorld({ state: smallState() });
    expect(await countApply(budgets(names('fresh', 3)))).toEqual({
      [`GET ${usage}`]: 3,
      [`POST ${usage}`]: 3,
      [`GET ${usage}/:id`]: 3,
    });
  });

  it('delete: read, write, see that it is gone from the list', async () => {
    world = await startWorld({ state: smallState({ usagePolicies: usageRows(3) }) });
    await world.apply(files(budgets(names('spend', 3))));
    expect(await countApply(budgets(names('spend', 1)))).toEqual({
      [`GET ${usage}/:id`]: 2,
      [`DELETE ${usage}/:id`]: 2,
      [`GET ${usage}`]: 2,
    });
  });

  it('limits of a key: read, write, read back', async () => {
    world = await startWorld({ state: smallState() });
    expect(await countApply(keys(['app', 'batch']))).toEqual({ 'GET /api-keys/:id': 4, 'PUT /api-keys/:id': 2 });
  });

  it('nothing, when there is nothing to change', async () => {
    world = await startWorld({ state: smallState({ usagePolicies: usageRows(3) }) });
    expect(await countApply(budgets(names('spend', 2)))).toEqual({});
  });
});

describe('a plan of many changes', () => {
  it('shares one list of what has to come first, for a whole stage of a workspace', async () => {
    world = await startWorld({ state: smallState({ usagePolicies: usageRows(40) }) });
    const lower = budgets(names('spend', 20), 90);
    const raise = budgets(names('spend', 40).slice(20), 110).replace('policies:\n', '');
    const { changes } = await world.planOk(files(`${lower}${raise}`));
    const lists = new Set(changes.map(({ dependsOn }) => dependsOn).filter((list) => list.length > 0));
    expect(lists.size).toBe(1);
    expect([...lists][0]).toHaveLength(20);
  });
});
