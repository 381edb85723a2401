/** A message as it may leave: without secrets, of a size that every channel takes, with nothing in it that cannot be seen. */

import { escapeInvisible } from '../../printable.ts';
import { bytesOf } from '../../render/fit-sections.ts';
import type { Message } from '../message.ts';

/** As a message, but for what `showMessage` has done to its texts. */
export type Shown = Message & { readonly isShown: true };

/** Characters, and how many at most. */
const most = { title: 200, label: 80, value: 400, facts: 30, paragraph: 1_200, paragraphs: 20, link: 2_000 } as const;

/** Bytes of a page that is sent as mail; programs for mail cut earlier than that. */
export const largestPage = 1024 * 1024;

/**
 * @param blank takes the secrets of this run out of a value: a name may be one that somebody pasted
 */
export function showMessage(message: Message, blank: (value: unknown) => unknown): Shown {
  const { title, facts, paragraphs, link, html, ...rest } = blank(message) as Message;
  const shown = {
    ...rest,
    title: line(title, most.title),
    facts: facts
      .slice(0, most.facts)
      .map(({ label, value }) => ({ label: line(label, most.label), value: line(value, most.value) })),
    paragraphs: paragraphs.slice(0, most.paragraphs).map((text) => line(text, most.paragraph)),
    link: link === null ? null : checkLink(link),
    ...(html !== undefined && bytesOf(html) <= largestPage ? { html } : {}),
    isShown: true,
  } as const;
  const left = facts.length - shown.facts.length + (paragraphs.length - shown.paragraphs.length);
  return left > 0 ? tellLeftOut(shown, left) : shown;
}

/** Whole characters; one line, whatever stood in it. */
function line(text: string, length: number): string {
  // Far more than is kept: a name of a megabyte is not walked through.
  const printable = escapeInvisible(
    text
      .slice(0, 4 * length)
      .replace(/\s+/g, ' ')
      .trim(),
  );
  const characters = [...printable];
  return characters.length > length ? `${characters.slice(0, length - 1).join('')}…` : printable;
}

/** Null: not an address that a reader is sent to. */
function checkLink(link: string): string | null {
  if (link.length > most.link || !URL.canParse(link)) return null;
  const url = new URL(link);
  const isSafe = url.protocol === 'https:' && url.username === '' && url.password === '';
  // As `URL` writes it: no quotes, brackets, blanks or letters that look like others. A bar parts address and text in Slack.
  return isSafe ? url.href.replaceAll('|', '%7C') : null;
}

/** What it becomes where it has to be shorter: the last paragraphs go first, then the last facts; how many is said. */
export function writeWithin(shown: Shown, bytes: number, write: (shown: Shown) => string): string {
  let text = write(shown);
  let rest = shown;
  for (let left = 1; bytesOf(text) > bytes && rest.facts.length + rest.paragraphs.length > 0; left++) {
    rest =
      rest.paragraphs.length > 0
        ? { ...rest, paragraphs: rest.paragraphs.slice(0, -1) }
        : { ...rest, facts: rest.facts.slice(0, -1) };
    text = write(tellLeftOut(rest, left));
  }
  return text;
}

function tellLeftOut(shown: Shown, left: number): Shown {
  return {
    ...shown,
    facts: [...shown.facts, { label: 'left out here', value: left === 1 ? '1 line' : `${left} lines` }],
  };
}
