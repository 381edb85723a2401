/** Made-up price files in the published form, and books of them. */

import { parsePriceFile } from '../../src/prices/parse-prices.ts';
import type { IntegrationPrices, ModelPrice, PriceBook, PriceFile, ProviderPrices } from '../../src/prices/types.ts';

/** US cents per token; undefined leaves the side out. */
export function entry(input?: number, output?: number, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    pricing_config: {
      pay_as_you_go: {
        ...(input === undefined ? {} : { request_token: { price: input } }),
        ...(output === undefined ? {} : { response_token: { price: output } }),
        ...more,
      },
    },
  };
}

/** `regions → execution_modes → pricing_config or context_tiers`, as published. */
export function regional(modes: Readonly<Record<string, Record<string, unknown>>>, region = 'default') {
  return { custom_pricing: { regions: { [region]: { execution_modes: modes } } } };
}

const asOf = '2026-11-20T09:00:00.000Z';

export function read(body: unknown, provider = 'openai'): ProviderPrices {
  return { status: 'read', file: parsed(body), provenance: provenanceOf(provider) };
}

export function parsed(body: unknown): PriceFile {
  const file = parsePriceFile(body);
  if ('problem' in file) throw new Error(file.problem);
  return file;
}

export function provenanceOf(provider: string) {
  return { kind: 'address', from: `https://prices.example.com/${provider}.json`, asOf, cached: false } as const;
}

export function book(
  providers: Readonly<Record<string, ProviderPrices>>,
  integrations: readonly IntegrationPrices[] = [],
): PriceBook {
  return {
    providers: new Map(Object.entries(providers)),
    integrations: new Map(integrations.map((integration) => [integration.slug, integration])),
  };
}

/** A model whose tokens have this price, in cents. */
export function model(name: string, ...tokens: ModelPrice['tokens']): ModelPrice {
  const kind = tokens.length === 0 ? 'unknown' : 'priced';
  return { model: name, kind, tokens, why: null, notes: [], suggestion: null, provenance: null };
}
