/** Clients over HTTP: on loopback whoever is there, elsewhere those with a token. */

import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { createMcpHandler, localhostAllowedHostnames } from '@modelcontextprotocol/server';
import { UserError } from '../errors.ts';
import type { ToolPort } from '../tools/tool-port.ts';
import { admitRequest, toolPath } from './gate.ts';
import type { NamedToken } from './read-tokens.ts';
import { createToolServers } from './tool-server.ts';

export interface HttpServing {
  /** Address to listen at. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Names by which it is called, where that is not loopback. */
  readonly allowedHosts: readonly string[];
  readonly tokens: readonly NamedToken[];
}

const largestRequest = 256 * 1024;

/** Until the signal fires. `listening` is told the address. @throws UserError where it may not, or cannot, listen there */
export async function serveToolsOnHttp(
  tools: ToolPort,
  { host, port, allowedHosts, tokens }: HttpServing,
  signal: AbortSignal,
  listening: (url: string) => void,
): Promise<void> {
  const isLocal = localhostAllowedHostnames().includes(host.includes(':') ? `[${host}]` : host);
  if (!isLocal && (tokens.length === 0 || allowedHosts.length === 0)) {
    throw new UserError(`--host ${host}: others can reach it there`, {
      hint: 'Name who may ask with --tokens FILE, and how the server is called with --allow-host NAME.',
    });
  }
  const rules = { hosts: [...(isLocal ? localhostAllowedHostnames() : []), ...allowedHosts], tokens };
  const handler = createMcpHandler(
    createToolServers(tools, (caller) => ({ counted: caller || 'loopback', name: caller || null })),
    { maxRequestBodySize: largestRequest, onerror: (error) => tools.log(error) },
  );
  const answer = async (request: Request): Promise<Response> => {
    const admitted = admitRequest(request, rules);
    if (admitted instanceof Response) return admitted;
    // The token itself goes no further than here.
    return handler.fetch(request, { authInfo: { token: '', clientId: admitted.caller ?? '', scopes: [] } });
  };
  const server = await new Promise<ReturnType<typeof serve>>((resolve, reject) => {
    const opened = serve({ fetch: answer, hostname: host, port }, () => {
      opened.off('error', reject);
      resolve(opened);
    });
    opened.once('error', (error: NodeJS.ErrnoException) =>
      reject(new UserError(`cannot listen at ${host}:${port}: ${error.code ?? 'unknown'}`, { cause: error })),
    );
  });
  const { port: chosen } = server.address() as AddressInfo;
  listening(`http://${host.includes(':') ? `[${host}]` : host}:${chosen}${toolPath}`);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await handler.close();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    if ('closeAllConnections' in server) server.closeAllConnections();
  });
}
