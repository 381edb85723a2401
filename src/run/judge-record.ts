/** What of the applied record counts in a run, and who judges where it does not: proof, seal and place in one value. */

import { resolve } from 'node:path';
import { UserError } from '../errors.ts';
import type { ProtectedBy, RecordMoved } from '../guards/input.ts';
import type { Live } from '../live/live.ts';
import type { AppliedRecord, RecordedSettings } from '../plan/applied-record.ts';
import { type BelievedRecord, believeRecord, type Unsealed } from '../plan/believe-record.ts';
import { DeclaredIndex, type Proof, type ProofProblem } from '../plan/prove-entries.ts';
import { describeMove, explainOther, isOtherService, isSameButForPlace } from '../plan/record-move.ts';
import { settingsOf } from '../plan/settings.ts';
import type { Plan, PlanNote } from '../plan/types.ts';
import type { StoredRecord } from '../record/store.ts';
import type { Desired } from '../resources/types.ts';
import type { FoundRecord } from './find-record.ts';
import { type OpenRecord, openRefStore } from './open-record.ts';
import { DeclarationReader, proveRecord, type ReadFacts } from './prove-record.ts';
import type { Session } from './session.ts';
import type { ProvenSettings } from './settings-in-force.ts';

/** First-parent commits that touch the policies, since the last sealed version. */
const mostCommits = 500;

export interface RecordInForce {
  readonly found: FoundRecord;
  readonly stored: StoredRecord | null;
  /** Null without a record. */
  readonly proof: Proof | null;
  /** Null: sealed by this key, not kept where others write, or this run has no key to tell. */
  readonly unsealed: Unsealed | null;
  /** Settings of the last apply; null: those of `judges` alone are in force. */
  readonly settings: RecordedSettings | null;
  /** Files of earlier commits that judge beside those of this run: the strictest of all counts. Newest first. */
  readonly judges: readonly Desired[];
  readonly isProtected: ProtectedBy;
  readonly moved: RecordMoved | null;
}

export interface JudgedRecord {
  readonly record: OpenRecord;
  readonly found: FoundRecord;
  readonly facts: ReadFacts;
  readonly desired: Desired;
  /** Only who holds the key that seals can tell; others take the record as it is. */
  readonly checksSeal: boolean;
}

export async function judgeRecord(judged: JudgedRecord, session: Session): Promise<RecordInForce> {
  const { record, found, facts, desired, checksSeal } = judged;
  const { stored } = found;
  const isUnsealed = stored !== null && record.isShared && checksSeal && stored.seal !== 'own';
  const proof =
    stored === null ? null : await proveRecord(stored.record, desired, record, { ...facts, isVouchedFor: !isUnsealed });
  const unsealed = isUnsealed ? { ancestor: await readSealed(judged, session) } : null;
  const judges = await readJudges(judged, proof, unsealed);
  const indexes = (stored === null && record.isShared ? [desired, ...judges] : judges).map(
    (declared) => new DeclaredIndex(declared),
  );
  return {
    found,
    stored,
    proof,
    unsealed,
    settings: settingsInForceOf(stored, proof, unsealed),
    judges,
    isProtected: (entry, place) =>
      proof?.isProtected(entry, place) === true ||
      indexes.some((index) => index.findAll(entry, place).some(({ protect }) => protect)),
    moved: describeMoved(judged, proof),
  };
}

async function readSealed({ found, record }: JudgedRecord, session: Session): Promise<AppliedRecord | null> {
  const { place } = found;
  const { checkout, ref, store: own } = record;
  const store = place === null || place === ref || checkout === null ? own : openRefStore(place, checkout, session);
  return (await store.lastSealed())?.record ?? null;
}

/** What is not proven to have been applied is not in force; what another key applied is not, either. */
function settingsInForceOf(
  stored: StoredRecord | null,
  proof: Proof | null,
  unsealed: Unsealed | null,
): RecordedSettings | null {
  if (stored === null || proof === null) return null;
  if (unsealed !== null) return unsealed.ancestor?.settings ?? null;
  return proof.settings;
}

async function readJudges(
  { record, found, facts, desired }: JudgedRecord,
  proof: Proof | null,
  unsealed: Unsealed | null,
): Promise<readonly Desired[]> {
  const { checkout, isShared } = record;
  const { commit: head, directory } = facts;
  if (checkout === null || !isShared || head === null || directory === null) return [];
  const since = unsealed?.ancestor?.commit ?? null;
  const isSure = found.stored !== null && proof?.settings != null && unsealed === null;
  if (isSure) return [];
  const folder = resolve(checkout.root, directory);
  const parent = await checkout.firstParent(head);
  const reader = new DeclarationReader(checkout, desired, facts);
  let extended = facts.extended;
  for (;;) {
    const line = since === null ? [] : await checkout.firstParentLine(since, head, folder, extended);
    if (line === null || line.length > mostCommits) {
      throw new UserError(
        'the record is not sealed with the key of this run, and what was merged since the last version that is cannot be known',
        {
          hint: 'Fetch the history (`git fetch --unshallow`, in GitHub Actions `fetch-depth: 0`), or run with the key that applied last.',
        },
      );
    }
    const begin = [parent, since].flatMap((commit) => commit ?? []);
    const commits = [...new Set([...line, ...begin])].filter((commit) => commit !== head);
    await reader.prepare(commits, directory);
    const judges: Desired[] = [];
    for (const commit of commits) {
      const read = await reader.readAt(commit, directory);
      if (typeof read === 'object' && (commit !== since || commit === parent)) judges.push(read);
    }
    // A commit may extend a file that this one does not: then its changes are of the line as well.
    const known = [...new Set([...extended, ...reader.extended])].sort();
    if (since === null || known.length === extended.length) return judges;
    extended = known;
  }
}

function describeMoved({ found: { moved, stored }, desired }: JudgedRecord, proof: Proof | null): RecordMoved | null {
  if (moved.length === 0 || stored === null) return null;
  const isPure = isSameButForPlace(proof?.desiredAt(stored.record.commit) ?? null, desired);
  return { what: describeMove(moved), isPure };
}

/** Of another control plane or organisation nothing can be planned: its ids mean nothing here. */
export function checkService({ moved }: FoundRecord): void {
  const first = moved.find((one) => isOtherService([one]));
  if (first === undefined) return;
  const { message, hint } = explainOther(first, true);
  throw new UserError(message, { hint });
}

/** The settled record as far as it counts. */
export function believeInForce(
  { proof, unsealed }: RecordInForce,
  settled: AppliedRecord | null,
  facts: { readonly desired: Desired; readonly live: Live },
): BelievedRecord | null {
  return settled === null || proof === null ? null : believeRecord(settled, proof, { ...facts, unsealed });
}

/** Undefined where the record is trusted like the folder that it lies in. */
export function provenSettings({ settings, judges }: RecordInForce, isShared: boolean): ProvenSettings | undefined {
  return isShared ? { settings, older: judges.map(settingsOf) } : undefined;
}

/** Where there is no record: everything that is declared is live already, so that somebody has applied it before. */
export function looksLost({ changes, recordLines }: Pick<Plan, 'changes' | 'recordLines'>): boolean {
  return changes.length === 0 && recordLines.some(({ action }) => action === 'adopt');
}

/** One note for each reason, with what mends it. */
export function recordNotes(
  { proof, stored, unsealed, judges }: RecordInForce,
  believed: BelievedRecord | null,
  isShared: boolean,
  plan: Pick<Plan, 'changes' | 'recordLines'>,
): PlanNote[] {
  const notes: PlanNote[] = [];
  const say = (code: string, severity: PlanNote['severity'], message: string): void =>
    void notes.push({ code, severity, workspace: null, message, source: null });
  if (stored === null && isShared) say('record-missing', 'warning', missingMessage(looksLost(plan), judges.length > 0));
  if (believed !== null && believed.unproven.length > 0) {
    say('record-unproven', 'warning', unprovenMessage(believed, proof?.problems ?? new Map()));
  }
  if (stored !== null && isShared && unsealed !== null) say('record-unsealed', 'warning', unsealedMessage(unsealed));
  if (stored !== null && isShared && unsealed === null && stored.seal !== 'own') {
    const why = stored.seal === 'none' ? 'is not sealed' : 'is sealed with another key than that of this run';
    say('record-seal', 'info', `the applied record ${why}, which only the next apply can check: it is taken as it is`);
  }
  return notes;
}

/** @param isOld policy files stand in an earlier commit as well, so that an apply of them is likelier than a first run */
function missingMessage(isLive: boolean, isOld: boolean): string {
  const rebuild = '`tollgate record rebuild --from COMMIT`, with the commit that was applied last, brings it back';
  const why = !isLive
    ? `If something was applied before, somebody has deleted the record: ${rebuild}`
    : isOld
      ? `All that they declare is live already, so that it was probably lost: ${rebuild}`
      : `All that they declare is live already. After an import the first apply makes it; if they were applied before, it was lost, and ${rebuild}`;
  return `there is no applied record of these files. ${why}. Until then protection and settings are the strictest of these files and of the commit before them, and what the files do not declare is left as it is`;
}

function unprovenMessage(
  { unproven, unprovenCommits }: BelievedRecord,
  problems: ReadonlyMap<string | null, ProofProblem>,
): string {
  const count = `${unproven.length} recorded ${unproven.length === 1 ? 'entry' : 'entries'}`;
  const some = `${unproven.slice(0, 3).join(', ')}${unproven.length > 3 ? ' and more' : ''}`;
  const [commit = null] = unprovenCommits;
  const problem = problems.get(commit);
  return `${count} (${some}) cannot be proven: ${causeOf(commit, problem)}. What they hold is neither deleted nor cleared. ${mendOf(problem)}`;
}

/** Why what is recorded is of no commit that says so. */
export function causeOf(commit: string | null, problem: ProofProblem | undefined): string {
  const named = commit === null ? 'the commit' : `commit ${commit.slice(0, 12)}`;
  switch (problem) {
    case 'no-commit':
      return 'the record names no commit that they were applied from';
    case 'not-in-history':
      return `${named}, which they were applied from, is not in the history of this checkout`;
    case 'beyond-shallow':
      return `whether ${named} is in the history of this checkout cannot be known, which is a shallow clone`;
    case 'unreadable':
      return `the policy files of ${named} cannot be read`;
    case 'does-not-compile':
      return `the policy files of ${named} do not compile`;
    case undefined:
      return `the policy files of ${named} do not declare them so`;
  }
}

function mendOf(problem: ProofProblem | undefined): string {
  return problem === 'beyond-shallow'
    ? 'Fetch the history: `git fetch --unshallow`, in GitHub Actions `fetch-depth: 0`.'
    : '`tollgate record rebuild --from COMMIT` makes the record anew from a commit in the history and what is live.';
}

function unsealedMessage({ ancestor }: Unsealed): string {
  const then =
    ancestor === null
      ? 'no version of it is, so the settings in it are not in force'
      : `the last one that is was applied ${ancestor.appliedAt.slice(0, 16).replace('T', ' ')} UTC, and settings and protection since then count as the strictest there were`;
  return `the applied record is not sealed with the key of this run: ${then}. It is a memory of removals alone; the ids in it count where the live object has the name. An apply seals it anew.`;
}
