/** The groups of the analytics API, computed from request rows. Pure. */

import { isCacheHit, sumCost } from '../request-logs.ts';
import type { RequestLogRow } from '../store.ts';
import { computeWeightedFeedback, type FeedbackByTrace } from './filters.ts';
import { averageOf, percentileOf, sumOf } from './graphs.ts';

export type AnalyticsGroup = Readonly<Record<string, unknown>>;

type ReadGroup = (row: RequestLogRow) => string | null | undefined;

/** Rows by group, the busiest first; rows without a value belong to none. */
function groupRows(rows: readonly RequestLogRow[], read: ReadGroup): [string, RequestLogRow[]][] {
  const groups = new Map<string, RequestLogRow[]>();
  for (const row of rows) {
    const value = read(row);
    if (value === null || value === undefined || value === '') continue;
    const group = groups.get(value);
    if (group === undefined) groups.set(value, [row]);
    else group.push(row);
  }
  return [...groups].sort(([a, of], [b, than]) => than.length - of.length || (a < b ? -1 : 1));
}

const object = 'analytics-group';

/** Both numbers are text, unlike everywhere else. */
export function groupByUser(rows: readonly RequestLogRow[]): AnalyticsGroup[] {
  return groupRows(rows, (row) => row.metadata._user).map(([user, group]) => ({
    user,
    requests: String(group.length),
    cost: String(sumCost(group)),
    object,
  }));
}

export function groupByModel(rows: readonly RequestLogRow[]): AnalyticsGroup[] {
  return groupRows(rows, (row) => row.ai_model).map(([ai_model, group]) => ({
    ai_model,
    requests: String(group.length),
    object,
  }));
}

export function groupByMetadata(
  rows: readonly RequestLogRow[],
  key: string,
  feedback: FeedbackByTrace,
): AnalyticsGroup[] {
  const read: ReadGroup = (row) => (Object.hasOwn(row.metadata, key) ? row.metadata[key] : undefined);
  return groupRows(rows, read).map(([metadata_value, group]) => {
    const given = group.flatMap((row) => feedback.get(row.trace_id) ?? []);
    return {
      metadata_value,
      requests: group.length,
      cost: sumCost(group),
      avg_tokens: averageOf(group, (row) => row.total_units),
      avg_weighted_feedback: computeWeightedFeedback(given) ?? 0,
      requests_with_feedback: group.filter((row) => feedback.has(row.trace_id)).length,
      last_seen: seenAt(group, -1),
      object,
    };
  });
}

/** What rows can be grouped by besides users, models and metadata (≥1.11.2). Workspaces are shown by slug. */
export const pathGroupings: Readonly<
  Record<string, (row: RequestLogRow, slugOf: (id: string) => string) => string | null>
> = {
  ai_service: (row) => row.ai_org,
  model: (row) => row.ai_model,
  status_code: (row) => String(row.response_status_code),
  api_key: (row) => row.api_key_id,
  config: (row) => row.config,
  workspace: (row, slugOf) => slugOf(row.workspace_id),
  provider: (row) => row.virtual_key,
  prompt: (row) => row.prompt_slug,
};

export const groupColumns: Readonly<Record<string, (rows: readonly RequestLogRow[]) => unknown>> = {
  cost: sumCost,
  total_tokens: (rows) => sumOf(rows, (row) => row.total_units),
  avg_tokens: (rows) => averageOf(rows, (row) => row.total_units),
  avg_input_tokens: (rows) => averageOf(rows, (row) => row.req_units),
  avg_output_tokens: (rows) => averageOf(rows, (row) => row.res_units),
  avg_latency: (rows) => averageOf(rows, (row) => row.response_time),
  p95_latency: (rows) => percentileOf(rows, 0.95),
  p99_latency: (rows) => percentileOf(rows, 0.99),
  success_rate: (rows) => averageOf(rows, (row) => (row.is_success ? 100 : 0)),
  error_count: (rows) => rows.filter((row) => !row.is_success).length,
  cache_hit_rate: (rows) => averageOf(rows, (row) => (isCacheHit(row) ? 100 : 0)),
  last_seen: (rows) => seenAt(rows, -1),
  first_seen: (rows) => seenAt(rows, 0),
};

export function groupByField(
  rows: readonly RequestLogRow[],
  name: string,
  read: ReadGroup,
  columns: readonly string[],
): AnalyticsGroup[] {
  return groupRows(rows, read).map(([value, group]) => ({
    [name]: value,
    requests: group.length,
    ...Object.fromEntries(columns.map((column) => [column, groupColumns[column]?.(group)])),
    object,
  }));
}

/** The first (0) or last (-1) date of the rows. */
function seenAt(rows: readonly RequestLogRow[], index: 0 | -1): string | null {
  return (
    rows
      .map((row) => row.created_at)
      .sort()
      .at(index) ?? null
  );
}
