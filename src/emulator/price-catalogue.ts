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

/** Undefined: the catalogue does not know the model, so its requests cost nothing. */
export function cataloguePriceOf(vendor: string, model: string): Price | undefined {
  const models = Object.hasOwn(prices, vendor) ? prices[vendor] : undefined;
  return models !== undefined && Object.hasOwn(models, model) ? models[model] : undefined;
}

/** The price file of a vendor as it is published: US cents **per token**. Undefined: there is none. */
export function buildPriceFile(vendor: string): Record<string, unknown> | undefined {
  const models = Object.hasOwn(prices, vendor) ? prices[vendor] : undefined;
  if (models === undefined) return undefined;
  const nothing: Price = { input: 0, output: 0 };
  const entries = Object.entries({ default: nothing, ...models });
  return Object.fromEntries(entries.map(([model, price]) => [model, { pricing_config: buildPricingConfig(price) }]));
}

/** The price of one model as it is answered, with the way to sum it up; cents per token. Undefined: not known. */
export function buildModelPrice(vendor: string, model: string): Record<string, unknown> | undefined {
  const price = cataloguePriceOf(vendor, model);
  if (price === undefined) return undefined;
  const multiply = (tokens: string, rate: string) => ({
    operation: 'multiply',
    operands: [{ value: tokens }, { value: `rates.${rate}` }],
  });
  return {
    ...buildPricingConfig(price),
    calculate: {
      request: { operation: 'sum', operands: [multiply('input_tokens', 'request_token')] },
      response: multiply('output_tokens', 'response_token'),
    },
    currency: 'USD',
  };
}

function buildPricingConfig({ input, output }: Price): Record<string, unknown> {
  // A quotient of whole numbers is the nearest number to the decimal fraction, so it prints as that fraction.
  return { pay_as_you_go: { request_token: { price: input / 1e6 }, response_token: { price: output / 1e6 } } };
}
