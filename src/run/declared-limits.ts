/** Which live limits the policy files name, and by which entry. */

import type { LiveLimit } from '../consumption/limit-status.ts';
import type { ReadLimits } from '../consumption/read-limits.ts';
import { byHandle } from '../live/named-workspaces.ts';
import type { Desired, DesiredEntry } from '../resources/types.ts';

type FindEntry = (limit: Pick<LiveLimit, 'kind' | 'workspace' | 'id' | 'name'>) => DesiredEntry | undefined;

/** The entry that names a live limit: by id, by name, or by the `*` of its workspace. */
export function createEntryFinder(
  { entries }: Pick<Desired, 'entries'>,
  { workspaces, serviceKeys }: Pick<ReadLimits, 'workspaces' | 'serviceKeys'>,
): FindEntry {
  const known = byHandle(workspaces);
  const declared = new Map<string, DesiredEntry>();
  for (const entry of entries) {
    const { kind, workspace, name, id, liveName, previously, absent, until } = entry;
    // What a date has ended is named by it for as long as it is live.
    if (absent === true && until === undefined) continue;
    const place = workspace === null ? '' : (known.get(workspace)?.slug ?? workspace);
    for (const handle of [id, liveName, previously, name]) {
      const key = [kind, place, handle].join('\n');
      if (handle !== undefined && !declared.has(key)) declared.set(key, entry);
    }
  }
  return ({ kind, workspace, id, name }) => {
    const find = (handle: string) => declared.get([kind, workspace ?? '', handle].join('\n'));
    // A workspace's budgets are one entry of the files, whatever they are called here.
    if (kind === 'workspace-limits') return find('limits');
    const isStarred = kind === 'key-limits' && serviceKeys.has(id);
    return find(id) ?? find(name) ?? (isStarred ? find('*') : undefined);
  };
}
