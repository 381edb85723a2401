/** A ClickHouse over HTTP: what is sent, what comes back in pieces, and what is never told. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectClickHouse } from '../../src/client/clickhouse-http.ts';

const password = 'a-password-nobody-repeats';

async function serve(answer: (request: IncomingMessage, response: ServerResponse, sql: string) => void) {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => answer(request, response, Buffer.concat(parts).toString('utf8')));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function connect(url: string, signal = new AbortController().signal) {
  const connection = connectClickHouse({ url, user: 'ana', password, proxies: {}, userAgent: 'test', signal });
  onTestFinished(() => connection.close());
  return async (sql: string): Promise<string[]> => {
    const lines: string[] = [];
    for await (const line of connection.lines(sql)) lines.push(line);
    return lines;
  };
}

describe('a question to ClickHouse', () => {
  it('goes out as a body, with the user in headers, and comes back line by line', async () => {
    const heard: (string | undefined)[] = [];
    const ask = connect(
      await serve((request, response, sql) => {
        const { 'x-clickhouse-user': user, 'x-clickhouse-key': key } = request.headers;
        heard.push(request.method, request.url, String(user), String(key), sql);
        response.write('1\ta\n2\t');
        response.end('b\n');
      }),
    );
    expect(await ask('SELECT 1')).toEqual(['1\ta', '2\tb']);
    expect(heard).toEqual(['POST', '/', 'ana', password, 'SELECT 1 FORMAT TabSeparated']);
  });

  it('is answered once the answer is whole, where that is asked for', async () => {
    const heard: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      heard.push(request.url);
      response.end('1\n');
    });
    const connection = connectClickHouse({
      ...{ url, proxies: {}, userAgent: 'test', signal: new AbortController().signal },
    });
    onTestFinished(() => connection.close());
    for await (const _ of connection.lines('SELECT 1', { isWhole: true }));
    for await (const _ of connection.lines('SELECT 1'));
    expect(heard).toEqual(['/?wait_end_of_query=1', '/']);
  });

  it('is refused in the words of the server, without the password', async () => {
    const url = await serve((_, response) =>
      response
        .writeHead(500)
        .end(`Code: 193, e.displayText() = DB::Exception: Wrong password ${password} for user ana`),
    );
    await expect(connect(url)('SELECT 1')).rejects.toMatchObject({
      name: 'UserError',
      exit: 'unreachable',
      message: expect.stringContaining('answered 500: Code: 193'),
      hint: expect.stringContaining('TOLLGATE_CLICKHOUSE_USER'),
    });
    await expect(connect(url)('SELECT 1')).rejects.not.toThrow(password);
  });

  it('is not answered where the answer breaks off, or leads elsewhere', async () => {
    const broken = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('1\n');
      response.socket?.destroy();
    });
    await expect(connect(broken)('SELECT 1')).rejects.toThrow('breaks off');
    const elsewhere = await serve((_, response) => response.writeHead(302, { location: 'http://example.com/' }).end());
    await expect(connect(elsewhere)('SELECT 1')).rejects.toThrow('answered 302');
  });

  it('ends with the run', async () => {
    const controller = new AbortController();
    const url = await serve(() => controller.abort());
    await expect(connect(url, controller.signal)('SELECT 1')).rejects.toMatchObject({ name: 'CancelledError' });
  });

  it.each([
    ['http://clickhouse.example.com:8123', 'in the clear'],
    [`https://ana:${password}@clickhouse.example.com`, 'user name or password'],
    ['https://clickhouse.example.com/?database=x', 'query or fragment'],
    ['clickhouse.example.com:8123', 'not an http'],
  ])('is not asked of %s', (url, said) => {
    expect(() => connect(url)).toThrow(said);
    expect(() => connect(url)).not.toThrow(password);
  });
});
