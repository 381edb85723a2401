/** Lines of cells at a terminal: broken where it ends, and painted by what each cell means. */

import { escapeInvisible } from '../../printable.ts';
import { type Colors, cellsOf } from '../style.ts';
import { wrap } from '../wrap.ts';
import { type Cell, type Line, plainText } from './cells.ts';

export interface Paper {
  readonly colors: Colors;
  readonly columns: number;
}

/** A statement over several lines where it is longer than one; the rest is indented. */
export function fold(line: Line, indent: string, paper: Paper, paint?: (text: string) => string): string[] {
  const room = paper.columns - indent.length;
  // The indent of the other lines is needed only where there are some.
  const width = cellsOf(plainText(line)) <= room ? room : Math.max(24, room - 2);
  return wrapLine(line, width, paper, paint).map(
    ({ painted }, index) => `${indent}${index === 0 ? '' : '  '}${painted}`,
  );
}

interface Wrapped {
  readonly painted: string;
  readonly cells: number;
}

/** Broken as plain text, then painted: colours take no room. */
export function wrapLine(line: Line, width: number, paper: Paper, paint?: (text: string) => string): Wrapped[] {
  const shown = line.map((cell) => ({ cell, text: escapeInvisible(cell.text) }));
  const lines = wrap(shown.map(({ text }) => text).join(''), width);
  let [index, taken] = [0, 0];
  return lines.map((text, number) => {
    let painted = '';
    let rest = text.length;
    const take = (length: number, isShown: boolean): void => {
      let left = length;
      while (left > 0) {
        const current = shown[index];
        if (current === undefined) return;
        const part = current.text.slice(taken, taken + left);
        if (isShown) painted += paintCell(current.cell, part, paper.colors, paint);
        left -= part.length;
        taken += part.length;
        if (taken >= current.text.length) [index, taken] = [index + 1, 0];
      }
    };
    // The space at which the line before was broken is in no line.
    if (number > 0) take(1, false);
    take(rest, true);
    rest = 0;
    return { painted, cells: cellsOf(text) };
  });
}

export function paintLine(line: Line, { colors }: Paper, paint?: (text: string) => string): string {
  return line.map((cell) => paintCell(cell, escapeInvisible(cell.text), colors, paint)).join('');
}

function paintCell(cell: Cell, text: string, colors: Colors, paint: (text: string) => string = (one) => one): string {
  if (text === '') return '';
  switch (cell.is) {
    case 'fresh':
      return colors.bold(text);
    case 'shift':
      return cell.to === 'raise' ? colors.green(text) : colors.red(text);
    case 'verdict':
      return { stop: colors.red, warn: colors.yellow, fine: colors.green }[cell.verdict](text);
    case 'aside':
      return colors.dim(text);
    default:
      return paint(text);
  }
}
