/** Spend over a window against the window before. Pure. */

import { add, compare, type Exact, fraction, multiply, subtract, zero } from '../exact.ts';
import type { Day } from './analytics.ts';
import { percentOf } from './counters.ts';

export const trendKinds = ['workspace', 'model', 'provider', 'user'] as const;
export type TrendBy = (typeof trendKinds)[number];

/** What analytics say of one group in one window. */
export interface SpendRow {
  readonly name: string;
  /** Slug; null where it is over all of them. */
  readonly workspace: string | null;
  /** Cents. */
  readonly cost: Exact;
  readonly requests: number;
  /** Requests that failed; null: not said. */
  readonly errors: number | null;
}

export interface Trend {
  readonly by: TrendBy;
  readonly name: string;
  readonly workspace: string | null;
  readonly cost: Exact;
  /** Cents in the window before; null: unknown. */
  readonly before: Exact | null;
  /** Whole percent; null: nothing before, or unknown. */
  readonly changePercent: number | null;
  readonly requests: number;
  readonly errors: number | null;
  /** Whole percent of the requests; null: unknown, or no request. */
  readonly errorPercent: number | null;
  /** More than 5 % of the requests failed. */
  readonly isFailing: boolean;
}

/** Spend of one workspace on one day. */
export interface WorkspaceDay extends Day {
  readonly workspace: string;
}

export interface UnusualDay extends WorkspaceDay {
  /** Cents: of all days of the window. */
  readonly median: Exact;
}

export interface TrendGap {
  readonly by: TrendBy | 'day';
  readonly workspace: string;
  readonly why: string;
}

export interface TrendReport {
  readonly days: number;
  /** Milliseconds since the epoch; `to` itself is within. */
  readonly from: number;
  readonly to: number;
  readonly trends: Readonly<Record<TrendBy, readonly Trend[]>>;
  /** Every day of the window, of workspaces whose days are known; by date, then workspace. */
  readonly byDay: readonly WorkspaceDay[];
  readonly unusualDays: readonly UnusualDay[];
  readonly gaps: readonly TrendGap[];
}

/** Above this share of failed requests a row is flagged. */
const failingShare = fraction(5n, 100n);
const unusualFactor = fraction(3n, 1n);
/** With fewer days a median says little, and one busy Monday would be flagged. */
const leastDays = 5;

/** @param before null: that window is unknown */
export function compareSpend(by: TrendBy, now: readonly SpendRow[], before: readonly SpendRow[] | null): Trend[] {
  const key = ({ workspace, name }: SpendRow): string => JSON.stringify([workspace, name]);
  const earlier = before === null ? null : new Map(merge(before, key).map((row) => [key(row), row]));
  const current = merge(now, key);
  const names = new Set(current.map(key));
  // Who spent before and no longer does is a change too.
  const gone = [...(earlier?.values() ?? [])]
    .filter((row) => !names.has(key(row)))
    .map((row) => ({ ...row, cost: zero, requests: 0, errors: row.errors === null ? null : 0 }));
  const trends = [...current, ...gone].map((row): Trend => {
    const past = earlier === null ? null : (earlier.get(key(row))?.cost ?? zero);
    const share = row.errors === null || row.requests === 0 ? null : fraction(BigInt(row.errors), BigInt(row.requests));
    return {
      by,
      name: row.name,
      workspace: row.workspace,
      cost: row.cost,
      before: past,
      changePercent: past === null || past.n <= 0n ? null : changeOf(row.cost, past),
      requests: row.requests,
      errors: row.errors,
      errorPercent: share === null ? null : percentOf(share, { n: 1n, d: 1n }),
      isFailing: share !== null && compare(share, failingShare) > 0,
    };
  });
  return trends.sort(
    (a, b) =>
      compare(b.cost, a.cost) ||
      compare(b.before ?? zero, a.before ?? zero) ||
      (JSON.stringify([a.workspace, a.name]) < JSON.stringify([b.workspace, b.name]) ? -1 : 1),
  );
}

/** Signed whole percent: +25, -100. */
function changeOf(now: Exact, before: Exact): number {
  const delta = subtract(now, before);
  const size = percentOf(delta.n < 0n ? subtract(zero, delta) : delta, before);
  return delta.n < 0n ? -size : size;
}

function merge(rows: readonly SpendRow[], key: (row: SpendRow) => string): SpendRow[] {
  const merged = new Map<string, SpendRow>();
  for (const row of rows) {
    const same = merged.get(key(row));
    merged.set(
      key(row),
      same === undefined
        ? row
        : {
            ...same,
            cost: add(same.cost, row.cost),
            requests: same.requests + row.requests,
            errors: same.errors === null || row.errors === null ? null : same.errors + row.errors,
          },
    );
  }
  return [...merged.values()];
}

/** Days above three times the median of all days of the window, those without spend included. */
export function findUnusualDays(workspace: string, days: readonly Day[], factor: Exact = unusualFactor): UnusualDay[] {
  if (days.length < leastDays) return [];
  const costs = days.map(({ cost }) => cost).sort(compare);
  const middle = Math.floor(costs.length / 2);
  const upper = costs[middle] ?? zero;
  const lower = costs.length % 2 === 1 ? upper : (costs[middle - 1] ?? zero);
  const median = multiply(add(lower, upper), fraction(1n, 2n));
  // A workspace that rests on most days has no usual day to compare with.
  if (median.n <= 0n) return [];
  const most = multiply(median, factor);
  return days.filter(({ cost }) => compare(cost, most) > 0).map((day) => ({ ...day, workspace, median }));
}
