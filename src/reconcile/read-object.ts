/** One object, read anew: before a write to build it, after a write to see it. */

import { ServiceError } from '../errors.ts';
import type { Backend, LimitsTarget } from '../live/backend.ts';
import { listReadable } from '../live/set-aside.ts';
import { isReached } from '../plan/settle-claim.ts';
import type { Change } from '../plan/types.ts';
import type { LiveScope, WireRow } from '../resources/kind.ts';
import { specOf } from '../resources/registry.ts';
import type { Fields, FieldValue, PolicyKind } from '../resources/types.ts';

/** Null: gone. Existence is decided by lists alone: 403 may mean "deleted" as well as "no right" (API reference 1.6). */
export async function readObject(backend: Backend, change: Change, id: string): Promise<WireRow | null> {
  const { key, workspaceId } = change;
  switch (key.kind) {
    case 'usage-policy':
    case 'rate-policy':
      return readPolicy(backend, key.kind, workspaceId ?? '', id);
    case 'workspace-limits':
      return asRow(await backend.readWorkspace(id));
    case 'key-limits':
      return asRow(await backend.readKey(id));
    case 'provider-limits':
      return asRow(await backend.readProvider(providerSlug(change), workspaceId ?? ''));
    case 'integration-limits': {
      const slug = integrationSlug(id);
      if (workspaceId === null) return asRow(await backend.readGlobalAccess(slug));
      const shares = backend.listIntegrationWorkspaces(slug);
      const { rows, unreadable } = await listReadable(shares);
      const found = rows.find((share) => share.id === key.workspace || share.id === workspaceId);
      // Among the rows that make no sense it is not known to be gone.
      if (found === undefined && unreadable.length > 0) await shares;
      return asRow(found ?? null);
    }
  }
}

export async function readPolicy(
  backend: Backend,
  kind: PolicyKind,
  workspaceId: string,
  id: string,
): Promise<WireRow | null> {
  try {
    const row = kind === 'usage-policy' ? await backend.readUsagePolicy(id) : await backend.readRatePolicy(id);
    if (row.status === 'archived') return null;
    // Read by id, a usage policy that shows no reset has none; only lists leave the members out (API reference 2.2).
    return asRow(kind === 'usage-policy' ? { ...row, periodic_reset: row.periodic_reset ?? null } : row);
  } catch (error) {
    if (!(error instanceof ServiceError) || (error.status !== 404 && error.status !== 403)) throw error;
    const listed = await listPolicies(backend, kind, workspaceId);
    if (!listed.some((row) => row.id === id)) return null;
    throw error;
  }
}

export async function listPolicies(
  backend: Backend,
  kind: PolicyKind,
  workspaceId: string,
): Promise<readonly (WireRow & { readonly id: string; readonly name?: string | null | undefined })[]> {
  return kind === 'usage-policy' ? backend.listUsagePolicies(workspaceId) : backend.listRatePolicies(workspaceId);
}

/** How `setLimits` addresses the object of a change at an attachment point. */
export function targetOf(change: Change, id: string): LimitsTarget {
  const { key, workspaceId } = change;
  switch (key.kind) {
    case 'workspace-limits':
      return { kind: key.kind, workspaceId: id };
    case 'key-limits':
      return { kind: key.kind, keyId: id };
    case 'provider-limits':
      return { kind: key.kind, slug: providerSlug(change), workspaceId: workspaceId ?? '' };
    case 'integration-limits': {
      const slug = integrationSlug(id);
      return key.workspace === null
        ? { kind: key.kind, slug, workspaceSlug: null }
        : { kind: key.kind, slug, workspaceSlug: key.workspace };
    }
    case 'usage-policy':
    case 'rate-policy':
      throw new Error(`a ${key.kind} is no attachment point`);
  }
}

/** A provider's slug is its name: it cannot change (API reference 6.2). */
function providerSlug({ key }: Change): string {
  return key.name;
}

/** Ids of shares are `<slug>/<workspace id or *>`. */
function integrationSlug(id: string): string {
  return id.slice(0, id.lastIndexOf('/'));
}

export function readFields(change: Change, organisation: string, row: WireRow, hints: readonly Fields[]): Fields {
  const scope: LiveScope = {
    workspaceId: change.workspaceId,
    workspaceSlug: change.key.workspace,
    organisationId: organisation,
  };
  return specOf(change.key.kind).readFields(row, scope, hints);
}

/** The first managed field that is not as wanted, with both values; null when all are. */
export interface Difference {
  readonly field: string;
  readonly wanted: FieldValue | undefined;
  readonly found: FieldValue;
}

export function findDifference(fields: Fields, wanted: Fields): Difference | null {
  const field = Object.keys(wanted).find((name) => !isReached(fields, name, wanted[name] ?? null));
  return field === undefined ? null : { field, wanted: wanted[field], found: fields[field] ?? null };
}

function asRow<T extends object | null>(row: T): T extends null ? null : WireRow {
  return row as unknown as T extends null ? null : WireRow;
}
