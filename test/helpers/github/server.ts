/** A small stand-in for GitHub's REST and GraphQL APIs on the loopback interface, over bare Git repositories on disk. */

import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import type { Context } from 'hono';
import { allPermissions, type TokenGrant } from './access.ts';
import { createApp, type RecordedRequest, type Violation } from './app.ts';
import { openBareRepository } from './bare-repository.ts';
import type { Site, Urls } from './call.ts';
import { createDeeds, type Deeds } from './deeds.ts';
import { loadDescription } from './description.ts';
import { createEventBuilder, type EventBuilder } from './events.ts';
import { createFaultSwitch, type EndingFault, type GitHubFaultRule } from './faults.ts';
import { serveDownload } from './routes/actions.ts';
import { createState, formatTime, type Repository, type Role, type SavedState, type State } from './state.ts';

export interface RepositoryOptions {
  readonly owner: string;
  readonly name: string;
  /** A bare Git repository. Default: none, and no commits, branches and pull requests. */
  readonly bareDir?: string;
  /** Default true: what may be read is then a matter of permissions. */
  readonly private?: boolean;
  /** Default "main". */
  readonly defaultBranch?: string;
  /** Roles by login. The owner is always an admin. */
  readonly collaborators?: Readonly<Record<string, Role>>;
  /** `owner/name` of what it is a fork of. */
  readonly forkOf?: string;
}

export interface GitHubOptions {
  /** The first one is the default of everything that takes a repository. */
  readonly repositories?: readonly RepositoryOptions[];
  /** What it starts with, in place of what the options say of the repositories beside their folders. */
  readonly saved?: SavedState;
  /** By the token. Default: `actionsToken` with every permission. */
  readonly tokens?: Readonly<Record<string, TokenGrant>>;
  /** Default: the system's clock. */
  readonly now?: () => Date;
  /** Where the pages are that people look at. Default "https://github.example.com". */
  readonly serverUrl?: string;
  /** Requests a token has in an hour. Default 5000. */
  readonly rateLimit?: number;
  /** Addresses of an Enterprise server. */
  readonly isEnterprise?: boolean;
}

export interface GitHubStandIn extends Deeds {
  /** `http://127.0.0.1:<port>`, and `/api/v3` of an Enterprise server: what `GITHUB_API_URL` is. */
  readonly url: string;
  /** What `GITHUB_SERVER_URL` is; nothing answers there. */
  readonly serverUrl: string;
  readonly state: State;
  readonly requests: readonly RecordedRequest[];
  /** Requests and answers that GitHub's description does not know, and endpoints that are not here. */
  readonly violations: readonly Violation[];
  /** Hands out the violations so far and forgets them: for tests that break a rule on purpose. */
  takeViolations(): readonly Violation[];
  /** Hands out the requests so far and forgets them: how many it took is counted from then on. */
  takeRequests(): readonly RecordedRequest[];
  attachRepository(options: RepositoryOptions): Repository;
  /** Adds a token, or replaces what one may do. */
  setToken(token: string, grant: TokenGrant): void;
  /** Replaces all fault rules. */
  setFaults(rules: readonly GitHubFaultRule[]): void;
  /** What a runner writes into the event file. */
  readonly eventPayload: EventBuilder;
  /** Ends open connections, hanging ones too. */
  close(): Promise<void>;
}

export const actionsToken = 'sample-token-of-actions';

export async function startGitHub(options: GitHubOptions = {}): Promise<GitHubStandIn> {
  const state = createState(options.now ?? (() => new Date()), options.saved);
  const tokens = new Map(
    Object.entries(options.tokens ?? { [actionsToken]: { kind: 'actions', permissions: allPermissions } as const }),
  );
  const faults = createFaultSwitch();
  const requests: RecordedRequest[] = [];
  const violations: Violation[] = [];
  const serverUrl = options.serverUrl ?? 'https://github.example.com';
  let letGo: () => void = () => {};
  const closing = new Promise<void>((resolve) => {
    letGo = resolve;
  });

  // Routes need the addresses, the addresses need the listeners.
  const urls = { api: '', html: serverUrl, downloads: '' };
  const site: Site = { state, urls: urls satisfies Urls };
  const app = createApp({
    ...site,
    isEnterprise: options.isEnterprise ?? false,
    tokens,
    rateLimit: options.rateLimit ?? 5000,
    description: loadDescription,
    faults,
    requests,
    violations,
    wait: (milliseconds) =>
      Promise.race([closing, new Promise<void>((resolve) => void setTimeout(resolve, milliseconds).unref())]),
    breakConnection: (c, fault) => breakConnection(c, fault, closing),
  });
  const api = await listen((request, bindings) => app.fetch(request, bindings));
  const downloads = await listen((request) => serveDownload(site, request));
  urls.api = options.isEnterprise === true ? `${api.url}/api/v3` : api.url;
  urls.downloads = downloads.url;

  const attachRepository = (wanted: RepositoryOptions): Repository => {
    const repository = buildRepository(state, wanted);
    state.repositories.push(repository);
    return repository;
  };
  for (const [index, wanted] of (options.repositories ?? []).entries()) {
    const saved = options.saved?.repositories[index];
    if (saved === undefined) attachRepository(wanted);
    else state.repositories.push({ ...structuredClone(saved), git: openGit(wanted) });
  }
  return {
    ...createDeeds(state),
    url: urls.api,
    serverUrl,
    state,
    requests,
    violations,
    takeViolations: () => violations.splice(0),
    takeRequests: () => requests.splice(0),
    attachRepository,
    setToken: (token, grant) => void tokens.set(token, grant),
    setFaults: faults.set,
    eventPayload: createEventBuilder(site),
    async close() {
      letGo();
      await Promise.all([api.close(), downloads.close()]);
    },
  };
}

const openGit = ({ bareDir }: RepositoryOptions) => (bareDir === undefined ? null : openBareRepository(bareDir));

function buildRepository(state: State, wanted: RepositoryOptions): Repository {
  return {
    id: state.newId(),
    owner: wanted.owner,
    name: wanted.name,
    formerNames: [],
    archived: false,
    hasIssues: true,
    private: wanted.private ?? true,
    forkOf: wanted.forkOf ?? null,
    defaultBranch: wanted.defaultBranch ?? 'main',
    createdAt: formatTime(state.date()),
    git: openGit(wanted),
    collaborators: new Map(Object.entries(wanted.collaborators ?? {})),
    nextNumber: 1,
    issues: [],
    comments: [],
    labels: [],
    reviews: [],
    checkRuns: [],
    workflowRuns: [],
    artifacts: [],
    pushes: [],
    seen: new Map(),
    gitUser: wanted.owner,
    environments: [],
    protections: [],
    teams: [],
  };
}

interface Listener {
  readonly url: string;
  close(): Promise<void>;
}

interface Bindings {
  readonly incoming?: IncomingMessage;
}

async function listen(
  answer: (request: Request, bindings: Bindings) => Response | Promise<Response>,
): Promise<Listener> {
  const server = await new Promise<ReturnType<typeof serve>>((resolve, reject) => {
    const listening = serve(
      { fetch: (request, bindings) => answer(request, bindings as Bindings), hostname: '127.0.0.1', port: 0 },
      () => {
        listening.off('error', reject);
        resolve(listening);
      },
    );
    listening.once('error', reject);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      await new Promise<void>((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        if ('closeAllConnections' in server) server.closeAllConnections();
      });
    },
  };
}

async function breakConnection(c: Context, fault: EndingFault, closing: Promise<void>): Promise<Response> {
  const { incoming } = c.env as Bindings;
  if (fault.kind === 'hang') {
    await Promise.race([closing, new Promise<void>((resolve) => void incoming?.socket.once('close', () => resolve()))]);
    incoming?.socket.destroy();
  } else incoming?.socket.resetAndDestroy();
  // What the adapter is told to send over a connection that is gone already.
  return new Response(null, { status: 599, headers: { 'x-hono-already-sent': 'true' } });
}
