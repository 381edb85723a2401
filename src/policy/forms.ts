/**
 * What may stand behind a key. A form is what editors know of it, a shape can be read as well, and a table of keys is what a map may
 * hold: JSON Schemas, known keys, hover texts, readers and the printer come from it.
 */

import { pagesAddress } from '../addresses.ts';
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

/** What editors show of a key below its sentence. */
export interface Hover {
  /** Lines of YAML as they stand in a file, the key among them. */
  readonly example?: string;
  /** The page below docs/, and its heading, that say the rest. Default: the page of the files. */
  readonly page?: string;
}

/** A written key. Its sentence for editors is the description in its schema. */
export interface Key extends Form {
  readonly hover?: Hover;
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
  const hover = (more as Pick<Key, 'hover'> | undefined)?.hover;
  const said = { description: say, markdownDescription: renderHover(say, hover) };
  return { ...form, ...(more as M), schema: { ...form.schema, ...said } };
}

/** What one page is about: keys that name no page of their own link to it. */
export function onPage<K extends Keys>(page: string, keys: K): K {
  const placed = Object.entries(keys).map(([name, one]): [string, Key] => {
    const hover = { page, ...one.hover };
    const markdownDescription = renderHover(String(one.schema.description), hover);
    return [name, { ...one, hover, schema: { ...one.schema, markdownDescription } }];
  });
  return Object.fromEntries(placed) as K;
}

function renderHover(say: string, { example, page = 'files.md' }: Hover = {}): string {
  const link = `[docs/${page.replace(/#.*/, '')}](${pagesAddress}/${page})`;
  return [say, ...(example === undefined ? [] : [`\`\`\`yaml\n${example}\n\`\`\``]), link].join('\n\n');
}

export function keyNamed(keys: Keys, name: string): Key | null {
  return Object.hasOwn(keys, name) ? (keys[name] ?? null) : null;
}

/** A map with these keys and no others. Editors head what they say of a key by its name. */
export function mapForm(keys: Keys, rules: Schema = {}): Form {
  const required = Object.keys(keys).filter((name) => keys[name]?.isRequired);
  return {
    schema: {
      type: 'object',
      properties: Object.fromEntries(
        Object.entries(keys).map(([name, { schema }]) => [name, nameSchema(name, schema)]),
      ),
      ...(required.length === 0 ? {} : { required }),
      additionalProperties: false,
      ...rules,
    },
    below: ({ key }) => keyNamed(keys, key),
  };
}

/** Each alternative by a name of its own: of nameless ones editors show the description without its link. */
function nameSchema(name: string, schema: Schema): Schema {
  const alternatives = (schema.anyOf as readonly Schema[] | undefined)?.map((one) => ({
    ...one,
    title: one.title === undefined ? name : `${name}: ${one.title}`,
  }));
  return { ...schema, ...(alternatives === undefined ? {} : { anyOf: alternatives }), title: name };
}

/*
 * Rules, with what editors say of them. Of `not`, of a list under `dependencies` and of `minItems` they say words of their own, which
 * tell nobody what to write.
 */

/** The keywords of a condition; in a literal, `then` would make a promise of it. */
export function when(test: Schema, isSo: Schema, otherwise?: Schema): Schema {
  const branches = { if: test, ...(otherwise === undefined ? {} : { else: otherwise }) };
  return Object.fromEntries([...Object.entries(branches), ['then', isSo]]);
}

/** In a snippet, a place to fill in, with what stands there before. */
export function blank(number: number, text: string): string {
  // A dollar sign begins such a place.
  return `\${${number}:${text.replaceAll('$', '\\$')}}`;
}

/** None of these keys stands in the map. */
export function withoutKeys(errorMessage: string, ...names: readonly string[]): Schema {
  return { properties: Object.fromEntries(names.map((name) => [name, false])), errorMessage };
}

/** At least one of them does. */
export function hasOne(errorMessage: string, ...names: readonly [string, ...string[]]): Schema {
  const [first] = names;
  // Strict validators want `required` beside the keys themselves.
  const isThere = { properties: { [first]: true }, required: [first], errorMessage };
  return names.length === 1 ? isThere : when({ propertyNames: { not: { enum: names } } }, isThere);
}

/** No text of this pattern, which is a text itself. */
export function refuseText(pattern: string, errorMessage: string): Schema {
  return when({ type: 'string', pattern }, { type: 'string', pattern: '^$', errorMessage });
}

/** The words for what is no map; said by the map itself, they would be said of each unknown key in it too. */
export function orSay(form: Form, errorMessage: string): Form {
  const { type: _, title, ...map } = form.schema;
  return {
    ...form,
    schema: { ...(title === undefined ? {} : { title }), type: ['object'], errorMessage, allOf: [map] },
  };
}

/** A list, with the words for what is none. */
export function listSchema(items: Schema, errorMessage: string, rules: Schema = {}): Schema {
  return { title: 'list', type: ['array'], items, errorMessage, ...rules };
}

/**
 * Or `none`, last and with the same message: of alternatives that all fail, editors tell the first one's, and "must be none" would take a
 * limit away.
 */
export function orNone<F extends Form>(form: F, errorMessage: unknown = form.schema.errorMessage): F {
  // Flat: editors look no further than the first row of alternatives.
  const alternatives = (form.schema.anyOf as readonly Schema[] | undefined) ?? [form.schema];
  return {
    ...form,
    schema: { anyOf: [...alternatives, { title: 'none', type: ['string'], const: 'none', errorMessage }] },
  };
}

export function oneOrList(item: Schema, lone: Schema = item): { readonly anyOf: readonly Schema[] } {
  return { anyOf: [lone, { title: 'list', type: ['array'], minItems: 1, items: item }] };
}

/**
 * A text of a form; editors tell the message, as nobody could read the pattern. The type is a list of one: what several alternatives say
 * of a plain one, editors put together to "expected string | array".
 *
 * @param refused texts of the form that are none after all
 */
export function textForm(
  pattern: string,
  errorMessage: string,
  examples: readonly string[],
  refused: Schema = {},
): Form {
  return { schema: { type: ['string'], pattern, examples, errorMessage, ...refused } };
}
