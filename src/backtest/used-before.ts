/**
 * What a counter without a limit holds before each call, in whole cents or a count. A limit alone refuses the calls before which that
 * much is used, and what it refuses moves none of the calls before: so that the smallest limit for any share is read off.
 */

/** What a limit alone refuses at each amount. */
export interface UsedByCall {
  readonly calls: number;
  /** How many calls a limit of this amount refuses. */
  refusedBy(amount: number): number;
  /** The smallest limit that refuses at most so many calls; null: there is none to refuse. */
  smallestFor(refused: number): number | null;
}

/** What stops nobody, and at most one call of a hundred. Null: there is no call. */
export function smallestOf(used: UsedByCall): { readonly nobody: number; readonly percent: number } | null {
  const [nobody, percent] = [used.smallestFor(0), used.smallestFor(Math.floor(used.calls / 100))];
  return nobody === null || percent === null ? null : { nobody, percent };
}

const size = 65_536;
const mostOfSmall = 2 ** 32;

export class UsedBefore implements UsedByCall {
  readonly #full: (Uint32Array | Float64Array)[] = [];
  #current: Uint32Array | Float64Array = new Uint32Array(size);
  #count = 0;
  #sorted: Uint32Array | Float64Array | null = null;

  readonly add = (used: number): void => {
    if (this.#count === size || (used >= mostOfSmall && this.#current instanceof Uint32Array)) this.#turn(used);
    this.#current[this.#count] = used;
    this.#count += 1;
  };

  get calls(): number {
    return this.#full.reduce((sum, { length }) => sum + length, this.#count);
  }

  refusedBy(amount: number): number {
    const sorted = this.#sort();
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sorted[middle] ?? 0) >= amount) high = middle;
      else low = middle + 1;
    }
    return sorted.length - low;
  }

  smallestFor(refused: number): number | null {
    const sorted = this.#sort();
    if (sorted.length === 0) return null;
    // One that is kept out beyond them is let in by a cent more than what was used before it.
    return refused >= sorted.length ? 1 : (sorted[sorted.length - 1 - refused] ?? 0) + 1;
  }

  #turn(used: number): void {
    this.#full.push(this.#current.subarray(0, this.#count));
    this.#current = used >= mostOfSmall ? new Float64Array(size) : new Uint32Array(size);
    this.#count = 0;
  }

  #sort(): Uint32Array | Float64Array {
    if (this.#sorted !== null) return this.#sorted;
    const parts = [...this.#full, this.#current.subarray(0, this.#count)];
    const isSmall = parts.every((part) => part instanceof Uint32Array);
    const all = isSmall ? new Uint32Array(this.calls) : new Float64Array(this.calls);
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    this.#sorted = all.sort();
    return this.#sorted;
  }
}

/** The same of calls that somebody else has counted. */
export class CountedUse implements UsedByCall {
  /** Ascending. */
  readonly #counts: readonly (readonly [used: number, calls: number])[];
  readonly calls: number;

  constructor(counts: readonly (readonly [used: number, calls: number])[]) {
    this.#counts = counts;
    this.calls = counts.reduce((sum, [, calls]) => sum + calls, 0);
  }

  refusedBy(amount: number): number {
    return this.#counts.reduce((sum, [used, calls]) => (used >= amount ? sum + calls : sum), 0);
  }

  smallestFor(refused: number): number | null {
    if (this.calls === 0) return null;
    if (refused >= this.calls) return 1;
    let place = this.calls - 1 - refused;
    for (const [used, calls] of this.#counts) {
      if (place < calls) return used + 1;
      place -= calls;
    }
    return null;
  }
}
