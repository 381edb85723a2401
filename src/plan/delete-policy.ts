/** Policies that go: those no longer declared, and what a replacement that was cut short left behind. */

import type { LiveObject, LiveWorkspace } from '../live/live.ts';
import type { PolicyKind } from '../resources/types.ts';
import type { RecordedEntry } from './applied-record.ts';
import type { PlanContext } from './context.ts';
import { makeChange } from './make-change.ts';
import type { ResolvedEntry } from './resolution.ts';
import type { Change, PlanNote } from './types.ts';
import { markReturn } from './until.ts';

/** Where a policy to be deleted is. */
export interface DeletePlace {
  readonly kind: PolicyKind;
  readonly workspace: LiveWorkspace;
  /** As the files say that it is not to be there; missing: they say nothing of it. */
  readonly resolved?: ResolvedEntry;
}

type DeleteReason = 'no-longer-declared' | 'declared-none' | 'replacement-cut-short';

/** Deletes what a replacement left behind; the resource's own step remembers it until that is done. */
export function planLeftovers(
  context: PlanContext,
  place: DeletePlace,
  recorded: RecordedEntry,
  leftovers: readonly LiveObject[],
): { id: string; changeId: string }[] {
  return leftovers.map((live) => {
    const change = makeDelete(context, place, recorded, live, 'replacement-cut-short');
    context.parts.managed.set(place.kind, live.id, []);
    context.parts.changes.push(change);
    return { id: live.id, changeId: change.id };
  });
}

export function planDelete(
  context: PlanContext,
  place: DeletePlace,
  recorded: RecordedEntry,
  live: LiveObject,
  reason: DeleteReason,
  leftovers: readonly { readonly id: string; readonly changeId: string }[],
): void {
  const made = makeDelete(context, place, recorded, live, reason);
  const change = place.resolved === undefined ? made : markReturn(made, place.resolved, recorded);
  context.parts.managed.set(place.kind, live.id, []);
  context.parts.changes.push(change);
  context.parts.recordSteps.push({
    workspaceId: place.workspace.id,
    workspaceSlug: place.workspace.slug,
    changeId: change.id,
    previous: recorded,
    next: null,
    liveId: live.id,
    leftovers,
  });
}

/** What went by its date is forgotten: who makes one of its name since then knows why, and what limits is taken away by no silence. */
export function endedNote({ slug }: LiveWorkspace, { name, entry }: ResolvedEntry, { id }: LiveObject): PlanNote {
  return {
    code: 'ended',
    severity: 'warning',
    workspace: slug,
    message: `"${name}" went by its date, and a live policy is called so (${id}): no apply made it, and it stays; delete the entry, or write what it is to be`,
    source: entry.source,
  };
}

function makeDelete(
  { hasRecord, liveIndex }: PlanContext,
  { kind, workspace }: DeletePlace,
  recorded: RecordedEntry,
  live: LiveObject,
  reason: DeleteReason,
): Change {
  const cutShort = reason === 'replacement-cut-short';
  return makeChange({
    key: { kind, workspace: workspace.slug, name: recorded.name },
    workspaceId: workspace.id,
    liveId: live.id,
    action: 'delete',
    reason,
    before: liveIndex.readFields(live, [recorded.fields]),
    after: null,
    declared: {},
    recorded,
    hasRecord,
    source: null,
    entry: null,
    ...(cutShort ? { suffix: `#${live.id}`, notes: ['left over from a replacement that was cut short'] } : {}),
  });
}
