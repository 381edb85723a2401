/** Cells, and what pages are made of, as HTML. Every text passes through `escapeHtml`. */

import { escapeHtml } from '../escape-html.ts';
import type { Cell, Line, Verdict } from '../view/cells.ts';

export function writeHtmlLine(line: Line): string {
  return line.map(writeHtmlCell).join('');
}

function writeHtmlCell(cell: Cell): string {
  if (cell.text === '') return '';
  const text = escapeHtml(cell.text);
  switch (cell.is) {
    case 'fresh':
      return `<strong>${text}</strong>`;
    case 'verdict':
      return `<strong class="${cell.verdict}">${text}</strong>`;
    case 'shift':
      return `<span class="${cell.to}">${text}</span>`;
    case 'advice':
    case 'message':
      return writeAdvice(cell.text);
    case 'value':
      return `<code>${text}</code>`;
    case 'aside':
      return `<span class="aside">${text}</span>`;
    case 'share':
      return `${bar(cell.percent, cell.verdict)} ${text}`;
    case 'words':
    case 'usual':
    case 'reason':
      return text;
  }
}

/** What is to be typed stands between backticks. */
function writeAdvice(text: string): string {
  const parts = text.split('`').map(escapeHtml);
  if (parts.length % 2 === 0) return escapeHtml(text);
  return parts.map((part, index) => (index % 2 === 0 ? part : `<code>${part}</code>`)).join('');
}

/** A picture of the number that stands beside it. */
export function bar(percent: number, verdict: Verdict | null): string {
  const width = Math.max(0, Math.min(100, percent));
  return `<span class="bar" aria-hidden="true"><span class="fill ${verdict ?? 'none'}" style="width:${width}%"></span></span>`;
}

export interface Column {
  readonly head: string;
  readonly isNumber?: boolean;
}

/** @param rows cells as HTML; the first of a row names it */
export function htmlTable(caption: string, columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const style = (index: number): string => (columns[index]?.isNumber === true ? ' class="number"' : '');
  const heads = columns.map(({ head }, index) => `<th scope="col"${style(index)}>${escapeHtml(head)}</th>`).join('');
  const body = rows.map((row) => {
    const cells = row.map((cell, index) =>
      index === 0 ? `<th scope="row">${cell}</th>` : `<td${style(index)}>${cell}</td>`,
    );
    return `<tr>${cells.join('')}</tr>`;
  });
  const named = escapeHtml(caption);
  // What is wider than the screen is moved by the keyboard too.
  return `<div class="wide" role="region" tabindex="0" aria-label="${named}"><table><caption>${named}</caption><thead><tr>${heads}</tr></thead><tbody>
${body.join('\n')}
</tbody></table></div>`;
}

export function htmlList(lines: readonly Line[]): string {
  return lines.length === 0 ? '' : `<ul>${lines.map((line) => `<li>${writeHtmlLine(line)}</li>`).join('\n')}</ul>`;
}

/** Nothing, where there is nothing to say. */
export function htmlSection(title: string, ...parts: readonly string[]): string {
  const body = parts.filter((part) => part !== '');
  return body.length === 0 ? '' : `<section><h2>${escapeHtml(title)}</h2>\n${body.join('\n')}\n</section>`;
}

export function htmlFold(title: string, body: string): string {
  return body === '' ? '' : `<details><summary>${escapeHtml(title)}</summary>\n${body}\n</details>`;
}

/** The library's picture with a name and a description for who does not see it. */
export function htmlPicture(svg: string, id: string, title: string, description: string): string {
  const text = `<title id="${id}-title">${escapeHtml(title)}</title><desc id="${id}-desc">${escapeHtml(description)}</desc>`;
  return svg.replace(
    /^<svg([^>]*)>/,
    (_, rest: string) => `<svg role="img" aria-labelledby="${id}-title" aria-describedby="${id}-desc"${rest}>${text}`,
  );
}
