/** What a plan has to know of the control plane. */

import type { LiveScopeNeeds } from '../live/read-live.ts';
import type { Desired, Kind, Match } from '../resources/types.ts';
import type { AppliedRecord } from './applied-record.ts';
import { isUuid } from './written-id.ts';

/** What files and record use. */
export function needsOf(
  desired: Pick<Desired, 'workspaces' | 'entries'>,
  record: AppliedRecord | null,
): LiveScopeNeeds {
  const pairs = new Map<string, { kind: Kind; workspace: string | null }>();
  const integrations = new Set<string>();
  const globalAccess = new Set<string>();
  const prices = new Set<string>();
  const wanted = new Set<string>();
  const use = (kind: Kind, workspace: string | null): void => {
    pairs.set(`${kind}\n${workspace ?? ''}`, { kind, workspace });
  };
  const useEntry = (kind: Kind, workspace: string | null, name: string): void => {
    if (kind === 'integration-prices') prices.add(name);
    else if (kind === 'integration-limits') (workspace === null ? globalAccess : integrations).add(name);
    else use(kind, workspace);
  };
  for (const { ref } of desired.workspaces) use('workspace-limits', ref);
  for (const entry of desired.entries) {
    useEntry(entry.kind, entry.workspace, entry.name);
    for (const handle of [entry.liveName, entry.id, entry.previously]) if (handle !== undefined) wanted.add(handle);
    if (entry.kind === 'key-limits' && entry.name === '*') wanted.add('*');
    if (usesKeyNames(entry.fields.match)) use('key-limits', entry.workspace);
  }
  for (const { id, entries } of record?.workspaces ?? []) {
    for (const entry of entries) {
      useEntry(entry.kind, id, entry.name);
      wanted.add(entry.id);
    }
  }
  for (const change of [...(record?.doubts ?? []), ...(record?.claim?.changes ?? [])]) {
    useEntry(change.kind, change.workspaceId, change.name);
    for (const handle of [change.liveId, change.name]) if (handle !== null) wanted.add(handle);
  }
  return {
    needs: [...pairs.values()],
    integrations: [...integrations],
    globalAccess: [...globalAccess],
    prices: [...prices],
    needsWhole: (kind, id, name) =>
      wanted.has(id) || wanted.has(name ?? '') || (kind === 'key-limits' && wanted.has('*')),
  };
}

function usesKeyNames(match: Match | undefined): boolean {
  if (match === undefined || match === 'all') return false;
  return match.some(
    ({ key, any, except }) =>
      key === 'api_key' && [...(any === '*' ? [] : any), ...except].some((value) => !isUuid(value)),
  );
}
