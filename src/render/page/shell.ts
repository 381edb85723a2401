/** What every page has: one file that asks for nothing, is read without a script, in the dark and on paper. */

import { escapeHtml } from '../escape-html.ts';
import { pageStyle } from './style.ts';

export interface PageParts {
  readonly title: string;
  /** Below the title, as HTML. */
  readonly lead: string;
  /** Sections as HTML; empty ones are left out. */
  readonly sections: readonly string[];
  /** Of the whole, as HTML. */
  readonly foot: string;
  /** What a program may ask of it. */
  readonly meta?: Readonly<Record<string, string>>;
}

export function writePage({ title, lead, sections, foot, meta = {} }: PageParts): string {
  const name = escapeHtml(title);
  const more = Object.entries(meta).map(
    ([key, content]) => `\n<meta name="${escapeHtml(key)}" content="${escapeHtml(content)}">`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">${more.join('')}
<title>${name}</title>
<style>${pageStyle}</style>
</head>
<body>
<header><h1>${name}</h1>
${lead}
</header>
<main>
${sections.filter((section) => section !== '').join('\n')}
</main>
<footer>
${foot}
</footer>
</body>
</html>
`;
}
