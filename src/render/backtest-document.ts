/** A backtest for programs: one shape, described once; `schemas/backtest.schema.json` is made of it. */

import { z } from 'zod';
import { dayOf } from '../consumption/windows.ts';
import { type Exact, toDecimal } from '../exact.ts';
import { formatSpent } from '../impact/money.ts';
import { isBudgetLimit } from '../resources/limit.ts';
import type { BacktestFacts, BacktestRows, Effect, Stopped } from './backtest-facts.ts';
import { jsonVersion, renderJson } from './json.ts';

const money = z
  .object({
    cents: z
      .string()
      .nullable()
      .describe('US cents, exact, with up to ten decimals; null: no row says what its call cost'),
    usd: z.string().nullable().describe('to the nearest cent; null as `cents`'),
  })
  .meta({ id: 'money' });
const instant = z.string().describe('ISO date-time, UTC');
const stopped = z.object({
  calls: z.number(),
  ...money.shape,
  failed_anyway: z.number().describe('of the calls: those that failed for another reason'),
  people: z.number().nullable().describe('different `metadata._user`; null: rows do not say it'),
});
const effect = z.object({
  kind: z.string(),
  limit: z.string().describe('as a person reads it'),
  unit: z.enum(['cents', 'tokens', 'requests']),
  amount: z.number(),
  reset: z.string().nullable().describe('of a budget; null: it is a rate'),
  window: z.string().nullable().describe('of a rate; null: it is a budget'),
  per: z.array(z.string()),
  checked_calls: z.number().describe('that the limit was consulted for'),
  refused: stopped,
  counters: z.number(),
  blocked_counters: z.number(),
  first: z.object({ who: z.string(), at: instant }).nullable(),
  alert: z.object({ counters: z.number(), first: instant.nullable() }).nullable(),
  gateway_lag: z
    .object({ calls: z.number(), ...money.shape })
    .describe('of the refused: what a gateway may let through'),
  days: z.array(z.object({ day: z.string(), calls: z.number(), ...money.shape })),
  blocked: z
    .array(
      z.object({
        who: z.string(),
        since: instant,
        days: z.number(),
        calls: z.number(),
        ...money.shape,
        alert_at: instant.nullable(),
      }),
    )
    .describe('at most 20, who loses most first; empty when names are withheld'),
  smallest: z
    .object({ stops_nobody: z.number(), refuses_one_percent: z.number() })
    .nullable()
    .describe('amounts in the unit, if it were the only limit'),
  curve: z.array(z.object({ amount: z.number(), refused_share: z.number() })),
  doubts: z.array(z.string()),
});

export const backtestDocumentSchema = z.object({
  version: z.number(),
  ok: z.literal(true),
  people: z.enum(['names', 'counts']),
  rows: z.object({
    count: z.number(),
    files: z.number(),
    oldest: instant.nullable(),
    newest: instant.nullable(),
    ...money.shape,
    in_scope: z.number(),
    failed: z.number(),
    refused: z.number().describe('by the gateway, then'),
    cache_hits: z.number(),
    cache_unknown: z.number(),
    cost_unknown: z.number(),
    tokens_unknown: z.number(),
    duplicates: z.number(),
    malformed: z.number(),
    notes: z.array(z.string()).describe('what rows and files do not say'),
    silent: z.record(z.string(), z.number()).describe('rows that say nothing, by what limits go by'),
  }),
  sides: z.object({ before: z.string(), after: z.string() }).nullable().describe('null: one set of limits alone'),
  refused: z.object({ before: stopped.nullable(), after: stopped.nullable() }).describe('by all limits together'),
  limits: z.array(
    z.object({
      workspace: z.string().nullable(),
      name: z.string(),
      before: effect.nullable(),
      after: effect.nullable(),
    }),
  ),
  not_replayed: z.array(
    z.object({ workspace: z.string().nullable(), name: z.string(), limit: z.string(), why: z.string() }),
  ),
});

type BacktestDocument = z.infer<typeof backtestDocumentSchema>;

export function renderBacktestSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(backtestDocumentSchema, { target: 'draft-7', io: 'input' });
  return `${JSON.stringify({ $schema, title: 'tollgate backtest', ...schema }, null, 2)}\n`;
}

export function renderBacktestJson(facts: BacktestFacts): string {
  const { rows, sides, together, limits, refusals, counts } = facts;
  const both = <T, U>({ before, after }: { before: T | null; after: T | null }, to: (value: T) => U) => ({
    before: before === null ? null : to(before),
    after: after === null ? null : to(after),
  });
  const document: BacktestDocument = {
    version: jsonVersion,
    ok: true,
    people: counts ? 'counts' : 'names',
    rows: {
      count: rows.count,
      files: rows.files,
      oldest: iso(rows.oldest),
      newest: iso(rows.newest),
      ...moneyIn(rows.money, rows),
      in_scope: rows.inScope,
      failed: rows.failed,
      refused: rows.refused,
      cache_hits: rows.cacheHits,
      cache_unknown: rows.cacheUnknown,
      cost_unknown: rows.costUnknown,
      tokens_unknown: rows.tokensUnknown,
      duplicates: rows.duplicates,
      malformed: rows.malformed,
      notes: [...rows.said],
      silent: rows.silent,
    },
    sides,
    refused: both(together, (one) => stoppedDocument(one, rows)),
    limits: limits.map(({ workspace, name, ...effects }) => ({
      workspace,
      name,
      ...both(effects, (one) => effectDocument(one, facts)),
    })),
    not_replayed: refusals.map(({ workspace, name, said, why }) => ({ workspace, name, limit: said, why })),
  };
  return renderJson(document);
}

function effectDocument(one: Effect, { rows, counts }: BacktestFacts): z.infer<typeof effect> {
  const { limit, alert, smallest } = one;
  return {
    kind: limit.kind,
    limit: one.said,
    unit: limit.unit === 'cost' ? 'cents' : limit.unit,
    amount: limit.amount,
    reset: isBudgetLimit(limit) ? limit.reset : null,
    window: isBudgetLimit(limit) ? null : limit.window,
    per: [...limit.per],
    checked_calls: one.checked,
    refused: stoppedDocument(one.stopped, rows),
    counters: one.counters,
    blocked_counters: one.blocked,
    first: one.first === null || counts ? null : { who: one.first.who, at: isoOf(one.first.at) },
    alert: alert === null ? null : { counters: alert.counters, first: iso(alert.first) },
    gateway_lag: { calls: one.late.calls, ...moneyIn(one.late.money, rows) },
    days: one.days.map(({ day, calls, money: cost }) => ({ day: dayOf(day), calls, ...moneyIn(cost, rows) })),
    blocked: one.who.map(({ who, since, days, calls, money: cost, alertAt }) => ({
      who,
      since: isoOf(since),
      days,
      calls,
      ...moneyIn(cost, rows),
      alert_at: iso(alertAt),
    })),
    smallest: smallest === null ? null : { stops_nobody: smallest.nobody, refuses_one_percent: smallest.percent },
    curve: one.curve.map(({ amount, refused }) => ({ amount, refused_share: refused })),
    doubts: [...one.doubts],
  };
}

function stoppedDocument({ calls, money: cost, failed, people }: Stopped, rows: BacktestRows): z.infer<typeof stopped> {
  return { calls, ...moneyIn(cost, rows), failed_anyway: failed, people };
}

/** Rows have ten decimals of a cent at most. Where none says what it cost, no sum of theirs is known. */
function moneyIn(cents: Exact | null, rows: BacktestRows): z.infer<typeof money> {
  if (cents === null || rows.money === null) return { cents: null, usd: null };
  return { cents: toDecimal(cents, 10), usd: formatSpent(cents, 'cost') };
}

function isoOf(at: number): string {
  return new Date(at).toISOString();
}

function iso(at: number | null): string | null {
  return at === null ? null : isoOf(at);
}
