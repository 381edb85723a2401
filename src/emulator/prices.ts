/**
 * Catalogue prices of the sample's models, in whole US cents per million tokens. Whole numbers keep every sum exact
 * (request-logs.ts).
 */

export interface Price {
  readonly input: number;
  readonly output: number;
}

const prices: Readonly<Record<string, Readonly<Record<string, Price>>>> = {
  openai: {
    'gpt-4o': { input: 250, output: 1_000 },
    'gpt-4o-mini': { input: 15, output: 60 },
    'gpt-5': { input: 125, output: 1_000 },
    'text-embedding-3-small': { input: 2, output: 0 },
  },
  anthropic: {
    'claude-opus-4-5': { input: 500, output: 2_500 },
    'claude-sonnet-4-5': { input: 300, output: 1_500 },
  },
  'azure-openai': {
    'gpt-4o': { input: 250, output: 1_000 },
  },
};

/** Undefined: the catalogue does not know the model, so its requests cost nothing (14.5). */
export function priceOf(vendor: string, model: string): Price | undefined {
  const models = Object.hasOwn(prices, vendor) ? prices[vendor] : undefined;
  return models !== undefined && Object.hasOwn(models, model) ? models[model] : undefined;
}
