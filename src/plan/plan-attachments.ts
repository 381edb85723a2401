/** Attachment points: limits on keys, workspaces, providers and integrations. Nothing is created or deleted but limits. */

import type { LiveObject } from '../live/live.ts';
import { hasExpired } from '../live/row-state.ts';
import { isSame } from '../resources/canonical.ts';
import { hasAnyValue } from '../resources/fields.ts';
import type { AttachmentKindSpec } from '../resources/kind.ts';
import { isPolicyKind, registry, specOf } from '../resources/registry.ts';
import type { AttachmentKind, Fields, ResourceKey } from '../resources/types.ts';
import type { RecordedEntry } from './applied-record.ts';
import { isAtRest } from './at-rest.ts';
import type { PlanContext } from './context.ts';
import { expiresAtOnce } from './expired.ts';
import { afterForget } from './forget.ts';
import { findLeft, keepLeft, makeLeft } from './leave-drift.ts';
import { makeChange } from './make-change.ts';
import { mergeFields, overtakenAlert } from './merge-fields.ts';
import { indexKey, type RecordedResource } from './record-index.ts';
import {
  forgetStep,
  idNotes,
  keepStep,
  lineForForgotten,
  linesForForgottenFields,
  linesForMetEdits,
  overtakenAlertDiagnostic,
  recordLinesFor,
  toEntry,
  unchangedStep,
  windowStartToSend,
} from './record-lines.ts';
import type { ResolvedEntry } from './resolution.ts';
import type { Action, Change, PlanNote } from './types.ts';
import { withoutGonePrices } from './unknown-models.ts';
import { isInDoubt } from './unreadable.ts';
import { markReturn, pastOfDrift } from './until.ts';
import { resetNotes, windowNotes } from './window-notes.ts';

export function planAttachments(context: PlanContext): void {
  const seen = new Set<RecordedResource>();
  const owners = new Map<LiveObject, ResolvedEntry>();
  for (const resolved of context.resolution.entries) {
    const { live } = resolved;
    if (live === null) continue;
    const owner = owners.get(live);
    if (owner !== undefined) {
      const message = `"${owner.name}" and "${resolved.name}" are both the live object ${live.id}`;
      const { source } = resolved.entry;
      context.parts.problems.add({ code: 'duplicate-id', severity: 'error', message, source }, live.workspaceId);
      continue;
    }
    owners.set(live, resolved);
    const recorded = findRecorded(context, resolved, live);
    if (recorded !== undefined) seen.add(recorded);
    planDeclared(context, resolved, live, recorded);
  }
  const gone = new Set(
    context.resolution.unplanned.map(({ entry, workspace }) => indexKey(entry.kind, workspace?.id ?? null, entry.name)),
  );
  for (const resource of context.index.all) {
    if (isPolicyKind(resource.entry.kind) || seen.has(resource)) continue;
    const isGone = gone.has(indexKey(resource.entry.kind, resource.workspaceId, resource.entry.name));
    planUndeclared(context, resource, isGone);
  }
}

/** By the entry's name; a key that moved between `"*"` and a name of its own is found by its id. */
function findRecorded({ index }: PlanContext, resolved: ResolvedEntry, live: LiveObject): RecordedResource | undefined {
  const kind = resolved.entry.kind;
  const byName = resolved.viaStar ? undefined : index.byName(kind, live.workspaceId, resolved.name);
  return byName ?? index.byId(kind, live.workspaceId, live.id);
}

function remembered(
  context: PlanContext,
  resource: RecordedResource | undefined,
  declared: Fields | null,
): RecordedEntry | null {
  if (resource === undefined) return null;
  const left = afterForget(resource, context, declared);
  if (left !== null && left !== resource.entry)
    context.parts.recordLines.push(...linesForForgottenFields(resource, left));
  return left;
}

function planDeclared(
  context: PlanContext,
  resolved: ResolvedEntry,
  live: LiveObject,
  resource: RecordedResource | undefined,
): void {
  const { parts } = context;
  const kind = live.kind as AttachmentKind;
  const spec = registry[kind];
  const previous = remembered(context, resource, resolved.fields);
  // Under the name there is another object now: what the recorded one had says nothing of it, so that nothing drifted.
  const isAnother = previous !== null && previous.id !== live.id && previous.id !== '';
  const recorded = isAnother ? null : previous;
  const past = withoutGonePrices(recorded?.fields ?? {}, live, resolved.fields);
  const fields = context.liveIndex.readFields(live, [past, resolved.fields]);
  if (recorded?.id === live.id && isAtRest(resolved, recorded, fields)) {
    parts.managed.set(kind, live.id, holdsMany(kind) ? Object.keys(resolved.fields) : 'all');
    parts.unchanged += 1;
    parts.recordSteps.push(unchangedStep(resolved.workspace, recorded, live.id));
    return;
  }
  const key: ResourceKey = { kind, workspace: resolved.workspace?.slug ?? null, name: resolved.name };
  const { before, after: whole, released } = mergeFields(spec, resolved.fields, past, fields);
  const since = recorded === null ? past : pastOfDrift(resolved, recorded, fields);
  const facts = { kind, declared: resolved.fields, past: since, before, after: whole, live: fields };
  const left = recorded === null ? new Set<string>() : findLeft(context.drift, facts);
  const after = keepLeft(whole, before, left);
  const overtaken = overtakenAlert(after, fields);
  if (overtaken !== null) parts.problems.add(overtakenAlertDiagnostic(resolved, overtaken), live.workspaceId);
  parts.managed.set(kind, live.id, Object.keys(after));

  const starting = windowStartToSend(resolved, recorded, context.hasRecord, before);
  const change = changeOf(context, spec, {
    key,
    live,
    recorded,
    before,
    after,
    declared: resolved.fields,
    starting,
    resolved,
  });
  parts.recordLines.push(...recordLinesFor(key, resolved, previous, before, released, live));
  if (isAnother) parts.notes.push(anotherObjectNote(context, resolved, previous, live));
  if (left.size > 0) {
    const draft = { ...draftOf(context, { key, live, recorded, declared: resolved.fields, resolved }), before };
    parts.left.push(makeLeft(draft, whole, left, since, fields));
  }
  if (change === null) {
    if (left.size === 0) parts.unchanged += 1;
    parts.recordLines.push(...linesForMetEdits(key, resolved, recorded, released));
  } else {
    parts.changes.push(change);
  }
  parts.recordSteps.push({
    workspaceId: live.workspaceId,
    workspaceSlug: key.workspace,
    changeId: change?.id ?? null,
    previous,
    next: toEntry(resolved, live.id, recorded),
    liveId: live.id,
  });
}

/** One object with many limits or prices, of which a file may declare a few. */
function holdsMany(kind: AttachmentKind): boolean {
  return kind === 'workspace-limits' || kind === 'integration-prices';
}

function anotherObjectNote(
  { liveIndex, now }: PlanContext,
  { entry, name, workspace }: ResolvedEntry,
  recorded: RecordedEntry,
  live: LiveObject,
): PlanNote {
  const old = liveIndex.at(entry.kind, live.workspaceId).byId(recorded.id);
  const fate =
    old === undefined
      ? 'is no longer live'
      : hasExpired(old, now.getTime())
        ? 'has expired'
        : `is called ${JSON.stringify(old.name)} now, and keeps its limits without being managed by this entry`;
  return {
    code: 'another-object',
    severity: 'warning',
    workspace: workspace?.slug ?? null,
    message: `${specOf(entry.kind).label} "${name}" is another live object now (${live.id}): the recorded one (${recorded.id}) ${fate}`,
    source: entry.source,
  };
}

/** Recorded and no longer declared: the limits go, unless there is nothing left to take them from. */
function planUndeclared(context: PlanContext, resource: RecordedResource, isGone: boolean): void {
  const { parts } = context;
  const { entry, workspaceId, workspaceSlug } = resource;
  const left = remembered(context, resource, null);
  const forget = (why: 'forget' | 'gone', detail: string): void => {
    parts.recordLines.push(lineForForgotten(resource, why, detail));
    parts.recordSteps.push(forgetStep(resource));
  };
  if (left === null) {
    forget('forget', 'no longer managed, live is not touched');
    return;
  }
  const object = context.liveIndex.at(entry.kind, workspaceId).byId(entry.id);
  if (object === undefined) {
    // Declared still: a warning has been given, and what was recorded stays owed until the file says otherwise.
    const isDoubtful = isInDoubt(context.live, entry.kind, workspaceId);
    if (isGone || isDoubtful || isWorkspaceGone(context, resource)) parts.recordSteps.push(keepStep(resource, entry));
    else forget('gone', 'no longer live and no longer in Git');
    return;
  }
  if (hasExpired(object, context.now.getTime())) {
    // The service may refuse to write it, in this run and in every later one, and no call gets through it anyway.
    if (entry.viaStar === true && isStarDeclared(context, workspaceSlug)) {
      parts.managed.set(entry.kind, object.id, 'all');
      parts.recordSteps.push(keepStep(resource, entry));
      return;
    }
    // It may be prolonged: what is protected is not let go without its own word.
    forget(entry.protect ? 'forget' : 'gone', 'no longer in Git, and expired: live keeps its limits');
    return;
  }
  const kind = entry.kind as AttachmentKind;
  const spec = registry[kind];
  const key: ResourceKey = { kind, workspace: workspaceSlug, name: entry.name };
  const past = withoutGonePrices(left.fields, object, {});
  const fields = context.liveIndex.readFields(object, [past]);
  const { before, after, released } = mergeFields(spec, {}, past, fields);
  parts.managed.set(kind, object.id, Object.keys(after));
  const change = changeOf(context, spec, {
    key,
    live: object,
    recorded: left,
    before,
    after,
    declared: {},
    starting: null,
    resolved: null,
  });
  if (change === null) {
    const detail =
      released.length > 0
        ? 'no longer in Git; live keeps what is there'
        : 'no longer in Git, and live has no such limit';
    forget('gone', detail);
    return;
  }
  parts.changes.push(change);
  parts.recordSteps.push({
    workspaceId,
    workspaceSlug,
    changeId: change.id,
    previous: left,
    next: null,
    liveId: object.id,
  });
}

function isStarDeclared({ resolution }: PlanContext, workspaceSlug: string | null): boolean {
  return resolution.stars.some(({ workspace }) => workspace === (workspaceSlug ?? ''));
}

function isWorkspaceGone(
  { desired, resolution }: PlanContext,
  { workspaceId, workspaceSlug }: RecordedResource,
): boolean {
  return desired.workspaces.some(
    ({ ref }) => !resolution.workspaces.has(ref) && (ref === workspaceSlug || ref === workspaceId),
  );
}

interface AttachmentTask {
  readonly key: ResourceKey;
  readonly live: LiveObject;
  readonly recorded: RecordedEntry | null;
  readonly before: Fields;
  readonly after: Fields;
  readonly declared: Fields;
  readonly starting: string | null;
  /** Null when it is no longer declared. */
  readonly resolved: ResolvedEntry | null;
}

function changeOf(context: PlanContext, spec: AttachmentKindSpec, task: AttachmentTask): Change | null {
  const { before, after, starting, live, resolved } = task;
  const moved = Object.keys(after).filter((field) => !isSame(before[field] ?? null, after[field]));
  if (moved.length === 0 && starting === null) return null;
  const action: Action =
    !hasAnyValue(after) && hasAnyValue(before) ? 'delete' : hasAnyValue(before) ? 'update' : 'create';
  const isRemoved = resolved === null;
  const ends = expiresAtOnce(live, after, moved, context.now);
  const made = makeChange({
    ...draftOf(context, task),
    action,
    reason: isRemoved
      ? 'no-longer-declared'
      : action === 'create'
        ? 'new'
        : action === 'delete'
          ? 'declared-none'
          : 'changed',
    before,
    after,
    notes: [
      ...(resolved === null ? [] : idNotes(resolved, live)),
      ...(ends ? [`it stops working at once: it expires on ${dayOf(after.expires)}, which is over`] : []),
      ...windowNotes(context.now, spec, task, moved),
      ...resetNotes(live, moved),
    ],
    starting,
    viaStar: resolved?.viaStar ?? false,
    expiresAtOnce: ends,
  });
  return resolved === null ? made : markReturn(made, resolved, task.recorded);
}

function dayOf(expires: unknown): string {
  return String(expires).slice(0, 10);
}

/** What all changes of one object have in common. */
function draftOf(
  { hasRecord }: PlanContext,
  { key, live, recorded, declared, resolved }: Omit<AttachmentTask, 'before' | 'after' | 'starting'>,
) {
  return {
    key,
    workspaceId: live.workspaceId,
    liveId: live.id,
    declared,
    recorded,
    hasRecord,
    source: resolved?.entry.source ?? null,
    entry: resolved === null ? null : toEntry(resolved, '', recorded),
    row: live.row,
  };
}
