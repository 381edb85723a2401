/** A backtest as one file of HTML. */

import { dayMilliseconds, dayOf } from '../../consumption/windows.ts';
import { zero } from '../../exact.ts';
import type { BacktestFacts, Effect } from '../backtest-facts.ts';
import { escapeHtml } from '../escape-html.ts';
import {
  type BacktestView,
  buildBacktestView,
  isSaid,
  type SeenFact,
  type SeenLimit,
  type SeenRefusal,
} from '../view/backtest-view.ts';
import { drawCurve, drawDays } from './charts.ts';
import { htmlFold, htmlPicture, htmlSection, htmlTable } from './html-cells.ts';
import { writePage } from './shell.ts';

export function renderBacktestPage(facts: BacktestFacts): string {
  const view = buildBacktestView(facts);
  const { sides } = view;
  return writePage({
    title: 'What these limits would have done',
    meta: { 'tollgate-people': facts.counts ? 'counts' : 'names' },
    lead: [...view.refusals.map(writeRefusal), `<p>${escapeHtml(view.span)}</p>`].join('\n'),
    sections: [
      view.limits.length > 1
        ? htmlSection('All limits together', factTable('all limits together', view.together, sides))
        : '',
      ...view.limits.map((limit, index) => limitSection(limit, view, index)),
      view.limits.length === 0 ? '<p>No limit was replayed.</p>' : '',
    ],
    foot: view.notes.map((note) => `<p>${escapeHtml(note)}</p>`).join('\n'),
  });
}

function writeRefusal({ text, limits }: SeenRefusal): string {
  const list = limits.length === 0 ? '' : `<ul>${limits.map((limit) => `<li>${escapeHtml(limit)}</li>`).join('')}</ul>`;
  return `<p>${escapeHtml(text)}</p>${list}`;
}

function limitSection(limit: SeenLimit, { sides }: BacktestView, index: number): string {
  const { title, line, shown, facts, who, more, doubts } = limit;
  const counters = htmlTable(
    `who is blocked by ${title}`,
    [
      { head: 'who' },
      { head: 'blocked since' },
      { head: 'days', isNumber: true },
      { head: 'calls', isNumber: true },
      { head: 'dollars', isNumber: true },
      { head: 'alert at' },
    ],
    who.map((one) => [one.who, one.since, one.days, one.calls, one.money, one.alert].map(escapeHtml)),
  );
  return htmlSection(
    title,
    line === null ? '' : `<p>${escapeHtml(line)}</p>`,
    factTable(title, facts, sides),
    who.length === 0 ? '' : counters,
    more === null ? '' : `<p class="more">${escapeHtml(more)}</p>`,
    shown === null ? '' : charts(limit, shown, index),
    ...doubts.map((doubt) => `<p class="more">${escapeHtml(doubt)}</p>`),
  );
}

function factTable(caption: string, facts: readonly SeenFact[], sides: BacktestView['sides']): string {
  const columns =
    sides === null
      ? [{ head: '' }, { head: 'would have' }]
      : [{ head: '' }, { head: sides.before }, { head: sides.after }];
  const rows = facts
    .filter(isSaid)
    .map(({ label, before, after }) => (sides === null ? [label, after] : [label, before, after]).map(escapeHtml));
  return htmlTable(caption, columns, rows);
}

function charts({ title, days, curve }: SeenLimit, effect: Effect, index: number): string {
  const figures: string[] = [];
  const [first, last] = [effect.days[0]?.day, effect.days.at(-1)?.day];
  if (first !== undefined && last !== undefined) {
    const length = (last - first) / dayMilliseconds + 1;
    const dates = Array.from({ length }, (_, day) => dayOf(first + day * dayMilliseconds));
    const money = new Map(effect.days.map((one) => [one.day, one.money]));
    const costs = dates.map((date) => money.get(Date.parse(date)) ?? zero);
    const chart = { dates, series: [{ name: title, costs }], isNothing: false, rows: [], missing: null };
    const table = htmlTable(
      `refused by day, UTC: ${title}`,
      [{ head: 'day' }, { head: 'calls', isNumber: true }, { head: 'dollars', isNumber: true }],
      days.map(({ day, calls, money: cost }) => [day, calls, cost].map(escapeHtml)),
    );
    const draw = () =>
      htmlPicture(
        drawDays(chart, ['var(--stop)']),
        `days-${index + 1}`,
        `Refused by day: ${title}`,
        `${dates[0]} to ${dates.at(-1)}`,
      );
    // Bars of nothing would say that nothing was refused.
    figures.push(
      effect.days.every((one) => one.money !== null)
        ? figure('Refused by day, in dollars', draw(), table)
        : figure('Refused by day', '', table),
    );
  }
  const points = effect.curve
    .filter(({ amount }) => amount > 0)
    .map(({ amount, refused }) => ({ amount, percent: refused * 100 }));
  if (points.length > 1) {
    const table = htmlTable(
      `refused by amount: ${title}`,
      [
        { head: 'amount', isNumber: true },
        { head: 'calls refused', isNumber: true },
      ],
      curve.map(({ amount, refused }) => [amount, refused].map(escapeHtml)),
    );
    const name = `Share of calls that a limit refuses, by its amount: ${title}`;
    figures.push(
      figure(
        'Refused calls, by the amount of the limit alone',
        htmlPicture(
          drawCurve(points, effect.limit.unit),
          `curve-${index + 1}`,
          name,
          'The table below has its numbers.',
        ),
        table,
      ),
    );
  }
  return figures.length === 0 ? '' : `<div class="charts">${figures.join('\n')}</div>`;
}

function figure(title: string, picture: string, table: string): string {
  return `<figure><figcaption><h3>${escapeHtml(title)}</h3></figcaption>\n${picture}\n${htmlFold('Numbers', table)}</figure>`;
}
