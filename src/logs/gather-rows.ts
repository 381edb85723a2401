/** The rows of all files as one relation, `gathered`, in the form of normal-rows.ts. */

import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { escapeInvisible } from '../printable.ts';
import { type Database, quoteName, quoteText } from './duckdb.ts';
import { quoteFiles, type RowsFile } from './find-files.ts';
import {
  type Columns,
  columnsFor,
  jsonColumns,
  normalNames,
  selectNormal,
  selectStored,
  summedColumns,
} from './normal-rows.ts';
import { copyReadable } from './read-lines.ts';

/** Where lines of a file are, when it is another one that was read in its place. */
export interface GatheredRows {
  /** By number of the file. */
  readonly copies: ReadonlyMap<number, string>;
  /** Lines of tables that have other columns than the first one, by number of the file. */
  readonly rejected: ReadonlyMap<number, readonly number[]>;
}

interface NumberedFile {
  readonly at: number;
  readonly file: RowsFile;
}

/** @throws UserError for a file that cannot be read as what it seems to be */
export async function gatherRows(
  files: readonly RowsFile[],
  dims: readonly string[],
  database: Database,
): Promise<GatheredRows> {
  const numbered = files.map((file, at) => ({ at, file }));
  const copies = new Map<number, string>();
  const rejected = new Map<number, readonly number[]>();
  const parts: string[] = [];
  for (const isPacked of [false, true]) {
    const lines = numbered.filter(({ file }) => file.form === 'jsonl' && file.isPacked === isPacked);
    if (lines.length === 0) continue;
    parts.push(...(await gatherLines(lines, isPacked, dims, copies, database)));
  }
  for (const { at, file } of numbered.filter(({ file: one }) => one.form === 'csv')) {
    const select = `FROM ${readTable(file, at)}`;
    const columns = await describe(select, file, database);
    parts.push(`SELECT * FROM ${await keep(selectTable(columns, dims, at, file, select), at, database)}`);
    const lines = await database.rows(`SELECT DISTINCT line FROM rejected${at} ORDER BY line`);
    if (lines.length > 0)
      rejected.set(
        at,
        lines.map(([line]) => Number(line)),
      );
  }
  for (const { at, file } of numbered.filter(({ file: one }) => one.form === 'parquet')) {
    const select = `FROM read_parquet(${quoteFiles([file.path])})`;
    parts.push(selectTable(await describe(select, file, database), dims, at, file, select));
  }
  const kept = numbered.filter(({ file }) => file.form === 'kept');
  const [first] = kept;
  if (first !== undefined) {
    const select = `FROM read_parquet(${quoteFiles(kept.map(({ file }) => file.path))}, union_by_name = false)`;
    const columns = await describe(`FROM read_parquet(${quoteFiles([first.file.path])})`, first.file, database);
    parts.push(selectStored(columns, dims, numbersOf(kept), select));
  }
  const none = `SELECT ${normalNames(dims)} FROM (${selectNormal(new Map(), dims, '0', '')}) WHERE false`;
  await database.run(`CREATE TEMP VIEW gathered AS ${[none, ...parts].join(' UNION ALL ')}`);
  return { copies, rejected };
}

/** All at once, and again by themselves those of which not every line is a row, or which the database cannot read. */
async function gatherLines(
  lines: readonly NumberedFile[],
  isPacked: boolean,
  dims: readonly string[],
  copies: Map<number, string>,
  database: Database,
): Promise<string[]> {
  const name = `${isPacked ? 'packed' : 'plain'}-${lines[0]?.at ?? 0}-${lines.length}`;
  const whole = await tryKeep(selectLines(lines, isPacked, dims), name, database);
  if (whole === null && lines.length > 1) {
    const parts: string[] = [];
    for (const one of lines) parts.push(...(await gatherLines([one], isPacked, dims, copies, database)));
    return parts;
  }
  const odd =
    whole === null
      ? lines.map(({ at }) => at)
      : (await database.rows(`SELECT DISTINCT file FROM ${whole} WHERE t IS NULL ORDER BY file`)).map(([at]) =>
          Number(at),
        );
  const rows = odd.length === 0 ? '' : ` WHERE file NOT IN (${odd.join(', ')})`;
  const parts = whole === null ? [] : [`SELECT * FROM ${whole}${rows}`];
  for (const { at, file } of lines.filter((one) => odd.includes(one.at))) {
    const copy = join(database.folder, `copy-${at}.jsonl`);
    await copyReadable(file.path, file.isPacked, copy);
    copies.set(at, copy);
    const select = selectLines([{ at, file: { ...file, path: copy } }], false, dims);
    parts.push(`SELECT * FROM ${await keep(select, `copy-${at}`, database)}`);
  }
  return parts;
}

/** Null: the database cannot read them. */
async function tryKeep(select: string, name: string, database: Database): Promise<string | null> {
  try {
    return await keep(select, name, database);
  } catch (error) {
    if (error instanceof Error && error.name !== 'Error') throw error;
    return null;
  }
}

function selectLines(lines: readonly NumberedFile[], isPacked: boolean, dims: readonly string[]): string {
  const names = columnsFor(dims);
  const columns: Columns = new Map(names.map((name) => [name, jsonColumns.get(name) ?? 'VARCHAR']));
  const select = `FROM ${readLinesOf(
    lines.map(({ file }) => file.path),
    isPacked,
    columns,
  )}`;
  const tags = lines.map(({ file }) => tagOf(file));
  const isTagged = tags.some((tag) => tag !== 'NULL');
  const tag = isTagged ? `[${tags.join(', ')}][file_index::BIGINT + 1]` : 'NULL';
  return selectNormal(columns, dims, numbersOf(lines), select, { tag });
}

/** What its manifest says of a file counts for each row that says nothing itself. */
function tagOf({ manifest }: RowsFile): string {
  return manifest === null ? 'NULL' : quoteText(manifest.workspace);
}

/** The number of a file among those that are read together, as the number that it has among all. */
function numbersOf(files: readonly NumberedFile[]): string {
  const [first] = files;
  const isRow = files.every(({ at }, index) => at === (first?.at ?? 0) + index);
  return isRow
    ? `file_index::BIGINT + ${first?.at ?? 0}`
    : `[${files.map(({ at }) => at).join(', ')}][file_index::BIGINT + 1]`;
}

/** Numbers that are summed are read as texts first: read as a number, `true` would be 1. */
export function readLinesOf(paths: readonly string[], isPacked: boolean, columns: Columns): string {
  const isSummed = (name: string): boolean => summedColumns.includes(name) && columns.get(name) === 'DOUBLE';
  const types = [...columns]
    .map(([name, type]) => `${quoteName(name)}: ${quoteText(isSummed(name) ? 'VARCHAR' : type)}`)
    .join(', ');
  const lines = `read_ndjson(${quoteFiles(paths)}, columns = {${types}}, records = true, ignore_errors = true, compression = '${isPacked ? 'gzip' : 'uncompressed'}')`;
  const numbers = [...columns.keys()].filter(isSummed).map(quoteName);
  if (numbers.length === 0) return lines;
  const casts = numbers.map((name) => `TRY_CAST(${name} AS DOUBLE) AS ${name}`);
  return `(SELECT * REPLACE (${casts.join(', ')}), file_index FROM ${lines})`;
}

/** What it cannot read it writes down. */
function readTable(file: RowsFile, at: number): string {
  return `read_csv(${quoteFiles([file.path])}, header = true, all_varchar = true, store_rejects = true, rejects_table = 'rejected${at}', rejects_scan = 'rejected${at}_of', rejects_limit = 0, compression = '${file.isPacked ? 'gzip' : 'uncompressed'}')`;
}

async function describe(select: string, file: RowsFile, database: Database): Promise<Columns> {
  try {
    const rows = await database.rows(`DESCRIBE SELECT * ${select}`);
    return new Map(rows.map(([name, type]) => [String(name), String(type)]));
  } catch (cause) {
    if (cause instanceof Error && cause.name !== 'Error') throw cause;
    throw new UserError(`${escapeInvisible(file.name)} cannot be read as ${file.form === 'csv' ? 'CSV' : 'Parquet'}`, {
      hint: 'Its first line is said below; fetch the file again, or leave it out.',
      cause,
    });
  }
}

function selectTable(columns: Columns, dims: readonly string[], at: number, file: RowsFile, select: string): string {
  if (!columns.has('id') || !columns.has('created_at')) {
    throw new UserError(`${escapeInvisible(file.name)} has no column "${columns.has('id') ? 'created_at' : 'id'}"`, {
      hint: 'Its columns need the names of an export: id, created_at, ai_model, cost, metadata …',
    });
  }
  if (columns.get('cost') === 'FLOAT') {
    throw new UserError(`${escapeInvisible(file.name)} holds its cost as FLOAT, of which 7 digits are right`, {
      hint: 'Write the column as DOUBLE or DECIMAL: no exact money can be had of it.',
    });
  }
  return selectNormal(columns, dims, String(at), select, { tag: tagOf(file) });
}

/** In a file beside, so that it is read and understood once. @returns what reads it */
async function keep(select: string, name: string | number, database: Database): Promise<string> {
  const path = join(database.folder, `rows-${name}.parquet`);
  await database.run(`COPY (${select}) TO ${quoteText(path)} (FORMAT parquet, COMPRESSION snappy)`);
  return `read_parquet(${quoteText(path)})`;
}
