/** What of a plan may be carried out: what was approved, what guards say, what the settings ask for. */

import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { findObjections, judgePlan } from '../guards/judge.ts';
import { type Approval, needsReview } from '../plan/approve.ts';
import { narrowPlan } from '../plan/mode.ts';
import { type PlanFile, toPastChange } from '../plan/plan-file.ts';
import type { Outcome, Plan } from '../plan/types.ts';
import { wordDigest } from '../plan/words.ts';
import { describeStale } from '../render/describe-change.ts';
import { guardInputOf, type Judged } from './judge.ts';

/** The plan that will be carried out: all of it, or what was approved; guards judge that, not what stays undone. */
export function judgeApproved(prepared: Judged, approval: Approval | null, reviewed: readonly PlanFile[]): Plan {
  const { plan } = prepared;
  if (approval === null) return plan;
  const held = new Set(approval.heldLines);
  const lines = plan.recordLines.filter((line) => !held.has(line));
  const narrowed = { ...narrowPlan(plan, approval.changes, lines), impact: prepared.assess(approval.changes) };
  const digests = [plan.digest, ...reviewed.map(({ digest }) => digest)];
  return { ...narrowed, violations: judgePlan({ ...guardInputOf(prepared), plan: narrowed, reviewed: digests }) };
}

export type RefusalReason = 'rewind' | 'other-digest' | 'guards' | 'unreviewed';

export interface Refusal {
  readonly exit: ExitCode;
  readonly reason: RefusalReason;
  readonly message: string;
}

/** Why nothing is applied at all; null when nothing speaks against it. Told before the claim. */
export function findRefusal(
  plan: Plan,
  { settings }: Judged,
  options: { readonly approve?: string | undefined },
  isReviewed: boolean,
): Refusal | null {
  const objections = findObjections(plan.violations);
  if (objections.some(({ guard }) => guard === 'rewind')) {
    return {
      exit: exitCodes.stale,
      reason: 'rewind',
      message:
        'not applied: this checkout lacks the commit that was applied last. Update it, or apply from the branch that was applied last.',
    };
  }
  if (options.approve !== undefined && !plan.digest.startsWith(options.approve)) {
    const message = `not applied: the plan has digest ${wordDigest(plan.digest)}, and ${options.approve} was approved`;
    return { exit: exitCodes.stale, reason: 'other-digest', message };
  }
  if (objections.length > 0) {
    return {
      exit: exitCodes.refused,
      reason: 'guards',
      message: `not applied: ${describeObjections(objections)}`,
    };
  }
  // Also of what would end protection, management or this very setting: it judges the next plan.
  const needs = plan.changes.length > 0 || plan.recordLines.some(needsReview);
  if (settings.require_reviewed_plan && !isReviewed && options.approve === undefined && needs) {
    return {
      exit: exitCodes.refused,
      reason: 'unreviewed',
      message: `not applied: review.require_reviewed_plan asks for --plan FILE or --approve ${wordDigest(plan.digest)}`,
    };
  }
  return null;
}

/** `the guard deletes objects`: a name is what --allow and the page on guards want. */
function describeObjections(objections: readonly { readonly guard: string }[]): string {
  const names = [...new Set(objections.map(({ guard }) => guard))];
  return names.length === 1 ? `the guard ${names[0]} objects` : `the guards ${names.join(', ')} object`;
}

/** Approved changes that are there already or no longer wanted, and planned ones that nobody approved as they stand. */
export function outcomesOf(approval: Approval | null): Outcome[] {
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
