/** The replay against a naive event loop: who is refused, when, how often, and for how much money. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Replay } from '../../src/backtest/replay.ts';
import { isNotReplayable, type NamedLimit, prepareLimit, type ReplayLimit } from '../../src/backtest/replay-limit.ts';
import { exactOf, multiply, toText } from '../../src/exact.ts';
import { type RowBatch, rowFlags } from '../../src/logs/row-batch.ts';
import { isBudgetLimit } from '../../src/resources/limit.ts';
import { effort } from '../helpers/effort.ts';
import { budgetOf, rateOf } from './build-limit.ts';
import { type NaiveCall, type NaiveLimit, replayNaively } from './naive-replay.ts';

const words = {
  workspace: ['red', 'blue'],
  api_key: ['key-1', 'key-2'],
  virtual_key: ['openai-prod', 'other'],
  provider: ['openai', 'anthropic'],
  model: ['@openai/gpt-4o', '@openai/gpt-4o-mini', '@anthropic/claude', '@openai-eu/gpt-4o'],
  'metadata._user': ['ana', 'ben', 'cleo'],
  'metadata.team': ['a', 'b', ''],
} as const;
type Column = keyof typeof words;
const columns = Object.keys(words) as Column[];
const start = Date.UTC(2026, 8, 25);
const day = 86_400_000;

const call = fc.record({
  // Few instants, so that many share one, and ends of windows are met exactly.
  step: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(0, 0, 1, 1_000, 60_000) },
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 7_200_000 }) },
    { weight: 2, arbitrary: fc.constantFrom(3_600_000, day / 2, day) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 3 * day }) },
  ),
  cost: fc.oneof(
    fc.constantFrom(0, 1, 9_999_999_999, 10_000_000_000, 37_500, 4_999_999_999),
    fc.integer({ min: 0, max: 40_000_000_000 }),
    fc.constant(Number.NaN),
  ),
  tokens: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constant(Number.NaN)),
  outcome: fc.constantFrom('served', 'served', 'served', 'served', 'failed', 'refused', 'cached'),
  codes: fc.tuple(
    ...columns.map((column) => fc.integer({ min: column === 'workspace' ? 0 : -1, max: words[column].length - 1 })),
  ),
});

function someOf(values: readonly string[]) {
  return fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 }).map((list) => list.sort());
}

const condition = fc
  .constantFrom<Column>('api_key', 'virtual_key', 'provider', 'model', 'metadata._user', 'metadata.team')
  .chain((key) => {
    const values = [
      ...words[key].filter((value) => value !== ''),
      ...(key === 'model' ? ['@openai/*', '@anthropic/*'] : []),
    ];
    return fc.record({
      key: fc.constant<string>(key),
      any: fc.oneof(fc.constant('*' as const), someOf(values)),
      except: fc.oneof(fc.constant([]), someOf(values)),
    });
  });

const match = fc.oneof(
  { weight: 3, arbitrary: fc.constant('all' as const) },
  {
    weight: 1,
    arbitrary: fc.uniqueArray(condition, { minLength: 1, maxLength: 2, selector: ({ key }) => key }),
  },
);
const per = fc.uniqueArray(
  fc.constantFrom('workspace_id', 'api_key', 'metadata._user', 'metadata.team', 'model', 'virtual_key'),
  { minLength: 1, maxLength: 3 },
);
const workspace = fc.constantFrom(null, null, 'red', 'blue');

const policyBudget = fc
  .record({
    match,
    per,
    workspace,
    unit: fc.constantFrom('cost', 'tokens', 'requests'),
    amount: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constantFrom(0.5, 1.0005)),
    reset: fc.constantFrom('never', 'weekly', 'monthly', 'every 1 days', 'every 3 days', 'every 14 days'),
    starting: fc.constantFrom('2026-09-20', '2026-09-25'),
    alert: fc.oneof(fc.constant(undefined), fc.integer({ min: 1, max: 20 })),
  })
  .map(({ amount, ...more }): NamedLimit => budgetOf(more.unit === 'cost' ? amount : Math.ceil(amount), more as never));
const policyRate = fc
  .record({
    match,
    per,
    workspace,
    unit: fc.constantFrom('requests', 'tokens'),
    window: fc.constantFrom('second', 'minute', 'hour', 'day', 'week'),
  })
  .chain((more) =>
    fc
      .integer({ min: 1, max: more.unit === 'tokens' ? 60 : 4 })
      .map((amount): NamedLimit => rateOf(amount, more as never)),
  );
const ownLimit = fc
  .record({
    of: fc.constantFrom(
      ['key-limits', { column: 'api_key', value: 'key-1' }, ['api_key']],
      ['provider-limits', { column: 'virtual_key', value: 'openai-prod' }, ['virtual_key']],
      ['workspace-limits', null, ['workspace_id']],
    ),
    reset: fc.constantFrom('never', 'weekly', 'monthly', 'every 3 days'),
    amount: fc.integer({ min: 1, max: 12 }),
    isRate: fc.boolean(),
    window: fc.constantFrom('minute', 'day'),
  })
  .map(({ of: [kind, subject, by], reset, amount, isRate, window }): NamedLimit => {
    const more = { kind, subject, per: by, workspace: 'red', starting: '2026-09-20' };
    return isRate
      ? rateOf(Math.ceil(amount / 4), { ...more, window } as never)
      : budgetOf(amount, { ...more, reset } as never);
  });
const one = fc.oneof(policyBudget, policyRate, ownLimit);
/** Mostly several: what one refuses is what the others do not hear of. */
const limits = fc.oneof(
  { weight: 1, arbitrary: fc.array(one, { minLength: 1, maxLength: 1 }) },
  { weight: 4, arbitrary: fc.array(one, { minLength: 2, maxLength: 4 }) },
);

type Call = typeof call extends fc.Arbitrary<infer T> ? T : never;

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
          expect(replay.refused.money.unitsAt(0)).toBe([...stopped.values()].reduce((sum, cost) => sum + cost, 0n));
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
