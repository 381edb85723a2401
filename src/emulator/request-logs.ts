/**
 * Thirty days of requests, made up from a description of the traffic. Pure: the date and the seed are values, so equal
 * inputs give equal rows.
 *
 * Money is counted in **micro-cents** (a millionth of a US cent), always a whole number: prices are whole cents per million
 * tokens, so `tokens × price` is exact and every sum over rows is exact, however it is grouped. Cents (the service's unit) come out of one division at the very end. That is why usage counters, entities and analytics
 * agree to the last digit.
 */

import type { RequestFacts } from './matching.ts';
import { cataloguePriceOf } from './price-catalogue.ts';
import { buildUuid, createRandom, type Random } from './random.ts';
import type { ProviderRow, RequestLogRow } from './store.ts';

/** A stream of like requests, spread evenly from `from` to `to`. */
export interface SampleStream {
  readonly workspace_id: string;
  readonly api_key_id: string;
  /** Slug of the provider. */
  readonly virtual_key: string;
  readonly ai_org: string;
  readonly ai_model: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Slug of the config. */
  readonly config?: string;
  readonly from: Date;
  readonly to: Date;
  /** How many requests. */
  readonly requests: number;
  /** Least and most tokens of a request, in steps of `tokenStep`. */
  readonly input: readonly [number, number];
  readonly output: readonly [number, number];
  /** One request in `errorEvery` fails (and is neither metered nor priced). Default: none. */
  readonly errorEvery?: number;
  /** One request in `cacheEvery` is answered from the cache (not metered either, 14.5). Default: none. */
  readonly cacheEvery?: number;
  /** Default: chatComplete. */
  readonly endpoint?: 'chatComplete' | 'embed';
}

const microCentsPerCent = 1_000_000;
/** Token counts are multiples of this, so that sums read well. */
const tokenStep = 10;
const errorCodes = [429, 500, 429, 503, 400] as const;

/**
 * Rows of all streams, oldest first. Each stream has a generator of its own, so that its tokens do not depend on how long
 * the others are.
 */
export function generateRequests(streams: readonly SampleStream[], seed: number): RequestLogRow[] {
  return streams
    .flatMap((traffic, index) => generateStream(traffic, createRandom(seed + index * 7919)))
    .sort(compareByAge);
}

function compareByAge(a: RequestLogRow, b: RequestLogRow): number {
  if (a.created_at !== b.created_at) return a.created_at < b.created_at ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

function generateStream(traffic: SampleStream, random: Random): RequestLogRow[] {
  const rows: RequestLogRow[] = [];
  const length = traffic.to.getTime() - traffic.from.getTime();
  if (length <= 0) return rows;
  for (let index = 0; index < traffic.requests; index += 1) {
    const offset = ((index + random()) / traffic.requests) * length;
    rows.push(drawRow(traffic, index, new Date(traffic.from.getTime() + offset), random));
  }
  return rows;
}

function drawRow(traffic: SampleStream, index: number, at: Date, random: Random): RequestLogRow {
  const failed = isNth(index, traffic.errorEvery);
  const cached = !failed && isNth(index, traffic.cacheEvery);
  const input = drawTokens(traffic.input, random);
  const output = drawTokens(traffic.output, random);
  const endpoint = traffic.endpoint ?? 'chatComplete';
  const reqUnits = failed ? 0 : input;
  const resUnits = failed ? 0 : output;
  return {
    id: buildUuid(random),
    trace_id: buildUuid(random),
    span_id: null,
    created_at: `${at.toISOString().slice(0, 19)}.000Z`,
    workspace_id: traffic.workspace_id,
    api_key_id: traffic.api_key_id,
    virtual_key: traffic.virtual_key,
    ai_org: traffic.ai_org,
    ai_model: traffic.ai_model,
    req_units: reqUnits,
    res_units: resUnits,
    total_units: reqUnits + resUnits,
    cost: cached ? 0 : centsFromMicroCents(priceInMicroCents(traffic.ai_org, traffic.ai_model, reqUnits, resUnits)),
    response_time: cached ? 8 + Math.floor(random() * 20) : 300 + Math.floor(random() * 2700),
    response_status_code: failed ? (errorCodes[index % errorCodes.length] ?? 500) : 200,
    is_success: !failed,
    metadata: traffic.metadata ?? {},
    cache_status: cached ? 'HIT' : traffic.cacheEvery === undefined ? 'DISABLED' : 'MISS',
    config: traffic.config ?? null,
    prompt_slug: null,
    mode: 'single',
    request_url: `https://api.${traffic.ai_org}.example.com/v1/${endpoint === 'embed' ? 'embeddings' : 'chat/completions'}`,
    endpoint_type: endpoint,
    retry_success_count: !failed && index % 97 === 96 ? 1 : 0,
    is_fallback: false,
  };
}

function isNth(index: number, every: number | undefined): boolean {
  return every !== undefined && index % every === every - 1;
}

function drawTokens([least, most]: readonly [number, number], random: Random): number {
  const steps = Math.floor((most - least) / tokenStep);
  return least + Math.floor(random() * (steps + 1)) * tokenStep;
}

/** What the tokens cost at the catalogue's price; 0 for models without one. */
export function priceInMicroCents(vendor: string, model: string, input: number, output: number): number {
  const price = cataloguePriceOf(vendor, model);
  return price === undefined ? 0 : input * price.input + output * price.output;
}

export function centsFromMicroCents(microCents: number): number {
  return microCents / microCentsPerCent;
}

/** Exact again: a cost in cents has at most six decimals. */
export function costInMicroCents(row: RequestLogRow): number {
  return Math.round(row.cost * microCentsPerCent);
}

/** Sum of costs in cents, exact whatever the order and grouping. */
export function sumCost(rows: readonly RequestLogRow[]): number {
  let sum = 0;
  for (const row of rows) sum += costInMicroCents(row);
  return centsFromMicroCents(sum);
}

export function isCacheHit(row: RequestLogRow): boolean {
  return row.cache_status === 'HIT' || row.cache_status === 'SEMANTIC HIT';
}

/** The row as the gateway saw it when it looked at the policies. */
export function requestFacts(
  row: RequestLogRow,
  organisationId: string,
  providers: readonly Pick<ProviderRow, 'id' | 'slug' | 'workspace_id'>[],
): RequestFacts {
  const provider = providers.find(
    (candidate) => candidate.slug === row.virtual_key && candidate.workspace_id === row.workspace_id,
  );
  return {
    organisation_id: organisationId,
    workspace_id: row.workspace_id,
    api_key_id: row.api_key_id,
    virtual_key: provider === undefined ? undefined : { id: provider.id, slug: provider.slug },
    vendor: row.ai_org,
    model: row.ai_model,
    config_slug: row.config ?? undefined,
    metadata: row.metadata,
  };
}
