/**
 * Rows of files in one order, whatever form the files have: read once, what does not fit in memory kept beside, and handed out in
 * columns. Order of files and lines and the number of threads change nothing of what comes out.
 */

import { UserError } from '../errors.ts';
import { escapeInvisible } from '../printable.ts';
import { type Database, openDatabase } from './duckdb.ts';
import { findFiles, type RowsFile } from './find-files.ts';
import { gatherRows } from './gather-rows.ts';
import { batchRows, cut, emptyBatch } from './make-batch.ts';
import type { RowBatch, RowQuestion, RowSource, RowsAsked, SourceFacts } from './row-batch.ts';
import { leaveOutRepeated, readFacts, rowBounds } from './row-facts.ts';

export interface RowsNeeds {
  /** Where names of files begin. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Default: one for each processor. */
  readonly threads?: number | undefined;
  /** Megabytes that the database may take, before it goes to the disk. */
  readonly memory?: number | undefined;
}

/** The relation `calls` (normal-rows.ts), each row once, and what is known of it. */
export interface OpenCalls {
  readonly facts: SourceFacts;
  readonly database: Database;
}

/** @throws UserError where there is nothing to read, or nothing to read it with; CancelledError */
export async function openCalls(asked: RowsAsked, needs: RowsNeeds): Promise<OpenCalls> {
  const database = await openDatabase(needs);
  try {
    const { files, ...days } = await findFiles({ ...asked, folder: needs.folder }, database);
    refuseOtherWorkspaces(files, asked.workspaces);
    // Last, so that the others keep their places.
    const isNamed = asked.workspaces.length === 0 || asked.dims.includes('workspace');
    const dims = isNamed ? asked.dims : [...asked.dims, 'workspace'];
    const gathered = await gatherRows(files, dims, database);
    const repeated = await leaveOutRepeated(files, { ...asked, dims }, database);
    const facts = { ...(await readFacts(files, { ...asked, dims }, { ...gathered, ...repeated }, database)), ...days };
    if (facts.files.every(({ rows }) => rows === 0) && facts.malformed.count > 0) {
      const [first] = facts.malformed.first;
      const where = first === undefined ? '' : `: line ${first.line} of ${escapeInvisible(first.file)} is ${first.why}`;
      throw new UserError(`none of the ${facts.malformed.count} lines is a row of a log${where}`, {
        hint: 'Name files as `logs export` and `logs pull` write them: a JSON object a line, with id and created_at.',
      });
    }
    return { facts, database };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** @throws as `openCalls` */
export async function openRows(asked: RowsAsked, needs: RowsNeeds): Promise<RowSource> {
  const { facts, database } = await openCalls(asked, needs);
  try {
    const dictionary: Record<string, readonly string[]> = {};
    for (const [at, dim] of asked.dims.entries()) dictionary[dim] = await readDictionary(at, database);
    return {
      facts,
      dictionary,
      batches: (question) => readBatches(question, asked.dims, database),
      close: () => database.close(),
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** @throws UserError for a file that says to be of a workspace that is not meant */
function refuseOtherWorkspaces(files: readonly RowsFile[], workspaces: readonly string[]): void {
  if (workspaces.length === 0) return;
  for (const { name, manifest } of files) {
    if (manifest === null || workspaces.includes(manifest.workspace)) continue;
    throw new UserError(
      `${escapeInvisible(name)} holds calls of the workspace ${JSON.stringify(manifest.workspace)}, and ${workspaces.map((one) => JSON.stringify(one)).join(', ')} is asked about`,
      { hint: 'Leave that file out, or name its workspace too.' },
    );
  }
}

/** By code unit, which is the order of bytes but for letters beyond the first 65,536. */
async function readDictionary(at: number, database: Database): Promise<readonly string[]> {
  const found = await database.rows(`SELECT DISTINCT d${at} FROM calls WHERE d${at} IS NOT NULL`);
  const texts = found.map(([text]) => String(text)).sort((a, b) => (a < b ? -1 : 1));
  await database.run(`CREATE TABLE dictionary${at} (v VARCHAR, code INTEGER)`);
  await database.fill(`dictionary${at}`, texts);
  return texts;
}

async function* readBatches(
  question: RowQuestion,
  all: readonly string[],
  database: Database,
): AsyncIterable<RowBatch> {
  const { dims } = question;
  const places = dims.map((dim) => {
    const at = all.indexOf(dim);
    if (at < 0) throw new Error(`the rows were opened without ${dim}`);
    return at;
  });
  const codes = places.map((at) => `COALESCE(x${at}.code, -1)`);
  const joins = [...new Set(places)].map((at) => `LEFT JOIN dictionary${at} AS x${at} ON x${at}.v = d${at}`);
  const bounds = rowBounds(question);
  const where = bounds.length === 0 ? '' : `WHERE ${bounds.join(' AND ')}`;
  const columns = [
    't::DOUBLE',
    `COALESCE(u::DOUBLE, 'NaN'::DOUBLE)`,
    `COALESCE(tok::DOUBLE, 'NaN'::DOUBLE)`,
    'fl',
    ...codes,
  ];
  const sql = `SELECT ${columns.join(', ')} FROM calls ${joins.join(' ')} ${where} ORDER BY t, id`;
  let batch = emptyBatch(dims);
  let count = 0;
  for await (const piece of database.pieces(sql)) {
    if (count + piece.count > batchRows) {
      yield cut(batch, count);
      batch = emptyBatch(dims);
      count = 0;
    }
    const { time, cost, tokens, flags } = batch;
    const codesOf = dims.map((dim) => batch.dims[dim] ?? new Int32Array());
    for (let row = 0; row < piece.count; row += 1) {
      time[count + row] = piece.number(0, row);
      cost[count + row] = piece.number(1, row);
      tokens[count + row] = piece.number(2, row);
      flags[count + row] = piece.number(3, row);
    }
    for (const [at, column] of codesOf.entries()) {
      for (let row = 0; row < piece.count; row += 1) column[count + row] = piece.number(4 + at, row);
    }
    count += piece.count;
  }
  if (count > 0) yield cut(batch, count);
}
