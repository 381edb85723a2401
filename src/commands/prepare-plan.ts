/** Files, record and live state to one plan: what `plan` and `apply` have in common. */

import { type Diagnostic, sortDiagnostics } from '../diagnostics.ts';
import { UserError } from '../errors.ts';
import type { Impact } from '../impact/document.ts';
import type { Backend } from '../live/backend.ts';
import type { Live } from '../live/live.ts';
import { LiveIndex } from '../live/live-index.ts';
import { requireWorkspaces } from '../live/named-workspaces.ts';
import { readAbsence } from '../live/read-absence.ts';
import { readLive } from '../live/read-live.ts';
import { rememberReads } from '../live/remember-reads.ts';
import type { AppliedRecord } from '../plan/applied-record.ts';
import { withKept } from '../plan/believe-record.ts';
import { buildPlan } from '../plan/build-plan.ts';
import { judgePlan } from '../plan/guards.ts';
import { filterPlan, isSelected, type PlanFilter } from '../plan/mode.ts';
import { scopeOf } from '../plan/scope.ts';
import { underSettings } from '../plan/settings.ts';
import { settleClaim } from '../plan/settle-claim.ts';
import { pendingSilences } from '../plan/silences.ts';
import type { Change, Mode, Plan, PlanNote, RecordStep } from '../plan/types.ts';
import { explainIdleWords, isWordProblem, parseWord, type Word } from '../plan/words.ts';
import type { FoundFile } from '../policy/files.ts';
import { checkReview } from '../policy/review-checks.ts';
import { needsOf } from '../reconcile/live-needs.ts';
import type { StoredRecord } from '../record/store.ts';
import type { Review } from '../resources/review-settings.ts';
import type { Desired } from '../resources/types.ts';
import { findAbsence } from '../rules/absence.ts';
import { buildFileFacts } from '../rules/find.ts';
import { assessPlan } from './assess-plan.ts';
import { findRecord } from './find-record.ts';
import {
  believeInForce,
  checkService,
  judgeRecord,
  provenSettings,
  type RecordInForce,
  recordNotes,
} from './judge-record.ts';
import { startLoading } from './load-policies.ts';
import { type OpenBackend, openBackend } from './open-backend.ts';
import { type CheckoutFacts, directoryOf, type OpenRecord, openRecord, readCheckout } from './open-record.ts';
import { findOtherOwners } from './other-owners.ts';
import { readRulePrices } from './read-for-rules.ts';
import type { CommonOptions, Session } from './session.ts';
import { judgeSettings, optionName, type RunPlace } from './settings-in-force.ts';

export interface PlanOptions extends CommonOptions, RunPlace {
  readonly mode: Mode;
  readonly only: readonly string[];
  /** `GUARD=NUMBER@DIGEST`, one a guard. */
  readonly allow: readonly string[];
  /** Digests of reviewed plans: what was allowed for the whole is allowed for a part of it. */
  readonly reviewed?: readonly string[];
  /** Read consumption and attach what the plan does to people and money. */
  readonly impact: boolean;
  /** The run acts on the record: one that its key did not seal counts as a memory of removals alone. */
  readonly checksSeal?: boolean | undefined;
  /** Put back what was tightened by hand too, whatever `review.drift` says. */
  readonly revertDrift?: boolean | undefined;
  /** No plan where something live cannot be told; else that stops its own workspace, and stands among the diagnostics. */
  readonly isWhole?: boolean | undefined;
}

export interface PreparedPlan {
  /** With the objections of all guards. */
  readonly plan: Plan;
  readonly diagnostics: readonly Diagnostic[];
  readonly steps: readonly RecordStep[];
  readonly filter: PlanFilter;
  /** As the files say it. */
  readonly desired: Desired;
  readonly files: readonly FoundFile[];
  readonly live: Live;
  readonly record: OpenRecord;
  readonly stored: StoredRecord | null;
  /** What of it counts, and why. */
  readonly inForce: RecordInForce;
  /** No commit of the default branch holds the files: what they change counts as made by hand. */
  readonly byHand: boolean;
  /** The record without the claim of a run that has ended: what an apply begins with. */
  readonly settled: AppliedRecord | null;
  readonly checkout: CheckoutFacts;
  /** `review:` in force. */
  readonly settings: Review;
  readonly allowances: readonly Word[];
  /** The impact of some of the plan's changes, from what was read; null: nothing was read. */
  readonly assess: (changes: readonly Change[]) => Impact | null;
  readonly open: OpenBackend;
}

/** A problem in the files or with live names, instead of a plan. */
export interface NoPlan {
  readonly plan: null;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * The caller closes `open`. `onRecord` is called before anything of the control plane is read, and may refuse; what it asks
 * `backend` is not asked again.
 *
 * @throws UserError, ServiceError, CancelledError
 */
export async function preparePlan(
  options: PlanOptions,
  session: Session,
  onRecord?: (
    stored: StoredRecord | null,
    checkout: CheckoutFacts,
    backend: Backend,
    record: OpenRecord,
  ) => Promise<unknown>,
): Promise<PreparedPlan | NoPlan> {
  const allowances = options.allow.map((text) => readWord(text, optionName('allow', options)));
  const loading = await startLoading(options, session);
  const head = loading.head ?? (await loading.policies).desired;
  if (head === null) return { plan: null, diagnostics: (await loading.policies).diagnostics };
  const open = await openBackend(options, session);
  try {
    const record = await openRecord(options, head, session);
    const owner = { baseUrl: open.backend.baseUrl, directory: directoryOf(record) };
    const found = await session.waiting('reading the applied record', findRecord(record, head, owner, session));
    checkService(found);
    const { stored } = found;
    const checkout = await readCheckout(record, stored?.record ?? null, loading.files, options);
    const backend = rememberReads(open.backend);
    const byHand = (await onRecord?.(stored, checkout, backend, record)) === true;
    if (loading.head !== null && stored !== null) startReading(backend, stored.record);
    const { desired, files, diagnostics } = await session.waiting('reading the policy files', loading.policies);
    if (desired === null) {
      await open.close();
      return { plan: null, diagnostics };
    }
    const checksSeal = options.checksSeal === true || Boolean(session.env.TOLLGATE_SEAL_KEY);
    const judged = { record, found, facts: checkout, desired, checksSeal };
    const recordInForce = await session.waiting('proving the applied record', judgeRecord(judged, session));
    const proven = provenSettings(recordInForce, record.isShared);
    const { inForce, lines, record: applied } = judgeSettings(stored?.record ?? null, desired, options, proven);
    const settings = inForce.review;
    const understood = underSettings(desired, inForce);
    const offences = checkReview(desired, settings);
    if (offences.length > 0) {
      await open.close();
      return { plan: null, diagnostics: sortDiagnostics([...diagnostics, ...offences]) };
    }
    const needs = needsOf(desired, stored?.record ?? null);
    const reading = readLive(backend, desired.organisation, needs);
    const [used, prices] = await Promise.all([
      session.waiting(`reading ${open.backend.baseUrl}`, reading),
      readRulePrices({ ...understood, ...priceWords(record, applied) }, settings.rules, open, session),
    ]);
    const absence = findAbsence({ ...buildFileFacts(understood, files, settings), index: new LiveIndex(used) });
    const live = await session.waiting('reading what no file declares', readAbsence(backend, used, absence));
    // What an unsealed record says of a run under way is not believed: it could make entries of anything.
    const remembered = applied === null ? null : settledOf(applied, recordInForce, live);
    const believed = believeInForce(recordInForce, remembered, { desired: understood, live });
    const settled = believed === null || recordInForce.unsealed === null ? remembered : withKept(believed);
    // A clock that is behind would take a date that is over for one to come.
    const now = new Date(Math.max(session.clock.now(), open.backend.serviceNow() ?? 0));
    const { place } = record;
    const drift = options.revertDrift === true ? 'revert' : settings.drift;
    const result = buildPlan({
      desired: understood,
      live,
      record: believed?.record ?? null,
      kept: believed?.kept,
      now,
      place,
      settingsLines: lines,
      drift,
      confinesErrors: options.isWhole !== true,
    });
    if (result.plan === null) {
      await open.close();
      return { plan: null, diagnostics: [...diagnostics, ...result.diagnostics] };
    }
    const filter: PlanFilter = {
      mode: options.mode,
      only: checkOnly(options.only, result.plan),
      workspaces: resolveWorkspaces(options.workspace, live),
    };
    const filtered = filterPlan(result.plan, filter);
    const scope = scopeOf(filter.workspaces, live, desired);
    const steps = result.recordSteps;
    const { findings, notes, assess } = await assessPlan(
      {
        plan: result.plan,
        filtered,
        scope,
        resolved: result.resolved,
        desired: understood,
        files,
        live,
        settings,
        prices,
      },
      options,
      open,
      session,
    );
    const owners = await findOtherOwners(filtered, record, session);
    const ownNotes = [...filtered.notes, ...owners, ...notes].filter(
      ({ workspace, source }) =>
        (workspace === null || scope.covers(workspace)) && (source === null || scope.coversFile(source.file)),
    );
    const assessed = {
      ...filtered,
      notes: [...recordNotes(recordInForce, believed, record.isShared, result.plan), ...ownNotes],
      findings,
      impact: assess(filtered.changes),
    };
    const violations = judgePlan({
      plan: assessed,
      steps,
      settings,
      rewind: checkout.rewind,
      moved: recordInForce.moved,
      isProtected: recordInForce.isProtected,
      allowances,
    });
    const idle = explainIdleWords(allowances, violations, [assessed.digest, ...(options.reviewed ?? [])]);
    const said = [...pendingSilences(desired, inForce.silences), ...idle.map(wordNote)];
    const plan = { ...assessed, violations, notes: [...assessed.notes, ...said] };
    // Errors among them stop their own workspace: all others would stand in the way of the plan.
    const all = [...diagnostics, ...result.diagnostics].filter(({ source }) => scope.coversFile(source.file));
    return {
      plan,
      diagnostics: all,
      steps,
      filter,
      desired,
      files,
      live,
      record,
      stored,
      inForce: recordInForce,
      byHand,
      settled,
      checkout,
      settings,
      allowances,
      assess,
      open,
    };
  } catch (error) {
    await open.close();
    throw error;
  }
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

/** @throws UserError when it is not of that form */
function readWord(text: string, option: string): Word {
  const word = parseWord(text);
  if (isWordProblem(word)) throw new UserError(`${option} ${text}: ${word.problem}`);
  return word;
}

function wordNote(message: string): PlanNote {
  return { code: 'word-lifts-nothing', severity: 'warning', workspace: null, message, source: null };
}

/** What the record names is in use whatever the files say. */
function startReading(backend: Backend, record: AppliedRecord): void {
  const ahead = readLive(backend, record.organisation, needsOf({ workspaces: [], entries: [] }, record));
  // Whoever asks the same later on hears of what is wrong with it.
  ahead.catch(() => {});
}

/** Slugs of the workspaces named on the command line. */
function resolveWorkspaces(names: readonly string[], live: Live): string[] {
  requireWorkspaces(names, live.workspaces);
  return names.map((name) => live.workspaces.find(({ id, slug }) => slug === name || id === name)?.slug ?? name);
}

/** A filter that selects nothing is a slip of the keyboard, and "nothing to do" would be the wrong answer to it. */
function checkOnly(only: readonly string[], plan: Plan): readonly string[] {
  const keys = [
    ...[...plan.changes, ...plan.left.map(({ change }) => change)].map(({ key }) => key),
    ...plan.recordLines.flatMap(({ key }) => key ?? []),
  ];
  for (const text of only) {
    if (keys.some((key) => isSelected(key, { only: [text], workspaces: [] }))) continue;
    throw new UserError(`--only ${text}: the plan has no such change`, {
      hint: 'Write KIND/NAME or KIND/WORKSPACE/NAME as `tollgate plan --format json` shows them under `id`.',
    });
  }
  return only;
}
