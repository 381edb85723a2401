/** Answers for people: tables and paragraphs, aligned for a terminal, or a table as CSV. */

import { escapeInvisible } from '../printable.ts';
import { cellsOf, colorsOf, padCells, type TextStyle } from './style.ts';
import { wrap, wrapBehind } from './wrap.ts';

export type AnswerBlock =
  | { readonly text: string }
  /** As they are, one below the other. */
  | { readonly lines: readonly string[] }
  /** A title, and texts behind labels or dashes: further lines stand under the text. */
  | { readonly title?: string; readonly labelled: readonly (readonly [label: string, text: string])[] }
  | {
      readonly title?: string;
      readonly columns: readonly AnswerColumn[];
      readonly rows: readonly (readonly AnswerCell[])[];
    };

export interface AnswerColumn {
  readonly head: string;
  readonly align?: 'right';
}

/** Null: unknown. A pair: as people read it, and as programs do. */
export type AnswerCell = string | number | null | { readonly text: string; readonly value: string | number | null };

const unknownText = '–';

export function renderAnswer(blocks: readonly AnswerBlock[], style: TextStyle): string {
  const colors = colorsOf(style);
  const width = style.columns === Number.POSITIVE_INFINITY ? style.columns : Math.max(40, style.columns);
  const parts = blocks.map((block): string[] => {
    if ('lines' in block) return block.lines.map(escapeInvisible);
    if ('text' in block) return wrap(escapeInvisible(block.text), width);
    const title = block.title === undefined ? [] : [colors.bold(escapeInvisible(block.title))];
    if ('labelled' in block) {
      const lines = block.labelled.flatMap(([label, text]) =>
        wrapBehind(escapeInvisible(label), escapeInvisible(text), width),
      );
      return [...title, ...lines];
    }
    return [...title, ...layTable(block.columns, block.rows, width, colors.dim)];
  });
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

interface TextColumn extends AnswerColumn {
  readonly texts: readonly string[];
  readonly width: number;
}

const gap = 2;

/**
 * In the width of the terminal where that can be: what is the same in all rows is said once, above the table, and long texts go on in
 * the next line. Ids and names are never broken, since people copy them.
 */
function layTable(
  columns: readonly AnswerColumn[],
  rows: readonly (readonly AnswerCell[])[],
  limit: number,
  dim: (text: string) => string,
): string[] {
  if (rows.length === 0) return [dim('none')];
  const all = columns.map((column, index): TextColumn => {
    const texts = rows.map((row) => escapeInvisible(textOfCell(row[index] ?? null)));
    return { ...column, texts, width: widthOf([column.head, ...texts]) };
  });
  const isCrowded = rows.length > 1 && excessOf(all, limit) > 0;
  const common = isCrowded && !all.every(isSameInAll) ? all.filter(isSameInAll) : [];
  const laid = narrow(
    all.filter((column) => !common.includes(column)),
    limit,
  );
  const said = common.map(({ head, texts: [text = ''] }) => `${head}: ${text}`);
  return [
    ...(said.length === 0 ? [] : wrap(said.join(' · '), limit)),
    dim(layRow(laid, (column) => column.head)),
    ...rows.flatMap((_, index) => {
      const cells = laid.map(({ texts, width }) => wrap(texts[index] ?? '', width));
      const height = Math.max(1, ...cells.map((lines) => lines.length));
      return Array.from({ length: height }, (_line, line) => layRow(laid, (_column, at) => cells[at]?.[line] ?? ''));
    }),
  ];
}

function isSameInAll({ texts }: TextColumn): boolean {
  return texts.every((text) => text === texts[0]);
}

function widthOf(texts: readonly string[]): number {
  return Math.max(0, ...texts.map(cellsOf));
}

/** Cells that a table is wider than it may be. */
function excessOf(columns: readonly TextColumn[], limit: number): number {
  return columns.reduce((sum, { width }) => sum + width + gap, -gap) - limit;
}

/** The widest texts give way first, down to their longest word. */
function narrow(columns: readonly TextColumn[], limit: number): readonly TextColumn[] {
  const candidates = columns
    .map((column, index) => ({ index, width: column.width, least: leastWidth(column) }))
    .filter(({ width, least }) => least < width)
    .sort((a, b) => b.width - a.width);
  let excess = excessOf(columns, limit);
  const widths = columns.map(({ width }) => width);
  for (const { index, width, least } of candidates) {
    if (excess <= 0) break;
    widths[index] = Math.max(least, width - excess);
    excess -= width - widths[index];
  }
  return columns.map((column, index) => ({ ...column, width: widths[index] ?? column.width }));
}

/** A day and its time are one word. */
function leastWidth({ align, head, texts, width }: TextColumn): number {
  if (align === 'right') return width;
  return Math.max(cellsOf(head), 12, ...texts.flatMap((text) => text.split(/(?<!^[\d-]{10}) /).map(cellsOf)));
}

function layRow(columns: readonly TextColumn[], textOf: (column: TextColumn, index: number) => string): string {
  return columns
    .map((column, index) => {
      const text = textOf(column, index);
      if (column.align !== 'right') return padCells(text, column.width);
      return ' '.repeat(Math.max(0, column.width - cellsOf(text))) + text;
    })
    .join(' '.repeat(gap))
    .trimEnd();
}

function textOfCell(cell: AnswerCell): string {
  if (cell === null) return unknownText;
  return typeof cell === 'object' ? cell.text : shortTime(String(cell));
}

/** Times are UTC; seconds are for programs, and midnight is a day. */
function shortTime(text: string): string {
  const [, day, time] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?Z$/.exec(text) ?? [];
  if (day === undefined || time === undefined) return text;
  return text.includes('T00:00:00') ? day : `${day} ${time}`;
}

/** The first table, in RFC 4180; null where there is none. */
export function renderCsv(blocks: readonly AnswerBlock[]): string | null {
  const table = blocks.find((block) => 'columns' in block);
  if (table === undefined || !('columns' in table)) return null;
  const lines = [table.columns.map(({ head }) => head), ...table.rows.map((row) => row.map(valueOfCell))];
  return lines.map((line) => `${line.map(quoteCsv).join(',')}\r\n`).join('');
}

function valueOfCell(cell: AnswerCell): string | number {
  const value = cell !== null && typeof cell === 'object' ? cell.value : cell;
  return value ?? '';
}

/** A text that a spreadsheet would take for a formula gets an apostrophe, as spreadsheets write such texts themselves. */
function quoteCsv(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const text = escapeInvisible(value);
  const inert = /^[=+\-@]/.test(text) ? `'${text}` : text;
  return /[",']/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}

const bars = '▁▂▃▄▅▆▇█';

/** One character a value, as high as its share of the highest. */
export function sparkline(values: readonly number[]): string {
  const most = Math.max(0, ...values);
  return values
    .map((value) => (most === 0 || value <= 0 ? bars[0] : bars[Math.min(7, Math.ceil((value / most) * 8) - 1)]))
    .join('');
}
