import { describe, expect, it } from 'vitest';
import { createGate } from '../../src/consumption/ask.ts';
import { CancelledError, ServiceError } from '../../src/errors.ts';

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
async function askAll(count: number, answers: (asked: number) => unknown) {
  const gate = createGate();
  let asked = 0;
  const one = async (): Promise<unknown> => {
    asked += 1;
    const answer = answers(asked);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const found = await Promise.all(Array.from({ length: count }, () => gate('lists', one)));
  return {
    asked,
    known: found.filter(({ known }) => known).length,
    whys: found.flatMap((each) => (each.known ? [] : [each.why])),
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

  it('is about one object once another was answered: somebody may have deleted it meanwhile', async () => {
    const { asked, known } = await askAll(5, (asked) => (asked === 3 ? fail(403) : 'fine'));
    expect([asked, known]).toEqual([5, 4]);
  });

  it('of one family leaves the others alone', async () => {
    const gate = createGate();
    await gate('keys', async () => Promise.reject(fail(403)));
    expect(await gate('providers', async () => 7)).toEqual({ known: true, value: 7 });
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
