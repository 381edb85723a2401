/** One answer is never longer than a model can take: lists are given in pages, and each page says where the next begins. */

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../stable-json.ts';
import { ToolRefusal } from './refusal.ts';
import { listMemberOf, type Tool, type ToolData } from './tool.ts';

/** Characters of an answer as JSON, its envelope with it. */
export const longestAnswer = 24_000;

/** Of `{"ok":true,"data":}`, and of the members that are added below. */
const reserve = 200;

const usualRows = 50;

/** Members of the input of a tool whose answer holds a list. */
export const pageInput = {
  limit: z.number().int().min(1).max(100).optional(),
  cursor: z.string().max(200).optional(),
};

/** Member of its answer. */
export const pageSchema = z.object({ total: z.number(), cursor: z.string().nullable(), truncated: z.boolean() }).meta({
  id: 'page',
});

export interface PageRequest {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

export const wholePage = { total: 0, cursor: null, truncated: false } as const;

/**
 * The rows that were asked for, and fewer where they are too long. Where it is not confined, all of them.
 *
 * @throws ToolRefusal for a cursor of another question, or where what is not a list is too long
 */
export function cutToPage(
  tool: Pick<Tool, 'name' | 'list'>,
  data: ToolData,
  input: Readonly<Record<string, unknown>>,
  isWhole: boolean,
): ToolData {
  const { name } = tool;
  const list = listMemberOf(tool, input);
  const rows = list === undefined ? undefined : (data as unknown as Readonly<Record<string, unknown>>)[list];
  if (list === undefined || !Array.isArray(rows)) return requireShort(name, data);
  const { limit, cursor, ...question } = input as PageRequest & Readonly<Record<string, unknown>>;
  const digest = digestQuestion(name, question);
  const from = cursor === undefined ? 0 : readCursor(cursor, digest);
  const pageOf = (count: number): ToolData => {
    const end = from + count;
    const isLast = end >= rows.length;
    const page = { total: rows.length, cursor: isLast ? null : writeCursor(end, digest), truncated: !isLast };
    return Object.assign({}, data, { [list]: rows.slice(from, end), page });
  };
  if (isWhole && cursor === undefined) return pageOf(limit ?? rows.length);
  let count = Math.max(0, Math.min(limit ?? usualRows, rows.length - from));
  while (count > 0 && !isShort(pageOf(count))) {
    // Rows are of about one length: a guess that is too high costs another look, and the last steps are single rows.
    const fits = Math.floor((count * longestAnswer) / lengthOf(pageOf(count)));
    count = Math.min(count - 1, fits);
  }
  if (count === 0 && from < rows.length) return requireShort(name, pageOf(1));
  return requireShort(name, pageOf(count));
}

function lengthOf(data: ToolData): number {
  return JSON.stringify(data).length + reserve;
}

function isShort(data: ToolData): boolean {
  return lengthOf(data) <= longestAnswer;
}

function requireShort(name: string, data: ToolData): ToolData {
  if (isShort(data)) return data;
  throw new ToolRefusal('too_large', `the answer of ${name} would be longer than ${longestAnswer} characters`, {
    hint: 'Ask for less: a shorter window, one workspace, fewer filters that let everything in.',
  });
}

/** A cursor belongs to one question: with another filter the same place is somewhere else. */
function digestQuestion(name: string, question: unknown): string {
  return createHash('sha256')
    .update(canonicalJson([name, question]))
    .digest('hex')
    .slice(0, 12);
}

function writeCursor(at: number, digest: string): string {
  return Buffer.from(`${at}.${digest}`).toString('base64url');
}

function readCursor(cursor: string, digest: string): number {
  const [at = '', of = ''] = Buffer.from(cursor, 'base64url').toString('latin1').split('.');
  if (/^\d{1,9}$/.test(at) && of === digest) return Number(at);
  throw new ToolRefusal('invalid_input', 'cursor: it is not from an answer to this question', {
    hint: 'Leave it out for the first page; with other filters begin anew.',
  });
}
