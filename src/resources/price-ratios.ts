/** How many times what it cost something costs once prices change, by kind of token. Exact. */

import { compare, divide, type Exact, exactOf, multiply } from '../exact.ts';
import {
  asOwnPrice,
  type Decimal,
  exactOfDecimal,
  factorField,
  innerName,
  isFactor,
  isFree,
  tokenKindNames,
} from './price-fields.ts';
import type { Fields } from './types.ts';

/**
 * What one price or factor is times the other; null: not known, since the catalogue's price stands on one side. `free`: it costs
 * nothing from then on. `charged`: it cost nothing until then.
 */
export type Ratio = Exact | 'same' | 'free' | 'charged' | null;

const one = exactOf(1);

/** Of one field alone. @param before,after all managed fields of the object */
export function ratiosOf(field: string, before: Fields, after: Fields): readonly Ratio[] {
  return isFactor(field)
    ? [ratioOfFactor(innerName(field), before, after)]
    : ownPricesOf(field, before, after, (from, to) => ratioOf(from, to));
}

/** Of the price of a model with the factors on it, as the service may charge it: where one change moves both. */
export function compoundRatiosOf(field: string, before: Fields, after: Fields): readonly Ratio[] {
  return ownPricesOf(field, before, after, (from, to, kind) => {
    if (compare(from, to) === 0) return 'same';
    const factor = ratioOfFactor(kind, before, after);
    if (factor === 'free') return 'free';
    return factor === null || typeof factor === 'string' ? ratioOf(from, to) : ratioOf(from, multiply(to, factor));
  });
}

function ownPricesOf(
  field: string,
  before: Fields,
  after: Fields,
  judge: (from: Exact, to: Exact, kind: string) => Ratio,
): readonly Ratio[] {
  const [from, to] = [asOwnPrice(before[field]), asOwnPrice(after[field])];
  // Whatever it cost before.
  if (to !== null && isFree(to) && (from === null || !isFree(from))) return ['free'];
  if (from === null || to === null || from.unreadable === true || to.unreadable === true) return [null];
  return tokenKindNames.map((kind) => judge(exactOfDecimal(from[kind] ?? '0'), exactOfDecimal(to[kind] ?? '0'), kind));
}

/** What nobody moves stays as it is, whatever it is. */
function ratioOfFactor(name: string, before: Fields, after: Fields): Ratio {
  const deciding = [factorField(name), factorField('default')];
  if (deciding.every((field) => before[field] === after[field])) return 'same';
  const [from, to] = [factorIn(before, name), factorIn(after, name)];
  return from === null || to === null ? null : ratioOf(exactOfDecimal(from), exactOfDecimal(to));
}

/** None is one; of a kind of token, the default. Null: it cannot be known, as of a default that no file declares. */
function factorIn(fields: Fields, name: string): Decimal | null {
  const own = fields[factorField(name)];
  if (typeof own === 'string') return own;
  if (own !== undefined && own !== null) return null;
  if (name === 'default') return '1';
  const all = fields[factorField('default')];
  if (all === null) return '1';
  return typeof all === 'string' ? all : null;
}

function ratioOf(before: Exact, after: Exact): Ratio {
  if (compare(before, after) === 0) return 'same';
  if (after.n === 0n) return 'free';
  return before.n === 0n ? 'charged' : divide(after, before);
}

/** How much more a dollar buys, as a factor; null: no more than it did, or not known. */
export function boughtBy(ratio: Ratio): Exact | 'unbounded' | null {
  if (ratio === 'free') return 'unbounded';
  return ratio === null || typeof ratio === 'string' || compare(ratio, one) >= 0 ? null : divide(one, ratio);
}
