/** Who serves a state directory: two at once would each write over what the other keeps. */

import { link, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { isProcessAlive, readProcessSpace, readProcessStart } from '../process-space.ts';
import { makeDirectory } from '../real-path.ts';

const fileName = 'emulator.lock';

/** A command with an emulator of its own is done in a moment; one that serves is not waited for. */
const patience = 3_000;
const pause = 25;

/** @returns what gives the directory free again. @throws UserError while another process has it */
export async function lockStateDirectory(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, fileName);
  const id = Math.floor(performance.timeOrigin + performance.now() * 1_000).toString(36);
  const { pid: own } = process;
  const start = readProcessStart(own);
  const mine = JSON.stringify({ pid: own, host: hostname(), space: readProcessSpace(), start, id });
  await openUp(directory);
  for (let waited = 0; ; waited += pause) {
    const isMine = await create(path, mine).catch((cause: unknown) => {
      throw new UserError(`the state in ${directory} cannot be written (${codeOf(cause)})`, { cause });
    });
    if (isMine) {
      return async () => {
        if ((await readText(path)) === mine) await unlink(path).catch(() => undefined);
      };
    }
    const holder = await readText(path);
    if (waited >= patience) {
      throw new UserError(`the state in ${directory} is served by ${describe(holder ?? '')} already`, {
        hint: `Name another directory with --state, or end that one; if it is gone for good, delete ${path}.`,
      });
    }
    if (holder !== null && isGone(holder)) await moveAway(path, holder);
    // What cannot be read or moved away is waited for no longer than a process.
    else await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

async function openUp(directory: string): Promise<void> {
  try {
    await makeDirectory(directory);
  } catch (cause) {
    const isFile = codeOf(cause) === 'EEXIST' || codeOf(cause) === 'ENOTDIR';
    const message = isFile
      ? `there is a file in the place of the directory ${directory}, or on the way to it`
      : `the directory ${directory} cannot be made (${codeOf(cause)})`;
    throw new UserError(message, { hint: 'Name a directory with --state.', cause });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
}

/** With its content or not at all: nobody reads half of it. */
async function create(path: string, text: string): Promise<boolean> {
  const draft = `${path}.${process.pid}`;
  try {
    await writeFile(draft, text);
    await link(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await unlink(draft).catch(() => undefined);
  }
}

/** Looked at again once it is out of the way: somebody else may have put theirs in its place meanwhile. */
async function moveAway(path: string, gone: string): Promise<void> {
  const aside = `${path}.${process.pid}.gone`;
  await rename(path, aside).catch(() => undefined);
  const moved = await readText(aside);
  if (moved !== null && moved !== gone) await link(aside, path).catch(() => undefined);
  await unlink(aside).catch(() => undefined);
}

async function readText(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(() => null);
}

interface Holder {
  readonly pid?: unknown;
  readonly host?: unknown;
  readonly space?: unknown;
  readonly start?: unknown;
}

function parse(text: string): Holder {
  try {
    return (JSON.parse(text) as Holder | null) ?? {};
  } catch {
    return {};
  }
}

/** A process that is certainly no more. Process ids mean something within one boot and namespace alone. */
function isGone(text: string): boolean {
  const { pid, host, space, start } = parse(text);
  if (typeof pid !== 'number' || host !== hostname() || space !== readProcessSpace()) return false;
  return !isProcessAlive(pid, typeof start === 'string' ? start : null);
}

function describe(text: string): string {
  const { pid, host } = parse(text);
  return typeof pid === 'number' ? `process ${pid} on ${String(host)}` : 'another process';
}
