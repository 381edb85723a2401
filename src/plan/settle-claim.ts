/** What an apply that was killed had done, as live alone shows. */

import type { Live, LiveObject } from '../live/live.ts';
import { LiveIndex } from '../live/live-index.ts';
import { isSame } from '../resources/canonical.ts';
import { isPartOfLimit } from '../resources/fields.ts';
import { isPolicyKind } from '../resources/registry.ts';
import type { Fields } from '../resources/types.ts';
import type { AppliedRecord, ClaimedChange, RecordedEntry, RecordedWorkspace } from './applied-record.ts';
import { compareEntries } from './next-record.ts';

/**
 * The record without its claim and its doubts: a planned change whose result is live counts as applied, every other keeps its
 * old entry.
 *
 * | claimed | live | becomes |
 * |---|---|---|
 * | create | one policy of that name and content | recorded with its id |
 * | update | declared fields are live | recorded anew |
 * | replace | the old one is gone and the new one is there | recorded with the new id |
 * | replace | both are there | the old one, which remembers the new one: one of them goes, whatever the files say by then |
 * | delete | gone, or none of its limits is set any more | out of the record |
 */
export function settleClaim(record: AppliedRecord, live: Live): AppliedRecord {
  const { claim, doubts, ...rest } = record;
  const unsettled = [
    ...(doubts ?? []).map((change) => ({ change, commit: undefined })),
    // Applied from files that the record's own commit does not hold.
    ...(claim?.changes ?? []).map((change) => ({ change, commit: claim?.commit })),
  ];
  if (claim === undefined && doubts === undefined) return record;
  const index = new LiveIndex(live);
  const workspaces = new Map<string, RecordedWorkspace>(
    record.workspaces.map((workspace) => [workspace.id ?? '', { ...workspace, entries: [...workspace.entries] }]),
  );
  for (const { change, commit } of unsettled) {
    const place = change.workspaceId ?? '';
    const workspace = workspaces.get(place) ?? { id: change.workspaceId, slug: change.workspace, entries: [] };
    const recorded = workspace.entries.flatMap(({ id, leftovers = [] }) => [id, ...leftovers]);
    const known = new Set([...recorded, ...(change.twins ?? [])]);
    const successor = findSuccessor(change, index, known);
    if (successor !== null) {
      workspaces.set(place, { ...workspace, entries: noteSuccessor(workspace.entries, change, successor) });
      continue;
    }
    const reached = findReached(change, index, known);
    if (reached === null || !isKnownToBe(change, reached, index, workspace)) continue;
    const { kind, name, entry, liveId } = change;
    const settled = entry === null || reached === 'gone' ? [] : [settledEntry(entry, reached.id, commit)];
    // A leftover of a replacement goes by its id alone: the entry of that name is the successor's.
    const isReplaced = (other: RecordedEntry): boolean =>
      other.kind === kind && (other.id === liveId || (settled.length > 0 && other.name === name));
    const entries = [...workspace.entries.filter((other) => !isReplaced(other)), ...settled].sort(compareEntries);
    workspaces.set(place, { ...workspace, entries });
  }
  return {
    ...rest,
    workspaces: [...workspaces.values()].filter(({ entries, absent }) => entries.length > 0 || absent !== undefined),
  };
}

function settledEntry(entry: Omit<RecordedEntry, 'id'>, id: string, commit: string | null | undefined): RecordedEntry {
  return { ...entry, id, ...(commit === undefined ? {} : { commit }) } as RecordedEntry;
}

/** What a replacement that was cut short has made, while the old one is still there. */
function findSuccessor(change: ClaimedChange, index: LiveIndex, known: ReadonlySet<string>): LiveObject | null {
  const old = index.object(change.kind, change.liveId ?? '');
  if (change.action !== 'replace' || old === undefined) return null;
  const reached = findReached(change, index, known, old);
  return reached === 'gone' ? null : reached;
}

/**
 * With the old one, which may be in no record yet: replaced on first sight. Without their ids there would be two of one name;
 * and once Git changes its mind, nobody would take away the successor.
 */
function noteSuccessor(
  entries: readonly RecordedEntry[],
  { entry, liveId }: ClaimedChange,
  { id: successor }: LiveObject,
): RecordedEntry[] {
  const isOld = ({ id }: RecordedEntry): boolean => id === liveId;
  const note = (old: RecordedEntry): RecordedEntry => ({
    ...old,
    owed: true,
    leftovers: [...new Set([...(old.leftovers ?? []), successor])],
  });
  if (entries.some(isOld)) return entries.map((other) => (isOld(other) ? note(other) : other));
  if (entry === null || liveId === null) return [...entries];
  return [...entries, note({ ...entry, id: liveId } as RecordedEntry)].sort(compareEntries);
}

/** What a planned change shares with a reviewed one: enough to see whether its result is live. */
type PlannedResult = Pick<ClaimedChange, 'kind' | 'workspaceId' | 'action' | 'liveId' | 'after'>;

export function isChangeLive(change: PlannedResult, index: LiveIndex): boolean {
  return findReached(change, index, new Set()) !== null;
}

/** The live object that is as the change wants it; `gone` where that is what it wants; null when it did not happen. */
function findReached(
  change: PlannedResult,
  index: LiveIndex,
  known: ReadonlySet<string>,
  besides?: LiveObject,
): LiveObject | 'gone' | null {
  const objects = index.at(change.kind, change.workspaceId).all.filter((object) => object !== besides);
  const old = objects.find(({ id }) => id === change.liveId);
  if (change.after === null) return old === undefined ? 'gone' : null;
  const after = change.after;
  const hasReached = (object: LiveObject): boolean => {
    const fields = index.readFields(object, [after]);
    return Object.entries(after).every(([field, value]) => isReached(fields, field, value));
  };
  const makesNew = isPolicyKind(change.kind) && (change.action === 'create' || change.action === 'replace');
  if (makesNew && old !== undefined) return null;
  const candidates = makesNew ? objects.filter(({ id }) => !known.has(id)) : old === undefined ? [] : [old];
  const fitting = candidates.filter(hasReached);
  return fitting.length === 1 ? (fitting[0] ?? null) : null;
}

/** An update of a field that the service does not show may have happened or not: it is planned again. */
function isKnownToBe(
  { action, kind, liveId, after }: ClaimedChange,
  reached: LiveObject | 'gone',
  index: LiveIndex,
  { entries }: RecordedWorkspace,
): boolean {
  if (reached === 'gone' || action !== 'update') return true;
  const past = entries.find((entry) => entry.kind === kind && entry.id === liveId)?.fields ?? {};
  const shown = index.readFields(reached, [after ?? {}]);
  return Object.entries(after ?? {}).every(
    ([field, value]) => shown[field] !== undefined || isPartOfLimit(field) || isSame(past[field], value),
  );
}

/**
 * Whether a live object has a field as it was written. A field that the service does not show is taken to be there: nothing
 * speaks against it; an absent limit is not a limit.
 */
export function isReached(fields: Fields, field: string, wanted: Fields[string]): boolean {
  const now = fields[field];
  if (now === undefined) return wanted === null || !isPartOfLimit(field);
  return isSame(now, wanted);
}
