/**
 * A working directory may be anybody's: a clone of a pull request, a download. What lies in it under the names that programs look for
 * settings under is not read, by no command and not by the Action, or it could send the key elsewhere.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { runJob } from '../action/runner.ts';
import { buildBundle, runBundle, startCommand } from '../helpers/bundle.ts';
import { makePolicyRemote } from '../helpers/policy-remote.ts';
import { budgetsFile, writeIn } from '../helpers/rig.ts';
import { orgFile } from '../helpers/world.ts';
import { makeFolder } from '../record/git-fixture.ts';

beforeAll(() => buildBundle());

/** Writes down who connects and the first line that is said, and refuses. */
async function listen() {
  const asked: string[] = [];
  const server = createServer((socket) => {
    asked.push('');
    const own = asked.length - 1;
    socket.on('error', () => undefined);
    socket.once('data', (data) => {
      asked[own] = data.toString('latin1').split('\r\n')[0] ?? '';
      socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Files that other programs would obey. Each asks for a host that is not ours, or for code of its own. */
function hostileFiles(theirs: string): Record<string, string> {
  const variables = {
    PORTKEY_BASE_URL: `${theirs}/v1`,
    PORTKEY_API_KEY: 'a-key-of-theirs',
    HTTPS_PROXY: theirs,
    https_proxy: theirs,
    NODE_OPTIONS: '--require ./theirs.cjs',
    GITHUB_TOKEN: 'a-token-of-theirs',
    GITHUB_API_URL: theirs,
    TOLLGATE_SEAL_KEY: 'a-seal-of-theirs',
    TOLLGATE_CLICKHOUSE_URL: theirs,
    'INPUT_BASE-URL': `${theirs}/v1`,
    'INPUT_PORTKEY-API-KEY': 'a-key-of-theirs',
  };
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`);
  const settings = JSON.stringify({ ...variables, baseUrl: variables.PORTKEY_BASE_URL });
  return {
    ...Object.fromEntries(
      ['.env', '.env.local', '.env.development', '.env.production', '.envrc', 'policies/.env'].map((name) => [
        name,
        lines.join(''),
      ]),
    ),
    '.npmrc': `node-options=${variables.NODE_OPTIONS}\nhttps-proxy=${theirs}\nregistry=${theirs}\n`,
    '.tollgaterc': settings,
    '.tollgaterc.json': settings,
    'tollgate.config.json': settings,
    'tollgate.config.js': "require('./theirs.cjs');\n",
    'node.config.json': JSON.stringify({ nodeOptions: { require: ['./theirs.cjs'] } }),
    'theirs.cjs': "require('node:fs').writeFileSync('theirs-ran', '');\n",
  };
}

/** Loaded before everything else: the names of all files that are opened, one a line. */
const spy = `
const fs = require('node:fs');
const append = fs.appendFileSync;
let isOwn = false;
const note = (path) => {
  if (isOwn || typeof path === 'number') return;
  isOwn = true;
  try { append(process.env.OPENED, String(path) + '\\n'); } finally { isOwn = false; }
};
const watch = (object, names) => {
  for (const name of names) {
    const real = object[name];
    object[name] = function (path, ...rest) { note(path); return Reflect.apply(real, this, [path, ...rest]); };
  }
};
watch(fs, ['open', 'openSync', 'readFile', 'readFileSync', 'createReadStream']);
watch(fs.promises, ['open', 'readFile']);
require('node:module').syncBuiltinESMExports();
`;

const policies = { 'policies/org.yaml': orgFile(), 'policies/workspaces/a.yaml': budgetsFile({ alpha: 100 }) };

async function startScene() {
  const [theirs, ours] = [await listen(), await listen()];
  const folder = makeFolder();
  const aside = makeFolder();
  for (const [path, text] of Object.entries({ ...policies, ...hostileFiles(theirs.url) })) writeIn(folder, path, text);
  writeFileSync(join(aside, 'spy.cjs'), spy);
  const opened = join(aside, 'opened');
  writeFileSync(opened, '');
  const env = {
    HTTPS_PROXY: ours.url,
    TOLLGATE_RETRY_MILLISECONDS: '1',
    NODE_OPTIONS: `--require ${join(aside, 'spy.cjs')}`,
    OPENED: opened,
    XDG_CACHE_HOME: aside,
  };
  const names = Object.keys(hostileFiles('')).map((path) => path.replace(/^.*\//, ''));
  return {
    ...{ theirs, ours, folder, env },
    opened: () => readFileSync(opened, 'utf8').split('\n'),
    /** What of the hostile files was opened, asked or run. */
    obeyed: () => [
      ...theirs.asked,
      ...readFileSync(opened, 'utf8')
        .split('\n')
        .filter((path) => names.some((name) => path === name || path.endsWith(`/${name}`))),
      ...(existsSync(join(folder, 'theirs-ran')) ? ['theirs.cjs ran'] : []),
    ],
  };
}

describe('a .env in the working directory, and its like', () => {
  it('brings no key: what is not set is missing', async () => {
    const { folder, env, ours, obeyed, opened } = await startScene();
    const ran = await runBundle(['plan', '--record-file', 'record.json'], { cwd: folder, env });
    expect([ran.exit, ran.stderr]).toEqual([1, expect.stringContaining('PORTKEY_API_KEY')]);
    expect([obeyed(), ours.asked]).toEqual([[], []]);
    // What is opened is seen.
    expect(opened().some((path) => path.endsWith('org.yaml'))).toBe(true);
  });

  it.each([
    [['plan', '--record-file', 'record.json']],
    [['apply', '--yes', '--record-file', 'record.json']],
    [['status']],
    [['doctor', '--record-file', 'record.json']],
  ])('names no host: %j asks the service itself', async (words) => {
    const { folder, env, ours, obeyed } = await startScene();
    const { stderr } = await runBundle(words, { cwd: folder, env: { ...env, PORTKEY_API_KEY: 'ours' } });
    expect(obeyed()).toEqual([]);
    expect([...new Set(ours.asked)], stderr).toContain('CONNECT api.portkey.ai:443 HTTP/1.1');
  });

  it('is obeyed where somebody names it to Node, as docs/commands.md shows', async () => {
    const { folder, ours, theirs } = await startScene();
    const line = ['--env-file=.env', await buildBundle(), 'plan', '--record-file', 'record.json'];
    const env = { TOLLGATE_RETRY_MILLISECONDS: '1' };
    const { exit } = await startCommand(process.execPath, line, { cwd: folder, env, stdin: '' }).ended;
    expect(exit).toBe(6);
    expect(theirs.asked[0]).toMatch(/^(GET \/v1\/|CONNECT )/);
    expect([ours.asked, existsSync(join(folder, 'theirs-ran'))]).toEqual([[], true]);
  });

  it('is as little to the Action, whose checkout holds it', async () => {
    const { env, ours, theirs, obeyed, opened } = await startScene();
    const files = Object.entries({ ...policies, ...hostileFiles(theirs.url) });
    const remote = makePolicyRemote(Object.fromEntries(files.map(([path, text]) => [join('..', path), text])));
    const { log } = await runJob({
      ...{ remote: remote.remote, ref: 'main', event: 'schedule', payload: {}, runId: 1 },
      ...{ apiUrl: ours.url, serverUrl: ours.url, env },
      inputs: {
        command: 'drift',
        directory: 'policies',
        'portkey-api-key': 'ours',
        'github-token': '',
        backend: 'portkey',
      },
    });
    expect(obeyed(), log).toEqual([]);
    expect([...new Set(ours.asked)], log).toContain('CONNECT api.portkey.ai:443 HTTP/1.1');
    expect(opened().length).toBeGreaterThan(1);
    expect(log).not.toContain('of-theirs');
  });
});
