/** What an integration charges instead of, or on top of, the price files (docs/service-notes.md#integration-prices). */

import { z } from 'zod';
import { type Exact, exactOf, fraction, multiply, zero } from '../exact.ts';
import type { WireIntegrationPrices } from '../resources/wire.ts';
import type { IntegrationPrices, Multiplier, Provenance, TokenPrice } from './types.ts';

const leaf = z.looseObject({ price: z.number().min(0).max(1e12) }).nullish();

const ownPrice = z.looseObject({
  type: z.literal('static'),
  pay_as_you_go: z.looseObject({ request_token: leaf, response_token: leaf }),
});

const factor = z.number().min(0).max(1e6).nullish();

const adjustments = z.looseObject({
  multiplier: z.looseObject({ default: factor, request_token: factor, response_token: factor }).nullish(),
});

export function parseIntegrationPrices(wire: WireIntegrationPrices, provenance: Provenance): IntegrationPrices {
  const own = wire.models.filter(({ pricing_config: written }) => written !== undefined && written !== null);
  return {
    slug: wire.slug,
    vendor: wire.vendor,
    models: new Map(own.map(({ slug, pricing_config: written }) => [slug, parseOwnPrice(written)])),
    multiplier: parseMultiplier(wire.adjustments),
    provenance,
  };
}

/**
 * **Dollars per million tokens**, not cents per token as in the price files (docs/service-notes.md#integration-prices). It replaces
 * the entry of the price file outright: a kind of token left out costs nothing there, so here zero is known.
 */
function parseOwnPrice(written: unknown): TokenPrice | null {
  const parsed = ownPrice.safeParse(written);
  if (!parsed.success) return null;
  const { request_token: input, response_token: output } = parsed.data.pay_as_you_go;
  const cents = (part: typeof input): Exact =>
    part === undefined || part === null ? zero : multiply(exactOf(part.price), fraction(1n, 10_000n));
  return { input: cents(input), output: cents(output), where: null };
}

/** The factor of the kind of token, else `default`, else 1. */
function parseMultiplier(written: unknown): Multiplier | null {
  if (written === undefined || written === null) return { input: fraction(1n, 1n), output: fraction(1n, 1n) };
  const parsed = adjustments.safeParse(written);
  if (!parsed.success) return null;
  const { default: all, request_token: input, response_token: output } = parsed.data.multiplier ?? {};
  return { input: exactOf(input ?? all ?? 1), output: exactOf(output ?? all ?? 1) };
}
