/** What analytics add to limits: estimates where the service shows no counter, and the pace of the last 7 days. */

import { compare, type Exact, exactOf, fraction, multiply, total, zero } from '../exact.ts';
import type { Unit } from '../resources/types.ts';
import type { Analytics, GroupRow } from './analytics.ts';
import type { Answer } from './ask.ts';
import type { Traffic } from './limit-facts.ts';
import { countedSince, type LiveLimit, type Usage } from './limit-status.ts';
import { notEstimated, type ReadLimits } from './read-limits.ts';
import { beganLater, mayBeginLater } from './row-use.ts';
import { dayMilliseconds } from './windows.ts';

export interface Consumption {
  /** With estimates filled in. */
  readonly limits: readonly LiveLimit[];
  /** Per day over the last 7 days, in the limit's unit; null: analytics cannot tell. By the facts in `limits`. */
  readonly paces: ReadonlyMap<LiveLimit, Exact | null>;
  /** Why paces are missing, each reason once. */
  readonly why: readonly string[];
}

const paceDays = 7;

export async function readConsumption(read: ReadLimits, analytics: Analytics, now: () => number): Promise<Consumption> {
  const paceOf = createPaces(read, analytics, now());
  const pairs = await Promise.all(
    read.limits.map(async (facts) => {
      const traffic = read.traffic.get(facts) ?? null;
      const [usage, pace] = await Promise.all([
        facts.usage === notEstimated ? estimate(facts, traffic, analytics, now) : facts.usage,
        paceOf(facts, traffic),
      ]);
      return { facts: { ...facts, usage }, pace };
    }),
  );
  const paces = new Map<LiveLimit, Exact | null>();
  const why = new Set<string>();
  for (const { facts, pace } of pairs) {
    paces.set(facts, pace?.known === true ? pace.value : null);
    if (pace?.known === false) why.add(pace.why);
  }
  return { limits: pairs.map(({ facts }) => facts), paces, why: [...why].sort() };
}

async function estimate(facts: LiveLimit, traffic: Traffic, analytics: Analytics, now: () => number): Promise<Usage> {
  const since = countedSince(facts, now());
  if (since === null) return { known: false, why: 'it is not known since when it counts' };
  if (facts.unit === 'requests' || facts.workspace === null) return { known: false, why: 'analytics do not count it' };
  if (traffic === null) return { known: false, why: 'no provider of this integration is live in the workspace' };
  const slugs = traffic.of === 'providers' ? traffic.slugs : undefined;
  const window = { from: since, to: now() };
  const sum = await analytics.readTotal(facts.unit === 'cost' ? 'cost' : 'tokens', facts.workspace, window, slugs);
  if (!sum.known) return sum;
  const isOver = facts.verdict === null && compare(sum.value, exactOf(facts.amount)) >= 0;
  if (isOver && mayBeginLater(facts.updatedAt, since)) return { known: false, why: beganLater };
  const counter = { valueKey: null, used: sum.value, verdict: facts.verdict };
  return { known: true, counters: [counter], source: 'estimated', asOf: window.to };
}

/** One list of keys, and one of providers where it is asked for, per workspace: not one a limit. */
function createPaces({ keyNames }: ReadLimits, analytics: Analytics, now: number) {
  const window = { from: now - paceDays * dayMilliseconds, to: now };
  const asked = new Map<string, Promise<Answer<readonly GroupRow[]>>>();
  const readGroups = (by: 'api_key' | 'provider', workspace: string): Promise<Answer<readonly GroupRow[]>> => {
    const name = `${by}\n${workspace}`;
    const running = asked.get(name) ?? analytics.readGroups(by, workspace, window).then(wholeOf);
    asked.set(name, running);
    return running;
  };

  return async (facts: LiveLimit, of: Traffic): Promise<Answer<Exact> | null> => {
    if (of === null || facts.workspace === null) return null;
    const groups = await readGroups(of.of === 'providers' ? 'provider' : 'api_key', facts.workspace);
    if (!groups.known) return groups;
    const wanted = selectRows(facts, of, keyNames);
    if (wanted === null) return null;
    const amounts = groups.value.filter(wanted).map((row) => amountOf(row, facts.unit));
    const known = amounts.filter((amount) => amount !== null);
    if (known.length < amounts.length) return null;
    const share = fraction(BigInt(dayMilliseconds), BigInt(Math.round(observed(facts, now))));
    return { known: true, value: multiply(total(known), share) };
  };
}

/** A key of yesterday has had no seven days to spend in; a policy counts what was there before it. */
function observed(facts: LiveLimit, now: number): number {
  const whole = paceDays * dayMilliseconds;
  const created = facts.kind === 'usage-policy' || facts.createdAt === null ? Number.NaN : Date.parse(facts.createdAt);
  return Number.isNaN(created) ? whole : Math.min(whole, Math.max(dayMilliseconds, now - created));
}

function selectRows(
  facts: LiveLimit,
  traffic: Exclude<Traffic, null>,
  keyNames: ReadLimits['keyNames'],
): ((row: GroupRow) => boolean) | null {
  switch (traffic.of) {
    case 'workspace':
      return () => true;
    case 'key':
      return ({ name }) => name === traffic.id;
    case 'providers':
      return ({ name }) => traffic.slugs.includes(name);
    case 'fullest-key': {
      if (!facts.usage.known) return null;
      const fullest = [...facts.usage.counters].sort((a, b) => (b.used.n * a.used.d > a.used.n * b.used.d ? 1 : -1))[0];
      // Value keys are built and compared, never parsed: their parts are not escaped.
      const id = Object.keys(keyNames).find((key) => fullest?.valueKey === `api_key:${key}`);
      return id === undefined ? null : ({ name }) => name === id;
    }
  }
}

/** A list that was cut would make a pace too slow. */
function wholeOf(
  groups: Answer<{ readonly rows: readonly GroupRow[]; readonly total: number | null }>,
): Answer<readonly GroupRow[]> {
  if (!groups.known) return groups;
  const { rows, total: all } = groups.value;
  if (all === null || rows.length < all)
    return { known: false, why: `analytics list ${all ?? 'more'} groups, of which ${rows.length} were read` };
  return { known: true, value: rows };
}

function amountOf({ cost, tokens, requests }: GroupRow, unit: Unit): Exact | null {
  switch (unit) {
    case 'cost':
      return cost;
    case 'tokens':
      return tokens;
    case 'requests':
      return requests === 0 ? zero : fraction(BigInt(requests), 1n);
  }
}
