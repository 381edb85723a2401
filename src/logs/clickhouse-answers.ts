/** What a ClickHouse answers, as it is read: lines of the form TabSeparated, fields, and whole numbers that are larger than one field. */

import { UserError } from '../errors.ts';
import { escapeInvisible } from '../printable.ts';

export interface LinesAsked {
  /** The answer begins once it is whole, so that a fault in the middle of it is a refusal. Default: it comes as it is made. */
  readonly isWhole?: boolean | undefined;
}

/** A server; what reaches it is another room's. */
export interface ClickHouse {
  /**
   * Lines of an answer in the form TabSeparated, as they arrive.
   *
   * @throws UserError for what the server refuses or breaks off, CancelledError
   */
  lines(sql: string, more?: LinesAsked): AsyncIterable<string>;
  close(): Promise<void>;
}

export type AskRows = (sql: string) => Promise<readonly (readonly (string | null)[])[]>;

/** Rows of one length: a complaint among them is none. */
export function askRowsOf(server: ClickHouse): AskRows {
  return async (sql) => {
    const found: (readonly (string | null)[])[] = [];
    for await (const line of server.lines(sql, { isWhole: true })) {
      const fields = fieldsOf(line);
      if (fields.length !== (found[0]?.length ?? fields.length)) throw brokenOff(line);
      found.push(fields);
    }
    return found;
  };
}

/** The numbers of an answer that is one row: no row is not nothing. */
export async function askNumbers(rows: AskRows, sql: string): Promise<readonly number[]> {
  const found = await rows(sql);
  const [row] = found;
  if (row === undefined || found.length > 1) throw brokenOff(`${found.length} rows in place of one`);
  return row.map(wholeIn);
}

/** A whole number; what is null in an answer of sums is of no row. */
export function wholeIn(field: string | null | undefined): number {
  if (field === null) return 0;
  if (field === undefined || !/^-?\d+$/.test(field)) throw brokenOff(field ?? 'a row that ends early');
  return Number(field);
}

/** Servers write a fault that they meet midway where rows would be, and say that all is well. */
export function brokenOff(said: string): UserError {
  return new UserError(`ClickHouse broke its answer off: ${escapeInvisible(said).slice(0, 500)}`, {
    hint: 'Its own limits of memory and time hold: ask about fewer days, or ask again.',
    exit: 'unreachable',
  });
}

/** What was counted first is what everything else has to be of. */
export function changedRows(table: string): UserError {
  return new UserError(`the rows of ${escapeInvisible(table)} are not those that were counted a moment ago`, {
    hint: 'Rows arrived meanwhile, or the server broke off: ask about a window that has ended (`--to`), or ask again.',
  });
}

export function numberIn(field: string, table: string): number {
  if (field === '\\N') return Number.NaN;
  const number = Number(field);
  if (field === '' || Number.isNaN(number)) throw changedRows(table);
  return number;
}

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', b: '\b', f: '\f', 0: '\0' };

export function textIn(field: string): string | null {
  if (field === '\\N') return null;
  return field.includes('\\') ? field.replaceAll(/\\(.)/gs, (_, letter: string) => escapes[letter] ?? letter) : field;
}

function fieldsOf(line: string): readonly (string | null)[] {
  return line.split('\t').map(textIn);
}

/** Sums of whole numbers below 2^53 in two parts: one alone would run over, and say nothing of it. */
export const part = 1_000_000_000;

/** Two columns of an answer. */
export function inTwo(sql: string): string {
  return `sum(intDiv(${sql}, ${part})), sum(${sql} % ${part})`;
}

export function joinParts(high: string | null | undefined, low: string | null | undefined): bigint {
  return BigInt(wholeIn(high)) * BigInt(part) + BigInt(wholeIn(low));
}
