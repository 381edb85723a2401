/** One request as `GET /logs/{id}`, an export's line, and a custom log see it. Pure. */

import { type Body, isObject } from '../body.ts';
import type { RequestLogRow, WorkspaceRow } from '../store.ts';

/** What an export can hold, in the order in which it is shown. */
export const exportFields: readonly string[] = [
  ...[
    'id',
    'trace_id',
    'created_at',
    'request',
    'response',
    'is_success',
    'ai_org',
    'ai_model',
    'req_units',
    'res_units',
  ],
  ...['total_units', 'request_url', 'cost', 'cost_currency', 'response_time', 'response_status_code', 'mode', 'config'],
  ...['prompt_slug', 'metadata'],
];

/** `cost` in cents. */
export function renderExportLine(row: RequestLogRow, fields: readonly string[]): string {
  const line: Readonly<Record<string, unknown>> = {
    ...row,
    request: { url: row.request_url, method: 'POST', body: row.request_body ?? { model: row.ai_model } },
    response: { status: row.response_status_code, responseTime: row.response_time, ...bodyOf(row.response_body) },
    cost_currency: 'USD',
  };
  return JSON.stringify(Object.fromEntries(fields.map((field) => [field, line[field]])));
}

export function renderLog(
  row: RequestLogRow,
  organisation: { readonly id: string; readonly name: string },
  workspace: WorkspaceRow | undefined,
): Record<string, unknown> {
  const { workspace_id: _workspace, endpoint_type: _type, is_fallback: _fallback, metadata: _pairs, ...rest } = row;
  const { request_body: sent, response_body: answered, ...measured } = rest;
  return {
    _id: row.id,
    request: {
      url: row.request_url,
      method: 'POST',
      ...bodyOf(sent),
      portkeyHeaders: {
        'x-portkey-trace-id': row.trace_id,
        'x-portkey-metadata': JSON.stringify(row.metadata),
        ...(row.virtual_key === null ? {} : { 'x-portkey-virtual-key': row.virtual_key }),
      },
    },
    response: {
      status: row.response_status_code,
      responseTime: row.response_time,
      lastUsedOptionJsonPath: '$',
      ...bodyOf(answered),
    },
    organisation_id: organisation.id,
    created_at: row.created_at,
    metrics: {
      ...measured,
      organisation_id: organisation.id,
      organisation_name: organisation.name,
      // Dollars here, cents everywhere else.
      cost: row.cost / 100,
      cost_currency: 'USD',
      request_method: 'POST',
      is_proxy_call: false,
      cache_type: row.cache_status === 'DISABLED' ? null : 'simple',
      stream_mode: 0,
      span_id: row.span_id ?? '',
      virtual_key: row.virtual_key ?? '',
      config: row.config ?? '',
      prompt_slug: row.prompt_slug ?? '',
      workspace_slug: workspace?.slug ?? null,
      'metadata.key': Object.keys(row.metadata),
      'metadata.value': Object.values(row.metadata),
    },
  };
}

/** One that was not recorded is not there. */
function bodyOf(body: unknown): { readonly body?: unknown } {
  return body === undefined ? {} : { body };
}

/** What a caller gives with a log of its own; the rest of the row is the route's to know. */
export type CustomLog = Omit<RequestLogRow, 'id' | 'created_at' | 'workspace_id' | 'api_key_id' | 'trace_id'> & {
  readonly trace_id: string | undefined;
};

/** Undefined when `request.url`, `request.body` or `response.body` is missing. Custom logs have no price. */
export function readCustomLog(body: Body): CustomLog | undefined {
  const { request, response } = body;
  if (!isObject(request) || typeof request.url !== 'string' || !isObject(request.body)) return undefined;
  if (!isObject(response) || !isObject(response.body)) return undefined;
  const given = isObject(body.metadata) ? body.metadata : {};
  const usage = isObject(response.body.usage) ? response.body.usage : {};
  const status = typeof response.status === 'number' ? response.status : 200;
  const req_units = readCount(usage.prompt_tokens);
  const res_units = readCount(usage.completion_tokens);
  const headers = isObject(request.headers) ? request.headers : {};
  return {
    trace_id: typeof given.trace_id === 'string' ? given.trace_id : undefined,
    span_id: typeof given.span_id === 'string' ? given.span_id : null,
    virtual_key: null,
    ai_org: typeof request.provider === 'string' ? request.provider : String(headers.provider ?? 'custom'),
    ai_model: typeof request.body.model === 'string' ? request.body.model : 'custom',
    req_units,
    res_units,
    total_units: req_units + res_units,
    cost: 0,
    response_time: readCount(response.response_time),
    response_status_code: status,
    is_success: status >= 200 && status < 300,
    metadata: Object.fromEntries(
      Object.entries(given).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])),
    ),
    cache_status: 'DISABLED',
    config: null,
    prompt_slug: null,
    mode: 'single',
    request_url: request.url,
    endpoint_type: 'chatComplete',
    retry_success_count: 0,
    is_fallback: false,
  };
}

function readCount(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}
