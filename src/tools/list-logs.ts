import { z } from 'zod';
import { exactOf } from '../exact.ts';
import { mostExportRows, runExport } from '../logs/export-job.ts';
import { type LogRow, rowFields } from '../logs/log-row.ts';
import { logOrders, readTopRows, type TopRows } from '../logs/read-top-rows.ts';
import { moneyOrNull } from '../render/money.ts';
import { moneySchema } from '../render/money-schema.ts';
import { describeCalls, windowOfCalls, windowSchema } from './analytics-input.ts';
import { type AskedLogs, jobNeedsOf, logShape, orAnalytics, readLogQuestion } from './log-question.ts';
import { pageInput, pageSchema, wholePage } from './pages.ts';
import { type CallCause, causeOfStatus, causeWords } from './status-meaning.ts';
import { defineTool } from './tool.ts';
import { untrustedSchema } from './values.ts';

/** Milliseconds. */
const patience = 20_000;

/** Rows of an answer at most, over all its pages. */
const mostRows = 500;

const input = () =>
  z.strictObject({
    ...logShape(),
    sort: z.enum(logOrders).optional().describe('greatest first; default time'),
    ...pageInput,
  });

const output = () =>
  z.object({
    answer: z.string(),
    state: z.enum(['done', 'pending']),
    export_id: z.string(),
    workspace: z.string(),
    window: windowSchema,
    matched: z.number().nullable(),
    logs: z.array(
      z.object({
        id: z.string().nullable(),
        trace_id: z.string().nullable(),
        at: z.string().nullable(),
        provider: z.string().nullable(),
        model: z.string().nullable(),
        prompt_tokens: z.number().nullable(),
        completion_tokens: z.number().nullable(),
        total_tokens: z.number().nullable(),
        cost: moneySchema.nullable(),
        latency_ms: z.number().nullable(),
        status: z.number().nullable(),
        cause: z.string().nullable(),
        untrusted: untrustedSchema('user', 'metadata'),
      }),
    ),
    page: pageSchema,
    notes: z.array(z.string()),
  });

type Data = z.infer<ReturnType<typeof output>>;

export const listLogsTool = defineTool<z.infer<ReturnType<typeof input>>, Data>({
  name: 'list_logs',
  twin: 'logs',
  toolset: 'logs',
  effect: 'job',
  purpose:
    'Lists single calls of a workspace, newest, dearest or slowest first: time, model, tokens, cost, latency, status and cause.',
  hints:
    'Makes a log export and waits 20 s; `pending`: ask the same again, and the same job is gone on with. No bodies: get_log_details. For sums use get_cost_analytics, for a file export_logs. Needs logs.export, an Enterprise plan. In pages: `limit`, `cursor`.',
  input,
  output,
  list: 'logs',
  async run({ sort = 'time', limit: _limit, cursor: _cursor, ...given }, context) {
    const asked = await readLogQuestion(given, rowFields, context);
    const end = await orAnalytics(runExport(asked.question, jobNeedsOf(context, patience)));
    if (end.state === 'pending') return describePending(asked, end.id, end.rows);
    const top = await readTopRows(context.reads.backend.logs, end.id, sort, mostRows);
    return {
      answer: `${countOf(top.count, 'call')} ${describeCalls(asked.calls)}${describeCauses(top)}.${describeFirst(top, sort)}`,
      state: 'done',
      export_id: end.id,
      workspace: asked.workspace,
      window: windowOfCalls(asked.calls),
      matched: top.count,
      logs: top.rows.map(describeRow),
      page: wholePage,
      notes: [...asked.notes, ...describeGaps(top, end.rows)],
    };
  },
  show: ({ answer, logs }) => [
    {
      columns: [
        { head: 'time' },
        { head: 'model' },
        { head: 'tokens', align: 'right' },
        { head: 'cost', align: 'right' },
        { head: 'ms', align: 'right' },
        { head: 'status', align: 'right' },
        { head: 'cause' },
        { head: 'user' },
        { head: 'id' },
      ],
      rows: logs.map(({ at, provider, model, total_tokens: tokens, cost, latency_ms: latency, status, ...row }) => [
        at,
        model === null ? null : `${provider ?? '?'}/${model}`,
        tokens,
        cost === null ? null : { text: cost.usd, value: cost.exact_cents },
        latency,
        status,
        row.cause,
        row.untrusted.user,
        row.id,
      ]),
    },
    { text: answer },
  ],
});

function describePending({ calls, workspace, notes }: AskedLogs, id: string, rows: number | null): Data {
  const { from, to } = windowOfCalls(calls);
  const size = rows === null ? '' : ` of ${countOf(rows, 'row')}`;
  return {
    answer:
      `The log export ${id}${size} is not done after ${patience / 1000} s. ` +
      `Ask the same again with the same window, ${from} to ${to}: it goes on with this job.`,
    state: 'pending',
    export_id: id,
    workspace,
    window: { from, to },
    matched: rows,
    logs: [],
    page: wholePage,
    notes: [...notes],
  };
}

function describeRow(row: LogRow): Data['logs'][number] {
  const { _user: user } = row.metadata;
  return {
    id: row.id,
    trace_id: row.traceId,
    at: row.at,
    provider: row.provider,
    model: row.model,
    prompt_tokens: row.promptTokens,
    completion_tokens: row.completionTokens,
    total_tokens: row.totalTokens,
    cost: moneyOrNull(row.cost === null ? null : exactOf(row.cost)),
    latency_ms: row.latency,
    status: row.status,
    cause: row.status === null ? null : causeWords[causeOfStatus(row.status)],
    untrusted: {
      user: typeof user === 'string' ? user : null,
      metadata: Object.keys(row.metadata).length === 0 ? null : JSON.stringify(row.metadata),
    },
  };
}

/** `: 40 rate limited, 3 rejected …`, most first. */
function describeCauses({ byStatus }: TopRows): string {
  const counts = new Map<CallCause, number>();
  for (const [status, count] of byStatus) {
    const cause = status === null ? 'none' : causeOfStatus(status);
    if (cause !== 'none') counts.set(cause, (counts.get(cause) ?? 0) + count);
  }
  const said = [...counts].sort(([, a], [, b]) => b - a).map(([cause, count]) => `${count} ${causeWords[cause]}`);
  return said.length === 0 ? '' : `: ${said.join(', ')}`;
}

function describeFirst({ rows: [first] }: TopRows, sort: string): string {
  if (first === undefined) return '';
  const what = `${first.provider ?? 'an unnamed provider'}/${first.model ?? 'unnamed model'} at ${first.at ?? 'an unknown time'}`;
  if (sort === 'cost') {
    const cost = moneyOrNull(first.cost === null ? null : exactOf(first.cost));
    return cost === null ? ' What they cost is not said.' : ` The dearest cost ${cost.usd}: ${what}.`;
  }
  if (sort !== 'latency') return '';
  return first.latency === null
    ? ' How long they took is not said.'
    : ` The slowest took ${first.latency} ms: ${what}.`;
}

function describeGaps({ count, rows, broken }: TopRows, announced: number | null): string[] {
  const isFull = count >= mostExportRows;
  return [
    ...(isFull || (announced !== null && announced > count)
      ? [
          `${announced ?? `${mostExportRows} or more`} calls fit, the file of the export holds ${count}: the others were not looked at. Ask for a shorter window.`,
        ]
      : []),
    ...(rows.length < count ? [`Of ${count} calls the first ${rows.length} are shown.`] : []),
    ...(broken > 0 ? [`${countOf(broken, 'line')} of the file could not be read.`] : []),
    'Costs are those of the export, in cents; calls that do not go through the gateway are not there.',
  ];
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
