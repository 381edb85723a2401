/**
 * What the gateway does with a call, once: the replay goes by these tables, and so may SQL that is made for another engine
 * (docs/service-notes.md#enforcement). A limit is consulted for the calls that its conditions let in and that have a value for each
 * word it counts by; all others pass it by.
 */

import { rowFlags } from '../logs/row-batch.ts';
import type { LimitKind } from '../resources/types.ts';

export type CallFate = 'served' | 'failed' | 'refused' | 'cache hit';

export interface FateRule {
  /** Limits are consulted: the call can be refused. */
  readonly isChecked: boolean;
  /** A budget is charged with it, once it has passed all limits. */
  readonly isCharged: boolean;
  /** A rate of requests counts it, if it gets as far as that limit. */
  readonly isCounted: boolean;
}

/** A call that failed, or that the gateway refused then, may be refused, and costs nothing. */
export const fateRules: Readonly<Record<CallFate, FateRule>> = {
  served: { isChecked: true, isCharged: true, isCounted: true },
  failed: { isChecked: true, isCharged: false, isCounted: true },
  refused: { isChecked: true, isCharged: false, isCounted: true },
  // Served past every limit, and not metered.
  'cache hit': { isChecked: false, isCharged: false, isCounted: false },
};

/** Calls that were of no use, whatever a limit says. */
export const failures: readonly CallFate[] = ['failed', 'refused'];

export function fateOf(flags: number): CallFate {
  if ((flags & rowFlags.cacheHit) !== 0) return 'cache hit';
  if ((flags & rowFlags.refused) !== 0) return 'refused';
  return (flags & rowFlags.failed) !== 0 ? 'failed' : 'served';
}

/**
 * How far a call gets: a limit of a later stage does not hear of a call that one of an earlier stage refuses. Within a stage the
 * budgets stand before the rates, and all rates count the call, also one that refuses it.
 */
export const gatewayStage: Readonly<Record<LimitKind, number>> = {
  'workspace-limits': 0,
  'key-limits': 0,
  'integration-limits': 1,
  'provider-limits': 2,
  'usage-policy': 3,
  'rate-policy': 3,
};
