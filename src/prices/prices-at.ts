/**
 * What a workspace is charged for a model. Conditions name a vendor (`@openai/gpt-4o`), calls go through a provider, and the
 * integration behind that may multiply prices or set its own: as many prices as there are ways.
 */

import type { Match } from '../resources/types.ts';
import { parseModelName } from './model-name.ts';
import type { PriceIndex } from './price-index.ts';
import { isPriced } from './price-of.ts';
import type { ModelPrice, PriceBook, Route } from './types.ts';

/**
 * Never empty. Where the ways of the workspace are not known: the price file's, or that of an integration in the book which
 * has one where the file has none.
 *
 * @param match of the policy, which may name providers
 */
export function pricesAt(index: PriceIndex, model: string, place: string | null, match: Match): readonly ModelPrice[] {
  const { book } = index;
  const name = parseModelName(model);
  const routes = routesOf(book, place);
  if (name === null || routes === null) return [priceAnywhere(index, model)];
  const ways = routes.filter((route) => isWayTo(book, route, name.provider) && isMatched(route, match));
  if (ways.length === 0) return [index.files.priceOf(model)];
  return [...new Set(ways.map(({ integration }) => integration))].map((slug) => {
    if (slug === null) return index.files.priceOf(model);
    if (book.integrations.has(slug)) return { ...index.priceOf(`@${slug}/${name.model}`), model };
    const why = `the prices of integration ${slug} were not read`;
    return { model, kind: 'unknown', tokens: [], why, notes: [], suggestion: null, provenance: null };
  });
}

/** How calls of a workspace go; null: not known. */
export function routesOf({ routes }: PriceBook, place: string | null): readonly Route[] | null {
  return (place === null ? undefined : routes?.get(place)) ?? null;
}

/** One whose vendor nobody tells may be any. */
export function isWayTo({ integrations }: PriceBook, { vendor, integration }: Route, wanted: string): boolean {
  const own = vendor ?? integrations.get(integration ?? '')?.vendor ?? null;
  return own === null || own === wanted;
}

function isMatched({ slug }: Route, match: Match): boolean {
  if (match === 'all') return true;
  return match.every(
    ({ key, any, except }) => key !== 'virtual_key' || ((any === '*' || any.includes(slug)) && !except.includes(slug)),
  );
}

/** An integration may price a model that its vendor's file leaves out. */
function priceAnywhere(index: PriceIndex, model: string): ModelPrice {
  const price = index.priceOf(model);
  if (isPriced(price) === true) return price;
  const name = parseModelName(model);
  const own = [...index.book.integrations.values()]
    .filter(({ vendor, models }) => vendor === name?.provider && models.has(name?.model ?? ''))
    .map(({ slug }) => index.priceOf(`@${slug}/${name?.model}`));
  return own.find((other) => isPriced(other) === true) ?? price;
}
