import { describe, expect, it } from 'vitest';
import { groupings, readGroups, readTotal } from '../../src/consumption/analytics.ts';
import { createReads, type Reads } from '../../src/consumption/ask.ts';
import { filterOfMatch } from '../../src/consumption/filter-of-match.ts';
import { groupingOfPer } from '../../src/consumption/pace.ts';
import type { AnalyticsQuery, Backend } from '../../src/live/backend.ts';
import type { Condition } from '../../src/resources/types.ts';

const is = (key: string, any: Condition['any'], except: readonly string[] = []): Condition => ({ key, any, except });

describe('conditions in the words of analytics', () => {
  it.each([
    ['everything', 'all', {}],
    ['keys', [is('api_key', ['a', 'b'])], { api_key_ids: 'a,b' }],
    [
      'a provider and a config',
      [is('config', ['pc-1']), is('virtual_key', ['p'])],
      { configs: 'pc-1', virtual_keys: 'p' },
    ],
    ['a model', [is('model', ['@openai/gpt-4o'])], { ai_org_model: 'openai__gpt-4o' }],
    ['metadata', [is('metadata.a', ['1']), is('metadata.b', ['2'])], { metadata: '{"a":"1","b":"2"}' }],
  ] as const)('%s', (_name, match, value) => {
    expect(filterOfMatch(match)).toEqual({ value });
  });

  it.each([
    ['all models of a vendor', [is('model', ['@openai/*'])]],
    ['exceptions', [is('api_key', ['a'], ['b'])]],
    ['a value of any kind', [is('metadata.team', '*')]],
    ['several values of metadata', [is('metadata.team', ['a', 'b'])]],
    ['the vendor', [is('provider', ['openai'])]],
    ['one key twice', [is('api_key', ['a']), is('api_key', ['b'])]],
    ['a value with a comma', [is('config', ['a,b'])]],
  ])('has none for %s', (_name, match) => {
    expect(filterOfMatch(match)).toEqual({ unknown: expect.stringContaining('analytics cannot be asked for') });
  });
});

describe('groupings', () => {
  it('by key, and by metadata where it shows that unit', () => {
    expect(groupingOfPer(['api_key'], 'cost')).toMatchObject({ path: '/groups/api_key' });
    expect(groupingOfPer(['metadata.a b'], 'cost')).toMatchObject({ path: '/groups/metadata/a%20b' });
    expect(groupingOfPer(['metadata.a'], 'tokens')).toBeNull();
    expect(groupingOfPer(['model'], 'cost')).toBeNull();
    expect(groupingOfPer(['api_key', 'metadata.a'], 'cost')).toBeNull();
  });
});

describe('answers', () => {
  const calls = { workspace: 'a', from: 0, to: 1 };
  const answering = (answer: (query: AnalyticsQuery) => unknown): Reads =>
    createReads({
      readAnalytics: async (_path: string, query: AnalyticsQuery) => answer(query),
    } as unknown as Backend);
  const read = (answer: (query: AnalyticsQuery) => unknown) =>
    readGroups(answering(answer), groupings.api_key, calls, { shows: ['cost'] });

  it('numbers may be text', async () => {
    const reads = answering(() => ({ summary: { total: '12.5' } }));
    expect(await readTotal(reads, 'cost', calls)).toEqual({ value: 12.5 });
  });

  it.each([
    {},
    { summary: null },
    { summary: { total: null } },
    { summary: { total: 'much' } },
    { summary: { total: '' } },
  ])('without a number: %j', async (answer) => {
    const found = await readTotal(
      answering(() => answer),
      'cost',
      calls,
    );
    expect(found).toEqual({ unknown: 'GET /analytics/graphs/cost: the answer holds no number' });
  });

  it('groups of all pages', async () => {
    const rows = Array.from({ length: 150 }, (_, index) => ({ api_key: `k${index}`, cost: index }));
    const found = await read(({ current_page: page = 0 }) => ({
      data: rows.slice(Number(page) * 100, Number(page) * 100 + 100),
    }));
    expect('value' in found && found.value.rows.at(-1)).toMatchObject({ name: 'k149', cost: { n: 149n, d: 1n } });
  });

  it('trust-C1: groups of smaller pages than asked for, to the total or to an empty page; less than the total is not enough', async () => {
    const rows = Array.from({ length: 70 }, (_, index) => ({ api_key: `k${index}`, cost: index }));
    const paged = (total: number | undefined) =>
      read(({ current_page: page = 0 }) => ({ data: rows.slice(Number(page) * 50, Number(page) * 50 + 50), total }));
    for (const total of [70, undefined]) expect(await paged(total)).toMatchObject({ value: { cut: null } });
    expect(await paged(71)).toMatchObject({
      value: { cut: 'GET /analytics/groups/api_key: only 70 of 71 groups were read' },
    });
  });

  it.each([
    ['no list', { data: null }],
    ['rows that are null', { data: [null] }],
    ['rows without a group', { data: [{ cost: 1 }] }],
    ['rows without a number', { data: [{ api_key: 'a' }] }],
  ])('%s', async (_name, answer) => {
    expect(await read(() => answer)).toHaveProperty('unknown');
  });

  it.each([
    [
      'twice on a page',
      [
        [
          { api_key: 'a', cost: 1 },
          { api_key: 'b', cost: 2 },
          { api_key: 'a', cost: 1 },
        ],
      ],
      ['b'],
    ],
    [
      'on two pages with other numbers',
      [
        [{ api_key: 'a', cost: 1 }],
        [
          { api_key: 'a', cost: 9 },
          { api_key: 'b', cost: 2 },
        ],
      ],
      ['b'],
    ],
    [
      'on two pages with the same numbers: the pages overlap',
      [
        [{ api_key: 'a', cost: 1 }],
        [
          { api_key: 'a', cost: '1.0' },
          { api_key: 'b', cost: 2 },
        ],
      ],
      ['a', 'b'],
    ],
  ])('a group %s', async (_name, pages, names) => {
    const found = await read(({ current_page: page = 0 }) => ({ data: pages[Number(page)] ?? [] }));
    const groups = 'value' in found ? found.value : null;
    expect(groups?.rows.map(({ name }) => name)).toEqual(names);
    // Readers of a list that is not whole take nobody who is missing for idle.
    expect(groups?.cut ?? null).toBe(
      names.includes('a')
        ? null
        : 'GET /analytics/groups/api_key: 1 group stands in it more than once, so that not all are known',
    );
  });

  it('groups without end', async () => {
    const page = Array.from({ length: 100 }, (_, index) => ({ api_key: `k${index}`, cost: 1 }));
    expect(await read(() => ({ data: page }))).toMatchObject({
      value: { cut: 'GET /analytics/groups/api_key: only 100 groups of more were read' },
    });
    const endless = await read(({ current_page: at }) => ({
      data: page.map(({ api_key }) => ({ api_key: `${at} ${api_key}`, cost: 1 })),
    }));
    expect(endless).toMatchObject({
      value: { cut: 'GET /analytics/groups/api_key: only 1000 groups of more were read' },
    });
  });
});
