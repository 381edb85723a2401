// Servers for agents as a client starts them, over pipes and over HTTP, and packages that stand beside ours and never among our dependencies.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const cli = join(root, 'build/cli.js');
/** What no server gets of whoever runs this. */
const plainEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(PORTKEY|TOLLGATE|MCP)_/.test(name)),
);

/** @param {string} least such as `22.19` */
export function needNode(least) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [leastMajor, leastMinor = 0] = least.split('.').map(Number);
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return;
  console.error(
    `This needs Node ${least} or later, and this is ${process.versions.node}: what it measures with does not run here.`,
  );
  process.exit(1);
}

/** A folder of its own, with the sample policies, where everything that is written ends up. */
export function openWorkshop() {
  if (!existsSync(cli)) {
    console.error('tollgate is not built: run `npm ci` first.');
    process.exit(1);
  }
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-mcp-'));
  cpSync(join(root, 'policies'), join(folder, 'policies'), { recursive: true });
  const children = [];
  return {
    folder,
    /** By `name@version`; nothing that they bring is run to install them. */
    install(packages) {
      writeFileSync(join(folder, 'package.json'), '{"private":true}');
      const words = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--save-exact'];
      const { status, stderr } = spawnSync('npm', [...words, ...packages], { cwd: folder, encoding: 'utf8' });
      if (status !== 0) throw new Error(`npm could not install ${packages.join(', ')}: ${stderr}`);
    },
    /** The file that a command of an installed package is. */
    commandOf(name, command) {
      const home = join(folder, 'node_modules', name);
      return join(home, JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')).bin[command]);
    },
    /** Until a line tells where it listens. */
    async start(args, tells, env = {}) {
      const child = spawn(process.execPath, [cli, ...args], { cwd: folder, env: { ...plainEnv, ...env } });
      children.push(child);
      let said = '';
      return new Promise((resolve, reject) => {
        const hear = (chunk) => {
          said += chunk;
          const found = tells.exec(said)?.[0];
          if (found !== undefined) resolve(found);
        };
        child.stdout.on('data', hear);
        child.stderr.on('data', hear);
        child.once('exit', () => reject(new Error(`tollgate ${args[0]} ended: ${said}`)));
      });
    },
    /** The emulator as a process of its own, with the sample organisation; the variables with which a server asks it. */
    async startEmulator() {
      const key = 'admin-key-of-the-emulator';
      const url = await this.start(['emulate', '--port', '0', '--accept-key', key], /http:[^\s]+\/v1/);
      const ask = async (path, body) => {
        const headers = { 'x-portkey-api-key': key, 'content-type': 'application/json' };
        const method = body === undefined ? 'GET' : 'POST';
        const answer = await fetch(`${url}${path}`, { method, headers, body: JSON.stringify(body) });
        if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}`);
        return answer.json();
      };
      const env = { PORTKEY_BASE_URL: url, PORTKEY_API_KEY: key };
      return { url, ask, env };
    },
    async close() {
      const running = children.filter((child) => child.exitCode === null);
      await Promise.all(
        running.map((child) => {
          const ended = new Promise((resolve) => child.once('exit', resolve));
          child.kill();
          return ended;
        }),
      );
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function connectPipes(file, args, { cwd, env = {} }) {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [file, ...args],
    cwd,
    env: { ...plainEnv, ...env },
    stderr: 'ignore',
  });
  return connect(transport);
}

export const connectHttp = (url) => connect(new StreamableHTTPClientTransport(new URL(url)));

async function connect(transport) {
  const client = new Client({ name: 'tollgate-scripts', version: '0' });
  await client.connect(transport);
  return client;
}
