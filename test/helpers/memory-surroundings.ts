/** Git and the control plane of a run of the Action, in memory: a repository made of values, records, the emulator in process. */

import type { Checkout } from '../../src/checkout/checkout.ts';
import type { DetachedEmulator } from '../../src/emulator/server.ts';
import { UserError } from '../../src/errors.ts';
import type { AppliedRecord } from '../../src/plan/applied-record.ts';
import type { SealState } from '../../src/record/seal.ts';
import { historyOf, type RecordStore, type StoredRecord } from '../../src/record/store.ts';
import type { Surroundings } from '../../src/run/surroundings.ts';
import type { MemoryRepository } from '../approvals/memory.ts';
import { createInProcessDispatcher } from './in-process.ts';

export interface RecordVersion {
  readonly record: AppliedRecord;
  readonly seal: SealState;
  readonly token: string;
  readonly parent: RecordVersion | null;
}

/** What is checked out. */
export interface CheckedOut {
  readonly root: string;
  /** Default: the tip of the default branch. */
  readonly head?: (() => string) | undefined;
}

export function playSurroundings(repository: MemoryRepository, { app }: DetachedEmulator, { root, head }: CheckedOut) {
  const records = new Map<string, RecordVersion>();
  const sealed: RecordVersion[] = [];
  let count = 0;
  const openStore = (ref: string): RecordStore => {
    const stored = (version: RecordVersion | null): StoredRecord | null =>
      version === null ? null : { record: structuredClone(version.record), token: version.token, seal: version.seal };
    if (!/^refs\/(tollgate\/|heads\/(?!main$))/.test(ref)) throw new UserError(`${ref} is no place for a record`);
    const current = (): RecordVersion | null => records.get(ref) ?? null;
    return {
      description: `${ref} in memory`,
      read: async () => stored(current()),
      readToken: async () => current()?.token ?? null,
      async write(next, expected) {
        if ((current()?.token ?? null) !== expected) throw new UserError('the record was changed', { exit: 'stale' });
        const version = putRecord(ref, structuredClone(next), 'own', current());
        if (next.claim === undefined) sealed.push(version);
        return version.token;
      },
      history: async () => historyOf(stored(current())),
      async lastSealed() {
        for (let version = current(); version !== null; version = version.parent) {
          if (version.seal === 'own') return stored(version);
        }
        return null;
      },
      readAt: async (token) => (current()?.token === token ? stored(current()) : null),
    };
  };

  function putRecord(ref: string, record: AppliedRecord, seal: SealState, parent: RecordVersion | null): RecordVersion {
    count += 1;
    const version = { record, seal, token: count.toString(16).padStart(40, 'f'), parent };
    records.set(ref, version);
    return version;
  }

  const surroundings = {
    checkout: checkoutOf(repository, { root, head }, () => [...records.keys()]),
    openStore,
    dispatcher: createInProcessDispatcher(app),
  } as Surroundings;

  return { surroundings, records, sealed, putRecord };
}

function checkoutOf(
  repository: MemoryRepository,
  { root, head = () => repository.main }: CheckedOut,
  refs: () => readonly string[],
): Checkout {
  const folderOf = (path: string): string => path.slice(root.length + 1);
  const treeOf = (commit: string, folder: string): string | null =>
    folderOf(folder) === 'policies' ? JSON.stringify(repository.filesOf(commit)) : null;
  return {
    root,
    open: () => Promise.reject(new Error('there is no Git')),
    remote: 'origin',
    isRemoteChosen: true,
    otherRemotes: [],
    readRemoteUrl: async () => null,
    readDefaultBranch: async () => 'main',
    listRefs: async (patterns) =>
      refs()
        .filter((ref) => patterns.includes(ref) || ref.startsWith('refs/tollgate/'))
        .sort(),
    withBranch: (name, _folder, work) => work(repository.branch(), name ?? 'main'),
    describeCommit: async () => null,
    hasAnyOf: async () => false,
    directoryOf: (folder) => (folder.startsWith(root) ? folderOf(folder) : null),
    headCommit: async () => head(),
    uncommittedPolicyFiles: async () => [],
    isAncestor: async (commit, head) => (repository.history(head).has(commit) ? 'yes' : 'no'),
    resolveCommit: async (name) => name,
    readTrees: async (commits, folder) => new Map(commits.map((commit) => [commit, treeOf(commit, folder)])),
    firstParent: async (commit) => repository.parentsOf(commit)[0] ?? null,
    async firstParentLine(from, to) {
      const past = repository.history(from);
      const line: string[] = [];
      for (let sha: string | undefined = to; sha !== undefined && !past.has(sha); [sha] = repository.parentsOf(sha)) {
        line.push(sha);
      }
      return line;
    },
    isShallow: async () => false,
    isOnDefaultBranch: async () => ({ answer: 'yes', branch: 'main' }),
    hasOwnRef: async () => false,
    isFolderAsIn: async () => true,
    async readPastTexts(path) {
      const name = path.split('/').at(-1) ?? '';
      const texts: string[] = [];
      for (let sha: string | undefined = repository.main; sha !== undefined; [sha] = repository.parentsOf(sha)) {
        const text = repository.filesOf(sha)[name];
        if (text !== undefined && text !== texts.at(-1)) texts.push(text);
      }
      return texts;
    },
    readFilesAtCommit: async (commit) =>
      Object.entries(repository.filesOf(commit)).map(([path, text]) => ({ path, text })),
  };
}
