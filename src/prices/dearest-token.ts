/** What a token costs at most where a condition names the models that are called. */

import type { Exact } from '../exact.ts';
import type { Match } from '../resources/types.ts';
import { dearest } from './estimate.ts';
import { parseModelName } from './model-name.ts';
import type { PriceIndex } from './price-index.ts';
import { pricesAt, routesOf } from './prices-at.ts';

/** US cents per token; null where any model may be called, or the price of one, or by which way it is called, is not known. */
export function dearestToken(index: PriceIndex, match: Match, workspaceId: string | null): Exact | null {
  if (match === 'all' || routesOf(index.book, workspaceId) === null) return null;
  // All conditions have to hold, so that any of them bounds the models.
  const named = match.find(
    ({ key, any }) => key === 'model' && any !== '*' && any.every((model) => parseModelName(model) !== null),
  );
  if (named === undefined || named.any === '*') return null;
  return dearest(named.any.flatMap((model) => pricesAt(index, model, workspaceId, match))).rate;
}
