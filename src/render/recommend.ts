/** Recommended limits as text and JSON. */

import { round } from '../exact.ts';
import { formatSpent } from '../impact/money.ts';
import { escapeInvisible } from '../printable.ts';
import { formatAmount, formatReset, formatWhole } from '../resources/amounts.ts';
import { formatRateLimit, isBudgetLimit, type Limit, timed } from '../resources/limit.ts';
import { renderAnswer } from './answer.ts';
import type { RecommendDocument } from './documents/logs.ts';
import { jsonVersion, renderJson } from './json.ts';
import type { Recommendation, RecommendFacts } from './recommend-facts.ts';
import { formatInstant } from './status-words.ts';
import type { TextStyle } from './style.ts';

export interface RecommendedFile {
  readonly workspace: string;
  readonly text: string;
}

export function renderRecommendText(
  facts: RecommendFacts,
  files: readonly RecommendedFile[],
  style: TextStyle,
): string {
  const { limit, limits } = facts;
  const amount = (value: number) => formatBound(value, limit);
  return renderAnswer(
    [
      { text: `${describeRows(facts)}: ${describeKind(limit)} per ${limit.per.map(escapeInvisible).join(' and ')}.` },
      {
        columns: [
          { head: 'workspace' },
          { head: 'spent', align: 'right' },
          { head: 'counters', align: 'right' },
          { head: 'limit now', align: 'right' },
          { head: 'stops nobody', align: 'right' },
          { head: 'at most 1 %', align: 'right' },
          { head: 'so' },
        ],
        rows: limits.map((one) => [
          one.workspace,
          one.money === null ? 'not known' : formatSpent(one.money, 'cost'),
          formatWhole(one.counters),
          one.current === null ? 'none' : amount(one.current.amount),
          amount(one.nobody),
          amount(one.percent),
          describeState(one),
        ]),
      },
      ...[...facts.doubts, ...listNotes(facts)].map((text) => ({ text })),
      ...files.map(({ text }) => ({ lines: text.trimEnd().split('\n') })),
    ],
    style,
  );
}

export function renderRecommendJson(facts: RecommendFacts, files: readonly RecommendedFile[]): string {
  const { rows, limit, limits, doubts } = facts;
  const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());
  return renderJson<RecommendDocument>({
    version: jsonVersion,
    ok: true,
    rows: { count: rows.count, oldest: iso(rows.oldest), newest: iso(rows.newest) },
    per: limit.per,
    unit: limit.unit === 'cost' ? 'cents' : limit.unit,
    reset: isBudgetLimit(limit) ? limit.reset : null,
    window: isBudgetLimit(limit) ? null : limit.window,
    limits: limits.map(({ money, current, isLeast, ...one }) => ({
      workspace: one.workspace,
      state: one.state,
      stops_nobody: one.nobody,
      refuses_one_percent: one.percent,
      is_least_budget: isLeast,
      calls: one.calls,
      counters: one.counters,
      spent_cents: money === null ? null : Number(round(money)),
      current,
      other_limits: one.others,
      yaml: files.find(({ workspace }) => workspace === one.workspace)?.text ?? null,
    })),
    doubts,
    notes: listNotes(facts),
  });
}

function describeRows({ rows: { count, oldest, newest } }: RecommendFacts): string {
  if (oldest === null || newest === null) return 'There are no rows';
  return `${formatInstant(oldest)} to ${formatInstant(newest)}, ${formatWhole(count)} rows`;
}

function describeKind(limit: Limit): string {
  return isBudgetLimit(limit) ? `budgets ${formatReset(timed(limit).reset)}` : `rates of ${limit.unit}/${limit.window}`;
}

function formatBound(amount: number, limit: Limit): string {
  return isBudgetLimit(limit) ? formatAmount(amount, limit.unit) : formatRateLimit({ ...limit, amount });
}

function describeState({ state, current, calls }: Recommendation): string {
  if (state !== 'stops calls' || current === null) return state;
  const share = calls === 0 ? 0 : (current.refused / calls) * 100;
  return `refuses ${share < 0.1 ? '< 0.1' : share.toFixed(1)} % of calls`;
}

function listNotes({ notes, limits, rows }: RecommendFacts): string[] {
  const least = limits.some(({ isLeast }) => isLeast);
  const beside = limits.some(({ others }) => others > 0);
  return [
    ...notes.map(escapeInvisible),
    ...(least ? ['Less would do for some, but a limit has a least amount.'] : []),
    ...(beside ? ['Other limits of the files are taken to be in force: what they refuse needs no room here.'] : []),
    ...(rows.count === 0
      ? []
      : ['Next month is another month: leave room for growth, and for calls that were refused or not logged.']),
  ];
}
