/**
 * Whether `--source clickhouse` answers as files of the same calls do, to the last byte:
 *
 *     npm run test:clickhouse                       what is below, each line with what came of it
 *     npm run test:clickhouse -- --rows 200000      more calls than usual
 *
 * - Two servers of `clickhouse-server`, where it is installed (Debian's is of 2018), with one Distributed table over both.
 * - `chdb`, the engine of today in a process of its own, which is installed into a temporary folder; where it does not install, that is said.
 *
 * Each of them is also asked about generated histories (test/backtest/clickhouse-histories.test.ts).
 *
 * Calls come from the generator of the tests, some of them twice and some in contradiction. Exit code 1: an answer differs, or, where
 * `CI` is set, an engine is missing.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { request } from 'undici';

const chdbVersion = '3.4.0';
const { values: options } = parseArgs({ options: { rows: { type: 'string', default: '70000' } } });
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'tollgate-clickhouse-'));
const children = [];
let answers = 0;
let faults = 0;
let skipped = 0;

const questions = [
  [
    'backtest',
    '--limit',
    'per user $1 monthly',
    '--limit',
    '$10 weekly per workspace',
    '--limit',
    '5 requests/minute per user',
  ],
  [
    'backtest',
    '--limit',
    'per user $2 every 14 days alert 50%',
    '--workspace',
    'ws-team-00',
    '--workspace',
    'ws-team-07',
  ],
  [
    'backtest',
    '--limit',
    '100000 tokens every 7 days per api_key',
    '--limit',
    '$2 monthly per metadata.team for model @openai/*',
  ],
  ['logs', 'spend', '--by', 'workspace', '--by', 'day', '--by', 'metadata.team'],
  ['logs', 'spend', '--by', 'user', '--from', '2026-10-03', '--to', '2026-10-20'],
  ['logs', 'spend', '--by', 'model', '--by', 'status', '--by', 'config', '--workspace', 'ws-team-03'],
  ['logs', 'spend', '--by', "metadata.it's `a` \\key", '--workspace', "ws-'or`1=1 -- \\"],
  ['backtest', '--limit', 'per user $2 monthly alert 50%'],
  ['backtest', '--limit', '$10.05 weekly for model @openai/* or @anthropic/*'],
  ['backtest', '--limit', 'per api_key 100000 tokens every 7 days alert 90% for model @openai/*'],
  ['backtest', '--limit', '5 requests/minute per user', '--workspace', 'ws-team-00'],
  ['backtest', '--limit', 'per metadata.team and model 200 requests never in ws-team-03'],
  ['backtest', '--limit', '20000 tokens/hour per user'],
  ['logs', 'top', '--order', 'cost', '--limit', '30'],
  ['logs', 'top', '--order', 'tokens', '--workspace', 'ws-team-03'],
  ['recommend', '--by', 'user', '--dir', 'no-policies'],
  [
    'recommend',
    '--by',
    'workspace',
    '--by',
    'metadata.team',
    '--unit',
    'tokens',
    '--reset',
    'weekly',
    '--dir',
    'no-policies',
  ],
];

const plain = [
  ...['is_success UInt8', 'ai_org String', 'ai_model String', 'req_units UInt32', 'res_units UInt32'],
  ...['total_units UInt32', 'cost_currency String', 'response_status_code UInt16', 'config Nullable(String)'],
  ...['workspace_slug String', 'api_key_id String', 'virtual_key String', 'cache_status String'],
];
const pairs = ['`metadata.key` Array(String)', '`metadata.value` Array(String)'];
/** Columns of tables as they are met, by name; `isNew`: no old server has such columns. */
const tables = {
  calls: { columns: ['id String', 'created_at String', 'cost Float64', ...pairs] },
  exact: { columns: ['id String', 'created_at UInt64', 'cost Nullable(Decimal(18, 6))', ...pairs] },
  today: {
    columns: ['id UUID', "created_at DateTime64(3, 'UTC')", 'cost Float64', 'metadata Map(String, String)'],
    isNew: true,
  },
  texts: { columns: ['id String', 'created_at DateTime64(6)', 'cost String', 'metadata String'], isNew: true },
};
const coarse = ['id String', 'created_at String', 'cost Float32', ...pairs];

const escapes = { '\\': '\\\\', "'": "\\'", '\t': '\\t', '\n': '\\n', '\0': '\\0' };
const escaped = (text) => text.replaceAll(/[\\'\t\n\0]/g, (letter) => escapes[letter]);
const inQuotes = (text) => `'${escaped(text)}'`;
const arrayOf = (texts) => `[${texts.map(inQuotes).join(',')}]`;
const mapOf = (entries) => `{${entries.map(([key, value]) => `${inQuotes(key)}:${inQuotes(value)}`).join(',')}}`;
/** Arrays and maps are in quotes already. */
const fieldOf = (value) =>
  value === null || value === undefined ? '\\N' : /^[[{]'/.test(value) ? value : escaped(String(value));

/** A server that hands each question to the engine. */
const bridge = `
const { createServer } = require('node:http');
const { Session } = require('chdb');
const session = new Session(process.argv[2]);
createServer((request, answer) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    try {
      answer.end(session.query(Buffer.concat(parts).toString('utf8'), 'TabSeparated'));
    } catch (error) {
      answer.writeHead(500).end(String(error.message));
    }
  });
}).listen(0, '127.0.0.1', function () { console.log('http://127.0.0.1:' + this.address().port + '/'); });
`;

try {
  const lines = await makeCalls(Number(options.rows));
  const files = join(folder, 'files');
  mkdirSync(files);
  // One file a workspace: of files it is said where they are mixed.
  for (const line of lines) {
    appendFileSync(join(files, `${encodeURIComponent(JSON.parse(line).workspace_slug)}.jsonl`), `${line}\n`);
  }
  const expected = await Promise.all(questions.map((question) => ask(question, sourceOf(question, files))));
  await onServers(lines, expected);
  await onChdb(lines, expected);
} finally {
  for (const child of children) {
    if (isEnded(child)) continue;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${answers} answers compared, ${faults} differ; ${skipped} of 2 engines not asked`);
process.exitCode = faults > 0 || (skipped > 0 && process.env.CI) ? 1 : 0;

function tell(what, isGood, more = '') {
  answers += 1;
  console.log(`${isGood ? 'ok    ' : 'FAULT '} ${what}${isGood ? '' : `\n${more}`}`);
  if (!isGood) faults += 1;
}

/** CI installs every engine: one that is missing there would never be asked again, and nobody would notice. */
function tellSkipped(why) {
  console.log(`skipped: ${why}`);
  skipped += 1;
}

/** The generator's, each fiftieth again, each hundredth again at another cost, and texts that want to be SQL. */
async function makeCalls(rows) {
  const outfile = join(folder, 'call-rows.mjs');
  await build({
    entryPoints: [join(root, 'test/helpers/call-rows.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
  });
  const { generateCalls } = await import(pathToFileURL(outfile).href);
  const lines = [...generateCalls(rows)].flatMap((file) => file.lines);
  const again = lines.filter((_, at) => at % 50 === 0);
  const others = lines
    .filter((_, at) => at % 100 === 7)
    .map((line) => JSON.stringify({ ...JSON.parse(line), cost: 0.25, ai_model: 'another' }));
  const hostile = [
    "a\ttab, a\nline, a \\ and a '",
    ' ',
    String.raw`\N`,
    "'; DROP TABLE calls; --",
    `long ${'é😀'.repeat(300)}`,
    '\u0000',
  ].map((text, at) => {
    const metadata = { _user: text, team: text, "it's `a` \\key": text };
    const workspace = at === 0 ? 'hostile' : "ws-'or`1=1 -- \\";
    const id = `00000000-0000-4000-8000-00000000000${at}`;
    return JSON.stringify({ ...JSON.parse(lines[0]), id, cost: 150, metadata, workspace_slug: workspace });
  });
  return [...lines, ...again, ...others, ...hostile];
}

function sourceOf([command], files) {
  return command === 'logs' ? [files] : ['--logs', files];
}

async function ask(question, source, env = {}) {
  const child = spawn(process.execPath, [join(root, 'build/cli.js'), ...question, ...source, '--format', 'json'], {
    cwd: folder,
    env: { ...withoutOurs(), ...env },
    timeout: 300_000,
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (text) => {
      said[name] += text;
    });
  }
  const [status] = await once(child, 'close');
  if (status !== 0) return `exit ${status}: ${said.stderr}`;
  // How many files there were is all that may differ.
  return said.stdout.replace(/^ {4}"files": \d+,\n/m, '');
}

function withoutOurs() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PORTKEY|TOLLGATE)_/.test(name)));
}

async function compare(what, url, table, expected) {
  const env = { TOLLGATE_CLICKHOUSE_URL: url, TOLLGATE_CLICKHOUSE_TABLE: table };
  for (const [at, question] of questions.entries()) {
    const [found, wanted] = [await ask(question, ['--source', 'clickhouse'], env), expected[at]];
    const isGood = found === wanted && !wanted.startsWith('exit');
    tell(`${what}, ${table}: ${question.join(' ')}`, isGood, firstDifference(wanted, found));
  }
}

function firstDifference(wanted, found) {
  const [left, right] = [wanted.split('\n'), found.split('\n')];
  const at = left.findIndex((line, index) => line !== right[index]);
  return `        files       ${left[at]}\n        clickhouse  ${right[at]}\n${found.startsWith('exit') ? found : ''}`;
}

async function fill(url, name, columns, lines) {
  await send(
    url,
    `CREATE TABLE ${name} (${[...columns, ...plain].join(', ')}) ENGINE = MergeTree PARTITION BY tuple() ORDER BY id`,
  );
  const names = [...columns, ...plain].map((column) => column.split(' ')[0]);
  const isNumber = columns.includes('created_at UInt64');
  const metadataOf = columns.find((column) => column.startsWith('metadata '));
  for (let from = 0; from < lines.length; from += 5_000) {
    const rows = lines.slice(from, from + 5_000).map((line) => {
      const call = JSON.parse(line);
      const entries = Object.entries(call.metadata);
      const values = {
        ...call,
        created_at: isNumber ? Date.parse(call.created_at) : timeFor(call.created_at, columns),
        'metadata.key': arrayOf(entries.map(([key]) => key)),
        'metadata.value': arrayOf(entries.map(([, value]) => value)),
        metadata: metadataOf?.includes('Map') ? mapOf(entries) : JSON.stringify(call.metadata),
      };
      return names.map((each) => fieldOf(values[each.replaceAll('`', '')])).join('\t');
    });
    await send(url, `INSERT INTO ${name} (${names.join(', ')}) FORMAT TabSeparated\n${rows.join('\n')}\n`);
  }
}

function timeFor(text, columns) {
  return columns.includes('created_at String') ? text : text.replace('T', ' ').replace('Z', '');
}

/** On a connection of its own: servers close one that is idle for some seconds, and rows are made meanwhile. */
async function send(url, sql) {
  const { statusCode, body } = await request(url, { method: 'POST', body: sql, reset: true }).catch((cause) => {
    throw new Error(`${sql.slice(0, 200)}: ${cause.message}${endedChildren()}`, { cause });
  });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${sql.slice(0, 200)}: ${text.slice(0, 500)}`);
  return text;
}

/** Whether a connection broke because a server is gone. */
function endedChildren() {
  return children
    .filter(isEnded)
    .map(({ spawnargs, exitCode, signalCode }) => `\n${spawnargs.join(' ')} ended with ${signalCode ?? exitCode}`)
    .join('');
}

function isEnded({ exitCode, signalCode }) {
  return exitCode !== null || signalCode !== null;
}

async function tellCoarse(what, url, lines) {
  await fill(url, 'coarse', coarse, lines.slice(0, 1_000));
  const env = { TOLLGATE_CLICKHOUSE_URL: url };
  const found = await ask(['logs', 'spend'], ['--source', 'clickhouse', '--table', 'coarse'], env);
  tell(`${what}, coarse: Float32 is reported`, found.includes('Costs are held as Float32'), found.slice(0, 300));
}

/** Histories as the tests draw them, each in a table of its own. */
async function compareHistories(what, url) {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', 'test/backtest/clickhouse-histories.test.ts'], {
    cwd: root,
    env: { ...withoutOurs(), ...thorough(), TOLLGATE_TEST_CLICKHOUSE: url },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
  }
  const [status] = await once(child, 'close');
  tell(`${what}: generated histories`, status === 0, said.slice(-4_000));
}

function thorough() {
  return process.env.TOLLGATE_TEST === undefined ? {} : { TOLLGATE_TEST: process.env.TOLLGATE_TEST };
}

async function onServers(lines, expected) {
  if (spawnSync('clickhouse-server', ['--version']).error !== undefined) {
    tellSkipped('clickhouse-server is not installed (apt-get install clickhouse-server), so no two servers are asked');
    return;
  }
  const ports = await freePorts(4);
  const shards = [0, 1].map((at) => ({ http: ports[2 * at], tcp: ports[2 * at + 1] }));
  const urls = shards.map(({ http }) => `http://127.0.0.1:${http}/`);
  for (const [at, shard] of shards.entries()) startServer(at, shard, shards);
  for (const url of urls) await untilReady(url);
  const version = (await send(urls[0], 'SELECT version()')).trim();
  for (const [name, { columns, isNew }] of Object.entries(tables)) {
    if (isNew) continue;
    // Calls that are there twice are on both.
    for (const [at, url] of urls.entries()) {
      await fill(
        url,
        `${name}_part`,
        columns,
        lines.filter((_, index) => index % 2 === at),
      );
    }
    await send(urls[0], `CREATE TABLE ${name} AS ${name}_part ENGINE = Distributed(pair, default, ${name}_part)`);
    await compare(`two servers of ${version}`, urls[0], name, expected);
  }
  await tellCoarse(version, urls[0], lines);
  await compareHistories(`a server of ${version}`, urls[0]);
}

function startServer(at, { http, tcp }, shards) {
  const home = join(folder, `server-${at}`);
  mkdirSync(home);
  const users =
    '<yandex><profiles><default/></profiles><quotas><default/></quotas><users><default><password/><profile>default</profile><quota>default</quota><networks><ip>127.0.0.1</ip></networks></default></users></yandex>';
  const remote = shards
    .map(({ tcp: port }) => `<shard><replica><host>127.0.0.1</host><port>${port}</port></replica></shard>`)
    .join('');
  const config = `<yandex><logger><level>warning</level><console>1</console></logger><http_port>${http}</http_port><tcp_port>${tcp}</tcp_port><listen_host>127.0.0.1</listen_host><path>${home}/data/</path><tmp_path>${home}/tmp/</tmp_path><users_config>users.xml</users_config><default_profile>default</default_profile><default_database>default</default_database><mark_cache_size>50000000</mark_cache_size><timezone>America/New_York</timezone><remote_servers><pair>${remote}</pair></remote_servers></yandex>`;
  writeFileSync(join(home, 'users.xml'), users);
  writeFileSync(join(home, 'config.xml'), config);
  const child = spawn('clickhouse-server', ['--config-file=config.xml'], { cwd: home, stdio: 'ignore' });
  children.push(child);
}

async function untilReady(url) {
  for (let tries = 0; ; tries += 1) {
    try {
      await send(url, 'SELECT 1');
      return;
    } catch (error) {
      if (tries >= 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

async function freePorts(count) {
  const held = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = held.map((server) => server.address().port);
  await Promise.all(held.map((server) => once(server.close(), 'close')));
  return ports;
}

async function onChdb(lines, expected) {
  const home = join(folder, 'chdb');
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), '{"private":true}');
  const words = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', `chdb@${chdbVersion}`];
  const { status, stderr } = spawnSync('npm', words, { cwd: home, encoding: 'utf8', timeout: 300_000 });
  if (status !== 0) {
    tellSkipped(
      `chdb ${chdbVersion} does not install here, so the engine of today is not asked: ${stderr?.slice(0, 300) ?? 'there is no npm'}`,
    );
    return;
  }
  writeFileSync(join(home, 'bridge.cjs'), bridge);
  const child = spawn(process.execPath, ['bridge.cjs', join(home, 'data')], {
    cwd: home,
    env: { ...process.env, TZ: 'UTC' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [line] = await Promise.race([
    once(child.stdout.setEncoding('utf8'), 'data'),
    once(child, 'exit').then(() => ['']),
  ]);
  if (line === '') {
    tellSkipped(`chdb ${chdbVersion} does not start here, so the engine of today is not asked`);
    return;
  }
  const url = line.trim();
  await send(url, 'CREATE DATABASE portkey');
  const version = (await send(url, 'SELECT version()')).trim();
  for (const [name, { columns }] of Object.entries(tables)) {
    await fill(url, `portkey.${name}`, columns, lines);
    await compare(`chdb ${version}`, url, `portkey.${name}`, expected);
  }
  await compareHistories(`chdb ${version}`, url);
}
