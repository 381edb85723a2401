/**
 * The filters that analytics and log exports share: comma lists, ranges in cents and
 * tokens, metadata as an object. Queries carry them as text, export bodies as JSON; both read the same here. Pure.
 */

import { isObject, parseJson } from '../body.ts';
import { refuseField } from '../errors.ts';
import type { FeedbackRow, RequestLogRow } from '../store.ts';

export type FilterValues = Readonly<Record<string, unknown>>;

/** Whether a row is wanted. */
export type RowFilter = (row: RequestLogRow) => boolean;

const lists: Readonly<Record<string, (row: RequestLogRow) => string | null>> = {
  status_code: (row) => String(row.response_status_code),
  virtual_keys: (row) => row.virtual_key,
  configs: (row) => row.config,
  api_key_ids: (row) => row.api_key_id,
  ai_org_model: (row) => `${row.ai_org}__${row.ai_model}`,
  ai_model: (row) => row.ai_model,
  trace_id: (row) => row.trace_id,
  span_id: (row) => row.span_id,
  prompt_slug: (row) => row.prompt_slug,
};

const ranges: Readonly<Record<string, (row: RequestLogRow) => number>> = {
  total_units: (row) => row.total_units,
  cost: (row) => row.cost,
  prompt_token: (row) => row.req_units,
  completion_token: (row) => row.res_units,
};

/** Trace id → feedback of it; the weighted value of a trace is that of its feedback together. */
export type FeedbackByTrace = ReadonlyMap<string, readonly FeedbackRow[]>;

export function indexFeedback(feedback: readonly FeedbackRow[]): FeedbackByTrace {
  const byTrace = new Map<string, FeedbackRow[]>();
  for (const row of feedback) byTrace.set(row.trace_id, [...(byTrace.get(row.trace_id) ?? []), row]);
  return byTrace;
}

/** Undefined when there is no feedback, or only such of weight 0. */
export function computeWeightedFeedback(feedback: readonly FeedbackRow[]): number | undefined {
  const weight = feedback.reduce((sum, row) => sum + row.weight, 0);
  if (weight === 0) return undefined;
  return feedback.reduce((sum, row) => sum + row.value * row.weight, 0) / weight;
}

export function buildRowFilter(values: FilterValues, location: 'query' | 'body', feedback: FeedbackByTrace): RowFilter {
  const filters: RowFilter[] = [];
  const from = readTime(values, 'time_of_generation_min', location);
  const to = readTime(values, 'time_of_generation_max', location);
  if (from !== undefined) filters.push((row) => row.created_at >= from);
  if (to !== undefined) filters.push((row) => row.created_at <= to);
  for (const [name, read] of Object.entries(lists)) {
    const wanted = readCommaList(values[name]);
    if (wanted !== undefined) filters.push((row) => wanted.has(read(row) ?? ''));
  }
  for (const [name, read] of Object.entries(ranges)) {
    const least = readAmount(values, `${name}_min`, location);
    const most = readAmount(values, `${name}_max`, location);
    if (least !== undefined) filters.push((row) => read(row) >= least);
    if (most !== undefined) filters.push((row) => read(row) <= most);
  }
  const metadata = readMetadata(values, location);
  if (metadata !== undefined) filters.push((row) => metadata.every(([key, value]) => row.metadata[key] === value));
  const leastFeedback = readAmount(values, 'weighted_feedback_min', location);
  const mostFeedback = readAmount(values, 'weighted_feedback_max', location);
  if (leastFeedback !== undefined || mostFeedback !== undefined) {
    filters.push((row) => {
      const value = computeWeightedFeedback(feedback.get(row.trace_id) ?? []);
      return value !== undefined && value >= (leastFeedback ?? -10) && value <= (mostFeedback ?? 10);
    });
  }
  return (row) => filters.every((filter) => filter(row));
}

/** ISO text as the rows have it, so that text order is time order. */
export function readTime(values: FilterValues, name: string, location: 'query' | 'body'): string | undefined {
  const value = values[name];
  if (value === undefined || value === '' || value === null) return undefined;
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time)) throw refuseField(name, 'must be an ISO 8601 date', location);
  return new Date(time).toISOString();
}

function readCommaList(value: unknown): ReadonlySet<string> | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const texts = Array.isArray(value) ? value.map(String) : String(value).split(',');
  return new Set(texts.map((text) => text.trim()).filter((text) => text !== ''));
}

function readAmount(values: FilterValues, name: string, location: 'query' | 'body'): number | undefined {
  const value = values[name];
  if (value === undefined || value === null || value === '') return undefined;
  const amount = Number(value);
  if (!Number.isFinite(amount)) throw refuseField(name, 'must be a number', location);
  return amount;
}

function readMetadata(values: FilterValues, location: 'query' | 'body'): [string, string][] | undefined {
  const value = values.metadata;
  if (value === undefined || value === null || value === '') return undefined;
  const parsed = typeof value === 'string' ? parseJson(value) : value;
  if (!isObject(parsed)) throw refuseField('metadata', 'must be a JSON object', location);
  return Object.entries(parsed).map(([key, entry]) => [key, String(entry)]);
}
