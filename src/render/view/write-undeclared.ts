/** Workspaces without a file on paper: in a terminal, and in markdown. */

import { escapeMarkdown, escapeProse } from '../escape-markdown.ts';
import { type Line, verdict, words } from './cells.ts';
import { writeLine } from './markdown-cells.ts';
import { fold, type Paper } from './terminal-lines.ts';
import type { UndeclaredView } from './undeclared.ts';

/** Beyond these a list is a number. */
const mostShown = { terminal: 20, markdown: 5 };

export function undeclaredLines(view: UndeclaredView | null, writer: Paper & { readonly verbose?: boolean }): string[] {
  if (view === null) return [];
  const most = writer.verbose === true ? view.lines.length : mostShown.terminal;
  const more = view.lines.length - most;
  const [only] = view.lines;
  if (only !== undefined && view.lines.length === 1)
    return fold([verdict('warn', 'No file'), words(': '), ...only], '', writer);
  return [
    ...fold([verdict('warn', view.title), words('. '), { is: 'advice', text: view.advice }], '', writer),
    ...view.lines.slice(0, most).flatMap((line) => fold(line, '  ', writer)),
    ...(more > 0 ? fold([words(`and ${more} more: --verbose lists them`)], '  ', writer) : []),
  ];
}

/** The first of them, and how many there are: who looks for the rest asks the command. */
export function undeclaredMarkdown(view: UndeclaredView | null): string | null {
  if (view === null) return null;
  const item = (line: Line): string => `- ${writeLine(line)}`;
  const more = view.lines.length - mostShown.markdown;
  return [
    `**${escapeMarkdown(view.title)}.** ${escapeProse(view.advice)}`,
    '',
    ...view.lines.slice(0, mostShown.markdown).map(item),
    ...(more > 0 ? [`- and ${more} more`] : []),
  ].join('\n');
}
