/** The hourly job of `until:`: applies the returns that are due, as they were reviewed with their dates, and nothing else. */

import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { narrowPlan } from '../plan/mode.ts';
import type { Change } from '../plan/types.ts';
import { describePlaced } from '../render/describe-change.ts';
import { type ApplyCommandOptions, type ApplyReport, carryOut, prepareApply } from './apply.ts';
import { type JudgedReturns, judgeReturns } from './judge-returns.ts';
import type { Session } from './session.ts';
import type { NoPlan } from './start.ts';
import { findWithdrawn } from './withdrawn-dates.ts';

interface ReturnsReport extends ApplyReport {
  /** Due, and left alone: a guard objects to them. */
  readonly held: readonly Change[];
}

/** @throws UserError, ServiceError, CancelledError before anything was written */
export async function applyReturns(options: ApplyCommandOptions, session: Session): Promise<ReturnsReport | NoPlan> {
  // The record that was reviewed is the word: nobody has to be there.
  const asked = { ...options, asApplied: true, yes: true };
  const prepared = await prepareApply(asked, session);
  if (prepared.plan === null) return prepared;
  try {
    const due = prepared.plan.changes.filter((change) => change.due !== undefined);
    const judged = judgeReturns(prepared, await findWithdrawn(prepared, due));
    const { verdict, held } = judged;
    const refusal = describeRefusal(judged);
    if (verdict !== null) {
      const report = await carryOut(prepared, verdict, asked, session);
      const exit = report.exit === exitCodes.ok ? exitOf(judged) : report.exit;
      return { ...report, exit, refusal: report.refusal ?? refusal, held };
    }
    const { plan, diagnostics } = prepared;
    return {
      exit: exitOf(judged),
      plan: narrowPlan(plan, held, []),
      planned: plan,
      diagnostics,
      outcomes: [],
      refusal,
      refusalReason: null,
      recordedIn: null,
      recordedAt: null,
      recordProblem: null,
      held,
    };
  } finally {
    await prepared.open.close();
  }
}

function exitOf({ refusal, held, withdrawn, unproven }: JudgedReturns): ExitCode {
  if (refusal !== null || withdrawn.length > 0 || unproven.length > 0) return exitCodes.stale;
  return held.length > 0 ? exitCodes.refused : exitCodes.ok;
}

function describeRefusal({ refusal, held, guards, withdrawn, unproven }: JudgedReturns): string | null {
  if (refusal !== null) return `no return is applied: ${refusal}`;
  const said = [
    ...describeUnproven(unproven),
    ...describeLeft(
      withdrawn,
      'the files have said something else since it was applied, or hold errors, so that nobody can tell. The next apply of files without errors judges it',
    ),
    ...describeLeft(
      held,
      `${guards.join(', ')} ${guards.length === 1 ? 'objects' : 'object'}. An apply of the files with the words for it carries it out`,
    ),
  ];
  return said.length === 0 ? null : said.join('; ');
}

function describeUnproven(all: JudgedReturns['unproven']): readonly string[] {
  return [...new Set(all.map(({ why }) => why))].map((why) => {
    const names = all.flatMap((one) => (one.why === why ? [describePlaced(one.key)] : [])).join(', ');
    return `due, and not applied: ${names}, as nobody can tell whether that was reviewed: ${why}. \`tollgate plan\` says what makes the record anew`;
  });
}

function describeLeft(changes: readonly Change[], why: string): readonly string[] {
  if (changes.length === 0) return [];
  const names = changes.map(({ key }) => describePlaced(key)).join(', ');
  return [`due, and not applied: ${names}; it gives more than before, and ${why}`];
}
