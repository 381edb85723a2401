/**
 * The state on disk: one JSON document in a directory, replaced atomically, so that a kill at any moment leaves either the
 * old state or the new one.
 */

import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject } from './body.ts';
import type { StoreState } from './store.ts';

const fileName = 'emulator-state.json';
const formatVersion = 1;

export interface StateDirectory {
  /** The state last written; undefined: never written. */
  read(): Promise<Partial<StoreState> | undefined>;
  /** Resolves once the state is on disk. Calls are carried out in order. */
  write(state: StoreState): Promise<void>;
}

export function openStateDirectory(directory: string): StateDirectory {
  const path = join(directory, fileName);
  let last: Promise<void> = Promise.resolve();
  return {
    async read() {
      let text: string;
      try {
        text = await readFile(path, 'utf8');
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
      return parseState(text, path);
    },
    write(state) {
      const text = `${JSON.stringify({ version: formatVersion, state })}\n`;
      // A failed write must not block the ones after it; its own caller learns of it.
      last = last.catch(() => undefined).then(() => replaceFile(directory, path, text));
      return last;
    },
  };
}

/** A seed: either a bare state, or a document as `write` leaves it. Collections that are absent are empty. */
export async function readSeedFile(path: string): Promise<Partial<StoreState>> {
  return parseState(await readFile(path, 'utf8'), path);
}

function parseState(text: string, path: string): Partial<StoreState> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new Error(`${path} is not JSON`, { cause });
  }
  if (!isObject(parsed)) throw new Error(`${path} does not hold an emulator state: it must be a JSON object`);
  if (!('version' in parsed)) return parsed as Partial<StoreState>;
  if (parsed.version !== formatVersion || !isObject(parsed.state)) {
    throw new Error(`${path} was written in format ${String(parsed.version)}; this version reads ${formatVersion}`);
  }
  return parsed.state as Partial<StoreState>;
}

async function replaceFile(directory: string, path: string, text: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const temporary = `${path}.tmp`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
