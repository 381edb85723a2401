/** `owner:` as a setting, where `review.approvals` asks owners: who answers for what. */

import { approverOfOwner, asksOwners } from '../resources/approval-rules.ts';
import type { Desired, Kind, ResourceKey } from '../resources/types.ts';
import { changeId } from './make-change.ts';

/** By the entry or workspace that it stands on: `@login` or `@org/team`. What names nobody of GitHub is not here. */
export type Owners = Readonly<Record<string, string>>;

/** No kind is called so. */
function workspaceKey(ref: string): string {
  return `workspace/${ref}`;
}

/** Of an entry only where it is another one than its workspace has. */
export function askedOwnersOf({ settings, workspaces, entries }: Desired): Owners {
  if (!asksOwners(settings.approvals)) return {};
  const ofWorkspaces = new Map(workspaces.map(({ ref, owner }) => [ref, owner]));
  return Object.fromEntries(
    [
      ...workspaces.map(({ ref, owner }) => [workspaceKey(ref), approverOfOwner(owner)] as const),
      ...entries
        .filter(({ workspace, owner }) => owner !== ofWorkspaces.get(workspace ?? ''))
        .map((entry) => [changeId(entry), approverOfOwner(entry.owner)] as const),
    ].filter((one): one is [string, string] => one[1] !== null),
  );
}

export interface ReplacedOwner {
  readonly place: string;
  /** Null: it stands on a workspace. */
  readonly key: ResourceKey | null;
  /** Who answered for it until now. */
  readonly was: string;
}

/** Places for which somebody else answers now, or nobody: an owner of an entry's own takes the place of its workspace's. */
export function replacedOwners(before: Owners, after: Owners): readonly ReplacedOwner[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((place) => {
    const was = answersFor(before, place);
    return was === undefined || was === answersFor(after, place) ? [] : [{ place, key: keyOfPlace(place), was }];
  });
}

function answersFor(owners: Owners, place: string): string | undefined {
  const workspace = keyOfPlace(place)?.workspace ?? null;
  return owners[place] ?? (workspace === null ? undefined : owners[workspaceKey(workspace)]);
}

function keyOfPlace(place: string): ResourceKey | null {
  const [kind = '', workspace = '', ...name] = place.split('/');
  if (kind === 'workspace') return null;
  return { kind: kind as Kind, workspace: workspace === '-' ? null : workspace, name: name.join('/') };
}

/**
 * Who answers for a resource under any of the names that they go by.
 *
 * @param keys of its own entry, then of `"*"` where that speaks for it; else its workspace does
 */
export function ownerOf(
  owners: Owners,
  keys: readonly (readonly ResourceKey[])[],
  refs: readonly (string | null)[],
): readonly string[] {
  const own = keys.map((some) => some.flatMap((key) => owners[changeId(key)] ?? [])).find((names) => names.length > 0);
  const names = own ?? refs.flatMap((ref) => (ref === null ? [] : (owners[workspaceKey(ref)] ?? [])));
  return [...new Set(names)];
}
