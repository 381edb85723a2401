/**
 * Whether other people's programs accept `tollgate mcp`, over the emulator:
 *
 *     npm run test:mcp                                what is below, each line with what came of it
 *     npm run test:mcp -- --registry-schema FILE      the registry's schema from a file, where its site cannot be reached
 *
 * - The official conformance suite, in the scenarios for a server that has nothing but tools. mcp-checks.json names what may fail and
 *   why; what fails beyond that, and what is named there and no longer fails, is a fault.
 * - The official inspector, strictly: it accepts every schema, over HTTP and over stdio.
 * - The official client calls every tool with good arguments, over both, and holds each answer against the schema that was advertised.
 * - server.json against the schema of the registry that it names.
 *
 * They are installed into a temporary folder, need Node 22.19, and are no dependencies. Exit code 1: something is not accepted.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { cli, connectHttp, connectPipes, needNode, openWorkshop, root } from './mcp-rig.mjs';

needNode('22.19');
const { values: options } = parseArgs({ options: { 'registry-schema': { type: 'string' } } });
const { packages, scenarios } = readJson(join(root, 'scripts/mcp-checks.json'));
const workshop = openWorkshop();
const faults = [];

function tell(what, problems) {
  console.log(`${problems.length === 0 ? 'ok    ' : 'FAULT '} ${what}`);
  for (const problem of problems) console.log(`         ${problem}`);
  faults.push(...problems);
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** @returns {Promise<{status: number | null, stdout: string, stderr: string}>} */
function run(args, milliseconds = 120_000) {
  const child = spawn(process.execPath, args, {
    cwd: workshop.folder,
    timeout: milliseconds,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, HOME: workshop.folder, NO_COLOR: '1' },
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].on('data', (chunk) => {
      said[name] += chunk;
    });
  }
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, ...said })));
}

async function conform(url) {
  const suite = workshop.commandOf('@modelcontextprotocol/conformance', 'conformance');
  for (const [scenario, expected] of Object.entries(scenarios)) {
    const folder = mkdtempSync(join(workshop.folder, 'conformance-'));
    const { stdout, stderr } = await run([suite, 'server', '--url', url, '--scenario', scenario, '-o', folder]);
    const results = readdirSync(folder, { recursive: true }).find((name) => name.endsWith('checks.json'));
    if (results === undefined) {
      tell(`conformance, ${scenario}`, [`the suite said nothing: ${(stderr + stdout).slice(-500)}`]);
      continue;
    }
    const checks = readJson(join(folder, results));
    const failed = new Map(checks.filter(({ status }) => status === 'FAILURE').map((check) => [check.id, check]));
    const passed = checks.filter(({ status }) => status === 'SUCCESS').length;
    const warned = checks.filter(({ status }) => status === 'WARNING');
    tell(`conformance, ${scenario}: ${passed} of ${checks.length} checks pass, ${failed.size} fail`, [
      ...[...failed.values()]
        .filter(({ id }) => expected[id] === undefined)
        .map(({ id, errorMessage }) => `${id}: ${errorMessage ?? 'fails'}`),
      ...Object.keys(expected)
        .filter((id) => !failed.has(id))
        .map((id) => `${id} fails no longer: take it out of mcp-checks.json`),
      ...warned.map(({ id, errorMessage }) => `${id}: a warning, ${errorMessage ?? ''}`),
      ...(passed === 0 ? ['nothing passed: was the server there?'] : []),
    ]);
    for (const id of failed.keys()) if (expected[id] !== undefined) console.log(`         ${id}: ${expected[id]}`);
  }
}

async function inspect(over, target) {
  const inspector = workshop.commandOf('@modelcontextprotocol/inspector', 'mcp-inspector');
  const { status, stdout, stderr } = await run([inspector, '--cli', '--method', 'tools/list', '--strict', ...target]);
  const problems = status === 0 ? [] : [`exit code ${status}: ${stderr.slice(0, 2_000)}`];
  const listed = status === 0 ? JSON.parse(stdout).tools.length : 0;
  const notes = new Set(
    [...stderr.matchAll(/^ *Issue: (.*)$/gm)]
      .map(([, issue]) => issue)
      .filter((issue) => !/no validation keyword/.test(issue)),
  );
  tell(`inspector --strict over ${over}: ${listed} tools`, problems);
  for (const note of notes) console.log(`         a note: ${note}`);
  const untyped = stderr.match(/no validation keyword/g)?.length ?? 0;
  console.log(`         ${untyped} members of answers have no type: texts, and what may be null`);
}

/** Arguments with which each tool answers over the sample; `known` is what answers before them told. */
function goodArguments(name, known) {
  const now = Date.now();
  const days = (count) => new Date(now - count * 24 * 3_600_000).toISOString();
  const workspace = { workspace_slug: known.workspace };
  const window = { ...workspace, time_of_generation_min: days(7), time_of_generation_max: days(0) };
  // Of the proposing tools everything but the branch, which would be the same for both connections.
  const wish = { workspace: known.workspace, dry_run: true };
  const own = {
    list_workspaces: { limit: 10 },
    get_cost_analytics: { ...window, cost_min: 0, total_units_max: 1_000_000, config_slugs: [] },
    get_request_analytics: { ...window, status_codes: ['200', '429'] },
    get_metadata_analytics: { ...window, metadata_key: 'campaign' },
    get_virtual_keys: { workspace: known.workspace, kind: 'api-key' },
    list_policies: { workspace: known.workspace },
    explain_limit: { workspace: known.workspace, user: 'writer-1', model: '@openai/gpt-4o' },
    get_rate_limits: {},
    list_configs: workspace,
    list_models: workspace,
    list_logs: { ...window, sort: 'cost', limit: 5 },
    get_log_details: { log_id: known.log },
    list_log_exports: workspace,
    export_logs: { ...window, file: `${known.over}.jsonl` },
    suggest_budget: { workspace: known.workspace },
    create_policy: {
      ...wish,
      target: 'policy/agents',
      budget: '$50',
      reset: 'weekly',
      alert: '80%',
      per: ['api_key'],
    },
    update_limits: { ...wish, target: 'policy/monthly-spend', budget: '$600' },
    delete_policy: { ...wish, target: 'policy/monthly-spend' },
    set_recipients: { ...wish, recipients: ['ana@example.com'] },
    import_unmanaged: wish,
    get_proposal: {},
    plan_policies: {},
    lint_policies: {},
    report_drift: {},
    estimate_budget: { models: ['@openai/gpt-4o'], budget: '$500' },
    submit_feedback: { log_id: known.log, value: 5 },
  };
  return own[name] ?? window;
}

/** What is not to be had here: there is no token of GitHub. */
const refused = { get_proposal: 'unavailable' };

async function drive(over, client) {
  const { tools } = await client.listTools();
  const known = { over };
  const problems = [];
  for (const { name, inputSchema, outputSchema } of tools) {
    const given = goodArguments(name, known);
    const accepts = new Ajv2020({ strict: false, allowUnionTypes: true }).compile(inputSchema);
    if (!accepts(given)) problems.push(`${name}: good arguments do not fit what is advertised`);
    const { structuredContent: envelope } = await client.callTool({ name, arguments: given });
    const isFine = envelope?.ok === true || envelope?.error?.code === refused[name];
    if (!isFine) problems.push(`${name}: ${JSON.stringify(envelope?.error ?? null)}`);
    const fits = new Ajv2020({ strict: false }).compile(outputSchema);
    if (!fits(envelope)) problems.push(`${name}: the answer is not what is advertised: ${JSON.stringify(fits.errors)}`);
    if (name === 'list_workspaces') {
      known.workspace = envelope.data?.workspaces?.find(({ slug }) => slug.includes('market'))?.slug;
    }
    if (name === 'list_logs') known.log = envelope.data?.logs?.[0]?.id;
  }
  tell(`client over ${over}: ${tools.length} tools called`, problems);
  await client.close();
}

async function checkRegistration() {
  const registration = readJson(join(root, 'server.json'));
  const url = registration.$schema;
  const file = options['registry-schema'];
  const read = async () => (file === undefined ? (await fetch(url)).json() : readJson(file));
  let schema;
  try {
    schema = await read();
  } catch (error) {
    return tell(`server.json`, [`its schema ${file ?? url} cannot be read: ${error.cause?.code ?? error.message}`]);
  }
  const fits = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(schema);
  const problems = fits(registration)
    ? []
    : fits.errors.map(({ instancePath, message }) => `${instancePath}: ${message}`);
  tell(`server.json against ${schema.$id}`, [...problems, ...(schema.$id === url ? [] : [`it names ${url}`])]);
}

try {
  workshop.install(Object.entries(packages).map(([name, version]) => `${name}@${version}`));
  const { ask, env: admin } = await workshop.startEmulator();
  const { data: workspaces } = await ask('/admin/workspaces');
  const { id: workspace_id } = workspaces.find(({ name }) => name === 'marketing');
  // Feedback is taken from keys of workspaces alone.
  const { key } = await ask('/api-keys/workspace/service', { name: 'feedback', workspace_id, scopes: ['logs.write'] });
  const env = { ...admin, PORTKEY_WORKSPACE_KEY: key };
  // For the tools that are whole runs, and for proposals.
  const author = ['-c', 'user.name=tollgate', '-c', 'user.email=tollgate@localhost'];
  for (const args of [
    ['init', '-q', '-b', 'main'],
    ['add', 'policies'],
    [...author, 'commit', '-q', '-m', 'policies'],
  ]) {
    execFileSync('git', args, { cwd: workshop.folder });
  }
  const words = ['mcp', '--toolsets', 'usage,keys,policies,logs,propose,feedback', '--record-file', 'record.json'];
  const listen = () => workshop.start([...words, '--http', '0'], /http:\S+\/mcp/, env);
  // A caller may ask sixty times a minute: the suite has a server of its own.
  await conform(await listen());
  const url = await listen();
  await inspect('HTTP', [url, '--transport', 'http']);
  await inspect('stdio', [
    ...Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]),
    process.execPath,
    cli,
    ...words,
  ]);
  await drive('HTTP', await connectHttp(url));
  await drive('stdio', await connectPipes(cli, words, { cwd: workshop.folder, env }));
  await checkRegistration();
} finally {
  await workshop.close();
}
process.exitCode = faults.length === 0 ? 0 : 1;
