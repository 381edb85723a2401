/** When the limits beside one that moves are used up at the present pace: what tells which of different periods ends first. */

import type { Known } from '../consumption/ask.ts';
import type { Counter } from '../consumption/counters.ts';
import type { ReadPace } from '../consumption/pace.ts';
import { zero } from '../exact.ts';
import { type BindingEnds, moveOfRival } from './binding.ts';
import type { CountedMove } from './count-moves.ts';
import type { ForecastImpact } from './document.ts';
import { forecastOf } from './forecast.ts';
import { type BudgetMove, resetsOf } from './moves.ts';
import type { Usage } from './usage.ts';

/** For one budget that moves, with its own forecast. */
export type ReadEnds = (move: BudgetMove, own: ForecastImpact) => BindingEnds;

/** @param doubt why no use of a cost budget can be believed; null: it can */
export function endsOf(
  rivals: readonly CountedMove[],
  { budgets }: Usage,
  doubt: string | null,
  now: number,
): ReadEnds {
  const byId = new Map(rivals.map((rival) => [rival.move.id, rival]));
  return (move, own) => ({
    own: momentOf(own),
    of: (bound) => {
      const rival = byId.get(moveOfRival(bound, move.change.workspaceId, now).id);
      const pace = budgets.get(rival?.move.id ?? '')?.pace;
      if (rival === undefined || pace === undefined) return { unknown: 'its use was not read' };
      if (doubt !== null && rival.move.limit.unit === 'cost') return { unknown: doubt };
      const { use, believed } = rival;
      const [doubtful] = believed.doubted;
      const [nextBefore, nextAfter] = resetsOf(rival.move, now);
      const valueKey = keyOf(move, rival.move);
      return momentOf(
        forecastOf({
          move: { ...rival.move, before: null },
          counters:
            'unknown' in use
              ? use
              : doubtful !== undefined
                ? { unknown: doubtful.why }
                : { value: countersOf(believed.counters, valueKey) },
          pace: 'unknown' in pace || valueKey === null ? pace : { value: paceOf(pace.value, valueKey) },
          nextBefore,
          nextAfter,
          now,
          nameOf: () => null,
        }),
      );
    },
  });
}

/** Of a policy for each key, the counter of one key is beside that key's own budget. */
function keyOf({ object }: BudgetMove, { limit: { per } }: BudgetMove): string | null {
  const isByKey = object?.kind === 'key-limits' && per.length === 1 && per[0] === 'api_key';
  return isByKey ? `api_key:${object.id}` : null;
}

function countersOf(counters: readonly Counter[], valueKey: string | null): readonly Counter[] {
  return valueKey === null ? counters : counters.filter((counter) => counter.valueKey === valueKey);
}

function paceOf(pace: ReadPace, valueKey: string): ReadPace {
  return { ...pace, single: pace.byValueKey.get(valueKey) ?? zero, byValueKey: new Map() };
}

function momentOf(forecast: ForecastImpact): Known<number> {
  if (forecast.status === 'unknown') return { unknown: forecast.reason };
  const { after } = forecast;
  if (after === null || after.when === 'never') return { value: Number.POSITIVE_INFINITY };
  return { value: after.at === null ? Number.NEGATIVE_INFINITY : Date.parse(after.at) };
}
