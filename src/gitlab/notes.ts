/** Notes of a merge request: what tollgate needs of GitLab, over the request function of the control plane. */

import { z } from 'zod';
import { checkBaseUrl } from '../client/base-url.ts';
import type { ApiRequest, Attempt } from '../client/failure.ts';
import { openConnection } from '../client/request.ts';
import { createCall, type Timing } from '../client/retry.ts';
import { ServiceError } from '../errors.ts';
import type { Proxies } from '../proxies.ts';

export interface GitLabPlace {
  /** `https://gitlab.example.com/api/v4`. */
  readonly apiUrl: string;
  /** The project's number. */
  readonly project: string;
  readonly token: string;
}

export interface GitLabOptions extends GitLabPlace {
  readonly proxies?: Proxies | undefined;
  readonly userAgent?: string | undefined;
  readonly timing: Timing;
  readonly signal?: AbortSignal | undefined;
}

interface Note {
  readonly id: number;
  readonly body: string;
  /** User name of the author; null where there is none any more. */
  readonly author: string | null;
}

/** As the comments of a pull request: one place more that a plan is told in. Rejects with ServiceError, CancelledError. */
export interface MergeRequestNotes {
  /** Nobody is expected: GitLab is asked whose token it is. */
  readonly login: '';
  readLogin(): Promise<string>;
  /** The request itself, as it is by now. */
  readRequest(): Promise<{ readonly isOpen: boolean; readonly head: string }>;
  /** Those that people and programs wrote, not GitLab itself. */
  listComments(iid: number): Promise<readonly Note[]>;
  createComment(iid: number, body: string): Promise<Note>;
  updateComment(id: number, body: string): Promise<void>;
  deleteComment(id: number): Promise<void>;
  close(): Promise<void>;
}

const requestRow = z.looseObject({ state: z.string(), sha: z.string() });
const userRow = z.looseObject({ username: z.string() });
const noteRow = z.looseObject({
  id: z.number(),
  body: z.string(),
  author: userRow.nullish(),
  system: z.boolean().optional(),
});
type NoteRow = z.infer<typeof noteRow>;

interface Answer<T> {
  readonly rows: T;
  /** Undefined: this is the last page. */
  readonly nextPage: string | undefined;
}

/** The most that GitLab gives in one page (docs/service-notes.md#gitlab-notes). */
const pageSize = 100;
/** A request with more notes than this is not read to its end, and gets none of ours. */
const mostPages = 100;

/** @throws UserError for an address or a token that cannot be used */
export function openNotes(options: GitLabOptions, iid: number): MergeRequestNotes {
  const { project, token, proxies, userAgent, timing, signal } = options;
  const baseUrl = checkBaseUrl(options.apiUrl, 'CI_API_V4_URL', 'https://gitlab.example.com/api/v4');
  const keyPlace = {
    header: 'private-token',
    variable: 'GITLAB_TOKEN',
    holds: 'a project access token with the scope `api`',
  } as const;
  const connection = openConnection({ baseUrl, apiKey: token, keyPlace, proxies, userAgent, signal });
  const call = createCall(
    async (request: ApiRequest): Promise<Attempt> => {
      const tried = await connection.attempt({ ...request, reasons });
      // A page is rows and what comes after them.
      return tried.ok ? { ...tried, body: { rows: tried.body, nextPage: tried.nextPage } } : tried;
    },
    { timing, signal },
  );
  const path = `/projects/${encodeURIComponent(project)}/merge_requests/${iid}`;
  const notes = `${path}/notes`;
  let login: Promise<string> | undefined;

  async function ask<T>(schema: z.ZodType<T>, request: ApiRequest): Promise<Answer<T>> {
    const page = (await call(request)) as Answer<unknown>;
    const parsed = schema.safeParse(page.rows);
    if (parsed.success) return { rows: parsed.data, nextPage: page.nextPage };
    throw failureOf(request, 'an answer that is not of the form that GitLab documents');
  }

  const readPage = (page: string): Promise<Answer<NoteRow[]>> => {
    const query = { per_page: pageSize, page, sort: 'asc', order_by: 'created_at' };
    return ask(z.array(noteRow), { method: 'GET', path: notes, query });
  };

  return {
    login: '',

    readLogin() {
      login ??= ask(userRow, { method: 'GET', path: '/user' }).then(({ rows }) => rows.username);
      return login;
    },

    async readRequest() {
      const { state, sha } = (await ask(requestRow, { method: 'GET', path })).rows;
      return { isOpen: state === 'opened', head: sha };
    },

    async listComments() {
      const found: NoteRow[] = [];
      let page: string | undefined = '1';
      // Of a page, GitLab leaves out what the token may not see: only its own word says which page is the last.
      for (let read = 0; page !== undefined; read++) {
        if (read === mostPages) throw tooMany(notes);
        const answer: Answer<NoteRow[]> = await readPage(page);
        found.push(...answer.rows);
        page = answer.nextPage;
      }
      return found.filter(({ system }) => system !== true).map(toNote);
    },

    createComment: async (_iid, body) =>
      toNote((await ask(noteRow, { method: 'POST', path: notes, body: { body } })).rows),
    updateComment: async (id, body) => void (await call({ method: 'PUT', path: `${notes}/${id}`, body: { body } })),
    deleteComment: async (id) => void (await call({ method: 'DELETE', path: `${notes}/${id}` })),
    close: () => connection.close(),
  };
}

function toNote({ id, body, author }: NoteRow): Note {
  return { id, body, author: author?.username ?? null };
}

/** docs/service-notes.md#gitlab-tokens */
const reasons: Readonly<Record<number, string>> = {
  401: 'GITLAB_TOKEN is invalid, expired or revoked; a job token (CI_JOB_TOKEN) reads notes and writes none',
  403: 'GITLAB_TOKEN needs the scope `api` and a role in the project, at least Reporter',
  404: 'there is no such merge request that GITLAB_TOKEN can see',
};

function tooMany(path: string): ServiceError {
  const detail = `more than ${mostPages * pageSize} notes: no more are read, so that nobody can tell which is ours`;
  return failureOf({ method: 'GET', path }, detail);
}

/** Of a request that was answered, with something that says nothing. */
function failureOf({ method, path }: Pick<ApiRequest, 'method' | 'path'>, detail: string): ServiceError {
  const maybeApplied = method !== 'GET';
  return new ServiceError(`${method} ${path}: ${detail}`, { status: undefined, method, path, detail, maybeApplied });
}
