/** What was measured once in four engines over the generator's rows has to come out to the last unit. */

import { expect, it } from 'vitest';
import { Replay } from '../../src/backtest/replay.ts';
import { isNotReplayable, type NamedLimit, prepareLimit, type ReplayLimit } from '../../src/backtest/replay-limit.ts';
import { budgetOf, rateOf } from './build-limit.ts';
import { type GeneratedRows, generateRows, october } from './generate-rows.ts';

/** Making the calls takes most of it: smaller numbers of them are held against other oracles in every run. */
const isThorough = process.env.TOLLGATE_TEST === 'thorough';

function replay(rows: GeneratedRows, ...limits: NamedLimit[]): Replay {
  const facts = { words: rows.words, columns: rows.columns, covered: october };
  const prepared = limits.map((limit): ReplayLimit => {
    const result = prepareLimit(limit, facts);
    if (isNotReplayable(result)) throw new Error(result.why);
    return result;
  });
  const run = new Replay(prepared);
  for (const chunk of rows.chunks) run.add(chunk);
  return run;
}

const perUser = budgetOf(2_000, { per: ['metadata._user'], alert: 1_600 });
const perWorkspace = budgetOf(60_000);

it.runIf(isThorough)(
  'refuses as many of a million calls by two limits, alone and together, as were measured',
  {
    timeout: 120_000,
  },
  () => {
    const rows = generateRows(1_000_000);
    expect(replay(rows, perUser).refused.calls).toBe(81_614);
    expect(replay(rows, perWorkspace).refused.calls).toBe(59_906);
    expect(replay(rows, perUser, perWorkspace).refused.calls).toBe(94_107);
  },
);

it.runIf(isThorough)('gives the numbers of ten million calls to the last unit', { timeout: 600_000 }, () => {
  const rows = generateRows(10_000_000);
  const money = replay(rows, perUser);
  const [run] = money.runs;
  expect(money.money.unitsAt(0)).toBe(44_803_430_308_250_000n);
  expect(money.refused.calls).toBe(3_336_376);
  expect(run?.refused.money.units).toBe(157_154_339_926n * 100_000n);
  const rate = replay(rows, rateOf(5, { per: ['metadata._user'] }));
  expect(rate.refused.calls).toBe(300_388);
  expect(rate.refused.people).toBe(97);
});
