/**
 * The record that judges this run. Where it is stands in the files, and the files are what is judged: a change that names
 * another place, or another environment, must not find an empty record there, or one that its author wrote.
 */

import { resolve } from 'node:path';
import type { Checkout } from '../checkout/checkout.ts';
import type { Source } from '../diagnostics.ts';
import { UserError } from '../errors.ts';
import type { AppliedRecord } from '../plan/applied-record.ts';
import { compareOwnership, type MovedMember, ownershipOf, type RecordOwnership } from '../plan/record-move.ts';
import { compileHead, type PolicyHead } from '../policy/compile.ts';
import { escapeInvisible } from '../printable.ts';
import { findRealPath } from '../real-path.ts';
import { StrangerBesideRecord } from '../record/git-ref.ts';
import type { StoredRecord } from '../record/store.ts';
import { type OpenRecord, openRefStore, requireOwnRecord, writtenRecordRef } from './open-record.ts';
import type { Session } from './session.ts';

export interface FoundRecord {
  /** Null: a first run. */
  readonly stored: StoredRecord | null;
  /** Ref at which `stored` was found; null outside Git. */
  readonly place: string | null;
  /** What differs from the last apply; empty: nothing does. */
  readonly moved: readonly MovedMember[];
  /** Version at the place that the files name, to be written over: of `stored`, or of a mark that a record was moved away. */
  readonly token: string | null;
}

/** Versions of the organisation's file that are looked at for places it named. */
const mostVersions = 200;

/**
 * @param from the ref that the record is known to be at; default: it is looked for
 * @throws UserError also for a record of another control plane or organisation, unless `from` asks for it
 */
export async function findRecord(
  record: OpenRecord,
  head: PolicyHead,
  { baseUrl, directory }: { readonly baseUrl: string; readonly directory: string | null },
  session: Session,
  from?: string,
): Promise<FoundRecord> {
  const { store, checkout, ref } = record;
  const read = await store.read();
  const token = read?.token ?? null;
  const here = read?.record.movedTo === undefined ? read : null;
  if (ref === null || checkout === null) {
    if (here !== null) requireOwnRecord(here.record, head, baseUrl, false);
    return { stored: here, place: null, moved: [], token };
  }
  const now: RecordOwnership = { ...head, baseUrl, directory, place: ref };
  if (from !== undefined && from !== ref) {
    const there = await openRefStore(from, checkout, session).read();
    if (there === null || there.record.movedTo !== undefined) throw new UserError(`there is no record at ${from}`);
    const moved = compareOwnership(ownershipOf(there.record, from), now);
    await refuseSecondDirectory(checkout, moved, from);
    return { stored: there, place: from, moved, token };
  }
  const elsewhere = here?.seal === 'own' ? null : await findElsewhere(checkout, here, head, now, session);
  const found = elsewhere ?? (here === null ? null : { ref, stored: here });
  if (found === null) {
    await refuseUnpushed(checkout, ref);
    await refuseOtherRemote(checkout, now, session);
    return { stored: null, place: null, moved: [], token };
  }
  const moved = compareOwnership(ownershipOf(found.stored.record, found.ref), now);
  await refuseSecondDirectory(checkout, moved, found.ref);
  return { stored: found.stored, place: found.ref, moved, token };
}

/**
 * Two directories of one environment delete what the other declares: the second is refused for as long as the first is there.
 *
 * @param ref of the record
 */
async function refuseSecondDirectory(checkout: Checkout, moved: readonly MovedMember[], ref: string): Promise<void> {
  const found = moved.find(({ what }) => what === 'directory');
  const head = found === undefined ? null : await checkout.headCommit();
  if (found === undefined || head === null) return;
  const { was, now } = found;
  const folder = resolve(checkout.root, was);
  const committed = await checkout.readFilesAtCommit(head, folder);
  const declared = compileHead(committed);
  if (declared === null || writtenRecordRef(declared) !== ref) return;
  const changed = new Set(await checkout.uncommittedPolicyFiles(folder));
  if (committed.every(({ path }) => changed.has(was === '' ? path : `${was}/${path}`))) return;
  throw new UserError(
    `environment ${declared.environment} is that of ${was || 'the top of the repository'}, which is still there: ${now || 'the top of the repository'} is a second directory for it`,
    {
      hint: 'Each would delete what the other declares. Give this one an `environment:` of its own in its org.yaml, or take the other one out of Git if this one is to be in its place.',
    },
  );
}

/** Applied before there was a remote: the record is in this clone alone, and nobody else's plan would know of it. */
async function refuseUnpushed(checkout: Checkout, ref: string): Promise<void> {
  if (!(await checkout.hasOwnRef(ref))) return;
  throw new UserError(`there is no applied record on ${checkout.remote}, and one in this clone alone: ${ref}`, {
    hint: `\`git push ${checkout.remote} ${ref}\` puts it there. If it is to count no more: \`git update-ref -d ${ref}\`, and the next apply begins a record anew.`,
  });
}

/** More remotes than anybody has. */
const mostRemotes = 5;

/** Without a record here the team's may be on another remote: the one that this one was forked from. */
async function refuseOtherRemote(checkout: Checkout, now: RecordOwnership, session: Session): Promise<void> {
  // A token is for its own remote, and is not sent to others.
  if (checkout.isRemoteChosen || session.recordToken !== undefined) return;
  for (const remote of checkout.otherRemotes.slice(0, mostRemotes)) {
    const stored = await openRefStore(now.place, checkout, session, remote)
      .read()
      .catch((error: unknown) => {
        // It was not asked for: one that cannot be reached, or holds something else, is in nobody's way.
        if (!(error instanceof UserError)) throw error;
        return null;
      });
    if (stored === null || stored.record.movedTo !== undefined) continue;
    const { organisation, appliedAt, appliedBy } = stored.record;
    if (organisation.toLowerCase() !== now.organisation.toLowerCase()) continue;
    const when = `applied ${appliedAt.slice(0, 16).replace('T', ' ')} UTC by ${escapeInvisible(appliedBy)}`;
    throw new UserError(
      `there is no applied record on ${checkout.remote}, and one of this organisation on ${remote}: ${now.place}, ${when}`,
      {
        hint: `If that is the team's, add --remote ${remote}, or choose it for good: \`git config tollgate.remote ${remote}\`. With --remote ${checkout.remote} a record of its own begins here.`,
      },
    );
  }
}

interface RecordAtRef {
  readonly ref: string;
  readonly stored: StoredRecord;
}

/** A record of these files that lies at another place than they say. */
async function findElsewhere(
  checkout: Checkout,
  here: StoredRecord | null,
  { orgFile }: PolicyHead,
  now: RecordOwnership,
  session: Session,
): Promise<RecordAtRef | null> {
  const past = (await namedPlaces(checkout, orgFile, session)).filter((place) => place !== now.place);
  // What a shallow clone does not show of the past may be below the refs that are ours.
  const looksAround = here === null || (await checkout.isShallow());
  const patterns = [...past, ...(looksAround ? ['refs/tollgate/*'] : [])];
  const refs = await checkout.listRefs(patterns);
  let cameFrom: RecordAtRef | null = null;
  for (const ref of refs) {
    if (ref === now.place) continue;
    const stored = await readRecordAt(ref, checkout, session, past.includes(ref));
    if (stored === null || stored.record.movedTo !== undefined) continue;
    if (!(await isOfTheseFiles(checkout, stored.record, ref, past.includes(ref), now))) continue;
    // That of the very directory comes before one that its files may have come from.
    if (stored.record.directory === now.directory) return { ref, stored };
    cameFrom ??= { ref, stored };
  }
  return cameFrom;
}

/** Where the organisation files of this repository, and those that this one was before, say or said that the record is. */
export async function namedPlaces(checkout: Checkout, orgFile: Source, session: Session): Promise<readonly string[]> {
  const texts = await checkout.readPastTexts(await findRealPath(resolve(session.cwd, orgFile.file)), mostVersions);
  const places = new Set(texts.flatMap((text) => placeIn(text) ?? []));
  return [...places].filter((place) => /^refs\/(?:tollgate|heads)\//.test(place));
}

function placeIn(text: string): string | null {
  const head = compileHead([{ path: 'org.yaml', text }]);
  return head === null ? null : writtenRecordRef(head);
}

/**
 * Null where something else is, or what cannot be read: whoever could spoil it could have deleted it. A record beside which
 * something was committed is there all the same: to go on without it would forget what was applied.
 *
 * @param isNamed the files say, or said, that the record is there
 */
export async function readRecordAt(
  ref: string,
  checkout: Checkout,
  session: Session,
  isNamed = false,
): Promise<StoredRecord | null> {
  try {
    return await openRefStore(ref, checkout, session).read();
  } catch (error) {
    if (!(error instanceof UserError) || error.exit === 'unreachable') throw error;
    if (isNamed && error instanceof StrangerBesideRecord) throw error;
    return null;
  }
}

async function isOfTheseFiles(
  checkout: Checkout,
  record: AppliedRecord,
  ref: string,
  wasNamed: boolean,
  { organisation, baseUrl, directory }: RecordOwnership,
): Promise<boolean> {
  if (record.organisation.toLowerCase() !== organisation.toLowerCase() || record.baseUrl !== baseUrl) return false;
  if (record.directory !== null && record.directory === directory) return true;
  const head = await checkout.headCommit();
  if (record.directory !== null) {
    // The files may have come from there; where that folder goes on as an environment, wherever its record is, they are not its.
    return wasNamed && head !== null && (await readPlace(checkout, head, record.directory)) === null;
  }
  // Format 1 did not say which folder it was of.
  if (record.commit === null || head === null) return true;
  const answer = await checkout.isAncestor(record.commit, head);
  if (answer !== 'yes') return answer === 'unknown';
  return (await readPlace(checkout, record.commit, directory ?? '')) === ref;
}

/** The place that the policy files of a folder name as of a commit; null where they name none. */
async function readPlace(checkout: Checkout, commit: string, folder: string): Promise<string | null> {
  const files = await checkout.readFilesAtCommit(commit, resolve(checkout.root, folder));
  const head = compileHead(files);
  return head === null ? null : writtenRecordRef(head);
}
