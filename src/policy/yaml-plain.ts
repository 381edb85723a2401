/** YAML documents as plain data, to tell what an edit changes. */

import { type Document, isAlias, isMap, isScalar, isSeq, type Pair, parseDocument, type YAMLMap } from 'yaml';
import { isOnlyItems } from './splice-items.ts';
import { withoutEmptyDocuments } from './yaml-documents.ts';
import { type PrintedValue, renderYaml } from './yaml-text.ts';

/** Plain data in which the order of keys counts and every key is a text. */
export type Plain = string | number | boolean | null | readonly Plain[] | PlainMap;

export interface PlainMap {
  readonly map: readonly (readonly [key: string, value: Plain])[];
}

export function isPlainMap(plain: Plain | undefined): plain is PlainMap {
  return typeof plain === 'object' && plain !== null && !Array.isArray(plain);
}

export function parseYaml(body: string): Document.Parsed | null {
  const options = {
    version: '1.2',
    schema: 'core',
    uniqueKeys: false,
    logLevel: 'error',
    prettyErrors: false,
  } as const;
  const document = parseDocument(withoutEmptyDocuments(body), options);
  return document.errors.length === 0 && isMap(document.contents) ? (document as Document.Parsed) : null;
}

export function toPlain(node: unknown, document: Document): Plain {
  if (isAlias(node)) return toPlain(node.resolve(document), document);
  if (isMap(node)) return { map: node.items.map((pair) => [keyText(pair.key), toPlain(pair.value, document)]) };
  if (isSeq(node)) return node.items.map((item) => toPlain(item, document));
  if (!isScalar(node)) return null;
  const { value } = node;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

/** As the parser of policies reads keys: `2231` and `1.20` are names like any other. */
export function keyText(key: unknown): string {
  if (!isScalar(key)) return '\u0000';
  return key.type === 'PLAIN' ? (key.source ?? '') : String(key.value);
}

export function findPair(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => keyText(pair.key) === key);
}

/** What the file is to say after the edit. */
export function changePlain(
  plain: Plain | undefined,
  [key = '', ...rest]: readonly string[],
  value: PrintedValue | undefined,
): Plain {
  const entries = isPlainMap(plain) ? plain.map : [];
  const old = entries.find(([name]) => name === key)?.[1];
  const isRemoved = value === undefined && (old === undefined || rest.length === 0);
  const next = isRemoved ? undefined : rest.length === 0 ? plainOf(value) : changePlain(old, rest, value);
  const isEmpty = value === undefined && isPlainMap(next) && next.map.length === 0;
  if (next === undefined || isEmpty) return { map: entries.filter(([name]) => name !== key) };
  if (old === undefined) return { map: [...entries, [key, next]] };
  return { map: entries.map(([name, inner]) => [name, name === key ? next : inner]) };
}

/** A list of values keeps what it has in its order; what is new comes at the end. */
export function keepOrder(old: Plain | undefined, value: PrintedValue | undefined): PrintedValue | undefined {
  if (!Array.isArray(old) || !Array.isArray(value) || !isOnlyItems(value)) return value;
  const kept = (old as readonly Plain[]).filter((item) => value.includes(item as never));
  return [...kept, ...value.filter((item) => !kept.includes(item as never))] as PrintedValue;
}

function plainOf(value: PrintedValue | undefined): Plain {
  const document = parseDocument(renderYaml(new Map([['value', value ?? null]])), { version: '1.2', schema: 'core' });
  const plain = toPlain(document.contents, document);
  return isPlainMap(plain) ? (plain.map[0]?.[1] ?? null) : null;
}

export function follow(plain: Plain, path: readonly string[]): Plain | undefined {
  let inner: Plain | undefined = plain;
  for (const key of path) inner = isPlainMap(inner) ? inner.map.find(([name]) => name === key)?.[1] : undefined;
  return inner;
}
