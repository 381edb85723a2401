/** Which files a name means, what form they have, and what their manifests say of them. */

import { open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { dayMilliseconds } from '../consumption/windows.ts';
import { UserError } from '../errors.ts';
import { escapeInvisible } from '../printable.ts';
import { readTextIfAny } from '../replace-file.ts';
import { type Database, quoteText } from './duckdb.ts';
import { manifestPathOf } from './export-to-file.ts';
import { type Manifest, parseManifest } from './manifest.ts';
import type { RowsAsked, StoreGap } from './row-batch.ts';
import { beginOfDay, type KeptWorkspace, readStore, type StoreManifest } from './store.ts';
import { findGaps } from './store-gaps.ts';

export interface RowsFile {
  /** As it was named, or found below what was named. */
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  /** By its first bytes; CSV by its name; `kept`: of a store, where each id is there once and all rows are rows. */
  readonly form: 'jsonl' | 'csv' | 'parquet' | 'kept';
  readonly isPacked: boolean;
  /** Of what made it. */
  readonly manifest: RowsManifest | null;
}

export type RowsManifest = Pick<Manifest, 'workspace' | 'from' | 'to' | 'sha256' | 'rows'>;

interface FilesAsked extends Pick<RowsAsked, 'from' | 'workspaces' | 'window'> {
  /** Where names begin. */
  readonly folder: string;
}

export interface NamedFiles {
  /** Each once, in order of their paths. */
  readonly files: readonly RowsFile[];
  readonly gaps: readonly StoreGap[];
  /** All that was named are stores. */
  readonly knowsDays: boolean;
}

/** What `from` names. @throws UserError for a name that means nothing */
export async function findFiles(asked: FilesAsked, database: Database): Promise<NamedFiles> {
  const found = new Map<string, RowsFile>();
  const stores: (readonly StoreManifest[] | null)[] = [];
  for (const name of asked.from) {
    const { files, held } = await expand(name, asked, database);
    for (const file of files) found.set(file.path, file);
    stores.push(held);
  }
  return {
    files: [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1)),
    // What one store does not hold may be in another.
    gaps: findGaps(
      stores.flatMap((held) => held ?? []),
      asked,
    ),
    knowsDays: stores.every((held) => held !== null),
  };
}

/** What one name means: a store, or files. */
interface Expanded {
  readonly files: readonly RowsFile[];
  /** Null: it is no store. */
  readonly held: readonly StoreManifest[] | null;
}

/** A name that is there means itself, whatever is in it; a folder a store, or the files right below it. */
async function expand(name: string, asked: FilesAsked, database: Database): Promise<Expanded> {
  const { folder } = asked;
  const place = path.resolve(folder, name);
  const there = await stat(place).catch(() => null);
  if (there?.isDirectory() === true) {
    const kept = await readStore(place);
    if (kept.length > 0) {
      const files = await Promise.all(kept.map((one) => daysOf(one, name, asked)));
      return { files: files.flat(), held: kept.map(({ manifest }) => manifest) };
    }
    const names = (await readdir(place)).filter(isRowsName);
    if (names.length === 0) throw refuseName(name, 'a folder without rows');
    return lookAll(
      names.map((one) => path.join(name, one)),
      folder,
    );
  }
  if (there !== null) return lookAll([name], folder);
  const isPattern = /[*?[]/.test(name);
  const rows = isPattern ? await database.rows(`SELECT file FROM glob(${quoteText(place)})`) : [];
  if (rows.length === 0) {
    throw refuseName(name, isPattern ? 'a pattern that no file fits' : 'not there');
  }
  const isAbsolute = path.isAbsolute(name);
  const files = rows.map(([file]) => String(file)).filter((file) => isRowsName(path.basename(file)));
  return lookAll(
    files.map((file) => (isAbsolute ? file : path.relative(folder, file))),
    folder,
  );
}

function refuseName(name: string, what: string): UserError {
  return new UserError(`${escapeInvisible(JSON.stringify(name))} is ${what}`, {
    hint: 'Name files of rows (JSONL, gzip of it, Parquet, CSV), a pattern such as "logs/*.jsonl.gz", or a store of `logs pull`.',
  });
}

async function lookAll(names: readonly string[], folder: string): Promise<Expanded> {
  const files = await Promise.all(names.map((name) => look(name, path.resolve(folder, name))));
  return { files: files.filter((file) => file !== null), held: null };
}

/** @throws UserError for a file that is not as its manifest says */
async function daysOf(
  { folder, manifest }: KeptWorkspace,
  store: string,
  { workspaces, window }: FilesAsked,
): Promise<RowsFile[]> {
  const { workspace } = manifest;
  if (workspaces.length > 0 && !workspaces.includes(workspace)) return [];
  const files = Object.entries(manifest.days).map(async ([day, { file, bytes, rows, sha256 }]): Promise<RowsFile[]> => {
    const start = beginOfDay(day);
    const end = start + dayMilliseconds;
    if (file === null || (window?.to ?? end) <= start || (window?.from ?? start) >= end) return [];
    const place = path.join(folder, file);
    const name = path.join(store, path.basename(folder), file);
    const size = (await stat(place).catch(() => null))?.size ?? null;
    if (size !== bytes) {
      const what = size === null ? 'is not there' : `has ${size} bytes where its manifest says ${bytes}`;
      throw new UserError(`${escapeInvisible(name)} ${what}`, {
        hint: '`tollgate logs pull` asks for that day again.',
      });
    }
    const said = { workspace, from: isoTime(start), to: isoTime(end), rows, sha256 };
    return [{ name, path: place, bytes, form: 'kept', isPacked: false, manifest: said }];
  });
  return (await Promise.all(files)).flat();
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
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
