/**
 * What version 1 of the documents promises: a line for each member, with its path and type. A test fails when a line goes away or
 * changes; `npm run generate` adds what is new.
 */

import { closedSchema, type JsonSchema } from '../src/render/documents/json-schema.ts';
import { documentNames, ownForms } from '../src/render/documents/registry.ts';

export function renderMembers(): string {
  const lines = documentNames.flatMap((command) =>
    (ownForms(command) ?? []).flatMap((form, index) => {
      const schema = closedSchema(form);
      return membersOf(schema, schema, `${command}${index === 0 ? '' : ` (${index + 1})`} `);
    }),
  );
  return `${lines.join('\n')}\n`;
}

function membersOf(schema: JsonSchema, root: JsonSchema, path: string): string[] {
  const resolved = resolveRef(schema, root);
  const branches = (resolved.anyOf ?? resolved.oneOf) as readonly JsonSchema[] | undefined;
  if (branches !== undefined) return [...new Set(branches.flatMap((branch) => membersOf(branch, root, path)))];
  const { properties, items, required = [], type = 'any', enum: words } = resolved;
  if (items !== undefined) return membersOf(items as JsonSchema, root, `${path}[]`);
  if (properties === undefined) return [`${path} ${words === undefined ? String(type) : 'word'}`];
  return Object.entries(properties as Readonly<Record<string, JsonSchema>>).flatMap(([name, member]) => {
    const mark = (required as readonly string[]).includes(name) ? '' : '?';
    return membersOf(member, root, `${path}.${name}${mark}`);
  });
}

/** `z.json()` refers to itself: it is any value. */
function resolveRef(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const [, name = ''] = /^#\/definitions\/(.*)$/.exec(String(schema.$ref ?? '')) ?? [];
  if (name === '') return schema;
  if (name.startsWith('__')) return {};
  return (root.definitions as Readonly<Record<string, JsonSchema>>)[name] ?? {};
}
