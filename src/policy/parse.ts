/** Text → a document that remembers positions. Hostile text ends in a diagnostic. */

import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Pair,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import type { Diagnostic } from '../diagnostics.ts';
import { nearestName } from '../nearest-name.ts';
import { type Phrase, say, writeField, writeValue } from './advice.ts';
import type { FieldNode, Node, SourceRange } from './nodes.ts';
import { quote } from './quote.ts';
import { collectInto } from './report.ts';
import { findCut } from './yaml-commas.ts';
import { withoutEmptyDocuments } from './yaml-documents.ts';
import { explainYamlErrors, sayTag } from './yaml-errors.ts';
import { findCause, findConflict } from './yaml-lines.ts';

export const limits = {
  /** UTF-16 code units of one file. */
  textLength: 1024 * 1024,
  /** Maps and lists inside one another. The composer of `yaml` recurses, so depth is bounded before it runs. */
  depth: 50,
  /** Lexical tokens of one file. */
  tokens: 250_000,
  /** Values after aliases are resolved. */
  nodes: 100_000,
  /** UTF-16 code units of one value or key. The longest that the grammar takes is a fifth of it. */
  valueLength: 10_000,
} as const;

export interface ParsedFile {
  /** Null where there is nothing to read on with. */
  readonly root: Node | null;
  readonly diagnostics: readonly Diagnostic[];
}

export function parsePolicyFile(text: string, file: string): ParsedFile {
  const lines = new LineCounter();
  const place = (start: number, end: number): SourceRange => {
    const from = position(lines, start);
    return { source: { file, ...from }, end: position(lines, Math.max(end, start)) };
  };
  const diagnostics: Diagnostic[] = [];
  const tell = collectInto(diagnostics);
  const body = withoutEmptyDocuments(text.startsWith('\uFEFF') ? text.slice(1) : text);

  const refusal = refuseHostile(body);
  if (refusal !== null) {
    countLines(lines, body, refusal.offset);
    tell(refusal.code, place(refusal.offset, refusal.offset), refusal.message);
    return { root: null, diagnostics };
  }

  if (lfsPointer.test(body)) {
    const said =
      'this is a pointer of Git LFS and not the file that it stands for: fetch that with `git lfs pull`, or take policy files out of `.gitattributes`, so that Git holds them themselves';
    tell('lfs-pointer', place(0, 0), said);
    return { root: null, diagnostics };
  }

  const document = parseDocument(body, {
    version: '1.2',
    schema: 'core',
    lineCounter: lines,
    prettyErrors: false,
    // Compared below, after keys have become text, with the first one's line in the message.
    uniqueKeys: false,
    // `silent` would also silence the error about a second document.
    logLevel: 'error',
    keepSourceTokens: false,
  });
  const cause = findConflict(body) ?? (document.errors.length > 0 ? findCause(body) : null);
  const explained = cause === null ? explainYamlErrors(document.errors, document.warnings, body) : [cause];
  for (const { code, start, end, message } of explained) tell(code, place(start, end), message);
  if (diagnostics.length > 0 || document.contents === null) return { root: null, diagnostics };

  const anchors = new Map<string, unknown>();
  const open = new Set<unknown>();
  let count = 0;
  let resolving = 0;
  let isBroken = false;
  let isMerging = false;

  const report = (code: string, at: SourceRange, message: Phrase): void => {
    if (resolving === 0) tell(code, at, message);
  };

  const convert = (node: unknown, key: SourceRange): Node => {
    count += 1;
    if (count > limits.nodes) throw new TooMany();
    const anchor = (node as { anchor?: string } | null)?.anchor;
    if (anchor !== undefined) anchors.set(anchor, node);
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      const [start, end] = node.range ?? [0, 0];
      const at = place(start, end);
      if (target === undefined || open.has(target)) {
        const code = target === undefined ? 'unknown-alias' : 'circular-alias';
        const near = nearestName(node.source, [...anchors.keys()]);
        const hint = isMerging
          ? near === undefined
            ? 'name the map with `&` before it is merged'
            : say`did you mean ${writeValue(`*${near}`)}?`
          : near === undefined
            ? say`a value that starts with \`*\` needs quotes, as ${writeValue(`"*${node.source}"`)}`
            : say`did you mean ${writeValue(`*${near}`)}?`;
        const said =
          target === undefined
            ? say`\`*${node.source}\` refers to an anchor that is not there: ${hint}`
            : `\`*${node.source}\` refers to the value that it is a part of`;
        report(code, at, said);
        const meant = near === undefined || target !== undefined ? undefined : anchors.get(near);
        if (meant !== undefined && !open.has(meant)) {
          resolving += 1;
          const resolved = convert(meant, at);
          resolving -= 1;
          return resolved;
        }
        // Reported; as a text it causes no further problem.
        return { type: 'scalar', value: node.source, text: node.source, plain: true, at };
      }
      // Where the anchor stands all of it has been said: a few aliases of aliases would say it a thousand times.
      resolving += 1;
      const resolved = convert(target, at);
      resolving -= 1;
      return resolved;
    }
    const range = (node as { range?: [number, number, number] | null } | null)?.range;
    const at = range ? place(range[0], range[1]) : key;
    if (isMap(node)) {
      if (isPlaceholder(node)) {
        isBroken = true;
        const said = '`{{ … }}` is a placeholder, and variables are not substituted here: write the value itself';
        report('placeholder', at, said);
        return { type: 'scalar', value: 'placeholder', text: 'placeholder', plain: true, at };
      }
      open.add(node);
      const fields = convertFields(node, at);
      open.delete(node);
      return { type: 'map', fields, at };
    }
    if (isSeq(node)) {
      open.add(node);
      const items = node.flow
        ? convertFlow(node.items, at)
        : node.items.map((item) => (isPair(item) ? convert(item.value, at) : convert(item, at)));
      open.delete(node);
      return { type: 'list', items, at };
    }
    if (isScalar(node)) {
      const plain = node.type === 'PLAIN';
      // `!!timestamp`, `!!binary`: no value of a file is one, and its text is all that can be said of it.
      const isTagged = typeof node.value === 'object' && node.value !== null;
      if (isTagged) report('yaml-tag', at, sayTag);
      const value = isTagged ? (node.source ?? '') : scalarValue(node.value);
      const length = String(plain ? node.source : node.value).length;
      if (length > limits.valueLength) {
        const said = `this value has ${length} characters: at most ${limits.valueLength} are read`;
        report('text-too-long', at, said);
        // Reported; what reads on need not look at all of it.
        return { type: 'scalar', value: 'too long', text: 'too long', plain, at };
      }
      return { type: 'scalar', value, text: plain ? (node.source ?? '') : String(node.value), plain, at };
    }
    return { type: 'scalar', value: null, text: '', plain: true, at };
  };

  /** What a comma has cut off is reported, and read on as one. */
  const convertUncut = (head: unknown, behind: readonly unknown[], inside: 'braces' | 'brackets', key: SourceRange) => {
    const node = convert(head, key);
    const cut = findCut(head, behind, inside);
    if (cut === null || node.type !== 'scalar') return { node, tails: 0 };
    const at = { source: node.at.source, end: place(cut.end, cut.end).end };
    report('comma-in-flow', at, cut.said);
    const value = /^[\d.]+$/.test(cut.text) ? Number(cut.text) : cut.text;
    return { node: { ...node, value, text: cut.text, at }, tails: cut.tails };
  };

  const convertFlow = (items: readonly unknown[], at: SourceRange): Node[] => {
    const nodes: Node[] = [];
    for (let index = 0; index < items.length; index++) {
      const item = items[index];
      const { node, tails } = convertUncut(isPair(item) ? item.value : item, items.slice(index + 1), 'brackets', at);
      nodes.push(node);
      index += tails;
    }
    return nodes;
  };

  const convertFields = (map: YAMLMap, at: SourceRange): FieldNode[] => {
    const seen = new Map<string, SourceRange>();
    const fields: FieldNode[] = [];
    const merged: FieldNode[] = [];
    const merges: Pair[] = [];
    let second: SourceRange | undefined;
    for (let index = 0; index < map.items.length; index++) {
      const pair = map.items[index];
      if (pair === undefined) break;
      const keyNode = convert(pair.key, at);
      if (keyNode.type !== 'scalar') {
        report('complex-key', keyNode.at, 'a key is a map or a list: write a plain word before the colon');
        continue;
      }
      // `2231`, `true` and `null` are names like any other.
      const key = keyNode.text;
      const first = seen.get(key);
      const isMerge = key === '<<' && keyNode.plain;
      if (isMerge) {
        merges.push(pair);
        merged.push(...convertMerge(pair.value, keyNode.at));
        if (first !== undefined) second ??= keyNode.at;
        else seen.set(key, keyNode.at);
        continue;
      }
      if (first !== undefined) {
        const said = `${quote(key)} stands here twice, first on line ${first.source.line}: keep one of them`;
        report('duplicate-key', keyNode.at, said);
        continue;
      }
      seen.set(key, keyNode.at);
      if (key === '' && keyNode.plain) {
        report('empty-key', keyNode.at, 'a key is empty: write a name before the colon');
        continue;
      }
      if (!map.flow) {
        fields.push({ key, at: keyNode.at, node: convert(pair.value, keyNode.at) });
        continue;
      }
      const { node, tails } = convertUncut(pair.value, map.items.slice(index + 1), 'braces', keyNode.at);
      fields.push({ key, at: keyNode.at, node });
      index += tails;
    }
    if (second !== undefined) report('duplicate-key', second, adviseMerges(merges));
    // What the map says itself wins, wherever the merge stands; of several merges the first.
    for (const field of merged) {
      if (seen.has(field.key)) continue;
      seen.set(field.key, field.at);
      fields.push(field);
    }
    return fields;
  };

  /** `<<`: the fields of a map, or of several. */
  const convertMerge = (value: unknown, at: SourceRange): readonly FieldNode[] => {
    const told = diagnostics.length;
    isMerging = true;
    const node = convert(value, at);
    isMerging = false;
    const maps = node.type === 'list' ? node.items : [node];
    const fields = maps.flatMap((map) => (map.type === 'map' ? map.fields : []));
    if (maps.every((map) => map.type === 'map')) return fields;
    isBroken = true;
    const said =
      '`<<` takes the fields of a map, such as `<<: *common` with `&common` at that map, or of a list of maps';
    if (diagnostics.length === told) report('merge-key', at, said);
    return fields;
  };

  const start = place(0, 0);
  try {
    const root = convert(document.contents, start);
    // Of an entry without what it merges nothing true can be said.
    return { root: isBroken ? null : root, diagnostics };
  } catch (error) {
    if (!(error instanceof TooMany)) throw error;
    const said = `the file holds more than ${limits.nodes} values once its aliases are resolved: split it, or write less by alias`;
    diagnostics.length = 0;
    tell('too-many-values', start, said);
    return { root: null, diagnostics };
  }
}

/** As its specification has every pointer begin. */
const lfsPointer = /^version https:\/\/git-lfs\.github\.com\/spec\//;

class TooMany extends Error {}

/** `{{ name }}`, to YAML a map whose only key is a map. */
function isPlaceholder({ items }: YAMLMap): boolean {
  const [pair] = items;
  return items.length === 1 && isMap(pair?.key) && pair.key.flow === true && pair.value === null;
}

/** Several `<<` of one map are one, with a list. */
function adviseMerges(merges: readonly Pair[]): Phrase {
  const values = merges.flatMap(({ value }) => (isSeq(value) ? value.items : [value]));
  const names = values.flatMap((value) => (isAlias(value) ? [`*${value.source}`] : []));
  if (names.length < values.length) return '`<<` stands here twice: write one, with a list of the maps';
  const one = { ...writeField(`<<: [${[...new Set(names)].join(', ')}]`), without: ['<<'] };
  return say`\`<<\` stands here more than once: write ${one} in place of all`;
}

function scalarValue(value: unknown): string | number | boolean | null {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

function position(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function countLines(lines: LineCounter, text: string, end: number): void {
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
}

/**
 * Whether a look at the characters is enough: too short for too many tokens, and with too few columns and brackets for deep
 * nesting. Nearly every file is so, and need not be read twice for it.
 */
function isFlat(text: string): boolean {
  if (text.length > limits.tokens) return false;
  if ((text.match(/[[{]/g)?.length ?? 0) > limits.depth) return false;
  // Within one line only dashes, question marks and colons open something; beyond these columns anything may.
  return !/^ {50}|\t|^ *(?:[-?:] +){4}/m.test(text);
}

/** Size, number of tokens and depth, from the lexer alone, which does not recurse. */
function refuseHostile(text: string): { code: string; offset: number; message: string } | null {
  if (text.length > limits.textLength) {
    const message = `the file is larger than ${limits.textLength / 1024 / 1024} MiB: split it`;
    return { code: 'file-too-large', offset: 0, message };
  }
  if (isFlat(text)) return null;
  const deep = `more than ${limits.depth} maps and lists are nested in one another here`;
  /** Columns at which the open block maps and lists started; a list may stand in the column of its map's keys. */
  const columns: number[] = [];
  let flow = 0;
  let column = 0;
  let offset = 0;
  let tokens = 0;
  for (const token of new Lexer().lex(text)) {
    // Markers of the lexer (document start, flow error end, scalar), which are not part of the text.
    if (token === '\u0002' || token === '\u0018' || token === '\u001f') continue;
    tokens += 1;
    if (tokens > limits.tokens) {
      return { code: 'too-many-values', offset, message: 'the file holds too many values: split it' };
    }
    if (token === '[' || token === '{') flow += 1;
    else if (token === ']' || token === '}') flow = Math.max(0, flow - 1);
    else if (flow === 0 && token.trim() !== '' && !token.startsWith('#')) {
      while ((columns.at(-1) ?? -1) > column) columns.pop();
      if (columns.at(-1) !== column) columns.push(column);
    }
    if (flow > limits.depth || columns.length > 2 * limits.depth) return { code: 'too-deep', offset, message: deep };
    offset += token.length;
    const newline = token.lastIndexOf('\n');
    column = newline === -1 ? column + token.length : token.length - newline - 1;
  }
  return null;
}
