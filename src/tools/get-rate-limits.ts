import { z } from 'zod';
import { readTotal } from '../consumption/analytics.ts';
import type { Known, Reads } from '../consumption/ask.ts';
import { type CountedCalls, callsOfIntegration, filterOfCalls } from '../consumption/counted-calls.ts';
import { percentOf } from '../consumption/counters.ts';
import { type Between, describeBetween } from '../consumption/rate-bounds.ts';
import { readRate } from '../consumption/read-rate.ts';
import { type LiveRate, readLiveRates } from '../consumption/read-rates.ts';
import { dayMilliseconds } from '../consumption/windows.ts';
import { exactOf } from '../exact.ts';
import type { AnswerCell } from '../render/answer.ts';
import { formatWhole } from '../resources/amounts.ts';
import { formatRateLimit } from '../resources/limit.ts';
import { kindWords, percentCell } from './limit-rows.ts';
import { type WorkspaceHandle, workspaceNamed } from './names.ts';
import { pageInput, pageSchema, wholePage } from './pages.ts';
import { defineTool, type ToolContext } from './tool.ts';
import { untrustedSchema } from './values.ts';

const input = () => z.strictObject({ workspace: z.string().max(200).optional(), ...pageInput });

const count = z.number().nullable();

const rowSchema = () =>
  z.object({
    place: z.string(),
    workspace: z.string(),
    id: z.string(),
    rate: z.string(),
    allowed: z.number(),
    window: z.string(),
    per: z.array(z.string()),
    peak_7_days: count,
    peak_at_least: count,
    peak_at_most: count,
    peak_percent: count,
    refused_7_days: count,
    untrusted: untrustedSchema('name'),
  });
type RateRow = z.infer<ReturnType<typeof rowSchema>>;

const output = () =>
  z.object({ answer: z.string(), rates: z.array(rowSchema()), page: pageSchema, notes: z.array(z.string()) });

export const getRateLimitsTool = defineTool<z.infer<ReturnType<typeof input>>, z.infer<ReturnType<typeof output>>>({
  name: 'get_rate_limits',
  twin: 'rates',
  toolset: 'policies',
  effect: 'read',
  purpose:
    'Lists rate limits at all places with the peak of their window in 7 days (bounds where points of analytics are longer) and the calls refused with 429.',
  hints:
    'A 429 does not say which limit it met. For budgets use list_policies. Needs policies.list; peaks need analytics. In pages: `limit`, `cursor`.',
  input,
  output,
  list: 'rates',
  async run({ workspace }, context) {
    const all = await context.workspaces();
    const places = workspace === undefined ? all : [workspaceNamed(workspace, all)];
    const read = await Promise.all(places.map((place) => readPlaceRates(place, context)));
    const rates = read
      .flatMap(({ rows }) => rows)
      .sort(
        (a, b) =>
          (b.refused_7_days ?? -1) - (a.refused_7_days ?? -1) ||
          fullness(b) - fullness(a) ||
          (keyOf(a) < keyOf(b) ? -1 : 1),
      );
    const refusing = rates.filter(({ refused_7_days: refused }) => (refused ?? 0) > 0).length;
    return {
      answer: `${rates.length} rate ${rates.length === 1 ? 'limit' : 'limits'}; calls under ${refusing} of them were refused in the last 7 days.`,
      rates,
      page: wholePage,
      notes: [
        ...new Set(read.flatMap(({ notes }) => notes)),
        'Where a window is shorter than the points of analytics, its peak is told as between two numbers.',
      ],
    };
  },
  show: ({ answer, rates }) => [
    {
      columns: [
        { head: 'workspace' },
        { head: 'place' },
        { head: 'name' },
        { head: 'rate', align: 'right' },
        { head: 'peak 7 d', align: 'right' },
        { head: '%', align: 'right' },
        { head: 'refused 7 d', align: 'right' },
      ],
      rows: rates.map((row) => [
        row.workspace,
        row.place,
        row.untrusted.name,
        row.rate,
        peakCell(row),
        percentCell(row.peak_percent),
        row.refused_7_days,
      ]),
    },
    { text: answer },
  ],
});

/** Of what is certain. */
function fullness({ peak_at_least: peak, allowed }: RateRow): number {
  return peak === null ? -1 : peak / allowed;
}

function peakCell({ peak_at_least: atLeast, peak_at_most: atMost }: RateRow): AnswerCell {
  if (atLeast === null) return null;
  return describeBetween({ atLeast, atMost }, formatWhole);
}

function keyOf({ workspace, place, untrusted, id, rate }: RateRow): string {
  return [workspace, place, untrusted.name ?? '', id, rate].join('\n');
}

async function readPlaceRates(place: WorkspaceHandle, context: ToolContext) {
  const { rates, gaps } = await readLiveRates(context.reads, place);
  const rows = await Promise.all(rates.map((rate) => toRow(rate, place, context)));
  return {
    rows: rows.map(({ row }) => row),
    notes: [
      ...gaps.map(({ kind, why }) => `Not read: ${kindWords[kind]} limits of ${place.slug}: ${why}.`),
      ...rows.flatMap(({ note }) => (note === null ? [] : [note])),
    ],
  };
}

async function toRow(
  rate: LiveRate,
  place: WorkspaceHandle,
  context: ToolContext,
): Promise<{ row: RateRow; note: string | null }> {
  const { reads } = context;
  const now = context.now();
  const row = {
    place: kindWords[rate.kind],
    workspace: place.slug,
    id: rate.id,
    rate: formatRateLimit(rate),
    allowed: rate.amount,
    window: rate.window,
    per: [...rate.per],
    ...untold,
    peak_percent: null,
    refused_7_days: null,
    untrusted: { name: rate.name },
  };
  const calls = await callsOfRate(rate, place, reads);
  if ('unknown' in calls) return { row, note: `Use of some rates is unknown: ${calls.unknown}.` };
  const [demand, refused] = await Promise.all([
    readRate(reads, { workspace: place.slug, calls: calls.value, limit: rate, now }),
    readRefused(reads, calls.value, place, now),
  ]);
  const peak = 'unknown' in demand ? untold : told(demand.value.peak);
  return {
    row: {
      ...row,
      ...peak,
      peak_percent: peak.peak_7_days === null ? null : percentOf(exactOf(peak.peak_7_days), exactOf(rate.amount)),
      refused_7_days: 'unknown' in refused ? null : refused.value,
    },
    note:
      'unknown' in demand
        ? `Some peaks are unknown: ${demand.unknown}.`
        : 'unknown' in refused
          ? `Refused calls are unknown: ${refused.unknown}.`
          : null,
  };
}

const untold = { peak_7_days: null, peak_at_least: null, peak_at_most: null };

function told({ atLeast, atMost }: Between) {
  return {
    peak_7_days: atLeast === atMost ? atLeast : null,
    peak_at_least: atLeast,
    peak_at_most: atMost,
  };
}

async function callsOfRate({ kind, match, id, name }: LiveRate, place: WorkspaceHandle, reads: Reads) {
  if (kind === 'key-limits') return { value: { of: 'key', id } } satisfies Known<CountedCalls>;
  if (kind === 'provider-limits') return { value: { of: 'providers', slugs: [name] } } satisfies Known<CountedCalls>;
  if (kind !== 'integration-limits') return { value: { of: 'matched', match } } satisfies Known<CountedCalls>;
  const providers = await reads.ask('listProviders', place.id);
  return 'unknown' in providers ? providers : { value: callsOfIntegration(name, providers.value) };
}

/** A 429 does not say which limit it met: all of those calls. */
async function readRefused(
  reads: Reads,
  calls: CountedCalls,
  { slug: workspace }: WorkspaceHandle,
  now: number,
): Promise<Known<number>> {
  const filter = filterOfCalls(calls);
  if ('unknown' in filter) return filter;
  return readTotal(reads, 'requests', {
    workspace,
    from: now - 7 * dayMilliseconds,
    to: now,
    filter: { ...filter.value, status_code: '429' },
  });
}
