/** Carries the record over to where, and to what, the files say that it is now. */

import { actorOf, runId } from '../checkout/this-run.ts';
import type { Diagnostic } from '../diagnostics.ts';
import { UserError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { type AppliedRecord, recordVersionOf } from '../plan/applied-record.ts';
import { describeMove, isOtherService, isSameButForPlace } from '../plan/record-move.ts';
import { toRecordedFiles } from '../plan/same-files.ts';
import { settingsOf } from '../plan/settings.ts';
import type { KnownTexts } from '../policy/compile.ts';
import type { FoundFile } from '../policy/files.ts';
import type { RecordStore, StoredRecord } from '../record/store.ts';
import type { MoveDocument } from '../render/documents/record.ts';
import { jsonVersion, renderJson } from '../render/json.ts';
import type { Desired } from '../resources/types.ts';
import { askFirst } from '../run/ask-first.ts';
import { type FoundRecord, findRecord } from '../run/find-record.ts';
import { loadPolicies } from '../run/load-policies.ts';
import { type OpenBackend, openBackend } from '../run/open-backend.ts';
import {
  type CheckoutFacts,
  checkClaim,
  checkCommitted,
  directoryOf,
  type OpenRecord,
  openRecord,
  openRefStore,
  readCheckout,
} from '../run/open-record.ts';
import { refuseFor } from '../run/output.ts';
import { proveRecord, type ReadFacts } from '../run/prove-record.ts';
import { type CommandResult, type CommonOptions, nowOf, type Session } from '../run/session.ts';
import { rebuildWorkspaces } from './record-rebuild.ts';

export interface RecordMoveOptions extends CommonOptions {
  /** The ref that the record is at; default: it is looked for. */
  readonly from?: string | undefined;
  /** Do not ask. */
  readonly yes: boolean;
  /** Default: by hand, by the holder of the key. */
  readonly way?: AppliedRecord['way'] | undefined;
  /** Nobody else has said yes. */
  readonly isUnreviewed?: boolean | undefined;
  /** What whoever runs it calls themselves, for the record. */
  readonly as?: string | undefined;
}

/** A record and the files that say where it belongs now. Nothing is checked yet. */
export interface FoundMove {
  readonly desired: Desired;
  readonly files: readonly FoundFile[];
  readonly texts: KnownTexts;
  readonly record: OpenRecord;
  readonly open: OpenBackend;
  readonly found: FoundRecord;
  readonly stored: StoredRecord;
}

export async function runRecordMove(options: RecordMoveOptions, session: Session): Promise<CommandResult> {
  const move = await findMove(options, session);
  if ('diagnostics' in move) return refuseFor(move.diagnostics, options.format, session);
  try {
    const said = await carryOutMove(move, options, session);
    return { exit: exitCodes.ok, output: renderMoved(options, move.record, move.found, said) };
  } finally {
    await move.open.close();
  }
}

/** The caller closes `open`. */
export async function findMove(
  options: RecordMoveOptions,
  session: Session,
): Promise<FoundMove | { readonly diagnostics: readonly Diagnostic[] }> {
  const { desired, files, texts, diagnostics } = await loadPolicies(options, session);
  if (desired === null) return { diagnostics };
  const record = await openRecord(options, desired, session);
  if (record.ref === null) {
    throw new UserError('only a record on a Git ref is moved', {
      hint: 'A record in a file is moved like any file.',
    });
  }
  const open = await openBackend(options, session);
  try {
    const owner = { baseUrl: open.backend.baseUrl, directory: directoryOf(record) };
    const found = await findRecord(record, desired, owner, session, options.from);
    const { stored } = found;
    if (stored === null) {
      throw new UserError('no applied record of these files was found', {
        hint: 'Name the ref that it is at with --from; `git ls-remote origin "refs/tollgate/*"` lists those that are ours.',
      });
    }
    return { desired, files, texts, record, open, found, stored };
  } catch (error) {
    await open.close();
    throw error;
  }
}

/** Checks that it is a move and nothing else, and says what was done. */
export async function carryOutMove(
  { desired, files, texts, record, open, found, stored }: FoundMove,
  options: RecordMoveOptions,
  session: Session,
): Promise<string> {
  const { ref, checkout } = record;
  if (found.moved.length === 0 || ref === null || checkout === null) {
    return `The record is where the files say: ${record.store.description}. Nothing to move.\n`;
  }
  const facts = await readCheckout(record, stored.record, files, options);
  await checkClaim(stored.record.claim, undefined, open.backend, session);
  await checkCommitted(facts, record, { allowDirty: false }, session);
  await checkMove(found, desired, record, { ...facts, texts });
  const asking = {
    question: `Move the record: ${describeMove(found.moved)}?`,
    nobody: 'there is nobody to ask',
    verb: 'move',
    done: 'moved',
  };
  await askFirst(asking, options, session);
  const moved = movedRecord(stored.record, desired, facts, options, session);
  const next = { ...moved, files: toRecordedFiles(files) };
  const workspaces = isOtherService(found.moved) ? await rebuildWorkspaces(desired, open, session) : next.workspaces;
  const written: AppliedRecord = { ...next, baseUrl: open.backend.baseUrl, workspaces };
  const from = found.place ?? ref;
  // First the new one: a run that ends between the two leaves a record at each place, and none is lost.
  await record.store.write(written, found.token, `move from ${from}`);
  if (from !== ref) await leaveMark(found, ref, openRefStore(from, checkout, session));
  return `The record has moved: ${describeMove(found.moved)}.\nIt is in ${record.store.description} now.\n`;
}

/** What was merged since the last apply must be the move alone: it would count as applied, unseen. */
async function checkMove(
  { stored, moved }: FoundRecord,
  desired: Desired,
  record: OpenRecord,
  facts: ReadFacts,
): Promise<void> {
  if (stored === null) return;
  if (stored.seal === 'foreign') {
    throw new UserError('the record is sealed with another key: whether it may be believed cannot be known', {
      hint: 'Run this with the key that applies, or with TOLLGATE_SEAL_KEY; or make a record anew at the new place with `tollgate record rebuild --from COMMIT`.',
    });
  }
  const isVouchedFor = stored.seal === 'own';
  const proof = await proveRecord(stored.record, desired, record, { ...facts, isVouchedFor });
  const applied = proof.desiredAt(stored.record.commit);
  if (isSameButForPlace(applied, desired)) return;
  const commit = stored.record.commit?.slice(0, 12) ?? 'none';
  const why =
    applied === null
      ? `what commit ${commit}, which was applied last, declared cannot be known`
      : `the files differ from commit ${commit}, which was applied last, in more than that`;
  throw new UserError(`the record is not moved (${describeMove(moved)}): ${why}`, {
    hint: 'A move is a merged change of its own. Take it back, apply the rest, then merge the move alone and run this again.',
  });
}

function movedRecord(
  past: AppliedRecord,
  desired: Desired,
  facts: CheckoutFacts,
  { way = 'by-hand', isUnreviewed = false, as }: RecordMoveOptions,
  session: Session,
): AppliedRecord {
  const { claim: _claim, wasFormatOne: _was, lifts: _lifts, unreviewed: _unreviewed, ...rest } = past;
  // A change of settings that nobody has reviewed so far stays owed.
  const settings = past.settingsCommit === undefined ? settingsOf(desired) : past.settings;
  return {
    ...rest,
    ...(isUnreviewed ? { unreviewed: true as const } : {}),
    version: recordVersionOf(settings),
    tool: session.version,
    environment: desired.environment,
    organisation: desired.organisation,
    directory: facts.directory,
    // Equal files: they are proven there, in the folder that they are in now.
    commit: facts.commit,
    dirty: false,
    appliedBy: actorOf(session, as),
    appliedAt: nowOf(session).toISOString(),
    run: runId(session),
    way,
    settings,
    outcomes: [],
  };
}

/** The last version at the old place says where the record went; from then on there is none. */
async function leaveMark({ stored }: FoundRecord, to: string, old: RecordStore): Promise<void> {
  if (stored === null) return;
  const { claim: _claim, ...rest } = stored.record;
  await old.write({ ...rest, movedTo: to }, stored.token, `move to ${to}`);
}

function renderMoved(
  { format }: RecordMoveOptions,
  { ref }: OpenRecord,
  { place, moved }: FoundRecord,
  said: string,
): string {
  if (format !== 'json') return said;
  return renderJson<MoveDocument>({ version: jsonVersion, ok: true, from: place, to: ref, moved });
}
