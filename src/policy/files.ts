/** Finding and reading policy files. Nothing else in this folder touches the disk but named-files.ts. */

import { constants } from 'node:fs';
import { lstat, open, readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Diagnostic } from '../diagnostics.ts';
import { compareText, sortDiagnostics } from '../diagnostics.ts';
import { UserError } from '../errors.ts';
import { extendedPath, extendingFiles, findExtends, isInside, locateExtended, toKeptPath } from '../extended-file.ts';
import { findRealPath, findTop } from '../real-path.ts';
import { checkFileNames } from './file-names.ts';
import { codeOf, reasonOfFileError } from './named-files.ts';

export interface FoundFile {
  /** Relative to the working directory, with forward slashes: for messages. */
  readonly path: string;
  /** Relative to the policies directory, with forward slashes: for the record. */
  readonly relative: string;
  readonly text: string;
}

export interface FoundFiles {
  /** Sorted by `relative`. */
  readonly files: readonly FoundFile[];
  readonly diagnostics: readonly Diagnostic[];
}

const fileLimits = {
  /** Bytes of one file. */
  size: 1024 * 1024,
  /** Policy files in a directory. */
  count: 10_000,
  /** Directories inside one another. */
  depth: 20,
} as const;

/**
 * Every `*.yaml` and `*.yml` below a directory. Dot files and `node_modules` are passed over.
 *
 * @param cwd what paths in messages are relative to; default: the working directory
 */
export async function readPolicyFiles(directory: string, cwd: string = process.cwd()): Promise<FoundFiles> {
  const root = path.resolve(cwd, directory);
  const realRoot = await findRoot(root, directory);
  const diagnostics: Diagnostic[] = [];
  const place = (relative: string) => toSlashes(path.relative(cwd, path.join(root, relative)));
  const report = (code: string, relative: string, message: string) => {
    const source = { file: place(relative) || '.', line: 1, column: 1 };
    diagnostics.push({ code, severity: 'error', message, source });
  };
  const found = await listFiles(realRoot, report);
  for (const { code, path: relative, message } of checkFileNames(found.map(toSlashes))) report(code, relative, message);
  const files: FoundFile[] = [];
  for (const relative of found) {
    const text = await readPolicyText(path.join(realRoot, relative), (code, message) =>
      report(code, relative, message),
    );
    if (text !== undefined) files.push({ path: place(relative), relative: toSlashes(relative), text });
  }
  for (const { relative, text } of [...files]) {
    const written = extendingFiles.includes(relative) ? findExtends(text) : null;
    if (written === null) continue;
    const found = await readExtended(realRoot, written, cwd, (code, message) => report(code, relative, message));
    if (found !== null) files.push({ path: extendedPath(place(relative), written), ...found });
  }
  if (files.length === 0 && diagnostics.length === 0) {
    throw new UserError(`no policy files in ${directory}: no *.yaml or *.yml below it`, {
      hint: 'Write them from what is live with `tollgate import`, or name their directory with --dir.',
    });
  }
  return { files, diagnostics: sortDiagnostics(diagnostics) };
}

/**
 * The file that the organisation file extends, if it is outside the directory: below the top of the repository, where every commit can
 * show it as it is. Outside Git the working directory stands for the repository.
 */
async function readExtended(
  realRoot: string,
  written: string,
  cwd: string,
  report: (code: string, message: string) => void,
): Promise<Pick<FoundFile, 'relative' | 'text'> | null> {
  const top = (await findTop(realRoot)) ?? (await findRealPath(cwd));
  const directory = toSlashes(path.relative(top, realRoot));
  const shown = JSON.stringify(written);
  if (directory === '..' || directory.startsWith('../')) {
    report('extends-outside', `\`extends\`: ${shown} cannot be looked for: this directory is in no repository`);
    return null;
  }
  const place = locateExtended(directory, written);
  if (place === null) {
    const said = `\`extends\`: ${shown} leads out of the repository, into a folder that starts with a dot, or to no YAML file: name one below ${path.basename(top)}/`;
    report('extends-outside', said);
    return null;
  }
  if (isInside(directory, place)) return null;
  const file = path.join(top, place);
  const real = await realpath(file).catch(() => null);
  if (real === null) {
    report('unreadable', `\`extends\`: there is no file ${shown} from here`);
    return null;
  }
  if (real !== file) {
    const said = `\`extends\`: ${shown} is reached through a link, or written in other letters: name the file itself, as Git does`;
    report('extends-outside', said);
    return null;
  }
  if ((await findTop(path.dirname(file))) !== (await findTop(realRoot))) {
    report(
      'repository-inside',
      `\`extends\`: ${shown} is in another Git repository: put the file itself into this one`,
    );
    return null;
  }
  const text = await readPolicyText(file, (code, message) => report(code, `\`extends\`: ${shown}: ${message}`));
  return text === undefined ? null : { relative: toKeptPath(place), text };
}

async function findRoot(root: string, shown: string): Promise<string> {
  try {
    const real = await realpath(root);
    if ((await stat(real)).isDirectory()) return real;
  } catch (cause) {
    const missing = codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ENOTDIR';
    const message = missing
      ? `there is no directory ${shown}`
      : `cannot read the directory ${shown} (${reasonOfFileError(cause)})`;
    throw new UserError(message, {
      hint: 'Write policy files from what is live with `tollgate import`, or name their directory with --dir.',
      cause,
    });
  }
  throw new UserError(`${shown} is a file, not a directory`, { hint: 'Name the directory that holds it with --dir.' });
}

type ReportFile = (code: string, relative: string, message: string) => void;

/** Paths relative to the root, sorted. Links are followed as long as they stay below the root. */
async function listFiles(realRoot: string, report: ReportFile): Promise<readonly string[]> {
  const found: string[] = [];
  let full = false;
  const walk = async (relative: string, ancestors: readonly string[]): Promise<void> => {
    const directory = path.join(realRoot, relative);
    let names: string[];
    try {
      names = (await readdir(directory)).sort(compareText);
    } catch (error) {
      report('unreadable', relative, `cannot read this directory (${codeOf(error)})`);
      return;
    }
    if (relative !== '' && names.some((name) => name.toLowerCase() === '.git')) {
      report(
        'repository-inside',
        relative,
        'this directory is a Git repository of its own: put its files here themselves',
      );
      return;
    }
    for (const name of names) {
      if (full) return;
      if (name.startsWith('.') || name === 'node_modules') continue;
      const inner = path.join(relative, name);
      const kind = await classify(realRoot, inner, ancestors, report);
      if (kind === 'file' && /\.ya?ml$/i.test(name)) found.push(inner);
      else if (kind !== 'file' && kind !== null) await walk(inner, [...ancestors, kind.real]);
      if (found.length > fileLimits.count) {
        full = true;
        report('too-many-files', '', `more than ${fileLimits.count} policy files: name a smaller directory with --dir`);
      }
    }
  };
  await walk('', [realRoot]);
  return full ? [] : found.sort((a, b) => compareText(toSlashes(a), toSlashes(b)));
}

/** A file, a directory with its real path, or null for what is not read. */
async function classify(
  realRoot: string,
  relative: string,
  ancestors: readonly string[],
  report: ReportFile,
): Promise<'file' | { readonly real: string } | null> {
  try {
    const real = await realpath(path.join(realRoot, relative));
    const facts = await stat(real);
    const wanted = facts.isDirectory() || /\.ya?ml$/i.test(relative);
    if (!wanted) return null;
    if (real !== realRoot && !real.startsWith(realRoot + path.sep)) {
      report('link-outside', relative, 'this link leads out of the policies directory: put the file itself here');
      return null;
    }
    if (facts.isDirectory()) {
      if (ancestors.includes(real) || ancestors.length > fileLimits.depth) {
        report('link-loop', relative, 'this directory leads back to one that it is in: take the link out');
        return null;
      }
      return { real };
    }
    if (facts.isFile()) return 'file';
    report('not-a-file', relative, 'this is neither a file nor a directory');
  } catch (error) {
    if (codeOf(error) === 'ELOOP') report('link-loop', relative, 'this link leads to itself: take it out');
    else if (/\.ya?ml$/i.test(relative)) report('unreadable', relative, `cannot read this file (${codeOf(error)})`);
  }
  return null;
}

type ReportText = (code: string, message: string) => void;

/** The text of one file as it is read below a directory; undefined: it cannot be, which is reported. */
export async function readPolicyText(file: string, report: ReportText): Promise<string | undefined> {
  let bytes: Buffer;
  try {
    // Not to wait for somebody who writes, should it be a pipe by now.
    const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const facts = await handle.stat();
      if (!facts.isFile()) {
        report('not-a-file', 'this is neither a file nor a directory');
        return undefined;
      }
      if (isTooLarge(facts.size, report)) return undefined;
      bytes = await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    report('unreadable', `cannot read this file (${codeOf(error)})`);
    return undefined;
  }
  return decodeText(bytes, report);
}

function isTooLarge(size: number, report: ReportText): boolean {
  if (size > fileLimits.size)
    report('file-too-large', `the file has ${size} bytes, more than ${fileLimits.size}: split it`);
  return size > fileLimits.size;
}

/** The same of bytes that came otherwise. */
export function decodeText(bytes: Uint8Array, report: ReportText): string | undefined {
  if (isTooLarge(bytes.length, report)) return undefined;
  try {
    // With its byte order mark, so that an edit gives back every byte; the parser passes over it.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    report('not-utf8', 'the file is not UTF-8 text: save it as UTF-8');
    return undefined;
  }
}

export async function isFolder(file: string): Promise<boolean> {
  return (await stat(file).catch(() => null))?.isDirectory() === true;
}

/** A link that leads nowhere is there. */
export async function isThere(file: string): Promise<boolean> {
  return (await lstat(file).catch(() => null)) !== null;
}

/** Organisation files anywhere below a folder, from it. None where there are more YAML files than any directory of policies has. */
export async function findOrganisationFiles(folder: string): Promise<readonly string[]> {
  const found = (await listFiles(await findRealPath(folder), () => {})).map(toSlashes);
  return found.filter((relative) => extendingFiles.includes(path.posix.basename(relative)));
}

/** Whether a directory holds policy files, readable or not; null: it is not there. */
export async function hasPolicyFiles(directory: string): Promise<boolean | null> {
  const real = await realpath(directory).catch(() => undefined);
  return real === undefined ? null : (await listFiles(real, () => {})).length > 0;
}

/**
 * Whether what is written to this path would be read as a policy file of that directory: by its name, or because a link there leads
 * to it.
 */
export async function isPolicyFileOf(directory: string, file: string): Promise<boolean> {
  const root = await findRealPath(directory);
  const target = await findRealPath(file);
  const named = path.join(await findRealPath(path.dirname(file)), path.basename(file));
  const isBelow = (one: string): boolean => one.startsWith(root + path.sep);
  if ([target, named].some((one) => isBelow(one) && /\.ya?ml$/i.test(one))) return true;
  const isThere = isBelow(target) && (await stat(target).catch(() => null)) !== null;
  const found = isThere ? await listFiles(root, () => {}) : [];
  for (const relative of found) if ((await findRealPath(path.join(root, relative))) === target) return true;
  return false;
}

function toSlashes(file: string): string {
  return file.split(path.sep).join('/');
}
