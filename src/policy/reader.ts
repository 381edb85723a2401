/** Reading a document node by node: every problem is reported where it stands, and reading goes on. */

import { nearestName } from '../nearest-name.ts';
import { example, explainPlaceholder, type Phrase, say, writeQuoted, writeValue } from './advice.ts';
import type { Keys } from './forms.ts';
import { adviseUnknownKey } from './habits.ts';
import type { FieldNode, ListNode, MapNode, Node, ScalarNode, SourceRange } from './nodes.ts';
import { isEmpty } from './nodes.ts';
import { quote } from './quote.ts';
import { regroupEntries, regroupFields, splitNameless } from './regroup.ts';
import type { Report } from './report.ts';

/** The fields of a map by key, in the order of the file. */
export type Written = ReadonlyMap<string, FieldNode>;

export function isNone(node: Node): boolean {
  return node.type === 'scalar' && node.value === 'none';
}

/** An empty map counts as absent wherever a section or an entry may stand. */
export function isAbsent(node: Node): boolean {
  return node.type === 'map' && node.fields.length === 0;
}

/** @param what follows "is not a key of", such as `a policy` */
export function readMap(field: FieldNode, keys: Keys, what: string, report: Report): Written | undefined {
  const map = expectMap(field, report);
  if (map === undefined) return undefined;
  const written = new Map<string, FieldNode>();
  const known = Object.keys(keys);
  const fields = regroupFields(map.fields, keys, report);
  const present = new Set(fields.map((inner) => inner.key));
  // One mistake, however many keys it takes along.
  const grouped = new Set<string>();
  for (const inner of fields) {
    if (known.includes(inner.key)) {
      written.set(inner.key, inner);
      continue;
    }
    const advised = adviseUnknownKey(inner, known, what);
    const { code, said, group, standsFor } = advised;
    if (group === undefined || !grouped.has(group)) report(code, inner.at, said);
    if (group !== undefined) grouped.add(group);
    for (const field of standsFor ?? []) {
      if (!present.has(field.key)) written.set(field.key, { ...field, at: inner.at });
    }
  }
  return written;
}

/**
 * The entries of a map whose keys are names. Empty entries are absent.
 *
 * @param keys those of an entry, to tell when they stand in its column
 */
export function readEntries(field: FieldNode, keys: Keys, report: Report): readonly FieldNode[] {
  const map = expectMap(field, report);
  const { nameless, entries } = splitNameless(regroupEntries(map?.fields ?? [], keys, report), keys);
  if (nameless !== undefined) {
    const said = `${quote(nameless.key)} stands where a name belongs: write the name of the entry above it, as in \`total:\`, and indent below that what belongs to it`;
    report('missing-name', nameless.at, said);
  }
  return entries.filter((entry) => {
    if (entry.key.length > 255) {
      const said = `${quote(entry.key)} has ${entry.key.length} characters: a name has at most 255`;
      report('name-too-long', entry.at, said);
    }
    if (entry.key === '') report('empty-key', entry.at, 'a name is empty: write one before the colon');
    return !isAbsent(entry.node);
  });
}

export function expectMap(field: FieldNode, report: Report): MapNode | undefined {
  const { node } = field;
  if (node.type === 'map') return node;
  if (reportEmpty(field, report)) return undefined;
  const said = node.type === 'list' ? 'is a list' : `is ${quote(node.type === 'scalar' ? node.text : '')}`;
  const named = node.type === 'list' ? nameOfFirst(node) : undefined;
  const lines =
    named === undefined
      ? '`key: value` lines below it, indented'
      : `each entry below its name, ${quote(`${named}:`)}, without dashes`;
  report('not-a-map', node.at, `\`${shown(field)}\` ${said}: put ${lines}`);
  return undefined;
}

/** In lists of maps the name is a field of the entry. */
function nameOfFirst({ items }: ListNode): string | undefined {
  const [first] = items;
  const name =
    first?.type === 'map' ? first.fields.find(({ key }) => /^(?:name|id|slug|key)$/.test(key))?.node : undefined;
  return name?.type === 'scalar' ? name.text : undefined;
}

/** A text, a number or a boolean. */
export function expectScalar(field: FieldNode, expected: Phrase, report: Report): ScalarNode | undefined {
  const { node } = field;
  if (reportEmpty(field, report)) return undefined;
  if (node.type === 'scalar') return node;
  report('not-a-value', node.at, say`\`${shown(field)}\` is a ${node.type}: write ${expected}`);
  return undefined;
}

/** A text that is not empty; numbers and booleans have to be quoted. */
export function readText(field: FieldNode, expected: Phrase, report: Report, max = 255): string | undefined {
  const node = expectScalar(field, expected, report);
  if (node === undefined) return undefined;
  if (typeof node.value !== 'string') {
    const said = say`YAML reads ${quote(node.text)} as a ${typeof node.value}: write it in quotes, ${writeQuoted(node.text)}`;
    report('not-text', node.at, said);
    return undefined;
  }
  if (node.value === '') {
    report('empty-value', node.at, say`\`${shown(field)}\` is empty: write ${expected}`);
    return undefined;
  }
  if (node.value.length > max) {
    const said = `\`${shown(field)}\` has ${node.value.length} characters: at most ${max} are allowed`;
    report('text-too-long', node.at, said);
    return undefined;
  }
  return node.value;
}

/** A text of a known shape. */
export function readShaped(
  field: FieldNode,
  shape: RegExp,
  code: string,
  expected: Phrase,
  report: Report,
): string | undefined {
  const node = expectScalar(field, expected, report);
  if (node === undefined) return undefined;
  // A number is only worth quoting if the text would fit.
  if (typeof node.value === 'string' || shape.test(node.text)) {
    const text = readText(field, expected, report, 2000);
    if (text === undefined || shape.test(text)) return text;
  }
  const why = explainPlaceholder(node.text) ?? 'does not fit';
  return refuseValue(field, code, say`${why}: write ${expected}`, report);
}

/** "`key`: `value` …", where the value stands. */
export function refuseValue(field: FieldNode, code: string, said: Phrase, report: Report): undefined {
  const { node } = field;
  const value = node.type === 'scalar' ? quote(node.text) : `a ${node.type}`;
  report(code, node.at, say`\`${shown(field)}\`: ${value} ${said}`);
}

const switches: Readonly<Record<string, string>> = { false: 'off', no: 'off', true: 'on', yes: 'on' };

/** One of a few words. */
export function readWord<W extends string>(field: FieldNode, words: readonly W[], report: Report): W | undefined {
  const expected = words.map(example);
  const node = expectScalar(field, say`${expected}`, report);
  if (node === undefined) return undefined;
  const word = words.find((candidate) => candidate === node.text);
  if (word !== undefined) return word;
  const near = words.find((candidate) => candidate === switches[node.text]) ?? nearestName(node.text, words);
  const hint = near === undefined ? say`write ${expected}` : say`did you mean ${writeValue(near)}?`;
  return refuseValue(field, 'unknown-word', say`is not known: ${hint}`, report);
}

export function readBoolean(field: FieldNode, report: Report): boolean | undefined {
  const both = ['true', 'false'].map(example);
  const node = expectScalar(field, say`${both}`, report);
  if (node === undefined) return undefined;
  if (typeof node.value === 'boolean') return node.value;
  const meant = /^(?:yes|y|on)$/i.test(node.text)
    ? writeValue('true')
    : /^(?:no|n|off|none)$/i.test(node.text)
      ? writeValue('false')
      : both;
  return refuseValue(field, 'not-a-boolean', say`is text in YAML 1.2: write ${meant}`, report);
}

/** Items as fields that carry the name of the list, for messages. A lone value counts as a list of one where that is allowed. */
export function readItems(
  field: FieldNode,
  expected: Phrase,
  report: Report,
  options: { lone?: boolean; empty?: boolean } = {},
): readonly FieldNode[] {
  if (reportEmpty(field, report)) return [];
  const { node } = field;
  if (node.type !== 'list') {
    if (options.lone && node.type === 'scalar') return [field];
    report('not-a-list', node.at, say`\`${shown(field)}\` is not a list: write ${expected}`);
    return [];
  }
  if (node.items.length === 0 && !options.empty) {
    report('empty-list', node.at, say`\`${shown(field)}\` is an empty list: write ${expected}, or leave it out`);
  }
  return itemFields(field, node);
}

function itemFields(field: FieldNode, list: ListNode): readonly FieldNode[] {
  return list.items.map((node) => ({ key: field.key, at: node.at, node }));
}

/** An empty value is an error everywhere, since nobody can tell whether it means none or "not yet". */
function reportEmpty(field: FieldNode, report: Report): boolean {
  if (!isEmpty(field.node)) return false;
  const written =
    field.node.type === 'scalar' && field.node.text !== '' ? `is ${quote(field.node.text)}` : 'has no value';
  report('empty-value', field.at, `\`${shown(field)}\` ${written}: write a value, or leave the line out`);
  return true;
}

/** A field's name as it may stand in a message. */
export function shown(field: FieldNode): string {
  return quote(field.key)
    .replace(/` \(with .*$/, '')
    .replaceAll('`', '');
}

/** Where written keys stand. */
export function placesOf(written: Written): Readonly<Record<string, SourceRange>> {
  return Object.fromEntries([...written].map(([key, field]) => [key, field.at]));
}
