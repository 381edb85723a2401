/**
 * Rows of any file as rows of one form, as SQL: time, id, exact cost, tokens, flags, and what they are told apart by. Where a column
 * is not there, the row says nothing of it.
 *
 * | column | holds |
 * |---|---|
 * | `file` | which of the files, from 0 |
 * | `id` | null: it is not a row |
 * | `t` | milliseconds since the epoch; null: no id, or no time that can be read: it is not a row |
 * | `u` | whole units of cost (row-batch.ts); null with `fault` |
 * | `fault` | why not: 0 it is there, 1 missing, 2 another currency, 3 too fine, 4 out of range |
 * | `tok` | tokens; null: unknown |
 * | `fl` | flags (row-batch.ts) |
 * | `cur` | the other currency, else null |
 * | `d0` … | texts of the dimensions; null: the row says nothing |
 */

import { quoteName, quoteText } from './duckdb.ts';
import { mostUnits, rowFlags, unitsPerCent } from './row-batch.ts';

/** Types of the columns that a relation has, as the database names them. */
export type Columns = ReadonlyMap<string, string>;

export const costFaults = { missing: 1, otherCurrency: 2, tooFine: 3, outOfRange: 4 } as const;

/** Columns of the lines of an export and of logs from elsewhere, and what they are read as. What cannot be read so is null. */
export const jsonColumns: ReadonlyMap<string, string> = new Map([
  ...['id', 'trace_id', 'created_at', 'is_success', 'ai_org', 'ai_model'].map((name) => [name, 'VARCHAR'] as const),
  ...['req_units', 'res_units', 'total_units', 'cost', 'response_time'].map((name) => [name, 'DOUBLE'] as const),
  ['response_status_code', 'DOUBLE'],
  ...['request_url', 'cost_currency', 'mode', 'config', 'prompt_slug'].map((name) => [name, 'VARCHAR'] as const),
  ['metadata', 'JSON'],
  ...['workspace_slug', 'api_key_id', 'virtual_key', 'cache_status'].map((name) => [name, 'VARCHAR'] as const),
]);

export const summedColumns: readonly string[] = ['req_units', 'res_units', 'total_units', 'cost'];

/** Which column each dimension is, but for `metadata.X`, `user`, which is `metadata._user`, and `endpoint`. */
export const dimColumns: Readonly<Record<string, string>> = {
  model: 'ai_model',
  provider: 'ai_org',
  virtual_key: 'virtual_key',
  workspace: 'workspace_slug',
  api_key: 'api_key_id',
  config: 'config',
  prompt: 'prompt_slug',
  currency: 'cost_currency',
};

/** Columns that rows have to be read for. */
export function columnsFor(dims: readonly string[]): readonly string[] {
  const own = ['id', 'created_at', 'is_success', 'cost', 'cost_currency', 'req_units', 'res_units', 'total_units'];
  const wanted = new Set([...own, 'response_status_code', 'cache_status']);
  for (const dim of dims) {
    if (dim === 'endpoint') wanted.add('request_url');
    else if (dim === 'user' || dim.startsWith('metadata.')) wanted.add('metadata');
    else if (dimColumns[dim] !== undefined) wanted.add(dimColumns[dim]);
  }
  return [...jsonColumns.keys()].filter((name) => wanted.has(name));
}

/**
 * The rows of a relation, with the columns of the table above. What is read comes first, in a query of its own: a file may have
 * columns of any name, and none of them is to be taken for one of ours.
 *
 * @param file SQL of the number of the file
 * @param from `FROM …`
 * @param more.also columns that go along, as they are
 * @param more.tag SQL of the workspace that the file is said to be of, for rows that name none
 */
export function selectNormal(
  columns: Columns,
  dims: readonly string[],
  file: string,
  from: string,
  { also = [], tag = 'NULL' }: { readonly also?: readonly string[]; readonly tag?: string } = {},
): string {
  const text = (name: string): string => textOf(columns, name);
  const number = (name: string): string => numberOf(columns, name);
  const status = number('response_status_code');
  const currency = text('cost_currency');
  const read = [
    `${file} AS file`,
    `${text('id')} AS id`,
    `${timeOf(columns)} AS ms`,
    `${number('cost')} AS c`,
    `CASE WHEN upper(${currency}) <> 'USD' THEN ${currency} END AS cur`,
    `COALESCE(${number('total_units')}, ${number('req_units')} + ${number('res_units')}) AS n`,
    `lower(${text('is_success')}) AS success`,
    `${status} AS status`,
    `upper(${text('cache_status')}) AS cache`,
    ...dims.map((dim, at) => {
      const said = dimensionOf(columns, dim, status);
      return `${dim === 'workspace' ? `COALESCE(${said}, ${tag})` : said} AS raw${at}`;
    }),
    ...also.map((name, at) => `${quoteName(name)} AS also${at}`),
  ];
  const units = `round(c * ${unitsPerCent}::DOUBLE)`;
  const fault = [
    `WHEN cur IS NOT NULL THEN ${costFaults.otherCurrency}`,
    `WHEN c IS NULL OR isnan(c) THEN ${costFaults.missing}`,
    `WHEN c < 0 OR ${units} >= ${mostUnits} THEN ${costFaults.outOfRange}`,
    `WHEN ${units} / ${unitsPerCent}::DOUBLE <> c THEN ${costFaults.tooFine}`,
  ];
  const understood = [
    'file',
    'id',
    'CASE WHEN id IS NOT NULL THEN ms END AS t',
    `CASE ${fault.join(' ')} ELSE 0 END::UTINYINT AS fault`,
    `CASE WHEN fault = 0 THEN ${units}::BIGINT END AS u`,
    `CASE WHEN n >= 0 AND n < ${2 ** 53} AND n = floor(n) THEN n::BIGINT END AS tok`,
    `${flags} AS fl`,
    'cur',
    ...dims.map((_, at) => `${boundText(`raw${at}`)} AS d${at}`),
    ...also.map((_, at) => `also${at}`),
  ];
  const rest = also.map((name, at) => `, also${at} AS ${quoteName(name)}`).join('');
  return `SELECT ${normalNames(dims)}${rest} FROM (SELECT ${understood.join(', ')} FROM (SELECT ${read.join(', ')} ${from}))`;
}

/** What a store keeps of it beside the columns of an export: read as they are. */
export const keptNames = ['t', 'u', 'fault', 'tok', 'fl', 'cur'] as const;

/** The same columns, of a file of a store. */
export function selectStored(columns: Columns, dims: readonly string[], file: string, from: string): string {
  const status = numberOf(columns, 'response_status_code');
  const texts = dims.map(
    (dim, at) => `${dim === 'user' ? '"user"' : boundText(dimensionOf(columns, dim, status))} AS d${at}`,
  );
  const names = [`${file} AS file`, 'id', ...keptNames, ...texts];
  return `SELECT ${normalNames(dims)} FROM (SELECT ${names.join(', ')} ${from})`;
}

/** Names of the columns that stay. */
export function normalNames(dims: readonly string[]): string {
  return ['file', 't', 'id', 'u', 'fault', 'tok', 'fl', 'cur', ...dims.map((_, at) => `d${at}`)].join(', ');
}

function textOf(columns: Columns, name: string): string {
  const type = columns.get(name);
  if (type === undefined) return 'NULL::VARCHAR';
  return `NULLIF(${type === 'VARCHAR' ? quoteName(name) : `${quoteName(name)}::VARCHAR`}, '')`;
}

/** By the text where it is not a binary fraction already: what is written counts. */
function numberOf(columns: Columns, name: string): string {
  const type = columns.get(name);
  if (type === undefined) return 'NULL::DOUBLE';
  return type === 'DOUBLE' ? quoteName(name) : `TRY_CAST(${quoteName(name)}::VARCHAR AS DOUBLE)`;
}

/** Two forms are usual, and read without a look at each letter. A place that a text names beside its time counts. */
function timeOf(columns: Columns): string {
  const type = columns.get('created_at') ?? 'NULL';
  const name = quoteName('created_at');
  if (type === 'NULL') return 'NULL::BIGINT';
  if (type.startsWith('TIMESTAMP')) return `CASE WHEN isfinite(${name}) THEN epoch_ms(${name}) END`;
  const usual = ['____-__-__T__:__:__.___Z', '____-__-__ __:__:__.___'];
  const other = quoteText(String.raw`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?`);
  const isUsual = usual.map((form) => `at LIKE ${quoteText(form)}`).join(' OR ');
  return `CASE WHEN ${isUsual.replaceAll('at', name)} THEN epoch_ms(TRY_CAST(${name} AS TIMESTAMP)) WHEN regexp_full_match(${name}::VARCHAR, ${other}) THEN epoch_ms(TRY_CAST(${name}::VARCHAR AS TIMESTAMPTZ)) END`;
}

const flags = [
  `(CASE WHEN COALESCE(CASE WHEN success IN ('1', 'true', '1.0') THEN false WHEN success IN ('0', 'false', '0.0') THEN true END, status >= 400, false) THEN ${rowFlags.failed} ELSE 0 END`,
  `+ CASE WHEN cache IS NULL THEN ${rowFlags.cacheUnknown} WHEN cache LIKE '%HIT' THEN ${rowFlags.cacheHit} ELSE 0 END`,
  `+ CASE WHEN status IN (412, 429) AND COALESCE(u, 0) = 0 THEN ${rowFlags.refused} ELSE 0 END)::UTINYINT`,
].join(' ');

function dimensionOf(columns: Columns, dim: string, status: string): string {
  if (dim === 'user') return metadataOf(columns, '_user');
  if (dim.startsWith('metadata.')) return metadataOf(columns, dim.slice('metadata.'.length));
  if (dim === 'status') return `CASE WHEN ${status} = floor(${status}) THEN ${status}::BIGINT::VARCHAR END`;
  // The path alone: hosts of one vendor are many, and queries may hold secrets.
  if (dim === 'endpoint') {
    return `NULLIF(regexp_extract(${textOf(columns, 'request_url')}, '^(?:[a-z]+://[^/]*)?(/[^?#]*)', 1), '')`;
  }
  const name = dimColumns[dim];
  if (name === undefined) throw new Error(`no rows can be told apart by ${dim}`);
  return textOf(columns, name);
}

/** Metadata is an object, or lists of keys and values side by side, or a list of pairs (`{key, value}` or `[key, value]`); or a text that holds one of these. */
function metadataOf(columns: Columns, key: string): string {
  const type = columns.get('metadata');
  if (type === undefined) return 'NULL::VARCHAR';
  const column = quoteName('metadata');
  const json = `CASE WHEN starts_with(${column}::VARCHAR, '"') THEN TRY_CAST(${column}::JSON ->> '$' AS JSON) ELSE ${type === 'JSON' ? column : `TRY_CAST(${column}::VARCHAR AS JSON)`} END`;
  const pointer = quoteText(`/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  const name = quoteText(key);
  const m = `(${json})`;
  const texts = `'["VARCHAR"]'`;
  const sideBySide = `from_json(${m} -> '/value', ${texts})[list_position(from_json(${m} -> '/key', ${texts}), ${name})]`;
  const named = `list_filter(from_json(${m}, '[{"key":"VARCHAR","value":"VARCHAR"}]'), lambda p: p.key = ${name})[1].value`;
  const listed = `list_filter(from_json(${m}, '[["VARCHAR"]]'), lambda p: p[1] = ${name})[1][2]`;
  const pairs = `COALESCE(${named}, ${listed})`;
  return `NULLIF(CASE json_type(${m}) WHEN 'OBJECT' THEN CASE WHEN json_type(${m} -> '/key') = 'ARRAY' AND json_type(${m} -> '/value') = 'ARRAY' THEN ${sideBySide} ELSE ${m} ->> ${pointer} END WHEN 'ARRAY' THEN ${pairs} END, '')`;
}

/** What a caller wrote may be of any length: beyond this, its beginning and a digest stand for it. */
export const longestText = 400;

function boundText(sql: string): string {
  return `(CASE WHEN strlen(${sql}) > ${longestText} THEN left(${sql}, 100) || '…' || md5(${sql}) ELSE ${sql} END)`;
}
