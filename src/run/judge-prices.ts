/**
 * When the budgets in dollars run out once the prices of an integration change, by the calls of the last seven days. Budgets are
 * taken as they are live: what the plan does to one stands beside that change. What cannot be read is unknown, with the reason; it
 * never fails a plan.
 */

import { groupings, readGroups } from '../consumption/analytics.ts';
import type { Known, Reads } from '../consumption/ask.ts';
import { type CountedCalls, callsOfIntegration, filterOfCalls } from '../consumption/counted-calls.ts';
import { judgeReadLimits, usageUnitOf } from '../consumption/judged-limits.ts';
import type { LimitStatus } from '../consumption/limit-status.ts';
import { matchCall } from '../consumption/match-call.ts';
import { createPaces, paceDays } from '../consumption/pace.ts';
import { type ReadLimits, readLimits } from '../consumption/read-limits.ts';
import { dayMilliseconds } from '../consumption/windows.ts';
import { compare, divide, type Exact, multiply, total, zero } from '../exact.ts';
import { anyCostRange, type CostRange, costRangeOf, hullOf, type PriceSides, sameCost } from '../impact/cost-range.ts';
import { isSameDay, type PricedBudget, type PriceEffect, runOutAfter } from '../impact/price-effect.ts';
import type { LiveIndex } from '../live/live-index.ts';
import { byHandle } from '../live/named-workspaces.ts';
import type { Change } from '../plan/types.ts';
import { toFields } from '../resources/fields.ts';
import { hasOtherKinds } from '../resources/integration-prices.ts';
import { isPartOfPrices } from '../resources/price-fields.ts';
import type { Desired } from '../resources/types.ts';
import type { WireIntegrationPrices, WireProvider } from '../resources/wire.ts';

/** Of more the plan says that nobody has looked. */
const mostWorkspaces = 20;

/** Of more it is not asked which models their calls went to. */
const mostByModel = 20;

export interface PriceContext {
  readonly index: LiveIndex;
  readonly desired: Pick<Desired, 'gateway'>;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly people: 'names' | 'counts';
}

/** Changes of prices; most plans have none, and ask nothing here. */
export function priceChanges(changes: readonly Change[]): readonly Change[] {
  return changes.filter(({ fieldChanges }) => fieldChanges.some(({ field }) => isPartOfPrices(field)));
}

/** By the id of the change. @throws CancelledError */
export async function judgePrices(
  reads: Reads,
  changes: readonly Change[],
  context: PriceContext,
): Promise<ReadonlyMap<string, PriceEffect>> {
  const judged = changes.map(async (change) => [change.id, await judgeOne(reads, change, context)] as const);
  return new Map(await Promise.all(judged));
}

async function judgeOne(reads: Reads, change: Change, context: PriceContext): Promise<PriceEffect> {
  const { index, now, desired } = context;
  const { name: slug } = change.key;
  const times = {
    since: new Date(now - paceDays * dayMilliseconds).toISOString(),
    asOf: new Date(now).toISOString(),
  };
  const nothing = (why: string): PriceEffect => ({ ...times, budgets: [], same: 0, sameIn: [], gaps: [why] });
  const shares = await reads.ask('listIntegrationWorkspaces', slug);
  if ('unknown' in shares) return nothing(`whose budgets count in these prices is not known: ${shares.unknown}`);
  const workspaceOf = byHandle(index.live.workspaces);
  const all = shares.value.flatMap(({ id }) => workspaceOf.get(id)?.slug ?? []).sort();
  const slugs = all.slice(0, mostWorkspaces);
  if (slugs.length === 0) return { ...times, budgets: [], same: 0, sameIn: [], gaps: [] };
  const query = {
    ...{ workspaces: slugs, integrations: [slug], unit: 'cost' as const, usageUnit: usageUnitOf(desired) },
    ...{ counts: context.people === 'counts', now: () => now },
  };
  const known = await reads.attempt('listWorkspaces', () => readLimits(reads, query));
  if ('unknown' in known) return nothing(`whose budgets count in these prices is not known: ${known.unknown}`);
  const read = { ...known.value, limits: known.value.limits.filter(({ unit }) => unit === 'cost') };
  const { limits } = await judgeReadLimits(read, reads, { desired, now: () => now });
  const through = new Through(reads, slug, sidesOf(change, index), context);
  const budgets = await Promise.all(
    limits.map((status, at) => judgeBudget(status, callsOf(read, at), through, context)),
  );
  const moved = budgets.filter((budget) => budget !== null);
  return {
    ...times,
    budgets: moved,
    same: budgets.length - moved.length,
    sameIn: [
      ...new Set(limits.flatMap(({ facts }, at) => (budgets[at] === null ? (facts.workspace ?? []) : []))),
    ].sort(),
    gaps: [
      ...(all.length > slugs.length
        ? [`budgets of ${all.length - slugs.length} more workspaces are not looked at`]
        : []),
      ...read.gaps.map(({ workspace, why }) => `${workspace === null ? '' : `${workspace}: `}${why}`).sort(),
    ],
  };
}

/** In the order of the limits that were read, which judging keeps. */
function callsOf({ limits, calls }: ReadLimits, at: number): CountedCalls | null {
  const facts = limits[at];
  return facts === undefined ? null : (calls.get(facts) ?? null);
}

function sidesOf(change: Change, index: LiveIndex): PriceSides {
  const object = index.at(change.key.kind, null).byId(change.liveId ?? '');
  const before = object === undefined ? (change.before ?? {}) : index.fieldsOf(object);
  const gone = change.after === null ? Object.keys(change.before ?? {}) : [];
  const after = { ...before, ...change.after, ...toFields(gone.map((field) => [field, null])) };
  const models = object === undefined ? [] : (object.row as unknown as WireIntegrationPrices).models;
  return { before, after, otherKinds: new Set(models.filter(hasOtherKinds).map(({ slug }) => slug)) };
}

/** Null: it runs out when it did. */
async function judgeBudget(
  status: LimitStatus,
  calls: CountedCalls | null,
  through: Through,
  { now, people }: PriceContext,
): Promise<PricedBudget | null> {
  const { facts, runOut: before } = status;
  const parts = await through.partsOf(status, calls);
  if ('value' in parts && parts.value.length === 0) return null;
  const after = 'unknown' in parts ? parts : runOutAfter(status, parts.value, now);
  if (before !== null && 'value' in after) {
    const { earliest, latest } = after.value;
    if (isSameDay(earliest, before) && isSameDay(latest, before)) return null;
  }
  const { kind, workspace, name, amount, reset } = facts;
  const isNamed = people === 'names' || kind !== 'key-limits';
  return { kind, workspace, name: isNamed ? name : null, amount, reset, before, after };
}

interface Part {
  readonly perDay: Exact;
  readonly range: CostRange;
}

/** What of the calls of a limit goes through the providers of one integration. */
class Through {
  readonly #reads: Reads;
  readonly #slug: string;
  readonly #sides: PriceSides;
  readonly #context: PriceContext;
  readonly #any: Known<CostRange>;
  #byModel = 0;

  constructor(reads: Reads, slug: string, sides: PriceSides, context: PriceContext) {
    this.#reads = reads;
    this.#slug = slug;
    this.#sides = sides;
    this.#context = context;
    this.#any = anyCostRange(sides);
  }

  /** None: no call that it counts. */
  async partsOf({ facts, pace }: LimitStatus, calls: CountedCalls | null): Promise<Known<readonly Part[]>> {
    const { workspace } = facts;
    if (workspace === null) return { unknown: 'it belongs to no workspace' };
    const slugs = await this.#providersIn(workspace);
    if ('unknown' in slugs) return slugs;
    const own = calls?.of === 'providers' ? slugs.value.filter((one) => calls.slugs.includes(one)) : slugs.value;
    const isElsewhere = own.every((one) => {
      const call = { values: { virtual_key: one }, knowsMetadata: false };
      return matchCall(facts.match, [], call).applies === 'no';
    });
    if (isElsewhere) return { value: [] };
    // Without the pace of analytics there is nothing to compare a part with.
    if (pace === null) return { value: [{ perDay: zero, range: sameCost }] };
    if (calls === null || pace.basis !== 'last-7-days') return this.#anyPart(pace.perDay);
    const isOfProviders = calls.of === 'providers';
    const only = isOfProviders ? undefined : { virtual_keys: own.join(',') };
    const paceOf = createPaces(this.#reads, this.#context.now, only);
    const part = await paceOf(facts, isOfProviders ? { of: 'providers', slugs: own } : calls);
    if (part === null || 'unknown' in part) return this.#anyPart(pace.perDay);
    // Calls of what is free until now cost nothing so far either.
    if (part.value.n === 0n && 'value' in this.#any) return { value: [] };
    return this.#byModels(workspace, isOfProviders ? { ...calls, slugs: own } : calls, own, part.value);
  }

  /** Any of it may go through the integration, or none. */
  #anyPart(perDay: Exact): Known<readonly Part[]> {
    const range = hullOf([this.#any, { value: sameCost }]);
    return 'unknown' in range ? range : { value: [{ perDay, range: range.value }] };
  }

  /** Where models move differently, each by what it cost. */
  async #byModels(
    workspace: string,
    calls: CountedCalls,
    slugs: readonly string[],
    perDay: Exact,
  ): Promise<Known<readonly Part[]>> {
    const any = this.#any;
    const whole: Known<readonly Part[]> = 'unknown' in any ? any : { value: [{ perDay, range: any.value }] };
    if ('value' in any && compare(any.value.least, any.value.most) === 0) return whole;
    if (this.#byModel >= mostByModel) return whole;
    this.#byModel += 1;
    const filter = filterOfCalls(calls);
    if ('unknown' in filter) return whole;
    const { now } = this.#context;
    const asked = {
      ...{ workspace, from: now - paceDays * dayMilliseconds, to: now },
      filter: { ...filter.value, virtual_keys: slugs.join(',') },
    };
    const groups = await readGroups(this.#reads, groupings.model, asked, { shows: ['cost'] });
    if ('unknown' in groups || groups.value.cut !== null) return whole;
    const { rows } = groups.value;
    const costs = rows.flatMap(({ cost }) => cost ?? []);
    // What a model cost that nobody knows is a part of the pace as well.
    if (costs.length < rows.length) return whole;
    const sum = total(costs);
    if (sum.n === 0n && perDay.n > 0n) return whole;
    const parts: Part[] = [];
    for (const { name, cost } of rows) {
      const range = costRangeOf(this.#sides, name);
      if ('unknown' in range) return range;
      parts.push({ perDay: sum.n === 0n ? zero : multiply(perDay, divide(cost ?? zero, sum)), range: range.value });
    }
    const isMoved = parts.some(({ range }) => !isOne(range.least) || !isOne(range.most));
    return { value: isMoved ? parts : [] };
  }

  async #providersIn(workspace: string): Promise<Known<readonly string[]>> {
    const { index } = this.#context;
    const id = index.live.workspaces.find(({ slug }) => slug === workspace)?.id ?? workspace;
    const rows: Known<readonly WireProvider[]> = await this.#reads.ask('listProviders', id);
    if ('unknown' in rows) return rows;
    const calls = callsOfIntegration(this.#slug, rows.value);
    return { value: calls.of === 'providers' ? calls.slugs : [] };
  }
}

function isOne({ n, d }: Exact): boolean {
  return n === d;
}
