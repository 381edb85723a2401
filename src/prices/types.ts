/** What is known of prices. Every price is exact and in US cents per token, per unit or per request; nothing is guessed. */

import type { Exact } from '../exact.ts';

/** US cents per token. A side that is null is not listed: unknown, which is not zero. */
export interface TokenPrice {
  readonly input: Exact | null;
  readonly output: Exact | null;
  /** When it applies, such as `region eu, batch`; null: always. */
  readonly where: string | null;
}

/** One model in a price file. */
export interface PriceEntry {
  readonly tokens: Pick<TokenPrice, 'input' | 'output'>;
  /** US cents by unit: `cache_read_input_token`, `image.high.1024x1024`, `additional_units.web_search`. Zeros included. */
  readonly units: ReadonlyMap<string, Exact>;
  /** `fixed_cost`: US cents per request, beside the tokens; null: none. */
  readonly perRequest: Exact | null;
  /** Prices by region, execution mode and context tier; null: there are some in a form that is not known. */
  readonly custom: readonly TokenPrice[] | null;
  readonly hasBatch: boolean;
  readonly hasFinetune: boolean;
}

/** An entry in an unknown form: what it costs is unknown, whatever else the file says. */
export interface UnreadableEntry {
  readonly problem: string;
}

/** One provider. */
export interface PriceFile {
  readonly models: ReadonlyMap<string, PriceEntry | UnreadableEntry>;
  /** For names that the file does not list. */
  readonly fallback: PriceEntry | UnreadableEntry | null;
}

/** Where a price comes from, and as of when. */
export interface Provenance {
  readonly kind: 'address' | 'folder' | 'integration';
  /** Address or path of the file; of an integration its slug. */
  readonly from: string;
  /** When it was read from the address; of a file in a folder, when it was last changed. ISO, UTC. */
  readonly asOf: string;
  /** From the copy on this machine: no request was made for it. */
  readonly cached: boolean;
}

export type ProviderPrices =
  | { readonly status: 'read'; readonly file: PriceFile; readonly provenance: Provenance }
  /** The source has no file for this provider. */
  | { readonly status: 'missing'; readonly provenance: Provenance }
  /** Could not be read, so that nothing is known. */
  | { readonly status: 'unread'; readonly why: string };

/** What an integration charges instead of the price files (docs/service-notes.md#integration-prices). */
export interface IntegrationPrices {
  readonly slug: string;
  /** Name of its price file, such as `openai`; null: the service did not say. */
  readonly vendor: string | null;
  /** Prices of its own by model; null: one in an unknown form. */
  readonly models: ReadonlyMap<string, TokenPrice | null>;
  /** Factors on every price; null: in an unknown form. */
  readonly multiplier: Multiplier | null;
  readonly provenance: Provenance;
}

export interface Multiplier {
  readonly input: Exact;
  readonly output: Exact;
}

/** All that is known at one moment; a model of a provider that is not in it is unknown. */
export interface PriceBook {
  /** By the provider's name as in model names: `openai`, `vertex-ai`. */
  readonly providers: ReadonlyMap<string, ProviderPrices>;
  /** By slug. */
  readonly integrations: ReadonlyMap<string, IntegrationPrices>;
  /** By workspace id, of those whose providers were looked at. */
  readonly routes?: ReadonlyMap<string, readonly Route[]>;
  /** Integrations among them whose prices could not be read, and why. */
  readonly unread?: ReadonlyMap<string, string>;
}

/** A provider of a workspace, and what its calls are charged by. */
export interface Route {
  readonly slug: string;
  /** Null: its row does not say. */
  readonly vendor: string | null;
  /** Slug; null: none, or its row does not say. */
  readonly integration: string | null;
}

/**
 * - `priced`: by token
 * - `priced_by_unit`: only images, audio, requests or other units cost something; what tokens cost cannot be derived
 * - `fallback`: the name is not listed, and the provider's default has a price for tokens
 * - `zero_by_design`: costs nothing on purpose
 * - `unpriced`: no price, so that its requests count nothing against a budget in dollars
 * - `unknown`: there is nothing to tell from
 */
export type PriceKind = 'priced' | 'priced_by_unit' | 'fallback' | 'zero_by_design' | 'unpriced' | 'unknown';

export interface ModelPrice {
  /** `@openai/gpt-4o`, as asked for. */
  readonly model: string;
  readonly kind: PriceKind;
  /** What tokens cost: nothing, one price, or one per region and mode where there is none for all. */
  readonly tokens: readonly TokenPrice[];
  /** Why the kind is what it is, where it is not simply priced. */
  readonly why: string | null;
  /** What else costs something, or which price was taken: for people. */
  readonly notes: readonly string[];
  /** Another name that the file does list; never a price. */
  readonly suggestion: string | null;
  readonly provenance: Provenance | null;
}
