/** Keys planted wherever one may stray, and a search through all that is left behind. */

import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'vitest';

/** What an admin key may look like; no rule about secrets would know the second. */
export const shapes = [
  'sk-live-9f8e7d6c5b4a39281706',
  'horse battery'.replace(' ', '-'),
  'cG9ydGtleS1hZG1pbg+/x9Zt==',
  'pk"with\\quotes<&>%41/9',
] as const;

/** Every spelling in which a key would still be one. */
function spellings(key: string): string[] {
  const base64 = Buffer.from(key).toString('base64');
  return [
    key,
    encodeURIComponent(key),
    base64,
    base64.replace(/=+$/, ''),
    Buffer.from(key).toString('base64url'),
    JSON.stringify(key).slice(1, -1),
    Buffer.from(key).toString('hex'),
  ];
}

export function expectNowhere(key: string, texts: Readonly<Record<string, string>>): void {
  const found = Object.entries(texts).flatMap(([place, text]) =>
    spellings(key).flatMap((spelling) => (text.includes(spelling) ? [`${place}: …${around(text, spelling)}…`] : [])),
  );
  expect(found).toEqual([]);
}

function around(text: string, part: string): string {
  const at = text.indexOf(part);
  return text.slice(Math.max(0, at - 60), at + part.length + 20);
}

/** Every file below a folder. */
export function readAll(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(paths.map((path) => [path, readFileSync(path, 'latin1')]));
}

export interface Echo {
  readonly url: string;
  close(): Promise<void>;
}

type Answer = (
  key: string,
  request: IncomingMessage,
) => { readonly status: number; readonly type: string; readonly body: string };

/** A service that repeats the key in its answers; where `answer` is null for a request, the real one is asked. */
export async function startEcho(
  behind: string,
  answer: (method: string, path: string) => Answer | null,
): Promise<Echo> {
  const service = new URL(behind);
  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { method = 'GET', url = '/', headers } = incoming;
    const made = answer(method, url);
    if (made !== null) {
      const { status, type, body } = made(String(headers['x-portkey-api-key']), incoming);
      outgoing.writeHead(status, { 'content-type': type, 'x-echo': 'yes' });
      outgoing.end(body);
      return;
    }
    const forwarded = send({ host: service.hostname, port: service.port, method, path: url, headers });
    forwarded.end(Buffer.concat(chunks));
    const [reply] = (await once(forwarded, 'response')) as [IncomingMessage];
    const body: Buffer[] = [];
    for await (const chunk of reply) body.push(chunk as Buffer);
    outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
    outgoing.end(Buffer.concat(body));
  };
  const server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${service.pathname}`,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
