import { connect as connectSocket, createServer } from 'node:net';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { checkBaseUrl } from '../../src/client/base-url.ts';
import { openConnection } from '../../src/client/request.ts';
import { CancelledError, UserError } from '../../src/errors.ts';
import { answer, apiKey, connect, failureOf, onClose, serve } from './loopback.ts';

describe('the base URL', () => {
  test.each([
    ['https://api.portkey.ai/v1', 'https://api.portkey.ai/v1'],
    [' https://portkey.example.com:8443/a/v2// ', 'https://portkey.example.com:8443/a/v2'],
    ['http://127.0.0.1:8788/v1', 'http://127.0.0.1:8788/v1'],
    ['http://localhost:8788', 'http://localhost:8788'],
    ['http://[::1]:8788/v1', 'http://[::1]:8788/v1'],
  ])('%j is used as %s', (text, url) => {
    expect(checkBaseUrl(text)).toBe(url);
  });

  test.each([
    'http://api.portkey.ai/v1',
    'http://127.0.0.1.example.com/v1',
    'http://localhost.example.com/v1',
    'http://128.0.0.1/v1',
    'ftp://127.0.0.1/v1',
    'api.portkey.ai/v1',
    '',
    'https://user:pass@api.portkey.ai/v1',
    'https://api.portkey.ai/v1?x=1',
  ])('%j is refused', (text) => {
    expect(() => checkBaseUrl(text)).toThrow(UserError);
  });

  test('is not repeated when it looks like a key', () => {
    expect(() => checkBaseUrl('pk_live_abcdef')).toThrow('14 characters');
  });
});

test('a request carries key, user agent and JSON, below the prefix, over kept connections', async () => {
  const ports = new Set<number | undefined>();
  const loopback = await serve((_seen, response) => {
    ports.add(response.socket?.remotePort);
    return {};
  });
  const client = connect(loopback, { apiKey: ` ${apiKey}\n`, userAgent: 'tollgate/0.1.0' });
  await client.updateKey('id/with slash', { usage_limits: null });
  await client.updateKey('b', {});
  expect(loopback.seen[0]).toMatchObject({
    method: 'PUT',
    body: '{"usage_limits":null}',
    headers: { 'x-portkey-api-key': apiKey, 'user-agent': 'tollgate/0.1.0', 'content-type': 'application/json' },
  });
  expect(loopback.seen[0]?.url.pathname).toBe('/v1/api-keys/id%2Fwith%20slash');
  for (let again = 0; again < 6; again++) await client.updateKey('c', {});
  // undici alternates between two when a body ends late; eight would be one each.
  expect(ports.size).toBeLessThanOrEqual(2);
});

test.each(['', 'two words', 'kéy', 'a\nb'])('the key %j is refused without being repeated', (key) => {
  const error = (() => {
    try {
      openConnection({ baseUrl: 'http://127.0.0.1/v1', apiKey: key });
    } catch (caught) {
      return caught;
    }
  })();
  expect(error).toBeInstanceOf(UserError);
  if (key !== '') expect(inspect(error)).not.toContain(key);
});

describe('an error answer', () => {
  const html = '<!doctype html><html><body>Bad Gateway</body></html>';
  test.each([
    [
      400,
      { errorCode: 'AB01', message: 'Validation failed', error_details: { param: 'name', location: 'body' } },
      'AB01',
      'Validation failed (name in body)',
    ],
    [403, { success: false, data: { message: 'not allowed', errorCode: 'AB03' } }, 'AB03', 'not allowed'],
    [
      400,
      { status_code: 400, success: false, error: { message: 'bad', slug: 's', code: 'AB02', type: 't' } },
      'AB02',
      'bad',
    ],
    [404, { error: 'Model not found' }, undefined, 'Model not found'],
    [401, { success: false, data: { message: 'Unauthorised Request' } }, undefined, 'Unauthorised Request'],
    [409, '', undefined, undefined],
    [400, 'plain words', undefined, 'plain words'],
    [400, 'null', undefined, undefined],
    [400, '{"errorCode": "AB0', undefined, '{"errorCode": "AB0'],
    [501, html, undefined, 'an HTML page, not an answer of the API'],
  ])('%s with %j', async (status, body, code, detail) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const loopback = await serve((_seen, response) => answer(response, status, text));
    const error = await failureOf(connect(loopback).updateKey('k', {}));
    expect(error).toMatchObject({ name: 'ServiceError', status, code, detail, method: 'PUT', path: '/api-keys/k' });
    expect(error).toMatchObject({ maybeApplied: false });
    expect(error.message).toContain(`PUT /api-keys/k answered ${status}${code === undefined ? '' : ` ${code}`}`);
    expect(loopback.seen).toHaveLength(1);
  });

  test('mistakes-C10: 404 at an address without the path prefix says so, and what it may have to be', async () => {
    const loopback = await serve((_seen, response) => answer(response, 404, ''));
    const bare = new URL(loopback.baseUrl).origin;
    const detail = `is it ${bare}/v1? Set PORTKEY_BASE_URL`;
    expect((await failureOf(connect({ ...loopback, baseUrl: bare }).readKey('k'))).message).toContain(detail);
    // With one, an object is gone and nothing else is wrong.
    expect((await failureOf(connect({ ...loopback, baseUrl: `${bare}/v1` }).readKey('k'))).message).not.toContain(
      'prefix',
    );
  });

  test('is shortened, and its control characters are made harmless', async () => {
    const text = JSON.stringify({ message: `\u001b[31mred\u0007\nnext ${'x'.repeat(10_000)}` });
    const loopback = await serve((_seen, response) => answer(response, 400, text));
    const error = await failureOf(connect(loopback).readKey('k'));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left
    expect(error.message).not.toMatch(/[\x00-\x1f\x7f]/);
    expect(error.message).toContain('\\u{1b}[31mred');
    expect(error.message.length).toBeLessThan(500);
  });

  test('never shows the key, however it is echoed', async () => {
    const spellings = [apiKey, encodeURIComponent(apiKey), Buffer.from(apiKey).toString('base64')];
    for (const [status, type] of [
      [400, 'application/json'],
      [502, 'text/plain'],
      [200, 'text/plain'],
      [302, 'text/html'],
    ] as const) {
      const echo = spellings.join(' ');
      const body = type === 'application/json' ? JSON.stringify({ message: echo, errorCode: apiKey }) : echo;
      const loopback = await serve((_seen, response) =>
        answer(response, status, body, { 'content-type': type, location: `/x?key=${encodeURIComponent(apiKey)}` }),
      );
      const error = await failureOf(connect(loopback, { tries: 1 }).readKey(apiKey));
      expect(error.name).toBe('ServiceError');
      const shown = inspect(error, { depth: 10, showHidden: true });
      for (const spelling of spellings) expect(shown).not.toContain(spelling);
    }
  });

  test('says what 401 and 403 may mean, with the scope', async () => {
    for (const [status, said] of [
      [401, 'invalid or revoked'],
      [403, 'organisation admin key'],
    ] as const) {
      const loopback = await serve((_seen, response) => answer(response, status));
      const error = await failureOf(connect(loopback).listUsagePolicies('w'));
      expect(error.message).toContain(said);
      expect(error.message).toContain('policies.list');
    }
  });

  test('that redirects is not followed', async () => {
    const loopback = await serve((_seen, response) =>
      answer(response, 307, '', { location: 'http://127.0.0.1:1/elsewhere' }),
    );
    const error = await failureOf(connect(loopback).updateKey('k', {}));
    expect(error).toMatchObject({ status: 307, maybeApplied: false });
    expect(loopback.seen).toHaveLength(1);
  });
});

describe('a 2xx answer', () => {
  test.each(['', '{}', 'null', '<html>', '{"trunc'])('of a write is never parsed: %j', async (body) => {
    const loopback = await serve((_seen, response) => answer(response, 200, body));
    const client = connect(loopback);
    await client.updateKey('k', {});
    await client.deletePolicy('usage-policy', 'p');
  });

  test('of a write counts even when the body is cut off', async () => {
    const loopback = await serve((_seen, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{');
      setTimeout(() => response.destroy(), 20);
    });
    await connect(loopback).updateKey('k', {});
    expect(loopback.seen).toHaveLength(1);
  });

  test.each(['{"id": "k", "na', '', '<html>hello</html>'])(
    'that is not JSON is an error, asked for once: %j',
    async (body) => {
      const loopback = await serve((_seen, response) => answer(response, 200, body));
      const client = connect(loopback);
      expect(await failureOf(client.readKey('k'))).toMatchObject({ status: 200, maybeApplied: false });
      expect(await failureOf(client.createPolicy('usage-policy', {}))).toMatchObject({
        status: 200,
        maybeApplied: true,
      });
      expect(loopback.seen).toHaveLength(2);
    },
  );

  test('that is too large is an error, asked for once', async () => {
    const loopback = await serve(() => ({ id: 'k', name: 'x'.repeat(5_000) }));
    const error = await failureOf(connect(loopback, { maxBodyBytes: 1_000 }).readKey('k'));
    expect(error.message).toContain('too large');
    expect(loopback.seen).toHaveLength(1);
  });
});

describe('a connection', () => {
  test('refused names the base URL, and a write was certainly not applied', async () => {
    const error = await failureOf(connect({ baseUrl: 'http://127.0.0.1:1/v1' }).createPolicy('usage-policy', {}));
    expect(error).toMatchObject({ name: 'ServiceError', status: undefined, maybeApplied: false });
    expect(error.message).toContain('cannot reach http://127.0.0.1:1/v1: connection refused');
  });

  test('to an unknown host names the base URL', async () => {
    const error = await failureOf(
      connect({ baseUrl: 'https://no-such-host.invalid/v1' }).createPolicy('usage-policy', {}),
    );
    expect(error).toMatchObject({ name: 'ServiceError', maybeApplied: false });
    expect(error.message).toContain('cannot reach https://no-such-host.invalid/v1');
  });

  test.each([
    ['before the answer', (socket: { destroy(): void }) => socket.destroy()],
    ['within the headers', (socket: { end(text: string): void }) => socket.end('HTTP/1.1 200 OK\r\ncontent-le')],
    [
      'within the body',
      (socket: { end(text: string): void }) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{"id"'),
    ],
  ])('cut %s leaves doubt about a POST, which is not sent again', async (_, cut) => {
    let requests = 0;
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        requests++;
        cut(socket);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onClose(() => server.close());
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const client = connect({ baseUrl: `http://127.0.0.1:${port}/v1` });
    expect(await failureOf(client.createPolicy('rate-policy', {}))).toMatchObject({
      name: 'ServiceError',
      maybeApplied: true,
    });
    expect(requests).toBe(1);
    expect(await failureOf(client.readKey('k'))).toMatchObject({ maybeApplied: false });
    expect(requests).toBe(6);
  });

  test.each([
    ['headers', { headers: 30 }],
    ['in all', { total: 30 }],
  ])('that never answers runs out of time: %s', async (_, timeouts) => {
    const loopback = await serve(() => undefined);
    const client = connect(loopback, { timeouts });
    expect(await failureOf(client.createPolicy('usage-policy', {}))).toMatchObject({
      name: 'ServiceError',
      maybeApplied: true,
    });
    expect(loopback.seen).toHaveLength(1);
  });

  test('that stops in mid-body runs out of time', async () => {
    const loopback = await serve((_seen, response) => void response.writeHead(200).write('{"id":'));
    const error = await failureOf(connect(loopback, { timeouts: { total: 300 }, tries: 2 }).readKey('k'));
    expect(error).toMatchObject({ name: 'ServiceError' });
    expect(loopback.seen).toHaveLength(2);
  });
});

describe('cancelling', () => {
  test('lets a write that is under way come to its answer, and sends it no second time', async () => {
    for (const status of [200, 503]) {
      const controller = new AbortController();
      const loopback = await serve((_seen, response) => {
        controller.abort();
        setTimeout(() => answer(response, status), 10);
      });
      const writing = connect(loopback, { signal: controller.signal }).updateKey('k', {});
      if (status === 200) await writing;
      else expect(await failureOf(writing)).toMatchObject({ name: 'ServiceError', status, maybeApplied: true });
      expect(loopback.seen).toHaveLength(1);
    }
  });

  test('ends what is under way, what waits for its turn, and what comes after', async () => {
    const controller = new AbortController();
    const loopback = await serve(() => void setTimeout(() => controller.abort(), 10));
    const client = connect(loopback, { signal: controller.signal, concurrency: 1 });
    const results = await Promise.all([failureOf(client.readKey('a')), failureOf(client.updateKey('b', {}))]);
    results.push(await failureOf(client.readKey('c')));
    for (const error of results) expect(error).toBeInstanceOf(CancelledError);
    expect(loopback.seen).toHaveLength(1);
  });
});

describe('a proxy', () => {
  /** Answers CONNECT by `open`, and keeps what it was asked. */
  async function serveProxy(status: string) {
    const asked: string[] = [];
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (data) => {
        asked.push(data.toString());
        if (status !== '200 OK') return socket.end(`HTTP/1.1 ${status}\r\n\r\n`);
        const far = connectSocket(1, '127.0.0.1').on('error', () => socket.destroy());
        socket.pipe(far);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onClose(() => server.close());
    const address = server.address();
    return { asked, url: `http://me:pa55word@127.0.0.1:${typeof address === 'object' ? address?.port : 0}` };
  }

  test('is asked for a tunnel, without the key; its refusal is one clear message', async () => {
    const proxy = await serveProxy('407 Proxy Authentication Required');
    const client = connect(
      { baseUrl: 'https://api.example.test/v1' },
      { proxies: { httpsProxy: proxy.url }, tries: 1 },
    );
    const error = await failureOf(client.readKey('k'));
    expect(proxy.asked[0]).toMatch(/^CONNECT api\.example\.test:443 /);
    expect(proxy.asked[0]).toContain(`Basic ${Buffer.from('me:pa55word').toString('base64')}`);
    expect(proxy.asked[0]).not.toContain(apiKey);
    expect(error.message).toContain('cannot reach https://api.example.test/v1: the proxy refused');
    expect(inspect(error, { depth: 10 })).not.toContain('pa55word');
  });

  test.each([
    ['NO_PROXY names the host', 'https://no-such-host.invalid/v1', 'other.test,no-such-host.invalid'],
    ['the host is loopback', 'https://127.0.0.1:1/v1', undefined],
  ])('is left out when %s', async (_, baseUrl, noProxy) => {
    const proxy = await serveProxy('200 OK');
    const client = connect({ baseUrl }, { proxies: { httpsProxy: proxy.url, noProxy }, tries: 1 });
    expect(await failureOf(client.readKey('k'))).toMatchObject({ name: 'ServiceError' });
    expect(proxy.asked).toEqual([]);
  });

  test('with a senseless address is the user to put right, and not repeated', () => {
    const open = () => connect({ baseUrl: 'https://api.example.test/v1' }, { proxies: { httpsProxy: 'pa55word@@:x' } });
    expect(open).toThrow(UserError);
    expect(open).not.toThrow('pa55word');
  });
});
