/** The client's end of two pipes: the messages of stdio without a process. */

import type { Readable, Writable } from 'node:stream';
import type { Transport } from '@modelcontextprotocol/client';

export function pipeTransport(input: Readable, output: Writable): Transport {
  let rest = '';
  const transport: Transport = {
    async start() {
      input.on('data', (chunk: Buffer) => {
        const lines = (rest + chunk.toString()).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line.trim() !== '') transport.onmessage?.(JSON.parse(line));
      });
    },
    async send(message) {
      output.write(`${JSON.stringify(message)}\n`);
    },
    async close() {
      output.end();
      transport.onclose?.();
    },
  };
  return transport;
}
