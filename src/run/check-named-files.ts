/**
 * Problems of the files that are named, each judged in the whole directory that it belongs to: its own, and those of other files that are
 * not there without it, such as a workspace that two files declare. No network.
 */

import { relative, resolve, sep } from 'node:path';
import type { Diagnostic } from '../diagnostics.ts';
import { hasErrors } from '../diagnostics.ts';
import { UserError } from '../errors.ts';
import { compilePolicies } from '../policy/compile.ts';
import { type FoundFile, isFolder, isThere } from '../policy/files.ts';
import { findDirectories } from '../policy/find-directories.ts';
import { type CheckedFiles, checkFiles, isBlocking } from './check-files.ts';
import type { CommonOptions, Session } from './session.ts';

export interface NamedFilesOptions extends Pick<CommonOptions, 'dir'> {
  readonly files: readonly string[];
  /** Somebody said where the files are; otherwise it is found by their organisation file. */
  readonly isDirGiven: boolean;
}

export interface CheckedNamedFiles extends CheckedFiles {
  /** The directories that the files belong to. */
  readonly directories: readonly string[];
  /** How many problems other files have. */
  readonly elsewhere: number;
  /** Named, and not there: taken for deleted. */
  readonly missing: readonly string[];
  /** Directories in which the rules looked at nothing, as another file has an error. */
  readonly unjudged: readonly string[];
}

/** @throws UserError for a file that belongs to no directory of policies */
export async function checkNamedFiles(options: NamedFilesOptions, session: Session): Promise<CheckedNamedFiles> {
  const { cwd } = session;
  const places = new Map<string, string[]>();
  const missing: string[] = [];
  for (const file of options.files) {
    const isGone = !(await isThere(resolve(cwd, file)));
    for (const directory of await findPlaces(file, isGone, options, session)) {
      places.set(directory, [...(places.get(directory) ?? []), resolve(cwd, file)]);
    }
    if (isGone) missing.push(file);
  }
  const checked = [];
  for (const [directory, files] of places) checked.push(await checkIn(directory, files, missing, session));
  return {
    ok: checked.every(({ ok }) => ok),
    files: checked.flatMap(({ files }) => files),
    diagnostics: onlyOnce(checked.flatMap(({ diagnostics }) => diagnostics)),
    findings: checked.flatMap(({ findings }) => findings),
    directories: [...places.keys()].map((directory) => shownFrom(cwd, directory)),
    elsewhere: checked.reduce((sum, { elsewhere }) => sum + elsewhere, 0),
    missing,
    unjudged: checked.flatMap(({ unjudged }) => unjudged),
  };
}

async function findPlaces(
  file: string,
  isGone: boolean,
  { dir, isDirGiven }: NamedFilesOptions,
  { cwd }: Session,
): Promise<readonly string[]> {
  const path = resolve(cwd, file);
  if (!isGone && (await isFolder(path))) {
    throw new UserError(`${file} is a directory: name files, or the directory with --dir`);
  }
  if (!/\.ya?ml$/i.test(file)) throw new UserError(`${file} is not a policy file: their names end in .yaml or .yml`);
  const given = resolve(cwd, dir);
  const found = await findDirectories(path, cwd);
  if (isDirGiven ? isBelow(path, given) || found.includes(given) : found.length === 0 && isBelow(path, given)) {
    return [given];
  }
  if (isDirGiven) {
    throw new UserError(`${file} is outside ${dir}, the directory that --dir names`, {
      hint: 'Leave --dir out: the directory of each file is the one above it that holds `org.yaml`.',
    });
  }
  if (found.length > 0) return found;
  throw new UserError(
    isGone
      ? `there is no file ${file}, nor a directory of policies that it could have been in`
      : `${file} belongs to no directory of policies: no folder above it holds an \`org.yaml\` that says \`kind: org\`, and none names it with \`extends\``,
    { hint: 'Name the directory of the policy files with --dir, and leave out files that are none.' },
  );
}

type CheckedDirectory = Omit<CheckedNamedFiles, 'directories' | 'missing'>;

async function checkIn(
  directory: string,
  named: readonly string[],
  missing: readonly string[],
  session: Session,
): Promise<CheckedDirectory> {
  const { cwd } = session;
  const dir = shownFrom(cwd, directory);
  const checked = await checkFiles({ dir }, session);
  const isNamed = ({ file }: { readonly file: string }): boolean => named.includes(resolve(cwd, file));
  const files = checked.files.filter(({ path }) => isNamed({ file: path }));
  const isGone = missing.some((file) => named.includes(resolve(cwd, file)));
  for (const path of named) {
    const isRead = checked.files.some((file) => resolve(cwd, file.path) === path);
    const isReported = checked.diagnostics.some(({ source }) => resolve(cwd, source.file) === path);
    if (isRead || isReported || missing.some((file) => resolve(cwd, file) === path)) continue;
    throw new UserError(`${shownFrom(cwd, path)} is not read as one of the policy files of ${dir}`, {
      hint: 'Folders that start with a dot, and `node_modules`, are passed over.',
    });
  }
  // What a file that is gone had said nobody knows, so every problem may come of it.
  if (isGone) return { ...checked, files, elsewhere: 0, unjudged: [] };
  const isInvolved = findInvolved(checked.files, checked.diagnostics, isNamed);
  const diagnostics = checked.diagnostics.filter((one) => isNamed(one.source) || isInvolved(one));
  const findings = checked.findings.filter(({ source }) => isNamed(source));
  const elsewhere = checked.diagnostics.length - diagnostics.length + (checked.findings.length - findings.length);
  return {
    ok: !hasErrors(diagnostics) && !findings.some(isBlocking),
    files,
    diagnostics,
    findings,
    elsewhere,
    unjudged: hasErrors(checked.diagnostics) && !hasErrors(diagnostics) ? [dir] : [],
  };
}

/** Problems of other files that would not be there without the named ones. */
function findInvolved(
  files: readonly FoundFile[],
  all: readonly Diagnostic[],
  isNamed: (source: { readonly file: string }) => boolean,
): (diagnostic: Diagnostic) => boolean {
  const others = files.filter(({ path }) => !isNamed({ file: path }));
  if (all.every(({ source }) => isNamed(source)) || others.length === files.length) return () => false;
  const texts = (diagnostics: readonly Diagnostic[]) => new Set(diagnostics.map((one) => JSON.stringify(one)));
  const together = texts(compilePolicies(files).diagnostics);
  const without = texts(compilePolicies(others).diagnostics);
  return (diagnostic) => {
    const text = JSON.stringify(diagnostic);
    return together.has(text) && !without.has(text);
  };
}

/** Of a file that several directories share each of them says the same. */
function onlyOnce(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...new Map(diagnostics.map((one) => [JSON.stringify(one), one])).values()];
}

function isBelow(path: string, directory: string): boolean {
  return path.startsWith(directory + sep);
}

function shownFrom(cwd: string, path: string): string {
  return relative(cwd, path).split(sep).join('/') || '.';
}
