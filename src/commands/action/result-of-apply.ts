import { exitCodes } from '../../exit-codes.ts';
import type { Outcome, OutcomeStatus } from '../../plan/types.ts';
import { printWord, wordDigest } from '../../plan/words.ts';
import { summarizeNothing } from '../../render/count-plan.ts';
import { renderDiagnosticsMarkdown } from '../../render/diagnostics.ts';
import { escapeLines, escapeMarkdown } from '../../render/escape-markdown.ts';
import { renderOutcomesMarkdown, summarizeOutcomes } from '../../render/outcomes.ts';
import { renderPlanMarkdown } from '../../render/plan.ts';
import type { Desired } from '../../resources/types.ts';
import type { ApplyReport } from '../../run/apply.ts';
import { annotatePlan } from './annotate.ts';
import { planOutputs } from './plan.ts';
import type { Ruling } from './ruling.ts';
import type { ActionResult } from './types.ts';

/**
 * What is wrong and the way on, in one place: comment, summary and log say the same. Null when nothing is.
 *
 * @param number of one pull request: of its own entries alone, as are the outcomes then
 */
export function remarkOf(
  { refusal, refusalReason, recordProblem, outcomes, planned }: ApplyReport,
  ruling: Ruling,
  number?: number,
): string | null {
  const digest = wordDigest(planned.digest);
  if (refusalReason === 'rewind') return describeRewritten(digest);
  const lines = ruling.lines.filter(({ pull }) => number === undefined || pull === number);
  const inTheWay = lines.length > 0 ? [] : [...new Set(ruling.lines.map(({ pull }) => `#${pull}`))];
  const owed = ruling.owed.filter(({ pulls }) => number === undefined || pulls.includes(number));
  const hasFailed = hasStatus(outcomes, 'failed', 'not-attempted');
  const sentences = [
    ...(refusal === null ? [] : [refusal.replace(/\.$/, '')]),
    ...(lines.length === 0
      ? []
      : [
          `Lines that would lift it, each in an approving review of its pull request: ${lines.map(({ pull, line }) => `${line} (#${pull})`).join(', ')}`,
        ]),
    ...(inTheWay.length === 0 ? [] : [`What stands in the way is of ${inTheWay.join(', ')}`]),
    ...(refusalReason === 'guards'
      ? [
          `Somebody without a part in it may also run the workflow by hand with approve: ${digest} and the words as allow`,
        ]
      : []),
    ...(recordProblem === null ? [] : [recordProblem]),
    ...planned.notes.flatMap(({ code, message }) => (code === 'workspace-stopped' ? [message] : [])),
    ...(hasFailed ? ['Run the workflow again to apply what is left'] : []),
    // First what to do: lists can be long, and are shortened from their end.
    ...(ruling.ways === null || owed.length === 0 ? [] : [`To apply what is owed, ${ruling.ways}`]),
    ...(owed.length === 0 ? [] : [`Owed: ${owed.map(({ text }) => text).join(' · ')}`]),
  ];
  return sentences.length === 0 ? null : `${sentences.join('. ')}.`;
}

/** A checkout can be brought up to date; what the Action applies is the tip, which lacks it for good. */
function describeRewritten(digest: string): string {
  const word = printWord({ guard: 'rewind', number: 1, digest });
  return `not applied: the default branch was rewritten, and the commit that was applied last is not in it any more. Push that commit back into its history, or have an administrator of the repository run the workflow by hand with approve: ${digest} and allow: ${word}.`;
}

export interface ResultContext {
  readonly desired: Desired;
  readonly warnings: readonly string[];
  /** Markdown for whoever starts the first apply; null where it is another. */
  readonly first: string | null;
  /** Markdown: what became of each pull request; empty where none is known. */
  readonly fates: string;
}

export function resultOfApply(
  report: ApplyReport,
  ruling: Ruling,
  { desired, warnings, first, fates }: ResultContext,
): ActionResult {
  const { plan, planned, diagnostics, outcomes, refusal } = report;
  // What nobody said yes to is owed, also where it is not a change to live.
  const exit = report.exit === exitCodes.ok && ruling.owed.length > 0 ? exitCodes.stale : report.exit;
  const done = outcomes.length > 0 ? summarizeOutcomes(outcomes) : summarizeNothing(planned);
  const remark = remarkOf(report, ruling);
  const isLeft = refusal !== null || hasStatus(outcomes, 'stale');
  const shown = isLeft ? { ...planned, violations: plan.violations } : plan;
  const sections = [
    `### ${refusal === null ? escapeMarkdown(done) : 'Not applied'}`,
    ...(remark === null ? [] : [escapeLines(remark)]),
    ...(fates === '' ? [] : [fates]),
    ...(first === null ? [] : [first]),
    ...(outcomes.length > 0 ? [renderOutcomesMarkdown(outcomes)] : []),
    renderPlanMarkdown(shown),
    ...(diagnostics.length > 0 ? [renderDiagnosticsMarkdown(diagnostics)] : []),
  ];
  return {
    exit,
    outputs: { ...planOutputs(plan), digest: planned.digest, summary: refusal === null ? done : (remark ?? refusal) },
    summary: sections.join('\n\n'),
    annotations: annotatePlan(refusal === null ? null : plan, diagnostics, desired),
    failure: exit === exitCodes.ok ? null : (remark ?? done),
    warnings,
  };
}

function hasStatus(outcomes: readonly Outcome[], ...wanted: readonly OutcomeStatus[]): boolean {
  return outcomes.some(({ status }) => wanted.includes(status));
}
