import { createHash, randomBytes } from 'node:crypto';
import { link, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { UserError } from '../errors.ts';
import type { AppliedRecord } from '../plan/applied-record.ts';
import { isProcessAlive, readProcessSpace, readProcessStart } from '../process-space.ts';
import { findRealPath, makeDirectory } from '../real-path.ts';
import { readTextIfAny, replaceFile } from '../replace-file.ts';
import { renderStableJson } from '../stable-json.ts';
import { parseRecord, parseStoredJson } from './parse-record.ts';
import { type SealedVersion, type Sealer, sealFile, sealStateOf } from './seal.ts';
import { historyOf, type RecordStore, type StoredRecord, type TextStore } from './store.ts';

export interface FileStoreOptions {
  readonly path: string;
  /**
   * Of a file that others may change, such as one in the repository: seals what is written, and tells what was sealed. Missing:
   * the file is trusted like the folder that it lies in.
   */
  readonly sealer?: Sealer | null | undefined;
  /** Milliseconds to wait for another process that is writing; default 5,000. */
  readonly patience?: number | undefined;
}

/** Milliseconds. */
const usualPatience = 5_000;

/** The record as one JSON document, for work without Git. Its folder is made when first written. */
export function createFileStore({ path, sealer, patience = usualPatience }: FileStoreOptions): RecordStore {
  async function readBytes(): Promise<Buffer | null> {
    try {
      // A device or a pipe in its place has no end, or keeps waiting for somebody who writes.
      if (!(await stat(path)).isFile()) throw new UserError(`the record ${path} is not a file`);
      return await readFile(path);
    } catch (cause) {
      if (cause instanceof UserError) throw cause;
      if (codeOf(cause) === 'ENOENT') return null;
      throw new UserError(`the record ${path} cannot be read (${codeOf(cause)})`, { cause });
    }
  }

  async function read(): Promise<StoredRecord | null> {
    const bytes = await readBytes();
    if (bytes === null) return null;
    const text = bytes.toString('utf8');
    const record = parseRecord(text, path);
    return { record, token: digest(bytes), seal: sealer === undefined ? 'own' : sealStateOf(versionOf(text), sealer) };
  }

  return {
    description: path,

    read,

    async readToken() {
      const bytes = await readBytes();
      return bytes === null ? null : digest(bytes);
    },

    async write(next, expected) {
      const bytes = Buffer.from(renderSealed(next, sealer ?? null));
      await replaceLocked({ path, what: `the record ${path}`, bytes, patience }, async () => {
        const stored = await readBytes();
        if ((stored === null ? null : digest(stored)) !== expected) {
          const what = stored === null ? 'was deleted meanwhile' : 'was changed by another apply';
          throw new UserError(`the record ${path} ${what}`, {
            exit: 'stale',
            hint: 'Plan again.',
          });
        }
      });
      return digest(bytes);
    },

    async lastSealed() {
      const stored = await read();
      return stored?.seal === 'own' ? stored : null;
    },

    history: async () => historyOf(await read()),

    async readAt(token) {
      const stored = await read();
      return stored?.token === token ? stored : null;
    },
  };
}

/** A text that lies beside the record, with the same lock and the same compare-and-swap. */
export function createTextFile(path: string): TextStore {
  const read = async () => {
    const text = await readTextIfAny(path).catch((cause: unknown) => {
      throw new UserError(`${path} cannot be read (${codeOf(cause)})`, { cause });
    });
    return text === null ? null : { text, token: digest(Buffer.from(text)) };
  };
  return {
    description: path,
    read,
    async write(text, expected) {
      const bytes = Buffer.from(text);
      await replaceLocked({ path, what: path, bytes, patience: usualPatience }, async () => {
        if (((await read())?.token ?? null) !== expected) {
          throw new UserError(`${path} was changed by another run`, { exit: 'stale', hint: 'Run it again.' });
        }
      });
      return digest(bytes);
    },
  };
}

interface Replacement {
  readonly path: string;
  /** For messages. */
  readonly what: string;
  readonly bytes: Buffer;
  readonly patience: number;
}

/** @param check under the lock: rejects where the file is not as it was read */
async function replaceLocked({ path, what, bytes, patience }: Replacement, check: () => Promise<void>): Promise<void> {
  try {
    // Through a link to the file behind it: two names of one record must not become two records, nor have a lock each.
    const target = await findRealPath(path);
    await makeDirectory(dirname(target));
    const release = await takeLock(`${target}.lock`, path, patience);
    try {
      await check();
      await replaceFile(target, bytes);
    } finally {
      await release();
    }
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError(`${what} cannot be written (${codeOf(cause)})`, { cause });
  }
}

/** The seal is a member of the document, over all the others: a file has no version before it. */
function renderSealed(record: AppliedRecord, sealer: Sealer | null): string {
  const text = renderStableJson(record);
  if (sealer === null) return text;
  return renderStableJson({ ...record, seal: sealer.seal(versionOf(text)) });
}

function versionOf(text: string): SealedVersion {
  const { seal, ...document } = parseStoredJson(text, 'the record') as Readonly<Record<string, unknown>>;
  const files = new Map([['record.json', renderStableJson(document)]]);
  if (seal !== undefined) files.set(sealFile, JSON.stringify(seal));
  return { files, parent: null, place: 'file' };
}

/** A lock is never without its holder: what is empty is left of a disk that was full, or of a crash. */
const nobodysMilliseconds = 1_000;

/**
 * Made beside it and then linked, which fails where there is one: so it appears with its content or not at all. The content
 * says who holds it, for messages and to tell a dead holder from a slow one.
 */
async function takeLock(lock: string, path: string, patience: number): Promise<() => Promise<void>> {
  const id = randomBytes(6).toString('hex');
  const { pid: own } = process;
  const start = readProcessStart(own);
  const mine = JSON.stringify({ pid: own, host: hostname(), space: readProcessSpace(), start, id });
  const begun = performance.now();
  /** Since when the lock has had no holder. */
  let nobodysSince: number | null = null;
  for (;;) {
    if (await createLinked(lock, mine, id)) {
      return async () => {
        // Ours still, unless somebody took us for dead.
        if ((await readLock(lock)) === mine) await unlink(lock).catch(() => undefined);
      };
    }
    const holder = await readLock(lock);
    if (holder === null) continue;
    const waited = performance.now() - begun;
    const { pid, host } = parseHolder(holder);
    nobodysSince = pid === undefined && host === undefined ? (nobodysSince ?? waited) : null;
    if (isDead(holder) || (nobodysSince !== null && waited - nobodysSince >= nobodysMilliseconds)) {
      await breakLock(lock, holder);
    } else if (waited >= patience && nobodysSince === null) {
      throw new UserError(`the record ${path} is locked by ${describeHolder(holder)}`, {
        exit: 'stale',
        hint: `Wait for it to end; if it is gone for good, delete ${lock}.`,
      });
    } else {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

/** What file systems without hard links say. */
const linkless: ReadonlySet<string> = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP']);

async function createAtOnce(name: string, content: string): Promise<boolean> {
  try {
    await writeFile(name, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    await unlink(name).catch(() => undefined);
    throw error;
  }
}

/** False when there is a file of that name already. */
async function createLinked(name: string, content: string, id: string): Promise<boolean> {
  const draft = `${name}.${id}`;
  try {
    await writeFile(draft, content, { flag: 'wx' });
    await link(draft, name);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    if (!linkless.has(codeOf(error))) throw error;
    return createAtOnce(name, content);
  } finally {
    await unlink(draft).catch(() => undefined);
  }
}

/**
 * Moved aside before it is deleted, and looked at again: between reading a dead lock and deleting it another process may
 * have broken it and taken its own, which goes back to its place.
 */
async function breakLock(lock: string, dead: string): Promise<void> {
  const aside = `${lock}.${randomBytes(6).toString('hex')}`;
  try {
    await rename(lock, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  if ((await readLock(aside)) !== dead) await link(aside, lock).catch(() => undefined);
  await unlink(aside).catch(() => undefined);
}

async function readLock(lock: string): Promise<string | null> {
  try {
    return await readFile(lock, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

interface Holder {
  readonly pid?: number;
  readonly host?: string;
  readonly space?: string;
  /** Of the process. */
  readonly start?: string;
}

/** Nobody where the text is none of ours. */
function parseHolder(text: string): Holder {
  try {
    const { pid, host, space, start }: Readonly<Record<string, unknown>> = JSON.parse(text) ?? {};
    if (typeof pid !== 'number' || typeof host !== 'string') return {};
    return {
      pid,
      host,
      ...(typeof space === 'string' ? { space } : {}),
      ...(typeof start === 'string' ? { start } : {}),
    };
  } catch {
    return {};
  }
}

/** Of another machine, boot or container nobody can tell, though its name be the same. */
function isDead(text: string): boolean {
  const { pid, host, space, start = null } = parseHolder(text);
  return pid !== undefined && host === hostname() && space === readProcessSpace() && !isProcessAlive(pid, start);
}

function describeHolder(text: string): string {
  const { pid, host } = parseHolder(text);
  return pid === undefined ? 'an unknown process' : `process ${pid} on ${host}`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
