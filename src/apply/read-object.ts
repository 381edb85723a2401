/** One object, read anew: before a write to build it, after a write to see it. */

import { ServiceError } from '../errors.ts';
import type { Backend } from '../live/backend.ts';
import { isReached } from '../plan/settle-claim.ts';
import type { Change } from '../plan/types.ts';
import type { Address, ListedRow, LiveScope, WireRow } from '../resources/kind.ts';
import type { LimitsTarget } from '../resources/kind-port.ts';
import { isPolicyKind, registry, specOf } from '../resources/registry.ts';
import type { Fields, FieldValue, PolicyKind } from '../resources/types.ts';

export async function readObject(backend: Backend, change: Change, id: string): Promise<WireRow | null> {
  const { kind } = change.key;
  if (isPolicyKind(kind)) return readPolicy(backend, kind, change.workspaceId ?? '', id);
  return specOf(kind).read(backend, addressOf(change, id));
}

/** Null: gone. Existence is decided by lists alone: 403 may mean "deleted" as well as "no right" (docs/service-notes.md#errors). */
export async function readPolicy(
  backend: Backend,
  kind: PolicyKind,
  workspaceId: string,
  id: string,
): Promise<WireRow | null> {
  try {
    const row = await registry[kind].read(backend, { id, name: '', workspaceId, workspaceSlug: null });
    return row?.status === 'archived' ? null : row;
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
): Promise<readonly ListedRow[]> {
  return registry[kind].list?.(backend, workspaceId) ?? [];
}

/** How `setLimits` addresses the object of a change at an attachment point. */
export function targetOf(change: Change, id: string): LimitsTarget {
  const spec = specOf(change.key.kind);
  if (spec.policy) throw new Error(`a ${change.key.kind} is not an attachment point`);
  return spec.target(addressOf(change, id));
}

function addressOf({ key, workspaceId }: Change, id: string): Address {
  return { id, name: key.name, workspaceId, workspaceSlug: key.workspace };
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
