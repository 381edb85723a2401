/** A page view of spend and budgets as one file of HTML. */

import { formatSpent } from '../../impact/money.ts';
import { escapeHtml } from '../escape-html.ts';
import type { PageFacts } from '../page-facts.ts';
import { plainText, words } from '../view/cells.ts';
import type { DayChart } from '../view/day-chart.ts';
import { minute } from '../view/days.ts';
import { type BurnChart, buildPageView, type PageView, type PlaceRow, type Tile } from '../view/page-view.ts';
import type { SpendView } from '../view/spend-view.ts';
import type { BudgetView } from '../view/status-view.ts';
import { drawBurnDown, drawDays } from './charts.ts';
import { bar, htmlFold, htmlList, htmlPicture, htmlSection, htmlTable, writeHtmlLine } from './html-cells.ts';
import { writePage } from './shell.ts';

export function renderStatusPage(facts: PageFacts): string {
  return writeStatusPage(buildPageView(facts));
}

function writeStatusPage(view: PageView): string {
  const { status } = view;
  const mistake = status.mistake === null ? '' : `<p>${writeHtmlLine(status.mistake)}</p>`;
  const settling = status.settling === null ? '' : `<p>${writeHtmlLine(status.settling)}</p>`;
  return writePage({
    title: view.title,
    meta: { 'tollgate-people': view.people },
    lead: `<p>${writeHtmlLine(status.refused)}</p>\n<p>${escapeHtml(status.summary)} As of ${escapeHtml(status.asOf)}.</p>\n${settling}\n${mistake}\n${tiles(view.tiles)}`,
    sections: [
      htmlSection(
        'Near or over',
        view.near.length === 0 ? '<p>No budget is used up or nearly so, as far as is known.</p>' : budgets(view.near),
      ),
      htmlSection(
        'Spend against limits',
        places('by workspace', 'workspace', view.workspaces, status.spend),
        places('by owner', 'owner', view.owners, status.spend),
      ),
      htmlSection('What is left, and when it runs out', charts(view)),
      htmlSection('Spend by day', days(view.days)),
      ...spendSections(status.spend),
      htmlSection('Calls that cost nothing', unpriced(view)),
      htmlSection('Changed in the last 7 days', changes(view)),
      htmlSection('All other budgets', budgets(view.others)),
      ...view.status.sections
        .filter(({ lines }) => lines.length > 0)
        .map(({ title, lines }) => htmlSection(title, htmlList(lines))),
    ],
    foot: status.notes.map((note) => `<p>${writeHtmlLine(note)}</p>`).join('\n'),
  });
}

function tiles(all: readonly Tile[]): string {
  const items = all.map(
    ({ label, figure, more }) =>
      `<div><dt>${escapeHtml(label)}</dt><dd class="figure">${writeHtmlLine(figure)}</dd><dd class="more">${escapeHtml(more)}</dd></div>`,
  );
  return `<dl class="tiles">${items.join('\n')}</dl>`;
}

function budgets(all: readonly BudgetView[]): string {
  if (all.length === 0) return '';
  const items = all.map((budget) => {
    const { percent, verdict, use, details } = budget;
    const figure = percent === null ? 'use not known' : `${percent} %`;
    return `<li><div class="head"><h3>${nameOf(budget)}</h3><span>${escapeHtml(use)} · <strong${verdict === null ? '' : ` class="${verdict}"`}>${figure}</strong></span></div>
${percent === null ? '' : bar(percent, verdict)}<p class="more">${writeHtmlLine(details)}</p></li>`;
  });
  return `<ul class="budgets">${items.join('\n')}</ul>`;
}

function nameOf({ name, workspace }: BudgetView): string {
  const place = workspace === null ? 'organisation' : workspace;
  return `${escapeHtml(name)} <span class="more">${escapeHtml(place)}</span>`;
}

function places(caption: string, noun: string, rows: readonly PlaceRow[], spend: SpendView | null): string {
  if (rows.length === 0) return '';
  const columns = [
    { head: noun },
    { head: spend === null ? 'spend' : `spend of ${spend.days} days`, isNumber: true },
    { head: 'change', isNumber: true },
    { head: 'committed / 30 days', isNumber: true },
    { head: 'used of that' },
  ];
  const cells = rows.map(({ name, more, spend: spent, change, most, share }) => [
    `${escapeHtml(name)} <span class="more">${escapeHtml(more)}</span>`,
    writeHtmlLine(spent),
    escapeHtml(change),
    writeHtmlLine(most),
    share === null ? '<span class="aside">not comparable</span>' : writeHtmlLine(share),
  ]);
  return htmlTable(caption, columns, cells);
}

function charts({ burnDowns, notDrawn, unread }: PageView): string {
  const figures = burnDowns.map(burnDown).join('\n');
  const legend =
    burnDowns.length === 0
      ? ''
      : '<p class="more">Solid: what is left. Dashed: where the present pace leads. Dotted: an even pace to the reset. The upright line is now.</p>';
  const rest = notDrawn.length === 0 ? '' : `<p>Not drawn:</p>${htmlList(notDrawn)}`;
  const none = unread === null ? 'There is no budget.' : `No budget could be read: ${unread} were not.`;
  return figures === '' && rest === ''
    ? `<p>${escapeHtml(none)}</p>`
    : `${legend}<div class="charts">${figures}</div>${rest}`;
}

function burnDown({ budget, course }: BurnChart, index: number): string {
  const { counter, notAhead } = course;
  const place = budget.workspace === null ? '' : `, ${budget.workspace}`;
  const name = plainText([words(`${budget.name}${place}${counter === null ? '' : `: ${counter}`}`)]);
  const use = `${budget.use}${budget.percent === null ? '' : `, ${budget.percent} %`}`;
  const exact = course.isDaily
    ? 'The course day by day is from analytics.'
    : 'Between its ends the course is not known.';
  const points = [
    ...course.course.map((point, at) => [point, at === course.course.length - 1 ? 'now' : ''] as const),
    ...course.ahead.slice(1).map((point) => [point, course.aheadEnds] as const),
  ].map(([{ at, left }, what]) => [
    escapeHtml(minute(new Date(at).toISOString())),
    escapeHtml(formatSpent(left, course.unit)),
    escapeHtml(what),
  ]);
  const later = notAhead === null ? [] : [['later', 'not known', escapeHtml(notAhead)]];
  const table = htmlTable(
    `what is left of ${name}`,
    [{ head: 'when' }, { head: 'left', isNumber: true }, { head: 'why' }],
    [...points, ...later],
  );
  const drawn = counter === null ? '' : `, drawn is ${counter}`;
  return `<figure><figcaption><h3>${nameOf(budget)}</h3><p class="more">${escapeHtml(use + drawn)}</p></figcaption>
${htmlPicture(drawBurnDown(course), `burn-${index + 1}`, `What is left of ${name}`, `${use}${drawn}; ${course.said}. ${exact}`)}
<p class="more">${escapeHtml(course.said)}</p>
${htmlFold('Numbers', table)}</figure>`;
}

const seriesColors = ['var(--c1)', 'var(--c2)', 'var(--c3)', 'var(--c4)', 'var(--c5)', 'var(--c6)'];

function days(chart: DayChart | null): string {
  if (chart === null) return '';
  const missing = chart.missing === null ? '' : `<p>${escapeHtml(chart.missing)}</p>`;
  if (chart.dates.length === 0) return missing;
  const [first, last] = [chart.rows[0]?.day ?? '', chart.rows.at(-1)?.day ?? ''];
  if (chart.isNothing) {
    const where = chart.missing === null ? '' : ', where it is known';
    return `<p>${escapeHtml(`Nothing was spent from ${first} to ${last}${where}.`)}</p>${missing}`;
  }
  const legend = chart.series.map(
    ({ name }, index) =>
      `<li><span class="key" aria-hidden="true" style="background:${seriesColors[index]}"></span>${escapeHtml(name)}</li>`,
  );
  const table = htmlTable(
    'spend by day, UTC',
    [{ head: 'day' }, { head: 'spend', isNumber: true }],
    chart.rows.map(({ day, spend }) => [escapeHtml(day), escapeHtml(spend)]),
  );
  const names = chart.series.map(({ name }) => name).join(', ');
  return `<figure>${htmlPicture(drawDays(chart, seriesColors), 'days', 'Spend by day', `${first} to ${last}, by workspace: ${names}`)}
<ul class="legend">${legend.join('')}</ul>${missing}
${htmlFold('Numbers', table)}</figure>`;
}

const shownOfTable = 20;

function spendSections(spend: SpendView | null): string[] {
  if (spend === null) return [htmlSection('Spend', '<p>Spend was not asked for.</p>')];
  return spend.tables
    .filter(({ by }) => by !== 'workspace')
    .map(({ by, rows, lines }) => {
      const cells = rows
        .slice(0, shownOfTable)
        .map(({ name, spend: cost, percent, change, errors, isFailing }) => [
          escapeHtml(name),
          escapeHtml(cost),
          bar(percent, null),
          escapeHtml(change),
          errors === null ? '' : `<span${isFailing ? ' class="stop"' : ''}>${escapeHtml(errors)}</span>`,
        ]);
      const more = rows.length - cells.length;
      const columns = [
        { head: by },
        { head: 'spend', isNumber: true },
        { head: 'share' },
        { head: 'change', isNumber: true },
        { head: 'errors', isNumber: true },
      ];
      return htmlSection(
        `Spend by ${by}`,
        cells.length === 0
          ? ''
          : htmlTable(`spend by ${by}, ${spend.days} days against the ${spend.days} before`, columns, cells),
        more > 0 ? `<p class="more">and ${more} more</p>` : '',
        htmlList(lines),
      );
    })
    .concat(htmlSection('Days above three times the median', htmlList(spend.unusualDays)));
}

function unpriced({ unpriced: models }: PageView): string {
  if (models.length === 0) return '';
  return `<p>No price is known of these models, or they are free: no budget in dollars holds them.</p>${htmlList(models)}`;
}

function changes({ changes: { applies, notes } }: PageView): string {
  const list = applies.map(
    ({ title, changes: lines }) => `<div class="apply"><h3>${escapeHtml(title)}</h3>${htmlList(lines)}</div>`,
  );
  const all = list.length === 0 ? '' : `<div class="applies">${list.join('\n')}</div>`;
  return `${all}${notes.map((note) => `<p>${writeHtmlLine(note)}</p>`).join('')}`;
}
