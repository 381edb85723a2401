import { z } from 'zod';
import { ServiceError } from '../errors.ts';
import { describeToolError, ToolRefusal } from './refusal.ts';
import { defineTool, type ToolContext } from './tool.ts';

const input = () =>
  z.strictObject({
    log_id: z.string().min(1).max(200).optional().describe('of list_logs; its trace is looked up'),
    trace_id: z.string().min(1).max(200).optional(),
    rating: z.enum(['LIKE', 'DISLIKE']).optional().describe('1 or -1'),
    value: z.number().int().min(-10).max(10).optional().describe('in place of rating'),
    weight: z.number().min(0).max(1).optional(),
    metadata: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  });

const output = () =>
  z.object({
    answer: z.string(),
    trace_id: z.string(),
    value: z.number(),
    feedback_ids: z.array(z.string()),
    notes: z.array(z.string()),
  });

export const submitFeedbackTool = defineTool<z.infer<ReturnType<typeof input>>, z.infer<ReturnType<typeof output>>>({
  name: 'submit_feedback',
  twin: 'feedback',
  toolset: 'feedback',
  effect: 'write',
  purpose: 'Records what somebody thinks of one call: LIKE or DISLIKE, or a value from -10 to 10.',
  hints:
    'Give log_id or trace_id, and rating or value. It stays at the service and cannot be taken back here. Logs are found by list_logs. Needs the key of a workspace, PORTKEY_WORKSPACE_KEY: the service refuses admin keys.',
  input,
  output,
  async run({ log_id: logId, trace_id: traceId, rating, value: given, weight, metadata }, context) {
    const wanted = one('log_id', logId, 'trace_id', traceId);
    const opinion = one('rating', rating, 'value', given);
    const value = opinion === 'LIKE' ? 1 : opinion === 'DISLIKE' ? -1 : Number(opinion);
    const trace = traceId ?? (await readTrace(String(wanted), context));
    const body = {
      trace_id: trace,
      value,
      ...(weight === undefined ? {} : { weight }),
      ...(metadata === undefined ? {} : { metadata }),
    };
    const { ids } = await send(body, context);
    return {
      answer: `Feedback of ${value} on the trace ${trace} is recorded.`,
      trace_id: trace,
      value,
      feedback_ids: [...ids],
      notes: ids.length === 0 ? ['The service did not say under which id.'] : [],
    };
  },
  show: ({ answer }) => [{ text: answer }],
});

/** @throws ToolRefusal where none is given, or both */
function one<T, U>(first: string, a: T | undefined, second: string, b: U | undefined): T | U {
  const chosen = a ?? b;
  if (chosen !== undefined && (a === undefined || b === undefined)) return chosen;
  throw new ToolRefusal('invalid_input', `${first}: give either ${first} or ${second}`, {
    details: { problems: [{ path: first, problem: `give either ${first} or ${second}` }] },
  });
}

/** Feedback is about a trace. @throws ToolRefusal */
async function readTrace(logId: string, { reads }: ToolContext): Promise<string> {
  try {
    const { metrics, request } = await reads.backend.logs.readLog(logId);
    const trace = memberOf(metrics, 'trace_id') ?? memberOf(memberOf(request, 'portkeyHeaders'), 'x-portkey-trace-id');
    if (typeof trace === 'string' && trace !== '') return trace;
  } catch (error) {
    if (!(error instanceof ServiceError) || ![404, 405, 501].includes(error.status ?? 0)) throw error;
  }
  throw new ToolRefusal('not_found', 'the trace of this log cannot be found', {
    hint: 'list_logs shows the trace_id of each call: give that.',
  });
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

async function send(
  body: Parameters<ToolContext['reads']['backend']['logs']['sendFeedback']>[0],
  { reads, session }: ToolContext,
): Promise<{ readonly ids: readonly string[] }> {
  try {
    return await reads.backend.logs.sendFeedback(body);
  } catch (error) {
    if (!(error instanceof ServiceError) || (error.status !== 401 && error.status !== 403)) throw error;
    const { code, message, details } = describeToolError(error);
    const isSet = (session.env.PORTKEY_WORKSPACE_KEY ?? '').trim() !== '';
    throw new ToolRefusal(code, `feedback was refused: ${message}`, {
      hint: isSet
        ? 'PORTKEY_WORKSPACE_KEY has to be a valid key of the workspace of this call.'
        : 'An admin key may not give feedback: set PORTKEY_WORKSPACE_KEY to a key of the workspace.',
      details,
    });
  }
}
