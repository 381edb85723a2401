import type { Source } from '../diagnostics.ts';
import { isSame } from '../resources/canonical.ts';
import { hasAnyValue, isPartOfBudget, isPartOfRate, isRate, toFields } from '../resources/fields.ts';
import { specOf } from '../resources/registry.ts';
import type { Fields, FieldValue, Kind, ResourceKey } from '../resources/types.ts';
import type { RecordedEntry } from './applied-record.ts';
import { digestOf } from './digest.ts';
import { compareFields, strongestDirection } from './field-changes.ts';
import type { Action, Cause, Change, Direction, FieldChange, Reason } from './types.ts';
import { pendingDate } from './until.ts';

export interface ChangeDraft {
  readonly key: ResourceKey;
  readonly workspaceId: string | null;
  readonly liveId: string | null;
  readonly action: Action;
  readonly reason: Reason;
  readonly before: Fields | null;
  readonly after: Fields | null;
  readonly declared: Fields;
  readonly recorded: RecordedEntry | null;
  readonly hasRecord: boolean;
  readonly immutable?: readonly string[];
  readonly source: Source | null;
  readonly notes?: readonly string[];
  readonly entry: Omit<RecordedEntry, 'id'> | null;
  readonly starting?: string | null;
  readonly viaStar?: boolean;
  readonly twins?: readonly string[];
  readonly expiresAtOnce?: boolean;
  /** The row as it is live; absent: there is none. */
  readonly row?: { readonly last_updated_at?: unknown };
  /** Default: that of `entry`. */
  readonly until?: Change['until'];
  /** Adds to the identity of a second change of one resource. */
  readonly suffix?: string;
}

export function changeId(key: ResourceKey): string {
  return `${key.kind}/${key.workspace ?? '-'}/${key.name}`;
}

export function makeChange(draft: ChangeDraft): Change {
  const before = draft.before ?? {};
  const after = draft.after ?? {};
  const starting = draft.starting ?? null;
  const fieldChanges: FieldChange[] = compareFields(before, after, draft.immutable ?? []);
  if (starting !== null && draft.action !== 'create') {
    const change = {
      field: 'starting',
      before: draft.recorded?.starting,
      after: starting,
      direction: 'neutral',
    } as const;
    fieldChanges.push(change);
  }
  const until = draft.until ?? pendingDate(draft.entry);
  const cause = causeOf(draft, fieldChanges);
  const written = draft.row?.last_updated_at;
  const hasMoved =
    (cause === 'drifted' || cause === 'both') && typeof written === 'string' && !Number.isNaN(Date.parse(written));
  return {
    id: changeId(draft.key) + (draft.suffix ?? ''),
    key: draft.key,
    workspaceId: draft.workspaceId,
    liveId: draft.liveId,
    action: draft.action,
    cause,
    reason: draft.reason,
    direction: withDate(draft, until, directionOf(draft.action, draft.after, fieldChanges)),
    before: draft.before,
    after: draft.after,
    fieldChanges,
    source: draft.source,
    dependsOn: [],
    fingerprint: fingerprintOf({ ...draft.key, ...draft, starting, until }),
    notes: draft.notes ?? [],
    entry: draft.entry,
    starting,
    ...(until === undefined ? {} : { until }),
    ...(draft.viaStar === true ? { viaStar: true as const } : {}),
    ...(draft.expiresAtOnce === true ? { expiresAtOnce: true as const } : {}),
    ...(hasMoved ? { lastWritten: new Date(written).toISOString() } : {}),
    ...(draft.twins === undefined || draft.twins.length === 0 ? {} : { twins: draft.twins }),
  };
}

/** What makes two changes the same: the resource, the live object that is meant, what is done to it, from what to what, until when. */
export function fingerprintOf(change: {
  readonly kind: string;
  readonly workspace: string | null;
  readonly name: string;
  readonly liveId: string | null;
  readonly action: Action;
  readonly before: unknown;
  readonly after: unknown;
  readonly starting: string | null;
  readonly until?: unknown;
}): string {
  const { kind, workspace, name, liveId, action, before, after, starting, until } = change;
  const date = until === undefined ? {} : { until };
  return digestOf({ key: { kind, workspace, name }, liveId, action, before, after, starting, ...date });
}

/** A new policy only adds a limit; a deleted one takes it away; a replacement hands everybody a fresh counter. */
export function directionOf(action: Action, after: Fields | null, fieldChanges: readonly FieldChange[]): Direction {
  if (after === null || action === 'replace') return 'loosen';
  const isNewPolicy = action === 'create' && fieldChanges.every(({ before }) => before === undefined);
  return isNewPolicy ? 'tighten' : strongestDirection(fieldChanges.map(({ direction }) => direction));
}

/** What holds from a date on is said and reviewed now: where it gives more than what is live, the change does. */
function withDate({ before, after }: ChangeDraft, until: Change['until'], direction: Direction): Direction {
  if (until === undefined || before === null || !hasAnyValue(before)) return direction;
  const then = until.later === 'none' ? [] : Object.entries({ ...after, ...until.later });
  const later = compareFields(before, toFields(then as [string, FieldValue][]));
  return strongestDirection([direction, ...later.map((move) => move.direction)]);
}

/** See the table at Cause. Only fields that move speak: a drift that Git agrees with is none. */
function causeOf(draft: ChangeDraft, fieldChanges: readonly FieldChange[]): Cause {
  const { recorded, declared, hasRecord, before, action } = draft;
  if (!hasRecord) return 'unknown';
  if (recorded === null) return before === null || !hasAnyValue(before) ? 'edited' : 'adopted';
  const past = recorded.fields;
  if (action === 'delete' && draft.after === null) return 'edited';
  const who = fieldChanges.map(({ field, before: now, after }) =>
    whoMoved({ kind: draft.key.kind, declared, past }, field, now, after),
  );
  const edited = who.some((one) => one.edited);
  const drifted = who.some((one) => one.drifted);
  if (before === null) return edited && !isSame(past, declared) ? 'both' : 'drifted';
  return edited && drifted ? 'both' : drifted ? 'drifted' : 'edited';
}

/** Whether Git moved a field since the record, and whether live did. */
export function whoMoved(
  { kind, declared, past }: { readonly kind: Kind; readonly declared: Fields; readonly past: Fields },
  field: string,
  now: FieldValue | undefined,
  after: FieldValue | undefined,
): { readonly edited: boolean; readonly drifted: boolean } {
  if (field === 'starting') return { edited: true, drifted: false };
  if (!(field in declared) && !(field in past)) {
    const isSwept = sweepsAway(kind, past, field);
    return { edited: !isSwept, drifted: isSwept };
  }
  const wanted = field in declared ? declared[field] : after;
  const drifted = field in past && !isSame(past[field] ?? null, now ?? null);
  return { edited: !isSame(past[field], wanted), drifted };
}

/**
 * Whether `fields` leave no room for a limit that they do not name: `none` was said of all of its sort, or there is another
 * rate where only one fits.
 */
function sweepsAway(kind: Kind, fields: Fields, field: string): boolean {
  if (!isPartOfRate(field)) return isPartOfBudget(field) && fields.budgets === null;
  const spec = specOf(kind);
  const fitsOne = !spec.policy && spec.singleRate;
  return fields.rates === null || (fitsOne && Object.keys(fields).some(isRate));
}
