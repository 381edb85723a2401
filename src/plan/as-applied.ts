/** What was applied with a date in it, as it was applied: whatever the files say of it now, its return is what was reviewed. */

import type { Desired, DesiredEntry, DesiredWorkspace } from '../resources/types.ts';
import type { AppliedRecord, RecordedEntry } from './applied-record.ts';
import { changeId } from './make-change.ts';
import { commitOf } from './next-record.ts';
import { DeclaredIndex, type Proof } from './prove-entries.ts';
import type { Outcome, RecordStep } from './types.ts';

/**
 * The files of a run, but of each recorded entry with a date those of the commit that it was applied from: who moves a date on the branch,
 * and is reviewed by nobody, neither stops the return nor hastens it.
 *
 * @param desired of the files as they are now, for everything else
 */
export function desiredAsApplied(desired: Desired, record: AppliedRecord, proof: Proof): Desired {
  const entries = new Map(desired.entries.map((entry) => [changeId(entry), entry]));
  const workspaces = new Map(desired.workspaces.map((workspace) => [workspace.ref, workspace]));
  const indexes = new Map<Desired, DeclaredIndex>();
  for (const place of record.workspaces) {
    for (const recorded of place.entries) {
      if (recorded.until === undefined || !proof.isProven(recorded, place)) continue;
      const then = proof.desiredAt(commitOf(recorded, record));
      if (then === null) continue;
      const index = indexes.get(then) ?? new DeclaredIndex(then);
      indexes.set(then, index);
      const [declared] = index.findAll(recorded, place);
      if (declared === undefined) continue;
      keepPlace(workspaces, then, declared, place.id);
      for (const workspace of [place.slug, place.id]) entries.delete(changeId({ ...declared, workspace }));
      const ref = [place.slug, place.id].find((name) => name !== null && workspaces.has(name)) ?? declared.workspace;
      entries.set(changeId(declared), { ...declared, workspace: ref });
    }
  }
  return { ...desired, entries: [...entries.values()], workspaces: [...workspaces.values()] };
}

/** A file that is gone by now said what was applied all the same. */
function keepPlace(
  workspaces: Map<string, DesiredWorkspace>,
  then: Desired,
  { workspace }: DesiredEntry,
  id: string | null,
): void {
  if (workspace === null || workspaces.has(workspace) || workspaces.has(id ?? '')) return;
  const found = then.workspaces.find(({ ref }) => ref === workspace);
  if (found !== undefined) workspaces.set(workspace, found);
}

/**
 * The record after returns alone: what has come back is as of its own commit still, and nothing else in it moves. So what was merged
 * since is as reviewed, or as owed, as it was.
 */
export function recordReturns(
  record: AppliedRecord,
  steps: readonly RecordStep[],
  outcomes: readonly Outcome[],
): AppliedRecord['workspaces'] {
  const done = new Map<string, RecordStep>();
  const statusOf = new Map(outcomes.map(({ change, status }) => [change.id, status]));
  for (const step of steps) {
    const status = statusOf.get(step.changeId ?? '');
    if (step.previous === null || (status !== 'applied' && status !== 'already-applied')) continue;
    done.set(keyOf(step.workspaceId, step.previous), step);
  }
  return record.workspaces.map((workspace) => ({
    ...workspace,
    entries: workspace.entries.flatMap((entry): RecordedEntry[] => {
      const step = done.get(keyOf(workspace.id, entry));
      if (step === undefined) return [entry];
      return step.next === null ? [] : [{ ...entry, fields: step.next.fields, until: step.next.until }];
    }),
  }));
}

function keyOf(workspaceId: string | null, { kind, name }: Pick<RecordedEntry, 'kind' | 'name'>): string {
  return JSON.stringify([workspaceId, kind, name]);
}
