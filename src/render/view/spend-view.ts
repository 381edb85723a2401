/** What was spent over a window against the window before, as a person sees it. Pure. */

import { percentOf } from '../../consumption/counters.ts';
import { type Trend, type TrendBy, type TrendReport, trendKinds } from '../../consumption/trends.ts';
import { type Exact, subtract, total, zero } from '../../exact.ts';
import { formatSpent } from '../../impact/money.ts';
import { escapeInvisible } from '../../printable.ts';
import { describeTrend, formatDay, usersOf } from '../status-words.ts';
import { type Line, verdict, words } from './cells.ts';

export interface SpendEntry {
  readonly name: string;
  readonly spend: string;
  /** Of the largest of its table. */
  readonly percent: number;
  /** Against the window before: `+25 %`, `new`, `unknown`. */
  readonly change: string;
  /** `6 %` of the requests failed; null: unknown, or no request. */
  readonly errors: string | null;
  /** So many failed that somebody should look. */
  readonly isFailing: boolean;
}

export interface SpendTable {
  readonly by: TrendBy;
  readonly rows: readonly SpendEntry[];
  /** Instead of rows, or of what is missing from them. */
  readonly lines: readonly Line[];
}

export interface SpendView {
  readonly days: number;
  readonly title: string;
  readonly tables: readonly SpendTable[];
  /** Far above a usual one. */
  readonly unusualDays: readonly Line[];
  readonly dayGaps: readonly Line[];
}

/** @param counts users are counted, not named */
export function buildSpend(report: TrendReport, counts: boolean): SpendView {
  const dayGaps = new Set(report.gaps.filter(({ by }) => by === 'day').map(({ why }) => why));
  return {
    days: report.days,
    title: `Spend of ${report.days} days to ${formatDay(report.to)}, against the ${report.days} days before`,
    tables: trendKinds.map((by) => tableOf(by, report, counts)),
    unusualDays: report.unusualDays.map(({ date, workspace, cost, median }) => [
      verdict('warn', formatDay(Date.parse(date))),
      words(`, ${workspace}: ${formatSpent(cost, 'cost')}, on a usual day ${formatSpent(median, 'cost')}`),
    ]),
    dayGaps: [...dayGaps].map((why) => [words(`days unknown: ${why}`)]),
  };
}

function tableOf(by: TrendBy, report: TrendReport, counts: boolean): SpendTable {
  const gaps = report.gaps.filter((gap) => gap.by === by);
  const trends = report.trends[by];
  const isCounted = by === 'user' && counts && trends.length > 0;
  const missing = [...new Set(gaps.map(({ why }) => why))].map((why): Line => {
    const places = gaps.filter((gap) => gap.why === why).length;
    return [words(`unknown for ${places} ${places === 1 ? 'workspace' : 'workspaces'}: ${why}`)];
  });
  // Nothing known is not nothing spent.
  const none: Line[] = trends.length === 0 && gaps.length === 0 ? [[words('none')]] : [];
  return {
    by,
    rows: isCounted ? [] : trends.map((trend) => toRow(trend, trends[0]?.cost ?? zero)),
    lines: [
      ...(isCounted ? [[words(usersOf(report))]] : []),
      ...none,
      ...(by === 'user' ? nameless(report) : []),
      ...missing,
    ],
  };
}

/** What is spent without a user is in no row. Said where both sums are whole. */
function nameless({ trends, gaps }: TrendReport): Line[] {
  if (gaps.some(({ by }) => by === 'user' || by === 'workspace' || by === 'model')) return [];
  const [all, named] = [trends.workspace, trends.user].map((rows) => total(rows.map(({ cost }) => cost)));
  if (all === undefined || named === undefined) return [];
  const rest = subtract(all, named);
  return rest.n <= 0n ? [] : [[words(`${formatSpent(rest, 'cost')} of ${formatSpent(all, 'cost')} names no user`)]];
}

function toRow(trend: Trend, largest: Exact): SpendEntry {
  const { by, name, workspace, cost, errorPercent, isFailing } = trend;
  return {
    name: escapeInvisible(by === 'provider' ? `${name} (${workspace ?? ''})` : name),
    spend: formatSpent(cost, 'cost'),
    percent: largest.n === 0n ? 0 : percentOf(cost, largest),
    change: describeTrend(trend),
    errors: errorPercent === null ? null : `${errorPercent} %`,
    isFailing,
  };
}
