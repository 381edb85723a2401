/** Times are compared within one run only: a machine that is busy is busy for both sides. */

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}

/** Milliseconds. */
export async function time(work: () => unknown): Promise<number> {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / 1e6;
}

/** Collects what earlier work left behind, where node was started with --expose-gc, so that nobody pays for somebody else. */
export function collectGarbage(): void {
  (globalThis as { gc?: () => void }).gc?.();
}

export interface Comparison {
  /** Median milliseconds of each candidate. */
  readonly medians: readonly number[];
  /** Median over the rounds of candidate ÷ the first one in the same round; the first is 1. */
  readonly ratios: readonly number[];
}

/** Every round runs every candidate once, one after the other. */
export async function compare(rounds: number, candidates: readonly (() => unknown)[]): Promise<Comparison> {
  const times = candidates.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, candidate] of candidates.entries()) {
      collectGarbage();
      times[index]?.push(await time(candidate));
    }
  }
  const base = times[0] ?? [];
  return {
    medians: times.map(median),
    ratios: times.map((list) => median(list.map((value, round) => value / (base[round] ?? Number.NaN)))),
  };
}
