/** What analytics tell of a rate never says less than it did, nor that it refused nobody whom it refused. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createReads } from '../../src/consumption/ask.ts';
import { judgedSince, peakBetween, refusedBetween, stepOf } from '../../src/consumption/rate-bounds.ts';
import { type RateNeeds, readRate } from '../../src/consumption/read-rate.ts';
import { startEmulator } from '../../src/emulator/server.ts';
import type { RequestLogRow } from '../../src/emulator/store.ts';
import { ServiceError } from '../../src/errors.ts';
import type { Backend } from '../../src/live/backend.ts';
import type { RateLimit } from '../../src/resources/limit.ts';
import type { RateWindow } from '../../src/resources/rate-windows.ts';
import { type NaiveCall, replayNaively } from '../backtest/naive-replay.ts';
import { effort } from '../helpers/effort.ts';
import { keyA1, keyA2, requestRow, smallState } from '../helpers/state.ts';
import { adminKey } from '../helpers/world.ts';

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];
const now = Date.UTC(2026, 10, 20, 12, 34, 56);

const rateOf = (more: Partial<RateLimit> = {}): RateLimit => ({
  ...{ kind: 'rate-policy', field: 'value', match: 'all', per: ['workspace_id'], target: 'llm' },
  ...{ unit: 'requests', window: 'hour', amount: 3 },
  ...more,
});

const windows = ['second', 'minute', 'hour', 'day', 'week'] as const satisfies readonly RateWindow[];

interface MadeCall {
  readonly at: number;
  readonly outcome: NaiveCall['outcome'];
  readonly key: string;
  readonly user: string | null;
  readonly tokens: number;
}

/** Bunches, so that windows overflow; ends of windows and of days are met exactly. */
const madeCalls = fc
  .array(
    fc.record({
      back: fc.oneof(
        fc.integer({ min: 0, max: 7 * day }),
        fc.constantFrom(0, 1, day, 7 * day, 12 * hour + 34 * minute),
      ),
      gap: fc.constantFrom(0, 1, 999, 20_000, 30 * minute, hour),
      count: fc.integer({ min: 1, max: 9 }),
      outcome: fc.constantFrom<NaiveCall['outcome']>('served', 'served', 'served', 'failed', 'refused', 'cached'),
      key: fc.constantFrom(keyA1, keyA2),
      user: fc.constantFrom('ana', 'ana', 'ben', null),
      tokens: fc.integer({ min: 0, max: 40 }),
    }),
    { maxLength: 12 },
  )
  .map((bunches) =>
    bunches
      .flatMap(({ back, gap, count, ...call }) =>
        Array.from({ length: count }, (_, index): MadeCall => ({ ...call, at: now - back + index * gap })),
      )
      .filter(({ at }) => at <= now)
      .sort((a, b) => a.at - b.at),
  );

/** Who is refused, and the fullest window, by the naive replay of this rate alone. */
function replayExactly(calls: readonly MadeCall[], { window, amount, unit, per, kind }: RateLimit) {
  const naive = calls.map(
    ({ at, outcome, key, user, tokens }): NaiveCall => ({
      ...{ at, cost: 0n, tokens: BigInt(tokens), outcome },
      values: { workspace: 'ws-team-a', api_key: key, ...(user === null ? {} : { 'metadata._user': user }) },
    }),
  );
  const [outcome] = replayNaively(naive, [
    {
      ...{ kind: 'policy', stage: 0, workspace: null, subject: null, conditions: [], alert: null },
      ...{ per: kind === 'rate-policy' ? per : [], what: unit, amount: BigInt(amount), period: { rate: window } },
    },
  ]);
  return outcome?.refused.length ?? 0;
}

/** The fullest window of one counter. */
function peakExactly(calls: readonly MadeCall[], { window, per }: RateLimit): number {
  const length = { second: 1_000, minute, hour, day, week: 7 * day }[window];
  const used = new Map<string, number>();
  for (const { at, outcome, key, user } of calls) {
    const counter = per[0] === 'api_key' ? key : per[0] === 'metadata._user' ? user : '';
    if (outcome === 'cached' || counter === null) continue;
    const name = `${Math.floor(at / length)} ${counter}`;
    used.set(name, (used.get(name) ?? 0) + 1);
  }
  return Math.max(0, ...used.values());
}

/** All of them are in the time that is looked at: rows before it are not asked for. */
function within(calls: readonly MadeCall[], limit: RateLimit): readonly MadeCall[] {
  return calls.filter(({ at }) => at >= judgedSince(limit, now));
}

describe('points', () => {
  it('of any length, with empty ones left out, hold what an exact replay finds between their bounds', () => {
    const runs = effort('histories in points', 500, 20_000);
    const grid = fc.record({
      step: fc.constantFrom(1_000, minute, 5 * minute, 7 * minute, hour, 6 * hour, day, 2 * day, 7 * day),
      offset: fc.constantFrom(0, 0, 0, 1, 30 * minute),
      isSparse: fc.boolean(),
    });
    const amounts = fc.integer({ min: 1, max: 6 });
    fc.assert(
      fc.property(
        madeCalls,
        fc.constantFrom(...windows),
        amounts,
        grid,
        (all, window, amount, { step, offset, isSparse }) => {
          const limit = rateOf({ window, amount });
          const calls = within(all, limit);
          const from = judgedSince(limit, now);
          const counts = new Map<number, { all: number; sure: number }>();
          const startOf = (at: number) => Math.floor((at - offset) / step) * step + offset;
          // Points in seconds are many: only those around a call are kept.
          if (!isSparse && step >= hour)
            for (let at = startOf(from); at <= now; at += step) counts.set(at, { all: 0, sure: 0 });
          for (const { at, outcome } of calls) {
            const point = counts.get(startOf(at)) ?? { all: 0, sure: 0 };
            const sure = point.sure + (outcome === 'cached' ? 0 : 1);
            counts.set(startOf(at), { all: point.all + 1, sure });
          }
          const points = [...counts]
            .sort(([a], [b]) => a - b)
            .map(([at, count]) => ({ at, atMost: count.all, atLeast: count.sure }));
          const demand = { points, from, to: now };
          const [refused, peak] = [refusedBetween(demand, limit), peakBetween(demand, limit)];
          const exact = replayExactly(calls, limit);
          expect(refused.atLeast).toBeLessThanOrEqual(exact);
          expect(refused.atMost).toBeGreaterThanOrEqual(exact);
          expect(peak.atLeast).toBeLessThanOrEqual(peakExactly(calls, limit));
          expect(peak.atMost).toBeGreaterThanOrEqual(peakExactly(calls, limit));
        },
      ),
      { numRuns: runs },
    );
  });

  it('that are the windows are exact', () => {
    const from = Date.UTC(2026, 10, 13);
    const counts = [3, 0, 7, 4];
    const points = counts.map((count, index) => ({ at: from + index * hour, atLeast: count, atMost: count }));
    const demand = { points, from, to: from + 4 * hour };
    expect(refusedBetween(demand, { window: 'hour', amount: 3 })).toEqual({ atLeast: 5, atMost: 5 });
    expect(peakBetween(demand, { window: 'hour' })).toEqual({ atLeast: 7, atMost: 7 });
    // Four hours of one day are one window.
    expect(refusedBetween(demand, { window: 'day', amount: 3 })).toEqual({ atLeast: 11, atMost: 11 });
    // Sixty minutes share an hour.
    expect(refusedBetween(demand, { window: 'minute', amount: 3 })).toEqual({ atLeast: 0, atMost: 5 });
    expect(peakBetween(demand, { window: 'minute' })).toEqual({ atLeast: 1, atMost: 7 });
  });

  it.each([
    ['none', [], null],
    ['one', [0], null],
    ['even ones', [0, hour, 2 * hour], hour],
    ['even ones with a hole', [0, hour, 5 * hour], hour],
    ['a day of 23 hours', [0, 23 * hour, 47 * hour], null],
    ['the same twice', [0, 0, hour], null],
  ])('are as long as they show: %s', (_, times, expected) => {
    expect(stepOf(times.map((at) => ({ at })))).toBe(expected);
  });
});

const needsOf = (limit: RateLimit): RateNeeds => ({
  ...{ workspace: 'ws-team-a', limit, now },
  calls: limit.kind === 'key-limits' ? { of: 'key', id: keyA1 } : { of: 'matched', match: limit.match },
});

it('through the emulator: at least is no more than an exact replay refuses, and none is none', async () => {
  const runs = effort('histories through the emulator', 60, 2_000);
  const emulator = await startEmulator({ acceptKeys: adminKey, state: smallState(), now: () => new Date(now) });
  const readAnalytics = async (path: string, query: Readonly<Record<string, unknown>>) => {
    const asked = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    );
    const url = `/v1/analytics${path}?${new URLSearchParams(asked as [string, string][])}`;
    const answer = await emulator.app.request(url, { headers: { 'x-portkey-api-key': adminKey } });
    expect(answer.status).toBe(200);
    return answer.json();
  };
  let proofs = 0;
  try {
    await fc.assert(
      fc.asyncProperty(
        madeCalls,
        fc.constantFrom(...windows),
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom(
          { per: ['workspace_id'] },
          { per: ['api_key'] },
          { per: ['metadata._user'] },
          { per: ['api_key', 'metadata._user'] },
          { per: ['api_key'], unit: 'tokens' as const },
          { kind: 'key-limits' as const, per: ['api_key'] },
          { kind: 'key-limits' as const, per: ['api_key'], unit: 'tokens' as const },
        ),
        async (all, window, amount, more) => {
          const limit = rateOf({ window, amount, ...more });
          const own = limit.kind === 'key-limits' ? all.filter(({ key }) => key === keyA1) : all;
          emulator.store.state.requestLogs = all.map(toRow);
          const read = await readRate(createReads({ readAnalytics } as unknown as Backend), needsOf(limit));
          if ('unknown' in read) throw new Error(read.unknown);
          const { refused, peak } = read.value;
          const exact = replayExactly(within(own, limit), limit);
          if (limit.unit === 'requests' && more.per.length === 1) {
            const highest = peakExactly(within(own, limit), limit);
            expect(peak.atLeast).toBeLessThanOrEqual(highest);
            expect(peak.atMost ?? highest).toBeGreaterThanOrEqual(highest);
          }
          if (refused === null) return;
          expect(refused.atLeast).toBeLessThanOrEqual(exact);
          expect(refused.atMost ?? exact).toBeGreaterThanOrEqual(exact);
          if (refused.atLeast > 0) proofs += 1;
        },
      ),
      { numRuns: runs },
    );
  } finally {
    await emulator.close();
  }
  // A bound of zero everywhere would pass.
  expect(proofs).toBeGreaterThan(0);
});

function toRow({ at, outcome, key, user, tokens }: MadeCall, index: number): RequestLogRow {
  return requestRow({
    ...{ id: `call-${index}`, created_at: new Date(at).toISOString(), api_key_id: key, total_units: tokens },
    ...(outcome === 'failed' ? { is_success: false, response_status_code: 500 } : {}),
    ...(outcome === 'refused' ? { is_success: false, response_status_code: 429 } : {}),
    cache_status: outcome === 'cached' ? 'HIT' : 'MISS',
    metadata: user === null ? {} : { _user: user },
  });
}

describe('an answer that cannot be believed', () => {
  const graph = (total: unknown, points: readonly unknown[]) => ({ summary: { total }, data_points: points });
  const at = (dayOfMonth: number, total: unknown) => ({ timestamp: `2026-11-${dayOfMonth}T00:00:00.000Z`, total });
  const read = (answer: unknown, hits: unknown = graph(0, []), limit = rateOf({ window: 'day' })) =>
    readRate(
      createReads({
        readAnalytics: async (path: string) => {
          const given = path.includes('cache') ? hits : answer;
          if (given instanceof Error) throw given;
          return given;
        },
      } as unknown as Backend),
      needsOf(limit),
    );
  const refusal = new ServiceError('refused', {
    ...{ status: 403, method: 'GET', path: '/analytics/graphs/cache/hit-rate', maybeApplied: false },
  });

  it.each([
    ['points that do not add up', graph(9, [at(14, 2), at(15, 2)])],
    ['a point without a time', graph(4, [at(14, 2), { total: 2 }])],
    ['a point without a number', graph(2, [at(14, 2), at(15, 'many')])],
    ['a negative one', graph(2, [at(14, 2), at(15, -1)])],
    ['a part of a call', graph(2.5, [at(14, 2), at(15, 0.5)])],
    ['no total', graph(null, [at(14, 2), at(15, 0)])],
    ['no points at all of calls that there are', graph(7, [])],
    ['a list that is none', { summary: { total: 0 }, data_points: 'none' }],
  ])('is unknown: %s', async (_, answer) => {
    expect(await read(answer)).toEqual({ unknown: expect.stringContaining('/analytics/graphs/requests') });
  });

  it('of the cache leaves only what is certain: nothing, at least', async () => {
    const answer = graph(14, [at(14, 7), at(15, 7)]);
    const hits = { summary: {}, data_points: [{ ...at(14, 0), simple_hits: 1, semantic_hits: 0 }] };
    expect(await read(answer, refusal)).toMatchObject({ value: { refused: { atLeast: 0, atMost: 8 } } });
    expect(await read(answer, hits)).toMatchObject({ value: { refused: { atLeast: 3, atMost: 8 } } });
  });

  it('is not needed where there was no call', async () => {
    expect(await read(graph(0, []))).toMatchObject({
      value: { refused: { atLeast: 0, atMost: 0 }, peak: { atMost: 0 } },
    });
  });

  it('is not asked for of MCP tools', async () => {
    const refused = await read(refusal, refusal, rateOf({ target: 'mcp_tools' }));
    expect(refused).toEqual({ unknown: 'analytics do not show calls of MCP tools' });
  });
});
