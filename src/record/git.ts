import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CancelledError, UserError } from '../errors.ts';
import { escapeInvisible } from '../printable.ts';
import { selectGitEnvironment } from './git-environment.ts';

export interface GitOptions {
  /** Any folder of the checkout. */
  readonly directory: string;
  /** Default `origin`, or the only remote there is. */
  readonly remote?: string | undefined;
  /** Default: that of the process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Milliseconds for one git command; default 60,000. */
  readonly timeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Bytes that one command may answer; default 128 MiB, some fifty thousand policies. */
  readonly mostBytes?: number | undefined;
}

export interface GitResult {
  /** Null when it was killed, after a time-out. */
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs git with these arguments, and this on its standard input. A failing command is a result, not an error. */
export type Git = (args: readonly string[], input?: string) => Promise<GitResult>;

export interface Repository {
  /** Top of the work tree. */
  readonly root: string;
  /** In the work tree. */
  readonly git: Git;
  /** What to fetch from and push to: a remote's name, or this repository's own folder when it has no remote. */
  readonly remote: string;
  /** For messages. */
  readonly remoteName: string;
  readonly hasRemote: boolean;
  /**
   * An empty bare repository with this one's remotes and credentials, for as long as `work` takes. Fetching and pushing
   * happen there, so that the user's clone keeps its refs, its objects, its configuration and how shallow it is.
   *
   * @param lenders folders of objects that it may read as well, so that they are not fetched again
   */
  withScratch<T>(work: (git: Git) => Promise<T>, lenders?: readonly string[]): Promise<T>;
}

/** Null when the folder is not in a work tree that git is willing to use. */
export async function openRepository(options: GitOptions): Promise<Repository | null> {
  const env = cleanEnvironment(options.env ?? process.env);
  const inTree = createGit(options.directory, env, options);
  const where = await inTree([
    'rev-parse',
    '--path-format=absolute',
    '--show-toplevel',
    '--git-common-dir',
    '--show-object-format',
  ]);
  const [root, commonFolder, objectFormat] = where.stdout.toString('utf8').split('\n');
  if (where.code !== 0 || !root || !commonFolder) return null;

  const listed = await createGit(root, env, options)(['config', '--list', '-z', '--show-scope']);
  const config = parseConfig(listed.stdout.toString('utf8'));
  const git = createGit(root, { ...env, ...addConfig(env, disableFilters(config)) }, options);
  const remotes = [...new Set(config.flatMap(({ key }) => /^remote\.(.+)\.url$/.exec(key)?.[1] ?? []))];
  const remoteName = chooseRemote(remotes, options.remote);

  return {
    root,
    git,
    remote: remoteName ?? commonFolder,
    remoteName: remoteName ?? 'this repository',
    hasRemote: remoteName !== null,

    async withScratch(work, lenders = []) {
      const folder = await mkdtemp(join(tmpdir(), 'tollgate-'));
      try {
        await makeBareRepository(folder, objectFormat === 'sha256');
        if (lenders.length > 0) await lendObjects(folder, lenders);
        const passed = config.filter(
          ({ scope, key }) => scope !== 'global' && scope !== 'system' && isTransportKey(key),
        );
        return await work(createGit(root, { ...env, ...addConfig(env, passed), GIT_DIR: folder }, options));
      } finally {
        await rm(folder, { recursive: true, force: true, maxRetries: 3 });
      }
    },
  };
}

export async function requireRepository(options: GitOptions): Promise<Repository> {
  const repository = await openRepository(options);
  if (repository !== null) return repository;
  const probe = await createGit(
    options.directory,
    cleanEnvironment(options.env ?? process.env),
    options,
  )(['rev-parse', '--show-toplevel']);
  throw new UserError(
    `the record lives in Git, and ${options.directory} is not in a Git work tree: ${describeFailure(probe)}`,
    {
      hint: 'Run in a clone, or keep the record in a file with --record-file.',
    },
  );
}

function chooseRemote(remotes: readonly string[], wanted: string | undefined): string | null {
  const [first, ...others] = remotes;
  if (wanted !== undefined ? remotes.includes(wanted) : remotes.includes('origin')) return wanted ?? 'origin';
  if (wanted === undefined && others.length === 0) return first ?? null;
  throw new UserError(`this repository has no remote ${wanted ?? 'origin'} to keep the record on`, {
    hint: remotes.length === 0 ? 'It has no remote at all.' : `Its remotes are ${remotes.join(', ')}.`,
  });
}

/** Made by hand: `git init` would copy templates, and take a process. */
async function makeBareRepository(folder: string, sha256: boolean): Promise<void> {
  await mkdir(join(folder, 'objects'));
  await mkdir(join(folder, 'refs'));
  await writeFile(join(folder, 'HEAD'), 'ref: refs/heads/none\n');
  const format = sha256
    ? '\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = sha256\n'
    : '\trepositoryformatversion = 0\n';
  await writeFile(join(folder, 'config'), `[core]\n\tbare = true\n${format}`);
}

async function lendObjects(folder: string, lenders: readonly string[]): Promise<void> {
  await mkdir(join(folder, 'objects', 'info'));
  await writeFile(join(folder, 'objects', 'info', 'alternates'), `${lenders.join('\n')}\n`);
}

interface ConfigEntry {
  readonly scope: string;
  readonly key: string;
  readonly value: string;
}

/** `git config --list -z --show-scope`: scope, NUL, key, newline, value, NUL; a key alone means true. */
function parseConfig(text: string): readonly ConfigEntry[] {
  const parts = text.split('\0');
  const entries: ConfigEntry[] = [];
  for (let i = 0; i + 1 < parts.length; i += 2) {
    const [scope, entry] = [parts[i] ?? '', parts[i + 1] ?? ''];
    const end = entry.indexOf('\n');
    entries.push(
      end < 0 ? { scope, key: entry, value: 'true' } : { scope, key: entry.slice(0, end), value: entry.slice(end + 1) },
    );
  }
  return entries;
}

/**
 * What it takes to reach a remote. Read out by git and handed on, rather than including the clone's config file: conditional
 * includes, with which actions/checkout brings its token, hold for the clone's own folder only.
 */
function isTransportKey(key: string): boolean {
  return (
    /^(?:http|credential|url|ssh|protocol)\./.test(key) ||
    /^remote\..+\.(?:url|pushurl|proxy|proxyauthmethod|vcs|receivepack|uploadpack|serveroption)$/.test(key) ||
    /^core\.(?:sshcommand|gitproxy|askpass)$/.test(key)
  );
}

/** In the environment, not on the command line, where every process of the machine could read the token. */
function addConfig(env: NodeJS.ProcessEnv, entries: readonly Pick<ConfigEntry, 'key' | 'value'>[]): NodeJS.ProcessEnv {
  const start = Number(env.GIT_CONFIG_COUNT ?? 0) || 0;
  const added: NodeJS.ProcessEnv = { GIT_CONFIG_COUNT: String(start + entries.length) };
  for (const [index, { key, value }] of entries.entries()) {
    added[`GIT_CONFIG_KEY_${start + index}`] = key;
    added[`GIT_CONFIG_VALUE_${start + index}`] = value;
  }
  return added;
}

/** Without secrets, and without what a hook or a wrapper may have set to point git elsewhere; English, and never a question. */
function cleanEnvironment(env: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  return {
    ...selectGitEnvironment(env),
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_AUTHOR_NAME: 'tollgate',
    GIT_AUTHOR_EMAIL: 'tollgate@localhost',
    GIT_COMMITTER_NAME: 'tollgate',
    GIT_COMMITTER_EMAIL: 'tollgate@localhost',
  };
}

/**
 * On the command line, which no configuration overrides.
 *
 * | what | why |
 * |---|---|
 * | no maintenance | in the background of a folder that is about to go |
 * | no hooks, no file system monitor, no `ext::` | programs that a folder names: tollgate is run inside checkouts of what strangers propose |
 * | bare repositories only by name | files of a commit can form one, and its configuration would be believed by who runs below it |
 */
const settings = [
  'gc.auto=0',
  'maintenance.auto=false',
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'safe.bareRepository=explicit',
  'protocol.ext.allow=never',
].flatMap((setting) => ['-c', setting]);

/**
 * Filters switched off (git-lfs, git-crypt, and what a script calls itself): asked for what is committed, git would run
 * those that a pull request's `.gitattributes` chooses, and believe what they say of a file that is read here as it lies.
 */
function disableFilters(config: readonly ConfigEntry[]): readonly Pick<ConfigEntry, 'key' | 'value'>[] {
  const names = new Set(
    config.flatMap(({ key }) => /^filter\.(.+)\.(?:clean|smudge|process|required)$/s.exec(key)?.[1] ?? []),
  );
  return [...names].flatMap((name) => [
    { key: `filter.${name}.clean`, value: '' },
    { key: `filter.${name}.smudge`, value: '' },
    { key: `filter.${name}.process`, value: '' },
    { key: `filter.${name}.required`, value: 'false' },
  ]);
}

const mebibyte = 1024 * 1024;

function createGit(directory: string, env: NodeJS.ProcessEnv, options: GitOptions): Git {
  const { timeout = 60_000, mostBytes = 128 * mebibyte, signal } = options;
  return (args, input) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(new CancelledError('cancelled'));
      // A process group of its own: a transport helper that hangs must go with git, and no terminal is there to ask at.
      const child = spawn('git', [...settings, ...args], {
        cwd: directory,
        env,
        detached: process.platform !== 'win32',
      });
      const stdout: Buffer[] = [];
      const stderr: Buffer[] = [];
      let killed = false;
      let answered = 0;
      const stop = (): void => {
        killed = true;
        killGroup(child.pid, 'SIGTERM');
        // SIGTERM lets git remove its lock files; what does not heed it is not waited for.
        setTimeout(() => {
          killGroup(child.pid, 'SIGKILL');
          child.stdout.destroy();
          child.stderr.destroy();
        }, 500).unref();
      };
      const timer = setTimeout(stop, timeout);
      signal?.addEventListener('abort', stop, { once: true });
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', stop);
      };
      child.stdout.on('data', (chunk: Buffer) => {
        answered += chunk.length;
        if (answered <= mostBytes) stdout.push(chunk);
        else if (!killed) stop();
      });
      let said = 0;
      child.stderr.on('data', (chunk: Buffer) => {
        said += chunk.length;
        if (said <= mebibyte) stderr.push(chunk);
      });
      // A command that ends without reading all of its input is judged by its exit code.
      child.stdin.on('error', () => undefined);
      child.on('error', (cause) => {
        settle();
        reject(
          new UserError(`Git cannot be run in ${directory}`, {
            hint: 'Is git installed, and the folder there?',
            cause,
          }),
        );
      });
      child.on('close', (code) => {
        settle();
        if (signal?.aborted) return reject(new CancelledError('cancelled'));
        if (answered > mostBytes) return reject(tooMuch(args[0] ?? '', mostBytes));
        const words = Buffer.concat(stderr).toString('utf8');
        resolve({
          code: killed ? null : code,
          stdout: Buffer.concat(stdout),
          stderr: killed ? `no answer within ${timeout / 1000} s\n${words}` : words,
        });
      });
      child.stdin.end(input ?? '');
    });
}

function tooMuch(command: string, mostBytes: number): UserError {
  return new UserError(
    `git ${command} gave more than ${mostBytes / mebibyte} MiB: no record and no policy files are so large`,
    {
      hint: 'Somebody put large files beside them: take those out of the record with `tollgate record rebuild`, or out of the policies directory.',
    },
  );
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch {
    // Gone already.
  }
}

/** Git's own words on one line, without credentials of URLs and control characters, at most 300 characters. */
export function describeFailure(result: GitResult): string {
  const rejected = takeStart(result.stdout.toString('utf8', 0, longestWords))
    .split('\n')
    .filter((line) => line.startsWith('!'));
  const lines = [...takeStart(result.stderr).split('\n'), ...rejected]
    .map((line) => escapeInvisible(line.replace(/\s+/g, ' ').trim()))
    .filter((line) => line !== '' && !line.startsWith('hint:') && !line.startsWith('To '));
  const text = lines.join('; ').replace(/(\w:\/\/)[^/@\s]+@/g, '$1***@');
  if (text === '') return `git ended with ${result.code}`;
  return text.length > 300 ? `${text.slice(0, 299)}…` : text;
}

/** Characters of what git said that are looked at. */
const longestWords = 10_000;

/** Up to a blank: half of an address might end before the sign by which a password in it is known. */
function takeStart(text: string): string {
  if (text.length < longestWords) return text;
  const start = text.slice(0, longestWords);
  return start.slice(0, Math.max(start.lastIndexOf(' '), start.lastIndexOf('\n'), 0));
}

export interface TreeEntry {
  readonly path: string;
  readonly oid: string;
}

/** Ordinary files of a tree: no links, no submodules. */
export function parseTreeListing(stdout: Buffer): readonly TreeEntry[] {
  return stdout
    .toString('utf8')
    .split('\0')
    .flatMap((line) => {
      const match = /^100\d{3} blob ([0-9a-f]+)\t(.+)$/s.exec(line);
      return match?.[1] === undefined || match[2] === undefined ? [] : [{ oid: match[1], path: match[2] }];
    });
}

/** Contents in the order asked for; null when one is missing. `git cat-file --batch`: header line, bytes, newline. */
export async function readObjects(
  git: Git,
  names: readonly string[],
): Promise<readonly { oid: string; text: string }[] | null> {
  if (names.length === 0) return [];
  const { code, stdout } = await git(['cat-file', '--batch'], `${names.join('\n')}\n`);
  if (code !== 0) return null;
  const objects: { oid: string; text: string }[] = [];
  for (let at = 0; at < stdout.length; ) {
    const end = stdout.indexOf(10, at);
    const [oid, , size] = stdout.toString('utf8', at, end).split(' ');
    if (end < 0 || oid === undefined || size === undefined) return null;
    const start = end + 1;
    at = start + Number(size) + 1;
    objects.push({ oid, text: stdout.toString('utf8', start, at - 1) });
  }
  return objects.length === names.length ? objects : null;
}
