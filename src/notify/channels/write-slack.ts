/** A message as Slack takes it by an incoming webhook. */

import { writeInert } from './inert-text.ts';
import { factsOf, type Shown } from './shown.ts';

/** Slack refuses more: characters of a heading, of a text and of a field, fields of a section, blocks of a message. */
const most = { heading: 150, text: 3_000, field: 2_000, fields: 10, blocks: 50 } as const;

/**
 * Plain text only, in which nothing is looked for: no mention, no channel, no emoji, no link but ours. The text beside the
 * blocks, which a notification on a phone shows, is read as markup: there too nothing is left that could act.
 */
export function writeSlack(shown: Shown): string {
  const { title, paragraphs, link } = shown;
  const facts = factsOf(shown);
  const sections: Block[] = [];
  for (let start = 0; start < facts.length; start += most.fields) {
    const fields = facts
      .slice(start, start + most.fields)
      .map(({ label, value }) => plain(`${label}\n${value}`, most.field));
    sections.push({ type: 'section', fields });
  }
  for (const text of paragraphs) sections.push({ type: 'section', text: plain(text, most.text) });
  const away: Block[] =
    link === null
      ? []
      : [{ type: 'section', text: { type: 'mrkdwn', text: `<${escapeSlack(link)}>`, verbatim: true } }];
  const blocks: Block[] = [
    { type: 'header', text: plain(title, most.heading) },
    ...sections.slice(0, most.blocks - 1 - away.length),
    ...away,
  ];
  return JSON.stringify({
    text: escapeSlack(writeInert(title)),
    mrkdwn: false,
    parse: 'none',
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks,
  });
}

interface Block {
  readonly type: 'header' | 'section';
  readonly text?: object;
  readonly fields?: readonly object[];
}

function plain(text: string, length: number): object {
  return { type: 'plain_text', text: escapeSlack(shorten(writeInert(text), length)) || ' ', emoji: false };
}

/** Counted as it is sent, with its entities. */
function shorten(text: string, length: number): string {
  let size = escapeSlack(text).length;
  if (size <= length) return text;
  const characters = [...text];
  while (size > length - 1) size -= escapeSlack(characters.pop() ?? ' ').length;
  return `${characters.join('')}…`;
}

/** The three characters that begin markup in any text (`<!channel>`, `<@user>`, `<url|text>`). */
function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
