/**
 * What can be asked of rows where they are, in place of reading them: counters that are added up call by call, as a limit that is
 * alone goes by them. Values in and values out; which engine answers is the source's.
 */

export interface RunningSumsAsked {
  /** Sums of `rowFlags`: calls that count at all, those of them that move the counter, and those that failed anyway. */
  readonly checked: readonly number[];
  readonly charged: readonly number[];
  readonly failures: readonly number[];
  /** Calls alone whose text is let in by each. */
  readonly filters: readonly TextFilter[];
  /** A counter for each combination. Calls without a text that has to be there have none. */
  readonly by: readonly CounterText[];
  readonly counts: 'cost' | 'tokens' | 'requests';
  readonly window: SumWindow;
  /** A text of `by` for each value of which counters and calls are told by themselves; null: together. */
  readonly apart: string | null;
  /** Null: of no limit is asked. */
  readonly limit: SumLimit | null;
}

/** By dimension; `model` is here the whole name, `@vendor/model`. */
export interface TextFilter {
  readonly text: string;
  readonly letsIn: (value: string) => boolean;
}

export interface CounterText {
  readonly text: string;
  readonly isOptional: boolean;
}

/** Counters begin anew at each of these instants, ascending; or all so many milliseconds since the epoch. */
export type SumWindow = { readonly ends: readonly number[] } | { readonly every: number };

export interface SumLimit {
  /** Units of cost (row-batch.ts), or a count: once as much is used, calls are refused. */
  readonly amount: bigint;
  /** Null: none. */
  readonly alert: bigint | null;
  /** Milliseconds after a counter is used up in which a refused call is late; null: none is. */
  readonly lag: number | null;
  /** Whose different texts among the refused calls are counted; null: it is not asked. */
  readonly person: string | null;
}

export interface RunningSums {
  /** One for each value of `apart` that a counter has; one alone without it. */
  readonly use: readonly UseOfCounters[];
  /** Null: of no limit was asked. */
  readonly refused: RefusedSums | null;
}

export interface UseOfCounters {
  /** Null: without `apart`, or rows say nothing. */
  readonly of: string | null;
  readonly checked: number;
  /** Of those that say what they cost, and their sum. */
  readonly priced: number;
  readonly units: bigint;
  readonly counters: number;
  /** How many calls came when so much was used, in whole cents or a count; ascending. */
  readonly usedBefore: readonly (readonly [used: number, calls: number])[];
}

export interface RefusedSums {
  readonly byCounterAndDay: readonly RefusedDayOfCounter[];
  /** When a counter reached the alert first. */
  readonly alerts: readonly { readonly key: CounterKey; readonly at: number }[];
  /** Null: it was not asked. */
  readonly people: number | null;
}

/** A text for each of `by`; null: rows say nothing. */
export type CounterKey = readonly (string | null)[];

export interface RefusedDayOfCounter {
  readonly key: CounterKey;
  /** Since the epoch. */
  readonly day: number;
  readonly calls: number;
  readonly failed: number;
  readonly units: bigint;
  readonly priced: number;
  /** Milliseconds of the first of them. */
  readonly since: number;
  readonly late: number;
  readonly lateUnits: bigint;
  readonly latePriced: number;
}

/** Of the calls with one sum of `rowFlags`. */
export interface OutcomeCount {
  /** Null: all are together, or rows say nothing. */
  readonly of: string | null;
  readonly flags: number;
  readonly calls: number;
  readonly priced: number;
  readonly units: bigint;
}

/** A source that answers by itself. */
export interface RowSums {
  /** @returns null: it cannot be told exactly here, and rows have to be read. @throws UserError, CancelledError */
  running(asked: RunningSumsAsked): Promise<RunningSums | null>;
  /** @param apart a text that is told apart too. @throws UserError where rows arrived since they were counted first, CancelledError */
  outcomes(apart: string | null): Promise<readonly OutcomeCount[]>;
}
