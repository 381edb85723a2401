/** Shapes: what editors show of a value and how it is read, in one. */

import { compareText } from '../diagnostics.ts';
import { type Phrase, textOfPhrase } from './advice.ts';
import { type Form, type Keys, listSchema, mapForm, orSay, type Schema, type Shape } from './forms.ts';
import type { FieldNode } from './nodes.ts';
import type { Written } from './reader.ts';
import {
  expectScalar,
  isAbsent,
  isNone,
  readBoolean,
  readEntries,
  readItems,
  readMap,
  readShaped,
  readText,
  readWord,
  refuseValue,
} from './reader.ts';
import type { Report } from './report.ts';

export function textShape(max: number, expected?: Phrase): Shape<string> {
  return {
    schema: { type: 'string', minLength: 1, maxLength: max },
    read: (field, report) => readText(field, expected ?? `a text for \`${field.key}\``, report, max),
  };
}

/** `none` without quotes clears; `"none"` is the text. */
export function clearableText(max: number): Shape<string | null> {
  const { schema, read } = textShape(max, 'a text, or `none`');
  const isCleared = ({ node }: FieldNode) => isNone(node) && node.type === 'scalar' && node.plain;
  return { schema, read: (field, report) => (isCleared(field) ? null : read(field, report)) };
}

/** @param more what editors show beside the pattern, and the words for what does not fit where they have others than `validate` */
export function patternShape(pattern: RegExp, code: string, expected: Phrase, more: Schema = {}): Shape<string> {
  return {
    schema: { type: ['string'], pattern: pattern.source, errorMessage: `write ${textOfPhrase(expected)}`, ...more },
    expected,
    read: (field, report) => readShaped(field, pattern, code, expected, report),
  };
}

export function keywordShape<W extends string>(...words: readonly W[]): Shape<W> {
  return { schema: { type: 'string', enum: words }, read: (field, report) => readWord(field, words, report) };
}

export const booleanShape: Shape<boolean> = {
  schema: { type: 'boolean', errorMessage: 'write true or false' },
  read: readBoolean,
};

export function wholeNumberShape(max: number): Shape<number> {
  return {
    schema: { type: 'integer', minimum: 0, maximum: max, errorMessage: 'write a whole number without a unit' },
    read: (field, report) => {
      const node = expectScalar(field, 'a whole number', report);
      const value = node?.value;
      if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max) return value;
      if (node === undefined) return undefined;
      return refuseValue(
        field,
        'invalid-number',
        `is not a whole number from 0 to ${max}: write one without a unit`,
        report,
      );
    },
  };
}

/** In the order of the file; may be empty. */
export function listOf<T>(item: Shape<T>, expected: Phrase, rules: Schema = {}): Shape<readonly T[]> {
  return {
    schema: listSchema(item.schema, `write ${textOfPhrase(expected)}`, rules),
    read: (field, report) =>
      readItems(field, expected, report, { empty: true }).flatMap((one) => {
        const value = item.read(one, report);
        return value === undefined ? [] : [value];
      }),
  };
}

/** Sorted, each once. */
export function setOf<T extends string>(item: Shape<T>, expected: Phrase): Shape<readonly T[]> {
  return convert(listOf(item, expected), (values) => [...new Set(values)].sort(compareText));
}

/** @param to undefined where it is none after all, which it reports */
export function convert<T, U>(
  shape: Shape<T>,
  to: (value: T, field: FieldNode, report: Report) => U | undefined,
): Shape<U> {
  return {
    ...shape,
    read: (field, report) => {
      const value = shape.read(field, report);
      return value === undefined ? undefined : to(value, field, report);
    },
  };
}

type ValueOf<F> = F extends Shape<infer T> ? T : never;
export type Values<K extends Keys> = { readonly [N in keyof K]?: ValueOf<K[N]> };

/** The values of keys that are read by themselves. */
export function readValues<const K extends Keys>(keys: K, written: Written, report: Report): Values<K> {
  const values: Record<string, unknown> = {};
  for (const [name, field] of written) {
    const value = keys[name]?.read?.(field, report);
    if (value !== undefined) values[name] = value;
  }
  // Each is what the reader of its key gives.
  return values as Values<K>;
}

/** A map with known keys. An empty one is absent. */
export function sectionShape<const K extends Keys>(keys: K, rules?: Schema): Shape<Values<K>> {
  const names = Object.keys(keys).map((name) => `\`${name}\``);
  return {
    ...orSay(mapForm(keys, rules), `write its fields below it, indented: ${names.join(', ')}`),
    read: (field, report) => (isAbsent(field.node) ? undefined : readSection(keys, field, report)),
  };
}

export function readSection<const K extends Keys>(keys: K, field: FieldNode, report: Report): Values<K> | undefined {
  const written = readMap(field, keys, `\`${field.key}\``, report);
  return written === undefined ? undefined : readValues(keys, written, report);
}

const nameSchema: Schema = { type: 'string', minLength: 1, maxLength: 255 };

/**
 * Maps by name, left to whoever reads the entries. An empty one is absent.
 *
 * @param entry the form of one
 * @param rules of the map around them
 */
export function entriesOf(keys: Keys, entry: Form, rules: Schema = {}): Shape<readonly FieldNode[]> {
  return {
    schema: {
      type: 'object',
      errorMessage: 'write entries below it, indented, each by its name: no list',
      propertyNames: nameSchema,
      additionalProperties: entry.schema,
      ...rules,
    },
    below: ({ node }) => (node.type === 'map' ? mapForm(keys) : null),
    read: (field, report) => readEntries(field, keys, report),
  };
}
