/** Calls that were refused: how many, what they cost then, whose they were, on which days. */

import { dayMilliseconds } from '../consumption/windows.ts';
import type { RowBatch } from '../logs/row-batch.ts';
import { CallMoney } from './sums.ts';

/** Whose metadata says who a caller is. */
export const peopleColumn = 'metadata._user';

export class RefusedCalls {
  calls = 0;
  /** Of these, how many failed anyway. */
  failed = 0;
  readonly money = new CallMoney();
  /** By day since the epoch. */
  readonly days = new Map<number, RefusedDay>();
  #day: RefusedDay | undefined;
  #dayNumber = Number.NaN;
  #people = new Uint8Array(0);
  #codes: Int32Array | undefined;
  #count = 0;

  /** Different people among those whose calls were counted. */
  get people(): number {
    return this.#count;
  }

  open(rows: RowBatch): void {
    this.#codes = rows.dims[peopleColumn];
  }

  add(row: number, hi: number, lo: number, isPriced: boolean, time: number, isFailed: boolean): void {
    this.calls += 1;
    if (isFailed) this.failed += 1;
    this.money.add(hi, lo, isPriced);
    const day = Math.floor(time / dayMilliseconds);
    if (day !== this.#dayNumber) this.#turnTo(day);
    const tally = this.#day as RefusedDay;
    tally.calls += 1;
    tally.money.add(hi, lo, isPriced);
    const person = this.#codes === undefined ? -1 : (this.#codes[row] as number);
    if (person >= 0 && this.#people[person] !== 1) this.#meet(person);
  }

  #turnTo(day: number): void {
    this.#dayNumber = day;
    this.#day = this.days.get(day) ?? { calls: 0, money: new CallMoney() };
    this.days.set(day, this.#day);
  }

  #meet(person: number): void {
    if (person >= this.#people.length) {
      const grown = new Uint8Array(Math.max(1024, 2 * person));
      grown.set(this.#people);
      this.#people = grown;
    }
    this.#people[person] = 1;
    this.#count += 1;
  }
}

export interface RefusedDay {
  calls: number;
  readonly money: CallMoney;
}
