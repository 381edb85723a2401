/** One try, over a dispatcher that is not a socket: what becomes of it when it fails or is cancelled, and what is never let through. */

import { type Dispatcher, MockAgent } from 'undici';
import { describe, expect, test } from 'vitest';
import { createBlanker } from '../../src/blank-secrets.ts';
import type { ApiRequest } from '../../src/client/failure.ts';
import { openConnection } from '../../src/client/request.ts';
import { CancelledError } from '../../src/errors.ts';
import { apiKey } from './loopback.ts';

const origin = 'https://api.example.com';

type Reply = (options: Dispatcher.DispatchOptions) => void;

/** Answers as the handler says; it fails where that throws. */
function open(
  method: ApiRequest['method'],
  reply: { body?: unknown; status?: number; error?: Error; first?: Reply },
  signal?: AbortSignal,
) {
  const agent = new MockAgent();
  agent.disableNetConnect();
  const intercept = agent.get(origin).intercept({ path: () => true, method });
  const { body = {}, status = 200, error } = reply;
  if (error !== undefined) intercept.replyWithError(error);
  else intercept.reply(status, body as object, { headers: { 'content-type': 'application/json' } });
  const dispatcher = agent.compose((dispatch) => (options, handler) => {
    reply.first?.(options);
    return dispatch(options, handler);
  });
  return openConnection({
    baseUrl: `${origin}/v1`,
    apiKey,
    dispatcher: dispatcher as Dispatcher,
    ...(signal === undefined ? {} : { signal }),
  });
}

const codeError = (code: string) => Object.assign(new Error(code), { code });

describe('a run that is cancelled while a request is under way', () => {
  const cut = (method: ApiRequest['method']) => {
    const controller = new AbortController();
    const connection = open(
      method,
      { error: codeError('ECONNRESET'), first: () => controller.abort() },
      controller.signal,
    );
    return connection.attempt({ method, path: '/x' });
  };

  test.each(['PUT', 'POST', 'DELETE'] as const)(
    'learns that a %s that was cut off may have had an effect',
    async (method) => {
      expect(await cut(method)).toMatchObject({ ok: false, error: { maybeApplied: true } });
    },
  );

  test('ends what only reads', async () => {
    await expect(cut('GET')).rejects.toBeInstanceOf(CancelledError);
  });

  test('begins nothing more', async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(open('PUT', {}, controller.signal).attempt({ method: 'PUT', path: '/x' })).rejects.toBeInstanceOf(
      CancelledError,
    );
  });
});

describe('whether a write that failed may have had an effect', () => {
  test.each([
    ['ECONNREFUSED', false],
    ['ENOTFOUND', false],
    ['CERT_HAS_EXPIRED', false],
    ['UND_ERR_CONNECT_TIMEOUT', false],
    ['ECONNRESET', true],
    ['UND_ERR_HEADERS_TIMEOUT', true],
    ['UND_ERR_SOCKET', true],
    ['SOMETHING_NEW', true],
  ])('%s: %s', async (code, maybeApplied) => {
    expect(await open('POST', { error: codeError(code) }).attempt({ method: 'POST', path: '/x' })).toMatchObject({
      error: { maybeApplied },
    });
  });

  test('without a code that anybody knows: it may', async () => {
    const result = await open('POST', { error: new Error('odd') }).attempt({ method: 'POST', path: '/x' });
    expect(result).toMatchObject({ error: { maybeApplied: true } });
  });

  test.each([
    [400, false, false],
    [429, false, true],
    [500, true, true],
    [501, false, false],
    [503, true, true],
  ])('answered %i: %s; worth another try: %s', async (status, maybeApplied, transient) => {
    const result = await open('POST', { status }).attempt({ method: 'POST', path: '/x' });
    expect(result).toMatchObject({ transient, error: { maybeApplied } });
  });
});

describe('the key', () => {
  test('in what is read is blanked: somebody may have pasted it into a name', async () => {
    const result = await open('GET', { body: { data: [{ name: `mine is ${apiKey}` }] } }).attempt({
      method: 'GET',
      path: '/x',
    });
    expect(JSON.stringify(result)).not.toContain(apiKey);
    expect(result).toMatchObject({ ok: true, body: { data: [{ name: 'mine is [key]' }] } });
  });

  // Of lengths that base64 fills up with none, one and two signs.
  test.each(['twelve-signs', 'thirteen-sign', 'fourteen-signs', '????>>>>abcde'])(
    'is blanked whole, in every spelling: %s',
    (secret) => {
      const base64 = Buffer.from(secret).toString('base64');
      for (const spelling of [secret, base64, base64.replace(/=+$/, ''), Buffer.from(secret).toString('hex')]) {
        expect(createBlanker(secret)(`(${spelling})`)).toBe('([key])');
      }
    },
  );

  test('that begins like another secret leaves nothing of that one', () => {
    expect(createBlanker('secret-one', 'secret-one-and-more')('it is secret-one-and-more')).toBe('it is [key]');
  });
});
