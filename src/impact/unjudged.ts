/** Guards that a change could trip and that cannot be judged for want of a number: not knowing is not the same as harmless. */

import { totalUsed } from '../consumption/counters.ts';
import { compare } from '../exact.ts';
import type { TimedLimit } from '../resources/limit.ts';
import type { Committed } from './committed.ts';
import { type CountedMove, limitOf } from './count-moves.ts';
import type { LimitImpact } from './document.ts';
import { limitPer30Days } from './money.ts';
import { type BudgetMove, boundsSpend } from './moves.ts';

/** What the change could do to those of whom nothing is known; a guard that could be tripped by it is not judged. */
export function findUnjudged({ move, use, believed }: CountedMove): LimitImpact['unjudged'] {
  const { counters, doubted } = believed;
  const [before, after] = [limitOf(move.before), limitOf(move.after)];
  const isUnread = 'unknown' in use;
  if (move.counter === 'starts-at-zero') {
    // What is known to be forgiven trips the guard by itself.
    if (totalUsed(counters).n > 0n) return [];
    const reason = isUnread ? use.unknown : doubted[0]?.why;
    return reason === undefined ? [] : [{ guard: 'counter-reset', reason }];
  }
  if (after === null || !(before === null || compare(after, before) < 0 || move.isRescoped)) return [];
  // What has run out is stopped already, unless the limit comes to stop others.
  const doubtful = doubted.find(({ verdict }) => verdict !== 'exhausted' || move.isRescoped);
  const reason = isUnread ? use.unknown : doubtful?.why;
  return reason === undefined ? [] : [{ guard: 'blocks-now', reason }];
}

/** Committed spend that is not known, in a workspace where the plan could raise it. */
export function isSpendUnjudged(
  moves: readonly BudgetMove[],
  workspaceId: string,
  before: Committed,
  after: Committed,
): boolean {
  // What nothing bounded cannot rise.
  if (before.kind === 'unbounded' || (before.kind !== 'unknown' && after.kind !== 'unknown')) return false;
  return moves.some(
    (move) =>
      boundsSpend(move) &&
      move.change.workspaceId === workspaceId &&
      limitOf(move.before) !== null &&
      (move.isRescoped || isHigher(move.before, move.after)),
  );
}

function isHigher(before: TimedLimit | null, after: TimedLimit | null): boolean {
  if (before === null || limitOf(before) === null) return false;
  if (after === null || limitOf(after) === null) return true;
  return compare(limitPer30Days(after), limitPer30Days(before)) > 0;
}
