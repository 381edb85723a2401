/** What became of each merged pull request's entries in an apply. Pure. */

import type { Overtaken } from '../../approvals/overtaken.ts';
import type { MergedPull } from '../../approvals/read-windows.ts';
import type { Diagnostic } from '../../diagnostics.ts';
import type { Impact } from '../../impact/document.ts';
import type { Change, Outcome, OutcomeStatus, Plan, Violation } from '../../plan/types.ts';
import { printWord } from '../../plan/words.ts';
import { escapeLines, escapeMarkdown } from '../../render/escape-markdown.ts';
import type { FateState, PullFate } from '../../render/pull-fate.ts';
import type { ApplyReport } from '../../run/apply.ts';
import type { ReviewOfFiles } from './read-review.ts';
import { remarkOf } from './result-of-apply.ts';
import type { Ruling } from './ruling.ts';

/** A merged pull request and what became of it. */
export interface FateOfPull {
  readonly pull: MergedPull['pull'];
  readonly fate: PullFate;
  /** Nothing was left to do for it: whoever was told that it is applied knows. */
  readonly isDone: boolean;
}

/** @param assess the impact of some of the plan's changes */
export function fatesOfApply(
  report: ApplyReport,
  ruling: Ruling,
  { windows, reviewed, overtakenOf }: ReviewOfFiles,
  assess: (changes: readonly Change[]) => Impact | null,
): readonly FateOfPull[] {
  const { planned, plan, diagnostics } = report;
  return windows.pulls.map((merged): FateOfPull => {
    const { pull } = merged;
    const isOf = (pulls: readonly number[] | undefined): boolean => pulls?.includes(pull.number) === true;
    const changes = planned.changes.filter(({ id }) => isOf(reviewed.pullsOf.get(id)));
    const recordLines = planned.recordLines.filter((line) => isOf(reviewed.pullsOfLine.get(line)));
    const owed = ruling.owed.filter(({ pulls }) => isOf(pulls));
    const isDone = changes.length === 0 && recordLines.length === 0 && owed.length === 0;
    if (isDone) return { pull, fate: fateOfDone(overtakenOf(pull.number), 'never applied'), isDone };
    const outcomes = report.outcomes.filter(({ change }) => isOf(reviewed.pullsOf.get(change.id)));
    const ids = new Set(changes.map(({ id }) => id));
    const own: Plan = {
      ...planned,
      changes,
      recordLines,
      impact: assess(changes),
      findings: planned.findings.filter(({ change }) => change !== null && ids.has(change)),
      violations: plan.violations.flatMap((violation) => aboutPull(violation, merged, ruling)),
    };
    const back = overtakenOf(pull.number, { onlyBack: true });
    const whole = stateOf(report, outcomes, owed.length > 0);
    const state = whole === 'applied' && back !== null ? 'partly-applied' : whole;
    const remarks = [
      remarkOf({ ...report, outcomes }, ruling, pull.number) ?? [],
      back === null ? [] : describeOvertaken(back, 'never applied'),
    ].flat();
    const remark = remarks.length === 0 ? null : remarks.join(' ');
    return { pull, fate: { state, plan: own, diagnostics, outcomes, remark }, isDone };
  });
}

/**
 * Of one of which nothing is left to do: it has been applied, unless others overtook it first.
 *
 * @param said what is known of what was overtaken
 */
export function fateOfDone(overtaken: Overtaken | null, said: OvertakenWord): PullFate {
  const nothing = 'Nothing of what it asks for is left to do.';
  if (overtaken === null) return fateAsWhole('applied', nothing);
  const remark = `${describeOvertaken(overtaken, said)} ${nothing}`;
  return fateAsWhole(overtaken.isAll ? 'overtaken' : 'partly-applied', remark);
}

type OvertakenWord = 'never applied' | 'not said any more';

function describeOvertaken({ what, by, isBack }: Overtaken, said: OvertakenWord): string {
  const who = by.length === 0 ? 'later commits' : by.join(', ');
  return `${said[0]?.toUpperCase()}${said.slice(1)}, as ${isBack ? 'taken back' : 'changed again'} by ${who}: ${what.join(', ')}.`;
}

/** Without a word on single entries. */
export function fateAsWhole(state: AppliedState, remark: string, diagnostics: readonly Diagnostic[] = []): PullFate {
  return { state, plan: null, diagnostics, outcomes: [], remark };
}

/** An objection with the word of this pull request's own request; none where others are in the way, or have lifted it. */
function aboutPull(violation: Violation, { pull, digest }: MergedPull, { verdict, lines }: Ruling): Violation[] {
  const { guard, lifted, allow } = violation;
  if (lifted) {
    const lifts = verdict?.lifts.filter((lift) => lift.guard === guard) ?? [];
    return verdict?.way === 'dispatch' || lifts.some((lift) => digest?.startsWith(lift.digest)) ? [violation] : [];
  }
  if (allow === null || violation.severity !== 'error') return [violation];
  const own = lines.find(({ pull: number, word }) => number === pull.number && word.guard === guard);
  return own === undefined ? [] : [{ ...violation, allow: printWord(own.word) }];
}

function stateOf({ refusal }: ApplyReport, outcomes: readonly Outcome[], isOwed: boolean): AppliedState {
  if (refusal !== null) return 'refused';
  const has = (...wanted: readonly OutcomeStatus[]): boolean => outcomes.some(({ status }) => wanted.includes(status));
  const isBroken = has('failed', 'not-attempted', 'skipped');
  const isLeft = isOwed || has('stale', 'withheld');
  if (!isBroken && !isLeft) return 'applied';
  if (has('applied', 'already-applied')) return 'partly-applied';
  return isBroken ? 'failed' : 'stale';
}

type AppliedState = Exclude<FateState, 'planned' | 'invalid' | 'unplanned' | 'untouched'>;

/** For the step summary, where it stands also when nothing can be written elsewhere. */
export function renderFates(told: readonly FateOfPull[], repositoryUrl: string): string {
  if (told.length === 0) return '';
  const rows = told.map(({ pull: { number, title }, fate }) => {
    const link = `[#${number}](${repositoryUrl}/pull/${number})`;
    return `| ${link} | ${escapeMarkdown(title)} | ${escapeLines(describeFate(fate))} |`;
  });
  return ['| pull request | | what became of it |', '|---|---|---|', ...rows].join('\n');
}

function describeFate(fate: PullFate): string {
  const { outcomes = [], remark = null } = 'outcomes' in fate ? fate : {};
  const done = outcomes.filter(({ status }) => status === 'applied' || status === 'already-applied').length;
  const counts = outcomes.length === 0 ? '' : ` (${done} of ${outcomes.length})`;
  const said = `${words[fate.state]}${counts}`;
  // A refusal begins with the word itself.
  if (remark === null || remark.startsWith(`${said}: `)) return remark ?? said;
  return `${said}: ${remark}`;
}

const words: Readonly<Record<FateState, string>> = {
  planned: 'planned',
  invalid: 'files with errors',
  unplanned: 'not planned',
  untouched: 'no policy files changed',
  applied: 'applied',
  'partly-applied': 'applied in part',
  stale: 'owed',
  failed: 'failed',
  refused: 'not applied',
  overtaken: 'overtaken',
};
