import { z } from 'zod';
import { groupings, readGroups } from '../consumption/analytics.ts';
import {
  type AnalyticsGraph,
  exactMember,
  pointsInTime,
  readGraph,
  sumByDay,
  tryGraph,
} from '../consumption/graphs.ts';
import { findUnusualDays } from '../consumption/trends.ts';
import { add, compare, divide, type Exact, exactOf, fraction, multiply } from '../exact.ts';
import { type AnswerBlock, sparkline } from '../render/answer.ts';
import { moneyOrNull } from '../render/money.ts';
import { moneySchema } from '../render/money-schema.ts';
import {
  type AskedCalls,
  analyticsShape,
  describeCalls,
  gatewayNote,
  readCalls,
  windowOfCalls,
  windowSchema,
} from './analytics-input.ts';
import { explainZero, nothingOdd } from './no-calls.ts';
import { pageInput, pageSchema, wholePage } from './pages.ts';
import { causeOfStatus, causeWords } from './status-meaning.ts';
import { defineTool, type ToolContext } from './tool.ts';
import { numberOfExact, untrustedSchema } from './values.ts';

const input = () =>
  z.strictObject({
    ...analyticsShape(),
    flag_factor: z.number().min(1).max(1_000).optional().describe('days above this times the median; 3'),
    flag_error_percent: z.number().min(0).max(100).optional().describe('5'),
    ...pageInput,
  });

const count = z.number().nullable();

const output = () =>
  z.object({
    answer: z.string(),
    workspace: z.string(),
    window: windowSchema,
    requests: count,
    errors: count,
    error_percent: count,
    is_failing: z.boolean().nullable(),
    by_status: z.array(z.object({ status: z.number(), requests: z.number(), means: z.string() })).nullable(),
    rate_limited_keys: z
      .array(z.object({ id: z.string(), requests: count, untrusted: untrustedSchema('name') }))
      .nullable(),
    latency_ms: z.object({ average: count, p50: count, p90: count, p99: count }),
    cache: z.object({ hits: count, hit_percent: count, saved: moneySchema.nullable() }),
    rescued: z.object({ by_retry: count, by_fallback: count }),
    unusual_days: z.array(z.object({ date: z.string(), requests: z.number(), median: z.number() })).nullable(),
    point_count: z.number(),
    data_points: z.array(z.object({ timestamp: z.string(), requests: count, errors: count })),
    page: pageSchema,
    notes: z.array(z.string()),
  });

type RequestData = z.infer<ReturnType<typeof output>>;

export const getRequestAnalyticsTool = defineTool<z.infer<ReturnType<typeof input>>, RequestData>({
  name: 'get_request_analytics',
  twin: 'usage requests',
  toolset: 'usage',
  effect: 'read',
  purpose:
    'Tells how many calls a workspace made over a window and how many failed, with which status and why: budget, rate limit, key, provider; latency, cache, rescued calls.',
  hints:
    'For spend use get_cost_analytics; for single calls list_logs. Null is what the service did not say. Needs analytics.view.',
  input,
  output,
  list: 'data_points',
  async run(given, context) {
    const asked = await readCalls(given, context);
    const { calls, workspace } = asked;
    const { reads } = context;
    const graph = await readGraph(reads, '/graphs/requests', calls);
    const [errors, rate, codes, latency, cache, rescued] = await Promise.all(
      [
        '/graphs/errors',
        '/graphs/errors/rate',
        '/graphs/errors/status-codes',
        '/graphs/latency',
        '/graphs/cache/hit-rate',
        '/graphs/requests/rescued',
      ].map((path) => tryGraph(reads, path, calls)),
    );
    const notes = [errors, rate, codes, latency, cache, rescued].filter((part) => typeof part === 'string');
    const total = exactMember(graph.summary, 'total');
    const failed = summaryNumber(errors, 'total') ?? exactMember(graph.summary, 'failed');
    const percent = summaryNumber(rate, 'rate') ?? shareOf(failed, total);
    const byStatus = readStatuses(codes);
    const limited = byStatus?.find(({ status }) => status === 429)?.requests ?? 0;
    const keys = limited > 0 ? await readLimitedKeys(asked, context) : [];
    const days = sumByDay(graph, 'total', calls);
    const unusual = days === null ? null : findUnusualDays(workspace.slug, days, exactOf(given.flag_factor ?? 3));
    const errorsAt = pointsByTime(errors);
    const points = pointsInTime(graph).map(({ timestamp, members }) => ({
      timestamp,
      requests: numberOrNull(exactMember(members, 'total')),
      errors: errorsAt?.get(timestamp) ?? null,
    }));
    const isFailing = percent === null ? null : compare(percent, exactOf(given.flag_error_percent ?? 5)) > 0;
    const zero = total?.n === 0n ? await explainZero(asked, context, 0) : nothingOdd;
    const data: RequestData = {
      answer: '',
      workspace: workspace.slug,
      window: windowOfCalls(calls),
      requests: numberOrNull(total),
      errors: numberOrNull(failed),
      error_percent: numberOrNull(percent),
      is_failing: isFailing,
      by_status: byStatus,
      rate_limited_keys: typeof keys === 'string' ? null : keys,
      latency_ms: {
        average: numberOrNull(summaryNumber(latency, 'avg')),
        p50: numberOrNull(summaryNumber(latency, 'p50')),
        p90: numberOrNull(summaryNumber(latency, 'p90')),
        p99: numberOrNull(summaryNumber(latency, 'p99')),
      },
      cache: {
        hits: numberOrNull(summaryNumber(cache, 'total')),
        hit_percent: numberOrNull(summaryNumber(cache, 'rate')),
        saved: moneyOrNull(readSavings(cache)),
      },
      rescued: {
        by_retry: numberOrNull(summaryNumber(rescued, 'retry')),
        by_fallback: numberOrNull(summaryNumber(rescued, 'fallback')),
      },
      unusual_days:
        unusual?.map(({ date, cost, median }) => ({
          date,
          requests: numberOfExact(cost),
          median: numberOfExact(median),
        })) ?? null,
      point_count: points.length,
      data_points: points,
      page: wholePage,
      notes: [
        ...asked.notes,
        ...zero.notes,
        ...new Set(notes),
        ...(typeof keys === 'string' ? [keys] : []),
        gatewayNote,
      ],
    };
    return { ...data, answer: `${describe(data, describeCalls(calls))}${zero.sentence}` };
  },
  show: (data) => {
    const { by_status: statuses, data_points: points, latency_ms: latency, cache, rescued } = data;
    const blocks: AnswerBlock[] = [
      {
        columns: [{ head: 'time' }, { head: 'requests', align: 'right' }, { head: 'errors', align: 'right' }],
        rows: points.map(({ timestamp, requests, errors }) => [timestamp, requests, errors]),
      },
      { text: sparkline(points.map(({ requests }) => requests ?? 0)) },
    ];
    if (statuses !== null && statuses.length > 0) {
      blocks.push({
        title: 'Failed',
        columns: [{ head: 'status' }, { head: 'requests', align: 'right' }, { head: 'means' }],
        rows: statuses.map(({ status, requests, means }) => [status, requests, means]),
      });
    }
    blocks.push({
      title: 'Beside',
      columns: [{ head: 'what' }, { head: 'value', align: 'right' }],
      rows: [
        ['latency p50 (ms)', latency.p50],
        ['latency p90 (ms)', latency.p90],
        ['latency p99 (ms)', latency.p99],
        ['cache hits', cache.hits],
        ['saved by the cache', cache.saved?.usd ?? null],
        ['rescued by retries', rescued.by_retry],
        ['rescued by fallbacks', rescued.by_fallback],
      ],
    });
    return [...blocks, { text: data.answer }];
  },
});

function describe(
  {
    requests,
    errors,
    error_percent: percent,
    is_failing: failing,
    by_status: statuses,
    rate_limited_keys: keys,
    unusual_days: unusual,
  }: RequestData,
  where: string,
): string {
  const made =
    requests === null
      ? 'The service does not say how many calls were made'
      : `${requests} ${requests === 1 ? 'call was' : 'calls were'} made`;
  const share = percent === null ? '' : ` (${Math.round(percent * 10) / 10} %)`;
  const failed =
    errors === null
      ? ' How many failed is unknown.'
      : ` ${errors} failed${share}${failing === true ? ', more than usual' : ''}.`;
  const who = keys !== null && keys.length > 0 ? ` on ${keys.length} ${keys.length === 1 ? 'key' : 'keys'}` : '';
  const parts = (statuses ?? []).map(
    ({ status, requests: count, means }) => `${count} ${means}${status === 429 ? who : ''} (${status})`,
  );
  const why = parts.length === 0 ? '' : ` ${parts.join(', ')}.`;
  const odd =
    unusual === null || unusual.length === 0 ? '' : ` Unusual days: ${unusual.map(({ date }) => date).join(', ')}.`;
  return `${made} ${where}.${failed}${why}${odd}`;
}

function summaryNumber(graph: AnalyticsGraph | string | undefined, name: string): Exact | null {
  return graph === undefined || typeof graph === 'string' ? null : exactMember(graph.summary, name);
}

function numberOrNull(value: Exact | null): number | null {
  return value === null ? null : numberOfExact(value);
}

function shareOf(part: Exact | null, whole: Exact | null): Exact | null {
  if (part === null || whole === null || whole.n === 0n) return null;
  return multiply(divide(part, whole), fraction(100n, 1n));
}

/** The most frequent first. */
function readStatuses(graph: AnalyticsGraph | string | undefined): RequestData['by_status'] {
  if (graph === undefined || typeof graph === 'string') return null;
  return graph.points
    .flatMap((point) => {
      const [status, requests] = [exactMember(point, 'status_code'), exactMember(point, 'count')];
      if (status === null || requests === null) return [];
      const code = numberOfExact(status);
      return [{ status: code, requests: numberOfExact(requests), means: causeWords[causeOfStatus(code)] }];
    })
    .sort((a, b) => b.requests - a.requests || a.status - b.status);
}

/** Savings are summed up along the points: the last one holds all. */
function readSavings(graph: AnalyticsGraph | string | undefined): Exact | null {
  if (graph === undefined || typeof graph === 'string') return null;
  const last = pointsInTime(graph).at(-1);
  if (last === undefined) return null;
  const simple = exactMember(last.members, 'cumulative_simple_cache_savings');
  const semantic = exactMember(last.members, 'cumulative_semantic_cache_savings');
  return simple === null || semantic === null ? null : add(simple, semantic);
}

function pointsByTime(graph: AnalyticsGraph | string | undefined): ReadonlyMap<string, number> | null {
  if (graph === undefined || typeof graph === 'string') return null;
  const pairs = pointsInTime(graph).flatMap(({ timestamp, members }): [string, number][] => {
    const total = exactMember(members, 'total');
    return total === null ? [] : [[timestamp, numberOfExact(total)]];
  });
  return new Map(pairs);
}

/** A text instead: why they are unknown. */
async function readLimitedKeys(
  { calls, workspace }: AskedCalls,
  { reads }: ToolContext,
): Promise<NonNullable<RequestData['rate_limited_keys']> | string> {
  const limited = { ...calls, filter: { ...calls.filter, status_code: '429' } };
  const [groups, keys] = await Promise.all([
    readGroups(reads, groupings.api_key, limited, { shows: [] }),
    reads.ask('listKeys', workspace.id),
  ]);
  if ('unknown' in groups) return `Which keys were rate limited is unknown: ${groups.unknown}.`;
  const names = new Map('value' in keys ? keys.value.map(({ id, name }) => [id, name ?? null]) : []);
  return groups.value.rows
    .slice(0, 10)
    .map(({ name: id, requests }) => ({ id, requests, untrusted: { name: names.get(id) ?? null } }));
}
