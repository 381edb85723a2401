import { describe, expect, it } from 'vitest';
import { toText } from '../../src/exact.ts';
import { dearestToken } from '../../src/prices/dearest-token.ts';
import { parseIntegrationPrices } from '../../src/prices/integration-prices.ts';
import { PriceIndex } from '../../src/prices/price-index.ts';
import type { IntegrationPrices, PriceBook, Route } from '../../src/prices/types.ts';
import type { Match } from '../../src/resources/types.ts';
import { book, entry, read } from './kit.ts';

const files = book({
  openai: read({ default: entry(0, 0), a: entry(0.001, 0.004), b: entry(0.002, 0.003), half: entry(0.001) }),
});
const through = (routes: readonly Route[], ...integrations: readonly IntegrationPrices[]): PriceBook => ({
  ...files,
  routes: new Map([['w', routes]]),
  integrations: new Map(integrations.map((integration) => [integration.slug, integration])),
});
const models = (...names: readonly string[]): Match => [
  { key: 'model', any: names.map((name) => `@openai/${name}`), except: [] },
];
const textOf = (match: Match, prices = through([])): string | null => {
  const rate = dearestToken(new PriceIndex(prices), match, 'w');
  return rate === null ? null : toText(rate);
};

it('is the dearest side of the dearest model', () => {
  expect(textOf(models('a'))).toBe('1/250');
  expect(textOf(models('b', 'a'))).toBe('1/250');
  expect(textOf(models('b'))).toBe('3/1000');
  expect(textOf([{ key: 'metadata.team', any: ['nlp'], except: [] }, ...(models('b') as [])])).toBe('3/1000');
});

it.each<[string, Match]>([
  ['every call', 'all'],
  ['any model', [{ key: 'model', any: '*', except: [] }]],
  ['all of a vendor', models('a', '*')],
  ['a model without a price', models('a', 'c')],
  ['a price of one side', models('half')],
  ['another condition', [{ key: 'api_key', any: ['k'], except: [] }]],
])('is not known of %s', (_, match) => {
  expect(textOf(match)).toBeNull();
});

describe('mistakes-B4: by what integrations charge', () => {
  const integration = (slug: string, factor: number, own: Readonly<Record<string, number>> = {}): IntegrationPrices =>
    parseIntegrationPrices(
      {
        slug,
        vendor: 'openai',
        adjustments: { multiplier: { default: factor } },
        models: Object.entries(own).map(([name, price]) => ({
          slug: name,
          pricing_config: {
            type: 'static',
            pay_as_you_go: { request_token: { price }, response_token: { price } },
          },
        })),
      },
      { kind: 'integration', from: slug, asOf: '2026-11-20T09:00:00.000Z', cached: false },
    );
  const way = (name: string | null): Route => ({ slug: `via-${name}`, vendor: 'openai', integration: name });

  it.each<[string, string | null, PriceBook]>([
    ['times three', '3/250', through([way('x3')], integration('x3', 3))],
    ['the dearest of several ways', '3/250', through([way('x3'), way(null)], integration('x3', 3))],
    ['cheaper than the file', '1/500', through([way('half')], integration('half', 0.5))],
    ['a price of its own, in dollars per million', '1/100', through([way('own')], integration('own', 1, { a: 100 }))],
    ['unknown where one was not read', null, through([way('x3'), way('locked')], integration('x3', 3))],
    ['unknown where the ways are not known', null, files],
    ['the file, whatever an integration is called', '1/250', through([way(null)], integration('openai', 9))],
  ])('%s', (_, rate, prices) => {
    expect(textOf(models('a'), prices)).toBe(rate);
  });
});
