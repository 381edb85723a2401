import { resolve } from 'node:path';
import { type Diagnostic, hasErrors, sortDiagnostics } from '../diagnostics.ts';
import { UserError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { fromKeptPath } from '../extended-file.ts';
import { decodeText, isFolder, readPolicyFiles, readPolicyText } from '../policy/files.ts';
import { formatFile } from '../policy/format-file.ts';
import { writeNamedFile } from '../policy/named-files.ts';
import { collectInto, startOf } from '../policy/report.ts';
import type { FormatDocument } from '../render/documents/files.ts';
import { jsonVersion, renderJson } from '../render/json.ts';
import { diagnosticDocument } from '../render/plan-document.ts';
import { sayDiagnostics } from '../run/output.ts';
import type { CommandResult, CommonOptions, Session } from '../run/session.ts';

export interface FormatOptions extends Pick<CommonOptions, 'dir' | 'quiet'> {
  readonly format: 'text' | 'json';
  /** Files and folders; `-` alone is stdin. Empty: all files of `dir`. */
  readonly files: readonly string[];
  /** Write nothing. */
  readonly check: boolean;
}

interface Given {
  /** For messages, and to write to. */
  readonly path: string;
  /** Undefined: it cannot be read, which is among the diagnostics. */
  readonly text: string | undefined;
}

const stdin = '-';

/** The layout of policy files, and nothing else of them. What cannot be read stays as it is, and the others are written. */
export async function runFormat(options: FormatOptions, session: Session): Promise<CommandResult> {
  if (options.files.includes(stdin)) return formatInput(options, session);
  const diagnostics: Diagnostic[] = [];
  const given = await readGiven(options, session, diagnostics);
  const changed: string[] = [];
  for (const { path, text } of given) {
    if (text === undefined) continue;
    const formatted = formatFile(text, path);
    diagnostics.push(...formatted.diagnostics);
    if (formatted.text === text) continue;
    if (options.check || (await write(path, formatted.text, session, diagnostics))) changed.push(path);
  }
  return report(options, session, { paths: given.map(({ path }) => path), changed, diagnostics });
}

async function readGiven(
  { files, dir }: FormatOptions,
  session: Session,
  diagnostics: Diagnostic[],
): Promise<readonly Given[]> {
  const { cwd } = session;
  const below = async (directory: string): Promise<readonly Given[]> => {
    const found = await readPolicyFiles(directory, cwd);
    diagnostics.push(...found.diagnostics);
    // What it extends is another directory's as well.
    return found.files.filter(({ relative }) => fromKeptPath(relative) === null);
  };
  if (files.length === 0) return below(dir);
  const given: Given[] = [];
  for (const path of files) {
    if (await isFolder(resolve(cwd, path))) given.push(...(await below(path)));
    else if (/\.ya?ml$/i.test(path)) {
      const tell = collectInto(diagnostics);
      const text = await readPolicyText(resolve(cwd, path), (code, message) => tell(code, startOf(path), message));
      given.push({ path, text });
    } else {
      throw new UserError(`${path} is not a policy file: their names end in .yaml or .yml`);
    }
  }
  // A file that is named twice is one.
  return [...new Map(given.map((one) => [resolve(cwd, one.path), one])).values()];
}

async function write(path: string, text: string, session: Session, diagnostics: Diagnostic[]): Promise<boolean> {
  try {
    await writeNamedFile(resolve(session.cwd, path), text, path);
    return true;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    collectInto(diagnostics)('unwritable', startOf(path), error.message);
    return false;
  }
}

async function formatInput(options: FormatOptions, session: Session): Promise<CommandResult> {
  if (options.files.length > 1) throw new UserError('`-` stands alone: it is what comes on stdin');
  if (session.readInput === undefined) throw new UserError('nothing can be read on stdin here');
  const diagnostics: Diagnostic[] = [];
  const tell = collectInto(diagnostics);
  const shown = 'stdin';
  const text = decodeText(await session.readInput(), (code, message) => tell(code, startOf(shown), message));
  const formatted = text === undefined ? { text: '', diagnostics: [] } : formatFile(text, shown);
  diagnostics.push(...formatted.diagnostics);
  const changed = formatted.text === (text ?? '') ? [] : [shown];
  const result = report(options, session, { paths: [shown], changed, diagnostics }, formatted.text);
  // A pipe back into an editor: an empty file in place of a broken one would be a loss.
  return options.check || options.format === 'json' ? result : { ...result, output: formatted.text };
}

function report(
  { format, check, quiet }: FormatOptions,
  session: Session,
  {
    paths,
    changed,
    diagnostics: found,
  }: { readonly paths: readonly string[]; readonly changed: readonly string[]; readonly diagnostics: Diagnostic[] },
  text?: string,
): CommandResult {
  const diagnostics = sortDiagnostics(found);
  const ok = !hasErrors(diagnostics) && !(check && changed.length > 0);
  const exit = ok ? exitCodes.ok : exitCodes.invalid;
  if (format === 'json') {
    const files = paths.map((path) => ({ path, changed: changed.includes(path) }));
    const document = { check, files, diagnostics: diagnostics.map(diagnosticDocument) };
    return {
      exit,
      output: renderJson<FormatDocument>({
        version: jsonVersion,
        ok,
        ...document,
        ...(text === undefined ? {} : { text }),
      }),
    };
  }
  sayDiagnostics(diagnostics, session);
  if (!quiet) {
    const verb = check ? 'would change' : 'changed';
    session.say(`${paths.length} file${paths.length === 1 ? '' : 's'}: ${changed.length} ${verb}.\n`);
  }
  return { exit, output: changed.map((path) => `${path}\n`).join('') };
}
