/** What a ClickHouse answers, as it is read: lines of the form TabSeparated, fields, and whole numbers that are larger than one field. */

import { UserError } from '../errors.ts';
import { escapeInvisible } from '../printable.ts';

/** A server; what reaches it is another room's. */
export interface ClickHouse {
  /**
   * Lines of an answer in the form TabSeparated, as they arrive.
   *
   * @throws UserError for what the server refuses or breaks off, CancelledError
   */
  lines(sql: string): AsyncIterable<string>;
  close(): Promise<void>;
}

export type AskRows = (sql: string) => Promise<readonly (readonly (string | null)[])[]>;

export function askRowsOf(server: ClickHouse): AskRows {
  return async (sql) => {
    const found: (readonly (string | null)[])[] = [];
    for await (const line of server.lines(sql)) found.push(fieldsOf(line));
    return found;
  };
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
  return BigInt(high ?? 0) * BigInt(part) + BigInt(low ?? 0);
}
