/** Consumption against every limit, as markdown. */

import { type TrendReport, trendKinds } from '../consumption/trends.ts';
import { formatExact } from '../impact/money.ts';
import { escapeMarkdown } from './escape-markdown.ts';
import {
  asOf,
  countKeys,
  describeDays,
  describeDetails,
  describeGaps,
  describeKeyCounts,
  describeLimit,
  describeNobody,
  describeTrend,
  describeUnasked,
  describeUse,
  footnotes,
  formatDay,
  formatInstant,
  type StatusLimit,
  type StatusView,
  summarizeStatus,
  usersOf,
} from './status-words.ts';

export function renderStatusMarkdown(view: StatusView): string {
  const lines = [`### ${escapeMarkdown(summarizeStatus(view))}`, '', `As of ${formatInstant(asOf(view))}.`, ''];
  if (view.unitMistake !== null)
    lines.push(`> ${escapeMarkdown(`No counter of a cost budget can be believed: ${view.unitMistake}`)}`, '');
  const shown = view.counts ? view.limits.filter(({ facts }) => facts.kind !== 'key-limits') : view.limits;
  if (shown.length > 0) {
    lines.push('| workspace | limit | used | | |', '|---|---|---|---|---|');
    lines.push(...shown.map((limit) => row(limit, view)), '');
  }
  if (view.counts) {
    for (const counts of countKeys(view.limits))
      lines.push(
        `- API keys of ${escapeMarkdown(counts.workspace ?? 'the organisation')}: ${describeKeyCounts(counts)}`,
      );
    lines.push('');
  }
  if (view.expiring.length > 0) {
    lines.push(`**Expiring within ${view.expiryDays} days**`, '');
    if (view.counts) lines.push(`- ${view.expiring.length}`);
    else
      for (const { kind, name, workspace, at } of view.expiring) {
        const what = `${kind === 'key-limits' ? 'key' : 'provider'} ${name}${workspace === null ? '' : ` (${workspace})`}`;
        lines.push(escapeListItem(`${what}: ${describeDays(at, view.now)}, ${formatDay(at)}`));
      }
    lines.push('');
  }
  const gaps = [
    ...describeGaps(view.gaps),
    ...view.paceGaps.map((why) => `pace of the last 7 days unknown: ${why}`),
    ...describeUnasked(view),
  ];
  if (gaps.length > 0) lines.push('**Not readable**', '', ...gaps.map(escapeListItem), '');
  const nobody = describeNobody(view);
  if (nobody.length > 0) lines.push('**May limit nobody**', '', ...nobody.map(escapeListItem), '');
  if (view.keyLimits !== null) lines.push(escapeMarkdown(view.keyLimits), '');
  if (view.trends !== null) lines.push(...trendSections(view.trends, view));
  if (view.over !== null) {
    lines.push(
      `Only what is at ${view.over} % or more: ${view.below} below it and ${view.belowUnknown} of unknown use are not shown.`,
      '',
    );
  }
  lines.push(`${footnotes.rates} ${footnotes.gateway}`);
  return `${lines.join('\n')}\n`;
}

function escapeListItem(text: string): string {
  return `- ${escapeMarkdown(text)}`;
}

function row(limit: StatusLimit, view: StatusView): string {
  const percent = limit.percent === null ? 'unknown' : `${limit.percent} %${limit.state === 'exhausted' ? ' 🛑' : ''}`;
  const cells = [limit.facts.workspace ?? '', describeLimit(limit), describeUse(limit)].map(escapeMarkdown);
  return `| ${[...cells, percent, escapeMarkdown(describeDetails(limit, view).join(' · '))].join(' | ')} |`;
}

function trendSections(report: TrendReport, view: StatusView): string[] {
  const lines = [
    `**Spend of ${report.days} days to ${formatDay(report.to)}, against the ${report.days} days before**`,
    '',
  ];
  for (const by of trendKinds) {
    if (by === 'user' && view.counts && report.trends.user.length > 0) {
      lines.push(`By user: ${usersOf(report)}`, '');
      continue;
    }
    // What could not be read is said below.
    if (report.trends[by].length === 0) continue;
    lines.push(`| ${by} | spend | change | errors |`, '|---|---|---|---|');
    for (const trend of report.trends[by].slice(0, 20)) {
      const name = by === 'provider' ? `${trend.name} (${trend.workspace ?? ''})` : trend.name;
      const errors = trend.errorPercent === null ? '' : `${trend.errorPercent} %${trend.isFailing ? ' ⚠️' : ''}`;
      const cells = [name, formatExact(trend.cost, 'cost'), describeTrend(trend)].map(escapeMarkdown);
      lines.push(`| ${cells.join(' | ')} | ${errors} |`);
    }
    lines.push('');
  }
  for (const { date, workspace, cost, median } of report.unusualDays) {
    const text = `${formatDay(Date.parse(date))}, ${workspace}: ${formatExact(cost, 'cost')}, more than three times the ${formatExact(median, 'cost')} of a usual day`;
    lines.push(escapeListItem(text));
  }
  const gaps = new Set(report.gaps.map(({ by, why }) => `by ${by} unknown in part: ${why}`));
  lines.push(...[...gaps].map(escapeListItem), '');
  return lines;
}
