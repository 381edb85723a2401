/** Where nodes of a YAML document stand in its text. */

import { isMap, isNode, isScalar, isSeq, type Pair } from 'yaml';

/** A piece of the text and what comes in its place. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly insert: string;
}

/** Start and end of a node's own text, without what follows it. */
export function rangeOf(node: unknown): [start: number, end: number] {
  const range = isNode(node) ? node.range : undefined;
  return range ? [range[0], range[1]] : [0, 0];
}

/** Where the content of an entry ends; of a block, where its last entry's does, without comments and blank lines below. */
export function endOf(body: string, pair: Pair): number {
  const { value } = pair;
  if (isMap(value) && value.flow !== true) {
    const last = value.items.at(-1);
    if (last !== undefined) return endOf(body, last);
  }
  if (isSeq(value) && value.flow !== true) return endOfItems(body, value.items) ?? rangeOf(value)[1];
  const [start, end] = rangeOf(value);
  const isEmpty = value === null || (isScalar(value) && start === end);
  return isEmpty ? colonEnd(body, pair) : end;
}

function endOfItems(body: string, items: readonly unknown[]): number | undefined {
  const last = items.at(-1);
  if (isMap(last) && last.flow !== true) {
    const pair = last.items.at(-1);
    if (pair !== undefined) return endOf(body, pair);
  }
  if (isSeq(last) && last.flow !== true) return endOfItems(body, last.items);
  return last === undefined ? undefined : rangeOf(last)[1];
}

/** Just behind the colon of an entry; behind its key where there is none. */
export function colonEnd(body: string, pair: Pair): number {
  const end = rangeOf(pair.key)[1];
  return /^\s*:/.exec(body.slice(end, end + 200)) === null ? end : body.indexOf(':', end) + 1;
}

/** The line end of the first line, which new lines take. */
export function newlineOf(text: string): '\r\n' | '\n' {
  return /^[^\n]*\r\n/.test(text) ? '\r\n' : '\n';
}

export function lineStart(body: string, offset: number): number {
  return body.lastIndexOf('\n', offset - 1) + 1;
}

/** Behind the line break of the line that holds what ends at this offset. */
export function lineEnd(body: string, offset: number): number {
  if (offset > 0 && body[offset - 1] === '\n') return offset;
  const end = body.indexOf('\n', offset);
  return end === -1 ? body.length : end + 1;
}

export function columnOf(body: string, pair: Pair): number {
  const [start] = rangeOf(pair.key);
  return start - lineStart(body, start);
}
