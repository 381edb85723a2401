/** What of a status is read and said the same way in every format. */

import type { OverCheck } from '../consumption/check-over.ts';
import type { LimitStatus } from '../consumption/limit-status.ts';
import type { UnreadBudgets } from '../consumption/read-limits.ts';
import { trafficDays } from '../consumption/traffic.ts';
import type { Trend, TrendReport } from '../consumption/trends.ts';
import { dayMilliseconds } from '../consumption/windows.ts';
import { compare, total, zero } from '../exact.ts';
import { formatSpent } from '../impact/money.ts';
import { escapeInvisible } from '../printable.ts';
import { formatAmount, formatReset } from '../resources/amounts.ts';
import { reachesNobody } from '../resources/told-by.ts';
import type { Kind } from '../resources/types.ts';
import { dateInWords, spanInWords } from '../resources/until-text.ts';
import { describeKey, describeMatch, type Names } from './describe-change.ts';
import { footnote as gatewayNote } from './describe-impact.ts';
import { describeAlertTold } from './describe-told.ts';
import type { NobodyLimit, StatusFacts, StatusGap, StatusLimit, StatusUntil } from './status-facts.ts';
import { day, minute } from './view/days.ts';

/** Keys of one place, where names are not to be shown. */
export interface KeyCounts {
  readonly workspace: string | null;
  readonly keys: number;
  readonly exhausted: number;
  /** At 80 % or more, without those exhausted. */
  readonly nearly: number;
  readonly unknown: number;
  /** Null: all unknown. */
  readonly fullest: number | null;
}

export const nearlyPercent = 80;

export function countKeys(limits: readonly StatusLimit[]): KeyCounts[] {
  const places = new Map<string | null, StatusLimit[]>();
  for (const limit of limits) {
    if (limit.facts.kind !== 'key-limits') continue;
    places.set(limit.facts.workspace, [...(places.get(limit.facts.workspace) ?? []), limit]);
  }
  return [...places]
    .sort(([a], [b]) => ((a ?? '') < (b ?? '') ? -1 : 1))
    .map(([workspace, all]) => {
      const percents = all.flatMap(({ percent }) => percent ?? []);
      return {
        workspace,
        keys: all.length,
        exhausted: all.filter(({ state }) => state === 'exhausted').length,
        nearly: all.filter(({ state, percent }) => state !== 'exhausted' && (percent ?? 0) >= nearlyPercent).length,
        unknown: countUnknown(all),
        fullest: percents.length === 0 ? null : Math.max(...percents),
      };
    });
}

export function describeKeyCounts({ keys, exhausted, nearly, unknown, fullest }: KeyCounts): string {
  return [
    `${keys} ${keys === 1 ? 'key' : 'keys'} with a budget`,
    `${exhausted} exhausted`,
    `${nearly} at ${nearlyPercent} % or more`,
    ...(unknown === 0 ? [] : [`${unknown} unknown`]),
    ...(fullest === null ? [] : [`the fullest at ${fullest} %`]),
  ].join(', ');
}

export function describeLimit({ facts }: LimitStatus): string {
  const { kind, workspace, name } = facts;
  const suffix = kind === 'workspace-limits' && name !== 'limits' ? ` ${name.slice('limits'.length)}` : '';
  return describeKey({ kind, workspace, name }) + suffix;
}

/** `$410 of $750`, `1,234,567 of 2M tokens`, `? of $750`. */
export function describeUse({ used, facts }: LimitStatus): string {
  const limit = formatAmount(facts.amount, facts.unit);
  const text = `${used === null ? '?' : formatSpent(used, facts.unit).replace(/ (?:tokens?|requests?)$/, '')} of ${limit}`;
  // A unit that nobody has heard of is any text.
  return escapeInvisible(text);
}

/** `Tue 2026-12-01`; UTC. */
export function formatDay(at: number): string {
  return day(new Date(at).toISOString());
}

/** `2026-12-01 00:00 UTC` */
export function formatInstant(at: number): string {
  return minute(new Date(at).toISOString());
}

/** Who shares it, where the number comes from, when it starts again, when it runs out. */
export function describeDetails(
  limit: StatusLimit,
  view: Pick<StatusFacts, 'names' | 'counts' | 'hasChannels'>,
): string[] {
  const { facts, nextReset } = limit;
  const parts: string[] = [...describeScope(limit, view)];
  if (facts.usage.known && facts.usage.source === 'estimated') parts.push('estimated from analytics');
  if (!facts.usage.known) parts.push(`use unknown: ${facts.usage.why}`);
  else if (facts.usage.doubted !== undefined) {
    const [{ why } = { why: '' }, ...more] = facts.usage.doubted;
    parts.push(`use of ${more.length + 1} ${more.length === 0 ? 'counter' : 'counters'} unknown: ${why}`);
  }
  if (nextReset === null) parts.push('never resets');
  else if (nextReset === 'unknown') parts.push('next reset unknown');
  else parts.push(`resets ${formatDay(nextReset)} ${timeOf(nextReset)} (${periodOf(limit)})`);
  const forecast = describeForecast(limit);
  if (forecast !== null) parts.push(forecast);
  if (limit.told !== null && view.hasChannels) parts.push(describeAlertTold(limit.told));
  if (limit.declared === false) parts.push('in no file');
  if (limit.until !== undefined) parts.push(describeUntilOf(limit.until));
  return parts.map(escapeInvisible);
}

function describeUntilOf({ date, later, isOwed }: StatusUntil): string {
  return isOwed ? `${later} is owed since ${dateInWords(date)}` : `${spanInWords(date)} ${later}`;
}

function timeOf(at: number): string {
  return `${new Date(at).toISOString().slice(11, 16)} UTC`;
}

function periodOf({ facts }: StatusLimit): string {
  return facts.reset === null ? 'unknown' : formatReset(facts.reset);
}

function describeScope(
  { facts, counters, worst, total }: StatusLimit,
  { names, counts }: Pick<StatusFacts, 'names' | 'counts'>,
): string[] {
  if (facts.kind !== 'usage-policy') return [];
  const shared = facts.per.length === 1 && facts.per[0] === 'workspace_id';
  // Conditions may name keys and people.
  const match = counts ? (facts.match === 'all' ? null : 'some requests') : describeMatch(facts.match, names);
  const scope = `${shared ? 'shared by the workspace' : `per ${facts.per.join(' and ')}`}${match === null ? '' : `, for ${match}`}`;
  if (shared || !facts.usage.known) return [scope];
  if (counters === 0) return [scope, 'no counter yet'];
  const who = counts || worst === null ? '' : `: ${describeValueKey(worst.valueKey ?? '', names)}`;
  if (counters === 1) return [scope, `one counter${who}`];
  const all = total === null ? [] : [`${formatSpent(total, facts.unit)} in all`];
  const doubted = facts.usage.doubted?.length ?? 0;
  // One that is not known may be fuller than all that are.
  if (doubted > 0)
    return [scope, `fullest of the ${counters - doubted} known${who}`, `${doubted} of ${counters} not known`];
  return [scope, `fullest of ${counters}${who}`, ...all];
}

const longestValueKey = 60;

/** A value key is compared, never parsed: its parts are not escaped. */
export function describeValueKey(valueKey: string, names: Names): string {
  const id = valueKey.startsWith('api_key:') ? valueKey.slice('api_key:'.length) : '';
  const name = Object.hasOwn(names, id) ? names[id] : undefined;
  const text = name === undefined ? valueKey : `key ${name}`;
  return text.length > longestValueKey ? `${text.slice(0, longestValueKey - 1)}…` : text;
}

/** Null: nothing can be said, and the use says why. */
export function describeForecast(limit: LimitStatus): string | null {
  const { runOut, noForecast, pace, state, facts, exhausted, counters } = limit;
  if (state === 'exhausted' || runOut?.when === 'now') {
    if (facts.usage.known && facts.usage.source === 'estimated' && facts.verdict !== 'exhausted') {
      return 'used up by the estimate';
    }
    return counters > 1 ? `${exhausted} of ${counters} are refused` : 'requests are refused';
  }
  if (runOut === null) return facts.usage.known ? `run-out unknown: ${noForecast ?? ''}` : null;
  const basis = pace?.basis === 'window' ? " at its window's average" : '';
  switch (runOut.when) {
    case 'this-window':
      return `runs out ${formatDay(runOut.at)}${basis}`;
    case 'later-window':
      return `lasts until its reset, a later window to ${formatDay(runOut.at)}${basis}`;
    case 'never':
      return `lasts${basis === '' ? ' at the present pace' : basis}`;
  }
}

/** `in 3 days`, `today` */
export function describeDays(at: number, now: number): string {
  const days = Math.floor(at / dayMilliseconds) - Math.floor(now / dayMilliseconds);
  return days === 0 ? 'today' : `in ${days} ${days === 1 ? 'day' : 'days'}`;
}

/** `+25 %`, `new`, `unknown` */
export function describeTrend({ before, changePercent, cost }: Trend): string {
  if (before === null) return 'unknown';
  if (changePercent === null) return cost.n > 0n ? 'new' : '±0 %';
  return changePercent === 0 ? '±0 %' : `${changePercent > 0 ? '+' : ''}${changePercent} %`;
}

/** The oldest number of all: what is said holds for it at least. */
export function asOf({ limits, now }: StatusFacts): number {
  const times = limits.flatMap(({ facts }) => (facts.usage.known ? [facts.usage.asOf] : []));
  return times.reduce((least, time) => Math.min(least, time), now);
}

const kindWords: Readonly<Record<Kind, string>> = {
  'usage-policy': 'usage policies',
  'rate-policy': 'rate policies',
  'workspace-limits': 'limits of workspaces',
  'key-limits': 'API keys',
  'provider-limits': 'providers',
  'integration-limits': 'integrations',
  'integration-prices': 'prices of integrations',
};

/** One line a kind and reason: `API keys of 3 workspaces unknown: GET /api-keys answered 403 AB03`. */
export function describeGaps(gaps: readonly StatusGap[]): string[] {
  const groups = new Map<string, { kind: Kind; why: string; workspaces: Set<string | null> }>();
  for (const { kind, why, workspace } of gaps) {
    const name = `${kind}\n${why}`;
    const group = groups.get(name) ?? { kind, why, workspaces: new Set() };
    group.workspaces.add(workspace);
    groups.set(name, group);
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { kind, why, workspaces }]) => {
      const places = new Set([...workspaces].filter((slug) => slug !== null));
      return escapeInvisible(`${kindWords[kind]}${placesOf(places)} unknown: ${why}`);
    });
}

/** Whose budgets are in no number: `usage policies of 3 workspaces and API keys of ws-team-a`; null: all was read. */
export function describeUnread({ unread }: Pick<StatusFacts, 'unread'>): string | null {
  const groups = new Map<string, UnreadBudgets[]>();
  for (const one of unread) groups.set(one.kind + one.what, [...(groups.get(one.kind + one.what) ?? []), one]);
  const said = [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, all]) => {
      const [first] = all;
      if (first === undefined) return [];
      const places = new Set(all.flatMap(({ workspace }) => workspace ?? []));
      const what = first.what === 'list' ? '' : `${all.length} ${all.length === 1 ? 'row' : 'rows'} of `;
      const isOfAll = first.kind === 'key-limits' && all.some(({ workspace }) => workspace === null);
      const organisation = isOfAll ? `${places.size === 0 ? ' of' : ' and'} the organisation` : '';
      return [what + kindWords[first.kind] + placesOf(places) + organisation];
    });
  if (said.length === 0) return null;
  return escapeInvisible([said.slice(0, -1).join(', '), ...said.slice(-1)].filter((text) => text !== '').join(' and '));
}

function placesOf(slugs: ReadonlySet<string>): string {
  const [only] = slugs;
  if (only === undefined) return '';
  return slugs.size === 1 ? ` of ${only}` : ` of ${slugs.size} workspaces`;
}

/** Where there are no channels, what is the same for all is said once; null: there is nothing to say. */
export function describeUntold({ limits, hasChannels }: Pick<StatusFacts, 'limits' | 'hasChannels'>): string | null {
  if (hasChannels) return null;
  const told = limits.flatMap((limit) => limit.told ?? []);
  const silent = told.filter(reachesNobody).length;
  if (silent === 0) return null;
  const others = told.length === silent ? '' : '; the others are told by the service';
  const [alerts, tell] = silent === 1 ? ['alert of a policy', 'tells'] : ['alerts of policies', 'tell'];
  return `${silent} ${alerts} ${tell} nobody, as there are no channels${others}.`;
}

export const footnotes = {
  gateway: gatewayNote,
  rates: 'Rate limits have no counter that can be read, and are not shown.',
} as const;

/** `12 users, $512 in all, the largest $100`: for where names are not shown. */
export function usersOf({ trends }: TrendReport): string {
  const costs = trends.user.map(({ cost }) => cost);
  const largest = costs.reduce((most, cost) => (compare(cost, most) > 0 ? cost : most), zero);
  const sum = formatSpent(total(costs), 'cost');
  return `${costs.length} ${costs.length === 1 ? 'user' : 'users'}, ${sum} in all, the largest ${formatSpent(largest, 'cost')}`;
}

/** Of these the use is not known, or not of every counter. */
export function countUnknown(limits: readonly StatusLimit[]): number {
  return limits.filter(({ state }) => state === 'unknown').length;
}

/**
 * `47 budgets: 5 exhausted, 6 at 80 % or more, 2 unknown; 1 expires within 14 days.`, and where it is not all:
 * `0 budgets of those that could be read: …; usage policies of 3 workspaces were not.`
 */
export function summarizeStatus(facts: StatusFacts): string {
  const { limits, expiring, expiryDays, below, belowUnknown } = facts;
  const all = limits.length + below + belowUnknown;
  const exhausted = limits.filter(({ state }) => state === 'exhausted').length;
  const nearly = limits.filter(({ state, percent }) => state !== 'exhausted' && (percent ?? 0) >= nearlyPercent).length;
  const unknown = countUnknown(limits) + belowUnknown;
  const parts = [
    `${exhausted} exhausted`,
    `${nearly} at ${nearlyPercent} % or more`,
    ...(unknown === 0 ? [] : [`${unknown} unknown`]),
  ];
  const expires =
    expiring.length === 0
      ? ''
      : `; ${expiring.length} ${expiring.length === 1 ? 'expires' : 'expire'} within ${expiryDays} days`;
  const unread = describeUnread(facts);
  const of = unread === null ? '' : ' of those that could be read';
  const not = unread === null ? '' : `; ${unread} were not`;
  return `${all} ${all === 1 ? 'budget' : 'budgets'}${of}: ${parts.join(', ')}${expires}${not}.`;
}

/** `Exit 2: 3 budgets are at 80 % or more, or used up; of 2 more the use is unknown.` */
export function describeCheck({ percent, over, unknown, unread, verdict }: OverCheck, exit: number): string {
  const what = percent === 100 ? 'used up' : `at ${percent} % or more, or used up`;
  const budgets = (count: number): string => `${count} ${count === 1 ? 'budget' : 'budgets'}`;
  const doubts = [
    ...(unknown === 0 ? [] : [`the use of ${budgets(unknown)} is unknown`]),
    ...(unread === 0 ? [] : [`${unread} ${unread === 1 ? 'list or row was' : 'lists or rows were'} not read`]),
  ];
  const said =
    over === 0 ? `no budget is known to be ${what}` : `${budgets(over)} ${over === 1 ? 'is' : 'are'} ${what}`;
  const all = verdict === 'under' ? [`no budget is ${what}`] : [said, ...doubts];
  return `Exit ${exit}: ${all.join('; ')}.`;
}

const mostNobody = 50;
const mostUnknown = 5;

/** A limit and what is said of it. */
interface SaidOfLimit {
  readonly what: string;
  readonly why: string;
}

/** One a limit that may limit nobody. */
export function describeNobody({ nobody, counts }: Pick<StatusFacts, 'nobody' | 'counts'>): SaidOfLimit[] {
  const { limits = [] } = nobody ?? {};
  if (!counts) return saidOf(limits, mostNobody);
  const count = new Set(limits.map(({ id }) => id)).size;
  return count === 0 ? [] : [{ what: `${count} ${count === 1 ? 'limit' : 'limits'}`, why: '' }];
}

/** Of which limits it is not known whether they limit anybody. */
export function describeUnasked({ nobody, counts }: Pick<StatusFacts, 'nobody' | 'counts'>): string[] {
  const { unknown = [], uncounted = 0 } = nobody ?? {};
  const shown = counts && unknown.length > 0 ? [`whether anybody meets ${unknown.length} limits`] : [];
  const named = saidOf(unknown, mostUnknown).map(({ what, why }) => what + why);
  const rest = `the calls of ${trafficDays} days that match ${uncounted} more ${uncounted === 1 ? 'limit' : 'limits'} with conditions were not asked for`;
  return [...(counts ? shown : named), ...(uncounted === 0 ? [] : [rest])];
}

function saidOf(all: readonly NobodyLimit[], most: number): SaidOfLimit[] {
  const said = all.slice(0, most).map(({ kind, workspace, name, message }) => {
    const place = workspace === null ? '' : ` (${workspace})`;
    return {
      what: escapeInvisible(`${describeKey({ kind, workspace, name })}${place}`),
      why: escapeInvisible(`: ${message}`),
    };
  });
  return all.length > most ? [...said, { what: `and ${all.length - most} more`, why: '' }] : said;
}
