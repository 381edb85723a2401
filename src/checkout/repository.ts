import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { UserError } from '../errors.ts';
import { selectGitEnvironment } from './git-environment.ts';
import { isIdentityKey, leaveHome, planTokenAccess } from './remote-token.ts';
import { createGit, describeFailure, type Git, type RunOptions } from './run-git.ts';

export interface GitOptions extends RunOptions {
  /** Any folder of the checkout, also one that is not there yet. */
  readonly directory: string;
  /** Default `origin`, or the only remote there is. */
  readonly remote?: string | undefined;
  /** Sent to the remote instead of the credentials that clone and user have. */
  readonly token?: string | undefined;
  /** Default: that of the process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/** In place of a remote's name, where there is none. */
export const localName = 'this repository';

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
  /** Address that the remote's name stands for, after all rewriting; null: no remote. May hold a password. */
  readRemoteUrl(): Promise<string | null>;
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
  const inTree = createGit(await findFolder(options.directory), env, options);
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
  const readRemoteUrl = async (): Promise<string | null> => {
    if (remoteName === null) return null;
    const { code, stdout } = await git(['ls-remote', '--get-url', remoteName]);
    return code === 0 ? stdout.toString('utf8').trim() : null;
  };
  const { token } = options;
  const access =
    token === undefined ? null : planTokenAccess(token, await readRemoteUrl(), remoteName ?? 'this repository');

  return {
    root,
    git,
    remote: remoteName ?? commonFolder,
    remoteName: remoteName ?? localName,
    hasRemote: remoteName !== null,
    readRemoteUrl,

    async withScratch(work, lenders = []) {
      const folder = await mkdtemp(join(tmpdir(), 'tollgate-'));
      try {
        await makeBareRepository(folder, objectFormat === 'sha256');
        if (lenders.length > 0) await lendObjects(folder, lenders);
        const transport = config.filter(({ key }) => isTransportKey(key));
        if (access === null) {
          // Git reads the others by itself, and what is there twice is sent twice.
          const passed = transport.filter(({ scope }) => scope === 'local' || scope === 'worktree');
          return await work(createGit(root, { ...env, ...addConfig(env, passed), GIT_DIR: folder }, options));
        }
        const bare = leaveHome(env, folder);
        const passed = [
          ...transport.filter(({ key }) => !isIdentityKey(key)),
          { key: `remote.${remoteName}.url`, value: access.address },
          { key: `http.${access.address}.extraheader`, value: access.header },
        ];
        const scratch = createGit(root, { ...bare, ...addConfig(bare, passed), GIT_DIR: folder }, options);
        return await work(async (args, input) => {
          const result = await scratch(args, input);
          return { ...result, stderr: access.hide(result.stderr) };
        });
      } finally {
        await rm(folder, { recursive: true, force: true, maxRetries: 3 });
      }
    },
  };
}

/** `2.39.5`; null where it does not say. @throws UserError when there is no git */
export async function readGitVersion(options: GitOptions): Promise<string | null> {
  const { stdout } = await createGit(
    await findFolder(options.directory),
    cleanEnvironment(options.env ?? process.env),
    options,
  )(['version']);
  return /^git version (\d+\.\d+(?:\.\d+)?)/.exec(stdout.toString('utf8'))?.[1] ?? null;
}

export async function requireRepository(options: GitOptions): Promise<Repository> {
  const repository = await openRepository(options);
  if (repository !== null) return repository;
  const probe = await createGit(
    await findFolder(options.directory),
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

/** The folder itself, or the nearest above it that is there: what is yet to be made will lie in its repository. */
async function findFolder(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => null);
  return found?.isDirectory() === true || dirname(folder) === folder ? folder : findFolder(dirname(folder));
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
