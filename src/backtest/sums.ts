/**
 * Sums of money in typed arrays, exact: whole cents, and units of 10⁻¹⁰ cent below a cent. One number of doubles would be exact up to
 * $9,007 alone. Counts use the first limb.
 */

import { unitsPerCent } from '../logs/row-batch.ts';

export class Sums {
  hi: Float64Array;
  lo: Float64Array;

  constructor(capacity: number) {
    this.hi = new Float64Array(capacity);
    this.lo = new Float64Array(capacity);
  }

  /** @param lo below one cent */
  add(at: number, hi: number, lo: number): void {
    let units = (this.lo[at] as number) + lo;
    let cents = (this.hi[at] as number) + hi;
    if (units >= unitsPerCent) {
      units -= unitsPerCent;
      cents += 1;
    }
    this.lo[at] = units;
    this.hi[at] = cents;
  }

  set(at: number, hi: number, lo: number): void {
    this.hi[at] = hi;
    this.lo[at] = lo;
  }

  grow(capacity: number): void {
    this.hi = growFloats(this.hi, capacity);
    this.lo = growFloats(this.lo, capacity);
  }

  /** In units of 10⁻¹⁰ cent. */
  unitsAt(at: number): bigint {
    return BigInt(this.hi[at] ?? 0) * BigInt(unitsPerCent) + BigInt(this.lo[at] ?? 0);
  }
}

/** What calls cost, some of which may not say it. */
export class CallMoney {
  readonly sums = new Sums(1);
  /** Calls that say what they cost. */
  priced = 0;

  add(hi: number, lo: number, isPriced: boolean): void {
    this.sums.add(0, hi, lo);
    if (isPriced) this.priced += 1;
  }

  get units(): bigint {
    return this.sums.unitsAt(0);
  }
}

export function growFloats(array: Float64Array, capacity: number, fill = 0): Float64Array {
  const grown = new Float64Array(capacity);
  if (fill !== 0) grown.fill(fill, array.length);
  grown.set(array);
  return grown;
}
