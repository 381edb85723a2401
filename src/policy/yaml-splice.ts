/**
 * YAML text → YAML text, one value at a time. Source is spliced at the ranges of its nodes and never printed anew, so that
 * what is not edited stays byte for byte: comments, order, quotes, blank lines, line ends.
 *
 * Every edit is proved: the new text is read again and must say what the old one said, but for the value that was to change.
 * An edit that would touch more (a value shared by anchor and alias, a document of an unusual form) is refused.
 */

import { type Document, isAlias, isMap, isScalar, isSeq, type Pair, type Scalar, type YAMLMap } from 'yaml';
import { quote } from './quote.ts';
import { renderInFlow, spliceItems } from './splice-items.ts';
import { changePlain, findPair, follow, keepOrder, keyText, type Plain, parseYaml, toPlain } from './yaml-plain.ts';
import { colonEnd, columnOf, endOf, lineEnd, lineStart, newlineOf, rangeOf, type TextEdit } from './yaml-ranges.ts';
import { type PrintedValue, renderYaml } from './yaml-text.ts';

/** The new text, or why it cannot be made. */
export type EditedText = { readonly text: string } | { readonly refusal: string };

export function isRefused(edited: EditedText): edited is { readonly refusal: string } {
  return 'refusal' in edited;
}

/**
 * Sets the value at a path of keys, making the maps that are missing, each at the end of its map; undefined takes the key
 * away, and with it every map that has nothing else.
 */
export function setValue(text: string, path: readonly string[], value: PrintedValue | undefined): EditedText {
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : '';
  const body = text.slice(mark.length);
  const document = parseYaml(body);
  if (document === null) return { refusal: 'the file is not a map that can be read' };
  const before = toPlain(document.contents, document);
  const ordered = keepOrder(follow(before, path), value);
  const cuts = new Splicer(body, document).cut(path, ordered);
  if ('refusal' in cuts) return cuts;
  const next = applyEdits(body, cuts);
  const after = parseYaml(next);
  const wished = changePlain(before, path, ordered);
  const isProved = after !== null && JSON.stringify(toPlain(after.contents, after)) === JSON.stringify(wished);
  return isProved
    ? { text: mark + next }
    : { refusal: `${quote(path.join('/'))} cannot be edited without touching more of the file: edit it by hand` };
}

/** The value at a path as plain data, texts as written; undefined where there is none. */
export function readValue(text: string, path: readonly string[]): Plain | undefined {
  const document = parseYaml(text.startsWith('\uFEFF') ? text.slice(1) : text);
  return document === null ? undefined : follow(toPlain(document.contents, document), path);
}

/** First and last line of the value at a path, with its key; lines start at 1. */
export function findLines(
  text: string,
  path: readonly string[],
): { readonly first: number; readonly last: number } | null {
  const body = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const document = parseYaml(body);
  let map: unknown = document?.contents;
  let found: Pair | undefined;
  for (const key of path) {
    found = isMap(map) ? findPair(map, key) : undefined;
    map = found?.value;
  }
  if (found === undefined) return null;
  const lineOf = (offset: number): number => body.slice(0, offset).split('\n').length;
  const end = endOf(body, found);
  return { first: lineOf(rangeOf(found.key)[0]), last: lineOf(body[end - 1] === '\n' ? end - 1 : end) };
}

export function applyEdits(body: string, edits: readonly TextEdit[]): string {
  const sorted = [...edits].sort((a, b) => b.start - a.start || b.end - a.end);
  return sorted.reduce((text, { start, end, insert }) => text.slice(0, start) + insert + text.slice(end), body);
}

type Cuts = readonly TextEdit[] | { readonly refusal: string };

class Splicer {
  readonly #body: string;
  readonly #root: YAMLMap;
  /** Line ends are those of the file. */
  readonly #newline: string;

  constructor(body: string, document: Document.Parsed) {
    this.#body = body;
    this.#root = document.contents as unknown as YAMLMap;
    this.#newline = newlineOf(body);
  }

  cut(path: readonly string[], value: PrintedValue | undefined): Cuts {
    let map = this.#root;
    for (const [index, key] of path.entries()) {
      const pair = findPair(map, key);
      const rest = path.slice(index + 1);
      const isMerged = pair === undefined && findPair(map, '<<') !== undefined;
      if (isMerged && (value === undefined || rest.length > 0)) {
        return { refusal: `${quote(key)} may be written by a merge (\`<<\`): edit it by hand` };
      }
      if (pair === undefined) return value === undefined ? [] : this.#insert(map, key, nest(rest, value));
      if (rest.length === 0) return value === undefined ? this.#remove(path) : this.#replace(map, pair, value);
      if (isMap(pair.value) && pair.value.items.length > 0) map = pair.value;
      else if (isAlias(pair.value)) return { refusal: `${quote(key)} is written by alias: edit it by hand` };
      else return value === undefined ? [] : this.#replace(map, pair, nest(rest, value));
    }
    return [];
  }

  /** At the end of a map that has entries. */
  #insert(map: YAMLMap, key: string, value: PrintedValue): Cuts {
    const body = this.#body;
    const last = map.items.at(-1);
    const first = map.items[0];
    if (last === undefined || first === undefined) return { refusal: 'an empty map cannot be added to here' };
    const pairs: PrintedValue = new Map([[key, value]]);
    if (map.flow === true) {
      const at = endOf(body, last);
      return [
        {
          start: at,
          end: at,
          insert: `, ${renderYaml(pairs, { flow: true })
            .trim()
            .replace(/^\{\s*|\s*\}$/g, '')}`,
        },
      ];
    }
    const at = lineEnd(body, endOf(body, last));
    const lines = this.#indent(renderYaml(pairs, { indent: this.#stepOf(map) }), columnOf(body, first));
    const isOpen = at > 0 && body[at - 1] !== '\n';
    const before = (isOpen ? this.#newline : '') + (this.#isSpaced(map) ? this.#newline : '');
    return [{ start: at, end: at, insert: before + lines }];
  }

  #replace(map: YAMLMap, pair: Pair, value: PrintedValue): Cuts {
    const body = this.#body;
    const old = pair.value;
    const items = isSeq(old) && Array.isArray(value) ? spliceItems(body, old, value, this.#newline) : null;
    if (items !== null) return items;
    if (map.flow === true) {
      if (old === null) return { refusal: `${quote(keyText(pair.key))} has no value: edit it by hand` };
      const [start, end] = rangeOf(old);
      return [{ start, end, insert: renderInFlow(value) }];
    }
    const style = { indent: this.#stepOf(map), ...quotesOf(old, value) };
    const [head = '', ...lines] = this.#render(value, style, columnOf(body, pair));
    const colon = colonEnd(body, pair);
    const rest = lines.join('');
    if (isOnLines(old)) {
      // A comment beside the key stays there; a block scalar's own header goes with it.
      const end = lineEnd(body, endOf(body, pair));
      const keyLine = lineEnd(body, colon);
      const comment = isScalar(old) ? '' : body.slice(colon, keyLine).trimEnd();
      return [{ start: colon, end, insert: head + comment + this.#newline + rest }];
    }
    const [start, end] = old === null ? [colon, colon] : rangeOf(old);
    if (rest === '' && start < end) return [{ start, end, insert: head.trimStart() }];
    if (body.slice(colon, start).includes('\n'))
      return { refusal: `${quote(keyText(pair.key))} is written in an unusual way: edit it by hand` };
    const at = lineEnd(body, Math.max(end, colon));
    const isOpen = rest !== '' && body[at - 1] !== '\n';
    return [
      { start: colon, end: Math.max(end, colon), insert: head },
      ...(rest === '' ? [] : [{ start: at, end: at, insert: (isOpen ? this.#newline : '') + rest }]),
    ];
  }

  /** The key's line and all lines of its value; of a map that would be left empty, the line of its key. */
  #remove(path: readonly string[]): Cuts {
    let map = this.#root;
    const chain: { map: YAMLMap; pair: Pair }[] = [];
    for (const key of path) {
      const pair = findPair(map, key);
      if (pair === undefined) return [];
      chain.push({ map, pair });
      if (isMap(pair.value)) map = pair.value;
    }
    const top = chain.findLastIndex((link) => link.map.items.length > 1);
    const [highest, ...below] = chain.slice(top);
    if (top === -1 || highest === undefined) return { refusal: 'the file would be left empty: edit it by hand' };
    if (highest.map.flow === true) return this.#removeInFlow(highest.map, highest.pair);
    const last = below.at(-1);
    if (last === undefined || below.some((link) => link.map.flow === true)) return this.#removeLines(highest.pair);
    // Line by line, so that comments between the keys stay.
    const cuts: TextEdit[] = [];
    for (const { pair } of [highest, ...below]) {
      const end = pair === last.pair ? endOf(this.#body, pair) : colonEnd(this.#body, pair);
      const cut = this.#removeLines(pair, end);
      if ('refusal' in cut) return cut;
      cuts.push(...cut);
    }
    return cuts;
  }

  #removeLines(pair: Pair, end = endOf(this.#body, pair)): Cuts {
    const body = this.#body;
    const key = rangeOf(pair.key)[0];
    const start = lineStart(body, key);
    if (body.slice(start, key).trim() !== '')
      return { refusal: `${quote(keyText(pair.key))} does not stand on a line of its own: edit it by hand` };
    return [{ start, end: lineEnd(body, end), insert: '' }];
  }

  #removeInFlow(map: YAMLMap, pair: Pair): Cuts {
    const body = this.#body;
    const index = map.items.indexOf(pair);
    const next = map.items[index + 1];
    const previous = map.items[index - 1];
    if (next !== undefined) return [{ start: rangeOf(pair.key)[0], end: rangeOf(next.key)[0], insert: '' }];
    const start = previous === undefined ? rangeOf(pair.key)[0] : endOf(body, previous);
    return [{ start, end: endOf(body, pair), insert: '' }];
  }

  /** What follows the colon of a key in that column: the rest of its line, then whole lines. */
  #render(
    value: PrintedValue,
    style: { readonly indent: number; readonly quotes?: 'single' | 'double' },
    column: number,
  ): string[] {
    const { quotes, indent } = style;
    if (quotes !== undefined) return [` ${renderYaml(value, { quotes, flow: true }).trim()}`];
    const text = renderYaml(new Map([['k', value]]), { indent });
    const end = text.indexOf('\n');
    return [text.slice(2, end), this.#indent(text.slice(end + 1), column)];
  }

  #indent(text: string, column: number): string {
    const pad = ' '.repeat(column);
    // Split, since `^` would also match behind U+2028, which is not a line break in YAML.
    return text
      .split('\n')
      .map((line) => (line === '' ? '' : pad + line))
      .join(this.#newline);
  }

  /** Columns from an entry to what it holds: as in this map, else as elsewhere in the file. */
  #stepOf(map: YAMLMap): number {
    for (const candidate of [map, this.#root]) {
      for (const pair of candidate.items) {
        const inner = pair.value;
        if (!isMap(inner) || inner.flow === true) continue;
        const [child] = inner.items;
        const step = child === undefined ? 0 : columnOf(this.#body, child) - columnOf(this.#body, pair);
        if (step > 0) return step;
      }
    }
    return 2;
  }

  /** Whether the last two entries have a blank line between them. */
  #isSpaced(map: YAMLMap): boolean {
    const [a, b] = map.items.slice(-2);
    if (a === undefined || b === undefined) return false;
    return /\n[ \t]*\r?\n/.test(this.#body.slice(Math.max(0, endOf(this.#body, a) - 1), rangeOf(b.key)[0]));
  }
}

/** `a/b` with a value → a map of a map. */
function nest(path: readonly string[], value: PrintedValue): PrintedValue {
  return path.reduceRight<PrintedValue>((inner, key) => new Map([[key, inner]]), value);
}

/** A block map, a block list, or a text in a block: it takes lines of its own. */
function isOnLines(node: unknown): boolean {
  if (isMap(node) || isSeq(node)) return node.flow !== true;
  return isScalar(node) && (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED');
}

/** A quoted text stays quoted, but `none` in quotes may be another thing than the keyword. */
function quotesOf(old: unknown, value: PrintedValue): { readonly quotes?: 'single' | 'double' } {
  if (!isScalar(old) || typeof value !== 'string' || value === 'none' || value.includes('\n')) return {};
  const { type } = old as Scalar;
  if (type === 'QUOTE_SINGLE') return { quotes: 'single' };
  return type === 'QUOTE_DOUBLE' ? { quotes: 'double' } : {};
}
