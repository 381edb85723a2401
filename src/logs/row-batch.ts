/** Rows of calls as columns, in the order in which they happened: what spend is added up from and limits are replayed over. */

import type { RowSums } from './running-sums.ts';

/** Units of a US cent: $0.0375 for a million tokens are 37,500 of them a token, so that no call needs a fraction of one. */
export const unitsPerCent = 10_000_000_000;

/** Bits of `flags`. */
export const rowFlags = { failed: 1, cacheHit: 2, cacheUnknown: 4, refused: 8 } as const;

/**
 * Columns of equal length, typed by what holds each value exactly. Rows come in order of (time, whole id), ids by their bytes in
 * UTF-8; a batch goes on where the one before it ended. A batch belongs to who got it: it is not written to again.
 */
export interface RowBatch {
  readonly count: number;
  /** Milliseconds since the epoch, UTC. */
  readonly time: Float64Array;
  /**
   * Whole units of 10⁻¹⁰ US cent, below 2^50 (`mostUnits`). NaN: unknown, since the row says nothing, or names another currency, or has
   * more decimals or a larger amount than that; `SourceFacts.cost` counts which.
   */
  readonly cost: Float64Array;
  /** Whole tokens, in and out together. NaN: unknown. */
  readonly tokens: Float64Array;
  /** Sums of `rowFlags`. `refused` (412 or 429 at no cost) is also `failed`. */
  readonly flags: Uint8Array;
  /** By name of a dimension that was asked for: codes into `RowSource.dictionary`. -1: the row says nothing. */
  readonly dims: Readonly<Record<string, Int32Array>>;
}

/** Below this a decimal of ten places and the binary fraction that JSON makes of it stand for each other, one to one. */
export const mostUnits = 2 ** 50;

/** What rows can be told apart by: these, and `metadata.X` for each key of their metadata. */
export const plainDims = [
  ...['user', 'model', 'provider', 'virtual_key', 'workspace', 'api_key', 'config', 'prompt'],
  ...['endpoint', 'status', 'currency'],
] as const;

export interface RowsWindow {
  /** Milliseconds since the epoch; the first that counts. Null: from the oldest row. */
  readonly from: number | null;
  /** The first that no longer counts. Null: to the newest row. */
  readonly to: number | null;
}

export interface RowQuestion extends RowsWindow {
  /** Some of those that the source was opened with. */
  readonly dims: readonly string[];
}

/** One pass over the rows at a time; as many passes as wanted. */
export interface RowSource {
  readonly facts: SourceFacts;
  /** `dictionary[dim][code]` is the text, sorted by code unit. Complete from the start, for each dimension that it was opened with. */
  readonly dictionary: Readonly<Record<string, readonly string[]>>;
  /** @throws UserError for a file that changed meanwhile, CancelledError */
  batches(question: RowQuestion): AsyncIterable<RowBatch>;
  /** Where rows can be asked where they are. */
  readonly sums?: RowSums | undefined;
  /** Takes away what was kept beside. */
  close(): Promise<void>;
}

/** What was read, and what it does not say. Equal for equal files, in whatever order they were named. */
export interface SourceFacts {
  /** Rows outside of it were not looked at. */
  readonly asked: RowsWindow;
  /** By name. */
  readonly files: readonly RowsFileFacts[];
  /** Each once. */
  readonly rows: number;
  /** Milliseconds since the epoch; null: there are no rows. */
  readonly oldest: number | null;
  readonly newest: number | null;
  /** Rows with an id that another row has: left out. */
  readonly duplicates: number;
  /** Of those, how many say something else than the row that counts (the earliest, then the one that costs most). */
  readonly contradictions: number;
  /** Rows of other workspaces than were asked about: left out. Rows that name none count. */
  readonly otherWorkspaces: number;
  /** Lines that are not rows: left out. */
  readonly malformed: { readonly count: number; readonly first: readonly MalformedLine[] };
  /** Rows that count, whose cost does not. */
  readonly cost: {
    /** The row says nothing, or no number. */
    readonly missing: number;
    /** By currency as written. */
    readonly otherCurrency: Readonly<Record<string, number>>;
    /** More than ten decimals of a cent. */
    readonly tooFine: number;
    /** Negative, or $1,125.89 and more. */
    readonly outOfRange: number;
    /** The source holds costs with seven digits (`Float32`): sums are not exact. Default: it does not. */
    readonly isCoarse?: boolean | undefined;
  };
  /** Rows without a number of tokens. */
  readonly tokensMissing: number;
  /** Rows of which it is not said whether a cache answered. */
  readonly cacheUnknown: number;
  /** Rows that say nothing of a dimension that the source was opened with. */
  readonly missing: Readonly<Record<string, number>>;
  /** Of stores: days of the window that they do not hold, or not wholly. */
  readonly gaps: readonly StoreGap[];
  /** All rows come from stores, which know of each day whether it was asked for. Default: they do not. */
  readonly knowsDays?: boolean | undefined;
  /** What was asked for, where manifests beside the files say it; in order. */
  readonly windows: readonly SourceWindow[];
}

export interface StoreGap {
  readonly workspace: string;
  /** Days, or the first and the last of some that follow each other. */
  readonly missing: readonly string[];
  /** Days that were not over when they were asked for. */
  readonly open: readonly string[];
}

/** Rows whose cost is not in the sums, whatever the cause. */
export function countUnpriced({ cost }: Pick<SourceFacts, 'cost'>): number {
  const { missing, otherCurrency, tooFine, outOfRange } = cost;
  return Object.values(otherCurrency).reduce((sum, count) => sum + count, missing + tooFine + outOfRange);
}

export interface RowsFileFacts {
  /** As it was named or found. */
  readonly name: string;
  /** Null: not known, as of a table. */
  readonly bytes: number | null;
  /** Rows, with duplicates. */
  readonly rows: number;
  readonly malformed: number;
  /** As its manifest says, else of its rows where they name one; null: nobody says. Several: the file is mixed. */
  readonly workspaces: readonly string[] | null;
  /** As its manifest says; null: there is none. */
  readonly sha256: string | null;
}

export interface MalformedLine {
  readonly file: string;
  /** From 1; in a Parquet file the row. */
  readonly line: number;
  /** `not a JSON object`, `without an id` … */
  readonly why: string;
}

export interface SourceWindow {
  readonly workspace: string;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
}

/** What `openRows` (open-rows.ts) is given. */
export interface RowsAsked {
  /** Names or globs of files (JSONL, gzip of it, Parquet, CSV), or folders of a store of `logs pull`. */
  readonly from: readonly string[];
  /** All dimensions that are asked for later: of `plainDims`, and `metadata.X`. */
  readonly dims: readonly string[];
  /**
   * Slugs that the rows may be of. A file whose manifest names another one is refused, rows that name another one are left out and
   * counted, and of a store these alone are read. Empty: any.
   */
  readonly workspaces: readonly string[];
  /** Milliseconds since the epoch; `from` is the first that counts, `to` the first that no longer does. Default: all. */
  readonly window?: RowsWindow | undefined;
}
