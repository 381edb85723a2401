/**
 * `extends:` of the organisation file: which file of the repository is meant. Files are found on the disk, in commits and in trees, each
 * by a room of its own, and all go by what stands here. What the grammar makes of the file is the grammar's matter.
 */

import { dirname, join, normalize } from 'node:path/posix';

/** The organisation file that may extend another: at the top of the policies' directory, so that it is found in a tree at a glance. */
export const extendingFiles: readonly string[] = ['org.yaml', 'org.yml'];

/** What is written there, from the text alone: on a line of its own. The grammar refuses every other way to write it. */
export function findExtends(text: string): string | null {
  const [, double, single, plain] =
    /^extends:[ \t]+(?:"([^"\\\r\n]*)"|'([^'\r\n]*)'|([^\s"'#][^\s#]*))[ \t]*(?:#.*)?\r?$/m.exec(text) ?? [];
  return double ?? single ?? plain ?? null;
}

/**
 * The file's path from the top of the repository; null: it may not be there. Nothing outside is, and no folder that is passed over.
 *
 * @param directory of the policies from the top of the repository, `''` for the top itself
 */
export function locateExtended(directory: string, written: string): string | null {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (written === '' || written.length > 1024 || /^[/~]|[\\:\x00-\x1f\x7f]/.test(written)) return null;
  const path = normalize(join(directory, written));
  const isSound = path.split('/').every((part) => part !== '' && !part.startsWith('.') && part !== 'node_modules');
  return isSound && /\.ya?ml$/i.test(path) ? path : null;
}

/** What a file of the directory extends outside of it: as it is written there, and as a path from the top of the repository. */
export interface ExtendedOutside {
  readonly written: string;
  readonly place: string;
}

/**
 * Null: the file extends none, or one that may not be there, or that is read with the others anyway.
 *
 * @param file from the directory
 */
export function findOutside(directory: string, file: string, text: string): ExtendedOutside | null {
  const written = extendingFiles.includes(file) ? findExtends(text) : null;
  const place = written === null ? null : locateExtended(directory, written);
  return written === null || place === null || isInside(directory, place) ? null : { written, place };
}

/** Whether it is read with the others anyway. */
export function isInside(directory: string, path: string): boolean {
  return directory === '' || path.startsWith(`${directory}/`);
}

/** The file as a path next to the file that names it, as both are called in messages. */
export function extendedPath(file: string, written: string): string {
  return normalize(join(dirname(file), written));
}

/** Where a record keeps a file from outside the directory: in a folder that is never read as one of policies. */
const kept = '.extends/';

export function toKeptPath(path: string): string {
  return kept + path;
}

/** From the top of the repository; null: it is of the directory itself. */
export function fromKeptPath(relative: string): string | null {
  return relative.startsWith(kept) ? relative.slice(kept.length) : null;
}

/** The same of a path from the policies' directory. */
export function keptPathOf(directory: string, path: string): string {
  return path.startsWith('../') ? toKeptPath(normalize(join(directory, path))) : path;
}
