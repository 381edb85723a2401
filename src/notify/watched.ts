/** Which live limits are ours to tell of, and whom: the record's entries and settings beside what was read. Pure. */

import { type LiveLimit, objectIdOf } from '../consumption/limit-status.ts';
import { dayMilliseconds, levelOf, windowStart } from '../consumption/windows.ts';
import type { AppliedRecord, RecordedEntry } from '../plan/applied-record.ts';
import {
  type AlertRoute,
  type AlertSettings,
  type AlertThreshold,
  entryPlace,
  organisationPlace,
  type PlaceAlerts,
  routeOf,
  workspacePlace,
} from '../resources/alert-settings.ts';
import { alertField, slotFor } from '../resources/fields.ts';
import { isLeftToService } from '../resources/told-by.ts';

/** Of one threshold: who is told by tollgate. */
export interface WatchedThreshold {
  readonly at: number | 'budget';
  /** Null: the service tells those in force. Else those that the threshold itself names are told, or nobody. */
  readonly only: readonly string[] | null;
  readonly also: readonly string[];
}

export interface WatchedLimit {
  /** Stays the same while names change; equal for the same counter in every run. */
  readonly key: string;
  readonly route: AlertRoute;
  /** Ascending; the whole budget is always among them where anybody is told of it. */
  readonly thresholds: readonly WatchedThreshold[];
}

/** By the object that carries it. */
export interface Watcher {
  /** Null: no entry of the record is about it, or nobody is told. */
  watch(limit: LiveLimit): WatchedLimit | null;
  /** Who is told of a workspace, or of the organisation itself. */
  routeOfPlace(workspace: string | null): AlertRoute;
  /** Who is told of a recorded key or provider; null: none is recorded so. */
  routeOfEntry(kind: RecordedEntry['kind'], id: string): AlertRoute | null;
}

interface Found {
  readonly entry: RecordedEntry;
  readonly places: readonly string[];
  readonly own: PlaceAlerts | undefined;
}

export function createWatcher(settings: AlertSettings, { workspaces }: Pick<AppliedRecord, 'workspaces'>): Watcher {
  const byObject = new Map<string, Found>();
  const placeOf = new Map<string, string>();
  for (const { id: workspaceId, slug, entries } of workspaces) {
    const refs = [slug, workspaceId].flatMap((ref) => ref ?? []);
    const workspace = refs.map(workspacePlace).find((place) => settings.places[place] !== undefined);
    if (slug !== null && workspace !== undefined) placeOf.set(slug, workspace);
    for (const entry of entries) {
      const names = entry.viaStar === true ? ['*'] : [entry.name];
      const own = [...(refs.length === 0 ? [null] : refs)]
        .flatMap((ref) => names.map((name) => entryPlace({ kind: entry.kind, workspace: ref, name })))
        .find((place) => settings.places[place] !== undefined);
      const places = [organisationPlace, workspace, own].flatMap((place) => place ?? []);
      byObject.set(objectKey(entry.kind, entry.id), {
        entry,
        places,
        own: own === undefined ? undefined : settings.places[own],
      });
    }
  }
  const foundOf = (kind: RecordedEntry['kind'], id: string): Found | undefined => byObject.get(objectKey(kind, id));
  return {
    watch(limit) {
      const id = objectIdOf(limit);
      const found = foundOf(limit.kind, id);
      if (found === undefined) return null;
      const slot = limit.kind === 'workspace-limits' ? slotOfLimit(limit) : '';
      const route = routeOf(settings, found.places);
      const thresholds = thresholdsOf(found, slot, limit, route);
      if (thresholds.length === 0) return null;
      return { key: [limit.kind, id, slot || slotOfLimit(limit)].join('\n'), route, thresholds };
    },
    routeOfPlace(workspace) {
      const own = workspace === null ? undefined : placeOf.get(workspace);
      return routeOf(settings, own === undefined ? [organisationPlace] : [organisationPlace, own]);
    },
    routeOfEntry(kind, id) {
      const found = foundOf(kind, id);
      return found === undefined ? null : routeOf(settings, found.places);
    },
  };
}

function objectKey(kind: string, id: string): string {
  return `${kind}\n${id}`;
}

function slotOfLimit({ unit, reset }: LiveLimit): string {
  return slotFor({ unit, reset: reset ?? 'never' });
}

function thresholdsOf(
  { entry, own }: Found,
  slot: string,
  limit: LiveLimit,
  route: AlertRoute,
): readonly WatchedThreshold[] {
  const field = alertField(limit.kind === 'workspace-limits' ? slot : null);
  const inService = entry.fields[field] ?? null;
  const several = own?.thresholds?.[slot];
  const written: readonly AlertThreshold[] = several ?? (inService === null ? [] : [{ at: inService }]);
  const all = written.some(({ at }) => at === 'budget') ? written : [...written, { at: 'budget' as const }];
  const isSilent = isLeftToService(entry.kind, route);
  return all.flatMap(({ at, recipients = [] }): WatchedThreshold[] => {
    const isTold = isSilent && (at === 'budget' || at === inService);
    if (!isTold) return [{ at, only: null, also: recipients }];
    return recipients.length === 0 ? [] : [{ at, only: recipients, also: [] }];
  });
}

export interface WindowNow {
  /** Equal within a window, another one in the next. */
  readonly id: string;
  /** Milliseconds since the epoch; null: it does not end, or nobody knows when. */
  readonly end: number | null;
}

/** How long a reset that is due may not show before it is believed to have happened all the same. */
const latestReset = dayMilliseconds;

/**
 * The window that a counter counts in. Null: its reset is due and does not show, so that nobody can tell which window the use is of.
 *
 * @param now milliseconds since the epoch
 */
export function windowOfLimit(limit: LiveLimit, next: number | null | 'unknown', now: number): WindowNow | null {
  const said = limit.nextReset === null ? Number.NaN : Date.parse(limit.nextReset);
  const last = limit.lastReset === null ? Number.NaN : Date.parse(limit.lastReset);
  const isReported = limit.usage.known && limit.usage.source === 'reported';
  const hasReset = last >= said;
  if (said <= now && !hasReset && now - said < latestReset && isReported) return null;
  if (limit.reset === null) return { id: `since ${limit.lastReset ?? 'ever'}`, end: null };
  const facts = {
    reset: limit.reset,
    level: levelOf(limit.kind),
    now,
    nextReset: limit.nextReset,
    lastReset: limit.lastReset,
  };
  const start = windowStart(facts);
  // A row that shows its last reset alone is behind where that lies before the start of this window.
  const isBehind = Number.isNaN(said) && typeof start === 'number' && last < start && now - start < latestReset;
  if (isBehind && isReported) return null;
  const id = typeof start === 'number' ? new Date(start).toISOString() : 'ever';
  return { id: `since ${id}`, end: typeof next === 'number' ? next : null };
}
