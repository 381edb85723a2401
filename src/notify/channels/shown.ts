/** A message as it may leave: without secrets, of a size that every channel takes, with nothing in it that cannot be seen. */

import { escapeInvisible } from '../../printable.ts';
import { bytesOf } from '../../render/fit-sections.ts';
import type { Message } from '../message.ts';

/** As a message, but for what `showMessage` has done to its texts. */
export type Shown = Message & {
  /** Facts and paragraphs for which there was no room. */
  readonly leftOut: number;
};

/** Characters, and how many at most. */
const most = { title: 200, label: 80, value: 400, facts: 30, paragraph: 1_200, paragraphs: 20, link: 2_000 } as const;

/** Bytes of a page that is sent as mail; programs for mail cut earlier than that. */
const largestPage = 1024 * 1024;

/**
 * @param blank takes the secrets of this run out of a value: a name may be one that somebody pasted
 */
export function showMessage(message: Message, blank: (value: unknown) => unknown): Shown {
  const { title, facts, paragraphs, link, html, ...rest } = blank(message) as Message;
  const shownFacts = facts
    .slice(0, most.facts)
    .map(({ label, value }) => ({ label: line(label, most.label), value: line(value, most.value) }));
  const shownParagraphs = paragraphs.slice(0, most.paragraphs).map((text) => line(text, most.paragraph));
  return {
    ...rest,
    title: line(title, most.title),
    facts: shownFacts,
    paragraphs: shownParagraphs,
    link: link === null ? null : checkLink(link),
    ...(html !== undefined && bytesOf(html) <= largestPage ? { html } : {}),
    leftOut: facts.length - shownFacts.length + (paragraphs.length - shownParagraphs.length),
  };
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

/** Written so that it fits: the last paragraphs go first, then the last facts. */
export function writeWithin(shown: Shown, bytes: number, write: (shown: Shown) => string): string {
  let rest = shown;
  let text = write(rest);
  while (bytesOf(text) > bytes && rest.facts.length + rest.paragraphs.length > 0) {
    const shorter =
      rest.paragraphs.length > 0 ? { paragraphs: rest.paragraphs.slice(0, -1) } : { facts: rest.facts.slice(0, -1) };
    rest = { ...rest, ...shorter, leftOut: rest.leftOut + 1 };
    text = write(rest);
  }
  return text;
}

/** The facts, and how much is missing. */
export function factsOf({ facts, leftOut }: Shown): Message['facts'] {
  if (leftOut === 0) return facts;
  return [...facts, { label: 'left out here', value: leftOut === 1 ? '1 line' : `${leftOut} lines` }];
}
