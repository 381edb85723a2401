/**
 * The graphs of the analytics API, computed from request rows. Pure.
 * Costs are cents, averages fractional: [spec] types them integer, the service does not.
 */

import { centsFromMicroCents, isCacheHit, priceInMicroCents, sumCost } from '../request-logs.ts';
import type { FeedbackRow, RequestLogRow } from '../store.ts';
import { computeWeightedFeedback, type FeedbackByTrace } from './filters.ts';

export interface GraphInput {
  readonly rows: readonly RequestLogRow[];
  /** ISO date-times, the range asked for. */
  readonly from: string;
  readonly to: string;
  readonly feedback: FeedbackByTrace;
}

export interface Graph {
  readonly summary: Readonly<Record<string, unknown>>;
  readonly data_points: readonly Readonly<Record<string, unknown>>[];
}

interface Bucket {
  readonly timestamp: string;
  readonly rows: RequestLogRow[];
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** The service does not say how its buckets follow the range; these keep a graph under some hundred points. */
function bucketLength(range: number): number {
  if (range <= hour) return minute;
  if (range <= 2 * day) return hour;
  let length = day;
  while (range / length > 500) length *= 2;
  return length;
}

function splitIntoBuckets({ rows, from, to }: GraphInput): Bucket[] {
  const first = Date.parse(from);
  const last = Date.parse(to);
  const length = bucketLength(last - first);
  const start = Math.floor(first / length) * length;
  const buckets: Bucket[] = [];
  for (let at = start; at <= last; at += length) buckets.push({ timestamp: new Date(at).toISOString(), rows: [] });
  for (const row of rows) buckets[Math.floor((Date.parse(row.created_at) - start) / length)]?.rows.push(row);
  return buckets;
}

function average(sum: number, count: number): number {
  return count === 0 ? 0 : sum / count;
}

function percentage(part: number, whole: number): number {
  return whole === 0 ? 0 : (part / whole) * 100;
}

type ReadNumber = (row: RequestLogRow) => number;

export function sumOf(rows: readonly RequestLogRow[], read: ReadNumber): number {
  return rows.reduce((sum, row) => sum + read(row), 0);
}

export function averageOf(rows: readonly RequestLogRow[], read: ReadNumber): number {
  return average(sumOf(rows, read), rows.length);
}

/** Of the times that answers took. */
export function percentileOf(rows: readonly RequestLogRow[], share: number): number {
  const times = rows.map((row) => row.response_time).sort((a, b) => a - b);
  return times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
}

/** A graph whose points and summary hold the same members, all computed from the rows at hand. */
function buildUniform(input: GraphInput, compute: (rows: readonly RequestLogRow[]) => Record<string, unknown>): Graph {
  return {
    summary: compute(input.rows),
    data_points: splitIntoBuckets(input).map(({ timestamp, rows }) => ({ timestamp, ...compute(rows) })),
  };
}

function computeLatency(rows: readonly RequestLogRow[]): Record<string, number> {
  const [p50, p90, p99] = [0.5, 0.9, 0.99].map((share) => percentileOf(rows, share));
  return { avg: averageTime(rows), p50: p50 ?? 0, p90: p90 ?? 0, p99: p99 ?? 0 };
}

function countUsers(rows: readonly RequestLogRow[]): number {
  return new Set(rows.flatMap((row) => row.metadata._user ?? [])).size;
}

function requestsOfUsers(rows: readonly RequestLogRow[]): number {
  return rows.filter((row) => row.metadata._user !== undefined).length;
}

function failuresOf(rows: readonly RequestLogRow[]): RequestLogRow[] {
  return rows.filter((row) => !row.is_success);
}

/** How often each value occurs, in order of the values. */
function countBy<Item>(items: readonly Item[], read: (item: Item) => number): [number, number][] {
  const counts = new Map<number, number>();
  for (const item of items) counts.set(read(item), (counts.get(read(item)) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => a - b);
}

function countByStatus(rows: readonly RequestLogRow[]): [number, number][] {
  return countBy(failuresOf(rows), (row) => row.response_status_code);
}

function buildErrorStacks(input: GraphInput): Graph {
  return {
    summary: { total: failuresOf(input.rows).length },
    data_points: splitIntoBuckets(input).map(({ timestamp, rows }) => ({
      timestamp,
      stats: countByStatus(rows).map(([response_status_code, count]) => ({ response_status_code, count })),
    })),
  };
}

function buildStatusCodes({ rows }: GraphInput): Graph {
  const counts = countByStatus(rows);
  return {
    summary: { total_errors: failuresOf(rows).length, unique_error_codes: counts.length },
    data_points: counts.map(([status_code, count]) => ({ status_code, count })),
  };
}

function buildRescued(input: GraphInput): Graph {
  const fallbacks = (rows: readonly RequestLogRow[]): number =>
    rows.filter((row) => row.is_fallback && row.is_success).length;
  const retried = (rows: readonly RequestLogRow[]): RequestLogRow[] =>
    rows.filter((row) => row.retry_success_count > 0 && row.is_success);
  return {
    summary: { retry: retried(input.rows).length, fallback: fallbacks(input.rows) },
    data_points: splitIntoBuckets(input).map(({ timestamp, rows }) => ({
      timestamp,
      retry: countBy(retried(rows), (row) => row.retry_success_count).map(([retry_success_count, count]) => ({
        retry_success_count,
        count,
      })),
      fallback: fallbacks(rows),
    })),
  };
}

function hitsOf(rows: readonly RequestLogRow[], status: RequestLogRow['cache_status']): RequestLogRow[] {
  return rows.filter((row) => row.cache_status === status);
}

function savedMicroCents(rows: readonly RequestLogRow[]): number {
  return sumOf(rows, (row) => priceInMicroCents(row.ai_org, row.ai_model, row.req_units, row.res_units));
}

function buildCacheHitRate(input: GraphInput): Graph {
  const rate = (rows: readonly RequestLogRow[]): number => percentage(rows.filter(isCacheHit).length, rows.length);
  let simple = 0;
  let semantic = 0;
  return {
    summary: { total: input.rows.filter(isCacheHit).length, rate: rate(input.rows) },
    data_points: splitIntoBuckets(input).map(({ timestamp, rows }) => {
      const simpleHits = hitsOf(rows, 'HIT');
      const semanticHits = hitsOf(rows, 'SEMANTIC HIT');
      simple += savedMicroCents(simpleHits);
      semantic += savedMicroCents(semanticHits);
      return {
        timestamp,
        simple_hits: simpleHits.length,
        semantic_hits: semanticHits.length,
        rate: rate(rows),
        cumulative_simple_cache_savings: centsFromMicroCents(simple),
        cumulative_semantic_cache_savings: centsFromMicroCents(semantic),
      };
    }),
  };
}

function averageTime(rows: readonly RequestLogRow[]): number {
  return averageOf(rows, (row) => row.response_time);
}

export function buildCacheSummary(rows: readonly RequestLogRow[]): Record<string, number> {
  const hits = rows.filter(isCacheHit);
  const others = averageTime(rows.filter((row) => !isCacheHit(row)));
  return {
    hits: hits.length,
    avg_latency: averageTime(hits),
    total_requests: rows.length,
    cache_speedup: hits.length === 0 || others === 0 ? 0 : percentage(others - averageTime(hits), others),
  };
}

function feedbackOf(rows: readonly RequestLogRow[], feedback: FeedbackByTrace): FeedbackRow[] {
  return rows.flatMap((row) => feedback.get(row.trace_id) ?? []);
}

function buildScores({ rows, feedback }: GraphInput): Graph {
  const all = feedbackOf(rows, feedback);
  const counts = countBy(all, (row) => row.value);
  return { summary: { total: all.length }, data_points: counts.map(([score, total]) => ({ score, total })) };
}

function buildFeedbackModels({ rows, feedback }: GraphInput): Graph {
  const byModel = new Map<string, FeedbackRow[]>();
  for (const row of rows) {
    const given = feedback.get(row.trace_id) ?? [];
    if (given.length > 0) byModel.set(row.ai_model, [...(byModel.get(row.ai_model) ?? []), ...given]);
  }
  return {
    summary: {},
    data_points: [...byModel].map(([ai_model, given]) => ({
      ai_model,
      total: given.length,
      avg_weighted_feedback: computeWeightedFeedback(given) ?? 0,
    })),
  };
}

function computeTokens(rows: readonly RequestLogRow[]): Record<string, number> {
  const total = sumOf(rows, (row) => row.total_units);
  return { total, avg: average(total, rows.length) };
}

/** As a later description has it. */
export function buildSplitTokens(input: GraphInput): Graph {
  return buildUniform(input, (rows) => ({
    ...computeTokens(rows),
    prompt: sumOf(rows, (row) => row.req_units),
    completion: sumOf(rows, (row) => row.res_units),
  }));
}

/** By the path below `/analytics/graphs/`. */
export const graphs: Readonly<Record<string, (input: GraphInput) => Graph>> = {
  requests: (input) => buildUniform(input, (rows) => ({ total: rows.length })),
  cost: (input) => buildUniform(input, (rows) => ({ total: sumCost(rows), avg: average(sumCost(rows), rows.length) })),
  latency: (input) => buildUniform(input, computeLatency),
  tokens: (input) => buildUniform(input, computeTokens),
  users: (input) => buildUniform(input, (rows) => ({ total: countUsers(rows) })),
  'users/requests': (input) => {
    const points = buildUniform(input, (rows) => ({ avg: average(requestsOfUsers(rows), countUsers(rows)) }));
    return {
      ...points,
      summary: { total: requestsOfUsers(input.rows), unique: countUsers(input.rows), ...points.summary },
    };
  },
  errors: (input) => buildUniform(input, (rows) => ({ total: failuresOf(rows).length })),
  'errors/rate': (input) => buildUniform(input, (rows) => ({ rate: percentage(failuresOf(rows).length, rows.length) })),
  'errors/stacks': buildErrorStacks,
  'errors/status-codes': buildStatusCodes,
  'requests/rescued': buildRescued,
  'cache/hit-rate': buildCacheHitRate,
  'cache/latency': (input) => buildUniform(input, (rows) => ({ avg: averageTime(rows.filter(isCacheHit)) })),
  feedbacks: (input) => buildUniform(input, (rows) => ({ total: feedbackOf(rows, input.feedback).length })),
  'feedbacks/scores': buildScores,
  'feedbacks/weighted': (input) =>
    buildUniform(input, (rows) => ({ avg: computeWeightedFeedback(feedbackOf(rows, input.feedback)) ?? 0 })),
  'feedbacks/ai-models': buildFeedbackModels,
};
