/** What somebody is told of a limit, in words. Pure. */

import { percentOf } from '../consumption/counters.ts';
import type { LimitStatus } from '../consumption/limit-status.ts';
import { type Exact, exactOf, toDrawn } from '../exact.ts';
import { formatSpent } from '../impact/money.ts';
import { describeMatch, type Names } from '../render/describe-change.ts';
import {
  describeDays,
  describeForecast,
  describeLimit,
  describeUse,
  describeValueKey,
  formatDay,
  formatInstant,
} from '../render/status-words.ts';
import { formatAmount, formatReset } from '../resources/amounts.ts';
import type { CrossedCounter } from './crossings.ts';
import { isHidden, placeOf } from './due-events.ts';
import type { LimitNews } from './due-limits.ts';
import type { Message } from './message.ts';

export interface NewsWords {
  readonly environment: string;
  /** Names of keys by id. */
  readonly names: Names;
  /** Nobody is to be named (`review.show_people`). */
  readonly counts: boolean;
  /** Who answers for a workspace, by slug. */
  readonly owners: ReadonlyMap<string, string>;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A message names the fullest; of all others it says how many there are. */
const mostCounters = 20;

export function writeNews(news: LimitNews, words: NewsWords): Omit<Message, 'id'> {
  const { limit } = news;
  const name = nameOf(limit, words);
  const { facts } = limit;
  const place = placeOf(facts);
  const at = facts.usage.known ? Math.min(words.now, facts.usage.asOf) : words.now;
  return {
    kind: news.what,
    title: `${titleOf(news, name)} (${place})`,
    facts: factsOf(news, words, name, place),
    paragraphs: [whatNow(news)],
    link: null,
    at,
    data: dataOf(news, words, name),
  };
}

function nameOf(limit: LimitStatus, words: NewsWords): string {
  return isHidden(limit.facts.kind, words) ? 'an API key' : describeLimit(limit);
}

/** Of the counters that it is about: the fullest of the limit may be another one, which has its own message. */
function fullestOf(news: LimitNews): Pick<LimitStatus, 'used' | 'percent'> {
  const { used, percent, facts } = news.limit;
  const own = news.what === 'runs-out' ? null : (news.counters[0]?.used ?? null);
  if (own === null) return { used, percent };
  return { used: own, percent: percentOf(own, exactOf(facts.amount)) };
}

/** Of one counter among several no more is refused than what it counts. */
function isOneOfMany({ limit }: LimitNews): boolean {
  return limit.counters > 1;
}

function titleOf(news: LimitNews, name: string): string {
  const { facts } = news.limit;
  const { percent } = fullestOf(news);
  switch (news.what) {
    case 'exhausted':
      return `${name}: the budget of ${formatAmount(facts.amount, facts.unit)} is used up`;
    case 'threshold':
      return `${name}: ${percent === null ? '' : `${percent} % used, `}past ${formatThreshold(news.at, news.limit)}`;
    case 'runs-out':
      return `${name}: runs out ${formatDay(news.at)}${resetWords(news.limit)}`;
  }
}

function formatThreshold(at: number, { facts: { amount, unit } }: LimitStatus): string {
  const percent = (at * 100) / amount;
  return `${Number.isInteger(percent) ? `${percent} % (` : ''}${formatAmount(at, unit)}${Number.isInteger(percent) ? ')' : ''}`;
}

function resetWords({ nextReset }: LimitStatus): string {
  return typeof nextReset === 'number' ? `, before its reset on ${formatDay(nextReset)}` : '';
}

function factsOf(news: LimitNews, words: NewsWords, name: string, place: string): Message['facts'] {
  const { limit } = news;
  const { facts, nextReset } = limit;
  const { used, percent } = fullestOf(news);
  // What is refused by now is not a forecast, and is said below.
  const forecast = limit.exhausted > 0 ? null : describeForecast(limit);
  const owner = facts.workspace === null ? undefined : words.owners.get(facts.workspace);
  const estimated = facts.usage.known && facts.usage.source === 'estimated' ? ', estimated from analytics' : '';
  return [
    { label: 'Limit', value: name },
    { label: 'Workspace', value: place },
    ...(owner === undefined ? [] : [{ label: 'Owner', value: owner }]),
    {
      label: 'Used',
      value: `${describeUse({ ...limit, used })}${percent === null ? '' : ` (${percent} %)`}${estimated}`,
    },
    ...(news.what === 'threshold' ? [{ label: 'Threshold', value: formatThreshold(news.at, limit) }] : []),
    ...scopeOf(limit, words),
    ...(news.what === 'runs-out' ? [] : countersOf(news.counters, limit, words)),
    { label: 'Resets', value: resetOf(nextReset, limit, words.now) },
    ...(forecast === null ? [] : [{ label: 'Forecast', value: forecast }]),
    { label: 'Environment', value: words.environment },
    { label: 'As of', value: formatInstant(facts.usage.known ? facts.usage.asOf : words.now) },
  ];
}

function scopeOf({ facts }: LimitStatus, { counts, names }: NewsWords): Message['facts'] {
  if (facts.kind !== 'usage-policy' || facts.match === 'all') return [];
  return [{ label: 'For', value: counts ? 'some requests' : (describeMatch(facts.match, names) ?? '') }];
}

function countersOf(counters: readonly CrossedCounter[], limit: LimitStatus, words: NewsWords): Message['facts'] {
  const named = counters.flatMap(({ valueKey, used }) => (valueKey === null ? [] : [{ valueKey, used }]));
  const isShared = limit.facts.per.length === 1 && limit.facts.per[0] === 'workspace_id';
  if (named.length === 0 || isShared) return [];
  const of = `of ${limit.counters}, per ${limit.facts.per.join(' and ')}`;
  if (words.counts) return [{ label: 'Counters', value: `${named.length} ${of}` }];
  const shown = named
    .slice(0, mostCounters)
    .map(({ valueKey, used }) => `${describeValueKey(valueKey, words.names)}${usedWords(used, limit)}`);
  const more = named.length > mostCounters ? `, and ${named.length - mostCounters} more` : '';
  return [{ label: 'Counters', value: `${named.length} ${of}: ${shown.join(', ')}${more}` }];
}

function usedWords(used: Exact | null, { facts }: LimitStatus): string {
  return used === null ? '' : ` at ${formatSpent(used, facts.unit)}`;
}

function resetOf(next: LimitStatus['nextReset'], { facts }: LimitStatus, now: number): string {
  if (next === null) return 'never';
  if (next === 'unknown') return 'unknown';
  return `${formatInstant(next)}, ${describeDays(next, now)}${facts.reset === null ? '' : ` (${formatReset(facts.reset)})`}`;
}

function whatNow(news: LimitNews): string {
  const { facts, exhausted } = news.limit;
  const raise = 'To change the limit, propose another budget in the policy files.';
  const isEstimate = facts.usage.known && facts.usage.source === 'estimated' && facts.verdict !== 'exhausted';
  switch (news.what) {
    case 'exhausted':
      return isEstimate
        ? `By the estimate the budget is used up: requests may be refused until the reset. ${raise}`
        : `Requests that ${isOneOfMany(news) ? 'these counters count' : 'it counts'} are refused until the reset. ${raise}`;
    case 'threshold':
      return exhausted === 0
        ? `Nothing is refused yet. ${raise}`
        : `Of these counters nothing is refused yet; ${exhausted} ${exhausted === 1 ? 'other is' : 'others are'} used up, and ${exhausted === 1 ? 'has its' : 'have their'} own message. ${raise}`;
    case 'runs-out':
      return `At its present pace the budget is used up before it starts again. ${raise}`;
  }
}

function dataOf(news: LimitNews, words: NewsWords, name: string): Message['data'] {
  const { facts, nextReset, runOut } = news.limit;
  const { used, percent } = fullestOf(news);
  const hidden = isHidden(facts.kind, words);
  return {
    environment: words.environment,
    limit: {
      kind: facts.kind,
      workspace: facts.workspace,
      name: hidden ? name : facts.name,
      id: hidden ? null : facts.id,
      unit: facts.unit,
      amount: facts.amount,
      reset: facts.reset,
    },
    used: used === null ? null : toDrawn(used),
    percent,
    source: facts.usage.known ? facts.usage.source : null,
    nextReset: typeof nextReset === 'number' ? new Date(nextReset).toISOString() : null,
    runsOut: runOut?.when === 'this-window' ? new Date(runOut.at).toISOString() : null,
    ...(news.what === 'runs-out' ? {} : { threshold: news.at, counters: countersData(news, words.counts) }),
  };
}

function countersData({ counters, limit }: Extract<LimitNews, { counters: unknown }>, counts: boolean) {
  return counters.slice(0, mostCounters).map(({ valueKey, used }) => ({
    valueKey: counts ? null : valueKey,
    used: used === null ? null : toDrawn(used),
    percent: used === null ? null : percentOf(used, exactOf(limit.facts.amount)),
  }));
}
