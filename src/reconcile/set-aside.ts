/** Rows of a list that make no sense, set aside: the others are read, and what depends on these is left alone. */

import { type UnreadableRow, UnreadableRowsError } from '../errors.ts';

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
