/** One limit asked of a source that adds up by itself: what is asked, what is made of the answer, and when rows are read all the same. */

import { expect, it } from 'vitest';
import { backtest } from '../../src/backtest/backtest.ts';
import { parseLimitPhrase } from '../../src/backtest/limit-phrase.ts';
import type { NamedLimit } from '../../src/backtest/replay-limit.ts';
import { buildQuestions } from '../../src/logs/clickhouse-sums.ts';
import type { RowSource } from '../../src/logs/row-batch.ts';
import type { RunningSums, RunningSumsAsked } from '../../src/logs/running-sums.ts';
import { generateRows } from './generate-rows.ts';
import { sourceOf } from './source-of-rows.ts';

const generated = generateRows(2_000);

async function askedBy(limits: readonly NamedLimit[], answer: RunningSums | null = null) {
  const heard: RunningSumsAsked[] = [];
  const source: RowSource = {
    ...sourceOf(generated),
    sums: {
      running: async (asked) => {
        heard.push(asked);
        return answer;
      },
      outcomes: async () => [{ of: null, flags: 0, calls: 2_000, priced: 2_000, units: 5n }],
    },
  };
  const facts = await backtest({ before: null, after: { label: 'proposed', limits }, counts: false }, source);
  return { heard, facts };
}

const one = [parseLimitPhrase('per user $2 monthly alert 50%')];

it('reads rows where the source cannot tell', async () => {
  const { heard, facts } = await askedBy(one);
  expect(heard).toHaveLength(1);
  const { facts: replayed } = {
    facts: await backtest(
      { before: null, after: { label: 'proposed', limits: one }, counts: false },
      sourceOf(generated),
    ),
  };
  expect(facts).toEqual(replayed);
});

it('asks nothing of several limits, of which each moves what the others see', async () => {
  const { heard } = await askedBy([...one, parseLimitPhrase('$10 weekly')]);
  expect(heard).toEqual([]);
});

it('makes of an answer what a replay would say', async () => {
  const { heard, facts } = await askedBy(one, {
    use: [
      {
        of: null,
        checked: 30,
        priced: 20,
        units: 900_000_000_000n,
        counters: 2,
        usedBefore: [
          [0, 20],
          [210, 10],
        ],
      },
    ],
    refused: {
      byCounterAndDay: [
        {
          key: ['ws', 'ana'],
          day: 20_000,
          calls: 4,
          failed: 1,
          units: 40_000_000_000n,
          priced: 4,
          since: 1_728_000_000_007,
          late: 1,
          lateUnits: 0n,
          latePriced: 0,
        },
        {
          key: ['ws', 'ana'],
          day: 20_001,
          calls: 6,
          failed: 0,
          units: 60_000_000_000n,
          priced: 1,
          since: 1_728_086_400_000,
          late: 0,
          lateUnits: 0n,
          latePriced: 0,
        },
      ],
      alerts: [{ key: ['ws', 'ana'], at: 1_728_000_000_001 }],
      people: 1,
    },
  });
  const [asked] = heard;
  expect(asked).toMatchObject({
    counts: 'cost',
    limit: { amount: 2_000_000_000_000n, alert: 1_000_000_000_000n, lag: 90_000, person: 'user' },
  });
  expect(asked?.by.map(({ text }) => text)).toEqual(['workspace', 'user']);
  expect(facts.limits[0]?.after).toMatchObject({
    ...{
      checked: 30,
      checkedMoney: { n: 90n, d: 1n },
      late: { calls: 1, money: null },
      counters: 2,
      blocked: 1,
      first: { who: 'ana (ws)', at: 1_728_000_000_007 },
    },
    stopped: { calls: 10, failed: 1, money: { n: 10n, d: 1n }, people: 1 },
    ...{ alert: { counters: 1, first: 1_728_000_000_001 }, smallest: { nobody: 211, percent: 211 } },
    who: [{ who: 'ana (ws)', days: 2, calls: 10, alertAt: 1_728_000_000_001 }],
  });
  expect(facts.rows).toMatchObject({ count: 2_000, inScope: 30 });
});

const table = {
  table: 'calls',
  dims: ['user', 'workspace'],
  calls: 'SELECT * FROM c',
  facts: { ...sourceOf(generated).facts, oldest: 0, newest: 100 },
  rows: async () => [],
  dictionary: { user: ['ana', "it's"], workspace: ['ws'] },
};
const question: RunningSumsAsked = {
  ...{ checked: [0, 1], charged: [0], failures: [1], counts: 'cost', window: { every: 60_000 }, apart: null },
  filters: [{ text: 'user', letsIn: (value) => value.startsWith('it') }],
  by: [{ text: 'user', isOptional: false }],
  limit: { amount: 7n, alert: null, lag: null, person: null },
};

it('writes SQL that old servers know: sorted arrays and running sums, no window functions', async () => {
  const { refused, usedBefore } = (await buildQuestions(question, table)) ?? {};
  expect(refused).toContain('arraySort(groupArray((tg_t, tg_id, tg_charge, tg_cost, tg_failed, tg_priced)))');
  expect(refused).toContain('HAVING sum(tg_charge) >= 7');
  expect(refused).toContain(String.raw`WHERE fl IN (0, 1) AND ifNull(d0 IN ('it\'s'), 0) AND isNotNull(d0)`);
  expect(`${refused}${usedBefore}`).not.toMatch(/\bOVER\b|\bWITH\b/);
});

it.each<[string, Partial<RunningSumsAsked>, Partial<typeof table>]>([
  ['times before 1970, which engines divide in different ways', {}, { facts: { ...table.facts, oldest: -1 } }],
  ['times that old servers do not know', {}, { facts: { ...table.facts, newest: 2 ** 32 * 1000 } }],
  ['bytes that are not letters', {}, { dictionary: { user: ['\ufffd'], workspace: [] } }],
  ['more windows than are compared', { window: { ends: Array.from({ length: 201 }, (_, at) => at + 1) } }, {}],
  ['an amount near 64 bits', { limit: { amount: 2n ** 62n, alert: null, lag: null, person: null } }, {}],
  ['an alert of nothing', { limit: { amount: 7n, alert: 0n, lag: null, person: null } }, {}],
])('asks no server about %s', async (_, more, other) => {
  expect(await buildQuestions({ ...question, ...more }, { ...table, ...other })).toBeNull();
});

it('refuses by name what counts dollars where no row says what its call cost', async () => {
  const cost = { missing: 2_000, otherCurrency: {}, tooFine: 0, outOfRange: 0 };
  const asked = { before: null, after: { label: 'proposed', limits: one }, counts: false };
  const { limits, refusals } = await backtest(asked, sourceOf(generated, { cost }));
  expect(limits).toEqual([]);
  expect(refusals[0]?.why).toBe('counts dollars, and no row says what its call cost');
});
