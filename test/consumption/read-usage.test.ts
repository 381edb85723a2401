/** What is read of the use of budgets that a plan moves, and what is not asked again once it was refused. */

import { describe, expect, it } from 'vitest';
import { createReads } from '../../src/consumption/ask.ts';
import { mayBeginLater, useOfRow, useWithoutBudget } from '../../src/consumption/row-use.ts';
import { budgetMoves } from '../../src/plan/assess-impact.ts';
import { readUsage } from '../../src/run/read-usage.ts';
import { teamA, uuid } from '../helpers/state.ts';
import { createMemoryBackend, type Interruptions, type Rows, refusal } from '../live/memory-backend.ts';
import {
  entry,
  type Given,
  keyObject,
  liveOf,
  now,
  planOf,
  policyObject,
  recorded,
  shareObject,
  spend,
  workspaceObject,
} from '../plan/kit.ts';

const [a, k1] = [uuid(41), uuid(11)];
const week = 7 * 86_400_000;

async function usage(given: Given, interruptions: Interruptions = {}, rows: Partial<Rows> = {}) {
  const live = liveOf(given.live ?? []);
  const moves = budgetMoves(planOf({ record: recorded(), ...given }).changes, live, now);
  const backend = createMemoryBackend(rows, interruptions);
  const read = await readUsage(createReads(backend), { moves, live, now: now.getTime() });
  return { budgets: [...read.budgets.values()], lists: read.lists, calls: backend.calls };
}

const cost = (total: number) => ({ summary: { total } });
const raised = spend().replace('$500', '$750');

describe('a policy', () => {
  const counters = [{ valueKey: 'k', usage: 7, status: 'active' as const }];

  it.each<readonly [string, object]>([
    ['with a budget', {}],
    ['that shows no budget', { credit_limit: null }],
  ])('%s shows its counters', async (_, row) => {
    const { budgets } = await usage({ body: raised, live: [policyObject(a, row as never)] }, { counters });
    expect(budgets[0]?.use).toMatchObject({
      value: { source: 'service', counters: [{ valueKey: 'k', reported: 7, verdict: 'active' }] },
    });
  });

  it('that is made has none, and nobody is asked', async () => {
    const { budgets, calls } = await usage({ body: raised });
    expect(budgets[0]?.use).toMatchObject({ value: { counters: [] } });
    expect(calls.filter((call) => call.startsWith('GET counters'))).toEqual([]);
  });

  it.each<readonly [string, string, string | null]>([
    ['of the workspace', 'workspace_id', '/graphs/cost'],
    ['of each key', 'api_key', '/groups/api_key'],
    ['of each value, apart by workspace', '[workspace_id, metadata.team]', null],
  ])('has the pace %s', async (_, per, path) => {
    const body = raised.replace('workspace_id', per);
    const { budgets, calls } = await usage({ body }, { analytics: () => ({ ...cost(70), data: [], total: 0 }) });
    expect(calls.filter((call) => call.includes('analytics'))).toEqual(path === null ? [] : [`GET analytics ${path}`]);
    expect(budgets[0]?.pace).toMatchObject(path === null ? { unknown: expect.any(String) } : { value: {} });
  });

  it('has the pace of seven days, each a seventh of them', async () => {
    const ranges: unknown[] = [];
    const analytics = (_: string, query: Readonly<Record<string, unknown>>) => {
      ranges.push([query.time_of_generation_min, query.time_of_generation_max, query.workspace_slug]);
      return cost(70);
    };
    const { budgets } = await usage({ body: raised }, { analytics });
    expect(ranges).toEqual([[new Date(now.getTime() - week).toISOString(), now.toISOString(), 'ws-team-a']]);
    expect(budgets[0]?.pace).toMatchObject({ value: { single: { n: 10n, d: 1n } } });
  });
});

describe('what was refused', () => {
  const names = ['p1', 'p2', 'p3', 'p4'];
  const live = names.map((name, index) => policyObject(uuid(50 + index), { name }));
  const body = `policies:\n${names.map((name) => entry(name).replace('$500', '$750')).join('')}`;
  const asked = async (status: number | undefined) => {
    const before = (call: string): void => {
      if (call.startsWith('GET counters')) throw refusal(status, 'GET');
    };
    const { calls, budgets } = await usage({ body, live }, { before });
    expect(budgets.every(({ use }) => 'unknown' in use)).toBe(true);
    return calls.filter((call) => call.startsWith('GET counters')).length;
  };

  it.each([401, 402, 403, 500, 503, undefined])('with %s speaks for all: they are not asked', async (status) => {
    expect(await asked(status)).toBe(1);
  });

  it.each([400, 404, 409])('with %i is about the one', async (status) => {
    expect(await asked(status)).toBe(4);
  });

  it('is asked once where two want to know the same', async () => {
    const { calls } = await usage({ body, live }, { analytics: () => cost(1) });
    expect(calls.filter((call) => call.includes('analytics'))).toHaveLength(1);
  });
});

describe('a key', () => {
  const body = 'keys:\n  app:\n    budget: $20\n    reset: monthly\n';
  const money = { type: 'cost', credit_limit: 10, periodic_reset: 'monthly' };
  const used = async (limits: object | null, byId: object | null = limits) => {
    const live = [keyObject('app', k1, { usage_limits: limits })];
    const { budgets, calls } = await usage({ body, live }, {}, { keys: [{ id: k1, usage_limits: byId } as never] });
    const use = budgets[0]?.use;
    return [use !== undefined && 'value' in use ? use.value.counters : use, calls.includes(`GET key ${k1}`)];
  };

  it('without a budget before counts from zero', async () => {
    expect(await used(null)).toEqual([[], false]);
  });

  it('without one goes on from what it shows all the same', async () => {
    expect(await used({ current_usage: 4 })).toEqual([[{ valueKey: null, reported: 4, verdict: null }], false]);
  });

  it('shows its use in the list', async () => {
    expect(await used({ ...money, current_usage: 4 })).toMatchObject([[{ reported: 4 }], false]);
  });

  it('shows its use by id where the list does not', async () => {
    expect(await used(money, { ...money, current_usage: 4 })).toMatchObject([[{ reported: 4 }], true]);
    expect(await used(money, money)).toMatchObject([[{ reported: null, why: expect.any(String) }], true]);
  });
});

describe('what analytics stand for', () => {
  const limits = 'limits:\n  budget: $20\n  reset: monthly\n';
  const money = { type: 'cost', credit_limit: 10, periodic_reset: 'monthly' };
  const estimate = async (total: number, row: object) => {
    const live = [workspaceObject({ usage_limits: [money], ...row })];
    const { budgets } = await usage({ body: limits, live }, { analytics: () => cost(total) });
    const use = budgets[0]?.use;
    return use !== undefined && 'value' in use ? use.value : use;
  };

  it('is the use of a workspace whose row shows none', async () => {
    expect(await estimate(400, {})).toMatchObject({ source: 'analytics', counters: [{ reported: 400 }] });
    expect(await estimate(400, { usage_limits: [{ ...money, current_usage: 7 }] })).toMatchObject({
      source: 'service',
      counters: [{ reported: 7 }],
    });
  });

  it.each<readonly [string, number, object, number | null]>([
    ['the limit, set before the window began', 1000, { last_updated_at: '2026-10-01T00:00:00.000Z' }, 1000],
    ['the limit, which may have been set later', 1000, { last_updated_at: '2026-11-10T00:00:00.000Z' }, null],
    ['less than the limit, which may have been set later', 999, { last_updated_at: '2026-11-10T00:00:00.000Z' }, 999],
  ])('is not believed beyond what can be: %s', async (_, total, row, reported) => {
    expect(await estimate(total, row)).toMatchObject({ counters: [{ reported }] });
  });

  it('is of the providers of that integration alone', async () => {
    const body = 'integrations:\n  openai-prod:\n    budget: $20\n    reset: monthly\n';
    const providers = [
      { id: 'x', slug: 'ours', integration_id: 'openai-prod' },
      { id: 'y', slug: 'theirs', integration_id: 'other' },
    ];
    const asked: unknown[] = [];
    const analytics = (_: string, query: Readonly<Record<string, unknown>>) => {
      asked.push(query.virtual_keys);
      return cost(1);
    };
    const live = [shareObject({ usage_limits: [money] })];
    await usage({ body, live }, { analytics }, { providers });
    expect(new Set(asked)).toEqual(new Set(['ours']));
    const none = await usage({ body, live }, { analytics }, { providers: providers.slice(1) });
    expect(none.budgets[0]?.pace).toHaveProperty('unknown');
  });
});

it('lists are read of workspaces whose money moves, and no others', async () => {
  expect((await usage({ body: raised })).calls).toEqual(expect.arrayContaining([`LIST keys ${teamA}`]));
  const requests = raised.replace('$750', '100 requests');
  expect((await usage({ body: requests })).calls).not.toContain(`LIST keys ${teamA}`);
});

describe('what a row says of its use', () => {
  it.each<readonly [string, Parameters<typeof useOfRow>, string | null]>([
    ['both are active', ['key-limits', { status: 'active' }, { status: 'active' }], 'active'],
    [
      'the budget has run out, the key lags behind',
      ['key-limits', { status: 'active' }, { status: 'exhausted' }],
      'exhausted',
    ],
    [
      'the key has run out, the budget lags behind',
      ['key-limits', { status: 'exhausted' }, { status: 'active' }],
      'exhausted',
    ],
    ['a workspace is active, which says that it is not archived', ['workspace-limits', { status: 'active' }, {}], null],
    ['nothing', ['key-limits', {}, {}], null],
  ])('%s', (_, row, verdict) => {
    expect(useOfRow(...row).verdict).toBe(verdict);
  });

  it('is nothing where there is no number, and zero where there is', () => {
    expect(useOfRow('key-limits', {}, { current_usage: 0 }).reported).toBe(0);
    expect(useOfRow('key-limits', {}, {}).reported).toBeNull();
  });

  it('without a budget is what members of a limit that is none say', () => {
    expect(useWithoutBudget({ usage_limits: { current_usage: 4 } })).toBe(4);
    expect(useWithoutBudget({ usage_limits: [{ credit_limit: 5, current_usage: 4 }, { current_usage: 3 }] })).toBe(3);
    expect(useWithoutBudget({ usage_limits: null })).toBeNull();
  });

  it('may begin later where the row was written since, or does not say', () => {
    expect([
      mayBeginLater('2026-11-02T00:00:00Z', Date.UTC(2026, 10, 1)),
      mayBeginLater('2026-10-02T00:00:00Z', Date.UTC(2026, 10, 1)),
      mayBeginLater(null, 0),
    ]).toEqual([true, false, true]);
  });
});
