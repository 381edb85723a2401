import { z } from 'zod';
import { type Calls, readTotal } from '../consumption/analytics.ts';
import { percentOf } from '../consumption/counters.ts';
import { filterOfMatch } from '../consumption/filter-of-match.ts';
import { exactMember, pointsInTime, tryGraph } from '../consumption/graphs.ts';
import { type LiveRate, readLiveRates } from '../consumption/read-rates.ts';
import { dayMilliseconds } from '../consumption/windows.ts';
import { exactOf } from '../exact.ts';
import { formatRateLimit } from '../resources/limit.ts';
import type { WireProvider } from '../resources/wire.ts';
import { kindWords, percentCell } from './limit-rows.ts';
import { type WorkspaceHandle, workspaceNamed } from './names.ts';
import { pageInput, pageSchema, wholePage } from './pages.ts';
import { defineTool, type ToolContext } from './tool.ts';
import { numberOfExact, untrustedSchema } from './values.ts';

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
    peak_percent: count,
    refused_7_days: count,
    untrusted: untrustedSchema('name'),
  });
type RateRow = z.infer<ReturnType<typeof rowSchema>>;

const output = () =>
  z.object({ answer: z.string(), rates: z.array(rowSchema()), page: pageSchema, notes: z.array(z.string()) });

const hour = 3_600_000;
/** Of windows that the points of analytics are no coarser than. */
const windowLengths: Readonly<Record<string, number>> = { hour, day: dayMilliseconds, week: 7 * dayMilliseconds };

export const getRateLimitsTool = defineTool<z.infer<ReturnType<typeof input>>, z.infer<ReturnType<typeof output>>>({
  name: 'get_rate_limits',
  twin: 'rates',
  toolset: 'policies',
  effect: 'read',
  purpose:
    'Lists rate limits at all places with the peak of their window in 7 days and the calls refused with 429, as far as analytics tell.',
  hints:
    'Peaks of windows below an hour are not told by analytics: null. A 429 does not say which limit it met. For budgets use list_policies. Needs policies.list; peaks need analytics. In pages: `limit`, `cursor`.',
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
          (b.peak_percent ?? -1) - (a.peak_percent ?? -1) ||
          (keyOf(a) < keyOf(b) ? -1 : 1),
      );
    const refusing = rates.filter(({ refused_7_days: refused }) => (refused ?? 0) > 0).length;
    return {
      answer: `${rates.length} rate ${rates.length === 1 ? 'limit' : 'limits'}; calls under ${refusing} of them were refused in the last 7 days.`,
      rates,
      page: wholePage,
      notes: [
        ...new Set(read.flatMap(({ notes }) => notes)),
        'Peaks are counted from fixed points of analytics: the true peak may lie higher.',
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
        row.peak_7_days,
        percentCell(row.peak_percent),
        row.refused_7_days,
      ]),
    },
    { text: answer },
  ],
});

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
  const filter = await filterOfRate(rate, place, context);
  const now = context.now();
  const calls = { workspace: place.slug, from: now - 7 * dayMilliseconds, to: now };
  const row = {
    place: kindWords[rate.kind],
    workspace: place.slug,
    id: rate.id,
    rate: formatRateLimit(rate),
    allowed: rate.amount,
    window: rate.window,
    per: [...rate.per],
    peak_7_days: null,
    peak_percent: null,
    refused_7_days: null,
    untrusted: { name: rate.name },
  };
  if ('unknown' in filter) return { row, note: `Use of some rates is unknown: ${filter.unknown}.` };
  const [peak, refused] = await Promise.all([
    readPeak(rate, { ...calls, filter: filter.value }, context),
    readRefused({ ...calls, filter: { ...filter.value, status_code: '429' } }, context),
  ]);
  const note = typeof peak === 'string' ? peak : typeof refused === 'string' ? refused : null;
  const highest = typeof peak === 'string' ? null : peak;
  return {
    row: {
      ...row,
      peak_7_days: highest,
      peak_percent: highest === null ? null : percentOf(exactOf(highest), exactOf(rate.amount)),
      refused_7_days: typeof refused === 'string' ? null : refused,
    },
    note,
  };
}

async function filterOfRate({ kind, match, id, name }: LiveRate, place: WorkspaceHandle, { reads }: ToolContext) {
  if (kind === 'key-limits') return { value: { api_key_ids: id } };
  if (kind === 'provider-limits') return { value: { virtual_keys: name } };
  if (kind !== 'integration-limits') return filterOfMatch(match);
  const providers = await reads.ask('listProviders', place.id);
  if ('unknown' in providers) return providers;
  const slugs = providers.value.filter(({ integration_id: of }: WireProvider) => of === name).map(({ slug }) => slug);
  return slugs.length === 0
    ? { unknown: `no provider of ${name} shows in ${place.slug}` }
    : { value: { virtual_keys: slugs.join(',') } };
}

/** Of one counter shared by all, in windows that hold whole points. Null: analytics cannot tell; a text: they did not answer. */
async function readPeak(
  { unit, window, per }: LiveRate,
  calls: Calls,
  { reads }: ToolContext,
): Promise<number | null | string> {
  const length = windowLengths[window];
  const isShared = per.every((key) =>
    ['workspace_id', 'organisation_id', 'api_key', 'virtual_key', 'integration'].includes(key),
  );
  if (length === undefined || !isShared || (per.includes('api_key') && calls.filter?.api_key_ids === undefined))
    return null;
  const graph = await tryGraph(reads, `/graphs/${unit}`, calls);
  if (typeof graph === 'string') return `Peaks are unknown: ${graph}.`;
  const points = pointsInTime(graph).map(({ timestamp, members }) => ({
    at: Date.parse(timestamp),
    total: exactMember(members, 'total'),
  }));
  const steps = points.slice(1).map(({ at }, index) => at - (points[index]?.at ?? at));
  if (points.length === 0 || (steps.length > 0 && Math.min(...steps) > length)) return null;
  const sums = new Map<number, number>();
  for (const { at, total } of points) {
    if (total === null) return null;
    const start = Math.floor(at / length);
    sums.set(start, (sums.get(start) ?? 0) + numberOfExact(total));
  }
  return Math.max(...sums.values());
}

async function readRefused(calls: Calls, { reads }: ToolContext): Promise<number | string> {
  const total = await readTotal(reads, 'requests', calls);
  return 'unknown' in total ? `Refused calls are unknown: ${total.unknown}.` : total.value;
}
