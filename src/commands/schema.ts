import { UserError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { renderJsonSchemas } from '../policy/json-schema.ts';
import type { CommandResult } from '../run/session.ts';

/** The schema of one kind of file, for editors that do not follow the comment at the top of a file. */
export async function runSchema(kind: string): Promise<CommandResult> {
  const schemas = new Map(
    Object.entries(renderJsonSchemas()).map(([file, text]) => [file.replace(/\.schema\.json$/, ''), text]),
  );
  const schema = schemas.get(kind);
  if (schema === undefined) {
    throw new UserError(`there is no schema "${kind}"`, { hint: `Write one of: ${[...schemas.keys()].join(', ')}.` });
  }
  return { exit: exitCodes.ok, output: schema };
}
