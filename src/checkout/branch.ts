/** The default branch as the remote has it, and heads of pull requests: read in a scratch repository, never in the work tree. */

import { UserError } from '../errors.ts';
import { readKeyedTrees, withExtended } from './extended-trees.ts';
import { fetchFrom } from './fetch.ts';
import { describeFailure } from './git-child.ts';
import { nameFolder, type ReadObjects, readCommitId } from './git-objects.ts';
import type { PolicyTree } from './policy-trees.ts';
import type { Repository } from './repository.ts';
import type { Git } from './run-git.ts';

/** A commit of a first-parent line. */
export interface LineCommit {
  readonly sha: string;
  readonly parents: readonly string[];
  /** Of the policies' directory; null: there is none in this commit. */
  readonly tree: string | null;
}

export interface CommitLine {
  /** Tree of the directory where it begins. */
  readonly startTree: string | null;
  /** Oldest first, each the first parent of the next. */
  readonly commits: readonly LineCommit[];
}

/** A commit as it describes itself. */
export interface RecentCommit {
  readonly sha: string;
  readonly author: string;
  readonly subject: string;
}

export interface Branch {
  readonly tip: string;
  hasInHistory(commit: string): Promise<boolean>;
  /** From after a commit up to the tip; null: the commit is not in the branch's history. */
  readLine(start: string): Promise<CommitLine | null>;
  /** Newest first: those of the first-parent line that changed the policies' directory. */
  readRecent(most: number): Promise<readonly RecentCommit[]>;
  /** Brings the heads of pull requests here; those that the remote still gives. */
  fetchHeads(heads: readonly { readonly pull: number; readonly commit: string }[]): Promise<ReadonlySet<string>>;
  /** All of them; empty: there is none. */
  mergeBases(a: string, b: string): Promise<readonly string[]>;
  /**
   * Of the policies' directory by commit, and with it what stands in a file outside that it extends: equal texts hold equal files. Null:
   * it has none, or there is no such commit here.
   */
  treesOf(commits: readonly string[]): Promise<ReadonlyMap<string, string | null>>;
  /** Of the policies' directory in what Git makes of two commits by itself; null: it does not, or it is older than 2.38. */
  automaticTree(a: string, b: string): Promise<string | null>;
  readTrees(trees: readonly string[]): Promise<ReadonlyMap<string, PolicyTree>>;
}

/**
 * @param name of the branch, without `refs/heads/`
 * @param directory of the policies from the top, `''` for the top itself
 * @throws UserError when the remote does not give the branch
 */
export function withBranch<T>(
  repository: Repository,
  name: string,
  directory: string,
  work: (branch: Branch) => Promise<T>,
): Promise<T> {
  const withOpened = async (git: Git): Promise<T> => work(await openBranch(git, repository, name, directory));
  return repository.withScratch(withOpened, { readsClone: true });
}

/** Whether a commit is this head, or in its history. */
export async function isInHistory(branch: Pick<Branch, 'mergeBases'>, commit: string, head: string): Promise<boolean> {
  return (await branch.mergeBases(commit, head)).includes(commit);
}

/**
 * The branch that the remote's HEAD names, for events that do not say it; null: it names none.
 *
 * @throws UserError when the remote does not answer
 */
export async function readDefaultBranch({ git, remote, remoteName }: Repository): Promise<string | null> {
  const asked = await git(['ls-remote', '--symref', remote, 'HEAD']);
  if (asked.code !== 0) {
    throw new UserError(`${remoteName} cannot be asked for its default branch: ${describeFailure(asked)}`, {
      exit: 'unreachable',
    });
  }
  return /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(asked.stdout.toString('utf8'))?.[1] ?? null;
}

const tipRef = 'refs/tollgate/tip';

/** In a repository of its own, which the branch is fetched into. @throws UserError when the remote does not give it */
export async function openBranch(git: Git, repository: Repository, name: string, directory: string): Promise<Branch> {
  const { remote, remoteName } = repository;
  const fetched = await fetchFrom(git, remote, [`+refs/heads/${name}:${tipRef}`]);
  const tip = fetched.code === 0 ? await readCommitId(git.readObjects, tipRef) : null;
  if (tip === null) {
    throw new UserError(`${remoteName} does not give the branch ${name}: ${describeFailure(fetched)}`, {
      exit: 'unreachable',
    });
  }

  const treesOf = (commits: readonly string[]) => readDirectories(git.readObjects, commits, directory);
  // The history behind a commit never changes: what git has answered once is not asked again.
  const inHistory = new Map<string, boolean>([[tip, true]]);
  const bases = new Map<string, readonly string[]>();
  const recent = new Map<number, Promise<readonly RecentCommit[]>>();

  async function hasInHistory(commit: string): Promise<boolean> {
    if (!isObjectId(commit)) return false;
    const known = inHistory.get(commit);
    if (known !== undefined) return known;
    const { code } = await git(['merge-base', '--is-ancestor', commit, tip ?? '']);
    if (code === 0 || code === 1) inHistory.set(commit, code === 0);
    return code === 0;
  }

  async function listRecent(most: number): Promise<readonly RecentCommit[]> {
    const below = directory === '' ? [] : ['--', directory];
    const format = '--format=%H%x00%an%x00%s';
    const { stdout } = await git(['log', '--first-parent', `--max-count=${most}`, format, tip ?? '', ...below]);
    const lines = stdout.toString('utf8').split('\n');
    return lines
      .filter((line) => line !== '')
      .map((line) => {
        const [sha = '', author = '', subject = ''] = line.split('\0');
        return { sha, author, subject };
      });
  }

  return {
    tip,
    treesOf,
    hasInHistory,

    async readLine(start) {
      if (!(await hasInHistory(start))) return null;
      // Nothing lies after the tip itself.
      const listed = start === tip ? null : await git(['rev-list', '--first-parent', '--parents', tip, `^${start}`]);
      if (listed !== null && listed.code !== 0) return null;
      const commits = (listed?.stdout.toString('utf8') ?? '')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split(' '))
        .reverse();
      const trees = await treesOf([start, ...commits.flatMap(([sha, first]) => [sha ?? '', first ?? ''])]);
      const treeOf = (sha: string): string | null => trees.get(sha) ?? null;
      const line = commits.map(([sha = '', ...parents]) => ({ sha, parents, tree: treeOf(sha) }));
      // What was applied from beside the line: the line's own state is a step of its own, and nobody's.
      const below = line[0]?.parents[0];
      const aside =
        below === undefined || below === start ? [] : [{ sha: below, parents: [start], tree: treeOf(below) }];
      return { startTree: treeOf(start), commits: [...aside, ...line] };
    },

    async readRecent(most) {
      const reading = recent.get(most) ?? listRecent(most);
      recent.set(most, reading);
      return reading;
    },

    async fetchHeads(heads) {
      const commits = heads.map(({ commit }) => commit);
      const missing = await missingCommits(git.readObjects, commits);
      const wanted = heads.filter(({ commit }) => missing.has(commit));
      if (wanted.length > 0) {
        const refs = wanted.map(({ commit }) => commit);
        const all = await fetchFrom(git, remote, refs);
        // One that is gone takes the others with it.
        if (all.code !== 0) {
          for (const { pull, commit } of wanted) {
            const one = await fetchFrom(git, remote, [commit]);
            if (one.code !== 0) await fetchFrom(git, remote, [`refs/pull/${pull}/head`]);
          }
        }
      }
      const gone = wanted.length === 0 ? missing : await missingCommits(git.readObjects, commits);
      return new Set(heads.flatMap(({ commit }) => (gone.has(commit) ? [] : [commit])));
    },

    async mergeBases(a, b) {
      const question = `${a} ${b}`;
      const known = bases.get(question);
      if (known !== undefined) return known;
      const found = await git(['merge-base', '--all', a, b]);
      if (found.code !== 0) return [];
      const answer = found.stdout.toString('utf8').split('\n').filter(isObjectId).sort();
      bases.set(question, answer);
      return answer;
    },

    async automaticTree(a, b) {
      const merged = await git(['merge-tree', '--write-tree', '--no-messages', a, b]);
      const tree = merged.stdout.toString('utf8').split('\n')[0] ?? '';
      if (merged.code !== 0 || !isObjectId(tree)) return null;
      return (await treesOf([tree])).get(tree) ?? null;
    },

    readTrees: (trees) => readKeyedTrees(git.readObjects, trees),
  };
}

function isObjectId(text: string): boolean {
  return /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(text);
}

/** The directory's tree in each commit (or tree), with the file outside of it that it extends. */
async function readDirectories(
  read: ReadObjects,
  commits: readonly string[],
  directory: string,
): Promise<Map<string, string | null>> {
  const unique = [...new Set(commits)].filter(isObjectId);
  const objects = await read(unique.map((commit) => nameFolder(commit, directory)));
  const trees = new Map(
    unique.map((commit, index) => {
      const tree = objects[index] ?? null;
      return [commit, tree?.type === 'tree' ? tree.oid : null] as const;
    }),
  );
  return directory === '' ? trees : withExtended(read, trees, directory);
}

async function missingCommits(read: ReadObjects, commits: readonly string[]): Promise<ReadonlySet<string>> {
  const unique = [...new Set(commits)].filter(isObjectId);
  const objects = await read(unique);
  return new Set(unique.filter((_, index) => objects[index]?.type !== 'commit'));
}
