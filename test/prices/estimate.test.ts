import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compare, type Exact, exactOf, fraction, toText, zero } from '../../src/exact.ts';
import { costOf, dearest, type Figure, ratesOf, ratesOfAll, tokensOf } from '../../src/prices/estimate.ts';
import { priceOf } from '../../src/prices/price-of.ts';
import type { ModelPrice, TokenPrice } from '../../src/prices/types.ts';
import { book, entry, model, read } from './kit.ts';

const threeQuarters = fraction(3n, 4n);

/** Cents per token. */
function tokens(input: number | null, output: number | null): TokenPrice {
  const side = (price: number | null): Exact | null => (price === null ? null : exactOf(price));
  return { input: side(input), output: side(output), where: null };
}

function show(figure: Figure): string {
  return 'value' in figure ? `${figure.bound} ${toText(figure.value)}` : figure.bound;
}

function shown({ lowest, expected, highest }: Record<'lowest' | 'expected' | 'highest', Figure>): string[] {
  return [lowest, expected, highest].map(show);
}

describe('10 M tokens at three parts input to one part output', () => {
  // Exact cents: 525/2 is $2.625, which prints as $2.63.
  it.each([
    ['openai', 'gpt-4o', 0.00025, 0.001, ['2500', '4375', '10000']],
    ['openai', 'gpt-4o-mini', 0.000015, 0.00006, ['150', '525/2', '600']],
    ['openai', 'gpt-5', 0.000125, 0.001, ['1250', '6875/2', '10000']],
    ['anthropic', 'claude-3-5-sonnet-20241022', 0.0003, 0.0015, ['3000', '6000', '15000']],
    ['google', 'gemini-2.0-flash-001', 0.00001, 0.00004, ['100', '175', '400']],
  ])('%s/%s', (provider, name, input, output, cents) => {
    const price = priceOf(book({ [provider]: read({ [name]: entry(input, output) }) }), `@${provider}/${name}`);
    const range = costOf(exactOf(10_000_000), ratesOf(price, threeQuarters));
    expect(shown(range)).toEqual(cents.map((value) => `exact ${value}`));
  });
});

it('counts back: $500 of gpt-4o', () => {
  const rates = ratesOf(model('@openai/gpt-4o', tokens(0.00025, 0.001)), threeQuarters);
  expect(shown(tokensOf(exactOf(50_000), rates))).toEqual([
    'exact 50000000',
    'exact 800000000/7', // 114,285,714.3
    'exact 200000000',
  ]);
});

describe('a set of models', () => {
  const dear = model('@a/dear', tokens(4, 8));
  const cheap = model('@a/cheap', tokens(1, 2));
  const free = model('@a/x:free', tokens(0, 0));
  const halfKnown = model('@a/half', tokens(2, null));
  const noOutputListed = model('@a/dearest-half', tokens(100, null));
  const unknown = model('@a/unknown');
  const twoPrices = model('@a/regional', tokens(1, 1), tokens(3, 3));

  it.each<[string, readonly ModelPrice[], string[]]>([
    ['one', [cheap], ['exact 10', 'exact 15', 'exact 20']],
    ['two', [dear, cheap], ['exact 10', 'exact 75/2', 'exact 80']],
    ['a free one among them', [dear, free], ['exact 0', 'exact 30', 'exact 80']],
    ['one that is unknown', [dear, unknown], ['unknown', 'at_least 30', 'at_least 80']],
    ['only unknown ones', [unknown], ['unknown', 'unknown', 'unknown']],
    ['nothing can be below free', [free, unknown], ['exact 0', 'unknown', 'unknown']],
    ['in any order', [unknown, free], ['exact 0', 'unknown', 'unknown']],
    ['one side is not listed', [halfKnown], ['unknown', 'at_least 10', 'at_least 20']],
    ['another is dearer for sure', [dear, noOutputListed], ['unknown', 'at_least 280', 'at_least 1000']],
    ['one of two prices applies', [twoPrices], ['exact 10', 'at_least 10', 'exact 30']],
  ])('%s', (_name, models, expected) => {
    expect(shown(costOf(exactOf(10), ratesOfAll(models, fraction(1n, 2n))))).toEqual(expected);
  });

  it.each<[string, readonly ModelPrice[], string[]]>([
    ['two', [dear, cheap], ['exact 30', 'exact 64', 'exact 240']],
    ['free', [free], ['unlimited', 'unlimited', 'unlimited']],
    ['an unknown one costs nothing or more', [dear, unknown], ['at_most 30', 'at_most 80', 'unknown']],
    ['unknown', [unknown], ['unknown', 'unknown', 'unknown']],
  ])('%s, of 240 cents', (_name, models, expected) => {
    expect(shown(tokensOf(exactOf(240), ratesOfAll(models, fraction(1n, 2n))))).toEqual(expected);
  });

  it('an all-input mix needs no price of output', () => {
    expect(show(costOf(exactOf(1), ratesOf(halfKnown, fraction(1n, 1n))).expected)).toBe('exact 2');
  });

  it('has a dearest price only if all are known', () => {
    expect(dearest([cheap, dear, free])).toEqual({ rate: exactOf(8), model: '@a/dear', unknown: [] });
    expect(dearest([dear, unknown, halfKnown])).toEqual({
      rate: null,
      model: null,
      unknown: ['@a/unknown', '@a/half'],
    });
    expect(dearest([twoPrices]).rate).toEqual(exactOf(3));
    expect(dearest([])).toEqual({ rate: null, model: null, unknown: [] });
  });
});

describe('laws', () => {
  const price = fc.integer({ min: 1, max: 10_000 }).map((n) => fraction(BigInt(n), 1_000_000n));
  const known = fc.record({ input: price, output: price, where: fc.constant(null) }).map((each) => model('@a/b', each));
  const some = fc.array(known, { minLength: 1, maxLength: 5 });
  const share = fc.integer({ min: 0, max: 100 }).map((n) => fraction(BigInt(n), 100n));
  const amount = fc.integer({ min: 1, max: 2 ** 40 }).map(exactOf);
  const exactIn = (figure: Figure): Exact => ('value' in figure ? figure.value : zero);

  it('lowest ≤ expected ≤ highest, both ways', () => {
    fc.assert(
      fc.property(some, share, amount, (models, part, many) => {
        const rates = ratesOfAll(models, part);
        for (const range of [costOf(many, rates), tokensOf(many, rates)]) {
          expect(compare(exactIn(range.lowest), exactIn(range.expected))).toBeLessThanOrEqual(0);
          expect(compare(exactIn(range.expected), exactIn(range.highest))).toBeLessThanOrEqual(0);
        }
      }),
    );
  });

  it('what tokens cost buys those tokens again, exactly', () => {
    fc.assert(
      fc.property(some, share, amount, (models, part, many) => {
        const rates = ratesOfAll(models, part);
        const back = tokensOf(exactIn(costOf(many, rates).expected), rates);
        expect(back.expected).toEqual({ bound: 'exact', value: many });
      }),
    );
  });

  it('one more model of unknown price makes no sum exact, and none smaller', () => {
    fc.assert(
      fc.property(some, share, (models, part) => {
        const before = ratesOfAll(models, part).highest;
        const after = ratesOfAll([...models, model('@a/unknown')], part);
        expect(after.highest.isComplete || after.expected.isComplete || after.lowest.isComplete).toBe(false);
        expect(compare(after.highest.value, before.value)).toBe(0);
      }),
    );
  });
});
