/** Price files on disk: a folder of them, and the copies of those that were fetched. Nothing else in this folder touches it. */

import { constants } from 'node:fs';
import { lstat, open, realpath } from 'node:fs/promises';
import path from 'node:path';

export type DiskFile =
  | { readonly status: 'read'; readonly text: string; readonly changed: Date }
  | { readonly status: 'missing' }
  | { readonly status: 'failed'; readonly why: string };

/**
 * @param mostBytes a longer file is not read
 * @param within a folder that the file must lie in, links followed
 */
export async function readPriceText(file: string, mostBytes: number, within?: string): Promise<DiskFile> {
  try {
    const real = within === undefined ? file : await findWithin(within, file);
    // The same word for all: nobody learns what lies outside.
    if (real === null) return { status: 'missing' };
    // Not to wait for somebody who writes, should it be a pipe by now; and no link, should it have become one.
    const flags =
      constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (within === undefined ? 0 : (constants.O_NOFOLLOW ?? 0));
    const handle = await open(real, flags);
    try {
      const facts = await handle.stat();
      if (!facts.isFile()) return { status: 'failed', why: 'it is not a file' };
      if (facts.size > mostBytes)
        return { status: 'failed', why: `it has ${facts.size} bytes, more than ${mostBytes}` };
      return { status: 'read', text: await handle.readFile('utf8'), changed: facts.mtime };
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    return code === 'ENOENT' ? { status: 'missing' } : { status: 'failed', why: `it cannot be read (${String(code)})` };
  }
}

/** The real path of what lies in a folder, links followed; null where it leads out, or nowhere. */
export async function findWithin(folder: string, file: string): Promise<string | null> {
  try {
    const [top, real] = await Promise.all([realpath(folder), realpath(file)]);
    return real === top || real.startsWith(top.endsWith(path.sep) ? top : top + path.sep) ? real : null;
  } catch {
    return null;
  }
}

/** The repository that a folder is in: the nearest one above that holds `.git`; null where none does. */
export async function findRepositoryRoot(folder: string): Promise<string | null> {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const found = await lstat(path.join(at, '.git')).catch(() => null);
    if (found !== null) return at;
    if (path.dirname(at) === at) return null;
  }
}

/**
 * Where this user's copies live: XDG_CACHE_HOME, or what the system has instead. Null where there is no home to put them in.
 *
 * @param what of
 * @param platform as `process.platform`
 */
export function findCacheFolder(
  env: Readonly<Record<string, string | undefined>>,
  what: 'prices' | 'policies',
  platform: string = process.platform,
): string | null {
  // The specification says to ignore a relative path.
  const absolute = (folder: string | undefined): string | null =>
    folder !== undefined && path.isAbsolute(folder) ? folder : null;
  const home = absolute(env.HOME);
  const under = (folder: string | null, ...names: readonly string[]): string | null =>
    folder === null ? null : path.join(folder, ...names, 'tollgate', what);
  const own = under(absolute(env.XDG_CACHE_HOME));
  if (own !== null) return own;
  if (platform === 'win32') return under(absolute(env.LOCALAPPDATA));
  return platform === 'darwin' ? under(home, 'Library', 'Caches') : under(home, '.cache');
}
