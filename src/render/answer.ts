/** Answers for people: tables and paragraphs, aligned for a terminal, or a table as CSV. */

import { escapeInvisible } from '../printable.ts';
import { cellsOf, colorsOf, padCells, type TextStyle } from './style.ts';
import { wrap } from './wrap.ts';

export type AnswerBlock =
  | { readonly text: string }
  /** As they are, one below the other. */
  | { readonly lines: readonly string[] }
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
    return [...title, ...layTable(block.columns, block.rows, colors.dim)];
  });
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function layTable(
  columns: readonly AnswerColumn[],
  rows: readonly (readonly AnswerCell[])[],
  dim: (text: string) => string,
): string[] {
  if (rows.length === 0) return [dim('none')];
  const texts = rows.map((row) => row.map((cell) => escapeInvisible(textOfCell(cell))));
  const widths = columns.map(({ head }, index) =>
    Math.max(cellsOf(head), ...texts.map((row) => cellsOf(row[index] ?? ''))),
  );
  const lay = (row: readonly string[]): string =>
    columns
      .map(({ align }, index) => {
        const text = row[index] ?? '';
        const width = widths[index] ?? 0;
        return align === 'right' ? ' '.repeat(Math.max(0, width - cellsOf(text))) + text : padCells(text, width);
      })
      .join('  ')
      .trimEnd();
  return [dim(lay(columns.map(({ head }) => head))), ...texts.map(lay)];
}

function textOfCell(cell: AnswerCell): string {
  if (cell === null) return unknownText;
  return typeof cell === 'object' ? cell.text : String(cell);
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
