/** Files that somebody names, by a flag or as a place to write to: read whole, and replaced whole. */

import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, lstat, open, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors.ts';
import { findRealPath, makeDirectory } from '../real-path.ts';

/** Bytes of a file that a flag names. The plan of ten thousand policies has a tenth of it. */
const mostNamed = 256 * 1024 * 1024;

/** A plan file, or any other text that a flag names. */
export async function readNamedFile(file: string, shown: string): Promise<string> {
  const size = (await stat(file).catch(() => null))?.size ?? 0;
  if (size > mostNamed) throw new UserError(`cannot read ${shown}: it has ${size} bytes, more than ${mostNamed}`);
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new UserError(`cannot read ${shown} (${reasonOfFileError(cause)})`, { cause });
  }
}

/**
 * Writes files into a directory that is empty or not there yet; all paths are checked before the first is written.
 *
 * @param files paths below the directory → texts
 * @param shown the directory as messages name it
 */
export async function writeIntoEmpty(
  directory: string,
  files: Readonly<Record<string, string>>,
  shown: string,
): Promise<void> {
  const root = path.resolve(directory);
  const names = await readdir(root).catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT') return [];
    throw new UserError(
      codeOf(cause) === 'ENOTDIR' ? `${shown} is a file, not a directory` : `cannot read ${shown} (${codeOf(cause)})`,
      { cause },
    );
  });
  if (names.length > 0) {
    throw new UserError(`${shown} is not empty`, { hint: 'Name an empty directory, or one that is not there yet.' });
  }
  const targets = Object.entries(files).map(([relative, text]) => ({ target: path.resolve(root, relative), text }));
  const outside = targets.find(({ target }) => !target.startsWith(root + path.sep));
  if (outside !== undefined) throw new UserError(`a path leads out of ${shown}: nothing was written`);
  for (const { target, text } of targets) await writeFileAtomic(target, text);
}

/**
 * What a flag names: a file only where its folder is, replaced whole and behind its link. A pipe or a device is written straight:
 * a rename would put a file in its place (`--out /dev/full`, as root).
 *
 * @throws UserError
 */
export async function writeNamedFile(file: string, text: string, shown: string): Promise<void> {
  const isStraight = await requireWritable(file, shown);
  try {
    if (isStraight) await writeStraight(file, text);
    else await writeFileAtomic(await findRealPath(file), text);
  } catch (cause) {
    const why = codeOf(cause) === 'ENXIO' ? 'nobody reads this pipe: start its reader first' : reasonOfFileError(cause);
    throw new UserError(`cannot write ${shown} (${why})`, { cause });
  }
}

/**
 * That something may be written there, before the work is done whose result it is to hold.
 *
 * @returns whether it is not a file that could be replaced
 * @throws UserError
 */
export async function requireWritable(file: string, shown: string): Promise<boolean> {
  const refuse = (why: string, hint = 'Name a file in a directory that is there.'): never => {
    throw new UserError(`cannot write ${shown}: ${why}`, { hint });
  };
  // A closing slash means a directory.
  if (/[/\\]$/.test(shown)) refuse('it is the name of a directory');
  const found = await stat(file).catch((error: unknown) => (codeOf(error) === 'ELOOP' ? refuse(loop) : null));
  if (found === null) {
    const folder = await stat(path.dirname(await findRealPath(file))).catch(() => null);
    if (folder === null || !folder.isDirectory()) refuse('its directory is not there');
    return false;
  }
  if (found.isDirectory()) refuse('it is a directory');
  if (found.isSocket()) refuse('it is a socket');
  if (!(await mayWrite(file, found.mode))) {
    refuse('it may only be read', 'Allow it to be written (`chmod u+w`), or name another file.');
  }
  // What a process has open under such a name is not to be replaced, even if it is a file.
  return !found.isFile() || /^\/(?:dev|proc)\//.test(file);
}

/** Who is root may write everything, and means no file that nobody may write. */
async function mayWrite(file: string, mode: number): Promise<boolean> {
  if ((mode & 0o222) === 0) return false;
  return access(file, constants.W_OK).then(
    () => true,
    () => false,
  );
}

/** A pipe that nobody reads is refused: a process that waits for a reader cannot even be ended by a signal. */
async function writeStraight(file: string, text: string): Promise<void> {
  const handles: FileHandle[] = [];
  try {
    // With a reader there, the second opening does not wait, and unlike the first its writes wait for the reader.
    handles.push(await open(file, constants.O_WRONLY | (constants.O_NONBLOCK ?? 0)));
    handles.push(await open(file, constants.O_WRONLY | constants.O_APPEND));
    await handles[1]?.writeFile(text, 'utf8');
  } finally {
    for (const handle of handles) await handle.close();
  }
}

/**
 * Files that are not there yet, all of them or none: one that somebody else makes meanwhile is never replaced.
 *
 * @param shown a path as messages name it
 */
export async function writeNewFiles(
  files: readonly { readonly path: string; readonly shown: string; readonly text: string }[],
): Promise<void> {
  const written: string[] = [];
  try {
    for (const { path: file, shown, text } of files) {
      try {
        await makeDirectory(path.dirname(file));
        const handle = await open(file, 'wx');
        written.push(file);
        await handle.writeFile(text, 'utf8');
        await handle.sync();
        await handle.close();
      } catch (cause) {
        throw new UserError(`cannot write ${shown} (${reasonOfFileError(cause)}): nothing was written`, { cause });
      }
    }
  } catch (error) {
    for (const file of written) await rm(file, { force: true });
    throw error;
  }
}

/** Names in a directory, of which it may be that it is not there; null: it is something else. */
export async function listNamesIn(directory: string): Promise<readonly string[] | null> {
  return readdir(directory).catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT') return [];
    if (codeOf(cause) === 'ENOTDIR') return null;
    throw new UserError(`cannot read ${directory} (${reasonOfFileError(cause)})`, { cause });
  });
}

/** @throws UserError */
export async function removeNamedFile(file: string, shown: string): Promise<void> {
  try {
    await rm(file);
  } catch (cause) {
    throw new UserError(`cannot delete ${shown} (${reasonOfFileError(cause)})`, { cause });
  }
}

/**
 * Writes beside the file and renames, so that no reader ever sees half of it. Makes the directories it needs. Replaces a file
 * and nothing else, and who may read the old one may read the new one, nobody more.
 */
export async function writeFileAtomic(file: string, text: string): Promise<void> {
  const target = await findTarget(file);
  const directory = path.dirname(target);
  await makeDirectory(directory);
  const temporary = path.join(directory, `.${path.basename(target).slice(0, 100)}.${randomUUID()}.tmp`);
  const old = await stat(target).catch(() => null);
  const mode = old === null ? null : old.mode & 0o777;
  try {
    const handle = await open(temporary, 'wx', mode ?? undefined);
    try {
      // What is set at the opening is less what the process masks.
      if (mode !== null) await handle.chmod(mode);
      await handle.writeFile(text, 'utf8');
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Through a link to the file behind it: the link stays. */
async function findTarget(file: string): Promise<string> {
  const found = await lstat(file).catch(() => null);
  if (found === null || found.isFile()) return file;
  const real = await realpath(file).catch(() => null);
  if (real !== null && (await stat(real)).isFile()) return real;
  throw new UserError(`cannot write ${file}: it is not a regular file`);
}

const loop = 'a link there leads back to itself';

/** For messages. */
export function reasonOfFileError(error: unknown): string {
  const code = codeOf(error);
  return code === 'ELOOP' ? loop : code;
}

/** `ENOENT`, or words where there is no code. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'unknown reason';
}
