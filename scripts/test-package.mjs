/**
 * Whether the package works where there is nothing but Node:
 *
 *     npm run test:package                 with Node 20.19, 22 and 24
 *     npm run test:package -- 20.19.0 24   with these
 *
 * `npm publish --dry-run` has to have nothing to say. What it would send is packed and installed into an empty folder, and the main job is
 * done there from the sample account on the emulator: import, commit, adopt, change a budget, see the change, apply, see nothing left. Then
 * once more without an installation, as `npx` does it. Where an engine for containers runs, the image is built and asked whether it is
 * healthy. Needs Git, and npm's registry for Node and for what the package depends on.
 * Exit code 1: something failed.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const workshop = mkdtempSync(join(tmpdir(), 'tollgate-package-'));
const asked = process.argv.slice(2);
const versions = asked.length > 0 ? asked : ['20.19.0', '22', '24'];
const npmWords = ['--no-audit', '--no-fund', '--loglevel=error'];
const key = 'admin-key-of-the-emulator';

/** @returns {string} the tarball that would be published; test/package says what is in it */
function pack() {
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', workshop], {
      cwd: root,
      encoding: 'utf8',
    }),
  );
  return join(workshop, filename);
}

/** What npm would put right by itself, or publish in another way than package.json says, it warns of. */
function expectCleanPublish() {
  const { status, stderr } = spawnSync('npm', ['publish', '--dry-run', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
  });
  const said = stderr.split('\n').filter((line) => /^npm (warn|error)/.test(line));
  // Of whoever is not logged in, which nobody is here.
  const faults = said.filter((line) => !line.includes('requires you to be logged in'));
  if (status !== 0 || faults.length > 0)
    throw new Error(`npm publish --dry-run ended with ${status}:\n${faults.join('\n')}`);
}

/** Nothing of whoever runs this: no npm settings, no Git identity, no keys. */
function emptyPlace(name, version) {
  const place = join(workshop, name);
  const node = join(place, 'node');
  const work = join(place, 'work');
  mkdirSync(node, { recursive: true });
  const nowhere = join(place, 'nowhere');
  mkdirSync(work);
  mkdirSync(nowhere);
  execFileSync('npm', ['install', ...npmWords, '--prefix', node, `node@${version}`]);
  const bin = join(node, 'node_modules/node/bin');
  const home = join(place, 'home');
  mkdirSync(home);
  // How the network is reached stays; keys, settings and the identity of whoever runs this do not.
  const outside = Object.entries(process.env).filter(([name]) => !/^(PORTKEY|TOLLGATE|MCP|GIT|GITHUB|npm)_/.test(name));
  const identity = { GIT_AUTHOR_NAME: 'Test', GIT_AUTHOR_EMAIL: 'test@example.com' };
  const env = {
    ...Object.fromEntries(outside),
    PATH: [bin, process.env.PATH].join(delimiter),
    HOME: home,
    GIT_CONFIG_NOSYSTEM: '1',
    ...identity,
    GIT_COMMITTER_NAME: identity.GIT_AUTHOR_NAME,
    GIT_COMMITTER_EMAIL: identity.GIT_AUTHOR_EMAIL,
    npm_config_registry: execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim(),
    NO_COLOR: '1',
  };
  return { work, nowhere, env, node: join(bin, 'node') };
}

async function startEmulator(cli, { work, env, node }) {
  const child = spawn(node, [cli, 'emulate', '--port', '0', '--accept-key', key], { cwd: work, env });
  const url = await new Promise((resolve, reject) => {
    let said = '';
    const hear = (chunk) => {
      said += chunk;
      const found = /http:[^\s]+\/v1/.exec(said)?.[0];
      if (found !== undefined) resolve(found);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', () => reject(new Error(`the emulator ended: ${said}`)));
  });
  return { url, stop: () => new Promise((resolve) => child.once('exit', resolve) && child.kill()) };
}

async function doMainJob(version, tarball) {
  const place = emptyPlace(`node-${version}`, version);
  const { work, nowhere, env, node } = place;
  const run = (file, words, extra = {}, cwd = work) => {
    try {
      const stdout = execFileSync(file, words, {
        cwd,
        env: { ...env, ...extra },
        encoding: 'utf8',
        stdio: 'pipe',
        timeout: 180_000,
      });
      return { status: 0, stdout };
    } catch (error) {
      if (error.status === null || error.status === undefined) throw error;
      return { status: error.status, stdout: `${error.stdout}${error.stderr}` };
    }
  };
  const expectStatus = (status, file, words, extra, cwd) => {
    const said = run(file, words, extra, cwd);
    if (said.status === status) return said.stdout;
    throw new Error(`${[file, ...words].join(' ')} ended with ${said.status}, not ${status}:\n${said.stdout}`);
  };

  expectStatus(0, 'npm', ['install', ...npmWords, '--prefix', work, tarball]);
  const cli = join(work, 'node_modules/tollgate/build/cli.js');
  expectStatus(0, 'npm', ['exec', '--no', '--', 'tollgate', '--version']);
  const emulator = await startEmulator(cli, place);
  try {
    const asked = { PORTKEY_API_KEY: key, PORTKEY_BASE_URL: emulator.url };
    const tollgate = (status, ...words) => expectStatus(status, node, [cli, ...words], asked);
    const commit = (subject) => {
      for (const words of [
        ['add', 'policies'],
        ['commit', '--quiet', '-m', subject],
      ])
        expectStatus(0, 'git', words);
    };
    expectStatus(0, 'git', ['init', '--quiet', '--initial-branch', 'main']);
    tollgate(0, 'import', '--environment', 'production');
    tollgate(0, 'validate');
    commit('What is live');
    tollgate(0, 'apply', '--yes');
    tollgate(0, 'plan', '--detailed-exitcode');
    const file = join(work, 'policies/workspaces/ws-market-4f2a1c.yaml');
    const before = readFileSync(file, 'utf8');
    const after = before.replace(/budget: \$(\d+)\b/, (_, dollars) => `budget: $${Number(dollars) + 1}`);
    if (after === before) throw new Error(`${file} holds no budget to change`);
    writeFileSync(file, after);
    commit('A dollar more');
    tollgate(2, 'plan', '--detailed-exitcode');
    tollgate(0, 'apply', '--yes');
    tollgate(0, 'plan', '--detailed-exitcode');
    const library =
      "const { compilePolicies } = await import('tollgate'); if (compilePolicies([]).desired === undefined) process.exit(1)";
    expectStatus(0, node, ['--input-type=module', '--eval', library]);
    // From a folder in which nothing is installed.
    const npx = ['--yes', ...npmWords, '--package', tarball, '--', 'tollgate'];
    const plan = ['plan', '--dir', join(work, 'policies'), '--detailed-exitcode'];
    const said = expectStatus(
      0,
      'npx',
      [...npx, ...plan],
      { ...asked, npm_config_cache: join(nowhere, '.npm') },
      nowhere,
    );
    if (!said.startsWith('No changes:')) throw new Error(`npx tollgate plan said:\n${said}`);
  } finally {
    await emulator.stop();
  }
}

/** Built, started, and asked by its own check of health, where an engine for containers runs. */
async function tryContainer() {
  const engine = ['docker', 'podman'].find((name) => spawnSync(name, ['info'], { stdio: 'ignore' }).status === 0);
  if (engine === undefined) return 'skip   the container: no engine runs here (docker, podman)';
  const tag = `tollgate-test-${process.pid}`;
  const ask = (...words) =>
    execFileSync(engine, words, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
  ask('build', '--quiet', '--tag', tag, '--target', 'emulator', '.');
  const id = ask('run', '--detach', '--rm', tag);
  try {
    const user = ask('exec', id, 'id', '-u');
    if (user === '0') throw new Error('the container runs as root');
    const [, ...check] = JSON.parse(ask('inspect', '--format', '{{json .Config.Healthcheck.Test}}', id));
    let tries = 0;
    while (spawnSync(engine, ['exec', id, ...check], { stdio: 'ignore' }).status !== 0) {
      tries += 1;
      if (tries === 30) throw new Error(`the emulator in a container is not healthy:\n${ask('logs', id)}`);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    return `ok     the container: built, serves, is healthy (${engine})`;
  } finally {
    spawnSync(engine, ['kill', id], { stdio: 'ignore' });
    spawnSync(engine, ['image', 'rm', '--force', tag], { stdio: 'ignore' });
  }
}

let failed = false;
try {
  expectCleanPublish();
  console.log('ok     npm publish --dry-run has nothing to say');
  const tarball = pack();
  for (const version of versions) {
    try {
      await doMainJob(version, tarball);
      console.log(`ok     Node ${version}: installed, imported, changed, applied`);
    } catch (error) {
      failed = true;
      console.log(`FAULT  Node ${version}: ${error.message}`);
    }
  }
  // Named versions are asked for by who looks at one of them.
  if (asked.length === 0) console.log(await tryContainer());
} finally {
  rmSync(workshop, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
