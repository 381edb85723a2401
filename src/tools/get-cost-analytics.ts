import { z } from 'zod';
import { exactMember, pointsInTime, readGraph, sumByDay } from '../consumption/graphs.ts';
import { findUnusualDays } from '../consumption/trends.ts';
import { sparkline } from '../render/answer.ts';
import { moneyOf, moneyOrNull } from '../render/money.ts';
import { moneySchema } from '../render/money-schema.ts';
import {
  analyticsShape,
  describeCalls,
  gatewayNote,
  readCalls,
  windowOfCalls,
  windowSchema,
} from './analytics-input.ts';
import { explainZero, nothingOdd } from './no-calls.ts';
import { pageInput, pageSchema, wholePage } from './pages.ts';
import { defineTool } from './tool.ts';

const input = () => z.strictObject({ ...analyticsShape(), ...pageInput });

const output = () =>
  z.object({
    answer: z.string(),
    workspace: z.string(),
    window: windowSchema,
    total: moneySchema.nullable(),
    average_per_request: moneySchema.nullable(),
    unusual_days: z.array(z.object({ date: z.string(), cost: moneySchema, median: moneySchema })).nullable(),
    point_count: z.number(),
    data_points: z.array(z.object({ timestamp: z.string(), total: moneySchema.nullable() })),
    page: pageSchema,
    notes: z.array(z.string()),
  });

export const getCostAnalyticsTool = defineTool<z.infer<ReturnType<typeof input>>, z.infer<ReturnType<typeof output>>>({
  name: 'get_cost_analytics',
  twin: 'usage cost',
  toolset: 'usage',
  effect: 'read',
  purpose:
    'Tells what calls of a workspace cost over a window: total, average, points in time, days above 3 times the median.',
  hints:
    'cost_min and cost_max are US cents. For counts use get_request_analytics, for tokens get_token_analytics, for spend by model get_model_analytics_summary. Needs analytics.view.',
  input,
  output,
  list: 'data_points',
  async run(given, context) {
    const asked = await readCalls(given, context);
    const { calls, workspace, notes } = asked;
    const graph = await readGraph(context.reads, '/graphs/cost', calls);
    const points = pointsInTime(graph).map(({ timestamp, members }) => ({
      timestamp,
      total: moneyOrNull(exactMember(members, 'total')),
    }));
    const total = exactMember(graph.summary, 'total');
    const days = sumByDay(graph, 'total', calls);
    const unusual = days === null ? null : findUnusualDays(workspace.slug, days);
    const zero = total !== null && total.n === 0n ? await explainZero(asked, context) : nothingOdd;
    const spent = total === null ? 'The service does not say what was spent' : `${moneyOf(total).usd} was spent`;
    const odd =
      unusual === null || unusual.length === 0
        ? ''
        : ` ${unusual.length} unusual ${unusual.length === 1 ? 'day' : 'days'}: ${unusual.map(({ date }) => date).join(', ')}.`;
    return {
      answer: `${spent} ${describeCalls(calls)}.${zero.sentence}${odd}`,
      workspace: workspace.slug,
      window: windowOfCalls(calls),
      total: moneyOrNull(total),
      average_per_request: moneyOrNull(exactMember(graph.summary, 'avg')),
      unusual_days:
        unusual?.map(({ date, cost, median }) => ({ date, cost: moneyOf(cost), median: moneyOf(median) })) ?? null,
      point_count: points.length,
      data_points: points,
      page: wholePage,
      notes: [
        ...notes,
        ...zero.notes,
        ...(days === null ? ['Unusual days are unknown: the graph has no single days.'] : []),
        gatewayNote,
      ],
    };
  },
  show: ({ answer, data_points: points }) => [
    {
      columns: [{ head: 'time' }, { head: 'cost', align: 'right' }],
      rows: points.map(({ timestamp, total }) => [
        timestamp,
        total === null ? null : { text: total.usd, value: total.exact_cents },
      ]),
    },
    { text: sparkline(points.map(({ total }) => Number(total?.exact_cents ?? 0))) },
    { text: answer },
  ],
});
