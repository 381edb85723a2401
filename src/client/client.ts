import type { z } from 'zod';
import type { LogPort, OfferedModel } from '../live/log-port.ts';
import type { PolicyKind } from '../resources/types.ts';
import type {
  WireIntegration,
  WireIntegrationWorkspace,
  WireKey,
  WireProvider,
  WireRatePolicy,
  WireUsagePolicy,
  WireWorkspace,
} from '../resources/wire.ts';
import { type AnsweredRow, type Answers, createAnswers } from './answers.ts';
import { createDownloads } from './download.ts';
import { type ApiRequest, renderPath } from './failure.ts';
import { createLogPort, type LogConnections, listOfferedModels } from './log-calls.ts';
import type { Page } from './paging.ts';
import { type Connection, type ConnectionOptions, openConnection } from './request.ts';
import { createCall, type RetryOptions } from './retry.ts';
import {
  anyObjectSchema,
  auditRecordSchema,
  configContentSchema,
  configSchema,
  createdSchema,
  entitySchema,
  integrationModelsSchema,
  integrationSchema,
  integrationWorkspaceSchema,
  keySchema,
  memberSchema,
  providerSchema,
  ratePolicySchema,
  usagePolicySchema,
  type WireAuditRecord,
  type WireConfig,
  type WireEntity,
  type WireMember,
  workspaceSchema,
} from './schemas.ts';
import { systemTiming } from './timing.ts';

export interface ClientOptions extends ConnectionOptions {
  /** Requests under way at most; default 4. Connections are as many. */
  readonly concurrency?: number | undefined;
  /** Default: the real clock. */
  readonly timing?: RetryOptions['timing'] | undefined;
  /** Requests sent for one call at most; default 5. */
  readonly tries?: number | undefined;
  /** Where single logs and models are, if not at the base URL (docs/service-notes.md#base-url). */
  readonly gatewayUrl?: string | undefined;
  /** For what an admin key may not do. Default: the key of the run. */
  readonly workspaceKey?: string | undefined;
}

export interface ProbeRequest {
  /** Below the base URL, segments encoded. */
  readonly path: string;
  readonly query?: ApiRequest['query'];
  /** For the message when it is refused. */
  readonly scope?: string | undefined;
}

export interface ProbeAnswer {
  readonly status: number;
  /** As sent, path and query. */
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

type Body = Readonly<Record<string, unknown>>;

/** One method an endpoint (docs/service-notes.md#envelopes). Writes resolve once the service has accepted. */
export interface Client {
  readonly baseUrl: string;

  /** Milliseconds since the epoch by the service's clock, from its latest answer; null while there is none. */
  serverNow(): number | null;
  /** From now on every writing request asks this right before it leaves, see `RetryOptions`. */
  gateWrites(mayWrite: () => Promise<void>): void;

  /** 5.1 */
  listWorkspaces(): Promise<readonly WireWorkspace[]>;
  readWorkspace(id: string): Promise<WireWorkspace>;
  updateWorkspace(id: string, body: Body): Promise<void>;

  /** People of the organisation; invitations are not in it. */
  listMembers(): Promise<readonly WireMember[]>;

  /** 2.1 and 3. Active ones. */
  listUsagePolicies(workspaceId: string): Promise<readonly WireUsagePolicy[]>;
  listRatePolicies(workspaceId: string): Promise<readonly WireRatePolicy[]>;
  /** With `includeUsage`, `value_key_usage_map` is there: value key → usage and status. */
  readUsagePolicy(id: string, options?: { readonly includeUsage?: boolean }): Promise<WireUsagePolicy>;
  readRatePolicy(id: string): Promise<WireRatePolicy>;
  listPolicyEntities(id: string): Promise<readonly WireEntity[]>;
  resetPolicyEntity(id: string, entityId: string): Promise<void>;
  createPolicy(kind: PolicyKind, body: Body): Promise<{ readonly id: string }>;
  updatePolicy(kind: PolicyKind, id: string, body: Body): Promise<void>;
  deletePolicy(kind: PolicyKind, id: string): Promise<void>;

  /** 4.1. Without a workspace: whatever the service shows this key, of every workspace or of none. */
  listKeys(workspaceId?: string): Promise<readonly WireKey[]>;
  readKey(id: string): Promise<WireKey>;
  updateKey(id: string, body: Body): Promise<void>;

  /** 6.1 */
  listProviders(workspaceId: string): Promise<readonly WireProvider[]>;
  readProvider(slug: string, workspaceId: string): Promise<WireProvider>;
  updateProvider(slug: string, workspaceId: string, body: Body): Promise<void>;

  /** 7.1, 7.2 */
  listIntegrations(): Promise<readonly WireIntegration[]>;
  readIntegration(slug: string): Promise<WireIntegration>;
  listIntegrationWorkspaces(slug: string): Promise<readonly WireIntegrationWorkspace[]>;
  /** 7.3. Not paged. */
  listIntegrationModels(slug: string): Promise<z.infer<typeof integrationModelsSchema>['models']>;
  updateIntegrationWorkspaces(slug: string, body: Body): Promise<void>;
  updateIntegration(slug: string, body: Body): Promise<void>;
  updateIntegrationModels(slug: string, body: Body): Promise<void>;

  /** 8. A list shows no contents; a content is what its JSON holds, or its text where that is no JSON. */
  listConfigs(workspaceId: string): Promise<readonly WireConfig[]>;
  readConfigContent(slug: string): Promise<unknown>;

  /** 13. Times are ISO; `organisation_id`, `start_time` and `end_time` are required by the service. */
  listAuditRecords(query: NonNullable<ApiRequest['query']>): Promise<readonly WireAuditRecord[]>;
  /** 11. `path` below `/analytics`, such as `/graphs/cost`; costs are in cents. */
  readAnalytics(path: string, query: NonNullable<ApiRequest['query']>): Promise<Readonly<Record<string, unknown>>>;

  /** 10. */
  readonly logs: LogPort;
  /** 9. */
  listModels(workspaceId: string): Promise<readonly OfferedModel[]>;

  /**
   * One read, its answer as it came: for finding out what a key may do. No paging, no look at the rows.
   *
   * @throws ServiceError when it is refused or broken, CancelledError
   */
  probe(request: ProbeRequest): Promise<ProbeAnswer>;

  /** Closes the kept connections, and breaks off what is under way. */
  close(): Promise<void>;
}

const policyPaths: Record<PolicyKind, string> = {
  'usage-policy': '/policies/usage-limits',
  'rate-policy': '/policies/rate-limits',
};

export function createClient(options: ClientOptions): Client {
  const concurrency = options.concurrency ?? 4;
  const connection = openConnection({ connections: concurrency, ...options });
  let mayWrite: (() => Promise<void>) | undefined;
  const retrying = {
    mayWrite: async () => mayWrite?.(),
    timing: options.timing ?? systemTiming,
    signal: options.signal,
    concurrency,
    tries: options.tries,
  };
  const call = createCall(connection.attempt, retrying);
  /** Beside the body, the status: the one thing that every other caller can do without. */
  const callWithStatus = createCall(async (request) => {
    const result = await connection.attempt(request);
    return result.ok ? { ok: true, body: { status: result.status ?? 200, body: result.body } } : result;
  }, retrying);

  const answers = createAnswers(connection, call);
  const { parseAnswer, read, write, readRows, list, walk } = answers;
  const others: Connection[] = [];
  /** Opened when first needed: a wrong address of a gateway is nobody's trouble who asks nothing of it. */
  const reach = (other: Partial<ConnectionOptions>, variable?: string): (() => Answers) => {
    let opened: Answers | undefined;
    return () => {
      if (opened !== undefined) return opened;
      const secrets = [...(options.secrets ?? []), options.apiKey ?? ''];
      const made = openConnection({ connections: concurrency, ...options, secrets, ...other }, variable);
      others.push(made);
      opened = createAnswers(made, createCall(made.attempt, retrying));
      return opened;
    };
  };
  const files = createDownloads({
    baseUrl: connection.baseUrl,
    proxies: options.proxies ?? {},
    clean: connection.clean,
    signal: options.signal,
    dispatcher: options.dispatcher,
    userAgent: options.userAgent ?? 'tollgate',
  });
  const atGateway = options.gatewayUrl === undefined ? {} : { baseUrl: options.gatewayUrl };
  const byWorkspace = options.workspaceKey === undefined ? {} : { apiKey: options.workspaceKey };
  const own = (): Answers => answers;
  const logConnections: LogConnections = {
    control: answers,
    gateway: 'baseUrl' in atGateway ? reach(atGateway, 'PORTKEY_GATEWAY_URL') : own,
    ofWorkspace: 'apiKey' in byWorkspace ? reach(byWorkspace) : own,
    gatewayOfWorkspace:
      'baseUrl' in atGateway || 'apiKey' in byWorkspace
        ? reach({ ...atGateway, ...byWorkspace }, 'PORTKEY_GATEWAY_URL')
        : own,
    download: files.download,
  };
  const byId = (row: { readonly id: string }): string => row.id;
  const keyScopes = (verb: string): string =>
    `workspace_service_api_keys.${verb} (and the same of workspace_user_api_keys and organisation_service_api_keys)`;

  const writeIntegration = (slug: string, part: '' | '/models' | '/workspaces', body: Body): Promise<void> =>
    write({
      method: 'PUT',
      path: `/integrations/${encode(slug)}${part}`,
      body,
      scope: 'organisation_integrations.update',
    });

  return {
    baseUrl: connection.baseUrl,
    async close() {
      await Promise.all([connection, files, ...others].map((one) => one.close()));
    },
    serverNow: connection.serverNow,
    gateWrites(gate) {
      mayWrite = gate;
    },

    listWorkspaces: () =>
      list({ method: 'GET', path: '/admin/workspaces', scope: 'workspaces.list' }, workspaceSchema, byId),
    readWorkspace: (id) =>
      read({ method: 'GET', path: `/admin/workspaces/${encode(id)}`, scope: 'workspaces.read' }, workspaceSchema),
    updateWorkspace: (id, body) =>
      write({ method: 'PUT', path: `/admin/workspaces/${encode(id)}`, body, scope: 'workspaces.update' }),

    listMembers: () => {
      const request: ApiRequest = { method: 'GET', path: '/admin/users', scope: 'users.list' };
      // Its pages have names of their own (docs/service-notes.md#people); the usual ones are for a service that knows those alone.
      const readPage = (page: number, size: number): Promise<Page<AnsweredRow<WireMember>>> => {
        const query = { pageSize: size, currentPage: page, page_size: size, current_page: page };
        return readRows({ ...request, query }, memberSchema);
      };
      return walk(request, readPage, byId);
    },

    listUsagePolicies: (workspaceId) => list(policyList('usage-policy', workspaceId), usagePolicySchema, byId),
    listRatePolicies: (workspaceId) => list(policyList('rate-policy', workspaceId), ratePolicySchema, byId),
    readUsagePolicy: (id, { includeUsage } = {}) =>
      read(
        { ...policyRead('usage-policy', id), query: { include_usage: includeUsage || undefined } },
        usagePolicySchema,
      ),
    readRatePolicy: (id) => read(policyRead('rate-policy', id), ratePolicySchema),
    listPolicyEntities: (id) =>
      list(
        { method: 'GET', path: `${policyPaths['usage-policy']}/${encode(id)}/entities`, scope: 'policies.read' },
        entitySchema,
        byId,
      ),
    resetPolicyEntity: (id, entityId) =>
      write({
        method: 'PUT',
        path: `${policyPaths['usage-policy']}/${encode(id)}/entities/${encode(entityId)}/reset`,
        scope: 'policies.update',
      }),
    createPolicy: async (kind, body) => {
      const { id } = await read(
        { method: 'POST', path: policyPaths[kind], body, scope: 'policies.create' },
        createdSchema,
      );
      return { id };
    },
    updatePolicy: (kind, id, body) =>
      write({ method: 'PUT', path: `${policyPaths[kind]}/${encode(id)}`, body, scope: 'policies.update' }),
    deletePolicy: (kind, id) =>
      write({ method: 'DELETE', path: `${policyPaths[kind]}/${encode(id)}`, scope: 'policies.delete' }),

    listKeys: (workspaceId) =>
      list(
        { method: 'GET', path: '/api-keys', query: { workspace_id: workspaceId }, scope: keyScopes('list') },
        keySchema,
        byId,
      ),
    readKey: (id) => read({ method: 'GET', path: `/api-keys/${encode(id)}`, scope: keyScopes('read') }, keySchema),
    updateKey: (id, body) =>
      write({ method: 'PUT', path: `/api-keys/${encode(id)}`, body, scope: keyScopes('update') }),

    listProviders: (workspaceId) =>
      list(
        { method: 'GET', path: '/providers', query: { workspace_id: workspaceId }, scope: 'providers.list' },
        providerSchema,
        byId,
      ),
    readProvider: (slug, workspaceId) =>
      read(
        {
          method: 'GET',
          path: `/providers/${encode(slug)}`,
          query: { workspace_id: workspaceId },
          scope: 'providers.read',
        },
        providerSchema,
      ),
    updateProvider: (slug, workspaceId, body) =>
      write({
        method: 'PUT',
        path: `/providers/${encode(slug)}`,
        // In both places: the specification wants the query, Terraform is served by the body (docs/service-notes.md#provider-rows).
        query: { workspace_id: workspaceId },
        body: { ...body, workspace_id: workspaceId },
        scope: 'providers.update',
      }),

    listIntegrations: () =>
      list({ method: 'GET', path: '/integrations', scope: 'organisation_integrations.list' }, integrationSchema, byId),
    readIntegration: (slug) =>
      read(
        { method: 'GET', path: `/integrations/${encode(slug)}`, scope: 'organisation_integrations.read' },
        integrationSchema,
      ),
    listIntegrationWorkspaces: async (slug) => {
      const request: ApiRequest = {
        method: 'GET',
        path: `/integrations/${encode(slug)}/workspaces`,
        scope: 'organisation_integrations.read',
      };
      // No paging is documented here (docs/service-notes.md#shares), so that it is asked for only where the answer looks like a full page.
      const readPage = (page: number, size: number): Promise<Page<AnsweredRow<WireIntegrationWorkspace>>> => {
        const query = page === 0 && size > 1 ? {} : { query: { page_size: size, current_page: page } };
        return readRows({ ...request, ...query }, integrationWorkspaceSchema);
      };
      // A workspace that stands twice with other limits is not a page that came again.
      const shareOf = ({ id, usage_limits: budgets, rate_limits: rates }: WireIntegrationWorkspace): string =>
        JSON.stringify([id, budgets?.map(({ type, credit_limit: amount }) => [type, amount]), rates]);
      return walk(request, readPage, shareOf);
    },
    listIntegrationModels: async (slug) => {
      const path = `/integrations/${encode(slug)}/models`;
      const request: ApiRequest = { method: 'GET', path, scope: 'organisation_integrations.read' };
      return (await read(request, integrationModelsSchema)).models;
    },
    updateIntegrationWorkspaces: (slug, body) => writeIntegration(slug, '/workspaces', body),
    updateIntegration: (slug, body) => writeIntegration(slug, '', body),
    updateIntegrationModels: (slug, body) => writeIntegration(slug, '/models', body),

    listConfigs: (workspaceId) =>
      list(
        { method: 'GET', path: '/configs', query: { workspace_id: workspaceId }, scope: 'configs.list' },
        configSchema,
        byId,
      ),
    readConfigContent: (slug) =>
      read({ method: 'GET', path: `/configs/${encode(slug)}`, scope: 'configs.read' }, configContentSchema),

    listAuditRecords: (query) =>
      list({ method: 'GET', path: '/audit-logs', query, scope: 'audit_logs.list' }, auditRecordSchema, (row) =>
        // Records have no id of their own.
        [row.request_id, row.timestamp, row.method, row.uri, row.user_id].join(' '),
      ),
    readAnalytics: (path, query) =>
      read({ method: 'GET', path: `/analytics${path}`, query, scope: 'analytics.view' }, anyObjectSchema),

    logs: createLogPort(logConnections),
    listModels: (workspaceId) => listOfferedModels(logConnections, workspaceId),

    async probe(probed) {
      const request: ApiRequest = { method: 'GET', ...probed };
      const { status, body } = (await callWithStatus(request)) as { status: number; body: unknown };
      return { status, path: renderPath(request), body: parseAnswer(request, anyObjectSchema, body) };
    },
  };
}

function policyList(kind: PolicyKind, workspaceId: string): ApiRequest {
  return {
    method: 'GET',
    path: policyPaths[kind],
    query: { workspace_id: workspaceId, status: 'active' },
    scope: 'policies.list',
  };
}

function policyRead(kind: PolicyKind, id: string): ApiRequest {
  return { method: 'GET', path: `${policyPaths[kind]}/${encode(id)}`, scope: 'policies.read' };
}

const encode = encodeURIComponent;
