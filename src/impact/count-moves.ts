/** The budgets of a plan with what was read of their counters, and which of it is believed. */

import type { Known } from '../consumption/ask.ts';
import type { UsageUnit } from '../consumption/counters.ts';
import { type Believed, believe, findUnitMistake, splitCounters, type Witness } from '../consumption/doubt.ts';
import { compare, type Exact, exactOf } from '../exact.ts';
import type { TimedLimit } from '../resources/limit.ts';
import type { BudgetMove } from './moves.ts';
import type { ReadUse, Usage } from './usage.ts';

export interface CountOptions {
  readonly usageUnit: UsageUnit;
  /** The backend is older than 1.20: an exhausted counter stays so after a raise. */
  readonly raiseDoesNotWake: boolean;
}

export interface CountedMove {
  readonly move: BudgetMove;
  readonly use: Known<ReadUse>;
  /** Of the counters that were read, those that are believed, and those that are not. */
  readonly believed: Believed;
}

/** `doubt`: why no use of a cost budget can be believed; null: it can. */
export function countMoves(
  moves: readonly BudgetMove[],
  { budgets }: Usage,
  options: CountOptions,
): { readonly counted: readonly CountedMove[]; readonly doubt: string | null } {
  const read = moves.map((move) => countMove(move, budgets.get(move.id)?.use ?? { unknown: 'not read' }, options));
  const doubt = findDoubt(read, options);
  return { counted: read.map((one) => believeMove(one, doubt, options)), doubt };
}

function countMove(move: BudgetMove, use: Known<ReadUse>, { usageUnit }: CountOptions): CountedMove {
  if ('unknown' in use) return { move, use, believed: { counters: [], doubted: [] } };
  const { counters, source } = use.value;
  // Analytics always count in cents; only the counters' unit is in doubt.
  const unit = source === 'analytics' ? 'cents' : usageUnit;
  return { move, use, believed: splitCounters(counters, move.limit.unit === 'cost', unit, source) };
}

/** Whether the numbers are in a unit that the files do not say; one sentence. */
function findDoubt(counted: readonly CountedMove[], { raiseDoesNotWake, usageUnit }: CountOptions): string | null {
  const witnesses = counted.flatMap(({ move, use, believed }): (Witness & { readonly move: BudgetMove })[] => {
    const limit = limitOf(move.before);
    if (move.limit.unit !== 'cost' || limit === null || 'unknown' in use || use.value.source === 'analytics') return [];
    return believed.counters.map((counter) => ({ counter, limit, move }));
  });
  const found = findUnitMistake(witnesses, usageUnit, raiseDoesNotWake);
  if (found === undefined) return null;
  const { verdict } = found.counter;
  const side = verdict === 'exhausted' && compare(found.counter.used, found.limit) < 0 ? 'is below' : 'is far above';
  const other = usageUnit === 'cents' ? 'dollars' : 'cents';
  return (
    `the service calls a counter of ${found.move.change.key.name} ${verdict}, but what it reports ${side} the limit when ` +
    `read as ${usageUnit}; if it counts in ${other}, write \`gateway.usage_unit: ${other}\` into the organisation file`
  );
}

function believeMove(counted: CountedMove, doubt: string | null, { raiseDoesNotWake }: CountOptions): CountedMove {
  const { move, use, believed } = counted;
  if ('unknown' in use) return counted;
  const { source } = use.value;
  if (doubt !== null && move.limit.unit === 'cost' && source === 'service') {
    const doubted = believed.counters.map(({ valueKey, verdict }) => ({ valueKey, verdict, why: doubt }));
    return { ...counted, believed: { counters: [], doubted: [...believed.doubted, ...doubted] } };
  }
  return { ...counted, believed: believe(believed, limitOf(move.before), raiseDoesNotWake, source) };
}

/** A budget of 0 stops nobody. */
export function limitOf(budget: TimedLimit | null): Exact | null {
  return budget === null || budget.amount === 0 ? null : exactOf(budget.amount);
}
