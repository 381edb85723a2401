/** A backtest for programs. */

import { dayOf } from '../consumption/windows.ts';
import { isBudgetLimit } from '../resources/limit.ts';
import type { BacktestFacts, Effect, Stopped } from './backtest-facts.ts';
import type { BacktestDocument, EffectDocument, StoppedDocument } from './documents/backtest.ts';
import { jsonVersion, renderJson } from './json.ts';
import { moneyOf } from './money.ts';

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
      ...moneyOf(rows.money),
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
    refused: both(together, stoppedDocument),
    limits: limits.map(({ workspace, name, ...effects }) => ({
      workspace,
      name,
      ...both(effects, (one) => effectDocument(one, counts)),
    })),
    not_replayed: refusals.map(({ workspace, name, said, why }) => ({ workspace, name, limit: said, why })),
  };
  return renderJson(document);
}

function effectDocument(one: Effect, counts: boolean): EffectDocument {
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
    refused: stoppedDocument(one.stopped),
    counters: one.counters,
    blocked_counters: one.blocked,
    first: one.first === null || counts ? null : { who: one.first.who, at: isoOf(one.first.at) },
    alert: alert === null ? null : { counters: alert.counters, first: iso(alert.first) },
    gateway_lag: { calls: one.late.calls, ...moneyOf(one.late.money) },
    days: one.days.map(({ day, calls, money: cost }) => ({ day: dayOf(day), calls, ...moneyOf(cost) })),
    blocked: one.who.map(({ who, since, days, calls, money: cost, alertAt }) => ({
      who,
      since: isoOf(since),
      days,
      calls,
      ...moneyOf(cost),
      alert_at: iso(alertAt),
    })),
    smallest: smallest === null ? null : { stops_nobody: smallest.nobody, refuses_one_percent: smallest.percent },
    curve: one.curve.map(({ amount, refused }) => ({ amount, refused_share: refused })),
    doubts: [...one.doubts],
  };
}

function stoppedDocument({ calls, money: cost, failed, people }: Stopped): StoppedDocument {
  return { calls, ...moneyOf(cost), failed_anyway: failed, people };
}

function isoOf(at: number): string {
  return new Date(at).toISOString();
}

function iso(at: number | null): string | null {
  return at === null ? null : isoOf(at);
}
