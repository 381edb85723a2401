/** What is left of a budget over its window: the course so far, and where today's pace leads. Pure. */

import { limitCountedSince } from '../../consumption/limit-status.ts';
import type { WorkspaceDay } from '../../consumption/trends.ts';
import { dayMilliseconds } from '../../consumption/windows.ts';
import { add, compare, divide, type Exact, exactOf, multiply, subtract, zero } from '../../exact.ts';
import { formatSpent } from '../../impact/money.ts';
import { hasOneCounter } from '../../resources/limit.ts';
import type { Unit } from '../../resources/types.ts';
import type { StatusFacts, StatusLimit } from '../status-facts.ts';
import { describeForecast, formatDay } from '../status-words.ts';

export interface BurnPoint {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Cents or a count; never below zero. */
  readonly left: Exact;
}

export interface BurnDown {
  readonly unit: Unit;
  readonly limit: number;
  readonly now: number;
  /** To now; one point alone where it is not known since when it counts. */
  readonly course: readonly BurnPoint[];
  /** Day by day, from analytics; else the ends alone are known. */
  readonly isDaily: boolean;
  /** From now, to the reset, to nothing, or as far as it is drawn; empty: there is no forecast. */
  readonly ahead: readonly BurnPoint[];
  /** What is at its end. */
  readonly aheadEnds: string;
  /** Why nothing is ahead of a budget that is not used up; null: something is. */
  readonly notAhead: string | null;
  /** Which counter is drawn, where there may be several; null: there is but one. */
  readonly counter: string | null;
  /** Where an even pace would be; empty: there is no end to spread it to. */
  readonly even: readonly BurnPoint[];
  /** In this window, as far as it is drawn; null: it lasts, or nobody knows. */
  readonly runsOutAt: number | null;
  /** `pace $16.20 a day; runs out Mon 2026-11-23`. */
  readonly said: string;
}

/** How far ahead something is drawn that never starts again. */
export const horizon = 30 * dayMilliseconds;

/** A text instead: why it cannot be drawn. */
export function buildBurnDown(limit: StatusLimit, { now, trends }: StatusFacts): BurnDown | string {
  const { facts, used, nextReset, pace, runOut, noForecast } = limit;
  if (used === null) return facts.usage.known ? 'its use is unknown' : facts.usage.why;
  const amount = exactOf(facts.amount);
  const since = limitCountedSince(facts, now);
  const left = leftOf(amount, used);
  const days = since === null ? null : courseByDay(limit, since, trends);
  const start: BurnPoint[] = since === null || since >= now ? [] : [{ at: since, left: amount }];
  const foreseen = runOut?.when === 'this-window' ? runOut.at : null;
  const end = typeof nextReset === 'number' ? nextReset : Math.min(foreseen ?? now + horizon, now + horizon);
  const runsOutAt = foreseen !== null && foreseen <= end ? foreseen : null;
  const hasForecast = pace !== null && runOut !== null && left.n > 0n;
  return {
    unit: facts.unit,
    limit: facts.amount,
    now,
    course: [...start, ...(days ?? []), { at: now, left }],
    isDaily: days !== null,
    ahead: hasForecast ? aheadOf({ now, left, end, runsOutAt, pacePerDay: pace.perDay }) : [],
    aheadEnds:
      runsOutAt !== null
        ? 'runs out'
        : typeof nextReset === 'number'
          ? 'at the reset, by the pace'
          : 'in 30 days, by the pace',
    notAhead: hasForecast || left.n === 0n ? null : (noForecast ?? 'there is no pace'),
    counter: describeCounter(limit),
    even: start.length === 0 || typeof nextReset !== 'number' ? [] : [...start, { at: nextReset, left: zero }],
    runsOutAt,
    said: describeCourse(limit),
  };
}

function aheadOf(facts: {
  readonly now: number;
  readonly left: Exact;
  readonly end: number;
  readonly runsOutAt: number | null;
  readonly pacePerDay: Exact;
}): BurnPoint[] {
  const { now, left, end, runsOutAt, pacePerDay } = facts;
  if (runsOutAt !== null)
    return [
      { at: now, left },
      { at: runsOutAt, left: zero },
    ];
  const spent = divide(multiply(pacePerDay, exactOf(end - now)), exactOf(dayMilliseconds));
  return [
    { at: now, left },
    { at: end, left: leftOf(left, spent) },
  ];
}

function leftOf(amount: Exact, used: Exact): Exact {
  const left = subtract(amount, used);
  return compare(left, zero) > 0 ? left : zero;
}

/** Of a budget per key or per user one counter is drawn. */
function describeCounter({ facts, counters }: StatusLimit): string | null {
  const isGrouped = facts.kind === 'usage-policy' && !hasOneCounter(facts.per);
  if (!isGrouped && counters <= 1) return null;
  if (counters === 0) return 'a new counter, as there is none yet';
  if (counters === 1) return 'its one counter';
  const doubted = facts.usage.known ? (facts.usage.doubted?.length ?? 0) : 0;
  return `the fullest of ${counters} counters${doubted === 0 ? '' : `, of which ${doubted} cannot be known`}`;
}

/** Analytics tell days of a workspace alone, and their sum may be ahead of the counter: it is never drawn past it. */
function courseByDay({ facts, used }: StatusLimit, since: number, trends: StatusFacts['trends']): BurnPoint[] | null {
  const isWhole = facts.kind === 'workspace-limits' || hasOneCounter(facts.per);
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
          `pace ${formatSpent(pace.perDay, facts.unit)} a day${pace.basis === 'window' ? ' since its window began' : ''}`,
        ]),
    ...(forecast === null ? [] : [forecast]),
    typeof nextReset === 'number'
      ? `resets ${formatDay(nextReset)}`
      : nextReset === null
        ? 'never resets'
        : 'next reset unknown',
  ].join('; ');
}
