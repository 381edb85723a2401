/** Values in markdown. */

import { escapeInvisible } from '../printable.ts';

/**
 * Text that stands for itself and nothing else in a line or a table cell: no markup, no HTML, no mention, no link, no emoji, no
 * formula. Entities rather than backslashes, since those survive every context, and only for what would act where it stands, so
 * that the source is readable too, as in an e-mail.
 */
export function escapeMarkdown(text: string): string {
  return escapeInvisible(text)
    .replace(acting, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/www\./gi, (start) => `${start.slice(0, 3)}&#46;`)
    .replace(/&#(?:64|35);|\bGH(?=-\d)/gi, (start) => start + noWidth);
}

/**
 * | character | acts |
 * |---|---|
 * | `<` `>` `` ` `` `*` `~` `\` `|` `[` `]` `@` | everywhere: a parenthesis or `!` only beside one of these |
 * | `_` | as the end of an emphasis: not before a letter or digit, and without an end there is none |
 * | `&` | before what may be an entity |
 * | `#` | in front, and before a number |
 * | `$` | as a formula: not before a digit, which is an amount |
 * | `:` | of an address or an emoji, none of which is a number below 100 |
 */
const acting = /[<>`*~|[\]@\\]|_(?![\p{L}\p{N}])|&(?=[#\w])|^#|#(?=\d)|\$(?!\d)|:(?=\/\/|(?!\d{1,2}:)[\w+-]{1,40}:)/gu;

/**
 * A sentence of ours with texts from outside in it: what stands between backticks is code where nothing in it could act, whoever
 * wrote it; all else is escaped.
 */
export function escapeProse(text: string): string {
  return text
    .split(/(`[^`\n]+`)/)
    .map((part) => (isPlainCode(part) ? part : escapeMarkdown(part)))
    .join('');
}

/** Words, names, numbers and flags, such as `alert: 80%`. */
function isPlainCode(text: string): boolean {
  return /^`[\w.+/=%-]+(?:(?:[@:] ?| )[\w.+/=%-]+)*`$/.test(text) && !text.includes('//');
}

/** The same of several lines, such as an error and its advice. */
export function escapeLines(text: string): string {
  return text.split('\n').map(escapeProse).join('<br>');
}

/** A text that is known to hold nothing that could end it, as code; any other escaped. */
export function codeOrText(text: string): string {
  return /^[\w.+/=-]+(?:[@: ][\w.+/=-]+)*$/.test(text) && !text.includes('//') ? `\`${text}\`` : escapeMarkdown(text);
}

/** Mentions and issue numbers are looked for in the text that a reader sees, after entities: a space of no width parts them. */
const noWidth = '&#8203;';
