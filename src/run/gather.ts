/** Everything that a plan is made of: the files as they are understood, what of the record counts, and what is live. */

import type { Reads } from '../consumption/ask.ts';
import { type Diagnostic, sortDiagnostics } from '../diagnostics.ts';
import { applySettings } from '../guards/in-force.ts';
import type { Ceiling } from '../impact/ceilings.ts';
import type { Live } from '../live/live.ts';
import { LiveIndex } from '../live/live-index.ts';
import { readLive } from '../live/read-live.ts';
import type { AppliedRecord } from '../plan/applied-record.ts';
import { desiredAsApplied } from '../plan/as-applied.ts';
import { type BelievedRecord, withKept } from '../plan/believe-record.ts';
import { needsOf } from '../plan/live-needs.ts';
import type { Owners } from '../plan/owners.ts';
import { settleClaim } from '../plan/settle-claim.ts';
import type { Silences } from '../plan/silences.ts';
import type { PlanNote, RecordLine } from '../plan/types.ts';
import type { FoundFile } from '../policy/files.ts';
import { checkReview } from '../policy/review-checks.ts';
import type { Review } from '../resources/review-settings.ts';
import type { Desired } from '../resources/types.ts';
import { desiredOn } from '../resources/until.ts';
import { findAbsence } from '../rules/absence.ts';
import { buildFileFacts } from '../rules/find.ts';
import type { FileFacts, Given } from '../rules/types.ts';
import { dayOfRun } from './day-of-run.ts';
import { believeInForce, judgeRecord, provenSettings, type RecordInForce } from './judge-record.ts';
import type { OpenRecord } from './open-record.ts';
import { readAbsence } from './read-absence.ts';
import { type PricesForRules, readRulePrices } from './read-for-rules.ts';
import type { Session } from './session.ts';
import { judgeSettings } from './settings-in-force.ts';
import type { NoPlan, Started } from './start.ts';

export interface Gathered extends Started {
  /** As the files say it. */
  readonly desired: Desired;
  /** With what is in force in the place of what they say of settings. */
  readonly understood: Desired;
  readonly files: readonly FoundFile[];
  /** What rules look at of them. */
  readonly fileFacts: Given<FileFacts>;
  readonly diagnostics: readonly Diagnostic[];
  /** `review:` in force. */
  readonly settings: Review;
  /** Those in force. */
  readonly silences: Silences;
  /** Of groups of workspaces, in force or written. */
  readonly ceilings: readonly Ceiling[];
  /** Who answers for what, by the record and by the files; none unless `review.approvals` asks owners. */
  readonly owners: readonly Owners[];
  /** What an apply of the files would bring into force. */
  readonly settingsLines: readonly RecordLine[];
  /** What of the record counts, and why. */
  readonly inForce: RecordInForce;
  readonly believed: BelievedRecord | null;
  /** The record without the claim of a run that has ended: what an apply begins with. */
  readonly settled: AppliedRecord | null;
  readonly live: Live;
  readonly prices: PricesForRules | null;
  /** Of the service, as of which `until:` in the files is understood. */
  readonly day: string;
  readonly dayNote: PlanNote | null;
  /** Of the service where this machine's clock is behind it: a date that is over must not be taken for one to come. */
  readonly now: Date;
}

/** @throws UserError, ServiceError, CancelledError */
export async function gather(started: Started, session: Session): Promise<Gathered | NoPlan> {
  const { options, loading, open, reads, record, found, stored, checkout } = started;
  if (loading.head !== null && stored !== null) startReading(reads, stored.record);
  const loaded = await session.waiting('reading the policy files', loading.policies);
  const { desired: dayless, files, texts, diagnostics } = loaded;
  if (dayless === null) return { plan: null, diagnostics };
  const checksSeal = options.checksSeal === true || Boolean(session.env.TOLLGATE_SEAL_KEY);
  const judging = judgeRecord({ record, found, facts: { ...checkout, texts }, desired: dayless, checksSeal }, session);
  const inForce = await session.waiting('proving the applied record', judging);
  const proven = provenSettings(inForce, record.isShared);
  const { inForce: said, lines, record: applied } = judgeSettings(stored?.record ?? null, dayless, options, proven);
  const settings = said.review;
  const anyDay = applySettings(dayless, said);
  const offences = checkReview(dayless, settings);
  if (offences.length > 0) return { plan: null, diagnostics: sortDiagnostics([...diagnostics, ...offences]) };
  const reading = readLive(reads.backend, dayless.organisation, needsOf(dayless, stored?.record ?? null));
  const [used, prices] = await Promise.all([
    session.waiting(`reading ${open.backend.baseUrl}`, reading),
    readRulePrices({ ...anyDay, ...priceWords(record, applied) }, settings.rules, open, session),
  ]);
  // Only now the service has said what day it is.
  const { day, note } = dayOfRun(dayless, session.clock.now(), open.backend.serviceNow());
  const asOf = (files: Desired): Desired =>
    options.asApplied === true && applied !== null && inForce.proof !== null
      ? desiredAsApplied(files, applied, inForce.proof)
      : files;
  const [desired, understood] = [desiredOn(asOf(dayless), day), desiredOn(asOf(anyDay), day)];
  const fileFacts = buildFileFacts(understood, files, settings);
  const absence = findAbsence({ ...fileFacts, index: new LiveIndex(used) });
  const live = await session.waiting('reading what no file declares', readAbsence(reads, used, absence));
  // What an unsealed record says of a run under way is not believed: it could make entries of anything.
  const remembered = applied === null ? null : settledOf(applied, inForce, live);
  const believed = believeInForce(inForce, remembered, { desired: understood, live });
  return {
    ...started,
    desired,
    understood,
    files,
    fileFacts,
    diagnostics,
    settings,
    silences: said.silences,
    ceilings: said.ceilings,
    owners: said.owners,
    settingsLines: lines,
    inForce,
    believed,
    settled: believed === null || inForce.unsealed === null ? remembered : withKept(believed),
    live,
    prices,
    day,
    dayNote: note,
    now: new Date(Math.max(session.clock.now(), open.backend.serviceNow() ?? 0)),
  };
}

/** What the record names is in use whatever the files say. */
function startReading({ backend }: Reads, record: AppliedRecord): void {
  const ahead = readLive(backend, record.organisation, needsOf({ workspaces: [], entries: [] }, record));
  // Whoever asks the same later on hears of what is wrong with it.
  ahead.catch(() => {});
}

/** Price files judge too: whoever edits them beside a raise must not choose what it costs. */
function priceWords({ checkout, isShared }: OpenRecord, applied: AppliedRecord | null) {
  if (applied === null || !isShared || checkout === null) return { isInForce: applied !== null };
  const { commit } = applied;
  const isAsApplied = async (folder: string): Promise<boolean> =>
    commit !== null && (await checkout.isFolderAsIn(commit, folder));
  return { isInForce: true, isAsApplied };
}

function settledOf(record: AppliedRecord, { unsealed }: RecordInForce, live: Live): AppliedRecord {
  if (unsealed === null) return settleClaim(record, live);
  const { claim: _claim, doubts: _doubts, ...rest } = record;
  return rest;
}
