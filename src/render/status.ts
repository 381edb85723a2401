/** Consumption against every limit, for people at a terminal. */

import { type Trend, type TrendBy, type TrendReport, trendKinds } from '../consumption/trends.ts';
import { formatExact } from '../impact/money.ts';
import { escapeInvisible } from '../printable.ts';
import { renderJson } from './json.ts';
import { statusDocument } from './status-document.ts';
import { renderStatusMarkdown } from './status-markdown.ts';
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
import { type Colors, cellsOf, colorsOf, padCells, type TextStyle } from './style.ts';
import { wrap } from './wrap.ts';

export function renderStatus(view: StatusView, format: 'text' | 'json' | 'markdown', style: TextStyle): string {
  switch (format) {
    case 'json':
      return renderJson(statusDocument(view));
    case 'markdown':
      return renderStatusMarkdown(view);
    case 'text':
      return renderStatusText(view, style);
  }
}

const widest = 80;
const barCells = 16;
const nameWidth = 28;

interface Paper {
  readonly view: StatusView;
  readonly width: number;
  readonly colors: Colors;
  readonly color: boolean;
}

function renderStatusText(view: StatusView, style: TextStyle): string {
  // A pipe is never wrapped.
  const width =
    style.columns === Number.POSITIVE_INFINITY ? style.columns : Math.max(40, Math.min(style.columns, widest));
  const paper: Paper = { view, width, colors: colorsOf(style), color: style.color };
  const { colors } = paper;
  const lines = fold(summarizeStatus(view), width).map((line) => colors.bold(line));
  lines.push(colors.dim(`As of ${formatInstant(asOf(view))}.`));
  if (view.unitMistake !== null)
    lines.push('', ...fold(`No counter of a cost budget can be believed: ${view.unitMistake}`, width).map(colors.red));

  const shown = view.counts ? view.limits.filter(({ facts }) => facts.kind !== 'key-limits') : view.limits;
  const exhausted = shown.filter(({ state }) => state === 'exhausted');
  const section = (title: string, body: readonly string[]): void => {
    if (body.length > 0) lines.push('', colors.bold(title), ...body);
  };
  section(
    'Exhausted',
    exhausted.flatMap((limit) => limitLines(limit, paper, true)),
  );
  section(`Expiring within ${view.expiryDays} days`, expiryLines(paper));
  const rest = shown.filter(({ state }) => state !== 'exhausted');
  for (const { slug, name } of view.workspaces) {
    const own = rest.filter(({ facts }) => facts.workspace === slug);
    const body = [...own.flatMap((limit) => limitLines(limit, paper, false)), ...keyCountLines(paper, slug)];
    section(escapeInvisible(name === slug ? slug : `${name} · ${slug}`), body);
  }
  const organisation = rest.filter(({ facts }) => facts.workspace === null);
  section('Organisation', [
    ...organisation.flatMap((limit) => limitLines(limit, paper, false)),
    ...keyCountLines(paper, null),
  ]);
  section(
    'Not readable',
    [
      ...describeGaps(view.gaps),
      ...view.paceGaps.map((why) => `pace of the last 7 days unknown: ${why}`),
      ...describeUnasked(view),
    ].flatMap((text) => hanging('  ', text, width)),
  );
  section(
    'May limit nobody',
    describeNobody(view).flatMap((text) => hanging('  ', text, width).map(colors.yellow)),
  );
  if (view.trends !== null) lines.push(...trendLines(view.trends, paper));
  lines.push('', ...[...notes(view)].flatMap((note) => fold(note, width)).map(colors.dim));
  return `${lines.join('\n')}\n`;
}

function* notes(view: StatusView): Generator<string> {
  if (view.over !== null) {
    const unknown = view.belowUnknown === 0 ? '' : `, and ${view.belowUnknown} of unknown use`;
    yield `Only what is at ${view.over} % or more: ${view.below} below it${unknown} not shown.`;
  }
  if (view.keyLimits !== null) yield view.keyLimits;
  yield footnotes.rates;
  yield footnotes.gateway;
}

function limitLines(limit: StatusLimit, paper: Paper, withWorkspace: boolean): string[] {
  const { colors, width, view } = paper;
  const name = describeLimit(limit);
  const percent = limit.percent === null ? '   ?' : `${limit.percent} %`.padStart(5);
  const use = describeUse(limit);
  const bar = paintBar(limit, paper);
  const head = `  ${padCells(name, nameWidth)} `;
  const tail = ` ${paintState(limit, percent, colors)}  ${use}`;
  const length = 2 + Math.max(cellsOf(name), nameWidth) + 1 + barCells + 1 + percent.length + 2 + use.length;
  // A long name or amount takes a line of its own.
  const first = length <= width ? [head + bar + tail] : [`  ${name}`, `  ${' '.repeat(4)}${bar}${tail}`];
  const place = withWorkspace && limit.facts.workspace !== null ? [escapeInvisible(limit.facts.workspace)] : [];
  const details = [...place, ...describeDetails(limit, view)].join(' · ');
  return [...first, ...hanging('      ', details, width).map((line) => colors.dim(line))];
}

/** Blocks on a terminal with colour, plain signs elsewhere. */
function paintBar(limit: StatusLimit, { colors, color }: Paper): string {
  const [full, empty] = color ? ['█', '░'] : ['#', '.'];
  if (limit.percent === null) return padCells('?', barCells);
  const filled = Math.min(barCells, Math.floor((limit.percent * barCells) / 100));
  // What has been used at all shows, and only what is full looks full.
  const cells = limit.percent > 0 ? Math.max(1, filled) : 0;
  return paintState(limit, full.repeat(cells), colors) + colors.dim(empty.repeat(barCells - cells));
}

function paintState({ state, percent }: StatusLimit, text: string, colors: Colors): string {
  if (state === 'exhausted') return colors.red(text);
  if (state === 'alert' || (percent ?? 0) >= 80) return colors.yellow(text);
  return state === 'unknown' ? text : colors.green(text);
}

function expiryLines({ view, width, colors }: Paper): string[] {
  const { expiring, now, counts } = view;
  if (counts && expiring.length > 0) {
    return [
      `  ${expiring.length} ${expiring.length === 1 ? 'key or provider' : 'keys and providers'}, the next ${describeDays(expiring[0]?.at ?? now, now)}`,
    ];
  }
  return expiring.flatMap(({ kind, name, workspace, at }) => {
    const what = `${kind === 'key-limits' ? 'key' : 'provider'} ${name}${workspace === null ? '' : ` (${workspace})`}`;
    const when = `${describeDays(at, now)}, ${formatDay(at)}`;
    return hanging('  ', `${what}: expires ${when}`, width).map((line) => colors.yellow(line));
  });
}

function keyCountLines({ view, width }: Paper, workspace: string | null): string[] {
  if (!view.counts) return [];
  return countKeys(view.limits)
    .filter((counts) => counts.workspace === workspace)
    .flatMap((counts) => hanging('  ', `API keys: ${describeKeyCounts(counts)}`, width));
}

const shownTrends = 10;

function trendLines(report: TrendReport, paper: Paper): string[] {
  const { view, colors, width } = paper;
  const title = `Spend of ${report.days} days to ${formatDay(report.to)}, against the ${report.days} days before`;
  const lines = ['', ...fold(title, width).map((line) => colors.bold(line))];
  for (const by of trendKinds) {
    const why = report.gaps.filter((gap) => gap.by === by);
    lines.push(colors.dim(`by ${by}`));
    if (by === 'user' && view.counts && report.trends.user.length > 0)
      lines.push(...hanging('  ', usersOf(report), width));
    else if (report.trends[by].length > 0) lines.push(...trendTable(by, report.trends[by], paper));
    // Nothing known is not nothing spent.
    else if (why.length === 0) lines.push('  none');
    const texts = new Set(why.map((gap) => gap.why));
    for (const text of texts) {
      const places = why.filter((gap) => gap.why === text).length;
      lines.push(
        ...hanging('  ', `unknown for ${places} ${places === 1 ? 'workspace' : 'workspaces'}: ${text}`, width),
      );
    }
  }
  const days = report.unusualDays.map(
    ({ date, workspace, cost, median }) =>
      `${formatDay(Date.parse(date))}, ${workspace}: ${formatExact(cost, 'cost')}, on a usual day ${formatExact(median, 'cost')}`,
  );
  if (days.length > 0) {
    lines.push(colors.dim('days above three times the median'));
    lines.push(...days.flatMap((text) => hanging('  ', text, width).map((line) => colors.yellow(line))));
  }
  for (const why of new Set(report.gaps.filter((gap) => gap.by === 'day').map((gap) => gap.why)))
    lines.push(...hanging('  ', `days unknown: ${why}`, width));
  return lines;
}

function trendTable(by: TrendBy, trends: readonly Trend[], { width, colors }: Paper): string[] {
  const shown = trends.slice(0, shownTrends);
  const nameOf = (trend: Trend): string =>
    escapeInvisible(by === 'provider' ? `${trend.name} (${trend.workspace ?? ''})` : trend.name);
  // A pipe has no width: there the longest name gives it.
  const longest = Math.max(...shown.map((trend) => cellsOf(nameOf(trend))));
  const lines = shown.map((trend) => {
    const errors = trend.isFailing && trend.errorPercent !== null ? colors.red(`${trend.errorPercent} % errors`) : '';
    const cells = `${formatExact(trend.cost, 'cost').padStart(12)}  ${describeTrend(trend).padStart(8)}  `;
    const space = Number.isFinite(width) ? Math.max(12, width - 2 - cells.length - 12) : longest;
    return `  ${padCells(cut(nameOf(trend), space), space)}${cells}${errors}`.trimEnd();
  });
  const more = trends.length - lines.length;
  return more > 0 ? [...lines, `  and ${more} more`] : lines;
}

function cut(text: string, cells: number): string {
  if (cellsOf(text) <= cells) return text;
  let short = text;
  while (cellsOf(short) > cells - 1) short = short.slice(0, -1);
  return `${short}…`;
}

function hanging(indent: string, text: string, width: number): string[] {
  return wrap(escapeInvisible(text), width - indent.length).map((line) => indent + line);
}

function fold(text: string, width: number): string[] {
  return wrap(escapeInvisible(text), width);
}
