/** `owner:` as a setting, where `review.approvals` asks owners: who answers for what. */

import { approverOfOwner, asksOwners } from '../resources/approval-rules.ts';
import type { Desired, ResourceKey } from '../resources/types.ts';
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

/** Who answers for a resource, by its own entry or else by its workspace, under any of the names that they go by. */
export function ownerOf(
  owners: Owners,
  keys: readonly ResourceKey[],
  refs: readonly (string | null)[],
): readonly string[] {
  const own = keys.flatMap((key) => owners[changeId(key)] ?? []);
  const names = own.length > 0 ? own : refs.flatMap((ref) => (ref === null ? [] : (owners[workspaceKey(ref)] ?? [])));
  return [...new Set(names)];
}
