/** The JSON Schemas in `schemas/`, generated from the tables that files are read by. */

import { fileKinds } from './file-keys.ts';
import { mapForm } from './forms.ts';

/** File name → text. */
export function renderJsonSchemas(): Readonly<Record<string, string>> {
  const files = Object.entries(fileKinds).map(([kind, { keys, title, description }]) => {
    // Keys of the author's own, at the top of a file: a place for what is shared by alias.
    const { schema } = mapForm(keys, { title, description, patternProperties: { '^x-': {} } });
    const whole = { $schema: 'http://json-schema.org/draft-07/schema#', ...schema };
    return [`${kind}.schema.json`, `${JSON.stringify(whole, null, 2)}\n`] as const;
  });
  return Object.fromEntries(files);
}
