/** Two plans over one read of what is live: what the proposal adds to what is owed anyway. Pure. */

import type { Diagnostic } from '../diagnostics.ts';
import { findObjections } from '../guards/judge.ts';
import type { Impact } from '../impact/document.ts';
import type { Change, Finding, Plan, Violation } from '../plan/types.ts';
import { canonicalJson } from '../stable-json.ts';

/** A plan with what was said of it. */
export interface JudgedPlan {
  readonly plan: Plan;
  readonly diagnostics: readonly Diagnostic[];
  readonly assess: (changes: readonly Change[]) => Impact | null;
}

export interface GuardOfProposal {
  readonly guard: Violation['guard'];
  readonly stops: boolean;
  /** `this`: what is proposed; `owed`: it would say the same without it; `both`: more of the same. */
  readonly about: 'this' | 'owed' | 'both';
  readonly details: readonly string[];
}

export interface ProposedPlan {
  /** What the branch has to be done that the base has not. */
  readonly added: readonly Change[];
  /** What the base has to be done, whatever is proposed. */
  readonly owed: readonly Change[];
  readonly guards: readonly GuardOfProposal[];
  /** Of rules, where the base has none. */
  readonly findings: readonly Finding[];
  readonly errors: readonly Diagnostic[];
  /** The plan as far as the proposal adds to it, without the words that lift a guard. */
  readonly view: Plan;
  /** Of the whole plan of the branch. */
  readonly digest: string;
}

export function comparePlans(base: JudgedPlan, branch: JudgedPlan): ProposedPlan {
  const known = new Set(base.plan.changes.map(keyOfChange));
  const added = branch.plan.changes.filter((change) => !known.has(keyOfChange(change)));
  const findings = beyond(base.plan.findings, branch.plan.findings, ({ rule, message }) => [rule, message]);
  const objections = new Set(findObjections(branch.plan.violations));
  const guards = branch.plan.violations.map(
    (violation): GuardOfProposal => ({
      guard: violation.guard,
      stops: objections.has(violation),
      about: aboutWhat(violation, base.plan.violations),
      details: violation.details,
    }),
  );
  const notes = beyond(base.plan.notes, branch.plan.notes, ({ code, message }) => [code, message]);
  const recordLines = beyond(base.plan.recordLines, branch.plan.recordLines, ({ action, key }) => [action, key]);
  const isOwed = (violation: Violation): boolean => aboutWhat(violation, base.plan.violations) === 'owed';
  const view: Plan = {
    ...branch.plan,
    changes: added,
    withheld: [],
    left: [],
    recordLines,
    unmanaged: [],
    notRead: [],
    unreadable: [],
    notes,
    findings,
    violations: branch.plan.violations
      .filter((violation) => !isOwed(violation))
      .map((violation) => ({ ...violation, allow: null })),
    impact: branch.assess(added),
  };
  const errors = beyond(base.diagnostics, branch.diagnostics, ({ code, message }) => [code, message]);
  return {
    added,
    owed: base.plan.changes,
    guards,
    findings,
    errors: errors.filter(({ severity }) => severity === 'error'),
    view,
    digest: branch.plan.digest,
  };
}

function keyOfChange({ id, fingerprint }: Change): string {
  return `${id}\n${fingerprint}`;
}

function beyond<T>(base: readonly T[], branch: readonly T[], keyOf: (one: T) => unknown): readonly T[] {
  const known = new Set(base.map((one) => canonicalJson(keyOf(one))));
  return branch.filter((one) => !known.has(canonicalJson(keyOf(one))));
}

function aboutWhat({ guard, details }: Violation, base: readonly Violation[]): GuardOfProposal['about'] {
  const before = base.find((one) => one.guard === guard);
  if (before === undefined) return 'this';
  return canonicalJson(before.details) === canonicalJson(details) ? 'owed' : 'both';
}
