/** What analytics tell of a rate: the peak of its window, and how many calls it would have refused. */

import { compareText } from '../diagnostics.ts';
import { compare, zero } from '../exact.ts';
import type { AnalyticsQuery } from '../live/backend.ts';
import { hasOneCounter, type RateLimit } from '../resources/limit.ts';
import { type Calls, type GroupRow, readGroups, usedBy } from './analytics.ts';
import type { Known, Reads } from './ask.ts';
import { type CountedCalls, filterOfCalls } from './counted-calls.ts';
import { filterOfMatch } from './filter-of-match.ts';
import { type AnalyticsGraph, exactMember, pointsInTime, tryGraph } from './graphs.ts';
import { groupingOfPer, withoutGrouped } from './pace.ts';
import {
  type Between,
  type Demand,
  type DemandPoint,
  judgedSince,
  peakBetween,
  refusedBetween,
  stepOf,
} from './rate-bounds.ts';

export interface RateNeeds {
  /** Slug. */
  readonly workspace: string;
  readonly calls: CountedCalls;
  /** Whose window, unit and grouping are looked at. */
  readonly limit: RateLimit;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface RateDemand {
  /** ISO; whole days and whole windows. */
  readonly since: string;
  /** Length of a point of analytics, in milliseconds; null: it does not show. */
  readonly step: number | null;
  /** Whoever called most of those that have a counter of their own: their value; null: there is one counter, or it is not known. */
  readonly busiest: string | null;
  /** Of the busiest counter. */
  readonly peak: Between;
  /** Of all counters, by this rate alone; null: analytics do not tell. */
  readonly refused: Refused | null;
}

/** Calls, and of how many; null where the graph counts something else. */
export interface Refused extends Between {
  readonly of: number | null;
}

/** Two questions; of a rate with counters of their own a page of groups, and two more for the busiest of them. */
export async function readRate(reads: Reads, needs: RateNeeds): Promise<Known<RateDemand>> {
  const { workspace, calls, limit, now } = needs;
  if (limit.target !== 'llm') return { unknown: 'analytics do not show calls of MCP tools' };
  const per = limit.kind === 'rate-policy' && !hasOneCounter(limit.per) ? limit.per : [];
  const filter = calls.of === 'matched' ? filterOfMatch(withoutGrouped(calls.match, per)) : filterOfCalls(calls);
  if ('unknown' in filter) return filter;
  const all: Calls = { workspace, from: judgedSince(limit, now), to: now, filter: filter.value };
  const [whole, busiest] = await Promise.all([
    readDemand(reads, limit, all),
    per.length === 0 ? null : readBusiest(reads, { ...limit, per }, all),
  ]);
  if ('unknown' in whole) return whole;
  // Of counters that cannot be told apart nobody knows how little one of them holds.
  const own = per.length === 0 ? whole.value : (busiest?.demand ?? nothingKnown(whole.value));
  const peak = { atLeast: peakBetween(own, limit).atLeast, atMost: peakBetween(whole.value, limit).atMost };
  return {
    value: {
      since: new Date(all.from).toISOString(),
      step: stepOf(whole.value.points),
      busiest: busiest?.value ?? null,
      peak,
      refused: judge(limit, own, whole.value),
    },
  };
}

/**
 * | rate of | refused |
 * |---|---|
 * | requests | between bounds |
 * | tokens, at a key, workspace, provider or integration | none while fewer tokens than the rate were used; else not told, as one call may use them all |
 * | tokens, as a policy | not told: a call is checked with the `max_tokens` that it asks for (docs/service-notes.md#enforcement) |
 */
function judge(limit: RateLimit, own: Demand, whole: Demand): Refused | null {
  if (limit.unit === 'requests')
    return {
      atLeast: refusedBetween(own, limit).atLeast,
      atMost: refusedBetween(whole, limit).atMost,
      of: whole.points.reduce((all, { atMost }) => all + atMost, 0),
    };
  const isBelow = limit.kind !== 'rate-policy' && peakBetween(whole, limit).atMost < limit.amount;
  return isBelow ? { atLeast: 0, atMost: 0, of: null } : null;
}

function nothingKnown(demand: Demand): Demand {
  return { ...demand, points: demand.points.map((point) => ({ ...point, atLeast: 0 })) };
}

/** Null: the service groups by no such thing, says nothing, or nobody called. It only makes a lower bound higher. */
async function readBusiest(
  reads: Reads,
  limit: RateLimit,
  all: Calls,
): Promise<{ readonly value: string; readonly demand: Demand } | null> {
  const grouping = groupingOfPer(limit.per, limit.unit);
  if (grouping === null) return null;
  // Any page has a counter that is as full as it says.
  const groups = await readGroups(reads, grouping, all, { shows: [limit.unit], isEnough: () => true });
  if ('unknown' in groups) return null;
  const used = (row: GroupRow) => usedBy(row, limit.unit) ?? zero;
  const [first] = [...groups.value.rows].sort((a, b) => compare(used(b), used(a)) || compareText(a.name, b.name));
  if (first === undefined) return null;
  const demand = await readDemand(reads, limit, {
    ...all,
    filter: narrow(all.filter ?? {}, limit.per[0] ?? '', first.name),
  });
  return 'unknown' in demand ? null : { value: first.name, demand: demand.value };
}

/** The same calls, of one value. */
function narrow(filter: AnalyticsQuery, key: string, value: string): AnalyticsQuery {
  if (key === 'api_key') return { ...filter, api_key_ids: value };
  const others = typeof filter.metadata === 'string' ? (JSON.parse(filter.metadata) as Record<string, string>) : {};
  return { ...filter, metadata: JSON.stringify({ ...others, [key.slice('metadata.'.length)]: value }) };
}

/** What comes from a cache is served past a rate (docs/service-notes.md#enforcement): where hits are not told, nothing is certain to count. */
async function readDemand(reads: Reads, { unit }: RateLimit, calls: Calls): Promise<Known<Demand>> {
  const [graph, hits] = await Promise.all([
    tryGraph(reads, `/graphs/${unit}`, calls),
    tryGraph(reads, '/graphs/cache/hit-rate', calls),
  ]);
  if (typeof graph === 'string') return { unknown: graph };
  const counted = pointsInTime(graph).map(({ timestamp, members }) => ({
    at: Date.parse(timestamp),
    count: wholeMember(members, 'total'),
  }));
  const total = wholeMember(graph.summary, 'total');
  const sum = counted.reduce((all, { count }) => all + (count ?? 0), 0);
  if (total === null || sum < total || counted.some(({ count }) => count === null))
    return { unknown: `GET /analytics/graphs/${unit}: the points do not show all of the calls` };
  const hitsAt = typeof hits === 'string' ? null : hitsByPoint(hits);
  const points = counted.map(({ at, count }): DemandPoint => {
    const most = count ?? 0;
    const cached = hitsAt?.get(at) ?? null;
    // How many tokens of a point came from the cache is not told, unless none did.
    const least = cached === null || (unit === 'tokens' && cached > 0) ? 0 : most - (unit === 'tokens' ? 0 : cached);
    return { at, atMost: most, atLeast: Math.max(0, least) };
  });
  return { value: { points, from: calls.from, to: calls.to } };
}

function hitsByPoint(graph: AnalyticsGraph): ReadonlyMap<number, number> {
  return new Map(
    pointsInTime(graph).flatMap(({ timestamp, members }) => {
      const [simple, semantic] = [wholeMember(members, 'simple_hits'), wholeMember(members, 'semantic_hits')];
      return simple === null || semantic === null ? [] : [[Date.parse(timestamp), simple + semantic] as const];
    }),
  );
}

/** Counts are whole; null: not said. */
function wholeMember(members: Readonly<Record<string, unknown>>, name: string): number | null {
  const exact = exactMember(members, name);
  return exact === null || exact.d !== 1n ? null : Number(exact.n);
}
