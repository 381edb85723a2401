import { z } from 'zod';
import { dayMilliseconds } from '../consumption/windows.ts';
import { exactOf } from '../exact.ts';
import { analyticsShape, describeCalls, readCalls, windowOfCalls, windowSchema } from './analytics-input.ts';
import { type ExportedRow, mostExported, readLogRows } from './log-export.ts';
import { pageInput, pageSchema, wholePage } from './pages.ts';
import { moneyCell } from './spend-groups.ts';
import { causeOfStatus, causeWords } from './status-meaning.ts';
import { defineTool } from './tool.ts';
import { isoOf, moneyOrNull, moneySchema, untrustedSchema } from './values.ts';

const sorts = ['cost', 'time', 'latency'] as const;

const input = () => {
  const { time_of_generation_min: from, time_of_generation_max: to, ...rest } = analyticsShape();
  return z.strictObject({
    ...rest,
    time_of_generation_min: from.optional().describe('default: 24 h ago'),
    time_of_generation_max: to.optional(),
    sort: z.enum(sorts).optional(),
    ...pageInput,
  });
};

const rowSchema = () =>
  z.object({
    id: z.string().nullable(),
    created_at: z.string().nullable(),
    status: z.number().nullable(),
    means: z.string().nullable(),
    cost: moneySchema.nullable(),
    tokens: z.number().nullable(),
    latency_ms: z.number().nullable(),
    untrusted: untrustedSchema('model', 'provider', 'metadata'),
  });
type CallRow = z.infer<ReturnType<typeof rowSchema>>;

const output = () =>
  z.object({
    answer: z.string(),
    state: z.enum(['read', 'pending']),
    export_id: z.string(),
    window: windowSchema,
    calls: z.array(rowSchema()),
    page: pageSchema,
    notes: z.array(z.string()),
  });

export const listLogsTool = defineTool<z.infer<ReturnType<typeof input>>, z.infer<ReturnType<typeof output>>>({
  name: 'list_logs',
  twin: 'logs',
  toolset: 'logs',
  effect: 'job',
  purpose:
    'Lists single calls of a workspace over a window, the dearest first (or by time or latency): time, model, tokens, latency, cost, status.',
  hints:
    'It begins a log export and waits 20 s: `pending` means ask the same again. An equal export younger than 15 minutes is used again. Sums are in get_cost_analytics, one call in get_log_details. Needs logs.export and the Enterprise plan. In pages: `limit`, `cursor`.',
  input,
  output,
  list: 'calls',
  async run({ sort = 'cost', limit: _limit, cursor: _cursor, ...given }, context) {
    const now = context.now();
    const window = {
      time_of_generation_min: given.time_of_generation_min ?? isoOf(now - dayMilliseconds),
      time_of_generation_max: given.time_of_generation_max ?? isoOf(now),
    };
    const asked = await readCalls({ ...given, ...window }, context);
    const { calls, workspace } = asked;
    const read = await readLogRows({ calls, workspaceId: workspace.id, question: given }, context);
    const common = { state: read.state, export_id: read.exportId, window: windowOfCalls(calls), page: wholePage };
    if (read.state === 'pending') {
      return {
        answer: 'The export is still under way: ask the same again in a while.',
        ...common,
        calls: [],
        notes: [...asked.notes],
      };
    }
    const rows = read.rows.map(toCall).sort(comparatorOf(sort));
    const isCut = read.rows.length >= mostExported;
    const isShort = read.broken > 0 || (read.total !== null && read.rows.length < Math.min(read.total, mostExported));
    return {
      answer: `${rows.length} ${rows.length === 1 ? 'call' : 'calls'} ${describeCalls(calls)}, by ${sort}.`,
      ...common,
      calls: rows,
      notes: [
        ...asked.notes,
        ...(isCut ? [`An export holds ${mostExported} rows at most: older calls are left out.`] : []),
        ...(isShort ? ['The exported file ended early: these are not all calls.'] : []),
      ],
    };
  },
  show: ({ answer, calls }) => [
    {
      columns: [
        { head: 'time' },
        { head: 'log' },
        { head: 'model' },
        { head: 'tokens', align: 'right' },
        { head: 'ms', align: 'right' },
        { head: 'cost', align: 'right' },
        { head: 'status', align: 'right' },
        { head: 'means' },
      ],
      rows: calls.map((row) => [
        row.created_at,
        row.id,
        row.untrusted.model,
        row.tokens,
        row.latency_ms,
        moneyCell(row.cost),
        row.status,
        row.means,
      ]),
    },
    { text: answer },
  ],
});

function toCall(row: ExportedRow): CallRow {
  const text = (name: string): string | null => (typeof row[name] === 'string' ? row[name] : null);
  const status = numberIn(row.response_status_code);
  const cost = numberIn(row.cost);
  const { metadata } = row;
  return {
    id: text('id'),
    created_at: text('created_at'),
    status,
    means: status === null ? null : causeWords[causeOfStatus(status)],
    cost: moneyOrNull(cost === null ? null : exactOf(cost)),
    tokens: numberIn(row.total_units),
    latency_ms: numberIn(row.response_time),
    untrusted: {
      model: text('ai_model'),
      provider: text('ai_org'),
      metadata:
        typeof metadata === 'object' && metadata !== null && Object.keys(metadata).length > 0
          ? JSON.stringify(metadata)
          : null,
    },
  };
}

function numberIn(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

/** The most first, of times the latest; equals by id. */
function comparatorOf(sort: (typeof sorts)[number]): (a: CallRow, b: CallRow) => number {
  const byId = (a: CallRow, b: CallRow): number => ((a.id ?? '') < (b.id ?? '') ? -1 : 1);
  const later = (a: CallRow, b: CallRow): number => {
    const [left, right] = [a.created_at ?? '', b.created_at ?? ''];
    return left === right ? 0 : left > right ? -1 : 1;
  };
  if (sort === 'time') return (a, b) => later(a, b) || byId(a, b);
  const size = (row: CallRow): number => (sort === 'cost' ? (row.cost?.cents ?? -1) : (row.latency_ms ?? -1));
  return (a, b) => size(b) - size(a) || later(a, b) || byId(a, b);
}
