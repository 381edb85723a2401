/** A backtest for programs. */

import { dayOf } from '../consumption/windows.ts';
import type { Exact } from '../exact.ts';
import { isBudgetLimit } from '../resources/limit.ts';
import type { BacktestFacts, BacktestRows, Effect, Stopped, StoppedOf } from './backtest-facts.ts';
import type { BacktestDocument, EffectDocument, MoneyDocument, StoppedDocument } from './documents/backtest.ts';
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
    refused: both(together, (one) => ({ ...stoppedDocument(one, rows), ...checkedDocument(one, rows) })),
    limits: limits.map(({ workspace, name, ...effects }) => ({
      workspace,
      name,
      ...both(effects, (one) => effectDocument(one, facts)),
    })),
    not_replayed: refusals.map(({ workspace, name, said, why }) => ({ workspace, name, limit: said, why })),
  };
  return renderJson(document);
}

function effectDocument(one: Effect, { rows, counts }: BacktestFacts): EffectDocument {
  const { limit, alert, smallest } = one;
  return {
    kind: limit.kind,
    limit: one.said,
    unit: limit.unit === 'cost' ? 'cents' : limit.unit,
    amount: limit.amount,
    reset: isBudgetLimit(limit) ? limit.reset : null,
    window: isBudgetLimit(limit) ? null : limit.window,
    per: [...limit.per],
    ...checkedDocument(one, rows),
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

function stoppedDocument({ calls, money: cost, failed, people }: Stopped, rows: BacktestRows): StoppedDocument {
  return { calls, ...moneyIn(cost, rows), failed_anyway: failed, people };
}

/** What the refused are some of. */
function checkedDocument({ checked, checkedMoney }: Pick<StoppedOf, 'checked' | 'checkedMoney'>, rows: BacktestRows) {
  return { checked_calls: checked, checked: moneyIn(checkedMoney, rows) };
}

/** Where no row says what its call cost, no sum of theirs is known. */
function moneyIn(cents: Exact | null, rows: BacktestRows): MoneyDocument {
  return cents === null || rows.money === null ? { cents: null, exact_cents: null, usd: null } : moneyOf(cents);
}

function isoOf(at: number): string {
  return new Date(at).toISOString();
}

function iso(at: number | null): string | null {
  return at === null ? null : isoOf(at);
}
