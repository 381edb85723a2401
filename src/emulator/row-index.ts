/**
 * Rows by a key, without looking at the others. Lists of rows are plain arrays that tests and rivals change as they like, so an index
 * trusts nothing that it has not compared: places are compared by reference, and a row is asked for its key again before it is handed out.
 * References are all that it looks at of the other rows.
 */

interface Entry<Row> {
  readonly row: Row;
  keys: readonly string[];
  position: number;
}

interface Known<Row> {
  entries: readonly Entry<Row>[];
  readonly byRow: WeakMap<object, Entry<Row>>;
  readonly byKey: Map<string, Set<Entry<Row>>>;
}

export interface RowIndex<Row extends object> {
  /** The first row with this key, of those that are wanted. */
  find(rows: readonly Row[], key: string, isWanted?: (row: Row) => boolean): Row | undefined;
  /** The rows with this key, in their order. */
  select(rows: readonly Row[], key: string): Row[];
  /** Call after a key of the row has changed in place. */
  rekey(rows: readonly Row[], row: Row): void;
}

export function createRowIndex<Row extends object>(keysOf: (row: Row) => readonly string[]): RowIndex<Row> {
  const known = new WeakMap<readonly Row[], Known<Row>>();

  const enter = ({ byKey }: Known<Row>, entry: Entry<Row>): void => {
    entry.keys = keysOf(entry.row);
    for (const key of entry.keys) byKey.set(key, (byKey.get(key) ?? new Set()).add(entry));
  };

  const leave = ({ byKey }: Known<Row>, entry: Entry<Row>): void => {
    for (const key of entry.keys) {
      const entries = byKey.get(key);
      entries?.delete(entry);
      if (entries?.size === 0) byKey.delete(key);
    }
  };

  /** What is gone from the array leaves; what follows the last row that is still there enters. */
  const refresh = (rows: readonly Row[]): Known<Row> => {
    const at: Known<Row> = known.get(rows) ?? { entries: [], byRow: new WeakMap(), byKey: new Map() };
    known.set(rows, at);
    let left: Entry<Row>[] | undefined;
    let position = 0;
    for (const [index, entry] of at.entries.entries()) {
      if (rows[position] === entry.row) {
        entry.position = position;
        left?.push(entry);
        position += 1;
      } else {
        left ??= at.entries.slice(0, index);
        leave(at, entry);
      }
    }
    if (left === undefined && position === rows.length) return at;
    const added = rows.slice(position).map((row, offset): Entry<Row> => {
      const entry = { row, keys: [], position: position + offset };
      at.byRow.set(row, entry);
      enter(at, entry);
      return entry;
    });
    at.entries = [...(left ?? at.entries), ...added];
    return at;
  };

  const holds = (rows: readonly Row[], entry: Entry<Row>, key: string): boolean =>
    rows[entry.position] === entry.row && keysOf(entry.row).includes(key);

  const select = (rows: readonly Row[], key: string): Row[] =>
    [...(refresh(rows).byKey.get(key) ?? [])].filter((entry) => holds(rows, entry, key)).map(({ row }) => row);

  return {
    find(rows, key, isWanted = () => true) {
      for (const entry of known.get(rows)?.byKey.get(key) ?? []) {
        if (holds(rows, entry, key) && isWanted(entry.row)) return entry.row;
      }
      return select(rows, key).find(isWanted);
    },
    select,
    rekey(rows, row) {
      const at = known.get(rows);
      const entry = at?.byRow.get(row);
      // What nobody has looked for yet will be entered as it is then.
      if (at === undefined || entry === undefined) return;
      leave(at, entry);
      enter(at, entry);
    },
  };
}
