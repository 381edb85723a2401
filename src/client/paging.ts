/** One page as answered. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** All rows of the list by the service's count; undefined when it sends none. */
  readonly total: number | undefined;
}

/** Largest page the service gives (API reference 1.5). */
export const pageSize = 100;

/** Pages asked for before looking at what came: keeps a senseless `total` from becoming a million requests. */
const windowSize = 64;

/** A list that could not be read whole: two walks, both disagreeing with the service's own count. */
export interface IncompleteWalk {
  readonly seen: number;
  readonly totals: readonly number[];
}

/**
 * Every row of a list, once. Pages count from 0; once the first has told the total the rest are asked for side by side.
 *
 * A walk is believed only if every page named the same total and that many different rows were seen: rows that are created
 * or archived meanwhile shift the later pages, so that one is repeated or missed. Otherwise it starts over once, and then
 * gives up (API reference 1.5).
 */
export async function walkList<Row>(
  readPage: (page: number) => Promise<Page<Row>>,
  idOf: (row: Row) => string,
): Promise<{ readonly rows: readonly Row[] } | IncompleteWalk> {
  const first = await walkOnce(readPage, idOf);
  return 'rows' in first ? first : walkOnce(readPage, idOf);
}

async function walkOnce<Row>(
  readPage: (page: number) => Promise<Page<Row>>,
  idOf: (row: Row) => string,
): Promise<{ readonly rows: readonly Row[] } | IncompleteWalk> {
  const rows = new Map<string, Row>();
  const totals = new Set<number>();
  const collect = (page: Page<Row>): void => {
    for (const row of page.rows) {
      const id = idOf(row);
      if (!rows.has(id)) rows.set(id, row);
    }
    if (page.total !== undefined) totals.add(page.total);
  };

  const head = await readPage(0);
  collect(head);
  // A server may give smaller pages than asked for; one that counts from 1 may give an empty page 0.
  const size = head.rows.length === 0 ? pageSize : head.rows.length;
  const isWhole = (): boolean => (head.total === undefined ? rows.size === 0 : rows.size >= head.total);

  for (let next = 1; !isWhole(); ) {
    const missing = head.total === undefined ? 1 : Math.ceil((head.total - rows.size) / size);
    const numbers = Array.from({ length: Math.min(missing, windowSize) }, (_, offset) => next + offset);
    const before = rows.size;
    for (const page of await Promise.all(numbers.map(readPage))) collect(page);
    // A page that adds nothing is the end, but for page 1 repeating page 0: that server counts from 1.
    const countsFromOne = next === 1 && numbers.length === 1;
    if (rows.size === before && !countsFromOne) break;
    next += numbers.length;
  }

  const agreed = totals.size === 0 || (totals.size === 1 && totals.has(rows.size));
  return agreed ? { rows: [...rows.values()] } : { seen: rows.size, totals: [...totals] };
}
