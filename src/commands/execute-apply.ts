/** Plan, guards, question, claim, writes, record: everything of an apply but how it is shown at the end. */

import { resolve } from 'node:path';
import type { Diagnostic } from '../diagnostics.ts';
import { UserError } from '../errors.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type AppliedRecord, type Claim, recordVersion } from '../plan/applied-record.ts';
import { type Approval, approvePlan } from '../plan/approve.ts';
import {
  doubtsOf,
  nextWorkspaces,
  settingsCommitOf,
  toClaimedChange,
  toRecordedOutcome,
  withheldOutcomes,
} from '../plan/next-record.ts';
import { checkPlanFile, type PlanFile, parsePlanFile } from '../plan/plan-file.ts';
import { noSettings, settingsOf } from '../plan/settings.ts';
import type { Outcome, Plan } from '../plan/types.ts';
import { readNamedFile } from '../policy/files.ts';
import { applyPlan } from '../reconcile/apply-plan.ts';
import { renderOutcomeText, renderPlanText, summarizeOutcomes } from '../render/text.ts';
import { isSame } from '../resources/canonical.ts';
import { type ByHandOptions, checkClaim, checkCommitted } from './open-record.ts';
import { sayDiagnostics } from './output.ts';
import { type NoPlan, type PlanOptions, type PreparedPlan, preparePlan } from './prepare-plan.ts';
import { findRefusal, judgeApproved, outcomesOf, type RefusalReason } from './review-plan.ts';
import { actorOf, nowOf, runId, type Session } from './session.ts';

/** How long a claim holds if its run vanishes without a trace. */
const leaseMilliseconds = 60 * 60 * 1000;

export interface ApplyCommandOptions extends PlanOptions, ByHandOptions {
  /** Do not ask. */
  readonly yes: boolean;
  /** Run whose claim is taken over. */
  readonly takeOver?: string | undefined;
  /** Files of reviewed plans: what of them still holds is applied, and nothing else. */
  readonly plan: readonly string[];
  /** Digest of the one plan that may be applied; 8 digits or more. */
  readonly approve?: string | undefined;
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
  readonly recordProblem: string | null;
}

/** @throws UserError, ServiceError, CancelledError before anything was written */
export async function executeApply(options: ApplyCommandOptions, session: Session): Promise<ApplyReport | NoPlan> {
  checkApprove(options.approve);
  const reviewed = await Promise.all(
    options.plan.map(async (path) => parsePlanFile(await readNamedFile(resolve(session.cwd, path), path), path)),
  );
  let byHand = false;
  const prepared = await preparePlan({ ...options, checksSeal: true }, session, async (stored, checkout, record) => {
    checkClaim(stored?.record.claim, options.takeOver, session);
    byHand = await checkCommitted(checkout, record, options, session);
  });
  if (prepared.plan === null) return prepared;
  try {
    return await applyPrepared(prepared, reviewed, byHand, options, session);
  } finally {
    await prepared.open.close();
  }
}

async function applyPrepared(
  prepared: PreparedPlan,
  reviewed: readonly PlanFile[],
  byHand: boolean,
  options: ApplyCommandOptions,
  session: Session,
): Promise<ApplyReport> {
  for (const [index, file] of reviewed.entries()) checkPlanFile(file, prepared.plan, options.plan[index] ?? '');
  const approval = reviewed.length === 0 ? null : approvePlan(prepared.plan, reviewed, prepared.live);
  const plan = judgeApproved(prepared, approval, reviewed);
  showPlan(plan, prepared, options, session);
  const unexecuted = outcomesOf(approval);
  for (const outcome of unexecuted) sayOutcome(outcome, options, session);
  const facts = {
    plan,
    planned: prepared.plan,
    diagnostics: prepared.diagnostics,
    refusal: null,
    refusalReason: null,
    recordedIn: null,
    recordProblem: null,
  };
  const refusal = findRefusal(plan, prepared, options);
  if (refusal !== null) {
    const { exit, reason: refusalReason, message } = refusal;
    return { ...facts, exit, outcomes: [], refusal: message, refusalReason };
  }
  if (prepared.inForce.moved !== null) {
    session.say('Nothing is applied until `tollgate record move` has carried the record over.\n');
    return { ...facts, exit: exitCodes.ok, outcomes: unexecuted };
  }
  if (plan.changes.length > 0) await askFirst(plan.changes.length, options, session);

  const base = documentOf(plan, prepared, approval, byHand, session);
  const writer = new RecordWriter(prepared, session);
  // No claim, no write: whoever loses the compare-and-swap has touched nothing.
  if (plan.changes.length > 0) await writer.claim(plan, base);
  const executed = await applyPlan(plan, {
    backend: prepared.open.backend,
    clock: session.clock,
    signal: session.signal,
    onOutcome: (outcome) => sayOutcome(outcome, options, session),
  });
  const outcomes = [...executed, ...unexecuted];
  const all = [...outcomes, ...withheldOutcomes(plan)];
  const next: AppliedRecord = {
    ...base,
    // When the last write was read back: who moved something since then is not this run.
    appliedAt: nowOf(session).toISOString(),
    workspaces: nextWorkspaces(prepared.steps, all, {
      filter: prepared.filter,
      heldLines: approval?.heldLines,
      past: prepared.settled,
      byHand,
    }),
    outcomes: all.map(toRecordedOutcome),
    ...doubtsOf(executed),
    files: byHand ? base.files : Object.fromEntries(prepared.files.map(({ relative, text }) => [relative, text])),
  };
  const exit = exitOf(outcomes);
  if (plan.changes.length === 0 && !isWorthRecording(next, prepared)) return { ...facts, exit, outcomes };
  try {
    await writer.write(next, messageOf(outcomes, plan.environment));
  } catch (error) {
    if (!(error instanceof UserError) || executed.length === 0) throw error;
    // What was written is written: the claim stays, and the next run settles it from live.
    const recordProblem = `the outcomes could not be recorded: ${error.message}`;
    session.say(`error: ${recordProblem}\nThe next apply settles them from what is live.\n`);
    return { ...facts, exit: exitCodes.partial, outcomes, recordProblem };
  }
  return { ...facts, exit, outcomes, recordedIn: prepared.record.store.description };
}

function checkApprove(approve: string | undefined): void {
  if (approve === undefined || /^[0-9a-f]{8,64}$/.test(approve)) return;
  throw new UserError(`--approve ${approve}: write the digest of the plan, 8 hex digits or more`);
}

/** Nobody is asked about something unseen, whatever the format of the result. */
function showPlan(plan: Plan, prepared: PreparedPlan, options: ApplyCommandOptions, session: Session): void {
  const asks = plan.changes.length > 0 && !options.yes && session.isInteractive;
  if (!asks && (options.format !== 'text' || options.quiet)) return;
  sayDiagnostics(prepared.diagnostics, session);
  const whole = { ...prepared.plan, violations: plan.violations };
  session.say(renderPlanText(whole, session.style, { verbose: options.verbose }));
}

function sayOutcome(outcome: Outcome, { quiet }: ApplyCommandOptions, session: Session): void {
  if (!quiet) session.say(`${renderOutcomeText(outcome, session.style)}\n`);
}

/** A new commit alone is no news; what is remembered, what judges the next plan and the files are. */
function isWorthRecording(next: AppliedRecord, { settled, stored, inForce }: PreparedPlan): boolean {
  if (settled === null) return next.workspaces.length > 0;
  if (inForce.unsealed !== null) return true;
  if (stored?.record.claim !== undefined || stored?.record.doubts !== undefined) return true;
  const memory = ({ workspaces, settings, files }: AppliedRecord): unknown => ({ workspaces, settings, files });
  return !isSame(memory(next), memory(settled));
}

async function askFirst(changes: number, options: ApplyCommandOptions, session: Session): Promise<void> {
  if (options.yes) return;
  if (!session.isInteractive) {
    throw new UserError('apply changes live limits and there is nobody to ask', {
      hint: 'Add --yes to apply without asking.',
    });
  }
  const isSure = await session.confirm(`Apply ${changes === 1 ? 'this change' : `these ${changes} changes`}?`);
  if (!isSure) throw new UserError('not applied: the question was not answered with yes');
}

/** The record of this run, with nothing of it carried out yet. */
function documentOf(
  plan: Plan,
  { desired, checkout, settled }: PreparedPlan,
  approval: Approval | null,
  byHand: boolean,
  session: Session,
): AppliedRecord {
  // Settings that nobody reviewed do not come into force.
  const keepsSettings = approval?.heldLines.some(({ action }) => action === 'settings') === true;
  const kept = keepsSettings || byHand ? settled : null;
  return {
    version: recordVersion,
    tool: session.version,
    environment: plan.environment,
    organisation: plan.organisation,
    baseUrl: plan.baseUrl,
    directory: checkout.directory,
    // Made by hand: nothing that a commit says has been applied by it.
    commit: byHand ? (settled?.commit ?? null) : checkout.commit,
    dirty: byHand || (checkout.commit !== null && checkout.uncommitted.length > 0),
    appliedBy: actorOf(session),
    appliedAt: nowOf(session).toISOString(),
    run: runId(session),
    digest: plan.digest,
    way: 'by-hand',
    settings: kept?.settings ?? (byHand ? noSettings : settingsOf(desired)),
    ...(kept === null ? {} : { settingsCommit: settingsCommitOf(kept) }),
    ...(kept?.wasFormatOne === true ? { wasFormatOne: true as const } : {}),
    workspaces: [],
    outcomes: [],
    files: byHand ? (settled?.files ?? {}) : {},
  };
}

/** Keeps the token from claim to outcomes. */
class RecordWriter {
  readonly #prepared: PreparedPlan;
  readonly #session: Session;
  #token: string | null;

  constructor(prepared: PreparedPlan, session: Session) {
    this.#prepared = prepared;
    this.#session = session;
    this.#token = prepared.stored?.token ?? null;
  }

  async claim(plan: Plan, base: AppliedRecord): Promise<void> {
    const claim: Claim = {
      run: base.run,
      by: base.appliedBy,
      startedAt: base.appliedAt,
      leaseUntil: new Date(this.#session.clock.now() + leaseMilliseconds).toISOString(),
      digest: plan.digest,
      commit: base.commit,
      changes: plan.changes.map(toClaimedChange),
    };
    const record = { ...(this.#prepared.settled ?? base), claim };
    await this.write(
      record,
      `claim: ${plan.changes.length} ${plan.changes.length === 1 ? 'change' : 'changes'} by ${claim.by}`,
    );
  }

  async write(record: AppliedRecord, message: string): Promise<void> {
    const { store } = this.#prepared.record;
    const writing = store.write(record, this.#token, message);
    this.#token = await this.#session.waiting(`writing ${store.description}`, writing);
  }
}

function messageOf(outcomes: readonly Outcome[], environment: string): string {
  return outcomes.length === 0 ? `record ${environment}` : `apply ${environment}: ${summarizeOutcomes(outcomes)}`;
}

/** Precedence (design, section 7): 6 when nothing was written; after a write 5, else 4, else 0. */
function exitOf(outcomes: readonly Outcome[]): ExitCode {
  const isBroken = outcomes.some(({ status }) => status === 'failed' || status === 'not-attempted');
  const hasWritten = outcomes.some(({ status }) => status === 'applied');
  if (isBroken) {
    const isUnreachable = outcomes.some(({ unreachable }) => unreachable === true);
    return !hasWritten && isUnreachable ? exitCodes.unreachable : exitCodes.partial;
  }
  if (outcomes.some(({ status }) => status === 'stale')) return exitCodes.stale;
  return outcomes.some(({ status }) => status === 'skipped') ? exitCodes.partial : exitCodes.ok;
}
