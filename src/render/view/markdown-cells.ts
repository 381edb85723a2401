/** Cells as GitHub-flavoured markdown. */

import { codeOrText, escapeMarkdown } from '../escape-markdown.ts';
import type { Cell, Line } from './cells.ts';

export function writeLine(line: Line): string {
  return line.map(writeCell).join('');
}

function writeCell(cell: Cell): string {
  const text = cell.text;
  if (text === '') return '';
  switch (cell.is) {
    case 'fresh':
      return `**${escapeMarkdown(text)}**`;
    case 'verdict':
      return cell.verdict === 'fine'
        ? escapeMarkdown(text)
        : `${cell.verdict === 'stop' ? '🛑' : '⚠️'} **${escapeMarkdown(text.replace(/^! /, ''))}**`;
    case 'value':
      return codeOrText(text);
    default:
      return escapeMarkdown(text);
  }
}
