import { relative, resolve, sep } from 'node:path';
import { UserError } from '../errors.ts';
import {
  describeFailure,
  type Git,
  type GitOptions,
  openRepository,
  parseTreeListing,
  type Repository,
  readObjects,
} from './git.ts';

/** The clone that the policies are read from, as far as the record asks about it. Only ever read. */
export interface Checkout {
  /** Top of the work tree. */
  readonly root: string;
  /** A folder from the top of the work tree, with forward slashes, `''` for the top itself; null outside of it. */
  directoryOf(folder: string): string | null;
  /** Null before the first commit. */
  headCommit(): Promise<string | null>;
  /** Policy files below a folder that are not as in HEAD: changed, added, removed, untracked or ignored; paths from the root. */
  uncommittedPolicyFiles(folder: string): Promise<readonly string[]>;
  /** Whether `commit` is `head` or in its history. In a shallow clone the remote is asked for the commits alone. */
  isAncestor(commit: string, head: string): Promise<'yes' | 'no' | 'unknown'>;
  /** A branch, tag or short id as the full id of its commit; what this clone does not know stays as it is. */
  resolveCommit(name: string): Promise<string>;
  /** Policy files below a folder as of a commit, paths from that folder; fetched if the clone lacks the commit. */
  readFilesAtCommit(
    commit: string,
    folder: string,
  ): Promise<readonly { readonly path: string; readonly text: string }[]>;
}

const isPolicyFile = (path: string): boolean => /\.ya?ml$/i.test(path);
const isObjectId = (text: string): boolean => /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(text);

function pathFromRoot(root: string, folder: string): string | null {
  const path = relative(root, resolve(folder)).split(sep).join('/');
  return path === '..' || path.startsWith('../') ? null : path;
}

/** Null outside a Git work tree. */
export async function openCheckout(options: GitOptions): Promise<Checkout | null> {
  const repository = await openRepository(options);
  if (repository === null) return null;
  const { root, git } = repository;

  return {
    root,

    directoryOf: (folder) => pathFromRoot(root, folder),

    async headCommit() {
      const result = await git(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']);
      return result.code === 0 ? result.stdout.toString('utf8').trim() : null;
    },

    async uncommittedPolicyFiles(folder) {
      // Ignored files too: they are read like any other, and no commit holds them.
      const flags = [
        '--porcelain=v1',
        '-z',
        '--untracked-files=all',
        '--ignored=traditional',
        '--no-renames',
        '--ignore-submodules=all',
      ];
      const result = await git(['status', ...flags, '--', resolve(folder)]);
      if (result.code !== 0) throw new UserError(`Git cannot tell what is committed: ${describeFailure(result)}`);
      const paths = result.stdout
        .toString('utf8')
        .split('\0')
        .map((line) => line.slice(3));
      return paths.filter(isPolicyFile).sort();
    },

    async isAncestor(commit, head) {
      if (!isObjectId(commit) || !isObjectId(head)) return 'unknown';
      const near = await git(['merge-base', '--is-ancestor', commit, head]);
      if (near.code === 0) return 'yes';
      const shallow = await git(['rev-parse', '--is-shallow-repository']);
      if (shallow.code !== 0) return 'unknown';
      if (shallow.stdout.toString('utf8').trim() === 'true') return isAncestorBeyondShallow(repository, commit, head);
      // History is complete here: a commit that this clone lacks is not in it, if only the head is.
      return near.code === 1 || (await git(['cat-file', '-e', `${head}^{commit}`])).code === 0 ? 'no' : 'unknown';
    },

    async resolveCommit(name) {
      const found = await git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`]);
      return found.code === 0 ? found.stdout.toString('utf8').trim() : name;
    },

    async readFilesAtCommit(commit, folder) {
      const path = pathFromRoot(root, folder);
      if (path === null) {
        throw new UserError(`${folder} is not in the repository at ${root}`);
      }
      const found = await git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}^{commit}`]);
      if (found.code === 0) return readPolicyFiles(git, found.stdout.toString('utf8').trim(), path);
      const problem = `there is no commit ${JSON.stringify(commit)} in this clone`;
      if (!isObjectId(commit))
        throw new UserError(`${problem}`, {
          hint: 'Write a branch, a tag, or a commit; what the clone lacks has to be written in full: 40 hex digits.',
        });
      return repository.withScratch(async (scratch) => {
        const fetched = await fetchCommits(scratch, repository, ['--depth=1'], [commit]);
        if (fetched.code === 0) return readPolicyFiles(scratch, commit, path);
        throw new UserError(`${problem}, and ${repository.remoteName} does not give it: ${describeFailure(fetched)}`);
      });
    },
  };
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
  const common = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules'];
  return git(['fetch', ...common, ...flags, repository.remote, ...commits]);
}

async function readPolicyFiles(git: Git, commit: string, folder: string) {
  const prefix = folder === '' ? '' : `${folder}/`;
  const listing = await git(['ls-tree', '-r', '-z', '--full-tree', commit, ...(prefix === '' ? [] : ['--', prefix])]);
  const entries = parseTreeListing(listing.stdout).filter(({ path }) => isPolicyFile(path));
  const blobs =
    listing.code === 0
      ? await readObjects(
          git,
          entries.map(({ oid }) => oid),
        )
      : null;
  if (blobs === null) throw new UserError(`commit ${commit} cannot be read: ${describeFailure(listing)}`);
  return entries.map(({ path }, index) => ({ path: path.slice(prefix.length), text: blobs[index]?.text ?? '' }));
}
