/** A status for programs. Money is whole cents. */

import type { Trend, TrendBy, TrendReport } from '../consumption/trends.ts';
import { type Exact, round } from '../exact.ts';
import { toldDocument } from './describe-told.ts';
import type { StatusDocument, StatusLimitDocument, TrendDocument } from './documents/status.ts';
import { groupDocument } from './group-facts.ts';
import { jsonVersion } from './json.ts';
import type { StatusFacts, StatusLimit, StatusNobody } from './status-facts.ts';
import { asOf, countKeys, describeForecast } from './status-words.ts';
import { undeclaredDocument } from './undeclared-document.ts';

export function statusDocument(view: StatusFacts): StatusDocument {
  const { counts } = view;
  const limits = counts ? view.limits.filter(({ facts }) => facts.kind !== 'key-limits') : view.limits;
  return {
    version: jsonVersion,
    ok: view.check === null || view.check.verdict === 'under',
    as_of: iso(asOf(view)),
    people: counts ? 'counts' : 'names',
    usage_unknown: view.unitMistake,
    over_percent: view.over,
    check: view.check,
    hidden: { below: view.below, unknown: view.belowUnknown },
    limits: limits.map((limit) => limitDocument(limit, view)),
    keys: counts ? countKeys(view.limits) : null,
    expiring: counts
      ? { count: view.expiring.length }
      : view.expiring.map(({ kind, workspace, id, name, at }) => ({ kind, workspace, id, name, expires_at: iso(at) })),
    limits_nobody: view.nobody === null ? null : nobodyDocument(view.nobody, counts),
    undeclared: undeclaredDocument(view.undeclared ?? undefined),
    key_limits: view.keyLimits,
    gaps: view.gaps,
    pace_gaps: view.paceGaps,
    ...(view.groups.length === 0 ? {} : { groups: view.groups.map(groupDocument) }),
    trends: view.trends === null ? null : trendsDocument(view.trends, counts),
  };
}

function limitDocument(limit: StatusLimit, view: StatusFacts): StatusLimitDocument {
  const { facts, nextReset, runOut, pace, worst } = limit;
  const { usage } = facts;
  return {
    kind: facts.kind,
    workspace: facts.workspace,
    id: facts.id,
    name: facts.name,
    declared: limit.declared,
    unit: facts.unit === 'cost' ? 'cents' : facts.unit,
    limit: facts.amount,
    alert: facts.alert,
    alert_told: limit.told === null ? null : toldDocument(limit.told, view.counts),
    reset: facts.reset,
    per: facts.kind === 'usage-policy' ? facts.per : [],
    state: limit.state,
    used: whole(limit.used),
    percent: limit.percent,
    counters: limit.counters,
    exhausted_counters: limit.exhausted,
    fullest_counter: view.counts ? null : (worst?.valueKey ?? null),
    used_in_all: whole(limit.total),
    source: usage.known ? usage.source : null,
    as_of: usage.known ? iso(usage.asOf) : null,
    unknown_because: usage.known ? (usage.doubted?.[0]?.why ?? null) : usage.why,
    unknown_counters: usage.known ? (usage.doubted?.length ?? 0) : null,
    next_reset: typeof nextReset === 'number' ? iso(nextReset) : null,
    next_reset_known: nextReset !== 'unknown',
    pace_per_day: whole(pace?.perDay ?? null),
    pace_basis: pace?.basis ?? null,
    run_out: runOut === null ? null : { when: runOut.when, at: 'at' in runOut ? iso(runOut.at) : null },
    no_forecast_because: limit.noForecast,
    forecast: describeForecast(limit),
    ...(limit.until === undefined
      ? {}
      : { until: { date: limit.until.date, later: limit.until.later, owed: limit.until.isOwed } }),
  };
}

function nobodyDocument(
  { limits, unknown, uncounted }: StatusNobody,
  counts: boolean,
): StatusDocument['limits_nobody'] {
  if (counts) return { limits: { count: limits.length }, unknown: { count: unknown.length }, not_asked: uncounted };
  return { limits, unknown, not_asked: uncounted };
}

function trendsDocument(report: TrendReport, counts: boolean): StatusDocument['trends'] {
  const by = (kind: TrendBy): TrendDocument[] => report.trends[kind].map(trendDocument);
  return {
    days: report.days,
    from: iso(report.from),
    to: iso(report.to),
    by: {
      workspace: by('workspace'),
      model: by('model'),
      provider: by('provider'),
      user: counts ? { count: report.trends.user.length } : by('user'),
    },
    unusual_days: report.unusualDays.map(({ date, workspace, cost, median }) => ({
      date,
      workspace,
      cost: Number(round(cost)),
      median: Number(round(median)),
    })),
    gaps: report.gaps,
  };
}

function trendDocument(trend: Trend): TrendDocument {
  return {
    name: trend.name,
    workspace: trend.workspace,
    cost: whole(trend.cost),
    cost_before: whole(trend.before),
    change_percent: trend.changePercent,
    requests: trend.requests,
    errors: trend.errors,
    error_percent: trend.errorPercent,
    failing: trend.isFailing,
  };
}

/** Whole cents, tokens or requests, to the nearest: percent and state are told from the exact number. */
function whole(value: Exact | null): number | null {
  return value === null ? null : Number(round(value));
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
