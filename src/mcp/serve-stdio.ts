/** One client at the other end of a pipe. */

import process from 'node:process';
import type { Readable, Writable } from 'node:stream';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import type { ToolPort } from '../tools/tool-port.ts';
import { createToolServers } from './tool-server.ts';

export interface StdioStreams {
  readonly input: Readable;
  readonly output: Writable;
}

/** Until the client closes its end, or the signal fires. */
export async function serveToolsOnStdio(
  port: ToolPort,
  signal: AbortSignal,
  { input, output }: StdioStreams = { input: process.stdin, output: process.stdout },
): Promise<void> {
  const transport = new StdioServerTransport(input, output);
  const handle = serveStdio(
    createToolServers(port, () => ({ counted: 'stdio', name: null })),
    { transport, onerror: (error) => port.log(error) },
  );
  const { onclose } = transport;
  const closed = new Promise<void>((resolve) => {
    transport.onclose = () => {
      onclose?.();
      resolve();
    };
  });
  const abort = (): void => void handle.close();
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  await closed;
  signal.removeEventListener('abort', abort);
}
