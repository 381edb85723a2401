/**
 * What limits would have done to calls that were made: all of them together, one pass in the order of time. A call that one limit
 * refuses is charged to none (docs/service-notes.md#enforcement), so that no limit can be judged without the others.
 */

import { type RowBatch, rowFlags, unitsPerCent } from '../logs/row-batch.ts';
import { LimitRun } from './limit-run.ts';
import { RefusedCalls } from './refused-calls.ts';
import type { ReplayLimit } from './replay-limit.ts';
import { failures, fateOf, fateRules } from './semantics.ts';
import { CallMoney, Sums } from './sums.ts';

/** Of all rows, whatever the limits say of them. */
export interface RowCounts {
  rows: number;
  failed: number;
  /** Refused by the gateway then. */
  refused: number;
  cacheHits: number;
  /** Of which it is not known whether they came from the cache. */
  cacheUnknown: number;
  costUnknown: number;
  tokensUnknown: number;
  /** Checked by at least one limit. */
  inScope: number;
  /** Milliseconds; null: there is no row. */
  oldest: number | null;
  newest: number | null;
}

const isChecked: readonly boolean[] = Array.from({ length: 16 }, (_, flags) => fateRules[fateOf(flags)].isChecked);
const isCharged: readonly boolean[] = Array.from({ length: 16 }, (_, flags) => fateRules[fateOf(flags)].isCharged);
const isCounted: readonly boolean[] = Array.from({ length: 16 }, (_, flags) => fateRules[fateOf(flags)].isCounted);
const isFailure: readonly boolean[] = Array.from({ length: 16 }, (_, flags) => failures.includes(fateOf(flags)));

export class Replay {
  /** In the order of the limits. */
  readonly runs: readonly LimitRun[];
  /** Calls that at least one limit refused, each once. */
  readonly refused = new RefusedCalls();
  readonly counts: RowCounts = {
    rows: 0,
    failed: 0,
    refused: 0,
    cacheHits: 0,
    cacheUnknown: 0,
    costUnknown: 0,
    tokensUnknown: 0,
    inScope: 0,
    oldest: null,
    newest: null,
  };
  /** Of all rows. */
  readonly money = new Sums(1);
  /** Of the calls that are checked by at least one limit. */
  readonly inScope = new CallMoney();
  readonly #counters: Int32Array;
  readonly #refusing: Uint8Array;
  /** Told of each row that a limit refuses: the limit's place and the row's, counted over all chunks. */
  readonly #onRefusal: ((limit: number, row: number) => void) | null;

  constructor(
    limits: readonly (ReplayLimit | LimitRun)[],
    onRefusal: ((limit: number, row: number) => void) | null = null,
  ) {
    this.runs = limits.map((limit) => (limit instanceof LimitRun ? limit : new LimitRun(limit)));
    this.#counters = new Int32Array(limits.length);
    this.#refusing = new Uint8Array(limits.length);
    this.#onRefusal = onRefusal;
  }

  /** @throws RangeError for rows that are older than one before them: the order is all that a replay goes by */
  add(rows: RowBatch): void {
    const { count, time, cost, tokens, flags } = rows;
    const { counts, runs } = this;
    for (const run of runs) run.open(rows);
    this.refused.open(rows);
    let newest = counts.newest ?? Number.NEGATIVE_INFINITY;
    const first = counts.rows;
    for (let row = 0; row < count; row++) {
      const at = time[row] as number;
      if (!(at >= newest)) throw new RangeError('rows are not in the order of time');
      newest = at;
      const fate = flags[row] as number;
      let units = cost[row] as number;
      const isPriced = !Number.isNaN(units);
      if (!isPriced) {
        counts.costUnknown += 1;
        units = 0;
      }
      const cents = units < unitsPerCent ? 0 : Math.floor(units / unitsPerCent);
      this.money.add(0, cents, units - cents * unitsPerCent);
      if (fate !== 0) this.#countFate(fate);
      let used = tokens[row] as number;
      if (Number.isNaN(used)) {
        counts.tokensUnknown += 1;
        used = 0;
      }
      if (isChecked[fate & 15] === true)
        this.#pass(row, at, fate & 15, cents, units - cents * unitsPerCent, isPriced, used, first + row);
    }
    if (count > 0) {
      counts.rows += count;
      counts.oldest ??= time[0] as number;
      counts.newest = newest;
    }
  }

  #pass(
    row: number,
    at: number,
    fate: number,
    cents: number,
    units: number,
    isPriced: boolean,
    tokens: number,
    number: number,
  ): void {
    const { runs } = this;
    const [counters, refusing] = [this.#counters, this.#refusing];
    let isInScope = false;
    /** How far it gets: the earliest stage that refuses it, and whether a budget of that stage does. */
    let stage = Number.POSITIVE_INFINITY;
    let budgetStage = Number.POSITIVE_INFINITY;
    for (let index = 0; index < runs.length; index++) {
      const run = runs[index] as LimitRun;
      const counter = run.locate(row, at);
      counters[index] = counter;
      refusing[index] = 0;
      if (counter < 0) continue;
      isInScope = true;
      if (!run.check(counter, cents, units, isPriced)) continue;
      refusing[index] = 1;
      const { limit } = run;
      if (limit.stage < stage) stage = limit.stage;
      if (!limit.isRate && limit.stage < budgetStage) budgetStage = limit.stage;
    }
    if (!isInScope) return;
    this.counts.inScope += 1;
    this.inScope.add(cents, units, isPriced);
    const isRefused = stage !== Number.POSITIVE_INFINITY;
    if (isRefused) this.refused.add(row, cents, units, isPriced, at, isFailure[fate] === true);
    for (let index = 0; index < runs.length; index++) {
      const counter = counters[index] as number;
      if (counter < 0) continue;
      const run = runs[index] as LimitRun;
      const { limit } = run;
      if (refusing[index] === 1) {
        run.refuse(counter, row, cents, units, isPriced, at, isFailure[fate] === true);
        if (this.#onRefusal !== null) this.#onRefusal(index, number);
      }
      if (run.alone !== null && (limit.isCountedBefore ? isCounted : isCharged)[fate] === true) {
        if (limit.counts === 'cost') run.chargeFree(counter, cents, units);
        else run.chargeFree(counter, limit.counts === 'tokens' ? tokens : 1, 0);
      }
      if (limit.isCountedBefore) {
        const isReached = limit.stage <= stage && limit.stage < budgetStage;
        if (isReached && isCounted[fate] === true) run.charge(counter, 1, 0, at);
      } else if (!isRefused && isCharged[fate] === true) {
        if (limit.counts === 'cost') run.charge(counter, cents, units, at);
        else run.charge(counter, limit.counts === 'tokens' ? tokens : 1, 0, at);
      }
    }
  }

  #countFate(flags: number): void {
    const { counts } = this;
    const fate = fateOf(flags);
    if (fate === 'cache hit') counts.cacheHits += 1;
    else if (fate === 'refused') counts.refused += 1;
    else if (fate === 'failed') counts.failed += 1;
    if ((flags & rowFlags.cacheUnknown) !== 0) counts.cacheUnknown += 1;
  }
}
