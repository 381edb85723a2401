/** Prices that change, in words: every arrow between two prices of one thing, and nothing that stays. */

import {
  asOwnPrice,
  formatFactor,
  formatOwnPrice,
  formatPerMillion,
  isOwnPrice,
  perMillionTokens,
  tokenKindNames,
  tokenKindWords,
} from './price-fields.ts';
import type { FieldValue } from './types.ts';

export interface PriceMove {
  /** `input `; nothing where one price is all there is. */
  readonly of: string;
  readonly from: string;
  readonly to: string;
}

export interface PriceMoves {
  readonly moves: readonly PriceMove[];
  /** What stands behind them: ` per 1M tokens`. */
  readonly unit: string;
}

type Value = FieldValue | undefined;

export function priceMoves(field: string, before: Value, after: Value): PriceMoves {
  const format = isOwnPrice(field) ? formatOwnPrice : formatFactor;
  const whole = { moves: [{ of: '', from: format(before), to: format(after) }], unit: '' };
  if (!isOwnPrice(field)) return whole;
  const [from, to] = [asOwnPrice(before), asOwnPrice(after)];
  if (from === null || to === null || from.unreadable === true || to.unreadable === true) return whole;
  const moved = tokenKindNames.filter((kind) => (from[kind] ?? '0') !== (to[kind] ?? '0'));
  return {
    moves: moved.map((kind) => ({
      of: `${tokenKindWords[kind]} `,
      from: formatPerMillion(from[kind] ?? '0'),
      to: formatPerMillion(to[kind] ?? '0'),
    })),
    unit: perMillionTokens,
  };
}

/** `×0.85 → ×0.8`, `input $2.50 → $2, output $10 → $8 per 1M tokens`. */
export function describePriceMove(field: string, before: Value, after: Value): string {
  const { moves, unit } = priceMoves(field, before, after);
  return `${moves.map(({ of, from, to }) => `${of}${from} → ${to}`).join(', ')}${unit}`;
}
