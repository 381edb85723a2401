/** Spend by day, with the largest workspaces apart. Pure. */

import type { TrendReport } from '../../consumption/trends.ts';
import { compareText } from '../../diagnostics.ts';
import { add, compare, type Exact, total, zero } from '../../exact.ts';
import { formatSpent } from '../../impact/money.ts';
import { formatDay } from '../status-words.ts';

export interface DaySeries {
  readonly name: string;
  /** Cents, one a day. */
  readonly costs: readonly Exact[];
}

export interface DayChart {
  /** `2026-11-20`, UTC; empty: no day is known. */
  readonly dates: readonly string[];
  /** On none of these days, by what is known. */
  readonly isNothing: boolean;
  /** The largest first; the last may be the sum of all others. */
  readonly series: readonly DaySeries[];
  /** One a day, as a table has it. */
  readonly rows: readonly { readonly day: string; readonly spend: string }[];
  /** Why it is not of all workspaces; null: it is. */
  readonly missing: string | null;
}

/** Colours that can be told apart. */
const mostSeries = 5;

export function buildDayChart(
  { byDay, gaps }: TrendReport,
  workspaces: readonly { readonly slug: string; readonly name: string }[],
): DayChart {
  const dates = [...new Set(byDay.map(({ date }) => date))].sort(compareText);
  const known = new Set(byDay.map(({ workspace }) => workspace));
  const all = workspaces
    .filter(({ slug }) => known.has(slug))
    .map(({ slug, name }) => {
      const own = new Map(byDay.filter(({ workspace }) => workspace === slug).map(({ date, cost }) => [date, cost]));
      return { name, costs: dates.map((date) => own.get(date) ?? zero) };
    })
    .sort((a, b) => compare(total(b.costs), total(a.costs)) || compareText(a.name, b.name));
  const isLong = all.length > mostSeries + 1;
  const rest = isLong ? all.slice(mostSeries) : [];
  const others = { name: `${rest.length} others`, costs: sumByDay(rest, dates.length) };
  const sums = sumByDay(all, dates.length);
  const why = [...new Set(gaps.filter(({ by }) => by === 'day').map((gap) => gap.why))].join('; ');
  const unknown = workspaces.length - known.size;
  return {
    dates,
    isNothing: total(sums).n <= 0n,
    series: isLong ? [...all.slice(0, mostSeries), others] : all,
    rows: dates.map((date, index) => ({
      day: formatDay(Date.parse(date)),
      spend: formatSpent(sums[index] ?? zero, 'cost'),
    })),
    missing: unknown === 0 ? null : `not known for ${unknown} of ${workspaces.length} workspaces: ${why}`,
  };
}

function sumByDay(all: readonly DaySeries[], days: number): Exact[] {
  return Array.from({ length: days }, (_, index) =>
    all.reduce((sum, { costs }) => add(sum, costs[index] ?? zero), zero),
  );
}
