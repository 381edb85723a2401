/** Rows of a list that make no sense, set aside: the others are read, and what depends on these is left alone. */

import { type UnreadableRow, UnreadableRowsError } from '../errors.ts';
import type { WireWorkspace } from '../resources/wire.ts';
import type { Backend } from './backend.ts';
import { groupBy } from './place-index.ts';

export interface Listed<Row> {
  readonly rows: readonly Row[];
  readonly unreadable: readonly UnreadableRow[];
}

/** For whoever names what is missing and concludes nothing from its absence; everybody else lets the list fail. */
export async function listReadable<Row>(listing: Promise<readonly Row[]>): Promise<Listed<Row>> {
  try {
    return { rows: await listing, unreadable: [] };
  } catch (error) {
    if (!(error instanceof UnreadableRowsError)) throw error;
    return { rows: error.readable as readonly Row[], unreadable: error.unreadable };
  }
}

/** Workspaces go by their slug in files and in shares of integrations: several with one slug cannot be distinguished. */
export async function listWorkspaces(backend: Backend): Promise<Listed<WireWorkspace>> {
  const { rows, unreadable } = await listReadable(backend.listWorkspaces());
  return setTwinsAside(
    rows,
    ({ slug }) => slug,
    ({ id, slug }, others) => ({
      id,
      name: slug,
      workspaceId: id,
      why: `member slug is also that of ${others.map((other) => other.id).join(', ')}: give one of them another slug`,
    }),
    unreadable,
  );
}

/** Rows that nothing tells apart are set aside, all of them. */
export function setTwinsAside<Row>(
  rows: readonly Row[],
  nameOf: (row: Row) => string,
  describe: (row: Row, others: readonly Row[]) => UnreadableRow,
  unreadable: readonly UnreadableRow[],
): Listed<Row> {
  const groups = [...groupBy(rows, nameOf).values()];
  const twins = groups.filter((group) => group.length > 1);
  const told = twins.flatMap((group) =>
    group.map((row) =>
      describe(
        row,
        group.filter((other) => other !== row),
      ),
    ),
  );
  const kept = twins.length === 0 ? rows : groups.filter((group) => group.length === 1).flat();
  return { rows: kept, unreadable: [...unreadable, ...told] };
}
