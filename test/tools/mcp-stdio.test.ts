/** The server for agents over stdio, driven by the official client through pipes. */

import { PassThrough } from 'node:stream';
import { Client } from '@modelcontextprotocol/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runMcp } from '../../src/commands/mcp.ts';
import { startAsker } from '../helpers/ask.ts';
import { pipeTransport } from '../helpers/mcp-pipes.ts';
import { smallState } from '../helpers/state.ts';

async function connect(options: { toolsets?: readonly string[]; readOnly?: boolean } = {}) {
  const asker = await startAsker({ state: smallState() });
  const [toServer, toClient] = [new PassThrough(), new PassThrough()];
  const session = asker.session();
  const { toolsets = [], readOnly = false } = options;
  const common = { dir: 'policies', workspace: [], format: 'text', backend: 'portkey', concurrency: 4 } as const;
  const running = runMcp(
    {
      ...common,
      quiet: false,
      verbose: false,
      toolsets,
      readOnly,
      host: '127.0.0.1',
      allowHost: [],
      streams: { input: toServer, output: toClient },
    },
    session,
  );
  const client = new Client({ name: 'test', version: '0' });
  await client.connect(pipeTransport(toClient, toServer));
  onTestFinished(async () => {
    await client.close();
    await running;
    await asker.close();
  });
  return { client, asker, running, session, toServer };
}

describe('tollgate mcp over stdio', () => {
  it('lists the tools with their schemas, and answers as the tool does', async () => {
    const { client, asker } = await connect();
    const { tools } = await client.listTools();
    const workspaces = tools.find(({ name }) => name === 'list_workspaces');
    expect(workspaces).toMatchObject({
      annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true },
      inputSchema: { type: 'object' },
      outputSchema: { type: 'object' },
    });
    const answer = await client.callTool({ name: 'list_workspaces', arguments: {} });
    expect(answer.structuredContent).toEqual(await asker.call('list_workspaces'));
    expect(answer.content).toEqual([{ type: 'text', text: JSON.stringify(answer.structuredContent) }]);
    expect(answer.isError).toBe(false);
  });

  it('answers arguments that do not fit in the form of every other failure', async () => {
    const { client } = await connect();
    const answer = await client.callTool({ name: 'list_workspaces', arguments: { limt: 2 } });
    expect(answer.isError).toBe(true);
    expect(answer.structuredContent).toMatchObject({ ok: false, error: { code: 'invalid_input' } });
  });

  it('names the nearest tool where there is none of a name', async () => {
    const { client } = await connect();
    await expect(client.callTool({ name: 'list_workspace', arguments: {} })).rejects.toThrow(
      'did you mean "list_workspaces"?',
    );
  });

  it('ends when the client goes away', async () => {
    const { client, running } = await connect();
    await client.close();
    expect(await running).toMatchObject({ exit: 0, output: '' });
  });

  it('ends when it is interrupted', async () => {
    const { session, running } = await connect();
    session.cancel();
    expect(await running).toMatchObject({ exit: 0 });
  });

  it('lets a caller ask sixty times a minute', async () => {
    const { client } = await connect();
    const ask = () => client.callTool({ name: 'list_workspaces', arguments: { limit: 0 } });
    for (let count = 0; count < 60; count += 1) {
      expect((await ask()).structuredContent).toMatchObject({ error: { code: 'invalid_input' } });
    }
    expect((await ask()).structuredContent).toMatchObject({
      ok: false,
      error: { code: 'rate_limited', details: { retry_after_seconds: 60 } },
    });
  });

  it('refuses a set of tools that there is not', async () => {
    const asker = await startAsker({ state: smallState() });
    onTestFinished(() => asker.close());
    const ran = await asker.type('mcp --toolsets usgae');
    expect(ran.exit).toBe(1);
    expect(ran.stderr).toContain('there is no set "usgae"');
  });
});
