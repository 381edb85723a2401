import type { RowBatch } from '../logs/row-batch.ts';

/** The rows with one value in a column, in their order. */
export function pickRows(batches: readonly RowBatch[], column: string, code: number): readonly RowBatch[] {
  return batches.flatMap((batch) => {
    const codes = batch.dims[column];
    const places: number[] = [];
    if (codes !== undefined) for (let row = 0; row < batch.count; row++) if (codes[row] === code) places.push(row);
    if (places.length === 0) return [];
    const floats = (values: Float64Array) => Float64Array.from(places, (row) => values[row] as number);
    return [
      {
        count: places.length,
        time: floats(batch.time),
        cost: floats(batch.cost),
        tokens: floats(batch.tokens),
        flags: Uint8Array.from(places, (row) => batch.flags[row] as number),
        dims: Object.fromEntries(
          Object.entries(batch.dims).map(([name, values]) => [
            name,
            Int32Array.from(places, (row) => values[row] as number),
          ]),
        ),
      },
    ];
  });
}
