/** Each merged pull request learns what became of it, in the comment that held its plan. Comments only show; they never permit. */

import type { MergedPull } from '../../approvals/read-windows.ts';
import { type ExitCode, exitCodes } from '../../exit-codes.ts';
import type { GitHub, PullRequest } from '../../github/port.ts';
import { type CommentHeader, type CommentState, parseHeader, restateComment } from '../../render/comment.ts';
import type { ApplyReport } from '../execute-apply.ts';
import { notWritten, postComment, saying } from './post-plan.ts';
import { remarkOf } from './result-of-apply.ts';
import type { Ruling } from './ruling.ts';
import type { ActionRun } from './types.ts';

/** A merged pull request with our comment on it. */
export interface ToldPull {
  readonly pull: PullRequest;
  readonly comment: { readonly id: number; readonly body: string; readonly header: CommentHeader };
}

export interface Told {
  readonly pulls: readonly ToldPull[];
  readonly warnings: readonly string[];
}

/** The comments say what is under way before anything is written. */
export async function announce(run: ActionRun, merged: readonly MergedPull[], environment: string): Promise<Told> {
  const { github, inputs } = run;
  if (github === null || inputs.comment === 'never') return { pulls: [], warnings: [] };
  const pulls: ToldPull[] = [];
  const warnings: string[] = [];
  for (const { pull } of merged) {
    const said = await saying('the comment could not be read', async () => {
      const comment = await findComment(github, pull, environment);
      if (comment !== null) pulls.push({ pull, comment });
    });
    warnings.push(...said);
  }
  return { pulls, warnings: [...warnings, ...(await restate(run, pulls, 'applying'))] };
}

async function findComment(github: GitHub, { number }: PullRequest, environment: string) {
  for (const { id, body, author } of await github.listComments(number)) {
    const header = author === github.login ? parseHeader(body, environment) : null;
    if (header !== null) return { id, body, header };
  }
  return null;
}

export async function restate(
  run: ActionRun,
  pulls: readonly ToldPull[],
  state: 'applying' | 'refused',
): Promise<string[]> {
  const { github, runNumber, runAttempt } = run;
  if (github === null) return [];
  const warnings: string[] = [];
  for (const { comment } of pulls) {
    const header = { ...comment.header, run: runNumber, attempt: runAttempt, state };
    warnings.push(
      ...(await saying(notWritten('the comment'), () =>
        github.updateComment(comment.id, restateComment(comment.body, header)),
      )),
    );
  }
  return warnings;
}

export async function conclude(
  run: ActionRun,
  pulls: readonly ToldPull[],
  report: ApplyReport,
  ruling: Ruling,
): Promise<string[]> {
  const { github } = run;
  if (github === null) return [];
  const isUnapplied = report.refusal !== null || report.outcomes.some(({ status }) => status === 'stale');
  const warnings: string[] = [];
  for (const { pull } of pulls) {
    const posted = await postComment(run, github, {
      number: pull.number,
      head: pull.head,
      plan: isUnapplied ? { ...report.planned, violations: report.plan.violations } : report.plan,
      state: stateOf(report, ruling),
      diagnostics: report.diagnostics,
      outcomes: report.outcomes,
      remark: remarkOf(report, ruling),
    });
    warnings.push(...posted.warnings);
  }
  return warnings;
}

function stateOf({ exit, refusal }: ApplyReport, { owed }: Ruling): CommentState {
  const states: Partial<Record<ExitCode, CommentState>> = {
    [exitCodes.ok]: owed.length === 0 ? 'applied' : 'stale',
    [exitCodes.stale]: 'stale',
    [exitCodes.refused]: 'refused',
  };
  return states[exit] ?? (refusal === null ? 'partly-applied' : 'refused');
}
