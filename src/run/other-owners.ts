/**
 * Other records of the same remote that hold what this plan puts back, adopts or takes away: two owners undo each other for
 * ever, and what has moved from one to the other is not to be deleted by the one that it left.
 */

import type { Source } from '../diagnostics.ts';
import { UserError } from '../errors.ts';
import { takesAway } from '../guards/tally.ts';
import type { AppliedRecord } from '../plan/applied-record.ts';
import type { Plan, PlanNote } from '../plan/types.ts';
import type { ResourceKey } from '../resources/types.ts';
import { namedPlaces, readRecordAt } from './find-record.ts';
import type { OpenRecord } from './open-record.ts';
import type { Session } from './session.ts';

/** More environments than anybody has in one repository. */
const mostRecords = 20;

export interface OtherOwners {
  readonly notes: readonly PlanNote[];
  /** Ids of changes that would take away what is held elsewhere. */
  readonly heldElsewhere: ReadonlySet<string>;
}

export async function findOtherOwners(
  plan: Pick<Plan, 'changes' | 'left' | 'recordLines' | 'organisation' | 'baseUrl'>,
  { ref, checkout }: Pick<OpenRecord, 'ref' | 'checkout'>,
  orgFile: Source,
  session: Session,
): Promise<OtherOwners> {
  const contested = contestedObjects(plan);
  const notes: PlanNote[] = [];
  const heldElsewhere = new Set<string>();
  if (ref === null || checkout === null || contested.size === 0) return { notes, heldElsewhere };
  try {
    const refs = await checkout.listRefs(['refs/tollgate/*', ...(await namedPlaces(checkout, orgFile, session))]);
    for (const other of refs.filter((name) => name !== ref).slice(0, mostRecords)) {
      const record = (await readRecordAt(other, checkout, session))?.record;
      if (record === undefined || record.movedTo !== undefined || !isOfSameService(record, plan)) continue;
      for (const { kind, id } of record.workspaces.flatMap(({ entries }) => entries)) {
        const object = contested.get(`${kind}\n${id}`);
        if (object === undefined) continue;
        notes.push(noteOf(object, record.environment, other));
        if (object.takenBy !== null) heldElsewhere.add(object.takenBy);
      }
    }
  } catch (error) {
    // Only a hint is lost, but where something would be taken away: that the remote can be reached has been seen.
    if (!(error instanceof UserError) || [...contested.values()].some(({ takenBy }) => takenBy !== null)) throw error;
  }
  return { notes, heldElsewhere };
}

function isOfSameService(record: AppliedRecord, { organisation, baseUrl }: Pick<Plan, 'organisation' | 'baseUrl'>) {
  return record.organisation.toLowerCase() === organisation.toLowerCase() && record.baseUrl === baseUrl;
}

interface Contested {
  readonly key: ResourceKey;
  /** Id of the change that deletes it or clears limits of it. */
  readonly takenBy: string | null;
}

/** By kind and id of the live object. What is only edited in Git is nobody else's matter. */
function contestedObjects({ changes, left, recordLines }: Pick<Plan, 'changes' | 'left' | 'recordLines'>) {
  const contested = new Map<string, Contested>();
  for (const change of [...changes, ...left.map(({ change: one }) => one)]) {
    const { key, liveId, cause, id } = change;
    const takenBy = takesAway(change) ? id : null;
    if (liveId !== null && (cause !== 'edited' || takenBy !== null)) {
      contested.set(`${key.kind}\n${liveId}`, { key, takenBy });
    }
  }
  for (const { action, key, liveId } of recordLines) {
    if (action === 'adopt' && key !== null) contested.set(`${key.kind}\n${liveId}`, { key, takenBy: null });
  }
  return contested;
}

function noteOf({ key: { kind, workspace, name }, takenBy }: Contested, environment: string, ref: string): PlanNote {
  const what = `${kind}/${workspace ?? '-'}/${name} is also in the record of environment "${environment}" (${ref})`;
  const message =
    takenBy === null
      ? `${what}: each apply of one undoes the other; take it out of the files of one of them, with \`forget:\` so that live stays`
      : `${what}: this plan would take away what that one holds; if it has moved there, write \`forget:\` for it here, and live stays`;
  return { code: 'other-record', severity: 'warning', workspace, message, source: null };
}
