/**
 * Dollars of a token budget, tokens of a dollar budget. Exact: nothing is rounded here.
 *
 * With prices a (input) and b (output) of each model and the share s of input, a token costs at least the least of all a and b,
 * at most the greatest, and s·a + (1 − s)·b averaged over the models in between. What is not known counts as zero and makes
 * its sum a bound: "at least".
 */

import { add, compare, divide, type Exact, fraction, multiply, subtract, total, zero } from '../exact.ts';
import type { ModelPrice, TokenPrice } from './types.ts';

/** US cents per token. */
export interface TokenRate {
  readonly value: Exact;
  /** False: the true one may be greater, never smaller. */
  readonly isComplete: boolean;
}

export interface Rates {
  readonly lowest: TokenRate;
  readonly expected: TokenRate;
  readonly highest: TokenRate;
}

/** US cents or tokens. */
export type Figure =
  | { readonly bound: 'exact' | 'at_least' | 'at_most'; readonly value: Exact }
  | { readonly bound: 'unknown' }
  /** It costs nothing, so that no budget in dollars ends it. */
  | { readonly bound: 'unlimited' };

export interface Range {
  readonly lowest: Figure;
  readonly expected: Figure;
  readonly highest: Figure;
}

/** @param inputShare 0 to 1: which part of the tokens is input */
export function ratesOf({ tokens }: ModelPrice, inputShare: Exact): Rates {
  if (tokens.length === 0) {
    const none = { value: zero, isComplete: false };
    return { lowest: none, expected: none, highest: none };
  }
  return {
    lowest: leastOf(tokens.flatMap(sidesOf)),
    // Which of several prices applies is not known; it is none below the least.
    expected: narrow(tokens.map((price) => mixOf(price, inputShare))),
    highest: greatestOf(tokens.flatMap(sidesOf)),
  };
}

/** Of a set of models; each gets the same number of tokens. */
export function ratesOfAll(models: readonly ModelPrice[], inputShare: Exact): Rates {
  const each = models.map((model) => ratesOf(model, inputShare));
  const expected = each.map(({ expected: rate }) => rate);
  const count = fraction(1n, BigInt(Math.max(1, models.length)));
  return {
    lowest: leastOf(each.map(({ lowest }) => lowest)),
    expected: {
      value: multiply(total(expected.map(({ value }) => value)), count),
      isComplete: models.length > 0 && expected.every(({ isComplete }) => isComplete),
    },
    highest: greatestOf(each.map(({ highest }) => highest)),
  };
}

/** What so many tokens cost, in US cents. */
export function costOf(tokens: Exact, { lowest, expected, highest }: Rates): Range {
  const cost = ({ value, isComplete }: TokenRate): Figure => {
    if (isComplete) return { bound: 'exact', value: multiply(tokens, value) };
    return value.n === 0n ? { bound: 'unknown' } : { bound: 'at_least', value: multiply(tokens, value) };
  };
  return { lowest: cost(lowest), expected: cost(expected), highest: cost(highest) };
}

/** How many tokens so many US cents buy; the highest price gives the lowest number. */
export function tokensOf(cents: Exact, { lowest, expected, highest }: Rates): Range {
  const bought = ({ value, isComplete }: TokenRate): Figure => {
    if (value.n === 0n) return { bound: isComplete ? 'unlimited' : 'unknown' };
    return { bound: isComplete ? 'exact' : 'at_most', value: divide(cents, value) };
  };
  return { lowest: bought(highest), expected: bought(expected), highest: bought(lowest) };
}

export interface Dearest {
  /** US cents per token: no token of these models costs more. Null: a price is unknown, so there is no such number. */
  readonly rate: Exact | null;
  /** The model that it is the price of. */
  readonly model: string | null;
  /** Models whose tokens may cost more than is known. */
  readonly unknown: readonly string[];
}

/** The most that a token of any of these models can cost. */
export function dearest(models: readonly ModelPrice[]): Dearest {
  const each = models.map((price) => ({ model: price.model, rate: ratesOf(price, zero).highest }));
  const unknown = each.filter(({ rate }) => !rate.isComplete).map(({ model }) => model);
  const [first] = each.toSorted((a, b) => compare(b.rate.value, a.rate.value));
  return unknown.length > 0 || first === undefined
    ? { rate: null, model: null, unknown }
    : { rate: first.rate.value, model: first.model, unknown };
}

function sidesOf({ input, output }: TokenPrice): readonly TokenRate[] {
  return [input, output].map((side) => ({ value: side ?? zero, isComplete: side !== null }));
}

function mixOf({ input, output }: TokenPrice, inputShare: Exact): TokenRate {
  const outputShare = subtract(fraction(1n, 1n), inputShare);
  const parts = [
    { side: input, share: inputShare },
    { side: output, share: outputShare },
  ].filter(({ share }) => share.n !== 0n);
  return {
    value: parts.reduce((sum, { side, share }) => add(sum, multiply(side ?? zero, share)), zero),
    isComplete: parts.every(({ side }) => side !== null),
  };
}

/** The least is known as soon as a known one is as small as any bound. */
function leastOf(rates: readonly TokenRate[]): TokenRate {
  const [first, ...rest] = rates;
  if (first === undefined) return { value: zero, isComplete: false };
  return rest.reduce((low, rate) => {
    const order = compare(rate.value, low.value);
    return order < 0 || (order === 0 && rate.isComplete) ? rate : low;
  }, first);
}

function greatestOf(rates: readonly TokenRate[]): TokenRate {
  return rates.reduce<TokenRate>(
    (high, rate) => ({
      value: compare(rate.value, high.value) > 0 ? rate.value : high.value,
      isComplete: high.isComplete && rate.isComplete,
    }),
    { value: zero, isComplete: rates.length > 0 },
  );
}

/** One of several: certain only if all are the same. */
function narrow(rates: readonly TokenRate[]): TokenRate {
  const least = leastOf(rates);
  const most = greatestOf(rates);
  return { value: least.value, isComplete: most.isComplete && compare(least.value, most.value) === 0 };
}
