/**
 * The record that judges this run. Where it is stands in the files, and the files are what is judged: a change that names
 * another place, or another environment, must not find an empty record there, or one that its author wrote.
 */

import { resolve } from 'node:path';
import type { Checkout } from '../checkout/checkout.ts';
import { listRefs } from '../checkout/list-refs.ts';
import { UserError } from '../errors.ts';
import type { AppliedRecord } from '../plan/applied-record.ts';
import { compareOwnership, type MovedMember, ownershipOf, type RecordOwnership } from '../plan/record-move.ts';
import { compileHead, type PolicyHead } from '../policy/compile.ts';
import { findRealPath } from '../real-path.ts';
import type { StoredRecord } from '../record/store.ts';
import { checkRecord, gitOptions, type OpenRecord, openRefStore, placeOf } from './open-record.ts';
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
    if (here !== null) checkRecord(here.record, head, baseUrl);
    return { stored: here, place: null, moved: [], token };
  }
  const now: RecordOwnership = { ...head, baseUrl, directory, place: ref };
  if (from !== undefined && from !== ref) {
    const there = await openRefStore(from, checkout, session).read();
    if (there === null || there.record.movedTo !== undefined) throw new UserError(`there is no record at ${from}`);
    return { stored: there, place: from, moved: compareOwnership(ownershipOf(there.record, from), now), token };
  }
  const elsewhere = here?.seal === 'own' ? null : await findElsewhere(checkout, here, head, now, session);
  const found = elsewhere ?? (here === null ? null : { ref, stored: here });
  if (found === null) return { stored: null, place: null, moved: [], token };
  const moved = compareOwnership(ownershipOf(found.stored.record, found.ref), now);
  return { stored: found.stored, place: found.ref, moved, token };
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
  const texts = await checkout.readPastTexts(await findRealPath(resolve(session.cwd, orgFile.file)), mostVersions);
  const past = [...new Set(texts.flatMap((text) => placeIn(text) ?? []))].filter(
    (place) => place !== now.place && /^refs\/(?:tollgate|heads)\//.test(place),
  );
  // What a shallow clone does not show of the past may be below the refs that are ours.
  const looksAround = here === null || (await checkout.isShallow());
  const patterns = [...past, ...(looksAround ? ['refs/tollgate/*'] : [])];
  const { surroundings } = session;
  const refs = await (surroundings?.listRefs(patterns) ?? listRefs(gitOptions(checkout.root, session), patterns));
  for (const ref of refs) {
    if (ref === now.place) continue;
    const stored = await readRecordAt(ref, checkout, session);
    if (stored === null || stored.record.movedTo !== undefined) continue;
    if (await isOfTheseFiles(checkout, stored.record, ref, past.includes(ref), now)) return { ref, stored };
  }
  return null;
}

function placeIn(text: string): string | null {
  const head = compileHead([{ path: 'org.yaml', text }]);
  return head === null ? null : placeOf(head);
}

/** Null where something else is, or what cannot be read: whoever could spoil it could have deleted it. */
export async function readRecordAt(ref: string, checkout: Checkout, session: Session): Promise<StoredRecord | null> {
  try {
    return await openRefStore(ref, checkout, session).read();
  } catch (error) {
    if (!(error instanceof UserError) || error.exit === 'unreachable') throw error;
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
    // The files may have come from there; where that folder goes on as an environment of its own, they are a copy.
    return wasNamed && head !== null && (await readPlace(checkout, head, record.directory)) !== ref;
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
  return head === null ? null : placeOf(head);
}
