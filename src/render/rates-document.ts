/** What analytics say of changed rates, for programs. */

import type { Between } from '../consumption/rate-bounds.ts';
import type { Refused } from '../consumption/read-rate.ts';
import type { JudgedRate } from '../impact/judged-rate.ts';
import type { Plan } from '../plan/types.ts';
import type { CallsBetween, RateDocument, RefusedBetween } from './documents/rates.ts';

export function ratesDocument(rates: NonNullable<Plan['rates']>): Record<string, RateDocument[]> {
  return Object.fromEntries([...rates].map(([id, judged]) => [id, judged.map(rateDocument)]));
}

function rateDocument({ limit, before, after, demand }: JudgedRate): RateDocument {
  const { unit, window, per } = limit;
  const bound = { unit, window, per: [...per], before: before?.amount ?? null, after: after?.amount ?? null };
  if ('unknown' in demand) return { ...bound, source: 'analytics', unknown: demand.unknown, demand: null };
  const { since, step, busiest, peak, refusedBefore, refusedAfter } = demand;
  return {
    ...bound,
    source: 'analytics',
    unknown: null,
    demand: {
      since,
      point_seconds: step === null ? null : Math.round(step / 1000),
      busiest,
      peak: between(peak),
      refused_before: refused(refusedBefore),
      refused_after: refused(refusedAfter),
    },
  };
}

function between({ atLeast, atMost }: Between): CallsBetween {
  return { at_least: atLeast, at_most: atMost };
}

function refused(calls: Refused | null): RefusedBetween | null {
  return calls === null ? null : { ...between(calls), of: calls.of };
}
