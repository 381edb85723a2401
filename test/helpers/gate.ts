/** A proxy on loopback that holds single requests back, so that a test can act at an exact moment of a run. */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Held {
  /** The request is here, and under way for as long as it is not released. */
  readonly arrived: Promise<void>;
  /** Whoever sent it has gone away. */
  readonly abandoned: Promise<void>;
  release(): void;
}

export interface HoldRule {
  readonly method: string;
  /** Of the path with query, below the base URL. */
  readonly path: RegExp;
  /** Matching requests let through first. Default 0. */
  readonly after?: number;
  /** `before` the service sees it (default), or `after` it took effect and before the answer. */
  readonly when?: 'before' | 'after';
}

export interface Gate {
  /** Like the service's own base URL. */
  readonly url: string;
  /** Holds one request: the next that matches. */
  hold(rule: HoldRule): Held;
  close(): Promise<void>;
}

interface Waiting extends HoldRule {
  left: number;
  readonly arrive: () => void;
  readonly abandon: () => void;
  readonly released: Promise<void>;
}

export async function openGate(serviceUrl: string): Promise<Gate> {
  const service = new URL(serviceUrl);
  let rules: Waiting[] = [];

  function match(method: string, path: string): Waiting | undefined {
    for (const rule of rules) {
      if (rule.method !== method || !rule.path.test(path)) continue;
      if (rule.left-- > 0) continue;
      rules = rules.filter((other) => other !== rule);
      return rule;
    }
    return undefined;
  }

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { method = 'GET', url = '/', headers } = incoming;
    const rule = match(method, url.slice(service.pathname.length));
    if (rule !== undefined) {
      incoming.socket.once('close', rule.abandon);
      if (rule.when !== 'after') {
        rule.arrive();
        await rule.released;
      }
    }
    const forwarded = send({ host: service.hostname, port: service.port, method, path: url, headers });
    forwarded.end(Buffer.concat(chunks));
    const [answer] = (await once(forwarded, 'response')) as [IncomingMessage];
    const body: Buffer[] = [];
    for await (const chunk of answer) body.push(chunk as Buffer);
    if (rule?.when === 'after') {
      rule.arrive();
      await rule.released;
    }
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    outgoing.end(Buffer.concat(body));
  }

  const server = createServer((incoming, outgoing) => {
    // A client that was killed, or a service that has closed: nobody is left to tell.
    pass(incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}${service.pathname}`,
    hold(rule) {
      const arrived = makeSignal();
      const abandoned = makeSignal();
      const released = makeSignal();
      rules.push({
        ...rule,
        left: rule.after ?? 0,
        arrive: arrived.fire,
        abandon: abandoned.fire,
        released: released.promise,
      });
      return { arrived: arrived.promise, abandoned: abandoned.promise, release: released.fire };
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

interface Signal {
  readonly promise: Promise<void>;
  fire(): void;
}

function makeSignal(): Signal {
  let fire = (): void => {};
  const promise = new Promise<void>((resolve) => {
    fire = resolve;
  });
  return { promise, fire: () => fire() };
}
