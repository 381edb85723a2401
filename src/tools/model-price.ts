/** Whether calls of a model count against a budget in dollars: by the prices of an integration, else by the price files. */

import { z } from 'zod';
import { UserError } from '../errors.ts';
import { type Exact, fraction, multiply, toText } from '../exact.ts';
import { parseIntegrationPrices } from '../prices/integration-prices.ts';
import { parseModelName } from '../prices/model-name.ts';
import { isPriced, priceOf } from '../prices/price-of.ts';
import type { IntegrationPrices, ModelPrice, PriceBook, TokenPrice } from '../prices/types.ts';
import { moneyOrNull } from '../render/money.ts';
import { type Money, moneySchema } from '../render/money-schema.ts';
import { findPriceReading } from '../run/price-settings.ts';
import { readPrices } from '../run/read-prices.ts';
import type { ToolContext } from './tool.ts';
import { isoOf } from './values.ts';

export function priceShape() {
  return {
    priced: z.enum(['priced', 'priced_by_unit', 'fallback', 'zero_by_design', 'unpriced', 'unknown']),
    /** Null: unknown. */
    counts_against_money: z.boolean().nullable(),
    input_per_million: moneySchema.nullable(),
    output_per_million: moneySchema.nullable(),
    why: z.string().nullable(),
    source: z.string().nullable(),
    as_of: z.string().nullable(),
  };
}
const priceSchema = () => z.object(priceShape());
export type PriceData = z.infer<ReturnType<typeof priceSchema>>;

/** What is charged by it, where integrations have prices of their own. */
export interface PricedBy {
  readonly vendors: readonly string[];
  readonly integrations: readonly string[];
}

/** @returns the book, and what could not be read */
export async function readPriceBook(
  { vendors, integrations }: PricedBy,
  context: ToolContext,
): Promise<{ book: PriceBook; notes: string[] }> {
  const { reads, session, open, now } = context;
  const notes: string[] = [];
  const asOf = isoOf(now());
  const own = new Map<string, IntegrationPrices>();
  await Promise.all(
    integrations.map(async (slug) => {
      const read = await reads.ask('readIntegrationPrices', slug);
      if ('unknown' in read) notes.push(`Prices of integration ${slug} are unknown: ${read.unknown}.`);
      else own.set(slug, parseIntegrationPrices(read.value, { kind: 'integration', from: slug, asOf, cached: false }));
    }),
  );
  const names = [...new Set([...vendors, ...[...own.values()].flatMap(({ vendor }) => vendor ?? [])])].sort();
  try {
    const reading = await findPriceReading({ offline: false }, await context.desired(), open.priceAddress, session);
    const read = await readPrices(names, reading, session);
    return { book: { providers: read.providers, integrations: own }, notes: [...notes, ...read.notes] };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return {
      book: { providers: new Map(), integrations: own },
      notes: [...notes, `Prices are unknown: ${error.message}.`],
    };
  }
}

export function priceData(book: PriceBook, model: string): PriceData {
  const price = priceOf(book, model);
  const [first] = price.tokens;
  const isOne = price.tokens.length === 1;
  return {
    priced: price.kind,
    counts_against_money: isPriced(price),
    input_per_million: isOne ? perMillionOf(first?.input ?? null) : null,
    output_per_million: isOne ? perMillionOf(first?.output ?? null) : null,
    why: describeWhy(price),
    source: price.provenance?.from ?? null,
    as_of: price.provenance?.asOf ?? null,
  };
}

function describeWhy({ why, notes, tokens, suggestion }: ModelPrice): string | null {
  const places = tokens.length > 1 ? [`prices differ by ${tokens.map(placeOf).join(', ')}`] : [];
  const parts = [
    ...(why === null ? [] : [why]),
    ...places,
    ...notes,
    ...(suggestion === null ? [] : [`listed is ${suggestion}`]),
  ];
  return parts.length === 0 ? null : parts.join('; ');
}

function placeOf({ where, input, output }: TokenPrice): string {
  return `${where ?? 'everywhere'} ${[input, output].map((side) => (side === null ? '?' : toText(side))).join('/')}`;
}

/** Cents per token to money per million of them. */
function perMillionOf(price: Exact | null): Money | null {
  return price === null ? null : moneyOrNull(multiply(price, fraction(1_000_000n, 1n)));
}

/** `@openai/gpt-4o`, also from `openai__gpt-4o`; null: neither. */
export function readModelName(
  text: string,
): { readonly text: string; readonly provider: string; readonly model: string } | null {
  const written = text.startsWith('@') ? text : `@${text.replace('__', '/')}`;
  const name = parseModelName(written);
  return name === null ? null : { text: written, ...name };
}
