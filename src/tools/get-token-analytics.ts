import { z } from 'zod';
import { type AnalyticsGraph, exactMember, pointsInTime, readGraph } from '../consumption/graphs.ts';
import { sparkline } from '../render/answer.ts';
import { canonicalJson } from '../stable-json.ts';
import {
  type AnalyticsInput,
  analyticsShape,
  describeCalls,
  gatewayNote,
  readCalls,
  textList,
  windowOfCalls,
  windowSchema,
} from './analytics-input.ts';
import { listOfTexts } from './names.ts';
import { explainZero, nothingOdd } from './no-calls.ts';
import { pageInput, pageSchema, wholePage } from './pages.ts';
import { ToolRefusal } from './refusal.ts';
import { defineTool } from './tool.ts';
import { numberOfExact } from './values.ts';

/** Names of an older form of this question, each beside the one that it is the same as. */
const olderNames = {
  status_code: 'status_codes',
  virtual_keys: 'virtual_key_slugs',
  configs: 'config_slugs',
  ai_org_model: 'provider_models',
  trace_id: 'trace_ids',
  span_id: 'span_ids',
} as const;

/** 22 names and the seven older ones. */
const input = () => {
  const shape = analyticsShape();
  return z.strictObject({
    ...shape,
    status_code: textList(),
    virtual_keys: textList(),
    configs: textList(),
    ai_org_model: shape.provider_models,
    trace_id: textList(),
    span_id: textList(),
    metadata: z.string().max(5_000).optional().describe('JSON object as text'),
    ...pageInput,
  });
};

type TokenInput = z.infer<ReturnType<typeof input>>;

const count = z.number().nullable();

const output = () =>
  z.object({
    answer: z.string(),
    workspace: z.string(),
    window: windowSchema,
    summary: z.object({
      total_tokens: count,
      prompt_tokens: count,
      completion_tokens: count,
      average_per_request: count,
    }),
    point_count: z.number(),
    data_points: z.array(z.object({ timestamp: z.string(), total: count, prompt: count, completion: count })),
    page: pageSchema,
    notes: z.array(z.string()),
  });

export const getTokenAnalyticsTool = defineTool<TokenInput, z.infer<ReturnType<typeof output>>>({
  name: 'get_token_analytics',
  twin: 'usage tokens',
  toolset: 'usage',
  effect: 'read',
  purpose:
    'Tells how many tokens calls of a workspace used over a window: total, prompt, completion, and points in time.',
  hints:
    'For spend use get_cost_analytics. The older names (status_code, virtual_keys, configs, ai_org_model, trace_id, span_id, metadata) mean the same as the lists. Needs analytics.view.',
  input,
  output,
  list: 'data_points',
  async run(given, context) {
    const asked = await readCalls(inNewerNames(given), context);
    const { calls, workspace, notes } = asked;
    const graph = await readGraph(context.reads, '/graphs/tokens', calls);
    const points = pointsInTime(graph).map(({ timestamp, members }) => ({
      timestamp,
      total: numberMember(members, 'total'),
      prompt: numberMember(members, 'prompt', 'prompt_tokens'),
      completion: numberMember(members, 'completion', 'completion_tokens'),
    }));
    const summary = summaryOf(graph);
    const zero = summary.total_tokens === 0 ? await explainZero(asked, context) : nothingOdd;
    const used =
      summary.total_tokens === null
        ? 'The service does not say how many tokens were used'
        : `${summary.total_tokens.toLocaleString('en-US')} tokens were used`;
    const isSplit = summary.prompt_tokens !== null || summary.completion_tokens !== null;
    return {
      answer: `${used} ${describeCalls(calls)}.${zero.sentence}`,
      workspace: workspace.slug,
      window: windowOfCalls(calls),
      summary,
      point_count: points.length,
      data_points: points,
      page: wholePage,
      notes: [
        ...notes,
        ...zero.notes,
        ...(isSplit ? [] : ['The service did not tell prompt and completion tokens apart.']),
        gatewayNote,
      ],
    };
  },
  show: ({ answer, data_points: points }) => [
    {
      columns: [
        { head: 'time' },
        { head: 'tokens', align: 'right' },
        { head: 'prompt', align: 'right' },
        { head: 'completion', align: 'right' },
      ],
      rows: points.map(({ timestamp, total, prompt, completion }) => [timestamp, total, prompt, completion]),
    },
    { text: sparkline(points.map(({ total }) => total ?? 0)) },
    { text: answer },
  ],
});

function summaryOf({ summary }: AnalyticsGraph) {
  return {
    total_tokens: numberMember(summary, 'total', 'total_tokens'),
    prompt_tokens: numberMember(summary, 'prompt', 'prompt_tokens'),
    completion_tokens: numberMember(summary, 'completion', 'completion_tokens'),
    average_per_request: numberMember(summary, 'avg'),
  };
}

/** The first that is said. */
function numberMember(members: Readonly<Record<string, unknown>>, ...names: readonly string[]): number | null {
  const found = names.map((name) => exactMember(members, name)).find((value) => value !== null) ?? null;
  return found === null ? null : numberOfExact(found);
}

/** @throws ToolRefusal where both forms are given and differ */
function inNewerNames(given: TokenInput): AnalyticsInput {
  const { metadata, ...rest } = given;
  const newer: Record<string, unknown> = { ...rest };
  for (const [older, name] of Object.entries(olderNames) as [
    keyof typeof olderNames,
    (typeof olderNames)[keyof typeof olderNames],
  ][]) {
    const [a, b] = [listOfTexts(given[older]), listOfTexts(given[name])];
    if (a.length > 0 && b.length > 0 && canonicalJson([...a].sort()) !== canonicalJson([...b].sort()))
      refuseTwo(older, name);
    newer[name] = b.length > 0 ? b : a;
  }
  const parsed = readMetadataText(metadata);
  if (parsed !== null) {
    const other = given.metadata_filter;
    const isOther = other !== undefined && Object.keys(other).length > 0;
    if (isOther && canonicalJson(other) !== canonicalJson(parsed)) refuseTwo('metadata', 'metadata_filter');
    newer.metadata_filter = parsed;
  }
  return newer as AnalyticsInput;
}

function refuseTwo(older: string, name: string): never {
  throw new ToolRefusal('invalid_input', `${older} and ${name} are one filter, and differ`, {
    hint: `Write ${name} alone.`,
    details: { problems: [{ path: older, problem: `differs from ${name}` }] },
  });
}

function readMetadataText(text: string | undefined): Readonly<Record<string, string | number | boolean>> | null {
  if (text === undefined || text.trim() === '') return null;
  const schema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ToolRefusal('invalid_input', 'metadata: write a JSON object of texts, such as {"env":"prod"}', {
    details: { problems: [{ path: 'metadata', problem: 'no JSON object of texts' }] },
  });
}
