/**
 * What somebody who pays sees once a week: what was spent against what may be, who is near, what runs out when, by whom and by what,
 * and what has changed. Built once and pure; where something is not known it says so, and draws nothing.
 */

import { percentOf } from '../../consumption/counters.ts';
import { compareSpend, type Trend, type TrendReport } from '../../consumption/trends.ts';
import { compareText } from '../../diagnostics.ts';
import { add, type Exact, zero } from '../../exact.ts';
import { sumCommitted } from '../../impact/committed.ts';
import { formatExact, formatSpent } from '../../impact/money.ts';
import type { PageFacts } from '../page-facts.ts';
import type { StatusFacts, StatusLimit } from '../status-facts.ts';
import { countUnknown, describeTrend, describeUnread, nearlyPercent } from '../status-words.ts';
import { type BurnDown, buildBurnDown, horizon } from './burn-down.ts';
import { type Line, share, value, verdict, words } from './cells.ts';
import { buildChangeLog, type ChangeLog } from './change-log.ts';
import { buildDayChart, type DayChart } from './day-chart.ts';
import { type BudgetView, buildStatusView, type StatusView, shownLimits, toBudget, verdictOf } from './status-view.ts';

/** A number that somebody looks for first. */
export interface Tile {
  readonly label: string;
  readonly figure: Line;
  readonly more: string;
}

export interface PlaceRow {
  readonly name: string;
  readonly more: string;
  readonly spend: Line;
  readonly change: string;
  /** The most that it can spend in 30 days by its limits. */
  readonly most: Line;
  /** Spend against that; null: they cannot be compared. */
  readonly share: Line | null;
}

export interface BurnChart {
  readonly budget: BudgetView;
  readonly course: BurnDown;
}

export interface PageView {
  readonly title: string;
  readonly people: 'names' | 'counts';
  readonly status: StatusView;
  readonly tiles: readonly Tile[];
  /** Used up, or nearly. */
  readonly near: readonly BudgetView[];
  readonly others: readonly BudgetView[];
  readonly workspaces: readonly PlaceRow[];
  /** Empty: the files name nobody. */
  readonly owners: readonly PlaceRow[];
  readonly burnDowns: readonly BurnChart[];
  /** Budgets that are not drawn, and why. */
  readonly notDrawn: readonly Line[];
  /** Whose budgets are in no number; null: all was read. */
  readonly unread: string | null;
  /** Null: spend was not asked for. */
  readonly days: DayChart | null;
  /** Models that were called and cost nothing. */
  readonly unpriced: readonly Line[];
  readonly changes: ChangeLog;
}

/** Beyond these nobody looks; the lists have all. */
const mostCharts = 24;

export function buildPageView(facts: PageFacts): PageView {
  const { status, environment } = facts;
  const shown = shownLimits(status);
  const isNear = (budget: BudgetView): boolean => budget.verdict === 'stop' || budget.verdict === 'warn';
  const budgets = shown.map((limit) => toBudget(limit, status));
  return {
    title: environment === null ? 'Spend and budgets' : `Spend and budgets of ${environment}`,
    people: status.counts ? 'counts' : 'names',
    status: buildStatusView(status),
    tiles: tilesOf(facts),
    near: budgets.filter(isNear),
    others: budgets.filter((budget) => !isNear(budget)),
    workspaces: workspacesOf(facts),
    owners: ownersOf(facts),
    ...chartsOf(shown, facts),
    unread: describeUnread(status),
    days: status.trends === null ? null : buildDayChart(status.trends, status.workspaces),
    unpriced: unpricedOf(facts),
    changes: buildChangeLog(facts.changes, status.counts),
  };
}

function tilesOf({ status }: PageFacts): Tile[] {
  const { trends, limits, workspaces } = status;
  const unread = describeUnread(status);
  const verdicts = limits.map(verdictOf);
  const exhausted = verdicts.filter((one) => one === 'stop').length;
  const near = verdicts.filter((one) => one === 'warn').length;
  const unknown = countUnknown(limits);
  const figure = (count: number, kind: 'stop' | 'warn'): Line => [count === 0 ? words('0') : verdict(kind, `${count}`)];
  return [
    ...(trends === null ? [] : [spendTile(trends, workspaces.length)]),
    {
      label: 'Used up',
      figure: figure(exhausted, 'stop'),
      more: `of ${limits.length} ${limits.length === 1 ? 'budget' : 'budgets'}${unread === null ? '' : ' that could be read'}`,
    },
    { label: 'Nearly used up', figure: figure(near, 'warn'), more: 'past their alert, or at 80 % or more' },
    runOutTile(status),
    ...(unknown === 0
      ? []
      : [
          {
            label: 'Not known',
            figure: [words(`${unknown}`)],
            more: 'budgets whose use cannot be known, or not of every counter',
          },
        ]),
    ...(unread === null
      ? []
      : [
          {
            label: 'Not read',
            figure: [words(`${status.unread.length}`)],
            more: `${unread}: their budgets are in none of these numbers`,
          },
        ]),
  ];
}

/** What never resets runs out some day: it counts where that day is near. */
function runOutTile({ limits, now }: StatusFacts): Tile {
  const ending = limits.filter(({ runOut, nextReset }) => {
    if (runOut?.when !== 'this-window') return false;
    return nextReset !== null || runOut.at <= now + horizon;
  }).length;
  const known = limits.filter(({ runOut, state }) => runOut !== null || state === 'exhausted').length;
  const never = limits.some(({ nextReset }) => nextReset === null) ? ', or in 30 days where they never reset' : '';
  const of = known === limits.length ? '' : `; known for ${known} of ${limits.length}`;
  return {
    label: 'Run out before their reset',
    figure: [words(`${ending}`)],
    more: `at the present pace${never}${of}`,
  };
}

function spendTile({ trends, days }: TrendReport, workspaces: number): Tile {
  const known = trends.workspace.length;
  const [sum] = regroup(trends.workspace, () => 'all');
  const isWhole = known === workspaces;
  return {
    label: `Spent in ${days} days`,
    figure: [words(sum === undefined ? 'not known' : `${isWhole ? '' : 'at least '}${formatSpent(sum.cost, 'cost')}`)],
    more: !isWhole
      ? `known for ${known} of ${workspaces} workspaces`
      : sum === undefined
        ? ''
        : `${describeTrend(sum)} against the ${days} days before`,
  };
}

/** Spend of several workspaces as one. */
function regroup(trends: readonly Trend[], nameOf: (slug: string) => string): Trend[] {
  const rows = trends.map((trend) => ({ ...trend, name: nameOf(trend.name) }));
  const isKnown = rows.every(({ before }) => before !== null);
  const before = rows.map((row) => ({ ...row, cost: row.before ?? zero }));
  return compareSpend('workspace', rows, isKnown ? before : null);
}

function workspacesOf(facts: PageFacts): PlaceRow[] {
  const { workspaces, trends } = facts.status;
  const bySlug = new Map(trends?.trends.workspace.map((trend) => [trend.name, trend]));
  return workspaces.map(({ slug, name }) => {
    const owner = facts.owners.get(slug);
    const more = [...(slug === name ? [] : [slug]), ...(owner === undefined ? [] : [`owner ${owner}`])];
    return placeRow(name, more.join(' · '), bySlug.get(slug) ?? null, mostOf([slug], facts), trends);
  });
}

/** None where the files name nobody. */
function ownersOf(facts: PageFacts): PlaceRow[] {
  const { workspaces, trends } = facts.status;
  if (facts.owners.size === 0) return [];
  const nameOf = (slug: string): string => facts.owners.get(slug) ?? 'no owner in the files';
  const groups = new Map<string, string[]>();
  for (const { slug } of workspaces) groups.set(nameOf(slug), [...(groups.get(nameOf(slug)) ?? []), slug]);
  const known = trends?.trends.workspace ?? [];
  const spent = new Map(regroup(known, nameOf).map((trend) => [trend.name, trend]));
  return [...groups]
    .sort(([a], [b]) => compareText(a, b))
    .map(([owner, slugs]) => {
      const isWhole = slugs.every((slug) => known.some(({ name }) => name === slug));
      const more = `${slugs.length} ${slugs.length === 1 ? 'workspace' : 'workspaces'}`;
      return placeRow(owner, more, isWhole ? (spent.get(owner) ?? null) : null, mostOf(slugs, facts), trends);
    });
}

interface Most {
  /** Cents per 30 days; null: there is no such limit, or nobody knows it. */
  readonly cents: Exact | null;
  readonly said: string;
}

function mostOf(slugs: readonly string[], { committed }: PageFacts): Most {
  const all = slugs.flatMap((slug) => committed.get(slug) ?? []);
  const sum = sumCommitted(all);
  if (sum.bounded === slugs.length) return { cents: sum.cents, said: formatExact(sum.cents, 'cost') };
  const of = slugs.length === 1 ? '' : ` for ${sum.unbounded} of ${slugs.length}`;
  if (sum.unbounded > 0) return { cents: null, said: `no limit${of}` };
  const isPartly = sum.partly > 0 && sum.bounded + sum.partly === slugs.length;
  const most = formatExact(add(sum.cents, sum.atMost), 'cost');
  return { cents: null, said: isPartly ? `at most ${most}, by what was read` : 'not known' };
}

/** A window of other than 30 days cannot be held against what may be spent in 30. */
function placeRow(name: string, more: string, spent: Trend | null, most: Most, trends: TrendReport | null): PlaceRow {
  const isComparable = trends?.days === 30 && spent !== null && most.cents !== null && most.cents.n > 0n;
  const percent = isComparable && most.cents !== null ? percentOf(spent.cost, most.cents) : null;
  return {
    name,
    more,
    spend: [
      words(spent === null ? (trends === null ? 'not asked for' : 'not known') : formatSpent(spent.cost, 'cost')),
    ],
    change: spent === null ? '' : describeTrend(spent),
    most: [words(most.said)],
    share:
      percent === null ? null : [share(percent, percent >= 100 ? 'stop' : percent >= nearlyPercent ? 'warn' : 'fine')],
  };
}

function chartsOf(shown: readonly StatusLimit[], { status }: PageFacts): Pick<PageView, 'burnDowns' | 'notDrawn'> {
  const burnDowns: BurnChart[] = [];
  const notDrawn: Line[] = [];
  let left = 0;
  for (const limit of shown) {
    const course = buildBurnDown(limit, status);
    const budget = toBudget(limit, status);
    const place = budget.workspace === null ? '' : ` (${budget.workspace})`;
    if (typeof course === 'string') notDrawn.push([words(`${budget.name}${place}: ${course}`)]);
    else if (burnDowns.length < mostCharts) burnDowns.push({ budget, course });
    else left += 1;
  }
  if (left > 0) notDrawn.push([words(`${left} more that are less used: see the list of all budgets`)]);
  return { burnDowns, notDrawn };
}

/** That nothing is charged for calls is not proof of a missing price, and the first thing to look at. */
function unpricedOf({ status: { trends } }: PageFacts): Line[] {
  const rows = trends?.trends.model ?? [];
  return rows
    .filter(({ cost, requests, errors }) => cost.n === 0n && requests > (errors ?? 0))
    .map(({ name, requests }) => [
      value(name),
      words(`: ${requests} ${requests === 1 ? 'request' : 'requests'} in ${trends?.days} days, and no cost`),
    ]);
}
