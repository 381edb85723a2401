/** Lists of plain values: what stays keeps its line, its quotes and its comment. */

import { isScalar, type Scalar, type YAMLSeq } from 'yaml';
import { lineEnd, lineStart, rangeOf, type TextEdit } from './yaml-ranges.ts';
import { type PrintedValue, renderYaml } from './yaml-text.ts';

type Item = string | number | boolean;

export function isOnlyItems(values: readonly PrintedValue[]): values is readonly Item[] {
  return values.every(isItem);
}

/** Null where lists of lines have nothing in common, or one is not a list of plain values: then the list is written anew. */
export function spliceItems(
  body: string,
  list: YAMLSeq,
  values: readonly PrintedValue[],
  newline: string,
): readonly TextEdit[] | null {
  const old = list.items.filter((item): item is Scalar => isScalar(item) && isItem(item.value));
  if (old.length !== list.items.length || !isOnlyItems(values)) return null;
  const stays = (item: Scalar): boolean => values.includes(item.value as Item);
  const added = values.filter((value) => !old.some((item) => item.value === value));
  if (list.flow === true) {
    const kept = old.filter(stays).map((item) => body.slice(...rangeOf(item)));
    const [start, end] = rangeOf(list);
    const insert = `[${[...kept, ...added.map((value) => renderInFlow(value))].join(', ')}]`;
    return [{ start, end, insert }];
  }
  return old.some(stays) ? spliceLines(body, old, stays, added, newline) : null;
}

function spliceLines(
  body: string,
  old: readonly Scalar[],
  stays: (item: Scalar) => boolean,
  added: readonly Item[],
  newline: string,
): readonly TextEdit[] | null {
  const lines = old.map((item) => {
    const [at, end] = rangeOf(item);
    const start = lineStart(body, at);
    return { item, start, dash: body.slice(start, at), end: lineEnd(body, end) };
  });
  // Each on a line of its own, with nothing but its dash before it.
  if (lines.some(({ dash }) => !/^ *- +$/.test(dash))) return null;
  const last = lines.at(-1);
  if (last === undefined) return null;
  const isOpen = body[last.end - 1] !== '\n';
  const text = added.map((value) => last.dash + renderYaml(value).trimEnd() + newline).join('');
  if (added.some((value) => typeof value === 'string' && value.includes('\n'))) return null;
  return [
    ...lines.filter(({ item }) => !stays(item)).map(({ start, end }) => ({ start, end, insert: '' })),
    ...(text === '' ? [] : [{ start: last.end, end: last.end, insert: (isOpen ? newline : '') + text }]),
  ];
}

/** As it is written inside braces or brackets. */
export function renderInFlow(value: PrintedValue): string {
  return renderYaml([value], { flow: true })
    .trim()
    .replace(/^\[\s*|\s*\]$/g, '');
}

function isItem(value: unknown): value is Item {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
