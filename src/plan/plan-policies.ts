/** Policies: create, update in place, replace what is immutable, delete. */

import coerce from 'semver/functions/coerce.js';
import lt from 'semver/functions/lt.js';
import type { LiveObject, LiveWorkspace } from '../live/live.ts';
import type { LiveIndex } from '../live/live-index.ts';
import { groupBy } from '../live/place-index.ts';
import { isSame } from '../resources/canonical.ts';
import { pickFields } from '../resources/fields.ts';
import { registry } from '../resources/registry.ts';
import type { Desired, Fields, PolicyKind } from '../resources/types.ts';
import { canonicalJson } from '../stable-json.ts';
import type { RecordedEntry } from './applied-record.ts';
import { isAtRest } from './at-rest.ts';
import type { PlanContext } from './context.ts';
import { endedNote, planDelete, planLeftovers } from './delete-policy.ts';
import { afterForget } from './forget.ts';
import { findLeft, keepLeft, makeLeft } from './leave-drift.ts';
import { makeChange } from './make-change.ts';
import { matchPolicies, type PolicyMatch } from './match-policies.ts';
import { mergeFields, overtakenAlert } from './merge-fields.ts';
import { findPast, type RecordedResource } from './record-index.ts';
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
import { carryUndeclared } from './undeclared-fields.ts';
import { isInDoubt } from './unreadable.ts';
import { markReturn, pastOfDrift } from './until.ts';
import { newWindowNote } from './window-notes.ts';

const none: ReadonlySet<string> = new Set();
const policyKinds: readonly PolicyKind[] = ['usage-policy', 'rate-policy'];

export function planPolicies(context: PlanContext): void {
  for (const kind of policyKinds) {
    const groups = groupByWorkspace(context, kind);
    for (const [workspaceId, group] of groups) planGroup(context, kind, workspaceId, group);
  }
}

interface Group {
  readonly workspace: LiveWorkspace | null;
  readonly slug: string | null;
  readonly declared: ResolvedEntry[];
  readonly recorded: RecordedResource[];
  readonly live: readonly LiveObject[];
}

function groupByWorkspace({ liveIndex, index, resolution }: PlanContext, kind: PolicyKind): Map<string, Group> {
  const groups = new Map<string, Group>();
  const groupOf = (id: string, slug: string | null): Group => {
    const found = groups.get(id);
    if (found !== undefined) return found;
    const workspace = liveIndex.workspace(id) ?? null;
    const group = {
      workspace,
      slug: workspace?.slug ?? slug,
      declared: [],
      recorded: [],
      live: liveIndex.at(kind, id).all,
    };
    groups.set(id, group);
    return group;
  };
  for (const resolved of resolution.entries) {
    if (resolved.entry.kind !== kind || resolved.workspace === null) continue;
    groupOf(resolved.workspace.id, resolved.workspace.slug).declared.push(resolved);
  }
  for (const resource of index.all) {
    if (resource.entry.kind !== kind || resource.workspaceId === null) continue;
    groupOf(resource.workspaceId, resource.workspaceSlug).recorded.push(resource);
  }
  return groups;
}

function planGroup(context: PlanContext, kind: PolicyKind, workspaceId: string, group: Group): void {
  const { desired, live, liveIndex, parts, resolution } = context;
  const { workspace, slug } = group;
  if (workspace === null) {
    const isSkipped = desired.workspaces.some(
      ({ ref }) => !resolution.workspaces.has(ref) && (ref === slug || ref === workspaceId),
    );
    // Archived or deleted. With a file it was said once and everything stays owed; without one there is nothing to keep.
    for (const resource of group.recorded) {
      if (isSkipped || isInDoubt(live, kind, workspaceId)) parts.recordSteps.push(keepStep(resource, resource.entry));
      else forgetResource(context, resource, 'gone', 'its workspace is no longer live');
    }
    return;
  }
  const immutable = immutableFields(kind, desired);
  const unplanned = leaveUnplanned(context, kind, workspaceId);
  const remembered = rememberedEntries(context, {
    ...group,
    recorded: group.recorded.filter((resource) => !unplanned.includes(resource)),
  });
  const { matches, removed, diagnostics } = matchPolicies({
    kind,
    workspace,
    declared: group.declared,
    recorded: remembered,
    live: group.live,
    index: liveIndex,
    immutable,
  });
  for (const diagnostic of diagnostics) parts.problems.add(diagnostic, workspaceId);
  const known = [...remembered, ...unplanned.map(({ entry }) => entry)];
  const unmanaged = groupByLooks(liveIndex, kind, unmanagedLive(group.live, matches, known));
  for (const match of matches) planPolicy(context, { kind, workspace, immutable, match, unmanaged });
  for (const { recorded, live: object, leftovers } of removed) {
    if (object === null && isInDoubt(live, kind, workspaceId)) {
      const resource = resourceOf(context, kind, group, recorded);
      parts.recordSteps.push(keepStep(resource, resource.entry));
    } else if (object === null)
      forgetResource(
        context,
        resourceOf(context, kind, group, recorded),
        'gone',
        'no longer live and no longer in Git',
      );
    else {
      const left = planLeftovers(context, { kind, workspace }, recorded, leftovers);
      planDelete(context, { kind, workspace }, recorded, object, 'no-longer-declared', left);
    }
  }
}

/** A policy whose keys cannot be known is still declared: it stays as it is, and as it is recorded. */
function leaveUnplanned(
  { resolution, index, parts }: PlanContext,
  kind: PolicyKind,
  workspaceId: string,
): RecordedResource[] {
  const here = resolution.unplanned.filter(
    ({ entry, workspace }) => entry.kind === kind && workspace?.id === workspaceId,
  );
  const left = [...new Set(here.flatMap(({ entry, workspace }) => findPast(index, entry, workspace) ?? []))];
  for (const resource of left) {
    parts.recordSteps.push(keepStep(resource, resource.entry));
    for (const id of [resource.entry.id, ...(resource.entry.leftovers ?? [])]) parts.managed.set(kind, id, []);
  }
  return left;
}

function rememberedEntries(context: PlanContext, group: Group): RecordedEntry[] {
  if (context.desired.forget.length === 0) return group.recorded.map(({ entry }) => entry);
  const declared = new Map(group.declared.map(({ name, fields }) => [name, fields]));
  return group.recorded.flatMap((resource) => {
    const left = afterForget(resource, context, declared.get(resource.entry.name) ?? null);
    if (left !== null) {
      context.parts.recordLines.push(...linesForForgottenFields(resource, left));
      return [left];
    }
    forgetResource(context, resource, 'forget', 'no longer managed, live is not touched');
    return [];
  });
}

function forgetResource(
  { parts }: PlanContext,
  resource: RecordedResource,
  why: 'forget' | 'gone',
  detail: string,
): void {
  parts.recordLines.push(lineForForgotten(resource, why, detail));
  parts.recordSteps.push(forgetStep(resource));
  parts.managed.set(resource.entry.kind, resource.entry.id, []);
}

function resourceOf({ index }: PlanContext, kind: PolicyKind, group: Group, entry: RecordedEntry): RecordedResource {
  return (
    index.byName(kind, group.workspace?.id ?? null, entry.name) ?? {
      workspaceId: group.workspace?.id ?? null,
      workspaceSlug: group.slug,
      entry,
    }
  );
}

/** `conditions` can be changed in place from backend 1.16 on (docs/service-notes.md#backend-versions); SaaS is assumed to be newer. */
function immutableFields(kind: PolicyKind, desired: Desired): readonly string[] {
  const backend = coerce(desired.gateway.backend);
  const isOld = backend !== null && lt(backend, '1.16.0');
  return isOld ? [...registry[kind].immutable, 'match'] : registry[kind].immutable;
}

interface PolicyTask {
  readonly kind: PolicyKind;
  readonly workspace: LiveWorkspace;
  readonly immutable: readonly string[];
  readonly match: PolicyMatch;
  /** By looksOf. */
  readonly unmanaged: ReadonlyMap<string, readonly LiveObject[]>;
}

function planPolicy(context: PlanContext, task: PolicyTask): void {
  const { kind, workspace, immutable, match } = task;
  const { resolved, recorded, live, twins } = match;
  const { parts, hasRecord, liveIndex } = context;
  const spec = registry[kind];

  for (const twin of twins) {
    parts.notes.push({
      code: 'twin',
      severity: 'warning',
      workspace: workspace.slug,
      message: `another live policy is called "${resolved.name}" (${twin.id}); it is unmanaged and binds as well`,
      source: resolved.entry.source,
    });
  }
  const leftovers =
    match.leftovers.length === 0
      ? []
      : planLeftovers(context, task, recorded ?? toEntry(resolved, '', null), match.leftovers);
  if (resolved.entry.absent === true) {
    const isForeign = hasRecord && recorded === null && resolved.entry.until !== undefined;
    if (live === null) parts.unchanged += 1;
    else if (isForeign) parts.notes.push(endedNote(workspace, resolved, live));
    else
      planDelete(
        context,
        { ...task, resolved },
        recorded ?? toEntry(resolved, live.id, null),
        live,
        'declared-none',
        leftovers,
      );
    return;
  }

  if (live !== null && resolved.fields.target === 'mcp_tools' && live.row.target === undefined) {
    parts.notes.push({
      code: 'target-not-shown',
      severity: 'warning',
      workspace: workspace.slug,
      message: `this control plane does not show the target of "${resolved.name}", as those before 1.24: that it counts calls of tools cannot be checked`,
      source: resolved.entry.source,
    });
  }
  const past = recorded?.fields ?? {};
  const fields = live === null ? null : liveIndex.readFields(live, [past, resolved.fields]);
  if (live !== null && fields !== null && recorded?.id === live.id && isAtRest(resolved, recorded, fields)) {
    parts.managed.set(kind, live.id, 'all');
    parts.unchanged += 1;
    parts.recordSteps.push(unchangedStep(workspace, recorded, live.id));
    return;
  }
  const key = { kind, workspace: workspace.slug, name: resolved.name };
  const entry = toEntry(resolved, '', recorded);
  const step = {
    workspaceId: workspace.id,
    workspaceSlug: workspace.slug,
    previous: recorded,
    next: entry,
    liveId: live?.id ?? null,
    leftovers,
  };
  if (live === null || fields === null) {
    const change = makeChange({
      key,
      workspaceId: workspace.id,
      liveId: null,
      action: 'create',
      reason: recorded === null ? 'new' : 'deleted-by-hand',
      before: null,
      after: resolved.fields,
      declared: resolved.fields,
      recorded,
      hasRecord,
      source: resolved.entry.source,
      notes: resemblanceNotes(task),
      entry,
      starting: resolved.entry.starting ?? null,
    });
    if (context.drift === 'leave' && recorded !== null && change.cause === 'drifted') {
      parts.left.push({ change, direction: 'loosen' });
      parts.recordSteps.push({ ...step, changeId: null, liveId: recorded.id });
      return;
    }
    parts.changes.push(change);
    parts.recordSteps.push({ ...step, changeId: change.id });
    return;
  }

  parts.managed.set(kind, live.id, []);
  const { before, after: whole, released } = mergeFields(spec, resolved.fields, past, fields);
  const since = recorded === null ? past : pastOfDrift(resolved, recorded, fields);
  const left =
    recorded === null
      ? none
      : findLeft(context.drift, { kind, declared: resolved.fields, past: since, before, after: whole, live: fields });
  const after = keepLeft(whole, before, left);
  const overtaken = overtakenAlert(after, fields);
  if (overtaken !== null) parts.problems.add(overtakenAlertDiagnostic(resolved, overtaken), workspace.id);
  parts.recordLines.push(...recordLinesFor(key, resolved, recorded, before, released, live));

  const starting = windowStartToSend(resolved, recorded, hasRecord, before);
  const draft = {
    key,
    workspaceId: workspace.id,
    liveId: live.id,
    before,
    declared: resolved.fields,
    recorded,
    hasRecord,
    source: resolved.entry.source,
    entry,
    row: live.row,
  };
  if (left.size > 0) parts.left.push(makeLeft(draft, whole, left, since, fields));
  const moved = Object.keys(after).filter((field) => !isSame(before[field], after[field]));
  if (moved.length === 0 && starting === null) {
    if (left.size === 0) parts.unchanged += 1;
    parts.recordLines.push(...linesForMetEdits(key, resolved, recorded, released));
    parts.recordSteps.push({ ...step, changeId: null });
    return;
  }
  const replaces = moved.some((field) => immutable.includes(field));
  const whatIs: Fields = replaces ? keepLeft({ ...after, ...resolved.fields }, before, left) : after;
  const { carried, lost } = replaces ? carryUndeclared(kind, whatIs, fields, live.row) : { carried: {}, lost: [] };
  const wanted: Fields = { ...whatIs, ...carried };
  const made = makeChange({
    ...draft,
    before: { ...before, ...carried },
    action: replaces ? 'replace' : 'update',
    reason: replaces ? 'immutable-field' : match.renamedFrom !== null ? 'renamed' : 'changed',
    after: replaces ? pickFields(wanted, (field) => wanted[field] !== undefined) : after,
    immutable,
    notes: [...idNotes(resolved, live), ...updateNotes(replaces, moved, wanted, context.now), ...lost],
    starting,
    twins: replaces ? namesakesOf(task, context).map(({ id }) => id) : [],
  });
  const change = markReturn(made, resolved, recorded);
  parts.changes.push(change);
  parts.recordSteps.push({ ...step, changeId: change.id });
}

/** What a replacement is not to be taken for: whatever is live under its name, and what an earlier one left behind. */
function namesakesOf({ kind, workspace, match }: PolicyTask, { liveIndex }: PlanContext): LiveObject[] {
  const { resolved, live, twins, leftovers } = match;
  const { liveName } = resolved.entry;
  const named = liveName === undefined ? [] : liveIndex.at(kind, workspace.id).byName(liveName);
  return [...new Set([...twins, ...leftovers, ...named])].filter((object) => object !== live);
}

/** Of every replacement of a policy. */
export const restartNote = 'replacement: counters restart at zero';

function updateNotes(replaces: boolean, moved: readonly string[], after: Fields, now: Date): string[] {
  if (replaces) return [restartNote];
  return moved.includes('reset') ? [newWindowNote(after.reset ?? 'never', 'policy', now)] : [];
}

/** A new policy that looks like one somebody made by hand: perhaps it is meant to be that one. */
function resemblanceNotes({ kind, match, unmanaged }: PolicyTask): string[] {
  const alike = unmanaged.get(looksOf(kind, match.resolved.fields)) ?? [];
  return alike.map(
    ({ id, name }) =>
      `resembles the unmanaged policy ${name === null ? 'without a name' : `"${name}"`}; to adopt it, write: id: ${id}`,
  );
}

/** What a policy is about: two of one look would be taken for one another. */
function looksOf(kind: PolicyKind, fields: Fields): string {
  return canonicalJson([...registry[kind].immutable, 'match'].map((field) => fields[field] ?? null));
}

function groupByLooks(
  index: LiveIndex,
  kind: PolicyKind,
  objects: readonly LiveObject[],
): ReadonlyMap<string, readonly LiveObject[]> {
  return groupBy(objects, (object) => looksOf(kind, index.fieldsOf(object)));
}

function unmanagedLive(
  live: readonly LiveObject[],
  matches: readonly PolicyMatch[],
  recorded: readonly RecordedEntry[],
): LiveObject[] {
  if (live.length === matches.length && matches.every((match) => match.live !== null)) return [];
  const known = new Set([
    ...matches.flatMap((match) => [match.live?.id, ...match.leftovers.map(({ id }) => id)]),
    ...recorded.flatMap(({ id, leftovers = [] }) => [id, ...leftovers]),
  ]);
  return live.filter(({ id }) => !known.has(id));
}
