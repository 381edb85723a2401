import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { type Client, type ClientOptions, createClient } from '../../src/client/client.ts';
import type { Timing } from '../../src/client/retry.ts';
import { CancelledError } from '../../src/errors.ts';

/** The last first. */
export function onClose(close: () => unknown): void {
  onTestFinished(async () => void (await close()));
}

export const apiKey = 'pk-S3cret+key/for=tests';

export interface Seen {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Handler = (seen: Seen, response: ServerResponse, count: number) => unknown;

export interface Loopback {
  readonly baseUrl: string;
  readonly port: number;
  readonly seen: readonly Seen[];
  /** Most requests that were under way at once. */
  readonly busiest: () => number;
}

/** A service made of one handler; `count` is the number of this request, from 1. A returned value is sent as JSON. */
export async function serve(handler: Handler): Promise<Loopback> {
  const seen: Seen[] = [];
  let busy = 0;
  let busiest = 0;
  const server = createServer(async (request, response) => {
    busiest = Math.max(busiest, ++busy);
    response.on('close', () => busy--);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '/', 'http://loopback');
    const entry = {
      method: request.method ?? '',
      url,
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    };
    seen.push(entry);
    const value = await handler(entry, response, seen.length);
    if (value === undefined || response.headersSent || response.destroyed) return;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onClose(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { baseUrl: `http://127.0.0.1:${port}/v1`, port, seen, busiest: () => busiest };
}

export function answer(
  response: ServerResponse,
  status: number,
  body = '',
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, headers).end(body);
}

export interface FakeTiming extends Timing {
  readonly slept: readonly number[];
}

/** Time that passes only by sleeping, and dice that always show the most. */
export function fakeTiming(): FakeTiming {
  const slept: number[] = [];
  let now = Date.parse('2026-08-01T00:00:00Z');
  return {
    slept,
    now: () => now,
    random: () => 1,
    async sleep(ms, signal) {
      slept.push(ms);
      now += ms;
      if (signal?.aborted) throw new CancelledError('cancelled');
    },
  };
}

export function connect(loopback: Pick<Loopback, 'baseUrl'>, options: Partial<ClientOptions> = {}): Client {
  const client = createClient({ baseUrl: loopback.baseUrl, apiKey, timing: fakeTiming(), ...options });
  onClose(() => client.close());
  return client;
}

/** The error a promise rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<Error> {
  const error = await promise.then(
    () => new Error('did not reject'),
    (caught: unknown) => caught,
  );
  return error instanceof Error ? error : new Error(String(error));
}
