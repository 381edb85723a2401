/** What plans ask about the conditions of policies that they set: names that are live, and calls that met them. */

import { describe, expect, it, test } from 'vitest';
import { createReads } from '../../src/consumption/ask.ts';
import { widestFilter } from '../../src/consumption/filter-of-match.ts';
import { ServiceError } from '../../src/errors.ts';
import type { AnalyticsQuery, Backend } from '../../src/live/backend.ts';
import type { Condition, Match } from '../../src/resources/types.ts';
import { mostCounted, readConditions } from '../../src/run/read-conditions.ts';
import { teamA, uuid } from '../helpers/state.ts';
import { liveOf, now } from '../plan/kit.ts';

const only = (key: string, ...any: readonly string[]): Condition => ({ key, any, except: [] });
const anything = (key: string, ...except: readonly string[]): Condition => ({ key, any: '*', except });

type Analytics = (path: string, query: AnalyticsQuery) => Readonly<Record<string, unknown>>;
const total = (calls: number) => ({ summary: { total: calls } });
const groups = (member: string, values: Readonly<Record<string, number>>) => ({
  data: Object.entries(values).map(([value, requests]) => ({ [member]: value, requests })),
  total: Object.keys(values).length,
});

function backendOf(analytics: Analytics, rest: Partial<Backend> = {}) {
  const asked: string[] = [];
  const backend = {
    listProviders: async () => {
      asked.push('providers');
      return [{ id: uuid(21), slug: 'openai-eu', ai_provider_name: 'openai' }];
    },
    listConfigs: async () => {
      asked.push('configs');
      return [{ id: uuid(41), slug: 'pc-main-1', name: 'main', status: 'active' }];
    },
    listKeys: async () => {
      asked.push('keys');
      return [{ id: uuid(11), name: 'app' }];
    },
    readAnalytics: async (path: string, query: AnalyticsQuery) => {
      asked.push(path);
      return analytics(path, query);
    },
    ...rest,
  } as unknown as Backend;
  return { backend, asked };
}

const policyOf = (match: Match, id = 'p', countsCalls = true) => ({ id, workspaceId: teamA, match, countsCalls });
const needsOf = (policies: readonly ReturnType<typeof policyOf>[]) => ({
  policies,
  live: liveOf([]),
  now: now.getTime(),
});

async function matchedBy(match: Match, analytics: Analytics) {
  const { backend, asked } = backendOf(analytics);
  const { matched } = await readConditions(createReads(backend), needsOf([policyOf(match)]));
  return { matched: matched.get('p'), asked: asked.filter((path) => path.startsWith('/')) };
}

/** 7 calls of the workspace; none by any filter. */
const nobody: Analytics = (path, query) => {
  if (path.startsWith('/groups')) return groups('metadata_value', {});
  return total(Object.keys(query).length === 3 ? 7 : 0);
};

describe('names that conditions compare', () => {
  it.each<[string, Condition, readonly string[]]>([
    ['slugs of providers', only('virtual_key', 'x'), ['providers']],
    ['vendors', only('provider', 'openai'), ['providers']],
    ['vendors of models', only('model', '@openai/gpt-4o'), ['providers']],
    ['configs, also left out ones', anything('config', 'pc-main-1'), ['configs']],
    ['ids of keys', only('api_key', uuid(11)), ['keys']],
    ['no names of keys, which the plan itself resolves', only('api_key', 'app'), []],
    ['no metadata', only('metadata.team', 'a'), []],
    ['nothing of any value', anything('virtual_key'), []],
  ])('are looked up once a workspace: %s', async (_, condition, lists) => {
    const { backend, asked } = backendOf(nobody);
    await readConditions(
      createReads(backend),
      needsOf([policyOf([condition], 'p', false), policyOf([condition], 'q', false)]),
    );
    expect(asked).toEqual(lists);
  });

  it('are not asked for again where the plan has read them', async () => {
    const { backend, asked } = backendOf(nobody);
    const live = { ...liveOf([]), read: new Set([`${teamA}/provider-limits`]) };
    const policies = [policyOf([only('virtual_key', 'x')], 'p', false)];
    const { names } = await readConditions(createReads(backend), { ...needsOf(policies), live });
    expect([asked, names.get(teamA)?.virtual_key]).toEqual([[], { value: [] }]);
  });

  it('are unknown where a list is refused, with the reason', async () => {
    const refused = async () => {
      throw new ServiceError('no', { status: 403, method: 'GET', path: '/providers', maybeApplied: false });
    };
    const { backend } = backendOf(nobody, { listProviders: refused });
    const { names } = await readConditions(
      createReads(backend),
      needsOf([policyOf([only('virtual_key', 'x')], 'p', false)]),
    );
    expect(names.get(teamA)?.virtual_key).toEqual({ unknown: 'GET /providers answered 403' });
  });
});

describe('calls that met conditions', () => {
  it('are counted with one request, and the workspace with one more where there are none', async () => {
    expect(await matchedBy([only('metadata.team', 'a')], nobody)).toEqual({
      matched: { value: { atMost: 0, ofWorkspace: 7 } },
      asked: ['/graphs/requests', '/graphs/requests'],
    });
    const some = await matchedBy([only('metadata.team', 'a')], () => total(3));
    expect(some).toEqual({ matched: { value: { atMost: 3, ofWorkspace: 3 } }, asked: ['/graphs/requests'] });
  });

  it.each<[string, Match]>([
    ['several values', [only('metadata.team', 'a', 'b')]],
    ['any value', [anything('metadata.team')]],
    ['any value but one', [anything('metadata.team', 'c')]],
  ])('mistakes-B3: of metadata are counted by group where no filter says it: %s', async (_, match) => {
    const metadata =
      (values: Readonly<Record<string, number>>): Analytics =>
      (path) =>
        path === '/groups/metadata/team' ? groups('metadata_value', values) : total(7);
    expect((await matchedBy(match, metadata({ c: 5 }))).matched).toEqual(
      match[0] !== undefined && typeof match[0] !== 'string' && match[0].any === '*' && match[0].except.length === 0
        ? { value: { atMost: 5, ofWorkspace: 5 } }
        : { value: { atMost: 0, ofWorkspace: 7 } },
    );
    expect((await matchedBy(match, metadata({ a: 2, c: 5 }))).matched).not.toMatchObject({ value: { atMost: 0 } });
    expect((await matchedBy(match, metadata({}))).matched).toEqual({ value: { atMost: 0, ofWorkspace: 7 } });
  });

  it('mistakes-B3: of vendors are met where a group says so, and else not known, never silent', async () => {
    const services = (values: Readonly<Record<string, number>>) => () => groups('ai_service', values);
    for (const condition of [only('provider', 'openai'), only('model', '@openai/*')]) {
      expect((await matchedBy([condition], services({ openai: 2 }))).matched).toEqual({
        value: { atMost: 2, ofWorkspace: 2 },
      });
      expect((await matchedBy([condition], services({ anthropic: 2 }))).matched).toHaveProperty('unknown');
    }
  });

  it.each<[string, Condition]>([
    ['kinds of endpoints', only('endpoint_type', 'embeddings')],
    ['any provider', anything('virtual_key')],
    ['MCP servers', only('mcp_server', 'slack')],
  ])('mistakes-B3: are not known where analytics have words for no condition: %s', async (_, condition) => {
    const { matched, asked } = await matchedBy([condition], nobody);
    expect([matched, asked]).toEqual([{ unknown: 'analytics have no words for its conditions' }, []]);
  });

  it('are at most those that the conditions which can be asked for let in', async () => {
    const both: Match = [only('metadata.team', 'a'), only('endpoint_type', 'embeddings')];
    expect((await matchedBy(both, nobody)).matched).toEqual({ value: { atMost: 0, ofWorkspace: 7 } });
    expect((await matchedBy(both, () => total(3))).matched).toEqual({ value: { atMost: 3, ofWorkspace: 3 } });
  });

  it('stop at the first page that shows one', async () => {
    const page = groups('metadata_value', Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`u${i}`, 1])));
    const { matched, asked } = await matchedBy([anything('metadata._user')], () => ({ ...page, total: 5_000 }));
    expect([matched, asked.length]).toEqual([{ value: { atMost: 100, ofWorkspace: 100 } }, 1]);
  });

  it('mistakes-B3: are counted for so many limits, and the rest is a number', async () => {
    const { backend, asked } = backendOf(() => total(1));
    const many = Array.from({ length: mostCounted + 3 }, (_, i) => policyOf([only('metadata.team', `t${i}`)], `p${i}`));
    const { matched, uncounted } = await readConditions(createReads(backend), needsOf(many));
    expect([matched.size, uncounted, asked.length]).toEqual([mostCounted, 3, mostCounted]);
  });
});

test('the widest filter leaves out what analytics cannot say, and exceptions', () => {
  const except: Condition = { key: 'virtual_key', any: ['a'], except: ['b'] };
  expect(widestFilter('all')).toEqual({ filter: null, left: [] });
  expect(widestFilter([except, only('endpoint_type', 'x')])).toEqual({
    filter: { virtual_keys: 'a' },
    left: [except, only('endpoint_type', 'x')],
  });
});
