import { dirname, join, resolve } from 'node:path';
import { type Checkout, openCheckout } from '../checkout/checkout.ts';
import { isCi, isGone } from '../checkout/this-run.ts';
import { UserError } from '../errors.ts';
import { fromKeptPath } from '../extended-file.ts';
import type { Rewind } from '../guards/input.ts';
import type { Backend } from '../live/backend.ts';
import { type AppliedRecord, appliedRecordSchema, type Claim } from '../plan/applied-record.ts';
import { isLeaseOver, leaseEndOf } from '../plan/claim-lease.ts';
import { explainOther, type MovedMember } from '../plan/record-move.ts';
import { hasSameFiles, toRecordedFiles } from '../plan/same-files.ts';
import type { FoundFile } from '../policy/files.ts';
import { escapeInvisible } from '../printable.ts';
import { findRealPath } from '../real-path.ts';
import { createFileStore } from '../record/file.ts';
import { createGitRefStore } from '../record/git-ref.ts';
import { createMemoryStore } from '../record/memory.ts';
import { createSealer } from '../record/seal.ts';
import type { RecordStore } from '../record/store.ts';
import type { Desired } from '../resources/types.ts';
import { isStdout } from '../stdout-name.ts';
import { requireFreePlace } from './free-place.ts';
import { emulatorBaseUrl } from './open-backend.ts';
import { type CommonOptions, nowOf, type Session } from './session.ts';

/** What a record belongs to; it stands in the organisation file alone. */
export type RecordOwner = Pick<Desired, 'environment' | 'organisation' | 'recordRef'>;

export interface OpenRecord {
  readonly store: RecordStore;
  /** The policies' directory, through every link: the repository is that of where the files really lie. */
  readonly folder: string;
  /** The Git checkout the files come from; null outside one. */
  readonly checkout: Checkout | null;
  /** Where it is kept: part of what a plan is a plan of. */
  readonly place: string;
  /** The record lives on a Git ref: the files' commit must be a descendant of the record's. */
  readonly inGit: boolean;
  /** It lies where others can write, on a ref or in the work tree: what it says is proven from commits, and sealed. */
  readonly isShared: boolean;
  /** The full ref; null outside Git. */
  readonly ref: string | null;
}

/** @throws UserError when there is no place for a record */
export async function openRecord(
  options: CommonOptions,
  desired: Pick<RecordOwner, 'environment' | 'recordRef'>,
  session: Session,
): Promise<OpenRecord> {
  const folder = await folderOf(options, session);
  const checkout = await openCheckoutOf(options, session);
  const ref = writtenRecordRef(desired);
  if (options.recordFile !== undefined) {
    const path = options.recordFile;
    if (isStdout(path)) {
      throw new UserError(`--record-file ${path}: the record is read and written again, so it cannot be on stdout`);
    }
    await requireFreePlace('--record-file', path, options, session);
    // The emulator takes files as they are: no commit has to prove what it was given.
    const isShared =
      options.backend !== 'emulator' && checkout !== null && (await isInWorkTree(path, checkout, session));
    const sealer = isShared ? createSealer(session.env) : undefined;
    const store = createFileStore({ path, sealer });
    return { store, folder, checkout, place: `file ${path}`, inGit: false, isShared, ref: null };
  }
  if (options.backend === 'emulator') {
    const store = await openEmulatorRecord(options.state, session);
    return { store, folder, checkout, place: 'emulator', inGit: false, isShared: false, ref: null };
  }
  if (checkout === null) {
    throw new UserError('not in a Git repository, so there is no place for the applied record', {
      hint: 'Run tollgate in the clone that holds the policy files, or name a file for the record with --record-file.',
    });
  }
  const store = openRefStore(ref, checkout, session);
  return { store, folder, checkout, place: ref, inGit: true, isShared: true, ref };
}

/** Of this repository or of another one: files of a work tree change with what others propose. */
async function isInWorkTree(file: string, checkout: Checkout, session: Session): Promise<boolean> {
  const folder = dirname(await findRealPath(resolve(session.cwd, file)));
  if (checkout.directoryOf(folder) !== null) return true;
  // Of a clone that git does not use, or that has no remote to choose, it is a work tree all the same.
  const other = openCheckout({ directory: folder, env: session.env });
  return other.then(
    (found) => found !== null,
    () => true,
  );
}

/** Where the files say that the record is. */
export function writtenRecordRef({ recordRef, environment }: Pick<RecordOwner, 'environment' | 'recordRef'>): string {
  return recordRef ?? `refs/tollgate/${environment}`;
}

/** The record on a ref of the clone's remote, or of another remote of it. */
export function openRefStore(ref: string, checkout: Checkout, session: Session, remote?: string): RecordStore {
  if (session.surroundings?.openStore !== undefined) return session.surroundings.openStore(ref);
  const { recordToken: token, clock, env } = session;
  const open = () => checkout.open({ token, remote });
  return createGitRefStore({
    directory: checkout.root,
    env,
    remote,
    open,
    ref,
    sealer: createSealer(env),
    now: clock.now,
  });
}

/** Where the policy files of a run lie, through every link, also when they are not there yet. */
export function folderOf({ dir }: Pick<CommonOptions, 'dir'>, { cwd }: Pick<Session, 'cwd'>): Promise<string> {
  return findRealPath(resolve(cwd, dir));
}

/** Where the clone is looked for, and what of it counts. */
export type CheckoutOptions = Pick<CommonOptions, 'dir'> & Partial<Pick<CommonOptions, 'remote' | 'backend'>>;

/**
 * The clone that the policies' directory is in, wherever the command runs; null outside one. Without the run's signal: a
 * cancelled apply still records what it did; a second signal ends the process.
 *
 * @throws UserError where git does not use the one that is there; the emulator needs none
 */
export async function openCheckoutOf(options: CheckoutOptions, session: Session): Promise<Checkout | null> {
  if (session.surroundings?.checkout !== undefined) return session.surroundings.checkout;
  const directory = await folderOf(options, session);
  const place = JSON.stringify([directory, options.remote]);
  const opening =
    session.checkouts?.get(place) ?? openCheckout({ directory, env: session.env, remote: options.remote });
  session.checkouts?.set(place, opening);
  if (options.backend !== 'emulator') return opening;
  return opening.catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    return null;
  });
}

/** @throws UserError also outside a clone */
export async function requireCheckoutOf(options: CheckoutOptions, session: Session, why: string): Promise<Checkout> {
  const checkout = await openCheckoutOf(options, session);
  if (checkout !== null) return checkout;
  throw new UserError(`not in a Git repository, ${why}`, {
    hint: 'Run tollgate in the clone that holds the policy files, or name their directory with --dir.',
  });
}

/** The sample organisation brings a record of its own, so that the first plan can show a removal. */
async function openEmulatorRecord(state: string | undefined, session: Session): Promise<RecordStore> {
  const { sampleRecord } = await import('../emulator/sample/record.ts');
  const sample = appliedRecordSchema.parse(sampleRecord(nowOf(session), emulatorBaseUrl));
  if (state === undefined) return createMemoryStore(sample);
  const store = createFileStore({ path: join(state, 'record.json') });
  if ((await store.read()) === null) await store.write(sample, null, 'sample record');
  return store;
}

/** A record of something else must not judge these files: everything would look removed. */
export function requireOwnRecord(record: AppliedRecord, desired: RecordOwner, baseUrl: string, isInGit = true): void {
  const refuse = (what: MovedMember['what'], was: string, now: string): never => {
    const { message, hint } = explainOther({ what, was, now }, isInGit);
    throw new UserError(message, { hint });
  };
  if (record.environment !== desired.environment) refuse('environment', record.environment, desired.environment);
  if (record.organisation.toLowerCase() !== desired.organisation.toLowerCase()) {
    refuse('organisation', record.organisation, desired.organisation);
  }
  if (record.baseUrl !== baseUrl) refuse('control plane', record.baseUrl, baseUrl);
}

/** What Git says about the files of this run. */
export interface CheckoutFacts {
  /** The policies' directory from the repository's top; null without Git. */
  readonly directory: string | null;
  /** Null without Git. */
  readonly commit: string | null;
  /** Policy files that are not as in that commit. */
  readonly uncommitted: readonly string[];
  /** What this run reads stands in no commit, however clean the work tree is. */
  readonly isEdited?: true;
  /** Later commits of the branch hold files with errors. */
  readonly isOvertaken?: true;
  /** Files outside the directory that are extended, from the repository's top. */
  readonly extended: readonly string[];
  /** The checkout does not contain the record's commit, and has other files: applying would roll back what came since. */
  readonly rewind: Rewind;
  /** The files are those of the last apply: they prove it where its commit was rewritten. */
  readonly isAsApplied: boolean;
  /** The record's commit is in no history any more, and the next apply puts another in its place. */
  readonly isRewritten: boolean;
  /** Of files that come from another commit than the one checked out. */
  readonly hasInHistory?: ((commit: string) => Promise<boolean>) | undefined;
}

/** The policies' directory from the repository's top; null without Git. */
export function directoryOf({ checkout, folder }: Pick<OpenRecord, 'checkout' | 'folder'>): string | null {
  return checkout?.directoryOf(folder) ?? null;
}

export async function readCheckout(
  { checkout, folder, inGit }: OpenRecord,
  record: AppliedRecord | null,
  files: readonly FoundFile[],
  { source }: Pick<CommonOptions, 'source'>,
): Promise<CheckoutFacts> {
  const isAsApplied = record !== null && hasSameFiles(record.files, toRecordedFiles(files));
  const common = { isAsApplied, isRewritten: false, rewind: null, extended: [] };
  if (checkout === null) return { ...common, directory: null, commit: null, uncommitted: [] };
  const directory = directoryOf({ checkout, folder });
  const commit = source?.commit ?? (await checkout.headCommit());
  const extended = files.flatMap(({ relative }) => fromKeptPath(relative) ?? []);
  const uncommitted = source === undefined ? await checkout.uncommittedPolicyFiles(folder, extended) : [];
  const applied = record?.commit ?? null;
  const facts = {
    ...common,
    extended,
    directory,
    commit,
    uncommitted,
    ...(source === undefined ? {} : { hasInHistory: source.hasInHistory }),
    ...(source?.isEdited === true ? { isEdited: true as const } : {}),
    ...(source?.isOvertaken === true ? { isOvertaken: true as const } : {}),
  };
  if (!inGit || applied === null) return facts;
  const answer =
    source !== undefined
      ? (await source.hasInHistory(applied))
        ? 'yes'
        : 'no'
      : commit === null
        ? 'unknown'
        : await checkout.isAncestor(applied, commit);
  if (answer === 'yes') return facts;
  const where =
    answer === 'unknown' ? 'unknown' : source !== undefined ? 'lost' : await seek(checkout, applied, commit);
  const isRewritten = where === 'lost';
  if (isAsApplied) return { ...facts, isRewritten };
  return { ...facts, isRewritten, rewind: { commit: applied, answer, isBehind: where === 'ahead' } };
}

/** Where a commit is that the head does not come after. */
async function seek(checkout: Checkout, applied: string, head: string | null): Promise<'ahead' | 'lost' | 'unknown'> {
  if (head !== null && (await checkout.isAncestor(head, applied)) === 'yes') return 'ahead';
  const { answer } = await checkout.isOnDefaultBranch(applied);
  return answer === 'yes' ? 'ahead' : answer === 'unknown' || answer === 'no-branch' ? 'unknown' : 'lost';
}

export interface ByHandOptions {
  /** Apply what no commit of the remote's default branch holds. */
  readonly allowDirty?: boolean | undefined;
  /** What whoever runs it calls themselves, for the record. */
  readonly as?: string | undefined;
}

/**
 * Whether the files count as made by hand: in no commit that the default branch holds. Whoever applies them has to mean it, on a
 * CI system too, where a job of a branch would put it into force before anybody merged it; files in no commit at all CI refuses.
 *
 * @throws UserError unless `allowDirty`
 */
export async function checkCommitted(
  { uncommitted, commit, hasInHistory }: CheckoutFacts,
  { checkout, isShared, store }: OpenRecord,
  { allowDirty = false, backend }: ByHandOptions & Partial<Pick<CommonOptions, 'backend'>>,
  session: Session,
): Promise<boolean> {
  const takesAll = backend === 'emulator' || !(isShared || isCi(session));
  if (takesAll || checkout === null) return false;
  const hint =
    'Apply what the default branch of the remote holds: others can review it, and the record remembers it. Or add --allow-dirty: then it counts as made by hand until the default branch holds it.';
  if (uncommitted.length > 0) {
    const more = uncommitted.length > 5 ? ` and ${uncommitted.length - 5} more` : '';
    const problem = `policy files are not committed: ${uncommitted.slice(0, 5).join(', ')}${more}`;
    if (isCi(session)) throw new UserError(problem, { hint: 'CI applies what is in Git and nothing else.' });
    if (!allowDirty) throw new UserError(problem, { hint });
    return true;
  }
  // Files of another commit than the one checked out are the tip's of the default branch.
  if (!isShared || commit === null || hasInHistory !== undefined) return false;
  const { answer, branch } = await session.waiting(
    `asking for the default branch beside ${store.description}`,
    checkout.isOnDefaultBranch(commit),
  );
  if (answer === 'yes' || answer === 'no-remote') return false;
  if (allowDirty) return true;
  if (answer === 'no-branch') {
    throw new UserError(`the remote of ${store.description} has no default branch: its HEAD names none that is there`, {
      hint: 'Push the branch that it names, or set the default branch on the server (in a bare repository of your own: `git symbolic-ref HEAD refs/heads/main`).',
    });
  }
  const why = answer === 'no' ? 'is not on' : 'could not be found on';
  const which = branch === null ? '' : ` (${branch})`;
  const words = await checkout.describeCommit(commit);
  const said = words === null ? '' : ` (${JSON.stringify(words.subject)} by ${words.author})`;
  throw new UserError(
    `the commit checked out, ${commit.slice(0, 12)}${escapeInvisible(said)}, ${why} the default branch of the remote${which}`,
    { hint },
  );
}

/** Refuses while another run's apply is under way, or may be; and where there is no claim of the run that was named. */
export async function checkClaim(
  claim: Claim | undefined,
  takeOver: string | undefined,
  backend: Backend,
  session: Session,
  option = '--take-over',
): Promise<void> {
  if (claim === undefined) {
    if (takeOver === undefined) return;
    throw new UserError(`${option} ${takeOver}: there is nothing to take over, the record holds no claim`, {
      hint: 'Leave it out: an apply goes ahead without it.',
      exit: 'stale',
    });
  }
  if (takeOver !== undefined && takeOver !== claim.run) {
    throw new UserError(`${option} ${takeOver}: the claim is held by run ${claim.run}`, { exit: 'stale' });
  }
  if (takeOver === claim.run || !(await isUnderWay(claim, backend, session))) return;
  throw new UserError(`an apply by ${claim.by} is under way since ${claim.startedAt} (run ${claim.run})`, {
    hint: `It holds its claim until ${new Date(leaseEndOf(claim)).toISOString()}. If that run has ended, add --take-over ${claim.run}`,
    exit: 'stale',
  });
}

/** Whether the run that holds the claim may still be writing. Doubt says yes, until the lease is over. */
export async function isUnderWay(claim: Claim, backend: Backend, session: Session): Promise<boolean> {
  if (isGone(claim, session)) return false;
  // The lease was read from the service's clock, and is compared with nothing else: those of two machines may be hours apart.
  if (backend.serviceNow() === null) await backend.listWorkspaces();
  return !isLeaseOver(claim, backend.serviceNow() ?? session.clock.now());
}
