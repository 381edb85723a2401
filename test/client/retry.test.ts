import { describe, expect, test } from 'vitest';
import type { ApiRequest, Attempt } from '../../src/client/failure.ts';
import { createCall, parseRetryAfter } from '../../src/client/retry.ts';
import { ClaimLostError, ServiceError } from '../../src/errors.ts';
import { answer, connect, failureOf, fakeTiming, serve } from './loopback.ts';

const calls = {
  GET: (client: ReturnType<typeof connect>) => client.readKey('k'),
  PUT: (client: ReturnType<typeof connect>) => client.updateKey('k', {}),
  DELETE: (client: ReturnType<typeof connect>) => client.deletePolicy('usage-policy', 'k'),
  POST: (client: ReturnType<typeof connect>) => client.createPolicy('usage-policy', {}),
};

describe('a failed request is sent this many times', () => {
  test.each([
    ['GET', 500, 5],
    ['GET', 502, 5],
    ['PUT', 503, 5],
    ['DELETE', 504, 5],
    ['GET', 429, 5],
    ['POST', 429, 5],
    ['POST', 500, 1],
    ['POST', 502, 1],
    ['GET', 501, 1],
    ['GET', 400, 1],
    ['PUT', 401, 1],
    ['PUT', 402, 1],
    ['GET', 403, 1],
    ['DELETE', 404, 1],
    ['GET', 408, 1],
    ['PUT', 409, 1],
  ] as const)('%s answered %i: %i', async (method, status, times) => {
    const loopback = await serve((_seen, response) => answer(response, status, '<html></html>'));
    const timing = fakeTiming();
    const error = await failureOf(calls[method](connect(loopback, { timing })));
    expect(error).toMatchObject({ name: 'ServiceError', status, method });
    expect(error).toMatchObject({ maybeApplied: method !== 'GET' && status >= 500 });
    expect(loopback.seen).toHaveLength(times);
    expect(timing.slept).toHaveLength(times - 1);
  });

  test.each(['GET', 'PUT', 'DELETE', 'POST'] as const)('%s refused by the host: 5', async (method) => {
    const timing = fakeTiming();
    await failureOf(calls[method](connect({ baseUrl: 'http://127.0.0.1:1/v1' }, { timing })));
    expect(timing.slept).toEqual([500, 1000, 2000, 4000]);
  });

  test('PUT until it is accepted', async () => {
    const loopback = await serve((_seen, response, count) => (count < 3 ? answer(response, 503) : {}));
    await connect(loopback).updateKey('k', {});
    expect(loopback.seen).toHaveLength(3);
  });

  test('POST until it is accepted, after 429', async () => {
    const loopback = await serve((_seen, response, count) => (count < 3 ? answer(response, 429) : { id: 'new' }));
    expect(await connect(loopback).createPolicy('usage-policy', {})).toEqual({ id: 'new' });
  });
});

test('a refusal after an answer that left doubt leaves that doubt', async () => {
  const loopback = await serve((_seen, response, count) => answer(response, count === 1 ? 502 : 403));
  const error = await failureOf(connect(loopback).deletePolicy('usage-policy', 'p'));
  expect(error).toMatchObject({ status: 403, maybeApplied: true });
});

describe('the wait', () => {
  test('doubles up to eight seconds, with half of it left to chance', async () => {
    for (const [random, slept] of [
      [1, [500, 1000, 2000, 4000, 8000, 8000]],
      [0, [250, 500, 1000, 2000, 4000, 4000]],
    ] as const) {
      const timing = { ...fakeTiming(), random: () => random };
      const call = createCall(async (request) => fail(request, 503), { timing, tries: 7 });
      await failureOf(call({ method: 'GET', path: '/' }));
      expect(timing.slept).toEqual(slept);
    }
  });

  test.each([
    ['7', 7_000],
    ['0', 0],
    ['3600', 60_000],
    ['Sat, 01 Aug 2026 00:00:10 GMT', 10_000],
    ['Fri, 31 Jul 2026 00:00:00 GMT', undefined],
    ['soon', undefined],
    ['-5', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('Retry-After %j asks for %s ms', (text, ms) => {
    expect(parseRetryAfter(text, Date.parse('2026-08-01T00:00:00Z'))).toBe(ms);
  });

  test.each([429, 503])('is as long as Retry-After says, on %i', async (status) => {
    const loopback = await serve((_seen, response, count) =>
      count === 1 ? answer(response, status, '', { 'retry-after': '30' }) : { id: 'k' },
    );
    const timing = fakeTiming();
    await connect(loopback, { timing }).readKey('k');
    expect(timing.slept).toEqual([30_000]);
  });
});

test('one 429 holds back every worker of the client', async () => {
  const timing = fakeTiming();
  const start = timing.now();
  const sentAt: number[] = [];
  const call = createCall(
    async (request) => {
      sentAt.push(timing.now() - start);
      await new Promise((resolve) => setImmediate(resolve));
      return request.path === '/first' && sentAt.length === 1 ? fail(request, 429, '20') : { ok: true, body: {} };
    },
    { timing, concurrency: 1 },
  );
  await Promise.all(['/first', '/second', '/third'].map((path) => call({ method: 'GET', path })));
  expect(sentAt).toEqual([0, 20_000, 20_000, 20_000]);
});

test('a pause that grows while somebody waits for its end is waited for to the new one', async () => {
  let now = 0;
  const sleepers: { readonly at: number; readonly wake: () => void }[] = [];
  const sleep = (ms: number) => new Promise<void>((wake) => void sleepers.push({ at: now + ms, wake }));
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  let answerLate = (): void => {};
  const sentAt: number[] = [];
  const call = createCall(
    async (request) => {
      sentAt.push(now);
      if (sentAt.length > 2) return { ok: true, body: {} };
      if (sentAt.length === 2) await new Promise<void>((resolve) => (answerLate = resolve));
      return fail(request, 429, sentAt.length === 1 ? '20' : '50');
    },
    { timing: { ...fakeTiming(), now: () => now, sleep }, concurrency: 2 },
  );
  const all = Promise.all(['/first', '/second'].map((path) => call({ method: 'GET', path })));
  await settle();
  answerLate();
  await settle();
  while (sleepers.length > 0) {
    const [next] = sleepers.sort((a, b) => a.at - b.at).splice(0, 1);
    now = next?.at ?? now;
    next?.wake();
    await settle();
  }
  await all;
  expect(sentAt).toEqual([0, 0, 50_000, 50_000]);
});

test('no more requests than allowed are under way, and all of them are used', async () => {
  const loopback = await serve(async () => {
    await new Promise((resolve) => setTimeout(resolve, 15));
    return { id: 'k' };
  });
  const client = connect(loopback, { concurrency: 3 });
  await Promise.all(Array.from({ length: 20 }, (_, index) => client.readKey(String(index))));
  expect(loopback.busiest()).toBe(3);
  expect(loopback.seen).toHaveLength(20);
});

function fail(request: ApiRequest, status: number, retryAfter?: string): Attempt {
  const error = new ServiceError('failed', { method: request.method, path: request.path, status, maybeApplied: false });
  return { ok: false, error, transient: true, retryAfter };
}

describe('trust-E2: a gate before writes', () => {
  const shut = new ClaimLostError('somebody else has the claim');

  test.each(['PUT', 'DELETE', 'POST'] as const)('keeps a %s in', async (method) => {
    const loopback = await serve(() => ({}));
    const client = connect(loopback);
    client.gateWrites(async () => {
      throw shut;
    });
    await expect(calls[method](client)).rejects.toBe(shut);
    expect(loopback.seen).toEqual([]);
    await calls.GET(client).catch(() => undefined);
    expect(loopback.seen).toHaveLength(1);
  });

  test.each([
    ['PUT', 503, true],
    ['DELETE', 502, true],
    ['POST', 429, false],
  ] as const)(
    'is asked before each repetition: %s after %i says what became of the first',
    async (method, status, maybeApplied) => {
      const loopback = await serve((_seen, response) => answer(response, status));
      const client = connect(loopback);
      let asked = 0;
      client.gateWrites(async () => {
        if (++asked === 2) throw shut;
      });
      expect(await failureOf(calls[method](client))).toMatchObject({ name: 'ServiceError', status, maybeApplied });
      expect([loopback.seen.length, asked]).toEqual([1, 2]);
    },
  );
});

describe('trust-E2: the service’s own time', () => {
  const dated = (date: string, status = 200) =>
    serve((_seen, response) => {
      response.setHeader('date', date);
      return answer(response, status, '{"id":"k","name":"k"}');
    });

  test('is that of its latest answer', async () => {
    const client = connect(await dated('Fri, 20 Nov 2026 12:00:00 GMT'));
    expect(client.serverNow()).toBeNull();
    await calls.PUT(client);
    expect(client.serverNow()).toBe(Date.UTC(2026, 10, 20, 12));
  });

  test.each([
    ['a date that is none', 'yesterday', 200],
    ['a refusal, which a proxy may have made', 'Fri, 20 Nov 2026 12:00:00 GMT', 403],
  ])('is not told by %s', async (_name, date, status) => {
    const client = connect(await dated(date, status));
    await calls.PUT(client).catch(() => undefined);
    expect(client.serverNow()).toBeNull();
  });
});

describe('the pause after 429', () => {
  const failing = (request: ApiRequest, retryAfter: string): Attempt => {
    const facts = { status: 429, method: request.method, path: request.path, maybeApplied: false };
    return { ok: false, error: new ServiceError('429', facts), transient: true, retryAfter };
  };

  test('is the longest that anybody was told', async () => {
    const timing = fakeTiming();
    const start = timing.now();
    const sentAt: number[] = [];
    const release: (() => void)[] = [];
    const told: Readonly<Record<string, string>> = { '/long': '30', '/short': '2' };
    const call = createCall(
      async (request) => {
        sentAt.push((timing.now() - start) / 1000);
        if (sentAt.length > 2) return { ok: true, body: {} };
        // Both are under way before either is answered; the short pause is told last.
        await new Promise<void>((resolve) => release.push(resolve));
        return failing(request, told[request.path] ?? '0');
      },
      { timing, concurrency: 2 },
    );
    const all = Promise.all(['/long', '/short'].map((path) => call({ method: 'GET', path })));
    while (release.length < 2) await new Promise((resolve) => setImmediate(resolve));
    for (const free of release) free();
    await all;
    expect(sentAt).toEqual([0, 0, 30, 30]);
  });

  test('that grew while somebody waited is waited for to its end', async () => {
    const timing = fakeTiming();
    const start = timing.now();
    const sentAt: Record<string, number[]> = {};
    const release: (() => void)[] = [];
    let isSlowAnswered = false;
    const slow = {
      ...timing,
      // The other request is answered while this one sleeps.
      sleep: async (ms: number, signal: AbortSignal | undefined) => {
        if (!isSlowAnswered && release.length > 0) {
          isSlowAnswered = true;
          release[0]?.();
          for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
        }
        await timing.sleep(ms, signal);
      },
    };
    const call = createCall(
      async (request) => {
        const times = [...(sentAt[request.path] ?? []), (timing.now() - start) / 1000];
        sentAt[request.path] = times;
        if (times.length > 1) return { ok: true, body: {} };
        if (request.path === '/quick') return failing(request, '5');
        await new Promise<void>((resolve) => release.push(resolve));
        return failing(request, '60');
      },
      { timing: slow, concurrency: 2 },
    );
    await Promise.all(['/slow', '/quick'].map((path) => call({ method: 'GET', path })));
    expect(Math.min(...(sentAt['/quick'] ?? []).slice(1), ...(sentAt['/slow'] ?? []).slice(1))).toBeGreaterThanOrEqual(
      60,
    );
  });
});
