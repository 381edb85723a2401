/**
 * A small stand-in for the notes of GitLab's REST API on loopback. Written from GitLab's own pages and sources, which publish it in no
 * package; what each rule rests on stands in docs/service-notes.md#gitlab-notes and below.
 */

import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { type Context, Hono } from 'hono';

export interface StandInUser {
  readonly username: string;
  /** A job token reads notes, and writes none. */
  readonly isJob?: boolean;
  /** `api`, or one that only reads. Default: `api`. */
  readonly scope?: 'api' | 'read_api';
  /** In the project. Default: developer. A maintainer may edit notes of others. */
  readonly role?: 'none' | 'reporter' | 'developer' | 'maintainer';
}

export interface StandInNote {
  readonly id: number;
  body: string;
  readonly author: string;
  readonly system: boolean;
  /** Told to people of the project alone: left out of a page, which then is a shorter one. */
  readonly internal: boolean;
}

export interface AskedRequest {
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

/** One request of a method is answered so, or not at all. */
export interface GitLabFault {
  readonly method: string;
  readonly status: number | 'cut' | 'done-then-cut';
  readonly retryAfter?: string;
  readonly times: number;
}

export interface GitLabStandIn {
  /** What `CI_API_V4_URL` is. */
  readonly url: string;
  /** By the number of the request. */
  notes(iid: number): readonly StandInNote[];
  /** What somebody writes at the page. */
  write(iid: number, author: string, body: string, more?: { system?: boolean; internal?: boolean }): StandInNote;
  /** What the request is by now. Default: open, without a commit. */
  become(iid: number, is: { readonly state?: string; readonly sha?: string }): void;
  /** A commit of the default branch came by this request. */
  merge(commit: string, iid: number): void;
  /** What a job of a pipeline for this ref kept under a name. */
  keep(ref: string, job: string, name: string, text: string): void;
  /** Lines that were carried out as quick actions, whoever wrote them. */
  readonly carriedOut: readonly string[];
  readonly requests: readonly AskedRequest[];
  fail(fault: Partial<GitLabFault> & Pick<GitLabFault, 'status'>): void;
  close(): Promise<void>;
}

export const projectToken = 'glpat-sample-token-of-a-project';
const mostCharacters = 1_000_000;

/** As GitLab looks for them: a known word behind a slash that begins a line, outside of code and quotes. */
const quickAction =
  /^```.+?\n```$|^>>>\n.+?\n>>>$|^\/(?:close|merge|approve|assign|label|relabel|milestone|lock|shrug|tableflip|title|draft|ready|copy_metadata|submit_review|rebase|target_branch)(?: [^\n]*)?(?:\s*\n|$)/gims;

export async function startGitLab(
  users: Readonly<Record<string, StandInUser>> = {},
  { project = 7, requests: iids = [1] }: { readonly project?: number; readonly requests?: readonly number[] } = {},
): Promise<GitLabStandIn> {
  const known: Readonly<Record<string, StandInUser>> = { [projectToken]: { username: 'project_7_bot' }, ...users };
  const byRequest = new Map(iids.map((iid) => [iid, [] as StandInNote[]]));
  const carriedOut: string[] = [];
  const requests: AskedRequest[] = [];
  const faults: { rule: GitLabFault; left: number }[] = [];
  let lastId = 100;

  const add = (iid: number, author: string, text: string, more: { system?: boolean; internal?: boolean } = {}) => {
    const { system = false, internal = false } = more;
    const note = { id: ++lastId, body: system ? text : carryOut(text, carriedOut), author, system, internal };
    byRequest.get(iid)?.push(note);
    return note;
  };

  const merged = new Map<string, number>();
  const became = new Map<number, { readonly state?: string; readonly sha?: string }>();
  const kept = new Map<string, string>();

  const app = new Hono<{ Variables: { user: StandInUser } }>();
  app.use('*', async (c, next) => {
    await next();
    requests.push({ method: c.req.method, path: new URL(c.req.url).pathname, status: c.res.status });
  });
  app.use('*', async (c, next) => {
    const fault = faults.find(({ rule, left }) => left > 0 && (rule.method === '*' || rule.method === c.req.method));
    if (fault === undefined) return next();
    fault.left -= 1;
    const { status, retryAfter } = fault.rule;
    if (status === 'done-then-cut') await next();
    if (typeof status === 'string') {
      (c.env as { incoming: { socket: { destroy(): void } } }).incoming.socket.destroy();
      return c.body(null, 500);
    }
    if (retryAfter !== undefined) c.header('retry-after', retryAfter);
    return c.json({ message: `${status}` }, status as 500);
  });
  app.use('*', async (c, next) => {
    const user = known[c.req.header('private-token') ?? c.req.header('job-token') ?? ''];
    if (user === undefined) return c.json({ message: '401 Unauthorized' }, 401);
    c.set('user', user);
    return next();
  });
  app.get('/api/v4/user', (c) => {
    const { username, isJob = false } = c.get('user');
    return isJob
      ? c.json({ message: '401 Unauthorized' }, 401)
      : c.json({ id: 1, username, name: username, state: 'active' });
  });

  app.get(`/api/v4/projects/${project}/repository/commits/:sha/merge_requests`, (c) => {
    const iid = merged.get(c.req.param('sha'));
    return c.json(iid === undefined ? [] : [{ id: 500 + iid, iid, project_id: project, state: 'merged' }]);
  });
  app.get(`/api/v4/projects/${project}/jobs/artifacts/:ref/raw/:name`, (c) => {
    const { ref, name } = c.req.param();
    const text = kept.get([ref, c.req.query('job'), name].join('\n'));
    return text === undefined ? c.json({ message: '404 Not found' }, 404) : c.body(text);
  });

  const notesOf = (c: Context): StandInNote[] | null => {
    const { role = 'developer' } = c.get('user') as StandInUser;
    return role === 'none' ? null : (byRequest.get(Number(c.req.param('iid'))) ?? null);
  };
  app.get(`/api/v4/projects/${project}/merge_requests/:iid`, (c) => {
    const iid = Number(c.req.param('iid'));
    const { state = 'opened', sha = '' } = became.get(iid) ?? {};
    if (notesOf(c) === null) return c.json({ message: '404 Not found' }, 404);
    return c.json({ id: 500 + iid, iid, project_id: project, state, sha });
  });

  const path = `/api/v4/projects/${project}/merge_requests/:iid/notes`;
  app.get(path, (c) => {
    const notes = notesOf(c);
    if (notes === null) return c.json({ message: '404 Not found' }, 404);
    const size = Math.min(Number(c.req.query('per_page') ?? 20), 100);
    const page = Number(c.req.query('page') ?? 1);
    const ordered = c.req.query('sort') === 'asc' ? notes : [...notes].reverse();
    const rows = ordered.slice((page - 1) * size, page * size).filter(({ internal }) => !internal);
    c.header('x-page', String(page));
    c.header('x-next-page', page * size < notes.length ? String(page + 1) : '');
    return c.json(rows.map((note) => render(note, project, Number(c.req.param('iid')))));
  });
  app.use(`${path}/*`, refuseReaders);
  app.use(path, refuseReaders);
  app.post(path, async (c) => {
    const notes = notesOf(c);
    if (notes === null) return c.json({ message: '404 Not found' }, 404);
    const body = await readBody(c);
    if (body === null) return c.json({ error: 'body is missing' }, 400);
    if ([...body].length > mostCharacters) return c.json({ message: { note: ['is too long'] } }, 400);
    const note = add(Number(c.req.param('iid')), c.get('user').username, body);
    // A note of nothing but actions is none.
    if (note.body.trim() === '') return c.json({ commands_changes: {}, summary: ['Done.'] }, 202);
    return c.json(render(note, project, Number(c.req.param('iid'))), 201);
  });
  app.on(['PUT', 'DELETE'], `${path}/:note`, async (c) => {
    const notes = notesOf(c);
    const note = notes?.find(({ id }) => id === Number(c.req.param('note')));
    if (notes === null || note === undefined) return c.json({ message: '404 Not found' }, 404);
    const { username, role } = c.get('user');
    if (note.system || (note.author !== username && role !== 'maintainer'))
      return c.json({ message: '403 Forbidden' }, 403);
    if (c.req.method === 'DELETE') {
      notes.splice(notes.indexOf(note), 1);
      return c.body(null, 204);
    }
    const body = await readBody(c);
    if (body === null) return c.json({ error: 'body is missing' }, 400);
    note.body = carryOut(body, carriedOut);
    return c.json(render(note, project, Number(c.req.param('iid'))));
  });

  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
  await new Promise<void>((resolve) => server.once('listening', () => resolve()));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/api/v4`,
    notes: (iid) => byRequest.get(iid) ?? [],
    write: add,
    become: (iid, is) => void became.set(iid, { ...became.get(iid), ...is }),
    merge: (commit, iid) => void merged.set(commit, iid),
    keep: (ref, job, name, text) => void kept.set([ref, job, name].join('\n'), text),
    carriedOut,
    requests,
    fail: ({ method = '*', times = 1, ...more }) => void faults.push({ rule: { method, times, ...more }, left: times }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}

async function refuseReaders(c: Context, next: () => Promise<void>): Promise<Response | undefined> {
  const { isJob = false, scope = 'api' } = c.get('user') as StandInUser;
  if (c.req.method !== 'GET' && isJob) return c.json({ message: '401 Unauthorized' }, 401);
  if (c.req.method !== 'GET' && scope !== 'api') {
    return c.json({ error: 'insufficient_scope', error_description: 'The request requires higher privileges.' }, 403);
  }
  await next();
}

async function readBody(c: Context): Promise<string | null> {
  const { body } = (await c.req.json().catch(() => ({}))) as { readonly body?: unknown };
  return typeof body === 'string' && body !== '' ? body : null;
}

/** What is left of a text once its actions are carried out. */
function carryOut(text: string, into: string[]): string {
  return text.replaceAll('\r', '').replace(quickAction, (found) => {
    if (!found.startsWith('/')) return found;
    into.push(found.trim());
    return '';
  });
}

function render({ id, body, author, system, internal }: StandInNote, project: number, iid: number): unknown {
  return {
    id,
    type: null,
    body,
    attachment: null,
    author: { id: 1, username: author, name: author, state: 'active' },
    created_at: '2026-11-20T12:00:00.000Z',
    updated_at: '2026-11-20T12:00:00.000Z',
    system,
    noteable_id: 500 + iid,
    noteable_type: 'MergeRequest',
    project_id: project,
    noteable_iid: iid,
    resolvable: false,
    confidential: internal,
    internal,
  };
}
