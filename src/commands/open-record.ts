import { join, resolve } from 'node:path';
import { sampleRecord } from '../emulator/sample-record.ts';
import { UserError } from '../errors.ts';
import { type AppliedRecord, appliedRecordSchema, type Claim } from '../plan/applied-record.ts';
import { isLeaseOver, leaseEndOf } from '../plan/claim-lease.ts';
import type { Rewind } from '../plan/guards.ts';
import type { Backend } from '../reconcile/backend.ts';
import { type Checkout, openCheckout } from '../record/checkout.ts';
import { createFileStore } from '../record/file.ts';
import { createGitRefStore } from '../record/git-ref.ts';
import { createMemoryStore } from '../record/memory.ts';
import type { RecordStore } from '../record/store.ts';
import type { Desired } from '../resources/types.ts';
import { emulatorBaseUrl } from './open-backend.ts';
import { type CommonOptions, isCi, nowOf, type Session } from './session.ts';

/** What a record belongs to; it stands in the organisation file alone. */
export type RecordOwner = Pick<Desired, 'environment' | 'organisation' | 'recordRef'>;

export interface OpenRecord {
  readonly store: RecordStore;
  /** The Git checkout the files come from; null outside one. */
  readonly checkout: Checkout | null;
  /** The record lives on a Git ref: the files' commit must be a descendant of the record's. */
  readonly inGit: boolean;
}

/** @throws UserError when there is no place for a record */
export async function openRecord(
  options: CommonOptions,
  desired: Pick<RecordOwner, 'environment' | 'recordRef'>,
  session: Session,
): Promise<OpenRecord> {
  const checkout = await openCheckoutOf(session);
  if (options.recordFile !== undefined) {
    return { store: createFileStore({ path: options.recordFile }), checkout, inGit: false };
  }
  if (options.backend === 'emulator') {
    return { store: await openEmulatorRecord(options.state, session), checkout, inGit: false };
  }
  if (checkout === null) {
    throw new UserError('not in a Git repository, so there is no place for the applied record', {
      hint: 'Run tollgate in the clone that holds the policy files, or name a file for the record with --record-file.',
    });
  }
  const ref = desired.recordRef ?? `refs/tollgate/${desired.environment}`;
  const { recordToken: token, clock } = session;
  const store = createGitRefStore({ ...gitOptions(session), token, ref, now: clock.now });
  return { store, checkout, inGit: true };
}

/** The clone that the command runs in; null outside one. */
export function openCheckoutOf(session: Session): Promise<Checkout | null> {
  return openCheckout(gitOptions(session));
}

/** Without the run's signal: a cancelled apply still records what it did; a second signal ends the process. */
function gitOptions({ cwd, env }: Session): { directory: string; env: Session['env'] } {
  return { directory: cwd, env };
}

/** The sample organisation brings a record of its own, so that the first plan can show a removal. */
async function openEmulatorRecord(state: string | undefined, session: Session): Promise<RecordStore> {
  const sample = appliedRecordSchema.parse(sampleRecord(nowOf(session), emulatorBaseUrl));
  if (state === undefined) return createMemoryStore(sample);
  const store = createFileStore({ path: join(state, 'record.json') });
  if ((await store.read()) === null) await store.write(sample, null, 'sample record');
  return store;
}

/** A record of something else must not judge these files: everything would look removed. */
export function checkRecord(record: AppliedRecord, desired: RecordOwner, baseUrl: string): void {
  const refuse = (what: string, recorded: string, now: string): never => {
    throw new UserError(`the applied record is for ${what} ${recorded}, and this run for ${now}`, {
      hint: 'Another environment is another directory with its own `environment:`; nothing was planned.',
    });
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
  /** The checkout does not contain the record's commit: applying would roll back what came since. */
  readonly rewind: Rewind;
}

export async function readCheckout(
  { checkout, inGit }: OpenRecord,
  record: AppliedRecord | null,
  { dir, source }: Pick<CommonOptions, 'dir' | 'source'>,
  { cwd }: Session,
): Promise<CheckoutFacts> {
  if (checkout === null) return { directory: null, commit: null, uncommitted: [], rewind: null };
  const directory = checkout.directoryOf(resolve(cwd, dir));
  const commit = source?.commit ?? (await checkout.headCommit());
  const uncommitted = source === undefined ? await checkout.uncommittedPolicyFiles(resolve(cwd, dir)) : [];
  const applied = record?.commit ?? null;
  if (!inGit || applied === null) return { directory, commit, uncommitted, rewind: null };
  const answer =
    source !== undefined
      ? (await source.hasInHistory(applied))
        ? 'yes'
        : 'no'
      : commit === null
        ? 'unknown'
        : await checkout.isAncestor(applied, commit);
  return { directory, commit, uncommitted, rewind: answer === 'yes' ? null : { commit: applied, answer } };
}

/** Uncommitted files are refused in CI, and recorded as `dirty` elsewhere. */
export function checkCommitted({ uncommitted }: CheckoutFacts, options: CommonOptions, session: Session): void {
  const inGit = options.backend === 'portkey' && options.recordFile === undefined;
  if (!inGit || uncommitted.length === 0 || !isCi(session)) return;
  throw new UserError(`policy files are not committed: ${uncommitted.slice(0, 5).join(', ')}`, {
    hint: 'CI applies what is in Git and nothing else.',
  });
}

/** Refuses while another run's apply is under way, or may be. */
export async function checkClaim(
  claim: Claim | undefined,
  takeOver: string | undefined,
  backend: Backend,
  session: Session,
): Promise<void> {
  if (claim === undefined) return;
  if (takeOver !== undefined && takeOver !== claim.run) {
    throw new UserError(`--take-over ${takeOver}: the claim is held by run ${claim.run}`, { exit: 'stale' });
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

/**
 * A process that is certainly no more: of this host, this boot and this namespace of process ids. Elsewhere its id says nothing.
 * An earlier attempt of a CI run is no proof either: a cancelled job goes on for minutes. The Action asks GitHub.
 */
export function isGone({ run }: Pick<Claim, 'run'>, session: Session): boolean {
  const [system, host, space, pid, , ...rest] = run.split(':');
  if (system !== 'local' || pid === undefined || rest.length > 0) return false;
  const isHere = host === session.host && space === session.processSpace;
  return isHere && /^\d+$/.test(pid) && Number(pid) !== session.pid && !session.isProcessAlive(Number(pid));
}
