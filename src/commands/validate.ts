import { sortDiagnostics } from '../diagnostics.ts';
import { exitCodes } from '../exit-codes.ts';
import { countDiagnostics } from '../render/diagnostics.ts';
import type { ValidateDocument } from '../render/documents/validate.ts';
import { describeMore, fileFindingDocument, pickFindings, toDiagnostics } from '../render/findings.ts';
import { jsonVersion, renderJson } from '../render/json.ts';
import { diagnosticDocument } from '../render/plan-document.ts';
import { checkFiles } from '../run/check-files.ts';
import { renderDiagnostics } from '../run/output.ts';
import type { CheckFormat, CommandResult, CommonOptions, Session } from '../run/session.ts';

/** Files only, no network: every problem of every file, and what the rules find in them. */
export async function runValidate(
  options: Pick<CommonOptions, 'dir' | 'quiet'> & { readonly format: CheckFormat },
  session: Session,
): Promise<CommandResult> {
  const { ok, files, diagnostics, findings } = await checkFiles(options, session);
  const all = sortDiagnostics([...diagnostics, ...toDiagnostics(findings)]);
  if (!options.quiet) {
    const count = `${files.length} file${files.length === 1 ? '' : 's'}`;
    session.say(`${count} in ${options.dir}: ${countDiagnostics(all)}.\n`);
  }
  const exit = ok ? exitCodes.ok : exitCodes.invalid;
  const { format } = options;
  if (format === 'json') {
    const document = { diagnostics: diagnostics.map(diagnosticDocument), findings: findings.map(fileFindingDocument) };
    return { exit, output: renderJson<ValidateDocument>({ version: jsonVersion, ok, ...document }) };
  }
  if (format === 'sarif') return { exit, output: renderDiagnostics(diagnostics, format, session, findings) };
  const picked = pickFindings(findings, true);
  const shown = sortDiagnostics([...diagnostics, ...toDiagnostics(picked.shown)]);
  const more = describeMore(picked);
  const rest = more === null ? '' : `${more}; --format json lists all\n`;
  const output = renderDiagnostics(shown, format, session);
  if (format === 'markdown') return { exit, output: rest === '' ? output : `${output}\n${rest}` };
  // Every line of the text is a problem at its place.
  if (!options.quiet && rest !== '') session.say(rest);
  return { exit, output };
}
