/** A bare repository served over loopback HTTP as a host of repositories does it: tokens, and a rule about who may push what. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';

/** Nobody's; the refusal repeats it. */
export const echoedToken = 'echo_0sample0token';

export interface GitRequest {
  readonly path: string;
  /** One for each header of authorization: two are refused by the large hosts. */
  readonly tokens: readonly string[];
}

export interface GitHttpOptions {
  readonly bareDir: string;
  /** Tokens that may read and push. */
  readonly tokens: readonly string[];
  /** A branch that one token alone may push to, as a ruleset with one App in its bypass list. */
  readonly guarded?: { readonly ref: string; readonly token: string };
}

export interface GitHttp {
  /** Without user name and password. */
  readonly url: string;
  /** Hands out the requests so far and forgets them. */
  takeRequests(): readonly GitRequest[];
  close(): Promise<void>;
}

export async function startGitHttp({ bareDir, tokens, guarded }: GitHttpOptions): Promise<GitHttp> {
  if (guarded !== undefined) guard(bareDir, guarded.ref);
  const requests: GitRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    void answer(incoming, outgoing).catch(() => outgoing.destroy());
  });

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://localhost');
    const sent = tokensOf(incoming);
    requests.push({ path: pathname, tokens: sent });
    const [token] = sent;
    if (sent.length !== 1 || token === undefined || !tokens.includes(token)) {
      // Git shows what comes with a 403, and not what comes with a 401. A careless proxy repeats all that it was sent.
      outgoing.writeHead(token === echoedToken ? 403 : 401, {
        'www-authenticate': 'Basic realm="Git"',
        'content-type': 'text/plain',
      });
      outgoing.end(`not with ${incoming.rawHeaders.join(' ')} ${sent.join(' ')}\n`);
      return;
    }
    const service = (searchParams.get('service') ?? pathname.split('/').at(-1) ?? '').replace(/^git-/, '');
    if (service !== 'upload-pack' && service !== 'receive-pack') {
      outgoing.writeHead(404).end();
      return;
    }
    const isList = pathname.endsWith('/info/refs');
    const kind = isList ? 'advertisement' : 'result';
    outgoing.writeHead(200, { 'content-type': `application/x-git-${service}-${kind}`, 'cache-control': 'no-cache' });
    const line = `# service=git-${service}\n`;
    const protocol = String(incoming.headers['git-protocol'] ?? '');
    // As the real thing does, version 2 is announced by the answer itself.
    if (isList) outgoing.write(`${(line.length + 4).toString(16).padStart(4, '0')}${line}0000`);
    const mayPush = guarded === undefined || token === guarded.token ? 'yes' : 'no';
    const flags = ['--stateless-rpc', ...(isList ? ['--advertise-refs'] : [])];
    const child = spawn('git', [service, ...flags, bareDir], {
      env: { PATH: process.env.PATH, HOME: bareDir, GIT_PROTOCOL: protocol, TEST_MAY_PUSH: mayPush },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    child.stdin.on('error', () => undefined);
    const body = incoming.headers['content-encoding'] === 'gzip' ? incoming.pipe(createGunzip()) : incoming;
    body.pipe(child.stdin);
    child.stdout.pipe(outgoing);
    await once(child, 'close');
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/example/budgets.git`,
    takeRequests: () => requests.splice(0),
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function tokensOf({ rawHeaders }: IncomingMessage): string[] {
  return rawHeaders.flatMap((name, index) => {
    if (index % 2 === 1 || name.toLowerCase() !== 'authorization') return [];
    const encoded = /^basic (\S+)$/i.exec(rawHeaders[index + 1] ?? '')?.[1] ?? '';
    return [
      Buffer.from(encoded, 'base64')
        .toString('utf8')
        .replace(/^[^:]*:/, ''),
    ];
  });
}

/** `update` runs once for each ref of a push. */
function guard(bareDir: string, ref: string): void {
  const hook = join(bareDir, 'hooks', 'update');
  const rule = `[ "$1" = "${ref}" ] && [ "$TEST_MAY_PUSH" = no ]`;
  writeFileSync(hook, `#!/bin/sh\nif ${rule}; then echo "GH013: Repository rule violations found" >&2; exit 1; fi\n`);
  chmodSync(hook, 0o755);
}
