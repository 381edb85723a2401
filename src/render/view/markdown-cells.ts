/** Cells as GitHub-flavoured markdown. */

import { codeOrText, escapeMarkdown, escapeProse } from '../escape-markdown.ts';
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
    // A table is read in half a minute.
    case 'reason':
      return '';
    case 'advice':
      return writeAdvice(text);
    case 'message':
      return escapeProse(text);
    case 'value':
      return codeOrText(text);
    default:
      return escapeMarkdown(text);
  }
}

/** Our own words: what is to be typed is code, where nothing in it could end a span or a cell of a table. */
function writeAdvice(text: string): string {
  const parts = text.split('`');
  if (parts.length % 2 === 0) return escapeMarkdown(text);
  return parts
    .map((part, index) => (index % 2 === 0 ? escapeMarkdown(part) : `\`${part.replaceAll('|', '\\|')}\``))
    .join('');
}
