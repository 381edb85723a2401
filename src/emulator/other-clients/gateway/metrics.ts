/** The rows that gateways report of each request, as the rows that analytics and logs are computed from. Pure. */

import type { Body } from '../../body.ts';
import type { RequestLogRow, Store } from '../../store.ts';

/** Undefined: no request to a model, or of a workspace that is not here. */
export function readMetric(row: Body, store: Pick<Store, 'find'>, now: string): RequestLogRow | undefined {
  const workspace = store.find('workspaces', readText(row, 'workspace_slug'));
  if (workspace === undefined || readText(row, 'id') === '' || typeof row.ai_model !== 'string') return undefined;
  const cache = readText(row, 'cache_status');
  return {
    id: readText(row, 'id'),
    trace_id: readText(row, 'trace_id'),
    span_id: readText(row, 'span_id') || null,
    created_at: readDate(row, now),
    workspace_id: workspace.id,
    api_key_id: readText(row, 'api_key_id'),
    virtual_key: readText(row, 'virtual_key') || null,
    ai_org: readText(row, 'ai_org'),
    ai_model: row.ai_model,
    req_units: readCount(row, 'req_units'),
    res_units: readCount(row, 'res_units'),
    total_units: readCount(row, 'total_units'),
    cost: readCount(row, 'cost'),
    response_time: readCount(row, 'response_time'),
    response_status_code: readCount(row, 'response_status_code'),
    is_success: row.is_success === true || row.is_success === 1,
    metadata: readMetadata(row),
    cache_status: cache === 'HIT' || cache === 'SEMANTIC HIT' || cache === 'MISS' ? cache : 'DISABLED',
    config: readText(row, 'config') || null,
    prompt_slug: readText(row, 'prompt_slug') || null,
    mode: readText(row, 'mode') || 'single',
    request_url: readText(row, 'request_url'),
    endpoint_type: 'chatComplete',
    retry_success_count: readCount(row, 'retry_success_count'),
    is_fallback: false,
  };
}

function readText(row: Body, name: string): string {
  const value = row[name];
  return typeof value === 'string' ? value : '';
}

/** Some numbers come as text (`"retry_success_count": "0"`). */
function readCount(row: Body, name: string): number {
  const sent = row[name];
  const value = typeof sent === 'string' && /^\d+$/.test(sent) ? Number(sent) : sent;
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : 0;
}

/** Dates come as `2026-03-11 10:20:30` too, in UTC. */
function readDate(row: Body, now: string): string {
  const text = readText(row, 'created_at').replace(' ', 'T');
  const time = Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`);
  return Number.isNaN(time) ? now : new Date(Math.floor(time / 1000) * 1000).toISOString();
}

function readMetadata(row: Body): Record<string, string> {
  const keys = row['metadata.key'];
  const values = row['metadata.value'];
  if (!Array.isArray(keys) || !Array.isArray(values)) return {};
  return Object.fromEntries(
    keys.flatMap((key: unknown, index) => {
      const value: unknown = values[index];
      return typeof key === 'string' && typeof value === 'string' ? [[key, value]] : [];
    }),
  );
}
