/** Which questions traffic costs, and what becomes of answers that are refused, cut or odd. */

import { describe, expect, it } from 'vitest';
import { createReads } from '../../src/consumption/ask.ts';
import { readTraffic } from '../../src/consumption/traffic.ts';
import { ServiceError } from '../../src/errors.ts';
import type { AnalyticsQuery, Backend } from '../../src/live/backend.ts';
import { testNow } from '../helpers/session.ts';
import { teamA, teamB } from '../helpers/state.ts';

const workspaces = [
  { id: teamA, slug: 'ws-team-a' },
  { id: teamB, slug: 'ws-team-b' },
];

type Answer = (path: string, query: AnalyticsQuery) => Readonly<Record<string, unknown>>;

async function read(answer: Answer, wanted = workspaces) {
  const asked: { path: string; query: AnalyticsQuery }[] = [];
  const backend = {
    readAnalytics: async (path: string, query: AnalyticsQuery) => {
      asked.push({ path, query });
      return answer(path, query);
    },
  } as Partial<Backend> as Backend;
  return { traffic: await readTraffic(createReads(backend), { workspaces: wanted, now: testNow }), asked };
}

const rowsOf = (path: string): readonly Record<string, unknown>[] =>
  path === '/groups/model'
    ? [{ model: 'gpt-x', requests: '12', cost: 0, total_tokens: '3400', error_count: 2 }]
    : [{ api_key: 'key-1', requests: 12, cost: 0, total_tokens: 3400 }];
const listed: Answer = (path) => ({ data: rowsOf(path), total: 1 });

function refuse(status: number): never {
  throw new ServiceError(`answered ${status}`, { status, method: 'GET', path: '/analytics', maybeApplied: false });
}

describe('traffic', () => {
  it('is asked for by workspace, over 30 days, with tokens and failures', async () => {
    const { traffic, asked } = await read(listed);
    expect(asked.map(({ path, query }) => `${path} ${query.workspace_slug}`).sort()).toEqual([
      '/groups/api_key ws-team-a',
      '/groups/api_key ws-team-b',
      '/groups/model ws-team-a',
      '/groups/model ws-team-b',
    ]);
    expect(asked.find(({ path }) => path === '/groups/model')?.query).toMatchObject({
      columns: 'cost,error_count,total_tokens',
      time_of_generation_min: '2026-10-21T12:00:00.000Z',
      time_of_generation_max: '2026-11-20T12:00:00.000Z',
    });
    expect(traffic.get(teamA)).toEqual({
      models: [{ model: 'gpt-x', requests: 12, errors: 2, tokens: { n: 3400n, d: 1n }, cost: { n: 0n, d: 1n } }],
      keys: new Set(['key-1']),
    });
  });

  it.each([401, 402, 403, 500])('that is refused with %i is unknown, and not asked for again', async (status) => {
    const { traffic, asked } = await read(() => refuse(status));
    expect([...traffic.values()]).toEqual([
      { models: null, keys: null },
      { models: null, keys: null },
    ]);
    expect(asked.map(({ path }) => path).sort()).toEqual(['/groups/api_key', '/groups/model']);
  });

  it('keeps what one question answers where the other is refused', async () => {
    const { traffic } = await read((path, query) => (path === '/groups/model' ? listed(path, query) : refuse(403)));
    expect(traffic.get(teamB)).toMatchObject({ models: [{ model: 'gpt-x' }], keys: null });
  });

  it('does not take a list of keys that was cut for the whole', async () => {
    const { traffic } = await read((path) => ({ data: rowsOf(path), total: 2_000 }));
    expect(traffic.get(teamA)?.keys).toBeNull();
    expect(traffic.get(teamA)?.models).not.toBeNull();
  });

  it.each([[{ data: 'x' }], [{}], [{ data: [{ requests: 1 }] }], [{ data: [{ model: 'a', requests: 'many' }] }]])(
    'is unknown where the answer is %j',
    async (odd) => {
      const { traffic } = await read((path, query) => (path === '/groups/model' ? odd : listed(path, query)));
      expect(traffic.get(teamA)?.models).toBeNull();
    },
  );

  it('of no workspace asks nothing', async () => {
    const { traffic, asked } = await read(listed, []);
    expect([traffic.size, asked.length]).toEqual([0, 0]);
  });
});
