/** What a limit did in a replay, as people are told. */

import { dayMilliseconds } from '../consumption/windows.ts';
import { compareText } from '../diagnostics.ts';
import { type Exact, fraction } from '../exact.ts';
import { unitsPerCent } from '../logs/row-batch.ts';
import type { BlockedCounter, Effect, Stopped } from '../render/backtest-facts.ts';
import { describeMatch } from '../render/describe-change.ts';
import { formatAmount, formatReset } from '../resources/amounts.ts';
import { formatRateLimit, hasOneCounter, isBudgetLimit, type Limit, timed } from '../resources/limit.ts';
import type { LimitRun } from './limit-run.ts';
import type { RefusedCalls } from './refused-calls.ts';
import type { RowWords } from './rows.ts';
import type { Sums } from './sums.ts';
import type { UsedBefore } from './used-before.ts';

interface MeasuredLimit {
  readonly run: LimitRun;
  readonly words: RowWords;
  /** Rows say who calls. */
  readonly hasPeople: boolean;
  readonly counts: boolean;
}

const mostNamed = 20;

export function buildEffect(measured: MeasuredLimit): Effect {
  const { run, hasPeople, counts } = measured;
  const { limit } = run.limit.named;
  const blocked = listCounters(run, (counter) => (run.refusedCalls.values[counter] ?? 0) > 0);
  const alerted = listCounters(run, (counter) => !Number.isNaN(run.alertedAt.values[counter] ?? Number.NaN));
  const named = blocked.map((counter) => describeCounter(counter, measured));
  const [first] = [...named].sort((a, b) => a.since - b.since || compareText(a.who, b.who));
  const instants = alerted.map((counter) => run.alertedAt.values[counter] ?? 0);
  return {
    limit,
    said: describeBound(limit),
    checked: run.checked,
    stopped: stoppedOf(run.refused, hasPeople),
    counters: run.groups.size,
    blocked: blocked.length,
    first: first === undefined ? null : { who: first.who, at: first.since },
    alert:
      run.limit.alert === null
        ? null
        : {
            counters: alerted.length,
            first: instants.length === 0 ? null : instants.reduce((least, at) => Math.min(least, at)),
          },
    late: { calls: run.lateCalls, money: centsAt(run.late, 0) },
    days: [...run.refused.days]
      .sort(([a], [b]) => a - b)
      .map(([day, { calls, money }]) => ({ day: day * dayMilliseconds, calls, money: centsAt(money, 0) })),
    who: counts ? [] : named.sort(losesMore).slice(0, mostNamed),
    smallest: run.alone === null ? null : smallestOf(run.alone),
    curve: run.alone === null ? [] : curveOf(limit, run.alone),
    cutAt: run.limit.cutAt,
    doubts: run.limit.doubts,
  };
}

export function stoppedOf(refused: RefusedCalls, hasPeople: boolean): Stopped {
  const { calls, failed, people, money } = refused;
  return { calls, failed, money: centsAt(money, 0), people: hasPeople ? people : null };
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

function smallestOf(used: UsedBefore): Effect['smallest'] {
  const { calls } = used;
  const [nobody, percent] = [used.smallestFor(0), used.smallestFor(Math.floor(calls / 100))];
  return nobody === null || percent === null ? null : { nobody, percent };
}

/** From what the limit is to what stops nobody, and half of it. */
function curveOf({ amount }: Limit, used: UsedBefore): Effect['curve'] {
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

function describeCounter(counter: number, { run, words, counts }: MeasuredLimit): BlockedCounter {
  const alertAt = run.alertedAt.values[counter] ?? Number.NaN;
  return {
    who: counts ? 'a counter' : nameCounter(run, counter, words),
    since: run.blockedSince.values[counter] ?? 0,
    days: run.blockedDays.values[counter] ?? 0,
    calls: run.refusedCalls.values[counter] ?? 0,
    money: centsAt(run.refusedMoney, counter),
    alertAt: Number.isNaN(alertAt) ? null : alertAt,
  };
}

/** By its values; `all calls` where the limit has one counter. */
function nameCounter(run: LimitRun, counter: number, words: RowWords): string {
  const codes = run.groups.codesOf(counter);
  const names = run.groups.columns.map((column, index) => words[column]?.[codes[index] ?? -1] ?? '(no workspace)');
  // Who is blocked stands first, and where beside it.
  const isPlaced = run.groups.columns[0] === 'workspace' && names.length > 1;
  if (isPlaced) return `${names.slice(1).join(' · ')} (${names[0]})`;
  return names.length === 0 ? (run.limit.named.workspace ?? 'all calls') : names.join(' · ');
}

function losesMore(a: BlockedCounter, b: BlockedCounter): number {
  const [left, right] = [a.money.n * b.money.d, b.money.n * a.money.d];
  if (left !== right) return left > right ? -1 : 1;
  return b.calls - a.calls || compareText(a.who, b.who);
}

export function centsAt(sums: Sums, at: number): Exact {
  return fraction(sums.unitsAt(at), BigInt(unitsPerCent));
}
