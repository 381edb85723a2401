/** Whose key a request carries, and what it may do. */

import type { ApiKeyType, Store } from './store.ts';

/** Whose key a request carries. */
export interface Caller {
  /** UUID of the key; the audit log's `user_id`. */
  readonly id: string;
  readonly kind: ApiKeyType;
  /** UUID of the key's only workspace; undefined for an admin key. */
  readonly workspaceId: string | undefined;
  /** Undefined: every scope. */
  readonly scopes: readonly string[] | undefined;
}

/** A key that is accepted without being an object of the service. */
export interface AcceptedKey {
  readonly key: string;
  readonly kind: ApiKeyType;
  /** UUID or slug; needed for the two workspace kinds. */
  readonly workspaceId?: string;
  /** Default: every scope. */
  readonly scopes?: readonly string[];
}

/** Who accepted keys without an object are in the audit log, counted up in the order given. */
function buildAcceptedId(index: number): string {
  return `00000000-0000-4000-9000-${String(index + 1).padStart(12, '0')}`;
}

export function normalizeAcceptedKeys(keys: string | readonly AcceptedKey[]): readonly AcceptedKey[] {
  return typeof keys === 'string' ? [{ key: keys, kind: 'organisation-service' }] : keys;
}

/** The caller; undefined means 401 AB05: no key, an unknown one, an expired one, one rotated away. */
export function findCaller(
  secret: string | undefined,
  accepted: readonly AcceptedKey[],
  store: Store,
  now: Date,
): Caller | undefined {
  if (secret === undefined || secret === '') return undefined;
  const index = accepted.findIndex((entry) => entry.key === secret);
  const entry = accepted[index];
  if (entry !== undefined) {
    const workspaceId =
      entry.workspaceId === undefined
        ? undefined
        : (store.find('workspaces', entry.workspaceId)?.id ?? entry.workspaceId);
    return { id: buildAcceptedId(index), kind: entry.kind, workspaceId, scopes: entry.scopes };
  }
  const row = store.findApiKeyBySecret(secret);
  if (row === undefined || row.status === 'expired') return undefined;
  if (row.secret !== secret) {
    const end = row.previous_secret_expires_at;
    if (end === null || new Date(end).getTime() <= now.getTime()) return undefined;
  }
  return { id: row.id, kind: row.type, workspaceId: row.workspace_id ?? undefined, scopes: row.scopes };
}

/** Documents print scopes with a colon, keys carry the dot. */
export function hasScope(caller: Caller, anyOf: readonly string[]): boolean {
  if (caller.scopes === undefined) return anyOf.length > 0;
  const held = new Set(caller.scopes.map((scope) => scope.replace(':', '.')));
  return anyOf.some((scope) => held.has(scope));
}

const families: Readonly<Record<ApiKeyType, string>> = {
  'organisation-service': 'organisation_service_api_keys',
  'workspace-service': 'workspace_service_api_keys',
  'workspace-user': 'workspace_user_api_keys',
};

export function buildKeyScope(type: ApiKeyType, verb: string): string {
  return `${families[type]}.${verb}`;
}
