/** What depends on live rows that make no sense: nothing there is created, deleted, or taken for gone. */

import type { Live, UnreadableObject } from '../live/live.ts';
import { specOf } from '../resources/registry.ts';
import type { Kind } from '../resources/types.ts';
import type { Change, PlanNote } from './types.ts';

/** Whether something of this kind and place may be among the rows that could not be read. */
export function isInDoubt({ unreadable = [] }: Live, kind: Kind, workspaceId: string | null): boolean {
  return unreadable.some((row) => {
    if (row.kind === 'workspace-limits') return row.workspaceId === null || row.workspaceId === workspaceId;
    if (row.kind !== kind) return false;
    // Shares are listed by integration: the row does not say of which workspace it is.
    return kind === 'integration-limits' || row.workspaceId === workspaceId;
  });
}

/** A policy that is made beside one that cannot be read may be its twin; one that goes may be all that still bound. */
export function waitsForReading(change: Change, live: Live): boolean {
  const makesOrTakes = change.action === 'replace' || change.before === null || change.after === null;
  return makesOrTakes && isInDoubt(live, change.key.kind, change.workspaceId);
}

/** `usage-policy "summer" (0f3c…): member credit_limit cannot be read (not a number)`. */
export function describeUnreadable({ kind, name, id, why }: UnreadableObject): string {
  const called = name === null ? 'without a name' : JSON.stringify(name);
  // Of a row that cannot be read nobody knows which of the two it is.
  const what = kind === 'integration-limits' ? 'share of an integration, or integration,' : specOf(kind).label;
  return `${what} ${called}${id === null ? '' : ` (${id})`}: ${why}`;
}

export function unreadableNotes({ unreadable = [], workspaces }: Live): PlanNote[] {
  const slugs = new Map(workspaces.map(({ id, slug }) => [id, slug]));
  return unreadable.map((row) => ({
    code: 'unreadable',
    severity: 'warning',
    workspace: row.workspaceId === null ? null : (slugs.get(row.workspaceId) ?? null),
    message: `a live row cannot be read, and is left alone: ${describeUnreadable(row)}; ${consequenceOf(row.kind)} until it is put right`,
    source: null,
  }));
}

function consequenceOf(kind: Kind): string {
  if (kind === 'workspace-limits') return 'nothing of this workspace is planned';
  return kind === 'usage-policy' || kind === 'rate-policy'
    ? 'no policy is created or deleted beside it'
    : 'nothing is taken for gone beside it';
}
