/** The pages of one grouping of analytics. Traffic goes on while they are read, so that their total is no check to the row. */

type Row = Readonly<Record<string, unknown>>;

export interface GroupPages {
  readonly rows: readonly Row[];
  /** Null: the service does not say. */
  readonly total: number | null;
  /** There are no more groups than the rows. */
  readonly isWhole: boolean;
}

export const groupPageSize = 100;

/** Past this many pages the smaller groups are not read. */
const mostGroupPages = 10;

/**
 * To an empty page, or to one that is not full where the total says the same. Pages that repeat themselves are no whole.
 * Null: an answer holds no list.
 */
export async function readGroupPages(
  readPage: (page: number) => Promise<Row>,
  nameOf: (row: Row) => unknown,
  totalOf: (total: unknown) => number | null,
): Promise<GroupPages | null> {
  const rows = new Map<unknown, Row>();
  let total: number | null = null;
  for (let page = 0; page < mostGroupPages; page += 1) {
    const answer = await readPage(page);
    if (!Array.isArray(answer.data)) return null;
    const shown = answer.data as readonly (Row | null)[];
    total = totalOf(answer.total);
    if (shown.length === 0) return { rows: [...rows.values()], total, isWhole: total === null || rows.size >= total };
    const before = rows.size;
    for (const row of shown) {
      if (row === null) return null;
      if (!rows.has(nameOf(row))) rows.set(nameOf(row), row);
    }
    if (rows.size === before) return { rows: [...rows.values()], total, isWhole: false };
    if (shown.length < groupPageSize && total !== null && rows.size >= total) {
      return { rows: [...rows.values()], total, isWhole: true };
    }
  }
  return { rows: [...rows.values()], total, isWhole: total !== null && total === rows.size };
}
