/**
 * Guards over what is to be applied, with the words of reviews. A word lifts its guard for what its pull request moves, up to
 * its number; the guard is then judged over the rest.
 */

import type { GuardName } from '../guard-names.ts';
import type { GuardInput } from '../guards/input.ts';
import { judgePlan } from '../guards/judge.ts';
import type { Impact } from '../impact/document.ts';
import type { Lift } from '../plan/applied-record.ts';
import { narrowPlan } from '../plan/mode.ts';
import type { Change, Violation } from '../plan/types.ts';
import { isWithin, largestOf, printWord, toWordNumber, type Word, type WordNumber } from '../plan/words.ts';
import type { Review } from '../resources/review-settings.ts';
import type { MergedPull } from './read-windows.ts';

/** The plan is what would be applied, with its impact. */
export interface LiftInput extends Omit<GuardInput, 'reviewed'> {
  readonly assess: (changes: readonly Change[]) => Impact | null;
  readonly pulls: readonly MergedPull[];
  /** Pull requests without which a change would not be there, by the change's id. */
  readonly pullsOf: ReadonlyMap<string, readonly number[]>;
  /** Pull requests that moved settings: a group of workspaces rises without a change where one comes into it. */
  readonly pullsOfSettings?: readonly number[];
}

/** A word that would lift, and the pull request in whose review it has to stand. */
export interface WordLine {
  readonly pull: number;
  readonly word: Word;
  /** As a review has to hold it. */
  readonly line: string;
}

export interface Lifted {
  readonly violations: readonly Violation[];
  readonly lifts: readonly Lift[];
  /** What would lift what is left, a line for each pull request. */
  readonly lines: readonly WordLine[];
}

export function judgeWithWords(input: LiftInput): Lifted {
  const { plan } = input;
  const lifts: Lift[] = [];
  const lines: WordLine[] = [];
  const violations = judge(input, plan.changes).map((violation): Violation => {
    if (violation.severity !== 'error' || violation.lifted || violation.allow === null) return violation;
    const found = findLift(input, violation);
    if (found !== null) lifts.push(...found);
    else lines.push(...linesFor(input, violation));
    return { ...violation, lifted: found !== null };
  });
  return { violations, lifts, lines };
}

/** Null: no words that are enough. */
function findLift(input: LiftInput, { guard, count }: Violation): Lift[] | null {
  const { plan, pulls, pullsOf } = input;
  const words = new Map(
    pulls.flatMap(({ pull, words }) => {
      const own = words.filter((word) => word.guard === guard);
      const best = own.find(({ number }) => number === largestOf(own.map((word) => word.number)));
      return best === undefined ? [] : [[pull.number, best] as const];
    }),
  );
  if (words.size === 0) return null;
  const movedBy = ({ id }: Change): readonly number[] => pullsOf.get(id) ?? [];
  // Beyond its number a word says nothing.
  for (const [pull, { number }] of words) {
    const alone = plan.changes.filter((change) => movedBy(change).length === 1 && movedBy(change)[0] === pull);
    if (!isWithin(measure(input, guard, alone), number)) words.delete(pull);
  }
  const allowed = plan.changes.filter(
    (change) => movedBy(change).length > 0 && movedBy(change).every((pull) => words.has(pull)),
  );
  const bound = sumOf(
    guard,
    [...words.values()].map(({ number }) => number),
  );
  if (!isWithin(measure(input, guard, allowed), bound)) return null;
  if (isAboutNoChange(input, guard)) {
    if (!isWithin(count, bound)) return null;
  } else {
    const rest = plan.changes.filter((change) => !allowed.includes(change));
    const stands = judge(input, rest).some(({ guard: other, severity }) => other === guard && severity === 'error');
    if (stands) return null;
  }
  return [...words.values()].map(({ number, digest, by, at, where }) => ({ guard, number, digest, by, at, where }));
}

function linesFor(input: LiftInput, { guard, count }: Violation): WordLine[] {
  const { plan, pulls, pullsOf, pullsOfSettings = [] } = input;
  const stands = standsAlone(input, guard);
  /** The settings of others do by themselves what is counted with its own changes. */
  const isOfOthers = ({ number }: MergedPull['pull'], alone: WordNumber): boolean =>
    stands !== null && pullsOfSettings.length > 0 && !pullsOfSettings.includes(number) && isWithin(alone, stands);
  return pulls.flatMap(({ pull, digest }) => {
    if (digest === null) return [];
    const own = plan.changes.filter(({ id }) => pullsOf.get(id)?.includes(pull.number) === true);
    if (own.length === 0 && !(stands !== null && pullsOfSettings.includes(pull.number))) return [];
    const alone = measure(input, guard, own);
    // Nothing that it asks for is counted: others are in the way.
    if (isOfOthers(pull, alone) || (alone === 0 && !isAboutNoChange(input, guard))) return [];
    const word = { guard, number: alone === 0 ? count : alone, digest };
    return [{ pull: pull.number, word, line: allowLine(word) }];
  });
}

function isAboutNoChange(input: LiftInput, guard: GuardName): boolean {
  if (guard === 'unmanaged' || guard === 'undeclared') return true;
  return measure(input, guard, input.plan.changes) === 0 || standsAlone(input, guard) !== null;
}

/** How much the guard objects to of what the settings do by themselves; null: to nothing. */
function standsAlone(input: LiftInput, guard: GuardName): WordNumber | null {
  if (guard !== 'ceiling') return null;
  const found = judge(input, []).find((violation) => violation.guard === guard && violation.severity === 'error');
  return found?.count ?? null;
}

/** A line as a review has to hold it. */
function allowLine(word: Word): string {
  return `/tollgate allow ${printWord(word)}`;
}

/** What a guard counts over some changes alone, whether or not that is too much. */
function measure(input: LiftInput, guard: GuardName, changes: readonly Change[]): WordNumber {
  if (changes.length === 0) return 0;
  const strict: LiftInput = { ...input, settings: strictest(input.settings), countsAll: true, allowances: [] };
  return judge(strict, changes).find((violation) => violation.guard === guard)?.count ?? 0;
}

function judge(input: LiftInput, changes: readonly Change[]): Violation[] {
  const { plan, assess } = input;
  const isAll = changes.length === plan.changes.length;
  const ids = new Set(changes.map(({ id }) => id));
  const narrowed = isAll
    ? plan
    : {
        ...narrowPlan(plan, changes, plan.recordLines),
        impact: assess(changes),
        findings: plan.findings.filter(({ change }) => change === null || ids.has(change)),
      };
  return judgePlan({ ...input, plan: narrowed, reviewed: [plan.digest] });
}

/** Every guard says its number, however small. */
function strictest(settings: Review): Review {
  const none = { count: 0, percent: 0 };
  const nothing = { ...none, plan: none };
  const on = {
    empties_scope: 'on',
    blocks_now: 'on',
    counter_reset: 'on',
    ceiling: 'on',
    impact_unknown: 'on',
  } as const;
  const spend_up = { percent: 0, said: 'on' } as const;
  return { ...settings, guards: { ...settings.guards, ...on, deletes: nothing, updates: nothing, spend_up } };
}

/** Counts add up; a rise on top of a rise is of the risen amount. */
function sumOf(guard: GuardName, numbers: readonly WordNumber[]): WordNumber {
  if (numbers.includes('unbounded')) return 'unbounded';
  const known = numbers as readonly number[];
  if (guard !== 'spend-up') return toWordNumber(known.reduce((sum, number) => sum + number, 0));
  const product = known.reduce((times, number) => times * (1 + number / 100), 1);
  return toWordNumber(Math.ceil((product - 1) * 100 - 1e-9));
}
