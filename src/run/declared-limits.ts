/** Which live limits the policy files name. */

import type { LiveLimit } from '../consumption/limit-status.ts';
import type { ReadLimits } from '../consumption/read-limits.ts';
import type { Desired } from '../resources/types.ts';

/** Whether the files name a live limit: by id, by name, or by the `*` of its workspace. */
export function createDeclared(
  desired: Desired | null,
  { workspaces, serviceKeys }: Pick<ReadLimits, 'workspaces' | 'serviceKeys'>,
) {
  if (desired === null) return () => null;
  const slugOf = new Map(workspaces.flatMap(({ id, slug }) => [[id, slug] as const, [slug, slug] as const]));
  const declared = new Set<string>();
  for (const { kind, workspace, name, id, liveName, previously, absent } of desired.entries) {
    if (absent === true) continue;
    const place = workspace === null ? '' : (slugOf.get(workspace) ?? workspace);
    for (const handle of [id, liveName, previously, name])
      if (handle !== undefined) declared.add([kind, place, handle].join('\n'));
  }
  return ({ kind, workspace, id, name }: Pick<LiveLimit, 'kind' | 'workspace' | 'id' | 'name'>): boolean => {
    const has = (handle: string): boolean => declared.has([kind, workspace ?? '', handle].join('\n'));
    // A workspace's budgets are one entry of the files, whatever they are called here.
    if (kind === 'workspace-limits') return has('limits');
    return has(id) || has(name) || (kind === 'key-limits' && serviceKeys.has(id) && has('*'));
  };
}
