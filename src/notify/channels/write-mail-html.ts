/** A message as the HTML of a mail: no picture, no script, nothing that is loaded, and in the dark as on paper. */

import { escapeHtml } from '../../render/escape-html.ts';
import { writeInert } from './inert-text.ts';
import { factsOf, type Shown } from './shown.ts';
import { mailFoot } from './write-text.ts';

/**
 * Many programs for mail read nothing but the style of the element itself; those that know the dark read the sheet. Colours are
 * those of the pages (`render/page/style.ts`), as values: variables are read by few.
 */
const style = {
  body: 'margin:0;padding:0;background:#ffffff;color:#1b1f24',
  frame:
    'max-width:640px;margin:0 auto;padding:20px;font:16px/1.5 system-ui,-apple-system,Segoe UI,sans-serif;overflow-wrap:anywhere',
  title: 'margin:0 0 16px;font-size:20px;line-height:1.3;color:#1b1f24',
  table: 'width:100%;margin:0 0 16px;border-collapse:collapse',
  label:
    'padding:6px 16px 6px 0;border-bottom:1px solid #d0d7de;text-align:left;vertical-align:top;font-weight:400;color:#57606a;width:34%',
  value: 'padding:6px 0;border-bottom:1px solid #d0d7de;text-align:left;vertical-align:top;color:#1b1f24',
  text: 'margin:0 0 12px;color:#1b1f24',
  link: 'color:#0a58ca;word-break:break-all',
  foot: 'margin:24px 0 0;padding:8px 0 0;border-top:1px solid #d0d7de;font-size:14px;color:#57606a',
} as const;

const sheet = `
:root{color-scheme:light dark;supported-color-schemes:light dark}
@media screen and (prefers-color-scheme:dark){
body,.ink{background:#0f1318!important;color:#e8edf2!important}
.aside{color:#a5b0bc!important}
.line{border-color:#333c47!important}
a.away{color:#6cb0ff!important}
}`;

export function writeMailHtml(shown: Shown): string {
  const { title, paragraphs, link } = shown;
  const rows = factsOf(shown).map(
    ({ label, value }) =>
      `<tr><th scope="row" class="aside line" style="${style.label}">${inert(label)}</th><td class="ink line" style="${style.value}">${inert(value)}</td></tr>`,
  );
  const parts = [
    `<h1 class="ink" style="${style.title}">${inert(title)}</h1>`,
    rows.length === 0 ? '' : `<table style="${style.table}"><tbody>\n${rows.join('\n')}\n</tbody></table>`,
    ...paragraphs.map((text) => `<p class="ink" style="${style.text}">${writeParagraph(text)}</p>`),
    link === null
      ? ''
      : `<p style="${style.text}"><a class="away" href="${escapeHtml(link)}" rel="noopener noreferrer" style="${style.link}">${escapeHtml(link)}</a></p>`,
    `<p class="aside line" style="${style.foot}">${mailFoot}</p>`,
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no">
<title>${inert(title)}</title>
<style>${sheet}</style>
</head>
<body style="${style.body}">
<main style="${style.frame}">
${parts.filter((part) => part !== '').join('\n')}
</main>
</body>
</html>
`;
}

function inert(text: string): string {
  return escapeHtml(writeInert(text));
}

/** What is to be typed stands between backticks. */
function writeParagraph(text: string): string {
  const parts = text.split('`').map(inert);
  if (parts.length % 2 === 0) return inert(text);
  return parts.map((part, index) => (index % 2 === 0 ? part : `<code>${part}</code>`)).join('');
}
