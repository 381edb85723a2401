/** Which of a limit's counters are believed: of counters that are values. */

import { expect, test } from 'vitest';
import type { Counter } from '../../src/consumption/counters.ts';
import { believe } from '../../src/consumption/doubt.ts';
import { exactOf } from '../../src/exact.ts';

const counter = (valueKey: string, used: number, verdict: Counter['verdict']): Counter => ({
  valueKey,
  used: exactOf(used),
  verdict,
});

test('trust-C1: a counter that contradicts its own verdict is in doubt, and the others of the limit are not', () => {
  const sound = [counter('a', 80, 'active'), counter('b', 120, 'exhausted')];
  const odd = [counter('c', 50, 'exhausted'), counter('d', 150, 'active')];
  const { counters, doubted } = believe({ counters: [...sound, ...odd], doubted: [] }, exactOf(100), false);
  expect(counters).toEqual(sound);
  expect(doubted.map(({ valueKey, verdict }) => [valueKey, verdict])).toEqual([
    ['c', 'exhausted'],
    ['d', 'active'],
  ]);
  // An old backend leaves a counter exhausted after its limit was raised.
  expect(believe({ counters: odd, doubted: [] }, exactOf(100), true).doubted.map(({ valueKey }) => valueKey)).toEqual([
    'd',
  ]);
});
