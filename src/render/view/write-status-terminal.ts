/** A status view for people at a terminal. */

import { type Colors, cellsOf, colorsOf, padCells, type TextStyle } from '../style.ts';
import { type Line, plainText, type Verdict, words } from './cells.ts';
import type { SpendEntry, SpendView } from './spend-view.ts';
import type { BudgetView, StatusSection, StatusView } from './status-view.ts';
import { type Paper, wrapLine } from './terminal-lines.ts';

const widest = 80;
const barCells = 16;
const nameWidth = 28;
const shownOfTable = 10;

interface Sheet extends Paper {
  readonly hasBlocks: boolean;
}

export function writeStatusTerminal(view: StatusView, style: TextStyle): string {
  // A pipe is never wrapped.
  const isPipe = style.columns === Number.POSITIVE_INFINITY;
  const columns = isPipe ? style.columns : Math.max(40, Math.min(style.columns, widest));
  const sheet: Sheet = { columns, colors: colorsOf(style), hasBlocks: style.color };
  const { colors } = sheet;
  const lines = [
    ...indented('', view.refused, sheet, colors.bold),
    ...indented('', [words(view.summary)], sheet),
    colors.dim(`As of ${view.asOf}.`),
    ...(view.settling === null ? [] : indented('', view.settling, sheet)),
    ...(view.mistake === null ? [] : ['', ...indented('', view.mistake, sheet, colors.red)]),
    ...view.sections.flatMap((section) => ['', ...sectionLines(section, sheet)]),
    ...(view.spend === null ? [] : ['', ...spendLines(view.spend, sheet)]),
    '',
    ...view.notes.flatMap((note) => indented('', note, sheet, colors.dim)),
  ];
  return `${lines.join('\n')}\n`;
}

function sectionLines({ title, isMixed, budgets, lines }: StatusSection, sheet: Sheet): string[] {
  return [
    ...indented('', [words(title)], sheet, sheet.colors.bold),
    ...budgets.flatMap((budget) => budgetLines(budget, isMixed, sheet)),
    ...lines.flatMap((line) => indented('  ', line, sheet)),
  ];
}

function budgetLines(budget: BudgetView, withWorkspace: boolean, sheet: Sheet): string[] {
  const { colors, columns } = sheet;
  const { workspace, use } = budget;
  const name = plainText([words(budget.name)]);
  const percent = budget.percent === null ? '   ?' : `${budget.percent} %`.padStart(5);
  const bar = paintBar(budget, sheet);
  const tail = ` ${paint(budget.verdict, percent, colors)}  ${use}`;
  const length = 2 + Math.max(cellsOf(name), nameWidth) + 1 + barCells + 1 + percent.length + 2 + use.length;
  // A long name or amount takes a line of its own.
  const first =
    length <= columns
      ? [`  ${padCells(name, nameWidth)} ${bar}${tail}`]
      : [`  ${name}`, `  ${' '.repeat(4)}${bar}${tail}`];
  const place: Line = withWorkspace && workspace !== null ? [words(`${workspace} · `)] : [];
  return [...first, ...indented('      ', [...place, ...budget.details], sheet, colors.dim)];
}

/** Blocks on a terminal with colour, plain signs elsewhere. */
function paintBar({ percent, verdict }: BudgetView, { colors, hasBlocks }: Sheet): string {
  const [full, empty] = hasBlocks ? ['█', '░'] : ['#', '.'];
  if (percent === null) return padCells('?', barCells);
  const filled = Math.min(barCells, Math.floor((percent * barCells) / 100));
  // What has been used at all shows, and only what is full looks full.
  const cells = percent > 0 ? Math.max(1, filled) : 0;
  return paint(verdict, full.repeat(cells), colors) + colors.dim(empty.repeat(barCells - cells));
}

function paint(verdict: Verdict | null, text: string, colors: Colors): string {
  if (verdict === null) return text;
  return { stop: colors.red, warn: colors.yellow, fine: colors.green }[verdict](text);
}

function spendLines({ title, tables, unusualDays, dayGaps }: SpendView, sheet: Sheet): string[] {
  const { colors } = sheet;
  return [
    ...indented('', [words(title)], sheet, colors.bold),
    ...tables.flatMap(({ by, rows, lines }) => [
      colors.dim(`by ${by}`),
      ...tableLines(rows, sheet),
      ...lines.flatMap((line) => indented('  ', line, sheet)),
    ]),
    ...(unusualDays.length === 0 ? [] : [colors.dim('days above three times the median')]),
    ...[...unusualDays, ...dayGaps].flatMap((line) => indented('  ', line, sheet)),
  ];
}

function tableLines(rows: readonly SpendEntry[], { columns, colors }: Sheet): string[] {
  const shown = rows.slice(0, shownOfTable);
  // A pipe has no width: there the longest name gives it.
  const longest = Math.max(...shown.map(({ name }) => cellsOf(name)));
  const lines = shown.map(({ name, spend, change, errors, isFailing }) => {
    const cells = `${spend.padStart(12)}  ${change.padStart(8)}  `;
    const space = Number.isFinite(columns) ? Math.max(12, columns - 2 - cells.length - 12) : longest;
    const failing = isFailing && errors !== null ? colors.red(`${errors} errors`) : '';
    return `  ${padCells(cut(name, space), space)}${cells}${failing}`.trimEnd();
  });
  const more = rows.length - shown.length;
  return more > 0 ? [...lines, `  and ${more} more`] : lines;
}

function cut(text: string, cells: number): string {
  if (cellsOf(text) <= cells) return text;
  let short = text;
  while (cellsOf(short) > cells - 1) short = short.slice(0, -1);
  return `${short}…`;
}

/** All lines stand below one another. */
function indented(indent: string, line: Line, sheet: Sheet, painted?: (text: string) => string): string[] {
  return wrapLine(line, sheet.columns - indent.length, sheet, painted).map((one) => indent + one.painted);
}
