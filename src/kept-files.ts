/** The folder in which this user's machine keeps what policy files were read as (policy/kept-texts.ts). Never a reason to fail. */

import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { findCiRun } from './checkout/ci-run.ts';
import { findCacheFolder } from './prices/files.ts';
import { replaceFile } from './replace-file.ts';
import type { KeptFiles } from './run/session.ts';

/** Bytes of one directory's; a larger one is neither read nor written. */
const most = 64 * 1024 * 1024;
/** Directories, of which the ones that were written last stay. */
const mostFiles = 8;

/**
 * Undefined where it is not to be used: switched off, without a key, on Windows, where nobody else can be shut out by a mode, and
 * on CI, where such a folder is restored from what another run left, that of a pull request perhaps.
 *
 * @param build what reads policy files, to the last change of its code; undefined: not known
 */
export function openKeptFiles(
  env: Readonly<Record<string, string | undefined>>,
  build: string | undefined,
): KeptFiles | undefined {
  const { PORTKEY_API_KEY: secret, TOLLGATE_FILE_CACHE: wanted } = env;
  const folder = findCacheFolder(env, 'policies');
  if (wanted === 'off' || !secret || build === undefined || folder === null) return undefined;
  if (process.getuid === undefined || findCiRun(env) !== null) return undefined;
  const fileOf = (directory: string): string =>
    join(folder, `${createHash('sha256').update(directory).digest('hex')}.kept`);
  return {
    secret,
    build: `${build} ${process.versions.v8}`,
    async read(directory) {
      try {
        if (!(await isOwn(folder))) return null;
        const handle = await open(fileOf(directory), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
        try {
          const { size, uid, isFile } = await statOf(handle);
          return isFile && uid === process.getuid?.() && size <= most ? await handle.readFile() : null;
        } finally {
          await handle.close();
        }
      } catch {
        return null;
      }
    },
    async write(directory, bytes) {
      try {
        if (bytes.length > most) return;
        await mkdir(folder, { recursive: true, mode: 0o700 });
        if (!(await isOwn(folder))) return;
        await replaceFile(fileOf(directory), bytes);
        await dropOld(folder);
      } catch {
        // The next run reads the files.
      }
    },
  };
}

async function statOf(handle: Awaited<ReturnType<typeof open>>) {
  const facts = await handle.stat();
  return { size: facts.size, uid: facts.uid, isFile: facts.isFile() };
}

/** This user's alone, and no link to elsewhere. */
async function isOwn(folder: string): Promise<boolean> {
  const facts = await lstat(folder);
  return facts.isDirectory() && facts.uid === process.getuid?.() && (facts.mode & 0o077) === 0;
}

async function dropOld(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => /^[0-9a-f]{64}\.kept(?:\.[0-9a-f]{12}\.tmp)?$/.test(name));
  const files = await Promise.all(
    names.map(async (name) => ({ file: join(folder, name), written: (await lstat(join(folder, name))).mtimeMs })),
  );
  const old = files.sort((a, b) => b.written - a.written).slice(mostFiles);
  await Promise.all(old.map(({ file }) => unlink(file)));
}
