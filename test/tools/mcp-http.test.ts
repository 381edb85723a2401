/** The server for agents over HTTP: the official client, and those who have no business there. */

import { chmodSync, writeFileSync } from 'node:fs';
import { request as send } from 'node:http';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type McpOptions, runMcp } from '../../src/commands/mcp.ts';
import { tools } from '../../src/tools/registry.ts';
import { type Asker, startAsker } from '../helpers/ask.ts';
import { smallState } from '../helpers/state.ts';
import { adminKey } from '../helpers/world.ts';

const token = 'a-token-that-is-long-enough-to-count-00';

async function serve(options: Partial<McpOptions> = {}): Promise<{ asker: Asker; url: string }> {
  const asker = await startAsker({ state: smallState() });
  const session = asker.session();
  let running: Promise<unknown> = Promise.resolve();
  const url = await new Promise<string>((resolve, reject) => {
    const common = {
      dir: 'policies',
      workspace: [],
      format: 'text',
      backend: 'portkey',
      concurrency: 4,
      quiet: false,
      verbose: false,
    } as const;
    running = runMcp(
      {
        ...common,
        toolsets: [],
        readOnly: false,
        http: 0,
        host: '127.0.0.1',
        allowHost: [],
        listening: resolve,
        ...options,
      },
      session,
    );
    running.catch(reject);
  });
  onTestFinished(async () => {
    session.cancel();
    await running;
    await asker.close();
  });
  return { asker, url };
}

async function connect(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Client> {
  const client = new Client({ name: 'test', version: '0' });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  onTestFinished(() => client.close());
  return client;
}

/** With headers that a browser would not let anybody choose. */
function ask(
  url: string,
  headers: Readonly<Record<string, string>>,
  body = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = send(
      url,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
      },
      (answer) => {
        let text = '';
        answer.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

function tokenFile(asker: Pick<Asker, 'folder'>, mode = 0o600, text = `# callers\nfinance ${token}\n`): string {
  const file = join(asker.folder, 'tokens');
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

describe('tollgate mcp --http', () => {
  it('answers the official client as the tool does, every tool by its name', async () => {
    const { asker, url } = await serve();
    const client = await connect(url);
    const listed = await client.listTools();
    expect(listed.tools.map(({ name }) => name).sort()).toEqual(
      tools
        .filter(({ toolset }) => toolset !== 'feedback')
        .map(({ name }) => name)
        .sort(),
    );
    const answer = await client.callTool({ name: 'list_workspaces', arguments: {} });
    expect(answer.structuredContent).toEqual(await asker.call('list_workspaces'));
    for (const { name } of listed.tools) {
      const { structuredContent } = await client.callTool({ name, arguments: {} });
      expect([name, Object.keys(structuredContent as object)[0]]).toEqual([name, 'ok']);
    }
  });

  it.each([
    ['Host', { host: 'gateway.example.com' }],
    ['Origin', { origin: 'https://gateway.example.com' }],
    ['Origin', { origin: 'null' }],
  ])('answers 403 to a foreign %s, and asks nobody', async (_name, headers) => {
    const { asker, url } = await serve();
    const answer = await ask(url, headers);
    expect(answer.status).toBe(403);
    expect(answer.text).not.toContain(adminKey);
    expect(asker.wire).toEqual([]);
  });

  it('has one path', async () => {
    const { url } = await serve();
    expect((await ask(new URL('/', url).href, {})).status).toBe(404);
  });

  it('takes no request beyond a quarter of a megabyte', async () => {
    const { url } = await serve();
    expect((await ask(url, {}, `{"jsonrpc":"2.0","id":1,"method":"${'x'.repeat(300_000)}"}`)).status).toBe(413);
  });

  it('with tokens answers those who have one, and 401 to all others', async () => {
    const folder = await startAsker();
    onTestFinished(() => folder.close());
    const { url } = await serve({ tokens: tokenFile(folder) });
    expect((await ask(url, {})).status).toBe(401);
    expect((await ask(url, { authorization: `Bearer ${token}x` })).status).toBe(401);
    const client = await connect(url, { authorization: `Bearer ${token}` });
    expect((await client.callTool({ name: 'list_workspaces', arguments: {} })).isError).toBe(false);
  });

  it.each([
    ['can be read by others', 0o644, `a ${token}`, 'others on this machine can read it'],
    ['names nobody', 0o600, '# nobody\n', 'it names nobody'],
    ['holds a short token', 0o600, 'a short', 'shorter than 32 characters'],
    ['holds a name twice', 0o600, `a ${token}1\na ${token}2`, 'is there twice'],
  ])('refuses a file of tokens that %s, and repeats no token', async (_name, mode, text, said) => {
    const asker = await startAsker();
    onTestFinished(() => asker.close());
    const ran = await asker.type(['mcp', '--http', '0', '--tokens', tokenFile(asker, mode, text)]);
    expect(ran.exit).toBe(1);
    expect(ran.stderr).toContain(said);
    expect(ran.stderr).not.toContain(token);
  });

  it('listens beyond loopback with tokens and a name alone', async () => {
    const asker = await startAsker();
    onTestFinished(() => asker.close());
    for (const words of [[], ['--allow-host', 'gateway.example.com'], ['--tokens', tokenFile(asker)]]) {
      const ran = await asker.type(['mcp', '--http', '0', '--host', '0.0.0.0', ...words]);
      expect([words, ran.exit]).toEqual([words, 1]);
      expect(ran.stderr).toContain('others can reach it there');
    }
  });
});
