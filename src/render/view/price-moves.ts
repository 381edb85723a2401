/** Changed prices, each in a line of its own, with what a dollar buys from then on. */

import { compare, divide, type Exact, exactOf, multiply, round, subtract } from '../../exact.ts';
import type { Change, FieldChange } from '../../plan/types.ts';
import { escapeInvisible } from '../../printable.ts';
import { formatField } from '../../resources/field-text.ts';
import { describePriceField, isPartOfPrices } from '../../resources/price-fields.ts';
import { priceMoves } from '../../resources/price-moves.ts';
import { type Ratio, ratiosOf } from '../../resources/price-ratios.ts';
import { fresh, joinLines, type Line, words } from './cells.ts';

/** `price of gpt-4o: input $2.50 → $2 per 1M tokens`. */
export function priceMoveLine({ field, before, after }: FieldChange): Line {
  const { moves, unit } = priceMoves(field, before, after);
  const said = moves.map(({ of, from, to }): Line => [words(`${of}${from} → `), fresh(to)]);
  const behind = unit === '' ? [] : [words(unit)];
  return [words(`${escapeInvisible(describePriceField(field))} `), ...joinLines(said, ', '), ...behind];
}

/** Null: it changes no price. With more than one the lines stand below the change. */
export function pricesOfChange(change: Change): { readonly what: Line | null; readonly lines: readonly Line[] } | null {
  const moved = change.fieldChanges.filter(({ field }) => isPartOfPrices(field));
  if (moved.length === 0) return null;
  const bought = moved.map(({ field }) => describeBought(ratiosOf(field, change.before ?? {}, change.after ?? {})));
  if (moved.length === 1) {
    const [only = null] = bought;
    return { what: null, lines: only === null ? [] : [[words(only)]] };
  }
  const lines = moved.map((move, at): Line => {
    const line = change.action === 'create' ? wholeLine(move) : priceMoveLine(move);
    return bought[at] === null ? line : [...line, words(`: ${bought[at]}`)];
  });
  return { what: [words(`${moved.length} prices change`)], lines };
}

function wholeLine({ field, after }: FieldChange): Line {
  return [
    words(escapeInvisible(`${describePriceField(field)} `)),
    fresh(escapeInvisible(formatField(field, after, {}))),
  ];
}

const one = exactOf(1);

/** `a dollar buys 18 % more`; null: nobody knows, as the catalogue's price is on one side. */
function describeBought(ratios: readonly Ratio[]): string | null {
  if (ratios.includes(null)) return null;
  if (ratios.includes('free'))
    return ratios.every((ratio) => ratio === 'free' || ratio === 'same')
      ? 'free: no budget in dollars ends it'
      : 'in part free, which no budget in dollars ends';
  if (ratios.includes('charged')) return 'a dollar buys less of what was free';
  const bought = ratios.flatMap((ratio) => (ratio === null || typeof ratio === 'string' ? [] : [divide(one, ratio)]));
  const [first, ...others] = bought;
  if (first === undefined) return null;
  const least = others.reduce((a, b) => (compare(b, a) < 0 ? b : a), first);
  const most = others.reduce((a, b) => (compare(b, a) > 0 ? b : a), first);
  const [from, to] = [percentOf(least), percentOf(most)];
  // Beside another kind of token that costs what it did.
  const upTo = ratios.slice(0, 2).includes('same') ? 'up to ' : '';
  return from === to ? `a dollar buys ${upTo}${to}` : `a dollar buys from ${from} to ${to}, by kind of token`;
}

/** To the nearest percent, and never none where it moves. */
function percentOf(bought: Exact): string {
  const isMore = compare(bought, one) > 0;
  const percent = round(multiply(isMore ? subtract(bought, one) : subtract(one, bought), exactOf(100)));
  const size = percent === 0n ? 'under 1' : percent >= 100n && !isMore ? 'over 99' : `${percent}`;
  return `${size} % ${isMore ? 'more' : 'less'}`;
}
