import { resolve } from 'node:path';
import { UserError } from '../errors.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type AppliedRecord, type Claim, recordVersion } from '../plan/applied-record.ts';
import { type Approval, approvePlan } from '../plan/approve.ts';
import { shortDigest } from '../plan/digest.ts';
import { judgePlan, objecting } from '../plan/guards.ts';
import { narrowPlan } from '../plan/mode.ts';
import { nextWorkspaces, toClaimedChange, toRecordedOutcome, withheldOutcomes } from '../plan/next-record.ts';
import { checkPlanFile, type PlanFile, parsePlanFile, toPastChange } from '../plan/plan-file.ts';
import type { Outcome, Plan } from '../plan/types.ts';
import { readNamedFile } from '../policy/files.ts';
import { applyPlan } from '../reconcile/apply-plan.ts';
import { describeStale } from '../render/describe-change.ts';
import { diagnosticDocument, outcomeDocument, planDocument, renderJson } from '../render/json.ts';
import { renderOutcomesMarkdown } from '../render/markdown.ts';
import { renderOutcomeText, summarizeOutcomes } from '../render/text.ts';
import { isSame } from '../resources/canonical.ts';
import { checkClaim, checkCommitted } from './open-record.ts';
import { refuseFor, sayDiagnostics } from './output.ts';
import { renderPlan } from './plan.ts';
import { type PlanOptions, type PreparedPlan, preparePlan } from './prepare-plan.ts';
import { actorOf, type CommandResult, nowOf, runId, type Session } from './session.ts';

/** How long a claim holds if its run vanishes without a trace. */
const leaseMilliseconds = 60 * 60 * 1000;

export interface ApplyCommandOptions extends PlanOptions {
  /** Do not ask. */
  readonly yes: boolean;
  /** Run whose claim is taken over. */
  readonly takeOver?: string | undefined;
  /** Files of reviewed plans: what of them still holds is applied, and nothing else. */
  readonly plan: readonly string[];
  /** Digest of the one plan that may be applied; 8 digits or more. */
  readonly approve?: string | undefined;
}

export async function runApply(options: ApplyCommandOptions, session: Session): Promise<CommandResult> {
  checkApprove(options.approve);
  const reviewed = await Promise.all(
    options.plan.map(async (path) => parsePlanFile(await readNamedFile(resolve(session.cwd, path), path), path)),
  );
  const prepared = await preparePlan(options, session, (stored, checkout) => {
    checkClaim(stored?.record.claim, options.takeOver, session);
    checkCommitted(checkout, options, session);
  });
  if (prepared.plan === null) return refuseFor(prepared.diagnostics, options.format, session);
  try {
    return await applyPrepared(prepared, reviewed, options, session);
  } finally {
    await prepared.open.close();
  }
}

async function applyPrepared(
  prepared: PreparedPlan,
  reviewed: readonly PlanFile[],
  options: ApplyCommandOptions,
  session: Session,
): Promise<CommandResult> {
  for (const [index, file] of reviewed.entries()) checkPlanFile(file, prepared.plan, options.plan[index] ?? '');
  const approval = reviewed.length === 0 ? null : approvePlan(prepared.plan, reviewed, prepared.live);
  const plan = judgeApproved(prepared, approval, reviewed);
  // Nobody is asked about something unseen, whatever the format of the result.
  const asks = plan.changes.length > 0 && !options.yes && session.isInteractive;
  if (asks || (options.format === 'text' && !options.quiet)) {
    sayDiagnostics(prepared.diagnostics, session);
    session.say(renderPlan({ ...prepared.plan, violations: plan.violations }, 'text', options.verbose, session));
  }
  const unexecuted = outcomesOf(approval);
  for (const outcome of unexecuted) sayOutcome(outcome, options, session);
  const refusal = findRefusal(plan, prepared, options);
  if (refusal !== null) return refuse(refusal, plan, prepared, options, session);
  if (plan.changes.length > 0) await askFirst(plan.changes.length, options, session);

  const base = documentOf(plan, prepared, approval, session);
  const writer = new RecordWriter(prepared, session);
  // No claim, no write: whoever loses the compare-and-swap has touched nothing.
  if (plan.changes.length > 0) {
    const claim: Claim = {
      run: base.run,
      by: base.appliedBy,
      startedAt: base.appliedAt,
      leaseUntil: new Date(session.clock.now() + leaseMilliseconds).toISOString(),
      digest: plan.digest,
      changes: plan.changes.map(toClaimedChange),
    };
    await writer.write(
      { ...(prepared.settled ?? base), claim },
      `claim: ${plan.changes.length} changes by ${claim.by}`,
    );
  }
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
    workspaces: nextWorkspaces(prepared.steps, all, prepared.filter, approval?.heldLines),
    outcomes: all.map(toRecordedOutcome),
    files: Object.fromEntries(prepared.files.map(({ relative, text }) => [relative, text])),
  };
  const exit = exitOf(outcomes);
  if (plan.changes.length === 0 && !isWorthRecording(next, prepared)) {
    return report(plan, prepared, outcomes, exit, options, { isRecorded: false });
  }
  try {
    await writer.write(next, messageOf(outcomes, plan.environment));
  } catch (error) {
    if (!(error instanceof UserError) || executed.length === 0) throw error;
    // What was written is written: the claim stays, and the next run settles it from live.
    const problem = `the outcomes could not be recorded: ${error.message}`;
    session.say(`error: ${problem}\nThe next apply settles them from what is live.\n`);
    return report(plan, prepared, outcomes, exitCodes.partial, options, { isRecorded: false, problem });
  }
  return report(plan, prepared, outcomes, exit, options, { isRecorded: true });
}

function checkApprove(approve: string | undefined): void {
  if (approve === undefined || /^[0-9a-f]{8,64}$/.test(approve)) return;
  throw new UserError(`--approve ${approve}: write the digest of the plan, 8 hex digits or more`);
}

/** The plan that will be carried out: all of it, or what was approved; guards judge that, not what stays undone. */
function judgeApproved(prepared: PreparedPlan, approval: Approval | null, reviewed: readonly PlanFile[]): Plan {
  const { plan, steps, settings, checkout, allowances } = prepared;
  if (approval === null) return plan;
  const held = new Set(approval.heldLines);
  const narrowed = narrowPlan(
    plan,
    approval.changes,
    plan.recordLines.filter((line) => !held.has(line)),
  );
  const violations = judgePlan({
    plan: narrowed,
    steps,
    settings,
    rewind: checkout.rewind,
    allowances,
    reviewed: [plan.digest, ...reviewed.map(({ digest }) => digest)],
  });
  return { ...narrowed, violations };
}

interface Refusal {
  readonly exit: ExitCode;
  readonly message: string;
}

/** Why nothing is applied at all; null when nothing speaks against it. Told before the claim. */
function findRefusal(plan: Plan, { settings }: PreparedPlan, options: ApplyCommandOptions): Refusal | null {
  const objections = objecting(plan.violations);
  if (objections.some(({ guard }) => guard === 'rewind')) {
    return {
      exit: exitCodes.stale,
      message:
        'not applied: this checkout lacks the commit that was applied last. Update it, or apply from the branch that was applied last.',
    };
  }
  if (options.approve !== undefined && !plan.digest.startsWith(options.approve)) {
    const message = `not applied: the plan has digest ${shortDigest(plan.digest)}, and ${options.approve} was approved`;
    return { exit: exitCodes.stale, message };
  }
  if (objections.length > 0) {
    return {
      exit: exitCodes.refused,
      message: `not applied: ${objections.length === 1 ? 'a guard objects' : `${objections.length} guards object`}`,
    };
  }
  const isReviewed = options.plan.length > 0 || options.approve !== undefined;
  if (settings.require_reviewed_plan === true && !isReviewed && plan.changes.length > 0) {
    return {
      exit: exitCodes.refused,
      message: `not applied: review.require_reviewed_plan asks for --plan FILE or --approve ${shortDigest(plan.digest)}`,
    };
  }
  return null;
}

function refuse(
  { exit, message }: Refusal,
  plan: Plan,
  prepared: PreparedPlan,
  options: ApplyCommandOptions,
  session: Session,
): CommandResult {
  session.say(`error: ${message}\n`);
  if (options.format !== 'json') return { exit, output: '' };
  const diagnostics = prepared.diagnostics.map(diagnosticDocument);
  const error = { kind: 'refused', message };
  return { exit, output: renderJson({ ok: false, error, ...planDocument(plan), diagnostics, outcomes: [] }) };
}

/** Approved changes that are there already or no longer wanted, and planned ones that nobody approved as they stand. */
function outcomesOf(approval: Approval | null): Outcome[] {
  if (approval === null) return [];
  return [
    ...approval.past.map(({ change, status }): Outcome => {
      const detail = status === 'superseded' ? 'approved, and no longer what the files ask for' : 'live is already so';
      return { change: toPastChange(change), status, detail, liveId: change.live_id };
    }),
    ...approval.stale.map(({ change, approved, detail }): Outcome => {
      const text = `${detail}; ${describeStale(change, approved === null ? null : toPastChange(approved))}`;
      return { change, status: 'stale', detail: text, liveId: change.liveId };
    }),
  ];
}

function sayOutcome(outcome: Outcome, { quiet }: ApplyCommandOptions, session: Session): void {
  if (!quiet) session.say(`${renderOutcomeText(outcome, session.style)}\n`);
}

/** A new commit alone is no news; what is remembered, what judges the next plan and the files are. */
function isWorthRecording(next: AppliedRecord, { settled, stored }: PreparedPlan): boolean {
  if (settled === null) return next.workspaces.length > 0;
  if (stored?.record.claim !== undefined) return true;
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
  session: Session,
): AppliedRecord {
  // Settings that nobody reviewed do not come into force.
  const keepsSettings = approval?.heldLines.some(({ action }) => action === 'settings') === true;
  const settings = keepsSettings && settled !== null ? settled.settings : desired.settings;
  return {
    version: recordVersion,
    tool: session.version,
    environment: plan.environment,
    organisation: plan.organisation,
    baseUrl: plan.baseUrl,
    commit: checkout.commit,
    dirty: checkout.commit !== null && checkout.uncommitted.length > 0,
    appliedBy: actorOf(session),
    appliedAt: nowOf(session).toISOString(),
    run: runId(session),
    digest: plan.digest,
    settings: settings as AppliedRecord['settings'],
    workspaces: [],
    outcomes: [],
    files: {},
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

  async write(record: AppliedRecord, message: string): Promise<void> {
    const { store } = this.#prepared.record;
    const writing = store.write(record, this.#token, message);
    this.#token = await this.#session.waiting(`writing ${store.description}`, writing);
  }
}

function messageOf(outcomes: readonly Outcome[], environment: string): string {
  return outcomes.length === 0 ? `record ${environment}` : `apply ${environment}: ${summarizeOutcomes(outcomes)}`;
}

function closingLine(outcomes: readonly Outcome[], { record }: PreparedPlan, isRecorded: boolean): string {
  const recorded = isRecorded ? ` Recorded in ${record.store.description}.` : '';
  if (outcomes.length === 0) return `Nothing to change.${recorded}\n`;
  // API reference 14.6.
  return `${summarizeOutcomes(outcomes)}${recorded} The gateway learns of a change within about a minute.\n`;
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

function report(
  plan: Plan,
  prepared: PreparedPlan,
  outcomes: readonly Outcome[],
  exit: ExitCode,
  options: ApplyCommandOptions,
  recording: { readonly isRecorded: boolean; readonly problem?: string },
): CommandResult {
  const { diagnostics } = prepared;
  switch (options.format) {
    case 'json':
      return {
        exit,
        output: renderJson({
          ok: exit === exitCodes.ok,
          ...planDocument(plan),
          diagnostics: diagnostics.map(diagnosticDocument),
          outcomes: outcomes.map(outcomeDocument),
          recorded: recording.isRecorded,
          record_problem: recording.problem ?? null,
        }),
      };
    case 'markdown':
      return { exit, output: renderOutcomesMarkdown(outcomes) };
    case 'text':
      return { exit, output: closingLine(outcomes, prepared, recording.isRecorded) };
  }
}
