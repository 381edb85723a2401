/** Rows of logs as a replay takes them: columns in chunks, in the order of (time, id). */

export interface ReplayRows {
  readonly count: number;
  /** Milliseconds since the epoch, UTC; never descending, over all chunks. */
  readonly time: Float64Array;
  /** Units of 10⁻¹⁰ US cent; NaN: not known. */
  readonly cost: Float64Array;
  /** Prompt and completion together; NaN: not known. */
  readonly tokens: Float64Array;
  /** `rowFlags`, added up. */
  readonly flags: Uint8Array;
  /** Codes by column (`RowWords`); -1: the row has no value. */
  readonly dims: Readonly<Record<string, Int32Array | undefined>>;
}

/** What happened to a call. Without any: it was served and paid for. */
export const rowFlags = { failed: 1, cacheHit: 2, cacheUnknown: 4, refused: 8 } as const;

/**
 * The words behind the codes, by column: `workspace` (slug), `api_key` (id), `virtual_key` (slug), `provider` (vendor), `model`
 * (`@vendor/model`), `config`, `prompt`, `metadata.<key>`. A list grows while rows are read; a code keeps its word.
 */
export type RowWords = Readonly<Record<string, readonly string[] | undefined>>;

/** Units of a row's cost in one cent. */
export const unitsOfCent = 10_000_000_000;
