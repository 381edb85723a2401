import { describe, expect, it } from 'vitest';
import { exactOf, fraction, multiply } from '../../src/exact.ts';
import { parseIntegrationPrices } from '../../src/prices/integration-prices.ts';
import { isPriced, priceOf } from '../../src/prices/price-of.ts';
import type { IntegrationPrices, PriceKind } from '../../src/prices/types.ts';
import { book, entry, provenanceOf, read, regional } from './kit.ts';

const nothing = entry(0, 0);
const units = { additional_units: { web_search: { price: 1 } } };

const prices = book({
  openai: read({
    default: nothing,
    'gpt-4o': entry(0.00025, 0.001),
    'gpt-4o-2024-08-06': entry(0.00025, 0.001),
    'only-dated-2025-01-31': entry(1, 1),
    embedding: entry(0.000002),
    image: entry(0, 0, { image: { high: { '1024x1024': { price: 4 } } } }),
    'per-request': { pricing_config: { fixed_cost: { request: { price: 0.5 } } } },
    zero: nothing,
    empty: { pricing_config: {} },
    tuned: { pricing_config: { finetune_config: { pay_per_token: { price: 1 } } } },
    regions: { ...nothing, ...regional({ standard: entry(1, 2), batch: entry(0.5, 1) }, 'eu') },
    'new-form': { ...nothing, custom_pricing: { zones: [] } },
    broken: entry(-1, 1),
  }),
  google: read({
    default: nothing,
    'gemini-2.5-pro-gt-128k': entry(2, 4),
    'gemini-2.5-pro-lte-128k': entry(1, 2),
    'small-lte-200k': entry(3, 3),
    'small-lte-32k': entry(1, 1),
  }),
  'reka-ai': read({ default: entry(0.00008, 0.0002), 'reka-core': entry(1, 1) }),
  'x-ai': read({ default: entry(0, 0, units), grok: entry(1, 1) }),
  sagemaker: read({ default: nothing }),
  openrouter: read({ default: nothing, 'maker/model:free': nothing, 'maker/model': entry(1, 1) }),
  broken: read({ default: entry(-1), m: entry(1, 1) }),
  voyage: { status: 'missing', provenance: provenanceOf('voyage') },
  cohere: { status: 'unread', why: 'no answer within 30 s' },
});

describe('is a model priced?', () => {
  it.each<[string, PriceKind, boolean | null]>([
    ['@openai/gpt-4o', 'priced', true],
    ['@openai/embedding', 'priced', true],
    ['@openai/image', 'priced_by_unit', true],
    ['@openai/per-request', 'priced_by_unit', true],
    ['@openai/regions', 'priced', true],
    ['@openai/zero', 'unpriced', false],
    ['@openai/empty', 'unpriced', false],
    ['@openai/tuned', 'unpriced', false],
    ['@openai/does-not-exist', 'unpriced', false],
    ['@openai/toString', 'unpriced', false],
    ['@openai/new-form', 'unknown', null],
    ['@openai/broken', 'unknown', null],
    ['@google/gemini-2.5-pro', 'priced', true],
    ['@reka-ai/whatever', 'fallback', true],
    ['@x-ai/whatever', 'unpriced', false],
    ['@sagemaker/x', 'unpriced', false],
    ['@openrouter/maker/model:free', 'zero_by_design', false],
    ['@openrouter/maker/model', 'priced', true],
    ['@broken/other', 'unknown', null],
    ['@voyage/voyage-3', 'unknown', null],
    ['@cohere/command', 'unknown', null],
    ['@nobody/asked', 'unknown', null],
    ['openai/gpt-4o', 'unknown', null],
    ['@openai/*', 'unknown', null],
  ])('%s is %s', (name, kind, priced) => {
    const price = priceOf(prices, name);
    expect([price.kind, isPriced(price)]).toEqual([kind, priced]);
    // Only what is known has numbers, and what is not says why.
    expect(price.tokens.length > 0).toBe(kind === 'priced' || kind === 'fallback' || kind === 'zero_by_design');
    expect(price.why === null).toBe(kind === 'priced');
  });

  it('takes the lower tier of a context suffix, the least first, and says so', () => {
    expect(priceOf(prices, '@google/gemini-2.5-pro').tokens).toEqual([
      { input: exactOf(1), output: exactOf(2), where: null },
    ]);
    const small = priceOf(prices, '@google/small');
    expect(small.tokens[0]?.input).toEqual(exactOf(1));
    expect(small.notes.join()).toContain('small-lte-32k');
  });

  it('gives one price per region where there is none for all', () => {
    expect(priceOf(prices, '@openai/regions').tokens).toEqual([
      { input: exactOf(1), output: exactOf(2), where: 'region eu, standard' },
      { input: exactOf(0.5), output: exactOf(1), where: 'region eu, batch' },
    ]);
  });

  it.each([
    ['@openai/gpt-4o-2025-11-20', 'gpt-4o'],
    ['@openai/only-dated', 'only-dated-2025-01-31'],
    ['@openai/gpt4o', 'gpt-4o'],
    ['@openai/nothing-like-it-at-all', null],
  ])('suggests another name for %s, and never its price', (name, suggestion) => {
    expect(priceOf(prices, name)).toMatchObject({ kind: 'unpriced', tokens: [], suggestion });
  });

  it('S2-15: says what else costs something, such as images', () => {
    expect(priceOf(prices, '@x-ai/whatever').notes.join()).toContain('web_search');
    expect(priceOf(prices, '@openai/image').why).toContain('image.high.1024x1024');
    expect(priceOf(prices, '@openai/embedding').notes.join()).toContain('output');
  });

  it('says where a price comes from', () => {
    expect(priceOf(prices, '@openai/gpt-4o').provenance).toEqual(provenanceOf('openai'));
    expect(priceOf(prices, '@cohere/command')).toMatchObject({ provenance: null, why: 'no answer within 30 s' });
  });
});

describe('an integration', () => {
  const own = (input: number, output: number) => ({
    type: 'static',
    pay_as_you_go: { request_token: { price: input }, response_token: { price: output } },
  });

  function integration(adjustments: unknown, vendor: string | null = 'openai'): IntegrationPrices {
    const models = [
      { slug: 'in-house', pricing_config: own(2.5, 10) },
      { slug: 'given-away', pricing_config: own(0, 0) },
      { slug: 'odd', pricing_config: { type: 'odd' } },
      { slug: 'gpt-4o' },
    ];
    const provenance = { kind: 'integration', from: 'team', asOf: '2026-11-20T12:00:00.000Z', cached: false } as const;
    return parseIntegrationPrices({ slug: 'team', vendor, adjustments, models }, provenance);
  }

  const within = (given: IntegrationPrices) => ({ ...prices, integrations: new Map([['team', given]]) });

  it('prices what no file lists', () => {
    expect(priceOf(within(integration(null)), '@team/in-house')).toMatchObject({
      kind: 'priced',
      tokens: [{ input: exactOf(0.00025), output: exactOf(0.001) }],
      provenance: { kind: 'integration', from: 'team' },
    });
  });

  it('leaves the rest to the file of its provider', () => {
    expect(priceOf(within(integration(null)), '@team/gpt-4o')).toEqual({
      ...priceOf(prices, '@openai/gpt-4o'),
      model: '@team/gpt-4o',
    });
  });

  it('lowers everything by a fifth with 0.8', () => {
    const [plain] = priceOf(prices, '@openai/gpt-4o').tokens;
    const price = priceOf(within(integration({ multiplier: { default: 0.8 } })), '@team/gpt-4o');
    expect(price.tokens[0]?.input).toEqual(multiply(plain?.input ?? exactOf(0), fraction(4n, 5n)));
    expect(price.tokens[0]?.output).toEqual(multiply(plain?.output ?? exactOf(0), fraction(4n, 5n)));
    expect(price.notes.join()).toContain('multiplier');
  });

  it.each<[string, unknown, string, PriceKind]>([
    ['a price of zero is meant', null, 'given-away', 'zero_by_design'],
    ['so is a multiplier of zero', { multiplier: { default: 0 } }, 'gpt-4o', 'zero_by_design'],
    ['a price in an unknown form is unknown', null, 'odd', 'unknown'],
    ['a multiplier in an unknown form makes all unknown', { multiplier: 'x' }, 'gpt-4o', 'unknown'],
    ['what has no price has none times anything', { multiplier: { default: 2 } }, 'nothing-like-it', 'unpriced'],
  ])('%s', (_name, adjustments, name, kind) => {
    expect(priceOf(within(integration(adjustments)), `@team/${name}`).kind).toBe(kind);
  });

  it('without a provider has its own prices only', () => {
    const given = within(integration(null, null));
    expect(priceOf(given, '@team/in-house').kind).toBe('priced');
    expect(priceOf(given, '@team/gpt-4o').kind).toBe('unknown');
  });
});
