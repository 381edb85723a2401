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

/** One index serves any number of arrays whose rows have such keys. */
export interface RowIndex<Keyed extends object> {
  /** The first row with this key, of those that are wanted. */
  find<Row extends Keyed>(rows: readonly Row[], key: string, isWanted?: (row: Row) => boolean): Row | undefined;
  /** The rows with this key, in their order. */
  select<Row extends Keyed>(rows: readonly Row[], key: string): Row[];
  /** Call after a key of the row has changed in place. */
  rekey(rows: readonly Keyed[], row: Keyed): void;
}

export function createRowIndex<Keyed extends object>(keysOf: (row: Keyed) => readonly string[]): RowIndex<Keyed> {
  const known = new WeakMap<readonly Keyed[], Known<Keyed>>();

  const enter = ({ byKey }: Known<Keyed>, entry: Entry<Keyed>): void => {
    entry.keys = keysOf(entry.row);
    for (const key of entry.keys) byKey.set(key, (byKey.get(key) ?? new Set()).add(entry));
  };

  const leave = ({ byKey }: Known<Keyed>, entry: Entry<Keyed>): void => {
    for (const key of entry.keys) {
      const entries = byKey.get(key);
      entries?.delete(entry);
      if (entries?.size === 0) byKey.delete(key);
    }
  };

  /** What is gone from the array leaves; what follows the last row that is still there enters. */
  const refresh = (rows: readonly Keyed[]): Known<Keyed> => {
    const at: Known<Keyed> = known.get(rows) ?? { entries: [], byRow: new WeakMap(), byKey: new Map() };
    known.set(rows, at);
    let left: Entry<Keyed>[] | undefined;
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
    const added = rows.slice(position).map((row, offset): Entry<Keyed> => {
      const entry = { row, keys: [], position: position + offset };
      at.byRow.set(row, entry);
      enter(at, entry);
      return entry;
    });
    at.entries = [...(left ?? at.entries), ...added];
    return at;
  };

  /** The row of an entry where it is still what it was; places are compared, so the array's own type is known. */
  const rowOf = <Row extends Keyed>(rows: readonly Row[], entry: Entry<Keyed>, key: string): Row[] => {
    const row = rows[entry.position];
    return row !== undefined && row === entry.row && keysOf(row).includes(key) ? [row] : [];
  };

  const select = <Row extends Keyed>(rows: readonly Row[], key: string): Row[] =>
    [...(refresh(rows).byKey.get(key) ?? [])].flatMap((entry) => rowOf(rows, entry, key));

  return {
    find(rows, key, isWanted = () => true) {
      for (const entry of known.get(rows)?.byKey.get(key) ?? []) {
        const [row] = rowOf(rows, entry, key);
        if (row !== undefined && isWanted(row)) return row;
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
