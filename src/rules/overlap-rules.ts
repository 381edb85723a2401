/** Rules that compare the limits of one workspace with one another. */

import { percentOf } from '../consumption/counters.ts';
import { compare, exactOf, total } from '../exact.ts';
import { formatExact, per30Days } from '../impact/money.ts';
import { formatAmount, formatReset } from '../resources/amounts.ts';
import { formatRateLimit } from '../resources/limit.ts';
import { covers } from '../resources/match.ts';
import { secondsOfWindow } from '../resources/rate-windows.ts';
import type { DesiredEntry, Kind } from '../resources/types.ts';
import { entryOn, hasCome } from '../resources/until.ts';
import { dateInWords } from '../resources/until-text.ts';
import {
  coveringIndex,
  type DeclaredBudget,
  type DeclaredRate,
  type EntryLimits,
  isCoarser,
  isInescapable,
  isOwn,
  labelOfEntry,
  scopeText,
} from './limits.ts';
import { contains, lastsAsLong } from './periods.ts';
import { at, atSetting, type FileRule } from './types.ts';

const duplicateLimit: FileRule = {
  name: 'duplicate-limit',
  id: 'O5',
  // No error: an organisation that is imported as it is may hold such pairs, and its files have to pass.
  severity: 'warning',
  where: 'file',
  finds: 'two policies of a workspace that count the same calls into the same counters, in the same unit and period',
  why: 'Both are checked on every call, so the smaller one decides and the other says something that is not so. Whoever raises one of them changes nothing.',
  fix: 'Delete one of the two, or tell them apart by `match:`, `per:` or `reset:`.',
  check: ({ byWorkspace, limits: { budgetsOf, ratesOf } }, found) => {
    for (const entries of byWorkspace.values()) {
      const seen = new Map<string, DeclaredBudget | DeclaredRate>();
      for (const terms of [...entries.flatMap(budgetsOf), ...entries.flatMap(ratesOf)]) {
        const key = duplicateKey(terms);
        if (key === null) continue;
        const first = seen.get(key);
        if (first === undefined) seen.set(key, terms);
        else
          found(
            at(laterOf(first, terms).entry),
            `${labelOfEntry(terms.entry)} and ${labelOfEntry(first.entry)} are one limit written twice`,
          );
      }
    }
  },
};

function duplicateKey(terms: DeclaredBudget | DeclaredRate): string | null {
  const { kind } = terms.entry;
  if (kind !== 'usage-policy' && kind !== 'rate-policy') return null;
  return JSON.stringify([kind, scopeText(terms), terms.unit, 'reset' in terms ? terms.reset : terms.window]);
}

function isDuplicate(a: DeclaredBudget | DeclaredRate, b: DeclaredBudget | DeclaredRate): boolean {
  return duplicateKey(a) !== null && duplicateKey(a) === duplicateKey(b);
}

/** A default is copied into many workspaces: the entry that the workspace wrote is the one to look at. */
function laterOf<T extends DeclaredBudget | DeclaredRate>(a: T, b: T): T {
  return b.entry.fromDefaults === true ? a : b;
}

const budgetNeverReached: FileRule = {
  name: 'budget-never-reached',
  id: 'O1',
  severity: 'warning',
  where: 'file',
  finds:
    'a budget that another one of the workspace always ends before: same unit, the same calls or more, the same counter or a coarser one, the same period or a longer one, and no larger amount',
  why: 'Every matching budget is checked, and the first that is used up refuses the call. A key, provider or policy whose budget is above what the workspace allows (catalogue O2) never gets that far: its alert may never be sent and raising it changes nothing.',
  fix: 'Lower this budget below the other, raise the other, or take this one out.',
  check: ({ byWorkspace, limits: { budgetsOf } }, found) => {
    for (const entries of byWorkspace.values()) {
      const budgets = entries.flatMap(budgetsOf);
      const outerOf = coveringIndex(leastOf(budgets.filter(canBeOuter)));
      for (const inner of budgets) {
        // Of two that end each other one is told; of two equal policies duplicate-limit speaks.
        const isToldInstead = (other: DeclaredBudget): boolean =>
          endsBefore(inner, other) && (isDuplicate(inner, other) || orderOf(budgets, inner, other) < 0);
        const other = outerOf(inner.match).find(
          (candidate) => candidate !== inner && endsBefore(candidate, inner) && !isToldInstead(candidate),
        );
        if (other === undefined) continue;
        const star = starOf(budgets, inner);
        if (star !== undefined && endsBefore(other, star)) continue;
        const [mine, theirs] = [inner, other].map(
          ({ amount, unit, reset }) =>
            `${formatAmount(amount, unit)} ${reset === 'never' ? 'in all' : formatReset(reset)}`,
        );
        const unless = contains(other, inner) ? '' : ', unless it starts anew in between';
        found(
          at(inner.entry, inner.field),
          `${mine} is never reached: ${labelOfEntry(other.entry)} allows ${theirs} for the same calls and ends first${unless}`,
        );
      }
    }
  },
};

/**
 * Of limits that differ in the amount alone the two smallest: one may be the limit that is looked at, and what a third ends
 * those end too. Thousands of alike limits are then compared with two.
 */
function leastOf<T extends DeclaredBudget | DeclaredRate>(limits: readonly T[]): readonly T[] {
  const groups = new Map<string, T[]>();
  for (const limit of limits) {
    const key = JSON.stringify([scopeText(limit), limit.unit, 'reset' in limit ? limit.reset : limit.window]);
    const least = [...(groups.get(key) ?? []), limit].sort((a, b) => a.amount - b.amount);
    groups.set(key, least.slice(0, 2));
  }
  const kept = new Set([...groups.values()].flat());
  return limits.filter((limit) => kept.has(limit));
}

/** Below 0: the first comes before the second. */
function orderOf<T>(limits: readonly T[], a: T, b: T): number {
  return limits.indexOf(a) - limits.indexOf(b);
}

/** `"*"` is many budgets and reaches service keys alone: it bounds nothing but itself. */
function canBeOuter({ entry }: DeclaredBudget | DeclaredRate): boolean {
  return !(entry.kind === 'key-limits' && entry.name === '*');
}

/** The limit of `"*"` that a named key has from it: what is so of that is told there. */
function starOf<T extends DeclaredBudget | DeclaredRate>(limits: readonly T[], limit: T): T | undefined {
  return isOwn(limit) ? undefined : limits.find((other) => other.field === limit.field && !canBeOuter(other));
}

function endsBefore(outer: DeclaredBudget, inner: DeclaredBudget): boolean {
  if (outer.unit !== inner.unit || outer.amount > inner.amount || !lastsAsLong(outer.reset, inner.reset)) return false;
  return covers(outer.match, inner.match) && isCoarser(outer.per, inner.per);
}

const rateNeverReached: FileRule = {
  name: 'rate-never-reached',
  id: 'O3',
  severity: 'warning',
  where: 'file',
  finds:
    'a rate that another entry of the workspace keeps its calls below: the same calls or more, the same counter or a coarser one, and no more in the same time',
  why: 'What the other rate lets through never adds up to this one, counted over one window. Only refused calls can, since the gateway counts those as well: then this rate punishes retries and limits nothing else.',
  fix: 'Lower this rate below the other, raise the other, or take this one out.',
  check: ({ byWorkspace, limits: { ratesOf } }, found) => {
    for (const entries of byWorkspace.values()) {
      const rates = entries.flatMap(ratesOf);
      const outerOf = coveringIndex(leastOf(rates.filter(canBeOuter)));
      for (const inner of rates) {
        const other = outerOf(inner.match).find((candidate) => keepsBelow(candidate, inner));
        if (other === undefined) continue;
        if (keepsBelow(inner, other) && orderOf(rates, inner, other) < 0) continue;
        const star = starOf(rates, inner);
        if (star !== undefined && keepsBelow(other, star)) continue;
        const [mine, theirs] = [inner, other].map(formatRateLimit);
        found(
          at(inner.entry, inner.field),
          `${mine} is never reached: ${labelOfEntry(other.entry)} allows ${theirs} for the same calls`,
        );
      }
    }
  },
};

function keepsBelow(outer: DeclaredRate, inner: DeclaredRate): boolean {
  if (outer.entry === inner.entry || outer.unit !== inner.unit || outer.target !== inner.target) return false;
  const windows = Math.max(1, secondsOfWindow[inner.window] / secondsOfWindow[outer.window]);
  const most = outer.amount * windows;
  if (most > inner.amount || !covers(outer.match, inner.match) || !isCoarser(outer.per, inner.per)) return false;
  return !isDuplicate(outer, inner);
}

const children: readonly (readonly [kind: Kind, word: string])[] = [
  ['key-limits', 'keys'],
  ['provider-limits', 'providers'],
  ['integration-limits', 'integrations'],
];

const oversubscribed: FileRule = {
  name: 'oversubscribed',
  id: 'O4',
  severity: 'info',
  where: 'file',
  finds: 'keys, providers or integrations whose cost budgets add up to more than the budget of their workspace',
  why: 'That is often meant: not everybody uses up everything. It also means that somebody can find the workspace empty before their own budget is. Amounts are compared as cost per 30 days.',
  fix: 'Nothing, if it is meant; else lower the parts, or raise the budget of the workspace.',
  check: ({ byWorkspace, limits }, found) => {
    for (const entries of byWorkspace.values()) {
      const parent = leastOverAll(entries, limits);
      if (parent === null) continue;
      for (const [kind, word] of children) {
        const parts = entries
          .filter((entry) => entry.kind === kind && entry.name !== '*')
          .flatMap(limits.budgetsOf)
          .filter(({ unit }) => unit === 'cost');
        const sum = total(parts.map(monthly));
        if (parts.length < 2 || compare(sum, monthly(parent)) <= 0) continue;
        const percent = percentOf(sum, monthly(parent)) - 100;
        const more = percent < 1 ? 'less than 1 %' : `${percent} %`;
        found(
          at(parent.entry, parent.field),
          `${parts.length} ${word} may spend ${formatExact(sum, 'cost')} of ${formatExact(monthly(parent), 'cost')} in 30 days: ${more} more than there is`,
        );
      }
    }
  },
};

const ceilingExceeded: FileRule = {
  name: 'ceiling-exceeded',
  id: 'O10',
  severity: 'error',
  where: 'file',
  finds: 'budgets over whole workspaces that add up to more than `review.max_monthly_budget` in 30 days',
  why: 'The ceiling is what the organisation agreed to spend. Each workspace counts with the least of its cost budgets over all of its calls, per 30 days. A plan judges by the ceiling of the last apply, so that it cannot be raised by the change that needs it.',
  fix: 'Lower a budget, or raise the ceiling in a change of its own.',
  check: ({ desired, settings, byWorkspace, limits }, found) => {
    const { max_monthly_budget: cents } = settings;
    if (typeof cents !== 'number') return;
    const workspaces = [...byWorkspace].flatMap(([workspace, entries]) => (workspace === null ? [] : [entries]));
    const boundsOn = (day: string | null): DeclaredBudget[] =>
      workspaces.flatMap(
        (entries) => leastOverAll(day === null ? entries : entries.map((one) => entryOn(one, day)), limits) ?? [],
      );
    // The dearest day, as `until:` names some.
    const all = [null, ...comingDays(workspaces.flat())].map((day) => {
      const bounds = boundsOn(day);
      return { day, bounds, sum: total(bounds.map(monthly)) };
    });
    const { day, bounds, sum } = all.reduce((most, one) => (compare(one.sum, most.sum) > 0 ? one : most));
    if (compare(sum, exactOf(cents)) <= 0) return;
    const others = workspaces.length - bounds.length;
    const more = others === 0 ? '' : `, and ${others} more ha${others === 1 ? 's' : 've'} no such budget`;
    const since = day === null ? '' : `, from ${dateInWords(day)} on`;
    found(
      atSetting(desired, 'review.max_monthly_budget'),
      `${bounds.length} workspace${bounds.length === 1 ? '' : 's'} may spend ${formatExact(sum, 'cost')} in 30 days, of ${formatAmount(cents, 'cost')} in all${more}${since}`,
    );
  },
};

function comingDays(entries: readonly DesiredEntry[]): string[] {
  const days = entries.flatMap(({ until }) => (until === undefined || hasCome(until, until.day) ? [] : [until.date]));
  return [...new Set(days)].sort();
}

/** The cost budget over all calls of a workspace that bounds it most. */
function leastOverAll(entries: readonly DesiredEntry[], limits: EntryLimits): DeclaredBudget | null {
  return entries
    .flatMap(limits.budgetsOf)
    .filter((terms) => terms.unit === 'cost' && terms.per.length === 0 && isInescapable(terms))
    .reduce<DeclaredBudget | null>(
      (low, terms) => (low === null || compare(monthly(terms), monthly(low)) < 0 ? terms : low),
      null,
    );
}

function monthly({ amount, reset }: DeclaredBudget): ReturnType<typeof per30Days> {
  return per30Days(amount, reset);
}

export const overlapRules: readonly FileRule[] = [
  duplicateLimit,
  budgetNeverReached,
  rateNeverReached,
  oversubscribed,
  ceilingExceeded,
];
