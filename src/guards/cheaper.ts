/**
 * What calls cost less buys every budget in dollars more: a lower price raises what may be spent as a higher budget does. It is judged by
 * the prices alone, whichever budgets count in them.
 */

import { ceiling, compare, divide, type Exact, exactOf, multiply, subtract } from '../exact.ts';
import type { Change } from '../plan/types.ts';
import { largestOf, toWordNumber, type WordNumber } from '../plan/words.ts';
import { describePriceField, isFactor, isOwnPrice, isPartOfPrices } from '../resources/price-fields.ts';
import { describePriceMove } from '../resources/price-moves.ts';
import { boughtBy, compoundRatiosOf, type Ratio, ratiosOf } from '../resources/price-ratios.ts';

export interface CheaperPrice {
  /** Of the change. */
  readonly id: string;
  readonly detail: string;
  readonly rise: WordNumber;
}

const one = exactOf(1);

/**
 * Prices that fall so far that a dollar buys more than that many percent more. A change may move a price and the multiplier on it,
 * each within the bound: that the gateway multiplies own prices is not documented, and the cheaper reading is what counts.
 */
export function cheaperOf(change: Change, percent: number): CheaperPrice[] {
  const most = divide(exactOf(100 + percent), exactOf(100));
  const { before, after, fieldChanges } = change;
  const [was, will] = [before ?? {}, after ?? {}];
  const moves = fieldChanges.filter(({ field }) => isPartOfPrices(field));
  const withFactors = moves.some(({ field }) => isFactor(field)) ? ' with the multiplier on it' : '';
  const judge = (ratios: readonly Ratio[]): WordNumber | null => {
    const rises = ratios.flatMap((ratio): WordNumber[] => {
      const bought = boughtBy(ratio);
      if (bought === null || bought === 'unbounded') return bought === null ? [] : [bought];
      return compare(bought, most) > 0 ? [percentMore(bought)] : [];
    });
    return rises.length === 0 ? null : largestOf(rises);
  };
  return moves.flatMap(({ field, before: from, after: to }): CheaperPrice[] => {
    const ratios = ratiosOf(field, was, will);
    const compoundRatios = isOwnPrice(field) ? compoundRatiosOf(field, was, will) : [];
    const [alone, whole] = [judge(ratios), judge(compoundRatios)];
    const rise = largestOf([alone ?? 0, whole ?? 0]);
    if (alone === null && whole === null) return [];
    const compound = rise === alone ? '' : withFactors;
    const what = `${describePriceField(field)} of integration ${change.key.name}${compound}: ${describePriceMove(field, from, to)}`;
    const said =
      rise === 'unbounded'
        ? `and what is ${[...ratios, ...compoundRatios].includes('free') ? '' : 'as good as '}free ends no budget`
        : `so that a dollar of every budget buys up to ${rise} % more (over +${percent} %)`;
    return [{ id: change.id, rise, detail: `${what}, ${said}` }];
  });
}

function percentMore(bought: Exact): WordNumber {
  return toWordNumber(ceiling(multiply(subtract(bought, one), exactOf(100))));
}

/** Those of which one side is the catalogue's price, or cannot be read. */
export function unknownPrices(changes: readonly Change[]): readonly { readonly id: string; readonly detail: string }[] {
  return changes.flatMap(({ id, key, fieldChanges, before, after }) =>
    fieldChanges
      .filter(({ field }) => isPartOfPrices(field) && ratiosOf(field, before ?? {}, after ?? {}).includes(null))
      .map(({ field, before: from, after: to }) => ({
        id,
        detail: `spend-up cannot be judged for the ${describePriceField(field)} of integration ${key.name}: ${describePriceMove(field, from, to)}, and the catalogue’s is not known here`,
      })),
  );
}
