/**
 * Questions to analytics (docs/service-notes.md#analytics) and their answers: sums, days and groups of calls, exact, or a reason why there are
 * none.
 */

import { add, compare, type Exact, exactOf, fraction, zero } from '../exact.ts';
import type { AnalyticsQuery } from '../live/backend.ts';
import { isKnownUnit } from '../resources/limit.ts';
import type { Unit } from '../resources/types.ts';
import type { Known, Reads } from './ask.ts';
import { dayMilliseconds, dayOf, startOfDay } from './windows.ts';

type Row = Readonly<Record<string, unknown>>;

/** Which calls are asked about. */
export interface Calls {
  /** Slug; missing: that of the key, or all. */
  readonly workspace?: string | undefined;
  /** Milliseconds since the epoch; `to` itself is within. */
  readonly from: number;
  readonly to: number;
  /** In the words of analytics; missing: all of the workspace. */
  readonly filter?: AnalyticsQuery | undefined;
}

export interface Day {
  /** `2026-11-20`, UTC. */
  readonly date: string;
  readonly cost: Exact;
}

/** What the calls of one group came to; null: not said. */
export interface GroupRow {
  readonly name: string;
  /** US cents. */
  readonly cost: Exact | null;
  readonly tokens: Exact | null;
  readonly requests: number | null;
  /** Requests that failed. */
  readonly errors: number | null;
  /** ISO; only where the grouping asks for it, and the service says it. */
  readonly lastSeen?: string;
}

export interface Groups {
  readonly rows: readonly GroupRow[];
  /** Why these are not all; null: they are. */
  readonly cut: string | null;
}

/** Groups by a member of the request. */
export interface Grouping {
  readonly path: string;
  readonly columns?: string;
  /** Where a row names its group, the first that it has. */
  readonly names: readonly string[];
}

/** Users and metadata have routes of their own, with fixed columns. */
export const groupings = {
  api_key: { path: '/groups/api_key', columns: 'cost,total_tokens', names: ['api_key', 'api_key_id'] },
  provider: { path: '/groups/provider', columns: 'cost,error_count,total_tokens', names: ['provider', 'virtual_key'] },
  model: { path: '/groups/model', columns: 'cost,error_count,total_tokens', names: ['model', 'ai_model'] },
  user: { path: '/groups/users', names: ['user'] },
  vendor: { path: '/groups/ai_service', names: ['ai_service'] },
  workspace: { path: '/groups/workspace', columns: 'cost', names: ['workspace', 'workspace_slug', 'workspace_id'] },
} as const satisfies Readonly<Record<string, Grouping>>;

/** By metadata the service reports no tokens. */
export function groupingOfMetadata(key: string): Grouping {
  return { path: `/groups/metadata/${encodeURIComponent(key)}`, names: ['metadata_value'] };
}

/** As the port takes it. */
type AnalyticsQuestion = readonly [path: string, query: AnalyticsQuery];

export function graphOf(unit: Unit, calls: Calls): AnalyticsQuestion {
  return [`/graphs/${unit}`, queryOfCalls(calls)];
}

export function groupsOf({ path, columns }: Grouping, calls: Calls, page: number, size = pageSize): AnalyticsQuestion {
  return [path, { ...queryOfCalls(calls), columns, page_size: size, current_page: page }];
}

const pageSize = 100;

export function queryOfCalls({ workspace, from, to, filter }: Calls): AnalyticsQuery {
  return {
    workspace_slug: workspace,
    ...filter,
    time_of_generation_min: new Date(from).toISOString(),
    time_of_generation_max: new Date(to).toISOString(),
  };
}

/** Cents, tokens or requests. */
export async function readTotal({ ask }: Reads, unit: Unit, calls: Calls): Promise<Known<number>> {
  const [path, query] = graphOf(unit, calls);
  const answer = await ask('readAnalytics', path, query);
  if ('unknown' in answer) return answer;
  const { summary } = answer.value;
  const total = isRow(summary) ? analyticsNumber(summary.total) : null;
  return total === null ? unreadable(path, 'the answer holds no number') : { value: total };
}

/** Cost by day, every day of the window; days without a point had no spend. */
export async function readDays({ ask }: Reads, calls: Calls): Promise<Known<readonly Day[]>> {
  const [path, query] = graphOf('cost', calls);
  const answer = await ask('readAnalytics', path, query);
  if ('unknown' in answer) return answer;
  const points: unknown = answer.value.data_points;
  if (!Array.isArray(points)) return unreadable(path, 'the answer holds no list');
  const byDate = new Map<string, Exact>();
  for (let at = startOfDay(calls.from); at <= calls.to; at += dayMilliseconds) byDate.set(dayOf(at), zero);
  const times: number[] = [];
  for (const point of points) {
    const at = isRow(point) ? Date.parse(String(point.timestamp)) : Number.NaN;
    const cost = isRow(point) ? analyticsNumber(point.total) : null;
    if (Number.isNaN(at) || cost === null) return unreadable(path, 'a point shows no number');
    times.push(at);
    byDate.set(dayOf(at), add(byDate.get(dayOf(at)) ?? zero, exactOf(cost)));
  }
  // Points may be hours or days; longer ones do not show single days.
  const steps = times.slice(1).map((time, index) => time - (times[index] ?? time));
  if (steps.length > 0 && Math.min(...steps) > dayMilliseconds) {
    return { unknown: 'the graph has no single days over a window this long' };
  }
  return { value: [...byDate].sort(([a], [b]) => (a < b ? -1 : 1)).map(([date, cost]) => ({ date, cost })) };
}

/** Past this many pages the smaller groups are not read. */
const mostPages = 10;

export interface GroupNeeds {
  /** A row that does not show these makes the answer unreadable. */
  readonly shows: readonly Unit[];
  /** Whether the groups so far will do. */
  readonly isEnough?: (rows: readonly GroupRow[]) => boolean;
}

/**
 * To an empty page, or to one that is not full where the total says the same: calls go on while pages are read, so that their
 * total is not a check to the row. Pages that repeat themselves are not the whole. A name that stands twice on a page, or in two with
 * other numbers, is left out: which of them it is, or whether they add up, nobody knows.
 */
export async function readGroups(
  { ask }: Reads,
  grouping: Grouping,
  calls: Calls,
  { shows, isEnough }: GroupNeeds,
): Promise<Known<Groups>> {
  const { path } = grouping;
  const seen = new Map<string, GroupRow>();
  const doubted = new Set<string>();
  let total: number | null = null;
  const told = (): GroupRow[] => [...seen.values()].filter(({ name }) => !doubted.has(name));
  const groups = (isWhole: boolean): Known<Groups> => ({
    value: {
      rows: told(),
      cut: doubted.size > 0 ? describeDoubt(path, doubted) : isWhole ? null : describeCut(path, seen.size, total),
    },
  });
  for (let page = 0; page < mostPages; page += 1) {
    const answer = await ask('readAnalytics', ...groupsOf(grouping, calls, page));
    if ('unknown' in answer) return answer;
    const { data } = answer.value;
    if (!Array.isArray(data)) return unreadable(path, 'the answer holds no list');
    total = analyticsNumber(answer.value.total);
    if (data.length === 0) return groups(total === null || seen.size >= total);
    const before = seen.size;
    const onPage = new Set<string>();
    for (const row of data) {
      const parsed = parseRow(row, grouping, shows);
      if (typeof parsed === 'string') return unreadable(path, parsed);
      const { name } = parsed;
      const other = seen.get(name);
      if (other === undefined) seen.set(name, parsed);
      else if (onPage.has(name) || !saysTheSame(parsed, other)) doubted.add(name);
      onPage.add(name);
    }
    if (seen.size === before) return groups(false);
    if (data.length < pageSize && total !== null && seen.size >= total) return groups(true);
    if (isEnough?.(told()) === true) return groups(false);
  }
  return groups(total !== null && total === seen.size);
}

/** What calls of a group came to in one unit; null: not said. */
export function usedBy({ cost, tokens, requests }: GroupRow, unit: Unit): Exact | null {
  if (!isKnownUnit(unit)) return null;
  switch (unit) {
    case 'cost':
      return cost;
    case 'tokens':
      return tokens;
    case 'requests':
      return requests === null ? null : fraction(BigInt(requests), 1n);
  }
}

/** A text instead of a row: what is wrong with it. */
function parseRow(row: unknown, { names, columns = '' }: Grouping, shows: readonly Unit[]): GroupRow | string {
  if (!isRow(row)) return 'the answer holds no list';
  const name = names.map((member) => row[member]).find((value) => typeof value === 'string');
  if (typeof name !== 'string') return `a row shows no ${names[0]}`;
  const [requests, errors] = [analyticsNumber(row.requests), analyticsNumber(row.error_count)];
  const parsed = {
    name,
    cost: exactOrNull(analyticsNumber(row.cost)),
    tokens: exactOrNull(analyticsNumber(row.total_tokens)),
    requests: requests === null ? null : Math.round(requests),
    errors: errors === null ? null : Math.round(errors),
    ...(typeof row.last_seen === 'string' && columns.includes('last_seen') ? { lastSeen: row.last_seen } : {}),
  };
  const missing = shows.find((unit) => parsed[unit] === null);
  return missing === undefined ? parsed : `a row shows no ${missing}`;
}

function saysTheSame(a: GroupRow, b: GroupRow): boolean {
  const isEqual = (one: Exact | null, other: Exact | null): boolean =>
    one === null || other === null ? one === other : compare(one, other) === 0;
  return isEqual(a.cost, b.cost) && isEqual(a.tokens, b.tokens) && a.requests === b.requests && a.errors === b.errors;
}

function describeDoubt(path: string, { size }: ReadonlySet<string>): string {
  const groups = size === 1 ? '1 group stands' : `${size} groups stand`;
  return `GET /analytics${path}: ${groups} in it more than once, so that not all are known`;
}

function describeCut(path: string, count: number, total: number | null): string {
  const cut = total !== null && total > count ? `${count} of ${total} groups were` : `${count} groups of more were`;
  return `GET /analytics${path}: only ${cut} read`;
}

function unreadable(path: string, problem: string): { readonly unknown: string } {
  return { unknown: `GET /analytics${path}: ${problem}` };
}

/** Numbers and numeric texts alike; nothing is consumed below zero, and what cannot be counted exactly is no count. */
export function analyticsNumber(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && number >= 0 && number <= Number.MAX_SAFE_INTEGER ? number : null;
}

function exactOrNull(number: number | null): Exact | null {
  return number === null ? null : exactOf(number);
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null;
}
