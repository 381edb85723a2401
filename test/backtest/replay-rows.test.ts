/** What a replay counts beside refusals: people, the gateway's lag, who is first; and what it does not replay. */

import { describe, expect, it } from 'vitest';
import { backtest } from '../../src/backtest/backtest.ts';
import type { NamedLimit } from '../../src/backtest/replay-limit.ts';
import type { RowBatch } from '../../src/logs/row-batch.ts';
import { budgetOf, rateOf } from './build-limit.ts';
import { sourceOf } from './source-of-rows.ts';

const start = Date.UTC(2026, 9, 1);
const cent = 10_000_000_000;
const users = ['ana', 'ben', 'cleo'];
const words = { workspace: ['red'], 'metadata._user': users };

/** Calls of a cent each, at seconds of the first of October. */
function rowsOf(calls: readonly (readonly [second: number, user: string | null])[]): RowBatch[] {
  const { length } = calls;
  return [
    {
      count: length,
      time: Float64Array.from(calls, ([second]) => start + second * 1_000),
      cost: new Float64Array(length).fill(cent),
      tokens: new Float64Array(length).fill(1),
      flags: new Uint8Array(length),
      dims: {
        workspace: new Int32Array(length),
        'metadata._user': Int32Array.from(calls, ([, user]) => (user === null ? -1 : users.indexOf(user))),
      },
    },
  ];
}

async function replay(limits: readonly NamedLimit[], calls: Parameters<typeof rowsOf>[0]) {
  const asked = { before: null, after: { label: 'proposed', limits }, counts: false };
  return backtest(asked, sourceOf({ chunks: rowsOf(calls), words }));
}

const perUser = { per: ['metadata._user'] };

describe('a replay over a few calls', () => {
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
