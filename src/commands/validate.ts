import { sortDiagnostics } from '../diagnostics.ts';
import { exitCodes } from '../exit-codes.ts';
import { countDiagnostics } from '../render/diagnostics.ts';
import type { ValidateDocument } from '../render/documents/validate.ts';
import { describeMore, fileFindingDocument, pickFindings, toDiagnostics } from '../render/findings.ts';
import { jsonVersion, renderJson } from '../render/json.ts';
import { diagnosticDocument } from '../render/plan-document.ts';
import { checkFiles } from '../run/check-files.ts';
import { type CheckedNamedFiles, checkNamedFiles } from '../run/check-named-files.ts';
import { renderDiagnostics } from '../run/output.ts';
import type { CheckFormat, CommandResult, CommonOptions, Session } from '../run/session.ts';
import { quoteWord } from '../shell-words.ts';

export interface ValidateOptions extends Pick<CommonOptions, 'dir' | 'quiet'> {
  readonly format: CheckFormat;
  /** Only problems that these have a part in; default, and empty: all files of the directory. */
  readonly files?: readonly string[] | undefined;
  /** `dir` was written; default false. Only asked for files. */
  readonly isDirGiven?: boolean | undefined;
}

/** Files only, no network: every problem of every file, or of those that are named, and what the rules find in them. */
export async function runValidate(options: ValidateOptions, session: Session): Promise<CommandResult> {
  const { files: names = [], isDirGiven = false } = options;
  const named =
    names.length === 0 ? null : await checkNamedFiles({ dir: options.dir, isDirGiven, files: names }, session);
  const { ok, files, diagnostics, findings } = named ?? (await checkFiles(options, session));
  const all = sortDiagnostics([...diagnostics, ...toDiagnostics(findings)]);
  if (!options.quiet) {
    const count = `${files.length} file${files.length === 1 ? '' : 's'}`;
    session.say(`${count} in ${named?.directories.join(', ') ?? options.dir}: ${countDiagnostics(all)}.\n`);
    if (named !== null) session.say(describeRest(named));
  }
  const exit = ok ? exitCodes.ok : exitCodes.invalid;
  const { format } = options;
  if (format === 'json') {
    const document = { diagnostics: diagnostics.map(diagnosticDocument), findings: findings.map(fileFindingDocument) };
    const rest = named === null ? {} : { elsewhere: named.elsewhere };
    return { exit, output: renderJson<ValidateDocument>({ version: jsonVersion, ok, ...document, ...rest }) };
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

/** What is not shown of the directories, and why. */
function describeRest({ missing, elsewhere, unjudged, directories }: CheckedNamedFiles): string {
  const all = directories.map((directory) => `\`tollgate validate --dir ${quoteWord(directory)}\``).join(', ');
  const problems = elsewhere === 1 ? '1 problem' : `${elsewhere} problems`;
  return [
    ...missing.map((file) => `${file} is not there: its directory is checked whole, without it.\n`),
    ...(elsewhere === 0 ? [] : [`Other files have ${problems}: ${all} shows all.\n`]),
    ...unjudged.map((directory) => `The rules could not look at ${directory}, as another file there has an error.\n`),
  ].join('');
}
