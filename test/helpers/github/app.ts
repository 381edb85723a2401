/** The stand-in without a listener: recording, faults, tokens, permissions and the descriptions around every route and GraphQL. */

import { type Context, Hono } from 'hono';
import { canSee, findViewer, isAllowed, type TokenGrant, type Viewer } from './access.ts';
import { type Answer, buildErrorBody, type Call, notFound, Refusal, type Route, type Site } from './call.ts';
import type { Description, OperationJudge } from './description.ts';
import type { EndingFault, FaultSwitch } from './faults.ts';
import { answerFault } from './faults.ts';
import { answerGraphRequest, nameOfOperation, readGraphRequest } from './graphql/execute.ts';
import { refreshPullRequests } from './pull-requests.ts';
import { actionRoutes } from './routes/actions.ts';
import { checkRoutes } from './routes/checks.ts';
import { issueRoutes } from './routes/issues.ts';
import { labelRoutes } from './routes/labels.ts';
import { protectionRoutes } from './routes/protection.ts';
import { pullRoutes } from './routes/pulls.ts';
import { repositoryRoutes } from './routes/repository.ts';
import { teamRoutes } from './routes/teams.ts';
import { findRepository, fullName, type Json, type JsonObject, type Repository } from './state.ts';

export const routes: readonly Route[] = [
  ...issueRoutes,
  ...labelRoutes,
  ...pullRoutes,
  ...checkRoutes,
  ...actionRoutes,
  ...protectionRoutes,
  ...teamRoutes,
  ...repositoryRoutes,
];

/** Names of parameters that reach over slashes. */
const wideParameters = new Set(['ref', 'basehead']);

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Undefined: none was sent. */
  readonly body: unknown;
  /** Name of the GraphQL query; null: it is none. */
  readonly operation: string | null;
  /** Whose token it was; null: none that is known. */
  readonly login: string | null;
  /** Undefined until it is answered; stays so when the connection was broken. */
  status: number | undefined;
}

export interface Violation {
  readonly side: 'request' | 'answer';
  readonly method: string;
  readonly path: string;
  readonly problem: string;
}

export interface AppParts extends Site {
  /** As of an Enterprise server: REST below `/api/v3`, GraphQL at `/api/graphql`. */
  readonly isEnterprise: boolean;
  readonly tokens: ReadonlyMap<string, TokenGrant>;
  readonly rateLimit: number;
  readonly description: () => Description;
  readonly faults: FaultSwitch;
  readonly requests: RecordedRequest[];
  readonly violations: Violation[];
  readonly wait: (milliseconds: number) => Promise<void>;
  /** Ends the connection, at once or when the caller gives up. */
  readonly breakConnection: (c: Context, fault: EndingFault) => Promise<Response>;
}

export function createApp(parts: AppParts): Hono {
  const app = new Hono();
  const root = parts.isEnterprise ? '/api/v3' : '';
  const used = new Map<string, number>();
  const opened = Math.floor(parts.state.date().getTime() / 1000);
  for (const route of routes) {
    const path = route.path.replace(/\{(\w+)\}/g, (_, name) => `:${name}${wideParameters.has(name) ? '{.+}' : ''}`);
    app.on(route.method, `${root}${path}`, (c) => respond(parts, c, route, describeRate));
  }
  app.get(`${root}/rate_limit`, (c) => respond(parts, c, 'rate', describeRate));
  app.post(parts.isEnterprise ? '/api/graphql' : '/graphql', (c) => respond(parts, c, 'graphql', describeRate));
  // Where GitHub sends who asks for a repository by a name that it had.
  app.all(`${root}/repositories/:id/*`, (c) => {
    const url = new URL(c.req.url);
    const repository = parts.state.repositories.find(({ id }) => id === Number(c.req.param('id')));
    const name = repository === undefined ? 'none/none' : fullName(repository);
    url.pathname = url.pathname.replace(/\/repositories\/\d+(?=\/|$)/, `/repos/${name}`);
    return app.fetch(new Request(url, c.req.raw), c.env);
  });
  app.notFound((c) => respond(parts, c, null, describeRate));
  return app;

  function describeRate(viewer: Viewer, costs: number): Rate {
    const count = (used.get(viewer.token) ?? 0) + costs;
    used.set(viewer.token, count);
    const { rateLimit: limit } = parts;
    return { limit, used: Math.min(count, limit), remaining: Math.max(limit - count, 0), reset: opened + 3600 };
  }
}

interface Rate {
  readonly limit: number;
  readonly used: number;
  readonly remaining: number;
  readonly reset: number;
}

type Blame = (side: Violation['side'], problems: readonly string[]) => void;

type DescribeRate = (viewer: Viewer, costs: number) => Rate;

type Target = Route | 'rate' | 'graphql' | null;

async function respond(parts: AppParts, c: Context, route: Target, describeRate: DescribeRate): Promise<Response> {
  const { pathname, searchParams: query } = new URL(c.req.url);
  // Rules of faults and links to pages are the same wherever it stands.
  const path = parts.isEnterprise ? pathname.replace(/^\/api(\/v3)?(?=\/)/, '') : pathname;
  const { method } = c.req;
  const text = await c.req.text();
  const body = readJson(text);
  const viewer = findViewer(parts.tokens, c.req.header('authorization'));
  const graph = route === 'graphql' ? readGraphRequest(body) : null;
  const operation = graph === null ? null : nameOfOperation(graph);
  const recorded: RecordedRequest = {
    method,
    path: pathname,
    query: Object.fromEntries(query),
    body: body ?? undefined,
    operation,
    login: viewer?.login ?? null,
    status: undefined,
  };
  parts.requests.push(recorded);
  const blame: Blame = (side, problems) => {
    for (const problem of problems) parts.violations.push({ side, method, path, problem });
  };
  const judge = findJudge(parts, method, route);
  if (route === null) blame('request', ['there is no such endpoint here']);
  else if (judge === null && route !== 'graphql') blame('request', ['GitHub describes no such operation']);
  const params = c.req.param() as Record<string, string>;
  blame('request', judge?.judgeParameters({ params, query, body }) ?? []);
  const isRead = method === 'GET' || method === 'DELETE';
  const bodyProblems =
    body === null || (route === 'graphql' && graph === null)
      ? ['is not JSON']
      : (judge?.judgeBody(isRead && text === '' ? undefined : body) ?? []);
  blame('request', bodyProblems);

  const chosen = parts.faults.choose(method, path, operation);
  if (chosen.delay > 0) await parts.wait(chosen.delay);
  for (const happen of chosen.meanwhile) happen();
  const { fault } = chosen;
  const injected = fault === undefined || fault.kind === 'graphql-errors' ? undefined : answerFault(fault);
  if (injected === null && !(fault?.kind === 'reset' && fault.when === 'after')) {
    return parts.breakConnection(c, fault as EndingFault);
  }

  const answer =
    injected ??
    answerSafely(blame, () => {
      if (c.req.header('user-agent') === undefined)
        throw new Refusal(403, 'Request forbidden by administrative rules.');
      if (viewer === undefined) throw new Refusal(401, 'Bad credentials');
      if (route === null) throw notFound();
      if (route === 'rate') return answerRate(describeRate(viewer, 0));
      if (describeRate(viewer, 1).remaining === 0) {
        throw new Refusal(403, `API rate limit exceeded for ${viewer.login}.`);
      }
      const { state, urls } = parts;
      if (graph !== null || route === 'graphql') {
        if (graph === null) throw new Refusal(400, 'Problems parsing JSON');
        const home = findHome(parts, viewer);
        for (const one of state.repositories) refreshPullRequests(state, one);
        const asking = { state, urls, viewer, home, canSee: (one: Repository) => canSee(viewer, one, home) };
        return addGraphErrors(fault, answerGraphRequest(asking, graph, blame));
      }
      const lead = findMoved(parts, params, c.req.url);
      if (lead !== null) return lead;
      const repository = takeRepository(parts, viewer, params);
      if (repository.archived && method !== 'GET') throw new Refusal(403, 'Repository was archived so is read-only.');
      const safeBody = (bodyProblems.length === 0 ? body : {}) as JsonObject;
      const call: Call = { state, urls, repository, params, query, body: safeBody ?? {}, viewer, path };
      const needs = route.needs(call);
      const maySpeak = viewer.grant.kind === 'user' && route.isOpenToReaders?.(call) === true;
      if (!maySpeak && !isAllowed(viewer, repository, findHome(parts, viewer), needs)) throw refuse(viewer, needs);
      if (body === null) throw new Refusal(400, 'Problems parsing JSON');
      if (bodyProblems.length > 0) throw new Refusal(422, `Invalid request.\n\n${bodyProblems.join('\n')}`);
      refreshPullRequests(state, repository);
      return route.handle(call);
    });
  if (injected === null) return parts.breakConnection(c, fault as EndingFault);
  if ((fault === undefined || fault.kind === 'answer') && answer.status !== 301)
    blame('answer', judge?.judgeAnswer(answer.status, answer.body) ?? []);
  recorded.status = answer.status;
  const rate = viewer === undefined ? undefined : describeRate(viewer, 0);
  return buildResponse(answer, rate);
}

/** Errors stand beside the data of an answer, all of it or what is left. */
function addGraphErrors(fault: EndingFault | undefined, answer: Answer): Answer {
  if (fault?.kind !== 'graphql-errors') return answer;
  const { data } = answer.body as { readonly data?: Json };
  return { ...answer, body: { data: fault.keepsData === true ? (data ?? null) : null, errors: fault.errors } };
}

function findJudge(parts: AppParts, method: string, route: Target): OperationJudge | null {
  if (route === null || route === 'graphql') return null;
  return parts.description().find(method, route === 'rate' ? '/rate_limit' : route.path);
}

/** Undefined: there is none; null: it is not JSON. */
function readJson(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) ?? null;
  } catch {
    return null;
  }
}

function answerSafely(blame: Blame, handle: () => Answer): Answer {
  try {
    return handle();
  } catch (error) {
    if (error instanceof Refusal) return error.answer;
    const problem = `the stand-in failed: ${(error as Error).stack}`;
    blame('answer', [problem]);
    return { status: 500, body: buildErrorBody(500, problem) };
  }
}

function findHome({ state }: AppParts, { grant }: Viewer): Repository | undefined {
  if (grant.kind !== 'actions') return undefined;
  return grant.repository === undefined ? state.repositories[0] : findRepository(state, grant.repository);
}

function findMoved({ state, urls }: AppParts, { owner, repo }: Params, url: string): Answer | null {
  const name = `${owner}/${repo}`;
  const repository = state.repositories.find(({ formerNames }) => formerNames.includes(name));
  if (repository === undefined) return null;
  const { pathname, search } = new URL(url);
  const rest = pathname.slice(pathname.indexOf(`/repos/${name}`) + `/repos/${name}`.length);
  const location = `${urls.api}/repositories/${repository.id}${rest}${search}`;
  return { status: 301, headers: { location }, body: { message: 'Moved Permanently', url: location } };
}

type Params = Readonly<Record<string, string>>;

function takeRepository(
  parts: AppParts,
  viewer: Viewer,
  { owner, repo, org }: Readonly<Record<string, string>>,
): Repository {
  const repository =
    org === undefined
      ? findRepository(parts.state, `${owner}/${repo}`)
      : parts.state.repositories.find((one) => one.owner.toLowerCase() === org.toLowerCase());
  if (repository === undefined || !canSee(viewer, repository, findHome(parts, viewer))) throw notFound();
  return repository;
}

function refuse({ grant }: Viewer, needs: readonly string[]): Refusal {
  // As GitHub names them: `issues=write; pull_requests=write`.
  const accepted = needs.map((permission) => permission.replace('-', '_').replace(': ', '=')).join('; ');
  const headers = { 'x-accepted-github-permissions': accepted };
  if (grant.kind === 'actions') return new Refusal(403, 'Resource not accessible by integration', {}, headers);
  if (needs.includes('checks: write')) return new Refusal(403, 'You must authenticate via a GitHub App.');
  return new Refusal(403, 'Resource not accessible by personal access token', {}, headers);
}

function answerRate(rate: Rate): Answer {
  const core: JsonObject = { ...rate };
  return {
    status: 200,
    body: { resources: { core, search: { ...core, limit: 30, used: 0, remaining: 30 } }, rate: core },
  };
}

function buildResponse({ status, body, headers }: Answer, rate: Rate | undefined): Response {
  const all: Record<string, string> = { 'x-github-media-type': 'github.v3; format=json' };
  if (body !== undefined) all['content-type'] = 'application/json; charset=utf-8';
  if (rate !== undefined) {
    all['x-ratelimit-resource'] = 'core';
    for (const [name, value] of Object.entries(rate)) all[`x-ratelimit-${name}`] = String(value);
  }
  const isPage = headers?.['content-type'] === 'text/html';
  const page = `<html><body><h1>${status}</h1></body></html>`;
  const text = body === undefined ? (isPage ? page : null) : JSON.stringify(body satisfies Json);
  return new Response(text, { status, headers: { ...all, ...headers } });
}
