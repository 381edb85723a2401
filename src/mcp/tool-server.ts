/** The protocol's side of the tools: one server an exchange, made of a port that knows the answers. */

import { type McpServerFactory, ProtocolError, ProtocolErrorCode, Server } from '@modelcontextprotocol/server';
import type { PortCaller, ToolPort } from '../tools/tool-port.ts';

/** Both eras of the protocol are served by what this makes. `callerOf` tells whose calls are counted together. */
export function createToolServers(
  port: ToolPort,
  callerOf: (name: string | undefined) => Pick<PortCaller, 'counted' | 'name'>,
): McpServerFactory {
  return ({ authInfo }) => {
    const caller = callerOf(authInfo?.clientId);
    const server = new Server(
      { name: 'tollgate', title: 'tollgate', version: port.version },
      { capabilities: { tools: {} }, instructions: port.instructions },
    );
    // The schema is advertised and not enforced here: what does not fit is answered in the form of every other failure.
    server.setRequestHandler('tools/list', () => ({ tools: [...port.list()] }));
    server.setRequestHandler('tools/call', async ({ params }) => {
      const answered = await port.call(params.name, params.arguments, {
        ...caller,
        client: describeClient(server.getClientVersion()),
      });
      if ('unknown' in answered) throw new ProtocolError(ProtocolErrorCode.InvalidParams, answered.unknown);
      const { envelope } = answered;
      const text = JSON.stringify(envelope);
      return { content: [{ type: 'text', text }], structuredContent: { ...envelope }, isError: !envelope.ok };
    });
    return server;
  };
}

/** As it calls itself; null: it does not. */
function describeClient(client: { readonly name: string; readonly version: string } | undefined): string | null {
  return client === undefined ? null : `${client.name} ${client.version}`.slice(0, 100);
}
