/** Values in markdown. */

import { escapeInvisible } from '../printable.ts';

/**
 * Text that stands for itself and nothing else in a table cell: no markup, no HTML, no mention, no link, no emoji, no
 * formula. Entities rather than backslashes, since those survive every context. What reads as an amount or ends a clause
 * stays as it is, so that the source is readable too.
 */
export function escapeMarkdown(text: string): string {
  return escapeInvisible(text)
    .replace(/[&<>"'`*_~|[\]()#@!\\{}^]|\$(?!\d)|:(?! |$)/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/www\./gi, (start) => `${start.slice(0, 3)}&#46;`)
    .replace(/&#(?:64|35);|\bGH(?=-\d)/gi, (start) => start + noWidth);
}

/** The same of several lines, such as an error and its advice. */
export function escapeLines(text: string): string {
  return text.split('\n').map(escapeMarkdown).join('<br>');
}

/** Mentions and issue numbers are looked for in the text that a reader sees, after entities: a space of no width parts them. */
const noWidth = '&#8203;';
