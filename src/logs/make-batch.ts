/** Columns of a batch, filled row by row by whoever reads rows. */

import type { RowBatch } from './row-batch.ts';

export const batchRows = 65_536;

export function emptyBatch(dims: readonly string[]): RowBatch {
  return {
    count: 0,
    time: new Float64Array(batchRows),
    cost: new Float64Array(batchRows),
    tokens: new Float64Array(batchRows),
    flags: new Uint8Array(batchRows),
    dims: Object.fromEntries(dims.map((dim) => [dim, new Int32Array(batchRows)])),
  };
}

/** As many of its rows as were filled. */
export function cut({ time, cost, tokens, flags, dims }: RowBatch, count: number): RowBatch {
  return {
    count,
    time: time.subarray(0, count),
    cost: cost.subarray(0, count),
    tokens: tokens.subarray(0, count),
    flags: flags.subarray(0, count),
    dims: Object.fromEntries(Object.entries(dims).map(([dim, codes]) => [dim, codes.subarray(0, count)])),
  };
}
