/**
 * The state on disk: one JSON document in a directory, replaced atomically, so that a kill at any moment leaves either the
 * old state or the new one.
 */

import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { makeDirectory } from '../real-path.ts';
import { isObject } from './body.ts';
import { checkSeed } from './check-seed.ts';
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
        throw asUserError(error, `the state in ${directory} cannot be read`);
      }
      return checkSeed(parseState(text, path), `the state ${path}`);
    },
    write(state) {
      const text = `${JSON.stringify({ version: formatVersion, state })}\n`;
      // A failed write must not block the ones after it; its own caller learns of it.
      last = last
        .catch(() => undefined)
        .then(() => replaceFile(directory, path, text))
        .catch((error: unknown) => {
          throw asUserError(error, `the state in ${directory} cannot be written`);
        });
      return last;
    },
  };
}

/** A seed: either a bare state, or a document as `write` leaves it. Collections that are absent are empty. */
export async function readSeedFile(path: string): Promise<Partial<StoreState>> {
  try {
    return checkSeed(parseState(await readFile(path, 'utf8'), path), `the seed ${path}`);
  } catch (cause) {
    throw asUserError(cause, `the seed ${path} cannot be read`);
  }
}

/** A directory that cannot be written, a file that is not there: the user's to put right, not ours. */
function asUserError(cause: unknown, what: string): unknown {
  if (cause instanceof UserError || !(cause instanceof Error) || !('code' in cause)) return cause;
  return new UserError(`${what} (${String(cause.code)})`, { cause });
}

function parseState(text: string, path: string): Partial<StoreState> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${path} is not JSON`, { cause });
  }
  if (!isObject(parsed)) throw new UserError(`${path} does not hold an emulator state: it must be a JSON object`);
  if (!('version' in parsed)) return parsed as Partial<StoreState>;
  if (parsed.version !== formatVersion || !isObject(parsed.state)) {
    throw new UserError(`${path} was written in format ${String(parsed.version)}; this version reads ${formatVersion}`);
  }
  return parsed.state as Partial<StoreState>;
}

async function replaceFile(directory: string, path: string, text: string): Promise<void> {
  await makeDirectory(directory);
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
