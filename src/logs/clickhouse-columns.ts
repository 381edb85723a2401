/**
 * Rows of a table of ClickHouse as rows of one form (the table of normal-rows.ts, without `file`), in the SQL that servers since 18.16
 * understand: no window functions, no WITH for a query, no DateTime64 of our own, no Map where the table has none.
 */

import { UserError } from '../errors.ts';
import { costFaults, dimColumns, longestText } from './normal-rows.ts';
import { mostUnits, type RowsWindow, rowFlags, unitsPerCent } from './row-batch.ts';

/** Types by name, as `system.columns` has them. */
export type TableColumns = ReadonlyMap<string, string>;

/** Inside quotes of any kind: nothing in it ends them. */
function quote(text: string, mark: "'" | '`'): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll(mark, `\\${mark}`).replaceAll('\0', '\\0');
  return `${mark}${escaped}${mark}`;
}

export function quoteLiteral(text: string): string {
  return quote(text, "'");
}

export function quoteColumn(name: string): string {
  return quote(name, '`');
}

/** Without `Nullable(…)` and `LowCardinality(…)` around it. */
function plainType(type: string): string {
  const [, inner] = /^(?:Nullable|LowCardinality)\((.*)\)$/s.exec(type) ?? [];
  return inner === undefined ? type : plainType(inner);
}

/** `Float32` holds seven digits: money of it is not exact. */
export function isCoarseCost(columns: TableColumns): boolean {
  return plainType(columns.get('cost') ?? '') === 'Float32';
}

/** Whether the keys of metadata have to be read out of a text. */
export function hasTextMetadata(columns: TableColumns): boolean {
  return plainType(columns.get('metadata') ?? '') === 'String';
}

/** Of a column that is not there: made of one that is, as old servers fail at much of what is made of a constant that is null. */
const nothing = "nullIf(substring(toString(`id`), 1, 0), '')";
const noNumber = 'nullIf(toFloat64(length(toString(`id`)) * 0), 0)';

function textOf(columns: TableColumns, name: string): string {
  return columns.has(name) ? `nullIf(toString(${quoteColumn(name)}), '')` : nothing;
}

function numberOf(columns: TableColumns, name: string): string {
  const type = columns.get(name);
  if (type === undefined) return noNumber;
  const plain = plainType(type);
  // Of Float32 the digits that are right, and not those of the binary fraction.
  if (plain === 'Float32') return `toFloat64OrNull(toString(${quoteColumn(name)}))`;
  const isNumber = /^(?:U?Int\d+|Float64|Decimal)/.test(plain);
  return isNumber ? `toFloat64(${quoteColumn(name)})` : `toFloat64OrNull(toString(${quoteColumn(name)}))`;
}

/** Of the columns that there are: old servers cannot `coalesce` what is null in every row. */
function tokensOf(columns: TableColumns): string {
  const sums = [['total_units'], ['req_units', 'res_units']].filter((names) =>
    names.every((name) => columns.has(name)),
  );
  const [first = noNumber, ...others] = sums.map((names) => names.map((name) => numberOf(columns, name)).join(' + '));
  return others.length === 0 ? first : `coalesce(${[first, ...others].join(', ')})`;
}

/** Milliseconds since the epoch. */
function timeOf(columns: TableColumns, table: string): string {
  const name = quoteColumn('created_at');
  const type = plainType(columns.get('created_at') ?? '');
  if (type.startsWith('DateTime64')) return `toUnixTimestamp64Milli(CAST(${name}, 'DateTime64(3)'))`;
  if (/^DateTime(?:\(|$)/.test(type)) return `toInt64(toUnixTimestamp(${name})) * 1000`;
  // Of whole numbers nobody says what they count: seconds until 2286 are less than milliseconds after 1970-04-26.
  if (/^U?Int(?:32|64)$/.test(type)) return `if(${name} < 10000000000, toInt64(${name}) * 1000, toInt64(${name}))`;
  if (type !== 'String') {
    throw new UserError(`${table} holds created_at as ${type}, which is not read as a time`, {
      hint: 'Name a view whose created_at is DateTime, DateTime64, milliseconds or a text such as 2026-10-01T08:00:00.000Z.',
    });
  }
  const form = quoteLiteral('^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?Z?$');
  const seconds = `toInt64(toUnixTimestamp(toDateTimeOrNull(replaceOne(substring(${name}, 1, 19), 'T', ' '), 'UTC')))`;
  // Digits after the point alone: `5Z` is five tenths.
  const digits = `extract(substring(${name}, 20), '^[.]([0-9]{1,3})')`;
  const milliseconds = `toUInt16OrZero(substring(concat(${digits}, '000'), 1, 3))`;
  return `if(match(${name}, ${form}), ${seconds} * 1000 + ${milliseconds}, NULL)`;
}

function metadataOf(columns: TableColumns, key: string): string {
  const name = quoteLiteral(key);
  if (columns.has('metadata.key') && columns.has('metadata.value')) {
    const value = `${quoteColumn('metadata.value')}[indexOf(${quoteColumn('metadata.key')}, ${name})]`;
    return `nullIf(toString(${value}), '')`;
  }
  const type = plainType(columns.get('metadata') ?? '');
  const column = quoteColumn('metadata');
  if (type.startsWith('Map(')) return `nullIf(toString(${column}[${name}]), '')`;
  if (type !== 'String') return nothing;
  const raw = `JSONExtractRaw(${column}, ${name})`;
  return `nullIf(if(startsWith(${raw}, '"'), JSONExtractString(${column}, ${name}), if(${raw} = 'null', '', ${raw})), '')`;
}

function dimensionOf(columns: TableColumns, dim: string): string {
  if (dim === 'user') return metadataOf(columns, '_user');
  if (dim.startsWith('metadata.')) return metadataOf(columns, dim.slice('metadata.'.length));
  if (dim === 'status') return `toString(toInt64OrNull(${textOf(columns, 'response_status_code')}))`;
  if (dim === 'endpoint') {
    const path = quoteLiteral('^(?:[a-z]+://[^/]*)?(/[^?#]*)');
    return `nullIf(extract(assumeNotNull(ifNull(${textOf(columns, 'request_url')}, '')), ${path}), '')`;
  }
  const name = dimColumns[dim];
  if (name === undefined) throw new Error(`no rows can be told apart by ${dim}`);
  return textOf(columns, name);
}

/** By a pattern: `substringUTF8` of old servers counts some letters twice. */
function boundText(sql: string): string {
  return `if(length(${sql}) > ${longestText}, concat(extract(assumeNotNull(${sql}), '^(?s:.{1,100})'), '…', lower(hex(MD5(assumeNotNull(${sql}))))), ${sql})`;
}

/**
 * Rows of a table, whatever its columns are called beside ours: what is read gets names of its own first.
 *
 * @param table as SQL
 * @throws UserError for columns that are missing
 */
export function selectOfTable(
  columns: TableColumns,
  dims: readonly string[],
  table: string,
  window: RowsWindow,
): string {
  const missing = ['id', 'created_at'].filter((name) => !columns.has(name));
  if (missing.length > 0) {
    throw new UserError(
      `${table} has no column ${missing.map((name) => JSON.stringify(name)).join(' and no column ')}`,
      {
        hint: 'Name the table of single calls: its columns need the names of an export, id, created_at, ai_model, cost, metadata …',
      },
    );
  }
  const number = (name: string): string => numberOf(columns, name);
  const text = (name: string): string => textOf(columns, name);
  const currency = text('cost_currency');
  const read = [
    `toString(${quoteColumn('id')}) AS tg_id`,
    `${timeOf(columns, table)} AS tg_ms`,
    `${number('cost')} AS tg_c`,
    `if(upper(${currency}) != 'USD', ${currency}, NULL) AS tg_cur`,
    `${tokensOf(columns)} AS tg_n`,
    `lower(${text('is_success')}) AS tg_success`,
    `${number('response_status_code')} AS tg_status`,
    `upper(${text('cache_status')}) AS tg_cache`,
    ...dims.map((dim, at) => `${dimensionOf(columns, dim)} AS tg_raw${at}`),
  ];
  const type = plainType(columns.get('cost') ?? '');
  const decimals = Number(/^Decimal\(\d+, (\d+)\)$/.exec(type)?.[1] ?? Number.POSITIVE_INFINITY);
  const units = `round(tg_c * ${unitsPerCent})`;
  // A binary fraction stands for one decimal of ten places, and so do the two beside it: old servers read texts of numbers with a
  // last digit of their own.
  const tooFine =
    type === 'Float32' || decimals <= 10 ? '0' : `abs(${units} / ${unitsPerCent} - tg_c) > tg_c * 0.0000000000000005`;
  const fault = [
    `isNotNull(tg_cur), ${costFaults.otherCurrency}`,
    `isNull(tg_c) OR isNaN(assumeNotNull(ifNull(tg_c, 0))), ${costFaults.missing}`,
    `tg_c < 0 OR ${units} >= ${mostUnits}, ${costFaults.outOfRange}`,
    `${tooFine}, ${costFaults.tooFine}`,
  ].join(', ');
  const understood = [
    'tg_id AS id',
    "if(tg_id = '', NULL, tg_ms) AS t",
    `toUInt8(multiIf(${fault}, 0)) AS fault`,
    `if(fault = 0, toInt64(assumeNotNull(if(fault = 0, ${units}, 0))), NULL) AS u`,
    `if(tg_n >= 0 AND tg_n < ${2 ** 53} AND tg_n = floor(tg_n), toInt64(assumeNotNull(ifNull(tg_n, 0))), NULL) AS tok`,
    `${flags} AS fl`,
    'tg_cur AS cur',
    ...dims.map((_, at) => `${boundText(`tg_raw${at}`)} AS d${at}`),
  ];
  const where = windowOf(columns, window);
  return `SELECT ${understood.join(', ')} FROM (SELECT ${read.join(', ')} FROM ${table}${where})`;
}

/** Seconds that a DateTime holds: beyond them old servers begin anew, and 1960 is 2096. */
const endOfDateTime = 2 ** 32;

/** In the terms of the column, so that parts of the table that are of other times are not read; the exact bounds come later. */
function windowOf(columns: TableColumns, { from, to }: RowsWindow): string {
  if (!/^DateTime/.test(plainType(columns.get('created_at') ?? ''))) return '';
  const bound = (sign: string, seconds: number): string[] =>
    seconds < 0 || seconds >= endOfDateTime ? [] : [`${quoteColumn('created_at')} ${sign} toDateTime(${seconds})`];
  const bounds = [
    ...(from === null ? [] : bound('>=', Math.floor(from / 1000))),
    ...(to === null ? [] : bound('<=', Math.ceil(to / 1000))),
  ];
  return bounds.length === 0 ? '' : ` WHERE ${bounds.join(' AND ')}`;
}

const flags = `toUInt8(${[
  `if(ifNull(multiIf(tg_success IN ('1', 'true', '1.0'), 0, tg_success IN ('0', 'false', '0.0'), 1, tg_status >= 400), 0) = 1, ${rowFlags.failed}, 0)`,
  `multiIf(isNull(tg_cache), ${rowFlags.cacheUnknown}, tg_cache LIKE '%HIT', ${rowFlags.cacheHit}, 0)`,
  `if(ifNull(tg_status IN (412, 429), 0) = 1 AND ifNull(u, 0) = 0, ${rowFlags.refused}, 0)`,
].join(' + ')})`;
