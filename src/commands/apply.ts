import { UserError } from '../errors.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type AppliedRecord, type Claim, recordVersion } from '../plan/applied-record.ts';
import { nextWorkspaces, toClaimedChange, toRecordedOutcome, withheldOutcomes } from '../plan/next-record.ts';
import type { Outcome } from '../plan/types.ts';
import { applyPlan } from '../reconcile/apply-plan.ts';
import { diagnosticDocument, outcomeDocument, planDocument, renderJson } from '../render/json.ts';
import { renderOutcomesMarkdown } from '../render/markdown.ts';
import { renderOutcomeText, summarizeOutcomes } from '../render/text.ts';
import { isSame } from '../resources/canonical.ts';
import { type CheckoutFacts, checkCheckout, checkClaim } from './open-record.ts';
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
}

export async function runApply(options: ApplyCommandOptions, session: Session): Promise<CommandResult> {
  let facts: CheckoutFacts = { commit: null, dirty: false };
  const prepared = await preparePlan(options, session, async (stored, record) => {
    checkClaim(stored?.record.claim, options.takeOver, session);
    facts = await checkCheckout(record, stored?.record ?? null, options, session);
  });
  if (prepared.plan === null) return refuseFor(prepared.diagnostics, options.format, session);
  try {
    return await applyPrepared(prepared, options, session, facts);
  } finally {
    await prepared.open.close();
  }
}

async function applyPrepared(
  prepared: PreparedPlan,
  options: ApplyCommandOptions,
  session: Session,
  facts: CheckoutFacts,
): Promise<CommandResult> {
  const { plan, diagnostics } = prepared;
  const isText = options.format === 'text';
  if (isText && !options.quiet) {
    sayDiagnostics(diagnostics, session);
    session.say(renderPlan(plan, 'text', options.verbose, session));
  }
  if (plan.changes.length > 0) await askFirst(plan.changes.length, options, session);

  const base = documentOf(prepared, session, facts);
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
  const outcomes = await applyPlan(plan, {
    backend: prepared.open.backend,
    clock: session.clock,
    signal: session.signal,
    onOutcome: (outcome) => {
      if (!options.quiet) session.say(`${renderOutcomeText(outcome, session.style)}\n`);
    },
  });
  const all = [...outcomes, ...withheldOutcomes(plan)];
  const next: AppliedRecord = {
    ...base,
    workspaces: nextWorkspaces(prepared.steps, all, prepared.filter),
    outcomes: all.map(toRecordedOutcome),
    files: Object.fromEntries(prepared.files.map(({ relative, text }) => [relative, text])),
  };
  if (plan.changes.length === 0 && !isWorthRecording(next, prepared)) {
    return report(prepared, outcomes, exitCodes.ok, options, { isRecorded: false });
  }
  try {
    await writer.write(next, messageOf(outcomes, plan.environment));
  } catch (error) {
    if (!(error instanceof UserError) || outcomes.length === 0) throw error;
    // What was written is written: the claim stays, and the next run settles it from live.
    const problem = `the outcomes could not be recorded: ${error.message}`;
    session.say(`error: ${problem}\nThe next apply settles them from what is live.\n`);
    return report(prepared, outcomes, exitCodes.partial, options, { isRecorded: false, problem });
  }
  return report(prepared, outcomes, exitOf(outcomes), options, { isRecorded: true });
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
function documentOf({ plan, desired }: PreparedPlan, session: Session, facts: CheckoutFacts): AppliedRecord {
  return {
    version: recordVersion,
    tool: session.version,
    environment: plan.environment,
    organisation: plan.organisation,
    baseUrl: plan.baseUrl,
    commit: facts.commit,
    dirty: facts.dirty,
    appliedBy: actorOf(session),
    appliedAt: nowOf(session).toISOString(),
    run: runId(session),
    digest: plan.digest,
    settings: desired.settings as AppliedRecord['settings'],
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
  prepared: PreparedPlan,
  outcomes: readonly Outcome[],
  exit: ExitCode,
  options: ApplyCommandOptions,
  recording: { readonly isRecorded: boolean; readonly problem?: string },
): CommandResult {
  const { plan, diagnostics } = prepared;
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
