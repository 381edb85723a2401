/** What the calls of an integration cost once its prices change, as a share of what they cost now. Pure; exact. */

import type { Known } from '../consumption/ask.ts';
import { compare, divide, type Exact, exactOf, multiply } from '../exact.ts';
import { withoutDate } from '../prices/price-of.ts';
import {
  asOwnPrice,
  type Decimal,
  exactOfDecimal,
  factorField,
  innerName,
  isFactor,
  isOwnPrice,
  type OwnPrice,
  priceField,
  tokenKindNames,
} from '../resources/price-fields.ts';
import type { Fields } from '../resources/types.ts';

/** Calls are of several kinds of token, of which analytics tell the sum: what they cost times something in between. */
export interface CostRange {
  readonly least: Exact;
  readonly most: Exact;
}

const one = exactOf(1);
export const sameCost: CostRange = { least: one, most: one };

/** All fields of the object on both sides, whoever manages them. */
export interface PriceSides {
  readonly before: Fields;
  readonly after: Fields;
  /** Models whose live price has kinds of token that the files have no word for, which stay as they are. */
  readonly otherKinds: ReadonlySet<string>;
}

/**
 * Of the calls of one model, as analytics name it.
 *
 * | the model's own price | its calls cost |
 * |---|---|
 * | none, before and after | times the factors |
 * | there, before and after | times its own move, with and without the factors: that they apply to it is not documented |
 * | on one side alone | unknown: the other is the catalogue's |
 * | of a name that differs by a date alone | any of the two, since it is not known which the call was charged by |
 */
export function costRangeOf(sides: PriceSides, model: string): Known<CostRange> {
  const named = pricedModels(sides);
  if (named.includes(model)) return rangeOfOwn(sides, model);
  const twins = named.filter((name) => withoutDate(name) === withoutDate(model));
  return hullOf([rangeOfFactors(sides), ...twins.map((name) => rangeOfOwn(sides, name))]);
}

/** Of calls of which nothing is known. */
export function anyCostRange(sides: PriceSides): Known<CostRange> {
  return hullOf([rangeOfFactors(sides), ...pricedModels(sides).map((name) => rangeOfOwn(sides, name))]);
}

export function hullOf(ranges: readonly Known<CostRange>[]): Known<CostRange> {
  const unknown = ranges.find((range) => 'unknown' in range);
  if (unknown !== undefined) return unknown;
  const known = ranges.flatMap((range) => ('value' in range ? [range.value] : []));
  const [first = sameCost, ...others] = known;
  return {
    value: others.reduce(
      (hull, { least, most }) => ({
        least: compare(least, hull.least) < 0 ? least : hull.least,
        most: compare(most, hull.most) > 0 ? most : hull.most,
      }),
      first,
    ),
  };
}

function pricedModels({ before, after }: PriceSides): string[] {
  const fields = [...Object.entries(before), ...Object.entries(after)];
  return [...new Set(fields.flatMap(([field, value]) => (isOwnPrice(field) && value ? [innerName(field)] : [])))];
}

function rangeOfFactors(sides: PriceSides): Known<CostRange> {
  const { before, after } = sides;
  const kinds = [...Object.keys(before), ...Object.keys(after)].filter(isFactor).map(innerName);
  const moves = [...new Set(['default', ...tokenKindNames, ...kinds])].map((kind) => factorMove(sides, kind));
  return hullOf(moves.flatMap((move) => (move === null ? [] : [move])));
}

function rangeOfOwn({ before, after, otherKinds }: PriceSides, model: string): Known<CostRange> {
  const [from, to] = [asOwnPrice(before[priceField(model)]), asOwnPrice(after[priceField(model)])];
  const sides = { before, after, otherKinds };
  if (from === null || to === null)
    return { unknown: `the catalogue’s price of ${model} is on one side, and is not read` };
  if (from.unreadable === true || to.unreadable === true) return { unknown: `the price of ${model} cannot be read` };
  const moves = tokenKindNames.flatMap((kind) => {
    const own = moveOf(priceIn(from, kind), priceIn(to, kind), `${model} pays for a kind of token that was free`);
    return own === null ? [] : [own, withFactor(own, factorMove(sides, kind))];
  });
  const others = otherKinds.has(model)
    ? [{ value: sameCost }, factorMove(sides, 'default') ?? { value: sameCost }]
    : [];
  return hullOf([...moves, ...others]);
}

function priceIn(price: OwnPrice, kind: (typeof tokenKindNames)[number]): Decimal {
  return price[kind] ?? '0';
}

function withFactor(own: Known<CostRange>, factor: Known<CostRange> | null): Known<CostRange> {
  if (factor === null || 'unknown' in own) return own;
  if ('unknown' in factor) return factor;
  const { least, most } = factor.value;
  return { value: { least: multiply(own.value.least, least), most: multiply(own.value.most, most) } };
}

/** Null: it costs nothing before and after. */
function factorMove({ before, after }: PriceSides, kind: string): Known<CostRange> | null {
  const [from, to] = [factorIn(before, kind), factorIn(after, kind)];
  if (from === null || to === null) return { unknown: 'a multiplier cannot be read' };
  return moveOf(from, to, 'a multiplier was zero, so that what calls cost without it does not show');
}

function factorIn(fields: Fields, kind: string): Decimal | null {
  const own = fields[factorField(kind)] ?? fields[factorField('default')] ?? '1';
  return typeof own === 'string' ? own : null;
}

function moveOf(from: Decimal, to: Decimal, fromNothing: string): Known<CostRange> | null {
  const [before, after] = [exactOfDecimal(from), exactOfDecimal(to)];
  if (before.n === 0n) return after.n === 0n ? null : { unknown: fromNothing };
  const times = divide(after, before);
  return { value: { least: times, most: times } };
}
