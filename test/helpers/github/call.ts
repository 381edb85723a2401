/** One request as a route sees it, and what a route gives back. */

import type { Permission, Viewer } from './access.ts';
import type { BareRepository } from './bare-repository.ts';
import type { IssueRow, Json, JsonObject, Repository, State } from './state.ts';
import { findIssue } from './state.ts';

export interface Urls {
  /** Of the API: `http://127.0.0.1:<port>`. */
  readonly api: string;
  /** Of the pages people look at. */
  readonly html: string;
  /** Where signed downloads are served, without a token; another origin. */
  readonly downloads: string;
}

export interface Site {
  readonly state: State;
  readonly urls: Urls;
}

export interface Call extends Site {
  readonly repository: Repository;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Already held against the description. */
  readonly body: JsonObject;
  readonly viewer: Viewer;
  /** Without the query. */
  readonly path: string;
}

export interface Answer {
  readonly status: number;
  readonly body?: Json;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** As in GitHub's description. */
  readonly path: string;
  /** One of these is enough; none is needed when there are none. */
  needs(call: Call): readonly Permission[];
  /** Whether a person who may only read may do it all the same: speaking is open to all who hear. */
  isOpenToReaders?(call: Call): boolean;
  handle(call: Call): Answer;
}

/** An answer other than success. */
export class Refusal extends Error {
  readonly answer: Answer;

  constructor(status: number, message: string, more: JsonObject = {}, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.answer = { status, headers, body: buildErrorBody(status, message, more) };
  }
}

export function buildErrorBody(status: number, message: string, more: JsonObject = {}): JsonObject {
  return { message, ...more, documentation_url: 'https://docs.github.com/rest', status: String(status) };
}

export function notFound(): Refusal {
  return new Refusal(404, 'Not Found');
}

export function invalid(resource: string, field: string, code: string, message?: string): Refusal {
  const error = { resource, field, code, ...(message !== undefined && { message }) };
  return new Refusal(422, 'Validation Failed', { errors: [error] });
}

/** Bodies of issues and comments. GitHub counts characters, not bytes. */
export function checkBodyLength(resource: string, text: Json | undefined): void {
  if (typeof text !== 'string' || [...text].length <= 65_536) return;
  throw invalid(resource, 'body', 'custom', 'body is too long (maximum is 65536 characters)');
}

export function takeIssue({ repository, params }: Call): IssueRow {
  const issue = findIssue(repository, Number(params.issue_number ?? params.pull_number));
  if (issue === undefined) throw notFound();
  return issue;
}

export function takeGit({ repository }: Call): BareRepository {
  if (repository.git === null) throw new Refusal(409, 'Git Repository is empty.');
  return repository.git;
}

const pageLinks = ['prev', 'next', 'last', 'first'] as const;

/** A page of rows, and the header that leads to the others. */
export function cutPage<Row>(
  call: Call,
  rows: readonly Row[],
): { readonly page: readonly Row[]; readonly number: number; readonly headers: Readonly<Record<string, string>> } {
  const size = Math.min(Math.max(Number(call.query.get('per_page') ?? 30) || 30, 1), 100);
  const number = Math.max(Number(call.query.get('page') ?? 1) || 1, 1);
  const last = Math.max(Math.ceil(rows.length / size), 1);
  const targets = {
    prev: number > 1 ? Math.min(number - 1, last) : undefined,
    next: number < last ? number + 1 : undefined,
    last: number < last ? last : undefined,
    first: number > 1 ? 1 : undefined,
  };
  const links = pageLinks.flatMap((name) => {
    const target = targets[name];
    if (target === undefined) return [];
    const query = new URLSearchParams(call.query);
    query.set('page', String(target));
    return [`<${call.urls.api}${call.path}?${query}>; rel="${name}"`];
  });
  return {
    page: rows.slice((number - 1) * size, number * size),
    number,
    headers: links.length === 0 ? {} : { link: links.join(', ') },
  };
}

export function answerPage<Row>(call: Call, rows: readonly Row[], render: (row: Row) => Json): Answer {
  const { page, headers } = cutPage(call, rows);
  return { status: 200, headers, body: page.map(render) };
}

/** `asc` and `desc` over a text that sorts as the thing does; rows of one moment stay in the order of their making. */
export function sortRows<Row>(rows: readonly Row[], key: (row: Row) => string, direction: string): readonly Row[] {
  const compare = (a: Row, b: Row): number => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
  const sorted = [...rows].sort(compare);
  return direction === 'asc' ? sorted : sorted.reverse();
}
