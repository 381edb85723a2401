/** Workspaces without a file on paper: in a terminal, and in markdown. */

import { message, words } from './cells.ts';
import { writeLine } from './markdown-cells.ts';
import { fold, type Paper } from './terminal-lines.ts';
import type { UndeclaredView } from './undeclared.ts';

/** Beyond these a list is a number. */
const mostShown = { terminal: 20, markdown: 5 };

export function undeclaredLines(view: UndeclaredView | null, writer: Paper & { readonly verbose?: boolean }): string[] {
  if (view === null) return [];
  const most = writer.verbose === true ? view.lines.length : mostShown.terminal;
  const more = view.lines.length - most;
  return [
    ...fold([...view.lead, words('. '), { is: 'advice', text: view.advice }], '', writer),
    ...view.lines.slice(0, most).flatMap((line) => fold(line, '  ', writer)),
    ...(more > 0 ? fold([words(`and ${more} more: --verbose lists them`)], '  ', writer) : []),
  ];
}

/** An item of a list, with the first of them below it, and how many there are: who looks for the rest asks the command. */
export function undeclaredMarkdown(view: UndeclaredView | null): string | null {
  if (view === null) return null;
  const more = view.lines.length - mostShown.markdown;
  return [
    `- ${writeLine([...view.lead, words('. '), message(view.advice)])}`,
    ...view.lines.slice(0, mostShown.markdown).map((line) => `  - ${writeLine(line)}`),
    ...(more > 0 ? [`  - and ${more} more`] : []),
  ].join('\n');
}
