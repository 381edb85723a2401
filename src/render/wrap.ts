/** Lines of a terminal: words, broken at spaces. */

import { cellsOf } from './style.ts';

/**
 * Breaks at spaces, but not around a percent sign; a longer word stays whole. One space is lost at each break, and nothing
 * else: whoever has the lines can find each character of the text.
 */
export function wrap(text: string, width: number): string[] {
  const [first = '', ...rest] = text.split(/(?<!%) (?!%)/);
  const lines = [first];
  for (const word of rest) {
    const line = lines.at(-1) ?? '';
    const longer = `${line} ${word}`;
    if (cellsOf(longer) > width && line !== '') lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

/** Further lines stand under the text, behind a label or a dash. */
export function wrapBehind(head: string, text: string, width: number): string[] {
  const indent = cellsOf(head);
  const [first = '', ...rest] = wrap(text, Math.max(20, width - indent));
  return [`${head}${first}`, ...rest.map((line) => ' '.repeat(indent) + line)];
}
