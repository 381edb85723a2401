/** What a replay counts beside refusals: people, the gateway's lag, who is first; and what it does not replay. */

import { describe, expect, it } from 'vitest';
import { backtest } from '../../src/backtest/backtest.ts';
import type { NamedLimit } from '../../src/backtest/replay-limit.ts';
import { type RowBatch, rowFlags } from '../../src/logs/row-batch.ts';
import { budgetOf, rateOf } from './build-limit.ts';
import { sourceOf } from './source-of-rows.ts';

const start = Date.UTC(2026, 9, 1);
const cent = 10_000_000_000;
const users = ['ana', 'ben', 'cleo'];
const words = { workspace: ['red'], 'metadata._user': users };

/** At seconds from the first of October; of a cent each, unless it says its units. */
type Call = readonly [second: number, user: string | null, flags?: number, units?: number];

function rowsOf(calls: readonly Call[]): RowBatch[] {
  const { length } = calls;
  return [
    {
      count: length,
      time: Float64Array.from(calls, ([second]) => start + second * 1_000),
      cost: Float64Array.from(calls, ([, , , units = cent]) => units),
      tokens: new Float64Array(length).fill(1),
      flags: Uint8Array.from(calls, ([, , flags = 0]) => flags),
      dims: {
        workspace: new Int32Array(length),
        'metadata._user': Int32Array.from(calls, ([, user]) => (user === null ? -1 : users.indexOf(user))),
      },
    },
  ];
}

async function replay(limits: readonly NamedLimit[], calls: readonly Call[]) {
  const asked = { before: null, after: { label: 'proposed', limits }, counts: false };
  return backtest(asked, sourceOf({ chunks: rowsOf(calls), words }));
}

const perUser = { per: ['metadata._user'] };

describe('a replay over a few calls', () => {
  it.each([
    ['served', 0, 3, 3],
    ['failed', rowFlags.failed, 0, 3],
    ['refused then', rowFlags.failed | rowFlags.refused, 0, 3],
    ['from the cache', rowFlags.cacheHit, 0, 0],
  ])(
    'of what was %s charges budgets with what was served, and counts in rates what got there',
    async (_, flags, ofBudget, ofRate) => {
      const calls = [0, 1, 2, 3].map((second) => [second, 'ana', second === 0 ? 0 : flags] as const);
      const budget = await replay([budgetOf(2, { unit: 'requests' })], calls);
      const rate = await replay([rateOf(2)], calls);
      // The first is served: of the three behind it one fits in, and the last alone may be over.
      expect(budget.together.after?.calls).toBe(ofBudget === 0 ? 0 : 2);
      expect(rate.together.after?.calls).toBe(ofRate === 0 ? 0 : 2);
    },
  );

  it('does not tell a rate of what a budget of its stage refuses', async () => {
    const calls = [0, 1, 60, 61].map((second) => [second, 'ana'] as const);
    const { limits } = await replay([budgetOf(1, { name: 'a' }), rateOf(1, { name: 'b' })], calls);
    expect(limits.map(({ after }) => after?.stopped.calls)).toEqual([3, 1]);
  });

  it.each([
    ['a policy on Monday', {}, 5],
    ['anything else on Sunday', { kind: 'workspace-limits', field: 'budget[cost/weekly]', workspace: 'red' }, 4],
  ] as const)('starts the week of %s', async (_, more, first) => {
    const calls = [2, 3, 4, 5].flatMap((day) => [0, 1].map((second) => [(day - 1) * 86_400 + second, 'ana'] as const));
    const { limits } = await replay([budgetOf(1, { reset: 'weekly', ...more })], calls);
    // One call fits into a week: that of the second, and the first one of the next week.
    expect(limits[0]?.after?.days.map(({ day, calls: number }) => [new Date(day).getUTCDate(), number])).toEqual(
      [2, 3, 4, 5].map((day) => [day, day === 2 || day === first ? 1 : 2]),
    );
  });

  it('counts N days from where it is written, else from the first row', async () => {
    const calls = [1, 2, 3, 4].flatMap((day) => [0, 1].map((second) => [(day - 1) * 86_400 + second, 'ana'] as const));
    const refused = async (starting: string | null) => {
      const { limits } = await replay([budgetOf(1, { reset: 'every 2 days', starting })], calls);
      return limits[0]?.after?.days.map(({ calls: number }) => number);
    };
    expect(await refused(null)).toEqual([1, 2, 1, 2]);
    expect(await refused('2026-09-30')).toEqual([1, 1, 2, 1]);
  });

  it('counts each day on which somebody is blocked', async () => {
    const calls = [0, 1, 2, 4].map((day) => [day * 86_400, 'ana'] as const);
    const { limits } = await replay([budgetOf(1, perUser)], calls);
    expect(limits[0]?.after?.who[0]).toMatchObject({ days: 3, calls: 3 });
  });

  it('is used up at the unit that fills it, and not one before', async () => {
    for (const [amount, units, refused] of [
      [1, [9_999_999_999, 1, 1], 1],
      [1, [9_999_999_999, 0, 0], 0],
      [2, [9_999_999_999, 1, 9_999_999_999, 1, 1], 1],
      [0.5, [4_999_999_999, 0, 1, 1], 1],
      [1.5, [14_999_999_999, 0, 1, 1], 1],
    ] as const) {
      const calls = units.map((one, second) => [second, 'ana', 0, one] as const);
      const { together } = await replay([budgetOf(amount)], calls);
      expect([amount, units, together.after?.calls]).toEqual([amount, units, refused]);
    }
  });

  it('charges no limit with what another one refuses', async () => {
    const calls = ['ana', 'ana', 'ben', 'ben'].map((user, second) => [second, user] as const);
    const { limits, together } = await replay(
      [budgetOf(1, { name: 'a', ...perUser }), budgetOf(3, { name: 'b' })],
      calls,
    );
    expect(limits.map(({ after }) => after?.stopped.calls)).toEqual([2, 0]);
    expect(together.after?.calls).toBe(2);
  });

  it('counts a person once, and nobody not at all', async () => {
    const calls = [0, 1, 2, 3].flatMap((second) => ['ana', 'ben', null].map((user) => [second, user] as const));
    const { together, limits } = await replay([budgetOf(2)], calls);
    expect([together.after?.calls, together.after?.people, limits[0]?.after?.stopped.people]).toEqual([10, 2, 2]);
    const ofUsers = await replay([budgetOf(1, perUser)], calls);
    expect([ofUsers.together.after?.calls, ofUsers.limits[0]?.after?.counters]).toEqual([6, 2]);
  });

  it('counts what a gateway may let through: a minute and a half from the call that used the budget up', async () => {
    const seconds = [0, 30, 89, 90, 91, 600];
    const { limits } = await replay(
      [budgetOf(1)],
      seconds.map((second) => [second, 'ana'] as const),
    );
    expect(limits[0]?.after).toMatchObject({ stopped: { calls: 5 }, late: { calls: 2, money: { n: 2n, d: 1n } } });
  });

  it('names the first, and those who lose the same, by name where the time is one', async () => {
    for (const order of [users, [...users].reverse()]) {
      const calls = [0, 1].flatMap((second) => order.map((user) => [second, user] as const));
      const { limits } = await replay([budgetOf(1, perUser)], calls);
      expect(limits[0]?.after?.first?.who).toBe('ana (red)');
      expect(limits[0]?.after?.who.map(({ who }) => who)).toEqual(['ana (red)', 'ben (red)', 'cleo (red)']);
    }
  });

  it('says what refuses one call of a hundred, and no more', async () => {
    const calls = Array.from({ length: 150 }, (_, second) => [second, 'ana'] as const);
    const { limits } = await replay([budgetOf(150)], calls);
    expect(limits[0]?.after?.smallest).toEqual({ nobody: 150, percent: 149 });
  });

  it('keeps limits apart whose names run together, and each of several of one name', async () => {
    const limits = [
      budgetOf(1, { workspace: 'red', name: 'ab' }),
      budgetOf(2, { workspace: null, name: 'redab' }),
      budgetOf(3, { workspace: 'red', name: '', kind: 'workspace-limits', field: 'budget[cost/monthly]' }),
      budgetOf(4, {
        workspace: 'red',
        name: '',
        kind: 'workspace-limits',
        field: 'budget[cost/weekly]',
        reset: 'weekly',
      }),
    ];
    const facts = await replay(limits, [[0, 'ana']]);
    expect(facts.limits.map(({ after }) => after?.limit.amount).sort()).toEqual([1, 2, 3, 4]);
  });

  it('does not replay a limit of 0, nor one of a workspace that no row is of', async () => {
    const { refusals, limits } = await replay(
      [rateOf(0, { name: 'none' }), budgetOf(5, { workspace: 'blue', name: 'other' })],
      [[0, 'ana']],
    );
    expect(limits).toEqual([]);
    expect(refusals.map(({ name, why }) => [name, why])).toEqual([
      ['none', 'has the amount 0, which the gateway does not enforce'],
      ['other', 'is of the workspace "blue", and no row is: rows name workspaces by their slugs'],
    ]);
  });

  it('takes rows that are not in the order of time for what they are', async () => {
    await expect(
      replay(
        [budgetOf(1)],
        [
          [1, 'ana'],
          [0, 'ana'],
        ],
      ),
    ).rejects.toThrow('rows are not in the order of time');
  });
});
