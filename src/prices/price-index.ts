import { priceOf } from './price-of.ts';
import type { ModelPrice, PriceBook } from './types.ts';

/**
 * A price book in which each name is looked up once: thousands of policies may hold one name, and a name that is not listed is
 * compared with all that are.
 */
export class PriceIndex {
  readonly book: PriceBook;
  readonly #known = new Map<string, ModelPrice>();
  #files: PriceIndex | undefined;

  constructor(book: PriceBook) {
    this.book = book;
  }

  priceOf(model: string): ModelPrice {
    const price = this.#known.get(model) ?? priceOf(this.book, model);
    this.#known.set(model, price);
    return price;
  }

  /** By the files alone: an integration may be called like a vendor, whose file is meant. */
  get files(): PriceIndex {
    this.#files ??= new PriceIndex({ providers: this.book.providers, integrations: new Map() });
    return this.#files;
  }
}
