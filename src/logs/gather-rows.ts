/** The rows of all files as one relation, `gathered`, in the form of normal-rows.ts. */

import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { escapeInvisible } from '../printable.ts';
import { type Database, quoteName, quoteText } from './duckdb.ts';
import { quoteFiles, type RowsFile } from './find-files.ts';
import { parseObject } from './log-row.ts';
import { type Columns, columnsFor, jsonColumns, normalNames, selectNormal, selectStored } from './normal-rows.ts';
import { copyReadable } from './read-lines.ts';

/** Where lines of a file are, when it is another one that was read in its place. */
export interface GatheredRows {
  /** By number of the file. */
  readonly copies: ReadonlyMap<number, string>;
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
  const parts: string[] = [];
  for (const isPacked of [false, true]) {
    const lines = numbered.filter(({ file }) => file.form === 'jsonl' && file.isPacked === isPacked);
    if (lines.length === 0) continue;
    parts.push(...(await gatherLines(lines, isPacked, dims, copies, database)));
  }
  for (const { at, file } of numbered.filter(({ file: one }) => one.form === 'csv')) {
    const select = `FROM ${readTable(file)}`;
    const kept = await keep(selectTable(await describe(select, file, database), dims, at, file, select), at, database);
    parts.push(`SELECT * FROM ${kept}`);
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
  return { copies };
}

/** All at once; where that fails, what each can be read as. */
async function gatherLines(
  lines: readonly NumberedFile[],
  isPacked: boolean,
  dims: readonly string[],
  copies: Map<number, string>,
  database: Database,
): Promise<string[]> {
  const name = isPacked ? 'packed' : 'plain';
  try {
    return [`SELECT * FROM ${await keep(selectLines(lines, isPacked, dims), name, database)}`];
  } catch (error) {
    if (error instanceof Error && error.name !== 'Error') throw error;
  }
  const parts: string[] = [];
  for (const one of lines) {
    const { at, file } = one;
    try {
      parts.push(`SELECT * FROM ${await keep(selectLines([one], isPacked, dims), at, database)}`);
    } catch (error) {
      if (error instanceof Error && error.name !== 'Error') throw error;
      const copy = join(database.folder, `copy-${at}.jsonl`);
      await copyReadable(file.path, file.isPacked, copy, parseObject);
      copies.set(at, copy);
      const readable = { at, file: { ...file, path: copy } };
      parts.push(`SELECT * FROM ${await keep(selectLines([readable], false, dims), at, database)}`);
    }
  }
  return parts;
}

function selectLines(lines: readonly NumberedFile[], isPacked: boolean, dims: readonly string[]): string {
  const names = columnsFor(dims);
  const columns: Columns = new Map(names.map((name) => [name, jsonColumns.get(name) ?? 'VARCHAR']));
  const select = `FROM ${readLinesOf(
    lines.map(({ file }) => file.path),
    isPacked,
    columns,
  )}`;
  return selectNormal(columns, dims, numbersOf(lines), select);
}

/** The number of a file among those that are read together, as the number that it has among all. */
function numbersOf(files: readonly NumberedFile[]): string {
  const [first] = files;
  const isRow = files.every(({ at }, index) => at === (first?.at ?? 0) + index);
  return isRow
    ? `file_index::BIGINT + ${first?.at ?? 0}`
    : `[${files.map(({ at }) => at).join(', ')}][file_index::BIGINT + 1]`;
}

export function readLinesOf(paths: readonly string[], isPacked: boolean, columns: Columns): string {
  const types = [...columns].map(([name, type]) => `${quoteName(name)}: ${quoteText(type)}`).join(', ');
  return `read_ndjson(${quoteFiles(paths)}, columns = {${types}}, records = true, ignore_errors = true, compression = '${isPacked ? 'gzip' : 'uncompressed'}')`;
}

function readTable(file: RowsFile): string {
  return `read_csv(${quoteFiles([file.path])}, header = true, all_varchar = true, ignore_errors = true, null_padding = true, compression = '${file.isPacked ? 'gzip' : 'uncompressed'}')`;
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
  return selectNormal(columns, dims, String(at), select);
}

/** In a file beside, so that it is read and understood once. @returns what reads it */
async function keep(select: string, name: string | number, database: Database): Promise<string> {
  const path = join(database.folder, `rows-${name}.parquet`);
  await database.run(`COPY (${select}) TO ${quoteText(path)} (FORMAT parquet, COMPRESSION snappy)`);
  return `read_parquet(${quoteText(path)})`;
}
