/** The replay against a naive event loop: who is refused, when, how often, and for how much money. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Replay } from '../../src/backtest/replay.ts';
import { isNotReplayable, type NamedLimit, prepareLimit, type ReplayLimit } from '../../src/backtest/replay-limit.ts';
import { exactOf, multiply, toText } from '../../src/exact.ts';
import { type RowBatch, rowFlags } from '../../src/logs/row-batch.ts';
import { isBudgetLimit } from '../../src/resources/limit.ts';
import { effort } from '../helpers/effort.ts';
import { type Call, type Column, call, columns, day, limits, start, words } from './draw-histories.ts';
import { type NaiveCall, type NaiveLimit, replayNaively } from './naive-replay.ts';

/** In chunks of different sizes, as a reader gives them. */
function toRows(calls: readonly Call[], size: number): RowBatch[] {
  let at = start;
  const times = calls.map(({ step }) => {
    at += step;
    return at;
  });
  const chunks: RowBatch[] = [];
  for (let from = 0; from < calls.length; from += size) {
    const part = calls.slice(from, from + size);
    chunks.push({
      count: part.length,
      time: Float64Array.from(times.slice(from, from + size)),
      cost: Float64Array.from(part, ({ cost }) => cost),
      tokens: Float64Array.from(part, ({ tokens }) => tokens),
      flags: Uint8Array.from(part, ({ outcome }) =>
        outcome === 'failed'
          ? rowFlags.failed
          : outcome === 'refused'
            ? rowFlags.refused | rowFlags.failed
            : outcome === 'cached'
              ? rowFlags.cacheHit
              : 0,
      ),
      dims: Object.fromEntries(
        columns.map((column, index) => [column, Int32Array.from(part, ({ codes }) => codes[index] ?? -1)]),
      ),
    });
  }
  return chunks;
}

function toNaiveCalls(calls: readonly Call[]): NaiveCall[] {
  let at = start;
  return calls.map(({ step, cost, tokens, outcome, codes }) => {
    at += step;
    const values = columns.flatMap((column, index) => {
      const value = words[column][codes[index] ?? -1];
      return value === undefined ? [] : [[column, value] as const];
    });
    return {
      at,
      cost: Number.isNaN(cost) ? null : BigInt(cost),
      tokens: Number.isNaN(tokens) ? null : BigInt(tokens),
      outcome: outcome as NaiveCall['outcome'],
      values: Object.fromEntries(values),
    };
  });
}

/** Written down a second time. */
const stages = {
  'workspace-limits': 0,
  'key-limits': 0,
  'integration-limits': 1,
  'provider-limits': 2,
  'usage-policy': 3,
  'rate-policy': 3,
} as const;

function toNaiveLimit({ limit, workspace, subject, starting }: NamedLimit): NaiveLimit {
  const scaled = (amount: number) =>
    limit.unit === 'cost' ? BigInt(toText(multiply(exactOf(amount), exactOf(10_000_000_000)))) : BigInt(amount);
  const days = isBudgetLimit(limit) ? /^every (\d+) days$/.exec(limit.reset ?? '')?.[1] : undefined;
  return {
    kind: limit.kind === 'usage-policy' || limit.kind === 'rate-policy' ? 'policy' : 'other',
    stage: stages[limit.kind],
    workspace,
    subject: subject === null ? null : [subject.column, subject.value],
    conditions: limit.match === 'all' ? [] : limit.match,
    per: subject === null ? limit.per : [],
    what: limit.unit,
    amount: scaled(limit.amount),
    alert: isBudgetLimit(limit) && typeof limit.alert === 'number' ? scaled(limit.alert) : null,
    period: !isBudgetLimit(limit)
      ? { rate: limit.window }
      : days === undefined
        ? { budget: limit.reset as 'never' | 'weekly' | 'monthly' }
        : { days: Number(days), from: Date.parse(starting ?? '') },
  };
}

function prepareAll(named: readonly NamedLimit[], oldest: number): ReplayLimit[] {
  return named.map((limit) => {
    const result = prepareLimit(limit, {
      words,
      columns: new Set<string>(columns),
      covered: { from: oldest, to: oldest + day },
    });
    if (isNotReplayable(result)) throw new Error(result.why);
    return result;
  });
}

/** A counter by the words of its codes, as the naive loop names it. */
function nameCounter(run: Replay['runs'][number], counter: number): string {
  const codes = run.groups.codesOf(counter);
  const names = run.groups.columns.map(
    (column, index) => `${column}=${words[column as Column][codes[index] ?? -1] ?? ''}`,
  );
  return names.join('|');
}

describe('a replay', () => {
  it('refuses whom, when, how often and for how much the naive event loop does', { timeout: 300_000 }, () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.array(call, { minLength: 1, maxLength: 20 }), fc.array(call, { minLength: 80, maxLength: 120 })),
        limits,
        fc.integer({ min: 1, max: 50 }),
        (calls, named, size) => {
          const refusals: [number, number][] = [];
          const replay = new Replay(prepareAll(named, start), (limit, row) => refusals.push([limit, row]));
          for (const chunk of toRows(calls, size)) replay.add(chunk);
          const expected = replayNaively(toNaiveCalls(calls), named.map(toNaiveLimit));
          expect(refusals).toEqual(
            calls.flatMap((_, row) =>
              expected.flatMap(({ refused }, limit) => (refused.some((one) => one.call === row) ? [[limit, row]] : [])),
            ),
          );
          const stopped = new Map(
            expected.flatMap(({ refused }) => refused.map((one) => [one.call, one.cost] as const)),
          );
          expect(replay.refused.calls).toBe(stopped.size);
          expect(replay.refused.money.units).toBe([...stopped.values()].reduce((sum, cost) => sum + cost, 0n));
          for (const [index, run] of replay.runs.entries()) {
            const { refused, alerts } = expected[index] ?? { refused: [], alerts: new Map() };
            const byCounter = new Map<string, { calls: number; money: bigint; since: number; days: Set<number> }>();
            for (const { counter, cost, at } of refused) {
              const one = byCounter.get(counter) ?? { calls: 0, money: 0n, since: at, days: new Set() };
              byCounter.set(counter, {
                ...one,
                calls: one.calls + 1,
                money: one.money + cost,
                days: one.days.add(Math.floor(at / day)),
              });
            }
            const found = new Map<string, unknown>();
            const alerted = new Map<string, number>();
            for (let counter = 0; counter < run.groups.size; counter++) {
              const name = nameCounter(run, counter);
              const number = run.refusedCalls.values[counter] ?? 0;
              const since = run.blockedSince.values[counter] ?? 0;
              if (number > 0)
                found.set(name, {
                  calls: number,
                  money: run.refusedMoney.unitsAt(counter),
                  since,
                  days: run.blockedDays.values[counter],
                });
              const alert = run.alertedAt.values[counter] ?? Number.NaN;
              if (!Number.isNaN(alert)) alerted.set(name, alert);
            }
            expect(found).toEqual(
              new Map([...byCounter].map(([name, { days, ...one }]) => [name, { ...one, days: days.size }])),
            );
            expect(alerted).toEqual(alerts);
          }
        },
      ),
      { numRuns: effort('histories, replayed twice', 200, 2_000) },
    );
  });
});
