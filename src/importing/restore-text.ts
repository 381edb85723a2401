/** A value that comes back to a file gets the text that it had in another version: comments, quotes, order. Pure. */

import { newlineOf } from '../policy/yaml-ranges.ts';
import { findLines, readValue } from '../policy/yaml-splice.ts';

/**
 * @param text in which the value has been set already, in the words of the printer
 * @param from the version that its text is taken of
 * @returns the same where that text does not stand on lines of its own, or would not say the same
 */
export function restoreText(text: string, path: readonly string[], from: string): string {
  const [here, there] = [findLines(text, path), findLines(from, path)];
  if (here === null || there === null) return text;
  const newline = newlineOf(text);
  const lines = text.split(/\r?\n/);
  const old = from.split(/\r?\n/);
  const block = old.slice(firstComment(old, there.first - 1), there.last);
  const [key = '', own = ''] = [lines[here.first - 1], old[there.first - 1]];
  const shift = indentOf(key) - indentOf(own);
  const moved = block.map((line) =>
    line.trim() === '' ? line : ' '.repeat(Math.max(0, indentOf(line) + shift)) + line.trimStart(),
  );
  const restored = [...lines.slice(0, here.first - 1), ...moved, ...lines.slice(here.last)].join(newline);
  const [wished, found] = [readValue(text, []), readValue(restored, [])];
  return JSON.stringify(found) === JSON.stringify(wished) ? restored : text;
}

/** Comments that stand right above it, in its column. */
function firstComment(lines: readonly string[], key: number): number {
  const column = indentOf(lines[key] ?? '');
  let first = key;
  while (first > 0 && indentOf(lines[first - 1] ?? '') === column && /^ *#/.test(lines[first - 1] ?? '')) first -= 1;
  return first;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
