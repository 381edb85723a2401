/** What is left of a budget over its window: the course so far, and where today's pace leads. Pure. */

import { limitCountedSince } from '../../consumption/limit-status.ts';
import type { WorkspaceDay } from '../../consumption/trends.ts';
import { dayMilliseconds } from '../../consumption/windows.ts';
import { add, compare, type Exact, exactOf, round, subtract, zero } from '../../exact.ts';
import { formatExact } from '../../impact/money.ts';
import type { Unit } from '../../resources/types.ts';
import type { StatusFacts, StatusLimit } from '../status-facts.ts';
import { describeForecast, formatDay } from '../status-words.ts';

export interface BurnPoint {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Whole cents or a count; never below zero. */
  readonly left: number;
}

export interface BurnDown {
  readonly unit: Unit;
  readonly limit: number;
  readonly now: number;
  /** To now; one point alone where it is not known since when it counts. */
  readonly course: readonly BurnPoint[];
  /** Day by day, from analytics; else the ends alone are known. */
  readonly isDaily: boolean;
  /** From now, to the reset or to nothing; empty: there is no forecast. */
  readonly ahead: readonly BurnPoint[];
  /** Where an even pace would be; empty: there is no end to spread it to. */
  readonly even: readonly BurnPoint[];
  /** In this window; null: it lasts, or nobody knows. */
  readonly runsOutAt: number | null;
  /** `pace $16.20 a day; runs out Mon 2026-11-23`. */
  readonly said: string;
}

/** How far ahead something is drawn that never starts again. */
const horizon = 30 * dayMilliseconds;

/** A text instead: why it cannot be drawn. */
export function buildBurnDown(limit: StatusLimit, { now, trends }: StatusFacts): BurnDown | string {
  const { facts, used, nextReset, pace, runOut } = limit;
  if (used === null) return facts.usage.known ? 'its use is unknown' : facts.usage.why;
  const amount = exactOf(facts.amount);
  const since = limitCountedSince(facts, now);
  const left = leftOf(amount, used);
  const days = since === null ? null : courseByDay(limit, since, trends);
  const start: BurnPoint[] = since === null || since >= now ? [] : [{ at: since, left: facts.amount }];
  const runsOutAt = runOut?.when === 'this-window' ? runOut.at : null;
  const end = typeof nextReset === 'number' ? nextReset : (runsOutAt ?? now + horizon);
  return {
    unit: facts.unit,
    limit: facts.amount,
    now,
    course: [...start, ...(days ?? []), { at: now, left }],
    isDaily: days !== null,
    ahead: pace === null || left === 0 ? [] : aheadOf({ now, left, end, runsOutAt, pacePerDay: pace.perDay }),
    even: start.length === 0 || typeof nextReset !== 'number' ? [] : [...start, { at: nextReset, left: 0 }],
    runsOutAt,
    said: describeCourse(limit),
  };
}

function aheadOf(facts: {
  readonly now: number;
  readonly left: number;
  readonly end: number;
  readonly runsOutAt: number | null;
  readonly pacePerDay: Exact;
}): BurnPoint[] {
  const { now, left, end, runsOutAt, pacePerDay } = facts;
  if (runsOutAt !== null)
    return [
      { at: now, left },
      { at: Math.min(runsOutAt, end), left: 0 },
    ];
  const spent = (Number(round(pacePerDay)) * (end - now)) / dayMilliseconds;
  return [
    { at: now, left },
    { at: end, left: Math.max(0, Math.round(left - spent)) },
  ];
}

function leftOf(amount: Exact, used: Exact): number {
  const left = subtract(amount, used);
  return compare(left, zero) > 0 ? Number(round(left)) : 0;
}

/** Analytics tell days of a workspace alone, and their sum may be ahead of the counter: it is never drawn past it. */
function courseByDay({ facts, used }: StatusLimit, since: number, trends: StatusFacts['trends']): BurnPoint[] | null {
  const isWhole = facts.kind === 'workspace-limits' || facts.per.every((key) => key === 'workspace_id');
  if (!isWhole || facts.unit !== 'cost' || facts.match !== 'all' || used === null) return null;
  if (trends === null || since < trends.from) return null;
  const days = trends.byDay.filter((day) => day.workspace === facts.workspace && endOf(day) > since);
  if (days.length === 0) return null;
  const amount = exactOf(facts.amount);
  let spent = zero;
  return days
    .filter((day) => endOf(day) < trends.to)
    .map((day) => {
      spent = add(spent, day.cost);
      return { at: endOf(day), left: leftOf(amount, compare(spent, used) > 0 ? used : spent) };
    });
}

function endOf({ date }: WorkspaceDay): number {
  return Date.parse(date) + dayMilliseconds;
}

function describeCourse(limit: StatusLimit): string {
  const { pace, facts, nextReset } = limit;
  const forecast = describeForecast(limit);
  return [
    ...(pace === null
      ? []
      : [
          `pace ${formatExact(pace.perDay, facts.unit)} a day${pace.basis === 'window' ? ' since its window began' : ''}`,
        ]),
    ...(forecast === null ? [] : [forecast]),
    typeof nextReset === 'number'
      ? `resets ${formatDay(nextReset)}`
      : nextReset === null
        ? 'never resets'
        : 'next reset unknown',
  ].join('; ');
}
