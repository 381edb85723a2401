/** Price files on disk: a folder of them, and the copies of those that were fetched. Nothing else in this folder touches it. */

import { open } from 'node:fs/promises';
import path from 'node:path';

export type DiskFile =
  | { readonly status: 'read'; readonly text: string; readonly changed: Date }
  | { readonly status: 'missing' }
  | { readonly status: 'failed'; readonly why: string };

/** @param mostBytes a longer file is not read */
export async function readPriceText(file: string, mostBytes: number): Promise<DiskFile> {
  try {
    const handle = await open(file, 'r');
    try {
      const facts = await handle.stat();
      if (!facts.isFile()) return { status: 'failed', why: 'it is no file' };
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

/**
 * Where this user's copies live: XDG_CACHE_HOME, or what the system has instead. Null where there is no home to put them in.
 *
 * @param platform as `process.platform`
 */
export function findCacheFolder(
  env: Readonly<Record<string, string | undefined>>,
  platform: string = process.platform,
): string | null {
  // The specification says to ignore a relative path.
  const absolute = (folder: string | undefined): string | null =>
    folder !== undefined && path.isAbsolute(folder) ? folder : null;
  const home = absolute(env.HOME);
  const under = (folder: string | null, ...names: readonly string[]): string | null =>
    folder === null ? null : path.join(folder, ...names, 'tollgate', 'prices');
  const own = under(absolute(env.XDG_CACHE_HOME));
  if (own !== null) return own;
  if (platform === 'win32') return under(absolute(env.LOCALAPPDATA));
  return platform === 'darwin' ? under(home, 'Library', 'Caches') : under(home, '.cache');
}
