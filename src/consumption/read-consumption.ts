/** What analytics add to many limits: estimates where the service shows no counter, and the pace of the last 7 days. */

import { type Exact, exactOf } from '../exact.ts';
import type { Reads } from './ask.ts';
import type { CountedCalls } from './counted-calls.ts';
import { estimateUse } from './estimate-use.ts';
import { type LimitUse, type LiveLimit, limitCountedSince } from './limit-status.ts';
import { createPaces } from './pace.ts';
import { notEstimated, type ReadLimits } from './read-limits.ts';

export interface Consumption {
  /** With estimates filled in. */
  readonly limits: readonly LiveLimit[];
  /** Per day over the last 7 days, in the limit's unit; null: analytics cannot tell. By the facts in `limits`. */
  readonly paces: ReadonlyMap<LiveLimit, Exact | null>;
  /** Why paces are missing, each reason once. */
  readonly why: readonly string[];
}

export async function readConsumption(read: ReadLimits, reads: Reads, now: () => number): Promise<Consumption> {
  const paceOf = createPaces(reads, now());
  const pairs = await Promise.all(
    read.limits.map(async (facts) => {
      const calls = read.calls.get(facts) ?? null;
      const [usage, pace] = await Promise.all([
        facts.usage === notEstimated && calls !== null ? estimate(facts, calls, reads, now()) : facts.usage,
        paceOf(facts, calls),
      ]);
      return { facts: { ...facts, usage }, pace };
    }),
  );
  const paces = new Map<LiveLimit, Exact | null>();
  const why = new Set<string>();
  for (const { facts, pace } of pairs) {
    paces.set(facts, pace !== null && 'value' in pace ? pace.value : null);
    if (pace !== null && 'unknown' in pace) why.add(pace.unknown);
  }
  return { limits: pairs.map(({ facts }) => facts), paces, why: [...why].sort() };
}

async function estimate(facts: LiveLimit, calls: CountedCalls, reads: Reads, now: number): Promise<LimitUse> {
  const { workspace, unit, amount, verdict, updatedAt } = facts;
  const since = limitCountedSince(facts, now);
  const spent = await estimateUse(reads, { workspace, calls, unit, amount, verdict, updatedAt, since, now });
  if ('unknown' in spent) return { known: false, why: spent.unknown };
  const counter = { valueKey: null, used: exactOf(spent.value), verdict };
  return { known: true, counters: [counter], source: 'estimated', asOf: now };
}
