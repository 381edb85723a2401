/** Answers of one connection, parsed: a row that makes no sense is named, never left out. */

import type { z } from 'zod';
import { ServiceError, type UnreadableRow, UnreadableRowsError } from '../errors.ts';
import { describeIssue } from './describe-issue.ts';
import { type ApiRequest, renderPath } from './failure.ts';
import { type Page, type ReadPage, walkList } from './paging.ts';
import type { Connection } from './request.ts';
import type { Call } from './retry.ts';
import { envelopeSchema } from './schemas.ts';
import { createSlimRow } from './slim-row.ts';

/** `place` is for people; `key` tells a row without an id from others. */
export type AnsweredRow<Row> =
  | { readonly row: Row }
  | { readonly unreadable: UnreadableRow; readonly place: string; readonly key: string };

export type Answers = ReturnType<typeof createAnswers>;

export function createAnswers(connection: Pick<Connection, 'clean'>, call: Call) {
  const slim = createSlimRow();

  /** A 2xx answer that makes no sense: never skipped, since a row left out would look like one that was removed. */
  function buildUnreadable(request: ApiRequest, problem: string): ServiceError {
    const path = connection.clean(renderPath(request));
    const detail = connection.clean(problem);
    return new ServiceError(`${request.method} ${path}: ${detail}`, {
      status: 200,
      method: request.method,
      path,
      detail,
      maybeApplied: request.method !== 'GET',
    });
  }

  function parseAnswer<Row>(request: ApiRequest, schema: z.ZodType<Row>, body: unknown): Row {
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    throw buildUnreadable(request, describeIssue(parsed.error));
  }

  /** A row, or what can be said of one that makes no sense; `index` is its place in the page. */
  function parseRow<Row>(schema: z.ZodType<Row>, row: unknown, index: number): AnsweredRow<Row> {
    const parsed = schema.safeParse(row);
    if (parsed.success) return { row: slim(parsed.data, row) };
    const text = (member: string): string | null => {
      const value = typeof row === 'object' && row !== null ? (row as Readonly<Record<string, unknown>>)[member] : null;
      return typeof value === 'string' && value !== '' ? connection.clean(value) : null;
    };
    const id = text('id');
    const why = connection.clean(describeIssue(parsed.error));
    const unreadable = { id, name: text('name') ?? text('slug'), workspaceId: text('workspace_id'), why };
    return { unreadable, place: id ?? `number ${index + 1}`, key: id ?? JSON.stringify(row) };
  }

  async function read<Row>(request: ApiRequest, schema: z.ZodType<Row>): Promise<Row> {
    return parseAnswer(request, schema, await call(request));
  }

  async function write(request: ApiRequest): Promise<void> {
    await call(request);
  }

  async function readRows<Row>(request: ApiRequest, schema: z.ZodType<Row>): Promise<Page<AnsweredRow<Row>>> {
    const { rows, total } = await read(request, envelopeSchema);
    if (rows === undefined) throw buildUnreadable(request, 'the answer holds no list');
    return {
      rows: rows.map((row, index) => parseRow(schema, row, index)),
      total: total ?? undefined,
    };
  }

  async function list<Row>(
    request: ApiRequest,
    schema: z.ZodType<Row>,
    idOf: (row: Row) => string,
  ): Promise<readonly Row[]> {
    const readPage = (page: number, size: number): Promise<Page<AnsweredRow<Row>>> =>
      readRows({ ...request, query: { ...request.query, page_size: size, current_page: page } }, schema);
    return walk(request, readPage, idOf);
  }

  async function walk<Row>(
    request: ApiRequest,
    readPage: ReadPage<AnsweredRow<Row>>,
    idOf: (row: Row) => string,
  ): Promise<readonly Row[]> {
    const walked = await walkList(readPage, (listed) => ('row' in listed ? idOf(listed.row) : `?${listed.key}`));
    if (!('rows' in walked)) throw buildUnreadable(request, walked.problem);
    const readable = walked.rows.flatMap((listed) => ('row' in listed ? [listed.row] : []));
    const odd = walked.rows.flatMap((listed) => ('row' in listed ? [] : [listed]));
    const [first] = odd;
    if (first === undefined) return readable;
    const { message, ...facts } = buildUnreadable(request, `row ${first.place}: ${first.unreadable.why}`);
    throw new UnreadableRowsError(message, facts, { readable, unreadable: odd.map(({ unreadable }) => unreadable) });
  }

  return { parseAnswer, read, write, readRows, list, walk };
}
