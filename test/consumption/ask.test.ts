import { describe, expect, it } from 'vitest';
import { createReads, type Question } from '../../src/consumption/ask.ts';
import { CancelledError, ServiceError } from '../../src/errors.ts';
import type { Backend } from '../../src/live/backend.ts';

const id = '3f0c9a52-6f0e-4a58-9d8c-9f6f7f0a1b2c';

function fail(status: number | undefined, detail?: string): ServiceError {
  return new ServiceError('refused', {
    status,
    method: 'GET',
    path: `/policies/${id}?page_size=1`,
    code: status === 403 ? 'AB03' : undefined,
    detail,
    maybeApplied: false,
  });
}

/** Asks `count` questions at once; `answers` says what becomes of the one that is asked as number n. */
async function askAll(count: number, answers: (asked: number) => unknown, family: Question = 'listKeys') {
  const { attempt } = createReads({} as Backend);
  let asked = 0;
  const one = async (): Promise<unknown> => {
    asked += 1;
    const answer = answers(asked);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const found = await Promise.all(Array.from({ length: count }, () => attempt(family, one)));
  return {
    asked,
    known: found.filter((each) => 'value' in each).length,
    whys: found.flatMap((each) => ('value' in each ? [] : [each.unknown])),
  };
}

describe('one refusal', () => {
  it.each([401, 402, 403, 404, 405, 429, 502, undefined])('%s speaks for all that were to come', async (status) => {
    const { asked, whys } = await askAll(50, () => fail(status));
    expect(asked).toBe(1);
    expect(whys).toHaveLength(50);
    expect(new Set(whys).size).toBe(1);
  });

  it.each([400, 200])('%s may be about one object', async (status) => {
    expect((await askAll(5, (asked) => (asked === 1 ? fail(status, 'no list') : 'fine'))).known).toBe(4);
  });

  it.each([404, 409])('%s is about one object where each question names its own', async (status) => {
    const answers = (asked: number) => (asked === 1 ? fail(status) : 'fine');
    expect((await askAll(5, answers, 'readCounters')).known).toBe(4);
  });

  it.each([undefined, 503])('%s speaks for all at any time: nobody is there', async (status) => {
    const { attempt } = createReads({} as Backend);
    const refuse = async (): Promise<never> => Promise.reject(fail(status));
    await attempt('listKeys', async () => 'fine');
    await attempt('listKeys', refuse);
    expect(await attempt('listKeys', async () => 'fine')).toHaveProperty('unknown');
  });

  it('is about one object once another was answered: somebody may have deleted it meanwhile', async () => {
    const { asked, known } = await askAll(5, (asked) => (asked === 3 ? fail(403) : 'fine'));
    expect([asked, known]).toEqual([5, 4]);
  });

  it('of one object leaves those that are asked for later', async () => {
    const { attempt } = createReads({} as Backend);
    await attempt('listKeys', async () => 'fine');
    await attempt('listKeys', async () => Promise.reject(fail(403)));
    expect(await attempt('listKeys', async () => 'fine')).toEqual({ value: 'fine' });
  });

  it('of one family leaves the others alone', async () => {
    const { attempt } = createReads({} as Backend);
    await attempt('listKeys', async () => Promise.reject(fail(403)));
    expect(await attempt('listProviders', async () => 7)).toEqual({ value: 7 });
  });
});

it('names no id: the reason stands at other objects as well', async () => {
  expect((await askAll(1, () => fail(403))).whys).toEqual(['GET /policies/… answered 403 AB03']);
  expect((await askAll(1, () => fail(undefined))).whys).toEqual(['GET /policies/…: no answer']);
  expect((await askAll(1, () => fail(200, 'the answer holds no list'))).whys).toEqual([
    'GET /policies/…: the answer holds no list',
  ]);
});

it('is no place for other failures: a cancelled run ends', async () => {
  await expect(askAll(3, () => new CancelledError('cancelled'))).rejects.toThrow(CancelledError);
});

describe('a question', () => {
  const counting = () => {
    const asked: string[] = [];
    const backend = {
      listKeys: async (id: string | null) => {
        asked.push(`keys ${id}`);
        if (id === 'b') throw fail(403);
        return [];
      },
      readAnalytics: async (path: string, query: object) => {
        asked.push(`${path} ${JSON.stringify(query)}`);
        if (path === '/graphs/cost') throw fail(404);
        return {};
      },
    } as Partial<Backend> as Backend;
    return { reads: createReads(backend), asked };
  };

  it('is asked once, whoever asks it and in whatever order of its members', async () => {
    const { reads, asked } = counting();
    const answers = [
      reads.ask('listKeys', 'a'),
      reads.ask('listKeys', 'a'),
      reads.backend.listKeys('a').then((value) => ({ value })),
      reads.ask('readAnalytics', '/groups/model', { a: 1, b: 2, c: undefined }),
      reads.ask('readAnalytics', '/groups/model', { b: 2, a: 1 }),
    ];
    await Promise.all(answers);
    expect(asked).toEqual(['keys a', '/groups/model {"a":1,"b":2}']);
  });

  it('that was answered is known, also when its family was refused later', async () => {
    const { reads } = counting();
    await reads.backend.listKeys('a');
    expect(await reads.ask('listKeys', 'b')).toEqual({ unknown: 'GET /policies/… answered 403 AB03' });
    expect(await reads.ask('listKeys', 'a')).toEqual({ value: [] });
    expect(await reads.ask('listKeys', 'c')).toEqual({ unknown: 'GET /policies/… answered 403 AB03' });
  });

  it('to a path of analytics that is not there leaves the others', async () => {
    const { reads } = counting();
    expect(await reads.ask('readAnalytics', '/graphs/cost', {})).toHaveProperty('unknown');
    expect(await reads.ask('readAnalytics', '/graphs/tokens', {})).toEqual({ value: {} });
  });
});
