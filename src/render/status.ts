/** A status in each format: what is seen is built once. */

import { renderJson } from './json.ts';
import type { PageFacts } from './page-facts.ts';
import { statusDocument } from './status-document.ts';
import type { StatusFacts } from './status-facts.ts';
import type { TextStyle } from './style.ts';
import { plainText } from './view/cells.ts';
import { refusedLine } from './view/refused-now.ts';
import { buildStatusView } from './view/status-view.ts';
import { writeStatusMarkdown } from './view/write-status-markdown.ts';
import { writeStatusTerminal } from './view/write-status-terminal.ts';

/** The library that draws is loaded with it, and by nothing else. */
export async function loadPage(): Promise<(facts: PageFacts) => string> {
  const { renderStatusPage } = await import('./page/status-page.ts');
  return renderStatusPage;
}

export async function renderPage(facts: PageFacts): Promise<string> {
  return (await loadPage())(facts);
}

export function renderStatus(facts: StatusFacts, format: 'text' | 'json' | 'markdown', style: TextStyle): string {
  switch (format) {
    case 'json':
      return renderJson(statusDocument(facts));
    case 'markdown':
      return writeStatusMarkdown(buildStatusView(facts));
    case 'text':
      return writeStatusTerminal(buildStatusView(facts), style);
  }
}

/** One line: whom budgets refuse now. */
export function renderStatusHeadline(facts: StatusFacts): string {
  return plainText(refusedLine(facts));
}
