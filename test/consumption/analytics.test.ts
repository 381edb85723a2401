import { describe, expect, it } from 'vitest';
import { filterOfMatch, readGroups, readTotal, sourceOfPer } from '../../src/consumption/analytics-old.ts';
import { ServiceError } from '../../src/errors.ts';
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
    expect(sourceOfPer(['api_key'], 'cost')).toMatchObject({ path: '/groups/api_key', query: { columns: 'cost' } });
    expect(sourceOfPer(['api_key'], 'requests')).toMatchObject({ query: {} });
    expect(sourceOfPer(['metadata.a b'], 'cost')).toMatchObject({ path: '/groups/metadata/a%20b' });
    expect(sourceOfPer(['metadata.a'], 'tokens')).toBeNull();
    expect(sourceOfPer(['model'], 'cost')).toBeNull();
    expect(sourceOfPer(['api_key', 'metadata.a'], 'cost')).toBeNull();
  });
});

describe('answers', () => {
  const answering = (answer: (query: AnalyticsQuery) => unknown): Backend =>
    ({ readAnalytics: async (_path: string, query: AnalyticsQuery) => answer(query) }) as unknown as Backend;
  const source = sourceOfPer(['api_key'], 'cost');
  if (source === null) throw new Error('no source');

  it('numbers may be text', async () => {
    expect(
      await readTotal(
        answering(() => ({ summary: { total: '12.5' } })),
        'cost',
        {},
      ),
    ).toBe(12.5);
  });

  it.each([
    {},
    { summary: null },
    { summary: { total: null } },
    { summary: { total: 'much' } },
    { summary: { total: '' } },
  ])('without a number: %j', async (answer) => {
    await expect(
      readTotal(
        answering(() => answer),
        'cost',
        {},
      ),
    ).rejects.toThrow(ServiceError);
  });

  it('groups of all pages', async () => {
    const rows = Array.from({ length: 150 }, (_, index) => ({ api_key: `k${index}`, cost: index }));
    const read = readGroups(
      answering(({ current_page: page = 0 }) => ({ data: rows.slice(Number(page) * 100, Number(page) * 100 + 100) })),
      source,
      {},
    );
    expect((await read).at(-1)).toEqual(['k149', 149]);
  });

  it('trust-C1: groups of smaller pages than asked for, to the total or to an empty page; less than the total is not enough', async () => {
    const rows = Array.from({ length: 70 }, (_, index) => ({ api_key: `k${index}`, cost: index }));
    const paged = (total: number | undefined) =>
      readGroups(
        answering(({ current_page: page = 0 }) => ({
          data: rows.slice(Number(page) * 50, Number(page) * 50 + 50),
          total,
        })),
        source,
        {},
      );
    for (const total of [70, undefined]) expect(await paged(total)).toHaveLength(70);
    await expect(paged(71)).rejects.toThrow('70 groups were read, and there are 71');
  });

  it.each([
    ['no list', { data: null }],
    ['rows that are null', { data: [null] }],
    ['rows without a group', { data: [{ cost: 1 }] }],
    ['rows without a number', { data: [{ api_key: 'a' }] }],
  ])('%s', async (_name, answer) => {
    await expect(
      readGroups(
        answering(() => answer),
        source,
        {},
      ),
    ).rejects.toThrow(ServiceError);
  });

  it('groups without end', async () => {
    const page = Array.from({ length: 100 }, (_, index) => ({ api_key: `k${index}`, cost: 1 }));
    await expect(
      readGroups(
        answering(() => ({ data: page })),
        source,
        {},
      ),
    ).rejects.toThrow('100 groups were read, and there are more');
    await expect(
      readGroups(
        answering(({ current_page: at }) => ({
          data: page.map(({ api_key }) => ({ api_key: `${at} ${api_key}`, cost: 1 })),
        })),
        source,
        {},
      ),
    ).rejects.toThrow('1000 groups were read, and there are more');
  });
});
