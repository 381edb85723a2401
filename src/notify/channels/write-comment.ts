/** A message as a comment on an issue of GitHub. */

import { digestOf } from '../../plan/digest.ts';
import { escapeMarkdown, escapeProse } from '../../render/escape-markdown.ts';
import { factsOf, type Shown } from './shown.ts';

/** In the first line: by it a later run sees that this was told. Nothing of it shows, and nothing in it is from outside. */
export function markTelling(id: string): string {
  return `<!-- tollgate:notify ${digestOf(id)} -->`;
}

export function writeComment(shown: Shown): string {
  const { id, title, paragraphs, link } = shown;
  const facts = factsOf(shown);
  const table = [
    '| | |',
    '|---|---|',
    ...facts.map(({ label, value }) => `| ${escapeMarkdown(label)} | ${escapeMarkdown(value)} |`),
  ];
  const blocks = [
    `**${escapeMarkdown(title)}**`,
    facts.length === 0 ? '' : table.join('\n'),
    ...paragraphs.map(escapeProse),
    link === null ? '' : `<${link}>`,
  ];
  return `${markTelling(id)}\n${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}
