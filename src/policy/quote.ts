import { escapeInvisible } from '../printable.ts';
import { describeSecret, looksSecret } from '../secret-shape.ts';

/** The one way in which a value from a user's file gets into a message. */

const longest = 60;

/**
 * In backticks, on one line, shortened, with control and direction characters escaped. A value that looks like a secret is
 * given as its length, since messages end up in CI logs and pull requests.
 */
export function quote(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  if (looksSecret(text)) return describeSecret(text);
  const points = [...text];
  const short = points.length > longest ? `${points.slice(0, longest).join('')}…` : text;
  const [blank] = oddBlank.exec(short) ?? [];
  return `\`${escapeInvisible(short)}\`${blank === undefined ? '' : ` (with ${nameBlank(blank)})`}`;
}

/** A scanner error may stand at anything, a secret included: a few characters are enough to find the place. */
export function shortenText(text: string): string {
  return text.length > 24 || looksSecret(text) ? `${text.slice(0, 4)}…` : text;
}

/** Looks like a space, which a code point alone tells nobody. */
const oddBlank = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/;

export function nameBlank(blank: string): string {
  const code = `U+${(blank.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  return blank === '\u00a0' ? `a non-breaking space (${code})` : `an odd blank (${code})`;
}
