/**
 * The changed rates of a plan against the calls of the last seven days, as far as analytics tell. What cannot be read is unknown, with
 * the reason; it never fails a plan.
 */

import type { Known, Reads } from '../consumption/ask.ts';
import { type RateDemand, readRate } from '../consumption/read-rate.ts';
import type { JudgedRate } from '../impact/judged-rate.ts';
import type { RateMove } from '../impact/rate-moves.ts';
import type { LiveIndex } from '../live/live-index.ts';
import type { RateLimit } from '../resources/limit.ts';
import { callsOfLimit } from './calls-of-limit.ts';

/** Of more the plan says that nobody has looked. */
const mostJudged = 50;

export interface RateContext {
  readonly index: LiveIndex;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly people: 'names' | 'counts';
}

/** By the id of the change. @throws CancelledError */
export async function judgeRates(
  reads: Reads,
  moves: readonly RateMove[],
  context: RateContext,
): Promise<ReadonlyMap<string, readonly JudgedRate[]>> {
  const judged = await Promise.all(
    moves.map(async (move, index): Promise<[string, JudgedRate]> => {
      const { limit, before, after } = move;
      const demand = index < mostJudged ? await judgeRate(reads, move, context) : tooMany;
      return [move.change.id, { limit, before, after, demand }];
    }),
  );
  const byChange = new Map<string, JudgedRate[]>();
  for (const [id, rate] of judged) byChange.set(id, [...(byChange.get(id) ?? []), rate]);
  return byChange;
}

const tooMany = { unknown: `only the first ${mostJudged} rates of a plan are looked at` };

async function judgeRate(reads: Reads, move: RateMove, context: RateContext): Promise<JudgedRate['demand']> {
  const { before, after, limit } = move;
  const [was, will] = await Promise.all([
    readSide(reads, move, before, context),
    readSide(reads, move, after, context),
  ]);
  const shown = limit === after ? will : was;
  if (shown === null) return { unknown: 'there is no rate' };
  if ('unknown' in shown) return shown;
  const { since, step, peak, busiest } = shown.value;
  const refused = (side: Known<RateDemand> | null) => (side === null || 'unknown' in side ? null : side.value.refused);
  return {
    since,
    step,
    peak,
    busiest: context.people === 'counts' ? null : busiest,
    refusedBefore: refused(was),
    refusedAfter: refused(will),
  };
}

/** What both sides ask alike is asked once. */
async function readSide(
  reads: Reads,
  move: RateMove,
  limit: RateLimit | null,
  { index, now }: RateContext,
): Promise<Known<RateDemand> | null> {
  if (limit === null) return null;
  const calls = await callsOfLimit({ ...move, limit }, index, reads);
  return 'unknown' in calls ? calls : readRate(reads, { ...calls.value, limit, now });
}
