import { z } from 'zod';
import { ServiceError } from '../errors.ts';
import type { AnswerBlock } from '../render/answer.ts';
import { ToolRefusal } from './refusal.ts';
import { causeOfStatus, causeWords } from './status-meaning.ts';
import { defineTool } from './tool.ts';
import { untrustedSchema } from './values.ts';

const input = () =>
  z.strictObject({
    log_id: z.string().regex(/^[\w.:-]{1,200}$/, 'write the id of a log'),
    bodies: z.boolean().optional().describe('request and response, where recorded'),
  });

const number = z.number().nullable();
const text = z.string().nullable();

const output = () =>
  z.object({
    answer: z.string(),
    id: z.string(),
    created_at: text,
    status: number,
    cause: z.enum(['budget', 'rate', 'auth', 'rejected', 'provider', 'none', 'unknown']),
    means: text,
    workspace: text,
    api_key_id: text,
    trace_id: text,
    timings_ms: z.object({ total: number, gateway: number, provider: number }),
    tokens: z.object({ prompt: number, completion: number, total: number }),
    /** In a unit that is not documented. */
    cost_reported: z.object({ value: z.number(), currency: text }).nullable(),
    bodies: z.enum(['recorded', 'not recorded', 'not asked for']),
    untrusted: untrustedSchema('model', 'provider', 'config', 'metadata', 'error', 'request', 'response'),
    notes: z.array(z.string()),
  });

type LogData = z.infer<ReturnType<typeof output>>;

export const getLogDetailsTool = defineTool<z.infer<ReturnType<typeof input>>, LogData>({
  name: 'get_log_details',
  twin: 'logs show',
  toolset: 'logs',
  effect: 'read',
  purpose:
    'Tells of one call by its log id why it ended as it did, where its time went, its tokens, and its bodies where they were recorded and are asked for.',
  hints:
    'cost_reported has no documented unit: add up money with get_cost_analytics. Ids stand in exports (list_log_exports). Needs logs.view, and a service or gateway that has the route.',
  input,
  output,
  async run({ log_id: id, bodies = false }, { open }) {
    const log = await readLog(id, (path) => open.probe({ path, scope: 'logs.view' }));
    return describeLog(id, log, bodies);
  },
  show: (data) => {
    const { status, means, timings_ms: timings, tokens, untrusted, cost_reported: cost } = data;
    const blocks: AnswerBlock[] = [
      {
        columns: [{ head: 'what' }, { head: 'value' }],
        rows: [
          ['log', data.id],
          ['time', data.created_at],
          ['status', status],
          ['means', means],
          ['model', untrusted.model],
          ['provider', untrusted.provider],
          ['total (ms)', timings.total],
          ['at the provider (ms)', timings.provider],
          ['in the gateway (ms)', timings.gateway],
          ['tokens', tokens.total],
          ['cost as reported', cost === null ? null : `${cost.value} ${cost.currency ?? ''}`.trim()],
          ['error', untrusted.error],
          ['bodies', data.bodies],
        ],
      },
    ];
    if (untrusted.request !== null) blocks.push({ text: `Request: ${untrusted.request}` });
    if (untrusted.response !== null) blocks.push({ text: `Response: ${untrusted.response}` });
    return [...blocks, { text: data.answer }];
  },
});

type Members = Readonly<Record<string, unknown>>;

async function readLog(id: string, read: (path: string) => Promise<{ readonly body: Members }>): Promise<Members> {
  try {
    return (await read(`/logs/${encodeURIComponent(id)}`)).body;
  } catch (error) {
    // Where the control plane lacks the route it answers so for every id: the gateway may have it.
    if (error instanceof ServiceError && (error.status === 404 || error.status === 405)) {
      throw new ToolRefusal('unavailable', `this service shows no log ${id} (${error.status})`, {
        hint: 'There is none of this id, or the route is on the gateway alone: ask there with PORTKEY_BASE_URL.',
        details: { status: error.status },
      });
    }
    throw error;
  }
}

function describeLog(id: string, log: Members, wantsBodies: boolean): LogData {
  const metrics = membersOf(log.metrics);
  const [request, response] = [membersOf(log.request), membersOf(log.response)];
  const status = numberOf(metrics.response_status_code) ?? numberOf(response.status);
  const cause = status === null ? 'unknown' : causeOfStatus(status);
  const isRecorded = request.body !== undefined || response.body !== undefined;
  const total = numberOf(metrics.response_time) ?? numberOf(response.responseTime);
  const provider = numberOf(metrics.provider_time) ?? numberOf(metrics.llm_response_time);
  const cost = numberOf(metrics.cost);
  const means = cause === 'unknown' ? null : causeWords[cause];
  const pairs = pairsOf(metrics['metadata.key'], metrics['metadata.value']);
  return {
    answer: `${status === null ? 'The service does not say how this call ended' : `This call ended with ${status}: ${means}`}${total === null ? '' : `, after ${total} ms`}. ${isRecorded ? 'Its bodies were recorded.' : 'Its bodies were not recorded.'}`,
    id,
    created_at: textOf(log.created_at),
    status,
    cause,
    means,
    workspace: textOf(metrics.workspace_slug),
    api_key_id: textOf(metrics.api_key_id),
    trace_id: textOf(metrics.trace_id),
    timings_ms: { total, gateway: numberOf(metrics.gateway_time), provider },
    tokens: {
      prompt: numberOf(metrics.req_units),
      completion: numberOf(metrics.res_units),
      total: numberOf(metrics.total_units),
    },
    cost_reported: cost === null ? null : { value: cost, currency: textOf(metrics.cost_currency) },
    bodies: !isRecorded ? 'not recorded' : wantsBodies ? 'recorded' : 'not asked for',
    untrusted: {
      model: textOf(metrics.ai_model),
      provider: textOf(metrics.virtual_key) ?? textOf(metrics.ai_org),
      config: textOf(metrics.config),
      metadata: pairs,
      error: cause === 'none' ? null : errorOf(response.body),
      request: wantsBodies ? jsonOf(request.body) : null,
      response: wantsBodies ? jsonOf(response.body) : null,
    },
    notes: cost === null ? [] : ['The unit of cost_reported is not documented.'],
  };
}

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {};
}

function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function jsonOf(value: unknown): string | null {
  return value === undefined || value === null ? null : typeof value === 'string' ? value : JSON.stringify(value);
}

function errorOf(body: unknown): string | null {
  const { error, message } = membersOf(body);
  return textOf(membersOf(error).message) ?? textOf(error) ?? textOf(message);
}

function pairsOf(keys: unknown, values: unknown): string | null {
  if (!Array.isArray(keys) || !Array.isArray(values) || keys.length === 0) return null;
  return keys.map((key, index) => `${String(key)}=${String(values[index] ?? '')}`).join(', ');
}
