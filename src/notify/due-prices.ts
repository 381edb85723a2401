/**
 * Prices that moved, for the models that a dollar budget names. Pure. What was seen is remembered once everybody was told, so that a
 * channel that is down loses nothing.
 */

import type { LimitStatus } from '../consumption/limit-status.ts';
import { findRunOut } from '../consumption/run-out.ts';
import { levelOf } from '../consumption/windows.ts';
import { exactOf, fraction, multiply, toDrawn } from '../exact.ts';
import type { ModelPrice } from '../prices/types.ts';
import { describeLimit, formatDay } from '../render/status-words.ts';
import {
  type EventWords,
  groupByPlace,
  type HappeningGroup,
  isHidden,
  keyOf,
  type PlacedHappening,
} from './due-events.ts';
import { hashOf, type Memory, markIn, type SeenPrice } from './memory.ts';
import type { Watcher } from './watched.ts';

export interface PriceLook {
  readonly groups: readonly HappeningGroup[];
  /** To be remembered; undefined: as it was. */
  readonly prices: Memory['prices'];
}

/** Three parts of input to one of output, as estimates assume. */
const inputParts = 3;

/** Models that it counts by name, `@provider/model`; of all others nobody can say which they are. */
function modelsOf({ facts: { unit, match } }: LimitStatus): readonly string[] {
  if (unit !== 'cost' || match === 'all') return [];
  return match.flatMap(({ key, any }) =>
    key === 'model' && any !== '*' ? any.filter((model) => !model.endsWith('*')) : [],
  );
}

/** @param limits those that somebody is told of */
export function lookAtPrices(
  limits: readonly LimitStatus[],
  priceOf: (model: string) => ModelPrice,
  watcher: Watcher,
  memory: Pick<Memory, 'marks' | 'prices'>,
  words: EventWords,
): PriceLook {
  const before = memory.prices ?? {};
  const next: Record<string, SeenPrice> = { ...before };
  const moved: PlacedHappening[] = [];
  for (const [model, of] of limitsByModel(limits, watcher)) {
    const seen = seenOf(priceOf(model));
    if (seen === null) continue;
    const name = hashOf(model);
    const old = Object.hasOwn(before, name) ? before[name] : undefined;
    if (old === undefined || isSamePrice(old, seen)) {
      next[name] = seen;
      continue;
    }
    const happenings = [...new Set(of.map(({ facts }) => facts.workspace))].map((workspace): PlacedHappening => {
      const own = of.filter(({ facts }) => facts.workspace === workspace);
      return {
        kind: 'price-moved',
        key: `${workspace ?? '-'} ${model}`,
        version: seen.join(' '),
        end: null,
        route: watcher.routeOfPlace(workspace),
        line: `${model}: ${describePrice(old)} → ${describePrice(seen)} a million tokens (input / output); ${effectOn(own, model, old, seen, words)}`,
        data: { model, before: old, after: seen, workspace, limits: own.map(({ facts }) => facts.name).slice(0, 20) },
        workspace,
      };
    });
    const isTold = happenings.every((one) => {
      const mark = markIn(memory, keyOf(one), one.version);
      return mark !== null && mark.left === undefined;
    });
    if (isTold) next[name] = seen;
    else moved.push(...happenings);
  }
  const isSame = JSON.stringify(before) === JSON.stringify(next);
  return {
    groups: groupByPlace(moved, words, {
      kind: 'price-moved',
      title: (count) => `${count} ${count === 1 ? 'price' : 'prices'} moved`,
      why: 'The gateway counts by its own copy of the price files, which may follow later.',
    }),
    prices: isSame ? undefined : next,
  };
}

function limitsByModel(limits: readonly LimitStatus[], watcher: Watcher): ReadonlyMap<string, readonly LimitStatus[]> {
  const byModel = new Map<string, LimitStatus[]>();
  for (const limit of limits) {
    if (!watcher.routeOfPlace(limit.facts.workspace).also.has('prices')) continue;
    for (const model of modelsOf(limit)) byModel.set(model, [...(byModel.get(model) ?? []), limit]);
  }
  return new Map([...byModel].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Null: it is not known, which is not a move. */
function seenOf({ tokens: [first] }: ModelPrice): SeenPrice | null {
  if (first === undefined || first.input === null || first.output === null) return null;
  const million = fraction(1_000_000n, 1n);
  return [toDrawn(multiply(first.input, million)), toDrawn(multiply(first.output, million))];
}

/** Sums of fractions differ in their last digit. */
function isSamePrice(one: SeenPrice, other: SeenPrice): boolean {
  return one.every((price, side) => Math.abs(price - (other[side] ?? 0)) < 1e-6);
}

function describePrice([input, output]: SeenPrice): string {
  const dollars = (cents: number): string => `$${Number((cents / 100).toFixed(6))}`;
  return `${dollars(input)} / ${dollars(output)}`;
}

function blend([input, output]: SeenPrice): number {
  return (input * inputParts + output) / (inputParts + 1);
}

/** What it does to budgets of that model alone; of others nobody knows which part of their pace it is. */
function effectOn(
  limits: readonly LimitStatus[],
  model: string,
  before: SeenPrice,
  after: SeenPrice,
  words: EventWords,
): string {
  const factor = blend(before) > 0 ? blend(after) / blend(before) : null;
  const said = limits.slice(0, 5).map((limit) => {
    const name = isHidden(limit.facts.kind, words) ? 'an API key' : describeLimit(limit);
    const isAlone = modelsOf(limit).every((one) => one === model);
    const moved = factor === null || !isAlone ? null : runOutAt(limit, factor);
    return moved === null ? `${name} covers it` : `${name} ${moved}`;
  });
  return said.join(', ') + (limits.length > 5 ? ` and ${limits.length - 5} more` : '');
}

function runOutAt(limit: LimitStatus, factor: number): string | null {
  const { facts, used, pace, nextReset, runOut } = limit;
  const asOf = facts.usage.known ? facts.usage.asOf : null;
  if (used === null || pace === null || asOf === null || facts.reset === null || nextReset === 'unknown') return null;
  const pacePerDay = multiply(pace.perDay, exactOf(factor));
  const amount = exactOf(facts.amount);
  const then = findRunOut({
    used,
    limit: amount,
    pacePerDay,
    now: asOf,
    nextReset,
    reset: facts.reset,
    level: levelOf(facts.kind),
  });
  const words = (one: typeof then | null): string =>
    one?.when === 'this-window'
      ? `runs out ${formatDay(one.at)}`
      : one?.when === 'now'
        ? 'is used up'
        : 'lasts until its reset';
  return runOut === null ? null : `${words(runOut)}, at the new price ${words(then)} (3 parts of input to 1 of output)`;
}
