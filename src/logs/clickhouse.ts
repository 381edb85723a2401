/** Rows of a table of ClickHouse: asked where they are, counted there, and streamed in the order of (time, id) to who replays them. */

import { UserError } from '../errors.ts';
import { escapeInvisible } from '../printable.ts';
import {
  type AskRows,
  askNumbers,
  askRowsOf,
  brokenOff,
  type ClickHouse,
  changedRows,
  numberIn,
  textIn,
  wholeIn,
} from './clickhouse-answers.ts';
import {
  hasTextMetadata,
  isCoarseCost,
  quoteColumn,
  quoteLiteral,
  selectOfTable,
  type TableColumns,
} from './clickhouse-columns.ts';
import { sumsOfTable } from './clickhouse-sums.ts';
import { batchRows, cut, emptyBatch } from './make-batch.ts';
import { costFaults } from './normal-rows.ts';
import {
  type RowBatch,
  type RowQuestion,
  type RowSource,
  type RowsAsked,
  rowFlags,
  type SourceFacts,
} from './row-batch.ts';
import { orderOfRepeated, type RepeatedRows, rowBounds, saidColumns } from './row-facts.ts';

/** `table` or `database.table`. */
export interface TableAsked extends Omit<RowsAsked, 'from'> {
  readonly table: string;
}

/** The relation of rows that count, as SQL, and what is known of it. */
export interface OpenTable {
  /** Of the columns `t`, `id`, `u`, `fault`, `tok`, `fl`, `cur`, `d0` …: one for each of `dims`. */
  readonly calls: string;
  readonly facts: SourceFacts;
  readonly rows: AskRows;
}

/**
 * Whether it could be read, without a row of it.
 *
 * @returns how many columns it has
 * @throws UserError where the table is not there, has not the columns, or the server says no; CancelledError
 */
export async function checkTable(table: string, server: ClickHouse): Promise<number> {
  const { database, name } = parseTable(table);
  const columns = await readColumns(database, name, askRowsOf(server));
  selectOfTable(columns, [], quoteColumn(name), { from: null, to: null });
  return columns.size;
}

/** @throws UserError where the table is not there, has not the columns, or the server says no; CancelledError */
export async function openTable(asked: TableAsked, server: ClickHouse): Promise<OpenTable> {
  const rows = askRowsOf(server);
  const { database, name } = parseTable(asked.table);
  const columns = await readColumns(database, name, rows);
  const isMetadataAsked = asked.dims.some((dim) => dim === 'user' || dim.startsWith('metadata.'));
  if (isMetadataAsked && hasTextMetadata(columns)) await requireTextReader(asked.table, rows);
  const table = database === null ? quoteColumn(name) : `${quoteColumn(database)}.${quoteColumn(name)}`;
  const isConfined = asked.workspaces.length > 0;
  const dims = isConfined && !asked.dims.includes('workspace') ? [...asked.dims, 'workspace'] : asked.dims;
  const window = asked.window ?? { from: null, to: null };
  const all = selectOfTable(columns, dims, table, window);
  const inWindow = ['isNotNull(t)', ...rowBounds(window)].join(' AND ');
  const place = `d${dims.indexOf('workspace')}`;
  const isMeant = isConfined ? `ifNull(${place} IN (${asked.workspaces.map(quoteLiteral).join(', ')}), 1)` : '1';
  const [malformed = 0, otherWorkspaces = 0, found = 0, ids = 0] = await askNumbers(
    rows,
    `SELECT countIf(isNull(t)), countIf(${inWindow} AND NOT ${isMeant}), countIf(${inWindow} AND ${isMeant}), uniqExactIf(id, ${inWindow} AND ${isMeant}) FROM (${all})`,
  );
  const meant = `SELECT * FROM (${all}) WHERE ${inWindow} AND ${isMeant}`;
  const order = orderOfRepeated(dims, 'DESC');
  const duplicates = found - ids;
  // The earliest row of an id, and of those the dearest, as of files.
  const calls = duplicates === 0 ? meant : `SELECT * FROM (${meant}) ORDER BY ${order} LIMIT 1 BY id`;
  let contradictions = 0;
  if (duplicates > 0) {
    const said = saidColumns(dims).map((name) => `ifNull(toString(${name}), '\\\\N')`);
    [contradictions = 0] = await askNumbers(
      rows,
      `SELECT sum(length(tg_said) - countEqual(tg_said, tg_said[1])) FROM (SELECT groupArray(tg_one) AS tg_said FROM (SELECT id, sipHash64(${said.join(", '\\t', ")}) AS tg_one FROM (${meant}) ORDER BY ${order}) GROUP BY id HAVING count() > 1)`,
    );
  }
  const counts = { malformed, found, duplicates, contradictions, otherWorkspaces };
  return { calls, facts: await readFacts(asked, dims, { calls, rows, isCoarse: isCoarseCost(columns), counts }), rows };
}

/** @throws as `openTable` */
export async function openTableRows(asked: TableAsked, server: ClickHouse): Promise<RowSource> {
  const { calls, facts, rows } = await openTable(asked, server);
  const dictionary: Record<string, readonly string[]> = {};
  for (const [at, dim] of asked.dims.entries()) {
    const found = await rows(`SELECT DISTINCT 1, d${at} FROM (${calls}) WHERE isNotNull(d${at})`);
    // Beside a number, as a line of blanks alone is passed over. Bytes that are not letters come as one letter that stands for all of them.
    dictionary[dim] = [...new Set(found.map(([, text]) => text ?? ''))].sort((a, b) => (a < b ? -1 : 1));
  }
  return {
    facts,
    dictionary,
    batches: (question) => readBatches(question, { asked, calls, facts, dictionary, server }),
    sums: sumsOfTable({ table: asked.table, dims: asked.dims, calls, facts, rows, dictionary }),
    close: () => server.close(),
  };
}

interface OpenedTable {
  readonly asked: TableAsked;
  readonly calls: string;
  readonly facts: SourceFacts;
  readonly dictionary: Readonly<Record<string, readonly string[]>>;
  readonly server: ClickHouse;
}

async function* readBatches(
  question: RowQuestion,
  { asked, calls, facts, dictionary, server }: OpenedTable,
): AsyncIterable<RowBatch> {
  const { dims } = question;
  const codes = dims.map((dim) => new Map((dictionary[dim] ?? []).map((text, code) => [text, code])));
  const names = dims.map((dim) => {
    const at = asked.dims.indexOf(dim);
    if (at < 0) throw new Error(`the rows were opened without ${dim}`);
    return `d${at}`;
  });
  const bounds = rowBounds(question);
  const where = bounds.length === 0 ? '' : ` WHERE ${bounds.join(' AND ')}`;
  const sql = `SELECT ${['t', 'u', 'tok', 'fl', ...names].join(', ')} FROM (${calls})${where} ORDER BY t, id`;
  let batch = emptyBatch(dims);
  let count = 0;
  let read = 0;
  let newest = Number.NEGATIVE_INFINITY;
  for await (const line of server.lines(sql)) {
    const fields = line.split('\t');
    const [time = '', cost = '', tokens = '', flags = ''] = fields;
    const at = Number(time);
    // A server that fails midway writes its complaint where rows would be.
    if (/\bDB::Exception\b/.test(line) && fields.length !== names.length + 4) throw brokenOff(line);
    if (fields.length !== names.length + 4 || !/^-?\d+$/.test(time) || at < newest) throw changedRows(asked.table);
    newest = at;
    batch.time[count] = at;
    batch.cost[count] = numberIn(cost, asked.table);
    batch.tokens[count] = numberIn(tokens, asked.table);
    batch.flags[count] = numberIn(flags, asked.table);
    for (const [place, dim] of dims.entries()) {
      const text = textIn(fields[place + 4] ?? '');
      const code = text === null ? -1 : codes[place]?.get(text);
      const column = batch.dims[dim];
      if (code === undefined || column === undefined) throw changedRows(asked.table);
      column[count] = code;
    }
    count += 1;
    read += 1;
    if (count === batchRows) {
      yield cut(batch, count);
      batch = emptyBatch(dims);
      count = 0;
    }
  }
  if (bounds.length === 0 && read !== facts.rows) throw changedRows(asked.table);
  if (count > 0) yield cut(batch, count);
}

function parseTable(text: string): { readonly database: string | null; readonly name: string } {
  const [, database, name] = /^(?:([^.\s]+)\.)?([^.\s]+)$/.exec(text) ?? [];
  if (name === undefined) {
    throw new UserError(`${JSON.stringify(text)} is not the name of a table`, {
      hint: 'Write TABLE or DATABASE.TABLE, such as `--table portkey.generations`.',
    });
  }
  return { database: database ?? null, name };
}

async function readColumns(database: string | null, name: string, rows: AskRows): Promise<TableColumns> {
  const where = `database = ${database === null ? 'currentDatabase()' : quoteLiteral(database)} AND table = ${quoteLiteral(name)}`;
  const found = await rows(`SELECT name, type FROM system.columns WHERE ${where}`);
  if (found.length === 0) {
    const table = database === null ? name : `${database}.${name}`;
    throw new UserError(`there is no table ${JSON.stringify(table)}, or this user may not read it`, {
      hint: 'Name the table of single calls by `--table DATABASE.TABLE`.',
    });
  }
  return new Map(found.map(([column, type]) => [column ?? '', type ?? '']));
}

async function requireTextReader(table: string, rows: AskRows): Promise<void> {
  const [[count] = []] = await rows("SELECT count() FROM system.functions WHERE name = 'JSONExtractString'");
  if (count !== '0') return;
  throw new UserError(
    `${escapeInvisible(table)} holds metadata as a text, and this server cannot read keys out of it`,
    {
      hint: 'ClickHouse can since 19.1; or name a view with the columns metadata.key and metadata.value.',
    },
  );
}

/** Of the table, and of what is left out of its rows. */
interface CountedRows extends RepeatedRows {
  readonly malformed: number;
  /** Rows in the window, with duplicates. */
  readonly found: number;
}

async function readFacts(
  { table, window }: TableAsked,
  dims: readonly string[],
  { calls, rows, isCoarse, counts }: Pick<OpenTable, 'calls' | 'rows'> & { isCoarse: boolean; counts: CountedRows },
): Promise<SourceFacts> {
  const sums = [
    'count()',
    'min(t)',
    'max(t)',
    'countIf(isNull(tok))',
    `countIf(bitAnd(fl, ${rowFlags.cacheUnknown}) != 0)`,
    ...[costFaults.missing, costFaults.tooFine, costFaults.outOfRange].map((fault) => `countIf(fault = ${fault})`),
    ...dims.map((_, at) => `countIf(isNull(d${at}))`),
    `countIf(fault = ${costFaults.otherCurrency})`,
  ];
  const all = await askNumbers(rows, `SELECT ${sums.join(', ')} FROM (${calls})`);
  const [
    count = 0,
    oldest = 0,
    newest = 0,
    tokensMissing = 0,
    cacheUnknown = 0,
    missing = 0,
    tooFine = 0,
    outOfRange = 0,
  ] = all;
  // Mostly there is none, and each question reads the whole table.
  const currencies =
    all[8 + dims.length] === 0
      ? []
      : await rows(
          `SELECT upper(cur) AS tg_currency, count() FROM (${calls}) WHERE fault = ${costFaults.otherCurrency} GROUP BY tg_currency ORDER BY tg_currency`,
        );
  return {
    asked: window ?? { from: null, to: null },
    files: [
      { name: table, bytes: null, rows: counts.found, malformed: counts.malformed, workspaces: null, sha256: null },
    ],
    rows: count,
    oldest: count === 0 ? null : oldest,
    newest: count === 0 ? null : newest,
    duplicates: counts.duplicates,
    contradictions: counts.contradictions,
    otherWorkspaces: counts.otherWorkspaces,
    malformed: { count: counts.malformed, first: [] },
    cost: {
      missing,
      otherCurrency: Object.fromEntries(currencies.map(([name, number]) => [name ?? '', wholeIn(number)])),
      tooFine,
      outOfRange,
      ...(isCoarse ? { isCoarse } : {}),
    },
    tokensMissing,
    cacheUnknown,
    missing: Object.fromEntries(dims.map((dim, at) => [dim, all[8 + at] ?? 0])),
    gaps: [],
    windows: [],
  };
}
