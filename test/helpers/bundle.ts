/** The command as it is shipped: bundled, run as a process of its own. */

import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { checkDocument, commandOf } from './check-document.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** What it is built from: scripts/mutants.mjs has a copy, with one mutant in it. */
const source = process.env.TOLLGATE_SOURCE ?? root;

/** Made once for a state of the source, whichever test asks first; two that ask at once both make it, and one stays. */
export async function buildBundle(): Promise<string> {
  const file = join(cacheFolder(), `tollgate-bundle-${digestSource()}`, 'build', 'cli.js');
  if (existsSync(file)) return file;
  const draft = `${dirname(dirname(file))}-${process.pid}`;
  mkdirSync(join(draft, 'build'), { recursive: true });
  const script = join(source, 'scripts', 'build.mjs');
  await promisify(execFile)(process.execPath, [script, '--bundle', join(draft, 'build')], { cwd: source });
  dropOldBundles();
  try {
    renameSync(draft, dirname(dirname(file)));
  } catch {
    // Somebody else was faster.
    rmSync(draft, { recursive: true, force: true });
  }
  return file;
}

function cacheFolder(): string {
  return process.env.TOLLGATE_TEST_CACHE ?? tmpdir();
}

/** Each is some megabytes. None of the last hour: another run may be using it. */
function dropOldBundles(): void {
  for (const name of readdirSync(cacheFolder()).filter((entry) => entry.startsWith('tollgate-bundle-'))) {
    const folder = join(cacheFolder(), name);
    const age = Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > 3_600_000) rmSync(folder, { recursive: true, force: true });
  }
}

function digestSource(): string {
  const hash = createHash('sha256').update(source);
  const paths = readdirSync(join(source, 'src'), { recursive: true, encoding: 'utf8' }).map((path) =>
    join('src', path),
  );
  const scripts = ['build.mjs', 'parts.mjs', 'open-parts.js', 'undici-core.cjs'].map((name) => join('scripts', name));
  for (const path of [...paths, 'package.json', 'package-lock.json', ...scripts].sort()) {
    const { mtimeMs, size } = statSync(join(source, path));
    hash.update(`${path} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex').slice(0, 16);
}

export interface BundleOptions {
  readonly cwd: string;
  /** Besides PATH and HOME, all that the process knows of its surroundings. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string;
}

export interface Ended {
  readonly exit: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** Resolves with the match once stderr holds it. @throws when the process ends without it */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): void;
}

export function startCommand(command: string, args: readonly string[], options: BundleOptions): Running {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { PATH: process.env.PATH, HOME: options.cwd, GIT_CONFIG_NOSYSTEM: '1', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.on('error', () => undefined);
  if (options.stdin !== undefined) child.stdin.end(options.stdin);
  const ended = once(child, 'close').then(
    ([exit, signal]): Ended => ({
      exit: exit as number | null,
      signal: signal as NodeJS.Signals | null,
      stdout,
      stderr,
    }),
  );
  return {
    child,
    pid: child.pid ?? -1,
    ended,
    kill: (signal) => void child.kill(signal),
    waitFor(pattern) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(stderr);
          if (found === null) return;
          child.stderr.off('data', look);
          resolve(found);
        };
        child.stderr.on('data', look);
        look();
        void ended.then(({ exit }) =>
          reject(new Error(`ended with ${exit} before it said ${pattern}:\n${stdout}${stderr}`)),
        );
      });
    },
  };
}

/** Runs `tollgate ARGS`. */
export async function startBundle(args: readonly string[], options: BundleOptions): Promise<Running> {
  return startCommand(process.execPath, [await buildBundle(), ...args], options);
}

function asksForJson(args: readonly string[]): boolean {
  return args.some((word, index) => word === '--format=json' || (word === 'json' && args[index - 1] === '--format'));
}

/** … to its end, with nothing on its standard input. */
export async function runBundle(args: readonly string[], options: BundleOptions): Promise<Ended> {
  const ended = await (await startBundle(args, { stdin: '', ...options })).ended;
  if (asksForJson(args) && ended.stdout !== '') checkDocument(commandOf(args), ended.stdout, ended.exit ?? 1);
  return ended;
}

/** Runs a line of shell in which `tollgate` is the bundle. */
export async function runShell(line: string, options: BundleOptions): Promise<Ended> {
  const script = `tollgate() { "${process.execPath}" "${await buildBundle()}" "$@"; }\n${line}\n`;
  return startCommand('bash', ['-c', script], { stdin: '', ...options }).ended;
}
