/**
 * The layout of a policy file, as `import` prints it: two columns a level, lists indented below their key, one space behind a colon or a
 * dash, nothing behind a line, one line break at the end. Only blanks are moved: words, order, quotes, comments, blank lines, the
 * insides of braces and of texts over several lines stay. Line ends are those of the first line.
 */

import { type CST, Parser } from 'yaml';
import { parseYaml, toPlain } from './yaml-plain.ts';
import { newlineOf, type TextEdit } from './yaml-ranges.ts';
import { applyEdits, type EditedText } from './yaml-splice.ts';

const step = 2;

/**
 * Like every edit it is proved: the new text says what the old one said, else it is refused.
 *
 * @param text one that `parsePolicyFile` finds no fault with
 */
export function formatText(text: string): EditedText {
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : '';
  const body = text.slice(mark.length);
  const before = parseYaml(body);
  if (before === null) return { refusal: 'the file is not a map that can be read' };
  const next = new Layout(body).write();
  const after = parseYaml(next);
  const isProved =
    after !== null &&
    JSON.stringify(toPlain(after.contents, after)) === JSON.stringify(toPlain(before.contents, before));
  return isProved ? { text: mark + next } : { refusal: 'it is written in a way that has no other layout' };
}

/** A map or list that is open on a line: its column as it is, and as it is to be. */
interface Level {
  readonly old: number;
  readonly next: number;
}

/** A line inside a text or braces over several lines: it moves with what it belongs to. */
interface Inside {
  readonly shift: number;
  /** Further left it would be something else. */
  readonly least: number;
}

type Value = CST.Token;
type Property = CST.SourceToken;

class Layout {
  readonly #body: string;
  /** Offsets at which lines begin. */
  readonly #starts: readonly number[];
  readonly #columns = new Map<number, number>();
  readonly #levels = new Map<number, readonly Level[]>();
  readonly #inside = new Map<number, Inside>();
  readonly #edits: TextEdit[] = [];

  constructor(body: string) {
    this.#body = body;
    this.#starts = [0, ...[...body.matchAll(/\n/g)].map(({ index }) => index + 1)];
    const [document] = [...new Parser().parse(body)].filter(({ type }) => type === 'document');
    if (document?.type === 'document' && document.value !== undefined) this.#visit(document.value, 0, []);
  }

  write(): string {
    const newline = newlineOf(this.#body);
    for (const [line, start] of this.#starts.entries()) this.#indent(line, start);
    const text = applyEdits(this.#body, this.#edits).replace(/\r?\n/g, newline);
    // Of a text in a block at the end, the line breaks behind it may be its own.
    const last = this.#starts.length - 1;
    if (this.#inside.has(last) || (this.#starts[last] === this.#body.length && this.#inside.has(last - 1))) return text;
    return `${text.replace(/[\r\n]+$/, '')}${newline}`;
  }

  #visit(token: Value, column: number, levels: readonly Level[]): void {
    switch (token.type) {
      case 'block-map':
        for (const item of token.items) this.#visitPair(item, column, levels);
        return;
      case 'block-seq':
        for (const item of token.items) this.#visitItem(item, column, levels);
        return;
      case 'block-scalar':
        this.#visitBlock(token, column, levels);
        return;
      case 'flow-collection':
        this.#keepTogether(token.offset, endOfFlow(token), column, levels);
        return;
      case 'scalar':
      case 'single-quoted-scalar':
      case 'double-quoted-scalar':
      case 'alias':
        this.#keepTogether(token.offset, token.offset + token.source.length, column, levels);
    }
  }

  #visitPair({ start, key, sep = [], value }: CST.BlockMap['items'][number], column: number, outer: readonly Level[]) {
    const head = start.find(isWritten)?.offset ?? key?.offset ?? sep.find(isWritten)?.offset;
    if (head === undefined) return;
    const levels = [...outer, { old: this.#columnOf(head), next: column }];
    this.#begin(head, column, levels);
    if (key != null && this.#lineOf(key.offset) !== this.#lineOf(head)) this.#begin(key.offset, column, levels);
    if (key != null) this.#visit(key, column, levels);
    const colon = sep.findIndex(({ type }) => type === 'map-value-ind');
    const before = sep[colon - 1];
    // The colon would be a part of an alias.
    if (before?.type === 'space' && key?.type !== 'alias') this.#replace(before, '');
    this.#spaceBehind(sep, colon, value);
    if (value !== undefined) this.#visit(value, column + step, levels);
  }

  #visitItem({ start, value }: CST.BlockSequence['items'][number], column: number, outer: readonly Level[]): void {
    const dash = start.findIndex(({ type }) => type === 'seq-item-ind');
    const head = start[dash]?.offset;
    if (head === undefined) return;
    const levels = [...outer, { old: this.#columnOf(head), next: column }];
    this.#begin(head, column, levels);
    this.#spaceBehind(start, dash, value);
    if (value !== undefined) this.#visit(value, column + step, levels);
  }

  /** One space between a colon or a dash and what follows on its line. */
  #spaceBehind(tokens: readonly Property[], at: number, value: Value | undefined): void {
    const space = at === -1 ? undefined : tokens[at + 1];
    if (space?.type !== 'space') return;
    const next = tokens[at + 2]?.type ?? value?.type;
    if (next !== undefined && next !== 'newline' && next !== 'comment') this.#replace(space, ' ');
  }

  /** `|` and `>`: the first line says how deep the text is, or a number behind the sign does. */
  #visitBlock({ props: all, source }: CST.BlockScalar, column: number, levels: readonly Level[]): void {
    const props = all as readonly Property[];
    const header = props.find(({ type }) => type === 'block-scalar-header');
    const last = props.at(-1);
    if (header === undefined || last === undefined) return;
    const start = last.offset + last.source.length;
    const parent = levels.at(-1) ?? { old: 0, next: 0 };
    const depth = /^ *(?=[^ \r\n])/m.exec(source)?.[0].length ?? null;
    const isNumbered = /[1-9]/.test(header.source);
    const shift = isNumbered || depth === null ? parent.next - parent.old : column - depth;
    this.#moveLines(this.#lineOf(start), start + source.length, { shift, least: 0 });
  }

  /** What goes over several lines goes along with its first one. */
  #keepTogether(start: number, end: number, column: number, levels: readonly Level[]): void {
    const { old, next } = levels.at(-1) ?? { old: 0, next: 0 };
    const isFirst = this.#isFirst(start) && !this.#columns.has(this.#lineOf(start));
    if (isFirst) this.#begin(start, column, levels);
    const shift = isFirst ? column - this.#columnOf(start) : next - old;
    this.#moveLines(this.#lineOf(start) + 1, end, { shift, least: levels.length === 0 ? 0 : next + 1 });
  }

  #moveLines(from: number, end: number, inside: Inside): void {
    for (let line = from; (this.#starts[line] ?? end) < end; line += 1) this.#inside.set(line, inside);
  }

  #begin(offset: number, column: number, levels: readonly Level[]): void {
    const line = this.#lineOf(offset);
    if (this.#isFirst(offset)) this.#columns.set(line, column);
    this.#levels.set(line, levels);
  }

  #indent(line: number, start: number): void {
    const end = (this.#starts[line + 1] ?? this.#body.length + 1) - 1;
    const text = this.#body.slice(start, end).replace(/\r$/, '');
    const blank = /^[ \t]*/.exec(text)?.[0].length ?? 0;
    const inside = this.#inside.get(line);
    if (inside !== undefined) {
      const isEmpty = blank === text.length;
      if (isEmpty && blank === 0) return;
      const width = Math.max(isEmpty ? 0 : inside.least, blank + inside.shift);
      // A tab further right is text.
      if (/^ *$/.test(text.slice(0, blank))) this.#edits.push({ start, end: start + blank, insert: ' '.repeat(width) });
      return;
    }
    const column = text[blank] === '#' ? this.#columnOfComment(line, blank) : this.#columns.get(line);
    if (column !== undefined) this.#edits.push({ start, end: start + blank, insert: ' '.repeat(column) });
    // Behind the first line of a text that goes on below there may be a part of it.
    if (this.#inside.has(line + 1)) return;
    const kept = text.trimEnd().length;
    const from = column === undefined ? kept : Math.max(kept, blank);
    if (from < text.length) this.#edits.push({ start: start + from, end: start + text.length, insert: '' });
  }

  /** A comment keeps to the map or list in whose column it stands, of the line below or else of the one above. */
  #columnOfComment(line: number, blank: number): number | undefined {
    const below = this.#levelsFrom(line, 1);
    const above = this.#levelsFrom(line, -1);
    const all = [...below.toReversed(), ...above.toReversed()];
    const nearest = Math.min(...all.map(({ old }) => Math.abs(old - blank)));
    return all.find(({ old }) => Math.abs(old - blank) === nearest)?.next;
  }

  #levelsFrom(line: number, direction: 1 | -1): readonly Level[] {
    for (let other = line; other >= 0 && other < this.#starts.length; other += direction) {
      const levels = this.#levels.get(other);
      if (levels !== undefined) return levels;
    }
    return [];
  }

  #replace({ offset, source }: Property, insert: string): void {
    if (source !== insert) this.#edits.push({ start: offset, end: offset + source.length, insert });
  }

  #lineOf(offset: number): number {
    let [low, high] = [0, this.#starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #columnOf(offset: number): number {
    return offset - (this.#starts[this.#lineOf(offset)] ?? 0);
  }

  #isFirst(offset: number): boolean {
    return /^[ \t]*$/.test(this.#body.slice(this.#starts[this.#lineOf(offset)], offset));
  }
}

/** Not what only parts. */
function isWritten({ type }: Property): boolean {
  return type !== 'space' && type !== 'newline' && type !== 'comment';
}

/** Behind the closing bracket. */
function endOfFlow({ end, offset }: CST.FlowCollection): number {
  const close = end.find(({ type }) => type === 'flow-map-end' || type === 'flow-seq-end');
  return close === undefined ? offset + 1 : close.offset + close.source.length;
}
