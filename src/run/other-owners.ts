/** Other records of the same remote that hold what this plan puts back or adopts: two owners undo each other for ever. */

import { UserError } from '../errors.ts';
import type { AppliedRecord } from '../plan/applied-record.ts';
import type { Plan, PlanNote } from '../plan/types.ts';
import { readRecordAt } from './find-record.ts';
import type { OpenRecord } from './open-record.ts';
import type { Session } from './session.ts';

/** More environments than anybody has in one repository. */
const mostRecords = 20;

export async function findOtherOwners(
  plan: Pick<Plan, 'changes' | 'left' | 'recordLines' | 'organisation' | 'baseUrl'>,
  { ref, checkout }: Pick<OpenRecord, 'ref' | 'checkout'>,
  session: Session,
): Promise<PlanNote[]> {
  const contested = contestedObjects(plan);
  if (ref === null || checkout === null || contested.size === 0) return [];
  try {
    const refs = await checkout.listRefs(['refs/tollgate/*']);
    const notes: PlanNote[] = [];
    for (const other of refs.filter((name) => name !== ref).slice(0, mostRecords)) {
      const record = (await readRecordAt(other, checkout, session))?.record;
      if (record === undefined || record.movedTo !== undefined || !isOfSameService(record, plan)) continue;
      notes.push(...notesOf(record, other, contested));
    }
    return notes;
  } catch (error) {
    // Only a hint is lost; that the remote can be reached has been seen by reading the own record.
    if (error instanceof UserError) return [];
    throw error;
  }
}

function isOfSameService(record: AppliedRecord, { organisation, baseUrl }: Pick<Plan, 'organisation' | 'baseUrl'>) {
  return record.organisation.toLowerCase() === organisation.toLowerCase() && record.baseUrl === baseUrl;
}

/** Kind and id of live objects, with how the plan calls them. */
function contestedObjects({ changes, left, recordLines }: Pick<Plan, 'changes' | 'left' | 'recordLines'>) {
  const moved = [...changes, ...left.map(({ change }) => change)].filter(
    ({ cause, liveId }) => liveId !== null && cause !== 'edited',
  );
  const adopted = recordLines.filter(({ action }) => action === 'adopt');
  return new Map([
    ...moved.map(({ key, liveId }) => [`${key.kind}\n${liveId}`, key] as const),
    ...adopted.flatMap(({ key, liveId }) => (key === null ? [] : [[`${key.kind}\n${liveId}`, key] as const])),
  ]);
}

function notesOf(
  { workspaces, environment }: AppliedRecord,
  ref: string,
  contested: ReturnType<typeof contestedObjects>,
): PlanNote[] {
  return workspaces.flatMap(({ entries }) =>
    entries.flatMap((entry): PlanNote[] => {
      const key = contested.get(`${entry.kind}\n${entry.id}`);
      if (key === undefined) return [];
      const { kind, workspace, name } = key;
      const message = `${kind}/${workspace ?? '-'}/${name} is also in the record of environment "${environment}" (${ref}): each apply of one undoes the other; take it out of the files of one of them, with \`forget:\` so that live stays`;
      return [{ code: 'other-record', severity: 'warning', workspace, message, source: null }];
    }),
  );
}
