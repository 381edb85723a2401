/** One limit during a replay: its counters, and what it did to whom. */

import { dayMilliseconds } from '../consumption/windows.ts';
import type { RowBatch } from '../logs/row-batch.ts';
import { GroupIndex } from './group-index.ts';
import { RefusedCalls } from './refused-calls.ts';
import type { ReplayLimit } from './replay-limit.ts';
import { CallMoney, growFloats, Sums } from './sums.ts';
import type { UsedBefore } from './used-before.ts';

/**
 * A gateway hears that a budget has run out at the next whole minute, others on the same Redis up to half a minute later
 * (docs/service-notes.md#enforcement): what it lets through until then, at the worst.
 */
export const lag = 90_000;

export class LimitRun {
  readonly limit: ReplayLimit;
  readonly groups: GroupIndex;
  /** What it refused, of all counters together. */
  readonly refused: RefusedCalls;
  /** Checked calls: all that it was consulted for. */
  checked = 0;
  readonly checkedMoney = new CallMoney();
  /** Of the refused: those so soon after the budget ran out that the gateway may not have heard of it. */
  readonly late = new CallMoney();
  lateCalls = 0;
  /** By counter. */
  readonly refusedCalls = new Growing(0);
  readonly refusedMoney = new Sums(0);
  readonly refusedPriced = new Growing(0);
  readonly blockedDays = new Growing(0);
  /** Milliseconds; NaN: never. */
  readonly blockedSince = new Growing(Number.NaN);
  readonly alertedAt = new Growing(Number.NaN);
  /** Whatever is used before a call, by call; null: not kept. */
  readonly #before: ((hi: number) => void) | null;
  readonly #used = new Sums(0);
  /** What would be used without a limit, and what of that before each call; null: not asked. */
  readonly alone: UsedBefore | null;
  readonly #free = new Sums(0);
  readonly #windowEnd = new Growing(Number.NaN);
  readonly #lastDay = new Growing(-1);
  readonly #exhaustedUntil = new Growing(Number.NaN);
  #capacity = 0;

  /**
   * @param before is told what was used before each call, in whole cents or a count
   * @param alone keeps what would have been used before each call if nothing were refused
   */
  constructor(limit: ReplayLimit, before: ((hi: number) => void) | null = null, alone: UsedBefore | null = null) {
    this.alone = alone;
    this.limit = limit;
    this.groups = new GroupIndex(limit.columns, limit.optional);
    this.refused = new RefusedCalls();
    this.#before = before;
  }

  open(rows: RowBatch): void {
    for (const filter of this.limit.filters) filter.open(rows);
    this.groups.open(rows);
    this.refused.open(rows);
  }

  /** @returns the counter of a call; -1: the limit passes it by */
  locate(row: number, time: number): number {
    const { filters } = this.limit;
    for (let index = 0; index < filters.length; index++) if (!filters[index]?.passes(row)) return -1;
    const counter = this.groups.find(row);
    if (counter < 0) return -1;
    if (counter >= this.#capacity) this.#grow();
    const end = this.limit.windowOf(time);
    const ends = this.#windowEnd.values;
    if (ends[counter] !== end) {
      ends[counter] = end;
      this.#used.set(counter, 0, 0);
      if (this.alone !== null) this.#free.set(counter, 0, 0);
    }
    return counter;
  }

  /** Whether the counter is used up, before a call. @param hi its cost */
  check(counter: number, hi: number, lo: number, isPriced: boolean): boolean {
    this.checked += 1;
    this.checkedMoney.add(hi, lo, isPriced);
    const used = this.#used.hi[counter] as number;
    if (this.#before !== null) this.#before(used);
    if (this.alone !== null) this.alone.add(this.#free.hi[counter] as number);
    const { amount } = this.limit;
    return used > amount.hi || (used === amount.hi && (this.#used.lo[counter] as number) >= amount.lo);
  }

  /** As `charge`, of every call. */
  chargeFree(counter: number, hi: number, lo: number): void {
    this.#free.add(counter, hi, lo);
  }

  /** A call that was made, or one that a rate counts before it is made. */
  charge(counter: number, hi: number, lo: number, time: number): void {
    const used = this.#used;
    const { amount, alert, isRate } = this.limit;
    used.add(counter, hi, lo);
    if (isRate) return;
    const [cents, units] = [used.hi[counter] as number, used.lo[counter] as number];
    if (alert !== null && (cents > alert.hi || (cents === alert.hi && units >= alert.lo))) {
      const at = this.alertedAt.values;
      if (Number.isNaN(at[counter])) at[counter] = time;
    }
    if (cents > amount.hi || (cents === amount.hi && units >= amount.lo)) {
      this.#exhaustedUntil.values[counter] = time + lag;
    }
  }

  /** @param hi its cost @param isFailed it failed anyway */
  refuse(
    counter: number,
    row: number,
    hi: number,
    lo: number,
    isPriced: boolean,
    time: number,
    isFailed: boolean,
  ): void {
    this.refused.add(row, hi, lo, isPriced, time, isFailed);
    const calls = this.refusedCalls.values;
    calls[counter] = (calls[counter] as number) + 1;
    this.refusedMoney.add(counter, hi, lo);
    if (isPriced) {
      const priced = this.refusedPriced.values;
      priced[counter] = (priced[counter] as number) + 1;
    }
    const since = this.blockedSince.values;
    if (Number.isNaN(since[counter])) since[counter] = time;
    const day = Math.floor(time / dayMilliseconds);
    const last = this.#lastDay.values;
    if (last[counter] !== day) {
      last[counter] = day;
      const days = this.blockedDays.values;
      days[counter] = (days[counter] as number) + 1;
    }
    if (time < (this.#exhaustedUntil.values[counter] as number)) {
      this.lateCalls += 1;
      this.late.add(hi, lo, isPriced);
    }
  }

  #grow(): void {
    this.#capacity = Math.max(64, 2 * this.#capacity);
    for (const growing of [
      this.refusedCalls,
      this.refusedPriced,
      this.blockedDays,
      this.blockedSince,
      this.alertedAt,
      this.#windowEnd,
      this.#lastDay,
      this.#exhaustedUntil,
    ])
      growing.grow(this.#capacity);
    this.refusedMoney.grow(this.#capacity);
    this.#used.grow(this.#capacity);
    if (this.alone !== null) this.#free.grow(this.#capacity);
  }
}

/** Numbers by counter. */
class Growing {
  values: Float64Array = new Float64Array(0);
  readonly #fill: number;

  /** @param fill what a new one is */
  constructor(fill: number) {
    this.#fill = fill;
  }

  grow(capacity: number): void {
    this.values = growFloats(this.values, capacity, this.#fill);
  }
}
