/** What of a record counts in a plan: what is proven whole, what is not as a memory that takes nothing away. */

import type { Live } from '../live/live.ts';
import { LiveIndex } from '../live/live-index.ts';
import { isSame } from '../resources/canonical.ts';
import { pickFields } from '../resources/fields.ts';
import type { Desired } from '../resources/types.ts';
import type { AppliedRecord, RecordedEntry, RecordedWorkspace } from './applied-record.ts';
import { commitOf, compareEntries } from './next-record.ts';
import { DeclaredIndex, type Proof } from './prove-entries.ts';
import type { RecordedResource } from './record-index.ts';
import { noSettings } from './settings.ts';

/** What the last version sealed by this key says, where a version came after it that it did not seal. */
export interface Unsealed {
  /** Null: this key sealed none. */
  readonly ancestor: AppliedRecord | null;
}

export interface BelievedRecord {
  /** For the planner. */
  readonly record: AppliedRecord;
  /** Entries that take nothing away and that no file declares: they stay in the record, and nothing is planned for them. */
  readonly kept: readonly RecordedResource[];
  /** Names of entries that are not proven, as `kind/workspace/name`. */
  readonly unproven: readonly string[];
  /** Of those, the commits that should have proven them. */
  readonly unprovenCommits: readonly (string | null)[];
  /** Entries whose recorded id nobody vouches for. */
  readonly withoutId: number;
}

/**
 * | entry | declared now | counts as |
 * |---|---|---|
 * | proven | | it is, protected if it or the files that it comes from say so |
 * | not proven | yes | recorded with the fields that are declared: nothing is cleared for it |
 * | not proven | no | kept: nothing is deleted for it |
 * | its id not vouched for | yes | matched by its name |
 * | its id not vouched for | no | kept |
 */
export function believeRecord(
  record: AppliedRecord,
  proof: Proof,
  { desired, live, unsealed }: { readonly desired: Desired; readonly live: Live; readonly unsealed: Unsealed | null },
): BelievedRecord {
  const declared = new DeclaredIndex(desired);
  const idOf = unsealed === null ? null : vouchForIds(unsealed, live, declared);
  const kept: RecordedResource[] = [];
  const unproven: string[] = [];
  const unprovenCommits = new Set<string | null>();
  let withoutId = 0;
  const workspaces = record.workspaces.map((workspace): RecordedWorkspace => {
    const entries = workspace.entries.flatMap((entry): RecordedEntry[] => {
      const isProven = proof.isProven(entry, workspace);
      const id = idOf === null ? entry.id : idOf(entry, workspace);
      if (!isProven) {
        unproven.push(`${entry.kind}/${workspace.slug ?? '-'}/${entry.name}`);
        unprovenCommits.add(commitOf(entry, record));
      }
      if (id === null) withoutId += 1;
      const now = declared.findAll(entry, workspace)[0];
      const wanted = now?.fieldsOverStar ?? now?.fields;
      if ((!isProven || id === null) && now === undefined) {
        // Written again it would be sealed: an id that nobody vouches for must not come to be believed that way.
        const { leftovers, ...rest } = { ...entry, id: id ?? '' };
        const left = unsealed === null && leftovers !== undefined ? { ...rest, leftovers } : rest;
        kept.push({ workspaceId: workspace.id, workspaceSlug: workspace.slug, entry: left });
        return [];
      }
      const protect = entry.protect || proof.isProtected(entry, workspace);
      const believed = {
        ...entry,
        id: id ?? '',
        protect,
        ...(isProven || wanted === undefined ? {} : { fields: pickFields(entry.fields, (field) => field in wanted) }),
      };
      if (unsealed !== null) {
        // Nor was its date: what nobody vouches for was judged by no guard.
        const { leftovers: _others, until: _until, ...rest } = believed;
        return [{ ...rest, ...windowOf(entry, workspace, unsealed) }];
      }
      // The very entry where nothing differs: a plan looks at ten thousand.
      return [isProven && protect === entry.protect ? entry : believed];
    });
    return isSame(entries, workspace.entries) ? workspace : { ...workspace, entries };
  });
  const isSameAll = workspaces.every((workspace, index) => workspace === record.workspaces[index]);
  return {
    record: isSameAll && unsealed === null ? record : { ...record, ...windowStart(unsealed), workspaces },
    kept,
    unproven,
    unprovenCommits: [...unprovenCommits],
    withoutId,
  };
}

/** The record's id where a version that this key sealed has it for that entry, or the live object has the entry's name. */
function vouchForIds({ ancestor }: Unsealed, live: Live, declared: DeclaredIndex) {
  const sealed = new Set((ancestor?.workspaces ?? []).flatMap(({ id, entries }) => entries.map((e) => idKey(e, id))));
  const index = new LiveIndex(live);
  return (entry: RecordedEntry, workspace: RecordedWorkspace): string | null => {
    if (sealed.has(idKey(entry, workspace.id))) return entry.id;
    const object = index.at(entry.kind, workspace.id).byId(entry.id);
    if (object === undefined) return null;
    const names = [entry.name, ...declared.findAll(entry, workspace).flatMap(({ liveName }) => liveName ?? [])];
    const isNamed = object.name !== null && names.includes(object.name);
    // A key that shares its name with others is recorded with its id beside the name.
    return isNamed || entry.name === `${object.name ?? ''}#${object.id}` ? entry.id : null;
  };
}

function idKey({ kind, name, id }: RecordedEntry, workspaceId: string | null): string {
  return JSON.stringify([kind, workspaceId, name, id]);
}

/** What was applied since the last sealed version nobody vouches for: approval begins there again. */
function windowOf(
  entry: RecordedEntry,
  workspace: RecordedWorkspace,
  { ancestor }: Unsealed,
): Pick<RecordedEntry, 'commit'> {
  if (ancestor === null) return {};
  const before = ancestor.workspaces
    .find(({ id }) => id === workspace.id)
    ?.entries.find(({ kind, name }) => kind === entry.kind && name === entry.name);
  return { commit: before === undefined ? ancestor.commit : commitOf(before, ancestor) };
}

function windowStart(unsealed: Unsealed | null): Partial<AppliedRecord> {
  if (unsealed === null) return {};
  if (unsealed.ancestor === null) return { settings: noSettings, settingsCommit: undefined };
  const { commit, settings, settingsCommit, reviewedCommit } = unsealed.ancestor;
  // Named where the ancestor names none, too: else what nobody sealed says which commit's settings are in force from now on.
  return { commit, reviewedCommit, settings, settingsCommit };
}

/** The record that an apply begins with: what counts of it, and what is kept. */
export function withKept({ record, kept }: BelievedRecord): AppliedRecord {
  const workspaces = new Map(record.workspaces.map((workspace) => [workspace.id, workspace]));
  for (const { workspaceId: id, workspaceSlug: slug, entry } of kept) {
    const workspace = workspaces.get(id) ?? { id, slug, entries: [] };
    workspaces.set(id, { ...workspace, entries: [...workspace.entries, entry].sort(compareEntries) });
  }
  return { ...record, workspaces: [...workspaces.values()] };
}
