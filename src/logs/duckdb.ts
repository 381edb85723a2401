/**
 * The database that reads and sorts rows: loaded when it is asked for, in this process, with bounds for memory and threads. It
 * reaches no network, loads nothing further, and keeps what does not fit in a folder that goes with it.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { CancelledError, NoRoomError, UserError } from '../errors.ts';

export type DatabaseValue = string | number | bigint | boolean | null;

/** Some rows of an answer, by column; as the database made them. */
export interface Piece {
  readonly count: number;
  /** Of numbers that are never null. */
  number(column: number, row: number): number;
}

export interface Database {
  /** A folder of its own, for files that go with it. */
  readonly folder: string;
  run(sql: string): Promise<void>;
  /** A small answer, whole. Times and nested values have to be cast to texts or numbers. */
  rows(sql: string): Promise<readonly (readonly DatabaseValue[])[]>;
  /** Adds texts to a table of (text, their place in the list, from 0). */
  fill(table: string, texts: readonly string[]): Promise<void>;
  /** What is asked meanwhile is answered by one thread, and in the order of the lines of a file. */
  inOrder<T>(work: () => Promise<T>): Promise<T>;
  /** A large one, as it comes. One at a time. */
  pieces(sql: string): AsyncIterable<Piece>;
  close(): Promise<void>;
}

export interface DatabaseBounds {
  /** Default: one for each processor, four at most. */
  readonly threads?: number | undefined;
  /** Megabytes, beyond which it goes to the disk. */
  readonly memory?: number | undefined;
  readonly signal: AbortSignal;
}

const usualMemory = 800;

/** A text of SQL: nothing in it ends it. @throws UserError for what the database takes for the end of a query */
export function quoteText(text: string): string {
  if (text.includes('\0')) throw new UserError('a name with a NUL character cannot be asked for');
  return `'${text.replaceAll("'", "''")}'`;
}

export function quoteName(name: string): string {
  if (name.includes('\0')) throw new UserError('a name with a NUL character cannot be asked for');
  return `"${name.replaceAll('"', '""')}"`;
}

type Library = Pick<typeof import('@duckdb/node-api'), 'DuckDBInstance'>;

/** @throws UserError where it is not installed, or not for this machine */
export async function requireDatabase(load: () => Promise<unknown> = () => import('@duckdb/node-api')): Promise<void> {
  await load().catch(refuseWithout);
}

/**
 * @param load brings the library
 * @throws UserError where it is not installed, or not for this machine
 */
export async function openDatabase(
  { threads, memory = usualMemory, signal }: DatabaseBounds,
  load: () => Promise<Library> = () => import('@duckdb/node-api'),
): Promise<Database> {
  const { DuckDBInstance: Instance } = await load().catch(refuseWithout);
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-rows-'));
  let instance: DuckDBInstance | undefined;
  try {
    instance = await Instance.create(':memory:', {
      ...(threads === undefined ? {} : { threads: String(threads) }),
      memory_limit: `${memory}MB`,
      temp_directory: join(folder, 'beyond-memory'),
      // Order is made by sorting, and by nothing else.
      preserve_insertion_order: 'false',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    const connection = await instance.connect();
    const [[usual] = []] = await (await connection.run("SELECT current_setting('threads')")).getRows();
    return wrap(instance, connection, { folder, usual: Number(usual), signal });
  } catch (error) {
    instance?.closeSync();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

function refuseWithout(cause: unknown): never {
  throw new UserError('rows are read with DuckDB, and the package @duckdb/node-api cannot be loaded', {
    hint: 'Install it beside tollgate: `npm install @duckdb/node-api` (70 MB; Linux, macOS and Windows on x64 and arm64).',
    cause,
  });
}

/**
 * Its errors have neither a class nor a code, so that their words are all that there is (a test holds the library to them). What it
 * cannot read says other words, and is left to those who read.
 */
function refusedForRoom(error: unknown): UserError | null {
  if (!(error instanceof Error)) return null;
  const isFull = /^IO Error: .*(?:No space left on device|Disk quota exceeded)/s.test(error.message);
  const isBeyond = /^Out of Memory Error: .*max_temp_directory_size/s.test(error.message);
  return isFull || isBeyond ? new NoRoomError(error.message.split('\n')[0] ?? '', error) : null;
}

function wrap(
  instance: DuckDBInstance,
  connection: DuckDBConnection,
  { folder, usual, signal }: { readonly folder: string; readonly usual: number; readonly signal: AbortSignal },
): Database {
  const stop = (): void => connection.interrupt();
  signal.addEventListener('abort', stop);
  const orCancelled = async <T>(work: () => Promise<T>): Promise<T> => {
    if (signal.aborted) throw new CancelledError('cancelled');
    try {
      return await work();
    } catch (error) {
      if (signal.aborted) throw new CancelledError('cancelled', { cause: error });
      throw refusedForRoom(error) ?? error;
    }
  };
  return {
    folder,
    run: (sql) => orCancelled(async () => void (await connection.run(sql))),
    rows: (sql) =>
      orCancelled(async () => (await (await connection.run(sql)).getRows()) as readonly (readonly DatabaseValue[])[]),
    async fill(table, texts) {
      const appender = await connection.createAppender(table);
      for (const [at, text] of texts.entries()) {
        appender.appendVarchar(text);
        appender.appendInteger(at);
        appender.endRow();
      }
      appender.closeSync();
    },
    async inOrder(work) {
      await connection.run('SET threads = 1; SET preserve_insertion_order = true');
      try {
        return await work();
      } finally {
        await connection.run(`SET threads = ${usual}; SET preserve_insertion_order = false`);
      }
    },
    async *pieces(sql) {
      const answer = await orCancelled(() => connection.stream(sql));
      for (;;) {
        const chunk = await orCancelled(() => answer.fetchChunk());
        if (chunk === null || chunk.rowCount === 0) return;
        const columns = Array.from({ length: chunk.columnCount }, (_, column) => chunk.getColumnVector(column));
        yield { count: chunk.rowCount, number: (column, row) => columns[column]?.getItem(row) as number };
      }
    },
    async close() {
      signal.removeEventListener('abort', stop);
      connection.closeSync();
      instance.closeSync();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
