/** What a plan changes in the record alone: shown, counted apart, part of the digest. */

import type { Diagnostic } from '../diagnostics.ts';
import type { LiveObject } from '../live/live.ts';
import { formatAmount } from '../resources/amounts.ts';
import { isSame } from '../resources/canonical.ts';
import { hasAnyValue, pickFields } from '../resources/fields.ts';
import type { Budget, Fields, ResourceKey } from '../resources/types.ts';
import type { RecordedEntry } from './applied-record.ts';
import type { RecordedResource } from './record-index.ts';
import type { ResolvedEntry } from './resolution.ts';
import type { RecordLine, RecordStep } from './types.ts';
import { describeMovedDate, isSameUntil, untilToRecord } from './until.ts';

/** The record's entry of a declared resource. */
export function toEntry(
  resolved: ResolvedEntry,
  id: string,
  recorded: Pick<RecordedEntry, 'until'> | null,
): RecordedEntry {
  const { entry, name, fields, viaStar } = resolved;
  return {
    kind: entry.kind,
    name,
    id,
    fields,
    protect: entry.protect,
    ...(viaStar ? { viaStar: true as const } : {}),
    ...(entry.starting === undefined ? {} : { starting: entry.starting }),
    ...untilToRecord(entry, recorded),
  };
}

/**
 * Lines of a declared resource whose live object was found.
 *
 * @param before its managed fields as they are live
 * @param released recorded fields that are no longer declared and that live keeps
 */
export function recordLinesFor(
  key: ResourceKey,
  resolved: ResolvedEntry,
  recorded: RecordedEntry | null,
  before: Fields,
  released: readonly string[],
  live: Pick<LiveObject, 'id' | 'name'>,
): RecordLine[] {
  if (recorded === null) {
    if (!hasAnyValue(before)) return [];
    const detail = `live object of that ${resolved.entry.id === undefined ? 'name' : 'id'}, first seen${calledNote(resolved, live)}`;
    return [{ action: 'adopt', key, detail, liveId: live.id }];
  }
  const lines: RecordLine[] = [];
  if (recorded.id !== live.id) {
    const detail = `another live object than the recorded one: ${live.id}, not ${recorded.id}${calledNote(resolved, live)}`;
    lines.push({ action: 'adopt', key, detail, liveId: live.id });
  }
  if (resolved.entry.protect !== recorded.protect) {
    const action = resolved.entry.protect ? 'protect' : 'unprotect';
    lines.push({ action, key, detail: `${action}ed by the files` });
  }
  if (released.length > 0) {
    lines.push({ action: 'forget', key, detail: `no longer manages ${released.join(', ')}; live keeps it` });
  }
  return lines;
}

/** Who writes `id:` means an object that nobody sees by its name: what it is called live belongs beside it. */
export function idNotes(resolved: ResolvedEntry, live: Pick<LiveObject, 'id' | 'name'>): string[] {
  return calledNote(resolved, live) === '' ? [] : [`by \`id:\` this is the live object called ${quoteName(live)}`];
}

function calledNote({ entry, name }: ResolvedEntry, live: Pick<LiveObject, 'name'>): string {
  return entry.id === undefined || live.name === name ? '' : `, called ${quoteName(live)} live`;
}

function quoteName({ name }: Pick<LiveObject, 'name'>): string {
  return name === null ? 'by no name' : JSON.stringify(name);
}

/**
 * The written start of a window, where it is to be sent: on first setting the budget, or when the files moved since the
 * record. Without a record nobody knows whether they moved, and sending it again would restart a running window.
 */
export function windowStartToSend(
  { entry }: ResolvedEntry,
  recorded: RecordedEntry | null,
  hasRecord: boolean,
  before: Fields,
): string | null {
  if (entry.starting === undefined || entry.starting === recorded?.starting) return null;
  return hasRecord || !hasAnyValue(before) ? entry.starting : null;
}

/** Git moved to where live already is: nothing to write but the memory of it. */
export function linesForMetEdits(
  key: ResourceKey,
  resolved: ResolvedEntry,
  recorded: RecordedEntry | null,
  released: readonly string[],
): RecordLine[] {
  if (recorded === null) return [];
  const others: RecordLine[] = isSameUntil(resolved.entry, recorded)
    ? []
    : [{ action: 'record', key, detail: describeMovedDate(recorded, resolved.entry), why: 'until' }];
  const kept =
    released.length === 0 ? recorded.fields : pickFields(recorded.fields, (field) => !released.includes(field));
  if (recorded.name === resolved.name && recorded.owed !== true && isSame(kept, resolved.fields)) return others;
  return [...others, { action: 'record', key, detail: 'live is already as the files say' }];
}

export function lineForForgotten(
  { workspaceSlug, entry }: RecordedResource,
  why: 'forget' | 'gone',
  detail: string,
): RecordLine {
  return { action: 'forget', key: { kind: entry.kind, workspace: workspaceSlug, name: entry.name }, detail, why };
}

/** `forget:` of single fields: the entry stays, and manages less. */
export function linesForForgottenFields(resource: RecordedResource, left: RecordedEntry): RecordLine[] {
  const fields = Object.keys(resource.entry.fields).filter((field) => !(field in left.fields));
  if (fields.length === 0) return [];
  return [lineForForgotten(resource, 'forget', `no longer manages ${fields.join(', ')}; live is not touched`)];
}

/** Takes an entry out of the record; live is not touched. */
export function forgetStep({ workspaceId, workspaceSlug, entry }: RecordedResource): RecordStep {
  return { workspaceId, workspaceSlug, changeId: null, previous: entry, next: null, liveId: entry.id };
}

/** Nothing to do and nothing new to remember. */
export function unchangedStep(
  workspace: { id: string; slug: string } | null,
  recorded: RecordedEntry,
  liveId: string,
): RecordStep {
  return {
    workspaceId: workspace?.id ?? null,
    workspaceSlug: workspace?.slug ?? null,
    changeId: null,
    previous: recorded,
    next: recorded,
    liveId,
  };
}

/** Keeps an entry as it is: its resource is not planned in this run. */
export function keepStep({ workspaceId, workspaceSlug }: RecordedResource, entry: RecordedEntry): RecordStep {
  const { id, ...next } = entry;
  return { workspaceId, workspaceSlug, changeId: null, previous: entry, next, liveId: id, kept: true };
}

export function overtakenAlertDiagnostic(
  { entry, name }: ResolvedEntry,
  { alert, budget }: { readonly alert: number; readonly budget: Budget },
): Diagnostic {
  const amounts = `${formatAmount(alert, budget.unit)} is not below the new budget of ${formatAmount(budget.amount, budget.unit)}`;
  return {
    code: 'alert-overtaken',
    severity: 'error',
    message: `"${name}" has a live alert that no file declares, and ${amounts}; write \`alert:\` (an amount, a percentage or \`none\`)`,
    source: entry.source,
  };
}
