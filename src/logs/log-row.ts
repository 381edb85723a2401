/** One line of an export. What it does not say is null, never zero. */

/** What a list of calls shows of each; no bodies. */
export const rowFields = [
  ...['id', 'trace_id', 'created_at', 'is_success', 'ai_org', 'ai_model', 'req_units', 'res_units', 'total_units'],
  ...['cost', 'cost_currency', 'response_time', 'response_status_code', 'config', 'metadata'],
] as const;

/** All that an export can hold, but for what was sent and answered. */
export const exportColumns = [
  ...['id', 'trace_id', 'created_at', 'is_success', 'ai_org', 'ai_model', 'req_units', 'res_units', 'total_units'],
  ...['request_url', 'cost', 'cost_currency', 'response_time', 'response_status_code', 'mode', 'config'],
  ...['prompt_slug', 'metadata'],
] as const;

export const bodyFields = ['request', 'response'] as const;

export interface LogRow {
  readonly id: string | null;
  readonly traceId: string | null;
  /** ISO date-time, as the service writes it. */
  readonly at: string | null;
  readonly provider: string | null;
  readonly model: string | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly totalTokens: number | null;
  /** US cents. */
  readonly cost: number | null;
  /** Milliseconds. */
  readonly latency: number | null;
  readonly status: number | null;
  readonly config: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Null: it is not a JSON object. */
export function parseLogLine(line: string): LogRow | null {
  const row = parseObject(line);
  if (row === null) return null;
  const cost = numberIn(row, 'cost');
  const currency = textIn(row, 'cost_currency');
  return {
    id: textIn(row, 'id'),
    traceId: textIn(row, 'trace_id'),
    at: textIn(row, 'created_at'),
    provider: textIn(row, 'ai_org'),
    model: textIn(row, 'ai_model'),
    promptTokens: numberIn(row, 'req_units'),
    completionTokens: numberIn(row, 'res_units'),
    totalTokens: numberIn(row, 'total_units'),
    // In another currency it is not a number of cents.
    cost: cost === null || (currency !== null && currency.toUpperCase() !== 'USD') ? null : cost,
    latency: numberIn(row, 'response_time'),
    status: numberIn(row, 'response_status_code'),
    config: textIn(row, 'config'),
    metadata: isMembers(row.metadata) ? row.metadata : {},
  };
}

export function parseObject(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line);
    return isMembers(value) ? value : null;
  } catch {
    return null;
  }
}

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textIn(row: Readonly<Record<string, unknown>>, name: string): string | null {
  const value = row[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Numbers, and texts of numbers. */
function numberIn(row: Readonly<Record<string, unknown>>, name: string): number | null {
  const value = row[name];
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : null;
}
