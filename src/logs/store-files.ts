/** Files of a store: readable by their owner alone, and there whole or not at all. */

import { chmod, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors.ts';
import { escapeInvisible } from '../printable.ts';
import { makeDirectory } from '../real-path.ts';
import { hashFile, replaceFile } from '../replace-file.ts';
import { manifestPathOf, partPathOf } from './export-to-file.ts';
import { type KeptDay, renderStoreManifest, type StoreManifest, storeManifestPath } from './store.ts';

/** @throws UserError where there is no place for it */
export async function openFolder(folder: string): Promise<void> {
  try {
    await makeDirectory(folder);
    await chmod(folder, 0o700);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new UserError(`the folder ${escapeInvisible(folder)} cannot be made (${code})`, {
      hint: 'Name another folder with --store.',
      cause,
    });
  }
}

/** The calls of people are nothing for a repository: Git passes over the folder, whoever adds all that there is. */
export async function keepFromGit(folder: string): Promise<void> {
  const file = inFolder(folder, '.gitignore');
  if ((await sizeOf(file)) === null) await replaceFile(file, Buffer.from('*\n'));
}

/** Its name changes once its bytes are on the disk. */
export async function moveInto(from: string, to: string): Promise<void> {
  await chmod(from, 0o600);
  const file = await open(from, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(from, to);
}

export async function writeStoreManifest(folder: string, manifest: StoreManifest): Promise<void> {
  const target = storeManifestPath(folder);
  await replaceFile(target, renderStoreManifest(manifest));
  await chmod(target, 0o600);
}

export async function sizeOf(file: string): Promise<number | null> {
  return (await stat(file).catch(() => null))?.size ?? null;
}

/** Whether the file of a day is what was written; a day without calls has none. */
export async function isIntact(folder: string, { file, bytes, sha256 }: KeptDay): Promise<boolean> {
  if (file === null) return true;
  const place = inFolder(folder, file);
  return (await sizeOf(place)) === bytes && (await hashFile(place)) === sha256;
}

export async function listNames(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}

export async function removeFile(file: string): Promise<void> {
  await rm(file, { force: true });
}

/** An export, with its manifest and what there is of it so far. */
export async function removeExport(file: string): Promise<void> {
  for (const one of [file, partPathOf(file), manifestPathOf(file)]) await removeFile(one);
}

export function inFolder(folder: string, name: string): string {
  return path.join(folder, name);
}
