/**
 * What may stand behind a key. A form is what editors know of it, a shape can be read as well, and a table of keys is what a map may
 * hold: JSON Schemas, known keys, hover texts, readers and the printer come from it.
 */

import type { Phrase } from './advice.ts';
import type { FieldNode } from './nodes.ts';
import type { PrintedEntry } from './print-values.ts';
import type { Report } from './report.ts';
import type { PrintedValue } from './yaml-text.ts';

/** JSON Schema, draft 7. No looking around in patterns: validators written in Go cannot. */
export type Schema = Readonly<Record<string, unknown>>;

export interface Form {
  readonly schema: Schema;
  /** The form of a field below a key of this form; null: it does not belong there. Missing: nothing does. */
  readonly below?: (field: FieldNode) => Form | null;
  /** What is written there; follows "write". */
  readonly expected?: Phrase;
}

export interface Shape<T> extends Form {
  /** Undefined where it cannot be read, which is reported. */
  readonly read: (field: FieldNode, report: Report) => T | undefined;
}

/** A written key. Its sentence for editors is the description in its schema. */
export interface Key extends Form {
  /** Missing: read together with its neighbours. */
  readonly read?: Shape<unknown>['read'];
  readonly isRequired?: true;
  /** A limit, which `forget:` can name. */
  readonly isForgettable?: true;
  /** Of an entry, what `import` writes; undefined: no line. */
  readonly print?: (entry: PrintedEntry) => PrintedValue | undefined;
}

/** In the order in which they are printed. */
export type Keys = Readonly<Record<string, Key>>;

/** @param say one sentence or two; the words of the grammar, not of the API */
export function key<F extends Form, const M extends Omit<Key, keyof Form | 'read'>>(
  form: F,
  say: string,
  more?: M,
): F & M {
  return { ...form, ...(more as M), schema: { ...form.schema, description: say } };
}

export function keyNamed(keys: Keys, name: string): Key | null {
  return Object.hasOwn(keys, name) ? (keys[name] ?? null) : null;
}

/** A map with these keys and no others. */
export function mapForm(keys: Keys, rules: Schema = {}): Form {
  const required = Object.keys(keys).filter((name) => keys[name]?.isRequired);
  return {
    schema: {
      type: 'object',
      properties: Object.fromEntries(Object.entries(keys).map(([name, { schema }]) => [name, schema])),
      ...(required.length === 0 ? {} : { required }),
      additionalProperties: false,
      ...rules,
    },
    below: ({ key }) => keyNamed(keys, key),
  };
}

/** Rules about the keys of a map, in words that also strict validators take: they want `required` beside the keys themselves. */
export function withoutKeys(...names: readonly string[]): Schema {
  return { propertyNames: { not: { enum: names } } };
}

export function hasOne(errorMessage: string, ...names: readonly string[]): Schema {
  return { not: withoutKeys(...names), errorMessage };
}

/**
 * Or `none`, last and with the same message: of alternatives that all fail, editors tell the first one's, and "must be none" would take a
 * limit away.
 */
export function orNone<F extends Form>(form: F, errorMessage: unknown = form.schema.errorMessage): F {
  return { ...form, schema: { anyOf: [form.schema, { type: 'string', const: 'none', errorMessage }] } };
}

export function oneOrList(item: Schema, lone: Schema = item): Schema {
  return { anyOf: [lone, { type: 'array', minItems: 1, items: item }] };
}

/** A text of a form; editors tell the message, as nobody could read the pattern. */
export function textForm(pattern: string, errorMessage: string, examples: readonly string[], not?: string): Form {
  return {
    schema: {
      type: 'string',
      pattern,
      examples,
      errorMessage,
      ...(not === undefined ? {} : { not: { pattern: not } }),
    },
  };
}
