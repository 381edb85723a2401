/** Lines of a file as they are, for what the database does not say: where a line stands, and whether a packed file is whole. */

import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { parseObject } from './log-row.ts';

export interface FileLine {
  /** From 1. */
  readonly number: number;
  /** Without its end; its beginning, where it is longer than any row. */
  readonly raw: Buffer;
  readonly bytes: number;
}

export type Wholeness = 'whole' | 'broken off' | 'damaged';

/** Kept of one line; what is longer is not looked at. */
const most = 16 * 1024 * 1024;

/**
 * Each line, blank ones too, to the end of what can be unpacked.
 *
 * @returns what the end is like
 */
export async function* readLines(path: string, isPacked: boolean): AsyncGenerator<FileLine, Wholeness> {
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  const stream = isPacked ? file.pipe(createGunzip()) : file;
  let rest: Buffer[] = [];
  let bytes = 0;
  let number = 0;
  const end = (): FileLine => {
    number += 1;
    const line = { number, raw: Buffer.concat(rest), bytes };
    rest = [];
    bytes = 0;
    return line;
  };
  const add = (piece: Buffer): void => {
    if (bytes < most) rest.push(piece.subarray(0, most - bytes));
    bytes += piece.length;
  };
  let wholeness: Wholeness = 'whole';
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      let from = 0;
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
        add(chunk.subarray(from, at));
        yield end();
        from = at + 1;
      }
      add(chunk.subarray(from));
    }
  } catch (error) {
    wholeness = wholenessOf(error);
  } finally {
    file.destroy();
  }
  if (bytes > 0) yield end();
  return wholeness;
}

/**
 * Whether a packed file is whole. The database does not look, and unpacking all of it to see takes as long as reading the rows: so
 * where the size that stands at its end is likely that of so many rows, by the length of the first ones, it is taken to be.
 *
 * @param rows that were read of it; null: nothing is taken for granted
 */
export async function checkWhole(path: string, rows: number | null): Promise<Wholeness> {
  if (rows !== null && (await seemsWhole(path, rows))) return 'whole';
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  const unpacked = file.pipe(createGunzip());
  try {
    unpacked.resume();
    await finished(unpacked);
    return 'whole';
  } catch (error) {
    return wholenessOf(error);
  } finally {
    file.destroy();
  }
}

const looked = 512 * 1024;

async function seemsWhole(path: string, rows: number): Promise<boolean> {
  let lines = 0;
  let bytes = 0;
  for await (const line of readLines(path, true)) {
    lines += 1;
    bytes += line.bytes + 1;
    if (bytes > looked) break;
  }
  if (bytes <= looked) return false;
  const likely = (bytes / lines) * rows;
  const said = await readLastNumber(path);
  return likely < 2 ** 31 && said > likely * 0.7 && said < likely * 1.4;
}

/** The size of what was packed, where the file ends as it has to. */
async function readLastNumber(path: string): Promise<number> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const tail = await file.read(Buffer.alloc(4), 0, 4, size - 4);
    return tail.buffer.readUInt32LE(0);
  } finally {
    await file.close();
  }
}

/** @throws what is not about what is in the file */
function wholenessOf(error: unknown): Wholeness {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'Z_BUF_ERROR') return 'broken off';
  if (code === 'Z_DATA_ERROR') return 'damaged';
  throw error;
}

/** The database passes over lines of blanks alone. */
export function isBlank({ raw }: FileLine): boolean {
  return raw.every((byte) => byte === 32 || byte === 9 || byte === 13);
}

/** As the database takes it: with what other writers write where there is no number, and commas that end a list. */
export function parseRow({ raw, number }: FileLine): Readonly<Record<string, unknown>> | null {
  const text = raw.toString('utf8').replace(number === 1 ? /^\ufeff/ : /^(?!)/, '');
  const odd = /"(?:[^"\\]|\\.)*"|-?(?:NaN|Infinity)|,(?=\s*[}\]])/g;
  return (
    parseObject(text) ?? parseObject(text.replace(odd, (part) => (part[0] === '"' ? part : part === ',' ? '' : 'null')))
  );
}

/**
 * The same lines, but what is not a JSON object is an empty one, which is not a row either: the database goes on reading behind the
 * end of a line that breaks off, and would lose the next one with it. No line is longer than it can hold.
 */
export async function copyReadable(path: string, isPacked: boolean, to: string): Promise<void> {
  const out = createWriteStream(to);
  for await (const line of readLines(path, isPacked)) {
    const isRow = line.bytes < most && (isBlank(line) || parseRow(line) !== null);
    const written = out.write(Buffer.concat([isRow ? line.raw : Buffer.from('{}'), Buffer.from('\n')]));
    if (!written) await new Promise<void>((resolve) => out.once('drain', resolve));
  }
  out.end();
  await finished(out);
}
