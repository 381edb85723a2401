import { UserError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { renderPayloadSchema } from '../notify/channels/write-payload.ts';
import { renderPlanSchema } from '../plan/plan-schema.ts';
import { renderJsonSchemas } from '../policy/json-schema.ts';
import { renderSchema } from '../render/documents/json-schema.ts';
import type { CommandResult } from '../run/session.ts';
import { documentCommands, documentForms } from '../tools/documents.ts';

/**
 * The schema of one kind of file, for editors that do not follow the comment at the top of a file, or of what a command prints with
 * `--format json`.
 *
 * @param words of a command, apart or with dashes between them; or a kind of file. None: what there is
 */
export async function runSchema(words: readonly string[]): Promise<CommandResult> {
  if (words.length === 0) return { exit: exitCodes.ok, output: listSchemas() };
  const name = words.join(' ');
  const command = documentCommands.find((one) => one === name || one.replaceAll(' ', '-') === name);
  const forms = command === undefined ? undefined : documentForms(command);
  if (forms !== undefined) return { exit: exitCodes.ok, output: renderSchema(`tollgate ${command}`, forms) };
  const files = fileSchemas();
  const schema = Object.hasOwn(files, name) ? files[name] : undefined;
  if (schema !== undefined) return { exit: exitCodes.ok, output: schema };
  throw new UserError(`there is no schema "${name}"`, {
    hint: `Write one of ${Object.keys(files).join(', ')}, or a command with \`--format json\`: \`tollgate schema\` lists them.`,
  });
}

/** A name a line, for whoever reads and for `grep`. */
function listSchemas(): string {
  const files = Object.keys(fileSchemas());
  return `files:\n${asLines(files)}what a command prints with --format json:\n${asLines(documentCommands)}`;
}

function asLines(names: readonly string[]): string {
  return names.map((name) => `  ${name}\n`).join('');
}

/** Policy files, a saved plan, and what webhooks get. */
function fileSchemas(): Readonly<Record<string, string>> {
  const policies = Object.entries(renderJsonSchemas()).map(
    ([file, text]) => [file.replace(/\.schema\.json$/, ''), text] as const,
  );
  return { ...Object.fromEntries(policies), 'plan-file': renderPlanSchema(), telling: renderPayloadSchema() };
}
