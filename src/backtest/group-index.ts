/** Which counter a row belongs to: one for each combination of codes. Counters are numbered in the order of their first row. */

import type { RowBatch } from '../logs/row-batch.ts';
import { PairIndex } from './pair-index.ts';

const none: Int32Array = new Int32Array(0);

export class GroupIndex {
  readonly columns: readonly string[];
  /** Columns of which a row may lack the value: it is then a value of its own. */
  readonly #optional: readonly boolean[];
  /** Of a single column: the counter of each code, shifted by one; -1: none yet. */
  #single: Int32Array = none;
  /** Of several: the number of what stands before and the code, as one number. */
  readonly #steps: readonly PairIndex[];
  #current: (Int32Array | undefined)[] = [];
  /** By counter: its codes. */
  readonly #codes: number[][] = [];

  constructor(columns: readonly string[], optional: readonly string[]) {
    this.columns = columns;
    this.#optional = columns.map((column) => optional.includes(column));
    this.#steps = columns.map(() => new PairIndex());
  }

  get size(): number {
    return this.#codes.length;
  }

  /** Codes of a counter, by column; -1: no value. */
  codesOf(counter: number): readonly number[] {
    return this.#codes[counter] ?? [];
  }

  /** Before the rows of a chunk. */
  open(rows: RowBatch): void {
    this.#current = this.columns.map((column) => rows.dims[column]);
  }

  /** -1: the row lacks a value, so that no counter is kept for it. */
  find(row: number): number {
    const { length } = this.columns;
    if (length === 0) {
      if (this.#codes.length === 0) this.#codes.push([]);
      return 0;
    }
    if (length === 1) {
      const code = this.#codeAt(0, row);
      if (code === -2) return -1;
      const slot = code + 1;
      if (slot >= this.#single.length) this.#growSingle(slot);
      const known = this.#single[slot] as number;
      return known >= 0 ? known : this.#begin(slot, code);
    }
    return this.#findSeveral(row);
  }

  /** -1: no value, which is one here; -2: no value. */
  #codeAt(index: number, row: number): number {
    const column = this.#current[index];
    const code = column === undefined ? -1 : (column[row] as number);
    return code < 0 ? (this.#optional[index] ? -1 : -2) : code;
  }

  #begin(slot: number, code: number): number {
    const counter = this.#codes.length;
    this.#single[slot] = counter;
    this.#codes.push([code]);
    return counter;
  }

  #growSingle(slot: number): void {
    const grown = new Int32Array(Math.max(1024, 2 * slot)).fill(-1);
    grown.set(this.#single);
    this.#single = grown;
  }

  #findSeveral(row: number): number {
    const last = this.columns.length - 1;
    let at = 0;
    for (let index = 0; index <= last; index++) {
      const code = this.#codeAt(index, row);
      if (code === -2) return -1;
      const steps = this.#steps[index] as PairIndex;
      const { size } = steps;
      at = steps.find(at, code + 1);
      // Steps before the last begin nothing that is counted, even if the row lacks what follows.
      if (index === last && steps.size > size)
        this.#codes.push(this.columns.map((_column, other) => this.#codeAt(other, row)));
    }
    return at;
  }
}
