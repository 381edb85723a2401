/** Every budget of some workspaces held against what is used of it: what `status` and all questions about limits begin with. */

import type { Desired } from '../resources/types.ts';
import type { Reads } from './ask.ts';
import type { UsageUnit } from './counters.ts';
import { judgeLimit, type LimitStatus, type LiveLimit, settleDoubts } from './limit-status.ts';
import { readConsumption } from './read-consumption.ts';
import type { ReadLimits } from './read-limits.ts';

export interface JudgedLimits {
  /** In the order in which they were read. */
  readonly limits: readonly LimitStatus[];
  /** Why paces are missing, each reason once. */
  readonly paceGaps: readonly string[];
  /** The limit whose use contradicts the service's own verdict; null: none does. */
  readonly mistake: LiveLimit | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface JudgingNeeds {
  /** For the unit that the service counts money in, and for its version; null: there are no files. */
  readonly desired: Pick<Desired, 'gateway'> | null;
  readonly now: () => number;
}

export async function judgeReadLimits(
  read: ReadLimits,
  reads: Reads,
  { desired, now }: JudgingNeeds,
): Promise<JudgedLimits> {
  const { limits, paces, why } = await readConsumption(read, reads, now);
  const at = now();
  const settled = settleDoubts(limits, usageUnitOf(desired), isBefore120(desired));
  const judged = settled.limits.map((facts, index) => {
    const counted = limits[index];
    return judgeLimit(facts, counted === undefined ? null : (paces.get(counted) ?? null), at);
  });
  return { limits: judged, paceGaps: why, mistake: settled.mistake ?? null, at };
}

export function usageUnitOf(desired: Pick<Desired, 'gateway'> | null): UsageUnit {
  return desired?.gateway.usageUnit ?? 'cents';
}

/** Before 1.20 a counter may stay exhausted after its limit was raised, and contradicts nothing. */
function isBefore120(desired: Pick<Desired, 'gateway'> | null): boolean {
  const minor = /^1\.(\d+)/.exec(desired?.gateway.backend ?? '')?.[1];
  return minor !== undefined && Number(minor) < 20;
}
