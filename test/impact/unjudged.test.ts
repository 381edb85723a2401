/** Which guards cannot be judged for a change, of moves and uses that are values. */

import { describe, expect, it } from 'vitest';
import type { Counter } from '../../src/consumption/counters.ts';
import type { DoubtedCounter } from '../../src/consumption/doubt.ts';
import { exactOf } from '../../src/exact.ts';
import type { Committed } from '../../src/impact/committed.ts';
import type { CountedMove } from '../../src/impact/count-moves.ts';
import type { BudgetMove } from '../../src/impact/moves.ts';
import { findUnjudged, isSpendUnjudged } from '../../src/impact/unjudged.ts';
import { teamA, teamB } from '../helpers/state.ts';
import { limitIn } from './limits.ts';

const budget = (amount: number) => limitIn({ unit: 'cost', amount, reset: 'monthly' });
const change = { workspaceId: teamA, key: { kind: 'usage-policy', workspace: 'ws-team-a', name: 'cap' } };
const moveOf = (before: number | null, after: number | null, more: Partial<BudgetMove> = {}): BudgetMove =>
  ({
    change,
    limit: budget(1),
    isRescoped: false,
    counter: 'kept',
    before: before === null ? null : budget(before),
    after: after === null ? null : budget(after),
    ...more,
  }) as BudgetMove;

describe('a change of a limit whose use is not known', () => {
  const unread = { unknown: 'refused' };
  const guardsOf = (
    move: BudgetMove,
    { use = { value: {} }, counters = [] as Counter[], doubted = [] as DoubtedCounter[] } = {},
  ) =>
    findUnjudged({ move, use, believed: { counters, doubted } } as unknown as CountedMove).map(
      ({ guard, reason }) => `${guard}: ${reason}`,
    );

  it.each([
    ['a lower limit', moveOf(100, 50), ['blocks-now: refused']],
    ['a first limit', moveOf(null, 50), ['blocks-now: refused']],
    ['one that comes to bind others', moveOf(100, 100, { isRescoped: true }), ['blocks-now: refused']],
    ['a higher one stops nobody', moveOf(100, 200), []],
    ['nor does one that goes', moveOf(100, null), []],
    ['nor one of zero, which is none', moveOf(100, 0), []],
  ])('%s', (_, move, guards) => {
    expect(guardsOf(move, { use: unread as never })).toEqual(guards);
  });

  const inDoubt = { valueKey: null, why: 'in doubt' };
  const doubted = [{ ...inDoubt, verdict: 'exhausted' as const }];

  it('stops nobody new who has run out, unless it comes to bind others', () => {
    expect(guardsOf(moveOf(100, 50), { doubted })).toEqual([]);
    expect(guardsOf(moveOf(100, 50, { isRescoped: true }), { doubted })).toEqual(['blocks-now: in doubt']);
    expect(guardsOf(moveOf(100, 50), { doubted: [{ ...inDoubt, verdict: 'active' }] })).toEqual([
      'blocks-now: in doubt',
    ]);
  });

  const restarted = moveOf(100, 100, { counter: 'starts-at-zero' });

  it('that starts counting anew may forgive something; what is known to be forgiven trips the guard by itself', () => {
    expect(guardsOf(restarted, { use: unread as never })).toEqual(['counter-reset: refused']);
    expect(guardsOf(restarted, { doubted })).toEqual(['counter-reset: in doubt']);
    expect(guardsOf(restarted)).toEqual([]);
    const counters = [{ valueKey: 'a', used: exactOf(7), verdict: null }];
    expect(guardsOf(restarted, { counters, doubted })).toEqual([]);
  });
});

describe('committed spend that is not known', () => {
  const bounded: Committed = { kind: 'bounded', cents: exactOf(100), by: 'cap' };
  const unknown: Committed = { kind: 'unknown', atMost: null };
  const unbounded: Committed = { kind: 'unbounded' };
  const raise = moveOf(100, 200);

  it.each([
    ['before', unknown, bounded, true],
    ['after', bounded, unknown, true],
    ['on both sides', unknown, unknown, true],
    ['on none', bounded, bounded, false],
    ['after nothing bounded it, so that it cannot rise', unbounded, unknown, false],
  ])('%s', (_, before, after, isUnjudged) => {
    expect(isSpendUnjudged([raise], teamA, before, after)).toBe(isUnjudged);
  });

  it.each([
    ['a raise', raise, true],
    ['a limit that goes', moveOf(100, null), true],
    ['one that comes to bind others', moveOf(100, 100, { isRescoped: true }), true],
    ['a tightening raises nothing', moveOf(100, 50), false],
    ['nor does a further limit', moveOf(null, 50), false],
    [
      'nor a budget of tokens',
      moveOf(100, 200, { limit: limitIn({ unit: 'tokens', amount: 1, reset: 'never' }) }),
      false,
    ],
  ])('%s', (_, move, isUnjudged) => {
    expect(isSpendUnjudged([move], teamA, unknown, unknown)).toBe(isUnjudged);
    expect(isSpendUnjudged([move], teamB, unknown, unknown)).toBe(false);
  });
});
