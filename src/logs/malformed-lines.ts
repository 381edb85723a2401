/** Which lines are not rows, and why: looked for only in files in which the database met some. */

import pLimit from 'p-limit';
import { UserError } from '../errors.ts';
import { escapeInvisible } from '../printable.ts';
import type { Database } from './duckdb.ts';
import type { RowsFile } from './find-files.ts';
import { type GatheredRows, readLinesOf } from './gather-rows.ts';
import { jsonColumns, selectNormal } from './normal-rows.ts';
import { checkWhole, type FileLine, isBlank, parseRow, readLines } from './read-lines.ts';
import type { MalformedLine } from './row-batch.ts';

export interface Malformed {
  readonly count: number;
  /** In order of files and lines. */
  readonly first: readonly MalformedLine[];
  /** Numbers of packed files that end before their end. */
  readonly brokenOff: ReadonlySet<number>;
}

/** Shown by their place. */
const mostShown = 20;

/** @throws UserError for a packed file that is damaged: nothing says which of its bytes are right */
export async function findMalformed(
  files: readonly RowsFile[],
  counts: ReadonlyMap<number, { readonly rows: number; readonly malformed: number }>,
  { copies, rejected }: GatheredRows,
  database: Database,
): Promise<Malformed> {
  const first: MalformedLine[] = [];
  const brokenOff = new Set<number>();
  let count = 0;
  const unpacking = pLimit(2);
  const ends = await Promise.all(
    files.map(({ isPacked, path }) => (isPacked ? unpacking(() => checkWhole(path)) : 'whole')),
  );
  for (const [at, file] of files.entries()) {
    const { rows, malformed } = counts.get(at) ?? { rows: 0, malformed: 0 };
    count += malformed;
    const lines = rejected.get(at) ?? [];
    const shown = lines.map((line) => ({
      file: file.name,
      line,
      why: 'not a line of this table: its columns are others',
    }));
    first.push(...shown.slice(0, mostShown - first.length));
    if (malformed > lines.length && first.length < mostShown) {
      const most = Math.min(malformed - lines.length, mostShown - first.length);
      first.push(...(await placesIn(file, copies.get(at), most, database)));
    }
    const wholeness = ends[at];
    if (wholeness === 'whole') continue;
    const name = escapeInvisible(file.name);
    if (wholeness === 'damaged') {
      throw new UserError(`${name} is damaged: its checksum does not fit what is in it`, {
        hint: 'Fetch it again, or leave it out: nothing says which of its rows are right.',
      });
    }
    brokenOff.add(at);
    count += 1;
    if (first.length < mostShown) {
      first.push({
        file: file.name,
        line: rows + malformed,
        why: 'where the packed file breaks off: rows are missing',
      });
    }
  }
  return { count, first, brokenOff };
}

async function placesIn(
  file: RowsFile,
  copy: string | undefined,
  most: number,
  database: Database,
): Promise<MalformedLine[]> {
  if (file.form !== 'jsonl') {
    return [{ file: file.name, line: 1, why: 'among rows without id or time' }];
  }
  const numbers = await numbersOf(copy ?? file.path, copy === undefined && file.isPacked, most, database);
  const found: MalformedLine[] = [];
  const wanted = new Set(numbers);
  let nth = 0;
  for await (const line of readLines(file.path, file.isPacked)) {
    if (isBlank(line)) continue;
    nth += 1;
    if (!wanted.has(nth)) continue;
    found.push({ file: file.name, line: line.number, why: whyOf(line) });
    if (found.length === wanted.size) break;
  }
  return found;
}

/** Among the lines of the file that are not blank, from 1. */
async function numbersOf(path: string, isPacked: boolean, most: number, database: Database): Promise<number[]> {
  const columns = new Map([...jsonColumns].filter(([name]) => name === 'id' || name === 'created_at'));
  const rows = `SELECT row_number() OVER () AS nth, t FROM (${selectNormal(columns, [], '0', `FROM ${readLinesOf([path], isPacked, columns)}`)})`;
  return database.inOrder(async () => {
    const found = await database.rows(`SELECT nth FROM (${rows}) WHERE t IS NULL ORDER BY nth LIMIT ${most}`);
    return found.map(([nth]) => Number(nth));
  });
}

function whyOf(line: FileLine): string {
  const row = parseRow(line);
  if (row === null) return 'not a JSON object';
  if (row.id === undefined || row.id === null || row.id === '') return 'without an id';
  if (row.created_at === undefined || row.created_at === null) return 'without a time (created_at)';
  const isTime = typeof row.created_at === 'string' && /^\d{4}-\d\d-\d\d[T ]\d\d:/.test(row.created_at);
  if (isTime && !Number.isNaN(Date.parse(row.created_at as string)))
    return 'not a text in UTF-8, or holds half a character';
  return `without a time that can be read: ${JSON.stringify(row.created_at).slice(0, 42)}`;
}
