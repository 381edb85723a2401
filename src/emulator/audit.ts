/** What the audit log says of a write. */

import type { Caller } from './auth.ts';
import type { AuditAnnotation } from './service.ts';
import type { AuditRow } from './store.ts';

export interface AuditedRequest {
  readonly method: string;
  /** With the prefix, without the query. */
  readonly uri: string;
  readonly body: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly status: number;
  readonly caller: Caller;
  readonly organisationId: string;
  readonly requestId: string;
  readonly timestamp: string;
  readonly annotation: AuditAnnotation;
}

export function isAudited(method: string): method is AuditRow['method'] {
  return method === 'POST' || method === 'PUT' || method === 'DELETE';
}

const secretMembers: ReadonlySet<string> = new Set(['key', 'secret', 'api_key', 'password', 'token']);

/** The body as JSON text, secrets masked; text that is no JSON object is kept as it came. */
function maskBody(body: string): string {
  if (body === '') return '{}';
  try {
    const parsed: unknown = JSON.parse(body);
    // A condition's `key` names a field; only a member of the body itself can be a credential.
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return body;
    const entries = Object.entries(parsed).map(([name, value]) =>
      secretMembers.has(name) && typeof value === 'string' ? [name, '*****'] : [name, value],
    );
    return JSON.stringify(Object.fromEntries(entries));
  } catch {
    return body;
  }
}

export function maskKey(key: string): string {
  return `${key.slice(0, 2)}*****${key.slice(-3)}`;
}

function maskHeaders(headers: Readonly<Record<string, string>>): string {
  const masked = Object.entries(headers).map(([name, value]) =>
    name === 'x-portkey-api-key' || name === 'authorization' ? [name, maskKey(value)] : [name, value],
  );
  return JSON.stringify(Object.fromEntries(masked));
}

const resourceTypes: readonly (readonly [RegExp, string])[] = [
  [/^\/policies\/usage-limits/, 'usage_limits_policy'],
  [/^\/policies\/rate-limits/, 'rate_limits_policy'],
  [/^\/api-keys/, 'api_key'],
  [/^\/admin\/workspaces\/[^/]+\/users/, 'workspace_user'],
  [/^\/admin\/workspaces/, 'workspace'],
  [/^\/admin\/users\/invites/, 'user_invite'],
  [/^\/admin\/users/, 'user'],
  [/^\/providers|^\/virtual-keys/, 'virtual_key'],
  [/^\/integrations\/[^/]+\/workspaces/, 'integration_workspace'],
  [/^\/integrations\/[^/]+\/models/, 'integration_model'],
  [/^\/integrations/, 'integration'],
  [/^\/configs/, 'config'],
  [/^\/logs\/exports/, 'log_export'],
  [/^\/feedback/, 'feedback'],
];

function readResourceType(path: string): string {
  return resourceTypes.find(([pattern]) => pattern.test(path))?.[1] ?? 'unknown';
}

function readAction(method: AuditRow['method'], path: string): string {
  const last = path.split('/').at(-1);
  if (last === 'rotate' || last === 'reset' || last === 'start' || last === 'cancel') return last;
  switch (method) {
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'DELETE':
      return 'delete';
  }
}

export function buildAuditRow(request: AuditedRequest & { readonly method: AuditRow['method'] }): AuditRow {
  const path = request.uri.replace(/^\/v\d+/, '');
  const { annotation, caller } = request;
  return {
    timestamp: request.timestamp,
    method: request.method,
    uri: request.uri,
    request_id: request.requestId,
    request_body: maskBody(request.body),
    query_params: JSON.stringify(request.query),
    request_headers: maskHeaders(request.headers),
    user_id: caller.id,
    user_type: 'api_key',
    organisation_id: request.organisationId,
    workspace_id: annotation.workspace_id ?? caller.workspaceId ?? '',
    response_status_code: request.status,
    resource_type: readResourceType(path),
    action: readAction(request.method, path),
    client_ip: '127.0.0.1',
    country: '',
  };
}
