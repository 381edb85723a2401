/** What applies of the past took away from live objects. Pure. */

import type { ClaimedChange, RecordedOutcome } from '../plan/applied-record.ts';
import type { RecordVersion } from './store.ts';

export interface TakenAway extends Pick<ClaimedChange, 'kind' | 'workspaceId'> {
  readonly liveId: string;
  readonly outcome: RecordedOutcome;
  /** Of the policy files of that apply. */
  readonly commit: string | null;
  /** ISO date-time, UTC. */
  readonly at: string;
}

/**
 * Of each live object what the latest apply did to it, where that took something away. A claim knows the id of each object, the
 * version that followed it what became of each change.
 *
 * @param versions newest first
 */
export function listTakenAway(versions: readonly RecordVersion[]): readonly TakenAway[] {
  const found: TakenAway[] = [];
  const seen = new Set<string>();
  let ended = new Map<string, Pick<TakenAway, 'outcome' | 'commit' | 'at'>>();
  for (const { summary } of versions) {
    if (summary === null) continue;
    const { claim, outcomes, commit, appliedAt: at } = summary;
    if (claim === undefined) {
      const done = outcomes.filter(({ status }) => status === 'applied' || status === 'already-applied');
      ended = new Map(done.map((outcome) => [outcome.fingerprint, { outcome, commit, at }]));
      continue;
    }
    for (const { kind, workspaceId, liveId, fingerprint } of claim.changes) {
      const taken = ended.get(fingerprint);
      if (liveId === null || taken === undefined || seen.has(`${kind}\n${liveId}`)) continue;
      seen.add(`${kind}\n${liveId}`);
      if (takesAway(taken.outcome)) found.push({ kind, workspaceId, liveId, ...taken });
    }
  }
  return found;
}

/** A policy that goes, the old one of a replacement, or fields that are cleared. */
function takesAway({ action, before, after }: RecordedOutcome): boolean {
  if (action === 'delete' || action === 'replace') return true;
  return Object.entries(after ?? {}).some(([field, value]) => value === null && (before?.[field] ?? null) !== null);
}
