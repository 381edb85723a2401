/** What a limit did in a replay, as people are told. */

import { dayMilliseconds } from '../consumption/windows.ts';
import { compareText } from '../diagnostics.ts';
import { compare, type Exact, fraction, zero } from '../exact.ts';
import { unitsPerCent } from '../logs/row-batch.ts';
import type { BlockedCounter, Effect, Stopped } from '../render/backtest-facts.ts';
import { describeMatch } from '../render/describe-change.ts';
import { formatAmount, formatReset } from '../resources/amounts.ts';
import { formatRateLimit, hasOneCounter, isBudgetLimit, type Limit, timed } from '../resources/limit.ts';
import type { LimitRun } from './limit-run.ts';
import type { RefusedCalls } from './refused-calls.ts';
import type { RowCounts } from './replay.ts';
import type { ReplayLimit } from './replay-limit.ts';
import type { RowWords } from './rows.ts';
import type { CallMoney } from './sums.ts';
import { smallestOf, type UsedByCall } from './used-before.ts';

/** What a limit did, whoever counted it. */
export interface LimitTally {
  readonly limit: ReplayLimit;
  readonly checked: number;
  readonly checkedMoney: Exact | null;
  readonly stopped: Stopped;
  readonly counters: number;
  /** Each counter that refused something. */
  readonly blocked: readonly BlockedCounter[];
  /** When each counter that reached the alert did so first. */
  readonly alerts: readonly number[];
  readonly late: Effect['late'];
  /** Ascending. */
  readonly days: Effect['days'];
  /** Null: not asked. */
  readonly used: UsedByCall | null;
}

interface MeasuredLimit {
  readonly run: LimitRun;
  readonly words: RowWords;
  /** Rows say who calls. */
  readonly hasPeople: boolean;
}

const mostNamed = 20;

/** @param counts nobody is to be named */
export function buildEffect(tally: LimitTally, counts: boolean): Effect {
  const { blocked, alerts, used } = tally;
  const { limit } = tally.limit.named;
  const named = blocked.map((one) => (counts ? { ...one, who: 'a counter' } : one));
  const [first] = [...named].sort((a, b) => a.since - b.since || compareText(a.who, b.who));
  return {
    limit,
    said: describeBound(limit),
    checked: tally.checked,
    checkedMoney: tally.checkedMoney,
    stopped: tally.stopped,
    counters: tally.counters,
    blocked: blocked.length,
    first: first === undefined ? null : { who: first.who, at: first.since },
    alert:
      tally.limit.alert === null
        ? null
        : {
            counters: alerts.length,
            first: alerts.length === 0 ? null : alerts.reduce((least, at) => Math.min(least, at)),
          },
    late: tally.late,
    days: tally.days,
    who: counts ? [] : named.sort(losesMore).slice(0, mostNamed),
    smallest: used === null ? null : smallestOf(used),
    curve: used === null ? [] : curveOf(limit, used),
    cutAt: tally.limit.cutAt,
    doubts: tally.limit.doubts,
  };
}

export function tallyOf(measured: MeasuredLimit): LimitTally {
  const { run, hasPeople } = measured;
  const alertOf = (counter: number): number => run.alertedAt.values[counter] ?? Number.NaN;
  return {
    limit: run.limit,
    checked: run.checked,
    checkedMoney: spentOn(run.checked, run.checkedMoney),
    stopped: stoppedOf(run.refused, hasPeople),
    counters: run.groups.size,
    blocked: listCounters(run, (counter) => (run.refusedCalls.values[counter] ?? 0) > 0).map((counter) =>
      describeCounter(counter, measured),
    ),
    alerts: listCounters(run, (counter) => !Number.isNaN(alertOf(counter))).map(alertOf),
    late: { calls: run.lateCalls, money: spentOn(run.lateCalls, run.late) },
    days: [...run.refused.days]
      .sort(([a], [b]) => a - b)
      .map(([day, { calls, money }]) => ({ day: day * dayMilliseconds, calls, money: spentOn(calls, money) })),
    used: run.alone,
  };
}

export function stoppedOf(refused: RefusedCalls, hasPeople: boolean): Stopped {
  const { calls, failed, people, money } = refused;
  return { calls, failed, money: spentOn(calls, money), people: hasPeople ? people : null };
}

/** `$20 monthly per metadata._user, for model @openai/*`. */
export function describeBound(limit: Limit): string {
  const bound = isBudgetLimit(limit)
    ? `${formatAmount(limit.amount, limit.unit)} ${limit.reset === null ? '(reset not shown)' : formatReset(timed(limit).reset)}`
    : formatRateLimit(limit);
  const per = hasOneCounter(limit.per) ? '' : ` per ${limit.per.join(' and ')}`;
  const match = describeMatch(limit.match, {});
  return `${bound}${per}${match === null ? '' : `, for ${match}`}`;
}

/** From what the limit is to what stops nobody, and half of it. */
function curveOf({ amount }: Limit, used: UsedByCall): Effect['curve'] {
  const { calls } = used;
  const nobody = used.smallestFor(0);
  if (nobody === null) return [];
  const shares = [50, 25, 10, 5, 2, 1, 0.5, 0.1, 0].map(
    (percent) => used.smallestFor(Math.floor((calls * percent) / 100)) ?? nobody,
  );
  const amounts = [...new Set([...shares, Math.ceil(amount)])].sort((a, b) => a - b);
  return amounts.map((one) => ({ amount: one, refused: used.refusedBy(one) / calls }));
}

function listCounters(run: LimitRun, isOne: (counter: number) => boolean): number[] {
  const found: number[] = [];
  for (let counter = 0; counter < run.groups.size; counter++) if (isOne(counter)) found.push(counter);
  return found;
}

function describeCounter(counter: number, { run, words }: MeasuredLimit): BlockedCounter {
  const alertAt = run.alertedAt.values[counter] ?? Number.NaN;
  const codes = run.groups.codesOf(counter);
  return {
    who: nameCounter(
      run.limit,
      run.groups.columns.map((column, index) => words[column]?.[codes[index] ?? -1] ?? null),
    ),
    since: run.blockedSince.values[counter] ?? 0,
    days: run.blockedDays.values[counter] ?? 0,
    calls: run.refusedCalls.values[counter] ?? 0,
    money: spentOn(run.refusedCalls.values[counter] ?? 0, {
      units: run.refusedMoney.unitsAt(counter),
      priced: run.refusedPriced.values[counter] ?? 0,
    }),
    alertAt: Number.isNaN(alertAt) ? null : alertAt,
  };
}

/**
 * By its values; `all calls` where the limit has one counter.
 *
 * @param values of the limit's columns; null: rows say nothing
 */
export function nameCounter({ columns, named }: ReplayLimit, values: readonly (string | null)[]): string {
  const names = values.map((value) => value ?? '(no workspace)');
  // Who is blocked stands first, and where beside it.
  const isPlaced = columns[0] === 'workspace' && names.length > 1;
  if (isPlaced) return `${names.slice(1).join(' · ')} (${names[0]})`;
  return names.length === 0 ? (named.workspace ?? 'all calls') : names.join(' · ');
}

function losesMore(a: BlockedCounter, b: BlockedCounter): number {
  const more = compare(b.money ?? zero, a.money ?? zero);
  if (more !== 0) return more;
  return b.calls - a.calls || compareText(a.who, b.who) || a.since - b.since || b.days - a.days;
}

function centsOf(units: bigint): Exact {
  return fraction(units, BigInt(unitsPerCent));
}

/** Of calls none of which says what it cost, a sum is not zero: null, nobody knows it. */
export function spentOn(calls: number, { units, priced }: Pick<CallMoney, 'units' | 'priced'>): Exact | null {
  return calls > 0 && priced === 0 ? null : centsOf(units);
}

/** Of all rows; of none nothing is known. */
export function spentBy({ rows, costUnknown }: Pick<RowCounts, 'rows' | 'costUnknown'>, units: bigint): Exact | null {
  return rows === 0 ? null : spentOn(rows, { units, priced: rows - costUnknown });
}
