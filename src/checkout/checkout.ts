import { relative, resolve, sep } from 'node:path';
import { UserError } from '../errors.ts';
import { type Branch, readDefaultBranch, withBranch } from './branch.ts';
import { readFilesOf } from './commit-files.ts';
import { fetchFrom } from './fetch.ts';
import { describeFailure } from './git-child.ts';
import { nameFolder, readAll, readCommitId } from './git-objects.ts';
import { listRefs } from './list-refs.ts';
import { isPassedOver, isPolicyFile } from './policy-trees.ts';
import { type GitOptions, openRepository, type Repository } from './repository.ts';
import type { Git } from './run-git.ts';

export interface OnDefaultBranch {
  readonly answer: 'yes' | 'no' | 'unknown' | 'no-remote' | 'no-branch';
  /** The branch that was looked at; null where the remote does not name it, or was not asked. */
  readonly branch: string | null;
}

export type RemoteAccess = Pick<GitOptions, 'remote' | 'token'>;

/** A version of the clone's files, as it describes itself. */
export interface CommitWords {
  readonly author: string;
  readonly subject: string;
}

/** The clone that the policies are read from: all that anybody asks about it. Only ever read. */
export interface Checkout {
  /** Top of the work tree. */
  readonly root: string;
  /** The repository itself, by the remote and with the token that are wanted. */
  open(wanted?: RemoteAccess): Promise<Repository>;
  /** What the remote is called here; null: there is none. */
  readonly remote: string | null;
  /** Somebody said that it is this one: it need not be looked for at others. */
  readonly isRemoteChosen: boolean;
  readonly otherRemotes: readonly string[];
  /** Address of the remote, after all rewriting; null: no remote. May hold a password. */
  readRemoteUrl(): Promise<string | null>;
  /** The branch that the remote's HEAD names; null: it names none. */
  readDefaultBranch(): Promise<string | null>;
  /**
   * Refs of the remote, in the order of their names.
   *
   * @param patterns full refs, or folders of them such as `refs/tollgate/*`
   */
  listRefs(patterns: readonly string[]): Promise<readonly string[]>;
  /**
   * Works on the default branch as the remote has it.
   *
   * @param name of the branch; null: the one that the remote's HEAD names
   * @param folder of the policies
   */
  withBranch<T>(name: string | null, folder: string, work: (branch: Branch, name: string) => Promise<T>): Promise<T>;
  /** A folder from the top of the work tree, with forward slashes, `''` for the top itself; null outside of it. */
  directoryOf(folder: string): string | null;
  /** Null before the first commit. */
  headCommit(): Promise<string | null>;
  /**
   * Policy files below a folder that are not as in HEAD: changed, added, removed, untracked or ignored; and repositories in it,
   * whose files no commit of this one holds. Paths from the root.
   *
   * @param others further files, from the root
   * @throws UserError where git has been told not to look at some of them
   */
  uncommittedPolicyFiles(folder: string, others?: readonly string[]): Promise<readonly string[]>;
  /** Null where this clone lacks the commit. */
  describeCommit(commit: string): Promise<CommitWords | null>;
  /** Whether HEAD holds any of these files; null before the first commit. */
  hasAnyOf(paths: readonly string[]): Promise<boolean | null>;
  /** Whether `commit` is `head` or in its history. In a shallow clone the remote is asked for the commits alone. */
  isAncestor(commit: string, head: string): Promise<'yes' | 'no' | 'unknown'>;
  /** A branch, tag or short id as the full id of its commit; what this clone does not know stays as it is. */
  resolveCommit(name: string): Promise<string>;
  /**
   * The tree of a folder as of each commit, by commit: equal trees hold equal files. Null where the folder is not there, or this
   * clone lacks the commit.
   */
  readTrees(commits: readonly string[], folder: string): Promise<ReadonlyMap<string, string | null>>;
  /** Null of the first commit, and where a shallow clone ends. */
  firstParent(commit: string): Promise<string | null>;
  /**
   * Commits of the first-parent line after `from` up to `to` that touch a folder, newest first; null where this clone cannot tell.
   *
   * @param others further files, from the root
   */
  firstParentLine(
    from: string,
    to: string,
    folder: string,
    others?: readonly string[],
  ): Promise<readonly string[] | null>;
  /** The clone lacks a part of the history. */
  isShallow(): Promise<boolean>;
  /** Whether a commit is on the branch that the remote shows first. */
  isOnDefaultBranch(commit: string): Promise<OnDefaultBranch>;
  /** Whether the clone itself has a ref that is looked for on its remote; false where there is no remote. */
  hasOwnRef(ref: string): Promise<boolean>;
  /**
   * Texts that a file has had in the history of HEAD, the latest first, renames followed, then those of every file that was
   * the organisation's at some time; as far as this clone has them.
   */
  readPastTexts(path: string, limit: number): Promise<readonly string[]>;
  /** Whether all that lies in a folder, ignored files too, is as in a commit; false where that cannot be known. */
  isFolderAsIn(commit: string, folder: string): Promise<boolean>;
  /** Policy files below a folder as of a commit, and what they extend, paths from that folder; fetched if the clone lacks the commit. */
  readFilesAtCommit(
    commit: string,
    folder: string,
  ): Promise<readonly { readonly path: string; readonly text: string }[]>;
}

const isObjectId = (text: string): boolean => /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(text);

function pathFromRoot(root: string, folder: string): string | null {
  const path = relative(root, resolve(folder)).split(sep).join('/');
  return path === '..' || path.startsWith('../') ? null : path;
}

const keyOf = ({ remote = '', token = '' }: RemoteAccess): string => JSON.stringify([remote, token]);

/** Null outside a Git work tree. */
export async function openCheckout(options: GitOptions): Promise<Checkout | null> {
  const repository = await openRepository(options);
  if (repository === null) return null;
  const { root, git, isShallow } = repository;
  const read = git.readObjects;
  // Several ask about the commit that was applied last, and beyond a shallow clone the answer takes a fetch.
  const ancestry = new Map<string, Promise<'yes' | 'no' | 'unknown'>>();

  const opened = new Map([[keyOf(options), Promise.resolve(repository)]]);

  function open(wanted: RemoteAccess = {}): Promise<Repository> {
    const own = { token: wanted.token ?? options.token, remote: wanted.remote ?? options.remote };
    const opening = opened.get(keyOf(own)) ?? (repository as Repository).through(own);
    opened.set(keyOf(own), opening);
    return opening;
  }

  async function askAncestor(commit: string, head: string): Promise<'yes' | 'no' | 'unknown'> {
    const near = await git(['merge-base', '--is-ancestor', commit, head]);
    if (near.code === 0) return 'yes';
    if (await isShallow()) return isAncestorBeyondShallow(repository as Repository, commit, head);
    // History is complete here: a commit that this clone lacks is not in it, if only the head is.
    return near.code === 1 || (await readCommitId(read, head)) !== null ? 'no' : 'unknown';
  }

  /** Whether a commit is in the history of a tip of the remote, which this clone may lack. */
  async function isBehind(commit: string, tip: string): Promise<'yes' | 'no' | 'unknown'> {
    if (tip === commit || (await git(['merge-base', '--is-ancestor', commit, tip])).code === 0) return 'yes';
    if ((await readCommitId(read, tip)) !== null && !(await isShallow())) return 'no';
    return (repository as Repository).withScratch(async (scratch) => {
      const fetched = await fetchCommits(scratch, repository as Repository, ['--filter=tree:0'], [tip]);
      const history = fetched.code === 0 ? await scratch(['rev-list', tip]) : fetched;
      if (history.code !== 0) return 'unknown';
      return history.stdout.toString('utf8').split('\n').includes(commit) ? 'yes' : 'no';
    });
  }

  return {
    root,
    open,
    remote: repository.hasRemote ? repository.remoteName : null,
    isRemoteChosen: repository.isRemoteChosen,
    otherRemotes: repository.otherRemotes,
    readRemoteUrl: () => repository.readRemoteUrl(),
    readDefaultBranch: () => readDefaultBranch(repository),

    listRefs: (patterns) => listRefs(repository, patterns),

    async withBranch(name, folder, work) {
      const branchName = name ?? (await readDefaultBranch(repository));
      if (branchName === null) {
        throw new UserError(`${repository.remoteName} does not say which branch is the default one`, {
          hint: 'Give `actions/checkout` the repository that holds the policy files.',
        });
      }
      const directory = pathFromRoot(root, folder);
      if (directory === null) throw new UserError(`${folder} is not in the repository at ${root}`);
      return withBranch(repository, branchName, directory, (branch) => work(branch, branchName));
    },

    directoryOf: (folder) => pathFromRoot(root, folder),

    headCommit: () => readCommitId(read, 'HEAD'),

    async uncommittedPolicyFiles(folder, others = []) {
      // Ignored files too: they are read like any other, and no commit holds them.
      const flags = [
        '--porcelain=v1',
        '-z',
        '--untracked-files=all',
        '--ignored=traditional',
        '--no-renames',
        '--ignore-submodules=all',
      ];
      const places = [resolve(folder), ...others.map((path) => resolve(root, path))];
      const [result, listed] = await Promise.all([
        git(['status', ...flags, '--', ...places]),
        git(['ls-files', '-v', '-s', '-z', '--full-name', '--', ...places]),
      ]);
      const failed = [result, listed].find(({ code }) => code !== 0);
      if (failed !== undefined) throw new UserError(`Git cannot tell what is committed: ${describeFailure(failed)}`);
      const indexed = parseIndex(listed.stdout.toString('utf8'));
      refuseHidden(indexed.filter(({ isHidden, path }) => isHidden && isPolicyFile(path)).map(({ path }) => path));
      const paths = result.stdout
        .toString('utf8')
        .split('\0')
        .map((line) => line.slice(3));
      const below = (path: string): string => path.slice((pathFromRoot(root, folder) ?? '').length);
      const nested = [
        ...paths.filter((path) => path.endsWith('/') && !below(path).split('/').some(isPassedOver)),
        ...indexed.filter(({ isRepository }) => isRepository).map(({ path }) => `${path}/`),
      ];
      return [...new Set([...paths.filter(isPolicyFile), ...nested])].sort();
    },

    async describeCommit(commit) {
      if (!isObjectId(commit)) return null;
      const { code, stdout } = await git(['log', '-1', '--no-show-signature', '--format=%an%x00%s', commit, '--']);
      const [author, subject] = stdout.toString('utf8').trimEnd().split('\0');
      return code !== 0 || author === undefined || subject === undefined ? null : { author, subject };
    },

    async hasAnyOf(paths) {
      const { code, stdout } = await git(['ls-tree', '--full-tree', '--name-only', 'HEAD', '--', ...paths]);
      return code === 0 ? stdout.length > 0 : null;
    },

    async isAncestor(commit, head) {
      if (!isObjectId(commit) || !isObjectId(head)) return 'unknown';
      if (commit === head) return 'yes';
      const question = `${commit} ${head}`;
      const answer = ancestry.get(question) ?? askAncestor(commit, head);
      ancestry.set(question, answer);
      return answer;
    },

    async readTrees(commits, folder) {
      const path = pathFromRoot(root, folder);
      if (path === null || commits.length === 0) return new Map(commits.map((commit) => [commit, null]));
      const objects = await read(commits.map((commit) => nameFolder(commit, path)));
      return new Map(
        commits.map((commit, index) => {
          const tree = objects[index] ?? null;
          return [commit, tree?.type === 'tree' ? tree.oid : null];
        }),
      );
    },

    async firstParent(commit) {
      return isObjectId(commit) ? readCommitId(read, `${commit}^1`) : null;
    },

    async firstParentLine(from, to, folder, others = []) {
      if (!isObjectId(from) || !isObjectId(to) || (await isShallow())) return null;
      const places = [resolve(folder), ...others.map((path) => resolve(root, path))];
      const result = await git(['rev-list', '--first-parent', `${from}..${to}`, '--', ...places]);
      if (result.code !== 0) return null;
      return result.stdout.toString('utf8').split('\n').filter(isObjectId);
    },

    isShallow,

    async hasOwnRef(ref) {
      return repository.hasRemote && (await readCommitId(read, ref)) !== null;
    },

    async isOnDefaultBranch(commit) {
      if (!repository.hasRemote) return { answer: 'no-remote', branch: null };
      // What the clone knows of the branch may be old, but a commit that was on it is on it.
      const tip = await readCommitId(read, `refs/remotes/${repository.remote}/HEAD`);
      const isKnown =
        tip !== null && (tip === commit || (await git(['merge-base', '--is-ancestor', commit, tip])).code === 0);
      if (isKnown) {
        return { answer: 'yes', branch: null };
      }
      const asked = await git(['ls-remote', '--quiet', '--symref', repository.remote, 'HEAD']);
      const said = asked.stdout.toString('utf8');
      const branch = /^ref: refs\/heads\/(.+)\tHEAD$/m.exec(said)?.[1] ?? null;
      const now = /^([0-9a-f]+)\tHEAD$/m.exec(said)?.[1] ?? '';
      if (asked.code !== 0) return { answer: 'unknown', branch: null };
      return { answer: isObjectId(now) ? await isBehind(commit, now) : 'no-branch', branch };
    },

    async isFolderAsIn(commit, folder) {
      const path = pathFromRoot(root, folder);
      if (path === null) return false;
      const changed = await git(['diff', '--quiet', '--no-ext-diff', '--no-textconv', commit, '--', path || '.']);
      if (changed.code !== 0) return false;
      const others = await git(['ls-files', '--others', '-z', '--', path || '.']);
      return others.code === 0 && others.stdout.length === 0;
    },

    async readPastTexts(file, limit) {
      const path = pathFromRoot(root, file);
      if (path === null) return [];
      const list = async (more: readonly string[], globals: readonly string[] = []): Promise<string> => {
        const flags = ['--format=', '--raw', '--no-abbrev', '-m', '--first-parent', `--max-count=${limit}`];
        return (await git([...globals, 'log', ...flags, ...more])).stdout.toString('utf8');
      };
      const own = await list(['--follow', 'HEAD', '--', path]);
      // A file that is written anew under another name has no history of its own: what it took the place of has.
      const kinds = ['--no-renames', '--no-textconv', '--pickaxe-regex', '-S^kind: *org', '-z'];
      const found = (
        await list([...kinds, 'HEAD', '--', ':(top)*.yaml', ':(top)*.yml'], ['--no-literal-pathspecs'])
      ).split('\0');
      const others = [...new Set(found)].filter((text) => isPolicyFile(text) && text !== path).slice(0, limit);
      const theirs = others.length === 0 ? '' : await list(['--no-renames', 'HEAD', '--', ...others]);
      const blobs = `${own}\n${theirs}`
        .split('\n')
        .flatMap((line) => /^:\d+ 100\d{3} [0-9a-f]+ ([0-9a-f]+) /.exec(line)?.[1] ?? []);
      const texts = await readAll(read, [...new Set(blobs)]);
      return (texts ?? []).map(({ bytes }) => bytes.toString('utf8'));
    },

    resolveCommit: async (name) => (await readCommitId(read, name)) ?? name,

    async readFilesAtCommit(commit, folder) {
      const path = pathFromRoot(root, folder);
      if (path === null) {
        throw new UserError(`${folder} is not in the repository at ${root}`);
      }
      const found = await readCommitId(read, commit);
      if (found !== null) return readFilesOf(read, found, path);
      const problem = `there is no commit ${JSON.stringify(commit)} in this clone`;
      if (!isObjectId(commit))
        throw new UserError(`${problem}`, {
          hint: 'Write a branch, a tag, or a commit; what the clone lacks has to be written in full: 40 hex digits.',
        });
      return repository.withScratch(async (scratch) => {
        const fetched = await fetchCommits(scratch, repository, ['--depth=1'], [commit]);
        if (fetched.code === 0) return readFilesOf(scratch.readObjects, commit, path);
        throw new UserError(`${problem}, and ${repository.remoteName} does not give it: ${describeFailure(fetched)}`);
      });
    },
  };
}

interface IndexEntry {
  readonly path: string;
  /** Git takes it for unchanged without a look. */
  readonly isHidden: boolean;
  readonly isRepository: boolean;
}

/** `git ls-files -v -s -z`: tag, mode, id, stage, tab, path. Small letters and `S` are files that git does not look at. */
function parseIndex(text: string): readonly IndexEntry[] {
  return text.split('\0').flatMap((line) => {
    const [, tag, mode, path] = /^(\S) (\d+) [0-9a-f]+ \d\t(.+)$/s.exec(line) ?? [];
    if (tag === undefined || path === undefined) return [];
    return [{ path, isHidden: tag === 'S' || tag !== tag.toUpperCase(), isRepository: mode === '160000' }];
  });
}

/** What is left out of a sparse checkout would look as if it had been taken out of Git, and an edit as if there were none. */
function refuseHidden(paths: readonly string[]): void {
  if (paths.length === 0) return;
  const some = `${paths.slice(0, 3).join(', ')}${paths.length > 3 ? ` and ${paths.length - 3} more` : ''}`;
  const problem = `Git is told not to look at ${paths.length} policy ${paths.length === 1 ? 'file' : 'files'}: ${some}`;
  throw new UserError(`${problem}. What is not there cannot be told from what was taken out`, {
    hint: 'Check all of the directory out: `git sparse-checkout disable`, or `git sparse-checkout add` with the directory. A file that somebody has marked is shown again by `git update-index --no-skip-worktree --no-assume-unchanged FILE`.',
  });
}

/**
 * The clone's history ends at commits whose parents it lacks: those, and not the head, are what the remote surely knows.
 * Their whole history is fetched without trees and files (`tree:0`), which is small even for large repositories.
 */
async function isAncestorBeyondShallow(
  repository: Repository,
  commit: string,
  head: string,
): Promise<'yes' | 'no' | 'unknown'> {
  const roots = await repository.git(['rev-list', '--max-parents=0', head]);
  const ends = roots.stdout.toString('utf8').split('\n').filter(isObjectId);
  if (roots.code !== 0 || ends.length === 0) return 'unknown';
  return repository.withScratch(async (git) => {
    const fetched = await fetchCommits(git, repository, ['--filter=tree:0'], ends);
    if (fetched.code !== 0) return 'unknown';
    const history = await git(['rev-list', ...ends]);
    if (history.code !== 0) return 'unknown';
    return history.stdout.toString('utf8').split('\n').includes(commit) ? 'yes' : 'no';
  });
}

function fetchCommits(git: Git, repository: Repository, flags: readonly string[], commits: readonly string[]) {
  return fetchFrom(git, repository.remote, commits, flags);
}
