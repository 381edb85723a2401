/** One page as answered. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** All rows of the list by the service's count; undefined when it sends none. */
  readonly total: number | undefined;
}

export type ReadPage<Row> = (page: number, size: number) => Promise<Page<Row>>;

/** Largest page the service gives (docs/service-notes.md#totals). */
const pageSize = 100;

/** Pages asked for before looking at what came: keeps a senseless `total` from becoming a million requests. */
const windowSize = 64;

/** Pages of one list at most: 100,000 rows, ten times what an organisation is planned with. */
export const mostPages = 1000;

/** A list that could not be read to its end. */
export interface IncompleteWalk {
  /** In words, to stand behind the request that was made. */
  readonly problem: string;
}

/**
 * Every row of a list, once. Pages count from 0; once the first has named the total the rest are asked for side by side.
 *
 * The end of a list is a page that is not full, never a total: some backends count the page in it (docs/service-notes.md#totals), and a
 * list that is cut reads as objects that were removed. The total is the check: a walk is believed only if every page named
 * the same one and that many different rows were seen, since rows that are created or archived meanwhile shift the later
 * pages, so that one is repeated or missed. Without a total that counts the list, two walks over several pages have to see
 * the same rows. Otherwise it starts over once, and then gives up.
 */
export async function walkList<Row>(
  readPage: ReadPage<Row>,
  idOf: (row: Row) => string,
): Promise<{ readonly rows: readonly Row[] } | IncompleteWalk> {
  const first = await walkOnce(readPage, idOf);
  if (first.end === 'checked') return { rows: [...first.rows.values()] };
  if (first.end === 'endless') return { problem: describeProblem(first) };
  // What one page holds cannot have shifted.
  if (first.end === 'unchecked' && first.filled <= 1) return { rows: [...first.rows.values()] };
  const second = await walkOnce(readPage, idOf);
  const isSame = first.end === 'unchecked' && second.end === 'unchecked' && hasSameKeys(first.rows, second.rows);
  if (second.end === 'checked' || isSame) return { rows: [...second.rows.values()] };
  return { problem: describeProblem(second) };
}

interface Walk<Row> {
  readonly rows: ReadonlyMap<string, Row>;
  /** Of every page that named one, each once. */
  readonly totals: readonly number[];
  /** Pages that brought rows. */
  readonly filled: number;
  /**
   * `checked`: to its end, and the total agrees; `unchecked`: to an empty page, and no total counts the list; `wrong`: the total
   * says otherwise; `repeats`: a page brought nothing new; `endless`: more pages than are read.
   */
  readonly end: 'checked' | 'unchecked' | 'wrong' | 'repeats' | 'endless';
}

async function walkOnce<Row>(readPage: ReadPage<Row>, idOf: (row: Row) => string): Promise<Walk<Row>> {
  const rows = new Map<string, Row>();
  const totals = new Set<number>();
  let filled = 0;
  let isPageCounted = true;
  const collect = (page: Page<Row>): void => {
    const before = rows.size;
    for (const row of page.rows) {
      const id = idOf(row);
      if (!rows.has(id)) rows.set(id, row);
    }
    if (rows.size > before) filled += 1;
    const total = countOf(page.total);
    if (total !== undefined) totals.add(total);
    if (total !== undefined && total !== page.rows.length) isPageCounted = false;
  };
  const result = (end: Walk<Row>['end']): Walk<Row> => ({ rows, totals: [...totals], filled, end });
  const judge = (): Walk<Row> => {
    if (totals.size === 1 && totals.has(rows.size)) return result('checked');
    return result(totals.size === 0 || isPageCounted ? 'unchecked' : 'wrong');
  };

  const head = await readPage(0, pageSize);
  collect(head);
  // A server may give smaller pages than asked for; one that counts from 1 may give an empty page 0.
  const size = head.rows.length === 0 ? pageSize : head.rows.length;
  for (let next = 1, last = head; ; ) {
    const total = totals.size === 1 ? [...totals][0] : undefined;
    const isFull = last.rows.length >= (next === 1 ? pageSize : Math.min(size, pageSize));
    const isEmptyEnd = last.rows.length === 0 && next > 1;
    if (isEmptyEnd || (!isFull && total !== undefined && rows.size >= total)) return judge();
    if (next >= mostPages) return result('endless');
    const missing = total === undefined ? 1 : Math.max(1, Math.ceil((total - rows.size) / size));
    const length = Math.min(missing, windowSize, mostPages - next);
    const before = rows.size;
    const pages = await Promise.all(Array.from({ length }, (_, offset) => readPage(next + offset, pageSize)));
    for (const page of pages) collect(page);
    last = pages.at(-1) ?? last;
    // Page 1 that repeats page 0 is that of a server that counts from 1, unless page 0 was larger than asked for.
    const countsFromOne = next === 1 && length === 1 && head.rows.length <= pageSize;
    if (rows.size === before && !countsFromOne) {
      if (pages.every((page) => page.rows.length === 0)) return judge();
      return (await ignoresPaging(head, readPage)) ? judge() : result('repeats');
    }
    next += length;
  }
}

/** A server that answers every row whatever page was asked for repeats itself, too; it does not keep to the size either. */
async function ignoresPaging<Row>(head: Page<Row>, readPage: ReadPage<Row>): Promise<boolean> {
  return head.rows.length > pageSize || (await readPage(0, 1)).rows.length > 1;
}

/** Null, NaN and negative numbers count nothing. */
function countOf(total: number | undefined): number | undefined {
  return total !== undefined && Number.isInteger(total) && total >= 0 ? total : undefined;
}

function hasSameKeys(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean {
  return a.size === b.size && [...a.keys()].every((key) => b.has(key));
}

function describeProblem({ rows, totals, end }: Walk<unknown>): string {
  const seen = `${rows.size} different rows`;
  const total = totals.length === 0 ? 'no total' : `total ${totals.slice(0, 3).join(', then ')}`;
  switch (end) {
    case 'endless':
      return `the list does not end: ${seen} on ${mostPages} pages, ${total}; no more are read, and a part of a list is not believed`;
    case 'repeats':
      return `the list cannot be read to its end: after ${seen} its pages repeat themselves, ${total}`;
    default:
      return `the list does not add up after two walks: ${seen}, ${total}; somebody may be changing it, try again`;
  }
}
