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
  return `\`${escapeInvisible(short)}\``;
}
