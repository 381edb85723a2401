/** A ClickHouse that is played: what it answers to each question, as lines of the form TabSeparated. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export const usual = [
  'id\tString',
  'created_at\tString',
  'cost\tFloat64',
  'metadata.key\tArray(String)',
  'metadata.value\tArray(String)',
];

export interface Played {
  readonly columns?: readonly string[];
  /** Of the rows, in their order. */
  readonly rows?: readonly string[];
  /** How many the server counts. */
  readonly counted?: number;
  /** Of each dimension that it is asked about, in their order. */
  readonly texts?: readonly (readonly string[])[];
  /** Oldest and newest row: milliseconds. */
  readonly span?: readonly [oldest: number, newest: number];
}

export function answerOf(sql: string, played: Played): readonly string[] {
  const { columns = usual, rows = [], counted = rows.length, texts = [[]], span = [1000, 2000] } = played;
  if (sql.includes('FROM system.columns')) return columns;
  if (sql.includes('FROM system.functions')) return ['0'];
  if (sql.startsWith('SELECT countIf')) return [`0\t0\t${counted}\t${counted}`];
  if (sql.startsWith('SELECT count()')) return [[counted, ...span, 0, 0, 0, 0, 0, ...texts.map(() => 0)].join('\t')];
  const [, place] = /^SELECT DISTINCT 1, d(\d+) /.exec(sql) ?? [];
  if (place !== undefined) return (texts[Number(place)] ?? []).map((text) => `1\t${text}`);
  return sql.startsWith('SELECT t,') ? rows : [];
}

/** The same over HTTP, on this machine. */
export async function startClickHouse(played: Played) {
  const heard: { readonly sql: string; readonly user: string | undefined }[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const sql = Buffer.concat(parts).toString('utf8');
    heard.push({ sql, user: request.headers['x-clickhouse-user']?.toString() });
    response.end(
      answerOf(sql, played)
        .map((line) => `${line}\n`)
        .join(''),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard };
}
