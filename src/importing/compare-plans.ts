/** Two plans over one read of what is live: what the proposal adds to what is owed anyway. Pure. */

import type { Diagnostic } from '../diagnostics.ts';
import { findObjections } from '../guards/judge.ts';
import type { Impact } from '../impact/document.ts';
import { compareFields } from '../plan/field-changes.ts';
import { directionOf } from '../plan/make-change.ts';
import type { Change, Finding, Plan, Violation } from '../plan/types.ts';
import type { Fields } from '../resources/types.ts';
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
  /** What the branch has to be done that the base has not; of an entry that the base owes as well, from what that would make of it. */
  readonly added: readonly Change[];
  /** Names of entries of `added` that the base owes something of, too: effects on people and money are those of both. */
  readonly alsoOwed: readonly string[];
  /** What the base has to be done, whatever is proposed. */
  readonly owed: readonly Change[];
  /** Names of what was set by hand, and is from then on what the files say: nothing live changes by that. */
  readonly keeps: readonly string[];
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
  const added = addedTo(base.plan.changes, branch.plan.changes);
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
  const recordLines = beyond(base.plan.recordLines, branch.plan.recordLines, ({ action, key, detail }) => [
    action,
    // One a setting, none of which has a key.
    key ?? detail,
  ]);
  const isOwed = (violation: Violation): boolean => aboutWhat(violation, base.plan.violations) === 'owed';
  const view: Plan = {
    ...branch.plan,
    changes: added,
    withheld: [],
    left: [],
    recordLines,
    unmanaged: beyond(base.plan.unmanaged, branch.plan.unmanaged, ({ kind, id }) => [kind, id]),
    notRead: [],
    unreadable: [],
    notes,
    findings,
    violations: branch.plan.violations
      .filter((violation) => !isOwed(violation))
      .map((violation) => ({ ...violation, allow: null })),
    // Use and money are counted from what is live: of an entry that is owed as well, by all that becomes of it.
    impact: branch.assess(branch.plan.changes.filter(({ id }) => added.some((one) => one.id === id))),
  };
  const stillLeft = new Set(branch.plan.left.map(({ change }) => change.id));
  const keeps = base.plan.left.filter(({ change }) => !stillLeft.has(change.id)).map(({ change }) => change.key.name);
  const isAlsoOwed = new Set(base.plan.changes.map(({ id }) => id));
  const errors = beyond(base.diagnostics, branch.diagnostics, ({ code, message }) => [code, message]);
  return {
    added,
    alsoOwed: added.filter(({ id }) => isAlsoOwed.has(id)).map(({ key }) => key.name),
    owed: base.plan.changes,
    keeps,
    guards,
    findings,
    errors: errors.filter(({ severity }) => severity === 'error'),
    view,
    digest: branch.plan.digest,
  };
}

/**
 * | the base owes | the branch does | added |
 * |---|---|---|
 * | nothing | a change | that change |
 * | a change | the same | nothing |
 * | a change | another | from what the base would make of it to what the branch makes |
 * | a change | nothing | back to what is live |
 */
function addedTo(owed: readonly Change[], own: readonly Change[]): readonly Change[] {
  const before = new Map(owed.map((change) => [change.id, change]));
  const after = new Set(own.map(({ id }) => id));
  return [
    ...own.flatMap((change) => {
      const base = before.get(change.id);
      if (base === undefined) return [change];
      return base.fingerprint === change.fingerprint ? [] : [between(base, change, change.after)];
    }),
    ...owed.filter(({ id }) => !after.has(id)).map((change) => between(change, change, change.before)),
  ];
}

function between({ after: before, notes }: Change, change: Change, after: Fields | null): Change {
  const immutable = change.fieldChanges.filter((one) => one.immutable === true).map(({ field }) => field);
  const fieldChanges = compareFields(before ?? {}, after ?? {}, immutable);
  const isReplaced = change.action === 'replace' && fieldChanges.some((one) => one.immutable === true);
  const action = after === null ? 'delete' : before === null ? 'create' : isReplaced ? 'replace' : 'update';
  const { lastWritten: _, ...rest } = change;
  return {
    ...rest,
    action,
    cause: 'edited',
    reason: action === 'delete' ? 'no-longer-declared' : action === 'create' ? 'new' : 'changed',
    direction: directionOf(action, after, fieldChanges),
    before,
    after,
    fieldChanges,
    notes: change.notes.filter((note) => !notes.includes(note)),
  };
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
