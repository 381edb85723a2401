/** Who moved a live object, and when, where the audit log can be read. */

import type { Reads } from '../consumption/ask.ts';
import type { Change } from '../plan/types.ts';

export interface Actor {
  /** User id or key id as the service names it; null when it does not say. */
  readonly who: string | null;
  /** ISO date-time, UTC. */
  readonly when: string;
}

/** The moment itself is the last apply's. */
function isAfter(when: string, from: string): boolean {
  return Date.parse(when) > Date.parse(from);
}

/**
 * The last successful write to each changed object after a moment, by change id. Null when the audit log is not to be had: it needs a plan
 * and a scope of its own (docs/service-notes.md#audit-log), and drift is drift all the same.
 */
export async function findActors(
  { ask }: Reads,
  changes: readonly Change[],
  from: string,
  to: string,
  organisation: string,
): Promise<ReadonlyMap<string, Actor> | null> {
  if (changes.length === 0) return new Map();
  const records = await ask('listAuditRecords', from, to, organisation);
  if ('unknown' in records) return null;
  const writes = records.value
    .filter(({ method, status, when }) => method !== 'GET' && (status === null || status < 400) && isAfter(when, from))
    .sort((a, b) => b.when.localeCompare(a.when, 'en'));
  const actors = new Map<string, Actor>();
  for (const change of changes) {
    const handles = [change.liveId?.split('/')[0], change.key.kind === 'provider-limits' ? change.key.name : undefined];
    const write = writes.find(({ uri }) =>
      handles.some((handle) => handle !== undefined && uri.split(/[/?]/).includes(handle)),
    );
    if (write !== undefined) actors.set(change.id, { who: write.who, when: write.when });
  }
  return actors;
}
