/**
 * Charts as SVG, drawn without a browser. Nothing of a text from outside is handed to the library: it gets numbers, days and colours,
 * and names stand beside the picture. Loaded only when a page with charts is asked for.
 */

import { dot, lineY, plot, rectY, ruleX, ruleY } from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { toDrawn, zero } from '../../exact.ts';
import { formatAmount } from '../../resources/amounts.ts';
import type { Unit } from '../../resources/types.ts';
import type { BurnDown, BurnPoint } from '../view/burn-down.ts';
import type { DayChart } from '../view/day-chart.ts';
import { dayOfMonth } from '../view/days.ts';

/** Of the drawing; it is shown as wide as there is room. */
const width = 440;

export function drawBurnDown({ unit, limit, now, course, ahead, even, runsOutAt }: BurnDown): string {
  const x = (point: BurnPoint): Date => new Date(point.at);
  const y = (point: BurnPoint): number => toDrawn(point.left);
  const times = [...course, ...ahead, ...even].map(({ at }) => at);
  return draw({
    height: 190,
    x: {
      type: 'utc',
      domain: [new Date(Math.min(...times)), new Date(Math.max(...times, now + 1))],
      ticks: 5,
      tickFormat: (date: Date) => dayOfMonth(date.getTime(), now),
      label: null,
    },
    y: { domain: [0, limit], ticks: 4, tickFormat: (amount: number) => shorten(amount, unit), label: null, grid: true },
    marks: [
      ruleY([0]),
      lineY(even, { x, y, stroke: 'var(--faint)', strokeDasharray: '2,3' }),
      lineY(course, { x, y, stroke: 'var(--accent)', strokeWidth: 2.5 }),
      lineY(ahead, {
        x,
        y,
        stroke: runsOutAt === null ? 'var(--accent)' : 'var(--stop)',
        strokeWidth: 2,
        strokeDasharray: '5,4',
      }),
      ruleX([new Date(now)], { stroke: 'var(--faint)' }),
      dot(course.slice(-1), { x, y, fill: 'var(--accent)', r: 4 }),
      ...(runsOutAt === null ? [] : [dot([{ at: runsOutAt, left: zero }], { x, y, fill: 'var(--stop)', r: 4 })]),
    ],
  });
}

/**
 * Of days on some of which something was spent: nothing has no height.
 *
 * @param colors one for each series
 */
export function drawDays({ dates, series }: DayChart, colors: readonly string[]): string {
  const bars = series.flatMap(({ costs }, index) =>
    costs.map((cost, day) => ({
      date: new Date(dates[day] ?? ''),
      cents: toDrawn(cost),
      color: colors[index] ?? 'currentColor',
    })),
  );
  const last = Date.parse(dates.at(-1) ?? '');
  return draw({
    height: 210,
    color: { type: 'identity' },
    x: { type: 'utc', ticks: 5, tickFormat: (date: Date) => dayOfMonth(date.getTime(), last), label: null },
    y: { ticks: 4, tickFormat: (amount: number) => shorten(amount, 'cost'), label: null, grid: true },
    marks: [rectY(bars, { x: 'date', y: 'cents', interval: 'day', fill: 'color', inset: 0.5 }), ruleY([0])],
  });
}

/** What share of calls a limit refuses, by its amount. */
export function drawCurve(points: readonly CurvePoint[], unit: Unit): string {
  return draw({
    height: 190,
    x: { type: 'log', ticks: 4, tickFormat: (amount: number) => shorten(amount, unit), label: null },
    y: {
      domain: [0, Math.max(...points.map(({ percent }) => percent), 1)],
      ticks: 4,
      tickFormat: (percent: number) => `${percent} %`,
      label: null,
      grid: true,
    },
    marks: [
      ruleY([0]),
      lineY(points, { x: 'amount', y: 'percent', stroke: 'var(--accent)', strokeWidth: 2.5 }),
      dot(points, { x: 'amount', y: 'percent', fill: 'var(--accent)', r: 3 }),
    ],
  });
}

export interface CurvePoint {
  /** Above zero. */
  readonly amount: number;
  readonly percent: number;
}

function draw(options: Parameters<typeof plot>[0]): string {
  const { document } = parseHTML('<!doctype html><html><head></head><body></body></html>');
  const style = { fontSize: '12px' };
  const drawn = plot({
    document,
    width,
    marginLeft: 58,
    marginRight: 14,
    marginTop: 12,
    style,
    ...options,
  } as typeof options);
  // The picture has one name, which says more than the parts' `rule` and `line`.
  return drawn.outerHTML.replace(/ aria-(?:label|hidden)="[^"]*"/g, '');
}

/** `$1.2k`, `40M`: an axis has little room, and says how much about. */
function shorten(amount: number, unit: Unit): string {
  if (unit === 'cost' && amount < 1_000_000) return formatAmount(amount, unit);
  const number = unit === 'cost' ? amount / 100 : amount;
  const [size, suffix] = number >= 1e9 ? [1e9, 'B'] : number >= 1e6 ? [1e6, 'M'] : number >= 1e3 ? [1e3, 'k'] : [1, ''];
  return `${unit === 'cost' ? '$' : ''}${Number((number / size).toFixed(1))}${suffix}`;
}
