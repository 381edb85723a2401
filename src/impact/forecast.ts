/** When a budget runs out before and after a change, at the pace of the last seven days. */

import type { Known } from '../consumption/ask.ts';
import type { Counter } from '../consumption/counters.ts';
import type { ReadPace } from '../consumption/pace.ts';
import { findRunOut, type RunOut } from '../consumption/run-out.ts';
import { levelOf, type Moment } from '../consumption/windows.ts';
import { exactOf, zero } from '../exact.ts';
import type { TimedLimit } from '../resources/limit.ts';
import type { ForecastImpact, RunOutImpact } from './document.ts';
import { type BudgetMove, countsFromZero } from './moves.ts';

export interface ForecastInput {
  readonly move: BudgetMove;
  readonly counters: Known<readonly Counter[]>;
  readonly pace: Known<ReadPace>;
  readonly nextBefore: Moment;
  readonly nextAfter: Moment;
  readonly now: number;
  readonly nameOf: (counter: Counter) => string | null;
}

export function forecastOf(input: ForecastInput): ForecastImpact {
  const { move, pace } = input;
  if ('unknown' in pace) return { status: 'unknown', reason: pace.unknown };
  // A counter that starts again starts at nothing, whatever is known of the old one.
  const isZeroed = countsFromZero(move);
  const before = sideOf(move.before, input.nextBefore, input, pace.value, false);
  const after = sideOf(
    move.after,
    input.nextAfter,
    input,
    pace.value,
    isZeroed && levelOf(move.limit.kind) === 'policy',
  );
  const unknown = [before, after].find((side) => side !== null && 'unknown' in side);
  if (unknown !== undefined && unknown !== null && 'unknown' in unknown) {
    return { status: 'unknown', reason: unknown.unknown };
  }
  return {
    status: 'known',
    since: pace.value.since,
    as_of: pace.value.asOf,
    before: before === null || 'unknown' in before ? null : before.value,
    after: after === null || 'unknown' in after ? null : after.value,
  };
}

function sideOf(
  budget: TimedLimit | null,
  next: Moment,
  { move, counters, now, nameOf }: ForecastInput,
  pace: ReadPace,
  isZeroed: boolean,
): Known<RunOutImpact> | null {
  if (budget === null) return null;
  if (next === 'unknown') return { unknown: 'the service does not show when the window ends' };
  if (!isZeroed && 'unknown' in counters) return { unknown: counters.unknown };
  const known = 'value' in counters ? counters.value : [];
  const all = withUnused(known, pace).map((counter) => (isZeroed ? { ...counter, used: zero } : counter));
  const limit = exactOf(budget.amount);
  const found = all.map((counter) => ({
    counter,
    runOut: findRunOut({
      used: counter.used,
      limit,
      pacePerDay: pace.single ?? pace.byValueKey.get(counter.valueKey ?? '') ?? zero,
      now,
      nextReset: next,
      reset: budget.reset,
      level: levelOf(move.limit.kind),
    }),
  }));
  const first = found.reduce<(typeof found)[number] | null>(
    (soonest, one) => (soonest === null || momentOf(one.runOut) < momentOf(soonest.runOut) ? one : soonest),
    null,
  );
  if (first === null) return { value: { when: 'never', at: null, who: null, counters: 0 } };
  return {
    value: {
      when: first.runOut.when,
      at: 'at' in first.runOut ? new Date(first.runOut.at).toISOString() : null,
      who: all.length > 1 ? nameOf(first.counter) : null,
      counters: found.filter(({ runOut: { when } }) => when === 'now' || when === 'this-window').length,
    },
  };
}

/** Counters that the pace speaks of and that hold nothing yet. */
function withUnused(counters: readonly Counter[], pace: ReadPace): Counter[] {
  if (pace.single !== null) {
    // One counter for all the traffic; where nothing was counted yet it is empty.
    return counters.length > 0 ? [...counters] : [{ valueKey: null, used: zero, verdict: null }];
  }
  const seen = new Set(counters.map(({ valueKey }) => valueKey));
  const unused = [...pace.byValueKey.keys()].filter((valueKey) => !seen.has(valueKey));
  return [...counters, ...unused.map((valueKey) => ({ valueKey, used: zero, verdict: null }))];
}

function momentOf(runOut: RunOut): number {
  if (runOut.when === 'now') return Number.NEGATIVE_INFINITY;
  return 'at' in runOut ? runOut.at : Number.POSITIVE_INFINITY;
}
