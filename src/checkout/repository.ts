import { lstat, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { UserError } from '../errors.ts';
import { findFolder } from '../real-path.ts';
import { describeFailure, type GitResult, type RunOptions } from './git-child.ts';
import {
  addConfig,
  type ConfigEntry,
  findWrittenUrl,
  isTransportKey,
  lacksObjects,
  parseConfig,
  probeKey,
  settingsToPass,
} from './git-config.ts';
import { cleanEnvironment } from './git-environment.ts';
import { leastGit, readGitVersion } from './git-version.ts';
import { isIdentityKey, leaveHome, planTokenAccess } from './remote-token.ts';
import { createGit, type Git } from './run-git.ts';

export interface GitOptions extends RunOptions {
  /** Any folder of the checkout, also one that is not there yet. */
  readonly directory: string;
  /** Default: what `git config tollgate.remote` says, else `origin`, else the only remote there is. */
  readonly remote?: string | undefined;
  /** Sent to the remote instead of the credentials that clone and user have. */
  readonly token?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
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
  /** Whoever runs it said which of the remotes it is. */
  readonly isRemoteChosen: boolean;
  readonly otherRemotes: readonly string[];
  /** Address that the remote's name stands for, after all rewriting; null: no remote. May hold a password. */
  readRemoteUrl(): Promise<string | null>;
  /**
   * An empty bare repository with this one's remotes and credentials, for as long as `work` takes. Fetching and pushing
   * happen there, so that the user's clone keeps its refs, its objects, its configuration and how shallow it is.
   */
  withScratch<T>(work: (git: Git) => Promise<T>, options?: ScratchOptions): Promise<T>;
  /** The same by another remote or with another token. @throws UserError as `openRepository` */
  through(wanted: Pick<GitOptions, 'remote' | 'token'>): Promise<Repository>;
  /** The clone lacks a part of the history. */
  isShallow(): Promise<boolean>;
}

interface ScratchOptions {
  /** The clone's objects are read as well, so that they are not fetched again; not where it lacks some of its history. */
  readonly readsClone?: boolean;
}

/**
 * Null when the folder is in no work tree.
 *
 * @throws UserError when it is in one that git does not use, or which of its remotes is meant is not known
 */
export async function openRepository(options: GitOptions): Promise<Repository | null> {
  const env = cleanEnvironment(options.env);
  const folder = await findFolder(options.directory);
  const probed = { ...env, ...addConfig(env, [{ key: probeKey, value: 'true' }], true) };
  const [where, listed] = await Promise.all([
    // `--path-format=absolute` came with Git 2.31.
    createGit(folder, env, options)(['rev-parse', '--show-toplevel', '--git-common-dir', '--show-object-format']),
    createGit(folder, probed, options)(['config', '--list', '-z', '--show-scope']),
  ]);
  const [root, common, objectFormat] = where.stdout.toString('utf8').split('\n');
  if (where.code !== 0 || !root || !common) {
    await explainRefusal(folder, env, where);
    return null;
  }
  const commonFolder = resolve(folder, common);

  if (listed.code !== 0) await explainOldGit(options, listed);
  const found = parseConfig(listed.stdout.toString('utf8'));
  const config = found.filter(({ key }) => key !== probeKey);
  const canCount = config.length < found.length;
  const configure = (base: NodeJS.ProcessEnv, entries: readonly Pick<ConfigEntry, 'key' | 'value'>[]) => ({
    ...base,
    ...addConfig(base, entries, canCount),
  });
  const git = createGit(root, configure(env, disableFilters(config)), options);
  const remotes = [...new Set(config.flatMap(({ key }) => /^remote\.(.+)\.url$/.exec(key)?.[1] ?? []))];
  /** As git itself goes by it: asked anew each time, for somebody may fetch more. */
  const isShallow = (): Promise<boolean> =>
    lstat(join(commonFolder, 'shallow')).then(
      () => true,
      (cause: NodeJS.ErrnoException) => cause.code !== 'ENOENT',
    );

  const through: Repository['through'] = async ({ remote, token }) => {
    const wanted = remote ?? config.findLast(({ key }) => key === 'tollgate.remote')?.value;
    const remoteName = chooseRemote(remotes, wanted);
    const readRemoteUrl = async (): Promise<string | null> => {
      if (remoteName === null) return null;
      const written = findWrittenUrl(config, remoteName);
      if (written !== null) return written;
      const { code, stdout } = await git(['ls-remote', '--get-url', remoteName]);
      return code === 0 ? stdout.toString('utf8').trim() : null;
    };
    const access =
      token === undefined ? null : planTokenAccess(token, await readRemoteUrl(), remoteName ?? 'this repository');

    return {
      root,
      git,
      remote: remoteName ?? commonFolder,
      remoteName: remoteName ?? localName,
      hasRemote: remoteName !== null,
      isRemoteChosen: wanted !== undefined,
      otherRemotes: remotes.filter((name) => name !== remoteName),
      readRemoteUrl,
      through,
      isShallow,

      async withScratch(work, { readsClone = false } = {}) {
        const folder = await makeScratchFolder();
        let scratch: Git | null = null;
        try {
          await makeBareRepository(folder, objectFormat === 'sha256');
          // Of one that lacks history or objects the scratch repository would believe that it has them.
          if (readsClone && !lacksObjects(config) && !(await isShallow())) await lendObjects(folder, commonFolder);
          if (access === null) {
            const passed = await settingsToPass(config, () =>
              createGit(root, { ...env, GIT_DIR: folder }, options)(['config', '--list', '-z', '--show-scope']),
            );
            scratch = createGit(root, { ...configure(env, passed), GIT_DIR: folder }, options);
            return await work(scratch);
          }
          const bare = leaveHome(env, folder);
          const passed = [
            ...config.filter(({ key }) => isTransportKey(key) && !isIdentityKey(key)),
            { key: `remote.${remoteName}.url`, value: access.address },
            { key: `http.${access.address}.extraheader`, value: access.header },
          ];
          const told = createGit(root, { ...configure(bare, passed), GIT_DIR: folder }, options);
          const hiding = async (args: readonly string[], input?: string): Promise<GitResult> => {
            const result = await told(args, input);
            return { ...result, stderr: access.hide(result.stderr) };
          };
          scratch = told;
          return await work(Object.assign(hiding, { readObjects: told.readObjects, rest: told.rest }));
        } finally {
          await scratch?.rest();
          await rm(folder, { recursive: true, force: true, maxRetries: 3 });
        }
      },
    };
  };

  return through(options);
}

async function makeScratchFolder(): Promise<string> {
  const base = tmpdir();
  return mkdtemp(join(base, 'tollgate-')).catch((cause: NodeJS.ErrnoException) => {
    throw new UserError(`no temporary folder can be made in ${base} (${cause.code ?? cause.message})`, {
      hint: 'Set TMPDIR to a folder that can be written.',
      cause,
    });
  });
}

/** What it is asked first is something that older ones do not know. */
async function explainOldGit(options: GitOptions, said: GitResult): Promise<never> {
  const version = await readGitVersion(options);
  throw new UserError(`Git ${version ?? ''} cannot tell its settings: ${describeFailure(said)}`, {
    hint: `tollgate needs Git ${leastGit} or later.`,
  });
}

/**
 * Git answers alike where there is no repository and where it does not use the one that is there: of another owner, say, as in
 * a container. Only the first is a place without Git.
 *
 * @throws UserError with git's own reason and remedy, when there is one at the folder or above it
 */
async function explainRefusal(folder: string, env: NodeJS.ProcessEnv, said: GitResult): Promise<void> {
  const ceilings = (env.GIT_CEILING_DIRECTORIES ?? '').split(delimiter);
  for (let place = folder; ; place = dirname(place)) {
    if (await lstat(join(place, '.git')).catch(() => null)) {
      const remedy = /^\s*(git config .*)$/m.exec(said.stderr)?.[1];
      throw new UserError(`Git does not use the repository in ${place}: ${describeFailure(said)}`, {
        hint: remedy === undefined ? 'Ask `git status` there.' : `If it is yours, as Git says: ${remedy}`,
      });
    }
    if (dirname(place) === place || ceilings.includes(dirname(place))) return;
  }
}

/** @throws UserError also where there is none */
export async function requireRepository(options: GitOptions): Promise<Repository> {
  const repository = await openRepository(options);
  if (repository !== null) return repository;
  throw new UserError(`the record lives in Git, and ${options.directory} is not in a Git work tree`, {
    hint: 'Run in a clone, or keep the record in a file with --record-file.',
  });
}

function chooseRemote(remotes: readonly string[], wanted: string | undefined): string | null {
  const [first, ...others] = remotes;
  if (wanted !== undefined ? remotes.includes(wanted) : remotes.includes('origin')) return wanted ?? 'origin';
  if (wanted === undefined && others.length === 0) return first ?? null;
  throw new UserError(`this repository has no remote ${wanted ?? 'origin'} to keep the record on`, {
    hint:
      remotes.length === 0
        ? 'It has no remote at all.'
        : `Its remotes are ${remotes.join(', ')}: name one with --remote, or for good with \`git config tollgate.remote NAME\`.`,
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

async function lendObjects(folder: string, lender: string): Promise<void> {
  await mkdir(join(folder, 'objects', 'info'));
  await writeFile(join(folder, 'objects', 'info', 'alternates'), `${join(lender, 'objects')}\n`);
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
