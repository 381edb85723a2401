/** The JSON Schemas in `schemas/`, generated so that they cannot differ from what tollgate accepts. */

import { z } from 'zod';
import { extendedShape, orgShape, workspaceShape } from './schema.ts';

/** File name → text. */
export function renderJsonSchemas(): Readonly<Record<string, string>> {
  return {
    'defaults.schema.json': render(extendedShape),
    'org.schema.json': render(orgShape),
    'workspace.schema.json': render(workspaceShape),
  };
}

function render(shape: z.ZodType): string {
  const schema = z.toJSONSchema(shape, { target: 'draft-7', io: 'input' });
  return `${JSON.stringify(schema, null, 2)}\n`;
}
