import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildPathMatcher, createFaultSwitch, type Fault, parseFault } from '../../../src/emulator/faults.ts';
import type { Emulator } from '../../../src/emulator/server.ts';
import { alphaId, type Call, create, createCall, startTestEmulator, usagePolicy } from './calls.ts';

const usage = '/policies/usage-limits';

describe('over a connection', () => {
  let emulator: Emulator;
  let call: Call;
  let id: string;

  beforeEach(async () => {
    emulator = await startTestEmulator();
    call = createCall(emulator);
    id = await create(call, usage, usagePolicy);
  });
  afterEach(() => emulator.close());

  /** One PUT under the fault, then what became of the policy. */
  async function strike(fault: Fault) {
    emulator.setFaults([{ method: 'PUT', path: '/policies/**', fault }]);
    const answer = await call('PUT', `${usage}/${id}`, { credit_limit: 600 }).catch((error: Error) => error);
    const limit = (await call('GET', `${usage}/${id}`)).body.credit_limit;
    return { answer, limit };
  }

  it.each([
    ['before', 500],
    ['after', 600],
  ] as const)('resets the connection %s the write took effect', async (when, expected) => {
    const { answer, limit } = await strike({ kind: 'reset', when });
    expect(answer).toMatchObject({ cause: { code: 'ECONNRESET' } });
    expect(limit).toBe(expected);
  });

  it.each<[string, Fault, number, string | RegExp, number]>([
    ['429 with Retry-After', { kind: 'status', status: 429, retryAfter: '7' }, 429, /AB06/, 500],
    ['500', { kind: 'status', status: 500 }, 500, /AB04/, 500],
    ['502 as HTML', { kind: 'status', status: 502, body: 'html' }, 502, /^<html>/, 500],
    ['503 without a body', { kind: 'status', status: 503, body: 'empty' }, 503, '', 500],
    ['504 though it took effect', { kind: 'status', status: 504, when: 'after' }, 504, /AB04/, 600],
    ['half of the JSON', { kind: 'truncated' }, 200, '{', 600],
    ['no JSON', { kind: 'malformed' }, 200, /not \{ json/, 600],
  ])('answers %s', async (_name, fault, status, text, expected) => {
    const { answer, limit } = await strike(fault);
    expect(answer).toMatchObject({ status, text: typeof text === 'string' ? text : expect.stringMatching(text) });
    expect(limit).toBe(expected);
    if (fault.kind === 'status' && fault.retryAfter !== undefined) {
      expect(answer).toHaveProperty('headers');
      expect((answer as { headers: Headers }).headers.get('retry-after')).toBe('7');
    }
  });

  it('cuts the connection in the middle of an answer', async () => {
    const { answer, limit } = await strike({ kind: 'cut' });
    expect(answer).toBeInstanceOf(Error);
    expect(limit).toBe(600);
  });

  it('answers late', async () => {
    const began = performance.now();
    const { answer } = await strike({ kind: 'latency', ms: 80 });
    expect(answer).toMatchObject({ status: 200 });
    expect(performance.now() - began).toBeGreaterThan(75);
  });

  it('hangs until the caller gives up, and closes all the same', async () => {
    emulator.setFaults([{ fault: { kind: 'hang' } }]);
    const signal = AbortSignal.timeout(50);
    await expect(fetch(`${emulator.url}${usage}`, { signal })).rejects.toThrow(/timeout|abort/i);
    const waiting = fetch(`${emulator.url}${usage}`).catch((error: Error) => error);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await emulator.close();
    expect(await waiting).toBeInstanceOf(Error);
    emulator = await startTestEmulator();
  });

  it('counts what it struck, and stops at reset', async () => {
    emulator.setFaults([{ fault: { kind: 'status', status: 403 } }]);
    expect((await call('GET', `${usage}?workspace_id=${alphaId}`)).body.errorCode).toBe('AB03');
    expect(emulator.requests.recent.at(-1)).toMatchObject({ method: 'GET', path: usage, status: 403 });
    emulator.reset();
    expect((await call('GET', `${usage}?workspace_id=${alphaId}`)).status).toBe(200);
  });
});

describe('choosing', () => {
  const failing: Fault = { kind: 'status', status: 500 };
  const chosen = (faults: ReturnType<typeof createFaultSwitch>, count: number) =>
    Array.from({ length: count }, () => (faults.choose('GET', '/a').fault === undefined ? '.' : 'x')).join('');

  it.each([
    ['always', {}, 'xxxxxx'],
    ['so many times', { times: 2 }, 'xx....'],
    ['after so many', { after: 2 }, '..xxxx'],
    ['both', { after: 1, times: 2 }, '.xx...'],
    ['never', { probability: 0 }, '......'],
    ['another method', { method: 'PUT' }, '......'],
    ['another path', { path: '/b' }, '......'],
  ])('%s', (_name, rule, expected) => {
    expect(chosen(createFaultSwitch([{ ...rule, fault: failing }]), 6)).toBe(expected);
  });

  it('repeats by seed', () => {
    const rules = [{ probability: 0.5, fault: failing }];
    const first = chosen(createFaultSwitch(rules, 7), 200);
    expect(chosen(createFaultSwitch(rules, 7), 200)).toBe(first);
    expect(chosen(createFaultSwitch(rules, 8), 200)).not.toBe(first);
    expect([...first].filter((mark) => mark === 'x').length).toBeGreaterThan(70);
  });

  it('adds up latency and takes the first other fault', () => {
    const faults = createFaultSwitch([
      { fault: { kind: 'latency', ms: 5 } },
      { fault: { kind: 'latency', ms: 7 } },
      { fault: { kind: 'malformed' } },
      { fault: failing },
    ]);
    expect(faults.choose('GET', '/a')).toEqual({ latency: 12, fault: { kind: 'malformed' } });
  });

  it.each([
    [undefined, '/a/b', true],
    ['/**', '/a/b', true],
    ['/policies/**', '/policies', true],
    ['/policies/**', '/policies/usage-limits/1', true],
    ['/policies/**', '/policiesx', false],
    ['/policies/*', '/policies/usage-limits', true],
    ['/policies/*', '/policies/usage-limits/1', false],
    ['/a.b', '/axb', false],
    ['/^\\/api-keys\\/[^/]+$/', '/api-keys/1', true],
    ['/^\\/api-keys\\/[^/]+$/', '/api-keys/1/rotate', false],
  ])('%s fits %s: %s', (path, text, expected) => {
    expect(buildPathMatcher(path)(text)).toBe(expected);
  });
});

describe('rules as text', () => {
  it.each([
    [
      'PUT /policies/** 429 p=0.2 retry-after=1',
      {
        method: 'PUT',
        path: '/policies/**',
        probability: 0.2,
        fault: { kind: 'status', status: 429, retryAfter: '1' },
      },
    ],
    [
      'get /** 502 body=html times=3',
      { method: 'GET', path: '/**', times: 3, fault: { kind: 'status', status: 502, body: 'html' } },
    ],
    [
      'POST /policies/* reset when=after after=1',
      { method: 'POST', path: '/policies/*', after: 1, fault: { kind: 'reset', when: 'after' } },
    ],
    ['* /** reset', { path: '/**', fault: { kind: 'reset', when: 'before' } }],
    ['* /** latency ms=250', { path: '/**', fault: { kind: 'latency', ms: 250 } }],
    ['* /** 500 when=after', { path: '/**', fault: { kind: 'status', status: 500, when: 'after' } }],
    ['* /** hang', { path: '/**', fault: { kind: 'hang' } }],
    ['* /** truncated', { path: '/**', fault: { kind: 'truncated' } }],
    ['* /** cut', { path: '/**', fault: { kind: 'cut' } }],
    ['* /** malformed', { path: '/**', fault: { kind: 'malformed' } }],
  ])('%s', (text, rule) => {
    expect(parseFault(text)).toEqual(rule);
  });

  it.each([
    ['PUT /x', /write METHOD PATH FAULT/],
    ['PUT /x boom', /unknown fault "boom"/],
    ['PUT /x 429 p=2', /between 0 and 1/],
    ['PUT /x 429 p=often', /p cannot be "often"/],
    ['PUT /x 429 retry', /has no value/],
    ['PUT /x 429 colour=red', /unknown option "colour"/],
    ['PUT /x reset body=html', /unknown option "body"/],
    ['PUT /x 502 body=xml', /one of json, html, empty/],
  ])('refuses %s', (text, message) => {
    expect(() => parseFault(text)).toThrow(message);
  });
});
