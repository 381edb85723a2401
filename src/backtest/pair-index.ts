/**
 * Numbers pairs of whole numbers in the order in which they are met first. A table of its own: a `Map` would need a key made of both,
 * which costs more than everything else of a replay.
 */
export class PairIndex {
  size = 0;
  #mask = 1023;
  #left = new Int32Array(1024);
  #right = new Int32Array(1024);
  /** Shifted by one; 0: free. */
  #numbers = new Int32Array(1024);

  /** The number of a pair; a new one where it was not met before. @param left from 0 to 2^31 - 1, as `right` */
  find(left: number, right: number): number {
    let place = this.#placeOf(left, right);
    for (;;) {
      const number = this.#numbers[place] as number;
      if (number === 0) break;
      if (this.#left[place] === left && this.#right[place] === right) return number - 1;
      place = (place + 1) & this.#mask;
    }
    this.size += 1;
    this.#put(place, left, right, this.size);
    // Half full at most, so that a search ends soon.
    if (2 * this.size > this.#mask) this.#grow();
    return this.size - 1;
  }

  #placeOf(left: number, right: number): number {
    const mixed = Math.imul(Math.imul(left, 0x9e3779b1) ^ right, 0x85ebca6b);
    return (mixed ^ (mixed >>> 15)) & this.#mask;
  }

  #put(place: number, left: number, right: number, number: number): void {
    this.#left[place] = left;
    this.#right[place] = right;
    this.#numbers[place] = number;
  }

  #grow(): void {
    const [lefts, rights, numbers] = [this.#left, this.#right, this.#numbers];
    const length = 2 * (this.#mask + 1);
    this.#mask = length - 1;
    this.#left = new Int32Array(length);
    this.#right = new Int32Array(length);
    this.#numbers = new Int32Array(length);
    for (let from = 0; from < numbers.length; from++) {
      const number = numbers[from] as number;
      if (number === 0) continue;
      const [left, right] = [lefts[from] as number, rights[from] as number];
      let place = this.#placeOf(left, right);
      while (this.#numbers[place] !== 0) place = (place + 1) & this.#mask;
      this.#put(place, left, right, number);
    }
  }
}
