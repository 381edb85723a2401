/** The hourly job of `until:`: applies the returns that are due, as they were reviewed with their dates, and nothing else. */

import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { narrowPlan } from '../plan/mode.ts';
import type { Change } from '../plan/types.ts';
import { describePlaced } from '../render/describe-change.ts';
import { type ApplyCommandOptions, type ApplyReport, carryOut, prepareApply } from './apply.ts';
import { type JudgedReturns, judgeReturns } from './judge-returns.ts';
import type { Session } from './session.ts';
import type { NoPlan } from './start.ts';

interface ReturnsReport extends ApplyReport {
  /** Due, and left alone: a guard objects to them. */
  readonly held: readonly Change[];
}

/** @throws UserError, ServiceError, CancelledError before anything was written */
export async function applyReturns(options: ApplyCommandOptions, session: Session): Promise<ReturnsReport | NoPlan> {
  const prepared = await prepareApply({ ...options, asApplied: true, yes: true }, session);
  if (prepared.plan === null) return prepared;
  try {
    const judged = judgeReturns(prepared);
    const { verdict, held } = judged;
    const refusal = describeRefusal(judged);
    if (verdict !== null) {
      const report = await carryOut(prepared, verdict, options, session);
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

function exitOf({ refusal, held }: JudgedReturns): ExitCode {
  if (refusal !== null) return exitCodes.stale;
  return held.length > 0 ? exitCodes.refused : exitCodes.ok;
}

function describeRefusal({ refusal, held, guards }: JudgedReturns): string | null {
  if (refusal !== null) return `no return is applied: ${refusal}. An apply by a person makes it anew`;
  if (held.length === 0) return null;
  const names = held.map(({ key }) => describePlaced(key)).join(', ');
  return `due, and not applied: ${names}; it gives more than before, and ${guards.join(', ')} ${guards.length === 1 ? 'objects' : 'object'}. An apply of the files with the words for it carries it out`;
}
