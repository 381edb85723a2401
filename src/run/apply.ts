/** Plan, guards, question, claim, writes, record: everything of an apply but how it is shown at the end. */

import { resolve } from 'node:path';
import { applyPlan } from '../apply/apply-plan.ts';
import { actorOf, isCi, runId } from '../checkout/this-run.ts';
import { type Diagnostic, hasErrors } from '../diagnostics.ts';
import { UserError } from '../errors.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type AppliedRecord, type Lift, recordVersionOf } from '../plan/applied-record.ts';
import { type Approval, approvePlan } from '../plan/approve.ts';
import { recordReturns } from '../plan/as-applied.ts';
import {
  doubtsOf,
  nextWorkspaces,
  reviewedCommitOf,
  settingsCommitOf,
  startsOf,
  toClaimedChange,
  toRecordedOutcome,
  withheldOutcomes,
} from '../plan/next-record.ts';
import { checkPlanFile, parsePlanFile } from '../plan/plan-file.ts';
import { hasSameFiles, toRecordedFiles } from '../plan/same-files.ts';
import { noSettings, settingsOf } from '../plan/settings.ts';
import type { Outcome, Plan, RecordStep } from '../plan/types.ts';
import { digestProblem } from '../plan/words.ts';
import { readNamedFile } from '../policy/named-files.ts';
import { type HeldClaim, takeClaim } from '../record/hold-claim.ts';
import { isUndone, renderOutcomeText, summarizeOutcomes } from '../render/outcomes.ts';
import { renderObjections, renderPlanText } from '../render/plan.ts';
import { isSame } from '../resources/canonical.ts';
import { askFirst } from './ask-first.ts';
import type { Judged } from './judge.ts';
import { type ByHandOptions, checkClaim, checkCommitted } from './open-record.ts';
import { sayDiagnostics } from './output.ts';
import { goOn } from './prepare.ts';
import { findRefusal, judgeApproved, outcomesOf, type RefusalReason } from './review-plan.ts';
import { askedOf, findUnasked } from './rules-of-apply.ts';
import { nowOf, type Session } from './session.ts';
import { optionName } from './settings-in-force.ts';
import { closingOnFailure, type NoPlan, type PlanOptions, startRun } from './start.ts';

export interface ApplyCommandOptions extends PlanOptions, ByHandOptions {
  /** Do not ask. */
  readonly yes: boolean;
  /** Run whose claim is taken over. */
  readonly takeOver?: string | undefined;
  /** Files of reviewed plans: what of them still holds is applied, and nothing else. */
  readonly plan: readonly string[];
  /** Digest of the one plan that may be applied; 32 digits or more. */
  readonly approve?: string | undefined;
  /** In the Action, who is told what becomes of them: the record remembers that they have to be. */
  readonly telling?: PullsToTell | undefined;
  /** Called once the claim is held and nothing is written yet; what it fails with is not this run's failure. */
  readonly onClaimed?: (() => Promise<void>) | undefined;
}

export interface PullsToTell {
  /** Pull requests of which nothing will be left to do. */
  readonly pulls: readonly number[];
  /** There are none but these. */
  readonly isAll: boolean;
}

/** What an apply came to. */
export interface ApplyReport {
  readonly exit: ExitCode;
  /** What was carried out, or would have been; with the objections of all guards. */
  readonly plan: Plan;
  /** The whole plan of this run, also what was not approved. */
  readonly planned: Plan;
  readonly diagnostics: readonly Diagnostic[];
  /** One a change; empty when nothing was attempted. */
  readonly outcomes: readonly Outcome[];
  /** Why nothing was applied at all. */
  readonly refusal: string | null;
  readonly refusalReason: RefusalReason | null;
  /** Where the record was written; null when there was nothing to record, or when it could not be. */
  readonly recordedIn: string | null;
  /** When what was recorded was applied; null as above. */
  readonly recordedAt: string | null;
  readonly recordProblem: string | null;
}

/** What may be carried out, and on whose word. */
export interface ApplyRuling {
  /** With the objections that are left. */
  readonly plan: Plan;
  /** Null: nothing was held against what was reviewed. */
  readonly approval: Approval | null;
  readonly steps: readonly RecordStep[];
  readonly way: AppliedRecord['way'];
  /** Nobody else has said yes. */
  readonly isUnreviewed: boolean;
  readonly lifts: readonly Lift[];
  /** It is returns alone (`until:`): of the record nothing else moves, and not the commit that it is of. */
  readonly isReturn?: true;
}

/** @throws UserError, ServiceError, CancelledError before anything was written */
export async function executeApply(options: ApplyCommandOptions, session: Session): Promise<ApplyReport | NoPlan> {
  checkApprove(options.approve);
  // Before anything is asked or written.
  actorOf(session, options.as);
  const reviewed = await Promise.all(
    options.plan.map(async (path) => parsePlanFile(await readNamedFile(resolve(session.cwd, path), path), path)),
  );
  const digests = reviewed.map(({ digest }) => digest);
  const prepared = await prepareApply({ ...options, reviewed: digests }, session);
  if (prepared.plan === null) return prepared;
  try {
    for (const [index, file] of reviewed.entries()) checkPlanFile(file, prepared.plan, options.plan[index] ?? '');
    const approval = reviewed.length === 0 ? null : approvePlan(prepared.plan, reviewed, prepared.live);
    const plan = judgeApproved(prepared, approval, reviewed);
    const word = { way: 'by-hand', isUnreviewed: true, lifts: liftsOf(plan, options, session) } as const;
    return await carryOut(prepared, { plan, approval, steps: prepared.steps, ...word }, options, session);
  } finally {
    await prepared.open.close();
  }
}

/** The plan of an apply, and whether the default branch holds its files. */
export interface ToApply extends Judged {
  /** No commit of the default branch holds the files: what they change counts as made by hand. */
  readonly byHand: boolean;
}

/** The caller closes `open` of what has a plan. */
export async function prepareApply(options: ApplyCommandOptions, session: Session): Promise<ToApply | NoPlan> {
  const started = await startRun({ ...options, checksSeal: true }, session);
  if ('plan' in started) return started;
  const { checkout, record, stored, reads } = started;
  const byHand = await closingOnFailure(started.open, async () => {
    const isByHand = await checkCommitted(checkout, record, options, session);
    await checkClaim(stored?.record.claim, options.takeOver, reads.backend, session, optionName('take-over', options));
    return isByHand;
  });
  const judged = await goOn(started, session);
  return judged.plan === null ? judged : { ...judged, byHand };
}

/** @throws UserError, ServiceError, CancelledError before anything was written */
export async function carryOut(
  prepared: ToApply,
  verdict: ApplyRuling,
  options: ApplyCommandOptions,
  session: Session,
): Promise<ApplyReport> {
  const { plan, approval } = verdict;
  // Of what else would change a return says nothing: it is not asked about.
  showPlan(plan, verdict.isReturn === true ? { ...prepared, plan } : prepared, options, session);
  const unexecuted = outcomesOf(approval);
  for (const outcome of unexecuted) sayOutcome(outcome, plan, options, session);
  const facts = {
    plan,
    planned: prepared.plan,
    diagnostics: prepared.diagnostics,
    refusal: null,
    refusalReason: null,
    recordedIn: null,
    recordedAt: null,
    recordProblem: null,
  };
  // Who holds the key and sits at a terminal could call the API.
  const isReviewed = verdict.way !== 'by-hand' || approval !== null || !isCi(session);
  const refusal = findRefusal(plan, prepared, options, isReviewed);
  if (refusal !== null) {
    const { exit, reason: refusalReason, message } = refusal;
    return { ...facts, exit, outcomes: [], refusal: message, refusalReason };
  }
  const unasked = verdict.way === 'by-hand' && isCi(session) ? findUnasked(plan, prepared) : null;
  if (unasked !== null) {
    return { ...facts, exit: exitCodes.refused, outcomes: [], refusal: unasked, refusalReason: 'unreviewed' };
  }
  if (prepared.inForce.moved !== null) {
    session.say('Nothing is applied until `tollgate record move` has carried the record over.\n');
    return { ...facts, exit: exitCodes.ok, outcomes: unexecuted };
  }
  const { backend } = prepared.open;
  if (plan.changes.length > 0) {
    const { length } = plan.changes;
    const asking = {
      question: `Apply ${length === 1 ? 'this change' : `these ${length} changes`}?`,
      nobody: 'apply changes live limits and there is nobody to ask',
      verb: 'apply',
      done: 'applied',
    };
    const hasAsked = await askFirst(asking, options, session);
    // The question may have stood there for an hour: the lease counts from the service's time now.
    if (hasAsked) await backend.listWorkspaces();
  }

  const base = documentOf(verdict, prepared, options, session);
  const claim = plan.changes.length > 0 ? await holdRecord(plan, base, prepared, session) : null;
  if (claim !== null) await options.onClaimed?.();
  const executed = await applyPlan(plan, {
    backend,
    clock: session.clock,
    signal: session.signal,
    onOutcome: (outcome) => sayOutcome(outcome, plan, options, session),
  });
  const outcomes = [...executed, ...unexecuted];
  const all = [...outcomes, ...withheldOutcomes(plan)];
  const next: AppliedRecord = {
    ...base,
    // When the last write was read back: who moved something since then is not this run.
    appliedAt: nowOf(session).toISOString(),
    workspaces:
      verdict.isReturn === true && prepared.settled !== null
        ? recordReturns(prepared.settled, verdict.steps, all)
        : nextWorkspaces(verdict.steps, all, {
            filter: prepared.filter,
            heldLines: approval?.heldLines,
            past: prepared.settled,
            byHand: prepared.byHand,
          }),
    outcomes: all.map(toRecordedOutcome),
    ...doubtsOf(executed),
    files: prepared.byHand || verdict.isReturn === true ? base.files : toRecordedFiles(prepared.files),
  };
  const done = exitOf(outcomes, claim);
  // What is left alone because of errors in its file is not applied either.
  const isLeft = done === exitCodes.ok && hasErrors(prepared.diagnostics);
  const exit = !isLeft ? done : outcomes.length > 0 ? exitCodes.partial : exitCodes.invalid;
  if (plan.changes.length === 0 && !isWorthRecording(next, prepared)) return { ...facts, exit, outcomes };
  try {
    await writeOutcomes(next, messageOf(outcomes, plan.environment), claim, prepared, session);
  } catch (error) {
    if (!(error instanceof UserError) || executed.length === 0) throw error;
    // What was written is written: the claim stays, and the next run settles it from live.
    const recordProblem = `the outcomes could not be recorded: ${error.message}`;
    session.say(`error: ${recordProblem}\n${await afterUnrecorded(base, prepared)}\n`);
    return { ...facts, exit: exit === exitCodes.stale ? exit : exitCodes.partial, outcomes, recordProblem };
  }
  return { ...facts, exit, outcomes, recordedIn: prepared.record.store.description, recordedAt: next.appliedAt };
}

/** What becomes of outcomes that could not be recorded. */
async function afterUnrecorded({ commit }: AppliedRecord, { record: { store } }: ToApply): Promise<string> {
  const token = await store.readToken().catch(() => undefined);
  if (token !== null) return 'The next apply settles them from what is live.';
  return `There is no record any more, neither of this apply nor of those before: \`tollgate record rebuild --from ${commit?.slice(0, 12) ?? 'COMMIT'}\` makes it anew.`;
}

function checkApprove(approve: string | undefined): void {
  const problem = approve === undefined ? null : digestProblem(approve);
  if (problem !== null) throw new UserError(`--approve ${approve}: ${problem}`);
}

/** Nobody is asked about something unseen, whatever the format of the result. */
function showPlan(plan: Plan, prepared: ToApply, options: ApplyCommandOptions, session: Session): void {
  const asks = plan.changes.length > 0 && !options.yes && session.isInteractive;
  if (!asks && (options.format !== 'text' || options.quiet)) {
    if (options.quiet && options.format === 'text') {
      sayDiagnostics(
        prepared.diagnostics.filter(({ severity }) => severity === 'error'),
        session,
      );
      session.say(renderObjections(plan, session.style));
    }
    return;
  }
  sayDiagnostics(prepared.diagnostics, session);
  // The holder of the key is not stopped by it, and sees whom the same change would wait for on merge.
  const whole = { ...prepared.plan, violations: plan.violations, asked: askedOf(prepared) };
  session.say(renderPlanText(whole, session.style, { verbose: options.verbose }));
}

/** Quiet is not silent: what did not become as planned is an error, and its reason stands nowhere else. */
function sayOutcome(outcome: Outcome, { names }: Plan, { quiet }: ApplyCommandOptions, session: Session): void {
  if (!quiet || isUndone(outcome)) session.say(`${renderOutcomeText(outcome, session.style, names)}\n`);
}

/** A new commit alone is not news; what is remembered, what judges the next plan and the files are. */
function isWorthRecording(next: AppliedRecord, { settled, stored, inForce, checkout }: ToApply): boolean {
  // Without one nothing is ever clean.
  if (settled === null) return true;
  // A commit that is in no history proves nothing, and would object to every apply to come.
  if (checkout.isRewritten || checkout.rewind !== null) return true;
  if (inForce.unsealed !== null) return true;
  if (stored?.record.claim !== undefined || stored?.record.doubts !== undefined) return true;
  // Its settings say more than its files did, and only a record that is written anew does not.
  if (stored?.record.wasFormatOne === true) return true;
  const memory = ({ workspaces, settings }: AppliedRecord): unknown => ({ workspaces, settings });
  return !isSame(memory(next), memory(settled)) || !hasSameFiles(next.files, settled.files);
}

/** The record of this run, with nothing of it carried out yet. */
function documentOf(
  { plan, approval, way, isUnreviewed, lifts, isReturn }: ApplyRuling,
  { desired, checkout, settled, byHand }: ToApply,
  options: ApplyCommandOptions,
  session: Session,
): AppliedRecord {
  if (isReturn === true && settled !== null) {
    const { unreviewed: _word, lifts: _lifts, claim: _claim, doubts: _doubts, ...past } = settled;
    const now = {
      tool: session.version,
      appliedBy: actorOf(session, options.as),
      appliedAt: nowOf(session).toISOString(),
    };
    return { ...past, ...now, run: runId(session), digest: plan.digest, way, outcomes: [] };
  }
  // Settings that nobody reviewed do not come into force: under a CI system nobody has looked at a plan that no word names.
  const isUnseen = way === 'by-hand' && isCi(session) && approval === null && options.approve === undefined;
  const keepsSettings = isUnseen || approval?.heldLines.some(({ action }) => action === 'settings') === true;
  const kept = keepsSettings || byHand ? settled : null;
  const branch = options.source?.branchName ?? settled?.branch;
  const { telling } = options;
  const pulls = telling?.pulls ?? settled?.pulls;
  // Where the Action has never applied nobody waits to be told.
  const isUntold = telling === undefined ? settled?.branch !== undefined : !telling.isAll;
  const untoldFrom = settled === null || !isUntold ? [] : (settled.untoldFrom ?? startsOf(settled));
  const settings = kept?.settings ?? (byHand ? noSettings : settingsOf(desired));
  return {
    version: recordVersionOf(settings),
    tool: session.version,
    environment: plan.environment,
    organisation: plan.organisation,
    baseUrl: plan.baseUrl,
    directory: checkout.directory,
    // Made by hand: nothing that a commit says has been applied by it.
    commit: byHand ? (settled?.commit ?? null) : checkout.commit,
    ...(branch === undefined ? {} : { branch }),
    ...(pulls === undefined || pulls.length === 0 ? {} : { pulls: [...pulls] }),
    ...(untoldFrom.length === 0 ? {} : { untoldFrom }),
    dirty: byHand || (checkout.commit !== null && checkout.uncommitted.length > 0),
    appliedBy: actorOf(session, options.as),
    appliedAt: nowOf(session).toISOString(),
    run: runId(session),
    digest: plan.digest,
    way,
    ...(isUnreviewed ? { unreviewed: true as const } : {}),
    ...(lifts.length === 0 ? {} : { lifts: [...lifts] }),
    settings,
    ...(kept === null ? {} : { settingsCommit: settingsCommitOf(kept) }),
    ...(settled !== null && (byHand || approval?.isHeldBack === true)
      ? { reviewedCommit: reviewedCommitOf(settled) }
      : {}),
    ...(kept?.wasFormatOne === true ? { wasFormatOne: true as const } : {}),
    workspaces: [],
    outcomes: [],
    files: byHand ? (settled?.files ?? {}) : {},
  };
}

/** The claim of this run; from here on every write asks first whether it is still held. */
async function holdRecord(
  plan: Plan,
  base: AppliedRecord,
  { settled, stored, record: { store }, open: { backend } }: ToApply,
  session: Session,
): Promise<HeldClaim> {
  const { run, appliedBy: by } = base;
  const facts = { run, by, digest: plan.digest, commit: base.commit, changes: plan.changes.map(toClaimedChange) };
  const taking = takeClaim(settled ?? base, facts, stored?.token ?? null, {
    store,
    clock: session.clock,
    serviceNow: () => backend.serviceNow(),
  });
  const claim = await session.waiting(`writing ${store.description}`, taking);
  backend.gateWrites(() => claim.mayWrite());
  return claim;
}

/** Guards that were lifted for what this run carries out: who answers for it has to be found later on. */
function liftsOf({ violations }: Plan, { as }: ByHandOptions, session: Session): Lift[] {
  const said = { by: actorOf(session, as), at: nowOf(session).toISOString(), where: null };
  return violations.flatMap(({ lift }) => (lift === undefined ? [] : [{ ...lift, ...said }]));
}

async function writeOutcomes(
  next: AppliedRecord,
  message: string,
  claim: HeldClaim | null,
  { stored, record: { store } }: ToApply,
  session: Session,
): Promise<void> {
  // What another run has written since is not overwritten; where only the lease is over, nobody may have come.
  const writing = claim === null ? store.write(next, stored?.token ?? null, message) : claim.release(next, message);
  await session.waiting<unknown>(`writing ${store.description}`, writing);
}

function messageOf(outcomes: readonly Outcome[], environment: string): string {
  return outcomes.length === 0 ? `record ${environment}` : `apply ${environment}: ${summarizeOutcomes(outcomes)}`;
}

/** Which code goes before which: 6 when nothing was written; after a write 5, else 4, else 0. */
function exitOf(outcomes: readonly Outcome[], claim: HeldClaim | null): ExitCode {
  const isBroken = outcomes.some(({ status }) => status === 'failed' || status === 'not-attempted');
  const hasWritten = outcomes.some(({ status }) => status === 'applied');
  if (isBroken) {
    const isUnknown = outcomes.some(({ status }) => status === 'failed');
    if (claim !== null && claim.lost !== null && !hasWritten && !isUnknown) return exitCodes.stale;
    const isUnreachable = outcomes.some(({ unreachable }) => unreachable === true);
    return !hasWritten && isUnreachable ? exitCodes.unreachable : exitCodes.partial;
  }
  if (outcomes.some(({ status }) => status === 'stale')) return exitCodes.stale;
  return outcomes.some(({ status }) => status === 'skipped') ? exitCodes.partial : exitCodes.ok;
}
