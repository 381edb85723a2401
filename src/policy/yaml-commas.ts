/**
 * Amounts that brackets and braces cut at their comma: in `{ budget: $1,250 }` stand a budget of `$1` and a key `250`, and in
 * `[1,000 requests/minute]` two rates.
 */

import { isPair, isScalar, type Scalar } from 'yaml';
import { isProblem, parseAmount, parseRate } from '../resources/amounts.ts';
import { type Sentence, say, writeQuoted, writeValue } from './advice.ts';
import { quote } from './quote.ts';

export interface SplitItem {
  /** How many items behind the first belong to it. */
  readonly tails: number;
  /** Offset in the text. */
  readonly end: number;
  /** The whole value, its number as one can be written there. */
  readonly text: string;
  readonly said: Sentence;
}

/** @param head the value of a pair, or an item of a list, with what stands behind it */
export function findCut(head: unknown, behind: readonly unknown[], inside: 'braces' | 'brackets'): SplitItem | null {
  if (!isPlain(head) || !/\d$/.test(head.source ?? '')) return null;
  const parts = [head];
  for (const item of behind) {
    const tail = isPair(item) && item.value === null ? item.key : item;
    const last = parts.at(-1) ?? head;
    if (!isPlain(tail) || !/^\d/.test(tail.source ?? '') || !/\d$/.test(last.source ?? '')) break;
    // A comma, and in braces a blank: a number is not a key.
    const gap = endOf(tail, 0) - endOf(last, 1);
    if (gap !== 1 && !(gap === 2 && inside === 'braces')) break;
    parts.push(tail);
  }
  if (parts.length === 1) return null;
  const joined = parts.map(({ source }) => source).join(',');
  const text = withoutCommas(joined);
  // Numbers side by side in a list are items.
  if (inside === 'brackets' && !isLimit(text)) return null;
  const isNumber = /^[\d.]+$/.test(text);
  const advice = isNumber || (isLimit(text) && !isLimit(joined)) ? writeValue(text) : writeQuoted(joined);
  const said = say`${quote(joined)} is cut off at its comma inside ${inside}: write ${advice}`;
  return { tails: parts.length - 1, end: endOf(parts.at(-1) ?? head, 1), text, said };
}

function isPlain(node: unknown): node is Scalar {
  return isScalar(node) && node.type === 'PLAIN' && node.anchor === undefined && node.tag === undefined;
}

function endOf(node: Scalar, side: 0 | 1): number {
  return node.range?.[side] ?? 0;
}

function isLimit(text: string): boolean {
  return !isProblem(parseAmount(text)) || !isProblem(parseRate(text));
}

/** `$1,250,000.50` → `$1250000.50`, `1,5M tokens` → `1.5M tokens`. */
function withoutCommas(text: string): string {
  const [, before = '', number = '', after = ''] = /^(\D*)(\d+(?:,\d+)*)(.*)$/s.exec(text) ?? [];
  const isGrouped = /^[1-9]\d{0,2}(?:,\d{3})+$/.test(number);
  if (isGrouped) return before + number.replaceAll(',', '') + after;
  return /^\d+,\d+$/.test(number) && !after.startsWith('.') ? `${before}${number.replace(',', '.')}${after}` : text;
}
