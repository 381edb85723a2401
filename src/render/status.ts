/** A status in each format: what is seen is built once. */

import { renderJson } from './json.ts';
import { statusDocument } from './status-document.ts';
import type { StatusFacts } from './status-facts.ts';
import type { TextStyle } from './style.ts';
import { buildStatusView } from './view/status-view.ts';
import { writeStatusMarkdown } from './view/write-status-markdown.ts';
import { writeStatusTerminal } from './view/write-status-terminal.ts';

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
