import { z } from 'zod';
import { ServiceError } from '../errors.ts';
import { ToolRefusal } from './refusal.ts';
import { causeOfStatus, causeWords } from './status-meaning.ts';
import { defineTool, type ToolContext } from './tool.ts';
import { untrustedSchema } from './values.ts';

type Members = Readonly<Record<string, unknown>>;

const input = () =>
  z.strictObject({
    log_id: z.string().min(1).max(200),
    include_bodies: z.boolean().optional().describe('request and response as far as they were recorded'),
  });

const text = () => z.string().nullable();
const number = () => z.number().nullable();

const output = () =>
  z.object({
    answer: z.string(),
    id: z.string(),
    trace_id: text(),
    at: text(),
    status: number(),
    cause: text(),
    provider: text(),
    model: text(),
    workspace: text(),
    api_key_id: text(),
    virtual_key: text(),
    config: text(),
    cache_status: text(),
    prompt_tokens: number(),
    completion_tokens: number(),
    total_tokens: number(),
    reported: z.object({ cost: number(), currency: text() }),
    timings: z.array(z.object({ name: z.string(), ms: z.number() })),
    recorded: z.object({ request: z.boolean(), response: z.boolean() }),
    untrusted: untrustedSchema('error_code', 'metadata', 'url', 'request', 'response'),
    notes: z.array(z.string()),
  });

type Data = z.infer<ReturnType<typeof output>>;

export const getLogDetailsTool = defineTool<z.infer<ReturnType<typeof input>>, Data>({
  name: 'get_log_details',
  twin: 'logs show',
  toolset: 'logs',
  effect: 'read',
  purpose:
    'Tells of one call by its log id why it failed, where its time went, and on request what was sent and answered.',
  hints:
    'Ids are those of list_logs. `reported.cost` has no documented unit: for money use list_logs or get_cost_analytics. Bodies are there only where the gateway recorded them. Needs logs.view; a self-hosted gateway is asked at PORTKEY_GATEWAY_URL.',
  input,
  output,
  async run({ log_id: id, include_bodies: isAsked = false }, context) {
    const log = await readLog(id, context);
    const [request, response, metrics] = [membersOf(log.request), membersOf(log.response), membersOf(log.metrics)];
    const [sent, answered] = [bodyOf(request), bodyOf(response)];
    const status = numberOf(response.status) ?? numberOf(metrics.response_status_code);
    const cause = status === null ? null : causeWords[causeOfStatus(status)];
    const timings = readTimings(response, metrics);
    const [slowest] = timings.filter(({ name }) => name !== total).sort((a, b) => b.ms - a.ms);
    const whole = timings.find(({ name }) => name === total);
    const missing = [...(sent === null ? ['request'] : []), ...(answered === null ? ['response'] : [])];
    return {
      answer: [
        `The call ${status === null ? 'has no status' : `ended with ${status}: ${cause}`}.`,
        ...(whole === undefined
          ? []
          : [`It took ${whole.ms} ms${slowest === undefined ? '' : `, of which ${slowest.name} ${slowest.ms} ms`}.`]),
        ...(missing.length === 0 ? [] : [`Not recorded: the body of the ${missing.join(' and of the ')}.`]),
      ].join(' '),
      id: textOf(log._id) ?? id,
      trace_id: textOf(metrics.trace_id) ?? textOf(membersOf(request.portkeyHeaders)['x-portkey-trace-id']),
      at: textOf(log.created_at),
      status,
      cause,
      provider: textOf(metrics.ai_org),
      model: textOf(metrics.ai_model),
      workspace: textOf(metrics.workspace_slug),
      api_key_id: textOf(metrics.api_key_id),
      virtual_key: textOf(metrics.virtual_key),
      config: textOf(metrics.config),
      cache_status: textOf(metrics.cache_status),
      prompt_tokens: numberOf(metrics.req_units),
      completion_tokens: numberOf(metrics.res_units),
      total_tokens: numberOf(metrics.total_units),
      reported: { cost: numberOf(metrics.cost), currency: textOf(metrics.cost_currency) },
      timings,
      recorded: { request: sent !== null, response: answered !== null },
      untrusted: {
        error_code: errorCodeOf(answered),
        metadata: readMetadata(metrics),
        url: textOf(request.url),
        request: isAsked ? sent : null,
        response: isAsked ? answered : null,
      },
      notes: [
        'The unit of `reported.cost` is not documented: it is not added to anything.',
        ...(isAsked || missing.length === 2
          ? []
          : ['Bodies were recorded, and are left out: include_bodies shows them.']),
      ],
    };
  },
  show: (data) => [
    { text: data.answer },
    {
      columns: [{ head: 'of the call' }, { head: '' }],
      rows: [
        ['id', data.id],
        ['trace', data.trace_id],
        ['time', data.at],
        ['model', data.model === null ? null : `${data.provider ?? '?'}/${data.model}`],
        ['workspace', data.workspace],
        ['key', data.api_key_id],
        ['provider', data.virtual_key],
        ['config', data.config],
        ['cache', data.cache_status],
        ['tokens', data.total_tokens],
        [
          'cost as reported',
          data.reported.cost === null ? null : `${data.reported.cost} ${data.reported.currency ?? ''}`,
        ],
        ['metadata', data.untrusted.metadata],
        ['error', data.untrusted.error_code],
        ['url', data.untrusted.url],
        ...data.timings.map(({ name, ms }) => [name, `${ms} ms`]),
      ],
    },
    ...(data.untrusted.request === null ? [] : [{ text: `request: ${data.untrusted.request}` }]),
    ...(data.untrusted.response === null ? [] : [{ text: `response: ${data.untrusted.response}` }]),
  ],
});

/** A log that is not there and a control plane that has none of them answer alike (docs/service-notes.md#one-log). */
async function readLog(id: string, { reads, session }: ToolContext): Promise<Members> {
  try {
    return await reads.backend.logs.readLog(id);
  } catch (error) {
    const { status } = error instanceof ServiceError ? error : { status: undefined };
    if (status !== 404 && status !== 405 && status !== 501) throw error;
    const isApart = (session.env.PORTKEY_GATEWAY_URL ?? '') === '';
    throw new ToolRefusal(
      'unavailable',
      `the service answered ${status}: there is no log of this id, or it does not show single logs`,
      {
        hint: isApart
          ? 'Where the gateway is self-hosted it has the logs: set PORTKEY_GATEWAY_URL to its address, such as https://gateway.example.com/v1. list_logs tells the same of a call but for bodies.'
          : 'list_logs tells the same of a call but for bodies.',
        details: { status },
      },
    );
  }
}

const total = 'response_time';

function readTimings(response: Members, metrics: Members): Data['timings'] {
  const whole = numberOf(response.responseTime) ?? numberOf(metrics.response_time);
  const parts = Object.keys(metrics)
    .filter((name) => /^[a-z_]{1,60}_time$/.test(name) && name !== total)
    .sort()
    .flatMap((name) => {
      const ms = numberOf(metrics[name]);
      return ms === null ? [] : [{ name, ms }];
    });
  return [...(whole === null ? [] : [{ name: total, ms: whole }]), ...parts];
}

/** Two lists of one length. */
function readMetadata(metrics: Members): string | null {
  const [keys, values] = [metrics['metadata.key'], metrics['metadata.value']];
  if (!Array.isArray(keys) || !Array.isArray(values) || keys.length === 0) return null;
  return JSON.stringify(Object.fromEntries(keys.map((key, index) => [String(key), values[index] ?? null])));
}

function errorCodeOf(answered: string | null): string | null {
  if (answered === null) return null;
  const error = membersOf(membersOf(JSON.parse(answered) as unknown).error);
  return textOf(error.code) ?? textOf(error.type);
}

/** As JSON; null: not recorded. */
function bodyOf({ body }: Members): string | null {
  return body === undefined || body === null ? null : JSON.stringify(body);
}

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function numberOf(value: unknown): number | null {
  const parsed = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof parsed === 'number' && Number.isFinite(parsed) ? parsed : null;
}
