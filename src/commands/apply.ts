import { UserError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { summarizeNothing } from '../render/count-plan.ts';
import type { ApplyDocument } from '../render/documents/plan.ts';
import { renderJson } from '../render/json.ts';
import { renderOutcomesMarkdown, summarizeOutcomes } from '../render/outcomes.ts';
import { diagnosticDocument, outcomeDocument, planDocument } from '../render/plan-document.ts';
import { type ApplyCommandOptions, type ApplyReport, executeApply } from '../run/apply.ts';
import { applyReturns } from '../run/apply-returns.ts';
import { refuseFor } from '../run/output.ts';
import type { CommandResult, Session } from '../run/session.ts';

export type { ApplyCommandOptions } from '../run/apply.ts';

interface ApplyFlags extends ApplyCommandOptions {
  /** Only returns that are due. */
  readonly returns?: boolean | undefined;
}

/** Plan, guards, confirm, claim, apply, record. */
export async function runApply(options: ApplyFlags, session: Session): Promise<CommandResult> {
  if (options.returns === true) checkReturns(options);
  const report = await (options.returns === true ? applyReturns(options, session) : executeApply(options, session));
  if (report.plan === null) return refuseFor(report.diagnostics, options.format, session);
  if (report.refusal !== null) session.say(`error: ${report.refusal}\n`);
  return { exit: report.exit, output: renderReport(report, options) };
}

/** What is due is known from the record alone: nobody chooses of it. */
function checkReturns({ plan, approve, only, allow, revertDrift, mode }: ApplyCommandOptions): void {
  const chosen = plan.length + only.length + allow.length > 0 || approve !== undefined || revertDrift === true;
  if (!chosen && mode === 'sync') return;
  throw new UserError('--returns applies what is due and nothing else: no other word goes with it', {
    hint: 'Leave --plan, --approve, --only, --allow, --mode and --revert-drift out.',
  });
}

function renderReport(report: ApplyReport, { format, returns }: ApplyFlags): string {
  switch (format) {
    case 'json':
      return renderJson(reportDocument(report));
    case 'markdown':
      return report.refusal === null ? renderOutcomesMarkdown(report.outcomes) : '';
    case 'text':
      return report.refusal === null ? closingLine(report, returns === true) : '';
  }
}

function reportDocument({
  exit,
  plan,
  diagnostics,
  outcomes,
  refusal,
  recordedIn,
  recordProblem,
}: ApplyReport): ApplyDocument {
  return {
    ok: exit === exitCodes.ok,
    ...(refusal === null ? {} : { error: { kind: 'refused', message: refusal, hint: null } }),
    ...planDocument(plan),
    diagnostics: diagnostics.map(diagnosticDocument),
    outcomes: outcomes.map(outcomeDocument),
    recorded: recordedIn !== null,
    record_problem: recordProblem,
  };
}

function closingLine({ planned, outcomes, recordedIn }: ApplyReport, isReturns: boolean): string {
  const recorded = recordedIn === null ? '' : ` Recorded in ${recordedIn}.`;
  if (outcomes.length === 0 && isReturns)
    return 'No return is to be applied: no date has come, or what it moves was set by hand.\n';
  if (outcomes.length === 0) return `${summarizeNothing(planned)}${recorded}\n`;
  const hasWritten = outcomes.some(({ status }) => status === 'applied');
  // docs/service-notes.md#propagation
  const effect = hasWritten ? ' The gateway learns of a change within about a minute.' : '';
  return `${summarizeOutcomes(outcomes)}${recorded}${effect}\n`;
}
