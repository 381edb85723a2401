/**
 * Guards: a stage between plan and apply (design, section 5). A guard that objects says what was exceeded, by how much, and
 * the exact words that lift it for this one plan. All of them are judged, always; the plan is shown whole all the same.
 */

import { isDeepStrictEqual } from 'node:util';
import { isApi, isLimitField } from '../resources/fields.ts';
import { isPolicyKind } from '../resources/registry.ts';
import type { Review, Threshold } from '../resources/review-settings.ts';
import type { RecordedEntry } from './applied-record.ts';
import { type GuardName, guardSetting, type Objection } from './guard-names.ts';
import { impactGuards, judgeImpact } from './impact-guards.ts';
import { listKinds } from './not-read.ts';
import type { Change, Plan, RecordStep, Violation } from './types.ts';
import { findLift, printWord, type Word } from './words.ts';

/** Guards that need to know what the plan does to people and money: not judged where that was not looked at. */
export function notJudged({ impact, changes }: Plan): readonly GuardName[] {
  return impact === null && changes.length > 0 ? impactGuards.filter((guard) => guard !== 'impact-unknown') : [];
}

/** Whether the checkout contains the commit that was applied last; `unknown` refuses too. Null: there is nothing to rewind. */
export type Rewind = {
  readonly commit: string;
  readonly answer: 'no' | 'unknown';
  /** It is there, further on: the checkout is of a branch that others have not been merged into. */
  readonly isBehind?: boolean;
} | null;

/** The record judges from another place than the files say; `isPure`: nothing else in them differs from the last apply. */
export interface RecordMoved {
  /** `environment production → prod, …` */
  readonly what: string;
  readonly isPure: boolean;
}

/** Protection that the record itself does not speak of: by the files that it comes from, or by older ones. */
export type ProtectedBy = (
  entry: Pick<RecordedEntry, 'kind' | 'name' | 'viaStar' | 'commit'>,
  place: { readonly id: string | null; readonly slug: string | null },
) => boolean;

export interface GuardInput {
  readonly plan: Plan;
  readonly steps: readonly RecordStep[];
  /** `review:` in force, see settingsInForce. */
  readonly settings: Review;
  readonly rewind: Rewind;
  /** Null, or missing: it has not. */
  readonly moved?: RecordMoved | null | undefined;
  readonly isProtected?: ProtectedBy | undefined;
  readonly allowances: readonly Word[];
  /**
   * Digests of reviewed plans of which this one holds a part at most: what was allowed for the whole is allowed for the
   * part.
   */
  readonly reviewed?: readonly string[];
}

export function judgePlan(input: GuardInput): Violation[] {
  const { plan, settings, allowances, reviewed = [] } = input;
  const tallies = tallyWorkspaces(input);
  const objections = [
    judgeCounted('deletes', tallies, settings.guards.deletes, { count: 10, percent: 10 }, plan),
    judgeCounted('updates', tallies, settings.guards.updates, { count: 10, percent: 30 }, plan),
    judgeEmptied(tallies, plan),
    judgeProtected(input),
    judgeRewind(input.rewind),
    judgeMoved(input.moved ?? null),
    judgeUnmanaged(input),
    judgeFindings(plan),
    judgeApiMembers(plan),
    ...judgeImpact(plan, settings),
  ];
  return objections.flatMap((objection) => {
    if (objection === null) return [];
    const severity = severityOf(settings, objection, plan);
    if (severity === null) return [];
    const { guard, count, details, liftable, first } = objection;
    const lift = liftable ? findLift(allowances, objection, [plan.digest, ...reviewed]) : null;
    const allow = liftable ? printWord({ guard, number: count, digest: plan.digest }) : null;
    const more = { ...(lift === null ? {} : { lift }), ...(first === undefined ? {} : { first }) };
    return [{ guard, count, details, severity, allow, lifted: lift !== null, ...more }];
  });
}

/** What keeps a plan from being applied. */
export function objecting(violations: readonly Violation[]): Violation[] {
  return violations.filter(({ severity, lifted }) => severity === 'error' && !lifted);
}

/** Limits of one workspace (or of the organisation), and what the plan does to them. */
interface Tally {
  /** Slug; null for the organisation. */
  readonly workspace: string | null;
  recorded: number;
  desired: number;
  /** Limits that stay when the plan is done. */
  left: number;
  deletes: number;
  updates: number;
}

function tallyWorkspaces({ plan, steps }: GuardInput): Tally[] {
  const tallies = new Map<string | null, Tally>();
  const tallyOf = (workspace: string | null): Tally => {
    const tally = tallies.get(workspace) ?? { workspace, recorded: 0, desired: 0, left: 0, deletes: 0, updates: 0 };
    tallies.set(workspace, tally);
    return tally;
  };
  const active = new Set(plan.changes.map(({ id }) => id));
  for (const step of steps) {
    const tally = tallyOf(step.workspaceSlug);
    const before = countLimits(step.previous);
    const after = countLimits(step.next);
    tally.recorded += before;
    tally.desired += after;
    tally.left += step.changeId !== null && !active.has(step.changeId) ? before : after;
  }
  for (const change of plan.changes) {
    const tally = tallyOf(change.key.workspace);
    tally.deletes += countDeletes(change);
    tally.updates += countUpdates(change);
  }
  return [...tallies.values()];
}

/** A policy is one limit; an attachment point has as many as it has budgets and rates. */
function countLimits(entry: Pick<RecordedEntry, 'kind' | 'fields'> | null): number {
  if (entry === null) return 0;
  const { fields } = entry;
  return isPolicyKind(entry.kind)
    ? 1
    : Object.entries(fields).filter(([field, value]) => isLimitField(field) && value !== null).length;
}

/** Policies deleted plus budgets or rates cleared. */
function countDeletes({ action, after, fieldChanges, key }: Change): number {
  if (isPolicyKind(key.kind)) return action === 'delete' && after === null ? 1 : 0;
  return fieldChanges.filter(({ field, before, after: now }) => isLimitField(field) && before != null && now === null)
    .length;
}

/** Limits whose value changes; a replacement is one. A name, a description or an alert limits nobody. */
function countUpdates({ action, direction, fieldChanges, key }: Change): number {
  if (isPolicyKind(key.kind)) return action === 'replace' || (action === 'update' && direction !== 'neutral') ? 1 : 0;
  return fieldChanges.filter(({ field, before, after }) => isLimitField(field) && before != null && after != null)
    .length;
}

/** More than a number and more than a share, of a workspace or of the whole plan. The share is of the larger of both sides. */
function judgeCounted(
  guard: 'deletes' | 'updates',
  tallies: readonly Tally[],
  perWorkspace: Threshold | 'off',
  perPlan: Threshold,
  { changes }: Plan,
): Objection | null {
  if (perWorkspace === 'off') return null;
  const total = tallies.reduce((sum, tally) => sum + tally[guard], 0);
  const all = { recorded: sum(tallies, 'recorded'), desired: sum(tallies, 'desired') };
  const exceeded = tallies.flatMap((tally) => {
    const said = exceeds(guard, tally[guard], tally, perWorkspace, tally.workspace ?? 'the organisation');
    return said.map((detail) => ({ detail, workspace: tally.workspace }));
  });
  const details = [...exceeded.map(({ detail }) => detail), ...exceeds(guard, total, all, perPlan, 'the whole plan')];
  if (details.length === 0) return null;
  const count = guard === 'deletes' ? countDeletes : countUpdates;
  const counted = changes.filter((change) => count(change) > 0);
  const [worst] = exceeded;
  const first = worst === undefined ? counted[0] : counted.find(({ key }) => key.workspace === worst.workspace);
  return { guard, count: total, details, liftable: true, first: first?.id };
}

function sum(tallies: readonly Tally[], member: 'recorded' | 'desired'): number {
  return tallies.reduce((total, tally) => total + tally[member], 0);
}

function exceeds(
  guard: 'deletes' | 'updates',
  count: number,
  { recorded, desired }: Pick<Tally, 'recorded' | 'desired'>,
  { count: most, percent: share }: Threshold,
  where: string,
): string[] {
  const base = Math.max(recorded, desired);
  // In whole numbers: 30 % of 10 is exactly 3, and "more than" means 4.
  if (count <= most || count * 100 <= share * base) return [];
  const exact = base === 0 ? 100 : (count * 100) / base;
  // "10 %; more than 10 % need a word" would contradict itself.
  const percent = Math.round(exact) > share ? Math.round(exact) : Math.ceil(exact * 10) / 10;
  const what = guard === 'deletes' ? 'removes' : 'changes';
  return [
    `${what} ${count} of ${base} limits in ${where} (${percent} %); more than ${most} and more than ${share} % need a word`,
  ];
}

function judgeEmptied(tallies: readonly Tally[], { changes }: Plan): Objection | null {
  const emptied = tallies.filter(({ recorded, left, deletes }) => recorded > 0 && left === 0 && deletes > 0);
  if (emptied.length === 0) return null;
  const details = emptied.map(
    ({ workspace, recorded }) =>
      `leaves ${workspace ?? 'the organisation'} without any limit; ${recorded} ${recorded === 1 ? 'was' : 'were'} recorded`,
  );
  const first = changes.find((change) => change.key.workspace === emptied[0]?.workspace && countDeletes(change) > 0);
  return { guard: 'empties-scope', count: emptied.length, details, liftable: true, first: first?.id };
}

/** Protection is the record's: a change that takes it away and uses that at once is what it protects against. */
function judgeProtected({ plan, steps, isProtected }: GuardInput): Objection | null {
  const isGuarded = ({ previous, next, workspaceId: id, workspaceSlug: slug }: RecordStep): boolean => {
    const entry = previous ?? next;
    return previous?.protect === true || (entry !== null && isProtected?.(entry, { id, slug }) === true);
  };
  // Asked of what changes alone: most of a plan does not.
  const guarded = new Set(steps.flatMap((step) => (step.changeId !== null && isGuarded(step) ? [step.changeId] : [])));
  const byChange = plan.changes.filter((change) => guarded.has(change.id) && weakens(change));
  const byForget = plan.recordLines.filter(
    (line) =>
      line.why === 'forget' &&
      steps.some(
        (step) =>
          step.previous?.kind === line.key?.kind &&
          step.previous?.name === line.key?.name &&
          step.workspaceSlug === line.key?.workspace &&
          isGuarded(step),
      ),
  );
  const details = [
    ...byChange.map(({ action, id }) => `${verbOf(action)} ${id}, which is protected`),
    ...byForget.map(({ key }) => `forgets ${key?.kind}/${key?.workspace ?? '-'}/${key?.name}, which is protected`),
  ];
  if (details.length === 0) return null;
  const hint = 'remove `protect:` first, in a merged change of its own';
  const said = [...details, hint];
  return { guard: 'protected', count: details.length, details: said, liftable: false, first: byChange[0]?.id };
}

function weakens({ action, after, fieldChanges }: Change): boolean {
  if (action === 'delete' || action === 'replace' || after === null) return true;
  return fieldChanges.some(({ field, before, after: now }) => isLimitField(field) && before != null && now === null);
}

function verbOf(action: Change['action']): string {
  return action === 'delete' ? 'deletes' : action === 'replace' ? 'replaces' : 'clears a limit of';
}

function judgeRewind(rewind: Rewind): Objection | null {
  if (rewind === null) return null;
  const why = rewind.answer === 'no' ? 'is not in the history of' : 'cannot be found in the history of';
  const details = [
    `the commit applied last, ${rewind.commit.slice(0, 12)}, ${why} this checkout: applying would roll back what came since`,
    ...(rewind.isBehind === true
      ? ['the default branch has moved on: merge it into this branch first, or plan the merged result']
      : []),
  ];
  return { guard: 'rewind', count: 1, details, liftable: true };
}

/** The record would be chosen by the change that it judges. Alone in a change it is carried over by hand. */
function judgeMoved(moved: RecordMoved | null): Objection | null {
  if (moved === null) return null;
  const details = [
    `the applied record is of another place than the files say: ${moved.what}`,
    moved.isPure
      ? 'nothing else differs from the last apply: once this is merged, `tollgate record move` carries the record over; until then nothing is applied'
      : 'a move of the record is a merged change of its own, with nothing else in it: take it out of this one, or apply the rest first',
  ];
  return {
    guard: 'record-moved',
    count: 1,
    details,
    liftable: false,
    ...(moved.isPure ? { warns: true as const } : {}),
  };
}

/** `review.unmanaged: fail`: the files are to say everything that binds. */
function judgeUnmanaged({ plan, settings }: GuardInput): Objection | null {
  const unread = plan.unreadable?.length ?? 0;
  const unmanaged = plan.unmanaged.length;
  const places = plan.notRead ?? [];
  const count = unmanaged + unread + places.reduce((sum, { kinds }) => sum + kinds.length, 0);
  if (settings.unmanaged !== 'fail' || count === 0) return null;
  const details = [
    ...(unmanaged === 0
      ? []
      : [
          `${unmanaged} live ${unmanaged === 1 ? 'limit is' : 'limits are'} in no file (tollgate plan --verbose lists them)`,
        ]),
    ...(unread === 0 ? [] : [`${unread} live ${unread === 1 ? 'row' : 'rows'} cannot be read, whatever they limit`]),
    ...(places.length === 0
      ? []
      : [
          `not all could be read in ${places.length} ${places.length === 1 ? 'place' : 'places'}: ${listKinds(places)}`,
        ]),
  ];
  return { guard: 'unmanaged', count, details, liftable: true };
}

/** Findings of severity error. What lowers one for good is `review.rules` or a reason under `silence:`; this is for one plan. */
function judgeFindings({ findings }: Plan): Objection | null {
  const errors = findings.filter(({ severity, silenced }) => severity === 'error' && silenced === null);
  if (errors.length === 0) return null;
  const told = errors.slice(0, 20);
  const details = [
    ...told.map(({ source, rule, message }) => `${source.file}:${source.line} ${rule}: ${message}`),
    ...(errors.length > told.length ? [`and ${errors.length - told.length} more`] : []),
  ];
  const first = errors.find(({ change }) => change !== null)?.change ?? undefined;
  return { guard: 'rules', count: errors.length, details, liftable: true, first };
}

/**
 * Members under `api:` that a change sets: the service may do with them what nobody here knows. Those that stay as they were
 * have been allowed before.
 */
function judgeApiMembers({ changes }: Plan): Objection | null {
  const set = changes.flatMap((change) =>
    Object.entries(change.after ?? {})
      .filter(([field, value]) => isApi(field) && !isDeepStrictEqual(value, change.before?.[field]))
      .map(([field]) => ({ change, field })),
  );
  if (set.length === 0) return null;
  const told = set.slice(0, 20);
  const details = [
    ...told.map(({ change: { key }, field }) => {
      const place = key.workspace === null ? key.name : `${key.workspace}/${key.name}`;
      return `${key.kind} ${place}: \`${field}\` is sent unchecked`;
    }),
    ...(set.length > told.length ? [`and ${set.length - told.length} more`] : []),
  ];
  return { guard: 'api-member', count: set.length, details, liftable: true, first: set[0]?.change.id };
}

/** Null: switched off. What protects has no switch. */
function severityOf(
  settings: Review,
  { guard, warns }: Objection,
  { impact }: Pick<Plan, 'impact'>,
): Violation['severity'] | null {
  if (warns === true) return 'warning';
  const setting = guardSetting(settings, guard);
  const said = typeof setting === 'object' && 'said' in setting ? setting.said : setting;
  // Who asks for a plan without its impact knows that it is not there.
  if (said === 'asked') return impact === null ? 'warning' : 'error';
  return said === 'off' ? null : said === 'warn' ? 'warning' : 'error';
}
