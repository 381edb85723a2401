/** Rules about prices of integrations, each just below and just above what it finds. */

import { describe, expect, it } from 'vitest';
import type { LiveObject } from '../../src/live/live.ts';
import { parsePriceFile } from '../../src/prices/parse-prices.ts';
import { PriceIndex } from '../../src/prices/price-index.ts';
import { now } from '../plan/kit.ts';
import { entry } from '../prices/kit.ts';
import { messagesOf } from './facts.ts';
import { findingsOf } from './plan-facts.ts';

const pricesText = (text: string): string =>
  `integrations:\n  openai-prod:\n    prices:\n${text.replace(/^/gm, '      ')}\n`;
const modelText = (input: string, output = input): string =>
  `models:\n  gpt-4o:\n    input: $${input} per 1M tokens\n    output: $${output} per 1M tokens`;

describe('in the files alone', () => {
  it.each([
    ['9.99', []],
    [
      '10',
      [
        'multiplier ×10: a budget in dollars is used up 10 times as fast as by the catalogue: is that the factor?; 10 % of the catalogue’s price is `0.1`',
      ],
    ],
    [
      '85',
      [
        'multiplier ×85: a budget in dollars is used up 85 times as fast as by the catalogue: is that the factor?; 85 % of the catalogue’s price is `0.85`',
      ],
    ],
    [
      '850',
      ['multiplier ×850: a budget in dollars is used up 850 times as fast as by the catalogue: is that the factor?'],
    ],
    ['0.11', []],
    ['0.1', ['multiplier ×0.1: a budget in dollars buys 10 times what it buys by the catalogue: is that the factor?']],
    [
      '{ output: 0.085 }',
      [
        'multiplier of output ×0.085: a budget in dollars buys 11.8 times what it buys by the catalogue: is that the factor?',
      ],
    ],
    ['none', []],
  ])('multiplier-far-from-one: %s', (factor, expected) => {
    expect(messagesOf('multiplier-far-from-one', '', pricesText(`multiplier: ${factor}`))).toEqual(expected);
  });

  it('price-free: both at nothing, one alone is what embeddings cost', () => {
    expect(messagesOf('price-free', '', pricesText(modelText('0')))).toEqual([
      'gpt-4o is free: no budget in dollars ends its calls',
    ]);
    expect(messagesOf('price-free', '', pricesText(modelText('0.02', '0')))).toEqual([]);
  });
});

const priced = (input: number, output = input) => ({
  type: 'static',
  pay_as_you_go: { request_token: { price: input }, response_token: { price: output } },
});

/** What a plan says of these prices in the file over those live. */
function saidOver(
  rule: 'price-unit' | 'price-jumps',
  declared: string,
  live: { readonly multiplier?: Record<string, number>; readonly config?: object | null; readonly other?: object },
  catalogue: number | null = null,
) {
  const model = (slug: string, pricing_config: unknown) => ({ slug, enabled: true, pricing_config });
  const object: LiveObject = {
    ...{ kind: 'integration-prices', id: 'openai-prod/prices', name: 'openai-prod', workspaceId: null },
    row: {
      ...{ slug: 'openai-prod', vendor: 'openai' },
      adjustments: live.multiplier === undefined ? null : { multiplier: live.multiplier },
      models: [model('gpt-4o', live.config ?? null), model('o1', live.other ?? null)],
    } as never,
  };
  const file = parsePriceFile({ 'gpt-4o': entry(catalogue ?? 0, catalogue ?? 0) });
  if ('problem' in file) throw new Error(file.problem);
  const provenance = { kind: 'folder', from: 'prices/openai.json', asOf: now.toISOString(), cached: false } as const;
  const book = {
    providers: new Map([['openai', { status: 'read', file, provenance } as const]]),
    integrations: new Map(),
  };
  const prices = catalogue === null ? null : { index: new PriceIndex(book), maxAge: 1 };
  const given = { body: null, org: pricesText(declared), live: [object] };
  return findingsOf(rule, given, now.getTime(), { prices }).map(({ severity, message }) => [severity, message]);
}

describe('price-unit', () => {
  it('a live price below a tenth of a cent is taken for one per token, whichever model has it', () => {
    const said = (price: number) => saidOver('price-unit', modelText('2.5'), { other: priced(price) });
    expect(said(0.0009)).toEqual([
      [
        'error',
        expect.stringMatching(
          /^the live price of o1 \(input \$0\.0009, output \$0\.0009 per 1M tokens\) reads like one per token/,
        ),
      ],
    ]);
    expect(said(0.001)).toEqual([]);
    expect(said(0)).toEqual([]);
    // Factors have no unit.
    expect(saidOver('price-unit', 'multiplier: 0.85', { other: priced(0.0000025) })).toEqual([]);
  });

  it('says both amounts where a price is three digits away from the live one', () => {
    const said = (price: number) => saidOver('price-unit', modelText('2.5'), { config: priced(price) });
    expect(said(0.0026)).toEqual([]);
    expect(said(0.0025)).toEqual([
      [
        'error',
        'gpt-4o: input is $2.50 per 1M tokens, and $0.0025 live: is one of them per token? tollgate writes dollars per 1M tokens',
      ],
    ]);
    expect(said(2_499)).toEqual([]);
    expect(said(2_500)).toHaveLength(1);
    expect(said(0)).toEqual([]);
  });

  it('or from that of the catalogue, where the plan has read it', () => {
    // Files hold US cents per token: 0.00025 is $2.50 per 1M tokens.
    expect(saidOver('price-unit', modelText('0.0025'), {}, 0.00025)).toEqual([
      ['error', expect.stringContaining('input is $0.0025 per 1M tokens, and $2.50 in the catalogue')],
    ]);
    expect(saidOver('price-unit', modelText('0.0026'), {}, 0.00025)).toEqual([]);
    expect(saidOver('price-unit', modelText('0.0025'), {})).toEqual([]);
  });

  it('stops no plan that has nothing to do with it', () => {
    expect(saidOver('price-unit', modelText('0.0005'), { config: priced(0.0005) })).toMatchObject([['warning', {}]]);
  });
});

describe('price-jumps', () => {
  it.each([
    ['multiplier: 9', { multiplier: { default: 0.9 } }, 0],
    ['multiplier: 9', { multiplier: { default: 0.89 } }, 1],
    ['multiplier: 0.5', { multiplier: { default: 5 } }, 0],
    ['multiplier: 0.5', { multiplier: { default: 5.1 } }, 1],
    ['multiplier: { input: 0.5 }', { multiplier: { default: 5.1 } }, 1],
    // Another rule's.
    ['multiplier: 85', { multiplier: { default: 0.85 } }, 0],
    [modelText('25'), { config: priced(2.5) }, 0],
    [modelText('25.1'), { config: priced(2.5) }, 1],
    [modelText('2500'), { config: priced(2.5) }, 0],
    [modelText('2.5'), { config: null }, 0],
  ])('%s', (declared, live, count) => {
    expect(saidOver('price-jumps', declared, live)).toHaveLength(count);
  });
});
