/** Live limits that an apply took away and that are back: a service restored from a backup knows nothing of what came after. */

import type { Reads } from '../consumption/ask.ts';
import { UserError } from '../errors.ts';
import type { Live, LiveObject } from '../live/live.ts';
import { LiveIndex } from '../live/live-index.ts';
import type { Plan, PlanNote } from '../plan/types.ts';
import type { RecordStore } from '../record/store.ts';
import { listTakenAway, type TakenAway } from '../record/taken-away.ts';
import { isSame } from '../resources/canonical.ts';
import { isPolicyKind, specOf } from '../resources/registry.ts';
import { readAbsence } from './read-absence.ts';
import type { Session } from './session.ts';

/** Versions of the record that are looked through: two an apply. */
const mostVersions = 1_000;

/** @throws UserError, ServiceError, CancelledError */
export async function findReturned(
  { unmanaged, notes }: Pick<Plan, 'unmanaged' | 'notes'>,
  known: Live,
  { store, reads }: { readonly store: RecordStore; readonly reads: Reads },
  session: Session,
): Promise<PlanNote[]> {
  const taken = await readTakenAway(store, session);
  // Where nothing is declared any more nothing has been read, either.
  const places = new Map(
    taken.map(({ kind, workspaceId: workspace }) => [`${kind}\n${workspace}`, { kind, workspace }]),
  );
  const live = await readAbsence(reads, known, { places: [...places.values()], shares: false, gifts: false });
  const index = new LiveIndex(live);
  const others = new Map(unmanaged.map((one) => [keyOf(one), one]));
  return taken.flatMap((past): PlanNote[] => {
    const { kind, liveId: id, workspaceId, outcome, commit, at } = past;
    const object = index.object(kind, id);
    const found = others.get(keyOf({ kind, id }));
    const isManaged = found === undefined && known.read.has(`${workspaceId ?? ''}/${kind}`);
    const isTold = notes.some(({ code, message }) => code === 'twin' && message.includes(id));
    if (object === undefined || isManaged || isTold || !isAsBefore(object, past, found?.fields, index)) return [];
    const { workspace } = outcome;
    const what = `${isPolicyKind(kind) ? 'policy' : specOf(kind).label} "${outcome.name}"${workspace === null ? '' : ` (${workspace})`}`;
    const by = `${commit === null ? 'an apply' : `commit ${commit.slice(0, 12)}, applied`} on ${at.slice(0, 10)}`;
    const message = `back: ${what}, which was taken away by ${by}. No file declares it, and it binds: delete it, or declare it again`;
    return [{ code: 'back', severity: 'warning', workspace, message, source: null }];
  });
}

function keyOf({ kind, id }: Pick<LiveObject, 'kind' | 'id'>): string {
  return `${kind}\n${id}`;
}

async function readTakenAway(store: RecordStore, session: Session): Promise<readonly TakenAway[]> {
  try {
    const reading = store.history(mostVersions);
    return listTakenAway((await session.waiting(`reading the history of ${store.description}`, reading)).versions);
  } catch (error) {
    if (error instanceof UserError && error.exit !== 'unreachable') return [];
    throw error;
  }
}

/** A policy has an id of its own. What else is limited is so again by the very limit, or somebody has set another. */
function isAsBefore(
  object: LiveObject,
  { outcome: { before, after } }: TakenAway,
  unmanaged: readonly string[] | undefined,
  index: LiveIndex,
): boolean {
  if (isPolicyKind(object.kind)) return true;
  const now = index.readFields(object, []);
  return Object.entries(before ?? {}).some(
    ([field, value]) =>
      value !== null &&
      (after?.[field] ?? null) === null &&
      unmanaged?.includes(field) !== false &&
      isSame(value, now[field] ?? null),
  );
}
