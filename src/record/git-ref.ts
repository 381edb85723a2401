import { fetchFrom } from '../checkout/fetch.ts';
import { describeFailure } from '../checkout/git-child.ts';
import { listFiles, parentsOf, readAll, readListings } from '../checkout/git-objects.ts';
import { tipIn } from '../checkout/push-refs.ts';
import { type GitOptions, localName, type Repository, requireRepository } from '../checkout/repository.ts';
import type { Git } from '../checkout/run-git.ts';
import { UserError } from '../errors.ts';
import { escapeInvisible } from '../printable.ts';
import { renderStableJson } from '../stable-json.ts';
import { listVersions } from './git-history.ts';
import { isRecordPath, parseTree, renderTree, type TreeFiles } from './record-tree.ts';
import { fetchedRef, pushedRefOf, pushLeased } from './scratch-refs.ts';
import { type SealedVersion, type Sealer, sealFile, sealStateOf } from './seal.ts';
import type { RecordStore, StoredRecord } from './store.ts';
import { renderCommit, writeCommit } from './write-commit.ts';

export interface GitRefStoreOptions extends GitOptions {
  /** In full: `refs/tollgate/production`, or `refs/heads/…` for an orphan branch that a ruleset protects. */
  readonly ref: string;
  /** Seals what is written, and tells what was sealed; without it nothing is. */
  readonly sealer?: Sealer | null | undefined;
  /** Default: opens what the other options say. */
  readonly open?: (() => Promise<Repository>) | undefined;
  /** For the commit's date; default the real clock. Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
}

const pushHint =
  'The job needs write access to the repository (in Actions: `permissions: contents: write`), and no rule may forbid the ref. Where a rule lets one App alone push to it, give the Action a token of that App as `record-token`. Where reads of the remote may lag behind pushes, as those of a mirror, wait and plan again.';

/** How many versions of others may lie on top of the last sealed one: two an apply, and no apply runs for months. */
const sealedDepth = 200;

/** The branch is that of the record, and something else was committed to it. */
export class StrangerBesideRecord extends UserError {
  constructor(ref: string, path: string) {
    super(`${ref} holds the record, and beside it what is none of it: ${escapeInvisible(path)}`, {
      hint: 'Take that out of the branch again with a commit: the record stays, and every write replaces the whole tree.',
    });
  }
}

/**
 * The record as commits on a ref of the remote; in a repository without any remote, on its own ref. Each record's parent is
 * the one it replaced. Fetched one commit deep and pushed with a lease on the commit that was read, from a scratch repository:
 * the clone it is run in is only ever read, and may be shallow.
 */
export function createGitRefStore(options: GitRefStoreOptions): RecordStore {
  const { ref, sealer = null } = options;
  checkRef(ref);
  /** What this run has written, each on top of the one before. */
  const written: Written[] = [];
  /** The remote shows what is pushed to it only later, as a mirror does; null: it was not seen yet. */
  let lags: boolean | null = null;
  /** Until the repository has been opened, where records usually are. */
  let place = options.remote ?? 'origin';

  let opening: Promise<Repository> | undefined;

  async function openIt({ evenCancelled = false } = {}): Promise<Repository> {
    opening ??= options.open?.() ?? requireRepository(options);
    const isOther = evenCancelled && options.signal !== undefined;
    const repository = await (isOther ? requireRepository({ ...options, signal: undefined }) : opening);
    place = repository.remoteName;
    return repository;
  }

  /**
   * Whether a tip is what a mirror still shows of the time before the last push of this run. Whoever goes on from what was pushed
   * loses nothing: the next push compares at the place it goes to. Where reads do not lag, somebody has moved the ref back.
   */
  function isBehind(tip: string | null): boolean {
    return lags === true && written.some(({ parent }) => parent === tip);
  }

  /** The commit the ref is at, null when there is no such ref. */
  async function readTip(git: Git, repository: Repository): Promise<string | null> {
    const result = await git(['ls-remote', '--quiet', repository.remote, ref]);
    if (result.code !== 0) {
      throw new UserError(`the record ${ref} on ${repository.remoteName} cannot be read: ${describeFailure(result)}`, {
        exit: 'unreachable',
        hint: 'Nothing was planned: without the record nobody can tell what Git declared before. Check the network and the access to the remote.',
      });
    }
    return tipIn(result.stdout, ref);
  }

  /** What is fetched; null when there is no such ref. The reason for a failed fetch is settled by asking for the ref, not by git's words. */
  async function fetchTip(git: Git, repository: Repository, depth = 1): Promise<string | null> {
    const deep = Number.isFinite(depth) ? [`--depth=${depth}`] : [];
    const result = await fetchFrom(git, repository.remote, [`+${ref}:${fetchedRef}`], deep);
    if (result.code === 0) return (await git.readObjects([fetchedRef]))[0]?.oid ?? null;
    if ((await readTip(git, repository)) === null) return null;
    throw new UserError(`the record ${ref} on ${repository.remoteName} cannot be fetched: ${describeFailure(result)}`, {
      exit: 'unreachable',
    });
  }

  async function readFetched(git: Git, at = fetchedRef): Promise<StoredRecord> {
    const { tree, commit, parent } = await readVersion(git, at);
    checkHoldsRecordOnly([...tree.keys()]);
    const seal = sealStateOf(sealed(tree, parent), sealer);
    return { record: parseTree(tree, ref), token: commit, seal };
  }

  /** `parent` is undefined of a commit with several: tollgate makes none. */
  function sealed(files: TreeFiles, parent: string | null | undefined): SealedVersion {
    return { files, parent: parent === undefined ? 'several' : parent, place: ref };
  }

  async function readVersion(git: Git, at: string) {
    const [commit] = await git.readObjects([at]);
    const entries = commit == null ? null : await listTree(git, at);
    const blobs = entries === null ? null : await readAll(git.readObjects, [...entries.values()]);
    if (commit == null || entries === null || blobs === null) {
      throw new UserError(`the record is corrupt: the commit on ${ref} cannot be read: objects of it are missing`);
    }
    const paths = [...entries.keys()];
    const tree: TreeFiles = new Map(blobs.map(({ bytes }, index) => [paths[index] ?? '', bytes.toString('utf8')]));
    const [parent = null, ...others] = parentsOf(commit);
    return { tree, commit: commit.oid, parent: others.length === 0 ? parent : undefined };
  }

  /** Ordinary files by their paths; null where a folder is missing. */
  async function listTree(git: Git, at: string): Promise<ReadonlyMap<string, string> | null> {
    const [tree] = await git.readObjects([`${at}^{tree}`]);
    if (tree == null) return null;
    const all = listFiles(tree.oid, await readListings(git.readObjects, [tree.oid]));
    if (all.some(({ type }) => type === 'folder')) return null;
    return new Map(all.flatMap(({ type, path, oid }) => (type === 'file' ? [[path, oid]] : [])));
  }

  /**
   * Every write replaces the whole tree of the ref. What somebody works on must not be lost to a slip of `record.ref`; refs
   * below `refs/tollgate/` are nobody else's.
   */
  function checkHoldsRecordOnly(paths: readonly string[]): void {
    if (!ref.startsWith('refs/heads/')) return;
    const stranger = paths.includes('record.json') ? paths.find((path) => !isRecordPath(path)) : (paths[0] ?? '');
    if (stranger === undefined) return;
    if (paths.includes('record.json')) throw new StrangerBesideRecord(ref, stranger);
    throw new UserError(
      `${ref} is a branch that holds something else than a record${stranger === '' ? '' : `: ${escapeInvisible(stranger)}`}`,
      {
        hint: 'Name a branch in `record.ref` that does not exist yet, or leave `record:` out: refs/tollgate/<environment>.',
      },
    );
  }

  /** The branch that is worked on is not the record's, not even before its first commit. */
  async function checkIsNobodysBranch(git: Git, repository: Repository): Promise<void> {
    if (!ref.startsWith('refs/heads/')) return;
    const own = await repository.git(['symbolic-ref', '--quiet', 'HEAD']);
    const theirs = await git(['ls-remote', '--quiet', '--symref', repository.remote, 'HEAD']);
    const taken = [own.stdout, theirs.stdout].some((said) =>
      said
        .toString('utf8')
        .split(/[\s:]+/)
        .some((word) => word.toLowerCase() === ref.toLowerCase()),
    );
    if (!taken) return;
    throw new UserError(`${ref} cannot hold the record: it is the branch that the policy files are on`, {
      hint: 'Name a branch in `record.ref` that does not exist yet, or leave `record:` out: refs/tollgate/<environment>.',
    });
  }

  async function push(git: Git, repository: Repository, commit: string, expected: string | null): Promise<string> {
    const result = await pushLeased(git, repository.remote, ref, expected);
    if (result.code === 0) return commit;
    const tip = await readTip(git, repository).catch((cause: unknown) => {
      if (!(cause instanceof UserError)) throw cause;
      throw new UserError(
        `pushing the record to ${ref} on ${repository.remoteName} failed, and whether it arrived cannot be known: ${describeFailure(result)}`,
        { exit: 'unreachable', cause },
      );
    });
    // The push worked and its answer was lost.
    if (tip === commit) return commit;
    if (tip !== expected && !isBehind(tip)) throw lostRace(repository, tip);
    const there = await readPushed(git, repository);
    if (there === commit) return commit;
    if (there !== undefined && there !== tip) {
      const places = `where ${repository.remoteName} is pushed to it is at ${there?.slice(0, 12) ?? 'nothing'}, and where it is read at ${tip?.slice(0, 12) ?? 'nothing'}`;
      throw new UserError(`reads of ${repository.remoteName} lag behind pushes: ${ref}: ${places}`, {
        exit: 'stale',
        hint: 'Wait for the mirror and plan again, or read where you push: `git remote set-url` without a push address of its own.',
      });
    }
    if (tip !== expected) {
      throw new UserError(
        `pushing the record to ${ref} on ${repository.remoteName} failed: ${describeFailure(result)}`,
        {
          exit: 'stale',
          hint: `Reads of ${repository.remoteName} lag behind pushes: whether another apply has moved the record cannot be known yet. Wait, and plan again.`,
        },
      );
    }
    const branchHint = ref.startsWith('refs/heads/')
      ? ''
      : ' Where the server takes nothing but branches, name one of its own in org.yaml: `record: {ref: refs/heads/tollgate-record}`.';
    throw new UserError(
      `the record cannot be pushed to ${ref} on ${repository.remoteName}: ${describeFailure(result)}`,
      {
        exit: 'unreachable',
        hint: `${pushHint}${branchHint}`,
      },
    );
  }

  /** The commit the ref is at where pushes go; undefined: no other place than that of reads, or it does not say. */
  async function readPushed(git: Git, repository: Repository): Promise<string | null | undefined> {
    if (!repository.hasRemote) return undefined;
    const asked = await repository.git(['remote', 'get-url', '--push', repository.remote]);
    const address = asked.stdout.toString('utf8').trim();
    if (asked.code !== 0 || address === '' || address === (await repository.readRemoteUrl())) return undefined;
    const told = await git(['ls-remote', '--quiet', address, ref]);
    return told.code === 0 ? tipIn(told.stdout, ref) : undefined;
  }

  /** From the tip that a mirror shows up to what was pushed: the same streams make the same commits. */
  async function writeAgain(git: Git, tip: string | null): Promise<void> {
    const from = written.findIndex(({ parent }) => parent === tip);
    for (const { stream } of written.slice(from)) {
      await git(['update-ref', fetchedRef, await writeCommit(git, stream)]);
    }
  }

  function lostRace(repository: Repository, tip: string | null): UserError {
    const what = tip === null ? 'was deleted meanwhile' : 'was moved by another apply';
    return new UserError(`the record ${ref} on ${repository.remoteName} ${what}`, {
      exit: 'stale',
      hint:
        tip === null
          ? 'Somebody or something deletes it on the remote. `tollgate record rebuild --from COMMIT`, with the commit that was applied last, brings it back.'
          : 'Plan again.',
    });
  }

  return {
    get description() {
      return `${ref} ${place === localName ? 'in' : 'on'} ${place}`;
    },

    async read() {
      const repository = await openIt();
      return repository.withScratch(async (git) =>
        (await fetchTip(git, repository)) === null ? null : readFetched(git),
      );
    },

    async readToken() {
      const repository = await openIt();
      const tip = await repository.withScratch((git) => readTip(git, repository));
      return isBehind(tip) ? (written.at(-1)?.commit ?? tip) : tip;
    },

    async write(next, expected, message) {
      // Not cut short by a cancelled run, which has its outcomes to record; every command has its time-out.
      const repository = await openIt({ evenCancelled: true });
      return repository.withScratch(async (git) => {
        await checkIsNobodysBranch(git, repository);
        if (expected !== null) {
          const tip = await fetchTip(git, repository);
          if (tip !== expected) {
            if (!isBehind(tip) || expected !== written.at(-1)?.commit) throw lostRace(repository, tip);
            await writeAgain(git, tip);
          }
          checkHoldsRecordOnly([...((await listTree(git, fetchedRef)) ?? [])].map(([path]) => path));
        }
        const tree = new Map(renderTree(next));
        if (sealer !== null) tree.set(sealFile, renderStableJson(sealer.seal(sealed(tree, expected))));
        const stream = renderCommit(pushedRefOf(ref), next, tree, expected, message, options.now?.() ?? Date.now());
        const commit = await writeCommit(git, stream);
        await push(git, repository, commit, expected);
        written.push({ commit, parent: expected, stream });
        lags ??= await readTip(git, repository).then(
          (tip) => tip === expected,
          () => null,
        );
        return commit;
      });
    },

    async lastSealed() {
      if (sealer === null) return null;
      const repository = await openIt();
      return repository.withScratch(async (git) => {
        if ((await fetchTip(git, repository, sealedDepth)) === null) return null;
        const log = await git(['rev-list', '--first-parent', `--max-count=${sealedDepth}`, fetchedRef]);
        for (const token of log.stdout.toString('utf8').split('\n').filter(Boolean)) {
          const { tree, parent } = await readVersion(git, token);
          const seal = sealStateOf(sealed(tree, parent), sealer);
          if (seal === 'own') return { record: parseTree(tree, ref), token, seal };
        }
        return null;
      });
    },

    async history(limit) {
      const repository = await openIt();
      return repository.withScratch(async (git) => {
        if ((await fetchTip(git, repository, limit)) === null)
          return { versions: [], isComplete: true, keepsPast: true };
        return listVersions(git, fetchedRef, limit, ref);
      });
    },

    async readAt(token) {
      if (!/^[0-9a-f]{40,64}$/.test(token)) return null;
      const repository = await openIt();
      return repository.withScratch(async (git) => {
        // All of it: a server need not hand out a commit that no ref points to.
        if ((await fetchTip(git, repository, Number.POSITIVE_INFINITY)) === null) return null;
        const isPart = await git(['merge-base', '--is-ancestor', token, fetchedRef]);
        return isPart.code === 0 ? readFetched(git, token) : null;
      });
    },
  };
}

interface Written {
  readonly commit: string;
  readonly parent: string | null;
  readonly stream: readonly string[];
}

/**
 * The rules of git-check-ref-format, narrowed to what needs no quoting, and to where a record does no harm: tags, notes,
 * replacements and remote branches mean something to Git.
 */
function checkRef(ref: string): void {
  const parts = ref.split('/');
  const isSound = parts.every((part) => /^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(part) && !/\.\.|\.$|\.lock$/.test(part));
  const isOurs = ref.startsWith('refs/tollgate/') || ref.startsWith('refs/heads/');
  if (isOurs && parts.length >= 3 && isSound) return;
  throw new UserError(`${JSON.stringify(ref)} cannot hold the record`, {
    hint: 'Write refs/tollgate/production, or a branch of its own such as refs/heads/tollgate-record; letters, digits, dots, dashes and underscores.',
  });
}
