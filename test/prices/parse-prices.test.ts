import { describe, expect, it } from 'vitest';
import { exactOf, fraction, toText } from '../../src/exact.ts';
import { parseIntegrationPrices } from '../../src/prices/integration-prices.ts';
import { parsePriceFile } from '../../src/prices/parse-prices.ts';
import type { PriceEntry } from '../../src/prices/types.ts';
import { entry, parsed, provenanceOf, regional } from './kit.ts';

function entryOf(value: unknown): PriceEntry {
  const found = parsed({ other: entry(1, 1), m: value }).models.get('m');
  if (found === undefined || 'problem' in found) throw new Error(found?.problem ?? 'not there');
  return found;
}

/** Null: the entry is readable. */
function problemOf(value: unknown): string | null {
  const found = parsed({ other: entry(1, 1), m: value }).models.get('m');
  return found !== undefined && 'problem' in found ? found.problem : null;
}

describe('one model', () => {
  it('takes prices at their word, however small', () => {
    const text = '{"m": {"pricing_config": {"pay_as_you_go": {"request_token": {"price": 8.3e-07}}}}}';
    const found = parsed(JSON.parse(text)).models.get('m') as PriceEntry;
    expect(found.tokens).toEqual({ input: fraction(83n, 100_000_000n), output: null });
  });

  it('keeps zero and "not listed" apart', () => {
    expect(entryOf(entry(0, 0)).tokens).toEqual({ input: exactOf(0), output: exactOf(0) });
    expect(entryOf(entry()).tokens).toEqual({ input: null, output: null });
    expect(entryOf({ pricing_config: null }).tokens).toEqual({ input: null, output: null });
    expect(entryOf({ pricing_config: {} }).tokens).toEqual({ input: null, output: null });
    expect(entryOf({ pricing_config: { pay_as_you_go: null } }).tokens).toEqual({ input: null, output: null });
  });

  it('reads every other unit by its path', () => {
    const { units, tokens } = entryOf(
      entry(1, 2, {
        cache_read_input_token: { price: 0.5 },
        image: { high: { '1024x1024': { price: 4 } } },
        additional_units: { web_search: { price: 1 } },
      }),
    );
    expect([...units].map(([name, price]) => `${name} ${toText(price)}`)).toEqual([
      'cache_read_input_token 1/2',
      'image.high.1024x1024 4',
      'additional_units.web_search 1',
    ]);
    expect(tokens).toEqual({ input: exactOf(1), output: exactOf(2) });
  });

  it('reads prices per request, batch and fine-tuning', () => {
    const own = {
      pay_as_you_go: {},
      fixed_cost: { request: { price: 0.5 }, response: { price: 0.25 } },
      batch_config: { request_token: { price: 1 } },
      finetune_config: { pay_per_token: { price: 1 } },
    };
    const found = entryOf({ pricing_config: own });
    expect(found).toMatchObject({ perRequest: fraction(3n, 4n), hasBatch: true, hasFinetune: true });
    expect(entryOf(entry(1, 1))).toMatchObject({ perRequest: null, hasBatch: false, hasFinetune: false });
  });

  it('reads prices by region, mode and context tier', () => {
    const modes = { standard: { context_tiers: { 'gt-272k': entry(2, 3) } }, batch: entry(1, 1), odd: {} };
    expect(entryOf({ ...entry(1, 1), ...regional(modes, 'eu') }).custom).toEqual([
      { input: exactOf(2), output: exactOf(3), where: 'region eu, standard, gt-272k' },
      { input: exactOf(1), output: exactOf(1), where: 'region eu, batch' },
    ]);
  });

  it('in a new form of regions still has its own price', () => {
    expect(entryOf({ ...entry(1, 2), custom_pricing: { zones: [] } })).toMatchObject({
      tokens: { input: exactOf(1) },
      custom: null,
    });
  });

  it.each<[string, unknown]>([
    ['no entry', 'free'],
    ['no pricing_config', { 'gpt-image': {} }],
    ['a text', entry(undefined, 1, { request_token: { price: '0.1' } })],
    ['null', entry(undefined, 1, { request_token: { price: null } })],
    ['negative', entry(-0.1, 1)],
    ['not finite', JSON.parse('{"pricing_config": {"pay_as_you_go": {"request_token": {"price": 1e999}}}}')],
    ['ten million dollars a token', entry(1e10, 1)],
    ['a bare number', entry(1, 1, { image: 4 })],
    ['a list', entry(1, 1, { image: [{ price: 4 }] })],
    ['too deep', entry(1, 1, { a: { b: { c: { d: { e: { price: 1 } } } } } })],
    ['another currency', { pricing_config: { currency: 'EUR', pay_as_you_go: { request_token: { price: 1 } } } }],
    ['a broken price per request', { pricing_config: { fixed_cost: { request: { price: 'x' } } } }],
  ])('%s: unknown, and the others stay', (_name, value) => {
    expect(problemOf(value)).not.toBeNull();
  });

  it('in dollars is no other currency', () => {
    expect(problemOf({ pricing_config: { currency: 'USD', pay_as_you_go: {} } })).toBeNull();
  });
});

describe('a file', () => {
  it('has a default for other names', () => {
    const file = parsed({ default: entry(0, 0), m: entry(1, 1) });
    expect([...file.models.keys()]).toEqual(['m']);
    expect(file.fallback).toMatchObject({ tokens: { input: exactOf(0) } });
    expect(parsed({ m: entry(1, 1) }).fallback).toBeNull();
  });

  it('has no names that nobody can ask for', () => {
    expect([...parsed({ ['x'.repeat(301)]: entry(1, 1), m: entry(1, 1) }).models.keys()]).toEqual(['m']);
  });

  it('may hold names that mean something to the language', () => {
    const body = JSON.parse('{"__proto__": {"pricing_config": {}}, "constructor": {"pricing_config": {}}}');
    expect([...parsed(body).models.keys()]).toEqual(['__proto__', 'constructor']);
    expect(parsed({ m: entry(1, 1) }).models.get('toString')).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['nothing', null],
    ['a list', [entry(1, 1)]],
    ['a text', 'prices'],
    ['empty', {}],
    ['an error', { error: 'Not found', status: 404 }],
    ['prices without their wrapping', { m: { pay_as_you_go: { request_token: { price: 1 } } } }],
    ['too many', Object.fromEntries(Array.from({ length: 50_001 }, (_, index) => [`m${index}`, {}]))],
  ])('%s is none', (_name, body) => {
    expect(parsePriceFile(body)).toHaveProperty('problem');
  });
});

describe('an integration', () => {
  const parse = (adjustments: unknown, pricing_config?: unknown) =>
    parseIntegrationPrices(
      { slug: 'team', vendor: 'openai', adjustments, models: [{ slug: 'm', pricing_config }, { slug: 'plain' }] },
      provenanceOf('openai'),
    );

  it('writes dollars per million tokens; what it leaves out costs nothing', () => {
    const own = { type: 'static', pay_as_you_go: { request_token: { price: 2.5 } } };
    // $2.50 a million is 0.00025 cents a token.
    expect(parse(null, own).models.get('m')).toEqual({
      input: fraction(1n, 4000n),
      output: exactOf(0),
      where: null,
    });
    expect(parse(null, own).models.has('plain')).toBe(false);
    expect(parse(null, null).models.has('m')).toBe(false);
  });

  it.each<[string, unknown]>([
    ['another type', { type: 'dynamic', pay_as_you_go: {} }],
    ['no prices', { type: 'static' }],
    ['negative', { type: 'static', pay_as_you_go: { request_token: { price: -1 } } }],
  ])('%s: a price that is not known', (_name, own) => {
    expect(parse(null, own).models.get('m')).toBeNull();
  });

  it.each<[string, unknown, unknown]>([
    ['none', null, { input: exactOf(1), output: exactOf(1) }],
    ['empty', {}, { input: exactOf(1), output: exactOf(1) }],
    ['for all', { multiplier: { default: 0.8 } }, { input: exactOf(0.8), output: exactOf(0.8) }],
    ['by kind', { multiplier: { default: 2, response_token: 3 } }, { input: exactOf(2), output: exactOf(3) }],
    ['null inherits', { multiplier: { default: 2, request_token: null } }, { input: exactOf(2), output: exactOf(2) }],
    ['zero is a factor', { multiplier: { default: 2, request_token: 0 } }, { input: exactOf(0), output: exactOf(2) }],
    ['negative', { multiplier: { default: -1 } }, null],
    ['no number', { multiplier: 0.8 }, null],
  ])('multiplies: %s', (_name, adjustments, expected) => {
    expect(parse(adjustments).multiplier).toEqual(expected);
  });
});
