/**
 * Returns that give more than before, and of which the files have said something else since they were applied. A sealed record stays
 * sealed when somebody puts it back by force: a raise that was taken away after it must not come by its date.
 */

import { resolve } from 'node:path';
import { commitOf } from '../plan/next-record.ts';
import { DeclaredIndex } from '../plan/prove-entries.ts';
import type { Change, RecordStep } from '../plan/types.ts';
import { compilePolicies } from '../policy/compile.ts';
import { isSame } from '../resources/canonical.ts';
import type { Desired, SidesOfDate } from '../resources/types.ts';
import type { Judged } from './judge.ts';
import { DeclarationReader } from './prove-record.ts';

/** First-parent commits that touch the policies. Whoever has more has not applied for long. */
const mostCommits = 500;

/** Of changes that dates have made due. What nobody can tell counts as withdrawn. */
export async function findWithdrawn(prepared: Judged, due: readonly Change[]): Promise<ReadonlySet<Change>> {
  const { record, settled, inForce, checkout: facts, files, steps } = prepared;
  const looser = due.filter(({ direction }) => direction !== 'tighten');
  const { checkout } = record;
  // A record that lies where nobody else writes is put back by nobody.
  if (looser.length === 0 || settled === null || checkout === null || !record.isShared) return new Set();
  const { commit: head, directory, extended, isOvertaken = false } = facts;
  if (head === null || directory === null || isOvertaken) return new Set(looser);
  // Entries of this run are as they were applied: what the files say is read again.
  const { desired } = compilePolicies(files);
  if (desired === null) return new Set(looser);
  const reader = new DeclarationReader(checkout, desired, { ...facts, texts: new Map() });
  const folder = resolve(checkout.root, directory);
  const indexes = new Map<string, DeclaredIndex | null>();
  const indexAt = async (commit: string): Promise<DeclaredIndex | null> => {
    const known = indexes.get(commit);
    if (known !== undefined) return known;
    const read: Desired | string = await reader.readAt(commit, directory);
    const index = typeof read === 'string' ? null : new DeclaredIndex(read);
    indexes.set(commit, index);
    return index;
  };
  const isSaidThroughout = async (step: RecordStep | undefined): Promise<boolean> => {
    const entry = step?.previous;
    if (step === undefined || entry == null) return false;
    const since = commitOf(entry, settled);
    const then = inForce.proof?.desiredAt(since) ?? null;
    const line = since === null ? null : await checkout.firstParentLine(since, head, folder, extended);
    if (then === null || line === null || line.length > mostCommits) return false;
    const place = { id: step.workspaceId, slug: step.workspaceSlug };
    const [applied] = new DeclaredIndex(then).findAll(entry, place);
    await reader.prepare(line, directory);
    for (const commit of line) {
      const said = (await indexAt(commit))?.findAll(entry, place) ?? [];
      if (!said.some(({ until }) => isSameDate(until, applied?.until))) return false;
    }
    return true;
  };
  const byChange = new Map(steps.map((step) => [step.changeId, step]));
  const found = new Set<Change>();
  for (const change of looser) if (!(await isSaidThroughout(byChange.get(change.id)))) found.add(change);
  return found;
}

/** Whatever day it was read for. */
function isSameDate(a: SidesOfDate | undefined, b: SidesOfDate | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a.date === b.date && isSame(a.first, b.first) && isSame(a.later, b.later);
}
