/**
 * Where a path leads. Every room that reads or writes what a person named goes by this, so that one file has one name. And the
 * directories on the way to it.
 */

import { lstat, mkdir, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/** As many as the kernel follows. */
const mostLinks = 40;

/**
 * Through every link on the way and in its place, also where what it names is not there yet: that is where a program that writes
 * to it would make it. A link that leads back to itself stays as it is, and whoever opens it hears of it.
 */
export async function findRealPath(path: string, links: number = mostLinks): Promise<string> {
  const whole = resolve(path);
  const found = await realpath(whole).catch(() => null);
  if (found !== null || dirname(whole) === whole) return found ?? whole;
  const place = join(await findRealPath(dirname(whole)), basename(whole));
  const next = await readlink(place).catch(() => null);
  if (next === null || links === 0) return place;
  return findRealPath(resolve(dirname(place), next), links - 1);
}

/** The folder itself, or the nearest above it that is there: what is yet to be made will lie in its repository. */
export async function findFolder(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => null);
  return found?.isDirectory() === true || dirname(folder) === folder ? folder : findFolder(dirname(folder));
}

/** Top of the repository that a directory is in; null: it is in none. */
export async function findTop(directory: string): Promise<string | null> {
  if ((await lstat(join(directory, '.git')).catch(() => null)) !== null) return directory;
  const above = dirname(directory);
  return above === directory ? null : findTop(above);
}

/**
 * Makes a directory and those that it is in; one that is there is fine. Node's own `recursive` never ends below a directory such as
 * `/proc`, which answers that what is to be made there is not there.
 */
export async function makeDirectory(path: string, mayClimb = true): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const parent = dirname(path);
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (isMissing && mayClimb && parent !== path) {
      await makeDirectory(parent);
      return makeDirectory(path, false);
    }
    const isThere = await stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (!isThere) throw error;
  }
}
