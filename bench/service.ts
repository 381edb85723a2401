/**
 * A service that costs as little as one can: pages made beforehand, answered after a fixed latency. In a process of its own,
 * so that its work is not counted as ours. The emulator validates and computes, which is not what is measured here.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildPages, buildRows, idOf, type Size } from './organisation.ts';

export interface ServiceOptions {
  readonly size: Size;
  /** Milliseconds before every answer. */
  readonly latency: number;
  /** Requests that are answered in one second; the others get 429 and are told to wait one. Default: all. */
  readonly perSecond?: number;
}

export interface Service {
  readonly url: string;
  /** Requests since the last call. */
  takeCount(): Promise<number>;
  close(): void;
}

/** Starts this very bundle again, as the service. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const child = fork(process.argv[1] ?? '', ['serve', JSON.stringify(options)], { execArgv: [] });
  const port = await ask(child, 'port');
  return {
    url: `http://127.0.0.1:${port}/v1`,
    takeCount: () => ask(child, 'count'),
    close: () => child.disconnect(),
  };
}

async function ask(child: ChildProcess, question: string): Promise<number> {
  child.send(question);
  const [answer] = await once(child, 'message');
  return Number(answer);
}

/** The child's side. It ends with its parent. */
export async function serve({ size, latency, perSecond = Number.POSITIVE_INFINITY }: ServiceOptions): Promise<void> {
  const store = createStore(size);
  let count = 0;
  let second = 0;
  let inSecond = 0;
  const countSecond = (): number => {
    const now = Math.floor(performance.now() / 1000);
    inSecond = now === second ? inSecond + 1 : 1;
    second = now;
    return inSecond;
  };
  const server = createServer((request, response) => {
    count += 1;
    const due = performance.now() + latency;
    const isOver = countSecond() > perSecond;
    void readBody(request).then((body) => {
      const reply = isOver ? () => refuse(response) : () => answer(store, request, body, response);
      setTimeout(reply, Math.max(0, due - performance.now()));
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.on('message', (question) => {
    process.send?.(question === 'port' ? (server.address() as AddressInfo).port : count);
    count = 0;
  });
  process.on('disconnect', () => process.exit(0));
}

function refuse(response: ServerResponse): void {
  response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '1' });
  response.end('{"success":false,"data":{"message":"too many requests"}}');
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}

type Policy = Record<string, unknown>;

interface Store {
  readonly pages: ReadonlyMap<string, Buffer>;
  /** Usage policies can be written; their lists are made anew after a write. */
  readonly policies: Map<string, Policy>;
  readonly written: Set<string>;
  next: number;
}

function createStore(size: Size): Store {
  const rows = buildRows(size);
  const pages = new Map([...buildPages(rows)].map(([path, text]) => [path, Buffer.from(text)] as const));
  const policies = new Map<string, Policy>();
  for (const row of [...rows.usagePolicies.values()].flat()) policies.set(String(row.id), { ...row });
  return { pages, policies, written: new Set(), next: policies.size };
}

const policyPath = '/policies/usage-limits';

function answer(store: Store, request: IncomingMessage, body: string, response: ServerResponse): void {
  const path = (request.url ?? '').slice('/v1'.length);
  const text = request.method === 'GET' ? read(store, path) : write(store, request.method ?? '', path, body);
  response.writeHead(text === undefined ? 404 : 200, { 'content-type': 'application/json' });
  response.end(text ?? '{}');
}

function read(store: Store, path: string): Buffer | string | undefined {
  const url = new URL(path, 'http://service');
  const workspace = url.searchParams.get('workspace_id') ?? '';
  if (url.pathname !== policyPath || !store.written.has(workspace)) {
    const page = store.pages.get(path);
    if (page !== undefined) return page;
    const policy = store.policies.get(url.pathname.slice(policyPath.length + 1));
    return policy === undefined ? undefined : JSON.stringify(policy);
  }
  const rows = [...store.policies.values()].filter((row) => row.workspace_id === workspace);
  const start = Number(url.searchParams.get('current_page')) * 100;
  return JSON.stringify({ object: 'list', total: rows.length, data: rows.slice(start, start + 100) });
}

function write(store: Store, method: string, path: string, text: string): string | undefined {
  const body = text === '' ? {} : (JSON.parse(text) as Policy);
  const id = method === 'POST' ? idOf(2, store.next++) : path.slice(policyPath.length + 1);
  const old = store.policies.get(id);
  if (method === 'DELETE') store.policies.delete(id);
  else store.policies.set(id, { ...old, ...body, id, status: 'active' });
  store.written.add(String(old?.workspace_id ?? body.workspace_id));
  return JSON.stringify({ id });
}
