/** What is used in a day, by the calls of the last seven. */

import { divide, type Exact, exactOf, multiply, total, zero } from '../exact.ts';
import type { AnalyticsQuery } from '../live/backend.ts';
import { hasOneCounter, isKnownUnit } from '../resources/limit.ts';
import type { Match, Unit } from '../resources/types.ts';
import {
  type Calls,
  type Grouping,
  type GroupRow,
  type Groups,
  groupingOfMetadata,
  groupings,
  readGroups,
  readTotal,
  usedBy,
} from './analytics.ts';
import type { Known, Reads } from './ask.ts';
import { type CountedCalls, filterOfCalls } from './counted-calls.ts';
import { filterOfMatch } from './filter-of-match.ts';
import type { LiveLimit } from './limit-status.ts';
import { dayMilliseconds } from './windows.ts';

/** The pace is that of this many days before now. */
export const paceDays = 7;

/** Use over the last seven days, per day, in cents, tokens or requests. */
export interface ReadPace {
  readonly since: string;
  readonly asOf: string;
  /** Of the one counter there is; null where there are several. */
  readonly single: Exact | null;
  /** By value key; a counter that is not among them was not used. */
  readonly byValueKey: ReadonlyMap<string, Exact>;
}

export interface PaceNeeds {
  /** Slug. */
  readonly workspace: string;
  readonly calls: CountedCalls;
  /** What counters are told apart by; empty: there is one. */
  readonly per: readonly string[];
  readonly unit: Unit;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Of one limit: a question, or a page for each hundred counters. */
export async function readPace(reads: Reads, needs: PaceNeeds): Promise<Known<ReadPace>> {
  const { workspace, calls, per, unit, now } = needs;
  if (!isKnownUnit(unit))
    return { unknown: `it is counted in ${JSON.stringify(unit)}, a unit that this version does not know` };
  const since = now - paceDays * dayMilliseconds;
  const pace = (single: Exact | null, byValueKey: ReadonlyMap<string, Exact>): Known<ReadPace> => ({
    value: { since: new Date(since).toISOString(), asOf: new Date(now).toISOString(), single, byValueKey },
  });
  const filter = calls.of === 'matched' ? filterOfMatch(withoutGrouped(calls.match, per)) : filterOfCalls(calls);
  if ('unknown' in filter) return filter;
  const counted: Calls = { workspace, from: since, to: now, filter: filter.value };
  if (hasOneCounter(per)) {
    const spent = await readTotal(reads, unit, counted);
    return 'unknown' in spent ? spent : pace(perDay(exactOf(spent.value)), new Map());
  }
  const grouping = groupingOfPer(per, unit);
  if (grouping === null) return { unknown: `the service shows no pace per ${per.join(' and ')}` };
  const groups = await readGroups(reads, grouping, counted, { shows: [unit] });
  if ('unknown' in groups) return groups;
  const { rows, cut } = groups.value;
  // A group that is missing would have a pace of zero.
  if (cut !== null) return { unknown: cut };
  return pace(null, new Map(rows.map((row) => [`${per[0]}:${row.name}`, perDay(usedBy(row, unit) ?? zero)])));
}

/** Null: the service groups by no such thing, or not in this unit. */
export function groupingOfPer(per: readonly string[], unit: Unit): Grouping | null {
  const [key = '', ...others] = per;
  if (others.length > 0) return null;
  if (key === 'api_key') return groupings.api_key;
  if (!key.startsWith('metadata.') || unit === 'tokens') return null;
  return groupingOfMetadata(key.slice('metadata.'.length));
}

/** Groups hold calls with a value alone, so that a condition for any value of what is grouped by takes none of them away. */
export function withoutGrouped(match: Match, per: readonly string[]): Match {
  if (match === 'all') return match;
  const left = match.filter(({ key, any, except }) => any !== '*' || except.length > 0 || !per.includes(key));
  return left.length === 0 ? 'all' : left;
}

export function perDay(used: Exact, milliseconds = paceDays * dayMilliseconds): Exact {
  return divide(multiply(used, exactOf(dayMilliseconds)), exactOf(milliseconds));
}

/**
 * Of many limits: a list of keys, and one of providers where it is asked for, per workspace; not a question a limit.
 *
 * @param through of their calls those alone, in the words of analytics; missing: all of them
 */
export function createPaces(reads: Reads, now: number, through?: AnalyticsQuery) {
  const readRows = async (grouping: Grouping, workspace: string): Promise<Known<Groups['rows']>> => {
    const calls: Calls = { workspace, from: now - paceDays * dayMilliseconds, to: now, filter: through };
    const groups = await readGroups(reads, grouping, calls, { shows: ['requests'] });
    if ('unknown' in groups) return groups;
    const { rows, cut } = groups.value;
    // A list that was cut would make a pace too slow.
    return cut === null ? { value: rows } : { unknown: cut };
  };

  /** Null: analytics cannot tell its calls apart. */
  return async (facts: LiveLimit, calls: CountedCalls | null): Promise<Known<Exact> | null> => {
    if (calls === null || facts.workspace === null || !isKnownUnit(facts.unit)) return null;
    if (calls.of === 'providers' && calls.slugs.length === 0) return null;
    const grouping = calls.of === 'providers' ? groupings.provider : groupings.api_key;
    const rows = await readRows(grouping, facts.workspace);
    if ('unknown' in rows) return rows;
    const amounts = rows.value.filter((row) => isOf(calls, row)).map((row) => usedBy(row, facts.unit));
    const known = amounts.filter((amount) => amount !== null);
    if (known.length < amounts.length) return null;
    return { value: perDay(total(known), Math.round(observed(facts, now))) };
  };
}

function isOf(calls: CountedCalls, { name }: GroupRow): boolean {
  switch (calls.of) {
    case 'matched':
      return true;
    case 'key':
      return name === calls.id;
    case 'providers':
      return calls.slugs.includes(name);
  }
}

/** A key of yesterday has had no seven days to spend in; a policy counts what was there before it. */
function observed(facts: LiveLimit, now: number): number {
  const whole = paceDays * dayMilliseconds;
  const created = facts.kind === 'usage-policy' || facts.createdAt === null ? Number.NaN : Date.parse(facts.createdAt);
  return Number.isNaN(created) ? whole : Math.min(whole, Math.max(dayMilliseconds, now - created));
}
