/** What a person sees of a backtest, before it is written in a format. */

import { dayOf } from '../../consumption/windows.ts';
import type { Exact } from '../../exact.ts';
import { formatSpent } from '../../impact/money.ts';
import { groupBy } from '../../live/place-index.ts';
import { escapeInvisible } from '../../printable.ts';
import { formatWhole as count, formatAmount } from '../../resources/amounts.ts';
import { formatRateLimit, isBudgetLimit } from '../../resources/limit.ts';
import type { BacktestFacts, BacktestRows, Effect, LimitEffect, Sides, Stopped, StoppedOf } from '../backtest-facts.ts';
import { formatInstant } from '../status-words.ts';

export interface BacktestView {
  /** `2026-10-01 00:00 UTC to … · 10,000,000 rows`. */
  readonly span: string;
  /** What cannot be replayed, for each reason; said first. */
  readonly refusals: readonly SeenRefusal[];
  /** Null: one set of limits alone. */
  readonly sides: BacktestFacts['sides'];
  /** All limits together. */
  readonly together: readonly SeenFact[];
  readonly limits: readonly SeenLimit[];
  /** What the numbers mean and do not mean. */
  readonly notes: readonly string[];
}

export interface SeenRefusal {
  /** `Not replayed: 2 limits; each goes by API key, …`; of one limit all that there is to say. */
  readonly text: string;
  /** Each by name, where there are several. */
  readonly limits: readonly string[];
}

/** One line: of one set `after` alone. */
export interface SeenFact {
  readonly label: string;
  readonly before: string;
  readonly after: string;
}

export interface SeenLimit {
  /** `per-user (marketing)`. */
  readonly title: string;
  /** `would have refused …`; null: nothing is shown. */
  readonly line: string | null;
  /** Whose counters, days and curve are shown: as it is to be, else as it was. */
  readonly shown: Effect | null;
  readonly facts: readonly SeenFact[];
  readonly who: readonly SeenCounter[];
  /** Of counters that are not shown: `and 1,234 more`. Null: all are. */
  readonly more: string | null;
  readonly days: readonly { readonly day: string; readonly calls: string; readonly money: string }[];
  readonly curve: readonly { readonly amount: string; readonly refused: string }[];
  readonly doubts: readonly string[];
}

export interface SeenCounter {
  readonly who: string;
  readonly since: string;
  readonly days: string;
  readonly calls: string;
  readonly money: string;
  readonly alert: string;
}

const nothing = '–';

/** One of the sides says something. */
export function isSaid({ before, after }: SeenFact): boolean {
  return before !== nothing || after !== nothing;
}

export function buildBacktestView(facts: BacktestFacts): BacktestView {
  const { rows, sides, together, limits } = facts;
  return {
    span: describeSpan(rows),
    refusals: seeRefusals(facts.refusals),
    sides,
    together: [
      fact('refused', together, (stopped) => describeStopped(stopped, stopped)),
      ...(together.after?.people == null ? [] : [fact('people', together, ({ people }) => count(people ?? 0))]),
    ],
    limits: limits.map(seeLimit),
    notes: listNotes(facts),
  };
}

/** Nobody knows whether such calls are never made, or written in another way. */
const unmet = 'no call of these logs is in its scope';

/** Files of many keys are refused for one reason, which is said once. */
function seeRefusals(refusals: BacktestFacts['refusals']): SeenRefusal[] {
  return [...groupBy(refusals, ({ why }) => why)].map(([why, alike]) => {
    const limits = alike.map(({ workspace, name, said }) =>
      name === said ? placeOf(name, workspace) : `${placeOf(name, workspace)}, ${escapeInvisible(said)}`,
    );
    return limits.length === 1
      ? { text: `Not replayed: ${limits[0]}: it ${escapeInvisible(why)}.`, limits: [] }
      : { text: `Not replayed: ${count(limits.length)} limits; each ${escapeInvisible(why)}.`, limits };
  });
}

/**
 * `would have refused 1.2 % of 812,004 calls, $310, 3 people`, and of a limit that was another one `3.0 % → 1.2 % of …`: for whoever has
 * one line. Money and people are those of the limit as it is to be.
 */
function describeEffect(
  { checked, stopped, cutAt }: Pick<Effect, 'checked' | 'stopped' | 'cutAt'>,
  before: Effect | null,
): string {
  if (checked === 0) return `${unmet}: whom it would have refused is not known`;
  const part = cutAt === null ? '' : `, had nothing been used before ${formatInstant(cutAt)}`;
  const people =
    stopped.people === null ? '' : `, ${count(stopped.people)} ${stopped.people === 1 ? 'person' : 'people'}`;
  const refused = `${describeShare(stopped.calls, checked)} of ${count(checked)} calls`;
  const cost = stopped.calls === 0 ? '' : `, ${formatCost(stopped.money)}${people}`;
  return `would have refused ${describeBefore(before, checked)}${refused}${cost}${part}`;
}

function describeBefore(before: Effect | null, checked: number): string {
  if (before === null) return '';
  const share = before.checked === 0 ? 'none' : describeShare(before.stopped.calls, before.checked);
  return before.checked === checked ? `${share} → ` : `${share} of ${count(before.checked)} → `;
}

function describeShare(stopped: number, checked: number): string {
  return stopped === 0 ? 'none' : percent(stopped, checked);
}

/** Of the limits of one change, in one line: as it is to be, or that it cannot be told. */
export function describeReplayed(
  { rows, limits, refusals }: BacktestFacts,
  isOfChange: (one: { readonly workspace: string | null; readonly name: string }) => boolean,
): string {
  const own = limits.filter(isOfChange);
  const [refusal] = refusals.filter(isOfChange);
  const span = rows.oldest === null || rows.newest === null ? '' : `${dayOf(rows.oldest)} to ${dayOf(rows.newest)}: `;
  const [first, ...more] = own.flatMap(({ before, after }) => (after === null ? [] : [describeSide(before, after)]));
  if (first !== undefined) return `${span}${[first, ...more].join('; ')}`;
  const [gone] = own.flatMap(({ before }) => (before === null ? [] : [before]));
  if (gone !== undefined) return `${span}of the limit that goes: ${describePeak(gone)}${describeEffect(gone, null)}`;
  return refusal === undefined ? '' : `not replayed over logs: it ${escapeInvisible(refusal.why)}`;
}

/** A rate is judged by the peak of its window, and beside what it was. */
function describeSide(before: Effect | null, after: Effect): string {
  return `${describePeak(after)}${describeEffect(after, isBudgetLimit(after.limit) ? null : before)}`;
}

/** The smallest rate that stops nobody is the peak of its window: a call that a rate of requests refuses counts too. */
function describePeak({ limit, smallest }: Effect): string {
  if (isBudgetLimit(limit) || limit.unit !== 'requests' || smallest === null) return '';
  return `peak ${formatRateLimit({ ...limit, amount: smallest.nobody })}; `;
}

function seeLimit({ name, workspace, before, after }: LimitEffect): SeenLimit {
  const sides: Sides<Effect> = { before, after };
  const shown = after ?? before;
  const more = shown === null || shown.who.length === 0 ? 0 : shown.blocked - shown.who.length;
  const hasAlert = before?.alert != null || after?.alert != null;
  return {
    title: placeOf(name, workspace),
    line: shown === null ? null : describeEffect(shown, null),
    shown,
    facts: [
      fact('limit', sides, ({ said }) => said),
      fact('refused', sides, (effect) => describeStopped(effect.stopped, effect)),
      fact('blocked', sides, describeBlocked),
      ...(hasAlert ? [fact('alert', sides, describeAlerted)] : []),
      fact('failed anyway', sides, ({ stopped }) =>
        stopped.calls === 0 ? nothing : `${percent(stopped.failed, stopped.calls)} of the refused`,
      ),
      fact('gateway lag', sides, describeLate),
      fact('stops nobody', sides, describeSmallest),
    ],
    who: (shown?.who ?? []).map(({ who, since, days, calls, money, alertAt }) => ({
      who: escapeInvisible(who),
      since: formatInstant(since),
      days: String(days),
      calls: count(calls),
      money: formatCost(money, nothing),
      alert: alertAt === null ? nothing : formatInstant(alertAt),
    })),
    more: more === 0 ? null : `and ${count(more)} more`,
    days: (shown?.days ?? []).map(({ day, calls, money }) => ({
      day: dayOf(day),
      calls: count(calls),
      money: formatCost(money, nothing),
    })),
    curve: (shown?.curve ?? []).map(({ amount, refused }) => ({
      amount: formatAmount(amount, shown?.limit.unit ?? 'cost'),
      refused: `${percentText(refused * 100)} %`,
    })),
    doubts: [...new Set([...(before?.doubts ?? []), ...(after?.doubts ?? [])])],
  };
}

function fact<T>(label: string, { before, after }: Sides<T>, say: (value: T) => string): SeenFact {
  const shown = (value: T | null): string => (value === null ? nothing : escapeInvisible(say(value)));
  return { label, before: shown(before), after: shown(after) };
}

/** Where none of the calls says what it cost, their sum is not zero: nobody knows it. */
function formatCost(money: Exact | null, unknown = 'cost not known'): string {
  return money === null ? unknown : formatSpent(money, 'cost');
}

function describeStopped(
  { calls, money }: Stopped,
  { checked, checkedMoney }: Pick<StoppedOf, 'checked' | 'checkedMoney'>,
): string {
  if (checked === 0) return unmet;
  if (calls === 0) return `none of ${count(checked)} calls`;
  const all = checkedMoney === null ? '' : ` of ${formatSpent(checkedMoney, 'cost')}`;
  return `${count(calls)} of ${count(checked)} calls (${percent(calls, checked)}) · ${formatCost(money)}${all}`;
}

function describeBlocked({ blocked, counters, first, limit }: Effect): string {
  const noun = nounOf(limit.per, counters);
  if (counters === 0) return nothing;
  if (first === null) return `none of ${count(counters)} ${noun}`;
  return `${count(blocked)} of ${count(counters)} ${noun} · first: ${first.who}, ${formatInstant(first.at)}`;
}

function describeAlerted({ alert, limit }: Effect): string {
  if (alert === null || !isBudgetLimit(limit)) return nothing;
  const first = alert.first === null ? '' : `; first ${formatInstant(alert.first)}`;
  return `${formatAmount(limit.alert ?? 0, limit.unit)}: ${count(alert.counters)} ${nounOf(limit.per, alert.counters)}${first}`;
}

function describeLate({ late, limit }: Effect): string {
  if (!isBudgetLimit(limit) || late.calls === 0) return nothing;
  return `lets up to ${count(late.calls)} of them through, ${formatCost(late.money)}`;
}

function describeSmallest({ smallest, limit }: Effect): string {
  if (smallest === null) return nothing;
  const amount = (value: number) => formatAmount(value, limit.unit);
  return `${amount(smallest.nobody)} · at most 1 % of calls: ${amount(smallest.percent)}`;
}

function nounOf(per: readonly string[], number: number): string {
  const [key] = per.length === 1 ? per : [];
  const nouns: Readonly<Record<string, string>> = {
    'metadata._user': 'user',
    workspace_id: 'workspace',
    api_key: 'key',
    model: 'model',
    virtual_key: 'provider',
    provider: 'vendor',
  };
  const noun = key === undefined ? 'counter' : (nouns[key] ?? 'counter');
  return number === 1 ? noun : `${noun}s`;
}

function placeOf(name: string, workspace: string | null): string {
  return escapeInvisible(workspace === null || workspace === name ? name : `${name} (${workspace})`);
}

function describeSpan({ oldest, newest, count: rows, inScope, files }: BacktestRows): string {
  if (oldest === null || newest === null) return 'There are no rows.';
  return `${formatInstant(oldest)} to ${formatInstant(newest)} · ${count(rows)} rows, ${count(inScope)} in scope · ${count(files)} ${files === 1 ? 'file' : 'files'}`;
}

function listNotes({ rows, limits, together, refusals }: BacktestFacts): string[] {
  const notes = rows.said.map(escapeInvisible);
  if (rows.cacheUnknown > 0)
    notes.push(
      `Coverage: ${count(rows.cacheUnknown)} rows do not say whether a cache answered. Hits look like free calls there, so that counts of requests are too high.`,
    );
  if (rows.costUnknown > 0) notes.push('Lower bound: no budget is charged with calls of unknown cost.');
  if (rows.tokensUnknown > 0 && limits.some(({ after, before }) => (after ?? before)?.limit.unit === 'tokens'))
    notes.push(`Lower bound: the tokens of ${count(rows.tokensUnknown)} rows are not known.`);
  if (rows.refused > 0)
    notes.push(
      `Lower bound: ${count(rows.refused)} calls were refused then and cost nothing. What they would have cost under a wider limit nobody knows.`,
    );
  if (refusals.length > 0 && limits.length > 0) notes.push('What is not replayed is in no sum.');
  if (limits.length > 1) notes.push('What stops nobody is told of each limit as if it were the only one.');
  if ((together.after?.calls ?? 0) + (together.before?.calls ?? 0) > 0)
    notes.push(
      'Nobody reacts: the calls are those that were made. Who is refused may try again, wait, or use another key.',
    );
  return notes;
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '0 %' : `${percentText((part / whole) * 100)} %`;
}

/** What is not nothing is never printed as nothing, and what is not all not as all. */
function percentText(value: number): string {
  if (value > 0 && value < 0.05) return '< 0.1';
  return value < 100 && value > 99.95 ? '> 99.9' : value.toFixed(value === 0 || value === 100 ? 0 : 1);
}
