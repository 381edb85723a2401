/** What analytics say of a limit since it counts, where the service shows no counter. */

import type { Unit } from '../resources/types.ts';
import { readTotal } from './analytics.ts';
import type { Known, Reads } from './ask.ts';
import { type CountedCalls, filterOfCalls } from './counted-calls.ts';
import { beganLater, mayBeginLater, type RowVerdict } from './row-use.ts';

export interface EstimateNeeds {
  /** Slug; null: it belongs to no workspace. */
  readonly workspace: string | null;
  readonly calls: CountedCalls;
  readonly unit: Unit;
  /** The limit; null: there is none to hold the use against. */
  readonly amount: number | null;
  readonly verdict: RowVerdict;
  /** `last_updated_at` of the row that carries it. */
  readonly updatedAt: unknown;
  /** Since when it counts, in milliseconds since the epoch; null: nothing shows it. */
  readonly since: number | null;
  readonly now: number;
}

/** Cents, tokens or requests. */
export async function estimateUse(reads: Reads, needs: EstimateNeeds): Promise<Known<number>> {
  const { workspace, calls, unit, amount, verdict, updatedAt, since, now } = needs;
  if (since === null) return { unknown: 'the service does not show since when it counts' };
  if (workspace === null) return ofNoWorkspace;
  const filter = filterOfCalls(calls);
  if ('unknown' in filter) return filter;
  const spent = await readTotal(reads, unit, { workspace, from: since, to: now, filter: filter.value });
  if ('unknown' in spent) return spent;
  // Where the service gives a verdict, that tells.
  const isOver = verdict === null && amount !== null && spent.value >= amount;
  return isOver && mayBeginLater(updatedAt, since) ? { unknown: beganLater } : spent;
}

export const ofNoWorkspace = { unknown: 'analytics are read by workspace, and this belongs to none' } as const;
