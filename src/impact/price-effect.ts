/** What changed prices of an integration do to the budgets in dollars that its calls count in. Plain data, and what is concluded. */

import type { Known } from '../consumption/ask.ts';
import { judgeLimit, type LimitStatus } from '../consumption/limit-status.ts';
import type { RunOut } from '../consumption/run-out.ts';
import { dayOf } from '../consumption/windows.ts';
import { add, compare, type Exact, multiply, subtract, zero } from '../exact.ts';
import type { Budget, Kind } from '../resources/types.ts';
import type { CostRange } from './cost-range.ts';

export interface PriceEffect {
  /** ISO; the pace is that of the calls from then on. */
  readonly since: string;
  readonly asOf: string;
  /** That run out another day, or may. */
  readonly budgets: readonly PricedBudget[];
  /** Budgets in dollars that do not: no call of theirs went through the integration, or they run out as they did. */
  readonly same: number;
  /** Slugs of the workspaces that those are of. */
  readonly sameIn: readonly string[];
  /** What was not looked at, one sentence each. */
  readonly gaps: readonly string[];
}

export interface PricedBudget {
  readonly kind: Kind;
  /** Slug. */
  readonly workspace: string | null;
  /** Null: nobody is to be named. */
  readonly name: string | null;
  /** Cents. */
  readonly amount: number;
  readonly reset: Budget['reset'] | null;
  /** As prices are; null: not known. */
  readonly before: RunOut | null;
  /** Once they change: calls are of several kinds of token, which may change differently. */
  readonly after: Known<RunOutRange>;
}

export interface RunOutRange {
  readonly earliest: RunOut;
  readonly latest: RunOut;
}

/** @param through what of its pace goes through the integration, with what that costs then, as parts; null: any of it may */
export function runOutAfter(
  status: LimitStatus,
  through: readonly { readonly perDay: Exact; readonly range: CostRange }[],
  now: number,
): Known<RunOutRange> {
  const { pace, facts, noForecast } = status;
  if (pace === null) return { unknown: noForecast ?? 'its pace is not known' };
  const at = (side: keyof CostRange): Known<RunOut> => {
    const moved = through.reduce(
      (sum, { perDay, range }) => add(sum, subtract(multiply(perDay, range[side]), perDay)),
      pace.perDay,
    );
    // A call between two reads may make a part more than the whole.
    const { runOut, noForecast: why } = judgeLimit(facts, compare(moved, zero) < 0 ? zero : moved, now);
    return runOut === null ? { unknown: why ?? 'there is no forecast' } : { value: runOut };
  };
  const [earliest, latest] = [at('most'), at('least')];
  if ('unknown' in earliest) return earliest;
  return 'unknown' in latest ? latest : { value: { earliest: earliest.value, latest: latest.value } };
}

/** To the day: no pace tells more. */
export function isSameDay(a: RunOut, b: RunOut): boolean {
  const [one, other] = [a, b].map((runOut) => ('at' in runOut ? dayOf(runOut.at) : runOut.when));
  return one === other;
}
