/** Branches that proposals are made on: read, committed and pushed from a scratch repository, never from the work tree. */

import { UserError } from '../errors.ts';
import { type Branch, openBranch } from './branch.ts';
import { importCommit, quotePath, renderData } from './fast-import.ts';
import { fetchFrom } from './fetch.ts';
import { describeFailure } from './git-child.ts';
import { nameFolder, type ReadObjects } from './git-objects.ts';
import { pushFlags, tipIn } from './push-refs.ts';
import { parseRemote } from './remote-url.ts';
import type { Repository } from './repository.ts';
import type { Git } from './run-git.ts';

/** A branch of a proposal as the remote has it. */
export interface ProposalBranch {
  /** Without `refs/heads/`. */
  readonly name: string;
  readonly tip: string;
  readonly parents: readonly string[];
  /** Milliseconds since the epoch: when its tip was committed, by the committer's word. */
  readonly at: number;
}

export interface NewCommit {
  readonly parent: string;
  /** Whole files by their paths from the top of the repository. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
  readonly message: string;
  /** Null: tollgate. */
  readonly author: { readonly name: string; readonly email: string } | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export type BranchMade = 'created' | 'alone' | 'there' | 'overtaken' | 'refused';

export interface ProposalBranches {
  list(): Promise<readonly ProposalBranch[]>;
  /** Whoever Git says works in this clone; null: it does not say. */
  readIdentity(): Promise<NewCommit['author']>;
  commit(change: NewCommit): Promise<string>;
  /** From one commit to another, as Git shows it. */
  diff(from: string, to: string): Promise<string>;
  /** Paths from the top of what differs between two commits. */
  listChanged(from: string, to: string): Promise<readonly string[]>;
  /** What a new branch of the remote is made after; read before anything is counted. '': there was none so far. */
  readTurn(): Promise<string>;
  /**
   * Makes a branch that is not there yet, if none was made since the turn was read: whatever was counted since then holds.
   *
   * | answer | what there is |
   * |---|---|
   * | `created` | the branch |
   * | `alone` | the branch; whether others were made meanwhile was not looked at, as the remote takes nothing but branches |
   * | `there` | a branch of that name, by somebody else; nothing was moved |
   * | `overtaken` | nothing: another branch was made meanwhile |
   * | `refused` | nothing, and no other branch |
   *
   * @param turn null: without looking at others, for a remote that takes branches alone
   * @throws UserError where whether it arrived is not known; without a turn also where the remote refuses it
   */
  create(name: string, commit: string, turn: string | null): Promise<BranchMade>;
  /** Moves it from one commit to another; false: it was at neither, and stays. */
  move(name: string, from: string, to: string): Promise<boolean>;
  readMessage(commit: string): Promise<string>;
  /** Whether what a branch changes is in the base, also where a squash or a rebase made other commits of it. */
  isMerged(base: string, tip: string): Promise<boolean>;
  /** Takes it away again while it is at that commit; false: it could not be. */
  remove(name: string, commit: string): Promise<boolean>;
}

export const proposalFolder = 'tollgate/proposal';

const fetchedFolder = 'refs/tollgate-fetched';
/** On the remote: the commit of the proposal that was made last. Beside `refs/tollgate/`, where records are looked for. */
const turnRef = 'refs/tollgate-proposals/last';
/** Each commit has its own: one that does not contain the other does not take its place. */
const madeFolder = 'refs/tollgate-made/proposal';

/**
 * @param base branch that proposals go into, without `refs/heads/`
 * @param directory of the policies from the top, `''` for the top itself
 * @throws UserError when the remote does not give the branch, or is read at one place and pushed to at another
 */
export async function withProposalBranches<T>(
  repository: Repository,
  base: string,
  directory: string,
  work: (branch: Branch, proposals: ProposalBranches) => Promise<T>,
): Promise<T> {
  await requireOnePlace(repository);
  const withOpened = async (git: Git): Promise<T> =>
    work(await openBranch(git, repository, base, directory), openProposals(git, repository));
  return repository.withScratch(withOpened, { readsClone: true });
}

/** What is counted in one repository and pushed into another is neither found again nor has a pull request. */
async function requireOnePlace({ git, hasRemote, remoteName }: Repository): Promise<void> {
  if (!hasRemote) return;
  const read = async (...flags: readonly string[]): Promise<readonly string[]> => {
    const { code, stdout } = await git(['remote', 'get-url', ...flags, '--all', remoteName]);
    return code === 0 ? stdout.toString('utf8').split('\n').filter(Boolean).map(placeOf) : [];
  };
  const [from, to] = [await read(), await read('--push')];
  if (to.every((place) => place === from[0])) return;
  throw new UserError(`${remoteName} is read at one repository and pushed to another`, {
    hint: `Proposals are looked for where they are pushed. Take \`remote.${remoteName}.pushurl\` away, or name another remote with \`git config tollgate.remote NAME\`.`,
  });
}

/** By HTTPS and by SSH it is the same repository. */
function placeOf(url: string): string {
  const parsed = parseRemote(url);
  return parsed === null ? url : `${parsed.host}/${parsed.repository}`.toLowerCase();
}

function openProposals(git: Git, repository: Repository): ProposalBranches {
  const { remote, remoteName } = repository;
  let made = 0;

  /** Null: there is no such ref. */
  async function readRefs(refs: readonly string[], failed: string): Promise<readonly (string | null)[]> {
    const asked = await git(['ls-remote', '--quiet', remote, ...refs]);
    if (asked.code !== 0) {
      throw new UserError(`${failed}: ${describeFailure(asked)}`, {
        exit: 'unreachable',
        hint: 'Propose the same again: what is there already is found.',
      });
    }
    return refs.map((ref) => tipIn(asked.stdout, ref));
  }

  /** All of them or none. */
  const push = (moves: readonly { readonly ref: string; readonly from: string; readonly to: string }[]) =>
    git([
      'push',
      ...pushFlags,
      ...(moves.length > 1 ? ['--atomic'] : []),
      ...moves.map(({ ref, from }) => `--force-with-lease=${ref}:${from}`),
      remote,
      ...moves.map(({ ref, to }) => `${to}:${ref}`),
    ]);

  return {
    async list() {
      const fetched = await fetchFrom(git, remote, [`+refs/heads/${proposalFolder}/*:${fetchedFolder}/*`]);
      if (fetched.code !== 0) {
        throw new UserError(`${remoteName} does not show its branches: ${describeFailure(fetched)}`, {
          exit: 'unreachable',
        });
      }
      const format = '--format=%(refname)%00%(objectname)%00%(parent)%00%(committerdate:unix)';
      const listed = await git(['for-each-ref', format, `${fetchedFolder}/`]);
      if (listed.code !== 0) throw new UserError(`Git cannot list branches: ${describeFailure(listed)}`);
      return listed.stdout
        .toString('utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => {
          const [ref = '', tip = '', parents = '', at = ''] = line.split('\0');
          return {
            name: `${proposalFolder}/${ref.slice(fetchedFolder.length + 1)}`,
            tip,
            parents: parents.split(' ').filter((parent) => parent !== ''),
            at: Number(at) * 1000,
          };
        });
    },

    async readIdentity() {
      const { stdout } = await repository.git(['config', '-z', '--get-regexp', '^user\\.(name|email)$']);
      // The last of a name is the one that holds.
      const said = new Map(
        stdout
          .toString('utf8')
          .split('\0')
          .map((line): [string, string] => [line.split('\n')[0] ?? '', line.slice(line.indexOf('\n') + 1).trim()]),
      );
      const [name = '', email = ''] = [said.get('user.name'), said.get('user.email')];
      return name === '' || email === '' ? null : { name, email };
    },

    async commit({ parent, files, message, author, at }) {
      const { name, email } = author ?? { name: 'tollgate', email: 'tollgate@localhost' };
      const who = `${plainName(name)} <${plainName(email)}> ${Math.floor(at / 1000)} +0000`;
      const modes = await readModes(git.readObjects, parent, files);
      made += 1;
      const written = await importCommit(git, [
        `commit ${madeFolder}/${made}`,
        'mark :1',
        `author ${who}`,
        `committer ${who}`,
        renderData(message),
        `from ${parent}`,
        ...files.flatMap(({ path, text }) => [
          `M ${modes.get(path) ?? '100644'} inline ${quotePath(path)}`,
          renderData(text),
        ]),
      ]);
      if ('commit' in written) return written.commit;
      throw new UserError(`Git could not write the proposal: ${describeFailure(written.failed)}`);
    },

    async diff(from, to) {
      const flags = ['--no-color', '--no-ext-diff', '--no-textconv', '--no-renames', '--unified=3'];
      const shown = await git(['diff', ...flags, from, to]);
      if (shown.code !== 0) throw new UserError(`Git cannot show the change: ${describeFailure(shown)}`);
      return shown.stdout.toString('utf8');
    },

    async listChanged(from, to) {
      const shown = await git(['diff', '--name-only', '-z', '--no-renames', from, to]);
      if (shown.code !== 0) throw new UserError(`Git cannot show the change: ${describeFailure(shown)}`);
      return shown.stdout
        .toString('utf8')
        .split('\0')
        .filter((path) => path !== '');
    },

    async readTurn() {
      const [turn = null] = await readRefs([turnRef], `${remoteName} does not say what was proposed last`);
      return turn ?? '';
    },

    async create(name, commit, turn) {
      const ref = `refs/heads/${name}`;
      const inTurn = turn === null ? [] : [{ ref: turnRef, from: turn, to: commit }];
      const result = await push([{ ref, from: '', to: commit }, ...inTurn]);
      const became = turn === null ? 'alone' : 'created';
      if (result.code === 0) return became;
      const unknown = `pushing ${name} to ${remoteName} failed, and whether it arrived cannot be known`;
      const [tip = null, latest = null] = await readRefs([ref, turnRef], unknown);
      // The push worked and its answer was lost; or only half of it, where a remote hides other refs.
      if (tip === commit) return turn !== null && (latest ?? '') === turn ? 'alone' : became;
      if (tip !== null) return 'there';
      if (turn !== null) return (latest ?? '') === turn ? 'refused' : 'overtaken';
      throw new UserError(`${remoteName} does not take the branch ${name}: ${describeFailure(result)}`, {
        exit: 'unreachable',
        hint: `Nothing was made. Whoever proposes needs write access to the repository, and no rule may forbid branches below ${proposalFolder}/.`,
      });
    },

    async move(name, from, to) {
      const ref = `refs/heads/${name}`;
      if ((await push([{ ref, from, to }])).code === 0) return true;
      const unknown = `pushing ${name} to ${remoteName} failed, and whether it arrived cannot be known`;
      return (await readRefs([ref], unknown))[0] === to;
    },

    async readMessage(commit) {
      const { stdout } = await git(['log', '-1', '--format=%B', commit]);
      return stdout.toString('utf8');
    },

    async isMerged(base, tip) {
      // One line for each commit that the base has not: `-` before those whose change it has.
      const compared = await git(['cherry', base, tip]);
      const lines = compared.stdout.toString('utf8').trim();
      return compared.code === 0 && !/^\+/m.test(lines);
    },

    async remove(name, commit) {
      return (await push([{ ref: `refs/heads/${name}`, from: commit, to: '' }])).code === 0;
    },
  };
}

/** What ends a line of a commit, or a name in it, is in no name. */
function plainName(text: string): string {
  return text.replace(/[<>\s\p{C}]+/gu, ' ').trim() || 'tollgate';
}

/** A file that may be run stays so. */
async function readModes(
  read: ReadObjects,
  commit: string,
  files: NewCommit['files'],
): Promise<ReadonlyMap<string, string>> {
  const folders = files.map(({ path }) => path.slice(0, Math.max(path.lastIndexOf('/'), 0)));
  const trees = await read(folders.map((folder) => nameFolder(commit, folder)));
  return new Map(
    files.flatMap(({ path }, index) => {
      const tree = trees[index];
      const name = Buffer.from(`100755 ${path.slice(path.lastIndexOf('/') + 1)}\0`);
      return tree?.type === 'tree' && tree.bytes.includes(name) ? [[path, '100755'] as const] : [];
    }),
  );
}
