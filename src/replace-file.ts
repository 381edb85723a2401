import { createHash, randomBytes } from 'node:crypto';
import { open, readFile, rename, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/** All or nothing, also when the machine loses power: the name changes only once the bytes are on disk. */
export async function replaceFile(path: string, bytes: Buffer): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  // The rename itself; some file systems refuse to sync a folder, and then there is nothing more to do.
  const folder = await open(dirname(path), 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

/** A file that is written bit by bit beside the one that it becomes, and gone on with after an interruption. */
export interface GrowingFile {
  readonly bytes: number;
  append(text: string): Promise<void>;
  /** Takes back what was written behind a place. */
  cutTo(bytes: number): Promise<void>;
  /** So far, as it is on the disk. */
  save(): Promise<void>;
  /** All of it, then its name. @returns its SHA-256 */
  finish(path: string): Promise<string>;
  close(): Promise<void>;
}

const gathered = 256 * 1024;

/** @returns null where less than `keep` bytes are there: what was kept is not to be trusted */
export async function openGrowingFile(path: string, keep: number): Promise<GrowingFile | null> {
  if (keep > 0 && ((await stat(path).catch(() => null))?.size ?? 0) < keep) return null;
  const file = await open(path, keep > 0 ? 'r+' : 'w');
  await file.truncate(keep);
  let written = keep;
  let waiting = '';
  let waitingBytes = 0;
  const flush = async (): Promise<void> => {
    if (waiting === '') return;
    const bytes = Buffer.from(waiting);
    waiting = '';
    waitingBytes = 0;
    await file.write(bytes, 0, bytes.length, written);
    written += bytes.length;
  };
  return {
    get bytes() {
      return written + waitingBytes;
    },
    async append(text) {
      waiting += text;
      waitingBytes += Buffer.byteLength(text);
      if (waitingBytes >= gathered) await flush();
    },
    async cutTo(bytes) {
      await flush();
      await file.truncate(bytes);
      written = bytes;
    },
    async save() {
      await flush();
      await file.sync();
    },
    async finish(target) {
      await flush();
      await file.sync();
      const hash = await hashFile(path);
      await rename(path, target);
      return hash;
    },
    close: () => file.close(),
  };
}

export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'r');
  for await (const chunk of file.createReadStream()) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Null: there is no such file. */
export async function readTextIfAny(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === 'ENOENT') return null;
    throw error;
  }
}

export async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
