/**
 * What calls cost less buys every budget in dollars more: a lower price raises what may be spent as a higher budget does. It is judged by
 * the price alone, whichever budgets count in it.
 */

import { ceiling, compare, divide, type Exact, exactOf, multiply, subtract } from '../exact.ts';
import type { Change } from '../plan/types.ts';
import type { WordNumber } from '../plan/words.ts';
import {
  describePriceField,
  formatFactor,
  formatOwnPrice,
  isOwnPrice,
  isPartOfPrices,
  ratiosOf,
} from '../resources/price-fields.ts';

export interface CheaperPrice {
  /** Of the change. */
  readonly id: string;
  readonly detail: string;
  readonly rise: WordNumber;
}

const one = exactOf(1);

/** Prices that fall so far that a dollar buys more than that many percent more. */
export function cheaperOf(change: Change, percent: number): CheaperPrice[] {
  const most = divide(exactOf(100 + percent), exactOf(100));
  return priceChangesOf(change).flatMap(({ field, moved, ratios }): CheaperPrice[] => {
    const rises = ratios.flatMap((ratio): (Exact | 'unbounded')[] => {
      if (ratio === 'free') return ['unbounded'];
      if (ratio === null || ratio === 'same') return [];
      const bought = divide(one, ratio);
      return compare(bought, most) > 0 ? [bought] : [];
    });
    if (rises.length === 0) return [];
    const what = `${describePriceField(field)} of integration ${change.key.name}: ${moved}`;
    if (rises.includes('unbounded')) {
      return [{ id: change.id, rise: 'unbounded', detail: `${what}, and what is free ends no budget` }];
    }
    const largest = (rises as Exact[]).reduce((a, b) => (compare(a, b) >= 0 ? a : b));
    const rise = Number(ceiling(multiply(subtract(largest, one), exactOf(100))));
    return [
      {
        id: change.id,
        rise,
        detail: `${what}, so that a dollar of every budget buys up to ${rise} % more (over +${percent} %)`,
      },
    ];
  });
}

/** Those of which one side is the catalogue's price, or cannot be read. */
export function unknownPrices(changes: readonly Change[]): readonly { readonly id: string; readonly detail: string }[] {
  return changes.flatMap((change) => {
    const unknown = priceChangesOf(change).filter(({ ratios }) => ratios.includes(null));
    return unknown.map(({ field, moved }) => ({
      id: change.id,
      detail: `spend-up cannot be judged for the ${describePriceField(field)} of integration ${change.key.name}: ${moved}, and the catalogue’s is not known here`,
    }));
  });
}

function priceChangesOf({ fieldChanges, before, after }: Change) {
  return fieldChanges
    .filter(({ field }) => isPartOfPrices(field))
    .map(({ field, before: from, after: to }) => {
      const format = isOwnPrice(field) ? formatOwnPrice : formatFactor;
      return { field, moved: `${format(from)} → ${format(to)}`, ratios: ratiosOf(field, before ?? {}, after ?? {}) };
    });
}
