/** JSON Schemas of documents, for programs and for tests. */

import { z } from 'zod';

export type JsonSchema = Record<string, unknown>;

/** Open: a later version may add members. */
export function renderSchema(title: string, forms: readonly z.ZodType[]): string {
  const [only] = forms;
  const schema = forms.length === 1 && only !== undefined ? only : z.union([...forms]);
  const { $schema, ...rest } = z.toJSONSchema(schema, { target: 'draft-7', io: 'input', override: shorten });
  return `${JSON.stringify({ $schema, title, ...rest }, null, 2)}\n`;
}

/** Closed: what no schema names is not to be written. */
export function closedSchema(form: z.ZodType): JsonSchema {
  return z.toJSONSchema(form, { target: 'draft-7', io: 'output' });
}

/** What says no more than its neighbour: bounds and steps of all integers, and times spelled out as a pattern. */
function shorten({ jsonSchema }: { readonly jsonSchema: JsonSchema }): void {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.type === 'integer' && jsonSchema.multipleOf === 1) delete jsonSchema.multipleOf;
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
}
