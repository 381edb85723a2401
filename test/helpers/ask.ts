/** A control plane to ask: each tool by its name, and each command as it is typed, in this process. */

import { Agent } from 'undici';
import { createApiBackend } from '../../src/client/api-backend.ts';
import { createClient } from '../../src/client/client.ts';
import { type Emulator, type ListenOptions, startEmulator } from '../../src/emulator/server.ts';
import { buildProgram } from '../../src/program.ts';
import type { OpenBackend } from '../../src/run/open-backend.ts';
import type { CommandResult, CommonOptions, Session } from '../../src/run/session.ts';
import type { GlobalFlags } from '../../src/start-command.ts';
import { callTool, type Envelope } from '../../src/tools/call.ts';
import { createToolContext } from '../../src/tools/context.ts';
import { findTool } from '../../src/tools/registry.ts';
import { makeFolder } from '../record/git-fixture.ts';
import { capture, type Ran, writeIn } from './rig.ts';
import { type TestSession, type TestSessionOptions, testNow, testSession } from './session.ts';
import { adminKey } from './world.ts';

export interface Asker {
  readonly emulator: Emulator;
  readonly folder: string;
  /** Method and path of each request that arrived. */
  readonly wire: readonly string[];
  /** Path with query of each request that a call sent, in the order of sending. */
  readonly asked: readonly string[];
  /** Names of headers of the latest request whose path begins so. */
  headersOf(path: string): readonly string[];
  /** As an agent asks. */
  call(name: string, input?: unknown): Promise<Envelope>;
  /** The data of an answer; throws where there is none. */
  data<Data = Record<string, unknown>>(name: string, input?: unknown): Promise<Data>;
  /** As a person types it: `usage cost --since 7d`. */
  type(words: string | readonly string[], session?: TestSessionOptions): Promise<Ran>;
  write(files: Readonly<Record<string, string>>): void;
  session(options?: TestSessionOptions): TestSession;
  close(): Promise<void>;
}

export interface AskerOptions extends ListenOptions {
  /** Policy files by their path below `policies/`. */
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Key that is sent; default: that of an administrator. */
  readonly key?: string;
}

export async function startAsker({
  files = {},
  env: more = {},
  key = adminKey,
  ...listen
}: AskerOptions = {}): Promise<Asker> {
  const wire: string[] = [];
  const emulator = await startEmulator({
    acceptKeys: adminKey,
    now: () => new Date(testNow),
    ...listen,
    onRequest: (moment, request, store) => {
      if (moment === 'before') wire.push(`${request.method} ${request.path}`);
      listen.onRequest?.(moment, request, store);
    },
  });
  const folder = makeFolder();
  const env = { PATH: process.env.PATH, HOME: folder, PORTKEY_BASE_URL: emulator.url, PORTKEY_API_KEY: key, ...more };
  const makeSession = (options: TestSessionOptions = {}): TestSession =>
    testSession({ cwd: folder, ...options, env: { ...env, ...options.env } });
  const session = makeSession();
  const asked: string[] = [];
  const headers: [path: string, names: readonly string[]][] = [];
  const dispatcher = new Agent().compose((dispatch) => (options, handler) => {
    asked.push(options.path);
    headers.push([options.path, namesOf(options.headers)]);
    return dispatch(options, handler);
  });
  const client = createClient({
    baseUrl: emulator.url,
    apiKey: key,
    dispatcher,
    timing: { now: () => session.clock.now(), random: () => 0.5, sleep: (ms) => session.clock.sleep(ms) },
  });
  const backend = createApiBackend(client);
  const open: OpenBackend = { backend, probe: (request) => client.probe(request), close: async () => {} };
  const common: CommonOptions = {
    dir: 'policies',
    workspace: [],
    format: 'json',
    backend: 'portkey',
    recordFile: `${folder}/record.json`,
    concurrency: 4,
    quiet: false,
    verbose: false,
  };
  const asker: Asker = {
    emulator,
    folder,
    wire,
    asked,
    session: makeSession,
    headersOf: (path) => headers.findLast(([each]) => each.startsWith(path))?.[1] ?? [],
    async call(name, input = {}) {
      const tool = findTool(name);
      if (tool === undefined) throw new Error(`no tool is called ${name}`);
      const envelope = await callTool(tool, input, createToolContext(open, common, session), (error) => {
        faults.push(error);
      });
      return envelope;
    },
    async data<Data>(name: string, input: unknown = {}) {
      const envelope = await asker.call(name, input);
      if (!envelope.ok) throw new Error(JSON.stringify(envelope.error), { cause: faults.at(-1) });
      return envelope.data as unknown as Data;
    },
    async type(words, options) {
      const made = makeSession(options);
      let ran: Ran | undefined;
      const start = async (
        flags: GlobalFlags,
        command: (session: Session) => Promise<CommandResult>,
      ): Promise<void> => {
        ran = await capture(flags.format, made, () => command(made));
      };
      const program = buildProgram('0.0.0-test', start);
      const list = typeof words === 'string' ? words.split(' ') : words;
      await program.parseAsync([...list], { from: 'user' });
      if (ran === undefined) throw new Error(`${list.join(' ')} did not start`);
      return ran;
    },
    write(texts) {
      for (const [path, text] of Object.entries(texts)) writeIn(folder, `policies/${path}`, text);
    },
    async close() {
      await client.close();
      await emulator.close();
    },
  };
  const faults: unknown[] = [];
  asker.write(files);
  return asker;
}

function namesOf(headers: unknown): readonly string[] {
  if (Array.isArray(headers)) return headers.filter((_, index) => index % 2 === 0).map(String);
  return typeof headers === 'object' && headers !== null ? Object.keys(headers) : [];
}
