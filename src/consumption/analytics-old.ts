/** Questions to the analytics API (API reference 11), and its answers as numbers. */

import { ServiceError } from '../errors.ts';
import type { AnalyticsQuery, Backend } from '../live/backend.ts';
import type { Condition, Match, Unit } from '../resources/types.ts';
import type { Known } from './ask.ts';
import { groupPageSize, readGroupPages } from './group-pages.ts';

export type AnalyticsFilter = AnalyticsQuery;

export const graphOfUnit: Readonly<Record<Unit, string>> = {
  cost: '/graphs/cost',
  tokens: '/graphs/tokens',
  requests: '/graphs/requests',
};

/** The sum over a range: cents, tokens or requests. @throws ServiceError when the answer shows none */
export async function readTotal(backend: Backend, unit: Unit, query: AnalyticsQuery): Promise<number> {
  const path = graphOfUnit[unit];
  const { summary } = await backend.readAnalytics(path, query);
  const total = typeof summary === 'object' && summary !== null && 'total' in summary ? summary.total : undefined;
  return toNumber(path, total);
}

/** A grouping whose rows tell use by the value that also names a counter. */
export interface GroupSource {
  readonly path: string;
  readonly query: AnalyticsQuery;
  readonly member: string;
  readonly used: (row: Readonly<Record<string, unknown>>, path: string) => number;
}

/** Null: the service groups by no such thing, or not in this unit. */
export function sourceOfPer(per: readonly string[], unit: Unit): GroupSource | null {
  const [key = '', ...others] = per;
  if (others.length > 0) return null;
  const column = unit === 'cost' ? 'cost' : unit === 'tokens' ? 'total_tokens' : 'requests';
  const used: GroupSource['used'] = (row, path) => toNumber(path, row[column]);
  if (key === 'api_key') {
    return {
      path: '/groups/api_key',
      query: column === 'requests' ? {} : { columns: column },
      member: 'api_key',
      used,
    };
  }
  if (!key.startsWith('metadata.') || unit === 'tokens') return null;
  return {
    path: `/groups/metadata/${encodeURIComponent(key.slice('metadata.'.length))}`,
    query: {},
    member: 'metadata_value',
    used,
  };
}

/** Group and its use, of every page. @throws ServiceError when a row makes no sense, or when there are too many */
export async function readGroups(
  backend: Backend,
  { path, member, used }: GroupSource,
  query: AnalyticsQuery,
): Promise<readonly (readonly [group: string, used: number])[]> {
  const pages = await readGroupPages(
    (page) => backend.readAnalytics(path, { ...query, page_size: groupPageSize, current_page: page }),
    (row) => row[member],
    (total) => (total === undefined || total === null ? null : toNumber(path, total)),
  );
  if (pages === null) throw unreadable(path, 'the answer holds no list');
  const { rows, total, isWhole } = pages;
  // A group that is missing would have a pace of zero.
  if (!isWhole) throw unreadable(path, `${rows.length} groups were read, and there are ${total ?? 'more'}`);
  return rows.map((row) => {
    const group = row[member];
    if (typeof group !== 'string') throw unreadable(path, `a row shows no ${member}`);
    return [group, used(row, path)] as const;
  });
}

/** The conditions of a policy in the words of analytics, where it has words for them. */
export function filterOfMatch(match: Match): Known<AnalyticsFilter> {
  if (match === 'all') return { value: {} };
  const query: Record<string, string> = {};
  const metadata: Record<string, string> = {};
  for (const condition of match) {
    const member = listMembers[condition.key];
    const values = condition.any === '*' ? null : condition.any;
    const isPlain = values !== null && condition.except.length === 0;
    if (member !== undefined && isPlain && query[member] === undefined && values.every(isListable)) {
      query[member] = values.join(',');
    } else if (condition.key === 'model' && isPlain && query.ai_org_model === undefined && values.every(isModel)) {
      query.ai_org_model = values.map((value) => value.slice(1).replace('/', '__')).join(',');
    } else if (condition.key.startsWith('metadata.') && isPlain && values.length === 1) {
      metadata[condition.key.slice('metadata.'.length)] = values[0] ?? '';
    } else {
      return { unknown: `analytics cannot be asked for ${describe(condition)}` };
    }
  }
  return { value: { ...query, ...(Object.keys(metadata).length === 0 ? {} : { metadata: JSON.stringify(metadata) }) } };
}

const listMembers: Readonly<Record<string, string>> = {
  api_key: 'api_key_ids',
  virtual_key: 'virtual_keys',
  config: 'configs',
  prompt: 'prompt_slug',
};

/** Members are comma lists. */
function isListable(value: string): boolean {
  return !value.includes(',');
}

/** `@vendor/model`; `@vendor/*` has no word in analytics. */
function isModel(value: string): boolean {
  return /^@[^/,]+\/[^,]+$/.test(value) && !value.endsWith('/*');
}

function describe({ key, any, except }: Condition): string {
  if (except.length > 0 || any === '*') return `${key} with exceptions or wildcards`;
  return any.length > 1 ? `several values of ${key}` : `a condition on ${key}`;
}

/** Numbers may come as text (API reference 11); nothing is consumed below zero. */
function toNumber(path: string, value: unknown): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number) && number >= 0) return number;
  throw unreadable(path, 'the answer holds no number');
}

function unreadable(path: string, problem: string): ServiceError {
  const whole = `/analytics${path}`;
  return new ServiceError(`GET ${whole}: ${problem}`, { status: 200, method: 'GET', path: whole, maybeApplied: false });
}
