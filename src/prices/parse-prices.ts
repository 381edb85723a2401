/**
 * The price file of one provider: model → `pricing_config` → `pay_as_you_go` → kind of token or unit → `price`, **in US cents**
 * (docs/service-notes.md#price-files). Somebody else's file, in a form that grows: one entry that cannot be read is that entry's
 * problem, and says "unknown" for its model alone.
 */

import { z } from 'zod';
import { add, type Exact, exactOf } from '../exact.ts';
import type { PriceEntry, PriceFile, TokenPrice, UnreadableEntry } from './types.ts';

/** Cents; ten million dollars for one token is not a price but a broken file. */
const price = z.number().min(0).max(1e9);

/** Longer than any name that can be asked for. */
const longestName = 300;

/** Entries of one file; the largest known has about 600. */
const mostModels = 50_000;

/** `image` nests quality and size. */
const deepestUnit = 4;

const fixedPart = z.looseObject({ price }).nullish();

const config = z.looseObject({
  pay_as_you_go: z.looseObject({}).nullish(),
  fixed_cost: z.looseObject({ request: fixedPart, response: fixedPart }).nullish(),
  batch_config: z.unknown().optional(),
  finetune_config: z.unknown().optional(),
  currency: z.string().nullish(),
});

const entry = z.looseObject({ pricing_config: config.nullable(), custom_pricing: z.unknown().optional() });

const wrapped = z.looseObject({ pricing_config: config });

const custom = z.looseObject({
  regions: z.record(
    z.string(),
    z.looseObject({
      execution_modes: z.record(
        z.string(),
        z.looseObject({
          pricing_config: config.nullish(),
          context_tiers: z.record(z.string(), wrapped).nullish(),
        }),
      ),
    }),
  ),
});

/** @returns a problem where the whole is not a price file, so that nothing in it says that a model has no price */
export function parsePriceFile(body: unknown): PriceFile | { readonly problem: string } {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return { problem: 'it holds no map of models' };
  const written = Object.entries(body).filter(([name]) => name.length <= longestName);
  if (written.length > mostModels) return { problem: `it lists ${written.length} models, more than ${mostModels}` };
  const models = new Map(written.map(([name, value]) => [name, parseEntry(value)]));
  const fallback = models.get('default') ?? null;
  models.delete('default');
  // An error page in JSON has names too: it must not say that every model is without a price.
  if (![...models.values(), fallback].some((each) => each !== null && !('problem' in each))) {
    return { problem: 'it holds no `pricing_config` in the known form' };
  }
  return { models, fallback };
}

function parseEntry(value: unknown): PriceEntry | UnreadableEntry {
  const parsed = entry.safeParse(value);
  if (!parsed.success) return { problem: describeIssue(parsed.error) };
  const { custom_pricing: own } = parsed.data;
  // Models without any price are listed as null.
  const written: z.infer<typeof config> = parsed.data.pricing_config ?? {};
  if (!isDollars(written)) return { problem: 'its currency is not USD' };
  const units = new Map<string, Exact>();
  const wrong = collectUnits(written.pay_as_you_go ?? {}, [], units);
  if (wrong !== null) return { problem: `${wrong} is not a price` };
  const tokens = takeTokens(units);
  const fixed = [written.fixed_cost?.request, written.fixed_cost?.response].flatMap((part) =>
    part === undefined || part === null ? [] : [exactOf(part.price)],
  );
  return {
    tokens,
    units,
    perRequest: fixed.length === 0 ? null : fixed.reduce(add),
    custom: own === undefined || own === null ? [] : parseCustom(own),
    hasBatch: isFilled(written.batch_config),
    hasFinetune: isFilled(written.finetune_config),
  };
}

function isDollars({ currency }: z.infer<typeof config>): boolean {
  return currency === undefined || currency === null || currency.toUpperCase() === 'USD';
}

/** Every `{price}` below, by its path. @returns the path of what is none; null: all were read */
function collectUnits(node: object, path: readonly string[], into: Map<string, Exact>): string | null {
  for (const [name, value] of Object.entries(node)) {
    if (value === null) continue;
    const inner = [...path, name];
    if (typeof value !== 'object' || Array.isArray(value) || inner.length > deepestUnit) return inner.join('.');
    if (Object.hasOwn(value, 'price')) {
      const parsed = price.safeParse((value as { price: unknown }).price);
      if (!parsed.success) return inner.join('.');
      into.set(inner.join('.'), exactOf(parsed.data));
    } else {
      const wrong = collectUnits(value, inner, into);
      if (wrong !== null) return wrong;
    }
  }
  return null;
}

/** Out of the units: what remains there is beside the plain tokens. */
function takeTokens(units: Map<string, Exact>): PriceEntry['tokens'] {
  const tokens = { input: units.get('request_token') ?? null, output: units.get('response_token') ?? null };
  units.delete('request_token');
  units.delete('response_token');
  return tokens;
}

function parseCustom(value: unknown): readonly TokenPrice[] | null {
  const parsed = custom.safeParse(value);
  if (!parsed.success) return null;
  const found: TokenPrice[] = [];
  for (const [region, { execution_modes: modes }] of Object.entries(parsed.data.regions)) {
    for (const [mode, { pricing_config: plain, context_tiers: tiers }] of Object.entries(modes)) {
      const where = [region === 'default' ? null : `region ${region}`, mode];
      const cases = [
        ...(plain === undefined || plain === null ? [] : [{ written: plain, tier: null }]),
        ...Object.entries(tiers ?? {}).map(([tier, { pricing_config: written }]) => ({ written, tier })),
      ];
      for (const { written, tier } of cases) {
        const units = new Map<string, Exact>();
        if (!isDollars(written) || collectUnits(written.pay_as_you_go ?? {}, [], units) !== null) return null;
        const { input, output } = takeTokens(units);
        if (input === null && output === null) continue;
        found.push({ input, output, where: [...where, tier].filter((part) => part !== null).join(', ') });
      }
    }
  }
  return found;
}

function isFilled(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

/** The place alone: what stands there may be anything. */
function describeIssue(error: z.ZodError): string {
  const path = error.issues[0]?.path.join('.') ?? '';
  return path === '' ? 'it is not an entry of a price file' : `${path} is not in the known form`;
}
