/** Which files a name means, what form they have, and what their manifests say of them. */

import { open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors.ts';
import { escapeInvisible } from '../printable.ts';
import { readTextIfAny } from '../replace-file.ts';
import { type Database, quoteText } from './duckdb.ts';
import { manifestPathOf } from './export-to-file.ts';
import { type Manifest, parseManifest } from './manifest.ts';

export interface RowsFile {
  /** As it was named, or found below what was named. */
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  /** By its first bytes; CSV by its name. */
  readonly form: 'jsonl' | 'csv' | 'parquet';
  readonly isPacked: boolean;
  /** Of the export that made it. */
  readonly manifest: Manifest | null;
}

/** The files that `from` names, each once, in order of their names. @throws UserError for a name that means none */
export async function findFiles(from: readonly string[], folder: string, database: Database): Promise<RowsFile[]> {
  const found = new Map<string, string>();
  for (const name of from) {
    for (const one of await expand(name, folder, database)) found.set(path.resolve(folder, one), one);
  }
  const files = await Promise.all([...found].map(([place, name]) => look(name, place)));
  return files.filter((file) => file !== null).sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** A name that is there means itself, whatever is in it; a folder means the files right below it. */
async function expand(name: string, folder: string, database: Database): Promise<readonly string[]> {
  const place = path.resolve(folder, name);
  const there = await stat(place).catch(() => null);
  if (there?.isDirectory() === true) {
    const names = await readdir(place);
    return names.filter((one) => isRowsName(one)).map((one) => path.join(name, one));
  }
  if (there !== null) return [name];
  const isPattern = /[*?[]/.test(name);
  const rows = isPattern ? await database.rows(`SELECT file FROM glob(${quoteText(place)})`) : [];
  if (rows.length === 0) {
    throw new UserError(
      `${escapeInvisible(JSON.stringify(name))} is ${isPattern ? 'the name of no file' : 'not there'}`,
      {
        hint: 'Name files of rows (JSONL, gzip of it, Parquet, CSV), a pattern such as "logs/*.jsonl.gz", or a folder.',
      },
    );
  }
  const isAbsolute = path.isAbsolute(name);
  return rows
    .map(([file]) => String(file))
    .filter((file) => isRowsName(path.basename(file)))
    .map((file) => (isAbsolute ? file : path.relative(folder, file)));
}

/** Manifests and parts of files lie beside them. */
function isRowsName(name: string): boolean {
  return (
    /\.(?:jsonl|ndjson|json|csv|parquet)(?:\.gz)?$/i.test(name) && !name.endsWith(path.basename(manifestPathOf('')))
  );
}

/** Null: there is nothing in it. @throws UserError */
async function look(name: string, place: string): Promise<RowsFile | null> {
  const shown = escapeInvisible(JSON.stringify(name));
  let begin: Buffer;
  let bytes: number;
  try {
    const file = await open(place, 'r');
    try {
      bytes = (await file.stat()).size;
      const read = await file.read(Buffer.alloc(4), 0, 4, 0);
      begin = read.buffer.subarray(0, read.bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new UserError(`${shown} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
  if (begin.length === 0) return null;
  if (begin.toString('latin1') === '\x28\xb5\x2f\xfd') {
    throw new UserError(`${shown} is packed with zstd`, { hint: 'Unpack it, or pack it with gzip.' });
  }
  const isPacked = begin[0] === 0x1f && begin[1] === 0x8b;
  const isTable = /\.csv(?:\.gz)?$/i.test(name);
  const form = begin.toString('latin1') === 'PAR1' ? 'parquet' : isTable ? 'csv' : 'jsonl';
  const text = await readTextIfAny(manifestPathOf(place));
  return { name, path: place, bytes, form, isPacked, manifest: text === null ? null : parseManifest(text) };
}

/** As the database reads a list of names: each means itself. */
export function quoteFiles(paths: readonly string[]): string {
  return `[${paths.map((one) => quoteText(one.replace(/[*?[]/g, '[$&]'))).join(', ')}]`;
}
